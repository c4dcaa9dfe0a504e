"""The key of a page: what it was made from, part by part, so that the change can be named."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ehlib.load.reads import Read
from ehlib.publish.batch.keys.code import PACKAGE, code_files, name_of, reads_by_itself
from ehlib.publish.batch.keys.data import Snapshot
from ehlib.publish.batch.keys.environment import environment

if TYPE_CHECKING:
    from ehlib.publish.batch.runner import Job

DEFAULTS = PACKAGE.parent / "data" / "reference"
# Read by name each time they are used, and noted then; or of no use to a page.
NOTED = {"actions.csv", "areas.toml", "disclosure.toml", "indicators.toml"}
UNUSED = {"batch.toml", "release.toml", "sample.toml"}
NAMED = 3  # changes that are listed before it says how many more


def page_key(job: "Job", snapshot: Snapshot) -> dict[str, str]:
    """What a page is to be made from, all but the data that only its notebook can tell.

    Parameters
    ----------
    job : Job
        The run.
    snapshot : Snapshot
        Gives digests of files.

    Returns
    -------
    dict of str
        Digest or text of each part; the name of a part says in words what it is. Folders are left
        out, since what is read in them is known, and so is the day on which a page is made.
    """
    folders = folders_of(job)
    given = {name: value for name, value in job.parameters.items() if name not in folders}
    facts = {name: value for name, value in asdict(job.facts).items() if name != "generated"}
    files = code_files(job.text)
    return {
        "notebook": _digest(job.text),
        "commentary": _digest(getattr(job, "commentary", "")),
        **{f"parameter {name}": repr(value) for name, value in given.items()},
        **{f"the page's {name}": _digest(repr(value)) for name, value in facts.items()},
        **{name_of(path): snapshot.file(path)[:16] for path in files},
        **{f"reference {path.name}": snapshot.file(path)[:16] for path in _reference()},
        **{f"environment {name}": version for name, version in environment().items()},
    }


def made_from(job: "Job") -> list[Path]:
    """Files of the package and of the reference data in a page's key."""
    return [*code_files(job.text), *_reference()]


def folders_of(job: "Job") -> dict[str, Path]:
    """Folders that a run is given, by parameter."""
    home = Path(job.folder)
    given = {name: value for name, value in job.parameters.items() if name.endswith("_dir")}
    return {name: (home / str(value)).resolve() for name, value in given.items()}


def all_reads(job: "Job", noted: Iterable[Read] | None) -> list[Read]:
    """What a run has read: what was noted, and all of its folders where it may have read more."""
    if noted is None or reads_by_itself(job.text):
        noted = [*(noted or ()), *(Read(str(path)) for path in folders_of(job).values())]
    return sorted(set(noted))


def told_reads(job: "Job", reads: Iterable[Read], snapshot: Snapshot) -> list[dict]:
    """Reads as they are kept: by parameter and name, so that a project can be moved."""
    return [
        {
            "at": _at(job, Path(read.path)),
            "chosen": [[name, list(words)] for name, words in read.chosen],
            "whole": snapshot.whole(Path(read.path)),
            "part": snapshot.part(read),
        }
        for read in reads
    ]


def changes(job: "Job", kept: dict, snapshot: Snapshot) -> list[str]:
    """Names of the parts that are not as they were when a page was made.

    Parameters
    ----------
    job : Job
        The run as it would be now.
    kept : dict
        `key` and `reads` of the page that is kept.
    snapshot : Snapshot
        Gives digests of files.

    Returns
    -------
    list of str
        Such as `parameter area_code`, `ehlib/show/maps.py` or `rows of mash_enquiries`.
    """
    now, before = page_key(job, snapshot), kept["key"]
    parts = [name for name in {**now, **before} if now.get(name) != before.get(name)]
    return [*parts, *_changed_reads(job, kept["reads"], snapshot)]


def in_words(parts: list[str]) -> str:
    """Changes in one phrase, the first few by name."""
    named = list(dict.fromkeys(parts))
    rest = [f"{len(named) - NAMED} more"] if len(named) > NAMED else []
    return f"changed: {', '.join([*named[:NAMED], *rest])}"


def _changed_reads(job: "Job", reads: list[dict], snapshot: Snapshot) -> Iterator[str]:
    for told in reads:
        path = _path(job, told["at"])
        chosen = tuple((name, tuple(words)) for name, words in told["chosen"])
        same = snapshot.whole(path) == told["whole"]
        if not same and snapshot.part(Read(str(path), chosen)) != told["part"]:
            yield _read_words(path, dict(chosen))


def _read_words(path: Path, chosen: dict[str, tuple[str, ...]]) -> str:
    named = [word for name, words in chosen.items() if name != "quarter" for word in words]
    few = [*named[:NAMED], *([f"{len(named) - NAMED} more"] if len(named) > NAMED else [])]
    return f"{path.name} ({', '.join(few)})" if named else path.name


def _at(job: "Job", path: Path) -> list[str]:
    """Parameter whose folder a path is in, and the rest; where in none, seen from the notebook."""
    inside = {name: each for name, each in folders_of(job).items() if path.is_relative_to(each)}
    if not inside:
        try:
            return ["", Path(os.path.relpath(path, job.folder)).as_posix()]
        except ValueError:  # another drive of Windows
            return ["", str(path)]
    name = max(inside, key=lambda name: len(inside[name].parts))
    return [name, path.relative_to(inside[name]).as_posix()]


def _path(job: "Job", at: list[str]) -> Path:
    name, rest = at
    return (folders_of(job).get(name, Path(job.folder)) / rest).resolve()


def _reference() -> list[Path]:
    """Tables of the project that modules read by themselves."""
    left = NOTED | UNUSED
    return sorted(path for path in DEFAULTS.glob("*.*") if path.is_file() and path.name not in left)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
