"""Checks of case records: cells that cannot be read, days out of order, ids used twice."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ehlib.load.cases.columns import Cells, rule_of
from ehlib.load.cases.headings import INSTEAD, PERIOD
from ehlib.load.schema import LISTED
from ehlib.load.sources.extract import fault

# Nine digits or more, a postcode, an e-mail address, a sentence: never repeated in a message.
IDENTIFYING = r"(?i)(?:\d\D?){9}|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|@|.{41}"
HIDDEN = "(not shown: it may identify a child)"
MADE = {  # what to say where a column could not be made from a personal one
    "date_of_birth": ("day_wrong", "a day of birth up to today", "correct the day of birth"),
    "postcode": ("postcode_unknown", "a postcode in use", "correct the postcode"),
}


def check_cells(
    cells: pd.DataFrame, given: dict[str, Cells], made: Iterable[str]
) -> list[pd.DataFrame]:
    """Faults of cells that are empty and must not be, or that cannot be read.

    Parameters
    ----------
    cells : DataFrame of text
        As written, under our column names.
    given : dict of str to Cells
        The same, read.
    made : iterable of str
        Personal columns of which others were made.
    """
    faults = []
    for column, each in given.items():
        missing = each.where(each.normal.isna())
        if not missing.any():
            continue
        rule, _, wanted, mend = rule_of(column)
        empty = missing & each.where(each.written.str.strip() == "")
        personal = INSTEAD.get(column, "")
        unmade = np.zeros_like(empty)
        if personal in made:
            unmade = empty & (cells[personal].str.strip() != "").to_numpy()
            said = [HIDDEN] * int(unmade.sum())
            faults.append(fault(cells.index[unmade], *_made(personal, said)))
        rows = cells.index[empty & ~unmade]
        faults.append(fault(rows, "cell_empty", column, [""] * len(rows), wanted, _fill(personal)))
        wrong = missing & ~empty
        found = shown(cells.loc[wrong, [column]], cells)[column]
        faults.append(fault(cells.index[wrong], rule, column, found, wanted, mend))
    return faults


def shown(written: pd.DataFrame, among: pd.DataFrame) -> pd.DataFrame:
    """Cells as an account may show them: not when they hold an id or look like personal data.

    Parameters
    ----------
    written : DataFrame of text
        Cells to show.
    among : DataFrame of text
        All rows read with them, whose ids are looked for.
    """
    if written.empty:
        return written
    ids = [among[column].str.strip() for column in among if column.endswith("_id")]
    known = set().union(*ids) - {""}
    cells = {name: written[name] for name in written}
    plain = {name: column.str.strip() for name, column in cells.items()}
    hidden = {
        name: each.str.contains(IDENTIFYING) | each.isin(known) for name, each in plain.items()
    }
    return pd.DataFrame({name: cells[name].mask(hidden[name], HIDDEN) for name in cells})


def check_days(typed: pd.DataFrame, kind: str) -> list[pd.DataFrame]:
    """Faults of records that end before they begin, or have a reason for closing but are open."""
    first, last = PERIOD[kind]
    if not last or last not in typed:
        return []
    before = typed.index[typed[last] < typed[first]]
    days = typed.loc[before, [first, last]].astype("datetime64[us]")
    said = days[last].dt.strftime("%Y-%m-%d") + " before " + days[first].dt.strftime("%Y-%m-%d")
    wanted = f"{last} on or after {first}"
    faults = [fault(before, "ends_before_start", last, said, wanted, "correct one of the days")]
    if kind == "early_help_episodes":
        still_open = typed.index[typed[last].isna() & (typed["closure_reason"].fillna("") != "")]
        wanted, mend = f"{last} where there is a closure_reason", "give the day, or no reason"
        nothing = [""] * len(still_open)
        faults.append(fault(still_open, "closed_without_day", last, nothing, wanted, mend))
    return faults


def check_repeats(marks: pd.DataFrame, own: str) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Rows that say again what an earlier one says, rows that contradict, and faults of those.

    Parameters
    ----------
    marks : DataFrame
        `record`, `said` and `known` of every row.
    own : str
        Column of the record's id, for the message; rows are named by their numbers, not by ids.
    """
    nothing = np.zeros(len(marks), dtype=bool)
    shared = marks["record"].duplicated(keep=False).to_numpy() & marks["known"].to_numpy()
    if not shared.any():
        return nothing, nothing, fault(marks.index[:0], "id_repeated", own, [], "", "")
    sharing = marks[shared]
    versions = sharing.groupby("record")["said"].transform("nunique")
    differ, again = nothing.copy(), nothing.copy()
    differ[np.flatnonzero(shared)] = (versions > 1).to_numpy()
    again[np.flatnonzero(shared)] = (sharing.duplicated(["record", "said"])).to_numpy()
    again &= ~differ & ~marks["bad"].to_numpy()
    alike = marks.loc[differ, "record"]
    rows = {each: list(part) for each, part in alike.groupby(alike).groups.items()}
    said = {each: f"rows {', '.join(map(str, part[:LISTED]))}" for each, part in rows.items()}
    found, mend = alike.map(said), "keep the row that is right"
    wanted = "one row for each id"
    return again, differ, fault(alike.index, "id_repeated", own, found, wanted, mend)


def _made(personal: str, said: list[str]) -> tuple[str, str, list[str], str, str]:
    rule, wanted, mend = MADE[personal]
    return rule, personal, said, wanted, mend


def _fill(personal: str) -> str:
    return f"fill in the cell, or give the {personal}" if personal else "fill in the cell"
