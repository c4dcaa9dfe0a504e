"""What a cluster's workers are given: package, notebooks' data and versions, under one hash."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ehlib.load.reads import Read
from ehlib.publish.batch.cluster.worker import VERSIONS
from ehlib.publish.batch.keys.code import PACKAGE, TEXT
from ehlib.publish.batch.keys.data import OWN
from ehlib.publish.batch.keys.environment import LOCK, environment
from ehlib.publish.batch.keys.page import folders_of
from ehlib.publish.batch.runner import Job

NEVER = OWN | {"cases", "rejected.csv", "faults.csv"}  # records of children, and rows refused
HOME = "notebooks"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a ZIP file: the same content has the same bytes


@dataclass(frozen=True)
class Bundle:
    """A ZIP archive with its hash; `places` has the folder here of each folder in it."""

    archive: bytes
    digest: str
    places: dict[str, Path]


def make_bundle(jobs: list[Job]) -> Bundle:
    """Bundle with all that some jobs need: package, reference tables, and their folders."""
    folders = sorted({path for job in jobs for path in folders_of(job).values()})
    places = {f"given/{number}": path for number, path in enumerate(folders)}
    root = PACKAGE.parent
    named = {name: root / name for name in ("data/reference", "docs") if (root / name).is_dir()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(each for each in PACKAGE.rglob("*") if each.suffix in TEXT):
            _add(archive, f"package/{path.relative_to(root).as_posix()}", path.read_bytes())
        if LOCK.is_file():
            _add(archive, f"package/{LOCK.name}", LOCK.read_bytes())
        given = {f"package/{name}": folder for name, folder in named.items()} | places
        for place, folder in given.items():
            for name, path in _files(folder):
                _add(archive, f"{place}/{name}", path.read_bytes())
        _add(archive, f"{HOME}/.home", b"")
        _add(archive, VERSIONS, json.dumps(environment(), sort_keys=True).encode())
    content = buffer.getvalue()
    return Bundle(content, hashlib.sha256(content).hexdigest(), places)


def placed(job: Job, bundle: Bundle) -> Job:
    """A job with its folders as they lie in a bundle, seen from the notebooks' folder there."""
    names = {path: name for name, path in bundle.places.items()}
    moved = {name: f"../{names[path]}" for name, path in folders_of(job).items()}
    return replace(job, folder=HOME, path=job.page, parameters=job.parameters | moved)


def here(read: Read, bundle: Bundle) -> Read:
    """What a worker read in a bundle, as it is called here."""
    for name, path in bundle.places.items():
        if read.path == name or read.path.startswith(f"{name}/"):
            return replace(read, path=str(path / read.path.removeprefix(name).lstrip("/")))
    rest = read.path.removeprefix("package/")
    return replace(read, path=str(PACKAGE.parent / rest))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files that workers may have, by their name in a folder."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if path.is_file() and not hidden and name.split("/")[0] not in NEVER:
            yield name, path


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, EARLIEST), content, zipfile.ZIP_DEFLATED)
