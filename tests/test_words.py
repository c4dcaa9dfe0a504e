"""Sentences on trends, process charts and the distance to a benchmark, read for sense."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ehlib.load.indicators import read_indicators
from ehlib.measure.spc import process_chart
from ehlib.show.figures.words import (
    by_period,
    fewer_sentence,
    process_caption,
    process_sentence,
    trend_of,
    trend_sentence,
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
            "within usual variation. The limits rest on 3 figures; 13 are wanted.",
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
    # ONS, Conceptions 2017, table 6: 68 at 35.9 per 1,000 is 1,894 females; 24.3 would be 46.03
    assert fewer_sentence(latest(), RATE) == (
        "To match England's rate (24.3 per 1,000), Mansfield would have needed 22 fewer than its "
        "68 in 2013."
    )


@pytest.mark.parametrize(
    "columns", [{"comparison": "similar"}, {"numerator": NAN}, {"area_type": "county"}]
)
def test_no_distance_is_given_where_none_is_known(columns):
    assert fewer_sentence(latest(**columns), RATE) == ""


def test_no_distance_is_given_where_more_is_better():
    assert fewer_sentence(latest(), replace(RATE, polarity="high_is_good")) == ""


def test_values_are_put_in_time_order_by_the_label_a_reader_sees():
    rows = series([3.0, 1.0]).assign(period=["2013/14-Q2", "2013/14-Q1"])
    rows["period_start"] = pd.to_datetime(["2013-07-01", "2013-04-01"])
    assert by_period(rows).tolist() == [1.0, 3.0]
    assert [each.split()[-1] for each in by_period(rows).index] == ["Q1", "Q2"]


def test_caption_of_a_short_process_chart_says_how_far_to_trust_it():
    said = process_caption(process_chart([1.0, 2.0, 3.0]), RATE, "Ashfield")
    assert said.endswith("Beware: limits rest on 3 figures; 13 are wanted.")
