"""What each kind of page says at its top, under its title and in place of its charts."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words, parse_quarter
from ehlib.show.sentences import (
    against_benchmark,
    change,
    count_words,
    extremes,
    gap,
    in_sentence,
    list_words,
    one_area,
    period_words,
    was,
    with_unit,
)

NO_LIMITS = (
    "These figures were published without limits, so a difference between two places may be chance."
)


def context(latest: pd.DataFrame, indicator: Indicator, areas: Areas, quarter: str) -> str:
    """Area, period, benchmark and cut-off of a page in one line."""
    end = parse_quarter(quarter).end
    beside = latest.loc[latest["benchmark_value"].notna(), "benchmark_name"]
    compared = f", compared with {beside.iloc[0]}" if len(beside) else ""
    return (
        f"{areas.county.name}, {period_words(latest, indicator)}{compared}. "
        f"Figures {indicator.unit}, for periods that ended by {end.day} {end:%B %Y}."
    )


def indicator_findings(
    measures: pd.DataFrame, latest: pd.DataFrame, indicator: Indicator, areas: Areas
) -> list[str]:
    """Findings of an indicator's page: the districts, the benchmark, the county, the change."""
    return [
        extremes(latest, indicator),
        against_benchmark(latest, indicator),
        one_area(latest, areas.county.code, indicator),
        change(measures, areas.county.code, indicator),
        limits_note(latest, indicator),
    ]


def map_findings(latest: pd.DataFrame, indicator: Indicator) -> list[str]:
    """Findings of a map: where it is high and low, how far apart, and against the benchmark."""
    return [
        extremes(latest, indicator),
        gap(latest, indicator),
        against_benchmark(latest, indicator),
        limits_note(latest, indicator),
    ]


def limits_note(latest: pd.DataFrame, indicator: Indicator) -> str:
    """Warning that figures came without limits, where they could have had some."""
    unlimited = latest["lower_ci"].isna().all() and indicator.method != "count"
    return NO_LIMITS if unlimited else ""


def compared(latest: pd.DataFrame, indicator: Indicator, areas: Areas) -> str:
    """Alt text of a chart of areas: its findings in a row, or the figures where none arises."""
    said = [
        extremes(latest, indicator),
        against_benchmark(latest, indicator),
        one_area(latest, areas.county.code, indicator),
    ]
    return " ".join(filter(None, said)) or listed_values(latest, indicator)


def changed(measures: pd.DataFrame, indicator: Indicator, areas: Areas) -> str:
    """Alt text of a chart of trends: how the county or, without it, each district moved."""
    codes = [areas.county.code, *areas.codes("district")]
    said = list(filter(None, (change(measures, code, indicator) for code in codes)))
    none = "Only one period is held, so there is no change to show."
    return " ".join(said[:1] if said and measures["area_code"].eq(codes[0]).any() else said) or none


def listed_values(latest: pd.DataFrame, indicator: Indicator) -> str:
    """Every area with its value, for charts that show nothing but the figures."""
    figures = [
        f"{row.area_name} {with_unit(row.value, indicator)}"
        for row in latest.dropna(subset="value").itertuples()
    ]
    return f"{indicator.name} in {period_words(latest, indicator)}: {'; '.join(figures)}."


def awaited_context(areas: Areas, quarter: str) -> str:
    """Line under the title of a page that has no figure yet."""
    end = parse_quarter(quarter).end
    return (
        f"{areas.county.name}. No figure held is for a period that ended by {end.day} {end:%B %Y}."
    )


def awaited(held: pd.DataFrame, indicator: Indicator, quarter: str) -> list[str]:
    """Which period the first figure covers, when any is held."""
    known = held.dropna(subset="value").sort_values("period_start")
    when = in_words(parse_quarter(quarter))
    begin = f"There is no figure to report for {when}"
    if known.empty:
        return [f"{begin}, and none is held for any later period."]
    first = period_words(known.head(1), indicator)
    return [f"{begin}: the first period held is {first}, which ended later."]


def mash_context(latest: pd.DataFrame, areas: Areas) -> str:
    """Line under the title of a page on the MASH."""
    when = in_words(parse_quarter(latest["period"].iloc[0]))
    return f"{areas.county.name}, {when}, compared with the county. Counted from case records."


def mash_findings(
    own: pd.DataFrame, acted: pd.DataFrame, area_code: str, indicators: Mapping[str, Indicator]
) -> list[str]:
    """How many enquiries, more or fewer than a year before, at what rate, and what came of them."""
    last = own.sort_values("period_start").iloc[-1]
    outcome = in_force(indicators["mash_outcome"], acted)
    share = acted[acted["area_code"] == area_code].dropna(subset="value")
    came = "" if share.empty else with_unit(share["value"].iloc[0], outcome)
    return [
        _enquiries(own, last),
        one_area(own[own["period"] == last["period"]], area_code, indicators["mash_enquiries"]),
        f"{outcome.name}: {came}." if came else "",
    ]


def _enquiries(own: pd.DataFrame, last: pd.Series) -> str:
    when = in_words(parse_quarter(last["period"]))
    if pd.isna(last["numerator"]):
        return f"The number of enquiries in {when} is hidden, since it is small."
    begin = f"{last['area_name']} had {last['numerator']:,.0f} enquiries in {when}"
    a_year_before = last["period_start"] - pd.DateOffset(years=1)
    earlier = own.loc[own["period_start"] == a_year_before, "numerator"].dropna()
    if earlier.empty:
        return f"{begin}."
    more = last["numerator"] - earlier.iloc[0]
    if more == 0:
        return f"{begin}, as many as a year before."
    word = "more" if more > 0 else "fewer"
    return f"{begin}, {abs(more):,.0f} {word} than in the same quarter a year before."


def outcome_shares(parts: pd.DataFrame) -> str:
    """Alt text of the bars of outcomes: the shares of the latest quarter, largest first."""
    latest = parts[parts["period_start"] == parts["period_start"].max()].dropna(subset="value")
    if latest.empty:
        return "The outcomes are hidden, since some of the numbers are small."
    shares = [
        f"{row.category} {row.value:.0f}%"
        for row in latest.sort_values("value", ascending=False).itertuples()
    ]
    return f"In {in_words(parse_quarter(latest['period'].iloc[0]))}: {list_words(shares)}."


def in_force(indicator: Indicator, rows: pd.DataFrame) -> Indicator:
    """Indicator as it is defined in the latest period of some rows."""
    return indicator.at(rows["period_start"].max().date()) if len(rows) else indicator


def impact_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the page on impact measures."""
    end = parse_quarter(quarter).end
    return (
        f"{areas.county.name}, {in_words(parse_quarter(quarter))}. The ten measures of the Early "
        f"Help Development Plan 2013-16, with figures for periods that ended by "
        f"{end.day} {end:%B %Y}."
    )


def impact_findings(statuses: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    """How many measures are improving or worsening, which, and why the others are not judged."""
    judged = ["improving", "worsening", "no clear change"]
    said = [
        _judged(statuses[statuses["status"] == status], status, indicators) for status in judged
    ]
    others = statuses[~statuses["status"].isin(judged)]
    reasons = [
        f"{count_words(len(rows), 'measure').capitalize()} cannot be judged because "
        f"{rows['reason'].iloc[0]}: "
        f"{list_words([_name(indicators, each) for each in rows['indicator_id']])}."
        for _, rows in others.groupby("status", sort=False)
    ]
    return [*filter(None, said), *reasons]


def _name(indicators: Mapping[str, Indicator], indicator_id: str) -> str:
    return in_sentence(indicators[indicator_id].short_name)


def _judged(rows: pd.DataFrame, status: str, indicators: Mapping[str, Indicator]) -> str:
    if rows.empty:
        return ""
    told = [
        f"{_name(indicators, row.indicator_id)} "
        f"({with_unit(row.value, indicators[row.indicator_id])} in {row.latest_period})"
        for row in rows.itertuples()
    ]
    words = {"no clear change": "with no clear change since the baseline"}
    count = f"{count_words(len(rows), 'measure').capitalize()} {was(told, 'is', 'are')}"
    return f"{count} {words.get(status, status)}: {list_words(told)}."


def quality_context(
    accounts: Mapping[str, list[dict[str, object]]], areas: Areas, quarter: str
) -> str:
    """Line under the title of the page on data quality."""
    day = pd.Timestamp(str(accounts["prepared"]))
    end = parse_quarter(quarter).end
    return (
        f"{areas.county.name}. Extracts prepared on {day.day} {day:%B %Y}; figures for periods "
        f"that ended by {end.day} {end:%B %Y}."
    )


def quality_findings(
    accounts: Mapping[str, list[dict[str, object]]],
    observations: pd.DataFrame,
    indicators: Mapping[str, Indicator],
) -> list[str]:
    """What was read and refused, and for how many of the plans' indicators a figure is held."""
    files = pd.DataFrame(accounts["files"])
    rejected = count_words(int(files["rows_rejected"].sum()), "row").capitalize()
    refused = count_words(int((files["outcome"] == "refused").sum()), "file")
    rows = f"{files['rows_read'].sum():,} rows of {count_words(len(files), 'extract')}"
    planned = [key for key, each in indicators.items() if each.sets]
    known = observations.dropna(subset=["value", "numerator"], how="all")["indicator_id"].unique()
    with_figure = len(set(planned) & set(known))
    whole = (files["outcome"] == "loaded").all()
    fault = "Nothing was refused." if whole else f"{rejected} and {refused} were refused."
    synthetic = observations["value_note"].str.contains("synthetic").any()
    return [
        f"All {rows} are accounted for. {fault}",
        f"Figures are held for {with_figure} of the {len(planned)} indicators of the two plans.",
        "Case records are a synthetic sample, not real children." if synthetic else "",
    ]
