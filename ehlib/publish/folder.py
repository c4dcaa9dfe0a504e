"""The folder of a quarter: held by one batch at a time and replaced whole."""

import contextlib
import ctypes
import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

MANIFEST = "manifest.json"
AT_FDCWD, EXCHANGE = -100, 2  # of the Linux call that exchanges two names
TRIES, PAUSE = 5, 0.2  # a virus scanner holds a file for moments
NOT_COUNTED = {"Thumbs.db", "desktop.ini"}  # what file browsers leave behind


class FolderError(OSError):
    """A quarter's folder cannot be replaced as it is."""


class BatchHeldError(OSError):
    """Another batch is writing to the folder."""


def write_synced(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole, on the disk, or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def hold(out: Path) -> Iterator[None]:
    """Keep every other batch off a quarter's folder meanwhile.

    Parameters
    ----------
    out : Path
        The quarter's folder; lock and holder's note lie beside it.

    Raises
    ------
    BatchHeldError
        If another batch holds it; says which.
    """
    from filelock import FileLock, Timeout  # imports more than a batch with nothing to do needs

    out.parent.mkdir(parents=True, exist_ok=True)
    note = out.with_name(f".{out.name}.holder.json")
    lock = FileLock(out.with_name(f".{out.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise BatchHeldError(f"{out.name} is being written by {_holder(note)}") from None
    try:
        facts = {"process": os.getpid(), "started": datetime.now().isoformat(timespec="seconds")}
        write_synced(note, json.dumps(facts).encode())
        _recover(out)
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _holder(note: Path) -> str:
    try:
        facts = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it has only just begun, or is only just ending
        return "another batch"
    return f"the batch of process {facts['process']}, begun {facts['started']}"


def _recover(out: Path) -> None:
    """Put back the set that a batch stopped between its two renames left aside, and tidy up."""
    ours = re.compile(rf"\.{re.escape(out.name)}\.(?:new|old)-\d+")
    left = [path for path in out.parent.iterdir() if ours.fullmatch(path.name)]
    aside = [path for path in left if ".old-" in path.name]
    if aside and not out.exists():
        max(aside, key=lambda path: path.stat().st_mtime).replace(out)
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def read_manifest(out: Path) -> dict:
    """Manifest of the set that is published now; empty when there is none.

    Raises
    ------
    FolderError
        If the folder holds files that no batch made: replacing it would lose them.
    """
    manifest = {}
    if (out / MANIFEST).is_file():
        try:
            manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        except ValueError as error:
            raise FolderError(f"{MANIFEST} of {out.name} is damaged; move it elsewhere") from error
    listed = [
        name for run in manifest.get("runs", []) for name in (run["page"], *run.get("files", ()))
    ]
    ours = {MANIFEST, "index.html", *(name.split("/")[0] for name in listed)}
    found = {path.name for path in out.iterdir()} if out.is_dir() else set()
    strange = sorted(n for n in found - ours - NOT_COUNTED if not n.startswith("."))
    if strange:
        more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
        raise FolderError(
            f"{out.name} holds {', '.join(strange[:5])}{more}, which no batch made; "
            "move them elsewhere, since the folder is replaced whole"
        )
    return manifest


@contextlib.contextmanager
def stage(out: Path) -> Iterator[Path]:
    """Empty folder beside a quarter's folder, on the same disk; gone afterwards."""
    staged = out.with_name(f".{out.name}.new-{os.getpid()}")
    staged.mkdir()
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def swap(staged: Path, out: Path) -> None:
    """Put a finished set in the place of the earlier one.

    Parameters
    ----------
    staged : Path
        From `stage`, with every file written and synced.
    out : Path
        The quarter's folder.

    Raises
    ------
    FolderError
        If the earlier set cannot be moved, as when Windows has one of its pages open; it stays.
    """
    aside = out.with_name(f".{out.name}.old-{os.getpid()}")
    try:
        sync_tree(staged)
        if not (out.exists() and _exchange(staged, out)):
            if out.exists():
                _replace(out, aside)
            _replace(staged, out)
    except OSError as error:
        if aside.exists() and not out.exists():
            aside.replace(out)
        raise FolderError(
            f"{out.name} cannot be replaced ({error.strerror}); close its pages and run again"
        ) from error
    _sync(out.parent)
    shutil.rmtree(aside, ignore_errors=True)


def sync_tree(folder: Path) -> None:
    """Bring every file of a folder to the disk: all are written by then, so that it is quick."""
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, so that there is never none; False where it cannot be."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # a C library without it
        return False
    return rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), EXCHANGE) == 0


def _replace(source: Path, target: Path) -> None:
    """Rename, again after a moment where another program holds a file just then."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(PermissionError):
            source.replace(target)
            return
        time.sleep(PAUSE)
    source.replace(target)


def _sync(path: Path) -> None:
    """Make a file's content, or a folder's renames, last; Windows has no call for folders."""
    if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
        return
    opened = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
