"""Small projects of twenty pages and more, and a runner that needs no kernel: for tests of batches.

A page says which rows, parts and files its notebook read, so that it differs when any of them does.
"""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import nbformat.v4 as v4
import pandas as pd
import pytest

from ehlib.load.reads import LOG, read_noted
from ehlib.load.schema import COLUMNS, DATES, NUMBERS, TEXT
from ehlib.publish.batch import Run, quarter
from ehlib.publish.batch.making import whole
from ehlib.publish.batch.runner import Job, Outcome
from ehlib.publish.folder import file_digest
from ehlib.publish.page import PageSummary

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "data" / "reference"
QUARTER = "2013/14-Q3"
SETTINGS = f"""trust = "Trust"
default_quarter = "{QUARTER}"
timeout_seconds = 60
[[page]]
notebook = "rows"
name = "01-rows"
group = "First"
frequency = "quarterly"
parameters = {{ area_code = "" }}
"""
DECLARED = """name: str = ""  # of the page
data_dir: str = "../processed"  # folder of prepared observations
reference_dir: str = "../reference"  # folder of the catalogue
quarter: str = ""  # figures for periods that ended later are left out
indicator_id: str = ""  # all when empty
area_code: str = ""  # all when empty
"""
ROWS = """from ehlib.load.schema import read_observations, read_sources
chosen = {"indicator_id": indicator_id, "area_code": area_code}
rows = read_observations(data_dir, quarter=quarter, **chosen)
said = rows.to_csv(index=False) + str(read_sources(data_dir, of=rows))"""
SHOW = """import hashlib
from IPython.display import HTML, display
digest = hashlib.sha256(str(said).encode()).hexdigest()
words = "".join("abcdefghijklmnop"[int(each, 16)] for each in digest)
display(HTML(""), metadata={"ehlib": {"role": "title", "title": f"{name} {words}"}})
display(HTML(""), metadata={"ehlib": {"role": "findings", "findings": [words]}})"""
DISTRICTS = [f"E0700017{each}" for each in range(7)]
INDICATORS = ["under18_conceptions", "excess_weight_year6", "mash_enquiries"]


def write_notebook(folder: Path, name: str, *cells: str, declared: str = DECLARED) -> Path:
    """Notebook whose last cell shows what `said` holds."""
    folder.mkdir(parents=True, exist_ok=True)
    parameters = v4.new_code_cell(declared, metadata={"tags": ["parameters"]})
    made = [v4.new_markdown_cell("# What is it?"), parameters, *map(v4.new_code_cell, cells)]
    for number, cell in enumerate(made):
        cell["id"] = f"cell-{number}"
    path = folder / f"{name}.ipynb"
    path.write_text(nbformat.writes(v4.new_notebook(cells=made)), encoding="utf-8")
    return path


def figures() -> pd.DataFrame:
    """Three indicators of seven districts in two periods, no count of them small."""
    rows = []
    for place, code in enumerate(DISTRICTS):
        for each, indicator in enumerate(INDICATORS):
            for period, ends in (("2013/14-Q2", "2013-09-30"), (QUARTER, "2013-12-31")):
                row = {"indicator_id": indicator, "area_code": code, "area_name": f"Place {place}"}
                row |= {"area_type": "district", "period": period, "sex": "persons", "age": "0-17"}
                row |= {"period_start": pd.Timestamp("2013-10-01"), "source_id": f"s{each}"}
                row |= {"period_end": pd.Timestamp(ends), "value": 10.0 * place + each + 7}
                rows.append(row)
    frame = pd.DataFrame(rows).reindex(columns=COLUMNS)
    types = dict.fromkeys(NUMBERS, "float64") | dict.fromkeys(DATES, "datetime64[us]")
    texts = {name: frame[name].astype("object").fillna("").astype("str") for name in TEXT}
    return frame.astype(types).assign(**texts)


def write_sources(project: Path, **names: str) -> None:
    """Account of the extracts; `names` gives a source another name."""
    told = [
        {"id": f"s{n}", "name": names.get(f"s{n}", f"Source {n}"), "licence": "OGL", "sha256": "x"}
        for n in range(3)
    ]
    text = pd.Series({"prepared": "2014-01-10T10:00:00+00:00", "sources": told, "files": []})
    (project / "processed" / "sources.json").write_text(text.to_json(), encoding="utf-8")


def make_project(folder: Path) -> Path:
    """Folders of a project with prepared data and the notebook `rows`."""
    for name in ("reference", "processed", "docs"):
        (folder / name).mkdir(parents=True)
    for name in ("areas.toml", "indicators.toml", "disclosure.toml", "release.toml"):
        shutil.copyfile(REFERENCE / name, folder / "reference" / name)
    (folder / "reference" / "batch.toml").write_text(SETTINGS, encoding="utf-8")
    write_rows(folder, figures())
    write_sources(folder)
    write_notebook(folder / "notebooks", "rows", ROWS, SHOW)
    return folder


def write_rows(project: Path, rows: pd.DataFrame) -> None:
    """Put prepared observations in place as `ehlib prepare` does: a new file for the old one."""
    new = project / "processed" / ".new.parquet"
    rows.to_parquet(new, index=False)
    new.replace(project / "processed" / "observations.parquet")


def run_of(project: Path, page: str, *, notebook: str = "rows", **given: object) -> Run:
    """A page of one of the project's notebooks."""
    path = project / "notebooks" / f"{notebook}.ipynb"
    folders = {"data_dir": "../processed", "reference_dir": "../reference"}
    parameters = {"name": page, "quarter": QUARTER} | folders | given
    return Run(path, parameters, page, page.title(), "First")


def pages_of(project: Path) -> list[Run]:
    """Twenty-one pages: one for each indicator and district."""
    return [
        run_of(
            project, f"{indicator.replace('_', '-')}-{n}", indicator_id=indicator, area_code=code
        )
        for indicator in INDICATORS
        for n, code in enumerate(DISTRICTS)
    ]


def folders_of(project: Path) -> dict[str, Path]:
    """What `run` needs to know of a project."""
    folders = {f"{name}_dir": project / name for name in ("processed", "reference")}
    return folders | {"out": project / "reports" / "2013-14-Q3"}


def write_schedule(project: Path, runs: list[Run]) -> None:
    """Have the project's batch.toml ask for these pages, as they are."""
    standard = {"data_dir", "reference_dir", "quarter"}
    head = SETTINGS[: SETTINGS.index("[[page]]")]
    tables = []
    for run in runs:
        table = {"notebook": run.notebook.stem, "name": run.page, "group": run.group}
        lines = [f"{key} = {json.dumps(each)}" for key, each in table.items()]
        given = {key: each for key, each in run.parameters.items() if key not in standard}
        inline = ", ".join(f"{key} = {json.dumps(each)}" for key, each in given.items())
        lines += ['frequency = "quarterly"', f"parameters = {{ {inline} }}"]
        tables.append("\n".join(["[[page]]", *lines, ""]))
    text = head + "".join(tables)
    (project / "reference" / "batch.toml").write_text(text, encoding="utf-8")


def command_of(project: Path, *options: str) -> list[str]:
    """Arguments of the command that makes a project's quarter."""
    folders = [f"--{name}={project / name}" for name in ("processed", "notebooks")]
    out = folders_of(project)["out"]
    reference = f"--reference={project / 'reference'}"
    return [reference, "reports", QUARTER, *folders, f"--out={out}", "--jobs=2", *options]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its name; none where there is no folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def pages_in(folder: Path) -> dict[str, bytes]:
    """Pages and downloads of a set, without index and manifest, which have its date."""
    own = {"index.html", "manifest.json"}
    return {name: content for name, content in contents(folder).items() if name not in own}


def run_quickly(patch: pytest.MonkeyPatch) -> "QuickRunner":
    """Have batches, and the command, run their pages in this process."""
    runner = QuickRunner()
    patch.setattr("ehlib.publish.kernels.started_ahead", contextlib.nullcontext)
    patch.setattr(quarter, "run_jobs", runner)
    patch.setattr(whole, "gate", lambda *_, **__: None)  # has tests of its own
    return runner


class QuickRunner:
    """Stands in for kernels: runs the cells in this process; `ran` has the pages that it ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.before: dict[str, object] = {}  # called before a page is run, by page

    def __call__(self, jobs: list[Job], *, processes: int) -> Iterator[Outcome]:
        for job in jobs:
            self.ran.append(job.page)
            self.before.get(job.page, lambda: None)()
            yield quick_render(job)


def quick_render(job: Job) -> Outcome:
    """What `render` does, without a kernel and the template."""
    begun, path = time.monotonic(), Path(job.path)
    log = path.parent / "reads.log"
    try:
        with contextlib.chdir(job.folder), _noting(log):
            title, finding = _shown(job)
    except Exception as error:
        return Outcome(job.page, time.monotonic() - begun, cell=1, error=f"cell 1: {error}")
    reads = read_noted(log)
    log.unlink(missing_ok=True)
    facts = f"{job.facts.trust} {job.facts.quarter} {job.commentary}"
    path.write_text(f"<h1>{title}</h1><p>{facts}</p>\n", encoding="utf-8")
    download = path.parent / "downloads" / job.page / "table-1.csv"
    download.parent.mkdir(parents=True)
    download.write_text(f"Table\n{title}\n", encoding="utf-8-sig")
    names = [path, download]
    files = {each.relative_to(path.parent).as_posix(): file_digest(each) for each in names}
    summary = PageSummary(title, finding, "shown", False, path.stat().st_size)
    seconds = time.monotonic() - begun
    return Outcome(job.page, seconds, summary, files[path.name], files=files, reads=reads)


@contextlib.contextmanager
def _noting(log: Path) -> Iterator[None]:
    os.environ[LOG] = str(log)
    try:
        yield
    finally:
        del os.environ[LOG]


def _shown(job: Job) -> tuple[str, str]:
    """Title and finding that the cells of a notebook show."""
    cells = nbformat.reads(job.text, as_version=4).cells
    known: dict[str, object] = {}
    shown: dict[str, object] = {}

    def display(html: object, *, metadata: dict) -> None:
        shown.update(metadata["ehlib"])

    for cell in cells:
        if cell.cell_type == "code":
            exec(cell.source.replace("import HTML, display", "import HTML"), known)
            known |= {"display": display}
            if "parameters" in cell.metadata.get("tags", []):
                known |= job.parameters
    return str(shown["title"]), str(shown["findings"][0])
