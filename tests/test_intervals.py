"""Limits of shares and counts, against published examples, other software and their own rules."""

import csv
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from ehlib.measure import intervals

INJURIES = "data/health/fingertips_90284_injury_admissions_0-14_2010-11_to_2023-24.csv"
levels = st.sampled_from([0.9, 0.95, 0.99, 0.998])
counts = st.integers(min_value=0, max_value=10**15)
CLOSE = 1e-9  # relative room for rounding at huge counts


@st.composite
def shares(draw):
    total = draw(st.integers(min_value=1, max_value=10**15))
    return draw(st.integers(min_value=0, max_value=total)), total


@pytest.fixture(scope="module")
def injuries(shared_dir) -> list[dict[str, str]]:
    """Every row of the published indicator 90284 that has a count, a value and both limits."""
    with (shared_dir / INJURIES).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    needed = ("Count", "Denominator", "Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit")
    return [row for row in rows if all(row[name] for name in needed)]


def numbers(rows, name):
    return np.array([float(row[name]) for row in rows])


# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3 (score, Wilson).
@pytest.mark.parametrize(
    ("numerator", "denominator", "lower", "upper"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_limits_are_those_that_newcombe_printed(numerator, denominator, lower, upper):
    found = intervals.wilson(numerator, denominator)
    assert [round(float(limit), 4) for limit in found] == [lower, upper]


# Garwood (1936), as Ulm (1990), American Journal of Epidemiology 131, 373-375, tabulates them.
@pytest.mark.parametrize(
    ("count", "lower", "upper"),
    [
        (0, 0.0, 3.69),
        (1, 0.03, 5.57),
        (2, 0.24, 7.22),
        (3, 0.62, 8.77),
        (4, 1.09, 10.24),
        (5, 1.62, 11.67),
        (6, 2.20, 13.06),
        (7, 2.81, 14.42),
        (8, 3.45, 15.76),
        (9, 4.12, 17.08),
    ],
)
def test_poisson_limits_below_ten_are_the_exact_ones_that_ulm_printed(count, lower, upper):
    assert [round(float(limit), 2) for limit in intervals.poisson(count)] == [lower, upper]


def test_no_events_have_the_limits_that_the_design_states():
    lower, upper = intervals.poisson(0)
    assert lower == 0
    assert upper == pytest.approx(3.688879, abs=5e-7)
    assert upper == pytest.approx(-np.log(0.025), abs=1e-12)  # the closed form


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99, 0.998])
def test_wilson_agrees_with_statsmodels(confidence):
    pairs = [(k, n) for n in (1, 2, 7, 30, 263, 10_000) for k in {0, 1, n // 3, n - 1, n}]
    numerators, totals = np.array(pairs).T
    found = intervals.wilson(numerators, totals, confidence)
    oracle = proportion_confint(numerators, totals, alpha=1 - confidence, method="wilson")
    np.testing.assert_allclose(found, oracle, rtol=0, atol=1e-14)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99, 0.998])
def test_exact_limits_leave_half_of_the_rest_in_each_tail(confidence):
    """What the limits are defined by, with scipy's Poisson distribution as oracle."""
    events = np.arange(1, 10)
    tail = (1 - confidence) / 2
    lower, upper = intervals.poisson(events, confidence)
    np.testing.assert_allclose(stats.poisson.sf(events - 1, lower), tail, rtol=1e-10)
    np.testing.assert_allclose(stats.poisson.cdf(events, upper), tail, rtol=1e-10)


def test_byars_limits_from_ten_stay_close_to_the_exact_ones():
    """Breslow and Day (1987), p 69: the approximation is accurate even for few events."""
    events = np.array([10, 11, 20, 50, 100, 1000, 100_000])
    lower, upper = intervals.poisson(events)
    exact_lower = stats.chi2.ppf(0.025, 2 * events) / 2
    exact_upper = stats.chi2.ppf(0.975, 2 * events + 2) / 2
    np.testing.assert_allclose(lower, exact_lower, rtol=3e-3)
    np.testing.assert_allclose(upper, exact_upper, rtol=1e-3)
    assert (lower != exact_lower).all()


def test_limits_agree_with_phstatsmethods_where_that_is_right():
    """Its `byars` swaps the confidence and its `byars_upper` refuses 0, so the parts are used."""
    oracle = pytest.importorskip("PHStatsMethods")
    for count, confidence in product([1, 5, 9, 10, 12, 99, 12_345], [0.9, 0.95, 0.998]):
        wanted = oracle.byars_lower(count, confidence), oracle.byars_upper(count, confidence)
        np.testing.assert_allclose(intervals.poisson(count, confidence), wanted, rtol=1e-12)
    for (k, n), confidence in product([(0, 9), (3, 10), (900, 8200), (7, 7)], [0.9, 0.95, 0.998]):
        wanted = oracle.wilson(k, n, confidence)
        np.testing.assert_allclose(intervals.wilson(k, n, confidence), wanted, atol=1e-12)


def test_byars_limits_are_the_published_ones_of_every_area_with_an_unrounded_count(injuries):
    """OHID Fingertips 90284, 2010/11 and 2011/12: 310 areas and deciles, printed to 5 decimals."""
    whole = [row for row in injuries if row["Time period"] in ("2010/11", "2011/12")]
    assert len(whole) == 310
    people = numbers(whole, "Denominator")
    lower, upper = intervals.poisson(numbers(whole, "Count"))
    for limit, name in ((lower, "Lower CI 95.0 limit"), (upper, "Upper CI 95.0 limit")):
        np.testing.assert_allclose(limit / people * 10_000, numbers(whole, name), atol=6e-6)


def test_byars_limits_are_the_published_ones_of_some_count_that_rounds_to_the_one_printed(injuries):
    """From 2012/13 counts are printed to the nearest 5, but the limits rest on the true ones."""
    later = [row for row in injuries if row["Time period"] > "2011/12"]
    assert len(later) > 2_200
    printed, people = numbers(later, "Count"), numbers(later, "Denominator")
    wanted = numbers(later, "Lower CI 95.0 limit"), numbers(later, "Upper CI 95.0 limit")
    nearest = np.full(len(later), np.inf)
    for more in range(-4, 5):
        found = intervals.poisson(np.maximum(printed + more, 0))
        apart = [
            np.abs(limit / people * 10_000 - other)
            for limit, other in zip(found, wanted, strict=True)
        ]
        nearest = np.minimum(nearest, np.maximum(*apart))
    assert nearest.max() < 1e-5


@settings(deadline=None)
@given(shares(), levels)
def test_wilson_limits_lie_in_0_to_1_and_contain_the_share(pair, confidence):
    numerator, denominator = pair
    lower, upper = intervals.wilson(numerator, denominator, confidence)
    share = numerator / denominator
    assert 0 <= lower <= share * (1 + CLOSE)
    assert share * (1 - CLOSE) <= upper <= 1


@settings(deadline=None)
@given(shares(), levels)
def test_wilson_limits_of_the_others_are_mirrored(pair, confidence):
    numerator, denominator = pair
    lower, upper = intervals.wilson(numerator, denominator, confidence)
    others = intervals.wilson(denominator - numerator, denominator, confidence)
    np.testing.assert_allclose((1 - lower, 1 - upper), others[::-1], atol=1e-12)


@settings(deadline=None)
@given(shares(), st.integers(2, 1000), levels)
def test_more_data_with_the_same_share_narrow_wilson_limits(pair, times, confidence):
    numerator, denominator = (min(each, 10**11) for each in pair)
    numerator = min(numerator, denominator)
    narrow = intervals.wilson(numerator * times, denominator * times, confidence)
    wide = intervals.wilson(numerator, denominator, confidence)
    assert narrow[1] - narrow[0] < (wide[1] - wide[0]) * (1 + CLOSE)


@settings(deadline=None)
@given(counts, levels)
def test_poisson_limits_contain_the_count_and_are_finite(count, confidence):
    lower, upper = intervals.poisson(count, confidence)
    assert 0 <= lower <= count < upper < np.inf


@settings(deadline=None)
@given(counts.filter(lambda count: count > 0), levels)
def test_more_events_narrow_poisson_limits_beside_the_count(count, confidence):
    few, many = (np.subtract(*intervals.poisson(each, confidence)) for each in (count, 2 * count))
    assert abs(many) / (2 * count) < abs(few) / count


@settings(deadline=None)
@given(st.integers(0, 10**6), levels)
def test_poisson_limits_rise_with_the_count_also_where_the_method_changes(count, confidence):
    for at in (count, 9):
        below, above = intervals.poisson([at, at + 1], confidence)
        assert below[0] < below[1]
        assert above[0] < above[1]


@settings(deadline=None)
@given(counts)
def test_higher_confidence_widens_both_limits(count):
    narrow, wide = intervals.poisson(count, 0.95), intervals.poisson(count, 0.998)
    assert wide[0] <= narrow[0]
    assert wide[1] >= narrow[1]


def test_nearly_certain_confidence_still_gives_numbers():
    assert np.isfinite(intervals.poisson([0, 9, 10, 1e15], 1 - 1e-16)).all()
    assert np.isfinite(intervals.wilson([0, 1, 5], [5, 5, 5], 1 - 1e-16)).all()


def test_missing_in_gives_missing_out_and_leaves_the_rest():
    lower, upper = intervals.wilson([3, np.nan, 3, 0], [10, 10, np.nan, 0])
    assert np.isnan(lower).tolist() == np.isnan(upper).tolist() == [False, True, True, True]
    lower, upper = intervals.poisson([None, 3.0])
    assert np.isnan(lower).tolist() == np.isnan(upper).tolist() == [True, False]


def test_no_records_have_no_share_but_no_error_either():
    assert np.isnan(intervals.wilson(0, 0)).all()


def test_arrays_keep_their_shape_and_are_not_changed():
    numerator = np.array([[0.0, 1.0], [2.0, np.nan]])
    before = numerator.copy()
    lower, upper = intervals.wilson(numerator, 4)
    assert lower.shape == upper.shape == (2, 2)
    np.testing.assert_array_equal(numerator, before)
    assert intervals.poisson([])[0].shape == (0,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: intervals.wilson([1, 9], [5, 5]), r"numerator at position 1 is 9; .*denominator"),
        (lambda: intervals.wilson([1, -2], 5), r"numerator at position 1 is -2; .*0 or more"),
        (lambda: intervals.wilson([1, 2], [5, -5]), r"denominator at position 1 is -5"),
        (lambda: intervals.wilson(1, np.inf), r"denominator at position 0 is inf"),
        (lambda: intervals.wilson([np.nan, 1], [2, 0]), r"numerator at position 1 is 1"),
        (lambda: intervals.poisson([3, 4, -1]), r"count at position 2 is -1; .*0 or more"),
        (lambda: intervals.poisson(np.inf), r"count at position 0 is inf"),
        (lambda: intervals.poisson(3, 95), r"confidence is 95; expected a share from 0.9"),
        (lambda: intervals.poisson(3, 1.0), r"confidence is 1.0"),
        (lambda: intervals.wilson(1, 3, 0.5), r"confidence is 0.5"),
        (lambda: intervals.wilson(1, 3, np.nan), r"confidence is nan"),
    ],
)
def test_what_cannot_be_a_count_is_refused_by_position(call, message):
    with pytest.raises(ValueError, match=message):
        call()
