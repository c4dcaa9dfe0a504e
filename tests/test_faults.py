"""Whatever happens to a batch, the set is the old one or the new one, and the next batch ends."""

import contextlib
import errno
import json
import os
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
    ROWS,
    SHOW,
    QuickRunner,
    contents,
    folders_of,
    make_project,
    pages_in,
    pages_of,
    run_of,
    write_notebook,
)

from ehlib.publish import batch, folder
from ehlib.publish.batch import quarter, record
from ehlib.publish.batch.making import follow, room
from ehlib.publish.folder import BatchHeldError, FolderError, hold

ROOT = Path(__file__).resolve().parents[1]
POSIX = pytest.mark.skipif(os.name != "posix", reason="kills processes with signals of POSIX")
# A page does what a file beside the notebooks asks of it, so that the next batch can be without.
DECLARED = """name: str = ""  # of the page
quarter: str = ""  # of the page
deeds: str = "deeds.json"  # what pages are to do"""
DEED = """import json, os, pathlib, resource, signal, sys, time
deed = json.loads(pathlib.Path(deeds).read_text()).get(name, "")
pathlib.Path(deeds).with_name("pids").joinpath(name).write_text(str(os.getpid()))
said = name"""
DO = """if deed == "raises": raise KeyError("no such thing")
if deed == "exits": os._exit(0)
if deed == "killed": os.kill(os.getpid(), signal.SIGKILL)
if deed == "parent": os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)
if deed == "hangs": time.sleep(600)
if deed == "ignores": signal.signal(signal.SIGINT, signal.SIG_IGN); [None for _ in iter(int, 1)]
if deed == "memory": resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); bytearray(2**33)
if deed == "slow": time.sleep(0.3)"""
NAMES = [f"page-{number}" for number in range(20)]


# ---- the set, with pages that are run in this process


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("made") / "project")
    with pytest.MonkeyPatch.context() as patch:
        quick(patch)
        assert run_all(project).published
    return project


def quick(patch):
    runner = QuickRunner()
    patch.setattr(quarter, "run_jobs", runner)
    patch.setattr(quarter, "gate", lambda *_, **__: None)  # has tests of its own
    return runner


@pytest.fixture
def runner(monkeypatch):
    return quick(monkeypatch)


@pytest.fixture
def project(made, tmp_path):
    """A published set of 21 pages, all of which are to be made anew."""
    copied = shutil.copytree(made, tmp_path / "project")
    write_notebook(copied / "notebooks", "rows", "# new", ROWS, SHOW)
    return copied


def run_all(project, **options):
    return batch.run(
        pages_of(project), quarter=QUARTER, progress=False, **folders_of(project), **options
    )


def assert_next_batch_completes(project, runner, *, ran=None):
    runner.ran.clear()
    before = contents(project / "reports" / "2013-14-Q3")
    assert run_all(project).published
    assert contents(project / "reports" / "2013-14-Q3") != before
    assert len(pages_in(project / "reports" / "2013-14-Q3")) == 42
    assert [path.name for path in (project / "reports").iterdir() if path.is_dir()] == [
        "2013-14-Q3"
    ]
    if ran is not None:
        assert len(runner.ran) == ran


def full_at(number, monkeypatch):
    """Make the disk full when a file is brought to it for the n-th time."""
    done, sync = [], os.fsync

    def fsync(file):
        done.append(file)
        if len(done) == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(file)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("number", [1, 2, 9, 30, 60, 80])
def test_full_disk_leaves_the_old_set_and_says_so(project, runner, monkeypatch, number):
    out = project / "reports" / "2013-14-Q3"
    before = contents(out)
    with monkeypatch.context() as patch:
        full_at(number, patch)
        try:
            said = [entry["error"] for entry in run_all(project).failed]
        except FolderError as error:
            said = [str(error)]
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert contents(out) == before
    assert_next_batch_completes(project, runner)


@POSIX
def test_disk_that_is_really_full_leaves_the_old_set(made, runner, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        project = shutil.copytree(made, tmp_path / "project")
        out = disk / "reports" / "2013-14-Q3"
        options = folders_of(project) | {"quarter": QUARTER, "progress": False, "out": out}
        assert batch.run(pages_of(project), **options).published
        before = contents(out)
        (disk / "else").write_bytes(b"x" * (shutil.disk_usage(disk).free - 20_000))
        with pytest.raises(FolderError, match=r"No space left.* MB free; make room and run again"):
            batch.run(pages_of(project), **options)
        assert contents(out) == before
        (disk / "else").unlink()
        assert batch.run(pages_of(project), **options).published
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("what", [".new-", ".holder", "pages"])
def test_read_only_folder_is_told_with_what_to_do(project, runner, monkeypatch, what):
    out = project / "reports" / "2013-14-Q3"
    before = contents(out)
    make, opened = Path.mkdir, Path.open

    def refuse(path):
        if what in str(path):
            raise OSError(errno.EROFS, "Read-only file system", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", lambda path, *a, **k: (refuse(path), make(path, *a, **k))[1])
        patch.setattr(
            Path,
            "open",
            lambda path, mode="r", *a, **k: (
                "w" in mode and refuse(path),
                opened(path, mode, *a, **k),
            )[1],
        )
        with pytest.raises(FolderError, match=r"2013-14-Q3 cannot be written: Read-only .*--out"):
            run_all(project)
    assert contents(out) == before
    assert_next_batch_completes(project, runner, ran=21)


@pytest.mark.parametrize("exchange", [True, False])
def test_page_open_in_another_program_leaves_the_old_set(project, runner, monkeypatch, exchange):
    out = project / "reports" / "2013-14-Q3"
    before = contents(out)
    replace = Path.replace

    def held(path, target):
        if path == out or Path(target) == out:
            raise PermissionError(errno.EACCES, "being used by another process", str(path))
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", held)
        patch.setattr(folder, "_exchange", lambda one, other: False)
        patch.setattr(folder, "PAUSE", 0)
        with pytest.raises(FolderError, match="close its pages and run again"):
            run_all(project)
    assert contents(out) == before
    if exchange:
        with (out / "index.html").open(encoding="utf-8"):  # on POSIX a reader keeps what it has
            assert_next_batch_completes(project, runner, ran=0)
    else:
        monkeypatch.setattr(folder, "_exchange", lambda one, other: False)
        assert_next_batch_completes(project, runner, ran=0)


def test_page_held_for_a_moment_is_tried_again(project, runner, monkeypatch):
    out = project / "reports" / "2013-14-Q3"
    replace, tries = Path.replace, []

    def held(path, target):
        if path == out and len(tries) < 3:
            tries.append(path)
            raise PermissionError(errno.EACCES, "being used by another process", str(path))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr(folder, "_exchange", lambda one, other: False)
    monkeypatch.setattr(folder, "PAUSE", 0)
    assert run_all(project).published
    assert len(tries) == 3


def test_clock_that_jumps_changes_nothing(project, runner, monkeypatch):
    days = iter(["2031-01-01T00:00:00+00:00", *["1999-01-01T00:00:00+00:00"] * 100])
    with monkeypatch.context() as patch:
        patch.setattr(record, "now", lambda: next(days))
        patch.setattr(quarter, "now", lambda: next(days))
        assert run_all(project).published
    for path in (project / "processed").rglob("*.parquet"):
        os.utime(path, (4_000_000_000, 4_000_000_000))
    runner.ran.clear()
    assert run_all(project).published
    assert runner.ran == []


def test_stop_by_the_user_leaves_the_old_set_and_keeps_what_was_made(project, runner):
    out = project / "reports" / "2013-14-Q3"
    before = contents(out)

    def stop():
        raise KeyboardInterrupt

    runner.before[pages_of(project)[9].page] = stop
    with pytest.raises(KeyboardInterrupt):
        run_all(project)
    assert contents(out) == before
    runner.before.clear()
    assert_next_batch_completes(project, runner, ran=12)


def test_second_batch_is_told_who_holds_the_folder_and_since_when(project, runner):
    with hold(project / "reports" / "2013-14-Q3"):
        said = rf"written by the batch of process {os.getpid()}, begun 20\d\d-\d\d-\d\dT"
        with pytest.raises(BatchHeldError, match=said):
            run_all(project)
    assert runner.ran == []
    assert_next_batch_completes(project, runner, ran=21)


@POSIX
@pytest.mark.slow
def test_batch_killed_at_twenty_random_moments_leaves_the_old_set_or_the_new_one(made, tmp_path):
    project = shutil.copytree(made, tmp_path / "project")
    script = [sys.executable, str(ROOT / "tests" / "killed_batch.py"), str(project), "7", "20"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(script, capture_output=True, text=True, env=environment)
    moments = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(moments) == 20, done.stderr
    assert [each for each in moments if each["set"] == "torn"] == []
    assert [each for each in moments if not each["completed"]] == []
    assert "old" in {each["set"] for each in moments}
    assert all(each["beside"] == ["2013-14-Q3"] for each in moments)


# ---- kernels and workers, as they really are


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """A published set of twenty pages that real kernels made."""
    project = make_project(tmp_path_factory.mktemp("kernels") / "project")
    settings = (project / "reference" / "batch.toml").read_text(encoding="utf-8")
    (project / "reference" / "batch.toml").write_text(
        settings.replace("= 60", "= 6"), encoding="utf-8"
    )
    write_notebook(project / "notebooks", "deeds", DEED, DO, SHOW, declared=DECLARED)
    (project / "notebooks" / "pids").mkdir()
    ask(project, {})
    result = run_deeds(project)
    assert result.published, result.lines
    return project


def ask(project, deeds):
    (project / "notebooks" / "deeds.json").write_text(json.dumps(deeds), encoding="utf-8")


def deed_runs(project):
    runs = [run_of(project, name, notebook="deeds") for name in NAMES]
    folders = {"data_dir", "reference_dir"}
    for run in runs:
        for name in folders:
            run.parameters.pop(name)
    return runs


def run_deeds(project, **options):
    given = {"quarter": QUARTER, "progress": False, "jobs": 2} | folders_of(project)
    return batch.run(deed_runs(project), **given | options)


def pids(project):
    return [int(path.read_text()) for path in (project / "notebooks" / "pids").iterdir()]


def assert_no_kernel_left(project):
    """Every kernel that ran is gone within five seconds."""
    until = time.monotonic() + 5
    for pid in pids(project):
        while is_kernel(pid):
            assert time.monotonic() < until, f"kernel {pid} is still there"
            time.sleep(0.1)


def is_kernel(pid):
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        return "State:\tZ" not in status and "ython" in status
    return False


@POSIX
@pytest.mark.slow
def test_each_page_that_fails_is_named_with_its_cause_and_the_rest_is_kept(kernels):
    out = kernels / "reports" / "2013-14-Q3"
    before = contents(out)
    causes = {
        "raises": "cell 4: KeyError: 'no such thing'",
        "exits": "cell 4: the kernel died",
        "killed": "cell 4: the kernel died",
        "hangs": "cell 4: ran longer than the 6 seconds",
        "ignores": "cell 4: ran longer than the 6 seconds",
        "memory": "cell 4: MemoryError",
    }
    ask(kernels, dict(zip(NAMES, causes, strict=False)))
    result = run_deeds(kernels, force=True)
    assert not result.published
    failed = {entry["page"]: entry for entry in result.failed}
    assert len(failed) == len(causes)
    for name, (deed, cause) in zip(NAMES, causes.items(), strict=False):
        assert cause in failed[f"{name}.html"]["error"], deed
        assert failed[f"{name}.html"]["cell"] == 4
        assert f"{name}.html from deeds.ipynb(name='{name}'" in "\n".join(result.lines)
    assert contents(out) == before
    assert_no_kernel_left(kernels)
    ask(kernels, {})
    again = run_deeds(kernels)
    assert again.published
    assert {entry["page"] for entry in again.runs if entry["outcome"] == "done"} == set()


@POSIX
@pytest.mark.slow
def test_fork_parent_or_worker_that_is_killed_costs_no_other_page(kernels):
    ask(kernels, {"page-4": "parent"})
    result = run_deeds(kernels, force=True)
    assert {entry["page"] for entry in result.failed} <= {"page-4.html"}
    assert len(result.runs) == 20
    assert_no_kernel_left(kernels)
    ask(kernels, {})
    assert run_deeds(kernels).published


COMMAND = """import sys, json
sys.path[:0] = json.loads(sys.argv[2])
from pathlib import Path
import test_faults
try:
    result = test_faults.run_deeds(Path(sys.argv[1]), force=True)
    sys.exit(0 if result.published else 1)
except KeyboardInterrupt:
    sys.exit(130)
except test_faults.BatchHeldError as error:
    print(error)
    sys.exit(3)
"""


def started(project):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    places = json.dumps([str(ROOT / "tests"), str(ROOT)])
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(project), places],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for_pages(project, number):
    """Wait until some pages of a batch have begun."""
    until = time.monotonic() + 60
    while len(list((project / "notebooks" / "pids").iterdir())) < number:
        assert time.monotonic() < until
        time.sleep(0.05)


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT", "SIGTERM", "worker"])
def test_batch_that_is_stopped_leaves_no_kernel_and_the_old_set(kernels, how):
    out = kernels / "reports" / "2013-14-Q3"
    before = contents(out)
    ask(kernels, dict.fromkeys(NAMES, "slow"))
    for path in (kernels / "notebooks" / "pids").iterdir():
        path.unlink()
    with started(kernels) as running:
        wait_for_pages(kernels, 4)
        if how == "worker":
            worker = children(running.pid)
            os.kill(worker[-1], signal.SIGKILL)
            returned = running.wait(timeout=60)
        else:
            os.kill(running.pid, getattr(signal, how))
            returned = running.wait(timeout=10)
            assert_no_kernel_left(kernels)
    assert returned in {"SIGKILL": {-9}, "SIGINT": {130}, "SIGTERM": {-15, 143}}.get(how, {0, 1})
    assert contents(out) == before or returned == 0
    assert_no_kernel_left(kernels)
    ask(kernels, {})
    assert run_deeds(kernels).published


def children(pid):
    told = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for path in told for each in path.read_text(encoding="utf-8").split()]


@POSIX
@pytest.mark.slow
def test_two_batches_at_once_the_second_leaves_with_who_holds_it(kernels):
    ask(kernels, dict.fromkeys(NAMES, "slow"))
    for path in (kernels / "notebooks" / "pids").iterdir():
        path.unlink()
    with started(kernels) as first:
        wait_for_pages(kernels, 2)
        with started(kernels) as second:
            said = second.stdout.read()
            assert second.wait(timeout=60) == 3
        assert f"process {first.pid}, begun" in said
        assert first.wait(timeout=120) == 0


# ---- progress and room


def test_plain_lines_tell_pages_done_failed_and_the_time_left(capsys):
    from ehlib.publish.batch.runner import Outcome

    ended = [Outcome(f"p{n}", 1.0, error="cell 2: no" if n == 2 else "") for n in range(8)]
    assert list(follow.followed(iter(ended), 8)) == ended
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "[1/8] p0 done in 1.0 s"
    assert lines[2] == "[3/8] p2 cell 2: no; 1 failed"
    assert re.fullmatch(r"\[5/8\] p4 done in 1\.0 s; 1 failed; about \d+:\d\d left", lines[4])
    assert lines[7] == "[8/8] p7 done in 1.0 s; 1 failed"


@pytest.mark.parametrize(
    ("pages", "cores", "free", "runs"),
    [(60, 8, 16_000_000_000, 8), (3, 8, None, 3), (60, 8, 1_100_000_000, 2), (60, 8, 1000, 1)],
)
def test_runs_at_once_fit_pages_cores_and_memory(monkeypatch, pages, cores, free, runs):
    monkeypatch.setattr(room, "cores", lambda: cores)
    monkeypatch.setattr(room, "free_memory", lambda: free)
    assert room.room_for(pages) == runs


def test_memory_that_a_container_may_have_counts(monkeypatch, tmp_path):
    for name, text in {"MEMORY": "MemAvailable: 9000 kB", "LIMIT": "5000", "USED": "1000"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(room, name, tmp_path / name)
    assert room.free_memory() == 4000
    (tmp_path / "LIMIT").write_text("max", encoding="utf-8")
    assert room.free_memory() == 9000 * 1024


def test_share_of_cores_that_a_container_may_have_counts(monkeypatch, tmp_path):
    (tmp_path / "cpu").write_text("100000 100000", encoding="utf-8")
    monkeypatch.setattr(room, "SHARE", tmp_path / "cpu")
    assert room.cores() == 1
