"""Columns of case records: which cells they may hold, and their one spelling."""

import tomllib
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ehlib.load.areas import resolve_areas

WORDS = Path(__file__).resolve().parents[3] / "data" / "reference" / "case_words.toml"
MAY_BE_EMPTY = ["source", "need_level", "outcome", "outcome_date", "closed_date", "lead_agency"]
MAY_BE_EMPTY += ["closure_reason", "data_status", "completed_date", "organisation", "no_action"]
MAY_BE_EMPTY += ["referrals_before", "judgement"]
EARLIEST, OLDEST = date(2000, 1, 1), 25  # a day before, or an age above, is a slip of the keyboard
CODE = r"^(?:([a-z]{1,2})\)\s*)?(?:(\d{1,2}[a-z]?)\s*[:.)-]+\s*)?(.*)$"  # "q) 6: police"


class Rule(NamedTuple):
    """How a column is read, and what a fault in it says."""

    name: str
    read: Callable[[pd.Series], pd.Series]
    wanted: str
    mend: str


class Cells(NamedTuple):
    """Cells of a column: which different text stands in each row, as written and as we have it."""

    places: np.ndarray
    written: pd.Series
    normal: pd.Series

    def texts(self) -> pd.Series:
        """Normal text of each row; missing where it cannot be read."""
        return self.normal.take(self.places).reset_index(drop=True)

    def where(self, different: pd.Series | np.ndarray) -> np.ndarray:
        """Rows for which something holds of the different texts."""
        return np.asarray(different, dtype=bool)[self.places]


def rule_of(column: str) -> Rule:
    """Rule that a column of case records follows."""
    if column.endswith("_id"):
        return Rule("cell_empty", _ids, "an id", "fill in the cell")
    if column.endswith("_date"):
        wanted = f"a day from {EARLIEST:%Y} to today, as 2013-04-30 or 30/04/2013"
        return Rule("day_wrong", _days, wanted, "correct the day")
    if column in _vocabulary():
        words = _vocabulary()[column]
        mend = "use one of these, or add your word to data/reference/case_words.toml"
        return Rule("word_unknown", lambda texts: _words(texts, words), ", ".join(words), mend)
    return RULES[column]


def read_cells(cells: pd.Series) -> Cells:
    """Cells in their one spelling; missing where unreadable, or empty and must not be.

    Parameters
    ----------
    cells : Series of text, named after its column
        As read from the file; each different text is looked at once.

    Returns
    -------
    Cells
        Days as 2013-04-30, whole numbers without decimals, districts by code, words as
        `case_words.toml` has them; empty text where a cell is empty and may be.
    """
    places, written = pd.factorize(cells)
    different = pd.Series(written, dtype="str")
    plain = different.str.replace("\u00a0", " ").str.strip()
    read = rule_of(str(cells.name)).read(plain).astype("str")
    if cells.name in MAY_BE_EMPTY:
        read = read.mask(plain == "", "")
    return Cells(places, different, read)


def typed_cells(column: str, cells: Cells) -> pd.Series:
    """Normal cells with days as dates and whole numbers as such; empty is missing."""
    filled = cells.normal.mask(cells.normal == "")
    if column.endswith("_date"):
        typed = pd.to_datetime(filled, format="%Y-%m-%d").astype("datetime64[us]")
    elif column in ("age", "need_level", "referrals_before"):
        typed = filled.astype("Float64").astype("Int8")
    else:
        typed = cells.normal
    return typed.take(cells.places).reset_index(drop=True)


def read_days(texts: pd.Series, earliest: date = EARLIEST) -> pd.Series:
    """Days that texts name, as timestamps; missing where a text is no day up to today."""
    plain = texts.str.replace(r"[ T]\d\d?:\d\d(:\d\d(\.\d+)?)?$", "", regex=True)
    ordered = plain.str.replace(r"^(\d\d?)/(\d\d?)/(\d{4})$", r"\3-\2-\1", regex=True)
    days = pd.to_datetime(ordered, format="%Y-%m-%d", errors="coerce")
    return days.where(days.between(pd.Timestamp(earliest), pd.Timestamp(date.today())))


def _ids(texts: pd.Series) -> pd.Series:
    return texts.mask(texts == "")


def _days(texts: pd.Series) -> pd.Series:
    return read_days(texts).dt.strftime("%Y-%m-%d")


def _districts(texts: pd.Series) -> pd.Series:
    areas = resolve_areas(texts)
    return areas["area_code"].where(areas["area_type"].isin(["district", "unitary"]))


def _ages(texts: pd.Series) -> pd.Series:
    ages = texts.str.extract(r"^0?(\d\d?)(?:\.0+)?$", expand=False)
    return ages.where(ages.astype("Float64") <= OLDEST)


def _levels(texts: pd.Series) -> pd.Series:
    return texts.str.extract(r"(?i)^(?:(?:level|tier) ?)?([1-4])(?:\.0+)?$", expand=False)


def _counts(texts: pd.Series) -> pd.Series:
    return texts.str.extract(r"^0?(\d\d?)(?:\.0+)?$", expand=False)


def _words(texts: pd.Series, words: dict[str, list[str]]) -> pd.Series:
    """Words as the vocabulary has them; tried as written, then by the word or code of a list."""
    others = {other: word for word, spellings in words.items() for other in spellings}
    spellings = {word.lower(): word for word in words} | others
    plain = texts.str.lower().str.replace("\u2019", "'").str.replace(r"\s+", " ", regex=True)
    parts = plain.str.extract(CODE)
    found = plain.map(spellings)
    for part in (parts[2].mask(parts[0].isna() & parts[1].isna()), parts[1]):
        found = found.where(found.notna(), part.map(spellings))
    return found


@lru_cache
def _vocabulary() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


RULES = {
    "area_code": Rule(
        "district_unknown",
        _districts,
        "the code or name of an English district or unitary",
        "correct it, or add the change to data/reference/area_changes.csv",
    ),
    "age": Rule(
        "age_wrong",
        _ages,
        f"whole years from 0 to {OLDEST}",
        "give the age on the first day of the record; 0 for a child not yet born",
    ),
    "need_level": Rule(
        "level_wrong",
        _levels,
        "a level from 1 to 4 of the Pathway to Provision",
        "correct the level, or leave it empty while it is not known",
    ),
    "referrals_before": Rule(
        "number_unreadable",
        _counts,
        "a whole number from 0 to 99",
        "correct the number of referrals in the last 12 months, or leave it empty",
    ),
}
