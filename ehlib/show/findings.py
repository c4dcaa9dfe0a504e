"""What each kind of page says at its top, under its title and in place of its charts."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import earlier_quarter, in_words, parse_quarter
from ehlib.show.charts import measure_words
from ehlib.show.figures.spread import gap, spread_sentence
from ehlib.show.figures.words import story
from ehlib.show.sentences import (
    against_benchmark,
    beside,
    change,
    directions,
    extremes,
    list_words,
    number_word,
    one_area,
    period_words,
    short_label,
    with_unit,
)
from ehlib.show.summary import lacking
from ehlib.show.trends import LOCAL

NO_LIMITS = (
    "These figures were published without limits, so a difference between two places or years "
    "may be chance."
)
NUMBERS = "These are numbers, not rates: where more children live, a number is larger."
PROVISIONAL = "These figures are provisional: the publisher may still change them."
FEW = "Marked by the publisher as not reliable are the figures of"
SOME_LIMITS = (
    "Held without limits, so that chance cannot be told from a difference, are the figures of"
)
POPULATIONS = (
    "The numbers of children that the rates rest on are worked out by us from published figures; "
    "they are not published themselves."
)
MOST = 5  # findings of a page


def context(latest: pd.DataFrame, indicator: Indicator, areas: Areas, quarter: str) -> str:
    """Area, period, benchmark, measure and cut-off of a page in one line."""
    names = latest.loc[latest["benchmark_value"].notna(), "benchmark_name"]
    compared = f", compared with {names.iloc[0]}" if len(names) else ""
    return (
        f"{areas.county.name}, {period_words(latest, indicator)}{compared}: "
        f"{measure_words(indicator)}. Periods that ended after {last_day(quarter)} are left out."
    )


def last_day(quarter: str) -> str:
    """Last day of a quarter in words: `31 December 2013`."""
    end = parse_quarter(quarter).end
    return f"{end.day} {end:%B %Y}"


def indicator_findings(
    measures: pd.DataFrame,
    latest: pd.DataFrame,
    indicator: Indicator,
    areas: Areas,
    *,
    follows: str = "",
) -> list[str]:
    """Five findings at most: areas, benchmark, change, cautions, `follows`, what is not held."""
    said = [
        *_compared(latest, indicator, areas),
        _change(measures, indicator, areas),
        lacking.districts_before(measures, latest, indicator),
        " ".join(filter(None, [lacking.without_figure(latest), *cautions(latest, indicator)])),
        follows,
        *lacking.not_held(measures, latest, indicator, areas),
    ]
    return [*dict.fromkeys(filter(None, said))][:MOST]


def map_findings(latest: pd.DataFrame, indicator: Indicator) -> list[str]:
    """Findings of a map: where it is high and low, how far apart, and against the benchmark."""
    return [
        extremes(latest, indicator),
        spread_sentence(latest, indicator),
        gap(latest, indicator),
        against_benchmark(latest, indicator),
        *cautions(latest, indicator),
    ]


def cautions(latest: pd.DataFrame, indicator: Indicator) -> list[str]:
    """What to beware of in the figures shown: no limits, mere numbers, provisional, unreliable."""
    known = latest.dropna(subset="value")
    said = [NUMBERS] if indicator.method == "count" and len(known) > 1 else []
    bare = known["lower_ci"].isna() & (indicator.method in ("rate", "proportion"))
    if bare.all():
        said += [NO_LIMITS] if len(known) else []
    elif len(names := sorted(known.loc[bare & known["benchmark_value"].notna(), "area_name"])):
        said.append(f"{SOME_LIMITS} {list_words(names)}.")
    if known["value_note"].str.contains("provisional").any():
        said.append(PROVISIONAL)
    weak = sorted(known.loc[known["value_note"].str.contains("unreliable"), "area_name"])
    return [*said, f"{FEW} {list_words(weak)}."] if weak else said


def _compared(latest: pd.DataFrame, indicator: Indicator, areas: Areas) -> list[str]:
    ends, beyond = extremes(latest, indicator), against_benchmark(latest, indicator)
    whole = one_area(latest, areas.county.code, indicator, limits=True)
    if ends and not beyond and not whole:
        whole = one_area(latest, areas.england.code, indicator, limits=True)
    return [*filter(None, [ends, beyond, whole])] or [listed_values(latest, indicator)]


def _change(measures: pd.DataFrame, indicator: Indicator, areas: Areas) -> str:
    """How the county moved, or the districts, or why no change can be told."""
    told = story(measures, areas.county.code, indicator) or _moves(measures, indicator)
    local = measures[measures["area_type"].isin(LOCAL)]
    return told or lacking.no_trend(local, indicator) or lacking.APART if len(local) else told


def _moves(measures: pd.DataFrame, indicator: Indicator) -> str:
    """Which districts rose or fell, and since when, for where the county has no figure."""
    known = measures[measures["area_type"] == "district"].dropna(subset="value")
    known = known[known["definition"] == known["definition"].max()].sort_values("period_start")
    said = directions(known, sorted(known["area_code"].unique()), indicator)
    if not said:
        return ""
    first, last = (short_label(label) for label in known["period"].iloc[[0, -1]])
    return f"From {first} to {last}, {said[:1].lower()}{said[1:]}"


def compared(latest: pd.DataFrame, indicator: Indicator, areas: Areas) -> str:
    """Alt text of a chart of areas: its findings in a row, or the figures where none arises."""
    return " ".join(_compared(latest, indicator, areas))


def mapped(latest: pd.DataFrame, indicator: Indicator) -> str:
    """Alt text of a map: its extremes, or the figures where none arises."""
    return extremes(latest, indicator) or listed_values(latest, indicator)


def changed(local: pd.DataFrame, indicator: Indicator, area_code: str) -> str:
    """Alt text of a chart of trends: how one area moved, and which way each of the others."""
    others = [code for code in local["area_code"].unique() if code != area_code]
    said = [change(local, area_code, indicator), directions(local, others, indicator)]
    return " ".join(filter(None, said)) or "No two figures shown can be compared over time."


def listed_values(latest: pd.DataFrame, indicator: Indicator) -> str:
    """Every area with its value, for charts that show nothing but the figures."""
    known = latest.dropna(subset="value")
    figures = [f"{row.area_name} {with_unit(row.value, indicator)}" for row in known.itertuples()]
    when = period_words(latest, indicator)
    return f"{indicator.name} in {when}: {'; '.join(figures)}." if figures else lacking.HIDDEN


def awaited_context(areas: Areas, quarter: str) -> str:
    """Line under the title of a page that has no figure yet."""
    return f"{areas.county.name}. No figure held is for a period that ended by {last_day(quarter)}."


def awaited(held: pd.DataFrame, indicator: Indicator, quarter: str) -> list[str]:
    """Which period the first figure covers, when any is held."""
    known = held.dropna(subset="value").sort_values("period_start")
    begin = f"There is no figure to report for {in_words(parse_quarter(quarter))}"
    if known.empty:
        return [f"{begin}: none is held for it or any earlier period."]
    first = period_words(known.head(1), indicator)
    return [f"{begin}: the first period held is {first}, which ended later."]


def mash_context(latest: pd.DataFrame, area_code: str, areas: Areas) -> str:
    """Line under the title of a page on the MASH."""
    county = areas.county
    beside = "" if area_code == county.code else f", compared with {county.name}"
    when = in_words(parse_quarter(latest["period"].iloc[0]))
    return f"{areas.name(area_code)}, {when}{beside}. Counted from case records."


def mash_findings(
    own: pd.DataFrame, acted: pd.DataFrame, area_code: str, indicators: Mapping[str, Indicator]
) -> list[str]:
    """How many enquiries, more or fewer than a year before, at what rate, and what came of them."""
    latest = own[own["period_start"] == own["period_start"].max()]
    outcome = in_force(indicators["mash_outcome"], acted)
    return [
        _enquiries(latest.iloc[0], own),
        one_area(latest, area_code, indicators["mash_enquiries"]),
        _outcome(acted[acted["area_code"] == area_code], outcome),
    ]


def _enquiries(row: pd.Series, own: pd.DataFrame) -> str:
    quarter = parse_quarter(row["period"])
    when = in_words(quarter)
    if pd.isna(row["numerator"]):
        return f"How many enquiries there were in {when} is hidden, since some numbers are small."
    said = f"{row['area_name']} had {_count(row['numerator'])} in {when}"
    before = own[own["period"] == earlier_quarter(quarter, 4).label]["numerator"].dropna()
    if before.empty:
        return f"{said}."
    more = row["numerator"] - before.iloc[0]
    if more == 0:
        return f"{said}, as many as in the same quarter a year before."
    than = "more" if more > 0 else "fewer"
    return f"{said}, {number_word(int(abs(more)))} {than} than in the same quarter a year before."


def _count(enquiries: float) -> str:
    return f"{number_word(int(enquiries))} {'enquiry' if enquiries == 1 else 'enquiries'}"


def _outcome(rows: pd.DataFrame, outcome: Indicator) -> str:
    """Share of one area's enquiries that had the outcome the plan watches, as a sentence."""
    known = rows.dropna(subset="value")
    if known.empty:
        return "What came of the enquiries is hidden, since some of the numbers are small."
    row = known.iloc[0]
    share = with_unit(row["value"], outcome, full=True)
    said = f"{outcome.name} were {share} in {row['area_name']}"
    compared = pd.notna(row["benchmark_value"]) and pd.notna(row["lower_ci"])
    return f"{said}, a percentage {beside(row, outcome)}." if compared else f"{said}."


def outcome_shares(parts: pd.DataFrame) -> str:
    """Alt text of the bars of outcomes: the shares of the latest quarter, largest first."""
    latest = parts[parts["period_start"] == parts["period_start"].max()]
    known = latest[latest["value"] > 0].sort_values("value", ascending=False)
    if known.empty:
        return "The outcomes are hidden, since some of the numbers are small."
    said = [f"{row.category} {row.value:.0f}%" for row in known.itertuples()]
    return f"Outcomes in {in_words(parse_quarter(latest['period'].iloc[0]))}: {list_words(said)}."


def population_note(rows: pd.DataFrame) -> str:
    """That rates of case records rest on derived populations; empty when they do not."""
    return POPULATIONS if rows["value_note"].str.contains("derived").any() else ""


def in_force(indicator: Indicator, rows: pd.DataFrame) -> Indicator:
    """Indicator as it is defined in the latest period of some rows."""
    return indicator.at(rows["period_start"].max().date()) if len(rows) else indicator
