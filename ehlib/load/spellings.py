"""Periods as publishers spell them, in the one spelling that their calendar reads."""

import calendar as days_of
import re
from collections.abc import Callable
from datetime import date, timedelta

SPACES = re.compile(r"[\s\u00a0\u2000-\u200b\u202f\u2060\ufeff]+")
DASHES = re.compile(r"[\u2010-\u2015\u2212]")
# Words that only name the calendar; beside another calendar they make a label unreadable.
NAMED = {
    "calendar_year": r"(?:calendar year|cy)",
    "financial_year": r"(?:financial year|fiscal year|fy)",
    "academic_year": r"(?:academic year|school year|ay)",
    "mid_year": r"(?:mid[- ]?year|mid)",
    "release": r"(?:edition|imd|iod|idaci|indices of deprivation|release)",
}
MONTHS = [name.lower() for name in days_of.month_name[1:]]
MONTH = "(" + "|".join(rf"{name[:3]}(?:{name[3:]})?" for name in MONTHS) + r")\.?"
TO = r"\s*(?:to|-)\s*"
PAIR = r"(\d{4})\s*(?:/|-|to)\s*(\d{4}|\d{2})"
FIRST_MONTH = {"financial_year": 4, "academic_year": 9, "calendar_year": 1, "financial_quarter": 4}
SERIAL = range(36_526, 55_154)  # days from 1900 as a spreadsheet counts them: 2000 to 2050
YEAR_TO_DATE = ("financial_year", "financial_quarter")
LABELS = ("Apr-Jun", "Apr-Sep", "Apr-Dec")
Span = tuple[date, date]
Parts = tuple[str, ...]  # what a pattern found; None in it for what is not there


def plain_label(text: str, calendar: str) -> str:
    """Label of a period in the spelling of its calendar; unchanged where it is not certain.

    Parameters
    ----------
    text : str
        As published: `2012-13`, `AY 2013/14`, `Q3 2013/14`, `Oct-Dec 2013`, `2011 - 13`,
        `Year ending 31 March 2014`, `201213` or the last day of a period as a date.
    calendar : str
        Calendar of the indicator. It decides what `2011-13` or `2012-13` is.
    """
    plain = DASHES.sub("-", SPACES.sub(" ", text)).strip().lower()
    named = NAMED.get(calendar)
    if named:
        plain = re.sub(rf"^{named}:?[ -]*(?=\d)|(?<=\d) *\(?{named}\)?$", "", plain)
    for spelling in (_days, _quarter, _years, _year):
        found = spelling(plain, calendar)
        if found:
            return found
    return text.strip()


def is_date(text: str) -> bool:
    """Whether a label is one day, as a spreadsheet makes of `2011-12`, or a day's serial number."""
    plain = SPACES.sub(" ", text).strip()
    forms = r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}"
    month = re.fullmatch(
        rf"{MONTH}[- ]\d{{2}}|\d{{1,2}}[- ]{MONTH}(?:[- ]\d{{2,4}})?", plain.lower()
    )
    return bool(re.fullmatch(forms, plain) or month) or _serial(plain) is not None


def _days(plain: str, calendar: str) -> str:
    """Label of the days that a text names by months or dates."""
    for pattern, read in SPANS:
        found = re.fullmatch(pattern, plain)
        span = read(found.groups(), calendar) if found else None
        if span:
            return _label(*span, calendar)
    return ""


def _quarter(plain: str, calendar: str) -> str:
    if calendar != "financial_quarter":
        return ""
    quarter = r"(?:q|quarter )\s*([1-4])"
    after = re.fullmatch(rf"(?:fy ?)?(?:{PAIR}|(\d{{4}})(\d{{2}}))\s*[-, ]?\s*{quarter}", plain)
    before = re.fullmatch(rf"{quarter}[-, ]+(?:of )?(?:fy ?)?(?:{PAIR})", plain)
    if after:
        first, last, short, end, number = after.groups()
        return f"{first or short}/{last or end}-Q{number}"
    return f"{before[2]}/{before[3]}-Q{before[1]}" if before else ""


def _years(plain: str, calendar: str) -> str:
    """Label of several years: a pair in a row, or the first and last of three."""
    if calendar in ("financial_year", "academic_year"):
        found = re.fullmatch(rf"{PAIR}|(\d{{4}})(\d{{2}})", plain)
        return f"{found[1] or found[3]}/{found[2] or found[4]}" if found else ""
    if calendar == "three_calendar_years":
        found = re.fullmatch(PAIR, plain)
        return f"{found[1]} to {found[2]}" if found else ""
    if calendar == "three_financial_years":
        one = r"(\d{4})\s*[/-]\s*(\d{4}|\d{2})"
        found = re.fullmatch(rf"{one}{TO}(?:{one}|(\d{{2}})/(\d{{2}}))", plain)
        if found:
            first, end, last, final, short, after = found.groups()
            return f"{first}/{end} to {last or first[:2] + short}/{final or after}"
    return ""


def _year(plain: str, calendar: str) -> str:
    if calendar not in ("calendar_year", "mid_year", "release"):
        return ""
    found = re.fullmatch(r"(\d{4})(?:\.0)?", plain)
    return found[1] if found else ""


def _months(parts: Parts, _: str) -> Span:
    """Days of `Oct-Dec 2013`, `Apr 2013 to Mar 2014`, `Sep-Aug 2014`."""
    first, start, last, year = parts
    opens, ends = _month(first), _month(last)
    begin = int(start) if start else int(year) - (opens > ends)
    return date(begin, opens, 1), _month_end(int(year), ends)


def _ending(parts: Parts, _: str) -> Span | None:
    """Days of `year ending 31 March 2014` and `quarter to December 2013`."""
    kind, day, month, year = parts
    end = _month_end(int(year), _month(month))
    if day and int(day) != end.day:
        return None
    count = 3 if kind == "quarter" else 12
    return _months_before(end, count), end


def _between(parts: Parts, _: str) -> Span | None:
    first, last = map(_iso, parts)
    return (first, last) if first and last else None


def _last_day(parts: Parts, calendar: str) -> Span | None:
    """Days of the period that ends on a date: no label that a spreadsheet spoils gives a last day.

    `2011-12` becomes 1 December, so the first day of a month is never certain.
    """
    end = _iso(parts[0]) or _serial(parts[0])
    if calendar == "mid_year":
        return (end, end) if end and (end.month, end.day) == (6, 30) else None
    months = {"financial_quarter": 3, "financial_year": 12, "calendar_year": 12}.get(calendar)
    if not end or not months or end.day != _month_end(end.year, end.month).day:
        return None
    return _months_before(end, months), end


def _label(start: date, end: date, calendar: str) -> str:
    """Label of the period of a calendar that has just these days; "" when none has."""
    if start.day != 1 and calendar != "mid_year":
        return ""
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    year = start.year if start.month >= 4 else start.year - 1
    pair = f"{start.year}/{(start.year + 1) % 100:02d}"
    if calendar == "mid_year":
        return f"{end.year}" if start == end and (end.month, end.day) == (6, 30) else ""
    if calendar == "financial_quarter" and months == 3 and start.month % 3 == 1:
        return f"{year}/{(year + 1) % 100:02d}-Q{(start.month - 4) % 12 // 3 + 1}"
    if calendar in YEAR_TO_DATE and start.month == 4 and months in (3, 6, 9):
        return f"{LABELS[months // 3 - 1]} {start.year}"
    if calendar == "three_calendar_years" and start.month == 1 and months == 36:
        return f"{start.year} to {end.year}"
    if FIRST_MONTH.get(calendar) != start.month or months != 12:
        return ""
    return {"calendar_year": f"{start.year}", "financial_quarter": ""}.get(calendar, pair)


def _month(name: str) -> int:
    return [each[:3] for each in MONTHS].index(name[:3]) + 1


def _month_end(year: int, month: int) -> date:
    return date(year, month, days_of.monthrange(year, month)[1])


def _months_before(end: date, count: int) -> date:
    """First day of the stretch of so many months that ends on a day."""
    place = end.year * 12 + end.month - count
    return date(place // 12, place % 12 + 1, 1)


def _iso(text: str) -> date | None:
    """Date written 2013-12-31 or 31/12/2013, where the day cannot be taken for the month."""
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})(?:[ t]00:00(?::00)?)?", text)
    parts = found.groups() if found else ()
    british = re.fullmatch(r"(\d{2})[/.-](\d{2})[/.-](\d{4})", text)
    if british and int(british[1]) > 12:
        parts = british.groups()[::-1]
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None


def _serial(text: str) -> date | None:
    """Date that a spreadsheet shows as a number of five digits."""
    known = re.fullmatch(r"\d{5}", text) and int(text) in SERIAL
    return date(1899, 12, 30) + timedelta(days=int(text)) if known else None


DAY = r"\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4}"
YEAR = r"(19\d{2}|20\d{2})"
SPANS: list[tuple[str, Callable[[Parts, str], Span | None]]] = [
    (rf"{MONTH} ?{YEAR}?{TO}{MONTH} ?{YEAR}", _months),
    (
        rf"(?:the )?(year|quarter|12 months) (?:ending|ended|to) (?:(\d\d?) )?{MONTH} {YEAR}",
        _ending,
    ),
    (rf"({DAY}){TO}({DAY})", _between),
    (rf"({DAY}|\d{{4}}-\d{{2}}-\d{{2}} 00:00(?::00)?|\d{{5}})", _last_day),
]
