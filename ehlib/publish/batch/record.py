"""What a batch writes down: its manifest, one entry a page, and how it ended."""

import hashlib
import importlib.metadata
import itertools
import json
import platform
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ehlib.publish.batch.runner import Job, Outcome
from ehlib.publish.batch.runs import ROOT, Run
from ehlib.publish.folder import MANIFEST, file_digest, write_synced

LAST_BATCH = "last_batch.json"  # beside the data, since errors may quote what is not published
TOOLS = ["ehlib", "pandas", "papermill", "nbconvert"]
STANDING = {"done", "kept"}


@dataclass(frozen=True)
class BatchResult:
    """How a batch ended; `runs` are the entries of its manifest, in the order of the plan."""

    quarter: str
    out: Path
    published: bool
    runs: list[dict] = field(default_factory=list)

    @property
    def failed(self) -> list[dict]:
        """Entries of the runs that failed."""
        return [entry for entry in self.runs if entry["outcome"] == "failed"]

    @property
    def lines(self) -> list[str]:
        """What to tell the user: every failure, then what became of the set."""
        said = [f"{call(entry)}: {entry['error']}" for entry in self.failed]
        counts = Counter(entry["outcome"] for entry in self.runs)
        tally = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
        end = "published" if self.published else "nothing published"
        return [*said, f"{self.quarter}: {tally}; {end}"]


def call(entry: dict) -> str:
    """Run of an entry in one line: page, notebook and parameters."""
    given = ", ".join(f"{name}={value!r}" for name, value in entry["parameters"].items())
    return f"{entry['page']} from {entry['notebook']}({given})"


def is_standing(entry: dict | None) -> bool:
    """Whether an entry's page is in the set."""
    return entry is not None and entry["outcome"] in STANDING


def planned_entry(run: Run) -> dict:
    """Entry of a run that has not begun."""
    return {
        "page": f"{run.page}.html",
        "title": run.title_hint,
        "group": run.group,
        "notebook": run.notebook.name,
        "parameters": {name: _tidy(value) for name, value in run.parameters.items()},
        "outcome": "planned",
    }


def ended_entry(run: Run, job: Job, outcome: Outcome) -> dict:
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
        "bytes": outcome.summary.size,
        "sha256": outcome.digest,
    }


def kept_entry(run: Run, earlier: dict, out: Path, staged: Path) -> dict | None:
    """Entry of a page taken over from the published set, with its file; None if it has none."""
    name = f"{run.page}.html"
    for entry in earlier.get("runs", []):
        if entry["page"] == name and is_standing(entry) and (out / name).is_file():
            write_synced(staged / name, (out / name).read_bytes())
            return entry | {"outcome": "kept"}
    return None


def begin_record(quarter: str, processed_dir: Path, reference_dir: Path) -> dict:
    """Manifest of a batch that begins now, with the hashes of what it reads.

    Parameters
    ----------
    quarter : str
        Its label.
    processed_dir, reference_dir : Path
        Every file in them is hashed; names are relative to each.

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
            "processed": _digests(processed_dir),
            "reference": _digests(reference_dir),
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
        {key: value for key, value in entry.items() if key not in {"error", "cell"}}
        for entry in record["runs"]
    ]
    _write(folder / MANIFEST, record | {"runs": runs})


def write_last_batch(record: dict, processed_dir: Path, *, published: bool) -> None:
    """Write the record of the batch that ran last, errors included."""
    _write(processed_dir / LAST_BATCH, record | {"published": published})


def now() -> str:
    """Moment of the call, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write(path: Path, content: dict) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_synced(path, text.encode("utf-8"))


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    own = [path.relative_to(folder).parts[0] for path in files]
    kept = [not name.startswith(".") and name != "releases" for name in own]
    files = list(itertools.compress(files, kept))
    return {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in files
        if path.name != LAST_BATCH
    }


def _tidy(value: object) -> object:
    """Value with this machine's folders and its user's name taken out of texts."""
    if not isinstance(value, str):
        return value
    places = [ROOT, Path.home(), Path(tempfile.gettempdir())]
    for place in sorted((str(place) for place in places), key=len, reverse=True):
        if len(place) > 1:
            value = value.replace(place, "...").replace(place.replace("\\", "/"), "...")
    return value
