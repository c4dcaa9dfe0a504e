"""Extracts of one kind put together: a later version of a record takes the place of the earlier."""

from pathlib import Path

import duckdb
import pandas as pd

SQL = Path(__file__).parents[1] / "sql"
MEMORY = "2GB"  # beyond this DuckDB works from disk


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Database in memory that keeps to a part of it, and spills into a folder beyond."""
    database = duckdb.connect()
    database.execute(f"SET memory_limit = '{MEMORY}'")
    database.execute(f"SET temp_directory = '{(folder / '.duckdb').as_posix()}'")
    database.execute("SET preserve_insertion_order = false")
    return database


def read_sql(name: str) -> str:
    """Text of a query, as it stands in its file."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def merge_cases(parts: list[Path], out: Path) -> pd.DataFrame:
    """Number of records of each extract that a later extract says again, or says otherwise.

    Parameters
    ----------
    parts : list of Path
        Parquet files of one kind as `read_cases` writes them, the earliest extract first.
    out : Path
        Parquet file to write: each record once, as the latest extract that has it says.

    Returns
    -------
    DataFrame, one row a part
        `part`, `rows_again` (alike in a later extract) and `rows_replaced` (another version
        there).
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    places = pd.DataFrame({"filename": [str(part) for part in parts], "place": range(len(parts))})
    with connect(out.parent) as database:
        database.register("places", places)
        records = database.read_parquet(list(places["filename"]), filename=True, union_by_name=True)
        own = next(name for name in records.columns if name != "row")
        records.project(f"{own} AS own_id, *").create_view("records")
        database.execute(read_sql("merge_extracts"))
        counts = database.execute(read_sql("merge_counts")).df()
        kept = database.sql(read_sql("merge_records"))
        kept.write_parquet(str(out), compression="zstd")
    listed = places.merge(counts, on="place", how="left", validate="1:1").fillna(0)
    return listed.assign(part=parts)[["part", "rows_again", "rows_replaced"]].astype(
        {"rows_again": "int64", "rows_replaced": "int64"}
    )


def contradicted_records(parts: list[str]) -> pd.DataFrame:
    """Records that two extracts have in different versions, wherever they stand.

    Parameters
    ----------
    parts : list of str
        Parquet files of one kind as `read_cases` writes them.

    Returns
    -------
    DataFrame, one row a record and extract
        `own_id` (a hash), `filename` and `row`.
    """
    with connect(Path(parts[0]).parent) as database:
        records = database.read_parquet(parts, filename=True, union_by_name=True)
        own = next(name for name in records.columns if name != "row")
        records.project(f"{own} AS own_id, *").create_view("records")
        return database.execute(read_sql("contradicted_records")).df()
