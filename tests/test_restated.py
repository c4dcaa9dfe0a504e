"""Restatement log: what changed since the last preparation, and why; nothing when nothing did."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from ehlib import prepare as module
from ehlib.load.accounts.restated import (
    Circumstances,
    figures_now,
    find_restated,
    read_restated,
    recently_restated,
)
from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.indicators.unmapped import describe_unmapped, read_unmapped
from ehlib.load.schema import NUMBERS, SourceError, read_observations
from ehlib.prepare import prepare
from ehlib.show.accounts import restated_note

REFERENCE = Path(__file__).resolve().parents[1] / "data" / "reference"
INDICATORS, AREAS = read_indicators(), read_areas()
FIGURE = {
    "indicator_id": "under18_conceptions",
    "area_code": "E07000170",
    "period": "2011",
    "value": "44.1",
    "source_id": "ons",
}
ENQUIRY = {
    "enquiry_id": "A1",
    "child_id": "child-one",
    "received_date": "2013-10-01",
    "source": "police",
    "area_code": "E07000170",
    "age": "7",
    "sex": "female",
    "need_level": "2",
    "outcome": "early help services",
    "outcome_date": "2013-10-04",
}


@pytest.fixture(autouse=True)
def boundaries(monkeypatch):
    def build(areas, raw, processed):
        shapes = {"area_code": ["E07000170"], "geometry": [box(0, 0, 1, 1)]}
        return gpd.GeoDataFrame(shapes, crs="EPSG:27700"), {}

    monkeypatch.setattr(module, "prepared_boundaries", build)


@pytest.fixture
def run(tmp_path):
    """Prepare some rows of some files, and give the log that this leaves."""

    def prepare_rows(**files):
        raw = tmp_path / "raw"
        for path in raw.glob("*"):
            path.unlink()
        raw.mkdir(exist_ok=True)
        for name, rows in files.items():
            pd.DataFrame(rows).to_csv(raw / f"{name}.csv", index=False, encoding="utf-8")
        prepare(raw, tmp_path / "processed", REFERENCE, say=lambda line: None)
        return read_restated(tmp_path / "processed")

    return prepare_rows


def test_a_figure_that_changed_is_logged_once_with_old_new_and_reason(run, tmp_path):
    assert run(a=[FIGURE, FIGURE | {"period": "2010"}]).empty
    log = run(a=[FIGURE | {"value": "45.6"}, FIGURE | {"period": "2010"}])
    (row,) = log.to_dict("records")
    assert (row["area_code"], row["period"], row["area_name"]) == ("E07000170", "2011", "Ashfield")
    assert (row["old_value"], row["new_value"]) == (44.1, 45.6)
    assert row["reason"] == "correction in the extract"
    assert row["old_seen"] == row["seen"] == pd.Timestamp.now("UTC").date().isoformat()
    folder = tmp_path / "processed"
    before = (folder / "restated.csv").read_bytes(), (folder / "figures_seen.parquet").read_bytes()
    assert len(run(a=[FIGURE | {"value": "45.6"}, FIGURE | {"period": "2010"}])) == 1
    assert before == (
        (folder / "restated.csv").read_bytes(),
        (folder / "figures_seen.parquet").read_bytes(),
    )


def test_the_log_grows_and_forgets_nothing_that_was_taken_away_for_a_while(run):
    run(a=[FIGURE], b=[FIGURE | {"period": "2010"}])
    assert run(b=[FIGURE | {"period": "2010"}]).empty  # gone, not another figure
    assert len(run(a=[FIGURE | {"value": "45.6"}], b=[FIGURE | {"period": "2010"}])) == 1
    log = run(a=[FIGURE | {"value": "44.1"}], b=[FIGURE | {"period": "2010", "value": "40.0"}])
    told = log[["period", "old_value", "new_value"]].to_numpy().tolist()
    assert told[0] == ["2011", 44.1, 45.6]
    assert sorted(told[1:]) == [["2010", 44.1, 40.0], ["2011", 45.6, 44.1]]


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        ("44.12", "44.14", 0),  # 44.1 is published either way
        ("44.14", "44.16", 1),  # 44.1 and 44.2
        ("44", "44.3", 0),  # the same, given with more decimals
        ("44", "44.6", 1),
        ("", "44.1", 0),  # a first figure changes none
        ("44.1", "", 1),  # withdrawn
    ],
)
def test_only_a_change_that_is_published_is_a_change(run, old, new, count):
    rows = [
        FIGURE | {"value": value, "value_note": "" if value else "not_available"}
        for value in (old, new)
    ]
    run(a=[rows[0]])
    log = run(a=[rows[1]])
    assert len(log) == count
    if count and not new:
        assert log["reason"].tolist() == ["no longer published"]
        assert log["new_note"].tolist() == ["not_available"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a": [FIGURE | {"value": "45.6"}]}, "correction in the extract"),
        ({"b": [FIGURE | {"value": "45.6"}]}, "a later extract"),
        ({"b": [FIGURE | {"value": "45.6", "source_id": "lait"}]}, "another source"),
    ],
)
def test_reason_is_where_the_new_figure_comes_from(run, files, reason):
    run(a=[FIGURE])
    assert run(**files)["reason"].tolist() == [reason]


def enquiries(count, **changes):
    return [ENQUIRY | {"enquiry_id": f"A{n}"} | changes for n in range(count)]


def test_records_that_came_late_are_the_reason_that_a_quarter_changed(run):
    late = {"received_date": "2013-12-30", "outcome_date": "2013-12-31"}
    run(log=[*enquiries(20), ENQUIRY | late | {"enquiry_id": "B"}])
    log = run(log=[*enquiries(25), ENQUIRY | late | {"enquiry_id": "B"}])
    total = log[(log["indicator_id"] == "mash_enquiries") & (log["category_type"] == "")]
    total = total[total["area_code"] == "E07000170"]
    assert total[["old_numerator", "new_numerator"]].to_numpy().tolist() == [[21.0, 26.0]]
    assert total["reason"].tolist() == ["late records"]


def test_a_record_that_was_put_right_is_no_late_record(run):
    late = {"received_date": "2013-12-30", "outcome_date": "2013-12-31", "enquiry_id": "B"}
    run(log=[*enquiries(20), ENQUIRY | late])
    log = run(log=[*enquiries(19), *enquiries(20, area_code="E07000171")[19:], ENQUIRY | late])
    assert set(log["reason"]) == {"case records corrected"}


def test_a_quarter_that_was_not_over_is_said_so(run):
    run(log=enquiries(20))
    late = {"received_date": "2013-12-30", "outcome_date": "2013-12-31", "enquiry_id": "B"}
    log = run(log=[*enquiries(20), ENQUIRY | late])
    assert set(log["reason"]) == {"the quarter was not complete"}


def test_real_records_in_place_of_the_sample_restate_nothing(run):
    run(log=[row | {"enquiry_id": f"SYN-{n}"} for n, row in enumerate(enquiries(9))])
    assert run(log=enquiries(7)).empty


def observations(**changes) -> pd.DataFrame:
    row = {
        **dict.fromkeys(NUMBERS, np.nan),
        "indicator_id": "rereferrals",
        "area_code": "E10000024",
        "area_name": "Nottinghamshire",
        "area_type": "county",
        "period": "2013/14",
        "period_start": pd.Timestamp(2013, 4, 1),
        "period_end": pd.Timestamp(2014, 3, 31),
        **{"sex": "persons", "age": "0-17", "category_type": "", "category": ""},
        **{"numerator": 1752.0, "denominator": 8716.0, "value_note": "", "source_id": "dfe"},
        "file": "a.csv",
    }
    return pd.DataFrame([row | changes])


def log_of(old: pd.DataFrame, new: pd.DataFrame, *, before=None, after=None) -> pd.DataFrame:
    plain = Circumstances(INDICATORS, AREAS, {}, date(2014, 1, 1))
    found = find_restated(
        figures_now(new, after or plain), figures_now(old, before or plain), INDICATORS
    )
    return found.log


def test_a_rate_changes_with_its_population_and_says_so():
    """1,752 of 8,716 is 20.1 %, of 9,716 it is 18.0 %."""
    log = log_of(observations(), observations(denominator=9716.0))
    assert log["reason"].tolist() == ["population revised"]
    assert log[["old_value", "new_value"]].round(1).to_numpy().tolist() == [[20.1, 18.0]]


def test_a_changed_definition_and_a_changed_locality_are_the_reason():
    own = INDICATORS["rereferrals"]
    changed = INDICATORS | {"rereferrals": replace(own, unit="per 1,000 referrals")}
    other = Circumstances(changed, AREAS, {}, date(2014, 1, 1))
    log = log_of(observations(), observations(numerator=1700.0), after=other)
    assert log["reason"].tolist() == ["definition changed"]
    fewer = replace(AREAS, districts=AREAS.districts[:-1])
    other = Circumstances(INDICATORS, fewer, {}, date(2014, 1, 1))
    log = log_of(observations(), observations(numerator=1700.0), after=other)
    assert log["reason"].tolist() == ["boundary or locality changed"]


def test_new_and_gone_figures_are_counted_not_logged():
    around = Circumstances(INDICATORS, AREAS, {}, date(2014, 1, 1))
    old = figures_now(observations(), around)
    new = figures_now(observations(period="2014/15"), around)
    found = find_restated(new, old, INDICATORS)
    assert (len(found.log), found.new, found.gone) == (0, 1, 1)
    again = find_restated(new, found.kept, INDICATORS)
    assert (len(again.log), again.new, again.gone) == (0, 0, 0)
    assert len(again.kept) == 2


def test_a_restated_figure_is_marked_when_it_is_read_until_the_next_quarter(run, tmp_path):
    run(a=[FIGURE, FIGURE | {"period": "2010"}])
    run(a=[FIGURE | {"value": "45.6"}, FIGURE | {"period": "2010"}])
    found = read_observations(tmp_path / "processed").set_index("period")["value_note"]
    assert found.to_dict() == {"2010": "", "2011": "restated"}
    log = read_restated(tmp_path / "processed")
    assert len(recently_restated(log, (date.today() + pd.Timedelta(days=80)).isoformat())) == 1
    assert recently_restated(log, (date.today() + pd.Timedelta(days=100)).isoformat()).empty


def test_the_note_on_restated_figures_names_one_and_counts_several(run, tmp_path):
    other = FIGURE | {"period": "2010"}
    run(a=[FIGURE, other])
    log = run(a=[FIGURE | {"value": "45.6"}, other])
    rows = read_observations(tmp_path / "processed")
    assert restated_note(rows, log, INDICATORS) == (
        "1 figure here was restated in the last three months (correction in the extract): "
        "Ashfield, 2011, was 44.1 before."
    )
    log = run(a=[FIGURE | {"value": "45.6"}, other | {"value": "41"}])
    rows = read_observations(tmp_path / "processed")
    assert restated_note(rows, log, INDICATORS) == (
        "2 figures here were restated in the last three months (correction in the extract)."
    )
    assert restated_note(rows.assign(value_note=""), log, INDICATORS) == ""


def test_what_was_seen_before_and_cannot_be_read_is_said_with_its_mend(run, tmp_path):
    run(a=[FIGURE])
    (tmp_path / "processed" / "figures_seen.parquet").write_bytes(b"not parquet")
    with pytest.raises(SourceError, match=r"figures_seen.parquet: .* delete the file"):
        run(a=[FIGURE])


def test_a_folder_without_a_log_has_restated_nothing(tmp_path):
    assert read_restated(tmp_path).empty
    assert read_unmapped(tmp_path) == {}


def test_unmapped_indicators_are_served_as_published_and_never_judged(tmp_path):
    frame = pd.DataFrame(
        {
            "id": ["lait_x", "fingertips_1", "lait_x"],
            "name": ["Children seen", "Admissions", "Other words"],
            "unit": ["Number", "per 100,000", ""],
            "calendar": ["financial_year", "calendar_year", "financial_year"],
        }
    )
    listed = describe_unmapped([frame.assign(publisher="DfE")])
    assert [each["id"] for each in listed] == ["fingertips_1", "lait_x"]
    assert listed[1]["name"] == "Children seen"
    module._write_json(tmp_path / "unmapped.json", listed)
    served = read_unmapped(tmp_path)
    first, second = served.values()
    assert (first.unit_short, first.decimals, first.polarity) == ("per 100,000", 1, "no_judgement")
    assert (second.name, second.decimals, second.method) == ("Children seen", 0, "value")
    assert second.version_at(date(2014, 1, 1)).name == "Children seen"
    assert read_indicators(data_dir=tmp_path).keys() >= {"lait_x", "neet"}
