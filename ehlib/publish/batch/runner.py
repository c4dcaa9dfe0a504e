"""Runs of notebooks, each in a fresh kernel: executed by papermill, checked, made into a page."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ehlib.load.reads import LOG, Read, read_noted
from ehlib.publish.batch.making.room import free_memory
from ehlib.publish.folder import file_digest

if TYPE_CHECKING:
    from ehlib.publish.page import PageFacts, PageSummary

FEW = 2  # runs for which it takes longer to warm kernels than to start cold ones
LEAST = 2_000_000_000  # bytes that every kernel may have; a map of England's LSOAs takes half


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
    facts: "PageFacts"
    commentary: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a run ended; `cell` counts from 1 and is 0 when no cell is to blame.

    `files` has the digests of the page and its downloads by their place in the page's folder,
    `reads` what was read of the prepared data. `lost` says that the run fell with a process that
    others use, too, so that it may not be to blame at all.
    """

    page: str
    seconds: float
    summary: "PageSummary | None" = None
    digest: str = ""
    cell: int = 0
    error: str = ""
    files: dict[str, str] = field(default_factory=dict)
    reads: tuple[Read, ...] = ()
    lost: bool = False


def run_jobs(jobs: list[Job], *, processes: int) -> Iterator[Outcome]:
    """Outcomes of jobs, in the order they end.

    Parameters
    ----------
    jobs : list of Job
        One a page.
    processes : int
        How many run at once.

    Yields
    ------
    Outcome
        One a job, failed or not. A job that is lost with a process is run once more by itself,
        since another job may have taken the process down. Nothing runs on, and no kernel is left,
        when the caller stops asking.
    """
    from ehlib.publish.kernels import warm_kernels
    from ehlib.publish.kernels.keeper import MEMORY, environment

    again = []
    few = len(jobs) <= FEW
    memory = max(LEAST, (free_memory() or 0) // processes)
    with environment({MEMORY: str(memory)}) if few else warm_kernels(memory=memory):
        for job, outcome in _run(jobs, processes):
            if outcome.lost:
                again.append(job)
            else:
                yield outcome
        for job in again:
            for _, outcome in _run([job], 1):
                yield _lost_twice(outcome) if outcome.lost else outcome


def render(job: Job) -> Outcome:
    """Run a notebook and write its page and downloads.

    Parameters
    ----------
    job : Job
        Its parameters fit the notebook.

    Returns
    -------
    Outcome
        Without error only if every cell ran and the page was fit to be written.
    """
    from ehlib.publish.downloads import write_downloads
    from ehlib.publish.kernels.execute import execute, private_folder
    from ehlib.publish.page import write_page

    begun = time.monotonic()
    path = Path(job.path)
    try:
        with private_folder() as private:
            notebook = execute(job, private)
            summary = write_page(notebook, path, facts=job.facts, commentary=job.commentary)
            downloads = write_downloads(notebook, path.parent, path.stem, job.facts)
            reads = read_noted(private / LOG.lower())
    except Exception as error:  # one failing run must not end the batch: its outcome says so
        problem = (str(error) or type(error).__name__).splitlines()[0]
        cell, lost = getattr(error, "cell", 0), getattr(error, "lost", False)
        return Outcome(job.page, _since(begun), cell=cell, error=problem, lost=lost)
    written = [path, *downloads]
    files = {each.relative_to(path.parent).as_posix(): file_digest(each) for each in written}
    seconds, digest = _since(begun), files[path.name]
    return Outcome(job.page, seconds, summary, digest, files=files, reads=reads)


def _run(jobs: list[Job], processes: int) -> Iterator[tuple[Job, Outcome]]:
    """Jobs with their outcomes, those of a process that was lost included."""
    from ehlib.publish.kernels.workers import Lost, work_through

    begun = time.monotonic()
    done = work_through(jobs, render, processes=processes, seconds=lambda job: job.timeout)
    with contextlib.closing(done):
        for job, ended in done:
            if isinstance(ended, Lost):
                ended = Outcome(job.page, _since(begun), error=ended.problem, lost=True)
            yield job, ended


def _lost_twice(outcome: Outcome) -> Outcome:
    problem = "its process was ended from outside, twice; is there memory enough?"
    place = f"cell {outcome.cell}: " if outcome.cell else ""
    return replace(outcome, error=f"{place}{problem}", lost=False)


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 2)
