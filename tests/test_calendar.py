"""Calendar: four quarters in a row have exactly the pages that batch.toml says are due."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from ehlib.load.schema import COLUMNS
from ehlib.publish.batch.runs import plan

ROOT = Path(__file__).resolve().parents[1]
QUARTERS = ["2013/14-Q1", "2013/14-Q2", "2013/14-Q3", "2013/14-Q4"]
BIANNUAL = {"12-vulnerable-groups", "13-board-report"}
ANNUAL = {"14-annual-review"}
OUTCOMES = {
    "08-outcomes-framework": "all",
    "08-outcomes-health-and-wellbeing": "hwb_framework",
    "08-outcomes-early-help": "early_help_report",
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs of each quarter, on prepared data without a figure."""
    folder = tmp_path_factory.mktemp("data")
    shutil.copytree(ROOT / "data" / "reference", folder / "reference")
    observations = pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})
    dates = {name: "datetime64[us]" for name in COLUMNS if name.startswith("period_")}
    numbers = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
    observations = observations.astype(dates | dict.fromkeys(numbers, "float64"))
    (folder / "processed").mkdir()
    observations.to_parquet(folder / "processed" / "observations.parquet", index=False)
    (folder / "processed" / "sources.json").write_text('{"sources": []}', encoding="utf-8")
    folders = {"reference_dir": folder / "reference", "processed_dir": folder / "processed"}
    return {each: plan(each, **folders) for each in QUARTERS}


def pages(runs, quarter):
    return {run.page for run in runs[quarter]}


def test_biannual_reports_come_in_q2_and_q4_and_the_annual_one_in_q4(runs):
    first = pages(runs, "2013/14-Q1")
    assert pages(runs, "2013/14-Q3") == first
    assert pages(runs, "2013/14-Q2") == first | BIANNUAL
    assert pages(runs, "2013/14-Q4") == first | BIANNUAL | ANNUAL
    assert not first & (BIANNUAL | ANNUAL)


def test_each_set_of_outcomes_has_its_page_every_quarter(runs):
    for quarter in QUARTERS:
        sets = {run.page: run.parameters.get("report_set") for run in runs[quarter]}
        assert {page: sets[page] for page in OUTCOMES} == OUTCOMES
        assert "07-impact-measures" in sets
        assert "08-districts-on-all-indicators" in sets


def test_what_boards_read_comes_first_and_pages_of_a_group_stand_together(runs):
    groups = [run.group for run in runs["2013/14-Q4"]]
    assert groups[0] == "For the Children's Trust Board"
    assert groups[-1] == "About the data"
    changes = [group for place, group in enumerate(groups) if groups[place - 1 : place] != [group]]
    assert len(changes) == len(set(changes))
