"""Sources in words: what each `sources.toml` beside the extracts says of the files there."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ehlib.load.schema import SourceError

NEEDS = ("id", "publisher", "title")
UNKNOWN = {"publisher": "Local extract", "licence": "not stated"}
SAMPLE = "sample"  # folder of data/raw that `ehlib sample` writes
Entries = list[tuple[Path, dict[str, object]]]


def read_entries(raw: Path) -> tuple[Entries, dict[str, str]]:
    """Entries of every `sources.toml` under a folder, each with the folder it speaks of.

    Parameters
    ----------
    raw : Path
        Folder of extracts.

    Returns
    -------
    tuple of list and dict
        The entries, and the message of each `sources.toml` that cannot be read, by its name.
    """
    entries: Entries = []
    refused = {}
    for path in sorted(raw.rglob("sources.toml")):
        try:
            entries += [(path.parent, table) for table in _tables(path)]
        except SourceError as error:
            refused[path.relative_to(raw).as_posix()] = str(error)
    return entries, refused


def retrieved_days(entries: Entries) -> dict[Path, date]:
    """Last day on which each described file was retrieved, where its entries say so."""
    days: dict[Path, date] = {}
    for folder, table in entries:
        name, said = table.get("file"), table.get("retrieved")
        try:
            day = said if isinstance(said, date) else date.fromisoformat(str(said))
        except ValueError:
            continue
        if isinstance(name, str):
            path = folder / name
            days[path] = max(day, days.get(path, day))
    return days


def told_indicator(path: Path) -> str:
    """Id of the one indicator that the entry of a file in the `sources.toml` beside it names.

    Empty where there is no entry, where it cannot be read, or where it names none or several.
    """
    try:
        tables = _tables(path.parent / "sources.toml")
    except (SourceError, OSError):
        return ""
    lists = [table.get("indicators", []) for table in tables if table.get("file") == path.name]
    named = {str(each) for listed in lists if isinstance(listed, list) for each in listed}
    return named.pop() if len(named) == 1 else ""


def describe_sources(
    used: list[str], entries: Entries, others: Mapping[str, dict[str, object]]
) -> list[dict[str, object]]:
    """Sources that observations name, each with its `name` in words.

    Parameters
    ----------
    used : list of str
        Ids in the order they are to have.
    entries : list
        As `read_entries` gives them.
    others : mapping
        Sources that no `sources.toml` describes: case records, publishers' own files.
    """
    described = dict(others) | {str(table["id"]): table for _, table in entries}
    listed = [described.get(each, {"id": each, "title": each, **UNKNOWN}) for each in used]
    return [{**each, "name": f"{each['publisher']}, {each['title']}"} for each in listed]


def case_sources(kinds: Mapping[str, str], files: Mapping[str, str]) -> dict[str, dict]:
    """Sources of case records by kind: local, or the synthetic sample.

    Parameters
    ----------
    kinds : mapping
        Each kind of case record in words.
    files : mapping
        Kind of each file that was read.
    """
    described = {}
    for name, kind in files.items():
        if kind in kinds:
            sample = name.startswith(f"{SAMPLE}/")
            described[kind] = {
                "id": kind,
                "publisher": "Synthetic sample" if sample else "Local case records",
                "title": kinds[kind],
                "licence": "made for trying out" if sample else "not for sharing",
            }
    return described


def _tables(path: Path) -> list[dict[str, object]]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("source", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{path.name}: {error}; expected TOML in UTF-8") from error
    for number, table in enumerate(tables, start=1):
        lacking = [key for key in NEEDS if not isinstance(table.get(key), str)]
        if lacking:
            raise SourceError(f"{path.name}, source {number}: found no {lacking[0]}; expected text")
    return tables
