"""How each outcome moved: since the plan's baseline, else since a year before, or why not said."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY
from ehlib.measure.compare import NOT_KNOWN, filter_latest, filter_totals, target_status
from ehlib.measure.impact import REASONS as BASELINE_REASONS
from ehlib.measure.impact import measure_status
from ehlib.measure.rates import Triple, subtract

MOVED = ("improving", "no clear change", "worsening")
NOT_JUDGED, NO_FIGURE, HIDDEN = "not judged", "no figure", "hidden"
STATUSES = (*MOVED, NOT_JUDGED, NO_FIGURE, HIDDEN)
BASELINE, YEAR = "the plan's baseline", "a year before"
TRIPLE = ["value", "lower_ci", "upper_ci"]
FIGURES = ["numerator", "denominator", *TRIPLE, "benchmark_value"]
WORDS = [*KEY, "area_name", "area_type", "value_note", "source_name", "definition"]
WORDS += ["benchmark_name", "comparison"]
DATES = ["period_start", "period_end"]
CHANGE = ["year_change", "year_lower", "year_upper"]
REASONS = {
    "no_judgement": "neither more nor fewer is better",
    "no baseline": "no figure is held for a year before",
    "definition changed": "it is counted in another way than a year before",
    "no interval": "the figures have no limits, so chance cannot be told from change",
    NO_FIGURE: "no figure is held",
    HIDDEN: "its figures are hidden, since some numbers are small",
}


def add_progress(
    chosen: Sequence[Indicator], measures: pd.DataFrame, area_code: str
) -> pd.DataFrame:
    """One row an indicator: an area's latest figure, and whether it moved the way it should.

    Parameters
    ----------
    chosen : sequence of Indicator
        Those reported, in their order.
    measures : DataFrame
        With value, limits and comparison, up to the quarter reported; breakdowns are not used.
    area_code : str
        The county that the plan's baselines describe.

    Returns
    -------
    DataFrame, one row per indicator
        Key, figures and comparison of the latest period, missing or "" where none is held;
        `priority`, `impact_number`; `since_baseline` and `baseline_reason` as `measure_status`
        gives them; `year_period`, `year_value`, `year_change` with its limits, `since_year` and
        `year_reason` against the figure of the same length a year before; `status` (one of
        `STATUSES`), `basis` (what it compares with, "" where it is not judged) and `reason`.
    """
    own = measures[measures["area_code"] == area_code]
    rows = [_progress(each, own[own["indicator_id"] == each.id]) for each in chosen]
    return pd.DataFrame(rows)


def year_before(series: pd.DataFrame, row: pd.Series) -> pd.Series | None:
    """Row of a series for the period of the same length a year before; None where none has one."""
    length = row["period_end"] - row["period_start"]
    starts = series["period_start"] == row["period_start"] - pd.DateOffset(years=1)
    alike = (series["period_end"] - series["period_start"] - length).abs() <= pd.Timedelta(days=3)
    found = series[starts & alike].dropna(subset="value")
    return found.iloc[0] if len(found) else None


def _progress(indicator: Indicator, series: pd.DataFrame) -> dict[str, object]:
    series = filter_totals(series, indicator)
    held = filter_latest(series).dropna(subset="value")
    row = held.iloc[0] if len(held) else None
    facts = _facts(indicator, row) | _since_baseline(indicator, series)
    facts |= _since_year(indicator, series, row)
    hidden = row is None and series["value_note"].str.contains("suppressed").any()
    return facts | _verdict(indicator, facts, HIDDEN if hidden else NO_FIGURE)


def _facts(indicator: Indicator, row: pd.Series | None) -> dict[str, object]:
    """Key and figures of the latest row, empty where there is none."""
    facts: dict[str, object] = {
        "indicator_id": indicator.id,
        "priority": indicator.priority,
        "impact_number": indicator.impact_number,
        **dict.fromkeys(WORDS[1:], ""),
        **dict.fromkeys(FIGURES, np.nan),
        **dict.fromkeys(DATES, pd.NaT),
    }
    return facts if row is None else facts | {name: row[name] for name in facts if name in row}


def _since_baseline(indicator: Indicator, series: pd.DataFrame) -> dict[str, object]:
    """Status against the plan's baseline, where the plan prints one."""
    if indicator.baseline.status == "none":
        return {"since_baseline": "no baseline", "baseline_reason": BASELINE_REASONS["no baseline"]}
    found = measure_status(indicator, series)
    return {"since_baseline": found["status"], "baseline_reason": found["reason"]}


def _since_year(
    indicator: Indicator, series: pd.DataFrame, row: pd.Series | None
) -> dict[str, object]:
    """Status against a year before, with that year's label and figure."""
    before = None if row is None else year_before(series, row)
    told = {
        "year_period": "" if before is None else before["period"],
        "year_value": np.nan if before is None else before["value"],
    }
    change = NOT_KNOWN if before is None else _change(indicator, row, before)
    told |= dict(zip(CHANGE, change, strict=True))
    status = NO_FIGURE if row is None else _moved(indicator, row, before)
    return told | {"since_year": status, "year_reason": REASONS.get(status, "")}


def _moved(indicator: Indicator, row: pd.Series, before: pd.Series | None) -> str:
    now = indicator.version_at(row["period_start"].date())
    if now.polarity == "no_judgement":
        return "no_judgement"
    same = before is None or now == indicator.version_at(before["period_start"].date())
    earlier: Triple = NOT_KNOWN if before is None else tuple(before[TRIPLE])
    target = "increase" if now.polarity == "high_is_good" else "reduce"
    latest = tuple(row[TRIPLE])
    return str(target_status(latest, target, baseline=earlier, same_definition=same))


def _verdict(indicator: Indicator, facts: dict[str, object], lacking: str) -> dict[str, str]:
    """Status, what it compares with, and why there is none."""
    if np.isnan(facts["value"]):
        return {"status": lacking, "basis": "", "reason": REASONS[lacking]}
    for told, basis in (("since_baseline", BASELINE), ("since_year", YEAR)):
        if facts[told] in MOVED:
            return {"status": str(facts[told]), "basis": basis, "reason": ""}
    printed = indicator.baseline.status in ("final", "provisional")
    why = "baseline_reason" if printed else "year_reason"
    return {"status": NOT_JUDGED, "basis": "", "reason": str(facts[why])}


def _change(indicator: Indicator, now: pd.Series, before: pd.Series) -> Triple:
    """Difference of two figures of one indicator with its limits; missing across a definition."""
    starts = [each["period_start"].date() for each in (now, before)]
    if indicator.break_between(*starts):
        return NOT_KNOWN
    return tuple(map(float, subtract(tuple(now[TRIPLE]), tuple(before[TRIPLE]))))
