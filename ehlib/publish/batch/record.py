"""What a batch writes down: its manifest, one entry a page, and how it ended."""

import hashlib
import importlib.metadata
import json
import platform
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ehlib.publish.folder import MANIFEST, FolderError, write_synced

if TYPE_CHECKING:
    from ehlib.publish.batch.keys.data import Snapshot
    from ehlib.publish.batch.runner import Job, Outcome
    from ehlib.publish.batch.runs import Run

ROOT = Path(__file__).resolve().parents[3]
LISTED = 5
LAST_BATCH = "last_batch.json"  # beside the data, since errors may quote what is not published
TOOLS = ["ehlib", "pandas", "papermill", "nbconvert"]
STANDING = {"done", "kept"}
PRIVATE = {"error", "cell", "why"}  # may quote what is not published


@dataclass(frozen=True)
class BatchResult:
    """How a batch ended; `runs` are the entries of its manifest, in the order of the plan."""

    quarter: str
    out: Path
    published: bool
    runs: list[dict] = field(default_factory=list)
    unchanged: bool = False  # nothing was to be done
    mended: tuple[str, ...] = ()  # files of the set that had been deleted or written to
    outdated: tuple[str, ...] = ()  # pages not asked for that would have been made anew

    @property
    def failed(self) -> list[dict]:
        """Entries of the runs that failed."""
        return [entry for entry in self.runs if entry["outcome"] == "failed"]

    def stands_whole(self, due: int) -> bool:
        """Whether all pages due are in the set, and none is older than what it rests on."""
        return self.published and not self.outdated and sum(map(is_standing, self.runs)) == due

    @property
    def lines(self) -> list[str]:
        """What to tell the user: every failure, then what became of the set."""
        said = [f"{call(entry)}: {entry['error']}" for entry in self.failed]
        counts = Counter(entry["outcome"] for entry in self.runs)
        tally = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
        end = "published" if self.published else "nothing published"
        if self.unchanged:
            end = "nothing to do"
        said += _listed("put back as they were", self.mended)
        said += _listed("as they were before, since they were not asked for", self.outdated)
        return [*said, f"{self.quarter}: {tally}; {end}"]

    @property
    def plan_lines(self) -> list[str]:
        """What to tell after a dry run: each page that would run and why, then how many."""
        due = [entry for entry in self.runs if entry["outcome"] == "planned"]
        said = [f"{entry['page']}: {entry['why']}" for entry in due]
        said += _listed("would be put back as they were", self.mended)
        rest = len(self.runs) - len(due)
        return [*said, f"{self.quarter}: {len(due)} would run, {rest} are as they should be"]


def _listed(words: str, names: tuple[str, ...]) -> list[str]:
    """A line with the first names, or none where there are no names."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return [f"{words}: {', '.join(names[:LISTED])}{more}"] if names else []


def call(entry: dict) -> str:
    """Run of an entry in one line: page, notebook and parameters."""
    given = ", ".join(f"{name}={value!r}" for name, value in entry["parameters"].items())
    return f"{entry['page']} from {entry['notebook']}({given})"


def is_standing(entry: dict | None) -> bool:
    """Whether an entry's page is in the set."""
    return entry is not None and entry["outcome"] in STANDING


def planned_entry(run: "Run") -> dict:
    """Entry of a run that has not begun."""
    return {
        "page": f"{run.page}.html",
        "title": run.title_hint,
        "group": run.group,
        "notebook": run.notebook.name,
        "parameters": {name: _tidy(value) for name, value in run.parameters.items()},
        "outcome": "planned",
    }


def ended_entry(run: "Run", job: "Job", outcome: "Outcome") -> dict:
    """Entry of a run that has ended.

    Parameters
    ----------
    run : Run
        As planned.
    job : Job
        What ran; its notebook's text is hashed.
    outcome : Outcome
        How it ended.

    Returns
    -------
    dict
        `outcome` is done or failed; a failed one has `cell` and `error`, the other what the index
        says, with `bytes` and `sha256` of the page.
    """
    digest = hashlib.sha256(job.text.encode("utf-8")).hexdigest()
    entry = planned_entry(run) | {"notebook_sha256": digest, "seconds": outcome.seconds}
    if outcome.summary is None:
        return entry | {"outcome": "failed", "cell": outcome.cell, "error": _tidy(outcome.error)}
    return entry | {
        "outcome": "done",
        "ended": now(),
        "title": outcome.summary.title,
        "finding": outcome.summary.finding,
        "status": outcome.summary.status,
        "synthetic": outcome.summary.synthetic,
        "judged": getattr(outcome.summary, "judged", []),
        "bytes": outcome.summary.size,
        "sha256": outcome.digest,
    }


def failed_entry(entry: dict, problem: str) -> dict:
    """Entry of a run that ended well, but whose page cannot be kept."""
    return entry | {"outcome": "failed", "cell": 0, "error": _tidy(problem)}


def kept_entry(run: "Run", stored: dict) -> dict:
    """Entry of a page that was made before, under the heading that it has in the plan."""
    named = {name: value for name, value in planned_entry(run).items() if name != "title"}
    return stored | named | {"outcome": "kept"}


def standing_entry(run: "Run", earlier: dict) -> dict | None:
    """Entry that a page has in the published set, if any."""
    name = f"{run.page}.html"
    found = (entry for entry in earlier.get("runs", []) if entry["page"] == name)
    entry = next(filter(is_standing, found), None)
    return entry and entry | {"outcome": "kept"}


def index_entry(manifest: dict) -> dict[str, str]:
    """Hash of the index by its name, as a manifest has it."""
    return {name: str(digest) for name, digest in manifest.get("files", {}).items()}


def begin_record(
    quarter: str, processed_dir: Path, reference_dir: Path, snapshot: "Snapshot"
) -> dict:
    """Manifest of a batch that begins now, with the hashes of what it reads.

    Parameters
    ----------
    quarter : str
        Its label.
    processed_dir, reference_dir : Path
        Every file in them is hashed; names are relative to each.
    snapshot : Snapshot
        Gives the hashes.

    Returns
    -------
    dict
        Without `runs` and `finished`; `sources` is what `sources.json` holds.
    """
    sources = processed_dir / "sources.json"
    return {
        "quarter": quarter,
        "started": now(),
        "tools": {"python": platform.python_version()} | {tool: version(tool) for tool in TOOLS},
        "inputs": {
            "processed": snapshot.folder(processed_dir),
            "reference": snapshot.folder(reference_dir),
            "sources": json.loads(sources.read_text("utf-8")) if sources.is_file() else [],
        },
    }


def version(package: str) -> str:
    """Installed version of a package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # run from a folder, not installed
        return "(development copy)"


def write_manifest(record: dict, folder: Path) -> None:
    """Write a set's manifest, without the errors: they may quote what is not published."""
    runs = [
        {key: value for key, value in entry.items() if key not in PRIVATE}
        for entry in record["runs"]
    ]
    _write(folder / MANIFEST, record | {"runs": runs})


@contextmanager
def kept_as_last(record: dict, processed_dir: Path, *, published: bool) -> Iterator[None]:
    """Write the record of the batch that ran last, errors included, however its publishing ends.

    FolderError says, where it cannot be written, whether the set was published.
    """
    stands = False
    try:
        yield
        stands = published
    finally:
        try:
            _write(processed_dir / LAST_BATCH, record | {"published": stands})
        except OSError as error:
            said = "is published" if stands else "is not published"
            raise FolderError(
                f"{LAST_BATCH} cannot be written: {error.strerror}; the set of "
                f"{record['quarter']} {said}"
            ) from error


def now() -> str:
    """Moment of the call, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write(path: Path, content: dict) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_synced(path, text.encode("utf-8"))


def _tidy(value: object) -> object:
    """Value with this machine's folders and its user's name taken out of texts."""
    if not isinstance(value, str):
        return value
    places = [ROOT, Path.home(), Path(tempfile.gettempdir())]
    for place in sorted((str(place) for place in places), key=len, reverse=True):
        if len(place) > 1:
            value = value.replace(place, "...").replace(place.replace("\\", "/"), "...")
    return value
