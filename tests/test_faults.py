"""Whatever happens to a batch, the set is the old one or the new one, and the next batch ends."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tiny_batch import (
    QUARTER,
    ROWS,
    SHOW,
    command_of,
    contents,
    folders_of,
    make_project,
    pages_in,
    pages_of,
    run_quickly,
    write_notebook,
    write_schedule,
)

from ehlib import cli
from ehlib.publish import batch, folder
from ehlib.publish.batch import quarter, record, released
from ehlib.publish.batch.making import follow, room
from ehlib.publish.folder import BatchHeldError, FolderError, hold

ROOT = Path(__file__).resolve().parents[1]
POSIX = pytest.mark.skipif(os.name != "posix", reason="kills processes with signals of POSIX")


# ---- the set, with pages that are run in this process


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("made") / "project")
    with pytest.MonkeyPatch.context() as patch:
        run_quickly(patch)
        assert run_all(project).published
    return project


@pytest.fixture
def runner(monkeypatch):
    return run_quickly(monkeypatch)


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


def set_clocks(patch, years):
    """Have every clock that tells the day stand in the last of some years."""

    def moment():
        return datetime(years[-1], 1, 1, tzinfo=UTC)

    class Day(date):
        today = classmethod(lambda cls: moment().date())

    class Moment(datetime):
        now = classmethod(lambda cls, zone=None: moment())

    for module in (quarter, released):
        patch.setattr(module, "date", Day)
    for module in (record, folder):
        patch.setattr(module, "datetime", Moment)
    patch.setattr(time, "time", lambda: moment().timestamp())


def test_clock_that_jumps_changes_nothing(commanded, runner, monkeypatch):
    write_notebook(commanded / "notebooks", "rows", "# new", ROWS, SHOW)
    years = [2031]
    runner.before["excess-weight-year6-2"] = lambda: years.append(1999)
    with monkeypatch.context() as patch:
        set_clocks(patch, years)
        assert cli.main(command_of(commanded)) == 0
    assert len(runner.ran) == 21
    manifest = json.loads((commanded / "reports/2013-14-Q3/manifest.json").read_text("utf-8"))
    assert (manifest["started"][:4], manifest["finished"][:4]) == ("2031", "1999")
    for path in (commanded / "processed").rglob("*.parquet"):
        os.utime(path, (4_000_000_000, 4_000_000_000))
    runner.ran.clear()
    (commanded / "reports" / "2013-14-Q3" / "index.html").unlink()  # or nothing is looked at
    assert cli.main(command_of(commanded)) == 0
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


# ---- the command


@pytest.fixture(scope="module")
def commanded_once(made, tmp_path_factory):
    project = shutil.copytree(made, tmp_path_factory.mktemp("commanded") / "project")
    write_schedule(project, pages_of(project))
    with pytest.MonkeyPatch.context() as patch:
        run_quickly(patch)
        assert cli.main(command_of(project)) == 0
    return project


@pytest.fixture
def commanded(commanded_once, tmp_path):
    """A set of 21 pages that the command published, pages being run in this process."""
    return shutil.copytree(commanded_once, tmp_path / "commanded")


def last_line(capsys):
    return capsys.readouterr().err.splitlines()[-1]


def test_command_runs_nothing_that_is_as_it_should_be_and_all_that_it_is_forced_to(
    commanded, runner, capsys
):
    assert cli.main(command_of(commanded)) == 0
    assert runner.ran == []
    assert last_line(capsys) == "2013/14-Q3: 21 kept; published"
    assert cli.main(command_of(commanded)) == 0
    assert last_line(capsys) == "2013/14-Q3: 21 kept; nothing to do"
    assert cli.main(command_of(commanded, "--force")) == 0
    assert last_line(capsys) == "2013/14-Q3: 21 done; published"
    assert sorted(runner.ran) == sorted(run.page for run in pages_of(commanded))


def test_dry_run_of_the_command_says_what_would_run_and_why_and_writes_no_page(
    commanded, runner, capsys
):
    assert cli.main(command_of(commanded)) == 0
    write_notebook(commanded / "notebooks", "rows", "# new", ROWS, SHOW)
    places = [commanded / "reports", commanded / "processed" / "pages"]
    before = [contents(place) for place in places]
    capsys.readouterr()
    assert cli.main(command_of(commanded, "--dry-run")) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[:-1] == [f"{run.page}.html: changed: notebook" for run in pages_of(commanded)]
    assert told[-1] == "2013/14-Q3: 21 would run, 0 are as they should be"
    assert cli.main(command_of(commanded, "--dry-run", "--force")) == 0
    assert "mash-enquiries-6.html: asked for with --force" in capsys.readouterr().err
    assert runner.ran == []
    assert [contents(place) for place in places] == before


def test_command_that_is_stopped_failed_or_kept_off_ends_with_a_code_of_its_own(
    commanded, runner, capsys
):
    write_notebook(commanded / "notebooks", "rows", "# new", ROWS, SHOW)
    out = commanded / "reports" / "2013-14-Q3"
    before = contents(out)

    def stop():
        raise KeyboardInterrupt

    runner.before["mash-enquiries-3"] = stop
    assert cli.main(command_of(commanded)) == 130
    assert last_line(capsys) == "Stopped."
    with hold(out):
        assert cli.main(command_of(commanded)) == 3
    said = last_line(capsys)
    assert re.search(rf"2013-14-Q3 is being written by the batch of process {os.getpid()}, ", said)
    runner.before.clear()
    write_notebook(commanded / "notebooks", "rows", "assert not name.endswith('-6')", ROWS, SHOW)
    assert cli.main(command_of(commanded)) == 1
    assert last_line(capsys) == "2013/14-Q3: 18 done, 3 failed; nothing published"
    assert contents(out) == before


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
