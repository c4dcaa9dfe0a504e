"""Pages that were made and found good, kept beside the data until what they rest on changes."""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ehlib.publish.batch.keys.data import Snapshot
from ehlib.publish.batch.keys.page import all_reads, changes, in_words, made_from, told_reads
from ehlib.publish.folder import FolderError, file_digest, write_synced

if TYPE_CHECKING:
    from ehlib.publish.batch.runner import Job, Outcome

STORE, RECORD = "pages", "record.json"
FRESH = ""  # why a page need not be made


@dataclass(frozen=True)
class Kept:
    """A page of the store: its entry for the manifest, what it was made from, and its files."""

    entry: dict
    key: dict[str, str]
    reads: list[dict]
    files: dict[str, str]


class Store:
    """Pages of one quarter, each in a folder with its downloads and a record.

    They have not passed the gate: only a whole set does, each time that it is published.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._new = folder / f".new-{os.getpid()}"

    def open(self) -> None:
        """Make the folder, without what a batch that was killed left in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(".*-*"):
            shutil.rmtree(left, ignore_errors=True)

    def close(self) -> None:
        """Take away what no page came of."""
        shutil.rmtree(self._new, ignore_errors=True)

    def page_path(self, page: str) -> Path:
        """Where a run is to write its page; downloads go into the same folder."""
        return self._new.resolve() / page / f"{page}.html"

    def place(self, page: str) -> None:
        """Make the empty folder in which a page is to be made."""
        shutil.rmtree(self._new / page, ignore_errors=True)
        (self._new / page).mkdir(parents=True)

    def files(self, page: str) -> dict[str, str]:
        """SHA-256 of a page that was just made and of its downloads, by name."""
        place = self._new / page
        return {each.relative_to(place).as_posix(): file_digest(each) for each in _files(place)}

    def why(self, job: "Job", snapshot: Snapshot) -> str:
        """Why a page is to be made, in words; empty when the one that is kept is as it should be.

        Parameters
        ----------
        job : Job
            The run as it would be now.
        snapshot : Snapshot
            Gives digests of the files as they are now.
        """
        kept = self.read(job.page)
        if kept is None:
            return "not made before"
        parts = changes(job, {"key": kept.key, "reads": kept.reads}, snapshot)
        if parts:
            return in_words(parts)
        return FRESH if self._is_whole(job.page, kept) else "its kept copy was changed or deleted"

    def read(self, page: str) -> Kept | None:
        """Record of a page; None where there is none that can be read."""
        try:
            told = json.loads((self.folder / page / RECORD).read_text(encoding="utf-8"))
            return Kept(told["entry"], told["key"], told["reads"], told["files"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, job: "Job", outcome: "Outcome", made: dict, snapshot: Snapshot) -> str:
        """Keep a page that was made well; why it cannot be, in words, if so.

        Parameters
        ----------
        job : Job
            The run, whose page lies in its place.
        outcome : Outcome
            How it ended.
        made : dict
            `entry` for the manifest, and the `key` as it was before the run.
        snapshot : Snapshot
            As it was before the run: what the page read must be the same still.
        """
        reads = all_reads(job, getattr(outcome, "reads", None))
        read = [Path(each.path) for each in reads]
        told = told_reads(job, reads, snapshot)
        changed = snapshot.changed([*read, *made_from(job)])
        if changed:
            return f"{', '.join(changed[:3])} changed while the page was made; run the batch again"
        place = self._new / job.page
        record = made | {"reads": told, "files": made["entry"]["files"]}
        text = json.dumps(record, indent=1, ensure_ascii=False)
        write_synced(place / RECORD, text.encode("utf-8"))
        self._replace(job.page, place)
        return ""

    def take(self, page: str, staged: Path) -> None:
        """Copy a page and its downloads into a set; FolderError if they were changed."""
        for name, digest in self.read(page).files.items():
            content = (self.folder / page / name).read_bytes()
            if hashlib.sha256(content).hexdigest() != digest:
                raise FolderError(
                    f"{name}: the kept copy was changed just now; run the batch again"
                )
            target = staged / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def _replace(self, page: str, place: Path) -> None:
        target = self.folder / page
        if target.exists():
            target.replace(self._new / f"{page}.old")
        place.replace(target)
        shutil.rmtree(self._new / f"{page}.old", ignore_errors=True)

    def _is_whole(self, page: str, kept: Kept) -> bool:
        paths = {self.folder / page / name: digest for name, digest in kept.files.items()}
        return all(path.is_file() and file_digest(path) == paths[path] for path in paths)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
