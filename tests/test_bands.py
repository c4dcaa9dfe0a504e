"""Weeks until episodes close: bands in which nothing is small, for all who are shown."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from ehlib.load.schema import COLUMNS
from ehlib.measure.disclosure.policy import read_policies
from ehlib.measure.release.bands import band_weeks, opened_in_a_year
from ehlib.measure.survival import aggregate_time_to_close, kaplan_meier, read_weeks, share_ended

POLICY = read_policies().classes["case"]
LEVELS = ["level 1", "level 2"]
AREAS = {"L1": "locality", "L2": "locality", "E1": "county"}
WEEKS = 40


def observations(table: np.ndarray) -> pd.DataFrame:
    """Counts of two localities, two levels, closed and still open, by week; and of the county."""
    rows = []
    for code, places in {"L1": [0], "L2": [1], "E1": [0, 1]}.items():
        for level, of in {"": [0, 1], LEVELS[0]: [0], LEVELS[1]: [1]}.items():
            closed, still_open = table[np.ix_(places, of)].sum(axis=(0, 1))
            for week, (ended, left) in enumerate(zip(closed, still_open, strict=True)):
                kind = "level_and_week" if level else "week"
                name = f"{level}, week {week:02d}" if level else f"week {week:02d}"
                rows.append((code, AREAS[code], kind, name, float(ended), float(ended + left)))
    names = ["area_code", "area_type", "category_type", "category", "numerator", "denominator"]
    frame = pd.DataFrame(rows, columns=names).assign(
        indicator_id="early_help_weeks",
        area_name=lambda each: each["area_code"],
        period="2013/14-Q3",
        period_start=pd.Timestamp("2013-10-01"),
        period_end=pd.Timestamp("2013-12-31"),
        sex="persons",
        age="0-17",
        value_note="synthetic",
        source_id="early_help_episodes",
    )
    return frame[frame["denominator"] > 0].reindex(columns=COLUMNS)


def tables(scale: int = 9) -> st.SearchStrategy[np.ndarray]:
    seeds = st.integers(0, 2**32 - 1)
    means = st.floats(0.05, scale)
    return st.builds(
        lambda seed, mean: np.random.default_rng(seed).poisson(
            np.random.default_rng(seed + 1).gamma(0.7, mean, (2, 2, 2, WEEKS))
        ),
        seeds,
        means,
    )


@settings(max_examples=12)
@given(tables())
def test_nobody_or_at_least_five_closed_and_stay_open_in_every_band(table):
    bands = band_weeks(observations(table), POLICY)
    left = bands["denominator"] - bands["numerator"]
    for counts in (bands["numerator"], left):
        assert not counts.between(1, POLICY.threshold - 1).any()


@settings(max_examples=12)
@given(tables())
def test_bands_of_places_and_of_levels_end_where_they_can_be_added(table):
    """Differences between areas and levels are whole bands again, and so are not small."""
    weeks = read_weeks(band_weeks(observations(table), POLICY))
    county = weeks[weeks["area_type"] == "county"]
    whole = county[county["level"] == ""].set_index("week")["denominator"]
    levels = county[county["level"] != ""].groupby("week")["denominator"].sum()
    for end, count in levels.cumsum().items():
        assert count == whole[whole.index <= end].sum()
    local = weeks[weeks["area_type"] == "locality"].groupby("week")["denominator"].sum()
    assert local.empty or local.equals(whole.loc[local.index])


@settings(max_examples=10)
@given(tables(3))
def test_no_level_of_a_locality_can_be_proved_small(table):
    """What is shown are the margins: a linear programme raises each hidden cell to 5 or more."""
    bands = read_weeks(band_weeks(observations(table), POLICY))
    if set(bands["level"]) != {"", *LEVELS} or "locality" not in set(bands["area_type"]):
        return
    ends = sorted(bands.loc[bands["level"] == "", "week"].astype(int).unique())
    cells = [(area, level, end) for area in ("L1", "L2") for level in LEVELS for end in ends]
    rules, sums = [], []
    for row in bands.itertuples():
        first = row.week - row.width
        rules.append(
            [
                row.area_code in (area, "E1")
                and row.level in ("", level)
                and first < end <= row.week
                for area, level, end in cells
            ]
        )
        sums.append(row.numerator)
    starts = [-1, *ends[:-1]]
    for place, (area, level, end) in enumerate(cells):
        start = starts[ends.index(end)]
        true = table[int(area[1]) - 1, LEVELS.index(level), 0, start + 1 : end + 1].sum()
        if 0 < true < POLICY.threshold:
            most = linprog(-np.eye(len(cells))[place], A_eq=np.array(rules, float), b_eq=sums)
            assert -most.fun >= POLICY.threshold - 1e-6


def test_a_band_ends_with_week_26_so_that_the_share_closed_by_then_is_right():
    table = np.random.default_rng(3).poisson(4, (2, 2, 2, WEEKS))
    frame = observations(table)
    exact, banded = (
        aggregate_time_to_close(each).set_index(["area_code", "level"])
        for each in (frame, band_weeks(frame, POLICY))
    )
    places = [("E1", level) for level in ("", *LEVELS)] + [("L1", ""), ("L2", "")]
    assert set(banded.index) == set(places)
    beside = exact.loc[banded.index]
    assert (banded["value"] - beside["value"]).abs().max() < 1.0
    assert (banded["median"] - beside["median"]).abs().max() <= 2
    assert (banded["episodes"] == beside["episodes"]).all()


def test_one_week_a_band_where_nothing_is_small():
    frame = observations(np.full((2, 2, 2, WEEKS), 7))
    bands = band_weeks(frame, POLICY)
    shown = frame[(frame["area_type"] == "county") | (frame["category_type"] == "week")]
    on = ["area_code", "category"]
    pd.testing.assert_frame_equal(
        bands[[*on, "numerator", "denominator"]].sort_values(on, ignore_index=True),
        shown[[*on, "numerator", "denominator"]].sort_values(on, ignore_index=True),
    )


@pytest.mark.parametrize(("closed_meanwhile", "apart"), [(0, True), (3, False), (5, True)])
def test_no_band_ends_where_open_episodes_can_be_subtracted(closed_meanwhile, apart):
    """Seven a week, level and place stay open; some close in a week not seen to its end."""
    table = np.full((2, 2, 2, WEEKS), 7)
    frame = observations(table)
    then = 7 * 2 * 13 - closed_meanwhile  # open in each locality for 0 to 12 weeks
    rows = frame.drop_duplicates("area_code").assign(
        indicator_id="early_help_open",
        category_type="weeks_open",
        category="0 to 12 weeks",
        numerator=lambda each: np.where(each["area_type"] == "county", 2.0 * then, then),
    )
    bands = read_weeks(band_weeks(pd.concat([frame, rows]), POLICY))
    assert (12 in set(bands.loc[bands["level"] == "", "week"])) == apart


def test_too_few_episodes_are_not_shown_at_all():
    table = np.zeros((2, 2, 2, WEEKS), int)
    table[0, 0, 0, 3] = 3
    assert band_weeks(observations(table), POLICY).empty
    assert band_weeks(observations(table).head(0), POLICY).empty


def test_levels_are_left_out_where_one_of_them_is_too_small():
    table = np.full((2, 2, 2, WEEKS), 9)
    table[:, 0] = 0
    table[0, 0, 0, 5] = 2
    bands = read_weeks(band_weeks(observations(table), POLICY))
    assert set(bands["level"]) == {""}
    assert set(bands["area_type"]) == {"county", "locality"}


def test_what_bands_tell_of_the_episodes_opened_in_a_year():
    table = np.full((2, 2, 2, WEEKS), 7)
    told = opened_in_a_year(band_weeks(observations(table), POLICY)).set_index("area_code")
    assert told["numerator"].to_dict() == {"L1": 1120, "L2": 1120, "E1": 2240}
    assert set(told["period_start"]) == {pd.Timestamp("2013-01-01")}
    assert set(told["indicator_id"]) == {"early_help_episodes"}


def test_those_who_leave_within_a_band_count_for_the_part_in_which_they_were_followed():
    """Of 100, 20 stop in one of 4 weeks: 100 - 20 * 3 / 8 = 92.5 were at risk of closing."""
    curve = kaplan_meier([4.0, 8.0], [37.0, 0.0], [57.0, 43.0], width=[4.0, 4.0])
    assert share_ended(curve, 4)[0] == pytest.approx(37 / 92.5)


def test_counts_given_stay_as_they_are():
    frame = observations(np.full((2, 2, 2, WEEKS), 3))
    before = frame.copy(deep=True)
    band_weeks(frame, POLICY)
    pd.testing.assert_frame_equal(frame, before)
