"""Readers of extracts that hold figures, recognised by their columns, row by row accounted for."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ehlib.load.areas import resolve_areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import parse_period
from ehlib.load.schema import NUMBERS, SourceError
from ehlib.load.sources.checks import check_counts, check_repeats, check_values, check_words
from ehlib.load.sources.extract import Extract as Extract
from ehlib.load.sources.extract import fault as fault
from ehlib.load.sources.extract import join_faults
from ehlib.load.sources.extract import read_header as read_header
from ehlib.load.sources.extract import read_text_table as read_text_table

TIDY_NEEDS = ["indicator_id", "area_code", "period"]
TIDY_HAS = [*TIDY_NEEDS, "area_name", "area_type", "sex", "age", "category_type", "category"]
TIDY_HAS += [*NUMBERS, "value_note", "source_id"]
SYMBOLS = {  # what publishers write in place of a number, and what it means
    "*": "suppressed",
    "[c]": "suppressed",
    "c": "suppressed",
    "..": "not_available",
    "-": "not_available",
    "[x]": "not_available",
    "x": "not_available",
    "na": "not_available",
    "n/a": "not_applicable",
    "[z]": "not_applicable",
    "z": "not_applicable",
}
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?"
THOUSANDS = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
DEFAULTS = {"sex": "persons", "age": "all"}


def is_tidy(columns: list[str]) -> bool:
    """Whether a header is that of the tidy format: one observation a row, our column names."""
    return set(TIDY_NEEDS) <= set(columns) and bool(set(NUMBERS) & set(columns))


def read_tidy(path: Path, indicators: Mapping[str, Indicator]) -> Extract:
    """Observations of a tidy file, every faulty row named.

    Parameters
    ----------
    path : Path
        CSV with `indicator_id`, `area_code`, `period` and at least one number column.
    indicators : mapping
        The catalogue; gives each indicator's calendar.

    Returns
    -------
    Extract
        `frame` has the observation columns; rows with a fault are in `rejected`, in full. Rows
        that say the same are taken once; of rows that contradict each other none is taken.

    Raises
    ------
    SourceError
        If the file cannot be read as a table, holds no rows or has a column that is not known.
    """
    cells = read_text_table(path)
    unknown = [name for name in cells.columns if name not in TIDY_HAS]
    if unknown:
        raise SourceError(
            f"{path.name}, row 1: column {unknown[0]!r} is not known; "
            f"expected {', '.join(TIDY_HAS)}"
        )
    if cells.empty:
        raise SourceError(f"{path.name}: no rows under the header; expected one an observation")
    rows = _plain_rows(cells, path.stem)
    numbers = _add_numbers(rows, indicators)
    faults = [*_add_areas(rows), *_add_periods(rows, indicators), *numbers, *check_words(rows)]
    legible = rows[~rows.index.isin(join_faults(numbers)["row"])]
    faults += [*check_counts(legible, indicators), check_values(legible, cells, indicators)]
    doubtful = rows.index.isin(join_faults(faults)["row"])
    again, contradictions = check_repeats(rows[~doubtful])
    listed = join_faults([*faults, contradictions])
    bad = rows.index.isin(listed["row"])
    merged = rows.index.isin(again)
    mended = rows.index[~bad & (rows["normalised"] | merged)]
    good = rows[~bad & ~merged].drop(columns="normalised")
    return Extract("tidy", good, listed, cells[bad], len(cells), len(mended), mended)


def _plain_rows(cells: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows with every column of the format, words in their one spelling, and what that changed."""
    trimmed = cells.apply(lambda column: column.str.replace("\u00a0", " ").str.strip())
    rows = trimmed.reindex(columns=TIDY_HAS, fill_value="")
    for column in ("sex", "area_type"):
        rows[column] = rows[column].str.lower()
    notes = rows["value_note"].str.lower().str.split(";")
    rows["value_note"] = notes.map(lambda words: ";".join(filter(None, map(str.strip, words))))
    changed = (rows[cells.columns] != cells).any(axis=1)
    for column, default in {**DEFAULTS, "source_id": name}.items():
        rows[column] = rows[column].mask(rows[column] == "", default)
    return rows.assign(normalised=changed)


def _add_areas(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Put in each area's code, name and type of today; a code and a name must not disagree."""
    given = rows["area_code"].mask(rows["area_code"] == "", rows["area_name"])
    found, named = resolve_areas(given), resolve_areas(rows["area_name"])
    unknown = found["area_code"].isna()
    differ = ~unknown & named["area_code"].notna() & (named["area_code"] != found["area_code"])
    said = given + ", " + rows["area_name"]
    for column in ("area_code", "area_name", "area_type"):
        other = (rows[column] != "") | (column == "area_code")
        rows["normalised"] |= ~unknown & other & (rows[column] != found[column])
        rows[column] = found[column].where(~unknown, rows[column])
    wanted = "the code or name of one area in England"
    mend = "correct the code, or add the change to data/reference/area_changes.csv"
    agree, either = "a code and a name of the same area", "correct the code or the name"
    return [
        fault(rows.index[unknown], "area_unknown", "area_code", given[unknown], wanted, mend),
        fault(rows.index[differ], "area_disagrees", "area_name", said[differ], agree, either),
    ]


def _add_periods(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[pd.DataFrame]:
    """Put in each period's one label and its days, by the calendar of the indicator."""
    unknown = ~rows["indicator_id"].isin(list(indicators))
    found = rows.loc[unknown, "indicator_id"]
    wanted = "an id of the catalogue"
    mend = "see `ehlib indicators`, or add it to data/reference/indicators.toml"
    faults = [fault(found.index, "indicator_unknown", "indicator_id", found, wanted, mend)]
    rows["period_start"] = rows["period_end"] = pd.Series(
        pd.NaT, index=rows.index, dtype="datetime64[us]"
    )
    groups = rows[~unknown].groupby(["indicator_id", "period"]).groups
    for (indicator_id, label), part in groups.items():
        try:
            period = parse_period(label, indicators[indicator_id].calendar)
        except ValueError as error:
            wanted = str(error).partition("; expected ")[2]
            mend = "write the period as the indicator's calendar has it"
            said = [label] * len(part)
            faults.append(fault(part, "period_unknown", "period", said, wanted, mend))
            continue
        rows.loc[part, "normalised"] |= period.label != label
        rows.loc[part, "period"] = period.label
        rows.loc[part, "period_start"] = pd.Timestamp(period.start)
        rows.loc[part, "period_end"] = pd.Timestamp(period.end)
    return faults


def _add_numbers(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[pd.DataFrame]:
    """Turn text into numbers; symbols for a missing figure become notes."""
    in_percent = rows["indicator_id"].isin(
        [key for key, each in indicators.items() if each.unit_short == "%"]
    )
    faults = []
    for column in NUMBERS:
        text = rows[column]
        symbol = text.str.lower().map(SYMBOLS)
        plain = text.mask(text.str.fullmatch(THOUSANDS), text.str.replace(",", ""))
        if column not in ("numerator", "denominator"):
            plain = plain.mask(in_percent, plain.str.removesuffix("%").str.strip())
        numbers = pd.to_numeric(plain.where(plain.str.fullmatch(NUMBER))).astype("float64")
        wrong = numbers.isna() & symbol.isna() & (text != "")
        wanted, mend = "a number, nothing, or a symbol such as [c]", "correct the cell"
        faults.append(
            fault(rows.index[wrong], "number_unreadable", column, text[wrong], wanted, mend)
        )
        if column not in ("lower_ci", "upper_ci"):  # no limits is nothing to note of a figure
            _note(rows, symbol)
        rows["normalised"] |= symbol.notna() | (plain != text)
        rows[column] = numbers
    return faults


def _note(rows: pd.DataFrame, symbol: pd.Series) -> None:
    """Add what a symbol means to the notes, unless they say so already."""
    said = [
        word in notes.split(";")
        for word, notes in zip(symbol.fillna(""), rows["value_note"], strict=True)
    ]
    new = symbol.notna() & ~np.array(said)
    rows["value_note"] = rows["value_note"].mask(
        new, (rows["value_note"] + ";" + symbol.fillna("")).str.strip(";")
    )
