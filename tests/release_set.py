"""A small set of invented pages and downloads, for tests of the release gate to plant leaks in."""

import json
from datetime import date

import nbformat.v4 as v4
import openpyxl
import pandas as pd
import pytest

from ehlib.load.indicators import read_indicators
from ehlib.load.schema import COLUMNS, NUMBERS
from ehlib.measure.rates import add_measures
from ehlib.publish.downloads import write_downloads
from ehlib.publish.folder import file_digest
from ehlib.publish.index import write_index
from ehlib.publish.page import write_page
from ehlib.publish.parts.frame import PageFacts
from ehlib.show import cells
from ehlib.show.charts import plot_areas
from ehlib.show.tables import areas_table, counts_table

FACTS = PageFacts("Nottinghamshire Children's Trust", "2013/14-Q3", date(2014, 1, 20), "0.1.0")
QUARTERS = {
    "2013/14-Q2": ("2013-07-01", "2013-09-30"),
    "2013/14-Q3": ("2013-10-01", "2013-12-31"),
    "2013/14-Q4": ("2014-01-01", "2014-03-31"),
}
AREAS = {"E07000170": "Ashfield", "E07000172": "Broxtowe", "E07000176": "Rushcliffe"}
# Enquiries by area and quarter; Rushcliffe's 3 is hidden, with Broxtowe's 612 so that no total
# gives it back, and of Ashfield's the 2 from probation with the 41 from housing.
COUNTS = {
    ("E07000170", "2013/14-Q2"): 864,
    ("E07000170", "2013/14-Q3"): 862,
    ("E07000172", "2013/14-Q2"): 605,
    ("E07000172", "2013/14-Q3"): 612,
    ("E07000176", "2013/14-Q2"): 266,
    ("E07000176", "2013/14-Q3"): 3,
    ("E07000176", "2013/14-Q4"): 251,
}
SOURCES = {"police": 401, "schools": 418, "housing": 41, "probation": 2}
HIDDEN = [
    ("E07000172", ""),
    ("E07000176", ""),
    ("E07000170", "housing"),
    ("E07000170", "probation"),
]


def observation(area_code, period, numerator, denominator, category=""):
    start, end = map(pd.Timestamp, QUARTERS[period])
    row = {
        "indicator_id": "mash_enquiries",
        "area_code": area_code,
        "area_name": AREAS[area_code],
        "area_type": "district",
        "period": period,
        "period_start": start,
        "period_end": end,
        "sex": "persons",
        "age": "0-17",
        "category_type": "source" if category else "",
        "category": category,
        "numerator": float(numerator),
        "denominator": float(denominator),
        "value_note": "",
        "source_id": "log",
    }
    return row | dict.fromkeys(NUMBERS[2:], float("nan"))


def make_truth():
    rows = [observation(*key, count, 23_417) for key, count in COUNTS.items()]
    rows += [
        observation("E07000170", "2013/14-Q3", count, 862, category)
        for category, count in SOURCES.items()
    ]
    return pd.DataFrame(rows)[COLUMNS]


def make_shown(truth):
    keys = zip(truth["area_code"], truth["category"], strict=True)
    hidden = truth["period"].eq("2013/14-Q3") & pd.Series([key in HIDDEN for key in keys])
    numbers = {name: truth[name].mask(hidden) for name in NUMBERS}
    return truth.assign(value_note=truth["value_note"].mask(hidden, "suppressed"), **numbers)


class Shown:
    """Outputs of the show functions, as a notebook would hold them."""

    def __init__(self, monkeypatch):
        self.outputs = []
        monkeypatch.setattr(cells, "display", self.keep)

    def keep(self, output, metadata=None):
        data = {"text/html": output.data}
        self.outputs.append(v4.new_output("display_data", data=data, metadata=metadata or {}))

    def cell(self):
        return v4.new_code_cell("x", outputs=self.outputs, execution_count=1)


def measured(shown):
    rows = add_measures(shown, read_indicators())
    known = {"benchmark_value": 200.0, "benchmark_name": "Nottinghamshire"}
    named = {"source_name": "Synthetic sample, MASH enquiry log", **known}
    compared = rows["value"].gt(200).map({True: "higher", False: "lower"})
    return rows.assign(comparison=compared.where(rows["value"].notna(), "not compared"), **named)


def write_set(folder, shown):
    """A clean set: a page with charts and tables, index, manifest and downloads."""
    measures, indicator = measured(shown), read_indicators()["mash_enquiries"]
    totals = measures[measures["category"] == ""]
    latest = totals[totals["period"] == "2013/14-Q3"]
    caption = "Enquiries to the MASH, per 10,000 children aged 0 to 17, October to December 2013."
    with pytest.MonkeyPatch.context() as patch:
        notebook = Shown(patch)
        said = "October to December 2013, compared with Nottinghamshire. Counted from records."
        cells.show_title("MASH enquiries: Ashfield", f"Ashfield, {said}")
        finding = "Ashfield had 862 enquiries in October to December 2013, three fewer than before."
        cells.show_findings([finding, "In two districts the figure is hidden."])
        wide, narrow = (plot_areas(latest, unit="per 10,000", narrow=n) for n in (False, True))
        alt = "Ashfield's rate was 368.1 per 10,000; the figures of two districts are hidden."
        cells.show_figure(wide, narrow=narrow, alt=alt, caption=caption, of=latest)
        cells.show_table(areas_table(latest, indicator), caption=caption, of=latest)
        cells.show_table(
            counts_table(totals), caption="Number of MASH enquiries by district.", of=totals
        )
        cells.show_table(sources_table(measures), caption="MASH enquiries by source, Ashfield.")
        note = v4.new_markdown_cell("## How many?\n\nThree of 10 districts have 3 pages or more.")
        book = v4.new_notebook(cells=[v4.new_markdown_cell("# How many?"), notebook.cell(), note])
        write_page(book, folder / "mash.html", facts=FACTS)
        written = write_downloads(book, folder, "mash", FACTS)
    named = {path.relative_to(folder).as_posix(): file_digest(path) for path in written}
    named |= {"mash.csv": "", "mash.xlsx": ""}
    entry = {"page": "mash.html", "title": "MASH enquiries: Ashfield", "finding": finding}
    entry |= {"group": "MASH", "status": "shown", "synthetic": False, "seconds": 3.0}
    entry |= {"files": named}
    write_index([entry], folder / "index.html", facts=FACTS)
    manifest = {"quarter": "2013/14-Q3", "runs": [entry], "tools": {"nbconvert": "7.17.2"}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    columns = ["area_code", "area_name", "period", "category", "numerator", "value", "value_note"]
    texts = measures[columns].assign(
        numerator=measures["numerator"].map(lambda n: "[c]" if pd.isna(n) else f"{n:.0f}"),
        value=measures["value"].map(lambda n: "[c]" if pd.isna(n) else f"{n:.1f}"),
    )
    texts.to_csv(folder / "mash.csv", index=False)
    write_workbook(folder / "mash.xlsx", texts)


def sources_table(measures):
    rows = measures[measures["category"] != ""]
    numbers = rows["numerator"].map(lambda n: "[c]" if pd.isna(n) else f"{n:.0f}")
    counts = dict(zip(rows["category"].str.capitalize(), numbers, strict=True))
    return pd.DataFrame([{"Quarter": "2013/14 Q3"} | counts])


def write_workbook(path, texts, change=None):
    book = openpyxl.Workbook()
    book.properties.creator = "ehlib"
    sheet = book.active
    sheet.title = "mash_enquiries"
    for row in [list(texts.columns), *texts.to_numpy().tolist()]:
        sheet.append(row)
    if change:
        change(book)
    book.save(path)
