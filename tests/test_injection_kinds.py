"""A page of each kind with names that would run: opened in a browser, they are text and no more."""

import json
import re
import shutil
import sys
from datetime import date
from pathlib import Path
from unittest import mock

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import real_pages as kinds
from test_injection import AT, DISTRICTS, SOURCE, TRUST, Tree, Watched, one_line

from ehlib.load.areas import read_areas
from ehlib.publish.batch.runs import plan
from ehlib.publish.downloads import write_downloads
from ehlib.publish.formulas import runs_as_formula
from ehlib.publish.index import write_index
from ehlib.publish.page import write_page
from ehlib.publish.parts.frame import PageFacts
from ehlib.publish.parts.glossary import read_terms
from ehlib.publish.release import check_release

pytestmark = pytest.mark.slow
QUARTER, SLUG = kinds.QUARTER, "2013-14-Q4"
TERMS = (
    ("<img src=x onerror=window.__pwned=7>", "A term with <script>window.__pwned=8</script>."),
)
LOADING = {
    "handler",
    "would_load",
    "weak_policy",
    "no_policy",
    "comment",
    "foreign_file",
    "formula",
}
LOADING |= {"foreign_element", "foreign_attribute", "foreign_script", "foreign_style"}
LOADING |= {"strange_link", "workbook_hidden", "workbook_kept_aside", "workbook_metadata"}


@pytest.fixture(scope="module")
def hostile(real_pages, tmp_path_factory):
    """Pages and downloads of every notebook, from data and settings with hostile names."""
    home = tmp_path_factory.mktemp("kinds")
    data, reference, folder = home / "processed", home / "reference", home / SLUG
    shutil.copytree(real_pages.processed / "released" / SLUG, data)
    shutil.copytree(kinds.REFERENCE, reference)
    folder.mkdir()
    rename(data, reference)
    facts = PageFacts(
        TRUST, QUARTER, date(2014, 4, 20), "1.0", terms=(*read_terms(kinds.ROOT / "docs"), *TERMS)
    )
    entries = []
    with mock.patch.object(kinds, "REFERENCE", reference):
        for run in kinds._one_a_notebook(
            plan(QUARTER, processed_dir=data, reference_dir=reference)
        ):
            notebook = kinds.executed(run, data)
            path = folder / f"{run.page}.html"
            summary = write_page(notebook, path, facts=facts)
            write_downloads(notebook, folder, run.page, facts)
            names = ("title", "finding", "status", "synthetic", "judged")
            said = {name: getattr(summary, name) for name in names}
            entries.append(said | {"page": path.name, "group": run.group, "outcome": "done"})
    write_index(entries, folder / "index.html", facts=facts)
    return folder


def rename(data, reference):
    """Give districts, a locality, sources and the trust names that would run."""
    path = data / "observations.parquet"
    rows = pd.read_parquet(path)
    names = rows["area_code"].map(DISTRICTS).fillna(rows["area_name"])
    rows.assign(area_name=names.astype(rows["area_name"].dtype)).to_parquet(path)
    path = data / "sources.json"
    sources = json.loads(path.read_text(encoding="utf-8"))
    for number, each in enumerate(sources["sources"]):
        each["name"] = f"{SOURCE} {number}"
    path.write_text(json.dumps(sources), encoding="utf-8")
    areas = (reference / "areas.toml").read_text(encoding="utf-8")
    told = json.dumps(DISTRICTS["E07000170"])
    areas = re.sub(
        r'(\[\[locality\]\][^\[]*?name = )"[^"]*"', lambda m: m[1] + told, areas, count=1
    )
    (reference / "areas.toml").write_text(areas, encoding="utf-8")
    assert told[1:-1] in " ".join(
        map(json.dumps, [a.name for a in read_areas(reference / "areas.toml").localities])
    )


def test_every_kind_of_page_is_there(hostile):
    notebooks = {path.stem[:2] for path in (kinds.ROOT / "notebooks").glob("*.ipynb")}
    made = {path.stem[:2] for path in hostile.glob("*.html")}
    assert len(made) >= len(notebooks - {"00", "16"})


def test_pages_hold_the_names_as_text_and_no_element_of_theirs(hostile):
    met = set()
    for path in sorted(hostile.glob("*.html")):
        tree = Tree(path.read_text(encoding="utf-8"))
        assert not {"svg", "iframe", "image", "object"} & set(tree.tags), path.name
        assert tree.tags.count("script") == (path.name == "index.html"), path.name
        assert not [name for _, name, _ in tree.given if name.startswith("on")], path.name
        words = one_line(tree.text)
        assert one_line(TRUST) in words, path.name
        met |= {code for code, name in DISTRICTS.items() if one_line(name) in words}
    assert met == set(DISTRICTS)


def test_no_page_of_any_kind_runs_or_loads_anything(browser, hostile):
    watched = Watched(browser)
    for path in sorted(hostile.glob("*.html")):
        assert watched.open(path) is None, path.name
    assert watched.dialogs == []
    assert watched.left == []
    assert [said for said in watched.said if AT in said or "pwned" in said] == []
    watched.context.close()


def test_gate_finds_nothing_of_theirs_that_would_load_or_run(hostile):
    leaks = [leak for leak in check_release(hostile) if leak.rule in LOADING]
    assert [str(leak) for leak in leaks] == []


def test_no_cell_of_a_download_of_any_kind_would_run(hostile):
    files = sorted((hostile / "downloads").rglob("*.csv"))
    assert len(files) > 20
    for path in files:
        for cell in path.read_text("utf-8-sig").replace('"', "").split(","):
            assert not runs_as_formula(cell.split("\n")[-1]), (path.name, cell)


def test_clean_set_of_every_kind_raises_no_alarm(real_pages, tmp_path):
    folder = Path(shutil.copytree(real_pages.folder, tmp_path / SLUG))
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    run = {"page": "index.html", "files": dict.fromkeys(files, "")}
    (folder / "manifest.json").write_text(json.dumps({"quarter": QUARTER, "runs": [run]}), "utf-8")
    released = real_pages.processed / "released" / SLUG / "observations.parquet"
    options = {
        "processed_dir": real_pages.processed,
        "raw_dir": real_pages.processed.parent / "raw",
    }
    leaks = check_release(folder, shown=pd.read_parquet(released), **options)
    assert [str(leak) for leak in leaks] == []
