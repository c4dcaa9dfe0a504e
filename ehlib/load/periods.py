"""Periods: labels as published, with the dates that sort them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from ehlib.load.spellings import is_date, plain_label

YEAR_PAIR = re.compile(r"(\d{4})\s*[/-]\s*(\d{2}|\d{4})")
QUARTER = re.compile(r"(\d{4})\s*[/-]\s*(\d{2}|\d{4})\s*[- ]\s*[Qq]([1-4])")
THREE_YEARS = re.compile(r"(\d{4})\s*(?:to|-|\u2013)\s*(\d{4}|\d{2})")
TWO_PAIRS = re.compile(r"(\d{4})/(\d{2}|\d{4}) to (\d{4})/(\d{2}|\d{4})")
TO_DATE = re.compile(r"Apr-(Jun|Sep|Dec) (\d{4})")
FIRST, LAST = 1900, 2100  # a year outside is a slip of the keyboard


@dataclass(frozen=True)
class Period:
    """A labelled stretch of time; `start` and `end` both belong to it."""

    label: str
    calendar: str
    start: date
    end: date

    @property
    def slug(self) -> str:
        """Label that is safe in a file name: 2013/14-Q3 gives 2013-14-Q3."""
        return self.label.replace("/", "-").replace(" ", "-")


def parse_period(label: str, calendar: str) -> Period:
    """Period that a published label means in a calendar.

    Parameters
    ----------
    label : str
        As published, for example `2012/13`, `2011`, `2013/14-Q3`, `2008 to 2010`,
        `Q3 2013/14`, `Oct-Dec 2013`, `AY 2013/14`, `201213` or `Year ending March 2014`.
    calendar : str
        One of `CALENDARS`.

    Returns
    -------
    Period
        With the label in its one normal form. `Apr-Dec 2013`, which is no quarter and no year,
        has the calendar `year_to_date`.

    Raises
    ------
    ValueError
        If the calendar is unknown or the label does not belong to it.
    """
    if calendar not in CALENDARS:
        raise ValueError(f"calendar is {calendar!r}; expected one of {', '.join(CALENDARS)}")
    return _parse(label, calendar)


@lru_cache(maxsize=16_384)
def _parse(label: str, calendar: str) -> Period:
    plain = plain_label(label, calendar)
    try:
        to_date = calendar in ("financial_year", "financial_quarter") and TO_DATE.fullmatch(plain)
        return _year_to_date(*to_date.groups()) if to_date else CALENDARS[calendar](plain)
    except ValueError as error:
        said = str(error).partition("; ")[2]
        date_said = ", which is a date" if is_date(label) else ""
        raise ValueError(f"period is {label!r}{date_said}; {said}") from None


def parse_quarter(text: str) -> Period:
    """Financial quarter named `2013/14-Q3`, `2013-14-Q3` or `2013/14 Q3` (Q1 is April to June)."""
    return parse_period(text, "financial_quarter")


def quarter_of(day: date) -> Period:
    """Financial quarter that holds a day."""
    year = day.year if day.month >= 4 else day.year - 1
    return parse_quarter(f"{_pair(year)}-Q{(day.month - 4) % 12 // 3 + 1}")


def earlier_quarter(quarter: Period, count: int = 1) -> Period:
    """Quarter that lies `count` quarters before another."""
    for _ in range(count):
        quarter = quarter_of(quarter.start - timedelta(days=1))
    return quarter


def in_words(period: Period) -> str:
    """Period as a sentence needs it: `October to December 2013`, `the 2012/13 school year`."""
    if period.calendar == "financial_quarter":
        return f"{period.start:%B} to {period.end:%B %Y}"
    if period.calendar == "academic_year":
        return f"the {period.label} school year"
    if period.calendar == "mid_year":
        return f"mid-{period.label}"
    if period.calendar == "release":
        return f"the {period.label} edition"
    return period.label


def _pair(year: int) -> str:
    return f"{year}/{(year + 1) % 100:02d}"


def _year(calendar: str) -> Callable[[str], Period]:
    """Reader of one-year labels, which differ only in the days they cover."""
    days = {"calendar_year": ((1, 1), (12, 31)), "mid_year": ((6, 30), (6, 30))}
    # An edition counts as known from the end of its year: most come out in autumn.
    first, last = days.get(calendar, ((12, 31), (12, 31)))

    def read(label: str) -> Period:
        year = int(label) if re.fullmatch(r"\d{4}", label) else 0
        if not FIRST <= year <= LAST:
            raise _not_a(label, calendar, "a year such as 2011")
        return Period(f"{year}", calendar, date(year, *first), date(year, *last))

    return read


def _year_pair(calendar: str, month: int) -> Callable[[str], Period]:
    """Reader of labels such as 2012/13 for a year that begins on the first of `month`."""

    def read(label: str) -> Period:
        found = YEAR_PAIR.fullmatch(label)
        if not found or not _follows(found[1], found[2], 1):
            raise _not_a(label, calendar, "two years in a row such as 2012/13")
        year = int(found[1])
        end = date(year + 1, month, 1) - timedelta(days=1)
        return Period(_pair(year), calendar, date(year, month, 1), end)

    return read


def _quarter(label: str) -> Period:
    found = QUARTER.fullmatch(label)
    if not found or not _follows(found[1], found[2], 1):
        raise _not_a(label, "financial_quarter", "a financial quarter such as 2013/14-Q3")
    year, quarter = int(found[1]), int(found[3])
    start = date(year + (quarter == 4), (3 * quarter) % 12 + 1, 1)
    following = date(year + (quarter >= 3), (3 * quarter + 3) % 12 + 1, 1)
    end = following - timedelta(days=1)
    return Period(f"{_pair(year)}-Q{quarter}", "financial_quarter", start, end)


def _three_years(label: str) -> Period:
    found = THREE_YEARS.fullmatch(label)
    if not found or not _follows(found[1], found[2], 2):
        raise _not_a(label, "three_calendar_years", "three years such as 2008 to 2010")
    first = int(found[1])
    last = first + 2
    start, end = date(first, 1, 1), date(last, 12, 31)
    return Period(f"{first} to {last}", "three_calendar_years", start, end)


def _three_pairs(label: str) -> Period:
    found = TWO_PAIRS.fullmatch(label)
    follows = found and _follows(found[1], found[3], 2)
    if not follows or not _follows(found[1], found[2], 1) or not _follows(found[3], found[4], 1):
        raise _not_a(
            label, "three_financial_years", "three financial years such as 2016/17 to 2018/19"
        )
    first, last = int(found[1]), int(found[3])
    start, end = date(first, 4, 1), date(last + 1, 3, 31)
    return Period(f"{_pair(first)} to {_pair(last)}", "three_financial_years", start, end)


def _year_to_date(month: str, year: str) -> Period:
    """Period from April to the end of a quarter, such as Apr-Dec 2013."""
    last = _quarter(f"{_pair(int(year))}-Q{('Jun', 'Sep', 'Dec').index(month) + 1}")
    return Period(f"Apr-{month} {year}", "year_to_date", date(int(year), 4, 1), last.end)


def _follows(first: str, last: str, years: int) -> bool:
    """Whether a year, in two digits or in four, is so many years after another."""
    year = int(first) + years
    return FIRST <= int(first) < year <= LAST and last in (f"{year}", f"{year % 100:02d}")


def _not_a(label: str, calendar: str, wanted: str) -> ValueError:
    return ValueError(f"period is {label!r}; expected {wanted} ({calendar.replace('_', ' ')})")


CALENDARS: dict[str, Callable[[str], Period]] = {
    "calendar_year": _year("calendar_year"),
    "financial_year": _year_pair("financial_year", 4),
    "academic_year": _year_pair("academic_year", 9),
    "financial_quarter": _quarter,
    "three_calendar_years": _three_years,
    "three_financial_years": _three_pairs,
    "mid_year": _year("mid_year"),
    "release": _year("release"),
}
