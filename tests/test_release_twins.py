"""A shown figure whose words fit a hidden one too is no alarm; any other number there is one."""

import sys
from pathlib import Path

import nbformat.v4 as v4
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from release_set import FACTS, Shown, observation

from ehlib.load.indicators import read_indicators
from ehlib.load.schema import COLUMNS, NUMBERS
from ehlib.publish.downloads import write_downloads
from ehlib.publish.page import write_page
from ehlib.publish.release import check_release
from ehlib.publish.release.figures.hidden import Hidden
from ehlib.show import cells
from ehlib.show.numbers.ids import unmarked, with_ids

AREA, NOW, BEFORE = "E07000170", "2013/14-Q3", "2013/14-Q2"
# Of 319 episodes that began, 4 had another lead agency: hidden, with the 58 of health beside it.
# Of 307 that closed, 16 did for another reason, which is 5.2%: shown.
BEGUN = {"other": 4, "health": 58, "schools": 257}
CLOSED = {"needs_met": 173, "moved_away": 118, "other": 16}
CAPTION = "Closed early help episodes by reason, per cent, Ashfield."
RULES = {"hidden_figure", "in_place_of_hidden"}
FORMS = ("{}.html", "downloads/{}/table-1.csv", "downloads/{}.xlsx", "downloads/{}.ods")


def row(indicator, kind, category, count, of, period=NOW):
    said = {"indicator_id": indicator, "category_type": kind, "source_id": "early_help_episodes"}
    return observation(AREA, period, count, of, category) | said


@pytest.fixture(scope="module")
def truth():
    begun, closed = "early_help_episodes", "early_help_closed"
    rows = [row(begun, "", "", 319, 23_417), row(closed, "", "", 307, 23_417)]
    rows += [row(begun, "lead_agency", name, count, 319) for name, count in BEGUN.items()]
    rows += [row(closed, "closure_reason", name, count, 307) for name, count in CLOSED.items()]
    rows += [row(closed, "closure_reason", "other", 21, 368, BEFORE)]
    return pd.DataFrame(rows)[COLUMNS]


@pytest.fixture(scope="module")
def shown(truth):
    hidden = truth["category_type"].eq("lead_agency") & truth["category"].isin(["other", "health"])
    numbers = {name: truth[name].mask(hidden) for name in NUMBERS}
    return truth.assign(value_note=truth["value_note"].mask(hidden, "suppressed"), **numbers)


def ids_of(kind, period="2013-14-q3", indicator="early_help_closed"):
    key = f"{indicator}.{AREA.lower()}.{period}.persons.0-17.{kind}.other"
    return f"{key}.number {key}.value"


REASON = ids_of("closure_reason")
CASES = {  # text of the cell under Other, ids that it has on the page, forms that are refused
    "what the shown row prints": ("16 (5.2%)", REASON, 0),
    "what the shown row prints, without ids": ("16 (5.2%)", "", 0),
    "its count alone": ("16", "", 0),
    "count of the hidden row": ("4", "", 4),
    "count and share of the hidden row": ("4 (1.3%)", "", 4),
    "count of the hidden row under ids of the shown one": ("4 (1.3%)", REASON, 4),
    "count of neither": ("17 (5.2%)", REASON, 4),
    "a number more": ("16 (5.2%) 4", REASON, 4),
    "a minus before it": ("16 -4", "", 4),
    "the hidden count in words": ("four", "", 4),
    "judgement beside it": ("16 higher", REASON, 4),
    "share without its decimal as a count": ("5", "", 4),
    "ids of another quarter": ("21 (5.7%)", ids_of("closure_reason", "2013-14-q2"), 4),
    "its own number under ids of another quarter": (
        "16 (5.2%)",
        ids_of("closure_reason", "2013-14-q2"),
        1,
    ),
    "figure of another quarter": ("21 (5.7%)", "", 4),
    "ids of the hidden row": (
        "16 (5.2%)",
        ids_of("lead_agency", indicator="early_help_episodes"),
        1,
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory, shown, truth):
    """Forms in which each case is refused: page, CSV, XLSX and ODS."""
    folder = tmp_path_factory.mktemp("twins")
    for number, (text, ids, _) in enumerate(CASES.values()):
        write_case(folder, f"case-{number}", text, ids)
    leaks = check_release(folder, shown=shown, truth=truth)
    refused = {leak.file for leak in leaks if leak.rule in RULES}
    return {
        case: [form for form in FORMS if form.format(f"case-{number}") in refused]
        for number, case in enumerate(CASES)
    }


def write_case(folder, name, text, ids):
    """A page with one table, and its downloads, as a notebook makes them."""
    table = pd.DataFrame({"Quarter": ["2013/14 Q3"], "Needs met": ["173"]})
    table["Other"] = with_ids([text], [ids])
    with pytest.MonkeyPatch.context() as patch:
        notebook = Shown(patch)
        cells.show_title("Early help: Ashfield", "Ashfield, October to December 2013.")
        cells.show_table(unmarked(table), caption=CAPTION)
        book = v4.new_notebook(cells=[v4.new_markdown_cell("# How many?"), notebook.cell()])
    write_page(book, folder / f"{name}.html", facts=FACTS)
    write_downloads(book, folder, name, FACTS)


@pytest.mark.parametrize("case", CASES)
def test_only_what_the_shown_row_prints_may_stand_there(found, case):
    assert len(found[case]) == CASES[case][2], found[case]


def test_page_gives_the_ids_that_tell_the_rows_apart(tmp_path):
    write_case(tmp_path, "one", "16 (5.2%)", REASON)
    assert f'data-number="{REASON}"' in (tmp_path / "one.html").read_text(encoding="utf-8")


def test_figures_of_another_source_are_no_excuse(shown, truth):
    other = shown["indicator_id"].eq("early_help_closed")
    apart = shown.assign(source_id=shown["source_id"].mask(other, "another_log"))
    address = {"areas": {AREA}, "periods": {NOW}, "labels": {"other"}}
    address = {name: frozenset(keys) for name, keys in address.items()}
    address["indicators"] = frozenset(["early_help_episodes"])
    for rows, count in ((shown, 1), (apart, 0)):
        hidden = Hidden(rows, truth, read_indicators())
        assert len(hidden.twins(address, hidden.at(address), ())) == count
