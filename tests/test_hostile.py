"""Files made to harm, or that are no table: refused soon, within memory, with one sentence."""

import gzip
import io
import json
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehlib.load.schema import SourceError
from ehlib.load.tables import find_table, read_grids

ROOT = Path(__file__).resolve().parents[1]
SHEET = "xl/worksheets/sheet1.xml"
BOOK = "Workbook"


def read_all(path: Path) -> None:
    for grid in read_grids(path):
        table = find_table(grid, lambda names: len(names) >= 2)
        list(table.chunks() if table else grid.rows())


def refusal(path: Path) -> SourceError:
    """Error of reading every grid of a file to its end."""
    begun = time.process_time()  # of this process: another's work must not fail it
    with pytest.raises(SourceError) as caught:
        read_all(path)
    assert time.process_time() - begun < 10
    message = str(caught.value)
    assert message.startswith(path.name)
    assert "\n" not in message
    assert str(path.parent) not in message
    assert caught.value.place["wanted"]
    assert caught.value.place["mend"]
    return caught.value


def rule(path: Path) -> str:
    return str(refusal(path).place["rule"])


def write(folder: Path, content: bytes, name: str = "a.csv") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def workbook(folder: Path, rows: tuple[tuple[object, ...], ...] = (("a", "b"), (1, 2))) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {each: file.read(each) for each in file.namelist()}


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return path


def with_cells(folder: Path, cells: str) -> Path:
    """Workbook whose one sheet has these rows, as XML."""
    path = workbook(folder)
    parts = parts_of(path)
    begin, rest = parts[SHEET].split(b"<sheetData>")
    parts[SHEET] = (
        begin + b"<sheetData>" + cells.encode() + b"</sheetData>" + rest.split(b"</sheetData>")[1]
    )
    return packed(path, parts)


def compound(streams: dict[str, bytes]) -> bytes:
    """Compound file of some streams, as [MS-CFB] lays it out: sectors of 512 bytes, one FAT."""
    entries, sectors = [("Root Entry", 5, 0xFFFFFFFE, 0)], []
    fat = [0xFFFFFFFD]
    for name, data in streams.items():
        data = data.ljust(4096, b"\0")
        count = -(-len(data) // 512)
        entries.append((name, 2, len(fat), len(data)))
        fat += [*range(len(fat) + 1, len(fat) + count), 0xFFFFFFFE]
        sectors.append(data.ljust(count * 512, b"\0"))
    directory = len(fat)
    listed = b""
    for place, (name, kind, start, size) in enumerate(entries):
        text = name.encode("utf-16-le") + b"\0\0"
        child = 1 if place == 0 else 0xFFFFFFFF
        after = place + 1 if 0 < place < len(entries) - 1 else 0xFFFFFFFF
        listed += text.ljust(64, b"\0") + struct.pack(
            "<HBB3I", len(text), kind, 1, 0xFFFFFFFF, after, child
        )
        listed += bytes(36) + struct.pack("<IQ", start, size)
    listed = listed.ljust(-(-len(listed) // 512) * 512, b"\0")
    count = len(listed) // 512
    fat += [*range(directory + 1, directory + count), 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return head + struct.pack("<128I", *fat) + b"".join(sectors) + listed


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def biff(cells: list[tuple[int, int]], extra: bytes = b"") -> bytes:
    """Stream of an Excel 97 workbook with one sheet of numbers at these rows and columns."""
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0))
    name = b"Data"
    sheet = len(begin) + len(extra) + 4 + 8 + len(name) + 4
    begin += extra + record(0x0085, struct.pack("<IBBBB", sheet, 0, 0, len(name), 0) + name)
    begin += record(0x000A)
    body = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))
    body += b"".join(record(0x0203, struct.pack("<HHHd", row, at, 0, 1.0)) for row, at in cells)
    return begin + body + record(0x000A)


@pytest.mark.parametrize("content", [b"", b" \r\n\t \n", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1a"])
def test_file_without_text_is_refused(tmp_path: Path, content: bytes):
    assert rule(write(tmp_path, content)) == "file_empty"


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,\x002\n",
        b"a,b\n1,2\n" * 100_000 + b"\x07",
        bytes(range(1, 256)) * 40,
        bytes(1_000_000),
        bytes(zlib.compress(b"noise" * 1000)) * 20,
    ],
)
def test_binary_noise_is_refused(tmp_path: Path, content: bytes):
    assert rule(write(tmp_path, content)) in ("file_binary", "file_encoding", "file_kind")


@pytest.mark.parametrize(
    "content", [b"a,b\nCaf\x81,1\n", b"\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8", b"\xff\xfea\x00,"]
)
def test_text_in_no_known_encoding_is_refused(tmp_path: Path, content: bytes):
    assert rule(write(tmp_path, content)) == "file_encoding"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "web page"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html>\n<html>", "web page"),
        ("\ufeff<html>".encode("utf-16-le"), "web page"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office"/>',
            "XML",
        ),
        (json.dumps({"type": "FeatureCollection"}).encode(), "JSON"),
        (json.dumps([{"a": 1}]).encode(), "JSON"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "packed"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"SQLite format 3\0", "database"),
        (b"\x09\x08\x08\x00\x00\x05", "workbook older|not a text"),
    ],
)
def test_file_of_another_kind_is_named(tmp_path: Path, content: bytes, what: str):
    error = refusal(write(tmp_path, content, "a.xlsx"))
    assert error.place["rule"] in ("file_kind", "workbook_kind", "file_binary")
    assert any(each in str(error) for each in what.split("|"))


def test_table_whose_first_line_begins_with_a_bracket_is_no_json(tmp_path: Path):
    path = write(tmp_path, b"[c] = suppressed\narea,value\nAshfield,1\n")
    assert find_table(read_grids(path)[0], lambda names: "value" in names).cells().shape == (1, 2)


def test_archive_that_is_no_workbook_is_refused(tmp_path: Path):
    assert rule(packed(tmp_path / "a.zip", {"word/document.xml": b"<w/>"})) == "file_kind"
    assert rule(packed(tmp_path / "b.xlsb", {"xl/workbook.bin": b"\x83\x01"})) == "workbook_kind"
    assert rule(write(tmp_path, compound({"WordDocument": b"x"}), "c.xls")) == "file_kind"


def test_encrypted_workbook_says_to_save_a_copy_without_password(tmp_path: Path):
    content = compound({"EncryptionInfo": b"\4\0\4\0", "EncryptedPackage": b"x" * 5000})
    error = refusal(write(tmp_path, content, "a.xlsx"))
    assert error.place["rule"] == "workbook_protected"
    assert "password" in str(error)
    assert "save a copy" in str(error)


def test_old_workbook_with_a_password_is_told_from_a_broken_one(tmp_path: Path):
    content = compound({BOOK: biff([(0, 0)], record(0x002F, bytes(6)))})
    assert rule(write(tmp_path, content, "a.xls")) == "workbook_protected"


def test_zip_with_a_password_is_refused(tmp_path: Path):
    content = bytearray(workbook(tmp_path).read_bytes())
    place = content.index(b"PK\1\2")
    content[place + 8] |= 1
    assert rule(write(tmp_path, bytes(content), "a.xlsx")) == "workbook_protected"


def test_sheet_written_by_hand_in_the_old_format_reads(tmp_path: Path):
    path = write(tmp_path, compound({BOOK: biff([(0, 0), (2, 1)])}), "a.xls")
    (grid,) = read_grids(path)
    assert grid.name == "Data"
    assert list(grid.rows()) == [["1", ""], ["", ""], ["", "1"]]


@pytest.mark.parametrize("far", ["XFD1048576", "A1048577", "XFE1", "ZZZ9999999"])
def test_one_cell_far_away_is_refused_and_named(tmp_path: Path, far: str):
    cells = f'<row r="1"><c r="A1"><v>1</v></c></row><row><c r="{far}"><v>1</v></c></row>'
    error = refusal(with_cells(tmp_path, cells))
    assert error.place["rule"] in ("workbook_far_cell", "workbook_too_large")
    assert error.place["sheet"] == "Sheet"


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" t="str"'
        " ><v>1</v></c></row>",
        "<row r='1'><c r='A1'><v>1</v></c></row>"
        "<row r='9'><c\n r = 'XFD1048576'><v>1</v></c></row>",
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="9"><c x=">" r="&#88;FD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="400000">'
        + "<c><v>1</v></c>" * 20
        + "</row>",
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="J1048576" t="inlineStr">'
        "<is><t>x</t></is></c></row>",
    ],
)
def test_far_cell_cannot_be_hidden_from_the_look_before(tmp_path: Path, cells: str):
    error = refusal(with_cells(tmp_path, cells))
    assert error.place["rule"] == "workbook_far_cell"
    assert "Sheet" in str(error)


def test_far_cell_in_an_old_workbook_is_refused(tmp_path: Path):
    content = compound({BOOK: biff([(0, 0), (65535, 255)])})
    error = refusal(write(tmp_path, content, "a.xls"))
    assert error.place["rule"] == "workbook_far_cell"
    assert "IV65536" in str(error)
    assert error.place["sheet"] == "Data"


@pytest.mark.parametrize(
    ("rows", "columns"), [("1048576", "16384"), ("1000000", "5"), ("1", "99999999999"), ("x", "1")]
)
def test_cell_of_an_ods_that_stands_for_millions_is_refused(
    tmp_path: Path, rows: str, columns: str
):
    spaces = "".join(
        f' xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"'
        for each in ("office", "table", "text")
    )
    content = (
        f"<office:document-content{spaces}><office:body><office:spreadsheet>"
        '<table:table table:name="T">'
        f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell '
        f'table:number-columns-repeated="{columns}" office:value-type="string"><text:p>x</text:p>'
        "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    parts = {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content.encode(),
    }
    assert rule(packed(tmp_path / "a.ods", parts)).startswith("workbook_")


def test_zip_bomb_is_refused_by_what_it_declares(tmp_path: Path):
    parts = parts_of(workbook(tmp_path))
    parts[SHEET] = b" " * 200_000_000
    assert rule(packed(tmp_path / "a.xlsx", parts)) == "workbook_too_large"


def test_zip_bomb_is_refused_by_what_comes_out_of_it(tmp_path: Path):
    parts = parts_of(workbook(tmp_path))
    parts[SHEET] = b" " * 160_000_000
    content = packed(tmp_path / "a.xlsx", parts).read_bytes()
    lying = content.replace(struct.pack("<I", 160_000_000), struct.pack("<I", 1_000))
    assert lying != content
    assert rule(write(tmp_path, lying, "a.xlsx")) == "workbook_too_large"


def test_many_parts_that_are_large_together_are_refused(tmp_path: Path):
    parts = parts_of(workbook(tmp_path))
    parts |= {
        f"xl/worksheets/more{number}.xml": b"<a>" + b"<b/>" * 2_000_000 for number in range(52)
    }
    assert rule(packed(tmp_path / "a.xlsx", parts)) == "workbook_too_large"


def test_tightly_packed_part_is_refused(tmp_path: Path):
    parts = parts_of(workbook(tmp_path))
    parts["xl/theme/theme1.xml"] = b"<a>" + b"<b/>" * 5_000_000
    error = refusal(packed(tmp_path / "a.xlsx", parts))
    assert error.place["rule"] == "workbook_too_large"
    assert "times smaller" in str(error)


def test_workbook_of_thousands_of_parts_is_refused(tmp_path: Path):
    parts = parts_of(workbook(tmp_path)) | {f"xl/{number}.xml": b"<a/>" for number in range(2_001)}
    assert rule(packed(tmp_path / "a.xlsx", parts)) == "workbook_too_large"


def test_text_without_end_in_a_workbook_is_refused(tmp_path: Path):
    text = "x" * 5_000_000
    cells = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>'
    assert rule(with_cells(tmp_path, cells)) == "workbook_too_large"


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "docProps/core.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_type_in_a_workbook_is_refused(tmp_path: Path, part: str, encoding: str):
    parts = parts_of(workbook(tmp_path))
    declared = '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><x>&xxe;</x>'
    parts[part] = declared.encode(encoding)
    assert rule(packed(tmp_path / "a.xlsx", parts)) == "workbook_doctype"


@pytest.mark.parametrize("name", ["../../evil.xml", "/etc/evil.xml", "..\\evil.xml", "C:evil.xml"])
def test_part_that_points_outside_is_refused(tmp_path: Path, name: str):
    parts = parts_of(workbook(tmp_path)) | {name: b"<a/>"}
    assert rule(packed(tmp_path / "a.xlsx", parts)) == "workbook_paths"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_part_that_is_there_twice_is_refused(tmp_path: Path):
    path = workbook(tmp_path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(SHEET, b"<other/>")
    assert rule(path) == "workbook_paths"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_workbook_that_is_cut_short_is_refused(tmp_path: Path, share: float):
    content = workbook(tmp_path).read_bytes()
    cut = write(tmp_path, content[: int(len(content) * share)], "a.xlsx")
    assert rule(cut) in ("workbook_broken", "file_kind")


def test_workbook_with_damaged_bytes_is_read_or_refused(tmp_path: Path, rng):
    content = workbook(tmp_path).read_bytes()
    old = compound({BOOK: biff([(0, 0), (1, 1)])})
    for whole, name in ((content, "a.xlsx"), (old, "a.xls")):
        for _ in range(150):
            harmed = bytearray(whole)
            for place in rng.integers(0, len(whole), 5):
                harmed[place] = rng.integers(0, 256)
            with suppress(SourceError):  # anything else would be a crash
                read_all(write(tmp_path, bytes(harmed), name))


PIECES = [
    *"a1,;\t|\"'\n\r \x00\x1a\ufeff=@-<{[",
    "area_code",
    "NG1 1AA",
    "sep=;\n",
    "\r\n",
    "\u20ac",
]


@given(
    text=st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"]),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_is_read_or_refused(tmp_path: Path, text: str, encoding: str):
    with suppress(SourceError):  # anything else would be a crash
        read_all(write(tmp_path, text.encode(encoding, "replace")))


@given(content=st.binary(max_size=400))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes):
    for start in (b"", b"PK\3\4", bytes.fromhex("d0cf11e0a1b11ae1"), b"\xff\xfe"):
        with suppress(SourceError):
            read_all(write(tmp_path, start + content))


def test_xml_that_is_not_whole_is_refused(tmp_path: Path):
    parts = parts_of(workbook(tmp_path))
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", b"")
    assert rule(packed(tmp_path / "a.xlsx", parts)) == "workbook_broken"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n" + b"x" * 2_000_000, "line_too_long"),
        (b"a,b\n" + b"x" * 140_000 + b",1\n", "line_too_long"),
        (b'a,b\n1,"' + b"x" * 140_000 + b'"\n', "line_too_long"),
        (b'a,b\n1,"' + b"x\n" * 140_000 + b'"\n', "quotation_open"),
        (b"a,b\n1,2\n" + b'"\n",' * 5_000_000, "quotation_open"),
        (b",".join(b"column%d" % number for number in range(16_000)) + b"\n", "too_many_columns"),
        (b"a,b\n1,2" + b",3" * 16_000 + b"\n", "too_many_columns"),
    ],
)
def test_cells_and_rows_without_measure_are_refused(tmp_path: Path, content: bytes, expected: str):
    assert rule(write(tmp_path, content)) == expected


def test_workbook_of_16000_columns_is_refused(tmp_path: Path):
    path = workbook(tmp_path, (tuple(f"column{number}" for number in range(16_000)), (1, 2)))
    assert rule(path) == "too_many_columns"


def test_row_of_many_empty_cells_is_no_wide_table(tmp_path: Path):
    path = write(tmp_path, b"a,b\n1,2" + b"," * 16_000 + b"\n")
    table = find_table(read_grids(path)[0], lambda names: "a" in names)
    assert table.cells().to_numpy().tolist() == [["1", "2"]]
    assert table.notes.empty


def test_file_that_excel_holds_says_to_close_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write(tmp_path, b"a,b\n1,2\n")

    def held(*_: object, **__: object) -> io.BytesIO:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", held)
    error = refusal(path)
    assert error.place["rule"] == "file_locked"
    assert "close it in Excel" in str(error)


MEASURED = """
import sys
import time
from pathlib import Path
from ehlib.load.schema import SourceError
from ehlib.load.tables import read_grids
for path in sys.argv[1:]:
    try:
        for grid in read_grids(Path(path)):
            sum(1 for _ in grid.rows())
        print("read")
    except SourceError as error:
        print(error.place["rule"])
status = Path("/proc/self/status").read_text(encoding="utf-8")
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
print(time.process_time())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_hostile_files_take_less_than_500_megabytes(tmp_path: Path):
    parts = parts_of(workbook(tmp_path))
    bombs = []
    for number, (part, data) in enumerate(
        [
            (SHEET, b" " * 149_000_000),
            ("xl/sharedStrings.xml", b"<sst>" + b"<si><t>abc</t></si>" * 7_000_000),
            (SHEET, b"<worksheet><sheetData><row>" + b"<c><v>1</v></c>" * 9_000_000),
        ]
    ):
        path = tmp_path / f"{number}.xlsx"
        bombs.append(packed(path, parts | {part: data}))
    bombs.append(write(tmp_path, b"a,b\n1,2\n" + b'"\n",' * 10_000_000, "quotes.csv"))
    bombs.append(write(tmp_path, b"a,b\n" + b"x" * 300_000_000, "long.csv"))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, bombs)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    *rules, peak, seconds = done.stdout.split()
    assert rules == ["workbook_too_large"] * 3 + ["quotation_open", "line_too_long"]
    assert int(peak) < 500
    assert float(seconds) < 10 * len(bombs)
