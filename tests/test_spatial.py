"""Neighbours, Moran's I and smoothed rates, against spdep, esda, libpysal and full enumeration.

"spdep" in a comment means that the number came out of spdep 1.2-7 in R.
"""

import warnings
from itertools import combinations, permutations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from shapely.geometry import box

from ehlib.measure.spatial import empirical_bayes, global_moran, local_moran, neighbour_weights

brief = settings(max_examples=40, deadline=None)

# De Smith, Goodchild and Longley, Geospatial analysis: ten areas, as in the examples of libpysal.
HEIGHTS = [2.24, 3.10, 4.55, -5.15, -4.39, 0.46, 5.54, 9.02, -2.09, -3.06]
BESIDE = [(2, 4), (1, 5), (4, 7), (1, 3, 5, 8), (2, 4, 6, 9), (5, 10), (3, 8), (4, 7, 9)]
BESIDE += [(5, 8, 10), (6, 9)]
# Nottinghamshire's districts and the districts that each shares a boundary with.
DISTRICTS = {
    "Ashfield": "Broxtowe Gedling Mansfield Newark",
    "Bassetlaw": "Mansfield Newark",
    "Broxtowe": "Ashfield Rushcliffe",
    "Gedling": "Ashfield Newark Rushcliffe",
    "Mansfield": "Ashfield Bassetlaw Newark",
    "Newark": "Ashfield Bassetlaw Gedling Mansfield Rushcliffe",
    "Rushcliffe": "Broxtowe Gedling Newark",
}
# Marshall (1991), whose data come with R's spData as auckland: deaths under 5 in 1977-85 and
# children under 5 in 1981, in 167 areas of Auckland.
DEATHS = """
8 2 5 8 1 2 2 1 6 2 15 6 6 3 2 5 3 1 5 4 3 8 20 13 4 3 2 0 3 1 2 4 2 5 4 10 8 7 3 7 15 9 8 14 12
10 5 6 5 3 4 9 4 4 10 6 8 3 4 7 3 8 6 8 24 15 1 8 5 1 5 15 11 4 1 5 2 13 14 3 11 26 5 4 1 4 5 8 5 4
11 4 1 5 2 6 4 9 16 4 2 12 5 7 12 12 14 12 7 3 3 5 9 9 4 3 11 10 2 10 17 5 9 17 10 18 10 17 9 6 29
12 8 11 11 3 8 24 4 7 7 4 1 3 15 34 27 26 8 13 11 31 7 17 14 38 4 27 10 10 6 18 2 5 28 18 3
"""
CHILDREN = """
252 45 360 366 54 36 72 27 708 234 522 183 165 225 93 225 144 120 336 369 534 429 858 756 354 72 63
45 75 114 180 282 144 402 168 699 423 408 165 195 273 522 372 369 429 447 222 264 432 201 189 327
198 279 306 306 162 189 315 429 141 522 570 435 981 858 138 204 39 6 90 486 324 165 189 438 153 375
234 219 435 933 99 81 93 234 183 393 303 339 450 258 135 168 153 177 288 516 318 201 66 309 261 516
285 495 255 444 465 261 225 414 471 459 282 150 225 228 21 288 366 204 216 378 309 480 384 348 351
450 543 423 399 345 339 288 306 1359 372 330 360 192 162 183 528 795 891 1209 357 618 528 1248 186
918 387 1290 255 1407 570 306 312 594 177 177 762 714 303
"""


def weights_of(neighbours):
    weights = np.zeros((len(neighbours), len(neighbours)))
    for area, others in enumerate(neighbours):
        weights[area, list(others)] = 1 / len(others)
    return weights


def chessboard(rows, columns):
    squares = [box(x, y, x + 1, y + 1) for y in range(rows) for x in range(columns)]
    return gpd.GeoDataFrame(geometry=squares, crs="EPSG:27700")


TEN = weights_of([[other - 1 for other in others] for others in BESIDE])
SEVEN = weights_of(
    [[list(DISTRICTS).index(other) for other in others.split()] for others in DISTRICTS.values()]
)


def test_squares_that_meet_at_a_corner_are_neighbours():
    weights = neighbour_weights(chessboard(3, 3))
    assert_allclose((weights > 0).sum(axis=1), [3, 5, 3, 5, 8, 5, 3, 5, 3])
    assert_allclose(weights.sum(axis=1), 1)
    assert_allclose(np.diag(weights), 0)


def test_neighbours_are_those_of_libpysal(shared_dir: Path):
    libpysal = pytest.importorskip("libpysal")
    path = shared_dir / "data/boundaries/lsoa2011_nottinghamshire.geojson"
    areas = gpd.read_file(path).to_crs("EPSG:27700").head(200)
    queen = libpysal.weights.Queen.from_dataframe(areas, use_index=False, silence_warnings=True)
    queen.transform = "r"
    assert_allclose(neighbour_weights(areas), queen.full()[0])


def test_island_has_no_weights_and_is_said_to_be_left_out():
    areas = gpd.GeoDataFrame(geometry=[*chessboard(2, 2).geometry, box(9, 9, 10, 10)])
    weights = neighbour_weights(areas)
    assert not weights[4].any()
    values = [1.0, 2.0, 4.0, 3.0, 100.0]
    found, local = global_moran(values, weights), local_moran(values, weights)
    assert found.left_out == local.left_out == (4,)
    assert found.statistic == pytest.approx(global_moran(values[:4], weights[:4, :4]).statistic)
    assert np.isnan(local.statistic[4])
    assert local.quadrant[4] == ""


def test_area_without_a_shape_is_refused_with_its_position():
    areas = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), None])
    with pytest.raises(ValueError, match="boundaries at position 1 have no shape"):
        neighbour_weights(areas)


def test_global_moran_gives_the_textbook_example():
    found = global_moran(HEIGHTS, TEN)
    # spdep: moran()
    assert found.statistic == pytest.approx(0.0736124311106, rel=1e-11)
    assert found.expected == pytest.approx(-1 / 9)
    assert not found.exact


def test_local_moran_gives_the_textbook_example():
    # spdep: localmoran()
    expected = [-0.1267697456049, -0.2215615840862, -0.1483489831659, -0.5752264800496]
    expected += [0.5343889894382, 0.1356457012670, 1.3238699793100, -0.6460478283073]
    expected += [0.0789042534231, 0.3812700088817]
    assert_allclose(local_moran(HEIGHTS, TEN).statistic, expected, rtol=1e-11)


def test_quadrants_are_those_of_the_textbook_example():
    # Moran_Local of esda documents 4, 4, 4, 2, 3, 3, 1, 4, 3, 3 for these areas
    names = ["", "high among high", "low among high", "low among low", "high among low"]
    expected = [names[quadrant] for quadrant in (4, 4, 4, 2, 3, 3, 1, 4, 3, 3)]
    assert local_moran(HEIGHTS, TEN).quadrant.tolist() == expected


def test_one_small_p_value_among_many_areas_is_no_cluster():
    found = local_moran(HEIGHTS, TEN, level=0.06)
    assert found.reason == ""
    assert found.p_value[6] == pytest.approx(2 / 36)
    assert not found.cluster.any()


@pytest.mark.filterwarnings("ignore:The alternative hypothesis")
def test_columbus_gives_the_values_of_spdep_and_esda():
    libpysal, esda = pytest.importorskip("libpysal"), pytest.importorskip("esda")
    areas = gpd.read_file(libpysal.examples.get_path("columbus.shp"))
    crime, weights = areas["CRIME"].to_numpy(), neighbour_weights(areas)
    found, local = global_moran(crime, weights), local_moran(crime, weights)
    # spdep: moran.test() and localmoran()
    assert found.statistic == pytest.approx(0.50018855718286, rel=1e-12)
    assert_allclose(local.statistic[:3], [0.73681849060836, 0.52877701326597, 0.09385074166160])
    assert found.p_value == pytest.approx(2e-4)  # no random arrangement comes near
    queen = libpysal.weights.Queen.from_dataframe(areas, use_index=False)
    queen.transform = "r"
    other = esda.Moran_Local(crime, queen, permutations=9_999, seed=1)
    assert_allclose(local.statistic, other.Is * 49 / 48)  # esda divides by n - 1
    above = (other.rlisas >= other.Is[:, None]).sum(axis=1)
    tail = (np.minimum(above, 9_999 - above) + 1) / 10_000
    assert_allclose(local.p_value, np.minimum(2 * tail, 1), atol=0.03)


def test_local_p_values_are_those_of_trying_every_set_of_neighbours():
    centred = np.array(HEIGHTS) - np.mean(HEIGHTS)
    found = local_moran(HEIGHTS, TEN)
    for area, others in enumerate(BESIDE):
        rest = np.delete(centred, area)
        around = np.array([np.mean(each) for each in combinations(rest, len(others))])
        seen = centred[[other - 1 for other in others]].mean()
        tail = min((around >= seen - 1e-9).mean(), (around <= seen + 1e-9).mean())
        assert found.p_value[area] == pytest.approx(min(1, 2 * tail))
        assert found.smallest_p[area] == pytest.approx(2 / len(around))


def test_unequal_and_one_sided_weights_are_tried_in_every_order():
    values = np.array([2.0, 7.0, 1.0, 8.0, 3.0])
    weights = np.zeros((5, 5))
    weights[0, [1, 2]], weights[1, [0, 3]], weights[2, [3, 4]] = [0.7, 0.3], 0.5, [0.9, 0.1]
    weights[3, 0] = 1  # the fifth has no neighbours of its own, but is one
    found = local_moran(values, weights, level=0.3)
    around = np.array([0.7 * a + 0.3 * b for a, b in permutations(values[1:], 2)])
    seen = 0.7 * values[1] + 0.3 * values[2]
    tail = min((around >= seen - 1e-9).mean(), (around <= seen + 1e-9).mean())
    assert found.p_value[0] == pytest.approx(2 * tail)
    assert_allclose(found.smallest_p, [2 / 12, 2 / 6, 2 / 12, 2 / 4, 1])
    assert (found.statistic[4], found.p_value[4]) == (0, 1)


def test_global_p_value_of_few_areas_is_that_of_trying_every_order():
    values = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0])
    centred = values - values.mean()
    every = np.array([np.array(order) @ SEVEN @ order for order in permutations(centred)])
    seen = centred @ SEVEN @ centred
    tail = min((every >= seen - 1e-9).mean(), (every <= seen + 1e-9).mean())
    found = global_moran(values, SEVEN)
    assert found.exact
    assert found.p_value == pytest.approx(2 * tail)
    assert found.statistic == pytest.approx(seen / (centred**2).sum())  # weights sum to n
    scaled = every / (centred**2).sum()
    assert found.expected == pytest.approx(scaled.mean())


@brief
@given(st.lists(st.integers(0, 10**6), min_size=7, max_size=7, unique=True))
def test_no_district_of_nottinghamshire_can_reach_five_per_cent(values):
    found = local_moran(values, SEVEN)
    assert found.smallest_p.min() == pytest.approx(0.1)
    assert np.isnan(found.p_value).all()
    assert not found.cluster.any()
    assert found.reason == (
        "No area can be called a cluster: with 7 areas, even the most extreme arrangement of "
        "values has a p-value of 0.1, above 0.05."
    )


def test_published_boundaries_give_the_neighbours_of_nottinghamshire(shared_dir: Path):
    path = shared_dir / "data/boundaries/lsoa2011_nottinghamshire.geojson"
    lsoas = gpd.read_file(path).to_crs("EPSG:27700")
    lsoas = lsoas[lsoas["LADCD"].str.startswith("E0700017")]
    districts = lsoas.dissolve("LADCD").sort_index()
    assert_allclose(neighbour_weights(districts), SEVEN)


def test_a_looser_level_is_not_refused():
    found = local_moran([9, 1, 8, 7, 2, 3, 6], SEVEN, level=0.15)
    assert found.reason == ""
    assert not np.isnan(found.p_value).any()


def test_a_real_cluster_is_found_and_noise_is_not(rng):
    weights = neighbour_weights(chessboard(10, 10))
    values = rng.normal(0, 1, 100)
    assert local_moran(values, weights).cluster.sum() <= 5
    values.reshape(10, 10)[2:5, 2:5] += 6
    found = local_moran(values, weights)
    assert found.cluster.reshape(10, 10)[3, 3]
    assert found.quadrant[33] == "high among high"
    assert global_moran(values, weights).p_value < 0.01


def test_missing_value_is_left_out_and_the_others_weights_sum_to_one_again():
    values = np.array([*HEIGHTS[:-1], np.nan])
    rest = TEN[:9, :9] / TEN[:9, :9].sum(axis=1, keepdims=True)
    found, local = global_moran(values, TEN), local_moran(values, TEN)
    assert found.left_out == (9,)
    assert found.statistic == pytest.approx(global_moran(values[:9], rest).statistic)
    assert_allclose(local.statistic[:9], local_moran(values[:9], rest).statistic)
    assert np.isnan([local.statistic[9], local.p_value[9], local.smallest_p[9]]).all()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([5.0] * 10, "All areas have the same value."),
        ([np.nan] * 8 + [1.0, 2.0], "Only 2 areas have a value and a neighbour; three are needed."),
    ],
)
def test_what_cannot_be_calculated_is_missing_with_its_reason(values, reason):
    found, local = global_moran(values, TEN), local_moran(values, TEN)
    assert found.reason == local.reason == reason
    assert np.isnan([found.statistic, found.p_value]).all()
    assert np.isnan(local.statistic).all()
    assert not local.cluster.any()


def test_seed_fixes_the_random_arrangements():
    assert global_moran(HEIGHTS, TEN, seed=3) == global_moran(HEIGHTS, TEN, seed=3)
    near = [global_moran(HEIGHTS, TEN, seed=seed).p_value for seed in range(3)]
    assert np.ptp(near) < 0.04


@brief
@given(
    st.lists(st.integers(-1000, 1000), min_size=7, max_size=7, unique=True),
    st.floats(0.01, 100),
    st.floats(-100, 100),
    st.permutations(range(7)),
)
def test_unit_and_order_of_areas_change_nothing(values, unit, origin, order):
    values, order = np.array(values, dtype=float), list(order)
    found = global_moran(values, SEVEN)
    moved = global_moran(values[order] * unit + origin, SEVEN[np.ix_(order, order)])
    assert moved.statistic == pytest.approx(found.statistic, rel=1e-6, abs=1e-9)
    assert moved.p_value == pytest.approx(found.p_value)


@pytest.mark.parametrize(
    ("values", "weights", "message"),
    [
        ([1, 2, 3], np.ones((2, 2)), r"weights have the shape \(2, 2\); expected \(3, 3\)"),
        ([1, 2], [[0, -1], [1, 0]], "weights at position 1 is -1"),
        ([1, 2], [[0, np.nan], [1, 0]], "weights at position 1 is nan"),
        ([1, 2], [[0, 1], [1, 1]], "weights on the diagonal at position 1 is 1; expected 0"),
        ([1, np.inf], [[0, 1], [1, 0]], "values at position 1 is inf"),
    ],
)
def test_wrong_weights_are_refused_in_words(values, weights, message):
    for moran in (global_moran, local_moran):
        with pytest.raises(ValueError, match=message):
            moran(values, weights)


def test_empirical_bayes_gives_marshalls_data():
    deaths, children = (np.array(text.split(), dtype=float) for text in (DEATHS, CHILDREN))
    found = empirical_bayes(deaths, 9 * children)
    # spdep: EBest()
    expected = [0.00297803392572, 0.00286562329254, 0.00211816466150]
    expected += [0.00253580831875, 0.00256520148587, 0.00292454654368]
    assert_allclose(found[:6], expected, rtol=1e-11)
    assert_allclose([found.min(), found.mean()], [0.00148678290, 0.00264814931], rtol=1e-8)
    thousand = empirical_bayes(deaths, 9 * children, 1000)
    assert_allclose(thousand, 1000 * found)


def test_empirical_bayes_agrees_with_esda():
    esda = pytest.importorskip("esda")
    deaths, children = (np.array(text.split(), dtype=float) for text in (DEATHS, CHILDREN))
    expected = esda.smoothing.Empirical_Bayes(deaths, children).r.ravel()
    assert_allclose(empirical_bayes(deaths, children), expected)


def test_rates_that_differ_no_more_than_chance_makes_them_become_one():
    # esda lets the variance fall below 0 here; Marshall takes 0
    assert_allclose(empirical_bayes([10, 11, 9], [100, 100, 100]), 0.1)


def test_empirical_bayes_has_defined_answers_at_zero_and_missing():
    found = empirical_bayes([0, 40, np.nan, 3], [100, 100, 100, 0])
    alone = empirical_bayes([0, 40], [100, 100])
    assert_allclose(found, [*alone, np.nan, np.nan])
    assert_allclose(empirical_bayes([0, 0], [10, 20]), 0)
    assert np.isnan(empirical_bayes([0, 0], [0, 0])).all()
    with pytest.raises(ValueError, match="counts at position 1 is -4"):
        empirical_bayes([1, -4], [10, 20])


@brief
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 10**6)), min_size=2, max_size=20))
def test_smoothed_rates_lie_between_the_raw_rate_and_that_of_all(rows):
    counts, populations = np.array(rows).T
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = empirical_bayes(counts, populations)
    raw, overall = counts / populations, counts.sum() / populations.sum()
    slack = 1e-12 + 1e-9 * overall
    assert (found >= np.minimum(raw, overall) - slack).all()
    assert (found <= np.maximum(raw, overall) + slack).all()
