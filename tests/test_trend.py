"""Recent trend, against Fingertips' own tests and published markers, statsmodels and numpy."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from statsmodels.stats.contingency_tables import Table

from ehlib.measure.trend import CRITICAL, recent_trend

INJURIES = Path("data", "health", "fingertips_90284_injury_admissions_0-14_2010-11_to_2023-24.csv")

# TrendMarkerCalculatorTest.cs of ukhsa-collaboration/fingertips-open, sets 1 and 2, oldest first.
RISING = {
    "values": [24.67, 24.6, 28, 30.2, 30.6],
    "lower": [23.16, 23.15, 26.44, 28.63, 28.98],
    "upper": [26.25, 26.19, 29.64, 31.9, 32.25],
    "numerators": [994, 1023, 1199, 1332, 1367],
    "denominators": [40299, 41527, 42811, 44064, 44701],
}
LEVEL = {
    "values": [20.5506, 19.5952, 19.0349, 21.3966, 18.4372],
    "lower": [18.1803, 17.3444, 16.8421, 19.0918, 16.2925],
    "upper": [23.1427, 22.0602, 21.4394, 23.8975, 20.7941],
}
EYES = {  # TrendMarkerCalculatorTests.cs of dhsc-govuk/FingertipsNext, indicator 41203, England
    "values": [2.935, 1.93028, 2.7567, 2.8701, 3.0121],
    "lower": [2.7841, 1.8085, 2.6113, 2.7225, 2.8616],
    "upper": [3.0919, 2.058, 2.9082, 3.0237, 3.1683],
}
DIABETES = (
    [3455176, 3491868, 3625401, 3774801, 3938080],
    [48783947, 49122259, 49956777, 50649129, 51441896],
)
VACCINES = ([57274, 55865, 53681, 51767, 53185], [61834, 60511, 59074, 57508, 59028])

counts = st.lists(st.integers(0, 400), min_size=5, max_size=5)
figures = st.lists(st.floats(0, 1000), min_size=5, max_size=5)
widths = st.lists(st.floats(0.1, 100), min_size=5, max_size=5)


def proportion(events, people, **options):
    return recent_trend(None, None, None, events, people, "proportion", **options)


def weighted(values, width=1.0, **options):
    values = np.asarray(values, dtype="float64")
    return recent_trend(values, values - width, values + width, **options)


def test_weighted_trend_gives_the_chi_squared_of_fingertips_own_test():
    found = recent_trend(**RISING)
    assert round(found.chi_squared, 2) == 46.77
    assert (found.direction, found.points, found.method) == ("increasing", 5, "ci_weighted")


def test_proportion_trend_gives_the_chi_squared_of_fingertips_own_test():
    found = recent_trend(**RISING, method="proportion")
    assert round(found.chi_squared, 2) == 47.9
    assert found.direction == "increasing"


@pytest.mark.parametrize(
    ("found", "direction"),
    [
        (recent_trend(**LEVEL), "no_change"),
        (recent_trend(**EYES), "increasing"),
        (proportion(*DIABETES), "increasing"),
        (proportion(*VACCINES), "decreasing"),
    ],
)
def test_directions_are_those_of_fingertips_own_tests(found, direction):
    assert found.direction == direction


def test_threshold_is_the_chi_squared_point_that_fingertips_writes_out():
    assert pytest.approx(chi2.isf(0.002, 1), abs=1e-12) == CRITICAL
    below, above = (np.sqrt(CRITICAL / 10 * (1 + nudge)) for nudge in (-1e-9, 1e-9))
    assert weighted(np.arange(5) * below, 1.96).direction == "no_change"
    assert weighted(np.arange(5) * above, 1.96).direction == "increasing"


def test_cochran_armitage_gives_agrestis_answer_for_drinking_in_pregnancy():
    # Agresti, Categorical data analysis, table 3.7: equally spaced scores give M2 = 1.83.
    found = proportion([48, 38, 5, 1, 1], [17114, 14502, 793, 127, 38])
    assert round(found.chi_squared, 2) == 1.83


@settings(max_examples=60, deadline=None)
@given(counts, st.integers(1, 5))
def test_proportion_chi_squared_is_that_of_statsmodels(events, spare):
    people = np.array(events) + spare * np.array([7, 3, 11, 5, 2])
    found = proportion(events, people).chi_squared
    if sum(events) == 0:
        assert found == 0
        return
    table = Table(np.column_stack([people - events, events]), shift_zeros=False)
    score = table.test_ordinal_association()
    total = people.sum()  # statsmodels divides by one less than the number of people
    assert found == pytest.approx(score.zscore**2 * total / (total - 1), rel=1e-8, abs=1e-10)


@settings(max_examples=60, deadline=None)
@given(figures, widths)
def test_weighted_slope_and_chi_squared_are_those_of_polyfit(values, width):
    found = weighted(values, np.array(width))
    errors = np.array(width) * 2 / 3.92
    (slope, _), cov = np.polyfit(np.arange(1, 6), values, 1, w=1 / errors, cov="unscaled")
    assert found.slope == pytest.approx(slope, rel=1e-6, abs=1e-8)
    assert found.chi_squared == pytest.approx(slope**2 / cov[0, 0], rel=1e-6, abs=1e-8)


@pytest.fixture(scope="module")
def published(shared_dir):
    """Each series of the Fingertips download with its published marker, as our word."""
    rows = pd.read_csv(shared_dir / INJURIES).fillna({"Category Type": "", "Category": ""})
    words = {"Dec": "decreasing", "Inc": "increasing", "No ": "no_change"}
    keys = ["Area Code", "Sex", "Category Type", "Category"]
    columns = ["Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit"]
    found = []
    for _, group in rows.sort_values("Time period Sortable").groupby(keys):
        marker = group["Recent Trend"].dropna()
        if len(marker):
            word = words.get(marker.iloc[0][:3], "cannot_be_calculated")
            found.append((word, [group[column].to_numpy() for column in columns]))
    return found


def test_every_published_marker_of_injury_admissions_is_reproduced(published):
    assert len(published) == 216
    found = [(word, recent_trend(*series, gaps="skip")) for word, series in published]
    assert [trend for word, trend in found if trend.direction != word] == []


def test_a_withheld_year_is_refused_where_the_website_passes_over_it(published):
    refused = [series for word, series in published if recent_trend(*series).direction != word]
    assert len(refused) == 6
    for series in refused:
        assert np.isnan(series[0][-5:]).sum() == 1
        assert "missing among the latest five" in recent_trend(*series).reason
        assert "passed over" in recent_trend(*series, gaps="skip").reason


@pytest.mark.parametrize("sign", [1, -1])
def test_a_change_that_rests_on_one_year_is_no_change(sign):
    # Fingertips counts a slope of exactly 0 as rising, so calls only the upward jump a change.
    found = weighted(sign * np.array([10, 10, 10, 10, 20]), 0.5)
    assert found.chi_squared > CRITICAL
    assert found.direction == "no_change"
    assert "Without the fifth of the five years" in found.reason


def test_a_lone_dip_is_named():
    found = weighted([11.5, 2, 11, 10.5, 10.6], 0.5)
    assert found.direction == "no_change"
    assert "Without the second" in found.reason


def test_proportion_leaves_one_out_on_unweighted_log_odds():
    # Fits weighted by people keep their sign in the first case and lose it in the second.
    turned = proportion([123, 5, 1677, 36, 13], [1000, 100, 20_000, 1000, 100])
    assert turned.chi_squared > CRITICAL
    assert turned.direction == "no_change"
    assert "Without the first" in turned.reason
    kept = proportion([10, 27, 127, 5, 747], [100, 1000, 1000, 100, 20_000])
    assert kept.direction == "decreasing"


def test_proportion_leaves_one_out_on_log_odds_and_not_on_shares():
    # Slopes of the shares keep their sign in the first case and not in the second.
    turned = proportion([2016, 27, 35, 149, 6771], [20_000, 100, 100, 1000, 20_000])
    assert turned.direction == "no_change"
    kept = proportion([4777, 32, 936, 35, 109], [20_000, 100, 20_000, 100, 1000])
    assert kept.direction == "decreasing"


def test_weighing_that_turns_the_direction_round_is_no_change():
    # Log odds rise and the shares weighted by people fall; Fingertips would say increasing.
    found = proportion([6, 147, 2679, 1594, 18], [100, 1000, 20_000, 20_000, 100])
    assert found.chi_squared > CRITICAL
    assert found.direction == "no_change"
    assert "turns the direction round" in found.reason


def test_fewer_than_five_years_cannot_be_calculated():
    found = weighted([1, 2, 3])
    assert found.direction == "cannot_be_calculated"
    assert np.isnan([found.chi_squared, found.slope]).all()
    assert found.points == 3
    assert found.reason == "Five yearly figures are needed; found 3 yearly figures"
    assert weighted([]).points == 0


def test_only_the_latest_five_years_count():
    assert weighted([900, 1, 2, 3, 4, 5], 0.1) == weighted([1, 2, 3, 4, 5], 0.1)


@pytest.mark.parametrize("missing", range(5))
def test_a_missing_year_cannot_be_calculated_or_is_skipped(missing):
    values = np.array([1.0, 2, 3, 4, 5, 6])
    values[missing + 1] = np.nan
    assert weighted(values, 0.1).direction == "cannot_be_calculated"
    skipped = weighted(values, 0.1, gaps="skip")
    assert skipped.direction == "increasing"
    assert skipped.reason.endswith("; years without a figure are passed over")
    assert skipped.chi_squared == weighted(values[~np.isnan(values)], 0.1).chi_squared


def test_figures_before_a_change_of_definition_are_not_used():
    labels = ["v1"] * 3 + ["v2"] * 4
    found = weighted([1, 2, 3, 4, 5, 6, 7], 0.1, definitions=labels)
    assert found.direction == "cannot_be_calculated"
    assert found.reason == (
        "The definition changed, and five figures are needed but 4 yearly figures followed"
    )
    longer = weighted([90, 80, 1, 2, 3, 4, 5], 0.1, definitions=["v1"] * 2 + ["v2"] * 5)
    assert longer == weighted([1, 2, 3, 4, 5], 0.1)
    returned = weighted(range(7), 0.1, definitions=["v1", "v1", "v1", "v1", "v2", "v1", "v1"])
    assert returned.points == 2


@pytest.mark.parametrize("options", [{"frequency": "quarterly"}, {"calendar": "financial_quarter"}])
def test_quarterly_series_are_refused_and_pointed_to_spc(options):
    with pytest.raises(ValueError, match=r"use ehlib\.measure\.spc\.process_chart"):
        weighted([1, 2, 3, 4, 5], **options)


def test_overlapping_periods_and_editions_cannot_be_calculated():
    for calendar, words in [("three_calendar_years", "share years"), ("release", "not a yearly")]:
        found = weighted([1, 2, 3, 4, 5], 0.1, calendar=calendar)
        assert found.direction == "cannot_be_calculated"
        assert words in found.reason


def test_interval_without_width_cannot_be_weighed():
    found = recent_trend([1, 2, 3, 4, 5], [0, 1, 3, 3, 4], [2, 3, 3, 5, 6])
    assert found.direction == "cannot_be_calculated"
    assert "without width" in found.reason


def test_zero_and_full_counts_have_an_answer():
    assert proportion([0] * 5, [10] * 5).direction == "no_change"
    assert proportion([10] * 5, [10] * 5).chi_squared == 0
    assert proportion([0, 5, 15, 25, 60], [1000] * 5).direction == "increasing"
    assert proportion([1000, 995, 985, 975, 940], [1000] * 5).direction == "decreasing"


def test_share_of_nobody_is_a_missing_year():
    found = proportion([1, 2, 0, 4, 5], [9, 9, 0, 9, 9])
    assert (found.direction, found.points) == ("cannot_be_calculated", 4)


def test_a_suppressed_value_is_a_missing_year_for_proportions_too():
    found = recent_trend([1, 2, np.nan, 4, 5], None, None, [1, 2, 3, 4, 5], [9] * 5, "proportion")
    assert found.direction == "cannot_be_calculated"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: weighted([1, 2, np.inf, 4, 5]), "values at position 2 is inf"),
        (lambda: weighted([1, 2, 3, 4, 5], -1), "lower at position 0 is 2; expected at most upper"),
        (lambda: proportion([1, -2, 3, 4, 5], [9] * 5), "numerators at position 1 is -2"),
        (lambda: proportion([1, 2, 3, 14, 5], [9] * 5), "numerators at position 3 is 14"),
        (lambda: proportion([1, 2, 3], [9] * 5), "denominators has shape"),
        (lambda: recent_trend([1, 2, 3, 4, 5]), "method ci_weighted needs lower and upper"),
        (lambda: recent_trend([1], [1], [1], method="linear"), "method is 'linear'"),
        (lambda: weighted([1], gaps="bridge"), "gaps is 'bridge'"),
        (lambda: weighted([1, 2], definitions=["a"]), "definitions has 1 labels; expected 2"),
    ],
)
def test_wrong_arguments_are_refused_with_their_place(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@settings(max_examples=80, deadline=None)
@given(figures, widths)
def test_reversed_years_reverse_the_direction(values, width):
    there = weighted(values, np.array(width))
    back = weighted(values[::-1], np.array(width)[::-1])
    opposite = {"increasing": "decreasing", "decreasing": "increasing", "no_change": "no_change"}
    assert back.chi_squared == pytest.approx(there.chi_squared, rel=1e-9, abs=1e-9)
    if abs(there.chi_squared - CRITICAL) > 1e-6:
        assert back.direction == opposite[there.direction]


@settings(max_examples=60, deadline=None)
@given(figures, widths, st.sampled_from([0.01, 3.0, 1000.0]))
def test_the_unit_does_not_matter_and_wider_intervals_weaken(values, width, factor):
    values, width = np.array(values), np.array(width)
    plain = weighted(values, width).chi_squared
    assert weighted(values * factor, width * factor).chi_squared == pytest.approx(plain, rel=1e-6)
    assert weighted(values, width * 2).chi_squared == pytest.approx(plain / 4, rel=1e-6, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(counts, st.lists(st.integers(1, 10**9), min_size=5, max_size=5))
def test_any_counts_have_a_finite_answer(events, spare):
    people = np.array(events) + np.array(spare) - 1
    if (people == 0).any():
        return
    found = proportion(events, people)
    assert found.direction in ("increasing", "decreasing", "no_change")
    assert np.isfinite([found.chi_squared, found.slope]).all()


def test_arguments_are_left_alone():
    arrays = {name: np.array(column, dtype="float64") for name, column in RISING.items()}
    copies = {name: column.copy() for name, column in arrays.items()}
    recent_trend(**arrays)
    recent_trend(**arrays, method="proportion")
    for name, column in arrays.items():
        np.testing.assert_array_equal(column, copies[name])
