"""The release gate: leaks planted in every layer of a set are found, and a clean set passes."""

import base64
import gzip
import io
import json
import os
import shutil
import struct
import sys
import zipfile
import zlib
from datetime import date
from pathlib import Path

import nbformat.v4 as v4
import openpyxl
import pandas as pd
import pytest
from openpyxl.comments import Comment

sys.path.insert(0, str(Path(__file__).parent))
from release_set import FACTS, make_shown, make_truth, write_set, write_workbook

from ehlib import cli
from ehlib.load.areas import read_areas
from ehlib.measure.disclosure.ledger import write_release
from ehlib.publish.page import write_page
from ehlib.publish.release import ReleaseError, check_release, gate

NHS, UPN = "943 476 5919", "H801200001001"  # examples of NHS England and the DfE: nobody's


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


@pytest.fixture
def planted(tmp_path, clean):
    """A copy of the clean set in which a leak can be planted."""
    return Path(shutil.copytree(clean, tmp_path, dirs_exist_ok=True))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Prepared case records and an extract, with ids that must stay where they are."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "cases").mkdir()
    (folder / "raw").mkdir()
    records = pd.DataFrame({"child_id": [7_391_445_120_993_187_220], "area_code": ["E07000170"]})
    records.to_parquet(folder / "cases" / "mash_enquiries.parquet")
    extract = "enquiry_id,child_id,received_date\nENQ-004417,LCS-20931,2013-10-01\n"
    (folder / "raw" / "mash.csv").write_text(extract, encoding="utf-8")
    return folder


def leaks_of(folder, shown, truth, prepared=None):
    folders = {"processed_dir": prepared, "raw_dir": prepared / "raw"} if prepared else {}
    return check_release(folder, shown=shown, truth=truth, **folders)


def test_clean_set_raises_no_alarm(clean, shown, truth, prepared):
    assert [str(leak) for leak in leaks_of(clean, shown, truth, prepared)] == []


def test_clean_set_marks_its_hidden_figures(clean):
    page = (clean / "mash.html").read_text(encoding="utf-8")
    assert page.count("[c]") > 8
    assert "Rushcliffe" in page


# ---- plants: what is put where, the rule that finds it, and a word of its layer


def png(*chunks, after=b""):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"") + after
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*each) for each in chunks) + pixels


def data_address(content, kind="image/png"):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def figure(content, kind="image/png", alt="Rates"):
    address = data_address(content, kind)
    return f'<figure><img src="{address}" alt="{alt}"><figcaption>Rates.</figcaption></figure>'


def svg(inside, attributes=""):
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


PAINTED = (
    '<g><text style="text-anchor: end" x="60" y="53.6">Rushcliffe</text></g>{}'
    '<g><text x="300" y="53.6">[c]</text></g>'
)
CAPTION = "Enquiries to the MASH, October to December 2013."


def drawn(inside, alt="Rates"):
    address = data_address(svg(PAINTED.format(inside)), "image/svg+xml")
    return f'<figure><img src="{address}" alt="{alt}"><figcaption>{CAPTION}</figcaption></figure>'


def table(cell, caption="Enquiries to the MASH, October to December 2013."):
    return (
        f'<table><caption>{caption}</caption><thead><tr><th scope="col">Area</th>'
        f'<th scope="col">Number</th></tr></thead><tbody><tr><th scope="row">Rushcliffe</th>'
        f"{cell}</tr></tbody></table>"
    )


def boxed(text):
    return base64.b64encode(text.encode()).decode()


IN_BODY = {
    # hidden figures
    "number in a table": (table("<td>3</td>"), "hidden_figure", "table"),
    "another number in its place": (table("<td>5</td>"), "hidden_figure", "table"),
    "number in words": (table("<td>three</td>"), "in_place_of_hidden", "table"),
    "rank in its place": (table("<td>\u25bc</td>"), "in_place_of_hidden", "table"),
    "comparison in its place": (table("<td>lower</td>"), "in_place_of_hidden", "table"),
    "attribute of a cell": (table('<td id="x" title="3">[c]</td>'), "hidden_figure", "table"),
    "class of a cell": (table('<td class="shade-3">[c]</td>'), "hidden_figure", "table"),
    "data attribute": (table('<td data-v="3">[c]</td>'), "foreign_attribute", "data-v"),
    "split number": (table("<td><b>23</b>,<i>417</i></td>"), "hidden_figure", "table"),
    "entity": (table("<td>&#51;</td>"), "hidden_figure", "table"),
    "category of a source": (
        "<table><caption>MASH enquiries, Ashfield, October to December 2013</caption><tr>"
        '<th scope="col">Source</th><th scope="col">Number</th></tr><tr><th scope="row">'
        "Probation</th><td>2</td></tr></table>",
        "hidden_figure",
        "table",
    ),
    "year to date over it": (
        '<table><caption>MASH enquiries by quarter, Rushcliffe</caption><tr><th scope="col">'
        'Quarter</th><th scope="col">Number since April</th></tr><tr><th scope="row">2013/14 Q4'
        "</th><td>520</td></tr></table>",
        "hidden_figure",
        "table",
    ),
    "sentence": (
        "<p>Rushcliffe had 3 enquiries in October to December 2013.</p>",
        "hidden_figure",
        "<p>",
    ),
    "sentence in words": (
        "<p>In Rushcliffe there were three enquiries in 2013/14 Q3.</p>",
        "hidden_figure",
        "<p>",
    ),
    "rate in a sentence": (
        "<p>The rate of enquiries in Rushcliffe was 1.3 in 2013/14 Q3.</p>",
        "hidden_figure",
        "<p>",
    ),
    "rank in a sentence": (
        "<p>Enquiries to the MASH, 2013/14 Q3: Rushcliffe had the lowest rate.</p>",
        "in_place_of_hidden",
        "<p>",
    ),
    "alternative text": (figure(png(), alt="Rushcliffe had 3 enquiries"), "hidden_figure", "alt"),
    "invisible text": ('<p style="display:none">3</p>', "foreign_attribute", "style"),
    "hidden attribute": ("<p hidden>3</p>", "foreign_attribute", "hidden"),
    "comment": ("<!-- Rushcliffe: 3 -->", "comment", "comment"),
    "template": ("<template>3</template>", "foreign_element", "template"),
    "number in a drawing": (
        drawn('<g><text x="200" y="54">3</text></g>'),
        "in_place_of_hidden",
        "svg",
    ),
    "mark in a drawing": (drawn('<use href="#m" x="200" y="50"/>'), "in_place_of_hidden", "mark"),
    "bar in a drawing": (
        drawn('<path d="M 70 45 L 90 45 L 90 55 L 70 55 z"/>'),
        "in_place_of_hidden",
        "mark",
    ),
    "colour on a map": (
        figure(
            svg(
                '<path style="fill: #12436d" d="M0 0 L 50 0 L 99 0 L 99 50 L 99 99 L 50 99 '
                'L 20 99 L 0 99 L 0 50 L 0 20 z"/><g><text x="50" y="50">Rushcliffe</text>'
                '<text x="50" y="60">[c]</text></g>'
            ),
            "image/svg+xml",
            alt="Enquiries to the MASH in October to December 2013",
        ),
        "in_place_of_hidden",
        "mark",
    ),
    "title of a drawing": (
        figure(svg("<title>3</title>"), "image/svg+xml"),
        "foreign_element",
        "svg",
    ),
    "metadata of a drawing": (
        figure(svg("<metadata>J Smith</metadata>"), "image/svg+xml"),
        "foreign_element",
        "svg",
    ),
    "attribute of a drawing": (
        figure(svg('<g data-value="3"/>'), "image/svg+xml"),
        "foreign_attribute",
        "svg",
    ),
    "comment in a drawing": (figure(svg("<!-- 3 -->"), "image/svg+xml"), "comment", "svg"),
    "words for a path": (
        figure(svg('<path d="M 0 0 three"/>'), "image/svg+xml"),
        "foreign_attribute",
        "svg",
    ),
    # metadata of pictures
    "text in a PNG": (figure(png((b"tEXt", b"Author\0J Smith"))), "picture_metadata", "tEXt"),
    "packed text in a PNG": (
        figure(png((b"zTXt", b"Comment\0\0" + zlib.compress(b"C:\\Users\\jsmith\\mash.xlsx")))),
        "local_path",
        "zTXt",
    ),
    "EXIF in a PNG": (figure(png((b"eXIf", b"MM\0*GPS"))), "picture_metadata", "eXIf"),
    "profile in a PNG": (
        figure(png((b"iCCP", b"JSmith\0\0" + zlib.compress(b"x")))),
        "picture_metadata",
        "iCCP",
    ),
    "page after a PNG": (figure(png(after=b"Rushcliffe,3")), "picture_metadata", "after the end"),
    "comment in a JPEG": (
        figure(b"\xff\xd8\xff\xfe\x00\x09J Smith\xff\xda\x00\x02\xff\xd9", "image/jpeg"),
        "picture_metadata",
        "segment FE",
    ),
    # code and machines
    "prompt": ("<p>In [3]: observations</p>", "prompt", "<p>"),
    "code": ("<pre><code>import pandas as pd</code></pre>", "code", "<pre>"),
    "split code": ("<p>pd<b>.read_</b>csv</p>", "code", "<p>"),
    "traceback": ("<p>Traceback (most recent call last)</p>", "traceback", "<p>"),
    "error": ("<p>KeyError: 'E07000170'</p>", "traceback", "<p>"),
    "warning": ("<p>x.py:3: FutureWarning: in a future version</p>", "stderr", "<p>"),
    "repr of an object": ("<p>&lt;Axes: xlabel='x'&gt;</p>", "code", "<p>"),
    "raw cell": ('<p class="jp-RawCell">x</p>', "raw_cell", "class"),
    "path of Linux": ("<p>read from /home/jsmith/mash.csv</p>", "local_path", "<p>"),
    "path of Windows": (r"<p>C:\Users\jsmith\Desktop\mash.xlsx</p>", "local_path", "<p>"),
    "path of a share": (r"<p>\\nccfs01\childrens\mash.xlsx</p>", "local_path", "<p>"),
    "host": ("<p>scheduler at tcp://ncc-ws-114.internal:8786</p>", "host", "<p>"),
    "address of a host": ("<p>192.168.4.17:8888</p>", "host", "<p>"),
    "password": ("<p>password = hunter22</p>", "secret", "<p>"),
    "token": ("<p>ghp_abcdefghijklmnopqrstuvwxyz012345</p>", "secret", "<p>"),
    # people
    "e-mail address": ("<p>j.smith@example.org</p>", "email", "<p>"),
    "e-mail link": ('<p><a href="mailto:j.smith@example.org">x</a></p>', "email", "href"),
    "e-mail in entities": ("<p>j.smith&amp;#64;example.org</p>", "email", "<p>"),
    "e-mail in split tags": ("<p>j.smith<b>@</b>example<i>.org</i></p>", "email", "<p>"),
    "e-mail with unseen letters": ("<p>j.smith&#8203;@exam&shy;ple.org</p>", "email", "<p>"),
    "e-mail in base64": (f"<p>{boxed('mail j.smith@example.org')}</p>", "email", "base64"),
    "e-mail in base64 twice": (
        f"<p>{boxed(boxed('mail j.smith@example.org'))}</p>",
        "email",
        "base64 1 > base64",
    ),
    "postcode": ("<p>near NG15 7AA</p>", "postcode", "<p>"),
    "postcode in wide letters": ("<p>\uff2e\uff27\uff11\uff15 7AA</p>", "postcode", "<p>"),
    "NHS number": (f"<p>NHS {NHS}</p>", "nhs_number", "<p>"),
    "UPN": (f"<p>pupil {UPN}</p>", "upn", "<p>"),
    "birth date": ("<p>born on 3 March 2009</p>", "birth_date", "<p>"),
    "column of names": (
        '<table><caption>x</caption><tr><th scope="col">Child name</th></tr></table>',
        "personal_column",
        "heading",
    ),
    "hash of a child": ("<p>case 7391445120993187220</p>", "case_id", "<p>"),
    "id of an enquiry": ("<p>as in ENQ-004417</p>", "case_id", "<p>"),
    "id in an attribute": ('<p id="LCS-20931">x</p>', "case_id", "id"),
    # what a browser loads or runs
    "script": ("<script>alert(1)</script>", "foreign_script", "script"),
    "handler": ('<p onclick="alert(1)">x</p>', "handler", "onclick"),
    "style": ("<style>td:after{content:'3'}</style>", "foreign_style", "style"),
    "picture from elsewhere": ('<img src="https://a.uk/c.png" alt="x">', "would_load", "src"),
    "source set from elsewhere": ('<img srcset="//a.uk/c.png 2x" alt="x">', "would_load", "srcset"),
    "frame": ('<iframe src="https://a.uk"></iframe>', "foreign_element", "iframe"),
    "frame with a document": (
        "<iframe srcdoc='&lt;p&gt;NG15 7AA&lt;/p&gt;'></iframe>",
        "postcode",
        "srcdoc",
    ),
    "link to a style sheet": (
        '<link rel="stylesheet" href="https://a.uk/x.css">',
        "would_load",
        "href",
    ),
    "refresh": ('<meta http-equiv="refresh" content="0;url=https://a.uk">', "would_load", "meta"),
    "form": ('<form action="https://a.uk"></form>', "would_load", "action"),
    "object": ('<object data="https://a.uk"></object>', "would_load", "data"),
    "address of a style": ('<p style="background:url(https://a.uk)">x</p>', "would_load", "style"),
    "address with escapes": (
        r'<p style="background:u\72l(https://a.uk)">x</p>',
        "would_load",
        "style",
    ),
    "link that runs": ('<a href="java&#10;script:alert(1)">x</a>', "would_load", "href"),
    "drawing that loads": (
        figure(svg('<image href="https://a.uk/x.png"/>'), "image/svg+xml"),
        "would_load",
        "svg",
    ),
    "drawing that runs": (
        figure(svg("<script>alert(1)</script>"), "image/svg+xml"),
        "foreign_element",
        "svg",
    ),
    "handler of a drawing": (
        figure(svg("", 'onload="alert(1)"'), "image/svg+xml"),
        "handler",
        "svg",
    ),
    "import of a drawing": (
        figure(svg("<style>@import 'https://a.uk'</style>"), "image/svg+xml"),
        "would_load",
        "svg",
    ),
    "page in a data address": (
        f'<p><a href="{data_address(b"<p>NG15 7AA</p>", "text/html")}">x</a></p>',
        "postcode",
        "data address",
    ),
    "packed picture": (
        figure(gzip.compress(b"<svg>NG15 7AA</svg>", mtime=0), "image/svg+xml"),
        "postcode",
        "gzip",
    ),
    # what a reader would miss
    "no alternative text": (f'<img src="{data_address(png())}">', "no_alt", "img"),
    "placeholder": (
        f'<img src="{data_address(png())}" alt="No description has been provided for this image">',
        "no_alt",
        "img",
    ),
    "no caption": ('<table><tr><th scope="col">x</th></tr></table>', "no_caption", "table"),
    "no figure caption": (
        f'<figure><img src="{data_address(png())}" alt="x"></figure>',
        "no_caption",
        "figure",
    ),
}


SAID = "enquiries in October to December 2013"
TAGGED = "".join(chr(0xE0000 + ord(letter)) for letter in "Rushcliffe 3")
MADE = "MASH enquiries, October to December 2013: "
WRAPPED = {  # tried against the gate after it was finished
    "more, folded away": (
        f"<details><summary>More</summary><p>Rushcliffe had 3 {SAID}.</p></details>",
        "hidden_figure",
    ),
    "text for browsers without scripts": (f"<noscript>3 {SAID}</noscript>", "foreign_element"),
    "note in a formula": (
        "<math><annotation>Rushcliffe 3</annotation></math>",
        "foreign_element",
    ),
    "figures joined by unseen letters": (
        f"<p>Broxtowe had 6&#8203;1&#x2064;2 {SAID}.</p>",
        "hidden_figure",
    ),
    "figures on keys": (
        f"<p>Rushcliffe had 3\ufe0f\u20e3 {SAID}.</p>",
        "hidden_figure",
    ),
    "letters that nobody sees": (f"<p>Ashfield{TAGGED}</p>", "unseen_text"),
    "letters that look like others": (
        f"<p>Rushcl\u0456ffe had 3 {SAID}.</p>",
        "mixed_letters",
    ),
    "Arabic figures": (f"<p>Rushcliffe had \u0663 {SAID}.</p>", "hidden_figure"),
    "raised figure": (f"<p>Rushcliffe had \u00b3 {SAID}.</p>", "hidden_figure"),
    "circled figure": (f"<p>Rushcliffe had \u2462 {SAID}.</p>", "hidden_figure"),
    "Roman figures": (f"<p>Rushcliffe had III {SAID}.</p>", "hidden_figure"),
    "number in words": (f"<p>Broxtowe had six hundred and twelve {SAID}.</p>", "hidden_figure"),
    "other words for a number": (f"<p>Rushcliffe had a trio of {SAID}.</p>", "hidden_figure"),
    "number written backwards": (f"<p>Broxtowe had \u202e216\u202c {SAID}.</p>", "hidden_figure"),
    "four fewer": (
        f"<p>{MADE}Rushcliffe had 263 fewer than before.</p>",
        "in_place_of_hidden",
    ),
    "up by": (f"<p>{MADE}Broxtowe was up by 7 on the quarter before.</p>", "in_place_of_hidden"),
    "smallest": (f"<p>{MADE}Rushcliffe had the smallest number.</p>", "in_place_of_hidden"),
    "number of a list": (
        f'<ol start="3"><li>{SAID} in Rushcliffe</li></ol>',
        "hidden_figure",
    ),
    "number of a class": ('<p class="shade-3">Rushcliffe</p>', "foreign_attribute"),
    "number of an id": ('<p id="rushcliffe-3">Rushcliffe</p>', "foreign_attribute"),
    "number of a language": ('<p lang="en-x-3">Rushcliffe</p>', "foreign_attribute"),
    "number of a place on the page": ('<p><a href="#rushcliffe-3">x</a></p>', "foreign_attribute"),
    "number of headings": (table('<td headers="n3">[c]</td>'), "foreign_attribute"),
    "id of a number": (
        table('<td data-number="mash_enquiries.e07000176.2013-14-q3.3.value">[c]</td>'),
        "foreign_attribute",
    ),
    "cell whose id is of a hidden figure": (
        '<table><caption>All</caption><tr><th scope="col">Place</th><th scope="col">x</th></tr>'
        '<tr><th scope="row">R</th><td data-number="mash_enquiries.e07000176.2013-14-q3.persons.'
        '0-17.number">17</td></tr></table>',
        "hidden_figure",
    ),
    "label of a cell": (table('<td data-label="3">[c]</td>'), "hidden_figure"),
    "words split over spans of a drawing": (
        figure(
            svg(
                '<g><text style="text-anchor: end" x="60" y="53"><tspan>Rush</tspan><tspan>cliffe'
                '</tspan></text></g><g><text x="200" y="53"><tspan>6</tspan><tspan>2</tspan></text>'
                "</g>"
            ),
            "image/svg+xml",
            alt="Enquiries to the MASH in October to December 2013",
        ),
        "in_place_of_hidden",
    ),
    "text drawn as outlines": (
        figure(
            svg('<defs><path id="DejaVuSans-33" d="M 0 0 L 1 1"/></defs>'),
            "image/svg+xml",
        ),
        "cannot_open",
    ),
    "e-mail in words": ("<p>j.smith [at] example [dot] org</p>", "email"),
    "base64 split over tags": (
        f"<p>{boxed('j.smith@example.org')[:9]}<b>{boxed('j.smith@example.org')[9:]}</b></p>",
        "email",
    ),
    "link to a file of this machine": ('<p><a href="../../raw/mash.csv">x</a></p>', "strange_link"),
    "number on a card": (
        '<ul><li class="card"><p class="label">MASH enquiries, Rushcliffe</p>'
        '<p class="period">2013/14 Q3</p><p class="value">3</p></li></ul>',
        "hidden_figure",
    ),
    "number beside a term": (
        "<dl><dt>MASH enquiries, Rushcliffe, 2013/14 Q3</dt><dd>3</dd></dl>",
        "hidden_figure",
    ),
    "number in a paragraph of its own": (
        "<p>MASH enquiries in Rushcliffe in 2013/14 Q3:</p><p>three</p>",
        "hidden_figure",
    ),
    "hidden element with a number": (
        '<form hidden><label for="main">3</label></form>',
        "foreign_attribute",
    ),
}


def together(folder, clean, pieces, place="</main>"):
    """Copies of the clean page, each with its own plant, to be looked through in one go."""
    page = (clean / "mash.html").read_text(encoding="utf-8")
    for number, piece in enumerate(pieces):
        planted = page.replace(place, f"{piece}{place}")
        (folder / f"plant-{number}.html").write_text(planted, encoding="utf-8")


def by_file(leaks, names, form="plant-{}.html"):
    files = {form.format(number): name for number, name in enumerate(names)}
    found = {name: [] for name in names}
    for leak in leaks:
        found[files[leak.file]].append(leak)
    return found


@pytest.fixture(scope="module")
def in_bodies(tmp_path_factory, clean, shown, truth, prepared):
    folder = tmp_path_factory.mktemp("bodies")
    together(folder, clean, [piece for piece, _, _ in IN_BODY.values()])
    return by_file(leaks_of(folder, shown, truth, prepared), IN_BODY)


@pytest.mark.parametrize("name", IN_BODY)
def test_leak_in_the_body_of_a_page_is_caught(in_bodies, name):
    _, rule, layer = IN_BODY[name]
    found = in_bodies[name]
    assert any(leak.rule == rule and layer in leak.layer for leak in found), found


def test_several_processes_find_what_one_finds(
    tmp_path, clean, shown, truth, prepared, monkeypatch
):
    pieces = [piece for piece, _, _ in [*IN_BODY.values()][:9]]
    together(tmp_path, clean, ["<p>ENQ-004417</p>", "<p>ENQ-004417</p>", *pieces])
    one = leaks_of(tmp_path, shown, truth, prepared)
    monkeypatch.setattr("ehlib.publish.release.through.MANY", 2)
    folders = {"processed_dir": prepared, "raw_dir": prepared / "raw"}
    several = check_release(tmp_path, shown=shown, truth=truth, **folders, processes=3)
    assert {leak.file for leak in several} == {f"plant-{number}.html" for number in range(11)}
    assert sorted(map(str, several)) == sorted(map(str, one))


def test_process_that_ends_leaves_its_part_to_be_looked_through_here(
    tmp_path, clean, shown, truth, monkeypatch
):
    together(tmp_path, clean, [piece for piece, _, _ in [*IN_BODY.values()][:4]])
    one = leaks_of(tmp_path, shown, truth)
    monkeypatch.setattr("ehlib.publish.release.through.MANY", 2)
    monkeypatch.setattr("ehlib.publish.release.through._look_apart", os._exit)
    several = check_release(tmp_path, shown=shown, truth=truth, processes=2)
    assert sorted(map(str, several)) == sorted(map(str, one)) != []


@pytest.fixture(scope="module")
def in_wrappings(tmp_path_factory, clean, shown, truth):
    folder = tmp_path_factory.mktemp("wrappings")
    together(folder, clean, [piece for piece, _ in WRAPPED.values()])
    return by_file(leaks_of(folder, shown, truth), WRAPPED)


@pytest.mark.parametrize("name", WRAPPED)
def test_leak_in_a_new_wrapping_is_caught(in_wrappings, name):
    assert WRAPPED[name][1] in {leak.rule for leak in in_wrappings[name]}, in_wrappings[name]


IN_HEAD = {
    "no policy": ('<meta http-equiv="Content-Security-Policy"', '<meta name="x"', "no_policy"),
    "policy not first": ("<head>\n", '<head>\n<meta name="robots" content="none">', "no_policy"),
    "inline allowed": ("style-src '", "style-src 'unsafe-inline' '", "weak_policy"),
    "everything allowed": ("default-src 'none'", "default-src *", "weak_policy"),
    "pictures from elsewhere": ("img-src data:", "img-src data: https:", "weak_policy"),
    "forms allowed": ("; form-action 'none'", "", "weak_policy"),
    "another style": (".skip{", ".skip3{", "foreign_style"),
    "no language": (' lang="en-GB"', "", "no_language"),
    "no title": ("<title>", "<title></title><title>", "no_title"),
    "hidden figure in the title": (
        "<title>",
        "<title>Rushcliffe 3 enquiries 2013/14 Q3 ",
        "hidden_figure",
    ),
    "path in a meta": (
        "<title>",
        '<meta name="description" content="/home/jsmith/x"><title>',
        "local_path",
    ),
    "author": ("<title>", '<meta name="author" content="J Smith"><title>', "foreign_attribute"),
}


@pytest.fixture(scope="module")
def in_heads(tmp_path_factory, clean, shown, truth):
    folder = tmp_path_factory.mktemp("heads")
    page = (clean / "mash.html").read_text(encoding="utf-8")
    for number, (old, new, _) in enumerate(IN_HEAD.values()):
        assert old in page
        (folder / f"plant-{number}.html").write_text(page.replace(old, new, 1), encoding="utf-8")
    return by_file(leaks_of(folder, shown, truth), IN_HEAD)


@pytest.mark.parametrize("name", IN_HEAD)
def test_leak_in_the_head_of_a_page_is_caught(in_heads, name):
    assert IN_HEAD[name][2] in {leak.rule for leak in in_heads[name]}, in_heads[name]


def hidden_sheet(book):
    book.create_sheet("aside").sheet_state = "veryHidden"


def hidden_row(book):
    book.active.row_dimensions[2].hidden = True


def cell_comment(book):
    book.active["A1"].comment = Comment("ask J Smith", "J Smith")


def author(book):
    book.properties.lastModifiedBy = "J Smith"


def formula(book):
    book.active["J1"] = "=SUM(1,2)"


def figure_in_a_cell(book):
    for row in book.active.iter_rows(min_row=2):
        if [row[1].value, row[2].value] == ["Rushcliffe", "2013/14-Q3"]:
            row[4].value = 3


def defined_name(book):
    name = openpyxl.workbook.defined_name.DefinedName("rushcliffe", attr_text="3")
    book.defined_names["rushcliffe"] = name


CHANGES = [
    (hidden_sheet, "workbook_hidden"),
    (hidden_row, "workbook_hidden"),
    (cell_comment, "workbook_kept_aside"),
    (author, "workbook_metadata"),
    (formula, "workbook_hidden"),
    (figure_in_a_cell, "hidden_figure"),
    (defined_name, "workbook_hidden"),
]


@pytest.fixture(scope="module")
def in_workbooks(tmp_path_factory, clean, shown, truth):
    folder = tmp_path_factory.mktemp("workbooks")
    texts = pd.read_csv(clean / "mash.csv", dtype="str", keep_default_na=False)
    for number, (change, _) in enumerate(CHANGES):
        write_workbook(folder / f"plant-{number}.xlsx", texts, change)
    names = [change.__name__ for change, _ in CHANGES]
    return by_file(leaks_of(folder, shown, truth), names, "plant-{}.xlsx")


@pytest.mark.parametrize(("change", "rule"), CHANGES)
def test_leak_in_a_workbook_is_caught(in_workbooks, change, rule):
    found = in_workbooks[change.__name__]
    assert rule in {leak.rule for leak in found}, found


def added(planted, name, content):
    """A workbook with one part more, as pivot tables and links to other books add them."""
    whole = io.BytesIO((planted / "mash.xlsx").read_bytes())
    with zipfile.ZipFile(whole, "a") as book:
        book.writestr(name, content)
    return whole.getvalue()


PARTS = [
    ("xl/pivotCache/pivotCacheRecords1.xml", "<r><n v='3'/></r>", "workbook_kept_aside"),
    ("xl/externalLinks/externalLink1.xml", "<v>3</v>", "workbook_kept_aside"),
    ("xl/charts/chart1.xml", "<c:v>3</c:v>", "workbook_kept_aside"),
    ("xl/media/image1.png", png((b"tEXt", b"Author\0J Smith")), "picture_metadata"),
    ("customXml/item1.xml", "<a>jsmith@example.org</a>", "email"),
    ("xl/vbaProject.bin", b"\0\1\2", "cannot_open"),
]


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory, clean, shown, truth):
    folder = tmp_path_factory.mktemp("parts")
    for number, (name, content, _) in enumerate(PARTS):
        (folder / f"plant-{number}.xlsx").write_bytes(added(clean, name, content))
    return by_file(leaks_of(folder, shown, truth), [part[0] for part in PARTS], "plant-{}.xlsx")


@pytest.mark.parametrize(("name", "rule"), [(part[0], part[2]) for part in PARTS])
def test_part_of_a_workbook_that_nobody_sees_is_caught(in_parts, name, rule):
    found = in_parts[name]
    assert any(leak.rule == rule and name in leak.layer for leak in found), found


def downloads():
    row = {"area_name": "Rushcliffe", "period": "2013/14-Q3", "indicator_id": "mash_enquiries"}
    yield "a.json", json.dumps([row | {"numerator": 3}]), "hidden_figure"
    yield "b.json", json.dumps({"Rushcliffe": {"2013/14-Q3": {"rate": 1.28}}}), "hidden_figure"
    yield "c.json", '{"by": "j.smith\\u0040example.org"}', "email"
    yield "d.csv", "area_name,period,numerator\nRushcliffe,2013/14-Q3,3\n", "hidden_figure"
    yield "e.csv", "Area,2013/14 Q2,2013/14 Q3\nRushcliffe,266,3\n", "hidden_figure"
    yield "f.csv", "name,x\n=HYPERLINK(1),1\n", "formula"
    yield "g.csv", "Date of birth,x\n,1\n", "personal_column"
    yield "h.csv.gz", gzip.compress(b"area,postcode\nx,NG15 7AA\n", mtime=0), "postcode"
    yield "i.txt", "Rushcliffe had 3 enquiries in 2013/14 Q3.", "hidden_figure"
    yield "j.ipynb", "{}", "foreign_file"
    yield "k.parquet", b"PAR1", "foreign_file"
    yield "..secret.json", "{}", "foreign_file"
    yield "ENQ-004417.csv", "a,b\n1,2\n", "case_id"
    yield "l.png", png((b"tEXt", b"Author\0J Smith")), "picture_metadata"
    yield "m.svg", "<svg><g onclick='x'/></svg>", "handler"
    yield "n.json", b"\x00\x01\x02\xff", "cannot_open"


@pytest.fixture(scope="module")
def in_files(tmp_path_factory, shown, truth, prepared):
    folder = tmp_path_factory.mktemp("files")
    for name, content, _ in downloads():
        whole = content if isinstance(content, bytes) else content.encode("utf-8")
        (folder / name).write_bytes(whole)
    found = {name: [] for name, _, _ in downloads()}
    for leak in leaks_of(folder, shown, truth, prepared):
        found[leak.file].append(leak)
    return found


@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, _, rule in downloads()])
def test_leak_in_a_file_is_caught(in_files, name, rule):
    assert rule in {leak.rule for leak in in_files[name]}, in_files[name]


def test_link_out_of_the_folder_is_caught(planted, shown, truth):
    try:
        (planted / "more.csv").symlink_to(planted / "mash.csv")
    except OSError:
        pytest.skip("this system lets nobody make links")
    rules = [leak.rule for leak in leaks_of(planted, shown, truth)]
    assert rules == ["link", "unnamed_file"]


INNOCENT = [
    "Ashfield had 862 enquiries in October to December 2013, three fewer than a year before.",
    "In three of the 10 districts the figure is hidden in 2013/14 Q3.",
    "Rushcliffe had 266 enquiries in July to September 2013.",
    "Rushcliffe: the figure for October to December 2013 is hidden.",
    "Rushcliffe is among three districts whose figures of 2013/14 Q3 are hidden.",
    "Section 3 says what is counted; see page 2 of the 2013/14 plan.",
    "Ages 0 to 3, limits of 95%, 3 decimals, and 3.5 times as many as before.",
    "Ashfield had 401 enquiries from the police and 418 from schools in 2013/14 Q3.",
    "Released 3 March 2014. Read more at https://www.ons.gov.uk/a?b=3.",
]


@pytest.fixture(scope="module")
def innocents(tmp_path_factory, clean, shown, truth, prepared):
    folder = tmp_path_factory.mktemp("innocent")
    together(folder, clean, [f"<p>{sentence}</p>" for sentence in INNOCENT])
    return by_file(leaks_of(folder, shown, truth, prepared), INNOCENT)


@pytest.mark.parametrize("sentence", INNOCENT)
def test_innocent_number_is_no_alarm(innocents, sentence):
    assert list(map(str, innocents[sentence])) == []


def test_number_of_nothing_named_is_no_alarm(planted, shown, truth):
    page = (planted / "index.html").read_text(encoding="utf-8")
    said = (
        "<p>Districts are worse than England in four cases (Rushcliffe 3, Ashfield 1).</p></main>"
    )
    (planted / "index.html").write_text(page.replace("</main>", said), encoding="utf-8")
    assert [str(leak) for leak in leaks_of(planted, shown, truth)] == []


def test_code_of_the_methods_page_is_no_alarm(tmp_path, shown, truth, root):
    methods = (root / "docs" / "methods.md").read_text(encoding="utf-8")
    book = v4.new_notebook(cells=[v4.new_markdown_cell(methods)])
    write_page(book, tmp_path / "methods.html", facts=FACTS)
    assert [str(leak) for leak in leaks_of(tmp_path, shown, truth)] == []


def test_listed_address_may_be_shown(planted, shown, truth, tmp_path_factory, root):
    page = (planted / "mash.html").read_text(encoding="utf-8")
    said = page.replace("</main>", "<p>Team@Example.org</p></main>")
    (planted / "mash.html").write_text(said, encoding="utf-8")
    reference = tmp_path_factory.mktemp("reference")
    for path in (root / "data" / "reference").iterdir():
        (reference / path.name).write_bytes(path.read_bytes())
    listed = 'allowed_emails = ["team@example.org"]\n'
    (reference / "release.toml").write_text(listed, encoding="utf-8")
    assert check_release(planted, shown=shown, truth=truth, reference_dir=reference) == []


# ---- what is hidden, when nobody says it


def test_small_counts_are_hidden_where_no_release_is_recorded(
    clean, planted, truth, tmp_path_factory
):
    processed = tmp_path_factory.mktemp("processed")
    truth.to_parquet(processed / "observations.parquet")
    assert check_release(clean, processed_dir=processed) == []
    page = (planted / "mash.html").read_text(encoding="utf-8")
    said = page.replace("</main>", table("<td>3</td>") + "</main>")
    (planted / "mash.html").write_text(said, encoding="utf-8")
    assert [leak.rule for leak in check_release(planted, processed_dir=processed)] == [
        "hidden_figure"
    ]


def test_gate_lets_a_clean_set_through_and_names_file_layer_and_snippet(
    clean, planted, shown, prepared
):
    gate(clean, shown=shown, processed_dir=prepared)
    (planted / "x.txt").write_text("near NG15 7AA", encoding="utf-8")
    with pytest.raises(
        ReleaseError, match=r"2 leaks; nothing goes out\nx\.txt, file: postcode"
    ) as e:
        gate(planted, shown=shown, processed_dir=prepared)
    assert "NG15 7AA" in str(e.value)


def test_command_lists_leaks_and_fails(clean, planted, tmp_path_factory, capsys):
    empty = tmp_path_factory.mktemp("empty")
    folders = ["--processed", str(empty), "--raw", str(empty)]
    assert cli.main(["release", str(clean), *folders]) == 0
    (planted / "x.txt").write_text("near NG15 7AA", encoding="utf-8")
    assert cli.main(["release", str(planted), *folders]) == 1
    assert "x.txt, file: postcode: 'NG15 7AA'" in capsys.readouterr().out
    assert cli.main(["release", str(empty), *folders]) == 1
    assert "is empty; expected pages" in capsys.readouterr().err


def test_at_least_forty_leaks_are_planted():
    assert len(IN_BODY) + len(IN_HEAD) + len(list(downloads())) >= 40


@pytest.mark.parametrize("place", ["releases", "releases/synthetic"])
def test_ledger_says_what_the_latest_release_of_the_quarter_hides(
    clean, planted, truth, shown, tmp_path_factory, place
):
    processed = tmp_path_factory.mktemp("processed")
    truth.to_parquet(processed / "observations.parquet")
    options = {"quarter": "2013/14-Q3", "day": date(2014, 1, 20)}
    write_release(processed / place, shown, read_areas(), **options)
    assert check_release(clean, processed_dir=processed) == []
    page = (planted / "mash.html").read_text(encoding="utf-8")
    piece = table("<td>612</td>").replace("Rushcliffe", "Broxtowe")  # hidden, and not small
    (planted / "mash.html").write_text(page.replace("</main>", f"{piece}</main>"), encoding="utf-8")
    found = check_release(planted, processed_dir=processed)
    assert [leak.rule for leak in found] == ["hidden_figure"]
