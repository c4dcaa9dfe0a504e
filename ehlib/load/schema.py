"""The observations frame: its columns, its vocabulary and the check on the way out of load."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ehlib.load.definitions import percentages
from ehlib.load.periods import parse_quarter
from ehlib.load.reads import Parts, note_read

if TYPE_CHECKING:
    from ehlib.load.indicators import Indicator

KEY = ["indicator_id", "area_code", "period", "sex", "age", "category_type", "category"]
TEXT = [
    "indicator_id",
    "area_code",
    "area_name",
    "area_type",
    "period",
    "sex",
    "age",
    "category_type",
    "category",
    "value_note",
    "source_id",
]
NUMBERS = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
DATES = ["period_start", "period_end"]
COLUMNS = [
    "indicator_id",
    "area_code",
    "area_name",
    "area_type",
    "period",
    "period_start",
    "period_end",
    "sex",
    "age",
    "category_type",
    "category",
    *NUMBERS,
    "value_note",
    "source_id",
]
SHOWN = ["name", "licence", "retrieved"]  # what pages say of a source
AREA_TYPES = ["district", "locality", "county", "unitary", "region", "england"]
SMALL_AREA_TYPES = ["ward", "msoa", "lsoa", "ccg"]
SEXES = ["persons", "female", "male"]
VALUE_NOTES = [
    "suppressed",
    "not_available",
    "not_applicable",
    "provisional",
    "estimated",
    "unreliable",
    "revised",
    "synthetic",
    "derived",
    "inferred",
]
LISTED = 5  # offenders an error lists before it says how many more


class SourceError(Exception):
    """A file is not as its publisher describes it.

    `place` has what is known of the fault: `rule`, `sheet`, `row`, `column`, `wanted`, `mend`.
    """

    def __init__(self, message: str, **place: object) -> None:
        super().__init__(message)
        self.place = place


class ObservationError(Exception):
    """The numbers of an observation cannot be right."""


def validate_observations(
    observations: pd.DataFrame, indicators: "Mapping[str, Indicator] | None" = None
) -> pd.DataFrame:
    """Observations with the columns and types that every later step relies on.

    Parameters
    ----------
    observations : DataFrame, one row per observation
        All of `COLUMNS`; numbers missing where not published.
    indicators : mapping, optional
        The catalogue. Without it, parts are not compared with the whole they are part of.

    Returns
    -------
    DataFrame, same rows
        Columns in the order of `COLUMNS`, sorted by key, with text as text and dates as dates.

    Raises
    ------
    ObservationError
        If a column is missing, a key is repeated, text is missing, a word is not in the
        vocabulary, or a number cannot be right (infinite, a negative count, numerator above the
        denominator it is part of, value outside its own limits). Five offenders are listed, then
        how many more.
    """
    missing = [column for column in COLUMNS if column not in observations.columns]
    if missing:
        raise ObservationError(f"observations lack the columns {', '.join(missing)}")
    typed = observations[COLUMNS].reset_index(drop=True).astype(dict.fromkeys(TEXT, "str"))
    typed = typed.astype(dict.fromkeys(NUMBERS, "float64"))
    for column in DATES:
        typed[column] = pd.to_datetime(typed[column])
    for problem, rows in (_word_problems(typed) | _number_problems(typed, indicators)).items():
        if rows.any():
            raise ObservationError(f"{problem}: {list_offenders(typed[rows])}")
    return typed.sort_values(["indicator_id", "period_start", *KEY[1:]]).reset_index(drop=True)


def _word_problems(observations: pd.DataFrame) -> dict[str, pd.Series]:
    notes = observations["value_note"].str.split(";").explode()
    unknown_note = ~notes.isin(["", *VALUE_NOTES])
    always = [name for name in KEY if not name.startswith("category")]
    return {
        "text is missing": observations[TEXT].isna().any(axis=1)
        | (observations[always] == "").any(axis=1),
        "key is repeated": observations.duplicated(KEY, keep=False),
        "area_type is unknown": ~observations["area_type"].isin([*AREA_TYPES, *SMALL_AREA_TYPES]),
        "sex is unknown": ~observations["sex"].isin(SEXES),
        "value_note is unknown": unknown_note.groupby(level=0).any(),
        "category has no category_type": (observations["category"] != "")
        != (observations["category_type"] != ""),
        "period has no dates": observations[DATES].isna().any(axis=1),
        "period ends before it begins": observations["period_end"] < observations["period_start"],
    }


def _number_problems(
    observations: pd.DataFrame, indicators: "Mapping[str, Indicator] | None"
) -> dict[str, pd.Series]:
    value, lower, upper = (observations[name] for name in ("value", "lower_ci", "upper_ci"))
    share = percentages(observations, indicators or {})
    return {
        "number is infinite": np.isinf(observations[NUMBERS]).any(axis=1),
        "numerator is negative": observations["numerator"] < 0,
        "denominator is negative": observations["denominator"] < 0,
        "numerator is above its denominator": share
        & (observations["numerator"] > observations["denominator"]),
        "value lies outside its limits": (value < lower) | (value > upper) | (lower > upper),
    }


def list_offenders(rows: pd.DataFrame) -> str:
    """First five rows by source, indicator, area and period, then how many more."""
    places = [
        f"{row.source_id}: {row.indicator_id}, {row.area_code} {row.area_name}, {row.period}"
        for row in rows.head(LISTED).itertuples()
    ]
    rest = len(rows) - LISTED
    return "; ".join(places) + (f"; and {rest} more" if rest > 0 else "")


def read_observations(
    data_dir: str | Path,
    *,
    quarter: str = "",
    indicator_id: str | list[str] = "",
    area_code: str | list[str] = "",
    source_id: str | list[str] = "",
) -> pd.DataFrame:
    """Prepared observations as they stood at the end of a quarter; changes of them make pages anew.

    Parameters
    ----------
    data_dir : str or Path
        Folder that `ehlib prepare` wrote.
    quarter : str
        Financial quarter such as `2013/14-Q3`: periods that ended later are left out. Empty for
        all.
    indicator_id, area_code, source_id : str or list of str
        Indicators, areas and sources to read; empty for all.

    Returns
    -------
    DataFrame, one row per observation
        `COLUMNS` and `source_name`, the source in words. `value_note` says `restated` where the
        figure changed since it was prepared a quarter ago or less.

    Raises
    ------
    SourceError
        If the folder holds no prepared observations.
    """
    path = Path(data_dir) / "observations.parquet"
    asked = {"indicator_id": indicator_id, "area_code": area_code, "source_id": source_id}
    note_read(path, quarter=quarter, **asked)
    if not path.exists():
        raise SourceError(f"{path.parent.name} holds no prepared observations; run `ehlib prepare`")
    from ehlib.load.accounts.restated import add_restated  # it stands on this module

    wanted = {key: [each] if isinstance(each, str) else each for key, each in asked.items() if each}
    chosen = [(key, "in", each) for key, each in wanted.items()] or None
    observations = pd.read_parquet(path, filters=chosen)
    if quarter:
        end = pd.Timestamp(parse_quarter(quarter).end)
        observations = observations[observations["period_end"] <= end].reset_index(drop=True)
    accounts = json.loads(_accounts(path.parent).read_text(encoding="utf-8"))
    names = {each["id"]: each["name"] for each in accounts["sources"]}
    observations = add_restated(observations, path.parent, str(accounts.get("prepared", "")))
    return observations.assign(source_name=observations["source_id"].map(names).astype("str"))


def read_sources(
    data_dir: str | Path, *, of: pd.DataFrame | None = None
) -> dict[str, list[dict[str, object]]]:
    """Account of every extract, as `ehlib prepare` wrote it: `files` and `sources`.

    Parameters
    ----------
    data_dir : str or Path
        Folder that it wrote.
    of : DataFrame, optional
        Rows with `source_name`: `sources` alone is given then, with what pages say of theirs, so
        that a page does not hang on the extracts of others.

    Raises
    ------
    SourceError
        If the folder holds none.
    """
    path = _accounts(Path(data_dir))
    if of is None:
        return Parts(path)
    names = sorted(of["source_name"].unique())
    if names:
        note_read(path, part="sources", name=names)
    return {"sources": sources_of(json.loads(path.read_text(encoding="utf-8")), names)}


def sources_of(accounts: Mapping[str, object], names: Sequence[str]) -> list[dict[str, str]]:
    """What pages say of some sources of an account."""
    named = [each for each in accounts["sources"] if each["name"] in names]
    return [{key: each[key] for key in SHOWN if key in each} for each in named]


def _accounts(folder: Path) -> Path:
    path = folder / "sources.json"
    if not path.exists():
        raise SourceError(f"{folder.name} holds no account of extracts; run `ehlib prepare`")
    return path
