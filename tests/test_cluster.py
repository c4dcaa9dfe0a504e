"""Runs on a Dask cluster: the same pages, whatever becomes of its workers."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import venv
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny_batch import (
    QUARTER,
    ROWS,
    SHOW,
    contents,
    folders_of,
    make_project,
    pages_in,
    pages_of,
    run_of,
    write_notebook,
)

from ehlib.load.reads import Read
from ehlib.publish import batch
from ehlib.publish.batch import BatchError, quarter
from ehlib.publish.batch import cluster as cluster_of
from ehlib.publish.batch.cluster import bundle, worker
from ehlib.publish.batch.cluster.worker import MismatchError, version_faults
from ehlib.publish.batch.runner import run_jobs

Client = pytest.importorskip("distributed").Client
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def project(tmp_path):
    """A project of twenty pages, each of which reads its own rows."""
    return make_project(tmp_path / "project")


def work(project, runs):
    folders = {name: each for name, each in folders_of(project).items() if name != "out"}
    made = quarter._work(runs, QUARTER, **folders)
    return list(made.jobs.values())


def test_bundle_is_the_same_for_the_same_content_and_holds_no_record_of_a_child(project):
    (project / "processed" / "cases").mkdir()
    (project / "processed" / "cases" / "mash.parquet").write_bytes(b"children")
    (project / "processed" / ".case-key").write_bytes(b"secret")
    jobs = work(project, pages_of(project))
    made = bundle.make_bundle(jobs)
    assert made.digest == bundle.make_bundle(jobs[::-1]).digest
    names = packed(made)
    assert {"package/ehlib/cli.py", "given/0/observations.parquet", "versions.json"} <= names
    assert not [name for name in names if "case-key" in name or name.startswith("given/0/cases")]
    (project / "processed" / "sources.json").write_text("{}", encoding="utf-8")
    assert bundle.make_bundle(jobs).digest != made.digest


def packed(made):
    import io
    import zipfile

    return set(zipfile.ZipFile(io.BytesIO(made.archive)).namelist())


def test_reads_on_a_worker_are_told_as_they_are_called_here(project):
    made = bundle.make_bundle(work(project, pages_of(project)))
    place = project.resolve() / "processed"
    assert made.places["given/0"] == place
    there = Read("given/0/observations.parquet", (("quarter", (QUARTER,)),))
    assert bundle.here(there, made) == replace(there, path=str(place / "observations.parquet"))
    assert bundle.here(Read("given/0"), made) == Read(str(place))
    assert bundle.here(Read("package/docs/a.md"), made) == Read(str(ROOT / "docs" / "a.md"))


def test_other_versions_are_named_with_those_expected():
    wanted = {"pandas": "3.0.1", "numpy": "2.3", "system": "linux x86_64"}
    assert version_faults(wanted, wanted | {"system": "darwin"}) == ""
    said = version_faults(wanted, {"pandas": "2.2", "system": "linux x86_64"})
    assert said.startswith("has pandas 2.2 (expected 3.0.1), no numpy (expected 2.3); install requ")


def test_module_that_is_sent_imports_nothing_of_ours():
    text = Path(worker.__file__).read_text(encoding="utf-8")
    assert re.findall(r"^\s*(?:from|import) ehlib", text, re.MULTILINE) == []


@pytest.fixture
def on_worker(tmp_path, monkeypatch):
    """What a thread of a worker sees, without a cluster."""
    place = tmp_path / "worker"
    place.mkdir()
    here = SimpleNamespace(local_directory=str(place), address="tcp://10.0.0.7:4000")
    monkeypatch.setattr("distributed.get_worker", lambda: here)
    return here


def bare_python(folder):
    """Python with the standard library and nothing else."""
    venv.create(folder, with_pip=False)
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def test_worker_without_any_package_says_which_are_not_there(
    project, tmp_path, on_worker, monkeypatch
):
    made = bundle.make_bundle(work(project, pages_of(project)[:1]))
    monkeypatch.setattr(sys, "executable", bare_python(tmp_path / "bare"))
    said = r"^has (no \S+ \(expected \S+\), ){4}no \S+ \(expected \S+\) and \d+ more; install req"
    with pytest.raises(MismatchError, match=said):
        worker.prepare(made.archive, made.digest)
    assert on_worker.ehlib_processes == {}


def test_worker_whose_packages_cannot_be_imported_says_why(
    project, tmp_path, on_worker, monkeypatch
):
    monkeypatch.setattr(bundle, "environment", dict)  # no version differs
    made = bundle.make_bundle(work(project, pages_of(project)[:1]))
    monkeypatch.setattr(sys, "executable", bare_python(tmp_path / "bare"))
    said = r"^cannot begin a run \(ModuleNotFoundError: No module named '\w+'\); install requirem"
    with pytest.raises(MismatchError, match=said):
        worker.prepare(made.archive, made.digest)


def test_worker_whose_process_dies_at_once_says_so(project, on_worker, monkeypatch):
    made = bundle.make_bundle(work(project, pages_of(project)[:1]))
    monkeypatch.setattr(worker, "START", "import os; os._exit(7)")
    with pytest.raises(MismatchError, match=r"^cannot begin a run \(its process ended with 7, see"):
        worker.prepare(made.archive, made.digest)


def test_flipped_byte_in_the_bundle_is_refused_before_it_is_unpacked(project, on_worker):
    made = bundle.make_bundle(work(project, pages_of(project)[:1]))
    flipped = bytearray(made.archive)
    flipped[len(flipped) // 2] ^= 1
    said = rf"^got {len(flipped)} bytes of package and data that are not those that were sent"
    with pytest.raises(MismatchError, match=said):
        worker.prepare(bytes(flipped), made.digest)
    assert list(Path(on_worker.local_directory).iterdir()) == []


class Full:
    """What a worker answers whose disk is full."""

    def exception(self):
        return OSError(28, "No space left on device")


def test_any_error_of_preparing_a_worker_is_a_refusal_by_its_name(monkeypatch):
    client = SimpleNamespace(
        scheduler_info=lambda n_workers: {"workers": {"tcp://10.0.0.7:4000": {}}},
        submit=lambda *given, **options: Full(),
    )
    monkeypatch.setattr(cluster_of, "_ended", lambda client, where: iter(where))
    with pytest.raises(BatchError) as told:
        cluster_of._check_workers(client, worker, ("archive", "digest"))
    assert str(told.value) == (
        "worker tcp://10.0.0.7:4000 cannot be made ready (OSError: [Errno 28] No space left on "
        "device); mend that there, or install requirements.lock there, as it is here"
    )


def test_scheduler_that_does_not_answer_is_told(project, monkeypatch):
    monkeypatch.setattr("ehlib.publish.batch.cluster.PATIENCE", 0.5)
    with pytest.raises(BatchError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        run_all(project, scheduler="tcp://127.0.0.1:9")
    assert not (project / "reports" / "2013-14-Q3").exists()


def run_all(project, runs=None, **options):
    given = {"quarter": QUARTER, "progress": False} | folders_of(project)
    return batch.run(runs or pages_of(project), **given | options)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and three worker processes on this machine."""
    with beginning(tmp_path_factory.mktemp("cluster"), workers=3) as begun:
        yield begun


@contextmanager
def beginning(folder, workers):
    """Address of a scheduler and the processes of its workers, which end with the context."""
    told = folder / "scheduler.json"
    begin = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0"]
    begin += ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(told)]
    options = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen(begin, **options)]
    try:
        address = wait_for(lambda: told.exists() and json.loads(told.read_text())["address"])
        work_for = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny"]
        work_for += ["--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
        work_for += ["--local-directory", str(folder)]
        running += [subprocess.Popen(work_for, **options) for _ in range(workers)]
        with Client(address) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address, running[1:]
    finally:
        for process in reversed(running):
            process.kill()
        for process in running:
            process.wait(timeout=60)


def wait_for(found, seconds=60):
    until = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return value


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills a worker with a signal of POSIX")
def test_cluster_makes_the_same_set_though_a_worker_is_killed_meanwhile(
    project, cluster, monkeypatch
):
    address, workers = cluster
    write_notebook(project / "notebooks", "rows", ROWS, SHOW)
    ended = []

    def watch(outcomes, total):
        for outcome in outcomes:
            ended.append(outcome.page)
            if len(ended) == 4:
                os.kill(workers[0].pid, signal.SIGKILL)
            yield outcome

    monkeypatch.setattr(quarter, "followed", watch)
    result = run_all(project, scheduler=address, progress=True)
    assert result.published, result.lines
    assert len(ended) == len(set(ended)) == 21
    assert workers[0].poll() is not None
    out = project / "reports" / "2013-14-Q3"
    there = pages_in(out)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {entry["outcome"] for entry in manifest["runs"]} == {"done"}
    # what was read came back, too: nothing is run again here
    monkeypatch.setattr(quarter, "run_jobs", None)
    assert run_all(project).published
    monkeypatch.setattr(quarter, "run_jobs", run_jobs)
    few = pages_of(project)[:3]
    assert run_all(project, few, due=pages_of(project), force=True, jobs=1).published
    assert pages_in(out) == there
    assert str(project) not in json.dumps(contents(out), default=str)


@pytest.mark.slow
def test_failure_on_a_worker_is_told_as_it_is_here(project, cluster):
    address, _ = cluster
    write_notebook(project / "notebooks", "bad", "raise KeyError('no such thing')", SHOW)
    result = run_all(project, [run_of(project, "bad", notebook="bad")], scheduler=address)
    assert not result.published
    assert result.failed[0]["cell"] == 3
    assert "cell 3: KeyError: 'no such thing'" in result.failed[0]["error"]


@pytest.mark.slow
def test_worker_with_other_versions_is_refused_before_anything_runs(project, cluster, monkeypatch):
    address, _ = cluster
    monkeypatch.setattr(bundle, "environment", lambda: {"pandas": "99.0"})
    said = r"worker tcp://127.0.0.1:\d+ has pandas [\d.]+ \(expected 99.0\); install requirements"
    with pytest.raises(BatchError, match=said):
        run_all(project, scheduler=address)


@pytest.fixture
def other_worker(cluster, tmp_path):
    """Begin another worker on the cluster, of a Python that has none of the packages."""
    address, _ = cluster
    begun = []

    def begin():
        bare = bare_python(tmp_path / "bare")
        code = (
            f"import sys; from distributed.cli.dask_worker import main; sys.executable = {bare!r}; "
        )
        code += f"main([{address!r}, '--no-nanny', '--no-dashboard', '--host', '127.0.0.1', "
        code += f"'--nthreads', '4', '--local-directory', {str(tmp_path)!r}, '--name', 'other'])"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        begun.append(subprocess.Popen([sys.executable, "-c", code], **quiet))
        with Client(address) as client:
            wait_for(lambda: "other" in names_of(client))

    yield begin
    for process in begun:
        process.kill()
        process.wait(timeout=60)
    with Client(address) as client:
        wait_for(lambda: "other" not in names_of(client))


def names_of(client):
    return {each["name"] for each in client.scheduler_info(n_workers=-1)["workers"].values()}


@pytest.mark.slow
def test_worker_that_lacks_packages_is_refused_by_name(project, cluster, other_worker):
    other_worker()
    said = r"^worker tcp://127.0.0.1:\d+ has no \S+ \(expected .*; install requirements.lock there"
    with pytest.raises(BatchError, match=said):
        run_all(project, scheduler=cluster[0])
    assert not (project / "reports" / "2013-14-Q3").exists()


@pytest.mark.slow
def test_worker_that_joins_later_is_given_no_run(project, cluster, other_worker, monkeypatch):
    check = cluster_of._check_workers

    def check_then_join(*given):
        fit = check(*given)
        other_worker()
        return fit

    monkeypatch.setattr(cluster_of, "_check_workers", check_then_join)
    result = run_all(project, scheduler=cluster[0])
    assert result.published, result.lines
    assert [each["page"] for each in result.runs if each["outcome"] != "done"] == []


@pytest.mark.slow
def test_runs_are_named_when_every_worker_that_was_checked_is_gone(project, tmp_path, monkeypatch):
    monkeypatch.setattr("ehlib.publish.batch.cluster.PATIENCE", 3)
    with beginning(tmp_path, workers=1) as (address, workers):

        def watch(outcomes, total):
            for outcome in outcomes:
                workers[0].kill()
                yield outcome

        monkeypatch.setattr(quarter, "followed", watch)
        result = run_all(project, pages_of(project)[:4], scheduler=address, progress=True)
    assert not result.published
    gone = "not run by the cluster: the workers that were there when the batch began are gone"
    assert len(result.failed) >= 2
    assert {each["error"].split(",")[0] for each in result.failed} == {gone}
