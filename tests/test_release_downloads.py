"""Leaks planted in the downloads of a page, in every layer that a file has: all are caught."""

import base64
import bz2
import csv
import io
import lzma
import re
import shutil
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from release_set import make_shown, make_truth, write_set

from ehlib.publish.formulas import inert, runs_as_formula
from ehlib.publish.release import check_release

SHEET = "xl/worksheets/sheet4.xml"  # the first table, after cover, contents and notes
CORE, APP = "docProps/core.xml", "docProps/app.xml"
STRINGS, STYLES, THEME = "xl/sharedStrings.xml", "xl/styles.xml", "xl/theme/theme1.xml"
BOOK, TYPES = "xl/workbook.xml", "[Content_Types].xml"


@pytest.fixture(scope="module")
def truth():
    return make_truth()


@pytest.fixture(scope="module")
def shown(truth):
    return make_shown(truth)


@pytest.fixture(scope="module")
def clean(tmp_path_factory, shown):
    folder = tmp_path_factory.mktemp("clean")
    write_set(folder, shown)
    return folder


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def changed(part, old, new, count=1):
    """What puts `new` in place of the first match of `old` in a part."""

    def change(content):
        parts = parts_of(content)
        assert re.search(old, parts[part]), (part, old)
        parts[part] = re.sub(old, lambda m: m.expand(new), parts[part], count=count)
        return packed(parts)

    return change


def added(part, text):
    return lambda content: packed({**parts_of(content), part: text})


def put_after(start, text):
    return lambda content: content[:start] + text + content[start:]


def rows_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def csv_of(rows):
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def cell_of(area, column, text):
    """What writes a text into the row of an area and a column of a CSV."""

    def change(content):
        rows = rows_of(content)
        place = next(n for n, name in enumerate(rows[0]) if name.startswith(column))
        row = next(row for row in rows if row[0] == area)
        row[place] = text
        return csv_of(rows)

    return change


def boxed(content):
    return base64.b64encode(content).decode()


MAIL = b"ask j.smith@example.org about it, please"
IN_CSV = {  # of the first table: areas with number, rate, limits, comparison
    "hidden number": (cell_of("Rushcliffe", "Number", "3"), "hidden_figure"),
    "another number in its place": (cell_of("Rushcliffe", "Number", "862"), "hidden_figure"),
    "hidden number in words": (cell_of("Rushcliffe", "Number", "three"), "in_place_of_hidden"),
    "hidden rate": (cell_of("Rushcliffe", "Rate", "1.3"), "hidden_figure"),
    "judgement": (cell_of("Rushcliffe", "Compared", "lower"), "in_place_of_hidden"),
    "number that the page does not have": (
        cell_of("Ashfield", "Number", "863"),
        "not_on_page",
    ),
    "more digits than the page": (cell_of("Ashfield", "Rate", "368.1086"), "not_on_page"),
    "formula": (cell_of("Ashfield", "Area", '=HYPERLINK("http://a.uk","x")'), "formula"),
    "command": (cell_of("Ashfield", "Area", "+cmd|' /C calc'!A0"), "formula"),
    "at sign": (cell_of("Ashfield", "Area", " @SUM(1,2)"), "formula"),
    "tab": (cell_of("Ashfield", "Area", "\t=1+1"), "formula"),
    "full-width sign": (cell_of("Ashfield", "Area", "\uff1d1+1"), "formula"),
    "e-mail in base64": (cell_of("Ashfield", "Area", boxed(MAIL)), "email"),
    "e-mail in zlib": (cell_of("Ashfield", "Area", boxed(zlib.compress(MAIL))), "email"),
    "e-mail in bzip2": (cell_of("Ashfield", "Area", boxed(bz2.compress(MAIL))), "email"),
    "e-mail in xz": (cell_of("Ashfield", "Area", boxed(lzma.compress(MAIL))), "email"),
    "e-mail in sixteens": (cell_of("Ashfield", "Area", MAIL.hex()), "email"),
    "e-mail in per cents": (
        cell_of("Ashfield", "Area", "".join(f"%{byte:02x}" for byte in MAIL)),
        "email",
    ),
    "postcode": (cell_of("Ashfield", "Area", "NG15 7AA"), "postcode"),
    "another archive in base64": (
        cell_of("Ashfield", "Area", boxed(packed({"a.txt": "NG15 7AA"}))),
        "postcode",
    ),
}
IN_XLSX = {
    "hidden number": (
        changed(
            SHEET,
            r'(<row r="\d+"[^>]*><c r="A7"[^>]*>.*?</c>)<c r="B7"[^>]*>.*?</c>',
            r'\1<c r="B7"><v>3</v></c>',
        ),
        "hidden_figure",
    ),
    "more digits than are shown": (
        changed(SHEET, r"<v>368\.1</v>", "<v>368.10864</v>"),
        "cached_value",
    ),
    "cached value of a formula": (
        changed(SHEET, r"(<c r=\"B5\"[^>]*>)<v>", r"\1<f>1+2</f><v>"),
        "workbook_hidden",
    ),
    "conditional format": (
        changed(
            SHEET,
            "</sheetData>",
            '</sheetData><conditionalFormatting sqref="B5"><cfRule '
            'type="cellIs"><formula>3</formula></cfRule></conditionalFormatting>',
        ),
        "workbook_kept_aside",
    ),
    "list of a cell": (
        changed(
            SHEET,
            "</sheetData>",
            "</sheetData><dataValidations><dataValidation><formula1>"
            '"3"</formula1></dataValidation></dataValidations>',
        ),
        "workbook_kept_aside",
    ),
    "scenario": (
        changed(SHEET, "</sheetData>", '</sheetData><scenarios><scenario name="3"/></scenarios>'),
        "workbook_kept_aside",
    ),
    "attribute of a cell": (
        changed(SHEET, '<c r="B5"', '<c note="3" r="B5"'),
        "workbook_kept_aside",
    ),
    "comment in a part": (
        changed(SHEET, "</sheetData>", "</sheetData><!-- 3 -->"),
        "workbook_kept_aside",
    ),
    "hidden sheet": (
        changed(BOOK, '<sheet name="Notes"', '<sheet state="hidden" name="Notes"'),
        "workbook_hidden",
    ),
    "very hidden sheet": (
        changed(BOOK, '<sheet name="Notes"', '<sheet state="veryHidden" name="Notes"'),
        "workbook_hidden",
    ),
    "row without height": (
        changed(SHEET, '<row r="5"', '<row ht="0" customHeight="1" r="5"'),
        "workbook_hidden",
    ),
    "column without width": (
        changed(SHEET, r'<col min="2" max="6" width="[^"]*"', '<col min="2" max="6" width="0"'),
        "workbook_hidden",
    ),
    "value under a merged cell": (
        changed(
            SHEET, "</sheetData>", '</sheetData><mergeCells><mergeCell ref="A5:B6"/></mergeCells>'
        ),
        "workbook_hidden",
    ),
    "defined name": (
        changed(
            BOOK,
            "</sheets>",
            '</sheets><definedNames><definedName name="x">3</definedName></definedNames>',
        ),
        "workbook_hidden",
    ),
    "print area that is a number": (
        changed(
            BOOK,
            "</sheets>",
            '</sheets><definedNames><definedName name="_xlnm.Print_Area">'
            "3+0</definedName></definedNames>",
        ),
        "workbook_hidden",
    ),
    "number format with words": (
        changed(STYLES, 'formatCode="[^"]*"', 'formatCode="&quot;three&quot;"'),
        "workbook_kept_aside",
    ),
    "text that no cell uses": (
        changed(STRINGS, "</sst>", "<si><t>Rushcliffe 3</t></si></sst>"),
        "workbook_hidden",
    ),
    "words in the theme": (
        changed(THEME, "</a:theme>", "<a:t>three</a:t></a:theme>"),
        "workbook_kept_aside",
    ),
    "author": (changed(CORE, "(<dc:creator>)[^<]*", r"\1J Smith"), "workbook_metadata"),
    "last author": (changed(CORE, "(<cp:lastModifiedBy>)[^<]*", r"\1jsmith"), "workbook_metadata"),
    "title of another": (
        changed(CORE, "(<dc:title>)[^<]*", r"\1Rushcliffe three"),
        "workbook_metadata",
    ),
    "manager": (
        changed(APP, "</Properties>", "<Manager>J Smith</Manager></Properties>"),
        "workbook_metadata",
    ),
    "own property": (
        added(
            "docProps/custom.xml",
            '<Properties><property name="n"><i4>3</i4></property></Properties>',
        ),
        "workbook_kept_aside",
    ),
    "drawing": (added("xl/drawings/drawing1.xml", "<wsDr><t>3</t></wsDr>"), "workbook_kept_aside"),
    "link to another book": (
        added(
            "xl/worksheets/_rels/sheet4.xml.rels",
            '<Relationships><Relationship Id="rId9" '
            'Type="x" TargetMode="External" Target="file:///C:/a.xlsx"/></Relationships>',
        ),
        "would_load",
    ),
    "entity": (
        lambda content: packed(
            {
                **parts_of(content),
                "xl/tables/table1.xml": '<!DOCTYPE t [<!ENTITY a "3">]><table>&a;</table>',
            }
        ),
        "cannot_open",
    ),
    "archive in the archive": (
        lambda content: packed({**parts_of(content), "xl/media/a.bin": packed({"a": "NG15 7AA"})}),
        "postcode",
    ),
    "bytes after the end": (lambda content: content + b"Rushcliffe,3", "workbook_kept_aside"),
    "comment of the archive": (
        lambda content: content[:-2] + b"\x01\x00" + b"3",
        "workbook_kept_aside",
    ),
}
ROW = "(<table:table-row>)"
IN_ODS = {
    "hidden number": (
        changed(
            "content.xml",
            r"(<text:p>Rushcliffe</text:p></table:table-cell>)<table:table-cell"
            r"[^>]*>.*?</table:table-cell>",
            r'\1<table:table-cell office:value-type="float" '
            'office:value="3"><text:p>3</text:p></table:table-cell>',
        ),
        "hidden_figure",
    ),
    "value other than its text": (
        changed("content.xml", 'office:value="862"', 'office:value="861"'),
        "cached_value",
    ),
    "more digits than its text": (
        changed("content.xml", 'office:value="368.1"', 'office:value="368.1086"'),
        "cached_value",
    ),
    "value under a symbol": (
        changed(
            "content.xml",
            'office:value-type="string"(><text:p>\\[c\\])',
            r'office:value-type="float" office:value="3"\1',
        ),
        "cached_value",
    ),
    "text of a cell aside": (
        changed(
            "content.xml",
            'office:value-type="string"',
            'office:string-value="three" office:value-type="string"',
        ),
        "workbook_kept_aside",
    ),
    "formula": (
        changed("content.xml", "<table:table-cell ", '<table:table-cell table:formula="of:=3" '),
        "workbook_hidden",
    ),
    "note on a cell": (
        changed(
            "content.xml",
            "(<table:table-cell [^>]*>)(<text:p>)",
            r"\1<office:annotation><text:p>3</text:p></office:annotation>\2",
        ),
        "workbook_hidden",
    ),
    "hidden row": (
        changed(
            "content.xml", "<table:table-row>", '<table:table-row table:visibility="collapse">'
        ),
        "workbook_hidden",
    ),
    "filtered row": (
        changed("content.xml", "<table:table-row>", '<table:table-row table:visibility="filter">'),
        "workbook_hidden",
    ),
    "hidden sheet": (
        changed(
            "content.xml",
            "</office:automatic-styles>",
            '<style:style style:name="h" '
            'style:family="table"><style:table-properties table:display="false"/></style:style>'
            "</office:automatic-styles>",
        ),
        "workbook_hidden",
    ),
    "cell under another": (
        changed(
            "content.xml",
            "</table:table-row>",
            "<table:covered-table-cell><text:p>3</text:p>"
            "</table:covered-table-cell></table:table-row>",
        ),
        "workbook_kept_aside",
    ),
    "tracked changes": (
        changed(
            "content.xml",
            "<office:spreadsheet>",
            "<office:spreadsheet><table:tracked-changes>3</table:tracked-changes>",
        ),
        "workbook_kept_aside",
    ),
    "named expression": (
        changed(
            "content.xml",
            "<table:database-ranges>",
            "<table:named-expressions>"
            '<table:named-expression table:name="x" table:expression="3"/>'
            "</table:named-expressions><table:database-ranges>",
        ),
        "workbook_kept_aside",
    ),
    "script": (
        changed(
            "content.xml", "<office:spreadsheet>", "<office:spreadsheet><office:event-listeners/>"
        ),
        "workbook_kept_aside",
    ),
    "header of a printed page": (
        changed(
            "styles.xml",
            "</office:styles>",
            "</office:styles><office:master-styles>"
            "<style:header><text:p>ask j.smith@example.org</text:p></style:header>"
            "</office:master-styles>",
        ),
        "email",
    ),
    "author": (changed("meta.xml", "(<dc:creator>)[^<]*", r"\1J Smith"), "workbook_metadata"),
    "printer": (
        changed(
            "meta.xml", "</office:meta>", "<meta:printed-by>J Smith</meta:printed-by></office:meta>"
        ),
        "workbook_kept_aside",
    ),
    "own property": (
        changed(
            "meta.xml",
            "</office:meta>",
            '<meta:user-defined meta:name="n">3</meta:user-defined></office:meta>',
        ),
        "workbook_kept_aside",
    ),
    "setting": (
        changed(
            "settings.xml", "</office:settings>", "<config:note>3</config:note></office:settings>"
        ),
        "workbook_kept_aside",
    ),
    "picture of the first page": (added("Thumbnails/thumbnail.png", "x"), "workbook_kept_aside"),
    "macro": (added("Basic/Standard/Module1.xml", "<m>3</m>"), "workbook_kept_aside"),
}
KINDS = {"csv": IN_CSV, "xlsx": IN_XLSX, "ods": IN_ODS}
PLANTS = [(kind, name) for kind, plants in KINDS.items() for name in plants]


@pytest.fixture(scope="module")
def found(tmp_path_factory, clean, shown, truth):
    """Leaks by file of one set that has every plant in a download of its own beside the page."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copyfile(clean / "mash.html", folder / "mash.html")
    home = folder / "downloads" / "mash"
    home.mkdir(parents=True)
    for kind, name in PLANTS:
        source = "mash/table-1.csv" if kind == "csv" else f"mash.{kind}"
        content = (clean / "downloads" / source).read_bytes()
        number = [*KINDS[kind]].index(name)
        (home / f"plant-{number}.{kind}").write_bytes(KINDS[kind][name][0](content))
    leaks = check_release(folder, shown=shown, truth=truth)
    by_file = {}
    for leak in leaks:
        by_file.setdefault(leak.file, []).append(leak)
    return by_file


@pytest.mark.parametrize(("kind", "name"), PLANTS)
def test_leak_in_a_download_is_caught(found, kind, name):
    leaks = found.get(f"downloads/mash/plant-{[*KINDS[kind]].index(name)}.{kind}", [])
    rule = KINDS[kind][name][1]
    assert rule in {leak.rule for leak in leaks}, leaks


def test_at_least_twenty_leaks_are_planted_in_downloads():
    assert len(PLANTS) >= 60
    assert min(map(len, KINDS.values())) >= 20


def test_page_itself_raises_no_alarm_beside_planted_downloads(found):
    assert "mash.html" not in found


def test_leak_in_a_part_that_two_workbooks_have_alike_is_told_of_both(tmp_path, clean):
    home = tmp_path / "downloads"
    home.mkdir()
    content = IN_ODS["header of a printed page"][0]((clean / "downloads/mash.ods").read_bytes())
    for name in ("one.ods", "two.ods"):
        (home / name).write_bytes(content)
    told = {leak.file for leak in check_release(tmp_path) if leak.rule == "email"}
    assert told == {"downloads/one.ods", "downloads/two.ods"}


# ---- files of a set and its manifest


@pytest.fixture
def planted(tmp_path, clean):
    return Path(shutil.copytree(clean, tmp_path / "set"))


def rules_of(folder, shown, truth):
    return {(leak.file, leak.rule) for leak in check_release(folder, shown=shown, truth=truth)}


def test_file_that_no_manifest_names_is_refused(planted, shown, truth):
    (planted / "downloads" / "mash" / "table-9.csv").write_text("Area,Rate\nx,1\n", "utf-8")
    (planted / "draft.html").write_bytes((planted / "mash.html").read_bytes())
    (planted / "downloads" / "notes.docx").write_bytes(b"x")
    found = rules_of(planted, shown, truth)
    assert ("downloads/mash/table-9.csv", "unnamed_file") in found
    assert ("draft.html", "unnamed_file") in found
    assert ("downloads/notes.docx", "foreign_file") in found


def test_file_changed_after_the_batch_is_refused(planted, shown, truth):
    path = planted / "downloads" / "mash" / "table-1.csv"
    path.write_bytes(path.read_bytes() + b"\r\n")
    assert rules_of(planted, shown, truth) == {("downloads/mash/table-1.csv", "changed_file")}


def test_set_without_its_manifest_is_refused(planted, shown, truth):
    (planted / "manifest.json").unlink()
    assert rules_of(planted, shown, truth) == {("manifest.json", "no_manifest")}


# ---- texts that a spreadsheet would run

RUN = ['=HYPERLINK("http://a.uk")', "+cmd|' /C calc'!A0", "@SUM(1)", "-2+3+cmd|x", "\t=1", "\r=1"]
RUN += ["\n=1", " =1", "\uff1d1", "\uff0b1a", "\u202e=1", "=1+1", "--1+1", "-A1"]
PLAIN = ["-5.2", "+3.1%", "-0.4 to 1.2", "-0.4 to 1.2 [p]", "-", "[c]", "862", "Ashfield", "-1,204"]
PLAIN += ["12 (3.4%)", "<img src=x>", "1-4", "\u22125.2"]


@pytest.mark.parametrize("text", RUN)
def test_text_that_would_run_gets_an_apostrophe(text):
    assert inert(text) == f"'{text}"
    assert not runs_as_formula(inert(text))


@pytest.mark.parametrize("text", PLAIN)
def test_number_and_plain_text_stay_as_they_are(text):
    assert inert(text) == text
