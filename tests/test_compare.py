"""Comparisons in words: with a benchmark, with a goal, with a baseline."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehlib.load.indicators import read_indicators
from ehlib.measure import compare

INDICATORS = read_indicators()
ENGLAND, ASHFIELD, COUNTY = "E92000001", "E07000170", "E10000024"
finite = st.floats(-1e6, 1e6)
MISSING = (np.nan, np.nan, np.nan)


def measures(*rows: dict) -> pd.DataFrame:
    """Measures of 2011 unless a row says otherwise, in the order given."""
    first = {
        "indicator_id": "under18_conceptions",
        "area_code": ASHFIELD,
        "area_name": "Ashfield",
        "area_type": "district",
        "period": "2011",
        "period_start": pd.Timestamp("2011-01-01"),
        "sex": "female",
        "age": "15-17",
        "category_type": "",
        "category": "",
        "value": 40.0,
        "lower_ci": 30.0,
        "upper_ci": 50.0,
        "value_note": "",
    }
    return pd.DataFrame([first | row for row in rows])


ENGLISH = {"area_code": ENGLAND, "area_name": "England", "area_type": "england", "value": 25.0}


@pytest.mark.parametrize(
    ("lower", "upper", "reference", "polarity", "word"),
    [
        (30, 50, 29.9, "low_is_good", "worse"),
        (30, 50, 29.9, "high_is_good", "better"),
        (30, 50, 29.9, "no_judgement", "higher"),
        (30, 50, 50.1, "low_is_good", "better"),
        (30, 50, 50.1, "high_is_good", "worse"),
        (30, 50, 50.1, "no_judgement", "lower"),
        (30, 50, 40, "low_is_good", "similar"),
        (30, 50, 30, "low_is_good", "similar"),  # design.md: equality at a limit is similar
        (30, 50, 50, "low_is_good", "similar"),
        (30, 50, 30, "no_judgement", "similar"),
        (np.nan, 50, 40, "low_is_good", "not compared"),
        (30, np.nan, 20, "low_is_good", "not compared"),
        (30, 50, np.nan, "no_judgement", "not compared"),
    ],
)
def test_a_value_compares_by_whether_its_interval_holds_the_reference(
    lower, upper, reference, polarity, word
):
    assert compare.benchmark(40.0, lower, upper, reference, polarity) == word


def test_a_missing_value_is_not_compared():
    assert compare.benchmark(np.nan, 30, 50, 20, "low_is_good") == "not compared"


def test_an_array_compares_with_one_reference_or_with_one_each():
    value, lower, upper = np.array([1.0, 5.0, 9.0]), np.array([0, 4, 8.0]), np.array([2, 6, 10.0])
    words = compare.benchmark(value, lower, upper, 5, "no_judgement")
    assert words.tolist() == ["lower", "similar", "higher"]
    words = compare.benchmark(value, lower, upper, [5, 7, np.nan], "high_is_good")
    assert words.tolist() == ["worse", "worse", "not compared"]


@settings(deadline=None)
@given(finite, st.floats(0, 100), st.floats(0, 100), finite)
def test_turning_the_polarity_turns_the_word(value, below, above, reference):
    turned = {"better": "worse", "worse": "better", "similar": "similar"}
    limits = value, value - below, value + above
    good = compare.benchmark(*limits, reference, "high_is_good").item()
    assert compare.benchmark(*limits, reference, "low_is_good").item() == turned[good]
    assert (good == "similar") == (limits[1] <= reference <= limits[2])


def test_an_unknown_polarity_is_refused():
    with pytest.raises(ValueError, match="polarity is 'up'; expected one of high_is_good"):
        compare.benchmark(1, 0, 2, 1, "up")


# Targets


@pytest.mark.parametrize(
    ("latest", "target", "goal", "word"),
    [
        ((40, np.nan, np.nan), "reduce", 40, "met"),  # design.md: equality counts as met
        ((40, np.nan, np.nan), "increase", 40, "met"),
        ((40, np.nan, np.nan), "reduce", 39.9, "not met"),
        ((40, np.nan, np.nan), "increase", 40.1, "not met"),
        ((40, 30, 50), "increase", 30, "met"),
        ((40, 30, 50), "increase", 30.1, "not clear"),
        ((40, 30, 50), "increase", 50, "not clear"),
        ((40, 30, 50), "increase", 50.1, "not met"),
        ((40, 30, 50), "reduce", 50, "met"),
        ((40, 30, 50), "reduce", 49.9, "not clear"),
        ((40, 30, 50), "reduce", 30, "not clear"),
        ((40, 30, 50), "reduce", 29.9, "not met"),
        ((np.nan, np.nan, np.nan), "reduce", 40, "not compared"),
        ((40, 30, 50), "reduce", np.nan, "not compared"),
    ],
)
def test_a_goal_is_met_when_the_whole_interval_lies_at_or_beyond_it(latest, target, goal, word):
    assert compare.target_status(latest, target, goal=goal) == word


def test_a_goal_is_judged_for_each_figure_of_an_array():
    latest = [10, 20, np.nan, 20], [8, 18, np.nan, np.nan], [12, 22, np.nan, np.nan]
    words = compare.target_status(latest, "reduce", goal=20)
    assert words.tolist() == ["met", "not clear", "not compared", "met"]


LATER, EARLIER = (20.0, 18.0, 22.0), (30.0, 27.0, 33.0)


@pytest.mark.parametrize(
    ("latest", "baseline", "target", "facts", "status"),
    [
        (LATER, EARLIER, "reduce", {}, "improving"),
        (LATER, EARLIER, "increase", {}, "worsening"),
        (EARLIER, LATER, "increase", {}, "improving"),
        (EARLIER, LATER, "reduce", {}, "worsening"),
        ((28.0, 25.0, 31.0), EARLIER, "reduce", {}, "no clear change"),
        (EARLIER, EARLIER, "reduce", {}, "no clear change"),
        # A limit of exactly 0: 20 - 22 with limits -4 and 0.
        (LATER, (22.0, 22.0, 22.0), "reduce", {}, "no clear change"),
        ((22.0, 22.0, 22.0), LATER, "increase", {}, "no clear change"),
        ((20.0, np.nan, np.nan), EARLIER, "reduce", {}, "no interval"),
        (LATER, (30.0, np.nan, np.nan), "reduce", {}, "no interval"),
        (LATER, EARLIER, "reduce", {"baseline_status": "provisional"}, "baseline provisional"),
        (LATER, EARLIER, "reduce", {"baseline_status": "tbc"}, "no baseline"),
        (LATER, EARLIER, "reduce", {"baseline_status": "not_applicable"}, "no baseline"),
        (LATER, EARLIER, "reduce", {"baseline_status": "none"}, "no baseline"),
        (LATER, MISSING, "reduce", {}, "no baseline"),
        (LATER, EARLIER, "reduce", {"same_definition": False}, "definition changed"),
        (LATER, EARLIER, "reduce", {"same_calendar": False}, "periods differ"),
        (LATER, EARLIER, "reduce", {"later": False}, "too early to say"),
        (MISSING, EARLIER, "reduce", {}, "too early to say"),
        # The gravest reason is given where there are several.
        (MISSING, MISSING, "reduce", {"baseline_status": "tbc"}, "no baseline"),
        (
            LATER,
            EARLIER,
            "reduce",
            {"same_definition": False, "baseline_status": "provisional"},
            "definition changed",
        ),
    ],
)
def test_a_target_that_only_says_which_way_gets_an_honest_status(
    latest, baseline, target, facts, status
):
    assert compare.target_status(latest, target, baseline=baseline, **facts) == status


def test_the_least_change_that_counts_is_one_whose_limits_leave_out_none():
    """Newcombe (1998b): 5/56 - 0/29 has limits -0.0381 to 0.1926, 56/70 - 48/80 0.0524 upwards."""
    sides = [
        ((5 / 56, 0.0387, 0.1926), (0.0, 0.0, 0.1170)),
        ((0.8, 0.6917, 0.8769), (0.6, 0.4904, 0.7004)),
    ]
    words = [compare.target_status(one, "increase", baseline=two).item() for one, two in sides]
    assert words == ["no clear change", "improving"]


def test_statuses_of_several_areas_come_together():
    latest = np.array([20.0, 28.0, np.nan]), np.array([18, 25, np.nan]), np.array([22, 31, np.nan])
    words = compare.target_status(latest, "reduce", baseline=EARLIER)
    assert words.tolist() == ["improving", "no clear change", "too early to say"]


@pytest.mark.parametrize("target", ["none", "up", ""])
def test_a_target_that_is_no_direction_is_refused(target):
    with pytest.raises(ValueError, match=f"target is '{target}'; expected increase or reduce"):
        compare.target_status(LATER, target, baseline=EARLIER)


# Whole frames


def test_each_row_is_compared_with_the_benchmark_of_its_own_period_and_breakdown():
    frame = measures(
        {},
        ENGLISH,
        {"period": "2012", "period_start": pd.Timestamp("2012-01-01")},
        {**ENGLISH, "period": "2012", "period_start": pd.Timestamp("2012-01-01"), "value": 45.0},
        {"sex": "persons"},
        {"category_type": "decile", "category": "1"},
    )
    found = compare.add_comparison(frame, INDICATORS)
    assert found["comparison"].tolist() == [
        *("worse", "not compared", "similar", "not compared", "not compared", "not compared"),
    ]
    np.testing.assert_array_equal(
        found["benchmark_value"], [25, np.nan, 45, np.nan, np.nan, np.nan]
    )
    assert found["benchmark_name"].unique().tolist() == ["England"]


def test_the_polarity_is_that_of_the_definition_in_force():
    """MASH outcome: less is better under the first plan, more under the second."""
    outcome = {"indicator_id": "mash_outcome", "sex": "persons", "age": "0-17"}
    rows = []
    for year in ("2013", "2014"):
        when = {"period": f"Q-{year}", "period_start": pd.Timestamp(f"{year}-07-01")}
        rows += [{**outcome, **when}, {**outcome, **ENGLISH, **when}]
    found = compare.add_comparison(measures(*rows), INDICATORS)
    assert found["comparison"].tolist()[::2] == ["worse", "better"]


def test_an_unreliable_benchmark_is_not_compared_with():
    frame = measures({}, {**ENGLISH, "value_note": "provisional;unreliable"})
    found = compare.add_comparison(frame, INDICATORS)
    assert found["comparison"].tolist() == ["not compared"] * 2
    assert found["benchmark_value"].isna().all()


def test_without_a_benchmark_nothing_is_compared_and_no_row_is_lost():
    found = compare.add_comparison(measures({}, {"period": "2010"}), INDICATORS)
    assert found["comparison"].tolist() == ["not compared"] * 2
    assert found["benchmark_name"].tolist() == ["", ""]


def test_another_area_can_be_the_benchmark():
    county = {"area_code": COUNTY, "area_name": "Nottinghamshire", "value": 60.0}
    found = compare.add_comparison(measures({}, county), INDICATORS, benchmark_area=COUNTY)
    assert found["comparison"].tolist() == ["better", "not compared"]
    assert found["benchmark_name"].tolist() == ["Nottinghamshire"] * 2


def test_a_comparison_keeps_rows_order_index_and_input():
    frame = measures(ENGLISH, {}, {"period": "2010"}).set_axis([5, 5, 1])
    before = frame.copy()
    found = compare.add_comparison(frame, INDICATORS)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(found[frame.columns], before)


def test_a_benchmark_given_twice_is_refused():
    with pytest.raises(ValueError, match="unique"):
        compare.add_comparison(measures({}, ENGLISH, ENGLISH), INDICATORS)


def test_the_latest_period_is_the_last_in_which_an_area_has_a_value():
    later = {"period": "2012", "period_start": pd.Timestamp("2012-01-01")}
    frame = measures({}, ENGLISH, {**later, "value": np.nan}, {**ENGLISH, **later})
    assert set(compare.filter_latest(frame)["period"]) == {"2012"}
    of_districts = compare.filter_latest(frame, area_types=("district",))
    assert set(of_districts["period"]) == {"2011"}
    assert compare.filter_latest(frame.assign(value=np.nan)).empty


def test_rows_are_picked_by_type_and_by_area():
    frame = measures(ENGLISH, {}, {"area_type": "county", "area_code": COUNTY})
    assert compare.filter_type(frame, "district", "county")["area_code"].tolist() == [
        ASHFIELD,
        COUNTY,
    ]
    assert compare.filter_area(frame, ENGLAND)["area_type"].tolist() == ["england"]
