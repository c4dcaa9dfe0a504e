"""The command with real kernels and workers, of which any may be killed at any moment."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_batch import (
    QUARTER,
    SHOW,
    command_of,
    contents,
    folders_of,
    make_project,
    pages_in,
    run_of,
    write_notebook,
    write_schedule,
)

from ehlib.publish import batch
from ehlib.publish.batch import runner

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc, as on Linux"),
]
# A page does what a file beside the notebooks asks of it, so that the next batch can be without.
DECLARED = """name: str = ""  # of the page
quarter: str = ""  # of the page
deeds: str = "deeds.json"  # what pages are to do"""
DEED = """import json, os, pathlib, signal, sys, time
deed = json.loads(pathlib.Path(deeds).read_text()).get(name, "")
pathlib.Path(deeds).with_name("pids").joinpath(f"{name}.{os.getpid()}").touch()
said = name + "first edition\""""
DO = """if deed == "raises": raise KeyError("no such thing")
if deed == "exits": os._exit(0)
if deed == "killed": os.kill(os.getpid(), signal.SIGKILL)
if deed == "parent": os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)
if deed == "hangs": time.sleep(600)
while deed == "ignores": signal.signal(signal.SIGINT, signal.SIG_IGN)
if deed == "memory": held = bytearray(2_500_000_000)
while deed == "waits" and not pathlib.Path(deeds).with_name("go").exists(): time.sleep(0.05)"""
NAMES = [f"page-{number}" for number in range(20)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A published set of twenty pages that real kernels made."""
    project = make_project(tmp_path_factory.mktemp("kernels") / "project")
    write_schedule(project, [run_of(project, name, notebook="deeds") for name in NAMES])
    edit(project, "first edition")
    (project / "notebooks" / "pids").mkdir()
    ask(project, {})
    result = run_deeds(project)
    assert result.published, result.lines
    return project


@pytest.fixture
def project(made, tmp_path):
    """The same, and nothing that ran before is remembered."""
    copied = shutil.copytree(made, tmp_path / "project")
    for path in (copied / "notebooks" / "pids").iterdir():
        path.unlink()
    return copied


def edit(project, edition):
    """Have every page say another thing than before."""
    deed = DEED.replace("first edition", edition)
    write_notebook(project / "notebooks", "deeds", deed, DO, SHOW, declared=DECLARED)


def ask(project, deeds):
    (project / "notebooks" / "deeds.json").write_text(json.dumps(deeds), encoding="utf-8")


def run_deeds(project, **options):
    folders = folders_of(project) | {"notebooks_dir": project / "notebooks"}
    return batch.run_quarter(QUARTER, jobs=2, progress=False, **folders, **options)


def pids(project):
    """Processes of the kernels that ran: in the names, since a file may be there and empty."""
    return [int(path.suffix[1:]) for path in (project / "notebooks" / "pids").iterdir()]


def assert_none_left(project, *others, seconds=5):
    """Every kernel that ran is gone within five seconds, every other process within `seconds`."""
    begun = time.monotonic()
    for limit, numbers in ((5, pids(project)), (seconds, others)):
        for pid in numbers:
            while is_python(pid):
                assert time.monotonic() < begun + limit, f"process {pid} is still there"
                time.sleep(0.1)


def is_python(pid):
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        return "State:\tZ" not in status and "ython" in status
    return False


def test_each_page_that_fails_is_named_with_its_cause_and_the_rest_is_kept(project, monkeypatch):
    monkeypatch.setattr(runner, "free_memory", lambda: 0)
    settings = project / "reference" / "batch.toml"
    told = settings.read_text(encoding="utf-8")
    settings.write_text(told.replace("seconds = 60", "seconds = 6"), encoding="utf-8")
    out = project / "reports" / "2013-14-Q3"
    before = contents(out)
    causes = {
        "raises": "cell 4: KeyError: 'no such thing'",
        "exits": "cell 4: the kernel died",
        "killed": "cell 4: the kernel died",
        "hangs": "cell 4: ran longer than the 6 seconds",
        "ignores": "cell 4: ran longer than the 6 seconds",
        "memory": "cell 4: MemoryError",
    }
    ask(project, dict(zip(NAMES, causes, strict=False)))
    result = run_deeds(project, force=True)
    assert not result.published
    failed = {entry["page"]: entry for entry in result.failed}
    assert len(failed) == len(causes), result.lines
    for name, (deed, cause) in zip(NAMES, causes.items(), strict=False):
        assert cause in failed[f"{name}.html"]["error"], deed
        assert failed[f"{name}.html"]["cell"] == 4
        assert re.search(
            rf"{name}\.html from deeds\.ipynb\(.*name='{name}'", "\n".join(result.lines)
        )
    assert contents(out) == before
    assert_none_left(project)
    ask(project, {})
    again = run_deeds(project)
    assert again.published
    assert {entry["page"] for entry in again.runs if entry["outcome"] == "done"} == set()


def test_fork_parent_that_a_page_kills_costs_no_other_page(project):
    ask(project, {"page-4": "parent"})
    result = run_deeds(project, force=True)
    assert {entry["page"] for entry in result.failed} <= {"page-4.html"}, result.lines
    assert len(result.runs) == 20
    assert_none_left(project)
    ask(project, {})
    assert run_deeds(project).published


# ---- the command in a process of its own, which is stopped from outside


@contextlib.contextmanager
def started(project, name="first"):
    """The command, and the file that takes what it says; it is killed in the end if need be."""
    said = project / f"{name}.txt"
    command = [sys.executable, "-m", "ehlib.cli", *command_of(project)]
    with said.open("w") as told:
        running = subprocess.Popen(
            command,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield running, said
    finally:
        running.kill()
        running.wait()


def begin(project, waiting=NAMES):
    """Have all pages say something new, and some wait until they may go on."""
    edit(project, "second edition")
    ask(project, dict.fromkeys(waiting, "waits"))


def let_go(project):
    (project / "notebooks" / "go").touch()


def wait_for_pages(project, number, running):
    """Wait until some pages of a batch have begun."""
    until = time.monotonic() + 60
    while len(pids(project)) < number:
        assert running.poll() is None, "the batch ended by itself"
        assert time.monotonic() < until
        time.sleep(0.05)


def state_of(project, before):
    """Whether the set is the old one, byte for byte, or the new one, every page of it."""
    out = project / "reports" / "2013-14-Q3"
    if contents(out) == before:
        return "old"
    pages, old = pages_in(out), {name: before[name] for name in before if "page-" in name}
    whole = pages.keys() == old.keys() and all(pages[name] != old[name] for name in pages)
    return "new" if whole and len(pages) == 20 else "torn"


def assert_next_command_completes(project, before):
    let_go(project)
    with started(project, "next") as (running, said):
        assert running.wait(timeout=120) == 0, said.read_text()
    assert state_of(project, before) == "new"


@pytest.mark.parametrize(
    ("how", "code"), [("SIGKILL", {-9}), ("SIGINT", {130}), ("SIGTERM", {-15, 143})]
)
def test_command_that_is_stopped_leaves_no_process_and_the_old_set(project, how, code):
    before = contents(project / "reports" / "2013-14-Q3")
    begin(project, NAMES[2:])
    with started(project) as (running, said):
        wait_for_pages(project, 4, running)
        others = descendants(running.pid)
        os.kill(running.pid, getattr(signal, how))
        assert running.wait(timeout=10) in code
        assert_none_left(project, *others)
    assert "Traceback" not in said.read_text()
    assert state_of(project, before) == "old"
    assert_next_command_completes(project, before)


@pytest.mark.parametrize("seed", range(4))
def test_command_killed_at_random_moments_leaves_the_old_set_or_the_new(project, seed):
    """Five moments of each seed, spread over what a whole command takes."""
    draw, out = random.Random(seed), project / "reports" / "2013-14-Q3"
    edit(project, "timed")
    begun = time.monotonic()
    assert_next_command_completes(project, contents(out))
    length = time.monotonic() - begun
    for number in range(5):
        before = contents(out)
        edit(project, f"edition {number}")
        with started(project) as (running, said):
            time.sleep((number + draw.random()) / 5 * length)
            others = descendants(running.pid)
            running.kill()
            assert running.wait(timeout=10) in (-9, 0), said.read_text()
            assert_none_left(project, *others, seconds=20)  # some import, and look between two
        assert state_of(project, before) in ("old", "new")
        assert_next_command_completes(project, before)


@pytest.mark.parametrize("which", ["worker", "forkserver"])
def test_worker_or_its_parent_that_is_killed_costs_no_page(project, which):
    before = contents(project / "reports" / "2013-14-Q3")
    begin(project, NAMES[:4])
    with started(project) as (running, said):
        wait_for_pages(project, 2, running)
        (parent,) = (pid for pid in children(running.pid) if "forkserver" in command_line(pid))
        workers = children(parent)
        assert len(workers) == 2
        os.kill(workers[0] if which == "worker" else parent, signal.SIGKILL)
        let_go(project)
        returned = running.wait(timeout=90)
    told = said.read_text()
    assert "Traceback" not in told
    if which == "worker":
        assert returned == 0, told  # a run that is lost is run once more
    failed = re.findall(
        r"^page-\d+\.html from deeds\.ipynb\(.*\): .*ended from outside", told, re.M
    )
    assert returned == bool(failed), told
    assert state_of(project, before) == ("old" if failed else "new")
    assert_none_left(project, *workers)
    assert_next_command_completes(project, before)


def children(pid):
    told = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for path in told for each in path.read_text(encoding="utf-8").split()]


def descendants(pid):
    found = children(pid)
    return found + [each for child in found for each in descendants(child)]


def command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode()


def test_two_commands_at_once_the_second_leaves_with_who_holds_it(project):
    before = contents(project / "reports" / "2013-14-Q3")
    begin(project)
    with started(project) as (first, _):
        wait_for_pages(project, 2, first)
        with started(project, "second") as (second, said):
            assert second.wait(timeout=60) == 3
        assert (
            f"2013-14-Q3 is being written by the batch of process {first.pid}" in said.read_text()
        )
        assert first.poll() is None
        let_go(project)
        assert first.wait(timeout=90) == 0
    assert state_of(project, before) == "new"
