"""Percentages, rates and differences against published examples, and a whole frame at once."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.rates import confint_poisson_2indep

from ehlib.load.indicators import read_indicators
from ehlib.load.periods import parse_period
from ehlib.load.schema import COLUMNS, validate_observations
from ehlib.measure import intervals, rates

INDICATORS = read_indicators()
FIGURES = ["value", "lower_ci", "upper_ci"]
CLOSE = 1e-9


def observations(*changes: dict) -> pd.DataFrame:
    """Observations of Ashfield, under-18 conceptions in 2011 unless a change says otherwise."""
    first = {
        "indicator_id": "under18_conceptions",
        "area_code": "E07000170",
        "area_name": "Ashfield",
        "area_type": "district",
        "period": "2011",
        "sex": "persons",
        "age": "all",
        "category_type": "",
        "category": "",
        "value_note": "",
        "source_id": "test",
    }
    rows = []
    for change in changes:
        row = dict.fromkeys(["numerator", "denominator", *FIGURES], np.nan) | first | change
        period = parse_period(row["period"], INDICATORS[row["indicator_id"]].calendar)
        rows.append(row | {"period_start": period.start, "period_end": period.end})
    return validate_observations(pd.DataFrame(rows)[COLUMNS])


@st.composite
def shares(draw):
    total = draw(st.integers(min_value=1, max_value=10**9))
    return draw(st.integers(min_value=0, max_value=total)), total


# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
@pytest.mark.parametrize(
    ("first", "second", "lower", "upper"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_difference_of_shares_has_the_limits_that_newcombe_printed(first, second, lower, upper):
    value, *limits = rates.difference(first, second, multiplier=1)
    assert value == pytest.approx(first[0] / first[1] - second[0] / second[1])
    assert [round(float(limit), 4) for limit in limits] == [lower, upper]


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.998])
def test_difference_of_shares_agrees_with_statsmodels(confidence):
    for one, two in [((3, 40), (9, 35)), ((120, 800), (90, 950)), ((0, 12), (4, 15))]:
        oracle = confint_proportions_2indep(*one, *two, method="newcomb", alpha=1 - confidence)
        _, *limits = rates.difference(one, two, multiplier=1, confidence=confidence)
        np.testing.assert_allclose(limits, oracle, atol=1e-12)


def test_difference_of_rates_below_ten_events_agrees_with_statsmodels():
    """Zou and Donner's construction from exact limits (`exact-c` there)."""
    for one, two in [((8, 1000), (3, 1200)), ((1, 90), (9, 80)), ((5, 500), (5, 500))]:
        oracle = confint_poisson_2indep(
            *one, *two, method="mover", compare="diff", method_mover="exact-c"
        )
        _, *limits = rates.difference(one, two, kind="rate", multiplier=1)
        np.testing.assert_allclose(limits, oracle, atol=1e-12)


@settings(deadline=None)
@given(shares(), shares())
def test_difference_contains_its_value_and_turns_with_its_sides(one, two):
    value, lower, upper = rates.difference(one, two)
    assert lower <= value <= upper
    np.testing.assert_allclose(
        (-value, -upper, -lower), rates.difference(two, one), atol=1e-9, rtol=1e-9
    )


def test_difference_is_missing_where_a_side_is():
    value, lower, upper = rates.difference(([3, np.nan, 3], [9, 9, 9]), ([2, 2, 0], [9, 9, 0]))
    for each in (value, lower, upper):
        assert np.isnan(each).tolist() == [False, True, True]


def test_subtract_keeps_a_difference_whose_sides_have_no_limits():
    value, lower, upper = rates.subtract((5.0, np.nan, np.nan), (3.0, 2.0, 4.0))
    assert value == 2
    assert np.isnan([lower, upper]).all()


@pytest.mark.parametrize("kind", ["count", "value", "ratio"])
def test_difference_of_another_kind_is_refused(kind):
    with pytest.raises(ValueError, match=f"kind is '{kind}'; expected proportion or rate"):
        rates.difference((1, 2), (1, 2), kind=kind)


def test_proportion_and_rate_are_shares_and_limits_times_the_multiplier():
    value, lower, upper = rates.proportion([15, 0], [148, 20])
    assert np.round(value, 2).tolist() == [10.14, 0]
    assert np.round(lower, 2).tolist() == [6.24, 0]  # Newcombe's 0.0624 and 0
    assert np.round(upper, 2).tolist() == [16.05, 16.11]
    value, lower, upper = rates.rate(4, 2000)
    assert (value, round(float(lower), 3), round(float(upper), 3)) == (2, 0.545, 5.121)  # Ulm: 1.09


# OHID Fingertips 90284: injuries under 15 in Nottinghamshire, 2010/11 and 2011/12.
@pytest.mark.parametrize(
    ("count", "people", "published"),
    [
        (1247, 132103, (94.39604, 89.22882, 99.78444)),
        (1270, 132677, (95.72119, 90.52843, 101.13415)),
    ],
)
def test_rate_and_limits_are_those_that_ohid_published(count, people, published):
    np.testing.assert_allclose(rates.rate(count, people, 10_000), published, atol=5e-6)


@settings(deadline=None)
@given(shares(), st.integers(2, 1000))
def test_the_same_share_of_more_children_has_the_same_value_and_narrower_limits(pair, times):
    for measure in (rates.proportion, rates.rate):
        value, lower, upper = measure(*pair)
        more, nearer, farther = measure(pair[0] * times, pair[1] * times)
        assert more == pytest.approx(value, rel=CLOSE)
        assert farther - nearer < (upper - lower) * (1 + CLOSE)
        assert nearer * (1 - CLOSE) <= more <= farther * (1 + CLOSE)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 10**9), st.sampled_from([100, 1000, 100_000]))
def test_a_multiplier_scales_value_and_limits_alike(count, people, multiplier):
    np.testing.assert_allclose(
        rates.rate(count, people, multiplier),
        np.multiply(rates.rate(count, people, 1), multiplier),
        rtol=1e-12,
    )


def test_a_rate_may_be_of_more_events_than_people():
    value, lower, upper = rates.rate(12, 10, 100)
    assert lower < value < upper
    assert value == 120


def test_rate_of_nobody_is_missing_and_of_no_events_is_zero_with_an_upper_limit():
    assert np.isnan(rates.rate([0, 5], 0)).all()
    value, lower, upper = rates.rate(0, 1000)
    assert (value, lower) == (0, 0)
    assert upper == pytest.approx(3.688879, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rates.rate([1, -1], 5), "numerator at position 1 is -1"),
        (lambda: rates.rate([1, 1], [5, -5]), "denominator at position 1 is -5"),
        (lambda: rates.rate([1, 1], [5, np.inf]), "denominator at position 1 is inf"),
        (lambda: rates.proportion([1, 6], 5), "numerator at position 1 is 6"),
        (lambda: rates.difference((1, 2), (3, 2)), "numerator at position 0 is 3"),
        (lambda: rates.rate(1, 5, confidence=95), "confidence is 95"),
    ],
)
def test_counts_that_cannot_be_right_are_refused_by_position(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# A whole frame


def only(frame: pd.DataFrame) -> pd.Series:
    assert len(frame) == 1
    return rates.add_measures(frame, INDICATORS).iloc[0]


def test_counts_give_value_and_limits_by_the_method_of_the_indicator():
    share = {"indicator_id": "eyfs_good_development", "period": "2013/14"}
    row = only(observations({**share, "numerator": 15, "denominator": 148, "value": 10}))
    assert row["value"] == pytest.approx(1500 / 148)  # the published one is rounded
    assert (round(row["lower_ci"], 2), round(row["upper_ci"], 2)) == (6.24, 16.05)
    plan = {"indicator_id": "child_protection_plan_rate", "period": "2012/13"}
    row = only(observations({**plan, "numerator": 786, "denominator": 161643}))
    assert round(row["value"], 1) == 48.6  # published_figures.md, section 12


def test_a_published_rate_with_its_count_alone_takes_limits_from_the_count():
    row = only(observations({"numerator": 96, "value": 44.1}))
    assert row["value"] == 44.1
    lower, upper = intervals.poisson(96)
    assert row["lower_ci"] == pytest.approx(44.1 * float(lower) / 96)
    assert row["upper_ci"] == pytest.approx(44.1 * float(upper) / 96)


def test_a_value_without_counts_stands_without_limits():
    row = only(observations({"value": 16.2}))
    assert row["value"] == 16.2
    assert np.isnan(row[["lower_ci", "upper_ci"]].astype(float)).all()


def test_each_row_is_measured_by_its_own_method_alone():
    """More injuries than children is right for a rate, though it would be wrong for a share."""
    share = {"indicator_id": "eyfs_good_development", "period": "2013/14"}
    many = {"indicator_id": "injury_admissions_0_14", "period": "2012/13"}
    frame = observations(
        {**share, "numerator": 1, "denominator": 2}, {**many, "numerator": 12, "denominator": 10}
    )
    assert rates.add_measures(frame, INDICATORS)["value"].tolist() == [50, 12_000]


def test_a_count_is_its_own_value_without_limits_also_when_no_value_is_given():
    row = only(observations({"indicator_id": "population_0_17", "period": "2013", "numerator": 70}))
    assert row["value"] == 70
    assert np.isnan(row[["lower_ci", "upper_ci"]].astype(float)).all()


def test_published_limits_stand_at_95_per_cent_and_only_then():
    injuries = {"indicator_id": "injury_admissions_0_14", "period": "2012/13"}
    given = {"numerator": 1135, "denominator": 132807, "lower_ci": 80.6352, "upper_ci": 90.66023}
    frame = observations({**injuries, **given})
    row = only(frame)
    assert (row["lower_ci"], row["upper_ci"]) == (80.6352, 90.66023)
    wider = rates.add_measures(frame, INDICATORS, confidence=0.998).iloc[0]
    oracle = rates.rate(1135, 132807, 10_000, 0.998)
    assert (wider["lower_ci"], wider["upper_ci"]) == pytest.approx(oracle[1:])
    without = observations({"value": 85.5, "lower_ci": 80.6, "upper_ci": 90.7})
    row = rates.add_measures(without, INDICATORS, confidence=0.998).iloc[0]
    assert np.isnan(row[["lower_ci", "upper_ci"]].astype(float)).all()


def test_one_published_limit_alone_does_not_mix_with_a_calculated_one():
    row = only(observations({"numerator": 96, "denominator": 2176, "lower_ci": 40.0}))
    lower, upper = intervals.poisson(96)
    np.testing.assert_allclose(
        [row["lower_ci"], row["upper_ci"]], [lower / 2.176, upper / 2.176], rtol=1e-12
    )


def test_the_definition_in_force_gives_method_multiplier_and_name():
    entrants = {"indicator_id": "first_time_entrants", "numerator": 200, "denominator": 50_000}
    frame = observations({**entrants, "period": "2013"}, {**entrants, "period": "2016"})
    measures = rates.add_measures(frame, INDICATORS)
    assert measures["value"].tolist() == [200, 400]  # a number, then per 100,000
    assert measures["definition"].tolist() == ["2012-01-01", "2015-01-01"]
    assert measures["lower_ci"].isna().tolist() == [True, False]


def test_a_breakdown_of_case_records_is_a_percentage_and_a_published_one_is_not():
    part = {"numerator": 20, "denominator": 80, "category_type": "outcome", "category": "other"}
    enquiries = {"indicator_id": "mash_enquiries", "period": "2013/14-Q3", **part}
    injuries = {"indicator_id": "injury_admissions_0_14", "period": "2012/13", **part}
    measures = rates.add_measures(observations(enquiries, injuries), INDICATORS)
    values = measures.set_index("indicator_id")["value"]
    assert values["mash_enquiries"] == 25
    assert values["injury_admissions_0_14"] == 2500  # per 10,000, as the whole is


def test_missing_counts_stay_missing_and_keep_their_note():
    hidden = {"denominator": 2176, "value_note": "suppressed"}
    row = only(observations(hidden))
    assert row[["numerator", *FIGURES]].astype(float).isna().all()
    assert row["value_note"] == "suppressed"


def test_rows_order_index_and_other_columns_are_kept_and_the_input_is_unchanged():
    frame = observations(
        {"numerator": 96, "value": 44.1},
        {"indicator_id": "population_0_17", "period": "2013", "numerator": 70},
        {"indicator_id": "eyfs_good_development", "period": "2013/14", "value": 57},
    ).set_axis([7, 7, 2])
    before = frame.copy()
    measures = rates.add_measures(frame, INDICATORS)
    pd.testing.assert_frame_equal(frame, before)
    assert list(measures.columns) == [*COLUMNS, "definition"]
    untouched = [column for column in COLUMNS if column not in FIGURES]
    pd.testing.assert_frame_equal(measures[untouched], before[untouched])


@settings(deadline=None, max_examples=10)
@given(st.permutations(range(6)))
def test_the_order_of_rows_does_not_matter(order):
    frame = observations(
        *({"period": str(2005 + year), "numerator": 10 * year, "value": 5.0} for year in range(3)),
        *(
            {"indicator_id": "first_time_entrants", "period": year, "numerator": 3, "value": 3}
            for year in ("2013", "2014")
        ),
        {"indicator_id": "eyfs_good_development", "period": "2013/14", "value": 57},
    )
    measures = rates.add_measures(frame, INDICATORS)
    shuffled = rates.add_measures(frame.iloc[list(order)], INDICATORS)
    pd.testing.assert_frame_equal(shuffled.sort_index(), measures)


def test_an_unknown_indicator_is_named():
    frame = observations({"value": 1}).assign(indicator_id="under19_conceptions")
    with pytest.raises(ValueError, match="under19_conceptions is not in the catalogue"):
        rates.add_measures(frame, INDICATORS)


def test_a_count_that_cannot_be_right_is_named_by_its_place_in_the_whole_frame():
    frame = observations(
        {"indicator_id": "eyfs_good_development", "period": "2013/14", "numerator": 9},
        {"indicator_id": "population_0_17", "period": "2013", "numerator": 70},
        {"numerator": 96, "value": 44.1},
    )
    wrong = frame.assign(denominator=[8.0, np.nan, np.nan]).iloc[::-1]
    with pytest.raises(ValueError, match=r"numerator at position 2 is 9; .*the denominator"):
        rates.add_measures(wrong, INDICATORS)


def test_no_observations_give_no_measures():
    empty = observations({"value": 1}).iloc[:0]
    assert list(rates.add_measures(empty, INDICATORS).columns) == [*COLUMNS, "definition"]
