"""Every file of a set looked through, by several processes where there are many."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ehlib.publish.kernels.workers import Lost, work_through
from ehlib.publish.release.files.layers import Layer, Leak, unwrap
from ehlib.publish.release.look import Look, page_of

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
KINDS = {".html", ".json", ".geojson", ".csv", ".tsv", ".txt", ".svg", ".png", ".jpg", ".jpeg"}
KINDS |= {".xlsx", ".ods", ".gz"}
MANY = 12  # pages for each process, or it takes longer to start than it saves
HOUR = 3600.0  # seconds after which a process that looks is given up


@dataclass(frozen=True)
class _Part:
    """Some files of a set: pages, each before the downloads that are held against it."""

    paths: list[Path]
    folder: Path
    look: Look


def look_through(paths: list[Path], folder: Path, look: Look, *, processes: int) -> list[Leak]:
    """Leaks of each file of a set by itself.

    Parameters
    ----------
    paths : list of Path
        Pages first: a download is held against its page.
    folder : Path
        The set.
    look : Look
        Gets the words that could be ids of records.
    processes : int
        How many look at once; one does where the pages are few.

    Returns
    -------
    list of Leak
        In no order.
    """
    pages = sum(path.suffix == ".html" for path in paths)
    shares = _shares(paths, folder, max(1, min(processes, pages // MANY)))
    if len(shares) == 1:
        return _leaks(_Part(paths, folder, look))
    parts, leaks = [_Part(share, folder, look) for share in shares], []
    done = work_through(parts, _look_apart, processes=len(parts), seconds=lambda part: HOUR)
    for part, found in done:
        if isinstance(found, Lost):  # what a process that ended was to do is done here
            leaks += _leaks(part)
        else:
            leaks += found[0]
            look.ids.add(found[1])
    return leaks


def _shares(paths: list[Path], folder: Path, number: int) -> list[list[Path]]:
    """Files in as many shares: the largest pages first, each to the share that has least."""
    bundles: dict[str, list[Path]] = {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        bundles.setdefault(page_of(name) or name.removesuffix(".html"), []).append(path)
    sizes = {name: sum(path.lstat().st_size for path in each) for name, each in bundles.items()}
    shares, filled = [[] for _ in range(number)], [0] * number
    for name in sorted(bundles, key=sizes.get, reverse=True):
        least = filled.index(min(filled))
        shares[least] += bundles[name]
        filled[least] += sizes[name]
    return shares


def _look_apart(part: _Part) -> tuple[list[Leak], dict]:
    """Leaks of a part, and the words in it that could be ids, from a process of its own."""
    return _leaks(part), part.look.ids.places


def _leaks(part: _Part) -> list[Leak]:
    return [leak for path in part.paths for leak in _file_leaks(path, part.folder, part.look)]


def _file_leaks(path: Path, folder: Path, look: Look) -> Iterator[Leak]:
    name = path.relative_to(folder).as_posix()
    if path.is_symlink() or not path.is_file():
        yield Leak(name, "folder", name, "link")
        return
    if not all(NAME.fullmatch(part) for part in name.split("/")) or path.suffix not in KINDS:
        yield Leak(name, "folder", name, "foreign_file")
    yield from look.words(Layer(name, "file name", "text", name), name)
    for layer in unwrap(name, path.read_bytes()):
        if isinstance(layer, Leak):
            yield layer
        else:
            yield from look.leaks(layer)
