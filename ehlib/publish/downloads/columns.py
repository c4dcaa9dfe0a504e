"""Columns of a download: what a page writes into one cell, taken apart into numbers and words."""

import re
from decimal import Decimal
from typing import NamedTuple

SIGNS = {"\u25b2": "higher", "\u25bc": "lower", "\u2714": "better", "\u2718": "worse"}
NUMBER = r"[-\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
CELL = re.compile(
    rf"(?:(?P<sign>[{''.join(SIGNS)}])\s*)?"
    rf"(?:(?P<low>{NUMBER})%? to (?P<high>{NUMBER})%?"
    rf"|(?P<first>{NUMBER})(?P<percent>%?)"
    rf"(?: \((?:(?P<inner_low>{NUMBER})%? to (?P<inner_high>{NUMBER})%?"
    rf"|(?P<second>{NUMBER})(?P<second_percent>%?)(?: of (?P<third>{NUMBER}))?)\))?"
    r"(?: (?P<unit>points|per [\d,]+))?)?"
    r"\s*(?P<marker>\[[a-z]+\])?"
)
NAMES = {  # columns that one column of the page becomes, in their order
    "first": "{name}",
    "second": "{name}, in brackets",
    "third": "{name}, out of",
    "low": "{name}, lower",
    "high": "{name}, upper",
    "sign": "{name}: comparison",
    "unit": "{name}: unit",
    "marker": "{name}: notes",
}


class Number(NamedTuple):
    """A number with the decimals that the page shows, and whether thousands are parted there."""

    value: Decimal
    comma: bool = True

    @property
    def decimals(self) -> int:
        """How many digits stand after the point."""
        return max(0, -int(self.value.as_tuple().exponent))


Cell = Number | str


class Column(NamedTuple):
    """Name and cells of a column; in a column of numbers a text is a symbol, or nothing."""

    name: str
    cells: list[Cell]

    @property
    def numeric(self) -> bool:
        """Whether any cell is a number."""
        return any(isinstance(cell, Number) for cell in self.cells)


def split_columns(told: dict) -> list[Column]:
    """Columns of a table, each of one kind: words, or numbers with the symbols in their place.

    Limits become two columns, and so do a count and its percentage in brackets; markers beside
    numbers, and signs, which become words, get columns of their own. Leading columns, which name
    the rows, stay as they are.

    Parameters
    ----------
    told : dict
        Facts of a table as the page shows it: `columns`, `rows` and `headers`.

    Returns
    -------
    list of Column
        Names are different from one another, also without regard to capitals.
    """
    columns: list[Column] = []
    for place, said in enumerate(told["columns"]):
        texts = [row[place] for row in told["rows"]]
        name = said["name"].strip() or f"Column {place + 1}"
        found = None if place < told["headers"] else _read(texts)
        columns += [Column(name, texts)] if found is None else _parts(name, found)
    return _named_apart(columns)


def in_words(note: str) -> str:
    """Note on a table as it fits a download, where words stand for signs."""
    plain = re.sub(rf"[{''.join(SIGNS)}] ?", "", note)
    return plain.replace("no sign:", "empty:")


def _read(texts: list[str]) -> list[dict[str, Cell]] | None:
    """Parts of each cell; None where the column is not of numbers."""
    matches = [CELL.fullmatch(text) for text in texts]
    if not all(matches) or not any(re.search(r"\d", text) for text in texts):
        return None
    return [_cell(match.groupdict(default="")) for match in matches]


def _cell(part: dict[str, str]) -> dict[str, Cell]:
    words = {"sign": SIGNS.get(part["sign"], ""), "unit": part["unit"], "marker": part["marker"]}
    low, high = part["low"] or part["inner_low"], part["high"] or part["inner_high"]
    numbers = {name: part[name] for name in ("first", "second", "third")}
    numbers |= {"low": low, "high": high}
    found: dict[str, Cell] = {name: _number(text) for name, text in numbers.items() if text}
    if not found and part["marker"]:  # the symbol stands for the number
        return {"symbol": part["marker"]}
    found["percent"], found["share"] = part["percent"], part["second_percent"]
    return found | {name: text for name, text in words.items() if text}


def _number(text: str) -> Number:
    plain = text.replace("\u2212", "-")
    value = Decimal(plain.replace(",", ""))
    return Number(value, "," in plain or abs(value) < 1000)


def _parts(name: str, found: list[dict[str, Cell]]) -> list[Column]:
    """Columns for the parts that any cell has; a symbol stands in place of each number."""
    used = [part for part in NAMES if any(part in cell for cell in found)]
    percent, share = (any(cell.get(name) for cell in found) for name in ("percent", "share"))
    columns = []
    for part in used:
        title = NAMES[part].format(name=name)
        if part == "second" and (share or "third" in used):
            title = f"{name}, {'per cent' if share else 'number'}"
        elif part == "first" and percent and "%" not in name:
            title = f"{name} (%)"
        instead = "" if part in ("sign", "unit", "marker") else "symbol"
        cells = [cell.get(part, cell.get(instead, "")) for cell in found]
        columns.append(Column(title, cells))
    return columns


def _named_apart(columns: list[Column]) -> list[Column]:
    seen: set[str] = set()
    named = []
    for column in columns:
        name, number = column.name, 2
        while name.lower() in seen:
            name, number = f"{column.name} {number}", number + 1
        seen.add(name.lower())
        named.append(Column(name, column.cells))
    return named
