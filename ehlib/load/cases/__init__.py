"""Case records: pseudonymised enquiries and episodes, checked row by row, counted with DuckDB."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.cases.columns import (
    KINDS,
    column_name,
    normal_cells,
    rule_of,
    typed_columns,
    unknown_columns,
)
from ehlib.load.periods import quarter_of
from ehlib.load.schema import COLUMNS, LISTED, ObservationError, SourceError
from ehlib.load.sources import Extract, fault, read_text_table

SQL = Path(__file__).parents[1] / "sql"
LAST_DAY = {"mash_enquiries": "outcome_date", "early_help_episodes": "closed_date"}
# Nine digits or more, a postcode, an e-mail address, a sentence: never repeated in a message.
IDENTIFYING = r"(?i)(?:\d\D?){9}|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|@|.{41}"
COUNTED = {  # indicator: the records it counts
    "mash_enquiries": "mash_enquiries",
    "mash_outcome": "mash_enquiries",
    "early_help_episodes": "early_help_episodes",
    "needs_met": "early_help_episodes",
}
PER_POPULATION = ["mash_enquiries", "early_help_episodes"]
EXTENT = {  # first and last day of which the records know
    "mash_enquiries": "min(received_date)::DATE, max(received_date)::DATE",
    "early_help_episodes": (
        "min(opened_date)::DATE, greatest(max(opened_date), max(closed_date))::DATE"
    ),
}
GRACE = timedelta(days=7)  # a quarter may begin or end with quiet days and still be whole


def is_cases(columns: list[str]) -> str:
    """Kind of case record that a header belongs to, by its id column; "" when it has none."""
    named = [column_name(column) for column in columns]
    return next((kind for kind, known in KINDS.items() if known[0] in named), "")


def read_cases(path: Path) -> Extract:
    """Case records of a file, every faulty row named.

    Parameters
    ----------
    path : Path
        CSV with the columns of one of `KINDS`. Other columns are left out, and said.

    Returns
    -------
    Extract
        `frame` has the columns of the kind, with days and whole numbers as such, `row` as index.
        Rows alike in every column are taken once. `found` in a fault never holds an id, nor what
        looks like an NHS or telephone number, a postcode or an e-mail address.

    Raises
    ------
    SourceError
        If the file holds no case records, lacks a column, or has a column for personal data; the
        message names columns, never what stands in them.
    """
    cells = read_text_table(path)
    cells.columns = [column_name(column) for column in cells.columns]
    kind = is_cases(list(cells.columns))
    if not kind:
        wanted = " or ".join(columns[0] for columns in KINDS.values())
        raise SourceError(f"{path.name}, row 1: no case records; expected a column {wanted}")
    columns = KINDS[kind]
    unknown = unknown_columns(path.name, list(cells.columns), columns)
    cells = cells.reindex(columns=columns, fill_value="")
    texts = pd.DataFrame({column: normal_cells(cells[column]) for column in columns})
    synthetic = texts[columns[0]].str.startswith("SYN-")
    texts["data_status"] = texts["data_status"].mask(synthetic, "synthetic")
    faults = [_left_out(unknown), *_check_cells(cells, texts)]
    faults += [_check_days(texts, kind), _check_ids(texts, columns[0])]
    listed = pd.concat(faults, ignore_index=True)
    bad = cells.index.isin(listed.loc[listed["severity"] == "error", "row"])
    merged = texts[~bad].duplicated()
    changed = (texts != cells)[~bad].any(axis=1) | merged
    frame = typed_columns(texts[~bad][~merged])
    return Extract(kind, frame, listed, cells[bad], len(cells), int(changed.sum()))


def count_cases(case_dir: Path, populations: pd.DataFrame, areas: Areas) -> pd.DataFrame:
    """Observations counted from case records, by financial quarter and area.

    Parameters
    ----------
    case_dir : Path
        Folder of `mash_enquiries*.parquet` and `early_help_episodes*.parquet`, as `read_cases`
        gives them; either may be absent.
    populations : DataFrame of observations
        Holds `population_0_17` of the districts at mid-year. The middle of the year in which a
        financial year begins is its denominator; `not_available` when there is none.
    areas : Areas
        The county with its districts and localities; records of other places are not counted.

    Returns
    -------
    DataFrame of observations
        True counts of children aged 0 to 17, not protected; 0 where a district had no record in a
        quarter of the data. `value` is left to `measure`. Where a category is given, the
        denominator is all records of that area and quarter. `value_note` has `synthetic` if any
        record of the quarter is, and `provisional` if the extract does not cover the quarter.

    Raises
    ------
    ObservationError
        If a record is in more than one file.
    """
    members = _members(areas)
    parts = []
    with duckdb.connect() as database:
        database.register("members", members)
        for indicator_id, kind in COUNTED.items():
            files = sorted(case_dir.glob(f"{kind}*.parquet"))
            if files:
                records = database.read_parquet([str(file) for file in files])
                records.create_view("cases", replace=True)
                _refuse_repeats(database, kind)
                parts.append(_counts(database, indicator_id, kind))
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    names = members[["area_code", "area_name", "area_type"]].drop_duplicates()
    counts = pd.concat(parts, ignore_index=True)
    counts = counts.merge(names, on="area_code", how="left", validate="m:1")
    return _with_populations(counts, populations, members).reindex(columns=COLUMNS)


def _check_cells(cells: pd.DataFrame, texts: pd.DataFrame) -> list[pd.DataFrame]:
    """Cells that are empty and must not be, or that cannot be read."""
    faults = []
    for column in texts.columns[texts.isna().any()]:
        rule, _, wanted, mend = rule_of(column)
        empty = texts[column].isna() & (cells[column].str.strip() == "")
        wrong = texts[column].isna() & ~empty
        rows = cells.index[empty]
        nothing = [""] * len(rows)
        faults.append(fault(rows, "cell_empty", column, nothing, wanted, "fill in the cell"))
        found = _without_ids(cells.loc[wrong, column], cells)
        faults.append(fault(cells.index[wrong], rule, column, found, wanted, mend))
    return faults


def _without_ids(found: pd.Series, cells: pd.DataFrame) -> pd.Series:
    """Cells as a message may show them: not when they hold an id or look like personal data."""
    hidden = found.str.contains(IDENTIFYING)
    for column in cells.columns[:2]:
        hidden |= found.isin(cells.loc[cells[column].isin(found.unique()), column])
    return found.mask(hidden, "(not shown: it may identify a child)")


def _check_days(texts: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Records that end before they begin, or that have a reason for closing but are open."""
    first, last = KINDS[kind][2], LAST_DAY[kind]
    before = texts.index[(texts[last] != "") & (texts[last] < texts[first])]
    days = texts.loc[before, last] + " before " + texts.loc[before, first]
    wanted = f"{last} on or after {first}"
    faults = [fault(before, "ends_before_start", last, days, wanted, "correct one of the days")]
    if kind == "early_help_episodes":
        still_open = texts.index[(texts[last] == "") & (texts["closure_reason"] != "")]
        wanted, mend = f"{last} where there is a closure_reason", "give the day, or no reason"
        nothing = [""] * len(still_open)
        faults.append(fault(still_open, "closed_without_day", last, nothing, wanted, mend))
    return pd.concat(faults, ignore_index=True)


def _check_ids(texts: pd.DataFrame, own: str) -> pd.DataFrame:
    """Records that share an id and differ; each is named by its rows, not by the id."""
    distinct = texts[~texts.duplicated() & texts[own].notna()]
    repeated = distinct.loc[distinct[own].duplicated(), own]
    alike = texts.loc[texts[own].isin(repeated), own]
    rows = {each: list(part) for each, part in alike.groupby(alike).groups.items()}
    said = {each: f"rows {', '.join(map(str, part[:LISTED]))}" for each, part in rows.items()}
    mend = "keep the row that is right"
    found = alike.map(said)
    return fault(alike.index, "id_repeated", own, found, "one row for each id", mend)


def _left_out(columns: list[str]) -> pd.DataFrame:
    rows, mend = pd.Index([1] * len(columns)), "nothing to do: the column is left out"
    said = fault(rows, "column_left_out", "", columns, "only columns that are read", mend)
    return said.assign(column=columns, severity="warning")


def _members(areas: Areas) -> pd.DataFrame:
    """Districts that each area is made of: itself, or those of a locality or the county."""
    districts = [area.code for area in areas.districts] or [areas.county.code]
    made_of = [(area, (area.code,)) for area in areas.districts]
    made_of += [(area, area.districts) for area in areas.localities]
    made_of += [(areas.county, districts)]
    rows = [(each.code, each.name, each.type, code) for each, codes in made_of for code in codes]
    return pd.DataFrame(rows, columns=["area_code", "area_name", "area_type", "district"])


def _refuse_repeats(database: duckdb.DuckDBPyConnection, kind: str) -> None:
    """Refuse to count a record twice: one that stands in two extracts."""
    own = KINDS[kind][0]
    query = f"SELECT count(*) - count(DISTINCT {own}) FROM cases"
    [(repeats,)] = database.execute(query).fetchall()
    if repeats:
        raise ObservationError(
            f"{kind}: {repeats} records stand in more than one extract; expected each {own} once, "
            "so keep only the later of the extracts that overlap"
        )


def _counts(database: duckdb.DuckDBPyConnection, indicator_id: str, kind: str) -> pd.DataFrame:
    """Counts of one indicator with period, breakdown and notes."""
    by_district = (SQL / f"{indicator_id}.sql").read_text(encoding="utf-8")
    database.execute(f"CREATE OR REPLACE TEMP TABLE by_district AS {by_district}")
    counts = database.execute((SQL / "by_area.sql").read_text(encoding="utf-8")).df()
    [(first, last)] = database.execute(f"SELECT {EXTENT[kind]} FROM cases").fetchall()
    quarters = [quarter_of(day) for day in counts["quarter_start"]]
    covered = [first <= each.start + GRACE and last >= each.end - GRACE for each in quarters]
    notes = [
        "synthetic;" * bool(marked) + "provisional;" * (not whole)
        for marked, whole in zip(counts["synthetic"], covered, strict=True)
    ]
    by_sex = counts["category"].isin(["female", "male"]) & (counts["category_type"] == "sex")
    return counts.assign(
        indicator_id=indicator_id,
        period=pd.Series([each.label for each in quarters], dtype="str"),
        period_start=pd.to_datetime([each.start for each in quarters]),
        period_end=pd.to_datetime([each.end for each in quarters]),
        sex=counts["category"].where(by_sex, "persons"),
        age="0-17",
        value_note=pd.Series(notes, dtype="str"),
        source_id=kind,
    )


def _with_populations(
    counts: pd.DataFrame, populations: pd.DataFrame, members: pd.DataFrame
) -> pd.DataFrame:
    """Counts with the children of the area as denominator, where the indicator is a rate."""
    people = populations[populations["indicator_id"] == "population_0_17"]
    people = people.assign(people=people["numerator"].fillna(people["value"]))
    people = people.rename(
        columns={"area_code": "district", "period": "year", "value_note": "said"}
    )
    counts = counts.assign(year=counts["period"].str[:4])
    grid = members.merge(counts[["year"]].drop_duplicates(), how="cross")
    grid = grid.merge(
        people[["district", "year", "people", "said"]],
        on=["district", "year"],
        how="left",
        validate="m:1",
    ).fillna({"said": "not_available"})
    sums = grid.groupby(["area_code", "year"], dropna=False, observed=True).agg(
        people=("people", lambda part: part.sum(skipna=False)),
        said=("said", lambda part: ";".join(sorted({*";".join(part).split(";")} - {""}))),
    )
    counts = counts.merge(sums, on=["area_code", "year"], how="left", validate="m:1")
    rate = counts["indicator_id"].isin(PER_POPULATION) & (counts["category_type"] == "")
    counts["denominator"] = counts["denominator"].where(~rate, counts["people"])
    notes = counts["value_note"] + counts["said"].where(rate, "")
    return counts.assign(value_note=notes.str.strip(";"))
