"""Progress of outcomes: since the baseline, since a year before, or why neither can be said."""

import numpy as np
import pandas as pd
import pytest

from ehlib.load.indicators import read_indicators
from ehlib.load.indicators.reported import early_help_measures, outcomes_of
from ehlib.load.periods import parse_period
from ehlib.measure.impact.progress import (
    BASELINE,
    HIDDEN,
    NO_FIGURE,
    NOT_JUDGED,
    YEAR,
    add_progress,
)

INDICATORS = read_indicators()
COUNTY = "E10000024"


def figure(indicator_id, label, value, lower=np.nan, upper=np.nan, **others):
    """One total of the county, compared with nothing."""
    period = parse_period(label, INDICATORS[indicator_id].calendar)
    return {
        "indicator_id": indicator_id,
        "area_code": COUNTY,
        "area_name": "Nottinghamshire",
        "area_type": "county",
        "period": period.label,
        "period_start": pd.Timestamp(period.start),
        "period_end": pd.Timestamp(period.end),
        **{"sex": "persons", "age": "all", "category_type": "", "category": ""},
        **{"numerator": np.nan, "denominator": np.nan, "benchmark_value": np.nan},
        **{"value": value, "lower_ci": lower, "upper_ci": upper, "value_note": ""},
        **{"source_name": "", "definition": "", "benchmark_name": "", "comparison": ""},
        **others,
    }


def progress(*figures):
    frame = pd.DataFrame(list(figures))
    chosen = [INDICATORS[key] for key in dict.fromkeys(frame["indicator_id"])]
    return add_progress(chosen, frame, COUNTY).iloc[0]


# Published for Nottinghamshire: injury admissions (Fingertips 90284) and conceptions (ONS).
INJURIES = [
    figure("injury_admissions_0_14", "2011/12", 95.72119, 90.52843, 101.13415),
    figure("injury_admissions_0_14", "2012/13", 85.46236, 80.6352, 90.66023),
    figure("injury_admissions_0_14", "2013/14", 90.09956, 84.92732, 95.19089),
]
CONCEPTIONS = [
    figure("under18_conceptions", "2011", 31.9, 29.0, 35.0),
    figure("under18_conceptions", "2012", 29.4, 26.6, 32.4),
    figure("under18_conceptions", "2013", 24.2, 21.7, 26.9),
]


def test_injuries_fell_by_more_than_chance_and_then_rose_by_less():
    """By hand, limits of a difference from those of its parts (Zou and Donner 2008): 85.46 less
    95.72 is -10.26; the root of 4.827 squared and 5.413 squared is 7.253, that of 5.198 squared and
    5.193 squared 7.347; so -17.51 to -2.91."""
    fell = progress(*INJURIES[:2])
    assert (fell["status"], fell["basis"], fell["year_period"]) == ("improving", YEAR, "2011/12")
    limits = [fell[name] for name in ("year_change", "year_lower", "year_upper")]
    assert limits == pytest.approx([-10.259, -17.511, -2.912], abs=0.002)
    rose = progress(*INJURIES)
    assert (rose["status"], rose["year_value"]) == ("no clear change", 85.46236)
    assert rose["year_change"] == pytest.approx(4.6372)
    assert rose["year_lower"] < 0 < rose["year_upper"]


def test_a_printed_baseline_is_preferred_to_a_year_before():
    row = progress(*CONCEPTIONS)
    assert (row["status"], row["basis"]) == ("improving", BASELINE)
    assert (row["since_baseline"], row["since_year"]) == ("improving", "improving")


def test_a_figure_of_the_baselines_own_year_is_not_judged_by_it():
    row = progress(figure("child_protection_plan_rate", "2012/13", 48.6, 45.3, 52.1))
    assert (row["status"], row["basis"]) == (NOT_JUDGED, "")
    assert row["reason"] == "no figure is held for a period after the baseline"


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        (
            [figure("rereferrals", "2012/13", 18.7, 17.8, 19.5)],
            "no figure is held for a year before",
        ),
        (
            [figure("rereferrals", "2011/12", 20.0), figure("rereferrals", "2012/13", 18.7)],
            "the figures have no limits, so chance cannot be told from change",
        ),
        (
            [
                figure("mash_outcome", "2013/14-Q4", 25.9, 24.7, 27.1),
                figure("mash_outcome", "2014/15-Q4", 58.6, 57.0, 60.0),
            ],
            "it is counted in another way than a year before",
        ),
        (
            [figure("social_care_contacts", "2013/14-Q3", 900.0)],
            "neither more nor fewer is better",
        ),
    ],
)
def test_each_reason_why_nothing_is_said(figures, reason):
    row = progress(*figures)
    assert (row["status"], row["reason"]) == (NOT_JUDGED, reason)
    assert row["year_change"] != row["year_change"] or reason.startswith("the figures")


def test_a_quarter_is_compared_with_the_same_quarter_a_year_before():
    row = progress(
        figure("needs_met", "2012/13-Q3", 54.7, 50.7, 58.6),
        figure("needs_met", "2013/14-Q2", 57.9, 54.0, 61.7),
        figure("needs_met", "2013/14-Q3", 59.2, 55.2, 63.0),
    )
    assert (row["year_period"], row["year_value"]) == ("2012/13-Q3", 54.7)
    assert row["status"] == "no clear change"


def test_polarity_decides_which_way_is_better():
    """Needs met wants more, and rose; no further action wants fewer, and rose as much."""
    rise = [("2012/13-Q3", 40.0, 39.0, 41.0), ("2013/14-Q3", 50.0, 49.0, 51.0)]
    assert progress(*(figure("needs_met", *each) for each in rise))["status"] == "improving"
    assert progress(*(figure("mash_outcome", *each) for each in rise))["status"] == "worsening"


def test_no_figure_and_hidden_figures_are_told_apart():
    none = add_progress([INDICATORS["neet"]], pd.DataFrame(INJURIES), COUNTY).iloc[0]
    assert (none["status"], none["reason"]) == (NO_FIGURE, "no figure is held")
    hidden = progress(figure("needs_met", "2013/14-Q3", np.nan, value_note="suppressed"))
    assert (hidden["status"], hidden["period"]) == (HIDDEN, "")
    assert hidden["reason"] == "its figures are hidden, since some numbers are small"


def test_figures_of_other_areas_are_not_the_countys():
    other = [{**each, "area_code": "E07000170", "area_name": "Ashfield"} for each in INJURIES]
    assert progress(*other)["status"] == NO_FIGURE


def test_breakdowns_by_sex_are_not_taken_for_the_total():
    female = [{**each, "sex": "female", "value": 1.0} for each in INJURIES]
    assert progress(*INJURIES, *female)["value"] == 90.09956


def test_frames_are_left_as_they_were():
    frame = pd.DataFrame(INJURIES)
    before = frame.copy()
    add_progress([INDICATORS["injury_admissions_0_14"]], frame, COUNTY)
    pd.testing.assert_frame_equal(frame, before)


def test_the_ten_and_the_twelve_measures_are_reported_with_what_is_printed_of_each():
    measures = early_help_measures(INDICATORS)
    assert [each.impact_number for each in measures] == [1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 0]
    assert sum("early_help_report" in each.sets for each in measures) == 12
    gaps = [each for each in measures if each.impact_number == 6]
    assert [each.baseline.printed for each in gaps] == [
        "KS2: 22.0% (2011/2012)",
        "KS4: 31.8% (2011/2012)",
    ]
    assert [each.national.printed[:10] for each in gaps] == ["KS2: 17.0%", "KS4: 26.4%"]
    assert measures[-1].id == "childrens_centre_reach"
    assert measures[7].baseline.printed == "2.5%(p) (2012/13)"


def test_sets_of_section_4_have_as_many_indicators_as_the_plan_ticks():
    """Counted in the plan: 32 and one promised; 7 ticks for the Board's framework; 12 for early
    help."""
    counts = {"all": 33, "hwb_framework": 7, "early_help_report": 12}
    for report_set, count in counts.items():
        assert len(outcomes_of(INDICATORS, report_set)) == count
    with pytest.raises(ValueError, match="report_set is 'none'; expected one of all, hwb"):
        outcomes_of(INDICATORS, "none")
