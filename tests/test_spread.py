"""How far areas lie apart: tests of all at once, the widest gap, and the share attributable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.libqsturng import qsturng
from statsmodels.stats.meta_analysis import combine_effects

from ehlib.measure.inequality import attributable_limits, heterogeneity, widest_gap
from ehlib.measure.inequality import population_attributable_risk as attributable_risk
from ehlib.measure.inequality.spread import pairs_factor
from ehlib.measure.rates import rate

NAN = np.nan
EVENTS = np.array([70.0, 40, 30, 26, 68, 33, 25])
GIRLS = np.array([2300.0, 2050, 1900, 2050, 1900, 2050, 2000])


def test_counts_are_tested_as_scipy_tests_them():
    found = heterogeneity(None, numerators=EVENTS, denominators=GIRLS)
    expected = stats.chisquare(EVENTS, EVENTS.sum() / GIRLS.sum() * GIRLS)
    assert (found.chi_squared, found.p_value) == pytest.approx(tuple(expected))
    found = heterogeneity(None, numerators=EVENTS, denominators=GIRLS, kind="proportion")
    table = np.array([EVENTS, GIRLS - EVENTS])
    statistic, p_value, freedom, _ = stats.chi2_contingency(table, correction=False)
    assert (found.chi_squared, found.p_value) == pytest.approx((statistic, p_value))
    assert found.freedom == freedom


def test_limits_give_cochrans_q_as_statsmodels_has_it():
    # Normand (1999), Stat Med 18, 321-359, table I: length of stay after stroke in nine trials.
    first = [(155, 55, 47), (31, 27, 7), (75, 64, 17), (18, 66, 20), (8, 14, 8), (57, 19, 7)]
    first += [(34, 52, 45), (110, 21, 16), (60, 30, 27)]
    second = [(156, 75, 64), (32, 29, 4), (71, 119, 29), (18, 137, 48), (13, 18, 11), (52, 18, 4)]
    second += [(33, 41, 34), (183, 31, 27), (52, 23, 20)]
    (one_n, one, one_sd), (two_n, two, two_sd) = np.array(first).T, np.array(second).T
    values, variances = one - two, one_sd**2 / one_n + two_sd**2 / two_n
    half = 1.959963984540054 * np.sqrt(variances)
    found = heterogeneity(values, values - half, values + half)
    assert found.chi_squared == pytest.approx(combine_effects(values, variances).q)
    assert found.freedom == 8


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"values": [1.0, 2.0]}, "neither counts nor limits"),
        ({"values": [1.0, NAN], "lower": [0.5, NAN], "upper": [2, NAN]}, "Only 1 areas"),
        ({"values": None, "numerators": [5, NAN], "denominators": [9, 9]}, "Only 1 areas"),
        ({"values": None, "numerators": [1, 2], "denominators": [90, 90]}, "too small"),
    ],
)
def test_where_nothing_can_be_tested_the_reason_is_told(arguments, reason):
    found = heterogeneity(**arguments)
    assert np.isnan(found.p_value)
    assert reason in found.reason


def test_few_without_the_characteristic_are_too_few_as_well():
    found = heterogeneity(None, numerators=[98, 99], denominators=[100, 100], kind="proportion")
    assert "too small" in found.reason
    with pytest.raises(ValueError, match="kind is 'count'"):
        heterogeneity(None, numerators=[1], denominators=[1], kind="count")


def test_equal_areas_show_no_difference():
    found = heterogeneity(None, numerators=[50, 100], denominators=[500, 1000])
    assert (found.chi_squared, found.p_value) == pytest.approx((0, 1))


@pytest.mark.parametrize(("areas", "tabled"), [(2, 2.772), (3, 3.314), (7, 4.170), (10, 4.474)])
def test_factor_is_that_of_the_studentised_range(areas, tabled):
    # Tables of the studentised range at 5 per cent and infinite freedom (Harter 1960).
    assert pairs_factor(areas) * 1.959964 * np.sqrt(2) == pytest.approx(tabled, abs=6e-4)
    # statsmodels interpolates; its own documentation allows for one part in a thousand
    assert pairs_factor(areas) * 1.959964 * np.sqrt(2) == pytest.approx(
        qsturng(0.95, areas, np.inf), rel=2e-3
    )


def test_of_two_areas_the_gap_has_the_limits_of_a_single_difference():
    value, lower, upper = rate([68, 25], [1900, 2000])
    found = widest_gap(value, lower, upper)
    below = np.hypot(value[0] - lower[0], upper[1] - value[1])
    assert found.gap == pytest.approx(value[0] - value[1])
    assert found.lower == pytest.approx(found.gap - below, rel=1e-4)


def test_chosen_pairs_of_equal_areas_are_held_to_five_in_a_hundred(rng):
    events = rng.poisson(60, size=(4000, 7))
    value, lower, upper = rate(events, np.full(events.shape, 2000))
    told = sum(widest_gap(*rows).lower > 0 for rows in zip(value, lower, upper, strict=True))
    assert 0.03 < told / 4000 < 0.065
    naive = 0
    for one in (value, lower, upper):
        assert one.shape == (4000, 7)
    for row, low, high in zip(value, lower, upper, strict=True):
        top, end = row.argmax(), row.argmin()
        naive += (row[top] - row[end]) > np.hypot(row[top] - low[top], high[end] - row[end])
    assert naive / 4000 > 0.3  # what a pair chosen after looking does to plain limits


def test_gap_of_areas_without_limits_or_figures():
    found = widest_gap([3.0, NAN, 1.0], [NAN] * 3, [NAN] * 3)
    assert (found.gap, found.highest, found.lowest) == (2, 0, 2)
    assert np.isnan(found.lower)
    assert widest_gap([NAN, 1.0], [NAN, 0.5], [NAN, 2]).highest == -1


def test_attributable_share_has_the_limits_of_a_simulation(rng):
    people = np.array([20_000.0, 22_000, 24_000, 26_000, 28_000])
    events = np.array([900.0, 800, 700, 620, 560])
    value, lower, upper = rate(events, people)
    found = attributable_limits(value, people, lower, upper)
    assert found[0] == pytest.approx(attributable_risk(value, people))
    drawn = rng.poisson(events, size=(40_000, 5)) / people * 1000
    shares = 1 - drawn[:, -1] / ((drawn * people).sum(axis=1) / people.sum())
    assert found[1:] == pytest.approx(np.quantile(shares, [0.025, 0.975]), abs=0.004)


def test_attributable_share_needs_events_in_the_last_group():
    assert np.isnan(attributable_limits([2.0, 0.0], [10, 10], [1.0, 0.0], [3.0, 1.0])).all()


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(1000, 9000)), min_size=2, max_size=8),
    st.randoms(use_true_random=False),
)
def test_order_is_irrelevant_and_limits_hold_the_value(rows, random):
    turned = random.sample(rows, len(rows))
    found = []
    for each in (rows, turned):
        events, people = np.array(each, dtype="float64").T
        value, lower, upper = rate(events, people)
        gap = widest_gap(value, lower, upper)
        found.append((gap.gap, heterogeneity(None, numerators=events, denominators=people)))
        assert gap.lower <= gap.gap <= gap.upper
        share = attributable_limits(value, people, lower, upper)
        assert share[1] <= share[0] <= share[2] <= 1
    assert found[0][0] == pytest.approx(found[1][0])
    assert found[0][1].chi_squared == pytest.approx(found[1][1].chi_squared, nan_ok=True)
