"""A process on a worker of a cluster that runs jobs with the package it was sent."""

import os
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from ehlib.load.reads import Read
from ehlib.publish.batch.cluster.messages import read_job, write_outcome
from ehlib.publish.batch.cluster.worker import SIZE, say
from ehlib.publish.batch.making.room import cores, free_memory
from ehlib.publish.batch.runner import LEAST, Job, render
from ehlib.publish.kernels import warm_kernels


def serve(answers: object) -> None:
    """Answer to jobs on standard input until it ends, at once when the worker is gone."""
    jobs: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    with warm_kernels(memory=max(LEAST, (free_memory() or 0) // cores())):
        while message := jobs.get():
            say(answers, _run(read_job(message), Path.cwd()))


def _listen(jobs: "SimpleQueue[bytes]") -> None:
    """Take in jobs; when there is nobody to send any more, end, whatever is running."""
    given = sys.stdin.buffer
    while head := given.read(SIZE.size):
        jobs.put(given.read(SIZE.unpack(head)[0]))
    os._exit(0)


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
