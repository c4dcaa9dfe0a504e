"""Tables that hold figures, turned into observations: every row checked and accounted for."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.schema import COLUMNS, NUMBERS, SourceError
from ehlib.load.sources.about import check_words, find_areas, find_periods, spell_words
from ehlib.load.sources.checks import add_definitions, check_counts, check_repeats, check_values
from ehlib.load.sources.coding import Findings, combinations, spread
from ehlib.load.sources.extract import UNMAPPED
from ehlib.load.sources.extract import Extract as Extract
from ehlib.load.sources.extract import fault as fault
from ehlib.load.sources.extract import join_faults as join_faults
from ehlib.load.sources.gather import Gathered, Gathering, spelt

if TYPE_CHECKING:
    from ehlib.load.tables import Table

TIDY_NEEDS = ["indicator_id", "area_code", "period"]
TIDY_HAS = [*TIDY_NEEDS, "area_name", "area_type", "sex", "age", "category_type", "category"]
TIDY_HAS += [*NUMBERS, "value_note", "source_id"]
DERIVED = ["period_start", "period_end", "source_name"]  # ours, made again from the rest
CHUNK, WIDE, LEAST = 50_000, 200_000, 2_000  # rows of a chunk; cells of a wide file's; at least
Translate = Callable[[pd.DataFrame], pd.DataFrame]


def is_tidy(columns: list[str]) -> bool:
    """Whether a header is that of the tidy format: one observation a row, our column names."""
    names = {spelt(name) for name in columns}
    return set(TIDY_NEEDS) <= names and bool(set(NUMBERS) & names)


def read_tidy_table(
    table: "Table",
    indicators: Mapping[str, Indicator],
    translate: Translate | None = None,
    *,
    kind: str = "tidy",
) -> Extract:
    """Observations of a table, every faulty row named.

    Parameters
    ----------
    table : Table
        With `indicator_id`, `area_code`, `period` and at least one number column, unless there is
        a translator. Its chunks are read once.
    indicators : mapping
        The catalogue; gives each indicator's calendar, sex and age.
    translate : callable, optional
        Turns a chunk of cells into tidy text rows: columns of `TIDY_HAS`, index = row of the file,
        and what else it knows in `_column`, `_left_out`, `_name`, `_unit` and `_calendar`.
    kind : str
        Kind of the extract.

    Returns
    -------
    Extract
        `frame` has the observation columns, texts as categories; rows with a fault are in
        `rejected`, as written. Rows that say the same are taken once; of rows that contradict each
        other none is taken. A row that gives several figures is taken with those that hold.

    Raises
    ------
    SourceError
        If the table cannot be read to its end, holds no rows or has a column that is not known.
    """
    rows, found, written = _gather(table, indicators, translate)
    taken = _check(rows, found, table, indicators)
    used, account = _account(taken, written.read)
    del rows, found, taken  # room for the cells of what is refused, which may be every row
    return Extract(
        kind=kind,
        rejected=_no_cells(table) if used.all() else written.cells(~used),
        rows_read=len(written.read),
        sheet=table.sheet,
        header_row=table.header_row,
        **account | {"faults": _on_sheet(account["faults"], table.sheet)},
    )


class Taken(NamedTuple):
    """Rows that were checked: which are kept out, which say what another says, and the faults."""

    rows: pd.DataFrame
    bad: np.ndarray
    again: np.ndarray
    faults: list[pd.DataFrame]


def _check(
    rows: pd.DataFrame, found: pd.DataFrame, table: "Table", indicators: Mapping[str, Indicator]
) -> Taken:
    """Rows with areas, periods and definitions, and all that is wrong with them."""
    findings = Findings(rows, _headings(table))
    findings.bad |= rows["wrong"].to_numpy()
    spell_words(rows, indicators, PurePath(table.file).stem)
    _leave_out(rows, findings)
    check_words(rows, findings)
    find_areas(rows, findings)
    find_periods(rows, indicators, findings)
    _add_notes(rows)
    rows = add_definitions(rows, indicators)
    check_counts(rows, indicators, findings)
    check_values(rows, findings)
    findings.bad |= rows.index.isin(table.notes.loc[table.notes["severity"] == "error", "row"])
    findings.bad |= findings.silent
    again = check_repeats(rows, findings)
    faults = [_spoken(found, rows, findings.silent), findings.together(), table.notes]
    return Taken(rows, findings.bad, again, faults)


def _gather(
    table: "Table", indicators: Mapping[str, Indicator], translate: Translate | None
) -> Gathered:
    in_percent = {key for key, each in indicators.items() if each.unit_short == "%"}

    def may_have_sign(key: str) -> bool:
        return key in in_percent or (translate is not None and key not in indicators)

    gathering = Gathering(may_have_sign, _headings(table))
    size = max(LEAST, WIDE // len(table.header)) if translate else CHUNK
    names = {} if translate else _tidy_names(table)
    for cells in table.chunks(size):
        cells.attrs |= {"file": table.file, "sheet": table.sheet}
        gathering.take(cells, translate(cells) if translate else cells.rename(columns=names))
    if not gathering.parts:
        raise SourceError(
            f"{table.file}: no rows under the header; expected one an observation",
            **{"rule": "no_rows", "row": table.header_row, "sheet": table.sheet},
            found="no rows under the header",
        )
    return gathering.together()


def _tidy_names(table: "Table") -> dict[str, str]:
    """Our name of each column of a tidy table."""
    names = {heading: spelt(heading) for heading in table.header}
    for heading, name in names.items():
        place = {"row": table.header_row, "column": heading, "sheet": table.sheet}
        where = f"{table.file}, row {table.header_row}"
        if name not in (*TIDY_HAS, *DERIVED):
            raise SourceError(
                f"{where}: column {heading!r} is not known; expected {', '.join(TIDY_HAS)}",
                **place,
                rule="column_unknown",
                found=f"column {heading!r}, which is not known",
                wanted=", ".join(TIDY_HAS),
                mend="delete the column, or put it into category_type and category",
            )
        if list(names.values()).count(name) > 1:
            raise SourceError(
                f"{where}: column {name!r} is there twice; expected one name for each column",
                **place,
                rule="column_repeated",
                found=f"column {name!r} is there twice",
            )
    return names


def _headings(table: "Table") -> dict[str, str]:
    """Heading in the file of each of our columns, where its spelling tells."""
    return {spelt(heading): heading for heading in table.header}


def _add_notes(rows: pd.DataFrame) -> None:
    """Add what symbols and markers mean to the notes, unless they say so already."""
    columns = ["value_note", *(f"{name}_mark" for name in ("numerator", "denominator", "value"))]
    if all((rows[name] == "").all() for name in columns[1:]):
        return
    places, each = combinations(rows, columns)
    said = [
        ";".join(dict.fromkeys(filter(None, ";".join(notes).split(";"))))
        for notes in each.itertuples(index=False)
    ]
    rows["value_note"] = spread(said, places)


def _leave_out(rows: pd.DataFrame, findings: Findings) -> None:
    """Rows that a translator leaves out, each with its reason."""
    reasons = rows["_left_out"]
    out = (reasons != "").to_numpy()
    for heading in rows.loc[out, "_column"].unique() if out.any() else ():
        of_column = out & (rows["_column"] == heading).to_numpy()
        findings.add(
            "left_out", heading, of_column, lambda places: reasons.iloc[places].astype("str")
        )
    findings.silent |= out


def _spoken(faults: pd.DataFrame, rows: pd.DataFrame, silent: np.ndarray) -> pd.DataFrame:
    """Faults without those of numbers in rows that are left out altogether."""
    if not silent.any() or faults.empty:
        return faults
    out = pd.Index(rows.index[silent]).difference(rows.index[~silent])
    return faults[~faults["row"].isin(out)]


def _account(taken: Taken, read: np.ndarray) -> tuple[np.ndarray, dict[str, object]]:
    """Which rows read are used, and the parts of an extract that need no cells as written."""
    rows, bad, again, faults = taken
    places = np.searchsorted(read, rows.index.to_numpy())  # rows are read in their order
    used, mended, merged = (np.zeros(len(read), dtype=bool) for _ in range(3))
    used[places[~bad]] = True
    merged[places[again]] = True
    mended[places[~bad & (rows["changed"].to_numpy() | again)]] = True
    return used, {
        "frame": rows.loc[~bad & ~again, COLUMNS],
        "faults": _all_faults(faults, read, used, merged),
        "rows_normalised": int(mended.sum()),
        "mended": pd.Index(read[mended]),
        "unmapped": _unmapped(rows, bad),
    }


def _all_faults(
    faults: list[pd.DataFrame], read: np.ndarray, used: np.ndarray, merged: np.ndarray
) -> pd.DataFrame:
    """Faults in the order of rows; of every row that is not used, why it is not."""
    told = pd.Index(read[merged])
    listed = join_faults([*faults, fault(told, "rows_merged", "", [""] * len(told))])
    silent = ~used
    silent[np.searchsorted(read, listed.loc[listed["row"].isin(read), "row"])] = False
    listed = join_faults([listed, _without_figure(read[silent])])
    if listed["row"].is_monotonic_increasing:  # a copy of a million faults is worth saving
        return listed
    return listed.sort_values("row", kind="stable", ignore_index=True)


def _without_figure(rows: np.ndarray) -> pd.DataFrame:
    """Notes of rows of which a translator made nothing."""
    return fault(pd.Index(rows), "left_out", "", ["no figure in the row"] * len(rows))


def _on_sheet(faults: pd.DataFrame, sheet: str) -> pd.DataFrame:
    return faults.assign(sheet=pd.Categorical.from_codes(np.zeros(len(faults), "int8"), [sheet]))


def _no_cells(table: "Table") -> pd.DataFrame:
    return pd.DataFrame(columns=table.header, index=pd.Index([], dtype="int64", name="row"))


def _unmapped(rows: pd.DataFrame, bad: np.ndarray) -> pd.DataFrame:
    """Indicators that the catalogue does not know, as their publisher names them."""
    own = rows[(rows["_name"] != "").to_numpy() & ~bad]
    told = own[["indicator_id", "_name", "_unit", "_calendar"]].drop_duplicates("indicator_id")
    return told.astype("str").set_axis(UNMAPPED, axis=1).reset_index(drop=True)
