"""Time to close: Kaplan and Meier's estimate against statsmodels, hand counts and a known law."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from ehlib.measure.survival import (
    aggregate_curves,
    aggregate_time_to_close,
    kaplan_meier,
    median_time,
    share_ended,
)

# Freireich and others (1963), weeks in remission under 6-mercaptopurine, as in Cox and Oakes,
# Analysis of Survival Data (1984), table 1.1; the estimate is that of their section 4.3.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def grouped(time, ended) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each time once, with those that ended at it and all that left at it."""
    frame = pd.DataFrame({"time": time, "ended": np.asarray(ended, dtype=bool)})
    counts = frame.groupby("time")["ended"].agg(["sum", "size"])
    return counts.index.to_numpy(), counts["sum"].to_numpy(), counts["size"].to_numpy()


def test_curve_is_the_one_printed_for_the_leukaemia_trial():
    curve = kaplan_meier(*grouped(WEEKS, RELAPSED))
    found = dict(zip(curve.time, curve.share.round(3), strict=True))
    printed = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {week: found[week] for week in printed} == printed
    assert median_time(curve)[0] == 23


records = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=60)


@given(records)
def test_curve_and_limits_are_those_of_statsmodels(rows):
    time, ended = map(np.array, zip(*rows, strict=True))
    if not ended.any():
        return
    theirs = SurvfuncRight(time, ended)
    ours = kaplan_meier(*grouped(time, ended))
    places = np.isin(ours.time, theirs.surv_times)
    assert ours.share[places] == pytest.approx(theirs.surv_prob)
    if np.isclose(ours.share, 0.5).any():  # at a half exactly, theirs takes the time after
        return
    median, lower, upper = median_time(ours)
    assert (median == theirs.quantile(0.5)) or (np.isnan(median) and theirs.surv_prob[-1] > 0.5)
    wanted = theirs.quantile_ci(0.5, method="cloglog")
    if ours.share[-1] > 0:  # with no one left, theirs compares with a limit that is not defined
        for mine, other in zip((lower, upper), wanted, strict=True):  # never reached: inf or nan
            assert mine == other or (np.isnan(mine) and not np.isfinite(other))


@given(records)
def test_limits_contain_the_share_and_shares_never_rise(rows):
    time, ended = map(np.array, zip(*rows, strict=True))
    curve = kaplan_meier(*grouped(time, ended))
    assert (np.diff(curve.share) <= 0).all()
    known = ~np.isnan(curve.lower)
    assert (curve.lower[known] <= curve.share[known]).all()
    assert (curve.share[known] <= curve.upper[known]).all()
    assert ((curve.share >= 0) & (curve.share <= 1)).all()


def test_without_censoring_the_curve_is_the_share_still_open():
    curve = kaplan_meier([1, 2, 5], [2, 3, 5], [2, 3, 5])
    assert curve.share.tolist() == [0.8, 0.5, 0.0]
    assert median_time(curve)[0] == 2
    assert share_ended(curve, 3)[0] == 0.5
    assert np.isnan(share_ended(curve, 6)[0])
    assert share_ended(curve, 0.5)[0] == 0


def test_median_is_missing_where_less_than_half_have_ended():
    assert np.isnan(median_time(kaplan_meier([1, 9], [4, 0], [4, 6]))[0])


def test_censoring_makes_no_bias_where_leaving_those_out_would():
    rng = np.random.default_rng(3)
    true = rng.exponential(30, 20_000)
    seen = rng.uniform(0, 52, 20_000)
    weeks, last = np.ceil(true), np.floor(seen)
    ended = weeks <= last
    followed = np.minimum(weeks, last)
    known = followed >= 1
    curve = kaplan_meier(*grouped(followed[known], ended[known]))
    wanted = 1 - np.exp(-26 / 30)
    assert share_ended(curve, 26)[0] == pytest.approx(wanted, abs=0.01)
    assert (followed[ended] <= 26).mean() > wanted + 0.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([2, 1], [0, 0], [1, 1]), "time does not rise at position 1"),
        (([1, 2], [0, -1], [1, 1]), "count is negative at position 1"),
        (([1, 2], [2, 0], [1, 1]), "more ended than left at position 0"),
        (([1], [0], [1], 1.5), "confidence is 1.5"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        kaplan_meier(*arguments)


def weeks(*rows: tuple[str, float, float]) -> pd.DataFrame:
    """Observations of one area and quarter: category, closed, followed to that week."""
    frame = pd.DataFrame(rows, columns=["category", "numerator", "denominator"])
    kinds = frame["category"].str.contains(",").map({True: "level_and_week", False: "week"})
    return frame.assign(
        indicator_id="early_help_weeks",
        area_code="E1",
        area_name="Place",
        area_type="county",
        period="2013/14-Q3",
        period_start=pd.Timestamp("2013-10-01"),
        period_end=pd.Timestamp("2013-12-31"),
        category_type=kinds,
        value_note="synthetic",
    )


def test_time_to_close_is_estimated_for_each_level_and_for_all():
    rows = [("week 02", 10, 10), ("week 30", 20, 30)]
    rows += [("level 2, week 02", 8, 8), ("level 2, week 30", 12, 22), ("level 1, week 02", 2, 2)]
    table = aggregate_time_to_close(weeks(*rows)).set_index("level")
    whole = table.loc[""]
    assert (whole["episodes"], whole["closed"], whole["median"]) == (40, 30, 30)
    assert whole["value"] == pytest.approx(25)
    assert whole["lower_ci"] < 25 < whole["upper_ci"]
    assert table.loc["level 2", "value"] == pytest.approx(100 * 8 / 30)
    few = table.loc["level 1"]
    assert few[["episodes", "closed", "median", "value"]].isna().all()
    assert few["value_note"] == "synthetic;suppressed"


@pytest.mark.parametrize(("closed", "left", "hidden"), [(5, 5, 0), (4, 9, 1), (9, 4, 1), (9, 0, 0)])
def test_estimates_from_few_closed_or_few_open_are_hidden(closed, left, hidden):
    table = aggregate_time_to_close(weeks(("week 02", closed, closed), ("week 30", 0, left)))
    assert table["value_note"].str.contains("suppressed").sum() == hidden
    assert table["episodes"].isna().sum() == hidden


def test_curves_stop_where_few_are_left_to_follow():
    rows = [("week 01", 3, 3), ("week 02", 3, 3), ("week 03", 10, 10), ("week 30", 3, 5)]
    curves = aggregate_curves(weeks(*rows, ("week 40", 0, 4)))
    assert curves["week"].tolist() == [2, 3, 30]
    assert curves["value"].is_monotonic_increasing
    assert curves["value"].tolist()[0] == pytest.approx(100 * 6 / 25)


def test_input_is_unchanged():
    given_rows = weeks(("week 02", 10, 10), ("week 30", 20, 30))
    before = given_rows.copy(deep=True)
    aggregate_time_to_close(given_rows)
    aggregate_curves(given_rows)
    pd.testing.assert_frame_equal(given_rows, before)
