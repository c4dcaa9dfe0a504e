"""A page is made anew when something that it rests on has changed, and only then."""

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tiny_batch import (
    DISTRICTS,
    INDICATORS,
    QUARTER,
    ROWS,
    SHOW,
    QuickRunner,
    contents,
    figures,
    folders_of,
    make_project,
    pages_in,
    pages_of,
    quick_render,
    run_of,
    write_notebook,
    write_rows,
    write_sources,
)

from ehlib.load import reads
from ehlib.load.schema import read_observations, read_sources
from ehlib.publish import batch
from ehlib.publish.batch import quarter
from ehlib.publish.batch.keys import code, page
from ehlib.publish.batch.keys.world import stamped, standing_set
from ehlib.publish.batch.making import whole
from ehlib.publish.folder import file_digest

ROOT = Path(__file__).resolve().parents[1]
MASH = [f"mash-enquiries-{each}" for each in range(7)]


@pytest.fixture
def runner(monkeypatch):
    """Runs cells in this process, and has the names of the pages that it ran."""
    quick = QuickRunner()
    monkeypatch.setattr(quarter, "run_jobs", quick)
    monkeypatch.setattr(whole, "gate", lambda *_, **__: None)  # has tests of its own
    return quick


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project of 21 pages that have been published, to be copied."""
    project = make_project(tmp_path_factory.mktemp("made") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quarter, "run_jobs", QuickRunner())
        patch.setattr(whole, "gate", lambda *_, **__: None)
        assert run_all(project).published
    return project


@pytest.fixture
def project(made, tmp_path):
    """A project of 21 published pages."""
    return shutil.copytree(made, tmp_path / "project")


def run_all(project, runs=None, **options):
    runs = runs or pages_of(project)
    given = {"quarter": QUARTER, "progress": False} | folders_of(project)
    return batch.run(runs, **given | options)


def outcomes(result):
    return {entry["page"]: entry["outcome"] for entry in result.runs}


def change_row(project, indicator, place, *, period=QUARTER, **values):
    rows = pd.read_parquet(project / "processed" / "observations.parquet")
    wanted = rows["indicator_id"].eq(indicator) & rows["area_code"].eq(DISTRICTS[place])
    for name, value in values.items():
        rows.loc[wanted & rows["period"].eq(period), name] = value
    write_rows(project, rows)


# ---- what is run, and why


def test_batch_with_nothing_changed_runs_nothing_and_keeps_every_page_with_its_date(
    project, runner
):
    before = pages_in(project / "reports" / "2013-14-Q3")
    result = run_all(project)
    assert runner.ran == []
    assert result.published
    assert set(outcomes(result).values()) == {"kept"}
    assert pages_in(project / "reports" / "2013-14-Q3") == before


def test_a_moved_project_is_not_made_anew(project, runner, tmp_path):
    moved = project.rename(tmp_path / "elsewhere")
    run_all(moved)
    assert runner.ran == []


def test_figures_of_one_district_run_the_page_that_reads_them_alone(project, runner):
    change_row(project, "mash_enquiries", 0, value=99.0)
    result = run_all(project)
    assert runner.ran == ["mash-enquiries-0"]
    entry = next(each for each in result.runs if each["outcome"] == "done")
    assert entry["why"] == "changed: observations.parquet (E07000170, mash_enquiries)"
    manifest = (project / "reports" / "2013-14-Q3" / "manifest.json").read_text(encoding="utf-8")
    assert "why" not in json.loads(manifest)["runs"][14]


def test_what_a_later_quarter_adds_runs_nothing(project, runner):
    rows = figures()
    later = rows.assign(period="2013/14-Q4", period_end=pd.Timestamp("2014-03-31"))
    write_rows(project, pd.concat([rows, later], ignore_index=True))
    run_all(project)
    assert runner.ran == []


@pytest.mark.parametrize("change", ["added", "gone", "note"])
def test_rows_that_come_go_or_are_noted_run_their_page(project, runner, change):
    rows = figures()
    own = rows["indicator_id"].eq(INDICATORS[0]) & rows["area_code"].eq(DISTRICTS[3])
    if change == "added":
        rows = pd.concat([rows, rows[own].assign(sex="female")], ignore_index=True)
    elif change == "gone":
        rows = rows[~own | rows["period"].eq(QUARTER)]
    else:
        rows.loc[own, "value_note"] = "provisional"
    write_rows(project, rows)
    run_all(project)
    assert runner.ran == ["under18-conceptions-3"]


def test_a_source_of_another_name_runs_the_pages_that_name_it(project, runner):
    write_sources(project, s2="Log of enquiries")
    run_all(project)
    assert runner.ran == MASH


def test_an_account_with_another_day_runs_nothing(project, runner):
    path = project / "processed" / "sources.json"
    text = path.read_text(encoding="utf-8").replace("2014-01-10", "2014-01-11")
    path.write_text(text.replace('"x"', '"y"'), encoding="utf-8")
    run_all(project)
    assert runner.ran == []


def test_a_restated_figure_runs_its_page(project, runner):
    log = "indicator_id,area_code,period,sex,age,category_type,category,seen,old_value,new_value"
    row = f"{INDICATORS[1]},{DISTRICTS[2]},{QUARTER},persons,0-17,,,2014-01-05,1,2"
    columns = ["area_name", "source_id", "old_numerator", "new_numerator", "old_note", "new_note"]
    head = ",".join([log, *columns, "old_seen", "reason"])
    text = f"{head}\n{row}{',' * 8}\n"
    (project / "processed" / "restated.csv").write_text(text, encoding="utf-8")
    run_all(project)
    assert runner.ran == ["excess-weight-year6-2"]


def test_changed_notebook_runs_its_pages_alone(project, runner):
    write_notebook(project / "notebooks", "other", ROWS, SHOW)
    runs = [*pages_of(project), run_of(project, "another", notebook="other")]
    run_all(project, runs)
    assert runner.ran == ["another"]
    write_notebook(project / "notebooks", "other", "# new", ROWS, SHOW)
    result = run_all(project, runs)
    assert runner.ran == ["another"] * 2
    assert result.runs[-1]["why"] == "changed: notebook"


def test_changed_parameter_is_named(project, runner):
    runs = pages_of(project)
    runs[5] = run_of(project, runs[5].page, indicator_id=INDICATORS[0], area_code="")
    result = run_all(project, runs)
    assert runner.ran == ["under18-conceptions-5"]
    assert result.runs[5]["why"].startswith("changed: parameter area_code")


def test_changed_environment_runs_all_and_is_named(project, runner, monkeypatch):
    now = page.environment()
    monkeypatch.setattr(page, "environment", lambda: now | {"pandas": "99.0"})
    result = run_all(project)
    assert len(runner.ran) == 21
    assert {entry["why"] for entry in result.runs} == {"changed: environment pandas"}


def test_changed_module_runs_the_pages_of_notebooks_that_use_it(project, runner, monkeypatch):
    used = code.code_files
    module = project / "ehlib.py"
    monkeypatch.setattr(page, "name_of", lambda path: path.name)

    def with_module(text):
        return [*used(text), module] if "special" in text else used(text)

    monkeypatch.setattr(page, "code_files", with_module)
    monkeypatch.setattr("ehlib.publish.batch.keys.page.code_files", with_module)
    module.write_text("one", encoding="utf-8")
    write_notebook(project / "notebooks", "other", "# special", ROWS, SHOW)
    runs = [run_of(project, "another", notebook="other"), run_of(project, "plain")]
    run_all(project, runs)
    module.write_text("two", encoding="utf-8")
    result = run_all(project, runs)
    assert runner.ran == ["another", "plain", "another"]
    assert result.runs[0]["why"] == "changed: ehlib.py"


def test_changed_trust_runs_all(project, runner):
    path = project / "reference" / "batch.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"Trust"', '"Other"'), encoding="utf-8")
    result = run_all(project)
    assert len(runner.ran) == 21
    assert result.runs[0]["why"] == "changed: the page's trust"


def test_other_timeout_group_or_order_runs_nothing(project, runner):
    path = project / "reference" / "batch.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("= 60", "= 90"), encoding="utf-8")
    runs = [run_of(project, each.page, **each.parameters) for each in pages_of(project)]
    moved = [batch.Run(*vars(each).values()) for each in reversed(runs)]
    moved[0] = batch.Run(moved[0].notebook, moved[0].parameters, moved[0].page, "Hint", "Last")
    result = run_all(project, moved)
    assert runner.ran == []
    assert result.runs[0]["group"] == "Last"
    assert "Last" in (project / "reports" / "2013-14-Q3" / "index.html").read_text("utf-8")


def test_commentary_runs_its_page(project, runner):
    folder = project / "reference" / "commentary" / "2013-14-Q3"
    folder.mkdir(parents=True)
    (folder / "mash-enquiries-1.md").write_text("Date: 2014-01-20\n\nAll well.", encoding="utf-8")
    run_all(project)
    assert runner.ran == ["mash-enquiries-1"]


def test_notebook_that_may_read_by_itself_runs_when_any_file_changes(project, runner):
    by_itself = "import json, pathlib\nsaid = 'x'"
    write_notebook(project / "notebooks", "own", by_itself, SHOW)
    runs = [run_of(project, "own", notebook="own", data_dir="../processed")]
    run_all(project, runs)
    run_all(project, runs)
    assert runner.ran == ["own"]
    (project / "processed" / "new.csv").write_text("a", encoding="utf-8")
    result = run_all(project, runs)
    assert runner.ran == ["own"] * 2
    assert result.runs[0]["why"] == "changed: processed"


def test_force_runs_all(project, runner):
    result = run_all(project, force=True)
    assert len(runner.ran) == 21
    assert result.runs[0]["why"] == "asked for with --force"


def test_pages_not_asked_for_stay_and_those_out_of_date_are_told(project, runner):
    before = pages_in(project / "reports" / "2013-14-Q3")
    change_row(project, "mash_enquiries", 0, value=99.0)
    due = pages_of(project)
    result = run_all(project, due[:2], due=due)
    assert runner.ran == []
    assert result.outdated == ("mash-enquiries-0.html",)
    assert pages_in(project / "reports" / "2013-14-Q3") == before
    assert "not asked for: mash-enquiries-0.html" in result.lines[0]


# ---- mending


def spoil(path, how):
    if how == "deleted":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b" ")


@pytest.mark.parametrize("how", ["deleted", "written to"])
@pytest.mark.parametrize(
    "name",
    [
        "mash-enquiries-4.html",
        "downloads/mash-enquiries-4/table-1.csv",
        "index.html",
    ],
)
def test_published_file_that_was_touched_is_noticed_and_put_back(project, runner, name, how):
    out = project / "reports" / "2013-14-Q3"
    before = pages_in(out)
    spoil(out / name, how)
    result = run_all(project)
    assert runner.ran == []
    assert result.mended == (name,)
    assert result.lines[0] == f"put back as they were: {name}"
    assert pages_in(out) == before
    assert (out / "index.html").is_file()


@pytest.mark.parametrize("how", ["deleted", "written to"])
@pytest.mark.parametrize("name", ["mash-enquiries-4.html", "record.json"])
def test_kept_copy_that_was_touched_is_made_anew(project, runner, name, how):
    spoil(project / "processed" / "pages" / "2013-14-Q3" / "mash-enquiries-4" / name, how)
    result = run_all(project)
    assert result.published
    assert runner.ran == (
        [] if (name, how) == ("record.json", "written to") else ["mash-enquiries-4"]
    )


def test_set_that_was_deleted_is_put_back_without_a_run(project, runner):
    before = pages_in(project / "reports" / "2013-14-Q3")
    shutil.rmtree(project / "reports")
    assert run_all(project).published
    assert runner.ran == []
    assert pages_in(project / "reports" / "2013-14-Q3") == before


# ---- batches that fail


def test_good_pages_of_a_failed_batch_are_not_run_again(project, runner):
    before = contents(project / "reports" / "2013-14-Q3")
    write_notebook(project / "notebooks", "rows", "# new", ROWS, SHOW)
    write_notebook(project / "notebooks", "bad", "1 / 0", SHOW)
    runs = pages_of(project)
    bad = run_of(project, runs[3].page, notebook="bad")
    result = run_all(project, [*runs[:3], bad, *runs[4:]])
    assert not result.published
    assert [entry["page"] for entry in result.failed] == ["under18-conceptions-3.html"]
    assert contents(project / "reports" / "2013-14-Q3") == before
    assert len(runner.ran) == 21
    result = run_all(project, runs)
    assert result.published
    assert runner.ran[21:] == ["under18-conceptions-3"]


def test_data_replaced_meanwhile_fails_what_read_it_and_the_next_batch_completes(project, runner):
    out = project / "reports" / "2013-14-Q3"
    before = contents(out)
    write_notebook(project / "notebooks", "rows", "# new", ROWS, SHOW)
    runner.before["excess-weight-year6-0"] = lambda: change_row(
        project, "mash_enquiries", 0, value=99.0
    )
    result = run_all(project)
    assert not result.published
    assert contents(out) == before
    assert len(result.failed) == 14
    assert "observations.parquet changed while the page was made" in result.failed[0]["error"]
    runner.before.clear()
    runner.ran.clear()
    assert run_all(project).published
    assert len(runner.ran) == 14


def test_data_replaced_and_put_back_meanwhile_keeps_no_page_of_the_other_data(project, runner):
    kept = (project / "processed" / "observations.parquet").read_bytes()
    write_notebook(project / "notebooks", "rows", "# new", ROWS, SHOW)
    runner.before["mash-enquiries-0"] = lambda: change_row(project, "mash_enquiries", 1, value=9.0)
    runner.before["mash-enquiries-2"] = lambda: (
        project / "processed" / "observations.parquet"
    ).write_bytes(kept)
    result = run_all(project)
    assert {entry["page"] for entry in result.failed} >= {"mash-enquiries-1.html"}


# ---- dry runs and nothing to do


def dry(project, **options):
    given = {f"{name}_dir": project / name for name in ("processed", "reference", "notebooks")}
    out = project / "reports" / "2013-14-Q3"
    return batch.run_quarter(QUARTER, out=out, progress=False, **given, **options)


@pytest.fixture
def quarterly(tmp_path, runner):
    """A project whose one page is made as a quarter's batch makes it, protected data and all."""
    project = make_project(tmp_path / "quarterly")
    assert dry(project).published
    runner.ran.clear()
    return project


def test_dry_run_says_what_would_run_and_why_and_writes_nothing(quarterly, runner):
    assert dry(quarterly, dry_run=True).plan_lines == [
        "2013/14-Q3: 0 would run, 1 are as they should be"
    ]
    change_row(quarterly, "under18_conceptions", 1, value=3.5)
    (quarterly / "reports" / "2013-14-Q3" / "index.html").unlink()
    before = contents(quarterly / "reports") | contents(quarterly / "processed" / "pages")
    lines = dry(quarterly, dry_run=True).plan_lines
    assert lines == [
        "01-rows.html: changed: observations.parquet",
        "would be put back as they were: index.html",
        "2013/14-Q3: 1 would run, 0 are as they should be",
    ]
    assert contents(quarterly / "reports") | contents(quarterly / "processed" / "pages") == before
    assert runner.ran == []


def standing(project):
    given = {f"{name}_dir": project / name for name in ("processed", "reference", "notebooks")}
    return standing_set(QUARTER, out=project / "reports" / "2013-14-Q3", **given)


def test_set_that_stands_is_known_by_its_files_alone(quarterly):
    result = standing(quarterly)
    assert result.unchanged
    assert result.lines == ["2013/14-Q3: 1 kept; nothing to do"]


@pytest.mark.parametrize(
    "path",
    [
        "processed/observations.parquet",
        "processed/sources.json",
        "processed/new.csv",
        "reference/areas.toml",
        "reference/commentary/2013-14-Q3/01-rows.md",
        "notebooks/rows.ipynb",
        "notebooks/new.ipynb",
        "docs/methods.md",
        "reports/2013-14-Q3/01-rows.html",
        "reports/2013-14-Q3/downloads/01-rows/table-1.csv",
        "reports/2013-14-Q3/index.html",
        "reports/2013-14-Q3/manifest.json",
        "reports/2013-14-Q2/manifest.json",
        "processed/releases/real/x.parquet",
    ],
)
def test_set_does_not_stand_when_any_file_around_it_differs(quarterly, path):
    target = quarterly / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes((target.read_bytes() if target.exists() else b"") + b" ")
    assert standing(quarterly) is None


@pytest.mark.parametrize("path", ["reports", "reports/2013-14-Q3/manifest.json"])
def test_set_does_not_stand_when_it_was_deleted(quarterly, path):
    target = quarterly / path
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    assert standing(quarterly) is None


def test_set_does_not_stand_in_another_folder(quarterly):
    given = {f"{name}_dir": quarterly / name for name in ("processed", "reference", "notebooks")}
    assert standing_set(QUARTER, out=quarterly / "elsewhere", **given) is None


def test_set_does_not_stand_in_another_environment(quarterly, monkeypatch):
    monkeypatch.setattr("ehlib.publish.batch.keys.world.environment", lambda: {"pandas": "99"})
    assert standing(quarterly) is None


def test_set_made_while_something_changed_is_looked_at_again(quarterly):
    given = {f"{name}_dir": quarterly / name for name in ("processed", "reference", "notebooks")}
    out = quarterly / "reports" / "2013-14-Q3"
    with stamped(QUARTER, out, **given) as stamp:
        (quarterly / "docs" / "methods.md").write_text("new", encoding="utf-8")
        stamp.whole = True
    assert standing(quarterly) is None


def test_nothing_to_do_for_a_hundred_pages_takes_under_two_seconds(quarterly):
    out = quarterly / "reports" / "2013-14-Q3"
    stamp = next((quarterly / "processed" / "pages").rglob("stamp.json"))
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    first = manifest["runs"][0]
    page_bytes = (out / first["page"]).read_bytes()
    for number in range(99):
        name = f"more-{number}.html"
        (out / name).write_bytes(page_bytes + b" " * 200_000)
        manifest["runs"].append(first | {"page": name, "files": {name: file_digest(out / name)}})
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    told = json.loads(stamp.read_text(encoding="utf-8"))
    stamp.write_text(
        json.dumps(told | {"manifest": file_digest(out / "manifest.json")}), encoding="utf-8"
    )
    folders = [f"--{name}={quarterly / name}" for name in ("processed", "notebooks")]
    command = [sys.executable, "-m", "ehlib.cli", f"--reference={quarterly / 'reference'}"]
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, done.returncode, done.stderr)"
    )
    asked = [*command, "reports", QUARTER, *folders, f"--out={out}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", code, *asked], capture_output=True, text=True, env=environment
    ).stdout
    seconds, returned, said = told.split(maxsplit=2)
    assert "100 kept; nothing to do" in said
    assert returned == "0"
    assert float(seconds) < 2


# ---- never a stale page


STEPS = ["row", "note", "gone", "later", "source", "notebook", "area", "page", "kept", "none"]


def disturb(project, step, draw):
    """Change one thing of a project at random, as an analyst's day would."""
    rows = pd.read_parquet(project / "processed" / "observations.parquet")
    one = draw.randrange(len(rows))
    if step == "row":
        rows.loc[one, "value"] += draw.choice([0.5, 0.0, 10.0])
    elif step == "note":
        rows.loc[one, "value_note"] = draw.choice(["", "provisional"])
    elif step == "gone":
        rows = rows.drop(index=one).reset_index(drop=True)
    elif step == "later":
        late = rows.iloc[[one]].assign(period_end=pd.Timestamp("2014-06-30"), period="later")
        rows = pd.concat([rows, late], ignore_index=True)
    elif step == "source":
        write_sources(project, **{f"s{draw.randrange(3)}": draw.choice(["Log", "Survey"])})
    elif step == "notebook":
        write_notebook(project / "notebooks", "rows", f"# {draw.randrange(3)}", ROWS, SHOW)
    elif step == "area":
        path = project / "reference" / "areas.toml"
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    elif step in {"page", "kept"}:
        home = "reports/2013-14-Q3" if step == "page" else "processed/pages/2013-14-Q3"
        spoil(draw.choice(sorted((project / home).rglob("*.html"))), draw.choice(["deleted", "x"]))
    write_rows(project, rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_change_every_page_is_what_a_fresh_run_makes(project, runner, tmp_path, seed):
    draw = random.Random(seed)
    runs = pages_of(project)[::3]
    for _ in range(6):
        disturb(project, draw.choice(STEPS), draw)
        result = run_all(project, runs)
        assert result.published
        assert_fresh(project, runs, tmp_path / "fresh")


def assert_fresh(project, runs, folder):
    due = quarter._work(
        runs, QUARTER, **{k: v for k, v in folders_of(project).items() if k != "out"}
    )
    for run in runs:
        job = due.jobs[run.page]
        place = folder / run.page
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        outcome = quick_render(replace(job, path=str(place / f"{run.page}.html")))
        assert not outcome.error
        published = project / "reports" / "2013-14-Q3" / f"{run.page}.html"
        assert published.read_bytes() == (place / f"{run.page}.html").read_bytes(), run.page


# ---- what is noted


def test_nothing_is_noted_without_a_batch(made):
    assert reads.LOG not in os.environ
    read_observations(made / "processed")


def test_reads_are_noted_with_what_was_asked_for(made, tmp_path, monkeypatch):
    monkeypatch.setenv(reads.LOG, str(tmp_path / "log"))
    data = made / "processed"
    read_observations(data, quarter=QUARTER, indicator_id=["b", "a"], area_code="E1")
    read_observations(data, quarter=QUARTER, indicator_id=["a", "b"], area_code=["E1"])
    accounts = read_sources(data)
    assert accounts["files"] == []
    noted = reads.read_noted(tmp_path / "log")
    asked = (("area_code", ("E1",)), ("indicator_id", ("a", "b")), ("quarter", (QUARTER,)))
    assert noted == (
        reads.Read(str(data.resolve() / "observations.parquet"), asked),
        reads.Read(str(data.resolve() / "sources.json"), (("part", ("files",)),)),
    )


@pytest.mark.parametrize("ask", ["items", "values", "keys", "__iter__", "copy"])
def test_account_taken_as_a_whole_is_noted_as_a_whole(made, tmp_path, monkeypatch, ask):
    monkeypatch.setenv(reads.LOG, str(tmp_path / "log"))
    getattr(read_sources(made / "processed"), ask)()
    assert any(read.chosen == () for read in reads.read_noted(tmp_path / "log"))


def test_observations_of_some_areas_and_sources_are_those_rows(made):
    rows = read_observations(made / "processed", area_code=DISTRICTS[:2], source_id="s1")
    assert set(rows["area_code"]) == set(DISTRICTS[:2])
    assert set(rows["source_id"]) == {"s1"}
    assert len(rows) == 4


# ---- code that a page uses


def used_by(*imports):
    text = json.dumps({"cells": [{"cell_type": "code", "source": "\n".join(imports)}]})
    return {code.name_of(path) for path in code.code_files(text)}


def test_page_depends_on_what_its_notebook_imports_and_what_that_imports():
    used = used_by("from ehlib import read_areas")
    assert {"ehlib/load/areas/county.py", "ehlib/load/areas/register.py"} <= used
    assert {"ehlib/load/areas/__init__.py", "ehlib/load/__init__.py", "ehlib/__init__.py"} <= used
    assert {"ehlib/publish/page.py", "ehlib/publish/template/page.css"} <= used
    assert not {"ehlib/measure/spc/__init__.py", "ehlib/show/maps.py", "ehlib/cli.py"} & used
    assert not any(name.startswith("ehlib/publish/batch/") for name in used)


def test_code_of_a_page_is_whole_under_imports():
    used = set(code.code_files(json.dumps({"cells": []})))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in used]
    needed = code.files_of(frozenset(name.removesuffix(".__init__") for name in names))
    assert {code.name_of(path) for path in needed - used if path.suffix == ".py"} == set()
    assert ROOT / "ehlib/show/hidden.py" in used  # the note on hidden figures is on every page


def test_imports_inside_functions_count():
    # read_observations imports the log of restated figures when it is called
    assert "ehlib/load/accounts/restated.py" in used_by("from ehlib import read_observations")


def test_package_imported_as_a_whole_is_depended_on_as_a_whole():
    assert "ehlib/measure/spc/__init__.py" in used_by("import ehlib")
    assert "ehlib/measure/spc/__init__.py" in used_by("from ehlib import *")
    assert "ehlib/measure/spc/__init__.py" in used_by("%matplotlib inline")


@pytest.mark.parametrize(
    ("source", "by_itself"),
    [
        ("from ehlib import read_areas\nfrom functools import partial", False),
        ("import pandas as pd", True),
        ("from pathlib import Path", True),
        ("x = open('a')", True),
        ("%run other.ipynb", True),
        ("!cat x", True),
        ("getattr(x, 'y')", True),
        ("__import__('os')", True),
    ],
)
def test_notebooks_that_may_read_by_themselves_are_known(source, by_itself):
    text = json.dumps({"cells": [{"cell_type": "code", "source": [source]}]})
    assert code.reads_by_itself(text) is by_itself


def test_own_notebooks_read_through_the_package_alone():
    texts = {path.name: path.read_text("utf-8") for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert [name for name, text in texts.items() if code.reads_by_itself(text)] == []
