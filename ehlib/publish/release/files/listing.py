"""Files of a set against its manifest: each is named there, and none was changed since."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ehlib.publish.folder import MANIFEST, file_digest
from ehlib.publish.release.files.layers import Leak

INDEX = "index.html"


def listing_leaks(folder: Path, paths: Iterable[Path]) -> Iterator[Leak]:
    """Files that a batch did not make, or not as they are.

    Parameters
    ----------
    folder : Path
        The set. One without index and manifest is a folder of files to be looked through, of
        which nothing is asked here.
    paths : iterable of Path
        Every file of it.
    """
    named = _named(folder / MANIFEST)
    if named is None:
        if (folder / INDEX).exists() or (folder / MANIFEST).exists():
            yield Leak(MANIFEST, "folder", "a set without a list of its files", "no_manifest")
        return
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if name not in named:
            yield Leak(name, "folder", name, "unnamed_file")
        elif named[name] and path.is_file() and file_digest(path) != named[name]:
            yield Leak(name, "folder", "its hash is not the one in the manifest", "changed_file")


def _named(manifest: Path) -> dict[str, str] | None:
    """Hash by name of each file that a manifest names, empty where it gives none."""
    try:
        record = json.loads(manifest.read_text(encoding="utf-8"))
        named = {MANIFEST: "", INDEX: ""} | dict(record.get("files", {}))
        for run in record.get("runs", []):
            named |= {run["page"]: run.get("sha256", ""), **run.get("files", {})}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return {str(name): str(digest) for name, digest in named.items()}
