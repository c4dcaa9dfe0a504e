"""All that a quarter's set rests on, in one stamp: while that stands, nothing is to be done."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ehlib.load.periods import parse_quarter
from ehlib.publish.batch.keys.code import PACKAGE, TEXT
from ehlib.publish.batch.keys.data import Snapshot
from ehlib.publish.batch.keys.environment import environment
from ehlib.publish.batch.keys.store import STORE
from ehlib.publish.batch.record import BatchResult, index_entry, is_standing
from ehlib.publish.batch.schedule import read_schedule
from ehlib.publish.folder import MANIFEST, file_digest, write_synced

if TYPE_CHECKING:
    from ehlib.publish.batch.runs import Run

STAMP = "stamp.json"
LEDGER = {"released", "releases"}  # written to when a set is published
ROOT = PACKAGE.parent


def standing_set(
    quarter: str,
    *,
    out: Path | None,
    processed_dir: Path,
    reference_dir: Path,
    notebooks_dir: Path,
) -> BatchResult | None:
    """The published set, if it is whole and nothing that it rests on has changed; else None.

    Found by hashing files alone, without any of the libraries that pages are made with.

    Parameters
    ----------
    quarter : str
        Its label; the default quarter of batch.toml when empty.
    out : Path, optional
        Folder of the set; `reports/2013-14-Q3` of the project when not given.
    processed_dir, reference_dir, notebooks_dir : Path
        What it is made from.
    """
    quarter = quarter or read_schedule(reference_dir / "batch.toml").default_quarter
    period = parse_quarter(quarter)
    out = out or ROOT / "reports" / period.slug
    manifest = _read(out / MANIFEST)
    told = _read(processed_dir / STORE / period.slug / STAMP)
    if not told or told.get("manifest") != _digest(out / MANIFEST) or lost_files(out, manifest):
        return None
    folders = {"processed": processed_dir, "reference": reference_dir, "notebooks": notebooks_dir}
    if told["stamp"] != _digest_of(world(period.label, out, folders)):
        return None
    entries = [entry | {"outcome": "kept"} for entry in manifest["runs"] if is_standing(entry)]
    return BatchResult(period.label, out, published=True, runs=entries, unchanged=True)


@dataclass
class Stamp:
    """A stamp that is written when a set turns out `whole`; `folders` are those it looks at."""

    folders: dict[str, Path]
    whole: bool = False

    def covers(self, runs: "Iterable[Run]") -> bool:
        """Whether runs read nothing but what the stamp looks at."""
        docs = self.folders["notebooks"].parent / "docs"
        known = [path.resolve() for path in (*self.folders.values(), docs)]
        given = [
            (run.notebook.parent / str(value)).resolve()
            for run in runs
            for name, value in run.parameters.items()
            if name.endswith("_dir")
        ]
        return all(any(path.is_relative_to(each) for each in known) for path in given)


@contextmanager
def stamped(
    quarter: str, out: Path, *, processed_dir: Path, reference_dir: Path, notebooks_dir: Path
) -> Iterator[Stamp]:
    """Write down what a set rests on once it is published, if that stayed the same meanwhile.

    Parameters
    ----------
    quarter : str
        Its label.
    out : Path
        Folder of the set.
    processed_dir, reference_dir, notebooks_dir : Path
        What it is made from.
    """
    folders = {"processed": processed_dir, "reference": reference_dir, "notebooks": notebooks_dir}
    stamp, before = Stamp(folders), world(quarter, out, folders)
    yield stamp
    after = world(quarter, out, folders)
    if stamp.whole and all(before[name] == after[name] for name in before.keys() - LEDGER):
        told = {"stamp": _digest_of(after), "manifest": file_digest(out / MANIFEST)}
        path = processed_dir / STORE / parse_quarter(quarter).slug / STAMP
        write_synced(path, json.dumps(told).encode("utf-8"))


def world(quarter: str, out: Path, folders: dict[str, Path]) -> dict[str, object]:
    """Digests of all that a quarter's set rests on.

    Parameters
    ----------
    quarter : str
        Its label.
    out : Path
        Folder of the set; the manifests of the sets beside it count, since its index tells of them.
    folders : dict of Path
        `processed`, `reference` and `notebooks`.
    """
    snapshot, slug = Snapshot(), parse_quarter(quarter).slug
    told = {name: snapshot.folder(folders[name]) for name in ("processed", "reference")}
    told["released"] = snapshot.folder(folders["processed"] / "released" / slug)
    told["releases"] = snapshot.folder(folders["processed"] / "releases")
    code = [path for path in PACKAGE.rglob("*") if path.suffix in TEXT]
    texts = [*code, *folders["notebooks"].glob("*.ipynb")]
    for folder in {folders["notebooks"].parent / "docs", ROOT / "docs", ROOT / "data/reference"}:
        texts += [path for path in folder.glob("*.*") if path.is_file()]
    told["texts"] = {path.as_posix(): snapshot.file(path) for path in sorted(texts)}
    beside = [path for path in sorted(out.parent.glob(f"*/{MANIFEST}")) if path.parent != out]
    told["beside"] = {path.parent.name: snapshot.file(path) for path in beside}
    told["environment"] = environment()
    return told | {"set": [quarter, str(out.resolve())]}


def lost_files(out: Path, manifest: dict) -> list[str]:
    """Files of a published set that were deleted or written to since."""
    listed = dict(index_entry(manifest))
    for entry in filter(is_standing, manifest.get("runs", [])):
        listed |= entry.get("files") or {entry["page"]: entry.get("sha256", "")}
    changed = (name for name, digest in listed.items() if _digest(out / name) != digest)
    return sorted(changed)


def _digest_of(told: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8")).hexdigest()


def _digest(path: Path) -> str:
    return file_digest(path) if path.is_file() else ""


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
