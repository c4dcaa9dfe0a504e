"""Events to a benchmark, and how long the change takes to show: checked against others' methods."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from ehlib.measure.impact import fewer_events


def test_events_are_what_the_reference_rate_would_give_the_same_population():
    # Mansfield 2013 (ONS, Conceptions 2017, table 6): 68 conceptions, 35.9 per 1,000; England 24.3
    females = 68 / 35.9 * 1000
    result = fewer_events(68, females, 24.3)
    assert result.events == pytest.approx(68 - 24.3 * females / 1000)
    assert result.events == pytest.approx(21.97, abs=0.01)
    assert result.lower < result.events < result.upper


def test_limits_are_those_of_the_count_less_what_is_wanted():
    # Garwood's exact limits of 5 events: 1.6235 to 11.6683 (Biometrika 1936, 28, 437)
    result = fewer_events(5, 1000, 2.0)
    assert (result.lower, result.upper) == pytest.approx((1.6235 - 2, 11.6683 - 2), abs=1e-4)


def test_periods_of_a_proportion_give_the_power_asked_for():
    # As many children as these periods count must reach 80 % power, and one period fewer must not
    result = fewer_events(300, 1000, 25.0, kind="proportion", multiplier=100)
    size = np.sqrt(2 * (0.3 - 0.25) ** 2 / (0.3 * 0.7 + 0.25 * 0.75))  # Fleiss: unpooled variances

    def power(periods):
        # effect / sqrt(2) per sqrt(n) is (p1 - p0) / sqrt(p1 q1 + p0 q0)
        return NormalIndPower().power(size, 1000 * periods, 0.05, ratio=1, alternative="two-sided")

    assert power(result.periods) >= 0.8
    assert power(result.periods - 1) < 0.8


def test_periods_of_a_rate_give_the_power_asked_for_in_simulation(rng):
    result = fewer_events(68, 1894, 24.3)
    draws = 40_000
    wanted = 24.3 * 1894 / 1000

    def power(periods):
        before = rng.poisson(68 * periods, draws)
        after = rng.poisson(wanted * periods, draws)
        return np.mean((before - after) / np.sqrt(before + after) > 1.959964)

    assert power(result.periods) > 0.79
    assert power(result.periods - 1) < 0.80


def test_a_place_at_its_reference_has_nothing_to_see():
    result = fewer_events(20, 1000, 20.0)
    assert result.events == 0
    assert np.isnan(result.periods)


def test_missing_counts_and_empty_places_leave_the_answer_missing():
    assert np.isnan(fewer_events(np.nan, 1000, 2.0).events)
    assert np.isnan(fewer_events(0, 0, 2.0).events)


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind is 'share'"):
        fewer_events(1, 10, 2.0, kind="share")


def test_a_share_above_the_whole_and_a_negative_population_are_refused():
    with pytest.raises(ValueError, match="from 0 to 100"):
        fewer_events(300, 1000, 150, kind="proportion", multiplier=100)
    with pytest.raises(ValueError, match="denominator is -1"):
        fewer_events(3, -1, 2.0)


def test_a_change_that_nothing_could_hide_still_takes_one_period():
    assert fewer_events(1000, 1000, 0, kind="proportion", multiplier=100).periods == 1
