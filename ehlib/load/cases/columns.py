"""Columns of case records: how their headings and cells are written, and what may not come in."""

import re
import tomllib
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ehlib.load.areas import resolve_areas
from ehlib.load.schema import SourceError

WORDS = Path(__file__).resolve().parents[3] / "data" / "reference" / "case_words.toml"
CHILD = ["area_code", "age", "sex", "need_level"]
KINDS = {  # columns of each kind of record: its own id, the child's, its first day, then the rest
    "mash_enquiries": [
        *("enquiry_id", "child_id", "received_date", "source", *CHILD),
        *("outcome", "outcome_date", "data_status"),
    ],
    "early_help_episodes": [
        *("episode_id", "child_id", "opened_date", "closed_date", "process", "lead_agency"),
        *(*CHILD, "closure_reason", "data_status"),
    ],
}
MAY_BE_EMPTY = ["source", "need_level", "outcome", "outcome_date", "closed_date", "lead_agency"]
MAY_BE_EMPTY += ["closure_reason", "data_status"]
EARLIEST, OLDEST = date(2000, 1, 1), 25  # a day before, or an age above, is a slip of the keyboard
PERSONAL = re.compile(
    r"name|initials|dob|birth|nhs|upn|uln|address|e_?mail|phone|mobile|(?<![a-z])tel(?![a-z])"
)
NOT_PERSONAL = ["area_name", "district_name", "locality_name", "team_name", "school_name"]


class Rule(NamedTuple):
    """How a column is read, and what a fault in it says."""

    name: str
    read: Callable[[pd.Series], pd.Series]
    wanted: str
    mend: str


def column_name(heading: str) -> str:
    """Heading in snake case: `Enquiry ID`, `enquiryId` and `ENQUIRY_ID` all give enquiry_id."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", heading)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def unknown_columns(file: str, found: list[str], columns: list[str]) -> list[str]:
    """Columns that nothing here reads, once none of the rest is personal, missing or repeated."""
    problems = {
        "may hold personal data; take it out of the extract": [
            each for each in found if _is_personal(each)
        ],
        "is there twice": sorted({each for each in found if found.count(each) > 1}),
        "is missing; add it (a postcode does not stand for area_code)": [
            each for each in columns if each not in found and each != "data_status"
        ],
    }
    said = [f"column {', '.join(each)} {why}" for why, each in problems.items() if each]
    if said:
        raise SourceError(f"{file}, row 1: {'; '.join(said)}")
    return [each for each in found if each not in columns]


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


def normal_cells(cells: pd.Series) -> pd.Series:
    """Cells in their one spelling; missing where unreadable, or empty and must not be.

    Parameters
    ----------
    cells : Series of text, named after its column
        As read from the file; each different text is looked at once.

    Returns
    -------
    Series of text, same index
        Days as 2013-04-30, whole numbers without decimals, districts by code, words as
        `case_words.toml` has them; empty text where a cell is empty and may be.
    """
    trimmed = cells.str.replace("\u00a0", " ").str.strip()
    places, written = pd.factorize(trimmed)
    different = pd.Series(written, dtype="str")
    read = rule_of(str(cells.name)).read(different).astype("str")
    if cells.name in MAY_BE_EMPTY:
        read = read.mask(different == "", "")
    return read.take(places).set_axis(cells.index)


def typed_columns(texts: pd.DataFrame) -> pd.DataFrame:
    """Columns of normal cells with days as dates and whole numbers as such; empty is missing."""
    typed = texts.copy()
    for column in texts:
        filled = texts[column].mask(texts[column] == "")
        if column.endswith("_date"):
            typed[column] = pd.to_datetime(filled, format="%Y-%m-%d").astype("datetime64[us]")
        elif column in ("age", "need_level"):
            typed[column] = filled.astype("Float64").astype("Int64")
    return typed


def _is_personal(column: str) -> bool:
    return bool(PERSONAL.search(column)) and column not in NOT_PERSONAL


def _ids(texts: pd.Series) -> pd.Series:
    return texts.mask(texts == "")


def _days(texts: pd.Series) -> pd.Series:
    plain = texts.str.replace(r"[ T]\d\d?:\d\d(:\d\d(\.\d+)?)?$", "", regex=True)
    ordered = plain.str.replace(r"^(\d\d?)/(\d\d?)/(\d{4})$", r"\3-\2-\1", regex=True)
    days = pd.to_datetime(ordered, format="%Y-%m-%d", errors="coerce")
    inside = days.between(pd.Timestamp(EARLIEST), pd.Timestamp(date.today()))
    return days.dt.strftime("%Y-%m-%d").where(inside)


def _districts(texts: pd.Series) -> pd.Series:
    areas = resolve_areas(texts)
    return areas["area_code"].where(areas["area_type"].isin(["district", "unitary"]))


def _ages(texts: pd.Series) -> pd.Series:
    ages = texts.str.extract(r"^0?(\d\d?)(?:\.0+)?$", expand=False)
    return ages.where(ages.astype("Float64") <= OLDEST)


def _levels(texts: pd.Series) -> pd.Series:
    return texts.str.extract(r"(?i)^(?:level ?)?([1-4])(?:\.0+)?$", expand=False)


def _words(texts: pd.Series, words: dict[str, list[str]]) -> pd.Series:
    others = {other: word for word, spellings in words.items() for other in spellings}
    spellings = {word.lower(): word for word in words} | others
    plain = texts.str.lower().str.replace("\u2019", "'").str.replace(r"\s+", " ", regex=True)
    return plain.map(spellings)


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
}
