"""A process on a worker of a cluster that runs jobs with the package it was sent."""

import json
import os
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from ehlib.load.reads import Read
from ehlib.publish.batch.cluster.bundle import VERSIONS
from ehlib.publish.batch.cluster.messages import read_job, write_outcome
from ehlib.publish.batch.cluster.worker import SIZE
from ehlib.publish.batch.keys.environment import environment
from ehlib.publish.batch.making.room import cores, free_memory
from ehlib.publish.batch.runner import LEAST, Job, render
from ehlib.publish.kernels import warm_kernels

LISTED = 5
LOCAL = {"system"}  # may differ: figures do not hang on it


def serve() -> None:
    """Answer to jobs on standard input until it ends, at once when the worker is gone."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    wrong = version_faults(json.loads(Path(VERSIONS).read_text(encoding="utf-8")), environment())
    _say(answers, wrong.encode())
    jobs: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    with warm_kernels(memory=max(LEAST, (free_memory() or 0) // cores())):
        while message := jobs.get():
            _say(answers, _run(read_job(message), Path.cwd()))


def version_faults(wanted: dict[str, str], found: dict[str, str]) -> str:
    """What is installed in another version than the batch was begun with, in words."""
    faults = [
        f"{name} {found.get(name, 'not there')} (expected {at})"
        for name, at in wanted.items()
        if name not in LOCAL and found.get(name) != at
    ]
    more = f" and {len(faults) - LISTED} more" if len(faults) > LISTED else ""
    return f"{', '.join(faults[:LISTED])}{more}" if faults else ""


def _listen(jobs: "SimpleQueue[bytes]") -> None:
    """Take in jobs; when there is nobody to send any more, end, whatever is running."""
    given = sys.stdin.buffer
    while head := given.read(SIZE.size):
        jobs.put(given.read(SIZE.unpack(head)[0]))
    os._exit(0)


def _say(answers: object, content: bytes) -> None:
    answers.write(SIZE.pack(len(content)) + content)
    answers.flush()


def _run(job: Job, place: Path) -> bytes:
    """Answer to a job: its outcome and the content of its files, reads as places in the bundle."""
    with tempfile.TemporaryDirectory(prefix="eh-", ignore_cleanup_errors=True) as folder:
        page = Path(folder).resolve() / f"{job.page}.html"
        outcome = render(replace(job, folder=str(place / job.folder), path=str(page)))
        files = {name: (page.parent / name).read_bytes() for name in outcome.files}
    reads = tuple(_in_bundle(read, place.resolve()) for read in outcome.reads)
    return write_outcome(replace(outcome, reads=reads), files)


def _in_bundle(read: Read, place: Path) -> Read:
    path = Path(read.path)
    inside = path.is_relative_to(place)
    return replace(read, path=path.relative_to(place).as_posix()) if inside else read
