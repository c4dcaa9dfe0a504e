"""Readers of extracts that hold figures, recognised by their columns, row by row accounted for."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ehlib.load.areas import resolve_areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import parse_period
from ehlib.load.schema import KEY, NUMBERS, SEXES, VALUE_NOTES, SourceError

FAULT_COLUMNS = ["rule", "severity", "sheet", "row", "column", "found", "wanted", "mend"]
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
DEFAULTS = {"sex": "persons", "age": "all", "category_type": "", "category": "", "value_note": ""}


@dataclass(frozen=True)
class Extract:
    """What one file gave: its rows, its faults, and an account of every row read."""

    kind: str
    frame: pd.DataFrame
    faults: pd.DataFrame
    rejected: pd.DataFrame
    rows_read: int
    rows_normalised: int

    @property
    def rows_rejected(self) -> int:
        """Rows that were refused."""
        return len(self.rejected)

    @property
    def rows_loaded(self) -> int:
        """Rows taken exactly as they were written."""
        return self.rows_read - self.rows_normalised - self.rows_rejected

    @classmethod
    def refused(cls, message: str) -> "Extract":
        """Extract of a file that could not be read at all: one fault, no rows."""
        faults = fault(pd.Index([1]), "file_refused", "", [message], "", "")
        return cls("refused", pd.DataFrame(), faults, pd.DataFrame(), 0, 0)

    def without(self, row: int, **words: str) -> "Extract":
        """Extract without one of its rows, which is rejected with the fault described."""
        found = words.pop("found")
        faults = pd.concat([self.faults, fault(pd.Index([row]), found=[found], **words)])
        rejected = pd.concat([self.rejected, self.frame.loc[[row]]])
        return replace(self, frame=self.frame.drop(index=row), faults=faults, rejected=rejected)


def read_text_table(path: Path) -> pd.DataFrame:
    """Cells of a CSV file as text, indexed by the row number that a spreadsheet shows.

    Parameters
    ----------
    path : Path
        File in UTF-8 (with or without a byte order mark) or Windows-1252, commas between cells.

    Returns
    -------
    DataFrame, all text
        Index `row` counts from 2, the row under the header; empty cells are empty text. Rows
        without any text are left out.

    Raises
    ------
    SourceError
        If the file is empty, is not text, repeats a column name, or a row has more cells than
        the header.
    """
    text = _decoded(path)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise SourceError(f"{path.name}, row 1: no header was found; expected column names")
    header = [name.strip() for name in rows[0]]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise SourceError(f"{path.name}, row 1: column {repeated[0]!r} is there twice")
    body = {number: cells for number, cells in enumerate(rows[1:], start=2) if any(cells)}
    for number, cells in body.items():
        if len(cells) > len(header):
            found, wanted = len(cells), len(header)
            raise SourceError(
                f"{path.name}, row {number}: {found} cells under {wanted} column names; "
                "put text that holds a comma in double quotes"
            )
    padded = [cells + [""] * (len(header) - len(cells)) for cells in body.values()]
    table = pd.DataFrame(padded, columns=header, index=pd.Index(body, name="row"), dtype="str")
    return table


def read_header(path: Path) -> list[str]:
    """Column names of a CSV file, without reading the rest of it."""
    with path.open("rb") as file:
        start = file.read(65_536)
    return [name.strip() for name in next(csv.reader([_text(path, start).split("\n")[0]]), [])]


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
        `frame` has the observation columns; rows with a fault are in `rejected`, in full.

    Raises
    ------
    SourceError
        If the file cannot be read as a table or has a column that is not known.
    """
    cells = read_text_table(path)
    unknown = [name for name in cells.columns if name not in TIDY_HAS]
    if unknown:
        raise SourceError(
            f"{path.name}, row 1: column {unknown[0]!r} is not known; "
            f"expected {', '.join(TIDY_HAS)}"
        )
    trimmed = cells.apply(lambda column: column.str.replace("\u00a0", " ").str.strip())
    rows = trimmed.reindex(columns=TIDY_HAS, fill_value="")
    for column, default in DEFAULTS.items():
        rows[column] = rows[column].mask(rows[column] == "", default)
    rows["source_id"] = rows["source_id"].mask(rows["source_id"] == "", path.stem)
    faults = [*_add_areas(rows), *_add_periods(rows, indicators), *_add_numbers(rows)]
    faults += [*_check_words(rows), *_check_counts(rows, indicators), *_check_keys(rows)]
    listed = pd.DataFrame(
        [fault for part in faults for fault in part.to_dict("records")], columns=FAULT_COLUMNS
    )
    bad = rows.index.isin(listed["row"])
    merged = rows[~bad].duplicated(KEY)
    good = rows[~bad][~merged].drop(columns="normalised")
    changed = rows["normalised"] | (trimmed != cells).any(axis=1)
    changed_rows = int((changed & ~bad).sum() + (merged & ~changed[~bad]).sum())
    return Extract("tidy", good, listed, cells[bad], len(cells), changed_rows)


def fault(
    rows: pd.Index, rule: str, column: str, found: object, wanted: str, mend: str
) -> pd.DataFrame:
    """One fault a row, all of one rule."""
    frame = pd.DataFrame({"row": list(rows), "rule": rule, "severity": "error", "sheet": ""})
    return frame.assign(column=column, found=list(found), wanted=wanted, mend=mend)[FAULT_COLUMNS]


def _decoded(path: Path) -> str:
    return _text(path, path.read_bytes())


def _text(path: Path, content: bytes) -> str:
    if not content.strip():
        raise SourceError(f"{path.name}: the file is empty; expected a header and rows")
    if b"\x00" in content[:4096]:
        raise SourceError(f"{path.name}: this is not a text file; save it as CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _add_areas(rows: pd.DataFrame) -> list[pd.DataFrame]:
    given = rows["area_code"].mask(rows["area_code"] == "", rows["area_name"])
    found = resolve_areas(given)
    wrong = found["area_code"].isna()
    rows["normalised"] = ~wrong & (rows["area_code"] != found["area_code"])
    for column in ("area_code", "area_name", "area_type"):
        rows[column] = found[column].where(~wrong, rows[column])
    bad = rows.index[wrong]
    wanted = "the code or name of an area in England"
    mend = "correct the code, or add the change to data/reference/area_changes.csv"
    return [fault(bad, "area_unknown", "area_code", given[wrong], wanted, mend)]


def _add_periods(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[pd.DataFrame]:
    unknown = ~rows["indicator_id"].isin(list(indicators))
    faults = [
        fault(
            rows.index[unknown],
            "indicator_unknown",
            "indicator_id",
            rows.loc[unknown, "indicator_id"],
            "an id of the catalogue",
            "see `ehlib indicators`, or add it to data/reference/indicators.toml",
        )
    ]
    starts, ends = {}, {}
    for (indicator_id, label), part in (
        rows[~unknown].groupby(["indicator_id", "period"]).groups.items()
    ):
        try:
            period = parse_period(label, indicators[indicator_id].calendar)
        except ValueError as error:
            wanted = str(error).partition("; expected ")[2]
            mend = "write the period as the indicator's calendar has it"
            faults.append(
                fault(part, "period_unknown", "period", [label] * len(part), wanted, mend)
            )
            continue
        rows.loc[part, "normalised"] |= period.label != label
        rows.loc[part, "period"] = period.label
        starts.update(dict.fromkeys(part, period.start))
        ends.update(dict.fromkeys(part, period.end))
    rows["period_start"] = pd.to_datetime(pd.Series(starts, dtype="object").reindex(rows.index))
    rows["period_end"] = pd.to_datetime(pd.Series(ends, dtype="object").reindex(rows.index))
    return faults


def _add_numbers(rows: pd.DataFrame) -> list[pd.DataFrame]:
    faults = []
    for column in NUMBERS:
        text = rows[column]
        symbol = text.str.lower().map(SYMBOLS)
        plain = text.str.replace(r"(?<=\d),(?=\d{3}\b)", "", regex=True).str.removesuffix("%")
        numbers = pd.to_numeric(plain.where(symbol.isna(), ""), errors="coerce").astype("float64")
        wrong = numbers.isna() & symbol.isna() & (text != "")
        wanted, mend = "a number, nothing, or a symbol such as [c]", "correct the cell"
        faults.append(
            fault(rows.index[wrong], "number_unreadable", column, text[wrong], wanted, mend)
        )
        noted = symbol.notna() & (rows["value_note"] == "")
        rows["value_note"] = rows["value_note"].mask(noted, symbol)
        rows["normalised"] |= symbol.notna() | (plain != text)
        rows[column] = numbers
    return faults


def _check_words(rows: pd.DataFrame) -> list[pd.DataFrame]:
    wrong_sex = ~rows["sex"].isin(SEXES)
    notes = rows["value_note"].str.split(";").explode()
    wrong_note = (~notes.isin(["", *VALUE_NOTES])).groupby(level=0).any()
    checks = (("sex", wrong_sex, SEXES), ("value_note", wrong_note, VALUE_NOTES))
    return [
        fault(
            rows.index[wrong],
            f"{column}_unknown",
            column,
            rows.loc[wrong, column],
            f"one of {', '.join(words)}",
            "use one of these words",
        )
        for column, wrong, words in checks
    ]


def _check_counts(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[pd.DataFrame]:
    shares = [key for key, each in indicators.items() if each.method == "proportion"]
    share = rows["indicator_id"].isin(shares)
    part_above_whole = share & (rows["numerator"] > rows["denominator"])
    checks: list[tuple[str, str, pd.Series, str, str]] = [
        (f"{column}_negative", column, rows[column] < 0, "0 or more", "correct the count")
        for column in ("numerator", "denominator")
    ]
    wanted, mend = "at most the denominator", "check whether the columns are swapped"
    checks.append(("numerator_above_denominator", "numerator", part_above_whole, wanted, mend))
    over = share & (rows["value"] > 100)
    checks.append(("percentage_above_100", "value", over, "from 0 to 100 per cent", "correct it"))
    outside = (rows["value"] < rows["lower_ci"]) | (rows["value"] > rows["upper_ci"])
    mend = "check whether the columns are swapped"
    checks.append(("value_outside_limits", "value", outside, "a value within its limits", mend))
    return [
        fault(rows.index[wrong], rule, column, rows.loc[wrong, column].map("{:g}".format), *words)
        for rule, column, wrong, *words in checks
    ]


def _check_keys(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows that give one key two different figures; identical repeats are merged, not refused."""
    repeated = rows.duplicated(KEY, keep=False)
    same = rows.duplicated([*KEY, *NUMBERS], keep=False)
    wrong = repeated & ~same
    found = rows.loc[wrong, "area_code"] + ", " + rows.loc[wrong, "period"]
    wanted = "one row an indicator, area, period and breakdown"
    mend = "delete the row that is out of date"
    return [fault(rows.index[wrong], "key_repeated", "area_code", found, wanted, mend)]
