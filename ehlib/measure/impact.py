"""Whether the plan's measures moved the way they should since their baseline."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator, indicators_in
from ehlib.load.periods import Period
from ehlib.measure.compare import filter_latest, target_status
from ehlib.measure.rates import subtract

REASONS = {
    "no baseline": "the plan's baseline was still to be confirmed",
    "baseline provisional": "the plan's baseline was provisional",
    "definition changed": "the measure is defined differently since the baseline",
    "periods differ": "the baseline covers another length of time",
    "too early to say": "no figure is held for a period after the baseline",
    "no interval": "the figures have no limits, so chance cannot be told from change",
    "no clear change": "the change since the baseline is within what chance could explain",
}
NOTHING = (np.nan, np.nan, np.nan)


def add_status(
    indicators: Mapping[str, Indicator], measures: pd.DataFrame, area_code: str
) -> pd.DataFrame:
    """Measures of the early help plan with their latest figure and an honest status.

    Parameters
    ----------
    indicators : mapping
        The catalogue; those with an `impact_number` are reported, in its order.
    measures : DataFrame
        Totals (no breakdown) up to the quarter reported, with value and limits.
    area_code : str
        The county that the baselines describe.

    Returns
    -------
    DataFrame, one row per measure
        `impact_number`, `indicator_id`, `latest_period`, `numerator`, `denominator`, `value`,
        `lower_ci`, `upper_ci`, `value_note`, `change`, `change_lower`, `change_upper` (latest
        less baseline, in the indicator's unit), `status` and `reason` in words. Numbers are
        missing where no figure is held.
    """
    chosen = indicators_in(indicators, "early_help_plan")
    county = measures[measures["area_code"] == area_code]
    rows = [_measure(each, county[county["indicator_id"] == each.id]) for each in chosen]
    return pd.DataFrame(rows)


def _measure(indicator: Indicator, series: pd.DataFrame) -> dict[str, object]:
    latest = filter_latest(series)
    row = latest.iloc[0] if len(latest) else None
    baseline = _baseline(indicator, series)
    change = NOTHING if row is None else tuple(map(float, subtract(_triple(row), baseline)))
    status = target_status(
        change,
        indicator.versions[0].target,
        baseline_status=indicator.baseline.status,
        same_definition=row is None or indicator.versions[0] == indicator.version_at(_start(row)),
        later=row is not None and _is_later(row, indicator.baseline.period),
    )
    names = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
    found = dict.fromkeys(names, np.nan) if row is None else {name: row[name] for name in names}
    return {
        "impact_number": indicator.impact_number,
        "indicator_id": indicator.id,
        "latest_period": "" if row is None else row["period"],
        **found,
        "value_note": "" if row is None else row["value_note"],
        **dict(zip(("change", "change_lower", "change_upper"), change, strict=True)),
        "status": status,
        "reason": REASONS.get(status, ""),
    }


def _baseline(indicator: Indicator, series: pd.DataFrame) -> tuple[float, float, float]:
    """Baseline with limits, from the figure held for its period, else the printed number alone."""
    period = indicator.baseline.period
    if period is not None:
        held = series[series["period_start"] == pd.Timestamp(period.start)]
        if len(held) and not np.isnan(held["value"].iloc[0]):
            return _triple(held.iloc[0])
    values = indicator.baseline.values  # noqa: PD011
    return (values[0][1], np.nan, np.nan) if len(values) == 1 else NOTHING


def _is_later(row: pd.Series, period: Period | None) -> bool:
    return period is None or row["period_start"] > pd.Timestamp(period.start)


def _start(row: pd.Series) -> object:
    return row["period_start"].date()


def _triple(row: pd.Series) -> tuple[float, float, float]:
    return row["value"], row["lower_ci"], row["upper_ci"]
