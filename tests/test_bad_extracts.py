"""A folder of bad extracts: each refused by its rule, row and column, or taken where certain."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from bad_extracts import GOOD, RATE, Bad, bad_extracts, cells, table, workbook

from ehlib.load.indicators import read_indicators
from ehlib.load.readers import read_extract
from ehlib.load.sources.rules import RULES

INDICATORS = read_indicators()
EXTRACTS = list(bad_extracts())
PERSONAL = ["943 476 5919", "9434765870", "jo.bloggs@example.org", "NG17 1AA"]
SECONDS = 10  # in which any file, however hostile, must be refused
calm = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(folder: Path, name: str, content: bytes) -> tuple[list, pd.DataFrame]:
    """Extracts of a file and its faults, once every row of it is accounted for."""
    path = folder / name
    path.write_bytes(content)
    extracts = read_extract(path, INDICATORS)
    for each in extracts:
        parts = each.rows_loaded, each.rows_normalised, each.rows_rejected
        assert sum(parts) == each.rows_read
        assert min(parts) >= 0
        assert set(each.rejected.index) <= set(each.faults["row"])
    return extracts, pd.concat([each.faults for each in extracts]).astype({"rule": "str"})


def test_there_are_a_hundred_files_with_one_fault_each():
    assert len([each for each in EXTRACTS if each.rule]) >= 100
    assert len({each.name for each in EXTRACTS}) == len(EXTRACTS)


@pytest.mark.parametrize("bad", EXTRACTS, ids=[each.name for each in EXTRACTS])
def test_each_file_meets_its_rule_at_its_place(tmp_path, bad: Bad):
    began = time.process_time()  # of this process: another's work must not fail it
    _, faults = read(tmp_path, bad.name, bad.content)
    assert time.process_time() - began < SECONDS
    errors = faults[faults["severity"] == "error"]
    if not bad.rule:
        assert errors.empty, errors
        return
    first = errors.iloc[0]
    assert (first["rule"], first["row"]) == (bad.rule, bad.row)
    assert first["column"] == bad.column or not bad.column


@pytest.mark.parametrize(
    "bad", [each for each in EXTRACTS if each.rule], ids=lambda each: each.name
)
def test_each_message_says_what_was_found_what_wanted_and_how_to_mend_it(tmp_path, bad: Bad):
    _, faults = read(tmp_path, bad.name, bad.content)
    errors = faults[faults["severity"] == "error"]
    for row in errors.itertuples():
        assert row.rule in RULES
        assert row.wanted
        assert row.mend
        said = f"{row.found} {row.wanted} {row.mend}"
        assert str(tmp_path) not in said
        assert not re.search(r"Traceback|Error\b|0x[0-9a-f]{6}", said)
        assert not any(text in said for text in PERSONAL)


def test_personal_values_stand_in_no_rejected_row_either(tmp_path):
    for bad in EXTRACTS:
        if bad.rule == "personal_data":
            extracts, faults = read(tmp_path, bad.name, bad.content)
            assert all(each.frame.empty and each.rejected.empty for each in extracts)
            assert not faults["found"].str.contains("|".join(PERSONAL)).any()


def test_the_command_line_says_the_same_and_shows_no_traceback(tmp_path):
    chosen = [each for each in EXTRACTS if each.name.startswith(("share", "certain_0", "bomb"))]
    paths = [tmp_path / each.name for each in chosen]
    for path, each in zip(paths, chosen, strict=True):
        path.write_bytes(each.content)
    command = [sys.executable, "-m", "ehlib.cli", "check", "--json", *map(str, paths)]
    root = Path(__file__).resolve().parents[1]
    run = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", cwd=root)
    assert run.returncode == 1
    assert run.stderr == ""
    said = [json.loads(line) for line in run.stdout.splitlines()]
    assert [each["outcome"] for each in said] == [each.outcome for each in chosen]
    for account, each in zip(said, chosen, strict=True):
        rules = [fault["rule"] for fault in account["faults"] if fault["severity"] == "error"]
        assert rules[:1] == [each.rule][: bool(each.rule)]


# Good files, spoilt at random

ROWS = [
    RATE | {"area_code": code, "area_name": name, "period": str(year), "value": f"{40 + place}.{n}"}
    for place, (code, name) in enumerate([("E07000170", "Ashfield"), ("E07000171", "Bassetlaw")])
    for n, year in enumerate(range(2001, 2006))
]
TEXT = table(*ROWS)
BOOK = workbook(("Cover", [["Conceptions"]]), ("Data", cells(*GOOD, *ROWS)))
places = st.integers(0, 10_000)
spoilers = st.one_of(
    st.tuples(st.just("bytes"), places, st.binary(max_size=4)),
    st.tuples(st.just("cell"), places, st.text(max_size=6)),
    st.tuples(st.just("cut"), places, st.just("")),
    st.tuples(st.just("swap"), places, places),
    st.tuples(st.just("twice"), places, st.just("")),
)


def spoilt(content: bytes, kind: str, place: int, new: object) -> bytes:
    """A file with bytes, a cell or a line changed, or two columns exchanged in every row."""
    if kind == "bytes":
        at = place % max(len(content), 1)
        return content[:at] + new + content[at + 1 :]
    if kind == "cut":
        return content[: place % max(len(content), 1)]
    lines = content.split(b"\r\n")
    row = place % len(lines)
    parts = lines[row].split(b",")
    if kind == "cell":
        parts[place % len(parts)] = new.encode("utf-8", "replace")
        lines[row] = b",".join(parts)
    elif kind == "twice":
        lines.insert(row, lines[row])
    else:
        lines = [_swapped(line.split(b","), place, new) for line in lines]
    return b"\r\n".join(lines)


def _swapped(parts: list[bytes], first: int, second: int) -> bytes:
    one, other = first % len(parts), second % len(parts)
    parts[one], parts[other] = parts[other], parts[one]
    return b",".join(parts)


@calm
@given(st.lists(spoilers, min_size=1, max_size=4))
def test_however_a_good_file_is_spoilt_no_row_is_lost_and_nothing_breaks(tmp_path, changes):
    content = TEXT.encode()
    for change in changes:
        content = spoilt(content, *change)
    extracts, faults = read(tmp_path, "spoilt.csv", content)
    for each in extracts:
        known = set(each.frame.index) | set(each.rejected.index)
        assert each.kind == "refused" or each.rows_read - len(known) <= each.rows_normalised
    assert set(faults["rule"]) <= set(RULES)


@calm
@given(st.lists(st.tuples(st.integers(0, len(BOOK) - 1), st.binary(max_size=3)), max_size=3))
def test_however_a_workbook_is_spoilt_no_row_is_lost_and_nothing_breaks(tmp_path, changes):
    content = BOOK
    for place, new in changes:
        content = content[:place] + new + content[place + 1 :]
    _, faults = read(tmp_path, "spoilt.xlsx", content)
    assert set(faults["rule"]) <= set(RULES)
