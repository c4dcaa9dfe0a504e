"""Groups of places from the most to the least deprived, and the slope across them."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import parse_quarter
from ehlib.load.schema import read_observations
from ehlib.load.small_areas import children_by_area, deprivation_scores
from ehlib.measure.inequality.published import COLUMNS, published_tenths
from ehlib.measure.inequality.slope import SlopeIndex, slope_index
from ehlib.measure.inequality.spread import attributable_limits, decisive_places
from ehlib.measure.inequality.summary import RangeAndRatio, deprivation_groups, range_and_ratio
from ehlib.measure.rates import MEASURES, Triple

LOWER_TIER = ["district", "unitary"]
NEIGHBOURHOODS = ["msoa", "lsoa"]
LIMITS = ["lower_ci", "upper_ci"]
FEWEST = {"neighbourhoods": 25, "tenths": 100, "districts": 5}  # places that a gradient needs
NO_RATE = (
    "No gradient with deprivation is shown: the figure is no rate of children, or measures "
    "deprivation itself."
)
TENTHS_LATER = "Tenths of England are held, but not by an index known then, or not all ten."
PER_1000 = "per 1,000 children aged 0 to 17"


@dataclass(frozen=True)
class Gradient:
    """How figures change with deprivation; `reason` says why where that cannot be shown.

    `groups` has one row a group, most deprived first: `COLUMNS`. `kind` is published, tenths,
    neighbourhoods or districts; `edition` of the index, `period` and `indicator` say what the
    figures are; `left_out` counts places without a figure or a score; `derived` says how scores of
    places that the index does not give were made. `turns_on` names the districts without any one
    of which the answer would be another; `borrowed` says that the populations are children aged 0
    to 17, not those that the figures rest on.
    """

    groups: pd.DataFrame
    kind: str = ""
    edition: str = ""
    period: str = ""
    indicator: Indicator | None = None
    left_out: int = 0
    derived: str = ""
    slope: SlopeIndex | None = None
    ends: RangeAndRatio | None = None
    attributable: Triple = (np.nan, np.nan, np.nan)
    turns_on: tuple[str, ...] = ()
    borrowed: bool = False
    reason: str = ""

    @property
    def line(self) -> tuple[float, float]:
        """Fitted values at the most and at the least deprived end."""
        return self.slope.intercept, self.slope.intercept - self.slope.sii


def read_deprivation(data_dir: str | Path, quarter: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Deprivation scores, and the children that areas hold, as known by a quarter's end.

    Parameters
    ----------
    data_dir : str or Path
        Folder that `ehlib prepare` wrote.
    quarter : str
        Such as `2013/14-Q3`.

    Returns
    -------
    tuple of DataFrame
        Scores as `deprivation_scores` gives them; and `area_code` with `denominator`, the children
        aged 0 to 17 in the latest year held.
    """
    kinds = ("district", *NEIGHBOURHOODS)
    single = [children_by_area(data_dir, quarter, kind, ages=(0, 17)) for kind in kinds]
    held = read_observations(data_dir, quarter=quarter, indicator_id="population_0_17")
    known = held.dropna(subset="numerator").sort_values("period_start", ascending=False)
    whole = known.assign(denominator=known["numerator"])
    parts = [part[["area_code", "denominator"]] for part in [*single, whole] if len(part)]
    people = pd.concat(parts) if parts else pd.DataFrame(columns=["area_code", "denominator"])
    return deprivation_scores(data_dir, quarter), people.drop_duplicates("area_code")


def deprivation_gradient(
    measures: pd.DataFrame,
    indicator: Indicator,
    *,
    areas: Areas,
    quarter: str,
    scores: pd.DataFrame,
    people: pd.DataFrame,
    local: bool = False,
) -> Gradient:
    """Gradient from the best grouping that is held.

    In this order: fifths of the county's neighbourhoods; tenths of England as published; tenths of
    England's districts and unitary authorities; the county's districts, each a group.

    Parameters
    ----------
    measures : DataFrame
        One indicator with value and limits: all areas, and breakdowns by deprivation.
    indicator : Indicator
        As in force in the latest period.
    areas : Areas
        The county.
    quarter : str
        By whose end an index must have been published. Tenths by that of 2019 are not used before
        the end of 2019: it came out in September.
    scores, people : DataFrame
        As `read_deprivation` gives them; `people` serve figures that come without a population.
    local : bool
        The county's own places alone.

    Returns
    -------
    Gradient
        A count becomes a rate per 1,000 of `people`. Slope and relative index (PHE definition)
        are the most deprived end less, and divided by, the least deprived: above 0 and above 1
        where the most deprived have the higher values.
    """
    if indicator.method == "value" or indicator.id.startswith("population"):
        return Gradient(pd.DataFrame(), reason=NO_RATE)
    until = parse_quarter(quarter).end
    rows, shown = countable(measures, indicator, people)
    ours = rows[rows["area_code"].isin(areas.codes("district"))]
    near = rows[rows["area_code"].isin(scores.loc[_inside(scores, areas), "area_code"])]
    lower = rows[rows["area_type"].isin(LOWER_TIER) & rows["numerator"].notna()]
    tries = [
        ("neighbourhoods", lambda: _grouped(near, scores, shown, 5)),
        ("published", lambda: published_tenths(measures, until)),
        ("tenths", lambda: _grouped(lower, scores, shown, 10)),
        ("districts", lambda: _grouped(ours, scores, shown, 0)),
    ]
    for kind, build in tries:
        if local and kind in ("published", "tenths"):
            continue
        groups, facts = build()
        enough = facts.get("held", 0) >= FEWEST.get(kind, 10)
        if enough and groups[["value", "population"]].notna().all(axis=None):
            facts.pop("held")
            return _sloped(Gradient(groups, kind, indicator=shown, **facts))
    tenths = not local and measures["category_type"].str.contains("decile").any()
    said = _reason(rows, scores, areas, until)
    return Gradient(pd.DataFrame(), reason=said + f" {TENTHS_LATER}" if tenths else said)


def countable(
    measures: pd.DataFrame, indicator: Indicator, people: pd.DataFrame
) -> tuple[pd.DataFrame, Indicator]:
    """Totals with the `population` that each rests on; a count as a rate per 1,000 of `people`."""
    rows = measures[measures["category_type"] == ""]
    given = (
        rows["area_code"]
        .map(people.drop_duplicates("area_code").set_index("area_code")["denominator"])
        .astype("float64")
    )  # text where there is no row
    if indicator.method == "count":
        count = rows["numerator"].fillna(rows["value"])
        shown = replace(
            indicator,
            method="rate",
            multiplier=1000.0,
            unit=PER_1000,
            unit_short="per 1,000",
            decimals=1,
            breaks=(),
        )
        made = dict(zip(["value", *LIMITS], MEASURES["rate"](count, given), strict=True))
        return rows.assign(numerator=count, population=given, borrowed=True, **made), shown
    implied = rows["numerator"] * indicator.multiplier / rows["value"].mask(rows["value"] <= 0)
    own = rows["denominator"].fillna(implied)
    return rows.assign(population=own.fillna(given), borrowed=own.isna()), indicator


def _inside(scores: pd.DataFrame, areas: Areas) -> pd.Series:
    small = scores["area_type"].isin(NEIGHBOURHOODS)
    return small & (scores["county_code"] == areas.county.code)


def _grouped(
    rows: pd.DataFrame, scores: pd.DataFrame, indicator: Indicator, k: int
) -> tuple[pd.DataFrame, dict]:
    """Places ranked by score, in k groups of equal number or, for 0, each by itself."""
    known = rows.dropna(subset=["value", "population"])
    known = known[known["period_start"] == known["period_start"].max()]
    columns = ["area_code", "score", "edition", "derived_how"]
    joined = known.merge(scores[columns], on="area_code", how="inner")
    if joined.empty or len(joined) < k:
        return pd.DataFrame(columns=COLUMNS), {}
    ranked = joined.sort_values("score", ascending=False, kind="stable").assign(places=1)
    asked = rows.loc[rows["period"] == ranked["period"].iloc[0], "area_code"].nunique()
    facts = {
        "edition": ranked["edition"].iloc[0],
        "period": ranked["period"].iloc[0],
        "held": len(ranked),
        "derived": ranked["derived_how"].max(),
        "left_out": asked - len(ranked),
        "borrowed": bool(ranked["borrowed"].any()),
    }
    if k == 0:
        return ranked.assign(label=ranked["area_name"])[COLUMNS].reset_index(drop=True), facts
    counts = ranked.assign(group=deprivation_groups(ranked["score"], k))
    sums = counts.groupby("group")[["numerator", "population", "places"]].sum(skipna=False)
    measure = MEASURES[indicator.method]
    made = measure(sums["numerator"], sums["population"], indicator.multiplier)
    sums = sums.assign(**dict(zip(["value", *LIMITS], made, strict=True)))
    return sums.assign(label=[f"{group:.0f}" for group in sums.index])[COLUMNS], facts


def _sloped(gradient: Gradient) -> Gradient:
    """Gradient with its indices; limits where every group has them."""
    rows = gradient.groups
    limits = [rows[name] for name in LIMITS] if rows[LIMITS].notna().all(axis=None) else [None] * 2
    slope = slope_index(rows["value"], rows["population"], *limits, multiplier=-1)
    ends = range_and_ratio(rows["value"], *limits)
    found = replace(gradient, slope=slope, ends=ends)
    if limits[0] is None:
        return found
    columns = rows["value"], rows["population"], *limits
    alone = decisive_places(*columns) if gradient.kind == "districts" else []
    named = tuple(rows["label"].iloc[place] for place in alone)
    return replace(found, attributable=attributable_limits(*columns), turns_on=named)


def _reason(rows: pd.DataFrame, scores: pd.DataFrame, areas: Areas, until: date) -> str:
    known = rows[rows["area_type"].isin([*LOWER_TIER, *NEIGHBOURHOODS])].dropna(subset="value")
    if known["area_code"].nunique() < FEWEST["districts"]:
        return (
            f"No gradient with deprivation is shown: figures are held for {areas.county.name} as a "
            "whole, not for its districts or neighbourhoods, and none by deprivation that could "
            "be used by then."
        )
    if scores.empty:
        day = f"{until:%B %Y}"
        return (
            "No gradient with deprivation is shown: no deprivation index published by the end of "
            f"{day} is held."
        )
    return (
        "No gradient with deprivation is shown: too few places have a figure, a population and a "
        "deprivation score."
    )
