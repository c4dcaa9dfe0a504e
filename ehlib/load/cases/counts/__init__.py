"""Counts of case records as observations, by the queries of ehlib/load/sql."""

from pathlib import Path

import duckdb
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.cases.counts.populations import with_populations
from ehlib.load.cases.counts.quarters import GRACE, quarter_ends, with_words, working_days
from ehlib.load.cases.counts.records import describe_cases as describe_cases
from ehlib.load.cases.counts.records import each_kind, extent, members_of, read_members
from ehlib.load.cases.merging import connect, read_sql
from ehlib.load.schema import COLUMNS, ObservationError

QUERIES = {  # what is counted of each kind of record; each query says which indicators
    "mash_enquiries": ["mash_enquiries"],
    "early_help_episodes": ["early_help_episodes", "early_help_open", "early_help_weeks"],
    "quality_audits": ["quality_audits"],
    "annex_a_contacts": ["annex_a_contacts"],
    "annex_a_early_help": ["annex_a_early_help"],
    "annex_a_referrals": ["annex_a_referrals"],
}
LOOKS_BACK = [  # not counted until the records go back 12 months: before, they would seem few
    *("mash_repeats", "early_help_returns", "early_help_level_changes", "early_help_closed"),
    *("early_help_open", "early_help_open_26_weeks", "early_help_weeks"),
]
YEAR = pd.DateOffset(months=12)


def count_cases(case_dir: Path, populations: pd.DataFrame, areas: Areas) -> pd.DataFrame:
    """Observations counted from case records, by financial quarter and area.

    Parameters
    ----------
    case_dir : Path
        Folder of Parquet files, `mash_enquiries*.parquet` and so on, as `read_cases` or
        `merge_cases` gives them; any kind may be absent.
    populations : DataFrame of observations
        Holds `population_0_17` of the districts at mid-year. The middle of the year in which a
        financial year begins is its denominator; `not_available` when there is none.
    areas : Areas
        The county with its districts and localities; records of other places are not counted.
        Annex A names no place: it is counted for the county alone.

    Returns
    -------
    DataFrame of observations
        True counts of children aged 0 to 17, not protected; 0 where a district had no record in a
        quarter of the data. `value` is left to `measure`. Of a category, the denominator is all
        records of that area and quarter, or where the indicator is a percentage its own.
        `value_note` has `synthetic` if any record of the quarter is, and `provisional` if the
        extract does not cover the quarter. Each figure is as at the last day the records know of.

    Raises
    ------
    ObservationError
        If a record is in more than one file.
    """
    parts = []
    members = read_members(areas)
    with connect(case_dir) as database:
        database.execute(read_sql("age_bands"))
        for kind, files in each_kind(case_dir, database):
            inside = members_of(kind, members, areas)
            _keep(database, members=inside)
            _refuse_repeats(database, kind, files)
            parts.append(_counts(database, kind))
    if not any(len(part) for part in parts):
        return pd.DataFrame(columns=COLUMNS)
    names = members[["area_code", "area_name", "area_type"]].drop_duplicates()
    counts = pd.concat([part for part in parts if len(part)], ignore_index=True)
    counts = counts.merge(names, on="area_code", how="left", validate="m:1")
    return with_populations(counts, populations, members).reindex(columns=COLUMNS)


def _refuse_repeats(database: duckdb.DuckDBPyConnection, kind: str, files: int) -> None:
    """Refuse to count a record twice: one that stands in two extracts. In one it stands once."""
    if files < 2:
        return
    own = next(name for name in database.table("cases").columns if name.endswith("_id"))
    query = f"SELECT count(*) - count(DISTINCT {own}) FROM cases"
    [(repeats,)] = database.execute(query).fetchall()
    if repeats:
        raise ObservationError(
            f"{kind}: {repeats} records stand in more than one extract; expected each {own} once, "
            "so merge the extracts that overlap, or keep only the later"
        )


def _keep(database: duckdb.DuckDBPyConnection, **frames: pd.DataFrame) -> None:
    """Put small frames into tables: of a table DuckDB knows the size, and joins accordingly."""
    for name, frame in frames.items():
        database.register("given", frame)
        database.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM given")


def _counts(database: duckdb.DuckDBPyConnection, kind: str) -> pd.DataFrame:
    """Counts of all indicators of a kind, with period, breakdown and notes."""
    first, last, as_at = extent(database, kind)
    if first is None:
        return pd.DataFrame()
    days = pd.DataFrame({"as_at": [as_at]})
    _keep(database, extent=days, quarter_ends=quarter_ends(first, as_at))
    _keep(database, working_days=working_days(first, as_at))
    queries = [f"({read_sql(name)})" for name in QUERIES[kind]]
    union = "\nUNION ALL BY NAME\n".join(queries)
    database.execute(f"CREATE OR REPLACE TEMP TABLE by_district AS {union}")
    counts = database.execute(read_sql("by_area")).df()
    young = counts["indicator_id"].isin(LOOKS_BACK)
    young &= counts["quarter_start"] < pd.Timestamp(first) - GRACE + YEAR
    counts = counts[~young].reset_index(drop=True)
    return with_words(counts, kind, (first, last))
