"""The arithmetic that checks the pages gives known answers, and refuses what it does not know."""

import math

import pandas as pd
import pytest
from anew import LEFT_OUT, MEASURES, Known, UnknownIdError, recalculated
from anew.known import first_day
from same_figures import Same, compare_cell, compare_ids, figures_in

CATALOGUE = {
    "rate": {"data_class": "published", "method": "rate", "multiplier": 1000},
    "share": {"data_class": "published", "method": "proportion", "multiplier": 100},
    "score_fsm": {"data_class": "published", "method": "value", "multiplier": 1},
    "number": {"data_class": "published", "method": "count", "multiplier": 1},
    "early_help_weeks": {"data_class": "case", "method": "count", "multiplier": 1},
}
CATALOGUE |= {"score_not_fsm": CATALOGUE["score_fsm"], "population_0_17": CATALOGUE["number"]}
PLACES = {"county": ["a", "b", "c"], "west": ["a", "b"]}
BESIDE = {"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"]}


def row(period: str, numerator=math.nan, denominator=math.nan, value=math.nan, **more) -> dict:
    start = first_day(period)
    months = 3 if "Q" in period else 12
    end = start + pd.DateOffset(months=months) - pd.Timedelta(days=1)
    counts = {"numerator": numerator, "denominator": denominator, "value": value}
    ends = {"lower_ci": math.nan, "upper_ci": math.nan, "category": "", "area_code": ""}
    return {"period": period, "period_start": start, "period_end": end} | counts | ends | more


def known(rows: dict[str, dict]) -> Known:
    return Known(rows, CATALOGUE, PLACES, BESIDE)


# Figures of three districts; the third is the lowest.
DISTRICTS = {
    f"rate.{area}.{year}.persons.0-17": row(str(year), count, 1000.0)
    for area, count, year in [
        ("a", 30.0, 2012),
        ("b", 20.0, 2012),
        ("c", 10.0, 2012),
        ("a", 45.0, 2013),
        ("b", 20.0, 2013),
        ("c", 15.0, 2013),
    ]
}
# Random numbers of the tests of NHSRplotthedots: limits -3.01138 and 3.294627.
NOISE = [-0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621]
NOISE += [-1.26506123, -0.68685285, -0.44566197, 1.22408180, 0.35981383, 0.40077145]
NOISE += [0.11068272, -0.55584113, 1.78691314, 0.49785048, -1.96661716, 0.70135590, -0.47279141]
QUARTERS = {
    f"score_fsm.a.{2000 + at // 4}-{1 + at // 4:02d}-q{at % 4 + 1}.persons.0-17": row(
        f"{2000 + at // 4}/{1 + at // 4:02d}-Q{at % 4 + 1}", 1.0 + at, value=value
    )
    for at, value in enumerate(NOISE)
}
# Freireich's 21 patients on 6-MP (1963), remission in weeks: closed, and no longer followed.
PATIENTS = {6: (3, 4), 7: (1, 1), 9: (0, 1), 10: (1, 2), 11: (0, 1), 13: (1, 1), 16: (1, 1)}
PATIENTS |= {17: (0, 1), 19: (0, 1), 20: (0, 1), 22: (1, 1), 23: (1, 1), 25: (0, 1), 32: (0, 2)}
PATIENTS |= {34: (0, 1), 35: (0, 1)}
WEEKS = {
    f"early_help_weeks.a.2013.persons.0-17.week.week-{week:02d}": row("2013", *map(float, counts))
    for week, counts in PATIENTS.items()
}
OTHERS = {
    "score_fsm.a.2013.persons.16": row("2013", value=30.0, lower_ci=28.0, upper_ci=32.0),
    "score_not_fsm.a.2013.persons.16": row("2013", value=45.0, lower_ci=43.5, upper_ci=46.5),
    "number.a.2013.persons.0-17": row("2013", 1247.0),
    "population_0_17.a.2013.persons.0-17": row("2013", 132103.0),
    "share.a.2012.persons.0-17": row("2012", 48.0, 80.0),
    "share.a.2013.persons.0-17": row("2013", 56.0, 70.0),
}
HELD = known(DISTRICTS | QUARTERS | WEEKS | OTHERS)


@pytest.mark.parametrize(
    ("number_id", "wanted"),
    [
        ("rate.a.2013.persons.0-17.rank", [1, 3]),
        ("rate.b.2013.persons.0-17.rank", [2, 3]),
        ("rate.b.2013.persons.0-17.others", [15, 45]),
        ("rate.a.2013.persons.0-17.middle", [17.5]),
        ("rate.west.2013.persons.0-17.of_districts", [32.5]),
        ("rate.county.2013.persons.0-17.between", [30]),
        ("rate.county.2013.persons.0-17.ratio", [3]),
        ("rate.county.2013.persons.0-17.change", [10]),
        ("score_fsm.a.2013.persons.16.gap", [15]),
        ("score_fsm.a.2013.persons.16.gap_limits", [12.5, 17.5]),  # 2 and 1.5 make 2.5
        # Newcombe (1998), table II, method 10: 56 of 70 less 48 of 80.
        ("share.a.2013.persons.0-17.year_change", [20.0, 5.24, 33.39]),
        ("score_fsm.a.2000-01-q3.persons.0-17.usual", [-3.01138, 3.294627]),
        ("score_fsm.a.2000-01-q3.persons.0-17.since_april", [6]),  # 1 + 2 + 3
        ("early_help_weeks.a.2013.persons.0-17.episodes", [21]),
        # As R's survival package has it: 0.857 at 6; median 23, from 13 with no upper limit.
        ("early_help_weeks.a.2013.persons.0-17.closed_by.all-week-6.share_closed", [14.2857]),
        ("early_help_weeks.a.2013.persons.0-17.median_weeks", [23, 13, math.nan]),
        # OHID Fingertips 90284, per 10,000: 94.39604, 89.22882, 99.78444.
        ("number.a.2013.persons.0-17.per_thousand", [9.439604]),
        ("number.a.2013.persons.0-17.per_thousand_limits", [8.922882, 9.978444]),
    ],
)
def test_each_kind_of_number_has_its_known_answer(number_id, wanted):
    assert recalculated(number_id, HELD) == pytest.approx(wanted, abs=0.005, nan_ok=True)


def test_limits_of_gaps_between_districts_allow_for_choosing_them():
    low, high = recalculated("rate.county.2013.persons.0-17.between_limits", HELD)
    first, last = (
        recalculated(f"rate.{each}.2013.persons.0-17.limits", HELD) for each in ("a", "c")
    )
    factor = 3.314493 / math.sqrt(2) / 1.959964  # Harter (1960): three groups at 5 per cent
    below = factor * math.hypot(45 - first[0], last[1] - 15)
    above = factor * math.hypot(first[1] - 45, 15 - last[0])
    assert [low, high] == pytest.approx([30 - below, 30 + above], abs=0.001)
    ends = recalculated("rate.county.2013.persons.0-17.ratio_limits", HELD)
    assert ends[0] < 3 < ends[1]
    assert (ends[0] > 1) == (low > 0)


@pytest.mark.parametrize(
    ("number_id", "said"),
    [
        ("rate.a.2013.persons.0-17.odds", "the measure 'odds' is of no known kind"),
        ("rate.d.2013.persons.0-17.value", "no figure that may be shown has the key"),
        ("rate.d.2013.persons.0-17.between", "no districts of 'd' are known"),
    ],
)
def test_an_unknown_id_is_a_difference_and_not_passed_over(number_id, said):
    with pytest.raises(UnknownIdError, match=said):
        recalculated(number_id, HELD)
    same = Same()
    compare_cell(same, "p, table-1", ["td", number_id, "12.5"], HELD)
    assert said in same.differences[0]


def test_what_is_left_out_has_a_reason_and_no_arithmetic():
    assert not set(LEFT_OUT) & set(MEASURES)
    assert all(LEFT_OUT.values())


@pytest.mark.parametrize("text", ["+20.1 (5.2 to 33.4)", "+20.0 (5.3 to 33.4)", "+20.0", "20.0 7"])
def test_every_number_of_a_cell_is_compared_and_none_may_be_over(text):
    same, number_id = Same(), "share.a.2013.persons.0-17.year_change"
    compare_cell(same, "p", ["td", number_id, "+20.0 (5.2 to 33.4)"], HELD)
    assert same.differences == []
    compare_cell(same, "p", ["td", number_id, text], HELD)
    assert len(same.differences) == 1


def test_periods_are_no_figures_and_figures_without_an_id_are_capped():
    assert figures_in("18.7 (2012/13)") == ["18.7"]
    assert figures_in("2011-13") == figures_in("2013/14\u00a0Q3") == figures_in("2013") == []
    assert figures_in("2,013") == ["2013"]
    same = Same()
    compare_ids(same, "04", [["td", "", "12.5"], ["td", "", "no figure"], ["td", "", "2013/14"]])
    assert same.differences == ["pages 04: 1 of 1 figures have no id; at most 0% may"]
