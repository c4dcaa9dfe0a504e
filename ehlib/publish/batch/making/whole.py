"""A quarter's set put together: pages that stand, the index and the manifest."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ehlib.publish.batch.keys.world import lost_files
from ehlib.publish.batch.making.jobs import Work
from ehlib.publish.batch.record import is_standing, standing_entry, write_manifest
from ehlib.publish.batch.released import Released, record_release
from ehlib.publish.batch.runs import Run
from ehlib.publish.folder import BatchHeldError, FolderError, file_digest
from ehlib.publish.index import write_index
from ehlib.publish.page import PageFacts
from ehlib.publish.release import gate

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True)
class Published:
    """The set that stands now, with its manifest."""

    out: Path
    manifest: dict

    @property
    def lost(self) -> tuple[str, ...]:
        """Files of it that were deleted or written to."""
        return tuple(lost_files(self.out, self.manifest))

    def take(self, run: Run, staged: Path) -> dict | None:
        """Put a page of it into a new set; its entry, None where it is not there as it was."""
        entry = standing_entry(run, self.manifest)
        listed = entry and (entry.get("files") or {entry["page"]: entry.get("sha256", "")})
        if not listed or any(_is_lost(self.out / name, at) for name, at in listed.items()):
            return None
        for name in listed:
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.out / name, staged / name)
        return entry


def stage_pages(
    entries: dict[str, dict], due: list[Run], work: Work, places: tuple[Published, Path]
) -> list[str]:
    """Put every page that there is into a new set.

    Parameters
    ----------
    entries : dict
        Of the pages that were asked for. Added to: those of the other pages that are due, taken
        from the store where they are as they should be, else as they were published.
    due : list of Run
        All pages that the quarter should have.
    work : Work
        With its store.
    places : tuple of Published and Path
        The set that stands, and the folder of the new one.

    Returns
    -------
    list of str
        Files of pages taken as they were published, which would be made anew if asked for.
    """
    published, staged = places
    outdated = []
    rest = work.reasons(run.page for run in due if run.page not in entries)
    for run in due:
        if rest.get(run.page):
            entry = published.take(run, staged)
            if entry:
                entries[run.page] = entry
                outdated.append(entry["page"])
            continue
        if run.page in rest:
            entries[run.page] = work.entry_kept(run.page)
        if is_standing(entries[run.page]):
            work.store.take(run.page, staged)
    return outdated


def may_publish(entries: list[dict], publish_partial: bool) -> bool:
    """Whether all pages are there or, in a partial set, any."""
    standing = [is_standing(entry) for entry in entries]
    return all(standing) or (publish_partial and any(standing))


def finish_set(record: dict, staged: Path, *, facts: PageFacts, due: list[Run], out: Path) -> None:
    """Add index and manifest to a set.

    Parameters
    ----------
    record : dict
        Of the batch, with its `runs`.
    staged : Path
        Holds every page that stands.
    facts : PageFacts
        What the index says about the set.
    due : list of Run
        All pages that the quarter should have; the index names those that are missing.
    out : Path
        Where the set will stand, beside those of other quarters.
    """
    standing = {entry["page"]: entry for entry in record["runs"] if is_standing(entry)}
    missing = [
        f"{run.group}: {run.title_hint}" for run in due if f"{run.page}.html" not in standing
    ]
    index = staged / "index.html"
    write_index(list(standing.values()), index, facts=facts, missing=missing, beside=out.parent)
    write_manifest(record | {"files": {index.name: file_digest(index)}}, staged)


def let_through(
    staged: Path,
    released: Released | None,
    *,
    processes: int,
    processed_dir: Path,
    reference_dir: Path,
) -> None:
    """Have the gate look at a finished set, and write down what it shows and hides.

    Parameters
    ----------
    staged : Path
        The set, whole.
    released : Released or None
        The protected data that its pages were made from, where they were protected together.
    processes : int
        How many look at once.
    processed_dir, reference_dir : Path
        As for `gate`.

    Raises
    ------
    ReleaseError
        If anything leaks; nothing is written down then.
    """
    folders = {"processed_dir": processed_dir, "reference_dir": reference_dir}
    looked = {"raw_dir": _raw_beside(processed_dir), "processes": processes}
    gate(staged, shown=released.frame if released else None, **folders, **looked)
    if released:
        record_release(released, processed_dir, reference_dir=reference_dir)


@contextmanager
def in_words(out: Path) -> Iterator[None]:
    """Say of an error of the disk what it means for a set, and what to do."""
    try:
        yield
    except (FolderError, BatchHeldError):
        raise
    except OSError as error:
        what = error.strerror or str(error)
        if error.errno in FULL:
            mend = (
                f"the disk has {shutil.disk_usage(_standing(out)).free // 10**6} MB free; make room"
            )
        elif error.errno in CLOSED:
            mend = "choose another folder with --out, or have it made writable"
        else:
            raise
        raise FolderError(
            f"{out.name} cannot be written: {what}; {mend} and run again (what was published "
            "stands as it was)"
        ) from error


def _is_lost(path: Path, digest: str) -> bool:
    return not path.is_file() or (digest != "" and file_digest(path) != digest)


def _standing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _raw_beside(processed_dir: Path) -> Path | None:
    """Folder of extracts beside the prepared data, whose ids no page may hold."""
    raw = processed_dir.parent / "raw"
    return raw if raw.is_dir() else None
