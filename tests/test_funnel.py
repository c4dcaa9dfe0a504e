"""Funnel limits, against the tables in the tests of PHEindicatormethods and exact tails."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson
from statsmodels.stats.proportion import proportion_confint

from ehlib.measure.spc import funnel_limits as from_spc
from ehlib.measure.spc.funnel import funnel_comparison, funnel_limits

COLUMNS = ["lower_95", "upper_95", "lower_998", "upper_998"]
# testdata_funnel_prop_outputs.csv: people, then the limits around 80.642448 per cent.
PROPORTION = """
1       3.204264 100        0         100
3      35.933491 100       10.150815  100
10     56.154344 100       42.03259   100
18     62.390093 98.894803 51.864359  100
41     68.548635 92.73626  61.574398  99.710497
102    72.974925 88.309971 68.553233  92.731663
539    77.306949 83.977947 75.38344   85.901456
1008   78.203374 83.081521 76.796814  84.488082
9998   79.867989 81.416907 79.421375  81.863521
110000 80.408963 80.875933 80.274317  81.010578
"""
# testdata_funnel_rate_outputs.csv: three years of events a year at 116.1720835 per 100,000. Each
# limit has people of its own: those for whom so many events lie on it.
RATE = """
1    1598.675694 20.85059119 7.264481402 4588.535848 2649.348525 12.58170943 0.287087625 116108.569
10   5276.757672 63.17010446 1375.943768 242.2579623 6924.776769 48.13632908 849.4639547 392.4043292
28   11611.44963 80.38043163 5338.572981 174.8282428 13921.71041 67.04157073 4143.443861 225.2554553
110  38041.18771 96.38675572 25940.42894 141.3495003 42013.76515 87.27298431 23073.38252 158.91327
1360 411529.9259 110.158048  369759.5622 122.6021934 424043.2424 106.9073359 358342.3275 126.5084525
"""
# testdata_funnel_ratio_outputs.csv: events, then expected events and ratio (x 100) for each limit.
RATIO = """
1   5.571644585 17.94802207 0.025317898 3949.774946 9.233410143 10.83023482 0.001000547 99945.32721
2   7.224687515 27.6828582  0.242209467 825.7315569 11.22886836 17.81123382 0.04540199  4405.093268
9   17.08479966 52.67840524 4.11537405  218.6921502 22.65737951 39.72215762 2.452425215 366.9836676
24  35.71010623 67.20786505 15.37725449 156.0746752 43.3304039  55.38835977 11.64743122 206.0540178
100 121.6268111 82.21871402 81.36400699 122.9044681 134.9243187 74.11562345 71.92139974 139.0406755
716 770.4222128 92.93605352 664.5083011 107.7488421 802.60414   89.20960712 636.1521174 112.5516964
"""
# testdata_funnel_ratio_inputs.csv: observed and expected events with the level found.
OUTLIERS = """
8 6.239860227 -|151 106.4429719 H1|159 232.9329036 L1|191 184.0963855 -|124 183.894409 L1
220 249.8012944 -|150 119.5695496 H5|0 240.6273499 L1|182 196.799308 -|151 204.6070461 L1
206 139.4719025 H1|141 106.7211626 H1|113 96.14566494 -|121 162.3289509 L1|92 102.6098595 -
182 143.6804295 H5|101 126.2973615 L5|107 125.1461988 -|174 141.4404162 H5|98 134.6338783 L1
174 143.4578283 H5|252 218.7689904 H5|207 177.7129121 H5|319 274.8815166 H5|200 164.1901322 H5
241 288.6919023 L5|157 185.666982 L5|233 201.7490692 H5|187 164.5692159 -|355 318.5570711 H5
183 166.1974389 -|16 36.38844667 L1|156 130.4020731 H5|102 148.9051095 L1|307 279.0909091 -
154 194.8380567 L5|240 205.9378754 H5|117 140.709561 L5|108 132.8249908 L5|164 138.9830508 H5
234 197.4516918 H5|79 92.3005024 -|87 115.0945892 L5|76 121.8143933 L1|189 154.185022 H5
80 105.9462323 L5|102 124.7553816 L5|105 137.4165685 L5|6 4.293052052 -|40 55.14959327 L5
73 100.5786718 L5|27 26.73002673 -|48 64 L5|74 52.09066592 H5|104 77.0199215 H5|39 50.23183926 -
131 139.332057 -|46 65.68613451 L5|41 64.5059786 L5|72 106.8724952 L1|94 67.43668843 H5
132 102.7717222 H5|35 45.76359833 -|87 45.27241505 H1|31 57.81424841 L1|28 37.38816931 -
"""
# testdata_funnel_prop_inputs.csv: numerator, denominator and level, the baseline as above.
SHARES = """
35078.488 41980 H1|24803.6256 31824 L1|50050.7443 61921 -|24648.7596 30521 -|31759.385 39350 -
29561.6517 36627 -|18550.7595 22905 -|26789.238 33012 H5|36850.0492 45449 H5|34502.0685 42485 H5
23910.2469 29457 H5|14493.3552 17964 -|30277.5312 37828 L5|21139.2936 25992 H5|20759.65 25750 -
38045.3716 46958 H5|16924.1296 20776 H5|15524.9934 19257 -|18504.9982 22739 H5|20781.484 25672 -
29709.0543 36583 H5|28537.4507 35201 H5|41845.512 51789 -|37945.3125 46875 -|45487.9818 60066 L1
"""


def numbers(text):
    return np.array([line.split() for line in text.split("\n") if line], dtype="float64")


def cases(text):
    rows = [case.split() for case in text.replace("\n", "|").split("|") if case]
    words = {"H": "higher", "L": "lower", "-": "similar"}
    counts = np.array([row[:2] for row in rows], dtype="float64").T
    at_95 = [words[row[2][0]] for row in rows]
    at_998 = [words[row[2][0]] if row[2].endswith("1") else "similar" for row in rows]
    return *counts, {0.95: at_95, 0.998: at_998}


def test_proportion_limits_are_those_of_pheindicatormethods():
    rows = numbers(PROPORTION)
    found = funnel_limits(rows[:, 0], 80.642448, multiplier=100)
    np.testing.assert_allclose(found[COLUMNS], rows[:, 1:], atol=2e-6)


def test_rate_limits_are_those_of_pheindicatormethods():
    rows = numbers(RATE)
    for number, column in enumerate(COLUMNS):
        people, expected = 3 * rows[:, 1 + 2 * number], rows[:, 2 + 2 * number]
        found = funnel_limits(people, 116.1720835, "rate", multiplier=100_000)[column]
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_ratio_limits_are_those_of_pheindicatormethods():
    rows = numbers(RATIO)
    for number, column in enumerate(COLUMNS):
        expected_events, ratio = rows[:, 1 + 2 * number], rows[:, 2 + 2 * number]
        found = funnel_limits(expected_events, 100, "ratio", multiplier=100)[column]
        np.testing.assert_allclose(found, ratio, rtol=1e-5)


@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_ratios_are_judged_as_pheindicatormethods_does(confidence):
    observed, expected, words = cases(OUTLIERS)
    found = funnel_comparison(
        observed / expected, expected, 1, "ratio",
        multiplier=1, polarity="no_judgement", confidence=confidence,
    )  # fmt: skip
    assert found.tolist() == words[confidence]


@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_shares_are_judged_as_pheindicatormethods_does(confidence):
    events, people, words = cases(SHARES)
    found = funnel_comparison(
        100 * events / people, people, 80.642448,
        multiplier=100, polarity="no_judgement", confidence=confidence,
    )  # fmt: skip
    assert found.tolist() == words[confidence]


@settings(max_examples=60, deadline=None)
@given(st.integers(20, 10**7), st.floats(0.2, 0.8))
def test_wilson_interval_at_a_limit_touches_the_reference(people, share):
    found = funnel_limits([people], share, multiplier=1).iloc[0]
    low, high = (found[name] * people for name in ("lower_95", "upper_95"))
    assert proportion_confint(low, people, method="wilson")[1] == pytest.approx(share, rel=1e-9)
    assert proportion_confint(high, people, method="wilson")[0] == pytest.approx(share, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 2000), st.sampled_from([("95", 0.025), ("998", 0.001)]))
def test_whole_counts_beyond_a_rate_limit_are_as_rare_as_it_says(expected, level):
    name, tail = level
    found = funnel_limits([expected * 100], 10, "rate", multiplier=1000).iloc[0] * expected / 10
    lower, upper = found[f"lower_{name}"], found[f"upper_{name}"]
    below, above = np.ceil(lower - 1e-9) - 1, np.floor(upper + 1e-9) + 1
    assert poisson.cdf(below, expected) <= tail + 1e-12
    assert poisson.cdf(below + 1, expected) >= tail - 1e-12 or below < 0
    assert poisson.sf(above - 1, expected) <= tail + 1e-12
    assert poisson.sf(above - 2, expected) >= tail - 1e-12


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(1, 1e8), min_size=2, max_size=9),
    st.sampled_from(["proportion", "rate", "ratio"]),
    st.floats(0, 1),
)
def test_limits_hold_the_reference_and_narrow_with_size(people, kind, share):
    found = funnel_limits(sorted(people), share * 100, kind, multiplier=100)
    assert found.notna().all(axis=None)
    slack = 1e-6 * (1 + share * 100)
    assert (found["lower_95"] <= share * 100 + slack).all()
    assert (found["upper_95"] >= share * 100 - slack).all()
    assert (found["lower_998"] <= found["lower_95"] + slack).all()
    assert (found["upper_998"] >= found["upper_95"] - slack).all()
    assert (np.diff(found["upper_95"]) <= slack).all()
    assert (np.diff(found["lower_95"]) >= -slack).all()


def test_limits_stay_possible_and_missing_stays_missing():
    people = pd.Series([1, 0, np.nan, 50], index=list("abcd"))
    found = funnel_limits(people, 50, multiplier=100)
    assert list(found.columns) == COLUMNS
    assert list(found.index) == list("abcd")
    assert found.loc["a"].tolist() == [0, 100, 0, 100]
    assert found.loc[["b", "c"]].isna().all(axis=None)
    assert funnel_limits([10], np.nan, multiplier=100).isna().all(axis=None)
    assert funnel_limits([100], 0, "rate", multiplier=1000).iloc[0].tolist() == [0] * 4
    assert funnel_limits([100], 1, "rate", multiplier=1000).loc[0, "lower_95"] == 0
    assert from_spc is funnel_limits


@pytest.mark.parametrize(("kind", "unit"), [("proportion", 100), ("rate", 1000), ("ratio", 1)])
def test_units_are_those_of_rates_when_not_given(kind, unit):
    given = funnel_limits([500], 0.5, kind, unit)
    pd.testing.assert_frame_equal(funnel_limits([500], 0.5, kind), given)


@pytest.mark.parametrize(
    ("polarity", "words"),
    [
        ("high_is_good", ["worse", "similar", "better", "not compared", "not compared"]),
        ("low_is_good", ["better", "similar", "worse", "not compared", "not compared"]),
        ("no_judgement", ["lower", "similar", "higher", "not compared", "not compared"]),
    ],
)
def test_words_follow_polarity(polarity, words):
    found = funnel_comparison(
        [30, 50, 70, np.nan, 50], [100, 100, 100, 100, 0], 50, multiplier=100, polarity=polarity
    )
    assert found.tolist() == words


def test_a_value_on_a_limit_is_similar():
    limit = funnel_limits([100], 50, multiplier=100).loc[0, "upper_95"]
    options = {"multiplier": 100, "polarity": "high_is_good"}
    assert funnel_comparison([limit], [100], 50, **options) == ["similar"]
    assert funnel_comparison([limit + 1e-9], [100], 50, **options) == ["better"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: funnel_limits([1], 1, "mean", multiplier=1), "kind is 'mean'"),
        (lambda: funnel_limits([5, -1], 1, multiplier=1), "denominator at position 1 is -1"),
        (lambda: funnel_limits([5, 6], [1, 101], multiplier=100), "reference at position 1 is 101"),
        (lambda: funnel_limits([5], -1, "rate", multiplier=1), "reference at position 0 is -1"),
        (
            lambda: funnel_comparison([1], [1], 1, multiplier=1, polarity="up"),
            "polarity is 'up'",
        ),
        (
            lambda: funnel_comparison(
                [1], [1], 1, multiplier=1, polarity="no_judgement", confidence=0.9
            ),
            "confidence is 0.9; expected 0.95 or 0.998",
        ),
    ],
)
def test_wrong_arguments_are_refused_with_their_place(call, words):
    with pytest.raises(ValueError, match=words):
        call()
