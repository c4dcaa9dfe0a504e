"""What trends and the distance to a benchmark say, in one sentence each."""

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.measure.impact import fewer_events
from ehlib.measure.trend import RecentTrend, recent_trend
from ehlib.show.sentences import (
    SAME,
    UNCLEAR,
    change,
    direction_of,
    ends_of,
    label_words,
    list_words,
    noun,
    number_word,
    possessive,
    with_unit,
)

WAYS = {"increasing": "rose", "decreasing": "fell"}
JUDGED = {"high_is_good": ("better", "worse"), "low_is_good": ("worse", "better")}
EVENTS = {  # what an indicator counts, for one and for several, where its own words are too long
    "under18_conceptions": ("conception", "conceptions"),
    "under16_conceptions": ("conception", "conceptions"),
    "injury_admissions_0_14": ("admission", "admissions"),
    "mash_enquiries": ("enquiry", "enquiries"),
    "early_help_episodes": ("episode", "episodes"),
    "first_time_entrants": ("young person", "young people"),
    "referrals_rate": ("referral", "referrals"),
    "child_protection_plan_rate": ("plan", "plans"),
}
CHILDREN = ("child", "children")
ONE_DAY = "31 March"  # in the words of a numerator that is counted on one day of the year
STOCK = (
    "Children are counted on one day, 31 March. Many were counted a year before too, so the years "
    "are not separate: limits and trends, which take them as separate, are a rough guide here."
)
LATEST = "latest five years"
STRICTER = (
    "A trend asks more than a change from the first year to the last: a line through all five "
    "years that chance would give less than once in 500, and that no single year turns."
)


def trend_of(measures: pd.DataFrame, area_code: str, indicator: Indicator) -> RecentTrend:
    """Recent trend of one area, by the method that its indicator's figures allow."""
    held = measures[measures["area_code"] == area_code].sort_values("period_start")
    by_year = held.set_index(held["period_start"].dt.year)
    # A year that was never published has no row; left out, its neighbours would look adjacent.
    rows = by_year.reindex(range(by_year.index.min(), by_year.index.max() + 1))
    rows["definition"] = rows["definition"].ffill()
    counted = held[["numerator", "denominator"]].notna().all(axis=1).all()
    shares = indicator.method == "proportion" and counted
    return recent_trend(
        rows["value"],
        rows["lower_ci"],
        rows["upper_ci"],
        rows["numerator"] if shares else None,
        rows["denominator"] if shares else None,
        method="proportion" if shares else "ci_weighted",
        calendar=indicator.calendar,
        definitions=list(rows["definition"]),
    )


def trend_sentence(measures: pd.DataFrame, area_code: str, indicator: Indicator) -> str:
    """Whether one area's latest five yearly figures rise, fall or neither; empty if not judged."""
    if not _yearly(measures, area_code, indicator):
        return ""
    found = trend_of(measures, area_code, indicator)
    if found.direction == "cannot_be_calculated":
        return ""
    rows = measures[measures["area_code"] == area_code].sort_values("period_start")
    whose = f"{possessive(rows['area_name'].iloc[-1])} {noun(indicator)}"
    last = label_words(rows["period"].iloc[-1], indicator)
    if found.direction == "no_change":
        return f"Over the five years to {last}, {whose} showed no clear trend."
    way = WAYS[found.direction]
    return f"Over the five years to {last}, {whose} {way}{_judged(found, indicator)}."


def no_trend_reason(measures: pd.DataFrame, area_code: str, indicator: Indicator) -> str:
    """Why an area's yearly figures have no recent trend; empty where they have, or none is held."""
    if not _yearly(measures, area_code, indicator):
        return ""
    found = trend_of(measures, area_code, indicator)
    if found.direction != "cannot_be_calculated":
        return ""
    reason = found.reason[:1].lower() + found.reason[1:]
    name = measures.loc[measures["area_code"] == area_code, "area_name"].iloc[0]
    return f"No recent trend over five years is given for {name}: {reason}."


def story(measures: pd.DataFrame, area_code: str, indicator: Indicator) -> str:
    """One area's change since its first figure and its recent trend, told as one."""
    since = change(measures, area_code, indicator)
    recent = trend_sentence(measures, area_code, indicator)
    if not since or not recent:
        return since or recent
    series = measures[measures["area_code"] == area_code]
    ends, found = ends_of(series, indicator), trend_of(measures, area_code, indicator)
    moved, way = direction_of(*ends, indicator), WAYS.get(found.direction, "")
    whole = ends[1]["period_start"].year - ends[0]["period_start"].year < found.points
    return f"{since.removesuffix('.')}{_ending(moved, way, whole)}{_judged(found, indicator)}."


def _ending(moved: str, way: str, whole: bool) -> str:
    """What the latest five years add to a change; `whole` if they are all there is."""
    five = "the five years as a whole" if whole else "the latest five years"
    if not way:
        return f"{'; ' if moved in (SAME, UNCLEAR) else ', but '}{five} show no clear trend"
    if moved == way:
        still = "" if whole else "still "
        return f", {still}{way.replace('rose', 'rising').replace('fell', 'falling')} over {five}"
    return f"; over {five} it {way}"


def _yearly(measures: pd.DataFrame, area_code: str, indicator: Indicator) -> bool:
    known = measures.loc[measures["area_code"] == area_code, "value"].notna()
    return indicator.calendar != "financial_quarter" and bool(known.any())


def _judged(found: RecentTrend, indicator: Indicator) -> str:
    words = JUDGED.get(indicator.polarity)
    if words is None or found.direction not in WAYS:
        return ""
    return f", which is {words[0 if found.direction == 'increasing' else 1]}"


def trends_sentence(measures: pd.DataFrame, indicator: Indicator) -> str:
    """Which districts have a recent trend over five years; empty where none can be judged."""
    ways: dict[str, list[str]] = {"rose": [], "fell": [], "showed no clear trend": []}
    ends: set[str] = set()
    rows = measures[measures["area_type"] == "district"].drop_duplicates("area_code")
    for row in rows.itertuples():
        if not _yearly(measures, row.area_code, indicator):
            continue
        found = trend_of(measures, row.area_code, indicator)
        if found.direction != "cannot_be_calculated":
            ways[WAYS.get(found.direction, "showed no clear trend")].append(row.area_name)
            ends.add(_last_label(measures, row.area_code))
    said = [f"{way} in {list_words(sorted(names))}" for way, names in ways.items() if names]
    stricter = f" {STRICTER}" if ways["showed no clear trend"] else ""
    when = f"five years to {label_words(ends.pop(), indicator)}" if len(ends) == 1 else LATEST
    whole = f"Over the {when} the {noun(indicator)} {'; it '.join(said)}.{stricter}"
    return whole if said else ""


def _last_label(measures: pd.DataFrame, area_code: str) -> str:
    """Label of the latest period for which an area has a row."""
    own = measures[measures["area_code"] == area_code]
    return own.loc[own["period_start"].idxmax(), "period"]


def stock_note(indicator: Indicator) -> str:
    """That the same children are counted year after year; empty where events are counted."""
    return STOCK if ONE_DAY in indicator.numerator else ""


def break_note(measures: pd.DataFrame, indicator: Indicator) -> str:
    """That and why the definition changed among the figures shown; empty where it did not.

    `indicator` is as the catalogue has it, with all its versions.
    """
    known = measures.dropna(subset="value").sort_values("period_start")
    if known["definition"].nunique() < 2:
        return ""
    first = known[known["definition"] == known["definition"].iloc[-1]].iloc[0]
    version = indicator.version_at(first["period_start"].date())
    since = label_words(first["period"], indicator)
    return (
        f"From {since} on, the figures follow another definition, so those before are not compared "
        f"with them and no line joins them. {version.reason}"
    )


def fewer_sentence(latest: pd.DataFrame, indicator: Indicator) -> str:
    """How many events the worst district is from the benchmark; empty where that is not known.

    Only for events that are better fewer, in a district whose limits lie above the benchmark.
    """
    if indicator.polarity != "low_is_good" or indicator.method not in ("rate", "proportion"):
        return ""
    rows = latest[(latest["area_type"] == "district") & (latest["comparison"] == "worse")]
    rows = rows.dropna(subset=["numerator", "value", "benchmark_value"])
    if rows.empty:
        return ""
    row = rows.sort_values("value").iloc[-1]
    people = row["numerator"] * indicator.multiplier / row["value"]
    population = people if np.isnan(row["denominator"]) else row["denominator"]
    found = fewer_events(
        row["numerator"],
        population,
        row["benchmark_value"],
        kind=indicator.method,
        multiplier=indicator.multiplier,
    )
    gone = int(np.ceil(found.events))
    ends = " to ".join(f"{max(0, each):,.0f}" for each in (found.lower, found.upper))
    wanted = with_unit(row["benchmark_value"], indicator)
    when = label_words(row["period"], indicator)
    one, several = EVENTS.get(indicator.id, CHILDREN)
    events = number_word(gone)
    return (
        f"To match {possessive(row['benchmark_name'])} {noun(indicator)} ({wanted}), "
        f"{row['area_name']} would have needed {events} fewer {one if gone == 1 else several} than "
        f"its {row['numerator']:,.0f} in {when} (95% limits {ends})."
    )
