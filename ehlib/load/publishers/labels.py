"""Labels of periods as publishers write them, in one form each, with the calendar of each."""

import re

import pandas as pd

THREE = r"(\d{4})\s*(?:to|-|\u2013)\s*(\d{4}|\d{2})"
PAIR = r"(\d{4})\s*[/-]?\s*(\d{2})|(\d{4})\s*[/-]\s*(\d{4})"
THREE_PAIRS = r"(\d{4})\s*/\s*(\d{2})\s*(?:to|-|\u2013)\s*(?:\d{2})?(\d{2})\s*/\s*(\d{2})"
QUARTER = r"(\d{4})(?:\s*/\s*(\d{2}))?\s*-?\s*Q([1-4])"
DAY = r"(\d{4})-(\d{2})-(\d{2})(?:/P1Y)?"
OVER_TWO_YEARS = ("financial_year", "academic_year")
YEAR_FROM = {1: "calendar_year", 4: "financial_year", 8: "academic_year", 9: "academic_year"}


def read_labels(periods: pd.Series, calendars: pd.Series) -> pd.DataFrame:
    """Labels in one form each, and the calendar that each belongs to.

    Parameters
    ----------
    periods : Series of text
        Such as `201314`, `2025`, `2012/13`, `2011 - 13`, `2013/14-15/16`, `2013/14 Q3`,
        `2021-04-01` (the first day of a year).
    calendars : Series of text
        The calendar that the file or the table of indicators states; empty where neither does. Of a
        year that begins in one and ends in the next, a single number names the end.

    Returns
    -------
    DataFrame of text, same index
        `period` and `calendar`, empty where the label does not tell it.
    """
    both = periods.str.replace("\u00a0", " ").str.strip() + "\t" + calendars
    places, written = pd.factorize(both, use_na_sentinel=False)
    read = [_read(*text.split("\t")) for text in written]
    labels = pd.DataFrame(read, columns=["period", "calendar"], dtype="str")
    return labels.take(places).set_axis(periods.index)


def _read(label: str, calendar: str) -> tuple[str, str]:
    """One label and its calendar; a label that is not understood stays as it is."""
    if re.fullmatch(r"\d{4}", label):
        if calendar in OVER_TWO_YEARS:
            return _pair(int(label) - 1), calendar
        return label, calendar or "calendar_year"
    for pattern, reader in READERS:
        found = re.fullmatch(pattern, label, re.IGNORECASE)
        read = reader(found, calendar) if found else None
        if read:
            return read
    return label, calendar


def _years(found: re.Match, calendar: str) -> tuple[str, str] | None:
    first, last = (found[1] or found[3]), (found[2] or found[4])
    if (int(first) + 1) % 100 != int(last) % 100:
        return None
    return _pair(int(first)), calendar if calendar in OVER_TWO_YEARS else ""


def _three(found: re.Match, calendar: str) -> tuple[str, str] | None:
    last = int(found[1]) + 2
    if last % 100 != int(found[2]) % 100:
        return None
    return f"{found[1]} to {last}", "three_calendar_years"


def _three_pairs(found: re.Match, calendar: str) -> tuple[str, str] | None:
    first = int(found[1])
    if [(first + more) % 100 for more in (1, 2, 3)] != [int(found[each]) for each in (2, 3, 4)]:
        return None
    return f"{_pair(first)} to {_pair(first + 2)}", "three_financial_years"


def _quarter(found: re.Match, calendar: str) -> tuple[str, str] | None:
    year, quarter = int(found[1]), int(found[3])
    if found[2] is None:  # of a calendar year, whose second quarter begins a financial year
        year, quarter = (year, quarter - 1) if quarter > 1 else (year - 1, 4)
    return f"{_pair(year)}-Q{quarter}", "financial_quarter"


def _day(found: re.Match, calendar: str) -> tuple[str, str] | None:
    kind = calendar or YEAR_FROM.get(int(found[2]), "")
    if found[3] != "01" or not kind:
        return None
    return (_pair(int(found[1])) if kind in OVER_TWO_YEARS else found[1]), kind


def _pair(year: int) -> str:
    return f"{year}/{(year + 1) % 100:02d}"


READERS = (
    (PAIR, _years),
    (THREE, _three),
    (THREE_PAIRS, _three_pairs),
    (QUARTER, _quarter),
    (DAY, _day),
)
