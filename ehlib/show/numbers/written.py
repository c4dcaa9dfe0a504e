"""HTML of a finished table of text, and the same table as facts from which downloads are made."""

import itertools
import re
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from ehlib.show.numbers.ids import numbers_of
from ehlib.show.tables import MARKERS

NUMERIC = re.compile(r"(?:[\d,.()%\s\u25b2\u25bc\u2714\u2718-]|to|\[[a-z]\])*")  # no other letters
SHADES = {"\u25cf": "held", "\u25d0": "behind", "\u25cb": "lacking"}  # full, half, empty circle
UNIT = re.compile(r"\(([^()]+)\)$")


@dataclass
class Counted:
    """How many tables the notebook has shown so far: each gets an id, `table-1` and on."""

    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def begin(self) -> None:
        """Count from 1 again, as a page begins."""
        self.numbers = itertools.count(1)

    def next_id(self) -> str:
        """Id of the next table."""
        return f"table-{next(self.numbers)}"


COUNTED = Counted()


def written_table(
    table: pd.DataFrame, *, caption: str, source: str, note: str = "", headers: int = 1
) -> tuple[str, dict[str, object]]:
    """HTML of a table, and its facts.

    Parameters
    ----------
    table : DataFrame of text
        Cells as they are to be read, those from `unmarked` with ids of their numbers.
    caption, source, note : str
        What the table holds, where from, and what a reader must know of its cells.
    headers : int
        How many leading columns name the row.

    Returns
    -------
    tuple of str and dict
        The facts hold the very text of the page: `id`, `caption`, `columns` (name and unit),
        `headers`, `rows`, `numbers` (ids, shaped as the rows), `note`, `source`.

    Raises
    ------
    ValueError
        If the caption is empty or the table has no rows.
    """
    if not caption.strip() or table.empty:
        raise ValueError(f"table {caption!r} needs a caption and at least one row")
    texts = table.astype("str")
    facts = _facts(texts, headers)
    facts |= {"id": COUNTED.next_id(), "caption": caption, "source": source}
    facts["note"] = " ".join(filter(None, [note, _marker_note(facts["rows"])]))
    return _html(texts.to_numpy().tolist(), facts), facts


def _facts(texts: pd.DataFrame, headers: int) -> dict[str, object]:
    names = [str(name).replace("\u00a0", " ") for name in texts.columns]
    rows = [[cell.replace("\u00a0", " ") for cell in cells] for cells in texts.to_numpy().tolist()]
    return {
        "columns": [{"name": name, "unit": _unit(name)} for name in names],
        "headers": headers,
        "rows": rows,
        "numbers": numbers_of(texts),
    }


def _html(rows: list[list[str]], facts: dict) -> str:
    names, headers = facts["columns"], facts["headers"]
    kinds = [
        "" if place < headers else _kind([row[place] for row in rows])
        for place in range(len(names))
    ]
    heads = "".join(
        f'<th scope="col"{kind}>{escape(column["name"])}</th>'
        for column, kind in zip(names, kinds, strict=True)
    )
    cells = zip(rows, facts["numbers"], strict=True)
    body = "".join(_row(row, ids, kinds, headers) for row, ids in cells)
    label, said = escape(facts["caption"]), f"{facts['note']} {facts['source']}".strip()
    return (
        f'<div class="table-scroll" id="{facts["id"]}" tabindex="0" role="region" '
        f'aria-label="{label}"><table><caption>{label}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
        + (f'<p class="table-note">{escape(said)}</p>' if said else "")
    )


def _row(cells: list[str], ids: list[str], kinds: list[str], headers: int) -> str:
    named = "".join(f'<th scope="row">{escape(cell)}</th>' for cell in cells[:headers])
    given = "".join(
        # A number, its marker and its limits stay on one line.
        f"<td{kind or _shade(cell)}{_number(own)}>"
        f"{escape(cell.replace(' ', chr(160)) if kind else cell)}</td>"
        for cell, own, kind in list(zip(cells, ids, kinds, strict=True))[headers:]
    )
    return f"<tr>{named}{given}</tr>"


def _kind(cells: list[str]) -> str:
    """Attribute of the cells of a column: numbers stand on the right."""
    return ' class="num"' if all(map(NUMERIC.fullmatch, cells)) else ""


def _shade(cell: str) -> str:
    """Class of a cell that begins with a sign of how much is held: the sign says it in ink too."""
    return f' class="{SHADES[cell[:1]]}"' if cell[:1] in SHADES else ""


def _number(ids: str) -> str:
    return f' data-number="{escape(ids)}"' if ids else ""


def _unit(name: str) -> str:
    """Unit of a column from its name: what stands in brackets at the end, or per cent."""
    if "percentage" in name.lower() or "per cent" in name.lower():
        return "%"
    found = UNIT.search(name)
    return found[1] if found else ""


def _marker_note(rows: list[list[str]]) -> str:
    text = " ".join(cell for row in rows for cell in row)
    used = [f"{symbol} {words}" for symbol, words in MARKERS.values() if symbol in text]
    return "; ".join(used) + "." if used else ""
