"""Tables of text: columns, order, units, markers, and what hidden counts hide."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ehlib.load.indicators import read_indicators
from ehlib.show.tables import (
    MARKERS,
    areas_table,
    counts_table,
    counts_text,
    heading,
    marker,
    order_areas,
    parts_table,
    periods_table,
    quarters_table,
    shares,
    signs_note,
    values_text,
)

NAN = np.nan
RATE = replace(read_indicators()["under18_conceptions"], unit_short="per 1,000", decimals=1)
SHARE = replace(RATE, unit_short="%", method="proportion")
NUMBER = replace(RATE, unit_short="children", method="count", decimals=0)
SCORE = replace(RATE, unit_short="score", method="value")
CASES = replace(RATE, data_class="case")


@pytest.fixture
def latest():
    rows = [
        ("England", "england", 22830, NAN, 24.3, 24.0, 24.6, NAN, "not compared", ""),
        ("Nottinghamshire", "county", 340, NAN, 24.2, 21.7, 26.9, 24.3, "similar", ""),
        ("West", "locality", 129, NAN, 31.7, 26.5, 37.6, 24.3, "worse", "derived"),
        ("Rushcliffe", "district", NAN, NAN, NAN, NAN, NAN, 24.3, "not compared", "suppressed"),
        ("Mansfield", "district", 68, NAN, 35.9, 27.9, 45.5, 24.3, "worse", "provisional;derived"),
    ]
    columns = [
        "area_name",
        "area_type",
        "numerator",
        "denominator",
        "value",
        "lower_ci",
        "upper_ci",
    ]
    frame = pd.DataFrame(rows, columns=[*columns, "benchmark_value", "comparison", "value_note"])
    return frame.assign(
        area_code=frame["area_name"],
        benchmark_name="England",
        period="2013",
        period_start=pd.Timestamp("2013-01-01"),
    )


def quarterly(numerators, *, first=1, notes=None, name="Ashfield", kind="district"):
    """One area's quarters of 2013/14 and after, at 2 per 10 children."""
    years = [f"{2013 + (first + place - 1) // 4}" for place in range(len(numerators))]
    labels = [
        f"{year}/{int(year) % 100 + 1}-Q{(first + place - 1) % 4 + 1}"
        for place, year in enumerate(years)
    ]
    values = np.array(numerators, dtype="float64")
    return pd.DataFrame(
        {
            "area_name": name,
            "area_code": name,
            "area_type": kind,
            "period": labels,
            "period_start": pd.date_range("2013-04-01", periods=len(labels), freq="QS"),
            "numerator": values,
            "value": values / 5,
            "lower_ci": values / 6,
            "upper_ci": values / 4,
            "value_note": notes or [""] * len(labels),
        }
    )


def test_areas_stand_by_name_then_wider_ones(latest):
    names = ["Mansfield", "Rushcliffe", "West", "Nottinghamshire", "England"]
    assert list(areas_table(latest, RATE)["Area"]) == names
    assert list(order_areas(latest)["area_name"]) == names
    assert list(order_areas(latest, by="value")["area_name"])[:2] == ["Mansfield", "Rushcliffe"]
    assert list(order_areas(latest).columns) == list(latest.columns)


def test_units_stand_in_the_headings_and_empty_columns_go(latest):
    table = areas_table(latest, RATE)
    assert list(table.columns) == [
        "Area",
        "Number",
        "Rate (per 1,000)",
        "95% limits",
        "Compared with England",
    ]


def test_cells_are_text_as_they_are_read(latest):
    table = areas_table(latest, RATE).set_index("Area")
    assert list(table.loc["Mansfield"]) == ["68", "35.9 [p]", "27.9 to 45.5", "worse"]
    assert list(table.loc["Rushcliffe"]) == ["[c]", "[c]", "", "not compared"]
    assert list(table.loc["England"]) == ["22,830", "24.3", "24.0 to 24.6", ""]


def test_nothing_is_said_of_a_comparison_that_was_not_made(latest):
    table = areas_table(latest.assign(comparison="not compared"), RATE)
    assert not [name for name in table.columns if name.startswith("Compared")]


def test_number_is_not_repeated_for_counts(latest):
    table = areas_table(latest.assign(value=latest["numerator"]), NUMBER)
    assert "Number" not in table.columns
    assert list(table["Number (children)"])[-1] == "22,830"


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        (RATE, "Rate (per 1,000)"),
        (SHARE, "Percentage"),
        (NUMBER, "Number (children)"),
        (SCORE, "Average score"),
        (replace(SCORE, unit_short="points"), "Gap (points)"),
    ],
)
def test_heading_names_value_and_unit_once(indicator, expected):
    assert heading(indicator) == expected


@pytest.mark.parametrize("note", MARKERS)
def test_every_note_has_a_marker_of_its_own(note):
    symbol, words = MARKERS[note]
    assert marker(note) == symbol
    assert words
    assert [each for each, _ in MARKERS.values()].count(symbol) == 1


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("", ""),
        ("synthetic", ""),
        ("derived;suppressed", "[c]"),
        ("derived;provisional", "[p]"),
        ("unreliable;derived", "[u]"),
    ],
)
def test_most_serious_note_gives_the_marker(note, expected):
    assert marker(note) == expected


def test_derived_population_of_case_records_is_not_marked_on_each_rate(latest):
    assert values_text(latest, RATE)[2] == "31.7 [d]"
    assert values_text(latest, CASES)[2] == "31.7"
    assert values_text(latest, CASES)[4] == "35.9 [p]"
    assert values_text(latest, CASES)[3] == "[c]"


def test_missing_value_without_a_note_is_not_available(latest):
    assert values_text(latest.assign(value=NAN, value_note=""), RATE) == ["[x]"] * 5


def test_counts_are_whole_with_separators_and_zero_is_shown():
    values = pd.Series([1234.0, 0.0, NAN, NAN])
    assert counts_text(values, ["", "", "", "derived;suppressed"]) == ["1,234", "0", "", "[c]"]


def test_periods_run_down_and_areas_across(latest):
    earlier = latest.assign(period="2012", period_start=pd.Timestamp("2012-01-01"), value=10.0)
    table = periods_table(pd.concat([earlier, latest[latest["area_name"] != "West"]]), RATE)
    assert list(table["Period"]) == ["2013", "2012"]
    names = ["Period", "Mansfield", "Rushcliffe", "West", "Nottinghamshire", "England"]
    assert list(table.columns) == names
    assert table.loc[0, "Mansfield"] == "\u25b2 35.9 [p]"
    assert table.loc[0, "Rushcliffe"] == "[c]"
    assert table.loc[0, "West"] == "[x]"
    assert table.loc[0, "England"] == "24.3"


def test_sign_says_below_and_a_limit_on_the_benchmark_says_nothing(latest):
    table = periods_table(latest.assign(lower_ci=10.0, upper_ci=[20, 24.3, 20, NAN, 24.2]), RATE)
    row = table.iloc[0]
    assert row["Mansfield"].startswith("\u25bc ")
    assert row["Nottinghamshire"] == "24.2"


def test_areas_of_one_name_keep_their_columns(latest):
    twins = latest.assign(area_name=["England", "A", "A", "A", "B"])
    assert list(periods_table(twins, RATE).columns) == ["Period", "A", "B", "A", "A", "England"]


def test_signs_are_explained_only_where_there_can_be_any(latest):
    assert signs_note(latest).startswith("\u25b2 higher than England, \u25bc lower than England")
    assert signs_note(latest.assign(lower_ci=NAN)) == ""


def test_quarters_run_from_the_latest_with_the_year_so_far():
    table = quarters_table(quarterly([10, 20, 30, 40, 50]), RATE)
    assert list(table.columns) == [
        "Quarter",
        "Number",
        "Number since April",
        "Rate (per 1,000)",
        "95% limits",
    ]
    assert list(table["Quarter"])[:2] == ["2014/15\u00a0Q1", "2013/14\u00a0Q4"]
    assert list(table["Number since April"]) == ["50", "100", "60", "30", "10"]
    assert table["95% limits"].iloc[-1] == "1.7 to 2.5"


def test_hidden_quarter_hides_the_rest_of_its_year():
    own = quarterly([10, NAN, 30, 40, 50], notes=["", "suppressed", "", "", ""])
    assert list(quarters_table(own, RATE)["Number since April"]) == [
        "50",
        "[c]",
        "[c]",
        "[c]",
        "10",
    ]


def test_year_that_does_not_begin_in_april_has_no_total():
    table = quarters_table(quarterly([10, 20, 30], first=3), RATE)
    assert list(table["Number since April"]) == ["30", "", ""]


def test_counts_have_a_column_a_quarter():
    both = pd.concat(
        [
            quarterly([1000, 20]),
            quarterly([30, NAN], name="County", kind="county", notes=["", "suppressed"]),
        ]
    )
    table = counts_table(both)
    assert list(table.columns) == ["Area", "2013/14\u00a0Q1", "2013/14\u00a0Q2"]
    assert table.to_numpy().tolist() == [["Ashfield", "1,000", "20"], ["County", "30", "[c]"]]


@pytest.fixture
def parts():
    cells = {"no further action": [10, 60], "MASH: early help": [30, 40], "not recorded": [0, NAN]}
    notes = {"not recorded": ["", "suppressed"]}
    frames = [
        quarterly(values, notes=notes.get(name)).assign(
            category=name, value=np.array(values, "float64")
        )
        for name, values in cells.items()
    ]
    return pd.concat(frames, ignore_index=True)


def test_shares_stand_by_size_in_the_latest_quarter(parts):
    table = shares(parts)
    assert list(table.columns) == ["no further action", "MASH: early help", "not recorded"]
    assert list(table.index) == ["2013/14\u00a0Q2", "2013/14\u00a0Q1"]
    assert table.iloc[1].tolist() == [10, 30, 0]
    assert np.isnan(table.iloc[0]["not recorded"])
    assert len(shares(parts, periods=1)) == 1


def test_parts_give_number_and_per_cent(parts):
    table = parts_table(parts)
    assert list(table.columns) == [
        "Quarter",
        "No further action",
        "MASH: early help",
        "Not recorded",
    ]
    assert table.iloc[0].tolist() == ["2013/14\u00a0Q2", "60 (60.0%)", "40 (40.0%)", "[c]"]
    assert table.iloc[1].tolist() == ["2013/14\u00a0Q1", "10 (10.0%)", "30 (30.0%)", "0 (0.0%)"]


def test_tables_leave_their_frames_unchanged(latest, parts):
    before, whole = latest.copy(), parts.copy()
    areas_table(latest, RATE)
    periods_table(latest, RATE)
    parts_table(parts)
    shares(parts)
    pd.testing.assert_frame_equal(latest, before)
    pd.testing.assert_frame_equal(parts, whole)
