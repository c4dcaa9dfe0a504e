"""A set of pages from typed published figures and the synthetic sample: one page a notebook."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import matplotlib as mpl
import nbformat
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell

from ehlib.load.sample import write_sample
from ehlib.prepare import prepare
from ehlib.publish.batch.released import protected_data
from ehlib.publish.batch.runs import Run, plan
from ehlib.publish.downloads import write_downloads
from ehlib.publish.page import PageFacts, write_index, write_page
from ehlib.publish.parts.glossary import read_terms

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "data" / "reference"
QUARTER = "2013/14-Q4"  # every kind of page is due
FIRST = {
    "02_indicator": "02-under18-conceptions",
    "03_inequality_map": "03-map-under18-conceptions",
}
DONE = "index.html"


@dataclass(frozen=True)
class RealPages:
    """Folder of pages with their downloads, names of the pages, and the data they were made of."""

    folder: Path
    pages: list[str]
    processed: Path


def make_real_pages(home: Path) -> RealPages:
    """The set, made under a folder, or as it was made there before."""
    raw, processed, folder = home / "raw", home / "processed", home / "2013-14-Q4"
    if not (folder / DONE).exists():
        folder.mkdir(parents=True)
        write_sample(raw / "sample")
        shutil.copytree(ROOT / "data" / "raw" / "published", raw / "published")
        prepare(raw, processed, REFERENCE, say=lambda line: None)
        _make_pages(folder, processed)
    pages = sorted(path.stem for path in folder.glob("*.html") if path.name != DONE)
    return RealPages(folder, pages, processed)


def _make_pages(folder: Path, processed: Path) -> None:
    terms = tuple(read_terms(ROOT / "docs"))
    facts = PageFacts("Nottinghamshire", QUARTER, date(2014, 4, 20), "1.0", terms=terms)
    entries = []
    mpl.use("agg")
    with protected_data(processed, reference_dir=REFERENCE, quarter=QUARTER) as released:
        for run in _one_a_notebook(plan(QUARTER, processed_dir=processed)):
            notebook = executed(run, released.folder)
            path = folder / f"{run.page}.html"
            summary = write_page(notebook, path, facts=facts)
            write_downloads(notebook, folder, run.page, facts)
            said = {"page": path.name, "group": run.group, "outcome": "done"}
            names = ("title", "finding", "status", "synthetic", "judged")
            entries.append(said | {name: getattr(summary, name) for name in names})
    write_index(entries, folder / DONE, facts=facts)


def _one_a_notebook(runs: list[Run]) -> list[Run]:
    """First run of each notebook, or the one of which more is known."""
    chosen: dict[str, Run] = {}
    for run in runs:
        name = run.notebook.stem
        if name not in chosen or run.page == FIRST.get(name):
            chosen[name] = run
    return [*chosen.values()]


def executed(run: Run, data_dir: Path) -> nbformat.NotebookNode:
    """A notebook run without a kernel, its outputs put where a kernel would put them."""
    shown: list[nbformat.NotebookNode] = []

    def publish(data: dict, metadata: dict, **rest: object) -> None:
        shown.append(nbformat.v4.new_output("display_data", data, metadata=metadata))

    shell = SimpleNamespace(
        display_formatter=DisplayFormatter(), display_pub=SimpleNamespace(publish=publish)
    )
    given = run.parameters | {"data_dir": str(data_dir), "reference_dir": str(REFERENCE)}
    given |= {"docs_dir": str(ROOT / "docs")}
    notebook, names = nbformat.read(run.notebook, as_version=4), {}
    stands_in = {"initialized": lambda: True, "instance": lambda: shell}
    with mock.patch.multiple(InteractiveShell, **stands_in), _inside(run.notebook.parent):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
                names.update({key: value for key, value in given.items() if key in names})
                cell.outputs, cell.execution_count = [*shown], 1
                shown.clear()
    return notebook


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
