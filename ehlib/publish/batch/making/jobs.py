"""The work of a batch: a job for each page, why it is to be run, and what came of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ehlib.publish.batch.keys.data import Snapshot
from ehlib.publish.batch.keys.page import folders_of, page_key
from ehlib.publish.batch.keys.store import Store
from ehlib.publish.batch.record import ended_entry, failed_entry, kept_entry
from ehlib.publish.batch.runner import Job, Outcome
from ehlib.publish.batch.runs import Run
from ehlib.publish.page import PageFacts

ASKED = "asked for with --force"
Running = Callable[[list[Job]], Iterable[Outcome]]


@dataclass
class Work:
    """Runs that are due with the job of each, the pages kept, and the files as they were first."""

    store: Store
    facts: PageFacts
    jobs: dict[str, Job]
    runs: dict[str, Run]
    snapshot: Snapshot = field(default_factory=Snapshot)

    def __enter__(self) -> None:
        """Look at every file that notebooks may read, before any does."""
        self.store.open()
        folders = {each for job in self.jobs.values() for each in folders_of(job).values()}
        for folder in sorted(folders):
            if folder.is_dir():
                self.snapshot.whole(folder)

    def __exit__(self, *error: object) -> None:
        """Leave nothing of runs that did not end well."""
        self.store.close()

    def reasons(self, pages: Iterable[str], *, force: bool = False) -> dict[str, str]:
        """Why each page is to be made, in words; empty for those that are as they should be."""
        return {
            page: ASKED if force else self.store.why(self.jobs[page], self.snapshot)
            for page in pages
        }

    def run_stale(
        self, pages: list[str], running: Running, *, force: bool = False
    ) -> dict[str, dict]:
        """Run those of some pages that must be, and keep those that end well; entry of each page.

        Parameters
        ----------
        pages : list of str
            Names of pages.
        running : callable
            Runs jobs and gives the outcome of each as it ends.
        force : bool
            Run all of them.
        """
        why = self.reasons(pages, force=force)
        entries = {page: self.entry_kept(page) for page in pages if not why[page]}
        stale = [page for page in pages if why[page]]
        keys = {page: page_key(self.jobs[page], self.snapshot) for page in stale}
        for page in stale:
            self.store.place(page)
        if stale:
            for outcome in running([self.jobs[page] for page in stale]):
                page = outcome.page
                entries[page] = self._keep(outcome, keys[page]) | {"why": why[page]}
        return entries

    def entry_kept(self, page: str) -> dict:
        """Entry of a page that is as it should be."""
        return kept_entry(self.runs[page], self.store.read(page).entry)

    def _keep(self, outcome: Outcome, key: dict[str, str]) -> dict:
        run, job = self.runs[outcome.page], self.jobs[outcome.page]
        entry = ended_entry(run, job, outcome)
        if outcome.summary is None:
            return entry
        try:
            entry |= {"files": self.store.files(outcome.page)}
            problem = self.store.put(job, outcome, {"entry": entry, "key": key}, self.snapshot)
        except OSError as error:  # the disk is full, say: the other pages are still made
            problem = f"the page cannot be kept: {error.strerror or error}"
        return failed_entry(entry, problem) if problem else entry


def work_of(
    due: list[Run], store: Store, *, facts: PageFacts, timeout: int, commentary: dict[str, str]
) -> Work:
    """Work of a quarter's due pages.

    Parameters
    ----------
    due : list of Run
        From `plan`.
    store : Store
        Where pages are made and kept.
    facts : PageFacts
        What pages say about the set.
    timeout : int
        Seconds that a run may take.
    commentary : dict of str
        The analyst's comments, by page.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in {run.notebook for run in due}}
    jobs = {}
    for run in due:
        jobs[run.page] = Job(
            page=run.page,
            notebook=run.notebook.name,
            text=texts[run.notebook],
            parameters=run.parameters,
            folder=str(run.notebook.parent.resolve()),
            path=str(store.page_path(run.page)),
            timeout=timeout,
            facts=facts,
            **({"commentary": commentary[run.page]} if run.page in commentary else {}),
        )
    return Work(store, facts, jobs, {run.page: run for run in due})
