"""Batches: what is due, what is refused before anything runs, and what a set becomes."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import nbformat
import nbformat.v4 as v4
import pandas as pd
import pytest

from ehlib import cli
from ehlib.load.periods import parse_quarter
from ehlib.load.schema import COLUMNS, DATES, NUMBERS, TEXT
from ehlib.publish import batch, folder
from ehlib.publish.batch import BatchError, Run, parameters, runs, schedule
from ehlib.publish.batch.making import room
from ehlib.publish.batch.record import kept_as_last
from ehlib.publish.batch.runner import Job, render, run_jobs
from ehlib.publish.folder import BatchHeldError, FolderError, hold, read_manifest, stage, swap
from ehlib.publish.page import PageFacts, write_index
from ehlib.publish.release import ReleaseError

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "data" / "reference"
FACTS = PageFacts("Trust", "2013/14-Q3", date(2014, 1, 20), "0.1.0")
QUARTER = "2013/14-Q3"
SHOW = """from IPython.display import HTML, display
def show(html, **facts):
    display(HTML(html), metadata={"ehlib": facts})
show("", role="title", title="Page of " + name, context=quarter)
show("", role="findings", findings=["Found for " + name])"""
DECLARED = 'name: str = "nobody"  # who\nquarter: str = ""  # when\ndata_dir: str = "."  # folder'
SETTINGS = 'trust = "Trust"\ndefault_quarter = "2013/14 Q3"\ntimeout_seconds = 120\n'
PAGE = """
[[page]]
notebook = "one"
name = "01-one"
group = "First"
frequency = "quarterly"
"""


def notebook_text(*sources, declared=DECLARED, **metadata):
    cells = [v4.new_markdown_cell("# What is it?")]
    if declared is not None:
        cells.append(v4.new_code_cell(declared, metadata={"tags": ["parameters"]}))
    cells += [v4.new_code_cell(source, metadata=metadata) for source in sources]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return nbformat.writes(v4.new_notebook(cells=cells))


def write_notebook(folder, name, *sources, **options):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    path.write_text(notebook_text(*sources, **options), encoding="utf-8")
    return path


def observations(rows):
    """Prepared rows with the columns that are not given empty."""
    frame = pd.DataFrame(rows).reindex(columns=COLUMNS)
    types = dict.fromkeys(NUMBERS, "float64") | dict.fromkeys(DATES, "datetime64[us]")
    texts = {name: frame[name].astype("object").fillna("").astype("str") for name in TEXT}
    return frame.astype(types).assign(**texts)


@pytest.fixture
def project(tmp_path):
    """Folders of a project with one notebook, which shows its name."""
    (tmp_path / "reference").mkdir()
    (tmp_path / "processed").mkdir()
    (tmp_path / "reference" / "batch.toml").write_text(SETTINGS + PAGE, encoding="utf-8")
    (tmp_path / "processed" / "sources.json").write_text('{"sources": []}', encoding="utf-8")
    for name in ("areas.toml", "indicators.toml", "disclosure.toml", "release.toml"):
        shutil.copyfile(REFERENCE / name, tmp_path / "reference" / name)
    observations([]).to_parquet(tmp_path / "processed" / "observations.parquet", index=False)
    write_notebook(tmp_path / "notebooks", "one", SHOW)
    return tmp_path


def run_of(project, page, *, notebook="one", **given):
    path = project / "notebooks" / f"{notebook}.ipynb"
    return Run(path, {"name": page, "quarter": QUARTER} | given, page, page.title(), "First")


def run_batch(project, *planned, **options):
    return batch.run(
        list(planned),
        quarter=QUARTER,
        out=project / "reports" / "2013-14-Q3",
        processed_dir=project / "processed",
        reference_dir=project / "reference",
        jobs=options.pop("jobs", 1),
        progress=options.pop("progress", False),
        **options,
    )


def earlier_set(project):
    """A set that is published already, with what a batch would have written."""
    out = project / "reports" / "2013-14-Q3"
    out.mkdir(parents=True)
    entry = {"page": "old.html", "outcome": "done", "title": "Old", "group": "First"}
    entry |= {"finding": "", "status": "shown", "synthetic": False}
    (out / "old.html").write_text("old page", encoding="utf-8")
    (out / "index.html").write_text("old index", encoding="utf-8")
    (out / "manifest.json").write_text(json.dumps({"runs": [entry]}), encoding="utf-8")
    return out


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# ---- batch.toml


def read_text(tmp_path, text):
    (tmp_path / "batch.toml").write_text(text, encoding="utf-8")
    return schedule.read_schedule(tmp_path / "batch.toml")


def test_schedule_holds_what_the_file_says(tmp_path):
    read = read_text(tmp_path, SETTINGS + PAGE + "parameters = {confidence = 0.9}\n")
    assert (read.trust, read.default_quarter, read.timeout_seconds) == ("Trust", QUARTER, 120)
    assert [(page.notebook, page.name, page.group) for page in read.pages] == [
        ("one", "01-one", "First")
    ]
    assert read.pages[0].parameters == {"confidence": 0.9}


@pytest.mark.parametrize(
    ("settings", "page", "message"),
    [
        (SETTINGS.replace("120", "0"), PAGE, "timeout_seconds is 0"),
        (SETTINGS.replace("120", "true"), PAGE, "timeout_seconds is True; expected int"),
        (SETTINGS.replace("Q3", "Q5"), PAGE, "default_quarter: period is"),
        (SETTINGS.replace('"Trust"', '""'), PAGE, "trust is ''"),
        (SETTINGS, "", "page is missing"),
        (SETTINGS + "retries = 2\n", PAGE, "retries is not known"),
        (
            SETTINGS,
            PAGE.replace("quarterly", "monthly"),
            r"\[\[page\]\] 1 \(one\), frequency is 'mo",
        ),
        (SETTINGS, PAGE + "every = 1\n", r"\[\[page\]\] 1 \(one\), every is not known"),
        (SETTINGS, PAGE.replace('group = "First"\n', ""), r"\(one\), group is missing"),
        (SETTINGS, PAGE.replace('"one"', '"../one"'), "notebook is '../one'"),
        (SETTINGS, PAGE.replace('"one"', '"one.ipynb"'), "notebook is 'one.ipynb'"),
        (SETTINGS, PAGE.replace("01-one", "../one"), "name is '../one'"),
        (SETTINGS, PAGE.replace("01-one", "01 One"), "name is '01 One'"),
        (SETTINGS, PAGE.replace("01-one", "01-{area}"), "name is '01-{area}'.* with no fields"),
        (SETTINGS, PAGE + 'for_each.area = ["county"]\n', r"name is '01-one'.* with \{area\}"),
        (
            SETTINGS,
            PAGE.replace("01-one", "{area.__class__}") + 'for_each.area = ["county"]\n',
            "name is '{area.__class__}'",
        ),
        (
            SETTINGS,
            PAGE.replace("01-one", "01-{area}") + 'for_each.area = ["ward"]\n',
            r"for_each.area is \['ward'\]; expected county, locality, district",
        ),
        (
            SETTINGS,
            PAGE.replace("01-one", "01-{indicator_id}") + "for_each.indicator_id = []\n",
            r"for_each.indicator_id is \[\]",
        ),
        (
            SETTINGS,
            PAGE.replace("01-one", "01-{indicator_id}") + 'for_each.indicator_id = ["a", "a"]\n',
            "expected a list of different names",
        ),
        (SETTINGS, PAGE + 'for_each.period = ["2011"]\n', "for_each has period"),
        (SETTINGS, PAGE + "group = ", "does not parse"),
    ],
)
def test_wrong_schedule_is_refused_with_file_table_and_key(tmp_path, settings, page, message):
    with pytest.raises(BatchError, match=f"^batch.toml.*{message}"):
        read_text(tmp_path, settings + page)


@pytest.mark.parametrize(
    ("frequency", "due"),
    [("quarterly", "1234"), ("biannual", "24"), ("annual", "4")],
)
def test_pages_are_due_by_their_frequency(tmp_path, frequency, due):
    page = read_text(tmp_path, SETTINGS + PAGE.replace("quarterly", frequency)).pages[0]
    found = "".join(n for n in "1234" if page.is_due(parse_quarter(f"2013/14-Q{n}")))
    assert found == due


# ---- the plan


@pytest.fixture
def real(tmp_path):
    """The project's own reference data and notebooks, with figures of two indicators."""
    shutil.copytree(ROOT / "data" / "reference", tmp_path / "reference")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    (tmp_path / "processed").mkdir()
    (tmp_path / "processed" / "sources.json").write_text('{"sources": []}', encoding="utf-8")
    return tmp_path


def hold_figures(project, *indicator_ids, end="2012-12-31", code="E07000170", value=1.0):
    rows = [
        {"indicator_id": each, "area_code": code, "area_type": "district", "category_type": ""}
        | {"period_end": pd.Timestamp(end), "numerator": None, "value": value, "source_id": "s"}
        for each in indicator_ids
    ]
    observations(rows).to_parquet(project / "processed" / "observations.parquet", index=False)


def planned(project, quarter=QUARTER, **options):
    folders = {f"{name}_dir": project / name for name in ["reference", "processed", "notebooks"]}
    return batch.plan(quarter, **folders, **options)


def use_schedule(project, page):
    (project / "reference" / "batch.toml").write_text(SETTINGS + page, encoding="utf-8")


RATES = ["under18_conceptions", "excess_weight_year6", "imd_average_score"]
COUNTS = ["children_relative_low_income", "population_0_17"]


def test_real_schedule_makes_the_quarter_of_a_county(real):
    listed = schedule.read_schedule(real / "reference" / "batch.toml").pages
    hold_figures(real, *{value for page in listed if page.over != "area" for value in page.items})
    due = planned(real)
    batch.check_runs(due)
    pages = [run.page for run in due]
    assert len(pages) == len(set(pages)) == 67
    assert {"01-data-quality", "07-impact-measures", "04-mash-newark-and-sherwood"} < set(pages)
    assert {"08-districts-on-all-indicators", "09-profile-ashfield", "90-methods"} < set(pages)
    assert {f"03-map-{each.replace('_', '-')}" for each in RATES} < set(pages)
    assert not {f"03-map-{each.replace('_', '-')}" for each in COUNTS} & set(pages)
    assert sum(page.startswith("02-") for page in pages) == 21
    assert sum(page.startswith("03-") for page in pages) == 8
    assert sum(page.startswith("04-mash-") for page in pages) == 11


def test_runs_get_the_standard_parameters_their_notebook_declares(real):
    hold_figures(real, "under18_conceptions")
    due = {run.page: run.parameters for run in planned(real)}
    folders = {"data_dir": "../processed", "reference_dir": "../reference", "quarter": QUARTER}
    assert due["02-under18-conceptions"] == {**folders, "indicator_id": "under18_conceptions"}
    assert due["04-mash-ashfield"] == {**folders, "area_code": "E07000170"}


@pytest.mark.parametrize("late", [{"end": "2014-01-01"}, {"value": None}, {"code": "E07000001"}])
def test_indicator_without_figure_by_the_quarters_end_is_awaited_and_not_mapped(real, late):
    hold_figures(real, "under18_conceptions", **late)
    due = {run.page: run for run in planned(real)}
    assert due["02-under18-conceptions"].notebook.stem == "00_awaited"
    assert "03-map-under18-conceptions" not in due
    batch.check_runs(list(due.values()))


def test_area_and_only_choose_pages(real):
    hold_figures(real, "under18_conceptions")
    own = [run.page for run in planned(real, area="E07000174")]
    assert own == ["09-profile-mansfield", "04-mash-mansfield"]
    assert {run.page[:3] for run in planned(real, only="0[14]-*")} == {"01-", "04-"}
    with pytest.raises(ValueError, match="no page is due with area E07000174 and name 02-"):
        planned(real, area="E07000174", only="02-*")


def test_unknown_indicator_or_notebook_in_the_schedule_is_refused(real):
    hold_figures(real, "under18_conceptions")
    each = PAGE.replace("01-one", "01-{indicator_id}") + 'for_each.indicator_id = ["nonsense"]\n'
    use_schedule(real, each)
    with pytest.raises(
        BatchError, match=r"\[\[page\]\] 1 \(one\), for_each.indicator_id: nonsense"
    ):
        planned(real)
    use_schedule(real, PAGE)
    with pytest.raises(BatchError, match=r"\[\[page\]\] 1 \(one\), notebook: one.ipynb is not in"):
        planned(real)


def test_two_pages_of_one_name_are_refused(real):
    hold_figures(real, "under18_conceptions")
    write_notebook(real / "notebooks", "one", SHOW)
    use_schedule(real, PAGE + PAGE)
    with pytest.raises(BatchError, match="makes the page '01-one'"):
        planned(real)
    use_schedule(real, PAGE.replace("01-one", "index"))
    with pytest.raises(BatchError, match="makes the page 'index'"):
        planned(real)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Newark and Sherwood", "newark-and-sherwood"),
        ("<img onerror=alert(1)>", "img-onerror-alert-1"),
        ("../../x", "x"),
        ("C:\\x y", "c-x-y"),
        ("Ynys Môn", "ynys-mon"),
        ("...", ""),
    ],
)
def test_names_become_harmless_parts_of_a_file_name(name, expected):
    assert runs.slug(name) == expected


# ---- parameters


DECLARATIONS = """# who it is for
name: str = "a # b = c"  # text with a hash and an equals sign
count: int = 1
share: float = 0.95
flag: bool = False
areas: list[str] = ["E07000170"]
place: Path = None
plain = 3
"""


def declared():
    text = notebook_text(declared=DECLARATIONS)
    return parameters.declared_parameters(parameters.read_notebook(text, name="one.ipynb"))


def test_declarations_are_read_with_their_types():
    assert declared() == {
        "name": "str",
        "count": "int",
        "share": "float",
        "flag": "bool",
        "areas": "list[str]",
        "place": "Path",
        "plain": "int",
    }


def test_parameters_that_fit_have_no_fault():
    given = {"name": "x", "count": 2, "share": 0.5, "flag": True, "areas": ["a"], "plain": 4}
    assert parameters.parameter_faults(given, declared()) == []


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"nmae": "x"}, "parameter nmae is not declared; the notebook has name, count"),
        ({"name": 2013}, r"parameter name is 2013 \(int\); expected str"),
        ({"count": "1"}, r"parameter count is '1' \(str\); expected int"),
        ({"count": True}, r"parameter count is True \(bool\); expected int"),
        ({"count": 1.0}, r"expected int"),
        ({"share": 1}, r"parameter share is 1 \(int\); expected float"),
        ({"flag": 1}, "expected bool"),
        ({"areas": "E07000170"}, r"expected list\[str\]"),
        ({"areas": ["a", 1]}, r"expected list\[str\]"),
        ({"place": "x"}, r"expected the notebook to declare one of str, .* not Path"),
        ({"plain": "3"}, "expected int"),
        ({"x = 1\nimport os": "x"}, "not a name that Python allows"),
        ({"class": "x"}, "not a name that Python allows"),
    ],
)
def test_parameter_that_does_not_fit_is_named_with_what_was_wanted(given, fault):
    faults = parameters.parameter_faults(given, declared())
    assert len(faults) == 1
    assert re.search(fault, faults[0])


def test_notebook_without_one_parameters_cell_is_refused(tmp_path):
    path = write_notebook(tmp_path, "one", SHOW, declared=None)
    with pytest.raises(BatchError, match=r"one.ipynb has 0 cells tagged parameters; expected one"):
        batch.check_runs([Run(path, {}, "01-one", "", "")])


def test_all_wrong_runs_are_told_at_once_and_none_runs(project):
    out = earlier_set(project)
    before = contents(out)
    faulty = [run_of(project, "a", nmae="x"), run_of(project, "b"), run_of(project, "c", quarter=3)]
    with pytest.raises(BatchError) as caught:
        run_batch(project, *faulty)
    told = str(caught.value).splitlines()
    assert len(told) == 2
    assert told[0].startswith("one.ipynb for a: parameter nmae is not declared")
    assert told[1].startswith("one.ipynb for c: parameter quarter is 3 (int); expected str")
    assert contents(out) == before
    assert not (project / "processed" / "last_batch.json").exists()


# ---- one run


KINDS = {
    "good": [SHOW],
    "raises": [SHOW, "1 / 0\n", "late = 1"],
    "dies": [SHOW, "import os\nos._exit(0)"],
    "exits": [SHOW, "import sys\nsys.exit(0)", "late = 1"],
    "warns": [SHOW, "import warnings\nwarnings.warn('x')"],
    "value": [SHOW, "name"],
    "hangs": [
        SHOW,
        "import os, pathlib, time\n"
        "pathlib.Path(data_dir, 'pid').write_text(str(os.getpid()))\ntime.sleep(600)",
    ],
}


def job(folder, kind, *, timeout=60, **metadata):
    return Job(
        page=kind,
        notebook=f"{kind}.ipynb",
        text=notebook_text(*KINDS[kind], **metadata),
        parameters={"name": kind, "quarter": QUARTER, "data_dir": str(folder)},
        folder=str(folder),
        path=str(folder / f"{kind}.html"),
        timeout=timeout,
        facts=FACTS,
    )


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Outcomes of runs that end in every way, two at a time, and the folder of their pages."""
    folder = tmp_path_factory.mktemp("ended")
    work = [job(folder, kind, timeout=4 if kind == "hangs" else 60) for kind in KINDS]
    return {outcome.page: outcome for outcome in run_jobs(work, processes=2)}, folder


def test_run_that_passed_has_its_page(ended):
    outcomes, folder = ended
    assert outcomes["good"].error == ""
    assert outcomes["good"].summary.finding == "Found for good"
    html = (folder / "good.html").read_text(encoding="utf-8")
    assert "<h1>Page of good</h1>" in html
    assert "Parameters" not in html


@pytest.mark.parametrize(
    ("kind", "cell", "error"),
    [
        ("raises", 4, "ZeroDivisionError: division by zero"),
        ("dies", 4, "the kernel died"),
        ("exits", 5, "the cell was not run"),
        ("warns", 4, "prints to stderr"),
        ("value", 4, "shows a bare value"),
        ("hangs", 4, "ran longer than the 4 seconds"),
    ],
)
def test_run_that_failed_says_in_which_cell_and_has_no_page(ended, kind, cell, error):
    outcomes, folder = ended
    assert outcomes[kind].cell == cell
    assert outcomes[kind].error.startswith(f"cell {cell}: ")
    assert error in outcomes[kind].error
    assert not (folder / f"{kind}.html").exists()


@pytest.mark.skipif(os.name == "nt", reason="signal 0 tells of a process on POSIX only")
def test_no_kernel_outlives_its_run(ended):
    _, folder = ended
    pid = int((folder / "pid").read_text(encoding="utf-8"))
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the kernel that hung is still there")


def test_kernels_leave_nothing_in_the_notebooks_folder(ended):
    _, folder = ended
    assert sorted(path.name for path in folder.iterdir()) == ["good.html", "pid"]


def test_cell_that_was_skipped_or_allowed_to_fail_is_no_pass(tmp_path, monkeypatch):
    monkeypatch.setitem(KINDS, "skipped", [SHOW])
    outcome = render(job(tmp_path, "skipped", tags=["skip-execution"]))
    assert outcome.error == "cell 3: the cell was not run"


@pytest.mark.skipif(os.name == "nt", reason="kills its parent with a POSIX signal")
def test_run_whose_process_is_killed_fails_alone(tmp_path, monkeypatch):
    kill = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\ntime.sleep(30)"
    monkeypatch.setitem(KINDS, "kills", [kill])
    work = [job(tmp_path, "kills"), job(tmp_path, "good")]
    outcomes = {outcome.page: outcome.error for outcome in run_jobs(work, processes=2)}
    assert outcomes["good"] == ""
    assert "ended from outside, twice" in outcomes["kills"]


# ---- the set


def test_batch_that_passed_replaces_the_set_whole(project, capsys):
    out = earlier_set(project)
    result = run_batch(project, run_of(project, "a"), run_of(project, "b"), progress=True)
    assert result.published
    assert not result.failed
    assert sorted(contents(out)) == ["a.html", "b.html", "index.html", "manifest.json"]
    index = (out / "index.html").read_text(encoding="utf-8")
    assert index.index('href="a.html"') < index.index('href="b.html"')
    assert "Found for b" in index
    beside = sorted(path.name for path in out.parent.iterdir() if path.is_dir())
    assert beside == ["2013-14-Q3"]
    assert "[2/2] b done" in capsys.readouterr().err
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert_manifest(manifest, project, out)


def assert_manifest(manifest, project, out):
    assert manifest["quarter"] == QUARTER
    assert manifest["started"] <= manifest["finished"]
    assert {"python", "ehlib", "pandas", "papermill", "nbconvert"} == manifest["tools"].keys()
    assert sorted(manifest["inputs"]["processed"]) == ["observations.parquet", "sources.json"]
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["inputs"]["processed"]["observations.parquet"])
    first = manifest["runs"][0]
    assert first["page"] == "a.html"
    assert first["outcome"] == "done"
    assert first["parameters"] == {"name": "a", "quarter": QUARTER}
    assert first["bytes"] == (out / "a.html").stat().st_size
    assert len(first["notebook_sha256"]) == len(first["sha256"]) == 64
    assert first["seconds"] > 0
    text = json.dumps(manifest)
    assert str(project) not in text
    assert str(Path.home()) not in text.replace('"/', '"')


def test_failing_run_leaves_the_earlier_set_and_others_still_run(project):
    out = earlier_set(project)
    before = contents(out)
    write_notebook(project / "notebooks", "bad", SHOW, f"open({str(project / 'no.csv')!r})")
    bad, good = run_of(project, "a", notebook="bad"), run_of(project, "b")
    result = run_batch(project, bad, good)
    assert not result.published
    assert [run["outcome"] for run in result.runs] == ["failed", "done"]
    assert result.failed[0]["cell"] == 4
    assert "a.html from bad.ipynb(name='a'" in result.lines[0]
    assert "cell 4: FileNotFoundError" in result.lines[0]
    assert result.lines[-1] == "2013/14-Q3: 1 failed, 1 done; nothing published"
    assert contents(out) == before
    assert [path.name for path in out.parent.iterdir() if path.is_dir()] == ["2013-14-Q3"]
    last = json.loads((project / "processed" / "last_batch.json").read_text(encoding="utf-8"))
    assert last["published"] is False
    assert "FileNotFoundError" in last["runs"][0]["error"]
    assert str(project.parent) not in json.dumps(last)


def test_partial_set_names_what_is_missing_and_tells_no_error(project):
    out = earlier_set(project)
    write_notebook(project / "notebooks", "bad", SHOW, "raise KeyError('3 children')")
    bad, good = run_of(project, "a", notebook="bad"), run_of(project, "b")
    result = run_batch(project, bad, good, publish_partial=True)
    assert result.published
    assert len(result.failed) == 1
    assert sorted(contents(out)) == ["b.html", "index.html", "manifest.json"]
    assert "First: A" in (out / "index.html").read_text(encoding="utf-8")
    manifest = (out / "manifest.json").read_text(encoding="utf-8")
    assert "3 children" not in manifest
    assert json.loads(manifest)["runs"][0]["outcome"] == "failed"


def test_partial_batch_in_which_all_failed_publishes_nothing(project):
    out = earlier_set(project)
    before = contents(out)
    write_notebook(project / "notebooks", "bad", "1 / 0")
    bad = run_of(project, "a", notebook="bad")
    assert not run_batch(project, bad, publish_partial=True).published
    assert contents(out) == before


def test_some_pages_run_anew_and_the_others_are_kept(project):
    out = earlier_set(project)
    write_index([], out / "old.html", facts=FACTS)
    before = (out / "old.html").read_bytes()
    old, new, absent = (run_of(project, page) for page in ["old", "new", "absent"])
    result = run_batch(project, new, due=[old, new, absent])
    assert result.published
    assert [run["outcome"] for run in result.runs] == ["kept", "done"]
    assert (out / "old.html").read_bytes() == before
    index = (out / "index.html").read_text(encoding="utf-8")
    assert 'href="old.html"' in index
    assert 'href="new.html"' in index
    assert "First: Absent" in index


def test_second_batch_says_who_holds_the_folder_and_runs_nothing(project):
    out = earlier_set(project)
    before = contents(out)
    code = (
        "import sys, time, pathlib\nfrom ehlib.publish.folder import hold\n"
        f"with hold(pathlib.Path({str(out)!r})):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment
    ) as other:
        assert other.stdout.readline().strip() == "held"
        with pytest.raises(BatchHeldError, match=f"2013-14-Q3 is being written by .*{other.pid}"):
            run_batch(project, run_of(project, "a"))
        other.kill()
    assert contents(out) == before
    with hold(out):
        pass  # a holder that was killed holds no more


def test_folder_with_files_of_others_is_refused_before_anything_runs(project):
    out = earlier_set(project)
    (out / "letter.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(FolderError, match=r"holds letter.docx, which no batch made; move them"):
        run_batch(project, run_of(project, "a"))
    assert (out / "letter.docx").exists()


def test_folder_that_is_no_set_is_refused(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(FolderError, match=r"photo\.jpg"):
        read_manifest(tmp_path)


def test_damaged_manifest_is_refused(project):
    out = earlier_set(project)
    (out / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(FolderError, match=r"manifest\.json of 2013-14-Q3 is damaged"):
        run_batch(project, run_of(project, "a"))


def test_set_left_aside_by_a_batch_that_was_stopped_comes_back(project):
    out = earlier_set(project)
    before = contents(out)
    out.rename(out.with_name(".2013-14-Q3.old-7"))
    out.with_name(".2013-14-Q3.new-7").mkdir()
    with hold(out):
        assert contents(out) == before
    assert [path.name for path in out.parent.iterdir() if path.is_dir()] == ["2013-14-Q3"]


def test_folder_of_another_set_is_left_to_its_batch(project):
    out = earlier_set(project)
    others = [out.with_name(f".2013-14-Q3.{name}") for name in ("draft.new-7", "new-7.old", "kept")]
    for other in others:
        other.mkdir()
    with hold(out):
        assert all(other.is_dir() for other in others)


@pytest.mark.parametrize(
    ("published", "said"), [(True, "2013/14-Q3 is published"), (False, "is not published")]
)
def test_last_batch_that_cannot_be_written_says_what_stands(tmp_path, published, said):
    record = {"quarter": "2013/14-Q3", "runs": []}
    wanted = rf"last_batch\.json cannot be written: .*{said}"
    nowhere = tmp_path / "nowhere"
    with (
        pytest.raises(FolderError, match=wanted),
        kept_as_last(record, nowhere, published=published),
    ):
        pass


def test_last_batch_tells_of_a_set_that_the_gate_refused(tmp_path):
    record = {"quarter": "2013/14-Q3", "runs": []}
    with pytest.raises(ReleaseError), kept_as_last(record, tmp_path, published=True):
        raise ReleaseError([])
    assert json.loads((tmp_path / "last_batch.json").read_text("utf-8"))["published"] is False


@pytest.mark.parametrize("jobs", ["0", "-1", "two"])
def test_number_of_pages_at_once_is_a_whole_number_above_0(jobs, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["reports", "--jobs", jobs])
    assert caught.value.code == 2
    assert "--jobs" in capsys.readouterr().err


def test_files_that_a_container_keeps_in_memory_count_as_free(monkeypatch, tmp_path):
    told = {"MEMORY": "", "LIMIT": "5000", "USED": "4900", "KEPT": "anon 100\ninactive_file 4000"}
    for name, text in told.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(room, name, tmp_path / name)
    monkeypatch.setattr(os, "sysconf_names", {})
    assert room.free_memory() == 4100


def test_swap_that_fails_leaves_the_earlier_set(project, monkeypatch):
    out = earlier_set(project)
    before = contents(out)
    replace = Path.replace

    def refuse(path, target):
        if ".new-" in path.name:
            raise PermissionError(13, "Permission denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(folder, "_exchange", lambda one, other: False)  # as on Windows
    monkeypatch.setattr(folder, "PAUSE", 0)
    with stage(out) as staged, pytest.raises(FolderError, match="close its pages and run again"):
        swap(staged, out)
    assert contents(out) == before


# ---- all together


def test_quarter_is_planned_checked_and_run(real):
    hold_figures(real, "under18_conceptions")
    write_notebook(real / "notebooks", "one", SHOW)
    extra = PAGE + 'parameters = {name = "Ann"}\n'
    use_schedule(real, extra + PAGE.replace("01-one", "02-two"))
    folders = {f"{name}_dir": real / name for name in ["reference", "processed", "notebooks"]}
    options = {"out": real / "reports" / "q", "progress": False, "jobs": 1, **folders}
    dry = batch.run_quarter(dry_run=True, only="01-*", **options)
    assert [run["outcome"] for run in dry.runs] == ["planned"]
    assert not (real / "reports").exists()
    result = batch.run_quarter("2013-14-Q3", only="01-*", **options)
    assert result.published
    assert result.quarter == QUARTER
    html = (real / "reports" / "q" / "01-one.html").read_text(encoding="utf-8")
    assert "Page of Ann" in html
    assert "Nottinghamshire" not in html


def test_wrong_parameter_in_the_schedule_stops_the_batch(real):
    hold_figures(real, "under18_conceptions")
    write_notebook(real / "notebooks", "one", SHOW)
    use_schedule(real, PAGE + "parameters = {name = 2013, confidence = 0.9}\n")
    folders = {f"{name}_dir": real / name for name in ["reference", "processed", "notebooks"]}
    with pytest.raises(BatchError, match="name is 2013") as caught:
        batch.run_quarter(out=real / "reports" / "q", progress=False, **folders)
    assert "confidence is not declared" in str(caught.value)
    assert not (real / "reports").exists()


def test_workers_start_without_the_grammar_that_jsonschema_would_build():
    code = "import sys, ehlib.publish.batch.runner; assert 'lark' not in sys.modules"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
