"""`ehlib check`: what it says of each file, as lines and as JSON, and that it loads nothing."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ehlib.check import check_files
from ehlib.cli import main
from ehlib.load.schema import COLUMNS

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "data" / "reference"
HEADER = "indicator_id,area_code,period,value\r\n"
GOOD = (
    HEADER + "under18_conceptions,E07000170,2011,44.1\r\nunder18_conceptions,E07000171,2011,28\r\n"
)
BAD = (
    HEADER + "under18_conceptions,E07000170,2011,44.1\r\nunder18_conceptions,Mansfield,2011,x1\r\n"
)
KEYS = {"rule", "severity", "sheet", "row", "column", "found", "wanted", "mend"}
ENQUIRY = (
    "enquiry_id,child_id,received_date,source,area_code,age,sex,need_level,outcome,outcome_date\r\n"
    "A1,C1,2013-10-01,police,E07000170,7,female,2,early help services,2013-10-04\r\n"
)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("good.csv", GOOD), ("bad.csv", BAD), ("cases.csv", ENQUIRY)):
        Path(name).write_text(text, encoding="utf-8", newline="")
    return tmp_path


def told(capsys, *arguments: str) -> tuple[int, list[dict]]:
    code = main(["check", "--json", *arguments])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_good_file_is_accepted_with_its_rows(files, capsys):
    code, (account,) = told(capsys, "good.csv")
    assert code == 0
    assert account == {
        **{"file": "good.csv", "outcome": "accepted", "rows_read": 2, "rows_loaded": 2},
        **{"rows_normalised": 0, "rows_rejected": 0, "faults": []},
    }


def test_one_object_a_line_tells_each_fault_by_row_and_column(files, capsys):
    code, (bad, good) = told(capsys, "bad.csv", "good.csv")
    assert code == 1
    assert (bad["outcome"], good["outcome"]) == ("refused", "accepted")
    assert (bad["rows_read"], bad["rows_loaded"], bad["rows_rejected"]) == (2, 1, 1)
    (fault,) = bad["faults"]
    assert set(fault) == KEYS
    assert (fault["rule"], fault["row"], fault["column"]) == ("number_unreadable", 3, "value")
    assert (fault["severity"], fault["sheet"], fault["found"]) == ("error", "", "x1")


def test_rows_loaded_are_those_written_or_normalised(files, capsys):
    Path("odd.csv").write_text(GOOD.replace("E07000170", "Ashfield"), encoding="utf-8")
    _, (account,) = told(capsys, "odd.csv")
    assert (account["rows_loaded"], account["rows_normalised"]) == (2, 1)


def test_what_would_load_is_written_where_asked_and_nothing_else(files, capsys):
    before = set(files.iterdir())
    assert main(["check", "bad.csv", "good.csv", "--observations", "out.csv"]) == 1
    assert set(files.iterdir()) - before == {files / "out.csv"}
    rows = list(csv.DictReader(io.StringIO(Path("out.csv").read_text(encoding="utf-8"))))
    assert list(rows[0]) == COLUMNS
    assert [row["source_id"] for row in rows] == ["bad", "good", "good"]
    assert rows[0]["area_name"] == "Ashfield"
    assert (rows[0]["period_start"], rows[0]["value"]) == ("2011-01-01", "44.1")
    assert main(["check", "out.csv"]) == 0  # it is an extract itself


def test_case_records_are_checked_and_none_is_shown(files, capsys):
    assert main(["check", "cases.csv", "--observations", "out.csv"]) == 0
    said = capsys.readouterr().out
    assert "counted by `ehlib prepare`" in said
    assert "C1" not in said + Path("out.csv").read_text(encoding="utf-8")


def test_ten_thousand_like_faults_read_as_one(files, capsys):
    rows = [f"under18_conceptions,E07000170,{2000 + n % 20},x{n}\r\n" for n in range(10_000)]
    Path("many.csv").write_text(HEADER + "".join(rows), encoding="utf-8", newline="")
    assert main(["check", "many.csv"]) == 1
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 2
    assert "rows 2, 3, 4, 5, 6 and 9,995 more" in said
    assert said.count("correct the cell") == 1
    assert "number_unreadable" in said
    _, (account,) = told(capsys, "many.csv")
    assert [fault["row"] for fault in account["faults"]] == list(range(2, 10_002))
    assert [fault["found"] for fault in account["faults"]] == [f"x{n}" for n in range(10_000)]


def test_text_that_json_must_quote_comes_back_as_it_stood(files, capsys):
    odd = 'say "no" \\ \u2013 \u00e9'
    text = io.StringIO()
    csv.writer(text).writerow(["under18_conceptions", "E07000170", "2011", odd])
    Path("odd.csv").write_text(HEADER + text.getvalue(), encoding="utf-8", newline="")
    _, (account,) = told(capsys, "odd.csv")
    assert [fault["found"] for fault in account["faults"]] == [odd]


@pytest.mark.parametrize("arguments", [[], ["nowhere.csv"], ["good.csv", "--yaml"], ["."]])
def test_wrong_usage_is_exit_code_2(files, arguments):
    with pytest.raises(SystemExit) as left:
        main(["check", *arguments])
    assert left.value.code == 2


def test_every_sheet_of_a_workbook_is_told_of(files):
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Cover"
    book.active.append(["Read me first"])
    for name, value in (("Ashfield", 44.1), ("Mansfield", "many")):
        sheet = book.create_sheet(name)
        sheet.append(HEADER.strip().split(","))
        sheet.append(["under18_conceptions", name, 2011, value])
    book.save("book.xlsx")
    out = io.StringIO()
    assert not check_files([Path("book.xlsx")], REFERENCE, out, as_json=True)
    account = json.loads(out.getvalue())
    assert (account["rows_read"], account["rows_loaded"]) == (2, 1)
    found = {(fault["rule"], fault["sheet"], fault["row"]) for fault in account["faults"]}
    assert found == {("sheet_left_out", "Cover", 1), ("number_unreadable", "Mansfield", 2)}


def test_published_figures_of_the_project_are_accepted():
    out = io.StringIO()
    paths = sorted((ROOT / "data" / "raw" / "published").glob("*.csv"))
    assert check_files(paths, REFERENCE, out, as_json=True)
    accounts = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(accounts) == len(paths) > 5
    assert all(each["rows_read"] == each["rows_loaded"] > 0 for each in accounts)


def test_checking_needs_neither_maps_nor_charts():
    code = "import sys, ehlib.check; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8", cwd=ROOT
    )
    assert not {"geopandas", "matplotlib", "scipy"} & set(run.stdout.split())
