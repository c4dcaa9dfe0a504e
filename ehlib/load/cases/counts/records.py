"""Records of a folder as DuckDB sees them: kind by kind, what they hold and of which areas."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.cases.headings import CASE_KINDS, PERIOD
from ehlib.load.cases.merging import connect

WITHOUT_AREA = ("annex_a_contacts", "annex_a_early_help", "annex_a_referrals")


def describe_cases(case_dir: Path, areas: Areas) -> dict[str, dict[str, object]]:
    """What the case records of each kind hold, and what of them is not counted.

    Parameters
    ----------
    case_dir : Path
        As for `count_cases`.
    areas : Areas
        The county whose records are counted.

    Returns
    -------
    dict
        By kind: `title`; `records`; `first` and `as_at`, the first and last day that they know of,
        as text; `elsewhere`, records of other counties, and `grown_up`, of people aged 18 and
        over, which are left out; `synthetic`, whether any is invented; `note`, all that in words.
    """
    described = {}
    members = read_members(areas)
    with connect(case_dir) as database:
        for kind, _ in each_kind(case_dir, database):
            database.register("members", members_of(kind, members, areas))
            columns = database.table("cases").columns
            elsewhere = "area_code NOT IN (SELECT district FROM members)"
            [(records, other, grown, synthetic)] = database.execute(
                "SELECT count(*), "
                f"count(*) FILTER ({elsewhere if 'area_code' in columns else 'false'}), "
                f"count(*) FILTER ({'age > 17' if 'age' in columns else 'false'}), "
                "bool_or(data_status = 'synthetic') FROM cases"
            ).fetchall()
            first, _, as_at = extent(database, kind)
            described[kind] = {
                "title": CASE_KINDS[kind],
                "records": records,
                "first": str(first or ""),
                "as_at": str(as_at or ""),
                "elsewhere": other,
                "grown_up": grown,
                "synthetic": bool(synthetic),
                "note": _in_words(kind, other, grown, as_at, areas),
            }
    return described


def _in_words(kind: str, elsewhere: int, grown: int, as_at: date | None, areas: Areas) -> str:
    said = [f"Figures are as at {as_at:%d %B %Y}; late records may still change them."] * bool(
        as_at
    )
    if elsewhere:
        said.append(f"{elsewhere:,} records of places outside {areas.county.name} are left out.")
    if grown:
        said.append(f"{grown:,} records of people aged 18 and over are left out.")
    if kind in WITHOUT_AREA:
        said.append("Annex A names no place, so figures are for the county alone.")
    return " ".join(said)


def each_kind(case_dir: Path, database: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, int]]:
    """Each kind of which there are records, in how many files, once they are the view `cases`."""
    for kind in CASE_KINDS:
        files = sorted(str(path) for path in case_dir.glob(f"{kind}*.parquet"))
        if files:
            records = database.read_parquet(files, union_by_name=True)
            records.create_view("cases", replace=True)
            yield kind, len(files)


def read_members(areas: Areas) -> pd.DataFrame:
    """Districts that each area is made of: itself, or those of a locality or the county."""
    districts = [area.code for area in areas.districts] or [areas.county.code]
    made_of = [(area, (area.code,)) for area in areas.districts]
    made_of += [(area, area.districts) for area in areas.localities]
    made_of += [(areas.county, districts)]
    rows = [(each.code, each.name, each.type, code) for each, codes in made_of for code in codes]
    return pd.DataFrame(rows, columns=["area_code", "area_name", "area_type", "district"])


def members_of(kind: str, members: pd.DataFrame, areas: Areas) -> pd.DataFrame:
    """Members for a kind of record: of one that names no place, the county as a whole."""
    if kind not in WITHOUT_AREA:
        return members
    county = members[members["area_code"] == areas.county.code].head(1)
    return county.assign(district="county")


def extent(
    database: duckdb.DuckDBPyConnection, kind: str
) -> tuple[date | None, date | None, date | None]:
    """First day of the records, last day up to which they are complete, last day they know of."""
    first, last = PERIOD[kind]
    ended = f"max({last})" if last else "NULL"
    whole = f"greatest(max({first}), {ended})" if kind == "early_help_episodes" else f"max({first})"
    [days] = database.execute(
        f"SELECT min({first})::DATE, ({whole})::DATE, greatest(max({first}), {ended})::DATE "
        "FROM cases"
    ).fetchall()
    return days
