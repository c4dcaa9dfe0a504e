"""What pages read of the data: digests of files, and of the rows or parts that were asked for."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ehlib.load.reads import Read
from ehlib.publish.folder import file_digest

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NONE = "none"  # digest of a file that is not there
OBSERVATIONS, ACCOUNTS, LOG = "observations.parquet", "sources.json", "restated.csv"
TOGETHER = (OBSERVATIONS, ACCOUNTS, LOG)  # observations are read with their sources and changes
OWN = {"last_batch.json", "pages", "released", "releases", "released.json", "record.parquet"}


class Snapshot:
    """The files of a batch as they were when it first looked at each."""

    def __init__(self) -> None:
        self._files: dict[Path, tuple[object, str]] = {}
        self._rows: dict[Path, tuple[pd.DataFrame, np.ndarray]] = {}

    def whole(self, path: Path) -> str:
        """Digest of a file, or of all in a folder, and of what is read along with it."""
        if path.name == OBSERVATIONS:
            return _joined([self.file(path.with_name(name)) for name in TOGETHER])
        if path.is_dir():
            return _joined([f"{name} {digest}" for name, digest in self.folder(path).items()])
        return self.file(path)

    def file(self, path: Path) -> str:
        """SHA-256 of a file."""
        if path not in self._files:
            self._files[path] = _look(path), file_digest(path) if path.is_file() else NONE
        return self._files[path][1]

    def folder(self, path: Path) -> dict[str, str]:
        """SHA-256 of every file in a folder but for what batches write into it, by name."""
        files = [each for each in path.rglob("*") if each.is_file()]
        names = {each.relative_to(path).as_posix(): each for each in sorted(files)}
        return {
            name: self.file(each)
            for name, each in names.items()
            if not (name.startswith(".") or name.split("/")[0] in OWN)
        }

    def part(self, read: Read) -> str:
        """Digest of what was read: of the rows or parts alone that were asked for."""
        path, chosen = Path(read.path), dict(read.chosen)
        if path.is_file() and path.name == OBSERVATIONS:
            return self._rows_digest(path, read.chosen)
        if path.is_file() and chosen and path.name == ACCOUNTS:
            return _accounts_digest(path, chosen)
        if path.is_file() and chosen and path.name == LOG:
            return _log_digest(path, chosen)
        return self.whole(path)

    def changed(self, paths: Iterable[Path]) -> list[str]:
        """Names of files that are not what they were when they were first looked at."""
        every = {each for path in paths for each in _with_others(path)}
        known = [path for path in sorted(every) if path in self._files]
        return [path.name for path in known if _look(path) != self._files[path][0]]

    def _rows_digest(self, path: Path, chosen: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
        rows, hashes = self._hashed(path)
        return _joined([hashes[_mask(rows, chosen)].tobytes().hex()])

    def _hashed(self, path: Path) -> tuple["pd.DataFrame", "np.ndarray"]:
        """Rows as notebooks get them, and a number for the content of each."""
        if path not in self._rows:
            import pandas as pd

            from ehlib.load.schema import read_observations

            rows = read_observations(path.parent)
            self._rows[path] = rows, pd.util.hash_pandas_object(rows, index=False).to_numpy()
        return self._rows[path]


def _look(path: Path) -> object:
    """What tells that a file was replaced or written to, whatever the clock says."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _with_others(path: Path) -> list[Path]:
    return [path.with_name(name) for name in TOGETHER] if path.name == OBSERVATIONS else [path]


def _mask(rows: "pd.DataFrame", chosen: tuple[tuple[str, tuple[str, ...]], ...]) -> "np.ndarray":
    import numpy as np
    import pandas as pd

    from ehlib.load.periods import parse_quarter

    mask = np.ones(len(rows), dtype=bool)
    for name, words in chosen:
        if name == "quarter":
            mask &= (rows["period_end"] <= pd.Timestamp(parse_quarter(words[0]).end)).to_numpy()
        else:
            mask &= rows[name].isin(words).to_numpy()
    return mask


def _accounts_digest(path: Path, chosen: Mapping[str, tuple[str, ...]]) -> str:
    from ehlib.load.schema import sources_of

    accounts = json.loads(path.read_text(encoding="utf-8"))
    names = chosen.get("name")
    parts = [sources_of(accounts, names)] if names else [accounts.get(p) for p in chosen["part"]]
    return _joined([json.dumps(part, sort_keys=True) for part in parts])


def _log_digest(path: Path, chosen: Mapping[str, tuple[str, ...]]) -> str:
    from ehlib.load.accounts.restated import read_restated

    rows = read_restated(path.parent, indicator_id=list(chosen["indicator_id"]))
    return _joined([rows.to_csv(index=False)])


def _joined(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()
