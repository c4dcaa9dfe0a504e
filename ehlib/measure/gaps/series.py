"""Gaps between places over time: from the most to the least deprived, or highest to lowest."""

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.inequality import deprivation_gradient
from ehlib.measure.inequality.spread import widest_gap
from ehlib.measure.rates import FIGURES, divide

RATIOS = ["ratio", "ratio_lower", "ratio_upper"]
COLUMNS = ["period", "period_start", "period_end", "definition", "kind", "edition"]
COLUMNS += [*FIGURES, *RATIOS, "most", "least", "places", "line_most", "line_least"]


def gap_series(
    measures: pd.DataFrame,
    indicator: Indicator,
    *,
    areas: Areas,
    quarter: str,
    scores: pd.DataFrame,
    people: pd.DataFrame,
) -> pd.DataFrame:
    """Gap between the county's places in every period, by one and the same yardstick.

    Parameters
    ----------
    measures : DataFrame
        One indicator's totals with value and limits, of districts and neighbourhoods.
    indicator : Indicator
        As in force in the latest period.
    areas, quarter, scores, people
        As `deprivation_gradient` takes them; the scores are those of one edition, so that the
        groups are the same places in every period.

    Returns
    -------
    DataFrame, one row per period, in order
        `COLUMNS`. `kind` is neighbourhoods (fifths) or districts where a deprivation index was
        known: then the gap is the slope index, from the most to the least deprived end of the
        fitted line, and the ratio the relative index. Else it is spread: highest less, and divided
        by, the lowest district, with limits that allow for choosing the two after looking; limits
        are missing where a district has none. Above 0 where the more deprived (or the highest) are
        worse off, or simply higher when not judged. Left out are periods in which a district has
        no figure, and those with another kind of gap than the latest.
    """
    known = {"areas": areas, "quarter": quarter, "scores": scores, "people": people}
    rows = measures[measures["category_type"] == ""]
    found = []
    for start, part in rows.groupby("period_start"):
        row = _by_deprivation(part, indicator, known) or _by_spread(part, indicator, areas)
        if row:
            told = part.iloc[0][["period", "period_end", "definition"]].to_dict()
            found.append({"period_start": start, "edition": ""} | told | row)
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    series = pd.DataFrame(found).reindex(columns=COLUMNS)
    last = series.iloc[-1]
    same = (series["kind"] == last["kind"]) & (series["places"] == last["places"])
    return series[same].reset_index(drop=True)


def _by_deprivation(part: pd.DataFrame, indicator: Indicator, known: dict) -> dict:
    """Slope across deprivation in one period; empty where none can be drawn."""
    found = deprivation_gradient(part, indicator, local=True, **known)
    districts = known["areas"].codes("district")
    whole = found.kind != "districts" or len(found.groups) == len(districts)
    if found.slope is None or not whole:
        return {}
    slope, (most, least) = found.slope, found.line
    gap = (slope.sii, slope.lower, slope.upper)
    times = (slope.rii, slope.rii_lower, slope.rii_upper)
    if indicator.polarity == "high_is_good":
        gap = (-gap[0], -gap[2], -gap[1])
        times = (1 / times[0], 1 / times[2], 1 / times[1])
    labels = found.groups["label"].astype("str")
    places = found.groups["places"].sum() if found.kind != "districts" else len(labels)
    ends = {"most": labels.iloc[0], "least": labels.iloc[-1], "places": float(places)}
    line = {"line_most": most, "line_least": least, "edition": found.edition}
    numbers = dict(zip([*FIGURES, *RATIOS], map(float, (*gap, *times)), strict=True))
    return {"kind": found.kind} | numbers | ends | line


def _by_spread(part: pd.DataFrame, indicator: Indicator, areas: Areas) -> dict:
    """Highest less lowest district in one period; empty unless all have a figure."""
    codes = areas.codes("district")
    rows = part[part["area_code"].isin(codes)].dropna(subset="value")
    if len(rows) < len(codes) or indicator.method == "count":
        return {}
    widest = widest_gap(*(rows[name] for name in FIGURES))
    ends = [_wide(rows.iloc[place], widest.factor) for place in (widest.highest, widest.lowest)]
    unsure = (1.0, widest.lower * 0 + 1, widest.lower * 0 + 1)  # without limits, the ratio has none
    times = (float(each) * sure for each, sure in zip(divide(*ends), unsure, strict=True))
    numbers = dict(zip(RATIOS, times, strict=True)) | dict(
        zip(FIGURES, (widest.gap, widest.lower, widest.upper), strict=True)
    )
    names = [rows["area_name"].iloc[place] for place in (widest.highest, widest.lowest)]
    most, least = names[::-1] if indicator.polarity == "high_is_good" else names
    return {"kind": "spread", "most": most, "least": least, "places": float(len(rows))} | numbers


def _wide(row: pd.Series, factor: float) -> tuple[float, float, float]:
    """Value with limits wide enough for a pair that was chosen after looking."""
    value, lower, upper = (float(row[name]) for name in FIGURES)
    return value, max(value - factor * (value - lower), 0.0), value + factor * (upper - value)
