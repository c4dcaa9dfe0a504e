"""What a notebook reads of the prepared data, so that its page is made anew when that changes."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LOG = "EHLIB_READS"  # environment variable: the file to which reads are noted; none, no notes


@dataclass(frozen=True, order=True)
class Read:
    """A file that was read, or looked for, and which part of it.

    `chosen` has pairs of a name and the words that were asked for: of a table a column and its
    values, or `quarter` and its label; of `sources.json` `part` and its keys. Empty for all.
    """

    path: str
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()


def note_read(path: str | Path, **chosen: str | Iterable[str]) -> None:
    """Note that a file is read, or looked for: what is not there today may be tomorrow.

    Every reader of prepared or reference data calls this each time it is asked, also where it
    then gives what it has read before.

    Parameters
    ----------
    path : str or Path
        The file.
    chosen : str or iterable of str
        What is read of it, as in `Read`; all where nothing is given or the words are empty.
    """
    log = os.environ.get(LOG)
    if log:
        picked = {name: _words(words) for name, words in chosen.items()}
        entry = [
            str(Path(path).resolve()),
            {name: words for name, words in picked.items() if words},
        ]
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


class Parts(dict):
    """What a JSON file holds, which notes each part of it that is asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(json.loads(path.read_text(encoding="utf-8")))
        self.path = path

    def __getitem__(self, part: str) -> object:
        """Give a part by its name."""
        note_read(self.path, part=part)
        return super().__getitem__(part)

    def get(self, part: str, default: object = None) -> object:
        """Give a part, or something else where it is not there."""
        note_read(self.path, part=part)
        return super().get(part, default)

    def __iter__(self) -> Iterator[str]:
        """Give the names of all parts."""
        note_read(self.path)
        return super().__iter__()

    def _whole(self, name: str) -> object:
        note_read(self.path)
        return getattr(super(), name)()

    def keys(self) -> object:
        """Names of all parts."""
        return self._whole("keys")

    def items(self) -> object:
        """All parts with their names."""
        return self._whole("items")

    def values(self) -> object:
        """All parts."""
        return self._whole("values")

    def copy(self) -> object:
        """All parts in a dict that notes nothing."""
        return self._whole("copy")


def read_noted(log: str | Path) -> tuple[Read, ...]:
    """Everything that was noted to a file, each read once; nothing where there is no such file."""
    path = Path(log)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return tuple(sorted({_read(*json.loads(line)) for line in lines}))


def _read(path: str, chosen: dict[str, list[str]]) -> Read:
    return Read(path, tuple((name, tuple(words)) for name, words in sorted(chosen.items())))


def _words(words: str | Iterable[str]) -> list[str]:
    each = [words] if isinstance(words, str) else words
    return sorted({str(word) for word in each} - {""})
