"""The observations frame: what passes the check on the way out of load, and what is read back."""

import json

import numpy as np
import pandas as pd
import pytest

from ehlib.load.definitions import definitions_in_force, percentages
from ehlib.load.indicators import read_indicators
from ehlib.load.schema import (
    COLUMNS,
    DATES,
    KEY,
    NUMBERS,
    ObservationError,
    SourceError,
    read_observations,
    read_sources,
    validate_observations,
)

INDICATORS = read_indicators()
FIRST = {
    "indicator_id": "eyfs_good_development",
    "area_code": "E07000170",
    "area_name": "Ashfield",
    "area_type": "district",
    "period": "2013/14",
    "period_start": pd.Timestamp("2013-09-01"),
    "period_end": pd.Timestamp("2014-08-31"),
    "sex": "persons",
    "age": "5",
    "category_type": "",
    "category": "",
    "numerator": 831.0,
    "denominator": 1464.0,
    "value": 57.0,
    "lower_ci": 54.2,
    "upper_ci": 59.3,
    "value_note": "",
    "source_id": "dfe",
}


def observations(*changes: dict) -> pd.DataFrame:
    """Good development in Ashfield, one row a set of changes."""
    return pd.DataFrame([FIRST | change for change in changes or ({},)])


def test_good_observations_come_back_in_order_with_their_types():
    frame = observations({"period": "2014/15"} | dict.fromkeys(DATES, "2015-08-31"), {})
    found = validate_observations(frame[COLUMNS[::-1]])
    assert list(found.columns) == COLUMNS
    assert found["period"].tolist() == ["2013/14", "2014/15"]
    assert found.index.tolist() == [0, 1]
    assert all(found[name].dtype == "float64" for name in NUMBERS)
    assert all(found[name].dtype.kind == "M" for name in DATES)
    texts = [name for name in COLUMNS if name not in [*NUMBERS, *DATES]]
    assert all(isinstance(found[name].dtype, pd.StringDtype) for name in texts)


def test_the_input_is_not_changed():
    frame = observations({"numerator": None})
    before = frame.copy()
    validate_observations(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_missing_numbers_pass():
    nothing = dict.fromkeys(NUMBERS, None) | {"value_note": "suppressed;revised"}
    assert validate_observations(observations(nothing))[NUMBERS].isna().all(axis=None)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"indicator_id": None}, "text is missing"),
        ({"area_code": ""}, "text is missing"),
        ({"area_name": None}, "text is missing"),
        ({"source_id": None}, "text is missing"),
        ({"area_type": "parish"}, "area_type is unknown"),
        ({"sex": "Persons"}, "sex is unknown"),
        ({"value_note": "derived;guess"}, "value_note is unknown"),
        ({"category": "boys"}, "category has no category_type"),
        ({"category_type": "sex"}, "category has no category_type"),
        ({"period_end": pd.NaT}, "period has no dates"),
        ({"period_end": pd.Timestamp("2012-08-31")}, "period ends before it begins"),
        ({"numerator": -1.0}, "numerator is negative"),
        ({"denominator": -1.0}, "denominator is negative"),
        ({"value": np.inf, "upper_ci": np.nan}, "number is infinite"),
        ({"value": 54.1}, "value lies outside its limits"),
        ({"value": 59.4}, "value lies outside its limits"),
        ({"value": np.nan, "lower_ci": 60.0}, "value lies outside its limits"),
        ({"numerator": 1465.0}, "numerator is above its denominator"),
    ],
)
def test_what_cannot_be_right_is_refused_by_place(change, problem):
    good = {"period": "2012/13"}
    with pytest.raises(ObservationError, match=problem) as refused:
        validate_observations(observations(good, change), INDICATORS)
    if not {"indicator_id", "area_code", "area_name", "source_id"} & set(change):
        place = "dfe: eyfs_good_development, E07000170 Ashfield, 2013/14"
        assert str(refused.value).endswith(place)


def test_a_repeated_key_is_refused():
    with pytest.raises(ObservationError, match="key is repeated"):
        validate_observations(observations({}, {"value": 58.0, "source_id": "other"}))


def test_a_missing_column_is_named():
    with pytest.raises(ObservationError, match="lack the columns sex, value_note"):
        validate_observations(observations().drop(columns=["sex", "value_note"]))


def test_five_offenders_are_listed_and_the_rest_counted():
    years = [{"period": f"{year}", "numerator": -1.0} for year in range(2001, 2009)]
    with pytest.raises(ObservationError, match="; and 3 more") as refused:
        validate_observations(observations(*years))
    assert str(refused.value).count("Ashfield") == 5


def test_an_index_with_repeats_is_no_obstacle():
    frame = observations({"period": "2012/13"}, {"value_note": "derived;revised"})
    found = validate_observations(frame.set_axis([3, 3]))
    assert found["value_note"].tolist() == ["", "derived;revised"]
    wrong = observations({"period": "2012/13"}, {"value_note": "derived;guess"}).set_axis([3, 3])
    with pytest.raises(ObservationError, match=r"^value_note is unknown: [^;]*, 2013/14$"):
        validate_observations(wrong)


def test_an_empty_frame_passes():
    assert validate_observations(observations().iloc[:0]).empty


# Definitions in force


def test_the_definition_in_force_changes_with_the_period():
    entrants = {"indicator_id": "first_time_entrants"}
    before = entrants | {"period_start": pd.Timestamp("2014-01-01")}
    after = entrants | {"period_start": pd.Timestamp("2015-01-01")}
    found = definitions_in_force(observations(before, after), INDICATORS)
    assert found["method"].tolist() == ["count", "rate"]
    assert found["multiplier"].tolist() == [1, 100_000]
    assert found["definition"].tolist() == ["2012-01-01", "2015-01-01"]


def test_what_is_not_known_has_no_definition_and_is_no_percentage():
    frame = observations({"indicator_id": "no_such"}, {"period_start": pd.NaT}, {}).set_axis(
        [4, 4, 1]
    )
    found = definitions_in_force(frame, INDICATORS)
    assert found["method"].tolist() == ["", "", "proportion"]
    assert percentages(frame, INDICATORS).tolist() == [False, False, True]
    assert found.index.tolist() == [4, 4, 1]


def test_a_breakdown_of_case_records_is_a_percentage_but_not_a_published_one():
    part = {"category_type": "outcome", "category": "other"}
    frame = observations(
        {"indicator_id": "mash_enquiries"},
        {"indicator_id": "mash_enquiries", **part},
        {"indicator_id": "injury_admissions_0_14", **part},
    )
    assert percentages(frame, INDICATORS).tolist() == [False, True, False]


# What `ehlib prepare` wrote


@pytest.fixture
def prepared(tmp_path):
    quarters = [
        ("2013/14-Q2", "2013-07-01", "2013-09-30"),
        ("2013/14-Q3", "2013-10-01", "2013-12-31"),
        ("2013/14-Q4", "2014-01-01", "2014-03-31"),
    ]
    rows = [
        {"indicator_id": indicator, "period": label, "period_start": start, "period_end": end}
        for indicator in ("needs_met", "mash_outcome")
        for label, start, end in quarters
    ]
    rows += [{}, {"period": "2012/13", "period_start": "2012-09-01", "period_end": "2013-08-31"}]
    frame = validate_observations(observations(*rows))
    frame.to_parquet(tmp_path / "observations.parquet", index=False)
    sources = {"files": [], "sources": [{"id": "dfe", "name": "Department for Education, EYFSP"}]}
    (tmp_path / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
    return tmp_path


def test_all_observations_come_back_with_their_source_in_words(prepared):
    found = read_observations(prepared)
    assert len(found) == 8
    assert set(found["source_name"]) == {"Department for Education, EYFSP"}


def test_periods_that_ended_after_the_quarter_are_left_out(prepared):
    found = read_observations(str(prepared), quarter="2013/14-Q3")
    assert sorted(found["period"].unique()) == ["2012/13", "2013/14-Q2", "2013/14-Q3"]
    assert found["period_end"].max() == pd.Timestamp("2013-12-31")  # a period may end that day
    assert found.index.tolist() == list(range(len(found)))
    before = read_observations(prepared, quarter="2013-14-Q2")
    assert sorted(before["period"].unique()) == ["2012/13", "2013/14-Q2"]


def test_one_or_several_indicators_are_picked(prepared):
    assert set(read_observations(prepared, indicator_id="needs_met")["indicator_id"]) == {
        "needs_met"
    }
    chosen = ["needs_met", "mash_outcome"]
    found = read_observations(prepared, indicator_id=chosen, quarter="2013/14 Q3")
    assert sorted(found["indicator_id"].unique()) == sorted(chosen)
    assert len(found) == 4


def test_a_source_that_is_not_described_leaves_its_name_missing(prepared):
    (prepared / "sources.json").write_text('{"files": [], "sources": []}', encoding="utf-8")
    assert read_observations(prepared)["source_name"].isna().all()


def test_a_folder_without_prepared_data_says_what_to_do(tmp_path):
    with pytest.raises(SourceError, match="holds no prepared observations; run `ehlib prepare`"):
        read_observations(tmp_path)
    with pytest.raises(SourceError, match="holds no account of extracts; run `ehlib prepare`"):
        read_sources(tmp_path)


def test_a_quarter_that_is_none_is_refused(prepared):
    with pytest.raises(ValueError, match="a financial quarter such as 2013/14-Q3"):
        read_observations(prepared, quarter="2013/14")


def test_the_key_is_that_of_the_house_style():
    said = "indicator_id, area_code, period, sex, age, category_type, category"
    assert ", ".join(KEY) == said
