"""Names from data that would run somewhere: they are text everywhere, and nothing leaves."""

import ast
import base64
import json
import os
import re
import shutil
import stat
import subprocess
import threading
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import nbformat.v4 as v4
import pandas as pd
import pytest

from ehlib.publish import batch
from ehlib.publish.batch import Run, quarter, runner, runs
from ehlib.publish.release import check_release

ROOT = Path(__file__).resolve().parents[1]
QUARTER = "2013/14-Q3"
HOST = "a.example"  # the browser is told that it is this machine
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chrome", "msedge"]
PAYLOADS = {  # with spaces, since a chart breaks its labels there
    "E07000170": "<img src=x onerror=fetch('{img}')>",
    "E07000171": '=HYPERLINK( "{link}" )',
    "E07000172": "$x$ $\\frac{{1}}{{2}}$",
    "E07000173": "../../x",
    "E07000174": "</title> <script src={script} ></script>",
    "E07000175": "\"> <svg onload=fetch('{svg}')>",
    "E07000176": "]]>--> </text></style> <image href={image} />",
}
PLACES = ("img", "link", "script", "svg", "image")
NOTEBOOK = """
import pandas as pd
from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.measure.rates import add_measures
from ehlib.show import cells, charts, tables
rows = add_measures(pd.read_parquet(data_dir + "/observations.parquet"), read_indicators())
rows = rows.assign(benchmark_value=250.0, benchmark_name=rows["area_name"].iloc[4],
    comparison="higher", source_name="Log of " + rows["area_name"].iloc[0])
name = read_areas(reference_dir + "/areas.toml").name(area_code)
first, indicator = rows["area_name"].iloc[0], read_indicators()["mash_enquiries"]
cells.show_title("Page of " + name, ", ".join(rows["area_name"]))
cells.show_findings([first + " is highest.", *rows["area_name"]])
cells.show_note(rows["area_name"].iloc[4])
cells.show_markdown("Most in " + first + ", then in " + rows["area_name"].iloc[5])
axes = [charts.plot_areas(rows, unit=first) for _ in range(2)]
cells.show_figure(axes[0], narrow=axes[1], alt=first + rows["area_name"].iloc[5],
    caption=rows["area_name"].iloc[6], of=rows)
cells.show_table(tables.areas_table(rows, indicator), caption=first, of=rows, note=first)
cells.show_sources(rows, rows["area_name"].iloc[6])
"""
DECLARED = """data_dir: str = "."  # folder of data
reference_dir: str = "."  # folder of reference data
quarter: str = ""  # quarter of the page
area_code: str = ""  # area of the page"""


class Arrivals:
    """A web server on this machine that notes every request."""

    def __init__(self):
        self.paths = paths = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                paths.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self, name):
        return f"http://{HOST}/{name}"


@pytest.fixture(scope="module")
def arrivals():
    noted = Arrivals()
    yield noted
    noted.server.shutdown()


@pytest.fixture(scope="module")
def names(arrivals):
    words = {each: arrivals.address(each) for each in PLACES}
    return {code: text.format(**words) for code, text in PAYLOADS.items()}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, names):
    """A set made by a real batch from a catalogue of areas and observations with such names."""
    project = tmp_path_factory.mktemp("hostile")
    shutil.copytree(ROOT / "data" / "reference", project / "reference")
    areas = (project / "reference" / "areas.toml").read_text(encoding="utf-8")
    told = json.dumps(names["E07000170"])  # a TOML text is written as a JSON one
    areas = re.sub(
        r'(\[\[locality\]\][^\[]*?name = )"[^"]*"', lambda m: m[1] + told, areas, count=1
    )
    (project / "reference" / "areas.toml").write_text(areas, encoding="utf-8")
    schedule = (
        f'trust = {told}\ndefault_quarter = "{QUARTER}"\ntimeout_seconds = 120\n[[page]]\n'
        f'notebook = "one"\nname = "04-{{area}}"\ngroup = {told}\nfrequency = "quarterly"\n'
        'for_each = { area = ["locality"] }\n'
    )
    (project / "reference" / "batch.toml").write_text(schedule, encoding="utf-8")
    write_figures(project, names)
    write_questions(project)
    options = {f"{each}_dir": project / each for each in ("reference", "processed", "notebooks")}
    out = project / "reports" / "q"
    area = "E10000024-L1"
    result = batch.run_quarter(area=area, out=out, jobs=1, progress=False, **options)
    assert not result.failed, result.lines
    return out


def write_figures(project, names):
    (project / "processed").mkdir()
    start, end = pd.Timestamp("2013-10-01"), pd.Timestamp("2013-12-31")
    row = {"indicator_id": "mash_enquiries", "area_type": "district", "period": QUARTER}
    row |= {"period_start": start, "period_end": end, "sex": "persons", "age": "0-17"}
    row |= {"category_type": "", "category": "", "denominator": 20_000.0, "value": float("nan")}
    row |= {"lower_ci": float("nan"), "upper_ci": float("nan"), "value_note": "", "source_id": "s"}
    rows = [
        row | {"area_code": code, "area_name": name, "numerator": 600.0 - 20 * place}
        for place, (code, name) in enumerate(names.items())
    ]
    pd.DataFrame(rows).to_parquet(project / "processed" / "observations.parquet")
    sources = {"sources": [{"id": "s", "name": list(names.values())[-1]}], "files": []}
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


def pages(folder):
    return sorted(folder.glob("*.html"))


def drawings(folder):
    found = [
        re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", path.read_text(encoding="utf-8"))
        for path in pages(folder)
    ]
    return [base64.b64decode(each).decode("utf-8") for part in found for each in part]


def one_line(text):
    return " ".join(text.replace("\u00a0", " ").split())


# ---- names as text


def test_names_are_shown_as_the_text_they_are(hostile, names):
    page = next(path for path in pages(hostile) if path.name != "index.html")
    tree = Tree(page.read_text(encoding="utf-8"))
    words = one_line(tree.text)
    alts = one_line(" ".join(value for _, name, value in tree.given if name == "alt"))
    for name in names.values():
        assert one_line(name) in words, name
    assert one_line(names["E07000170"]) in alts
    assert "script" not in tree.tags
    assert "svg" not in tree.tags
    assert not [name for _, name, _ in tree.given if name.startswith("on")]


def test_names_are_text_in_the_index_and_in_the_manifest(hostile, names):
    tree = Tree((hostile / "index.html").read_text(encoding="utf-8"))
    assert names["E07000170"] in tree.text
    assert not {"img", "script", "svg"} & set(tree.tags)
    manifest = json.loads((hostile / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["runs"][0]["title"] == f"Page of {names['E07000170']}"


def test_names_are_text_in_drawings(hostile, names):
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


def test_file_names_hold_nothing_of_a_name_but_letters_and_figures(hostile):
    for path in hostile.rglob("*"):
        assert re.fullmatch(r"[a-z0-9-]+\.(?:html|json)", path.name), path.name
    assert not (hostile.parent.parent / "x").exists()


def test_gate_finds_nothing_that_would_load_or_run(hostile):
    rules = {leak.rule for leak in check_release(hostile)}
    dangerous = {"handler", "would_load", "weak_policy", "no_policy", "comment", "foreign_file"}
    dangerous |= {f"foreign_{each}" for each in ("element", "attribute", "script", "style")}
    assert not rules & dangerous


@pytest.mark.parametrize("name", PAYLOADS.values())
def test_name_is_harmless_in_a_page_name(name):
    assert re.fullmatch(r"[a-z0-9-]*", runs.slug(name))


# ---- in a browser


@pytest.fixture(scope="module")
def browser(arrivals):
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip("needs Chromium or Chrome on the PATH, without its sandbox")
    return found, arrivals


def opened(watching, page, folder):
    """DOM of a file as Chromium has it after everything has run."""
    browser, arrivals = watching
    there = f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{arrivals.port}"
    options = [there, "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions"]
    options += ["--disable-background-networking", "--no-first-run", "--virtual-time-budget=3000"]
    options += [f"--user-data-dir={folder}", "--dump-dom", page.resolve().as_uri()]
    done = subprocess.run([browser, *options], capture_output=True, timeout=90, check=False)
    dom = done.stdout.decode("utf-8", "replace")
    if not dom.strip():
        pytest.skip("the browser here shows no page without a screen")
    return dom


CONTROL = """<!DOCTYPE html><html lang="en"><head><title>x</title></head><body>
<img src="{img}"><script>document.title = "ran"; fetch("{script}")</script></body></html>"""


@pytest.fixture(scope="module")
def watched(browser, arrivals, tmp_path_factory):
    """Browser in which a page without a policy is seen to load and run: else it proves nothing."""
    folder = tmp_path_factory.mktemp("control")
    page = folder / "control.html"
    addresses = {each: arrivals.address(f"control-{each}") for each in ("img", "script")}
    page.write_text(CONTROL.format(**addresses), encoding="utf-8")
    dom = opened(browser, page, folder / "profile")
    assert "<title>ran</title>" in dom
    assert "/control-img" in arrivals.paths
    return browser


def test_no_page_with_such_names_runs_or_loads_anything(watched, arrivals, hostile, tmp_path):
    for path in pages(hostile):
        dom = Tree(opened(watched, path, tmp_path / "profile"))
        assert not {"script", "iframe", "object"} & set(dom.tags)
        assert "onerror" in dom.text
    assert [each for each in arrivals.paths if not each.startswith("/control")] == []


def test_no_drawing_opened_by_itself_runs_or_loads_anything(watched, arrivals, hostile, tmp_path):
    for number, svg in enumerate(drawings(hostile)):
        path = tmp_path / f"{number}.svg"
        path.write_text(svg, encoding="utf-8")
        opened(watched, path, tmp_path / "profile")
    assert [each for each in arrivals.paths if not each.startswith("/control")] == []


SMUGGLED = {
    "script": '<script>document.title = "ran"; fetch("{at}")</script>',
    "script from elsewhere": '<script src="{at}"></script>',
    "handler": "<img src=x onerror=\"document.title='ran'; fetch('{at}')\">",
    "picture": '<img src="{at}">',
    "style": "<style>body {{ background: url({at}) }}</style>",
    "attribute of style": '<p style="background: url({at})">x</p>',
    "style sheet": '<link rel="stylesheet" href="{at}">',
    "early load": '<link rel="preload" as="image" href="{at}">',
    "frame": '<iframe src="{at}"></iframe>',
    "document in a frame": "<iframe srcdoc=\"<img src='{at}'>\"></iframe>",
    "object": '<object data="{at}"></object>',
    "video": '<video src="{at}" autoplay></video>',
    "drawing": '<svg onload="document.title=\'ran\'"><image href="{at}"/></svg>',
    "base": '<base href="{at}/"><img src="x.png">',
}


def test_policy_stops_what_was_smuggled_into_a_page(watched, arrivals, hostile, tmp_path):
    page = (hostile / "index.html").read_text(encoding="utf-8")
    pieces = [
        piece.format(at=arrivals.address(f"smuggled-{number}"))
        for number, piece in enumerate(SMUGGLED.values())
    ]
    path = tmp_path / "smuggled.html"
    path.write_text(page.replace("</main>", "\n".join(pieces) + "</main>"), encoding="utf-8")
    dom = opened(watched, path, tmp_path / "profile")
    assert "<title>ran</title>" not in dom
    assert [each for each in arrivals.paths if "smuggled" in each] == []


@pytest.mark.parametrize("name", SMUGGLED)
def test_gate_stops_what_could_be_smuggled_into_a_page(hostile, tmp_path, name):
    page = (hostile / "index.html").read_text(encoding="utf-8")
    piece = SMUGGLED[name].format(at="http://a.example/x")
    (tmp_path / "a.html").write_text(page.replace("</main>", f"{piece}</main>"), encoding="utf-8")
    rules = {leak.rule for leak in check_release(tmp_path)}
    wanted = ("handler", "would_load", "foreign_element", "foreign_script", "foreign_style")
    assert rules & set(wanted), rules


# ---- parameters, settings and kernels

CODE = ['"; open("ran", "w"); "', "\\\"; open('ran', 'w') #", "{{ cycler }}", "__import__('os')"]


@pytest.mark.parametrize("text", CODE)
def test_parameter_is_text_and_never_code(tmp_path, text, monkeypatch):
    # The gate would stop such a text as code; here only what the parameter does is looked at.
    monkeypatch.setattr(quarter, "gate", lambda *_, **__: None)
    shutil.copytree(ROOT / "data" / "reference", tmp_path / "reference")
    write_figures(tmp_path, {"E07000170": "Ashfield"})
    settings = f'trust = "T"\ndefault_quarter = "{QUARTER}"\ntimeout_seconds = 60\n[[page]]\n'
    settings += 'notebook = "one"\nname = "one"\ngroup = "g"\nfrequency = "quarterly"\n'
    (tmp_path / "reference" / "batch.toml").write_text(settings, encoding="utf-8")
    cells = [v4.new_code_cell('name: str = ""  # text', metadata={"tags": ["parameters"]})]
    cells.append(v4.new_code_cell("from ehlib.show import cells\ncells.show_title(name, name)"))
    path = tmp_path / "one.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    run = Run(path, {"name": text}, "one", "One", "g")
    folders = {f"{each}_dir": tmp_path / each for each in ("reference", "processed")}
    out = tmp_path / "reports"
    result = batch.run([run], quarter=QUARTER, out=out, jobs=1, progress=False, **folders)
    assert not result.failed, result.lines
    assert text in Tree((out / "one.html").read_text(encoding="utf-8")).text
    assert not (tmp_path / "ran").exists()
    assert sorted(path.name for path in out.iterdir()) == [
        "index.html",
        "manifest.json",
        "one.html",
    ]


MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "yaml", "joblib"}
CALLS = {"eval", "exec", "compile", "__import__", "read_pickle", "to_pickle", "system", "popen"}
REGEX = {"re", "regex"}


def unsafe_lines(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(each.name for each in node.names)]
            if MODULES & {name.partition(".")[0] for name in names}:
                yield f"{path.name}, line {node.lineno}: imports {names}"
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            of_regex = getattr(getattr(node.func, "value", None), "id", "") in REGEX
            if called in CALLS and not of_regex:
                yield f"{path.name}, line {node.lineno}: calls {called}"
            given = {each.arg: each.value for each in node.keywords}
            for name, wrong in {"shell": True, "allow_pickle": True, "autoescape": False}.items():
                if name in given and getattr(given[name], "value", None) is wrong:
                    yield f"{path.name}, line {node.lineno}: {name}={wrong}"


def test_package_reads_no_pickle_and_no_yaml_and_runs_no_text():
    found = [line for path in (ROOT / "ehlib").rglob("*.py") for line in unsafe_lines(path)]
    assert found == []


def test_unsafe_line_is_found(tmp_path):
    source = "import pickle\nfrom yaml import load\neval('1')\npd.read_pickle(x)\n"
    source += "subprocess.run(x, shell=True)\nimport re\nre.compile(x)\n"
    (tmp_path / "x.py").write_text(source, encoding="utf-8")
    assert len(list(unsafe_lines(tmp_path / "x.py"))) == 5


def test_settings_are_toml_json_or_csv():
    kinds = {path.suffix for path in (ROOT / "data" / "reference").iterdir()}
    assert kinds <= {".toml", ".json", ".csv"}


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps temporary folders to their user itself")
def test_sockets_and_settings_of_a_kernel_are_the_users_alone():
    with runner._private_folder() as private:
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        options = runner._kernel_options(private, 60)
        manager = options["config"]["KernelManager"]
        assert Path(manager["connection_file"]).parent == private
        assert manager["transport"] == "ipc"
        assert Path(manager["ip"]).parent == private
    assert not private.exists()
