"""Processes that do the runs of a batch: each its own, watched, and ended with the batch."""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from ehlib.publish.kernels.keeper import ADDRESS, MEMORY, environment, may_fork
from ehlib.publish.kernels.libraries import SINGLE

PRELOADED = ["ehlib.publish.kernels.ahead"]  # imports what workers are forked with
GRACE = 60.0  # seconds beyond a task's own limit that a worker may take for all around it
TRIALS = 5  # to start a worker, and to give it a task
PAUSE = 0.2  # seconds after which a process that was killed is known to have ended
ORPHANED = 255  # multiprocessing's exit code of a worker, if what it was forked from has ended


@dataclass(frozen=True)
class Lost:
    """A task has no result, because its process ended or took too long; `problem` says which."""

    problem: str


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: int = -1
    end: float = float("inf")


def work_through(
    tasks: list[Any],
    work: Callable[[Any], object],
    *,
    processes: int,
    seconds: Callable[[Any], float],
) -> Iterator[tuple[Any, object]]:
    """Tasks with their results, or with `Lost`, in the order they end.

    Parameters
    ----------
    tasks : list
        Can be pickled, as `work` can.
    work : callable
        Gives the result of a task.
    processes : int
        How many work at once.
    seconds : callable
        How long a task may take; `GRACE` is added.

    Yields
    ------
    tuple
        All workers are killed when the caller stops asking.
    """
    waiting = deque(range(len(tasks)))
    workers = [_start(work) for _ in range(min(processes, len(tasks)))]
    try:
        while waiting or any(worker.task >= 0 for worker in workers):
            for place, worker in enumerate(workers):
                if worker.task < 0 and waiting:
                    number = waiting.popleft()
                    limit = seconds(tasks[number]) + GRACE
                    workers[place] = _hand_over(worker, tasks[number], work, limit)
                    workers[place].task = number
            for worker in _ended(workers):
                task, worker.task = worker.task, -1
                yield tasks[task], _result(worker)
    finally:
        for worker in workers:
            _end(worker)


def start_ahead() -> None:
    """Have the process that workers are forked from, where there is one, import while we plan."""
    if may_fork():
        from multiprocessing import forkserver  # there is none on Windows

        forkserver.set_forkserver_preload(PRELOADED)
        with environment(SINGLE):
            forkserver.ensure_running()


def _start(work: Callable[[Any], object]) -> _Worker:
    """A worker, also where the process that workers are forked from ends meanwhile."""
    for _ in range(TRIALS - 1):
        with contextlib.suppress(EOFError, OSError):
            return _begin(work)
        time.sleep(PAUSE)
    try:
        return _begin(work)
    except EOFError as error:
        raise ChildProcessError("processes that run notebooks end as they start") from error


def _begin(work: Callable[[Any], object]) -> _Worker:
    start_ahead()
    context = multiprocessing.get_context("forkserver" if may_fork() else "spawn")
    ours, theirs = context.Pipe()
    given = {name: os.environ[name] for name in (ADDRESS, MEMORY) if name in os.environ}
    process = context.Process(target=_serve, args=(theirs, work, given))
    with theirs, environment(SINGLE), contextlib.ExitStack() as stack:
        stack.callback(ours.close)
        process.start()
        stack.pop_all()
    return _Worker(process, ours)


def _hand_over(
    worker: _Worker, task: object, work: Callable[[Any], object], limit: float
) -> _Worker:
    """Give a task to a worker, or to another in the place of one that has ended."""
    for _ in range(TRIALS):
        with contextlib.suppress(OSError):
            if worker.process.is_alive():
                worker.pipe.send(task)
                worker.end = time.monotonic() + limit
                return worker
        _end(worker)
        worker = _start(work)
    raise ChildProcessError("processes that run notebooks end before they are given any")


def _ended(workers: list[_Worker]) -> list[_Worker]:
    """Workers whose task has come to an end: with a result, by death, or by the clock."""
    busy = [worker for worker in workers if worker.task >= 0]
    first = min(worker.end for worker in busy)
    handles = [each for worker in busy for each in (worker.pipe, worker.process.sentinel)]
    ready = wait(handles, timeout=max(0, first - time.monotonic()))
    now = time.monotonic()
    return [
        worker
        for worker in busy
        if worker.pipe in ready or worker.process.sentinel in ready or worker.end <= now
    ]


def _result(worker: _Worker) -> object:
    """What a worker sent, or why it sent nothing."""
    try:
        if worker.pipe.poll():
            return worker.pipe.recv()
        late = worker.process.is_alive()
    except (EOFError, OSError):
        late = False
    _end(worker)
    if late:
        return Lost(f"its process did not end within {GRACE:.0f} seconds of its time")
    return Lost("its process was ended from outside")


def _end(worker: _Worker) -> None:
    """Kill a worker; its kernel's server sees its connection close and kills the kernel."""
    if worker.pipe.closed:
        return
    worker.process.kill()
    if worker.process.exitcode == ORPHANED:  # it runs on, and nobody would tell when it ends
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.join()
    worker.pipe.close()


def _serve(pipe: Connection, work: Callable[[Any], object], given: dict[str, str]) -> None:
    """Be a worker: do one task after another until the batch closes the pipe.

    What is `given` of the environment may be later than the process that workers are forked from.
    """
    for name in (ADDRESS, MEMORY):
        os.environ.pop(name, None)
    os.environ.update(given)
    signal.signal(signal.SIGINT, _leave_to_batch)
    threading.Thread(target=_end_with_batch, daemon=True).start()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            pipe.send(work(pipe.recv()))


def _leave_to_batch(number: int, frame: object) -> None:
    """Let Ctrl-C be the batch's own affair: it ends its workers; kernels do not inherit this."""


def _end_with_batch() -> None:
    """End this worker when the batch is killed, and its kernel with it."""
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)
