"""Indices of inequality, against the R packages that define them, statsmodels and published data.

"R" in a comment means that the number came out of R 4.2.2 with the regression and the simulation
(two million draws) of `phe_sii` in PHEindicatormethods 2.1, or the regression and `confint` of
ScotPHO's inequality_index_calculations.R, on the data that those packages publish.
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import expit, logit

from ehlib.measure.inequality import (
    concentration_index,
    deprivation_groups,
    population_attributable_risk,
    range_and_ratio,
    slope_index,
)

brief = settings(max_examples=60, deadline=None)

# The example in the documentation of phe_sii, Area1.
AREA = np.array([7291, 7997, 6105, 7666, 5790, 6934, 5918, 5974, 7147, 7534])
VALUE = np.array([75.9, 78.3, 83.8, 83.6, 80.5, 81.1, 81.7, 84.2, 80.6, 86.3])
LOWER = np.array([72.7, 75.3, 80.9, 80.2, 77.1, 78, 79, 81.4, 75.8, 83.2])
UPPER = np.array([79.1, 81.4, 86.8, 87.1, 83.8, 84.2, 84.4, 86.9, 85.4, 89.4])
# tests/testthat/DSR_testdata.csv, 2010: a rate by fifth.
FIFTHS = [1434002, 1450590, 1453827, 1440980, 1457780]
RATE = [150.2200205, 131.0221747, 127.4954973, 130.494241, 135.4664241]
RATE_LOWER = [147.3194185, 128.3676972, 125.0421198, 128.2469515, 133.2469515]
RATE_UPPER = [153.1498241, 133.7051129, 129.975513, 132.7657553, 137.8657553]
# tests/testthat/NCMP_testdata.csv, 2006/07, year 6, England: a share by tenth.
MEASURED = np.array([34353, 32112, 27715, 25372, 23889, 23260, 23180, 24193, 23609, 24488])
OBESE = np.array([7287, 6881, 5656, 4868, 4176, 3876, 3617, 3546, 3314, 2960])
# inequality_index_calculations.R of ScotPHO: its test data.
SCOTLAND = [100, 70, 45, 20, 5]

TRANSFORMS = {
    "plain": (np.positive, np.positive),
    "log": (np.log, np.exp),
    "logit": (logit, expit),
}
shares = st.lists(st.tuples(st.floats(0.01, 0.9), st.integers(1, 10**6)), min_size=3, max_size=12)


def wilson(events, total):
    centre, z2 = events / total, 3.841458820694124
    half = np.sqrt(z2 * (centre * (1 - centre) / total + z2 / total**2 / 4))
    middle = centre + z2 / total / 2
    return (middle - half) / (1 + z2 / total), (middle + half) / (1 + z2 / total)


def test_slope_index_gives_the_documented_example_of_phe_sii():
    found = slope_index(VALUE, AREA, LOWER, UPPER)
    # R: regression; then the limits of its simulation, which moves by about 0.003
    assert_allclose(
        [found.sii, found.rii, found.intercept], [7.00023476008, 1.08970970491, 78.03207876953]
    )
    assert_allclose([found.lower, found.upper], [3.14921, 10.85225], atol=0.01)
    assert_allclose([found.rii_lower, found.rii_upper], [1.039437, 1.142444], atol=0.0002)


def test_log_scale_gives_phe_sii_with_its_transformation():
    found = slope_index(RATE, FIFTHS, RATE_LOWER, RATE_UPPER, "log")
    # R, value_type = 1, transform = TRUE
    assert_allclose(
        [found.sii, found.rii, found.intercept],
        [-14.036843481138, 0.901065456556, 141.880105699715],
    )
    assert_allclose([found.lower, found.upper], [-17.95341, -10.11520], atol=0.01)
    assert_allclose([found.rii_lower, found.rii_upper], [0.875284, 0.927662], atol=0.0002)


def test_logit_scale_gives_phe_sii_with_its_transformation():
    limits = wilson(OBESE, MEASURED)
    found = slope_index(OBESE / MEASURED, MEASURED, *limits, "logit", 100)
    # R, value_type = 2, transform = TRUE, multiplier = 100
    assert_allclose(
        [found.sii, found.rii, found.intercept],
        [-10.964626111259, 0.534177574325, 23.538210070887],
    )
    assert_allclose([found.lower, found.upper], [-11.48918, -10.44042], atol=0.002)
    assert_allclose([found.rii_lower, found.rii_upper], [0.518582, 0.550257], atol=0.0001)


def test_negative_multiplier_turns_the_comparison_round():
    plain = slope_index(RATE, FIFTHS, RATE_LOWER, RATE_UPPER, "log")
    turned = slope_index(RATE, FIFTHS, RATE_LOWER, RATE_UPPER, "log", -1)
    assert_allclose(
        [turned.sii, turned.lower, turned.upper], [-plain.sii, -plain.upper, -plain.lower]
    )
    assert_allclose(
        [turned.rii, turned.rii_lower, turned.rii_upper],
        [1 / plain.rii, 1 / plain.rii_upper, 1 / plain.rii_lower],
    )
    assert "least deprived end less its most deprived end, below 0" in plain.definition
    assert "most deprived end less its least deprived end, above 0" in turned.definition


def test_linear_model_gives_the_example_of_scotpho():
    found = slope_index(SCOTLAND, [1000] * 5, method="linear_model")
    # R: sii 120, confint 95.6936648515 to 144.3063351485; the example's rate of all is 48
    assert_allclose(
        [found.sii, found.lower, found.upper, found.rii],
        [120, 95.6936648515, 144.3063351485, 120 / 48],
    )
    assert_allclose([found.rii_lower, found.rii_upper], [95.6936648515 / 48, 144.3063351485 / 48])
    found = slope_index(SCOTLAND, [1200, 900, 1100, 1000, 800], method="linear_model")
    # R, with populations that differ
    assert_allclose(
        [found.sii, found.lower, found.upper], [121.165413534, 102.470152705, 139.860674363]
    )
    assert "Scotland" in found.definition
    assert "most deprived end less its least deprived end, above 0" in found.definition


@brief
@given(shares)
def test_plain_slope_is_the_weighted_regression_of_statsmodels(rows):
    values, people = np.array(rows).T
    part = people / people.sum()
    ridit = np.cumsum(part) - part / 2
    fit = sm.WLS(values, sm.add_constant(ridit), weights=part).fit()
    found = slope_index(values, people)
    assert_allclose(
        [found.intercept, found.sii], fit.params, rtol=1e-6, atol=1e-9 * np.abs(values).max()
    )


@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_linear_model_limits_are_those_of_statsmodels(confidence):
    part = AREA / AREA.sum()
    ridit = np.cumsum(part) - part / 2
    fit = sm.WLS(VALUE, sm.add_constant(ridit), weights=part).fit()
    low, high = fit.conf_int(1 - confidence)[1]
    found = slope_index(VALUE, AREA, method="linear_model", confidence=confidence)
    assert_allclose([found.lower, found.upper], [-high, -low])


@pytest.mark.parametrize(("scale", "multiplier"), [("plain", 100), ("log", 100), ("logit", -100)])
def test_limits_are_those_of_the_simulation_they_stand_for(scale, multiplier):
    there, back = TRANSFORMS[scale]
    value, limits = OBESE / MEASURED, wilson(OBESE, MEASURED)
    error = (there(limits[1]) - there(limits[0])) / 2 / 1.959963984540054
    part = MEASURED / MEASURED.sum()
    ridit = np.cumsum(part) - part / 2
    design = np.column_stack([np.sqrt(part), ridit * np.sqrt(part)])
    draws = np.random.default_rng(1).normal(there(value), error, (100_000, 10)) * np.sqrt(part)
    first, slope = np.linalg.lstsq(design, draws.T, rcond=None)[0]
    found = slope_index(value, MEASURED, *limits, scale, multiplier)
    if scale == "plain":
        expected = np.quantile(multiplier * slope, [0.025, 0.975])
        ratios = np.quantile((first + slope) / first, [0.025, 0.975])
        assert_allclose([found.rii_lower, found.rii_upper], ratios, atol=0.001)
    else:  # phe_sii turns the line round its middle
        fitted = np.linalg.lstsq(design, there(value) * np.sqrt(part), rcond=None)[0]
        edges, middle = np.quantile(slope, [0.025, 0.975]), fitted[0] + fitted[1] / 2
        expected = sorted(multiplier * (back(middle + edges / 2) - back(middle - edges / 2)))
    assert_allclose([found.lower, found.upper], expected, atol=0.02)


def test_several_areas_at_once_equal_one_at_a_time():
    values = np.stack([VALUE, VALUE[::-1]])
    both = slope_index(values, AREA, values - 2, values + 3)
    one = slope_index(VALUE[::-1], AREA, VALUE[::-1] - 2, VALUE[::-1] + 3)
    for name in ("sii", "rii", "lower", "upper", "rii_lower", "rii_upper", "intercept"):
        assert getattr(both, name)[1] == pytest.approx(getattr(one, name), rel=1e-12)


@brief
@given(st.floats(0.001, 0.9), st.lists(st.integers(1, 10**6), min_size=2, max_size=10))
def test_equal_groups_have_no_inequality(value, people):
    values = [value] * len(people)
    for scale in ("plain", "log", "logit"):
        found = slope_index(values, people, scale=scale)
        assert found.sii == pytest.approx(0, abs=1e-9)
        assert found.rii == pytest.approx(1)
    found = slope_index(values, people, method="linear_model")
    assert_allclose([found.sii, found.rii], 0, atol=1e-9)
    found = range_and_ratio(values)
    assert (found.range, found.ratio) == (0, 1)
    assert population_attributable_risk(values, people) == pytest.approx(0, abs=1e-9)
    assert concentration_index(values, people) == pytest.approx(0, abs=1e-9)


def test_no_events_at_all_are_no_inequality():
    nothing = [0.0, 0.0, 0.0]
    found = slope_index(nothing, [5, 6, 7], nothing, [0.1, 0.1, 0.1])
    assert (found.sii, found.rii) == (0, 1)
    assert found.lower < 0 < found.upper
    assert np.isnan(slope_index(nothing, [5, 6, 7], scale="log").sii)
    assert slope_index(nothing, [5, 6, 7], method="linear_model").rii == 0
    assert population_attributable_risk(nothing, [5, 6, 7]) == 0
    assert concentration_index(nothing, [5, 6, 7]) == 0
    assert np.isnan(range_and_ratio(nothing).ratio)


@brief
@given(shares, st.floats(0.01, 1000))
def test_unit_scales_the_slope_and_leaves_the_ratios(rows, unit):
    values, people = np.array(rows).T
    plain, scaled = slope_index(values, people), slope_index(values * unit, people * 3)
    assert_allclose(scaled.sii, plain.sii * unit, rtol=1e-6, atol=1e-9 * unit)
    assert_allclose(scaled.rii, plain.rii, rtol=1e-6)
    for index in (population_attributable_risk, concentration_index):
        assert index(values * unit, people * 3) == pytest.approx(
            index(values, people), rel=1e-6, abs=1e-9
        )


@brief
@given(shares)
def test_group_of_nobody_changes_nothing(rows):
    values, people = np.array(rows).T
    more_values, more_people = np.insert(values, 1, np.nan), np.insert(people, 1, 0)
    found, expected = slope_index(more_values, more_people), slope_index(values, people)
    assert_allclose([found.sii, found.rii], [expected.sii, expected.rii])
    assert concentration_index(more_values, more_people) == pytest.approx(
        concentration_index(values, people), abs=1e-9
    )


def test_missing_group_or_population_leaves_everything_missing():
    for values, people in (([1, np.nan, 3], [1, 1, 1]), ([1, 2, 3], [1, np.nan, 1])):
        for method in ("phe", "linear_model"):
            found = slope_index(values, people, method=method)
            assert np.isnan([found.sii, found.rii, found.intercept]).all()
        assert np.isnan(population_attributable_risk(values, people))
        assert np.isnan(concentration_index(values, people))
    assert np.isnan(slope_index([1, 2, 3], [0, 0, 0]).sii)


def test_without_limits_of_the_groups_there_are_none_of_the_index():
    found = slope_index(VALUE, AREA)
    assert np.isnan([found.lower, found.upper, found.rii_lower, found.rii_upper]).all()
    assert found.sii == pytest.approx(7.00023476008)


def test_ratio_is_missing_where_a_fitted_end_is_below_nothing():
    # the line through 90, 10, 1 ends below 0
    found = slope_index([90, 10, 1], [1, 1, 1], [80, 8, 0], [100, 12, 2])
    assert found.intercept + found.sii < 0
    assert np.isnan([found.rii, found.rii_lower, found.rii_upper]).all()


def test_ratio_has_no_limits_where_the_most_deprived_end_could_be_nothing():
    found = slope_index([1, 2, 3], [1, 1, 1], [-9, -8, -7], [11, 12, 13])
    assert found.rii == pytest.approx(7)
    assert np.isnan([found.rii_lower, found.rii_upper]).all()
    assert found.lower < found.sii < found.upper


def test_range_and_ratio_compare_the_ends():
    # ScotPHO: absolute range 95, relative range 20
    found = range_and_ratio(SCOTLAND)
    assert (found.range, found.ratio) == (95, 20)
    found = range_and_ratio([0.2, 9, 0.1], [0.15, 9, 0.08], [0.26, 9, 0.13])
    # Newcombe's construction by hand: 0.1 - sqrt(0.05^2 + 0.03^2), 0.1 + sqrt(0.06^2 + 0.02^2)
    assert_allclose([found.range_lower, found.range_upper], [0.041690481, 0.163245553])
    assert 1 < found.ratio_lower < 2 < found.ratio_upper
    assert "most deprived" in found.definition


def test_population_attributable_risk_gives_the_example_of_scotpho():
    # R: sum((value / 5 - 1) * share) over that plus 1
    assert population_attributable_risk(SCOTLAND, [1000] * 5) == pytest.approx(0.895833333333)
    assert population_attributable_risk([1, 3], [1, 1]) == pytest.approx(-0.5)
    assert np.isnan(population_attributable_risk([3, 1], [1, 0]))


def test_concentration_index_gives_the_world_banks_example():
    # O'Donnell et al (2008), Analyzing health equity using household survey data, table 8.1:
    # deaths under five by fifth, India 1993; -0.1694
    deaths, births = [154.7, 152.9, 119.5, 86.9, 54.3], [29939, 28776, 26528, 24689, 19739]
    assert concentration_index(deaths, births) == pytest.approx(-0.1694, abs=0.00005)


@brief
@given(shares)
def test_concentration_index_is_the_area_under_the_concentration_curve(rows):
    values, people = np.array(rows).T
    across = np.concatenate([[0], np.cumsum(people) / people.sum()])
    up = np.concatenate([[0], np.cumsum(values * people) / (values * people).sum()])
    expected = 1 - 2 * np.trapezoid(up, across)
    assert concentration_index(values, people) == pytest.approx(expected, abs=1e-9)
    turned = concentration_index(values[::-1], people[::-1])
    assert turned == pytest.approx(-expected, abs=1e-9)


@pytest.mark.parametrize(
    ("file", "rank", "decile", "areas"),
    [
        ("iod2025_lsoa21", "IMD_rank", "IMD_decile", 33_755),
        ("iod2019_lsoa11", "imd_rank", "imd_decile", 32_844),
        ("iod2019_lsoa11", "idaci_rank", "idaci_decile", 32_844),
        ("iod2015_lsoa11", "IMD_rank", "IMD_decile", 32_844),
        ("iod2010_lsoa01", "IMD_rank", "IMD_decile", 32_482),
    ],
)
def test_published_deciles_of_the_indices_come_out(shared_dir: Path, file, rank, decile, areas):
    table = pd.read_csv(shared_dir / "data" / "deprivation" / f"{file}_nottinghamshire.csv")
    of_rank = deprivation_groups(-np.arange(1, areas + 1))
    assert (of_rank[table[rank] - 1] == table[decile]).all()


@pytest.mark.parametrize("k", [3, 5, 10])
def test_deprivation_groups_agree_with_phstatsmethods(k):
    package = pytest.importorskip("PHStatsMethods")
    rng = np.random.default_rng(k)
    for areas in (k, 17, 100, 503):
        scores = rng.integers(0, areas, areas).astype(float)
        frame = pd.DataFrame({"score": scores})
        expected = package.ph_quantile(frame, "score", nquantiles=k, type="standard")
        found = deprivation_groups(scores, k)
        assert_allclose(found, expected["quantile"].astype(float))


def test_equal_scores_share_the_lower_group_and_too_few_have_none():
    # by hand: n = 6, k = 3; the 4s have rank 2, floor(4 - ceil(5 / 2)) = 1
    found = deprivation_groups([5, 4, 4, 3, 2, 1, np.nan], 3)
    assert_allclose(found, [1, 1, 1, 2, 3, 3, np.nan])
    assert np.isnan(deprivation_groups([3, 1, np.nan], 3)).all()


@brief
@given(st.lists(st.integers(0, 50), min_size=10, max_size=60), st.randoms())
def test_deprivation_groups_follow_the_area_not_its_row(scores, random):
    order = random.sample(range(len(scores)), len(scores))
    found = deprivation_groups(scores)
    assert_allclose(deprivation_groups(np.array(scores)[order]), found[order])
    assert found.min() == 1
    assert found.max() <= 10


def test_fingertips_deciles_of_injury_admissions_have_a_gradient(shared_dir: Path):
    path = shared_dir / "data/health/fingertips_90284_injury_admissions_0-14_2010-11_to_2023-24.csv"
    table = pd.read_csv(path)
    kind = "District & UA deprivation deciles in England (IMD2019, 4/23 geography)"
    table = table[(table["Category Type"] == kind) & (table["Time period"] == "2018/19")]
    assert len(table) == 10
    assert table["Category"].iloc[0].startswith("Most deprived")
    assert table["Category"].iloc[-1].startswith("Least deprived")
    limits = table["Lower CI 95.0 limit"], table["Upper CI 95.0 limit"]
    found = slope_index(table["Value"], table["Denominator"], *limits)
    part = (table["Denominator"] / table["Denominator"].sum()).to_numpy()
    ridit = np.cumsum(part) - part / 2
    fit = sm.WLS(table["Value"].to_numpy(), sm.add_constant(ridit), weights=part).fit()
    assert_allclose([found.intercept, found.sii], fit.params)
    assert found.upper < -20  # admissions per 10,000 more in the most deprived tenth
    assert 0.7 < found.rii < 0.8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: slope_index([1], [1]), "expected two groups or more"),
        (lambda: slope_index([1, 2], [1, -3]), "populations at position 1 is -3"),
        (lambda: slope_index([1, np.inf], [1, 3]), "values at position 1 is inf"),
        (lambda: slope_index([1, 2], [1, 1], [0, 3], [2, 1]), "lower at position 1 is 3"),
        (lambda: slope_index([1, 2], [1, 1], [0, 3]), "lower and upper go together"),
        (lambda: slope_index([1, -2], [1, 1], scale="log"), "values at position 1 is -2"),
        (lambda: slope_index([0.1, 2], [1, 1], scale="logit"), "values at position 1 is 2"),
        (lambda: slope_index([1, 2], [1, 1], scale="cubic"), "scale is 'cubic'"),
        (lambda: slope_index([1, 2], [1, 1], method="poisson"), "method is 'poisson'"),
        (
            lambda: slope_index([1, 2], [1, 1], scale="log", method="linear_model"),
            "plain scale and a multiplier above 0 only",
        ),
        (lambda: slope_index([1, 2], [1, 1], [0, 1], [2, 3], confidence=5), "confidence is 5"),
        (lambda: range_and_ratio([1, -2]), "values at position 1 is -2"),
        (lambda: concentration_index([1, -2], [1, 1]), "values at position 1 is -2"),
        (lambda: population_attributable_risk([1, -2], [1, 1]), "values at position 1 is -2"),
        (lambda: deprivation_groups([1, 2, 3], 1), "k is 1; expected 2 or more"),
    ],
)
def test_wrong_arguments_are_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@brief
@given(
    st.lists(st.tuples(st.sampled_from([0, 0.5, 1]), st.sampled_from([0, 1, 10**9])), min_size=2)
)
def test_no_edge_makes_a_warning(rows):
    values, people = np.array(rows).T
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scale in ("plain", "log", "logit"):
            for multiplier in (1, -1):
                slope_index(values, people, values / 2, (values + 1) / 2, scale, multiplier)
        slope_index(values, people, method="linear_model")
        range_and_ratio(values, values / 2, (values + 1) / 2)
        population_attributable_risk(values, people)
        concentration_index(values, people)
        deprivation_groups(values, 2)
