"""Actions of the children's plan: what was promised, by when, by whom, and how it stands."""

import re
from calendar import monthrange
from collections.abc import Collection
from datetime import date
from pathlib import Path

import pandas as pd

from ehlib.load.indicators.catalogue import PRIORITIES
from ehlib.load.reads import note_read
from ehlib.load.schema import LISTED, SourceError
from ehlib.load.tables import read_grids

PATH = Path(__file__).resolve().parents[2] / "data" / "reference" / "actions.csv"
SECTIONS = {  # section of the children's plan, with the priority it is about
    "3.1": PRIORITIES[0],
    "3.2": PRIORITIES[4],
    "3.3": PRIORITIES[2],
    "3.4": PRIORITIES[1],
    "3.5": PRIORITIES[3],
}
AMBITIONS = ("prevention", "independence", "integration")
STATUSES = ("not started", "on track", "at risk", "late", "done")
COLUMNS = ("id", "section", "part_of", "action", "due", "ambitions", "leads", "indicators")
KEPT = ("status", "evidence", "updated")  # what the analyst fills in
LISTS = ("ambitions", "leads", "indicators")
TEXTS = ("id", "section", "part_of", "action", "status", "priority", "due", *LISTS, "evidence")
DAYS = ("due_date", "updated")
NONE = {  # columns of a plan without actions
    **{name: pd.Series(dtype="object") for name in TEXTS},
    **{name: pd.Series(dtype="datetime64[ns]") for name in DAYS},
}
SLUG = re.compile(r"[a-z]+-\d+[a-z]?")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
EXCEL_MONTH = re.compile(r"([A-Z][a-z]{2})-(\d\d)")  # what Excel makes of 2014-09 when it saves


def read_actions(
    path: str | Path | None = None,
    *,
    indicators: Collection[str] = (),
    today: date | None = None,
) -> pd.DataFrame:
    """Every dated action of the plan, in the order of the file.

    Parameters
    ----------
    path : str, Path or None
        `data/reference/actions.csv` when None; CSV as Excel may save it.
    indicators : collection of str
        Ids of the catalogue that actions may be linked with; not checked when empty.
    today : date, optional
        Day after which nothing can have been updated; the real one when not given.

    Returns
    -------
    DataFrame, one row per action
        `id`, `section`, `priority`, `part_of` (id of the action that it is a part of), `action`,
        `due` (2014-09), `due_date` (last day of that month), `status` and `evidence` ("" where none
        is recorded) as text, `updated` as a date, missing where there is none; `ambitions`,
        `leads` and `indicators` as tuples. No rows where the file is missing or has no action:
        a county that records none still has its other pages.

    Raises
    ------
    SourceError
        If the file is not as described. All faults are found; five are listed with row, column,
        what was found, what was wanted and how to mend it, then how many more.
    """
    path, today = Path(path or PATH), today or date.today()
    note_read(path)
    rows = _rows(path)
    faults = [fault for row in rows for fault in _row_faults(row, set(indicators), today)]
    faults += _id_faults(rows)
    if faults:
        rest = [f"and {len(faults) - LISTED} more"] if len(faults) > LISTED else []
        raise SourceError("\n".join([*(f"{path.name}, {each}" for each in faults[:LISTED]), *rest]))
    return pd.DataFrame([_typed(row) for row in rows] or NONE)


def _rows(path: Path) -> list[dict[str, str]]:
    """Rows under the header as text by column, each with its number as a spreadsheet shows it."""
    if not path.exists() or not path.read_bytes().strip():
        return []
    header, *body = read_grids(path)[0].rows()
    names = [name.strip().lower() for name in header]
    wanted = [*COLUMNS, *KEPT]
    if sorted(filter(None, names)) != sorted(wanted):
        raise SourceError(
            f"{path.name}, row 1: columns are {', '.join(names)}; expected {', '.join(wanted)}; "
            "restore the first row as it was delivered"
        )
    rows = []
    for number, cells in enumerate(body, start=2):
        filled = [*(cell.strip() for cell in cells), *[""] * len(names)]
        if any(filled):
            rows.append(dict(zip(names, filled, strict=False)) | {"row": str(number)})
    return rows


def _row_faults(row: dict[str, str], known: set[str], today: date) -> list[str]:
    """What is wrong in one row, each fault with column, found, wanted and mend."""
    unknown = [each for each in _listed(row["indicators"]) if known and each not in known]
    odd = [each for each in _listed(row["ambitions"]) if each not in AMBITIONS]
    updated = _day(row["updated"])
    late = updated is not None and updated > today
    told = bool(row["status"] or row["evidence"])
    checks = [
        ("id", SLUG.fullmatch(row["id"]), "an id such as safe-1", "give it the id it had"),
        ("section", row["section"] in SECTIONS, _one_of(SECTIONS), "write the plan's section"),
        ("action", row["action"], "words", "say what was promised"),
        ("due", _month(row["due"]), "a month such as 2014-09", "write year, hyphen and month"),
        ("ambitions", not odd and row["ambitions"], _one_of(AMBITIONS), "part several with ;"),
        ("leads", row["leads"], "the bodies that lead", "part several with ;"),
        ("indicators", not unknown, "ids of indicators.toml", "see `ehlib indicators`"),
        ("status", row["status"] in ("", *STATUSES), _one_of(STATUSES), "or leave it empty"),
        (
            "evidence",
            row["status"] != "done" or row["evidence"],
            "words that show it is done",
            "say where that can be seen, or write another status",
        ),
        ("updated", updated or not row["updated"], "a day such as 2014-09-30", "write it so"),
        ("updated", not late, f"a day up to {today.isoformat()}", "write the day it was recorded"),
        (
            "updated",
            row["updated"] or not told,
            "the day on which status or evidence was recorded",
            "write it as 2014-09-30",
        ),
    ]
    found = {"indicators": ";".join(unknown), "ambitions": ";".join(odd)}
    return [
        f"row {row['row']}, column {column}: {found.get(column) or row[column]!r}; "
        f"expected {wanted}; {mend}"
        for column, right, wanted, mend in checks
        if not right
    ]


def _id_faults(rows: list[dict[str, str]]) -> list[str]:
    """Ids that two rows share, and parts of actions that are not there."""
    first: dict[str, str] = {}
    faults = []
    for row in rows:
        if row["id"] in first:
            faults.append(
                f"row {row['row']}, column id: {row['id']!r} is the id of row {first[row['id']]}; "
                "expected its own; give it the id it had"
            )
        first.setdefault(row["id"], row["row"])
    for row in rows:
        if row["part_of"] and (row["part_of"] not in first or row["part_of"] == row["id"]):
            faults.append(
                f"row {row['row']}, column part_of: {row['part_of']!r}; expected the id of another "
                "action, or nothing; write the id of the action that this is a part of"
            )
    return faults


def _typed(row: dict[str, str]) -> dict[str, object]:
    """One action with its month, day and lists as they are used."""
    year, month = _month(row["due"])
    updated = _day(row["updated"])
    return {
        **{name: row[name] for name in ("id", "section", "part_of", "action", "status")},
        "priority": SECTIONS[row["section"]],
        "due": f"{year}-{month:02d}",
        "due_date": pd.Timestamp(year, month, monthrange(year, month)[1]),
        **{name: tuple(_listed(row[name])) for name in LISTS},
        "evidence": row["evidence"],
        "updated": pd.NaT if updated is None else pd.Timestamp(updated),
    }


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(";") if each.strip()]


def _one_of(words: Collection[str]) -> str:
    return f"one of {', '.join(words)}"


def _month(text: str) -> tuple[int, int] | None:
    """Year and month of `2014-09`, or of the `Sep-14` that Excel makes of it."""
    excel = EXCEL_MONTH.fullmatch(text)
    if excel and excel[1] in MONTHS:
        return 2000 + int(excel[2]), MONTHS.index(excel[1]) + 1
    plain = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    return (int(plain[1]), int(plain[2])) if plain else None


def _day(text: str) -> date | None:
    """Day that a text names, year first or as English councils write it; None for any other."""
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    numbers = found.groups() if found else ()
    if english := re.fullmatch(r"(\d\d?)/(\d\d?)/(\d{4})", text):
        numbers = english.groups()[::-1]
    try:
        return date(*map(int, numbers)) if numbers else None
    except ValueError:
        return None
