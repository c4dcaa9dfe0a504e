"""Standardised rates, means and ratios, against worked examples and other libraries."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.rates import confint_poisson_2indep

from ehlib.measure import intervals
from ehlib.measure.rates.standardised import (
    directly_standardised,
    divide,
    indirectly_standardised,
    mean,
    ratio,
)

# European Standard Population 2013 in 19 age groups, Eurostat.
ESP = [5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000]
ESP += [7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000]
# Vignette of PHEindicatormethods, "Zero deaths for a specific age band within a small geography".
DEATHS = [1, 1, 0, 0, 0, 1, 1, 3, 3, 3, 3, 10, 10, 10, 10, 8, 8, 8, 8]
PEOPLE = [30, 35, 35, 35, 40, 40, 45, 50, 50, 50, 60, 60, 70, 75, 70, 60, 20, 20, 15]
# Two regions of four age groups and their reference, from the tests of esda (TestAgeStd).
EVENTS = [[30, 25, 25, 15], [33, 21, 30, 20]]
AT_RISK = [[1000, 1000, 1100, 900], [1000, 900, 1100, 900]]
REFERENCE_EVENTS = np.array([[100, 45, 120, 100], [50, 30, 200, 80]])
REFERENCE_PEOPLE = np.array([[1000, 900, 1000, 900], [1000, 900, 1000, 900]])

brief = settings(max_examples=60, deadline=None)
count = st.integers(0, 2_000)
people = st.integers(1, 1_000_000)


def test_directly_standardised_gives_the_vignette_of_pheindicatormethods():
    # printed there as 8283.016, 6570.819, 10289.65
    assert_allclose(
        directly_standardised(DEATHS, PEOPLE, ESP), [8283.016, 6570.819, 10289.65], atol=0.005
    )


def test_directly_standardised_gives_the_values_of_esda():
    # printed in its tests with 8 decimals; its limits are of another method (gamma)
    value, _, _ = directly_standardised(EVENTS, AT_RISK, REFERENCE_PEOPLE[0], multiplier=1)
    assert_allclose(value, [0.02374402, 0.02665072], atol=5e-9)


@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_directly_standardised_agrees_with_phstatsmethods(confidence):
    package = pytest.importorskip("PHStatsMethods")
    rng = np.random.default_rng(3)
    counts, population = rng.poisson(6, (4, 19)), rng.integers(500, 20_000, (4, 19))
    frame = pd.DataFrame({"area": np.repeat(range(4), 19), "events": counts.ravel()})
    frame = frame.assign(people=population.ravel(), standard=np.tile(ESP, 4))
    options = {"metadata": False, "confidence": confidence, "euro_standard_pops": False}
    expected = package.ph_dsr(frame, "events", "people", "standard", "area", **options)
    found = np.array(directly_standardised(counts, population, ESP, confidence=confidence))
    assert_allclose(found.T, expected.iloc[:, -3:], rtol=1e-12)


def test_limits_of_one_age_group_are_those_of_its_count():
    value, lower, upper = directly_standardised([25], [1000], [1], multiplier=1000)
    assert value == pytest.approx(25)
    assert (lower, upper) == pytest.approx([float(each) for each in intervals.poisson(25)])


def test_fewer_than_ten_events_have_no_directly_standardised_rate():
    assert np.isnan(directly_standardised([5, 4], [100, 100], [1, 1])).all()
    assert not np.isnan(directly_standardised([5, 5], [100, 100], [1, 1])).any()


def test_missing_count_or_empty_age_group_leaves_the_rate_missing():
    counts = [[20.0, np.nan], [20.0, 5.0], [20.0, 0.0]]
    population = [[100, 100], [100, np.nan], [100, 0]]
    assert np.isnan(directly_standardised(counts, population, [1, 1])).all()


def test_age_group_without_weight_may_be_empty():
    assert_allclose(
        directly_standardised([20, 0], [100, 0], [1, 0]), directly_standardised([20], [100], [1])
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([20, -1], [9, 9], [1, 1]), "counts at position 1 is -1"),
        (([20, 1], [9, -9], [1, 1]), "populations at position 1 is -9"),
        (([20, 1], [9, 9], [0, 0]), "sum of the standard at position 0 is 0"),
    ],
)
def test_impossible_numbers_are_refused_with_their_position(arguments, message):
    with pytest.raises(ValueError, match=message):
        directly_standardised(*arguments)


@brief
@given(st.lists(st.tuples(count, people, people), min_size=2, max_size=6), st.randoms())
def test_directly_standardised_ignores_the_order_of_age_groups_and_the_standards_sum(rows, random):
    shuffled = random.sample(rows, len(rows))
    events, population, standard = np.array(rows).T
    moved = directly_standardised(*np.array(shuffled).T)
    assert_allclose(directly_standardised(events, population, standard * 7), moved, rtol=1e-9)


@brief
@given(st.lists(st.tuples(count, people, people), min_size=1, max_size=6))
def test_directly_standardised_limits_hold_the_value(rows):
    value, lower, upper = directly_standardised(*np.array(rows).T)
    if sum(row[0] for row in rows) >= 10:
        assert lower < value < upper


def test_indirectly_standardised_gives_the_rates_of_esda():
    # 0.02372382 and 0.02610803 are printed in its tests, the ratio times the crude reference rate
    for region, expected in enumerate([0.02372382, 0.02610803]):
        events, population = REFERENCE_EVENTS[region], REFERENCE_PEOPLE[region]
        crude = REFERENCE_EVENTS.sum() / REFERENCE_PEOPLE.sum()
        value, _, _ = indirectly_standardised(
            EVENTS[region], AT_RISK[region], events / population, multiplier=crude
        )
        assert value == pytest.approx(expected, abs=5e-9)


def test_indirectly_standardised_agrees_with_phstatsmethods():
    package = pytest.importorskip("PHStatsMethods")
    rng = np.random.default_rng(4)
    counts, population = rng.poisson(2, (5, 4)), rng.integers(50, 900, (5, 4))
    reference, at_risk = np.array([3, 20, 50, 80]), np.array([9000, 8000, 7000, 6000])
    counts[0] = [1, 0, 2, 1]  # fewer than ten: exact limits
    frame = pd.DataFrame({"area": np.repeat(range(5), 4), "events": counts.ravel()})
    frame = frame.assign(people=population.ravel(), ref=np.tile(reference, 5))
    frame = frame.assign(ref_people=np.tile(at_risk, 5))
    columns = ["events", "people", "ref", "ref_people", "area"]
    expected = package.ph_ISRatio(frame, *columns, metadata=False, refvalue=100)
    found = indirectly_standardised(counts, population, reference / at_risk, multiplier=100)
    assert_allclose(np.array(found).T, expected.iloc[:, -3:], rtol=1e-12)


def test_total_count_on_an_axis_of_one_equals_counts_by_age():
    by_age = indirectly_standardised([3, 4], [100, 200], [0.01, 0.02])
    assert_allclose(indirectly_standardised([7], [100, 200], [0.01, 0.02]), by_age)


def test_no_events_and_none_expected_have_defined_answers():
    # 0 events where 5 are expected: 0 to 3.688879 / 5 (Garwood 1936)
    assert_allclose(indirectly_standardised([0], [500], [0.01]), [0, 0, 3.688879 / 5], atol=1e-6)
    assert np.isnan(indirectly_standardised([0], [0], [0.01])).all()
    assert np.isnan(indirectly_standardised([np.nan], [500], [0.01])).all()


def test_mean_gives_the_example_of_pheindicatormethods():
    # its documentation takes 30, 40, 50, 60; limits as scipy has them
    low, high = stats.t.interval(0.95, 3, loc=45, scale=stats.sem([30, 40, 50, 60]))
    assert_allclose(mean([30, 40, 50, 60]), [45, low, high], rtol=1e-12)


def test_mean_agrees_with_phstatsmethods():
    package = pytest.importorskip("PHStatsMethods")
    data = np.random.default_rng(5).normal(50, 9, (3, 7))
    frame = pd.DataFrame({"area": np.repeat(range(3), 7), "score": data.ravel()})
    expected = package.ph_mean(frame, "score", "area", metadata=False, confidence=0.998)
    assert_allclose(np.array(mean(data, 0.998)).T, expected.iloc[:, -3:], rtol=1e-12)


def test_mean_of_one_has_no_limits_and_of_a_missing_value_is_missing():
    assert_allclose(mean([[4.0]]), [[4], [np.nan], [np.nan]])
    assert np.isnan(mean([1.0, np.nan, 2.0])).all()
    assert np.isnan(mean([])).all()
    assert_allclose(mean([3.0, 3.0, 3.0]), [3, 3, 3])


def test_proportion_ratio_gives_the_physicians_health_study():
    # Agresti (2007), Introduction to categorical data analysis, 2nd edition, 2.2.3: heart attacks
    # 189 of 11,034 on placebo, 104 of 11,037 on aspirin; 1.82 with limits 1.43 and 2.30, which
    # the book rounds on the way
    assert_allclose(ratio((189, 11034), (104, 11037)), [1.82, 1.43, 2.30], atol=0.006)


@brief
@given(st.integers(1, 500), st.integers(0, 500), st.integers(1, 500), st.integers(1, 500))
def test_proportion_ratio_agrees_with_statsmodels(first, rest, second, other):
    found = ratio((first, first + rest), (second, second + other))
    expected = confint_proportions_2indep(
        first, first + rest, second, second + other, method="log", compare="ratio"
    )
    assert_allclose(found[1:], expected, rtol=1e-9)


@brief
@given(
    st.integers(1, 500), people, st.integers(1, 500), people, st.sampled_from([0.9, 0.95, 0.998])
)
def test_rate_ratio_agrees_with_statsmodels(first, exposed, second, other, confidence):
    found = ratio((first, exposed), (second, other), "rate", confidence)
    expected = confint_poisson_2indep(
        first, exposed, second, other, method="wald-log", compare="ratio", alpha=1 - confidence
    )
    assert_allclose(found[1:], expected, rtol=1e-9)


@pytest.mark.parametrize("kind", ["proportion", "rate"])
def test_ratio_has_defined_answers_without_events(kind):
    value, lower, upper = ratio(([0, 5, 0], [100] * 3), ([5, 0, 0], [100] * 3), kind)
    assert_allclose(value, [0, np.inf, np.nan])
    assert_allclose(lower[[0, 2]], 0)
    assert 0.9 < lower[1] < 1.2
    assert 0.8 < upper[0] < 1.1
    assert np.isinf(upper[1:]).all()


def test_two_shares_of_a_hundred_per_cent_still_have_an_interval():
    value, lower, upper = ratio((50, 50), (20, 20))
    assert value == 1
    assert lower < 0.96
    assert upper > 1.08


def test_ratio_is_missing_where_a_side_is_missing_or_nobody_is_counted():
    first, second = ([np.nan, 0, 3], [50, 0, 50]), ([3, 3, 0], [50, 50, 0])
    for kind in ("proportion", "rate"):
        assert np.isnan(ratio(first, second, kind)).all()
        assert np.isnan(ratio(second, first, kind)).all()


@brief
@given(count, count, people, st.sampled_from(["proportion", "rate"]))
def test_ratio_turned_round_is_its_inverse(first, second, size, kind):
    size += 2_000
    value, lower, upper = ratio((first, size), (second, size), kind)
    turned, turned_lower, turned_upper = ratio((second, size), (first, size), kind)
    if first and second:
        assert_allclose([1 / value, 1 / upper, 1 / lower], [turned, turned_lower, turned_upper])
    assert not lower > value
    assert not upper < value


@brief
@given(st.tuples(*[st.floats(0.01, 50)] * 2), st.tuples(*[st.floats(0.01, 0.99)] * 4))
def test_divided_limits_are_those_at_which_the_difference_would_just_be_clear(values, shares):
    # Donner and Zou: at a limit R, first - R second has an interval by MOVER that ends at 0
    (one, two), (below, above, less, more) = values, shares
    first, second = (one, one * below, one / above), (two, two * less, two / more)
    value, lower, upper = divide(first, second)
    assert lower <= value <= upper
    reach = np.hypot(one - first[1], lower * (second[2] - two))
    assert one - lower * two == pytest.approx(reach, rel=1e-6)
    reach = np.hypot(first[2] - one, upper * (two - second[1]))
    assert upper * two - one == pytest.approx(reach, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ratio((1, 2), (1, 2), "odds"), "kind is 'odds'; expected proportion or rate"),
        (lambda: ratio((3, 2), (1, 2)), "numerator at position 0 is 3"),
        (lambda: ratio((1, 2), (1, -2), "rate"), "denominator at position 0 is -2"),
        (lambda: mean([1, 2], 95), "confidence is 95; expected a share"),
        (lambda: mean([1, np.inf]), "values at position 1 is inf"),
    ],
)
def test_wrong_arguments_are_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@brief
@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_no_count_makes_a_warning(first, second):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        size = 2 * 10**12
        for kind in ("proportion", "rate"):
            ratio((first, size), (second, size), kind)
            ratio((0, 0), (second, size), kind)
        directly_standardised([first, second], [size, size], [1, 2])
        indirectly_standardised([first, second], [size, size], [0.1, 0.2])
