"""What runs in the processes of a cluster: they know nothing of this package but what they get.

Sent as a module of its own, so that only the standard library and `distributed` are imported here.
Each thread of a worker has a process of its own, which runs the package of the bundle and ends with
the worker.
"""

import contextlib
import hashlib
import importlib
import io
import json
import os
import runpy
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

SIZE = struct.Struct(">Q")  # before each message to and from the process
VERSIONS = "versions.json"  # in the bundle: what must be installed
ENVIRONMENT = "package/ehlib/publish/batch/keys/environment.py"
START = "import runpy; runpy.run_path('package/ehlib/publish/batch/cluster/worker.py')['begin']()"
INSTALL = "install requirements.lock there, as it is here"
LISTED = 5
LOCAL = {"system"}  # may differ: figures do not hang on it


class MismatchError(Exception):
    """A worker has not what the batch was begun with; the message goes on after its name."""


def prepare(archive: bytes, digest: str) -> str:
    """Name of this worker once the bundle is there and its versions are those of the batch."""
    from distributed import get_worker

    _process(_unpacked(archive, digest), digest)
    return get_worker().address


def run_there(message: bytes, archive: bytes, digest: str) -> bytes:
    """Answer of this thread's process to a job."""
    process = _process(_unpacked(archive, digest), digest)
    try:
        return _ask(process, message)
    except (OSError, EOFError):  # it was killed: a new one for the next job, which this one may be
        _forget(_state(), process)
        return _ask(_process(_unpacked(archive, digest), digest), message)


def stop(digest: str, dask_worker: object = None) -> None:
    """End the processes that run a bundle on a worker, and take the bundle away."""
    known = _state(dask_worker)
    for process in [each for key, each in known.items() if key[0] == digest]:
        _forget(known, process)
    place = Path(dask_worker.local_directory, f"ehlib-{digest[:16]}")
    shutil.rmtree(place, ignore_errors=True)


def _state(worker: object = None) -> dict:
    """Processes by bundle and thread, kept with the worker."""
    from distributed import get_worker

    worker = worker or get_worker()
    if not hasattr(worker, "ehlib_processes"):
        worker.ehlib_processes = {}
    return worker.ehlib_processes


def _place(digest: str) -> Path:
    from distributed import get_worker

    return Path(get_worker().local_directory, f"ehlib-{digest[:16]}")


def _unpacked(archive: bytes, digest: str) -> Path:
    """Folder of the bundle, unpacked once a worker."""
    place = _place(digest)
    with _lock():
        if not place.exists():
            if hashlib.sha256(archive).hexdigest() != digest:
                raise MismatchError(
                    f"got {len(archive)} bytes of package and data that are not those that were "
                    f"sent (their SHA-256 is not {digest[:12]}...); run again"
                )
            new = Path(tempfile.mkdtemp(prefix="ehlib-", dir=place.parent))
            with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                packed.extractall(new)
            new.replace(place)
    return place


def _lock() -> threading.Lock:
    from distributed import get_worker

    return get_worker().__dict__.setdefault("ehlib_lock", threading.Lock())


def _process(place: Path, digest: str) -> subprocess.Popen:
    """Process of the calling thread; MismatchError where its versions are not the batch's."""
    key, known = (digest, threading.get_ident()), _state()
    if key not in known or known[key].poll() is not None:
        process = subprocess.Popen(
            [sys.executable, "-c", START],
            cwd=place,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(place / "package"), "PYTHONSAFEPATH": "1"},
        )
        known[key] = process
        try:
            said = _hear(process).decode()
        except EOFError:
            said = f"cannot begin a run (its process ended with {process.wait()}, see its log)"
            said += f"; {INSTALL}"
        if said:
            _forget(known, process)
            raise MismatchError(said)
    return known[key]


def begin() -> None:
    """Say what keeps the bundle from running here, in words; if nothing does, answer to jobs.

    Where a process begins: it needs the standard library alone, so that it can say what is missing.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    wanted = json.loads(Path(VERSIONS).read_text(encoding="utf-8"))
    wrong = version_faults(wanted, runpy.run_path(ENVIRONMENT)["environment"]())
    if not wrong:
        try:
            there = importlib.import_module("ehlib.publish.batch.cluster.there")
        except Exception as error:  # a broken installation, say
            wrong = f"cannot begin a run ({type(error).__name__}: {error}); {INSTALL}"
    say(answers, wrong.encode())
    if not wrong:
        there.serve(answers)


def version_faults(wanted: dict[str, str], found: dict[str, str]) -> str:
    """What is installed in another version than the batch was begun with, in words."""
    faults = [
        f"{name} {found[name]} (expected {at})" if name in found else f"no {name} (expected {at})"
        for name, at in wanted.items()
        if name not in LOCAL and found.get(name) != at
    ]
    more = f" and {len(faults) - LISTED} more" if len(faults) > LISTED else ""
    return f"has {', '.join(faults[:LISTED])}{more}; {INSTALL}" if faults else ""


def say(answers: object, content: bytes) -> None:
    """Send a message from a process to its worker."""
    answers.write(SIZE.pack(len(content)) + content)
    answers.flush()


def _ask(process: subprocess.Popen, message: bytes) -> bytes:
    process.stdin.write(SIZE.pack(len(message)) + message)
    process.stdin.flush()
    return _hear(process)


def _hear(process: subprocess.Popen) -> bytes:
    head = process.stdout.read(SIZE.size)
    if len(head) < SIZE.size:
        raise EOFError("the process of a run ended")
    return process.stdout.read(SIZE.unpack(head)[0])


def _forget(known: dict, process: subprocess.Popen) -> None:
    for key in [key for key, each in known.items() if each is process]:
        del known[key]
    with contextlib.suppress(OSError):
        process.stdin.close()  # it ends when nobody can ask it any more, with its kernels
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
