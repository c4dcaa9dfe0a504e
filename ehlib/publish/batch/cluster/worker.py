"""What runs in the processes of a cluster: they know nothing of this package but what they get.

Sent as a module of its own, so that only the standard library and `distributed` are imported here.
Each thread of a worker has a process of its own, which runs the package of the bundle and ends with
the worker.
"""

import contextlib
import hashlib
import io
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

SIZE = struct.Struct(">Q")  # before each message to and from the process
START = "from ehlib.publish.batch.cluster.there import serve; serve()"


class MismatchError(Exception):
    """A worker has not what the batch was begun with."""


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
                raise MismatchError("package and data did not arrive as they were sent; run again")
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
        said = _hear(process).decode()
        if said:
            _forget(known, process)
            raise MismatchError(said)
    return known[key]


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
