"""Runs of notebooks, each in a fresh kernel: executed by papermill, checked, made into a page."""

import contextlib
import hashlib
import logging
import multiprocessing
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from ehlib.publish.batch.parameters import read_notebook
from ehlib.publish.page import PageFacts, PageSummary, numbered_cells, write_page

logging.getLogger("papermill").addHandler(logging.NullHandler())  # failures are told in Outcome


@dataclass(frozen=True)
class Job:
    """All that a worker needs for a run, the notebook's text included."""

    page: str
    notebook: str
    text: str
    parameters: dict[str, object]
    folder: str
    path: str
    timeout: int
    facts: PageFacts


@dataclass(frozen=True)
class Outcome:
    """How a run ended; `cell` counts from 1 and is 0 when no cell is to blame."""

    page: str
    seconds: float
    summary: PageSummary | None = None
    digest: str = ""
    cell: int = 0
    error: str = ""


class RunError(Exception):
    """A notebook did not run to its end; `cell` counts from 1."""

    def __init__(self, cell: int, problem: str) -> None:
        super().__init__(f"cell {cell}: {problem}")
        self.cell = cell


def run_jobs(jobs: list[Job], *, processes: int) -> Iterator[Outcome]:
    """Outcomes of jobs, in the order they end.

    Parameters
    ----------
    jobs : list of Job
        One a page.
    processes : int
        How many run at once; 1 runs them in this process.

    Yields
    ------
    Outcome
        One a job, failed or not. A job whose process dies is run once more by itself, since
        another job may have taken the process down.
    """
    if processes == 1:
        yield from map(render, jobs)
        return
    waiting = {}
    with _pool(processes) as pool:
        futures = {pool.submit(render, job): job for job in jobs}
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenProcessPool:
                waiting[futures[future].page] = futures[future]
    for job in waiting.values():
        yield _run_alone(job)


def render(job: Job) -> Outcome:
    """Run a notebook and write its page.

    Parameters
    ----------
    job : Job
        Its parameters fit the notebook.

    Returns
    -------
    Outcome
        Without error only if every cell ran and the page was fit to be written.
    """
    begun = time.monotonic()
    try:
        notebook = _execute(job)
        summary = write_page(notebook, Path(job.path), facts=job.facts)
        digest = hashlib.sha256(Path(job.path).read_bytes()).hexdigest()
    except Exception as error:  # one failing run must not end the batch: its outcome says so
        problem = (str(error) or type(error).__name__).splitlines()[0]
        return Outcome(job.page, _since(begun), cell=getattr(error, "cell", 0), error=problem)
    return Outcome(job.page, _since(begun), summary, digest)


def _execute(job: Job) -> NotebookNode:
    """Executed notebook, every cell of which ran without error."""
    notebook = read_notebook(job.text, name=job.notebook)
    begun: list[int] = []
    try:
        with _private_folder() as private:
            executed = papermill.execute_notebook(
                notebook,
                None,
                parameters=job.parameters,
                cwd=job.folder,
                progress_bar=False,
                on_cell_start=lambda cell, cell_index: begun.append(cell_index),
                **_kernel_options(private, job.timeout),
            )
    except PapermillExecutionError as error:
        problem = f"{error.ename}: {error.evalue}"
        raise RunError(_number(job, error.cell_index), problem.splitlines()[0]) from error
    except CellTimeoutError as error:
        problem = f"ran longer than the {job.timeout} seconds that batch.toml allows"
        raise RunError(_number(job, begun[-1]), problem) from error
    except DeadKernelError as error:
        raise RunError(_number(job, begun[-1]), "the kernel died") from error
    for number, cell in numbered_cells(executed):
        if cell.cell_type == "code" and cell.source.strip() and not cell.execution_count:
            raise RunError(number, "the cell was not run")
    return executed


def _number(job: Job, index: int) -> int:
    """Number of a cell as the analyst counts, from its index in papermill's copy."""
    cells = read_notebook(job.text, name=job.notebook).cells
    tags = [cell.metadata.get("tags", []) for cell in cells]
    parameters = next(place for place, names in enumerate(tags) if "parameters" in names)
    return index + 1 - (bool(job.parameters) and index > parameters)


def _kernel_options(private: Path, timeout: int) -> dict[str, object]:
    """What papermill passes on to nbclient."""
    begun: list[float] = []

    def time_left(cell: NotebookNode) -> int:
        begun.append(time.monotonic())
        return max(1, int(begun[0] + timeout - begun[-1]))  # 0 would mean for ever

    manager = {"connection_file": str(private / "k.json")}
    if hasattr(socket, "AF_UNIX") and os.name == "posix":
        # sockets in a folder that only this user can open; nbclient's own default would put them
        # into the notebooks' folder, where kernels that start together take each other's
        manager |= {"transport": "ipc", "ip": str(private / "k")}
    return {
        "language": "python",
        "kernel_name": "python3",  # this environment's, whatever the notebook was saved with
        "config": Config({"KernelManager": manager}),
        "extra_arguments": ["--HistoryManager.enabled=False"],
        "start_timeout": max(timeout, 60),
        "execution_timeout": timeout,
        "timeout_func": time_left,  # for the run as a whole; nbclient's own is for each cell
        "iopub_timeout": 60,
        "force_raise_errors": True,
        "shutdown_kernel": "immediate",
    }


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """Short-lived folder for a kernel's sockets and settings, with the environment it needs."""
    with tempfile.TemporaryDirectory(prefix="eh-", ignore_cleanup_errors=True) as name:
        wanted = {
            "IPYTHONDIR": name,  # neither history nor the user's own start-up files
            "JUPYTER_RUNTIME_DIR": name,
            "MPLBACKEND": "agg",  # a figure is shown by show_figure alone
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        if "PYTHONPATH" in os.environ:  # relative parts count from here, not from the notebook
            parts = os.environ["PYTHONPATH"].split(os.pathsep)
            wanted["PYTHONPATH"] = os.pathsep.join(str(Path(part).resolve()) for part in parts)
        before = {key: os.environ.get(key) for key in wanted}
        os.environ.update(wanted)
        try:
            yield Path(name)
        finally:
            for key, value in before.items():
                os.environ.pop(key)
                if value is not None:
                    os.environ[key] = value


def _run_alone(job: Job) -> Outcome:
    """Outcome of a job in a process of its own."""
    begun = time.monotonic()
    with _pool(1) as pool:
        try:
            return pool.submit(render, job).result()
        except BrokenProcessPool:
            problem = "its process was ended from outside, twice; is there memory enough?"
            return Outcome(job.page, _since(begun), error=problem)


@contextlib.contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes, which drop what has not begun when the batch is broken off."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_end_with_batch)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_batch() -> None:
    """End this worker when the batch is killed, and its kernel with it."""
    batch = multiprocessing.parent_process()

    def watch() -> None:
        wait([batch.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 2)
