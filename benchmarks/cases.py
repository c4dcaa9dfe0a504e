"""Time and memory of case records counted to observations, ours against plain pandas.

    python benchmarks/cases.py [MOST_RECORDS] [ROUNDS]

Invented enquiries are counted at 0.1, 1 and 10 million, from Parquet, by DuckDB and by pandas: the
same five indicators, split the same five ways, repeats within 12 months included. Each run is a
process of its own, so that its peak of memory is its own; both are run one after the other in each
round, and what is reported is the median of the rounds and of their ratios. A million records are
also read from CSV, with every check. Results are compared before anything is said of time.
"""

import importlib
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
SIZES = (100_000, 1_000_000, 10_000_000)
ROUNDS = 3
FASTER, MEMORY = 10, 4_000  # times, MB
DISTRICTS = [f"E0700017{number}" for number in range(7)]
OUTCOMES = ["no further action", "early help services", "children's social care", ""]
KEYS = ["indicator_id", "period_start", "area_code", "category_type", "category"]
SPLITS = ["", "source", "need_level", "outcome", "sex", "age"]


def write_records(folder: Path, rows: int) -> None:
    """Enquiries of ten years about three children for every four of them, in Parquet."""
    rng = np.random.default_rng(rows)
    days = np.sort(rng.integers(0, 3650, rows))
    first = np.datetime64("2012-04-01", "us")
    words = {
        "source": ["police", "schools", "health", "family and public", "other"],
        "area_code": DISTRICTS,
        "sex": ["female", "male", "unknown"],
        "outcome": OUTCOMES,
        "data_status": ["synthetic"],
    }
    drawn = {
        name: pa.DictionaryArray.from_arrays(
            pa.array(rng.integers(0, len(each), rows, dtype="int32")), pa.array(each)
        ).dictionary_decode()
        for name, each in words.items()
    }
    table = pa.table(
        {
            "enquiry_id": rng.permutation(rows),
            "child_id": rng.integers(0, rows * 3 // 4, rows),
            "received_date": first + days.astype("timedelta64[D]"),
            "age": rng.integers(0, 20, rows).astype("int8"),
            "need_level": rng.integers(1, 5, rows).astype("int8"),
            "outcome_date": first + (days + rng.integers(0, 9, rows)).astype("timedelta64[D]"),
            **drawn,
        }
    )
    pq.write_table(table, folder / "mash_enquiries.parquet", compression="zstd")


def count_ours(folder: Path) -> pd.DataFrame:
    from ehlib.load.areas import read_areas
    from ehlib.load.cases import count_cases

    areas = read_areas(ROOT / "data" / "reference" / "areas.toml")
    text = {name: pd.Series(dtype="str") for name in ("indicator_id", "area_code", "period")}
    numbers = {name: pd.Series(dtype="float64") for name in ("numerator", "value")}
    nobody = pd.DataFrame({**text, **numbers, "value_note": pd.Series(dtype="str")})
    counts = count_cases(folder, nobody, areas)
    counts = counts[counts["area_type"] == "district"]
    counts = counts[counts["numerator"] > 0].set_index(KEYS)["numerator"]
    return counts.to_frame("count")


def count_pandas(folder: Path) -> pd.DataFrame:
    """The same by plain pandas: sorted by child and day, then one groupby a split."""
    records = pd.read_parquet(folder / "mash_enquiries.parquet")
    records = records[records["age"] <= 17].sort_values(["child_id", "received_date"])
    new_day = ~records.duplicated(["child_id", "received_date"])
    visits = records.loc[new_day, ["child_id", "received_date"]]
    before = visits.groupby("child_id")["received_date"].shift()
    visits = visits.assign(repeats=before >= visits["received_date"] - pd.DateOffset(months=12))
    records = records.merge(visits, on=["child_id", "received_date"], how="left", validate="m:1")
    path = ROOT / "data" / "reference" / "bank_holidays.csv"
    holidays = pd.read_csv(path)["day"].to_numpy(dtype="datetime64[D]")
    start = records["received_date"].to_numpy(dtype="datetime64[D]")
    end = records["outcome_date"].to_numpy(dtype="datetime64[D]")
    # busday_count leaves the last day out; an outcome on a day counts by the end of that day.
    waited = np.busday_count(start + 1, end + 1, holidays=holidays)
    appropriate = ["early help services", "children's social care"]
    records = records.assign(
        period_start=records["received_date"].dt.to_period("Q").dt.start_time,
        mash_enquiries=1,
        mash_repeats=records["repeats"],
        mash_within_1_day=waited <= 1,
        mash_within_3_days=waited <= 3,
        mash_outcome=np.where(
            records["received_date"] < "2014-04-01",
            records["outcome"] == "no further action",
            records["outcome"].isin(appropriate),
        ),
        outcome=records["outcome"].astype("str").replace("", "not recorded"),
        need_level="level " + records["need_level"].astype("str"),
        age=pd.cut(records["age"], [-1, 4, 9, 15, 17], labels=["0-4", "5-9", "10-15", "16-17"]),
    )
    figures = [name for name in records if name.startswith("mash_")]
    parts = []
    for split in SPLITS:
        keys = ["period_start", "area_code", *filter(None, [split])]
        sums = records.groupby(keys, observed=True)[figures].sum().reset_index()
        long = sums.rename(columns={split: "category"}).assign(category_type=split)
        long = long.assign(category=long["category"].astype("str") if split else "")
        keys = ["period_start", "area_code", "category_type", "category"]
        parts.append(long.melt(keys, figures, "indicator_id", "count"))
    counts = pd.concat(parts)
    of_outcomes = (counts["category_type"] == "outcome") & (counts["indicator_id"] != figures[0])
    young = (counts["indicator_id"] == "mash_repeats") & (counts["period_start"] < "2013-03-25")
    counts = counts[(counts["count"] > 0) & ~of_outcomes & ~young]
    return counts.set_index(KEYS)[["count"]].astype("float64")


def read_csv(folder: Path) -> pd.DataFrame:
    from ehlib.load.cases import read_cases

    extract = read_cases(folder / "extract.csv", folder=folder / "parts")
    return pd.DataFrame({"count": [extract.rows_read - extract.rows_rejected]})


WORKS = {"ehlib": count_ours, "pandas": count_pandas, "csv": read_csv}


def work(name: str, folder: Path) -> None:
    """Do one work in this process; print its seconds and peak of memory, and keep its result."""
    if name != "pandas":  # pandas is imported by then as well
        importlib.import_module("ehlib.load.cases")
    start = time.perf_counter()
    counts = WORKS[name](folder)
    taken = time.perf_counter() - start
    counts.sort_index().to_pickle(folder / f"{name}.pickle")
    print(taken, peak())


def peak() -> float:
    """Most memory that this process held, in MB; missing where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def timed(name: str, folder: Path) -> tuple[float, float]:
    """Seconds and peak of memory of a work in a process of its own."""
    command = [sys.executable, __file__, "--work", name, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def compare(folder: Path, rows: int, rounds: int) -> float:
    """Report one size; the median of our seconds comes back."""
    pairs = [(timed("ehlib", folder), timed("pandas", folder)) for _ in range(rounds)]
    ours, theirs = (pd.read_pickle(folder / f"{name}.pickle") for name in ("ehlib", "pandas"))
    pd.testing.assert_series_equal(
        ours["count"],
        theirs["count"],
        check_index_type=False,
    )
    seconds = [statistics.median(pair[place][0] for pair in pairs) for place in (0, 1)]
    memory = [max(pair[place][1] for pair in pairs) for place in (0, 1)]
    ratio = statistics.median(theirs[0] / ours[0] for ours, theirs in pairs)
    print(
        f"{rows:>11,} records: ehlib {seconds[0]:6.2f} s, {memory[0]:5,.0f} MB; "
        f"pandas {seconds[1]:6.2f} s, {memory[1]:6,.0f} MB; {ratio:.1f} times as fast"
    )
    if rows == SIZES[-1]:
        met = "met" if ratio >= FASTER and memory[0] < MEMORY else "not met"
        print(f"{'':>11} aim: {FASTER} times as fast, under {MEMORY:,} MB, on two cores: {met}")
    return seconds[0]


def read_million(folder: Path) -> None:
    (folder / "parts").mkdir()
    table = pq.read_table(folder / "mash_enquiries.parquet")
    day = pa.date32()
    for name in ("received_date", "outcome_date"):
        place = table.column_names.index(name)
        table = table.set_column(place, name, table[name].cast(day))
    pa.csv.write_csv(table, folder / "extract.csv")
    seconds, memory = timed("csv", folder)
    print(
        f"{len(table):>11,} records read from CSV, every check made: "
        f"{seconds:.1f} s, {memory:,.0f} MB"
    )


def main(most: int = SIZES[-1], rounds: int = ROUNDS) -> int:
    taken = []
    for rows in (size for size in SIZES if size <= most):
        with tempfile.TemporaryDirectory() as folder:
            write_records(Path(folder), rows)
            taken.append(compare(Path(folder), rows, rounds))
            if rows == SIZES[1]:
                read_million(Path(folder))
    for smaller, larger in itertools.pairwise(taken):
        print(f"ten times the records take {larger / smaller:.1f} times as long")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], Path(sys.argv[3]))
    else:
        sys.exit(main(*map(int, sys.argv[1:])))
