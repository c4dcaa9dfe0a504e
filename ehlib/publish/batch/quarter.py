"""Run the batch of a quarter and publish its pages together."""

import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tqdm import tqdm

from ehlib.load.periods import parse_quarter
from ehlib.publish.batch.record import (
    BatchResult,
    begin_record,
    ended_entry,
    is_standing,
    kept_entry,
    now,
    planned_entry,
    version,
    write_last_batch,
    write_manifest,
)
from ehlib.publish.batch.runner import Job, Outcome, run_jobs
from ehlib.publish.batch.runs import (
    NOTEBOOKS,
    PROCESSED,
    REFERENCE,
    ROOT,
    Run,
    check_runs,
    plan,
    select,
)
from ehlib.publish.batch.schedule import Schedule, read_schedule
from ehlib.publish.folder import hold, read_manifest, stage, swap
from ehlib.publish.page import PageFacts, write_index
from ehlib.publish.release import gate


def run_quarter(
    quarter: str = "",
    *,
    out: Path | None = None,
    reference_dir: Path = REFERENCE,
    processed_dir: Path = PROCESSED,
    notebooks_dir: Path = NOTEBOOKS,
    only: str = "",
    area: str = "",
    jobs: int | None = None,
    dry_run: bool = False,
    publish_partial: bool = False,
    progress: bool = True,
) -> BatchResult:
    """Plan and run the batch of a quarter.

    Parameters
    ----------
    quarter : str
        The default quarter of batch.toml when empty.
    out : Path, optional
        The quarter's folder; `reports/2013-14-Q3` of the project when not given.
    reference_dir, processed_dir, notebooks_dir : Path
        As for `plan`.
    only, area : str
        Run these pages alone, as for `plan`; the others stay as they were published.
    jobs : int, optional
        Runs at once; as many as there are cores when not given.
    dry_run : bool
        Check what would run, and run nothing.
    publish_partial, progress : bool
        As for `run`.

    Returns
    -------
    BatchResult
        `failed` is empty when all went well; after a dry run every entry is `planned`.

    Raises
    ------
    BatchError, ValueError, FolderError, BatchHeldError
        As `plan` and `run` do, before any notebook runs.
    """
    quarter = quarter or read_schedule(reference_dir / "batch.toml").default_quarter
    period = parse_quarter(quarter)
    folders = {"reference_dir": reference_dir, "processed_dir": processed_dir}
    due = plan(period.label, notebooks_dir=notebooks_dir, **folders)
    chosen = select(due, area=area, only=only)
    out = out or ROOT / "reports" / period.slug
    if dry_run:
        check_runs(chosen)
        entries = [planned_entry(run) for run in chosen]
        return BatchResult(period.label, out, published=False, runs=entries)
    options = {"jobs": jobs, "publish_partial": publish_partial, "progress": progress}
    return run(chosen, quarter=period.label, out=out, due=due, **folders, **options)


def run(
    runs: list[Run],
    *,
    quarter: str,
    out: Path,
    processed_dir: Path = PROCESSED,
    reference_dir: Path = REFERENCE,
    jobs: int | None = None,
    due: list[Run] | None = None,
    publish_partial: bool = False,
    progress: bool = True,
) -> BatchResult:
    """Run notebooks and put their pages in the place of the quarter's earlier ones.

    Parameters
    ----------
    runs : list of Run
        From `plan`.
    quarter : str
        Label that the pages carry.
    out : Path
        The quarter's folder. Replaced whole when every run passed; otherwise it stays as it is.
    processed_dir, reference_dir : Path
        Hashed into the manifest; `last_batch.json` in the first records every batch.
    jobs : int, optional
        Runs at once; 1 runs them in this process.
    due : list of Run, optional
        All pages that the quarter should have, when `runs` are only some: those published
        earlier are kept, and the index names those that are missing.
    publish_partial : bool
        Publish the pages that passed even when others failed; the index names those.
    progress : bool
        Show a bar, or plain lines where stderr is no terminal.

    Returns
    -------
    BatchResult
        One entry a page, failed ones with cell and error.

    Raises
    ------
    BatchError
        If parameters do not fit their notebooks; nothing has run then.
    BatchHeldError
        If another batch is writing to `out`.
    FolderError
        If `out` holds files that no batch made, or cannot be replaced.
    ReleaseError
        If the finished set tells what it must not; `out` stays as it is.
    """
    check_runs(runs)
    schedule = read_schedule(reference_dir / "batch.toml")
    facts = PageFacts(schedule.trust, quarter, date.today(), version("ehlib"))
    due = due or runs
    folders = {"processed_dir": processed_dir, "reference_dir": reference_dir}
    with hold(out), stage(out) as staged:
        earlier = read_manifest(out)
        record = begin_record(quarter, processed_dir, reference_dir)
        work = [_job(item, staged, schedule, facts) for item in runs]
        entries = _run_all(runs, work, jobs=jobs, progress=progress)
        for item in due:
            if item.page not in entries and (kept := kept_entry(item, earlier, out, staged)):
                entries[item.page] = kept
        record["runs"] = [entries[item.page] for item in due if item.page in entries]
        record["finished"] = now()
        published = _may_publish(record["runs"], publish_partial)
        if published:
            _finish(record, staged, facts=facts, due=due)
            gate(staged, **folders, raw_dir=_raw(processed_dir))
            swap(staged, out)
    write_last_batch(record, processed_dir, published=published)
    return BatchResult(quarter, out, published, record["runs"])


def _job(run: Run, staged: Path, schedule: Schedule, facts: PageFacts) -> Job:
    return Job(
        page=run.page,
        notebook=run.notebook.name,
        text=run.notebook.read_text(encoding="utf-8"),
        parameters=run.parameters,
        folder=str(run.notebook.parent.resolve()),
        path=str(staged.resolve() / f"{run.page}.html"),
        timeout=schedule.timeout_seconds,
        facts=facts,
    )


def _raw(processed_dir: Path) -> Path | None:
    """Folder of extracts beside the prepared data, whose ids no page may hold."""
    raw = processed_dir.parent / "raw"
    return raw if raw.is_dir() else None


def _run_all(
    runs: list[Run], work: list[Job], *, jobs: int | None, progress: bool
) -> dict[str, dict]:
    """Entries of runs by page."""
    import matplotlib.font_manager  # noqa: F401 - builds its cache once, not in every kernel

    ended = run_jobs(work, processes=jobs or min(_cores(), len(work)))
    if progress:
        ended = _followed(ended, len(work))
    outcomes = {outcome.page: outcome for outcome in ended}
    return {
        run.page: ended_entry(run, job, outcomes[run.page])
        for run, job in zip(runs, work, strict=True)
    }


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _followed(ended: Iterator[Outcome], total: int) -> Iterator[Outcome]:
    """The same outcomes, with progress on stderr."""
    plain = not sys.stderr.isatty()
    failed = 0
    with tqdm(total=total, unit="page", disable=plain) as bar:
        for number, outcome in enumerate(ended, start=1):
            failed += bool(outcome.error)
            said = f"{outcome.page} {outcome.error or f'done in {outcome.seconds:.1f} s'}"
            if plain:
                print(f"[{number}/{total}] {said}", file=sys.stderr, flush=True)
            elif outcome.error:
                bar.write(said, file=sys.stderr)
            bar.set_postfix(failed=failed, refresh=False)
            bar.update()
            yield outcome


def _may_publish(entries: list[dict], publish_partial: bool) -> bool:
    """Whether all pages are there or, in a partial set, any that this batch has made."""
    done = [entry["outcome"] == "done" for entry in entries]
    return all(map(is_standing, entries)) or (publish_partial and any(done))


def _finish(record: dict, staged: Path, *, facts: PageFacts, due: list[Run]) -> None:
    """Finish the staged set with index and manifest."""
    standing = {entry["page"]: entry for entry in record["runs"] if is_standing(entry)}
    missing = [
        f"{run.group}: {run.title_hint}" for run in due if f"{run.page}.html" not in standing
    ]
    write_index(list(standing.values()), staged / "index.html", facts=facts, missing=missing)
    write_manifest(record, staged)
