"""Figures of pages are those of their downloads and of the observations, for each notebook."""

import sys
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from ehlib.publish.downloads import write_downloads
from ehlib.publish.page import PageFacts

sys.path.insert(0, str(Path(__file__).parent))
from anew.counted import limits
from anew.known import slug
from same_figures import Same, Tables, close, compare_folder

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "data" / "reference"
FACTS = PageFacts("Nottinghamshire", "2013/14-Q3", date(2014, 1, 20), "1.0")


@pytest.mark.slow
def test_every_number_of_every_page_is_that_of_downloads_and_observations(real_pages):
    catalogue = REFERENCE / "indicators.toml"
    same = compare_folder(real_pages.folder, real_pages.processed, catalogue)
    assert same.differences == []
    assert same.counts["pages"] == len(real_pages.pages)
    assert same.counts["tables"] > 20
    counted = {name: count for name, count in same.counts.items() if "recalculated (" in name}
    assert sum(counted.values()) > 700
    assert not any(name.startswith("numbers knowingly") for name in counted)
    assert same.counts["numbers in a CSV"] > 1400


@pytest.mark.slow
def test_every_page_has_its_tables_to_download(real_pages):
    downloads = real_pages.folder / "downloads"
    with_books = {path.stem for path in downloads.glob("*.xlsx")}
    pages = {name: real_pages.folder / f"{name}.html" for name in real_pages.pages}
    texts = {name: path.read_text(encoding="utf-8") for name, path in pages.items()}
    assert with_books == {name for name, text in texts.items() if Tables(text).tables}
    assert len(with_books) > 10
    assert {path.stem for path in downloads.glob("*.ods")} == with_books


@pytest.mark.slow
def test_every_chart_stands_on_a_page_with_a_table(real_pages):
    for path in real_pages.folder.glob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert "<figure" not in html or Tables(html).tables, path.name


OBSERVED = {
    "indicator_id": "under18_conceptions",
    "area_code": "E07000170",
    "period": "2011",
    "period_start": pd.Timestamp(2011, 1, 1),
    "period_end": pd.Timestamp(2011, 12, 31),
    "sex": "female",
    "age": "15-17",
    "category_type": "",
    "category": "",
    "numerator": 96.0,
    "denominator": 2177.0,
    "value": float("nan"),
    "lower_ci": float("nan"),
    "upper_ci": float("nan"),
}
KEY = "under18_conceptions.e07000170.2011.female.15-17"
CELLS = {"value": "44.1", "number": "96", "out_of": "2,177", "limits": "35.7 to 53.9"}


def compared(tmp_path, cells, lines=("Ashfield,44.1,96,2177,35.7,53.9",)) -> Same:
    """What the comparison says of one page with one row, whose CSV is given by itself."""
    page, processed = tmp_path / "pages", tmp_path / "processed"
    (page / "downloads" / "p").mkdir(parents=True)
    processed.mkdir()
    pd.DataFrame([OBSERVED]).to_parquet(processed / "observations.parquet")
    row = "".join(f'<td data-number="{KEY}.{name}">{text}</td>' for name, text in cells.items())
    html = (
        '<div id="table-1"><table><tr><th>Area</th><th>a</th><th>b</th><th>c</th><th>d</th></tr>'
        f"<tr><th>Ashfield</th>{row}</tr></table></div>"
    )
    (page / "p.html").write_text(html, encoding="utf-8")
    facts = {
        "id": "table-1",
        "caption": "c",
        "source": "s",
        "note": "",
        "headers": 1,
        "columns": [{"name": name, "unit": ""} for name in ("Area", *cells)],
        "rows": [["Ashfield", *cells.values()]],
    }
    title = {"role": "title", "title": "t"}
    outputs = [
        nbformat.v4.new_output("display_data", {}, metadata={"ehlib": said})
        for said in (title, {"role": "table", "table": facts})
    ]
    cell = nbformat.v4.new_code_cell("", outputs=outputs)
    write_downloads(nbformat.v4.new_notebook(cells=[cell]), page, "p", FACTS)
    text = "\r\n".join(
        ["Area,value,number,out_of,low,high,Table,Source", *(f"{x},c,s" for x in lines)]
    )
    (page / "downloads" / "p" / "table-1.csv").write_text(text, encoding="utf-8-sig", newline="")
    return compare_folder(page, processed, REFERENCE / "indicators.toml")


def test_the_comparison_finds_nothing_where_all_is_the_same(tmp_path):
    same = compared(tmp_path, CELLS)
    assert same.differences == []
    assert sum(same.counts[f"numbers recalculated ({name})"] for name in CELLS) == 5


@pytest.mark.parametrize(
    ("name", "text"),
    [("value", "44.2"), ("number", "95"), ("out_of", "2,178"), ("limits", "35.6 to 53.9")],
)
def test_the_comparison_finds_a_wrong_number_on_a_page(tmp_path, name, text):
    same = compared(tmp_path, CELLS | {name: text})
    assert any(f"{KEY}.{name} shows {text!r}" in each for each in same.differences)


def test_the_comparison_finds_a_wrong_number_in_a_csv_and_in_a_workbook(tmp_path):
    same = compared(tmp_path, CELLS, lines=["Ashfield,44.1,97,2177,35.7,53.9"])
    assert "numbers of a row is ['44.1', '97'" in "\n".join(same.differences)
    assert "cells of a workbook that differ is [('97', 96.0)]" in "\n".join(same.differences)


def test_limits_of_the_comparison_are_the_published_worked_examples():
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611.
    assert [round(end, 4) for end in limits(81, 263, "proportion")] == [0.2553, 0.3662]
    assert [round(end, 4) for end in limits(0, 20, "proportion")] == [0.0, 0.1611]
    # Ulm (1990): exact limits of 3 events are 0.6187 and 8.7673.
    assert [round(end, 4) for end in limits(3, 1, "rate")] == [0.6187, 8.7673]


def test_rounding_is_taken_as_written_and_ids_are_spelt_alike():
    assert close("44.1", 44.0974)
    assert not close("44.1", 44.0499)
    assert slug("Children's social care, 15+") == "children-s-social-care-15-plus"
