"""From raw to processed: every file and row accounted for, and the old data safe until the end."""

import hashlib
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from ehlib import prepare as module
from ehlib.load.schema import COLUMNS, SourceError, read_observations, read_sources
from ehlib.load.sources.extract import Extract
from ehlib.load.sources.rules import RULES
from ehlib.prepare import Prepared, prepare

REFERENCE = Path(__file__).resolve().parents[1] / "data" / "reference"
CONCEPTIONS = {
    "indicator_id": "under18_conceptions",
    "area_code": "E07000170",
    "period": "2011",
    "value": "44.1",
    "source_id": "ons",
}
MANSFIELD = CONCEPTIONS | {"area_code": "E07000174", "value": "44.5"}
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
SYNTHETIC = ENQUIRY | {"enquiry_id": "SYN-1", "child_id": "SYN-C1"}
EPISODE = {
    "episode_id": "E1",
    "child_id": "child-one",
    "opened_date": "2013-10-01",
    "closed_date": "2013-12-02",
    "process": "CAF",
    "lead_agency": "school",
    "need_level": "2",
    "closure_reason": "needs met",
    "area_code": "E07000170",
    "age": "7",
    "sex": "female",
}


@pytest.fixture(autouse=True)
def boundaries(monkeypatch):
    """One square for a boundary, since building them takes seconds; and how it was asked for."""
    calls = []

    def build(areas, raw, processed):
        calls.append((areas.county.code, raw, processed))
        shapes = {"area_code": ["E07000170"], "geometry": [box(0, 0, 1, 1)]}
        message = "districts.geojson: found no boundary of E07000176 Rushcliffe"
        folder = (raw / "boundaries").exists()
        files = {"boundaries/districts.geojson": Extract.refused(message)} if folder else {}
        return gpd.GeoDataFrame(shapes, crs="EPSG:27700"), files

    monkeypatch.setattr(module, "prepared_boundaries", build)
    return calls


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "raw"


@pytest.fixture
def processed(tmp_path):
    return tmp_path / "processed"


def write(path: Path, *rows: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(list(rows)).to_csv(path, index=False, encoding="utf-8")
    return path


def run(raw: Path, processed: Path) -> Prepared:
    said: list[str] = []
    prepared = prepare(raw, processed, REFERENCE, say=said.append)
    prepared.said = said
    for each in read_sources(processed)["files"]:
        parts = [each[f"rows_{name}"] for name in ("loaded", "normalised", "rejected")]
        assert sum(parts) == each["rows_read"]
        assert min(parts) >= 0
    return prepared


def accounts(processed: Path) -> dict[str, dict]:
    return {each["file"]: each for each in read_sources(processed)["files"]}


def rejected(processed: Path) -> pd.DataFrame:
    return pd.read_csv(processed / "rejected.csv", dtype="str", keep_default_na=False)


def faults(processed: Path) -> pd.DataFrame:
    return pd.read_csv(processed / "faults.csv", dtype="str", keep_default_na=False)


def contents(folder: Path) -> dict[str, str]:
    """Digest of each file under a folder, by its name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_good_extracts_give_everything_that_notebooks_need(raw, processed):
    path = write(raw / "published" / "a.csv", CONCEPTIONS, MANSFIELD)
    write(raw / "mash" / "log.csv", ENQUIRY)
    prepared = run(raw, processed)
    assert not prepared.refused
    assert set(contents(processed)) == {
        *("observations.parquet", "boundaries.parquet", "cases/mash_enquiries.parquet"),
        *("rejected.csv", "faults.csv", "sources.json", "lookups.parquet", "unmapped.json"),
        *("rows.parquet", "revisions.csv", "restated.csv", "figures_seen.parquet", ".case-key"),
    }
    found = read_observations(processed)
    assert list(found.columns) == [*COLUMNS, "source_name"]
    conceptions = found[found["indicator_id"] == "under18_conceptions"]
    assert conceptions["value"].tolist() == [44.1, 44.5]
    enquiries = found[found["indicator_id"] == "mash_enquiries"]
    assert enquiries.query("category == '' and area_type == 'county'")["numerator"].tolist() == [1]
    account = accounts(processed)["published/a.csv"]
    assert account == {
        "file": "published/a.csv",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "kind": "tidy",
        "outcome": "loaded",
        **{"rows_read": 2, "rows_loaded": 2, "rows_normalised": 0, "rows_rejected": 0},
        "rows_left_out": 0,
        "message": "",
    }
    assert rejected(processed).empty
    assert faults(processed).empty


def test_progress_is_told_file_by_file(raw, processed):
    write(raw / "a.csv", CONCEPTIONS, CONCEPTIONS, MANSFIELD | {"area_code": "nowhere"})
    (raw / "b.csv").write_bytes(b"")
    said = run(raw, processed).said
    assert said[0] == "a.csv: 3 rows read, 1 rows loaded, 1 rows normalised, 1 rows rejected"
    assert said[1].startswith("b.csv: refused: ")
    assert "the file is empty" in said[1]
    assert said[-1] == "building boundaries"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("binary.csv", b"\x89PNG\x00\x00", "picture"),
        ("other.csv", b"date,rainfall\n1,2\n", "no known kind of extract, 2 columns"),
        ("more.csv", b"indicator_id,area_code,period,value,colour\n1,2,3,4,5\n", "colour"),
        ("none.csv", b"indicator_id,area_code,period,value\n", "no rows under the header"),
        ("open.csv", b'indicator_id,area_code,period,value\n"1,2,3,4\n', "double quote"),
        ("book.xlsx", b"PK\x03\x04\x00\x00", "cannot be unpacked"),
        ("LOUD.CSV", b"date,rainfall\n1,2\n", "of no known kind"),
        ("names.csv", b"enquiry_id,child_name\n1,Jo\n", "child_id"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_and_the_others_are_loaded(
    raw, processed, name, content, message
):
    write(raw / "good.csv", CONCEPTIONS)
    (raw / name).write_bytes(content)
    prepared = run(raw, processed)
    assert prepared.refused
    account = accounts(processed)[name]
    assert (account["kind"], account["outcome"], account["rows_read"]) == ("refused", "refused", 0)
    assert message in account["message"]
    listed = faults(processed)
    assert set(listed["file"]) == {name}
    assert set(listed["rule"]) <= set(RULES)
    assert (listed["severity"] == "error").any()
    assert len(read_observations(processed)) == 1


def test_a_file_that_another_program_holds_is_refused_and_the_others_are_loaded(
    raw, processed, monkeypatch
):
    write(raw / "good.csv", CONCEPTIONS)
    held = write(raw / "held.csv", MANSFIELD)
    opened = Path.open

    def locked(path, *arguments, **options):
        if path == held and arguments == ("rb",):
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", locked)
    run(raw, processed)
    assert accounts(processed)["held.csv"]["outcome"] == "refused"
    assert "held.csv" not in accounts(processed)["held.csv"]["message"].partition(":")[2]
    assert len(read_observations(processed)) == 1


def test_files_that_are_no_extracts_are_left_out_and_said_without_a_fault(raw, processed):
    write(raw / "good.csv", CONCEPTIONS)
    for name in ("~$good.xlsx", ".hidden.csv", "README.md", "notes.txt"):
        (raw / name).write_bytes(b"anything")
    (raw / "folder.csv").mkdir()
    assert not run(raw, processed).refused
    found = {name: each["outcome"] for name, each in accounts(processed).items()}
    assert found == {"good.csv": "loaded", "notes.txt": "left out", "README.md": "left out"}
    assert set(faults(processed)["severity"]) == {"note"}


def test_boundaries_beside_the_tables_are_refused_and_sent_to_their_folder(raw, processed):
    write(raw / "good.csv", CONCEPTIONS)
    (raw / "districts.geojson").write_text("{}", encoding="utf-8")
    assert run(raw, processed).refused
    (row,) = faults(processed).to_dict("records")
    assert (row["file"], row["rule"]) == ("districts.geojson", "boundary_misplaced")
    assert "boundaries" in row["mend"]


def test_no_extract_at_all_is_an_error_and_leaves_what_was_there(raw, processed):
    write(raw / "good.csv", CONCEPTIONS)
    run(raw, processed)
    before = contents(processed)
    (raw / "good.csv").unlink()
    for folder in (raw, raw / "nowhere"):
        with pytest.raises(SourceError, match=f"{folder.name}: found no extract; expected CSV"):
            run(folder, processed)
    assert contents(processed) == before


# Rows


def test_rejected_rows_are_kept_as_they_were_written_with_file_and_row(raw, processed):
    wrong = MANSFIELD | {"area_code": " Mansfeld,\u00a0Notts ", "value": "44,5"}
    write(raw / "a.csv", CONCEPTIONS, wrong)
    write(raw / "b.csv", CONCEPTIONS | {"period": "2012", "value": ""})
    assert run(raw, processed).refused
    table = rejected(processed)
    assert table.columns[:3].tolist() == ["file", "sheet", "row"]
    first, second = table.to_dict("records")
    assert (first["file"], first["row"]) == ("a.csv", "3")
    assert {name: first[name] for name in wrong} == wrong
    assert (second["file"], second["row"], second["period"]) == ("b.csv", "2", "2012")
    assert accounts(processed)["a.csv"]["outcome"] == "loaded in part"
    assert accounts(processed)["b.csv"]["outcome"] == "refused"
    assert accounts(processed)["b.csv"]["message"] == "every row was refused"
    listed = faults(processed)
    assert listed.columns[0] == "file"
    assert sorted(listed.query("file == 'a.csv'")[["row", "column"]].to_numpy().tolist()) == [
        ["3", "area_code"],
        ["3", "value"],
    ]


def test_rejected_case_rows_stay_in_processed_and_their_faults_name_no_child(raw, processed):
    write(raw / "log.csv", ENQUIRY, ENQUIRY | {"enquiry_id": "A2", "age": "child-one"})
    run(raw, processed)
    assert len(rejected(processed)) == 1
    for name in ("rejected.csv", "faults.csv", "sources.json"):
        text = (processed / name).read_text(encoding="utf-8")
        assert "child-one" not in text
        assert "A2" not in text
    for name in ("faults.csv", "sources.json"):
        text = (processed / name).read_text(encoding="utf-8")
        assert "child-one" not in text
        assert "A2" not in text


def test_case_records_without_a_header_are_not_quoted_in_the_account_that_is_shared(raw, processed):
    write(raw / "good.csv", CONCEPTIONS)
    (raw / "log.csv").write_text("A1,child-one,Jo Bloggs,2009-03-01\n", encoding="utf-8")
    assert run(raw, processed).refused
    for name in ("sources.json", "faults.csv", "rejected.csv"):
        text = (processed / name).read_text(encoding="utf-8")
        assert not any(cell in text for cell in ("child-one", "Bloggs", "2009-03-01"))


def test_figures_that_two_files_give_alike_are_taken_once_and_counted(raw, processed):
    write(raw / "a.csv", CONCEPTIONS, MANSFIELD)
    write(raw / "b.csv", CONCEPTIONS | {"source_id": "lait"}, CONCEPTIONS | {"period": "2012"})
    assert not run(raw, processed).refused
    found = read_observations(processed)
    assert found["source_id"].tolist() == ["ons"] * 3
    account = accounts(processed)["b.csv"]
    assert (account["rows_loaded"], account["rows_normalised"]) == (1, 1)


def test_of_figures_that_two_files_contradict_neither_is_taken_and_both_are_named(raw, processed):
    spaced = MANSFIELD | {"area_code": " E07000174"}
    write(raw / "x" / "a.csv", CONCEPTIONS, spaced)
    again = MANSFIELD | {"value": "45.4"}
    write(raw / "y" / "b.csv", MANSFIELD | {"period": "2010"}, again)
    assert run(raw, processed).refused
    found = read_observations(processed)
    assert found[["area_code", "period"]].to_numpy().tolist() == [
        ["E07000174", "2010"],
        ["E07000170", "2011"],
    ]
    listed = faults(processed)
    assert listed[["file", "row", "rule"]].to_numpy().tolist() == [
        ["x/a.csv", "3", "key_repeated"],
        ["y/b.csv", "3", "key_repeated"],
    ]
    both = "row 3 of x/a.csv, row 3 of y/b.csv: under18_conceptions, E07000174, 2011"
    assert set(listed["found"]) == {both}
    assert rejected(processed)["area_code"].tolist() == [" E07000174", "E07000174"]
    for name in ("x/a.csv", "y/b.csv"):
        account = accounts(processed)[name]
        assert account["outcome"] == "loaded in part"
        assert (account["rows_loaded"], account["rows_normalised"]) == (1, 0)


def test_a_later_extract_of_case_records_that_repeats_an_earlier_one_counts_once(raw, processed):
    write(raw / "q2.csv", ENQUIRY)
    write(raw / "q3.csv", ENQUIRY, ENQUIRY | {"enquiry_id": "A2"})
    assert not run(raw, processed).refused
    found = read_observations(processed, indicator_id="mash_enquiries")
    assert found.query("category == '' and area_type == 'county'")["numerator"].tolist() == [2]
    assert accounts(processed)["q2.csv"]["rows_normalised"] == 1
    assert faults(processed)[["file", "rule", "severity"]].to_numpy().tolist() == [
        ["q2.csv", "record_again", "note"]
    ]


def test_a_later_extract_of_case_records_has_the_last_word(raw, processed):
    """Of the name of a child nothing is said: only how many records have another version."""
    write(raw / "log_2014-01-10.csv", ENQUIRY, ENQUIRY | {"enquiry_id": "A3"})
    write(raw / "log_2013-10-10.csv", ENQUIRY | {"need_level": "3"})
    assert not run(raw, processed).refused
    records = pd.read_parquet(processed / "cases" / "mash_enquiries.parquet")
    assert records["need_level"].tolist() == [2, 2]
    account = accounts(processed)["log_2013-10-10.csv"]
    assert (account["rows_loaded"], account["rows_normalised"]) == (0, 1)
    (row,) = faults(processed).to_dict("records")
    assert (row["rule"], row["severity"]) == ("record_replaced", "note")
    assert row["found"].startswith("1 record")


def test_case_records_that_two_extracts_contradict_are_refused_without_naming_the_child(
    raw, processed
):
    write(raw / "q2.csv", ENQUIRY, ENQUIRY | {"enquiry_id": "A3"})
    write(raw / "q3.csv", ENQUIRY | {"need_level": "3"}, ENQUIRY | {"enquiry_id": "A2"})
    assert run(raw, processed).refused
    listed = faults(processed)
    assert set(listed["found"]) == {"row 2 of q2.csv, row 2 of q3.csv"}
    assert not {"A1", "child-one"} & set(listed.astype("str").to_numpy().ravel())
    records = pd.read_parquet(processed / "cases" / "mash_enquiries.parquet")
    assert len(records) == 2
    assert rejected(processed)[["file", "row"]].to_numpy().tolist() == [
        ["q2.csv", "2"],
        ["q3.csv", "2"],
    ]
    assert not {"A1", "child-one"} & set(rejected(processed).to_numpy().ravel())


def test_a_figure_that_is_counted_here_from_case_records_is_refused(raw, processed):
    """Two sources of one figure must not stop everything, nor one of them win in silence."""
    given = {"indicator_id": "mash_enquiries", "area_code": "E07000170", "period": "2013/14-Q3"}
    given |= {"age": "0-17", "numerator": "900"}
    write(raw / "a.csv", given, given | {"period": "2012/13-Q1"})
    write(raw / "log.csv", ENQUIRY)
    assert run(raw, processed).refused
    assert faults(processed)["rule"].tolist() == ["counted_from_cases"]
    found = read_observations(processed, indicator_id="mash_enquiries")
    own = found[(found["area_code"] == "E07000170") & (found["category"] == "")]
    assert own.set_index("period")["numerator"].to_dict() == {"2012/13-Q1": 900, "2013/14-Q3": 1}


cells = st.sampled_from(["44.1", "44", "45.6", "[c]", "-", "", "1,000", "abc", "-5", "99999999999"])
figure_rows = st.builds(
    lambda area, period, value, source: (
        CONCEPTIONS | {"area_code": area, "period": period, "value": value, "source_id": source}
    ),
    st.sampled_from(["E07000170", "Mansfield", " E07000174 ", "W06000015", "nowhere", ""]),
    st.sampled_from(["2010", "2011", "2011/12", "soon"]),
    cells,
    st.sampled_from(["ons", "lait", ""]),
)
case_rows = st.builds(
    lambda own, day, level: (
        ENQUIRY | {"enquiry_id": own, "received_date": day, "need_level": level}
    ),
    st.sampled_from(["A1", "A2", "A3", ""]),
    st.sampled_from(["2013-10-01", "01/10/2013", "2013-13-01", ""]),
    st.sampled_from(["1", "2", "9"]),
)
names = st.sampled_from(["2014-01-15", "2014-04-15", "a", "b"])


@given(
    st.dictionaries(names, st.lists(figure_rows, min_size=1, max_size=4), max_size=3),
    st.dictionaries(names, st.lists(case_rows, min_size=1, max_size=4), max_size=3),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_the_files_hold_every_row_of_every_file_is_accounted_for(
    tmp_path_factory, figures, cases
):
    folder = tmp_path_factory.mktemp("run")
    write(folder / "raw" / "good.csv", CONCEPTIONS | {"period": "2015"})
    for kind, files in (("figures", figures), ("cases", cases)):
        for name, rows in files.items():
            write(folder / "raw" / kind / f"{name}.csv", *rows)
    run(folder / "raw", folder / "processed")
    account = accounts(folder / "processed")
    for kind, files in (("figures", figures), ("cases", cases)):
        for name, rows in files.items():
            assert account[f"{kind}/{name}.csv"]["rows_read"] in (len(rows), 0)
    found = rejected(folder / "processed").groupby("file").size()
    assert found.to_dict() == {
        name: each["rows_rejected"] for name, each in account.items() if each["rows_rejected"]
    }
    said = faults(folder / "processed").groupby("file")["row"].agg(set)
    for row in rejected(folder / "processed").itertuples():
        assert row.row in said[row.file]


# The sample and the sources


def test_the_sample_stands_in_for_a_kind_of_case_record_that_was_not_received(raw, processed):
    write(raw / "sample" / "mash.csv", SYNTHETIC)
    write(raw / "sample" / "episodes.csv", EPISODE | {"episode_id": "SYN-1"})
    write(raw / "log.csv", ENQUIRY, ENQUIRY | {"enquiry_id": "A2"})
    prepared = run(raw, processed)
    assert list(accounts(processed)) == ["log.csv", "sample/episodes.csv"]
    assert "sample/mash.csv: not used, an extract of the same kind was received" in prepared.said
    found = read_observations(processed)
    marked = found["value_note"].str.contains("synthetic").groupby(found["indicator_id"]).any()
    assert not marked["mash_enquiries"]
    assert marked["early_help_episodes"]
    names = found.set_index("indicator_id")["source_name"].to_dict()
    assert names["mash_enquiries"] == "Local case records, MASH enquiry log"
    assert names["early_help_episodes"] == "Synthetic sample, early help episodes"


def test_a_refused_real_extract_still_keeps_the_sample_out(raw, processed):
    """Invented children must not fill in for real ones that had a fault."""
    write(raw / "sample" / "mash.csv", SYNTHETIC)
    write(raw / "log.csv", {"enquiry_id": "A1", "child_id": "C1"})
    write(raw / "good.csv", CONCEPTIONS)
    assert run(raw, processed).refused
    assert "sample/mash.csv" not in accounts(processed)
    assert not (processed / "cases").exists()


def test_sources_are_those_that_observations_name_as_described_beside_them(raw, processed):
    write(raw / "a.csv", CONCEPTIONS, MANSFIELD | {"source_id": "elsewhere"})
    (raw / "sources.toml").write_text(
        '[[source]]\nid = "ons"\npublisher = "ONS"\ntitle = "Conceptions"\nlicence = "OGL"\n'
        '[[source]]\nid = "unused"\npublisher = "ONS"\ntitle = "Births"\n',
        encoding="utf-8",
    )
    run(raw, processed)
    written = json.loads((processed / "sources.json").read_text(encoding="utf-8"))
    assert pd.Timestamp(written["prepared"]).tzinfo is not None
    elsewhere, ons = written["sources"]
    assert ons == {
        **{"id": "ons", "publisher": "ONS", "title": "Conceptions", "licence": "OGL"},
        "name": "ONS, Conceptions",
    }
    assert elsewhere["name"] == "Local extract, elsewhere"
    assert elsewhere["licence"] == "not stated"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[source]\n", "expected TOML in UTF-8"),
        ('[[source]]\nid = "ons"\npublisher = "ONS"\n', "source 1: found no title; expected text"),
    ],
)
def test_a_wrong_description_of_sources_is_refused_and_the_figures_are_loaded(
    raw, processed, text, message
):
    write(raw / "a.csv", CONCEPTIONS)
    (raw / "sources.toml").write_text(text, encoding="utf-8")
    assert run(raw, processed).refused
    assert message in accounts(processed)["sources.toml"]["message"]
    assert len(read_observations(processed)) == 1


def test_boundaries_that_cannot_be_used_are_refused_and_built_instead(raw, processed, boundaries):
    write(raw / "a.csv", CONCEPTIONS)
    (raw / "boundaries").mkdir()
    (raw / "boundaries" / "table.csv").write_text("not,an,extract\n", encoding="utf-8")
    assert run(raw, processed).refused
    assert list(accounts(processed)) == ["a.csv", "boundaries/districts.geojson"]
    message = accounts(processed)["boundaries/districts.geojson"]["message"]
    assert "found no boundary of E07000176" in message
    assert boundaries == [("E10000024", raw, processed)]
    assert (processed / "boundaries.parquet").exists()


# What was there before


def test_a_second_run_replaces_what_it_wrote_and_keeps_the_rest(raw, processed):
    write(raw / "a.csv", CONCEPTIONS)
    write(raw / "log.csv", ENQUIRY)
    run(raw, processed)
    (processed / "boundaries_E10000024_district.parquet").write_bytes(b"cache")
    (processed / "last_batch.json").write_text("{}", encoding="utf-8")
    (raw / "log.csv").unlink()
    write(raw / "a.csv", MANSFIELD)
    run(raw, processed)
    assert not (processed / "cases").exists()  # no record is left of an extract that is gone
    assert read_observations(processed)["area_code"].tolist() == ["E07000174"]
    assert (processed / "boundaries_E10000024_district.parquet").read_bytes() == b"cache"
    assert (processed / "last_batch.json").exists()
    assert not list(processed.glob(".new-*"))


@pytest.fixture
def before(raw, processed):
    """A folder that was prepared once, and extracts that have changed since."""
    write(raw / "a.csv", CONCEPTIONS)
    write(raw / "log.csv", ENQUIRY)
    run(raw, processed)
    digests = contents(processed)
    write(raw / "a.csv", MANSFIELD, CONCEPTIONS)
    write(raw / "log.csv", ENQUIRY, ENQUIRY | {"enquiry_id": "A2"})
    return digests


def test_a_failure_while_files_are_swapped_leaves_the_old_ones(raw, processed, before, monkeypatch):
    renamed = Path.rename

    def failing(path, target):
        if path.name == "sources.json" and path.parent.name == "new":
            raise OSError("the disk is full")
        return renamed(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="the disk is full"):
        run(raw, processed)
    assert contents(processed) == before


@pytest.fixture
def swap(processed):
    """Folders of a run that is ready to be put in place: new files, and room for the old."""
    for folder, word in ((processed, "old"), (processed / ".new-1" / "new", "new")):
        (folder / "cases").mkdir(parents=True)
        for name in module.WRITTEN:
            path = folder / name / "log.parquet" if name == "cases" else folder / name
            path.write_text(word, encoding="utf-8")
    (processed / ".new-1" / "old").mkdir()
    return processed / ".new-1" / "new", processed / ".new-1" / "old", processed


def words(processed: Path) -> set[str]:
    """What stands in the files that count, "old" or "new" or both."""
    found = [processed / name for name in module.WRITTEN if name != "cases"]
    found += [processed / "cases" / "log.parquet"]
    return {path.read_text(encoding="utf-8") if path.exists() else "none" for path in found}


def test_a_swap_puts_every_new_file_in_place(swap):
    module._put_in_place(*swap)
    assert words(swap[-1]) == {"new"}


@pytest.mark.parametrize("step", range(1, 2 * len(module.WRITTEN) + 1))
def test_a_swap_that_fails_at_any_step_is_undone(swap, monkeypatch, step):
    renamed, done = Path.rename, []

    def failing(path, target):
        done.append(path)
        if len(done) == step:
            raise OSError("the disk is full")
        return renamed(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="the disk is full"):
        module._put_in_place(*swap)
    assert words(swap[-1]) == {"old"}


@pytest.mark.parametrize("step", range(2, 2 * len(module.WRITTEN) + 1))
def test_a_swap_that_is_cut_off_at_any_step_leaves_no_observations_to_read(swap, monkeypatch, step):
    """The machine goes off: nothing is put back, but nobody can read half of each either."""
    renamed, done = Path.rename, []

    def off(path, target):
        done.append(path)
        if len(done) >= step:
            raise RuntimeError("off")
        return renamed(path, target)

    monkeypatch.setattr(Path, "rename", off)
    with pytest.raises(RuntimeError, match="off"):
        module._put_in_place(*swap)
    with pytest.raises(SourceError, match="holds no prepared observations"):
        read_observations(swap[-1])


@pytest.mark.parametrize(
    "broken", ["validate_observations", "count_cases", "prepared_boundaries", "_write_accounts"]
)
def test_a_failure_before_that_leaves_the_old_files(raw, processed, before, monkeypatch, broken):
    def fail(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, broken, fail)
    with pytest.raises(KeyboardInterrupt):
        run(raw, processed)
    assert contents(processed) == before


def test_raw_extracts_are_never_changed(raw, processed, before):
    digests = contents(raw)
    run(raw, processed)
    assert contents(raw) == digests


def test_nothing_prepared_has_a_path_of_this_machine(raw, processed, before, tmp_path):
    for name in ("sources.json", "faults.csv", "rejected.csv"):
        assert str(tmp_path) not in (processed / name).read_text(encoding="utf-8")
