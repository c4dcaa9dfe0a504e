"""Findings in plain English, worded once for page text, alt text and index alike."""

import re

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words, parse_period
from ehlib.measure.rates import subtract

NOUNS = {"rate": "rate", "proportion": "percentage", "count": "number", "value": "figure"}
TRIPLE = ["value", "lower_ci", "upper_ci"]
NEARLY = 0.005  # share of a number by which it may change and still be called the same
SAME, UNCLEAR = "stayed the same", "showed no clear change"
# A name of its own has a capital in the next word too: Education, Health and Care Plans.
OWN_NAME = re.compile(r"[A-Z]\w*(?:['\u2019]s)?,? (?:(?:of|and|the) )*[A-Z][a-z]")
SINGLE = {"%": "percentage", "score": "average score", "points": "gap"}  # short units with a noun


def list_words(words: list[str]) -> str:
    """Words in a row, a comma before names with "and": `Ashfield, and Newark and Sherwood`."""
    if len(words) == 1:
        return words[0]
    comma = "," if " and " in words[-1] or " and " in words[-2] else ""
    return f"{', '.join(words[:-1])}{comma} and {words[-1]}"


def count_words(count: int, noun: str) -> str:
    """Count and noun as prose has them: `1 district`, `7 districts`, `no districts`."""
    return f"{number_word(count)} {noun if count == 1 else noun + 's'}"


def number_word(count: int) -> str:
    """Whole number as prose has it: in digits, however small; `no` for none."""
    return f"{count:,}" if count else "no"


def begin(sentence: str) -> str:
    """Sentence with a capital first letter and the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def in_sentence(name: str) -> str:
    """Name as it stands inside a sentence: a small first letter, but `NEET`, `Health Service`."""
    kept = name[1:2].isupper() or OWN_NAME.match(name)
    return name if kept else name[:1].lower() + name[1:]


def possessive(name: str) -> str:
    """Name with the apostrophe that shows belonging: `England's`, `East Midlands'`."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def number(value: float, decimals: int = 1) -> str:
    """Number with its decimals and thousands separators; `[x]` when missing, never `-0`."""
    return "[x]" if np.isnan(value) else f"{round(float(value), decimals) + 0.0:,.{decimals}f}"


def with_unit(value: float, indicator: Indicator, *, full: bool = False) -> str:
    """Value with its unit: `35.9 per 1,000`, `21.4%`, `4,866 children`; a score has none."""
    text, unit = number(value, indicator.decimals), indicator.unit if full else indicator.unit_short
    if indicator.unit_short == "score":
        return text
    return f"{text}{unit}" if unit.startswith("%") else f"{text} {unit}".strip()


def noun(indicator: Indicator) -> str:
    """What the indicator's values are called: rate, percentage, number, average score ..."""
    return SINGLE.get(indicator.unit_short, NOUNS[indicator.method])


def label_words(label: str, indicator: Indicator) -> str:
    """Period of a label as it stands after "in" or "from"."""
    period = parse_period(label, indicator.calendar)
    return f"the years {label}" if period.calendar == "three_calendar_years" else in_words(period)


def short_label(label: str) -> str:
    """Label of a period for axes, tables and captions: `2013/14 Q3` in one piece, `2008-10`."""
    return re.sub(r"(\d{4}) to \d\d(\d\d)", r"\1-\2", label.replace("-Q", "\u00a0Q"))


def period_words(measures: pd.DataFrame, indicator: Indicator) -> str:
    """Period of a frame that holds one, in words."""
    return label_words(measures["period"].iloc[0], indicator)


def extremes(latest: pd.DataFrame, indicator: Indicator) -> str:
    """Which districts were highest and lowest, with their values; empty below two districts."""
    districts = latest[latest["area_type"] == "district"]
    known = districts.dropna(subset="value")
    if len(known) < 2:
        return ""
    shown = known["value"].round(indicator.decimals)
    tops, lows = (known[shown == end] for end in (shown.max(), shown.min()))
    whole = len(known) == len(districts)
    among = "" if whole else f"of the {number_word(len(known))} districts with a figure, "
    said = f"{noun(indicator)} in {period_words(latest, indicator)}"
    said += f" ({with_unit(tops['value'].iloc[0], indicator, full=True)})"
    if len(tops) == len(known):
        return begin(f"{among}{'every district' if whole else 'all'} had the same {said}.")
    top, low = (list_words(sorted(rows["area_name"])) for rows in (tops, lows))
    unit = "%" if indicator.unit_short == "%" else ""
    lowest = f"{number(lows['value'].iloc[0], indicator.decimals)}{unit}"
    return begin(f"{among}{top} had the highest {said} and {low} the lowest ({lowest}).")


def against_benchmark(latest: pd.DataFrame, indicator: Indicator) -> str:
    """In which districts the figure is above or below the benchmark's, by their intervals."""
    districts = latest[latest["area_type"] == "district"]
    compared = districts.dropna(subset=["lower_ci", "benchmark_value"])
    if compared.empty:
        return ""
    above = sorted(compared.loc[compared["lower_ci"] > compared["benchmark_value"], "area_name"])
    below = sorted(compared.loc[compared["upper_ci"] < compared["benchmark_value"], "area_name"])
    if not above and not below:
        row = compared.iloc[0]
        return f"{_none_of(len(compared))} {beside(row, indicator).removeprefix('not ')}."
    row = compared[compared["area_name"].isin(above or below)].iloc[0]
    said = [f"{beside(row, indicator)} in {_which(above or below, compared)}"]
    said += [f"lower in {_which(below, compared)}"] if above and below else []
    others = len(compared) - len(above) - len(below)
    rest = "district" if others == 1 else count_words(others, "district")
    similar = f"; in the other {rest} it was not clearly different" if others else ""
    return f"The {noun(indicator)} was {', and '.join(said)}{similar}."


def _which(names: list[str], compared: pd.DataFrame) -> str:
    whole = len(names) == len(compared) and len(names) > 2
    return f"all {count_words(len(names), 'district')} compared" if whole else list_words(names)


def _none_of(count: int) -> str:
    few = {1: "The one district compared was not", 2: "Neither of the two districts compared was"}
    return few.get(count, f"None of the {count_words(count, 'district')} compared was")


def one_area(
    latest: pd.DataFrame, area_code: str, indicator: Indicator, *, limits: bool = False
) -> str:
    """One area's figure, with its limits if asked for, beside the benchmark's; or empty."""
    rows = latest[latest["area_code"] == area_code].dropna(subset="value")
    if rows.empty:
        return ""
    row = rows.iloc[0]
    figure = with_unit(row["value"], indicator, full=True)
    if limits and not np.isnan(row["lower_ci"]):
        low, high = (number(row[end], indicator.decimals) for end in TRIPLE[1:])
        figure += f" (95% limits {low} to {high})"
    said = f"{_whose(row, indicator)} in {period_words(rows, indicator)} was {figure}"
    if np.isnan(row["benchmark_value"]):
        return f"{said}."
    if np.isnan(row["lower_ci"]):
        other = with_unit(row["benchmark_value"], indicator)
        return f"{said}; {possessive(row['benchmark_name'])} was {other}."
    return f"{said}, {beside(row, indicator)}."


def beside(row: pd.Series, indicator: Indicator) -> str:
    """How a row with limits compares: `higher than England's (24.3 per 1,000)`."""
    than = f"{possessive(row['benchmark_name'])} ({with_unit(row['benchmark_value'], indicator)})"
    if row["lower_ci"] > row["benchmark_value"]:
        return f"higher than {than}"
    below = row["upper_ci"] < row["benchmark_value"]
    return f"lower than {than}" if below else f"not clearly different from {than}"


def _whose(row: pd.Series, indicator: Indicator) -> str:
    """Area and noun as the subject of a sentence: a number belongs to nobody."""
    if indicator.method == "count":
        return f"The number in {row['area_name']}"
    return f"{possessive(row['area_name'])} {noun(indicator)}"


def change(measures: pd.DataFrame, area_code: str, indicator: Indicator) -> str:
    """How one area's figure moved from its first to its latest period of one definition."""
    ends = ends_of(measures[measures["area_code"] == area_code], indicator)
    if ends is None:
        return ""
    first, last = ends
    old, new = (with_unit(row["value"], indicator) for row in ends)
    since, until = (label_words(row["period"], indicator) for row in ends)
    who, direction = _whose(first, indicator), direction_of(first, last, indicator)
    if direction == SAME:
        both = f"{old} both in {since} and in {until}"
        nearly = f"almost the same, {old} in {since} and {new} in {until}"
        return f"{who} was {both if old == new else nearly}."
    route = f"from {old} in {since} to {new} in {until}"
    if direction == UNCLEAR:
        return f"{who} went {route}, a change that chance could explain."
    return f"{who} {_moved(first, last, direction, indicator)} {route}."


def _moved(first: pd.Series, last: pd.Series, direction: str, indicator: Indicator) -> str:
    """How it rose or fell, with the words for a half and for twice where they fit."""
    if indicator.method == "value" or first["value"] <= 0:
        return direction
    times = last["value"] / first["value"]
    sizes = {"more than halved": 0.45, "about halved": 0.55}
    if direction == "fell":
        return next((words for words, most in sizes.items() if times < most), direction)
    return "more than doubled" if times > 2.1 else "about doubled" if times > 1.9 else direction


def directions(measures: pd.DataFrame, area_codes: list[str], indicator: Indicator) -> str:
    """Which of some areas rose, fell or showed no clear change over the periods shown."""
    moves: dict[str, list[str]] = {each: [] for each in ("rose", "fell", SAME, UNCLEAR)}
    for code in area_codes:
        ends = ends_of(measures[measures["area_code"] == code], indicator)
        if ends is not None:
            moves[direction_of(*ends, indicator)].append(ends[1]["area_name"])
    said = [f"{move} in {list_words(names)}" for move, names in moves.items() if names]
    return f"The {noun(indicator)} {'; it '.join(said)}." if said else ""


def ends_of(series: pd.DataFrame, indicator: Indicator) -> tuple[pd.Series, pd.Series] | None:
    """First and latest figure that may be compared: none of two editions, a quarter by season."""
    known = series.dropna(subset="value").sort_values("period_start")
    if known.empty or indicator.calendar == "release":
        return None
    last = known.iloc[-1]
    known = known[known["definition"] == last["definition"]]
    if indicator.calendar == "financial_quarter":
        known = known[known["period_start"].dt.month == last["period_start"].month]
    if indicator.calendar == "three_calendar_years":  # neighbours share years: only whole others
        apart = known["period_start"] + pd.DateOffset(years=3) <= last["period_start"]
        known = known[apart | (known["period_start"] == last["period_start"])]
    return None if len(known) < 2 else (known.iloc[0], last)


def direction_of(first: pd.Series, last: pd.Series, indicator: Indicator) -> str:
    """Whether a figure rose, fell, stayed the same or showed no clear change."""
    moved = abs(last["value"] - first["value"])
    nearly = indicator.method == "count" and moved < NEARLY * first["value"]
    if nearly or with_unit(first["value"], indicator) == with_unit(last["value"], indicator):
        return SAME
    _, lower, upper = subtract(last[TRIPLE], first[TRIPLE])
    if lower <= 0 <= upper:
        return UNCLEAR
    return "rose" if last["value"] > first["value"] else "fell"


def points(difference: float, indicator: Indicator) -> str:
    """Difference of two values with its unit: of percentages, in percentage points."""
    if indicator.unit_short != "%":
        return with_unit(difference, indicator)
    text = number(difference, indicator.decimals)
    return f"{text} percentage point{'' if text == '1' else 's'}"
