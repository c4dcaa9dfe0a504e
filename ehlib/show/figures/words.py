"""What trends, process charts and the distance to a benchmark say, in one sentence each."""

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.measure.impact import fewer_events
from ehlib.measure.trend import RecentTrend, recent_trend
from ehlib.show.sentences import label_words, noun, possessive, short_label, with_unit

WAYS = {"increasing": "rose", "decreasing": "fell"}
JUDGED = {"high_is_good": ("better", "worse"), "low_is_good": ("worse", "better")}


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
    if indicator.calendar == "financial_quarter" or area_code not in set(measures["area_code"]):
        return ""
    found = trend_of(measures, area_code, indicator)
    if found.direction == "cannot_be_calculated":
        return ""
    rows = measures[measures["area_code"] == area_code].sort_values("period_start")
    whose = f"{possessive(rows['area_name'].iloc[-1])} {noun(indicator)}"
    last = label_words(rows["period"].iloc[-1], indicator)
    if found.direction == "no_change":
        return f"Over the five years to {last}, {whose} showed no clear trend."
    rose = found.direction == "increasing"
    words = JUDGED.get(indicator.polarity)
    judged = "" if words is None else f", which is {words[0 if rose else 1]}"
    return f"Over the five years to {last}, {whose} {WAYS[found.direction]}{judged}."


def by_period(rows: pd.DataFrame) -> pd.Series:
    """Values of one area in time order, by the label of their period."""
    ordered = rows.sort_values("period_start")
    return ordered.set_index(ordered["period"].map(short_label))["value"]


def process_caption(chart: pd.DataFrame, indicator: Indicator, name: str) -> str:
    """What a process chart holds and how far its limits can be trusted."""
    warnings = [each for each in chart["warning"].drop_duplicates() if each]
    few = f" Beware: {warnings[-1]}." if warnings else ""
    return (
        f"{indicator.name}, {indicator.unit}, {name}: mean and limits of usual variation "
        f"(XmR chart).{few}"
    )


def process_sentence(chart: pd.DataFrame, name: str) -> str:
    """What the latest point of a process chart is, and on how many figures that rests."""
    known = chart.dropna(subset="value")
    if known.empty or known["mean"].isna().all() or not known["icon"].iloc[-1]:
        return f"{name}: too few quarters are held to tell usual variation from change."
    last = known.iloc[-1]
    few = f" The {last['warning']}." if last["warning"] else ""
    if last["icon"] == "common cause":
        return f"{name}: the latest quarter is within usual variation.{few}"
    way = last["side"]
    told = {
        "outside limits": f"the latest quarter is {way} the limits of usual variation",
        "trend": f"the latest quarters have been {way} without a break",
        "two of three": f"two of the latest three quarters are far {way} the mean",
        "run": f"the latest quarters all lie {way} the mean",
    }
    meaning = {"improvement": ", an improvement", "concern": ", a concern"}
    return f"{name}: {told[last['rule']]}{meaning.get(last['icon'], ', a change')}.{few}"


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
    wanted = with_unit(row["benchmark_value"], indicator)
    when = label_words(row["period"], indicator)
    return (
        f"To match {possessive(row['benchmark_name'])} {noun(indicator)} ({wanted}), "
        f"{row['area_name']} would have needed {gone:,.0f} fewer than its "
        f"{row['numerator']:,.0f} in {when}."
    )
