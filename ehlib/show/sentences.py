"""Findings in plain English, worded once for page text, alt text and index alike."""

import re

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words, parse_period
from ehlib.measure.rates import subtract

SMALL_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
MARKERS = {  # GSS shorthand for figures that are missing or need care, most serious first
    "suppressed": ("[c]", "hidden so that no child can be identified"),
    "not_available": ("[x]", "not available"),
    "not_applicable": ("[z]", "not applicable"),
    "unreliable": ("[u]", "low reliability, based on 3 to 19 events"),
    "provisional": ("[p]", "provisional"),
    "revised": ("[r]", "revised"),
    "estimated": ("[e]", "estimated"),
    "derived": ("[d]", "derived by us from published figures, not published itself"),
    "inferred": ("[i]", "inferred by us from published figures, not published itself"),
}
NOUNS = {"rate": "rate", "proportion": "percentage", "count": "number", "value": "figure"}


def list_words(words: list[str]) -> str:
    """Words in a row: `Ashfield`, `Ashfield and Mansfield`, `Ashfield, Gedling and Mansfield`.

    A name that holds "and" itself is kept apart by a comma: `Ashfield, and Newark and Sherwood`.
    """
    if len(words) == 1:
        return words[0]
    comma = "," if " and " in words[-1] or " and " in words[-2] else ""
    return f"{', '.join(words[:-1])}{comma} and {words[-1]}"


def count_words(count: int, noun: str) -> str:
    """Count and noun as prose has them: `one district`, `seven districts`, `12 districts`."""
    number_word = SMALL_NUMBERS[count] if count < len(SMALL_NUMBERS) else f"{count:,}"
    return f"{number_word} {noun if count == 1 else noun + 's'}"


def in_sentence(name: str) -> str:
    """Name as it stands inside a sentence: a small first letter unless it begins an acronym."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def number(value: float, decimals: int = 1) -> str:
    """Number with its decimals and thousands separators; `[x]` when missing."""
    return "[x]" if np.isnan(value) else f"{value:,.{decimals}f}"


def with_unit(value: float, indicator: Indicator, *, full: bool = False) -> str:
    """Value with its unit: `35.9 per 1,000`, `21.4%`, `4,866 children`."""
    text, unit = number(value, indicator.decimals), indicator.unit if full else indicator.unit_short
    return f"{text}{unit}" if unit.startswith("%") else f"{text} {unit}".strip()


def noun(indicator: Indicator) -> str:
    """What the indicator's values are called: rate, percentage, number or figure."""
    return "percentage" if indicator.unit_short == "%" else NOUNS[indicator.method]


def marker(value_note: str) -> str:
    """GSS marker of the most serious note of a figure; empty when there is nothing to say."""
    notes = value_note.split(";")
    return next((symbol for note, (symbol, _) in MARKERS.items() if note in notes), "")


def period_words(measures: pd.DataFrame, indicator: Indicator) -> str:
    """Period of a frame that holds one, in words."""
    return in_words(parse_period(measures["period"].iloc[0], indicator.calendar))


def extremes(latest: pd.DataFrame, indicator: Indicator) -> str:
    """Which districts were highest and lowest, with their values; empty below two districts."""
    districts = latest[latest["area_type"] == "district"].dropna(subset="value")
    if len(districts) < 2:
        return ""
    shown = districts["value"].round(indicator.decimals)
    top, low = districts[shown == shown.max()], districts[shown == shown.min()]
    when, what = period_words(latest, indicator), noun(indicator)
    if len(top) == len(districts):
        return f"Every district had the same {what} in {when}."
    highest = with_unit(top["value"].iloc[0], indicator, full=True)
    lowest = number(low["value"].iloc[0], indicator.decimals)
    unit = "%" if indicator.unit_short == "%" else ""
    return (
        f"{list_words(sorted(top['area_name']))} had the highest {what} in {when} ({highest}) "
        f"and {list_words(sorted(low['area_name']))} the lowest ({lowest}{unit})."
    )


def against_benchmark(latest: pd.DataFrame, indicator: Indicator) -> str:
    """In which districts the figure is above or below England's, by their intervals."""
    compared = latest[(latest["area_type"] == "district") & latest["lower_ci"].notna()]
    compared = compared.dropna(subset="benchmark_value")
    if compared.empty:
        return ""
    above = sorted(compared.loc[compared["lower_ci"] > compared["benchmark_value"], "area_name"])
    below = sorted(compared.loc[compared["upper_ci"] < compared["benchmark_value"], "area_name"])
    similar = len(compared) - len(above) - len(below)
    reference = compared.iloc[0]
    figure = with_unit(reference["benchmark_value"], indicator)
    benchmark = f"{reference['benchmark_name']}'s ({figure})"
    if not above and not below:
        which = count_words(similar, "district")
        return f"None of the {which} compared was clearly different from {benchmark}."
    said = [f"higher than {benchmark} in {list_words(above)}"] if above else []
    if below:
        said.append(f"lower{'' if above else f' than {benchmark}'} in {list_words(below)}")
    others = f"; {_others(similar)}" if similar else ""
    return f"The {noun(indicator)} was {' and '.join(said)}{others}."


def was(names: list[str], one: str = "was", several: str = "were") -> str:
    """Verb that agrees with how many names there are."""
    return one if len(names) == 1 else several


def _others(count: int) -> str:
    where = "district" if count == 1 else count_words(count, "district")
    return f"in the other {where} it was not clearly different"


def one_area(latest: pd.DataFrame, area_code: str, indicator: Indicator) -> str:
    """One area's figure beside England's."""
    rows = latest[latest["area_code"] == area_code].dropna(subset="value")
    if rows.empty:
        return ""
    row = rows.iloc[0]
    when, what = period_words(rows, indicator), noun(indicator)
    figure = with_unit(row["value"], indicator, full=True)
    begin = f"{row['area_name']}'s {what} in {when} was {figure}"
    if np.isnan(row["benchmark_value"]):
        return f"{begin}."
    benchmark = f"{row['benchmark_name']}'s ({with_unit(row['benchmark_value'], indicator)})"
    if np.isnan(row["lower_ci"]):
        return f"{begin}, beside {benchmark}."
    if row["lower_ci"] <= row["benchmark_value"] <= row["upper_ci"]:
        return f"{begin}, not clearly different from {benchmark}."
    side = "higher" if row["lower_ci"] > row["benchmark_value"] else "lower"
    return f"{begin}, {side} than {benchmark}."


def change(measures: pd.DataFrame, area_code: str, indicator: Indicator) -> str:
    """How one area's figure moved from its first to its latest period of one definition."""
    series = measures[measures["area_code"] == area_code].dropna(subset="value")
    series = series.sort_values("period_start")
    series = series[series["definition"] == series["definition"].max()]
    if len(series) < 2:
        return ""
    first, last = series.iloc[0], series.iloc[-1]
    old, new = (with_unit(row["value"], indicator) for row in (first, last))
    route = f"from {old} in {first['period']} to {new} in {last['period']}"
    name = f"{first['area_name']}'s {noun(indicator)}"
    if old == new:
        return f"{name} was {old} both in {first['period']} and in {last['period']}."
    verb = "rose" if last["value"] > first["value"] else "fell"
    _, lower, upper = subtract(_triple(last), _triple(first))
    if lower <= 0 <= upper:
        return f"{name} went {route}, a change that chance could explain."
    return f"{name} {verb} {route}."


def _triple(row: pd.Series) -> tuple[float, float, float]:
    return row["value"], row["lower_ci"], row["upper_ci"]


def gap(latest: pd.DataFrame, indicator: Indicator) -> str:
    """Gap between the highest and the lowest district, with its limits, and their ratio."""
    districts = latest[latest["area_type"] == "district"].dropna(subset="value")
    if len(districts) < 2:
        return ""
    ranked = districts.sort_values("value")
    highest, lowest = ranked.iloc[-1], ranked.iloc[0]
    size, *limits = subtract(_triple(highest), _triple(lowest))
    size = with_unit(size, indicator).replace("%", " percentage points")
    ends = [number(limit, indicator.decimals) for limit in limits]
    within = "" if np.isnan(limits[0]) else f" (95% limits {ends[0]} to {ends[1]})"
    begin = f"The gap between {highest['area_name']} and {lowest['area_name']} was {size}{within}"
    if lowest["value"] <= 0:
        return f"{begin}."
    times = number(highest["value"] / lowest["value"], 1)
    return f"{begin}: the highest {noun(indicator)} was {times} times the lowest."


def areas_caption(latest: pd.DataFrame, indicator: Indicator) -> str:
    """What a chart or table of areas holds."""
    limits = ", with 95% limits" if latest["lower_ci"].notna().any() else ""
    return f"{indicator.name}, {indicator.unit}, {period_words(latest, indicator)}{limits}."


def map_caption(districts: pd.DataFrame, indicator: Indicator, boundaries: pd.DataFrame) -> str:
    """What a map holds, and whose boundaries it is drawn with, in short."""
    source = re.sub(r" \([^)]*\)", "", boundaries["source"].iloc[0]).split(". ")[0].rstrip(".")
    when = period_words(districts, indicator)
    return f"{indicator.name}, {indicator.unit}, {when}. Land left white is elsewhere. {source}."


def periods_caption(measures: pd.DataFrame, indicator: Indicator) -> str:
    """What a chart or table of periods holds."""
    ordered = measures.dropna(subset="value").sort_values("period_start")["period"]
    first, last = ordered.iloc[0], ordered.iloc[-1]
    span = f"in {first}" if first == last else f"from {first} to {last}"
    return f"{indicator.name}, {indicator.unit}, {span}."
