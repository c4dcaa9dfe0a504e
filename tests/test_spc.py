"""Process charts, against NHSRplotthedots, NIST, Montgomery's textbook and a plain reading."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehlib.measure.spc import p_chart, process_chart, u_chart

# R's rnorm(20) after set.seed(123), as NHSRplotthedots tests/testthat/test-ptd_spc_standard.R.
NOISE = [
    -0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621,
    -1.26506123, -0.68685285, -0.44566197, 1.22408180, 0.35981383, 0.40077145, 0.11068272,
    -0.55584113, 1.78691314, 0.49785048, -1.96661716, 0.70135590, -0.47279141,
]  # fmt: skip
# Montgomery, Introduction to statistical quality control: cans of orange juice, 50 a sample.
JUICE = [
    12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22,
    8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6,
]  # fmt: skip
CLOTH = ([14, 12, 20, 11, 7, 10, 21, 16, 19, 23], [10, 8, 13, 10, 9.5, 10, 12, 10.5, 12, 12.5])
# NIST/SEMATECH e-Handbook of statistical methods, 6.3.2.2 and 6.3.3.1.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
WAFERS = [16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19,
          16, 31, 13]  # fmt: skip
STEADY = [1.0, -1.0] * 10  # mean 0, limits 5.32, two thirds 3.55

series = st.lists(st.one_of(st.none(), st.integers(0, 12)), min_size=1, max_size=40)


def limits(chart, row=0):
    return chart.loc[row, ["mean", "lower_limit", "upper_limit"]].to_list()


def marked(chart, rule):
    return np.flatnonzero(chart["rule"] == rule).tolist()


@pytest.mark.parametrize(
    ("change", "screen", "expected"),
    [
        ({}, True, [0.1416238, -3.01138, 3.294627]),
        ({14: 10}, True, [0.6694159, -2.383666, 3.722497]),
        ({14: 10}, False, [0.6694159, -4.596625, 5.935457]),
    ],
)
def test_limits_are_those_of_nhsrplotthedots(change, screen, expected):
    # tests/testthat/_snaps/ptd_spc_standard.md
    values = [change.get(position, value) for position, value in enumerate(NOISE)]
    chart = process_chart(values, screen=screen)
    assert limits(chart) == pytest.approx(expected, abs=5e-7)


def test_summary_of_noise_is_that_of_nhsrplotthedots():
    # tests/testthat/_snaps/ptd_spc.md: 20 common causes, target 0.5 inconsistent; two halves.
    chart = process_chart(NOISE, target=0.5)
    assert not chart["special_cause"].any()
    assert set(chart["assurance"]) == {"hit or miss"}
    halves = process_chart(NOISE, rebase=[10])
    assert limits(halves) == pytest.approx([0.0746, -2.60, 2.75], abs=5e-3)
    assert limits(halves, 10) == pytest.approx([0.209, -3.28, 3.70], abs=5e-3)


def test_individuals_charts_are_those_of_nist_and_the_textbook():
    # Both use 3 / 1.128 where NHS England rounds to 2.66, so they agree to 2 in 10,000.
    assert limits(process_chart(FLOW)) == pytest.approx([50.81, 45.8159, 55.8041], abs=1e-3)
    paint = [33.75, 33.05, 34, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.2, 33.62, 33, 33.54,
             33.12, 33.84]  # fmt: skip  # Montgomery, viscosity of aircraft primer; limits by R qcc
    assert limits(process_chart(paint)) == pytest.approx([33.52333, 32.24484, 34.80183], abs=3e-4)


def test_p_chart_is_that_of_the_textbook():
    # Montgomery, example 7.1; digits by R qcc: 0.2313333, limits 0.05242755 and 0.4102391.
    chart = p_chart(JUICE, [50] * 30, 1, improvement="decrease")
    assert limits(chart) == pytest.approx([0.2313333, 0.05242755, 0.4102391], abs=5e-8)
    assert marked(chart, "outside limits") == [14, 22]
    kept = [count for position, count in enumerate(JUICE) if position not in (14, 22)]
    revised = p_chart(kept, [50] * 28, 100)
    assert limits(revised) == pytest.approx([21.5, 4.070284, 38.92972], abs=5e-6)
    assert marked(revised, "outside limits") == [19]


def test_u_chart_has_the_limits_of_the_textbook():
    # Montgomery, example 7.5 (dyed cloth), whose limits start from a mean rounded to 1.42.
    chart = u_chart(*CLOTH, 1)
    assert chart["mean"].to_numpy() == pytest.approx(1.42, abs=0.005)
    upper = [2.55, 2.68, 2.41, 2.55, 2.58, 2.55, 2.45, 2.52, 2.45, 2.43]
    lower = [0.29, 0.16, 0.43, 0.29, 0.26, 0.29, 0.39, 0.32, 0.39, 0.41]
    np.testing.assert_allclose(chart["upper_limit"], upper, atol=0.01)
    np.testing.assert_allclose(chart["lower_limit"], lower, atol=0.01)
    assert not chart["special_cause"].any()


def test_u_chart_of_single_units_is_the_c_chart_of_nist():
    chart = u_chart(WAFERS, [1] * 25, 1)
    assert limits(chart) == [16, 4, 28]
    assert marked(chart, "outside limits") == [23]  # 31; the 28 lies on the limit


def test_overdispersed_limits_are_those_of_individuals_when_sizes_are_equal():
    # Laney (2002): his chart of equal samples is the individuals chart, with 3 / 1.128 for 2.66.
    laney = p_chart(JUICE, [50] * 30, overdispersed=True)
    plain = process_chart(np.array(JUICE) * 2.0, screen=False)
    width = (plain["upper_limit"] - plain["mean"]) * (3 / 1.128) / 2.66
    np.testing.assert_allclose(laney["upper_limit"] - laney["mean"], width, rtol=1e-12)
    assert laney.attrs["overdispersion"] == pytest.approx(1.66, abs=0.005)
    usual = p_chart(JUICE, [50] * 30)
    wider = (laney["upper_limit"] - laney["mean"]) / (usual["upper_limit"] - usual["mean"])
    np.testing.assert_allclose(wider, laney.attrs["overdispersion"], rtol=1e-12)


def test_counts_that_vary_as_counting_does_have_no_overdispersion(rng):
    people = rng.integers(500, 1500, 2000)
    shares = p_chart(rng.binomial(people, 0.3), people)
    rates = u_chart(rng.poisson(people * 0.02), people)
    assert shares.attrs["overdispersion"] == pytest.approx(1, abs=0.05)
    assert rates.attrs["overdispersion"] == pytest.approx(1, abs=0.05)


def test_point_outside_the_limits_comes_first():
    chart = process_chart([*STEADY, 9.0], "increase")
    assert marked(chart, "outside limits") == [20]
    assert chart.loc[20, ["side", "icon", "special_cause"]].to_list() == [
        "above", "improvement", True,
    ]  # fmt: skip


def test_a_point_on_a_limit_is_inside():
    assert process_chart([0.0, 1.0]).loc[0, "upper_limit"] == pytest.approx(3.16)
    chart = u_chart(WAFERS, [1] * 25, 1)
    assert chart.loc[2, "value"] == chart.loc[2, "upper_limit"] == 28
    assert chart.loc[2, "rule"] != "outside limits"


@pytest.mark.parametrize("points", [6, 7])
def test_trend_marks_all_its_points_at_the_chosen_length(points):
    rise = [0.1 * step for step in range(points)]
    chart = process_chart([*STEADY, *rise, -1.0], points=points)
    start = len(STEADY)
    before = rise[0] > -1.0  # the last steady point starts the rise
    assert marked(chart, "trend") == list(range(start - before, start + points))
    assert set(chart.loc[chart["rule"] == "trend", "side"]) == {"rising"}
    shorter = process_chart([*STEADY[:-1], *rise[: points - 1], -1.0, 1.0], points=points)
    assert marked(shorter, "trend") == []


def test_equal_neighbours_end_a_trend():
    rise = [0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6]
    assert marked(process_chart([*STEADY, 1.0, *rise, -1.0]), "trend") == []


def test_turning_point_goes_with_the_trend_that_follows():
    there_and_back = [0.1 * step for step in [*range(7), *range(5, -1, -1)]]
    chart = process_chart([*STEADY, 1.0, *there_and_back, 1.0])
    assert chart["side"].iloc[21:-1].to_list() == ["rising"] * 6 + ["falling"] * 7


def test_trend_is_judged_by_its_direction_not_by_its_side_of_the_mean():
    # NHSRplotthedots issue 171: a fall on the high side is not an improvement.
    chart = process_chart([*STEADY, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3], "increase")
    assert set(chart["icon"].iloc[-7:]) == {"concern"}


def test_two_of_three_needs_all_three_on_one_side():
    # NHSRplotthedots tests: points near opposite limits are a common cause.
    opposite = [*[1.0, -1.0] * 7, 5.5, -5.5]
    assert process_chart(opposite)["icon"].iloc[-2:].to_list() == ["common cause"] * 2
    same = process_chart([*STEADY, *STEADY, 4.6, 0.5, 4.6])
    assert marked(same, "two of three") == [40, 42]
    across = process_chart([*STEADY, *STEADY, 4.6, -0.5, 4.6])
    assert marked(across, "two of three") == []
    apart = process_chart([*STEADY, *STEADY, 4.6, 0.5, 0.5, 4.6])
    assert marked(apart, "two of three") == []


def test_point_outside_the_limits_counts_among_two_of_three():
    # NHS England's rule since 2023 (NHSRplotthedots issue 194); that package does not count it.
    chart = process_chart([*STEADY, *STEADY, 4.6, 9.0, 0.5])
    assert marked(chart, "outside limits") == [41]
    assert marked(chart, "two of three") == [40]


@pytest.mark.parametrize("points", [6, 7])
def test_run_on_one_side_at_the_chosen_length(points):
    run = [0.5, 0.7] * 4
    chart = process_chart([*STEADY, -0.9, *run[:points], -0.8], points=points)
    mean = chart.loc[0, "mean"]
    assert abs(mean) < 0.5
    assert marked(chart, "run") == list(range(21, 21 + points))
    shorter = process_chart([*STEADY, -0.9, *run[: points - 1], -0.8], points=points)
    assert marked(shorter, "run") == []


def test_a_point_on_the_mean_ends_a_run():
    high, after = [0.5, 0.75, 0.5, 0.75, 0.5, 0.5], [-1.0, 0.5] * 6
    values = [*STEADY, *high[:3], 0.0, *high[3:], *after, -0.5]
    assert np.mean(values) == 0
    assert marked(process_chart(values), "run") == []
    off_the_mean = [*STEADY, *high[:3], 0.5, *high[3:], *after, -1.0]
    assert np.mean(off_the_mean) == 0
    assert marked(process_chart(off_the_mean), "run") == list(range(20, 27))


def test_precedence_is_limits_trend_two_of_three_run():
    values = [*STEADY, *STEADY, 0.2, 0.4, 0.6, 0.8, 1.2, 1.4, 9.0, 8.9]
    chart = process_chart(values)
    assert chart["rule"].iloc[-8:].to_list() == ["trend"] * 6 + ["outside limits"] * 2
    assert chart["side"].iloc[-8:].to_list() == ["rising"] * 6 + ["above"] * 2


@pytest.mark.parametrize(
    ("improvement", "high", "low"),
    [
        ("increase", "improvement", "concern"),
        ("decrease", "concern", "improvement"),
        ("neutral", "change", "change"),
    ],
)
def test_icons_follow_the_direction_of_improvement(improvement, high, low):
    chart = process_chart([*STEADY, 9.0, *STEADY, -9.0], improvement)
    assert chart["icon"].iloc[[20, -1]].to_list() == [high, low]
    assert chart["side"].iloc[[20, -1]].to_list() == ["above", "below"]
    assert chart.loc[0, "icon"] == "common cause"


@pytest.mark.parametrize(
    ("target", "increase", "decrease"),
    [
        (6, "consistently missed", "consistently met"),
        (-6, "consistently met", "consistently missed"),
        (5, "hit or miss", "hit or miss"),
    ],
)
def test_assurance_compares_the_target_with_the_limits(target, increase, decrease):
    for improvement, word in [("increase", increase), ("decrease", decrease)]:
        assert set(process_chart(STEADY, improvement, target)["assurance"]) == {word}
    assert set(process_chart(STEADY, "neutral", target)["assurance"]) == {"not judged"}
    assert set(process_chart(STEADY)["assurance"]) == {"no target"}


def test_a_target_on_a_limit_is_hit_or_miss():
    assert set(u_chart(WAFERS, [1] * 25, 1, target=28)["assurance"]) == {"hit or miss"}
    assert set(u_chart(WAFERS, [1] * 25, 1, target=28.1)["assurance"]) == {"consistently missed"}


def test_screening_is_done_once_and_from_3_267_mean_ranges():
    values = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]  # NHSRplotthedots deviations
    screened, plain = process_chart(values), process_chart(values, screen=False)
    assert limits(screened) == pytest.approx([35 / 18, 35 / 18 - 2.66, 35 / 18 + 2.66])
    half = 2.66 * 32 / 17
    assert limits(plain) == pytest.approx([35 / 18, 35 / 18 - half, 35 / 18 + half])


def test_range_of_3_46_mean_ranges_is_screened_and_one_of_3_is_not():
    jump = [0, 1, 0, 1, 0, 5, 4, 5, 4, 5]  # eight ranges of 1 and one of 5
    assert limits(process_chart(jump))[2] == pytest.approx(2.5 + 2.66)
    smaller = [0, 1, 0, 1, 0, 4, 3, 4, 3, 4]  # one of 4
    assert limits(process_chart(smaller))[2] == pytest.approx(2 + 2.66 * 12 / 9)


def test_series_that_does_not_move_has_no_signals():
    # NHSRplotthedots screens every range here and loses the limits.
    chart = process_chart([0.1] * 20)
    assert limits(chart) == pytest.approx([0.1, 0.1, 0.1])
    assert not chart["special_cause"].any()


def test_missing_figures_are_skipped_and_not_bridged():
    values = pd.Series([1.0, 3.0, np.nan, 4.0, 8.0], index=list("abcde"))
    chart = process_chart(values, screen=False)
    assert limits(chart, "a") == pytest.approx([4, 4 - 2.66 * 3, 4 + 2.66 * 3])
    assert chart.loc["c", ["rule", "icon"]].to_list() == ["", ""]
    assert np.isnan(chart.loc["c", "value"])
    broken = [*STEADY, 0.5, 0.6, 0.5, 0.6, np.nan, 0.5, 0.6, 0.5, -1.0]
    assert marked(process_chart(broken), "run") == []
    assert marked(process_chart([*STEADY, -2, -1, 0, 1, np.nan, 2, 3, 4.0]), "trend") == []


def test_limits_start_anew_at_positions_and_labels():
    labels = [f"2012/13-Q{quarter}" for quarter in range(1, 31)]
    values = pd.Series([*STEADY, *[value + 10 for value in STEADY[:10]]], index=labels)
    by_label = process_chart(values, rebase=["2012/13-Q21"])
    pd.testing.assert_frame_equal(by_label, process_chart(values, rebase=[20]))
    assert by_label["mean"].iloc[[0, -1]].to_list() == [0, 10]
    assert not by_label["special_cause"].any()
    assert by_label["warning"].iloc[0] == ""
    assert by_label["warning"].iloc[-1] == "limits rest on 10 figures; 13 or more are wanted"
    assert process_chart(values)["special_cause"].any()


def test_no_rule_reaches_across_a_rebase():
    high = [0.5, 0.7, 0.5, 0.7]
    runs = [*STEADY, *high, *high, *reversed(STEADY)]
    assert marked(process_chart(runs), "run") == list(range(20, 28))
    assert marked(process_chart(runs, rebase=[24]), "run") == []
    far = [*STEADY, *STEADY, 4.6, 4.6, 0.5, *STEADY, *STEADY]
    assert marked(process_chart(far), "two of three") == [40, 41]
    assert marked(process_chart(far, rebase=[41]), "two of three") == []
    rise = [*STEADY, *[0.1 * step for step in range(8)], *STEADY]
    assert len(marked(process_chart(rise), "trend")) >= 8
    assert marked(process_chart(rise, rebase=[24]), "trend") == []


def test_groups_below_thirteen_figures_are_warned():
    assert process_chart(STEADY[:13])["warning"].iloc[0] == ""
    assert process_chart(STEADY[:12])["warning"].iloc[0].startswith("limits rest on 12 figures")
    with_gap = [*STEADY[:12], np.nan]
    assert process_chart(with_gap)["warning"].iloc[-1].startswith("limits rest on 12 figures")


def test_limits_start_anew_where_the_definition_changes():
    chart = process_chart(STEADY, definitions=["v1"] * 14 + ["v2"] * 6, annotations={0: "start"})
    pd.testing.assert_frame_equal(
        chart.drop(columns="annotation"),
        process_chart(STEADY, rebase=[14]).drop(columns="annotation"),
    )
    assert chart.loc[14, "annotation"] == "definition changed from v1 to v2"
    assert chart.loc[0, "annotation"] == "start"
    assert (chart["annotation"] != "").sum() == 2


def test_annotations_pass_through_by_position_and_label():
    values = pd.Series([1.0, 2.0, 3.0], index=["Q1", "Q2", "Q3"])
    chart = process_chart(values, annotations={"Q2": "new form", 2: "office closed"})
    assert chart["annotation"].to_list() == ["", "new form", "office closed"]


def test_a_lone_figure_has_no_limits_and_no_signal():
    chart = process_chart([*STEADY, 50.0], rebase=[20], target=3)
    last = chart.iloc[-1]
    assert np.isnan([last["lower_limit"], last["upper_limit"]]).all()
    assert last[["rule", "icon", "assurance", "warning"]].to_list() == [
        "", "", "not judged", "too few figures for limits",
    ]  # fmt: skip
    assert np.isnan(p_chart([3], [10]).loc[0, "upper_limit"])
    assert list(process_chart([]).columns) == list(chart.columns)


def test_count_charts_treat_missing_and_empty_denominators_as_no_figure():
    chart = p_chart([1, 2, np.nan, 0, 4, 5], [10, 10, 10, 0, 10, np.nan])
    assert np.isnan(chart["value"]).to_list() == [False, False, True, True, False, True]
    assert np.isnan(chart["upper_limit"]).to_list() == [False, False, False, True, False, True]
    assert chart.loc[0, "mean"] == pytest.approx(100 * 7 / 30)
    assert chart.loc[[2, 3, 5], "icon"].to_list() == ["", "", ""]


def test_count_charts_at_nothing_and_everything_do_not_signal():
    for events in (0, 10):
        chart = p_chart([events] * 15, [10] * 15, overdispersed=True)
        assert limits(chart) == [events * 10] * 3
        assert set(chart["icon"]) == {"common cause"}
    assert limits(u_chart([0] * 15, [10] * 15)) == [0, 0, 0]


def test_limits_of_counts_stay_possible():
    assert (p_chart([1, 0, 2, 1], [9, 9, 9, 9])["lower_limit"] == 0).all()
    assert (p_chart([8, 9, 7, 8], [9, 9, 9, 9])["upper_limit"] == 100).all()
    assert (u_chart([1, 0, 2, 1], [9, 9, 9, 9])["lower_limit"] == 0).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: process_chart([1, np.inf]), "value at position 1 is inf; expected a finite"),
        (lambda: process_chart([1, 2], "up"), "improvement is 'up'; expected one of increase"),
        (lambda: process_chart([1, 2], points=8), "points is 8; expected 6 or 7"),
        (lambda: process_chart([1, 2], rebase=[2]), "rebase names 2; expected a position"),
        (lambda: process_chart([1, 2], rebase=["Q1"]), "rebase names 'Q1'"),
        (lambda: process_chart([1, 2], annotations={-1: ""}), "annotations names -1"),
        (lambda: process_chart([1, 2], definitions=["a"]), "definitions has 1 labels"),
        (lambda: p_chart([1, 5], [9, 4]), "numerator at position 1 is 5; expected at most"),
        (lambda: p_chart([1, -5], [9, 9]), "numerator at position 1 is -5; expected a count"),
        (lambda: u_chart([1, 5], [9, -4]), "denominator at position 1 is -4"),
        (lambda: p_chart([1, 5], [9]), "2 numerators but 1 denominators"),
    ],
)
def test_wrong_arguments_are_refused_with_their_place(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def plain_reading(values, points):
    """Rules read word for word, point by point, on one group; None where nothing is known."""
    known = [value for value in values if value is not None]
    pairs = [abs(b - a) for a, b in itertools.pairwise(values) if a is not None and b is not None]
    if not pairs:
        return [""] * len(values)
    mean, typical = sum(known) / len(known), sum(pairs) / len(pairs)
    kept = [size for size in pairs if size < 3.267 * typical] or pairs
    half = 2.66 * sum(kept) / len(kept)
    side = [0 if v is None or abs(v - mean) < 1e-9 else (1 if v > mean else -1) for v in values]
    rules = [set() for _ in values]
    for start in range(len(values)):
        part = values[start : start + points]
        if len(part) == points and None not in part:
            steps = {(b > a) - (b < a) for a, b in itertools.pairwise(part)}
            within = range(start, start + points)
            if steps in ({1}, {-1}):
                [rules[position].add("trend") for position in within]
            if {side[position] for position in within} in ({1}, {-1}):
                [rules[position].add("run") for position in within]
        three = range(start, min(start + 3, len(values)))
        far = [i for i in three if side[i] and abs(values[i] - mean) > half * 2 / 3 + 1e-7]
        if len(three) == 3 and len(far) >= 2 and {side[i] for i in three} in ({1}, {-1}):
            [rules[position].add("two of three") for position in far]
        if side[start] and abs(values[start] - mean) > half + 1e-7:
            rules[start].add("outside limits")
    order = ["outside limits", "trend", "two of three", "run"]
    return [next((rule for rule in order if rule in met), "") for met in rules]


@settings(max_examples=60, deadline=None)
@given(series, st.sampled_from([6, 7]))
def test_rules_are_those_of_a_plain_reading(values, points):
    assert process_chart(values, points=points)["rule"].to_list() == plain_reading(values, points)


@settings(max_examples=20, deadline=None)
@given(series, series)
def test_groups_know_nothing_of_each_other(first, second):
    whole = process_chart([*first, *second], rebase=[len(first)], target=3)
    parts = [process_chart(part, target=3) for part in (first, second)]
    pd.testing.assert_frame_equal(whole, pd.concat(parts, ignore_index=True))


@settings(max_examples=20, deadline=None)
@given(series)
def test_turning_the_series_upside_down_turns_the_signals(values):
    numbers = pd.Series(values, dtype="float64")
    up, down = process_chart(numbers, "increase"), process_chart(-numbers, "decrease")
    assert up["rule"].to_list() == down["rule"].to_list()
    assert up["icon"].to_list() == down["icon"].to_list()
    np.testing.assert_allclose(up["upper_limit"], -down["lower_limit"])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30))
def test_count_charts_have_an_answer_for_any_counts(pairs):
    events = np.array([pair[0] for pair in pairs])
    people = events + np.array([pair[1] for pair in pairs])
    for chart in (p_chart(events, people), u_chart(events, people), p_chart(people, people)):
        assert len(chart) == len(pairs)
        seen = chart.dropna(subset=["value", "upper_limit"])
        assert (seen["lower_limit"] <= seen["mean"] * (1 + 1e-12)).all()
        assert (seen["mean"] <= seen["upper_limit"] * (1 + 1e-12)).all()
        assert (seen["icon"] != "").all()


def test_arguments_are_left_alone():
    values = pd.Series(NOISE, index=range(100, 120), name="rate")
    copy = values.copy()
    chart = process_chart(values, rebase=[3])
    pd.testing.assert_series_equal(values, copy)
    assert chart.index.equals(values.index)
