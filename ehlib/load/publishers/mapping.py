"""Publishers' indicators and those of the catalogue: which is which, and what the others are."""

import re
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ehlib.load.publishers.labels import read_labels
from ehlib.load.schema import COLUMNS, DATES

NOT_STATED = "unit not stated"
REFERENCE = Path(__file__).resolve().parents[3] / "data" / "reference"
TIDY = [column for column in COLUMNS if column not in DATES]
EXTRA = ["_column", "_left_out", "_name", "_unit", "_calendar"]
SEXES = {
    "": "",
    "all": "persons",
    "boys": "male",
    "girls": "female",
    "not applicable": "persons",
    "people": "persons",
    "total": "persons",
}


def add_indicators(rows: pd.DataFrame, publisher: str) -> pd.DataFrame:
    """Tidy text rows under ids of the catalogue, or of the publisher where it has none.

    Parameters
    ----------
    rows : DataFrame of text, one row an observation
        `publisher_id`, `period` as published, and any of the tidy columns; `_name`, `_unit` and
        `_calendar` as far as the file itself tells them.
    publisher : str
        Name in `data/reference/publisher_indicators.csv`; it begins the ids of unmapped ones.

    Returns
    -------
    DataFrame of text, same rows
        Every column of `TIDY` and `EXTRA`. An indicator of the catalogue has its sex and age where
        the file names none, and empty `_name`, `_unit` and `_calendar`.
    """
    rows = rows.reindex(columns=["publisher_id", *TIDY, *EXTRA], fill_value="").fillna("")
    known = read_mapping(publisher).reindex(rows["publisher_id"]).fillna("").set_axis(rows.index)
    labels = read_labels(rows["period"], _first(known["calendar"], rows["_calendar"]))
    mapped = known["indicator_id"].where(_in_years(known, labels["period"]), "")
    own = mapped == ""
    sex = rows["sex"].str.strip().str.lower()
    return rows.assign(
        indicator_id=mapped.mask(own, _own_ids(rows["publisher_id"], publisher)),
        period=labels["period"],
        sex=_first(sex.map(SEXES).fillna(sex), known["sex"].mask(own, "")),
        age=rows["age"].where(own, _first(known["age"], rows["age"])),
        _name=_first(known["name"], rows["_name"], rows["publisher_id"]).where(own, ""),
        _unit=_first(known["unit"], rows["_unit"], NOT_STATED).where(own, ""),
        _calendar=labels["calendar"].where(own, ""),
    ).drop(columns="publisher_id")


def add_named(rows: pd.DataFrame, publisher: str) -> pd.DataFrame:
    """Tidy text rows under ids that a user named: of the catalogue, or a publisher's number.

    Parameters
    ----------
    rows : DataFrame of text, one row an observation
        As for `add_indicators`; `publisher_id` as the user wrote it.
    publisher : str
        Whose number it is where it is no id of the catalogue.
    """
    given = rows["publisher_id"].str.strip()
    ours = given.str.fullmatch("[a-z][a-z0-9_]*")
    rows = add_indicators(rows.assign(publisher_id=given), publisher)
    own = {column: rows[column].mask(ours, "") for column in ("_name", "_unit", "_calendar")}
    return rows.assign(indicator_id=given.where(ours, rows["indicator_id"]), **own)


@lru_cache
def read_mapping(publisher: str) -> pd.DataFrame:
    """Rows of publisher_indicators.csv for a publisher, by the publisher's id."""
    path = REFERENCE / "publisher_indicators.csv"
    table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    own = table[table["publisher"] == publisher].rename(columns={"publisher_name": "name"})
    return own.set_index("publisher_id")


@lru_cache
def read_la_numbers() -> pd.Series:
    """Codes of councils and regions by the number that the Department for Education gives them."""
    path = REFERENCE / "la_numbers.csv"
    table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    return table.set_index("la_number")["area_code"]


def own_id(publisher: str, text: str) -> str:
    """Id of an indicator outside the catalogue: `lait_firstyjs` of LAIT's `FirstYJS`."""
    spelt = text.casefold().replace("%", " percent ").replace("&", " and ").replace("+", " plus ")
    return f"{publisher}_" + re.sub(r"[^a-z0-9]+", "_", spelt).strip("_")


def _first(*texts: pd.Series | str) -> pd.Series:
    """For each row the first text that is not empty."""
    chosen = texts[0]
    for other in texts[1:]:
        chosen = chosen.mask(chosen == "", other)
    return chosen


def _in_years(known: pd.DataFrame, periods: pd.Series) -> pd.Series:
    """Whether a period begins in the years for which an indicator is that of the catalogue."""
    year = pd.to_numeric(periods.str[:4].where(periods.str.fullmatch(r"\d{4}.*")))
    first, last = (pd.to_numeric(known[column]) for column in ("first_year", "last_year"))
    return ~(year < first) & ~(year > last)


def _own_ids(ids: pd.Series, publisher: str) -> pd.Series:
    places, written = pd.factorize(ids, use_na_sentinel=False)
    own = pd.Series([own_id(publisher, text) for text in written], dtype="str")
    return own.take(places).set_axis(ids.index)
