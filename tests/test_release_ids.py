"""Ids of case records on a page are found among any number of records, and none of them is kept."""

import random
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ehlib.publish.release import ids
from ehlib.publish.release.files.layers import Layer
from ehlib.publish.release.ids import Words, words_of

LAYER = Layer("a.html", "file", "page", "")
MANY = 60_000


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Records of three kinds: hashes in a Parquet file, ids as text there, and an extract."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "cases").mkdir()
    (folder / "raw" / "published").mkdir(parents=True)
    hashes = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, MANY)
    hashes[0], hashes[1] = 7_391_445_120_993_187_220, -5_000_000_000_000_000_123
    table = pa.table({"child_id": hashes, "area_code": ["E07000170"] * MANY})
    pq.write_table(table, folder / "cases" / "mash.parquet", row_group_size=8192)
    texts = pd.DataFrame({"audit_id": ["QA/2013-00417", "x1"], "when": ["a", "b"]})
    texts.to_parquet(folder / "cases" / "audits.parquet")
    lines = [f"ENQ-{number:06d},LCS{number + 500_000:07d},2013-10-01" for number in range(MANY)]
    head = "enquiry_id,child_id,received_date\n"
    (folder / "raw" / "mash.csv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    (folder / "raw" / "published" / "a.csv").write_text("id,n,x\nOPEN-00001,1,2\n", "utf-8")
    return folder


def found(prepared, text):
    words = Words()
    words.note(LAYER, text, "<p>")
    return [leak.snippet for leak in words.leaks(prepared, prepared / "raw")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("case 7391445120993187220 of Ashfield", ["7391445120993187220"]),
        ("case 6693b02d0d97d594 of Ashfield", ["6693B02D0D97D594"]),
        ("case -5000000000000000123", ["5000000000000000123"]),
        ("case BA9C6E7DBB0BFF85", ["BA9C6E7DBB0BFF85"]),
        ("see enq-004417, please", ["ENQ-004417"]),
        ("child LCS0504417_b", ["LCS0504417"]),
        ("audit QA/2013-00417", ["QA/2013-00417"]),
        ("x1, ENQ-999999, 2013/14-Q3, E07000170 and 23,417", []),
        ("OPEN-00001 is of a published file", []),
    ],
)
def test_ids_are_found_however_they_are_written(prepared, text, wanted):
    assert found(prepared, text) == wanted


def test_each_place_of_an_id_is_told_up_to_three(prepared):
    words = Words()
    for number in range(5):
        words.note(Layer(f"{number}.html", "file", "page", ""), "ENQ-000001", "<p>")
    assert [leak.file for leak in words.leaks(prepared, prepared / "raw")] == [
        "0.html",
        "1.html",
        "2.html",
    ]


def test_no_id_of_the_records_is_kept_while_they_are_read(prepared):
    words = Words()
    words.note(LAYER, "see ENQ-004417", "<p>")
    list(words.leaks(prepared, prepared / "raw"))  # what is imported on first use
    tracemalloc.start()
    assert len(list(words.leaks(prepared, prepared / "raw"))) == 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    as_a_set = MANY * 2 * 60  # bytes that these ids would take
    assert peak < as_a_set / 2


def test_words_too_short_to_be_ids_are_not_looked_for():
    assert words_of("In 2013/14 Q3 Ashfield had 862 of 123456, see A1B2") == {"2013/14"}
    text = " ".join(str(random.Random(1).randrange(10**6)) for _ in range(100))
    assert words_of(text) == set()


def test_without_records_nothing_is_looked_for(tmp_path):
    words = Words()
    words.note(LAYER, "ENQ-000001", "<p>")
    assert list(words.leaks(None, None)) == []
    assert list(words.leaks(tmp_path, tmp_path / "raw")) == []
    assert ids.SHORTEST_ID == 6
