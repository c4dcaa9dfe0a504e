"""Inequality between the county's places, topic by topic, and which way it went."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.compare import filter_totals
from ehlib.measure.gaps.change import GapChange, gap_change
from ehlib.measure.gaps.series import RATIOS, gap_series
from ehlib.measure.inequality.gradient import countable
from ehlib.measure.rates import FIGURES

ATLAS = (
    "under18_conceptions",
    "mash_enquiries",
    "children_relative_low_income",
    "children_relative_low_income_percent",
    "excess_weight_reception",
    "excess_weight_year6",
    "eyfs_good_development",
)
MAPS = 4  # periods of one row of maps
CLASSES = 5


@dataclass(frozen=True)
class Topic:
    """One indicator of the districts over time, and the gap between places.

    `indicator` is as shown: a number of children as a rate. `districts` has the rows of all
    periods, `series` those of `gap_series`, of the county; `change` is of the gap and `relative`
    of the ratio, on a log scale. `left_out` names provisional periods, still to be revised.
    """

    indicator: Indicator
    districts: pd.DataFrame
    series: pd.DataFrame
    change: GapChange | None
    relative: GapChange | None
    left_out: tuple[str, ...]


def inequality_topics(
    measures: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    *,
    areas: Areas,
    quarter: str,
    scores: pd.DataFrame,
    people: pd.DataFrame,
) -> list[Topic]:
    """Topics of `ATLAS` that have a figure for a district, in its order.

    Parameters
    ----------
    measures : DataFrame
        Measures of these indicators, protected where they are of case records.
    indicators : mapping
        The catalogue.
    areas, quarter, scores, people
        As `deprivation_gradient` takes them.
    """
    known = {"areas": areas, "quarter": quarter, "scores": scores, "people": people}
    topics = []
    for key in ATLAS:
        own = measures[measures["indicator_id"] == key]
        if own["value"].notna().any():
            topics.append(_topic(own, indicators[key], known))
    return [topic for topic in topics if topic.districts["value"].notna().any()]


def _topic(own: pd.DataFrame, indicator: Indicator, known: dict) -> Topic:
    totals = filter_totals(own, indicator)
    first = totals["value_note"].str.contains("provisional")
    gone = tuple(dict.fromkeys(totals.loc[first & totals["value"].notna(), "period"]))
    totals = totals[~first]
    now = indicator.at(totals["period_start"].max().date()) if len(totals) else indicator
    series = gap_series(totals, now, **known).assign(area_code=known["areas"].county.code)
    rows, shown = countable(totals, now, known["people"])
    rows = rows[rows["area_code"].isin(known["areas"].codes("district"))]
    logs = {name: np.log(series[name].where(series[name] > 0)) for name in RATIOS}
    relative = series.assign(**dict(zip(FIGURES, logs.values(), strict=True)))
    return Topic(shown, rows, series, gap_change(series), gap_change(relative), gone)


def mapped_periods(districts: pd.DataFrame, most: int = MAPS) -> list[str]:
    """Periods for a row of maps: first, last and some between, of one definition and season."""
    known = districts.dropna(subset="value").sort_values("period_start")
    last = known.iloc[-1]
    alike = known[known["definition"] == last["definition"]]
    alike = alike[alike["period_start"].dt.month == last["period_start"].month]
    labels = list(dict.fromkeys(alike["period"]))
    places = np.linspace(0, len(labels) - 1, min(most, len(labels))).round().astype(int)
    return [labels[place] for place in places]


def shared_breaks(districts: pd.DataFrame, indicator: Indicator) -> tuple[float, ...]:
    """Breaks of map classes for all periods: the catalogue's, or fifths of all figures shown."""
    if indicator.breaks:
        return indicator.breaks
    values = districts["value"].dropna()
    ends = values.quantile([place / CLASSES for place in range(1, CLASSES)])
    digits = 1 - int(np.floor(np.log10(max(ends.max(), 1e-9))))
    return tuple(sorted({float(round(each, digits)) for each in ends}))
