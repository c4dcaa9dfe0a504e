"""Run the batch of a quarter and publish its pages together."""

from collections.abc import Iterable
from datetime import date
from functools import partial
from pathlib import Path

from ehlib.load.periods import parse_quarter
from ehlib.measure.disclosure.policy import read_policies
from ehlib.publish.batch.keys.store import STORE, Store
from ehlib.publish.batch.keys.world import stamped
from ehlib.publish.batch.making.follow import followed
from ehlib.publish.batch.making.jobs import Work, work_of
from ehlib.publish.batch.making.room import room_for
from ehlib.publish.batch.making.whole import (
    Published,
    finish_set,
    in_words,
    let_through,
    may_publish,
    stage_pages,
)
from ehlib.publish.batch.record import (
    BatchResult,
    begin_record,
    kept_as_last,
    now,
    planned_entry,
    version,
)
from ehlib.publish.batch.released import Released, protected_data
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
from ehlib.publish.batch.schedule import read_schedule
from ehlib.publish.folder import hold, read_manifest, stage, swap
from ehlib.publish.page import PageFacts
from ehlib.publish.parts.commentary import read_commentary
from ehlib.publish.parts.glossary import PAGE, read_terms


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
    force: bool = False,
    scheduler: str = "",
) -> BatchResult:
    """Plan and run the batch of a quarter.

    Parameters
    ----------
    quarter : str
        The default quarter of batch.toml when empty.
    out : Path, optional
        The quarter's folder; `reports/2013-14-Q3` of the project when not given.
    reference_dir, processed_dir, notebooks_dir : Path
        As for `plan`; notebooks read a copy of the prepared data that holds no hidden figure.
    only, area : str
        Run these pages alone, as for `plan`; the others stay as they were published.
    dry_run : bool
        Check what would run and why, and run nothing. What may be shown is worked out, and kept
        for the batch.
    jobs, publish_partial, progress, force, scheduler
        As for `run`.

    Returns
    -------
    BatchResult
        `failed` is empty when all went well; after a dry run entries of pages that would run are
        `planned` and say `why`, the others `kept`.

    Raises
    ------
    BatchError, ValueError, FolderError, BatchHeldError
        As `plan` and `run` do, before any notebook runs.
    ObservationError
        If figures that are to be hidden could be worked out from those that are shown.
    """
    quarter = quarter or read_schedule(reference_dir / "batch.toml").default_quarter
    period = parse_quarter(quarter)
    out = out or ROOT / "reports" / period.slug
    folders = {"processed_dir": processed_dir, "reference_dir": reference_dir}
    protected = protected_data(processed_dir, reference_dir=reference_dir, quarter=period.label)
    with in_words(out), protected as released:
        read = {"reference_dir": reference_dir, "processed_dir": released.folder}
        due = plan(period.label, notebooks_dir=notebooks_dir, **read)
        chosen = select(due, area=area, only=only)
        given = {"quarter": period.label, "out": out, "due": due, "force": force, **folders}
        if dry_run:
            return _dry_run(chosen, **given)
        options = {"jobs": jobs, "publish_partial": publish_partial, "progress": progress}
        options |= {"scheduler": scheduler, "released": released}
        with stamped(period.label, out, notebooks_dir=notebooks_dir, **folders) as stamp:
            result = run(chosen, **given, **options)
            stamp.whole = result.stands_whole(len(due)) and stamp.covers(due)
    return result


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
    force: bool = False,
    scheduler: str = "",
    released: Released | None = None,
) -> BatchResult:
    """Run notebooks and put their pages in the place of the quarter's earlier ones.

    A page that was made before is run only when something that it rests on has changed.

    Parameters
    ----------
    runs : list of Run
        From `plan`.
    quarter : str
        Label that the pages carry.
    out : Path
        The quarter's folder. Replaced whole when every run passed; otherwise it stays as it is.
    processed_dir, reference_dir : Path
        Hashed into the manifest; `last_batch.json` in the first records every batch, and `pages`
        there keeps every page that was made well.
    jobs : int, optional
        Runs at once; as many as cores and free memory allow when not given.
    due : list of Run, optional
        All pages that the quarter should have, when `runs` are only some: those published
        earlier are kept, and the index names those that are missing.
    publish_partial : bool
        Publish the pages that passed even when others failed; the index names those.
    progress : bool
        Show a bar, or plain lines where stderr is no terminal.
    force : bool
        Run all of `runs`, whatever has changed.
    scheduler : str
        Address of a Dask cluster that runs them, such as `tcp://10.0.0.5:8786`.
    released : Released, optional
        The protected data that the notebooks of `runs` read.

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
    due = due or runs
    check_runs(due)
    folders = {"processed_dir": processed_dir, "reference_dir": reference_dir}
    work = _work(due, quarter, **folders)
    running = partial(_running, jobs=jobs, progress=progress, scheduler=scheduler)
    with in_words(out), hold(out), hold(work.store.folder), stage(out) as staged, work:
        earlier = Published(out, read_manifest(out))
        lost = earlier.lost
        record = begin_record(quarter, **folders, snapshot=work.snapshot)
        entries = work.run_stale([item.page for item in runs], running, force=force)
        outdated = stage_pages(entries, due, work, (earlier, staged))
        record["runs"] = [entries[item.page] for item in due if item.page in entries]
        record |= {"protection": released.account if released else {}, "finished": now()}
        published = may_publish(record["runs"], publish_partial)
        with kept_as_last(record, processed_dir, published=published):
            if published:
                finish_set(record, staged, facts=work.facts, due=due, out=out)
                let_through(staged, released, processes=jobs or room_for(len(due)), **folders)
                swap(staged, out)
    mended = lost if published else ()
    return BatchResult(
        quarter, out, published, record["runs"], mended=mended, outdated=tuple(outdated)
    )


def _dry_run(chosen: list[Run], *, due: list[Run], force: bool, **given: object) -> BatchResult:
    """What would run and why, without running or publishing anything."""
    check_runs(chosen)
    quarter, out = given.pop("quarter"), given.pop("out")
    work = _work(due, quarter, **given)
    why = work.reasons([item.page for item in chosen], force=force)
    entries = [
        planned_entry(item) | {"why": why[item.page]}
        if why[item.page]
        else work.entry_kept(item.page)
        for item in chosen
    ]
    lost = Published(out, read_manifest(out)).lost
    return BatchResult(quarter, out, published=False, runs=entries, mended=lost)


def _work(due: list[Run], quarter: str, *, processed_dir: Path, reference_dir: Path) -> Work:
    """Work of the pages due, with all that pages say about their set."""
    schedule = read_schedule(reference_dir / "batch.toml")
    pages = {item.page: item for item in due}
    docs = pages[PAGE].notebook.parents[1] / "docs" if PAGE in pages else None
    terms = read_terms(docs) if docs else ()
    below = read_policies(reference_dir / "disclosure.toml").of(["case"]).threshold
    told = {"terms": terms, "below": below}
    facts = PageFacts(schedule.trust, quarter, date.today(), version("ehlib"), **told)
    commentary = read_commentary(reference_dir, quarter, pages=set(pages))
    store = Store(processed_dir / STORE / parse_quarter(quarter).slug)
    return work_of(due, store, facts=facts, timeout=schedule.timeout_seconds, commentary=commentary)


def _running(
    work: list[Job], *, jobs: int | None, progress: bool, scheduler: str
) -> Iterable[Outcome]:
    """Outcomes of jobs as they end, here or on a cluster."""
    if scheduler:
        from ehlib.publish.batch.cluster import run_on_cluster

        ended = run_on_cluster(work, scheduler)
    else:
        import matplotlib.font_manager  # noqa: F401 - builds its cache once, not in every kernel

        ended = run_jobs(work, processes=jobs or room_for(len(work)))
    return followed(ended, len(work)) if progress else ended
