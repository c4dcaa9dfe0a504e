"""Where a published number comes from, checked by opening the files that are named."""

import csv
import hashlib
import json
import re
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from ehlib import prepare as module
from ehlib.cli import main
from ehlib.load.indicators import read_indicators
from ehlib.load.schema import KEY, SourceError
from ehlib.publish.trace import trace
from ehlib.publish.trace.found import MADE, OWN, find_number
from ehlib.publish.trace.pages import find_cells, shown_number
from ehlib.show.numbers import number_ids

# Conceptions in England and Wales 2017, table 6: under-18 conceptions in Ashfield in 2011.
ASHFIELD_2011 = {"count": "96", "rate": "44.1"}
VALUE = "under18_conceptions.e07000170.2011.female.15-17.value"
ENQUIRIES = "mash_enquiries.e07000170.2013-14-q3.persons.0-17"
USED = ["under18_conceptions.csv", "social_care.csv", "population_0_17.csv", "sources.toml"]
DAY = "2013-10-{:02}"


def enquiries(count):
    return [
        {
            "enquiry_id": f"A{number}",
            "child_id": f"child-{number}",
            "received_date": DAY.format(1 + number % 28),
            "source": "police",
            "area_code": "E07000170",
            "age": "7",
            "sex": "female",
            "need_level": "2",
            "outcome": "early help services",
            "outcome_date": DAY.format(1 + number % 28),
        }
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def folders(root, tmp_path_factory):
    """Raw extracts, half of them typed published ones, what prepare makes of them, no pages yet."""
    home = tmp_path_factory.mktemp("trace")
    raw = home / "raw"
    (raw / "published").mkdir(parents=True)
    for name in USED:
        shutil.copy(root / "data" / "raw" / "published" / name, raw / "published" / name)
    (raw / "mash").mkdir()
    pd.DataFrame(enquiries(37)).to_csv(raw / "mash" / "log.csv", index=False)
    shape = gpd.GeoDataFrame(
        {"area_code": ["E07000170"], "geometry": [box(0, 0, 1, 1)]}, crs="EPSG:27700"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "prepared_boundaries", lambda *given: (shape, {}))
        module.prepare(raw, home / "processed", root / "data" / "reference", say=lambda line: None)
    return home


@pytest.fixture
def told(folders, root, tmp_path):
    """Lines that trace tells of an id, by their name; pages stand in the folder that is given."""

    def tell(number_id, reports=tmp_path):
        lines = trace(
            number_id,
            processed_dir=folders / "processed",
            reference_dir=root / "data" / "reference",
            reports=reports,
        )
        found, name = {}, ""
        for line in lines[1:]:
            name = line[:11].strip() or name  # a line without a name goes on with the last one
            found.setdefault(name, []).append(line[12:])
        return {"id": lines[0]} | {name: " | ".join(words) for name, words in found.items()}

    return tell


def publish(folder, cells, *, quarter="2013-14-Q3", page="04-mash.html"):
    """A page with some cells, named in the manifest of its quarter."""
    home = folder / quarter
    home.mkdir()
    body = "".join(
        f'<td class="num" data-number="{ids}" data-label="x">{text}</td>' for ids, text in cells
    )
    (home / page).write_text(f"<table><tr>{body}</tr></table>", encoding="utf-8")
    runs = {"runs": [{"page": page, "title": "MASH enquiries", "outcome": "done"}]}
    (home / "manifest.json").write_text(json.dumps(runs), encoding="utf-8")
    return folder


def test_a_published_figure_leads_to_the_row_of_the_file_it_was_read_from(told, folders):
    found = told(VALUE)
    name, row = re.fullmatch(r"(\S+), row (\d+)", found["File"]).groups()
    path = folders / "raw" / name
    assert name == "published/under18_conceptions.csv"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == found["SHA-256"]
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    line = dict(zip(lines[0], lines[int(row) - 1], strict=True))  # Excel counts the header as 1
    assert (line["area_name"], line["period"]) == ("Ashfield", "2011")
    assert (line["numerator"], line["value"]) == tuple(ASHFIELD_2011.values())
    assert found["As shown"] == "44.1 (on no page)"


def test_it_is_told_who_published_it_when_it_was_retrieved_and_under_what_licence(told):
    found = told(VALUE)
    assert found["Indicator"] == "Under 18 conception rate (under18_conceptions)"
    assert found["Area"] == "Ashfield (E07000170, district)"
    assert found["Period"] == "2011 (1 January 2011 to 31 December 2011)"
    assert found["Publisher"] == "Office for National Statistics"
    assert found["Title"].startswith("Conceptions in England and Wales, 2017: Table 6")
    assert found["Licence"] == "Open Government Licence v3.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["Retrieved"])
    assert found["Pages"] == "none of the published pages shows it"


def test_formula_has_the_counts_where_the_source_gives_both(told, folders):
    found = told("rereferrals.e10000024.2012-13")
    words = re.fullmatch(
        r"100 x number / out of = 100 x ([\d,]+) / ([\d,]+) \(docs/methods.md, rates.proportion\)",
        found["Formula"],
    )
    above, below = (float(text.replace(",", "")) for text in words.groups())
    with (folders / "raw/published/social_care.csv").open(encoding="utf-8", newline="") as file:
        [line] = [
            each
            for each in csv.DictReader(file)
            if (each["indicator_id"], each["period"]) == ("rereferrals", "2012/13")
        ]
    assert (above, below) == (float(line["numerator"]), float(line["denominator"]))
    assert found["As shown"] == f"{100 * above / below:.1f} (on no page)"
    assert "Wilson" in found["Limits"]


def test_formula_says_so_where_the_source_gives_the_value_alone(told):
    assert "the source gives the value itself, and not both counts" in told(VALUE)["Formula"]
    number = told(VALUE.replace("value", "number"))
    assert (number["As shown"], number["Formula"]) == ("96 (on no page)", "as the source gives it")


def test_every_page_that_shows_the_number_is_named_with_what_it_says(told, tmp_path):
    publish(tmp_path, [(VALUE, "\u25b2\u00a044.1")], quarter="2013-14-Q2", page="02-a.html")
    publish(tmp_path, [(f"{VALUE} other.value", "44.1")], page="02-b.html")
    found = told(VALUE)
    assert found["Pages"] == (
        "2013-14-Q2/02-a.html (MASH enquiries): \u25b2 44.1 | 2013-14-Q3/02-b.html "
        "(MASH enquiries): 44.1"
    )


def test_a_page_that_the_manifest_does_not_name_is_not_published(told, tmp_path):
    publish(tmp_path, [(VALUE, "44.1")])
    (tmp_path / "2013-14-Q3" / "manifest.json").write_text('{"runs": []}', encoding="utf-8")
    assert told(VALUE)["Pages"] == "none of the published pages shows it"


@pytest.mark.parametrize("measure", ["value", "number", "out_of", "limits", "since_april"])
def test_no_count_of_case_records_is_told_that_stands_on_no_page(told, measure):
    found = told(f"{ENQUIRIES}.{measure}")
    assert found["As shown"].startswith("on no page; counts from case records are not told")
    said = " ".join(words for name, words in found.items() if name != "Records")
    assert not re.search(r"\b37\b", said)


def test_a_hidden_count_is_said_to_be_hidden_and_its_number_is_not_told(told, tmp_path):
    cells = [(f"{ENQUIRIES}.number", "[c]"), (f"{ENQUIRIES}.value", "[c]")]
    found = told(f"{ENQUIRIES}.value", publish(tmp_path, cells))
    assert found["As shown"] == "[c], hidden so that no child can be identified"
    assert "not both counts stand on a page" in found["Formula"]
    assert not re.search(
        r"\b37\b", " ".join(words for key, words in found.items() if key != "Records")
    )


def test_counts_of_case_records_are_told_as_the_page_has_them_never_as_they_are(told, tmp_path):
    cells = [
        (f"{ENQUIRIES}.number", "40"),
        (f"{ENQUIRIES}.out_of", "25,958"),
        (f"{ENQUIRIES}.value", "15.4"),
    ]
    found = told(f"{ENQUIRIES}.value", publish(tmp_path, cells))
    assert "10,000 x 40 / 25,958" in found["Formula"]
    assert found["As shown"] == "15.4"


def test_case_counts_lead_to_their_extract_and_query(told, folders, root):
    found = told(f"{ENQUIRIES}.value")
    assert found["File"] == "mash/log.csv"
    content = (folders / "raw" / "mash" / "log.csv").read_bytes()
    assert found["SHA-256"] == hashlib.sha256(content).hexdigest()
    assert found["Records"].startswith("37 in all")
    assert (root / found["Query"]).is_file()


def test_a_running_total_is_said_to_be_one(told):
    assert told(f"{ENQUIRIES}.since_april")["Formula"] == (
        "the sum of the numbers of the quarters from April on"
    )


def test_a_sum_of_a_locality_leads_to_the_rows_of_the_districts(told, folders):
    found = told("under18_conceptions.e10000024-l2.2011.female.15-17.of_districts")
    assert found["Area"] == "made of districts (E10000024-L2, locality)"
    name, first, last = re.fullmatch(r"(\S+), row (\d+) to (\d+)", found["File"]).groups()
    with (folders / "raw" / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[int(first) - 1 : int(last)]
    assert {"Ashfield", "Mansfield", "Rushcliffe"} <= {cell for row in rows for cell in row}


def test_a_number_of_neighbourhoods_is_made_of_those_of_the_edition():
    index = {"indicator_id": "imd_decile", "area_name": "x", "area_type": "lsoa", "value": 1.0}
    same = {"sex": "persons", "age": "all", "category_type": "", "category": "", "value_note": ""}
    lsoas = pd.DataFrame({"area_code": ["E01027999", "E01028000"], "period": ["2015", "2019"]})
    own = lsoas.assign(**index, **same, period_start=pd.to_datetime(lsoas["period"]))
    asked = "imd_decile.e07000170.2019.persons.all.tenth.1.neighbourhoods"
    found = find_number(asked, own, read_indicators())
    assert (found.id, found.measure) == (asked, "neighbourhoods")
    told = (found.row["area_name"], found.row["area_code"], found.row["period"])
    assert told == ("made of neighbourhoods", "E07000170", "2019")
    with pytest.raises(SourceError, match="no such number is prepared"):
        find_number(asked.replace("2019", "2010"), own, read_indicators())


@pytest.mark.parametrize("measure", [*OWN, *MADE])
def test_measures_hold_no_digit_that_might_be_a_count(measure):
    assert re.fullmatch(r"[a-z_]+", measure)


def test_an_id_may_leave_out_what_leaves_one_number_and_ignores_capitals(told):
    assert told("under18_conceptions.E07000170.2011")["id"] == VALUE
    assert told("MASH_enquiries.e07000170.2013-14-q3")["id"] == f"{ENQUIRIES}.value"


def test_an_unknown_area_gets_the_ids_that_come_nearest(told):
    with pytest.raises(
        SourceError, match=r"E07000179.2011: no such number is prepared; nearest: "
    ) as e:
        told("under18_conceptions.E07000179.2011")
    near = str(e.value).partition("nearest: ")[2].split(", ")
    assert len(near) == 5
    assert all(
        re.fullmatch(r"under18_conceptions\.e0700017\d\.2011\.female\.15-17\.value", each)
        for each in near
    )


def test_an_unknown_indicator_gets_the_names_that_come_nearest(told):
    with pytest.raises(
        SourceError, match=r"no indicator is called 'under18_conception'; .*under18_con"
    ):
        told("under18_conception.e07000170.2011")


def test_several_numbers_that_fit_are_listed(told):
    with pytest.raises(SourceError, match=r"\d+ numbers fit; nearest: .*e07000170\.1998"):
        told("under18_conceptions.e07000170")


def test_ids_tell_all_observations_apart(folders):
    observations = pd.read_parquet(folders / "processed" / "observations.parquet")
    ids = pd.Series(number_ids(observations))
    assert len(ids) > 500
    assert not ids.duplicated().any()
    assert ids.str.fullmatch(r"[a-z0-9_.-]+").all()


def test_every_published_observation_has_its_row_and_no_row_stands_twice(folders):
    observations = pd.read_parquet(folders / "processed" / "observations.parquet")
    rows = pd.read_parquet(folders / "processed" / "rows.parquet")
    published = observations[observations["source_id"] != "mash_enquiries"]
    assert not rows.duplicated(KEY).any()
    assert set(map(tuple, rows[KEY].to_numpy())) == set(map(tuple, published[KEY].to_numpy()))
    assert not rows.duplicated(["file", "sheet", "row", "indicator_id"]).any()


def test_a_revised_figure_tells_old_and_new(root, tmp_path, monkeypatch):
    head = "indicator_id,area_code,period,sex,age,numerator,value\n"
    raw = tmp_path / "raw"
    raw.mkdir()
    for day, value in (("2014-01-15", "44.1"), ("2014-04-15", "43.9")):
        line = f"under18_conceptions,E07000170,2011,female,15-17,96,{value}\n"
        (raw / f"conceptions-{day}.csv").write_text(head + line, encoding="utf-8")
    shape = gpd.GeoDataFrame({"area_code": ["E07000170"]}, geometry=[box(0, 0, 1, 1)])
    monkeypatch.setattr(module, "prepared_boundaries", lambda *given: (shape, {}))
    reference = root / "data" / "reference"
    module.prepare(raw, tmp_path / "processed", reference, say=lambda line: None)
    options = {"reference_dir": reference, "reports": tmp_path / "none"}
    lines = trace(VALUE, processed_dir=tmp_path / "processed", **options)
    [step] = [line for line in lines if line.startswith("Steps")]
    assert "was 44.1, is 43.9 in conceptions-2014-04-15.csv, row 2: a later extract" in step
    assert any("conceptions-2014-04-15.csv, row 2" in line for line in lines if "File" in line[:5])


def test_the_command_prints_the_lines_and_fails_on_an_unknown_id(folders, tmp_path, capsys):
    options = ["--processed", str(folders / "processed"), "--reports", str(tmp_path)]
    assert main(["trace", VALUE, *options]) == 0
    assert "File        published/under18_conceptions.csv, row " in capsys.readouterr().out
    assert main(["trace", "nonsense", *options]) == 1
    assert "no indicator is called 'nonsense'" in capsys.readouterr().err


def test_a_folder_prepared_before_rows_were_kept_says_how_to_mend_it(folders, root, tmp_path):
    old = tmp_path / "processed"
    shutil.copytree(folders / "processed", old)
    (old / "rows.parquet").unlink()
    reference = root / "data" / "reference"
    with pytest.raises(SourceError, match=r"holds no rows\.parquet; run `ehlib prepare` again"):
        trace(VALUE, processed_dir=old, reference_dir=reference, reports=tmp_path)


def test_numbers_of_a_cell_with_several_are_told_apart(tmp_path):
    key = "x.y.z"
    ids = f"{key}.value {key}.number {key}.out_of"
    publish(tmp_path, [(ids, "45.3%\u00a0(12\u00a0of\u00a030)")])
    cells = find_cells(key, tmp_path)
    assert [shown_number(cells, name) for name in ("value", "number", "out_of")] == [
        "45.3",
        "12",
        "30",
    ]
    assert find_cells("x.y", tmp_path) == []
