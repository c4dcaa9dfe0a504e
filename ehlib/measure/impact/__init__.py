"""Whether the plan's measures moved the way they should since their baseline."""

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.measure.compare import NOT_KNOWN, filter_latest, target_status
from ehlib.measure.impact.fewer import FewerEvents as FewerEvents
from ehlib.measure.impact.fewer import fewer_events as fewer_events
from ehlib.measure.rates import Triple, subtract

REASONS = {
    "no baseline": "the plan has no confirmed baseline for it",
    "baseline provisional": "the plan's baseline was provisional",
    "definition changed": "the measure is defined differently since the baseline",
    "periods differ": "the baseline covers another length of time",
    "too early to say": "no figure is held for a period after the baseline",
    "no interval": "the figures have no limits, so chance cannot be told from change",
    "no clear change": "the change since the baseline is within what chance could explain",
}
NOT_COMPARABLE = ["no baseline", "definition changed", "periods differ", "too early to say"]
SAME_LENGTH = 3  # days by which stretches of the same kind may differ: leap years, short quarters


def measure_status(indicator: Indicator, series: pd.DataFrame) -> dict[str, object]:
    """Latest figure of one area's series, and its status since the plan's baseline.

    Parameters
    ----------
    indicator : Indicator
        As the catalogue gives it, with the plan's target and baseline.
    series : DataFrame
        Totals (no breakdown) of the area up to the quarter reported, with value and limits.

    Returns
    -------
    dict
        `impact_number`, `indicator_id`, `latest_period`, `numerator`, `denominator`, `value`,
        `lower_ci`, `upper_ci`, `value_note`, `change`, `change_lower`, `change_upper` (latest
        less baseline, in the indicator's unit), `status` and `reason` in words. Numbers are
        missing where no figure is held, and changes where the two figures may not be compared.
    """
    held = filter_latest(series)
    row = held.iloc[0] if len(held) else None
    latest, baseline = NOT_KNOWN if row is None else _triple(row), _baseline(indicator, series)
    status = target_status(
        latest,
        indicator.versions[0].target,
        baseline=baseline,
        baseline_status=indicator.baseline.status,
        **_comparable(indicator, row),
    )
    change = NOT_KNOWN if status in NOT_COMPARABLE else subtract(latest, baseline)
    names = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
    found = dict.fromkeys(names, np.nan) if row is None else {name: row[name] for name in names}
    return {
        "impact_number": indicator.impact_number,
        "indicator_id": indicator.id,
        "latest_period": "" if row is None else row["period"],
        **found,
        "value_note": "" if row is None else row["value_note"],
        **dict(zip(("change", "change_lower", "change_upper"), map(float, change), strict=True)),
        "status": str(status),
        "reason": REASONS.get(str(status), ""),
    }


def _comparable(indicator: Indicator, row: pd.Series | None) -> dict[str, bool]:
    """Whether the latest figure may be set beside the baseline, in the words of target_status."""
    if row is None:
        return {"later": False}
    own, period = indicator.version_at(row["period_start"].date()), indicator.baseline.period
    said = {"same_definition": own == indicator.versions[0]}
    if period is None:
        return said
    length = (row["period_end"] - row["period_start"]).days
    return {
        **said,
        "same_calendar": abs(length - (period.end - period.start).days) <= SAME_LENGTH,
        "later": row["period_end"] > pd.Timestamp(period.end),
    }


def _baseline(indicator: Indicator, series: pd.DataFrame) -> Triple:
    """Baseline with limits, from the figure held for its period, else the printed number alone."""
    period = indicator.baseline.period
    if period is not None:
        # A quarter begins on the same day as the year it opens, so both ends must agree.
        starts = series["period_start"] == pd.Timestamp(period.start)
        held = series[starts & (series["period_end"] == pd.Timestamp(period.end))]
        if held["value"].notna().any():
            return _triple(held.dropna(subset="value").iloc[0])
    printed = indicator.baseline.values  # noqa: PD011
    return (printed[0][1], np.nan, np.nan) if len(printed) == 1 else NOT_KNOWN


def _triple(row: pd.Series) -> Triple:
    return row["value"], row["lower_ci"], row["upper_ci"]
