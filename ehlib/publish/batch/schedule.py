"""The pages that are due each quarter, as batch.toml says."""

import re
import string
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ehlib.load.periods import Period, parse_quarter

DUE = {"quarterly": (1, 2, 3, 4), "biannual": (2, 4), "annual": (4,)}
AREA_KINDS = ("county", "locality", "district")
FIELDS = {"indicator_id", "area"}
KEYS = {
    "notebook": str,
    "name": str,
    "group": str,
    "frequency": str,
    "for_each": dict,
    "awaited": str,
    "parameters": dict,
}
OPTIONAL = {"for_each", "awaited", "parameters"}
SETTINGS = {"trust": str, "default_quarter": str, "timeout_seconds": int, "page": list}
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
DEFAULT = Path(__file__).resolve().parents[3] / "data" / "reference" / "batch.toml"


class BatchError(ValueError):
    """What a batch is asked to do cannot be done: batch.toml or a notebook is wrong."""


@dataclass(frozen=True)
class PageEntry:
    """Pages made from one notebook: `name` is filled in for each indicator or area.

    `over` is indicator_id, area or nothing, and `items` what for_each lists; `awaited` is the
    notebook for indicators without a figure, and `place` the table in errors.
    """

    place: str
    notebook: str
    name: str
    group: str
    frequency: str
    over: str
    items: tuple[str, ...]
    awaited: str
    parameters: dict[str, object]

    def is_due(self, quarter: Period) -> bool:
        """Whether the pages belong to a quarter: biannual ones to Q2 and Q4, annual to Q4."""
        return int(quarter.label[-1]) in DUE[self.frequency]


@dataclass(frozen=True)
class Schedule:
    """What batch.toml holds."""

    trust: str
    default_quarter: str
    timeout_seconds: int
    pages: tuple[PageEntry, ...]


def read_schedule(path: Path | None = None) -> Schedule:
    """Schedule that a batch.toml holds.

    Parameters
    ----------
    path : Path, optional
        The project's own file when not given.

    Returns
    -------
    Schedule
        With the default quarter as its label.

    Raises
    ------
    BatchError
        If the file does not parse or an entry is wrong; names file, table, key, found and wanted,
        for up to five entries.
    """
    path = path or DEFAULT
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BatchError(f"{path.name} does not parse: {error}") from error
    faults = _setting_faults(content)
    tables = content.get("page", []) if not faults else []
    for number, table in enumerate(tables, start=1):
        faults += [f"{_place(number, table)}, {fault}" for fault in _page_faults(table)]
    if faults:
        more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise BatchError(f"{path.name}: {'; '.join(faults[:5])}{more}")
    pages = tuple(_entry(path, number, table) for number, table in enumerate(tables, start=1))
    quarter = parse_quarter(content["default_quarter"]).label
    return Schedule(content["trust"], quarter, content["timeout_seconds"], pages)


def _place(number: int, table: dict) -> str:
    return f"[[page]] {number} ({table.get('notebook', 'no notebook')})"


def _entry(path: Path, number: int, table: dict) -> PageEntry:
    over, values = next(iter(table.get("for_each", {}).items()), ("", []))
    return PageEntry(
        place=f"{path.name}: {_place(number, table)}",
        notebook=table["notebook"],
        name=table["name"],
        group=table["group"],
        frequency=table["frequency"],
        over=over,
        items=tuple(values),
        awaited=table.get("awaited", ""),
        parameters=table.get("parameters", {}),
    )


def _setting_faults(content: dict) -> list[str]:
    faults = _type_faults(content, SETTINGS, needed=set(SETTINGS))
    if faults:
        return faults
    if content["timeout_seconds"] < 1:
        faults.append(f"timeout_seconds is {content['timeout_seconds']}; expected 1 or more")
    try:
        parse_quarter(content["default_quarter"])
    except ValueError as error:
        faults.append(f"default_quarter: {error}")
    return faults


def _type_faults(table: dict, types: dict[str, type], *, needed: set[str]) -> list[str]:
    faults = [f"{key} is not known; expected {', '.join(types)}" for key in table.keys() - types]
    faults += [f"{key} is missing" for key in sorted(needed - table.keys())]
    for key in table.keys() & types:
        if type(table[key]) is not types[key] or table[key] == "":
            faults.append(f"{key} is {table[key]!r}; expected {types[key].__name__}")
    return sorted(faults)


def _page_faults(table: dict) -> list[str]:
    faults = _type_faults(table, KEYS, needed=KEYS.keys() - OPTIONAL)
    if faults:
        return faults
    if table["frequency"] not in DUE:
        faults.append(f"frequency is {table['frequency']!r}; expected {', '.join(DUE)}")
    for key in {"notebook", "awaited"} & table.keys():
        if not re.fullmatch(r"[A-Za-z0-9_]+", table[key]):
            faults.append(f"{key} is {table[key]!r}; expected a name such as 02_indicator")
    return faults + _name_faults(table) + _for_each_faults(table.get("for_each", {}))


def _name_faults(table: dict) -> list[str]:
    """What is wrong with the template of page names: it must tell a table's pages apart."""
    over = set(table.get("for_each", {}))
    try:
        used = {name for _, name, _, _ in string.Formatter().parse(table["name"]) if name}
        filled = table["name"].format(**dict.fromkeys(over, "x"))
    except (KeyError, IndexError, ValueError):
        used, filled = {""}, ""
    if used != over or not SLUG.fullmatch(filled):
        fields = " and ".join(f"{{{name}}}" for name in sorted(over)) or "no fields"
        wanted = f"expected small letters, figures and hyphens with {fields}"
        return [f"name is {table['name']!r}; {wanted}"]
    return []


def _for_each_faults(for_each: dict) -> list[str]:
    if len(for_each) > 1 or for_each.keys() - FIELDS:
        return [f"for_each has {', '.join(sorted(for_each))}; expected indicator_id or area"]
    faults = []
    for key, values in for_each.items():
        if not isinstance(values, list) or not values or len(set(map(str, values))) < len(values):
            faults.append(f"for_each.{key} is {values!r}; expected a list of different names")
        elif key == "area" and set(map(str, values)) - set(AREA_KINDS):
            faults.append(f"for_each.area is {values!r}; expected {', '.join(AREA_KINDS)}")
    return faults
