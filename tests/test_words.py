"""Sentences on trends, process charts and the distance to a benchmark, read for sense."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ehlib.load.indicators import read_indicators
from ehlib.measure.spc import process_chart
from ehlib.show.figures.process import (
    process_caption,
    process_sentence,
    process_table,
    quarters_chart,
)
from ehlib.show.figures.words import (
    STRICTER,
    break_note,
    fewer_sentence,
    no_trend_reason,
    stock_note,
    story,
    trend_of,
    trend_sentence,
    trends_sentence,
)

RATE = read_indicators()["under18_conceptions"]
NAN = np.nan


def series(values, spread=1.0, **others):
    years = range(2009, 2009 + len(values))
    return pd.DataFrame(
        {
            "area_code": "E10000024",
            "area_name": "Nottinghamshire",
            "period": [str(year) for year in years],
            "period_start": pd.to_datetime([f"{year}-01-01" for year in years]),
            "value": values,
            "lower_ci": [value - spread for value in values],
            "upper_ci": [value + spread for value in values],
            "numerator": NAN,
            "denominator": NAN,
            "definition": "",
            **others,
        }
    )


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        ([34, 32, 30, 28, 26], {}, "rate fell, which is better."),
        ([26, 28, 30, 32, 34], {}, "rate rose, which is worse."),
        ([30, 31, 29, 30, 30], {}, "rate showed no clear trend."),
        ([34, 32, 30, 28], {}, ""),
        ([34, 32, NAN, 28, 26], {}, ""),
    ],
)
def test_trend_of_five_years_reads(values, options, expected):
    said = trend_sentence(series(values, **options), "E10000024", RATE)
    start = "Over the five years to 2013, Nottinghamshire's "
    assert said == (start + expected if expected else "")


def test_a_year_without_a_row_is_a_gap_and_not_skipped():
    rows = series([36, 34, 32, 30, 28, 26])
    assert trend_sentence(rows, "E10000024", RATE)
    assert trend_sentence(rows.drop(index=3), "E10000024", RATE) == ""


def test_an_area_without_figures_has_no_trend():
    assert trend_sentence(series([34, 32, 30, 28, 26]), "E07000170", RATE) == ""


def test_trend_is_not_judged_better_or_worse_without_polarity():
    neutral = replace(RATE, polarity="no_judgement")
    said = trend_sentence(series([34, 32, 30, 28, 26]), "E10000024", neutral)
    assert said == "Over the five years to 2013, Nottinghamshire's rate fell."


def test_no_trend_is_drawn_across_a_change_of_definition():
    rows = series([34, 32, 30, 28, 26], definition=["a", "a", "a", "b", "b"])
    assert trend_sentence(rows, "E10000024", RATE) == ""
    assert "definition changed" in trend_of(rows, "E10000024", RATE).reason


def test_overlapping_three_year_periods_and_quarters_get_no_yearly_trend():
    rows = series([34, 32, 30, 28, 26])
    for calendar in ("three_calendar_years", "financial_quarter"):
        assert trend_sentence(rows, "E10000024", replace(RATE, calendar=calendar)) == ""


STEADY = [270.0, 280.0] * 7


@pytest.mark.parametrize(
    ("values", "improvement", "expected"),
    [
        (STEADY, "decrease", "the latest quarter is within usual variation."),
        ([*STEADY, 330.0], "decrease", "above the limits of usual variation, a concern."),
        ([*STEADY, 330.0], "increase", "above the limits of usual variation, an improvement."),
        ([*STEADY, 330.0], "neutral", "above the limits of usual variation, a change."),
        ([*STEADY, 230.0], "decrease", "below the limits of usual variation, an improvement."),
        (
            [270.0, 280, 275],
            "decrease",
            "within usual variation. The limits rest on 3 figures; 13 or more are wanted.",
        ),
    ],
)
def test_latest_point_of_a_process_chart_reads(values, improvement, expected):
    said = process_sentence(process_chart(values, improvement), "Ashfield")
    assert said.startswith("Ashfield: ")
    assert said.endswith(expected)


@pytest.mark.parametrize("values", [[270.0], [NAN, NAN], []])
def test_a_process_chart_of_too_few_quarters_says_so(values):
    said = process_sentence(process_chart(values), "Ashfield")
    assert said == "Ashfield: too few quarters are held to tell usual variation from change."


def latest(**columns):
    row = {
        "area_type": "district",
        "area_name": "Mansfield",
        "period": "2013",
        "comparison": "worse",
        "numerator": 68.0,
        "denominator": NAN,
        "value": 35.9,
        "benchmark_value": 24.3,
        "benchmark_name": "England",
    }
    return pd.DataFrame([{**row, **columns}])


def test_distance_to_the_benchmark_is_whole_events():
    # ONS, Conceptions 2017, table 6: 68 at 35.9 per 1,000 is 1,894 females; 24.3 would be 46.03.
    # R, poisson.test(68): 52.80 to 86.21 events
    assert fewer_sentence(latest(), RATE) == (
        "To match England's rate (24.3 per 1,000), Mansfield would have needed 22 fewer "
        "conceptions than its 68 in 2013 (95% limits 7 to 40)."
    )


@pytest.mark.parametrize(
    "columns", [{"comparison": "similar"}, {"numerator": NAN}, {"area_type": "county"}]
)
def test_no_distance_is_given_where_none_is_known(columns):
    assert fewer_sentence(latest(**columns), RATE) == ""


def test_no_distance_is_given_where_more_is_better():
    assert fewer_sentence(latest(), replace(RATE, polarity="high_is_good")) == ""


def test_caption_of_a_short_process_chart_says_how_far_to_trust_it():
    said = process_caption(process_chart([1.0, 2.0, 3.0]), RATE, "Ashfield")
    assert said.endswith("Beware: limits rest on 3 figures; 13 or more are wanted.")


@pytest.mark.parametrize(
    ("indicator", "numerator", "value", "words"),
    [
        (RATE, 47.0, 24.8, "1 fewer conception than its 47 in 2013 (95% limits 0 to 16)."),
        (RATE, 68.0, 35.9, "22 fewer conceptions than its 68 in 2013 ("),
        (replace(RATE, id="excess_weight_year6"), 68.0, 35.9, "22 fewer children than its 68"),
        (replace(RATE, id="injury_admissions_0_14"), 1_270.0, 27.0, "127 fewer admissions than"),
    ],
)
def test_the_events_are_named(indicator, numerator, value, words):
    assert words in fewer_sentence(latest(numerator=numerator, value=value), indicator)


START = "Nottinghamshire's rate "
FIVE = "over the latest five years"


@pytest.mark.parametrize(
    ("values", "spread", "expected"),
    [
        (
            [40, 38, 36, 34, 32, 30, 28, 26],
            1.0,
            "fell from 40.0 per 1,000 in 2009 to 26.0 per 1,000 in 2016, still falling "
            f"{FIVE}, which is better.",
        ),
        (
            [60, 52, 45, 40, 36, 32, 30, 28],
            1.0,
            "about halved from 60.0 per 1,000 in 2009 to 28.0 per 1,000 in 2016, still falling "
            f"{FIVE}, which is better.",
        ),
        (
            [80, 70, 60, 40, 36, 32, 30, 28],
            1.0,
            "more than halved from 80.0 per 1,000 in 2009 to 28.0 per 1,000 in 2016, still falling "
            f"{FIVE}, which is better.",
        ),
        (
            [10, 12, 14, 16, 18, 20],
            1.0,
            "about doubled from 10.0 per 1,000 in 2009 to 20.0 per 1,000 in 2014, still rising "
            f"{FIVE}, which is worse.",
        ),
        (
            [10, 12, 16, 20, 22, 25],
            1.0,
            "more than doubled from 10.0 per 1,000 in 2009 to 25.0 per 1,000 in 2014, still rising "
            f"{FIVE}, which is worse.",
        ),
        (
            [50, 40, 20, 23, 26, 29, 32],
            1.0,
            "fell from 50.0 per 1,000 in 2009 to 32.0 per 1,000 in 2015; "
            f"{FIVE} it rose, which is worse.",
        ),
        (
            [50, 30, 31, 29, 30, 30],
            1.0,
            "fell from 50.0 per 1,000 in 2009 to 30.0 per 1,000 in 2014, but the latest five years "
            "show no clear trend.",
        ),
        (
            [34, 32, 30, 28, 26],
            1.0,
            "fell from 34.0 per 1,000 in 2009 to 26.0 per 1,000 in 2013, falling over the five "
            "years as a whole, which is better.",
        ),
        (
            [30, 31, 29, 30, 31],
            1.0,
            "went from 30.0 per 1,000 in 2009 to 31.0 per 1,000 in 2013, a change that chance "
            "could explain; the five years as a whole show no clear trend.",
        ),
        (
            [30, 31, 29, 30, 30],
            1.0,
            "was 30.0 per 1,000 both in 2009 and in 2013; the five years as a whole show no clear "
            "trend.",
        ),
        ([34, 26], 1.0, "fell from 34.0 per 1,000 in 2009 to 26.0 per 1,000 in 2010."),
        ([34], 1.0, ""),
    ],
)
def test_change_and_recent_trend_read_as_one_story(values, spread, expected):
    said = story(series(values, spread), "E10000024", RATE)
    assert said == (START + expected if expected else "")
    assert said.count("Nottinghamshire") <= 1


def test_why_there_is_no_recent_trend_is_told():
    short = series([34, 32, 30, 28])
    assert no_trend_reason(short, "E10000024", RATE).startswith(
        "No recent trend over five years is given for Nottinghamshire: "
    )
    three = replace(RATE, calendar="three_calendar_years")
    assert "share years" in no_trend_reason(series([34, 32, 30, 28, 26]), "E10000024", three)
    assert no_trend_reason(series([34, 32, 30, 28, 26]), "E10000024", RATE) == ""
    assert no_trend_reason(short.assign(value=NAN), "E10000024", RATE) == ""


def test_a_year_without_limits_is_not_called_a_missing_figure():
    bare = series([34, 32, 30, 28, 26])
    bare.loc[bare.index[-1], ["lower_ci", "upper_ci"]] = NAN
    said = no_trend_reason(bare, "E10000024", RATE)
    assert said.endswith(
        "not every one of the latest five figures has limits, by which the years are weighed."
    )
    none = no_trend_reason(bare.assign(lower_ci=NAN, upper_ci=NAN), "E10000024", RATE)
    assert "none of the latest five figures has limits" in none
    gone = bare.assign(value=[34, 32, NAN, 28, 26])
    assert "a figure is missing among the latest five years" in no_trend_reason(
        gone, "E10000024", RATE
    )


def test_districts_with_and_without_a_trend_are_named():
    falling = series([34, 32, 30, 28, 26], area_type="district")
    level = series([30, 31, 29, 30, 30], area_type="district").assign(area_code="B", area_name="B")
    short = series([30, 31], area_type="district").assign(area_code="C", area_name="C")
    said = trends_sentence(pd.concat([falling, level, short]), RATE)
    fell = "Over the five years to 2013 the rate fell in Nottinghamshire"
    assert said == f"{fell}; it showed no clear trend in B. {STRICTER}"
    assert trends_sentence(falling, RATE) == f"{fell}."
    assert trends_sentence(short, RATE) == ""


def test_district_trends_say_the_year_they_end_where_it_is_one():
    early = series([34, 32, 30, 28, 26], area_type="district").assign(area_code="A")
    moved = early["period_start"] + pd.DateOffset(years=1)
    labels = [str(day.year) for day in moved]
    later = early.assign(area_code="B", area_name="B", period_start=moved, period=labels)
    county = series([30] * 5).assign(period_start=moved, period=labels)
    assert "five years to 2013" in trends_sentence(pd.concat([early, county]), RATE)
    assert "latest five years" in trends_sentence(pd.concat([early, later]), RATE)


def test_children_counted_on_one_day_are_said_to_be_the_same_year_after_year():
    indicators = read_indicators()
    assert "not separate" in stock_note(indicators["child_protection_plan_rate"])
    assert "not separate" in stock_note(indicators["looked_after_children"])
    assert stock_note(indicators["under18_conceptions"]) == ""


def test_change_of_definition_is_told_with_its_reason():
    mash = read_indicators()["mash_outcome"]
    rows = series([30, 31]).assign(
        period=["2013/14-Q4", "2014/15-Q1"],
        period_start=pd.to_datetime(["2014-01-01", "2014-04-01"]),
        definition=["2011-04-01", "2014-04-01"],
    )
    said = break_note(rows, mash)
    assert said.startswith("From April to June 2014 on, the figures follow another definition")
    assert "wants more" in said
    assert break_note(rows.tail(1), mash) == ""


def quarters(values, first="2012-04-01"):
    starts = pd.date_range(first, periods=len(values), freq="QS")
    labels = [
        f"{day.year - (day.month < 4)}/{(day.year + (day.month >= 4)) % 100:02d}"
        f"-Q{(day.month - 4) % 12 // 3 + 1}"
        for day in starts
    ]
    return series(values).assign(period=labels, period_start=starts)


QUARTERLY = replace(RATE, calendar="financial_quarter", polarity="no_judgement")


def test_a_quarter_without_a_row_stands_empty_on_the_chart():
    rows = quarters([270.0, 280.0, 275.0, 285.0, 290.0]).drop(index=2)
    chart = quarters_chart(rows.iloc[::-1], "E10000024", QUARTERLY)
    assert chart["value"].isna().tolist() == [False, False, True, False, False]
    assert [each[-2:] for each in chart.index] == ["Q1", "Q2", "Q3", "Q4", "Q1"]


def test_limits_start_anew_where_the_definition_changes_and_the_chart_says_so():
    rows = quarters([30.0, 31, 29, 60, 61, 59]).assign(definition=["a"] * 3 + ["b"] * 3)
    chart = quarters_chart(rows, "E10000024", QUARTERLY)
    assert chart["mean"].round().tolist() == [30, 30, 30, 60, 60, 60]
    assert chart["annotation"].tolist() == ["", "", "", "definition changed", "", ""]


def test_yearly_figures_have_no_process_chart():
    assert quarters_chart(series([30, 31, 32]), "E10000024", RATE).empty
    assert quarters_chart(quarters([30, 31]), "E07000170", QUARTERLY).empty


def test_table_of_a_process_chart_says_what_each_point_is():
    chart = quarters_chart(quarters([*STEADY, 330.0]), "E10000024", QUARTERLY)
    table = process_table(chart, QUARTERLY)
    assert table["What it is"].iloc[0] == "a change (outside limits, above)"
    assert table["What it is"].iloc[1] == "usual variation"
    assert table["Usual variation"].iloc[0].count(" to ") == 1
