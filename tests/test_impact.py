"""Status of the plan's ten measures: one row for each word, and what may not be compared."""

import numpy as np
import pandas as pd
import pytest

from ehlib.load.indicators import indicators_in, read_indicators
from ehlib.load.periods import parse_period
from ehlib.measure import impact, rates

INDICATORS = read_indicators()
COUNTY = "E10000024"
FIGURES = ["value", "lower_ci", "upper_ci"]
CONCEPTIONS, PLANS = "under18_conceptions", "child_protection_plan_rate"


def figure(indicator_id, label, value, *limits, calendar="", **others) -> dict:
    """One total of the county, in the indicator's own calendar unless another is given."""
    period = parse_period(label, calendar or INDICATORS[indicator_id].calendar)
    return {
        "indicator_id": indicator_id,
        "area_code": COUNTY,
        "period": period.label,
        "period_start": pd.Timestamp(period.start),
        "period_end": pd.Timestamp(period.end),
        "numerator": np.nan,
        "denominator": np.nan,
        **dict(zip(FIGURES, (value, *limits, np.nan, np.nan), strict=False)),
        "value_note": "",
        **others,
    }


def statuses(*figures: dict) -> pd.DataFrame:
    columns = list(figure(CONCEPTIONS, "2011", 1.0))
    measures = pd.DataFrame(list(figures), columns=columns).astype(dict.fromkeys(FIGURES, float))
    for column in ("period_start", "period_end"):
        measures[column] = pd.to_datetime(measures[column])
    rows = [
        impact.measure_status(each, measures[measures["indicator_id"] == each.id])
        for each in indicators_in(INDICATORS, "early_help_plan")
    ]
    return pd.DataFrame(rows).set_index("indicator_id")


def test_each_of_the_ten_measures_has_its_number_and_no_change_when_nothing_is_held():
    found = statuses()
    assert found["impact_number"].tolist() == list(range(1, 11))
    assert found["latest_period"].eq("").all()
    assert found[[*FIGURES, "change", "change_lower", "change_upper"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("figures", "status"),
    [
        # Under-18 conceptions: target reduce, baseline 31.9 (2011), final.
        ([("2011", 31.9, 29, 35), ("2013", 24.2, 21.7, 26.9)], "improving"),
        ([("2011", 31.9, 29, 35), ("2013", 41.0, 38, 44)], "worsening"),
        ([("2011", 31.9, 29, 35), ("2013", 30.0, 27, 33)], "no clear change"),
        ([("2013", 24.2, 21.7, 26.9)], "no interval"),  # the plan printed the baseline alone
        ([("2011", 31.9, 29, 35), ("2013", 24.2)], "no interval"),
        ([("2011", 31.9, 29, 35)], "too early to say"),
        ([("2009", 34.0, 31, 37)], "too early to say"),
        ([], "too early to say"),
    ],
)
def test_a_final_baseline_gives_each_status_from_the_figures(figures, status):
    row = statuses(*(figure(CONCEPTIONS, *each) for each in figures)).loc[CONCEPTIONS]
    assert row["status"] == status
    assert bool(row["reason"]) == (status not in ("improving", "worsening"))


@pytest.mark.parametrize(
    ("indicator_id", "figures", "status"),
    [
        ("needs_met", [("2013/14-Q3", 70.0, 60, 80)], "no baseline"),  # printed: tbc
        ("mash_outcome", [("2014/15-Q3", 70.0, 60, 80)], "no baseline"),
        ("breastfeeding_6_8_weeks", [("2013/14", 39.0, 38, 40)], "no baseline"),
        ("school_absence", [("2012/13", 5.0, 4.9, 5.1)], "no interval"),
        (
            "school_absence",
            [("2011/12", 5, 4.9, 5.1), ("2014/15", 1, 0.9, 1.1)],
            "definition changed",
        ),
        ("neet", [("2013/14-Q3", 2.5, 2.4, 2.6)], "periods differ"),  # 2.5%(p) is of a year
        ("neet", [], "too early to say"),
        ("fsm_attainment_gap", [("2012/13", 20.0, 19, 21)], "no baseline"),  # printed in two parts
    ],
)
def test_each_reason_why_nothing_can_be_said(indicator_id, figures, status):
    row = statuses(*(figure(indicator_id, *each) for each in figures)).loc[indicator_id]
    assert row["status"] == status
    assert row["reason"] == impact.REASONS[status]


def test_a_provisional_baseline_is_said_where_the_periods_agree():
    """NEET, 2.5%(p) for 2012/13: a later figure of a whole year."""
    year = figure("neet", "2013/14", 2.0, 1.9, 2.1, calendar="financial_year")
    assert statuses(year).loc["neet", "status"] == "baseline provisional"


def test_a_quarter_that_opens_the_baseline_year_is_not_taken_for_the_year():
    figures = [figure("neet", "2012/13-Q1", 9.0, 8.9, 9.1)]
    figures += [figure("neet", "2013/14", 2.0, 1.9, 2.1, calendar="financial_year")]
    row = statuses(*figures).loc["neet"]
    assert row["change"] == pytest.approx(2.0 - 2.5)  # the printed baseline, not 9.0


def test_every_reason_in_words_belongs_to_a_status():
    assert set(impact.NOT_COMPARABLE) <= set(impact.REASONS)


def test_the_change_since_the_baseline_has_the_limits_of_a_difference():
    row = statuses(
        figure(CONCEPTIONS, "2011", 31.9, 29.0, 35.0), figure(CONCEPTIONS, "2013", 24.2, 21.7, 26.9)
    ).loc[CONCEPTIONS]
    oracle = rates.subtract((24.2, 21.7, 26.9), (31.9, 29.0, 35.0))
    assert row[["change", "change_lower", "change_upper"]].tolist() == pytest.approx(list(oracle))
    assert (row["latest_period"], row["value"]) == ("2013", 24.2)


@pytest.mark.parametrize(
    ("indicator_id", "label"),
    [
        ("breastfeeding_6_8_weeks", "2013/14"),  # the one number printed is of Bassetlaw alone
        ("school_absence", "2014/15"),  # unauthorised instead of all absence
        ("under18_conceptions", "2011"),  # the baseline itself
        ("neet", "2013/14-Q3"),  # a quarter beside a year
    ],
)
def test_no_change_is_given_between_figures_that_may_not_be_compared(indicator_id, label):
    row = statuses(figure(indicator_id, label, 20.0, 19, 21)).loc[indicator_id]
    assert row[["change", "change_lower", "change_upper"]].isna().all()
    assert row["value"] == 20


def test_the_baseline_is_the_figure_held_for_its_period_before_the_one_printed():
    """48.4 was printed for 2012/13; the figure held is 48.6, with limits."""
    held = figure(PLANS, "2012/13", 48.6, 45.3, 52.1)
    later = figure(PLANS, "2014/15", 43.4, 40.3, 46.7)
    assert statuses(held, later).loc[PLANS, "change"] == pytest.approx(43.4 - 48.6)
    hidden = figure(PLANS, "2012/13", np.nan)
    assert statuses(hidden, later).loc[PLANS, "change"] == pytest.approx(43.4 - 48.4)


def test_measures_are_not_changed():
    measures = pd.DataFrame([figure(CONCEPTIONS, "2011", 31.9), figure(CONCEPTIONS, "2013", 24.2)])
    before = measures.copy()
    impact.measure_status(INDICATORS[CONCEPTIONS], measures)
    pd.testing.assert_frame_equal(measures, before)
