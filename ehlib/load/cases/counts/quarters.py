"""Quarters and working days that case records are counted by, and what is said of each quarter."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ehlib.load.periods import quarter_of

HOLIDAYS = Path(__file__).resolve().parents[4] / "data" / "reference" / "bank_holidays.csv"
DAY = pd.ArrowDtype(pa.date32())
GRACE = timedelta(days=7)  # a quarter may begin or end with quiet days and still be whole


def with_words(counts: pd.DataFrame, kind: str, known: tuple[date, date]) -> pd.DataFrame:
    """Counts with period, breakdown and notes in the words of observations."""
    starts = counts["quarter_start"].drop_duplicates()
    quarters = {start: quarter_of(start) for start in starts}
    whole = {
        start: known[0] <= each.start + GRACE and known[1] >= each.end - GRACE
        for start, each in quarters.items()
    }
    notes = counts["synthetic"].map({True: "synthetic;", False: ""})
    notes += counts["quarter_start"].map(
        {start: "" if is_whole else "provisional;" for start, is_whole in whole.items()}
    )
    kinds, category = counts["category_type"], counts["category"]
    by_sex = (kinds == "sex") & category.isin(["female", "male"])
    return counts.assign(
        period=counts["quarter_start"].map({key: each.label for key, each in quarters.items()}),
        period_start=counts["quarter_start"],
        period_end=counts["quarter_start"].map(
            {key: pd.Timestamp(each.end) for key, each in quarters.items()}
        ),
        sex=category.where(by_sex, "persons"),
        age=category.where(kinds == "age", "0-17"),
        value_note=notes,
        source_id=kind,
    )


def quarter_ends(first: date, last: date) -> pd.DataFrame:
    """Quarters that ended by the last day known, or within a few quiet days of it."""
    starts = pd.date_range(pd.Timestamp(first).to_period("Q").start_time, last, freq="QS")
    ends = starts + pd.offsets.QuarterEnd(0)
    known = ends <= pd.Timestamp(last) + GRACE
    quarters = pd.DataFrame({"quarter_start": starts[known].date, "quarter_end": ends[known].date})
    return quarters.astype(DAY)  # without a quarter, DuckDB could not tell that they are days


def working_days(first: date, last: date) -> pd.DataFrame:
    """Days with the number of working days from the first to the end of each."""
    holidays = pd.read_csv(HOLIDAYS, encoding="utf-8")["day"].to_numpy(dtype="datetime64[D]")
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    working = np.cumsum(np.is_busday(days, holidays=holidays))
    return pd.DataFrame({"day": days.astype(object), "working_day": working})
