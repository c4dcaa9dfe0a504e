"""Counts of a release as an outsider lists them: each once, known or hidden."""

from collections.abc import Mapping, Sequence

import pandas as pd

from ehlib.load.definitions import definitions_in_force
from ehlib.load.indicators import Indicator

PLACE = ["indicator_id", "area_code", "period_start", "period_end", "sex", "age"]
CELL = [*PLACE, "category_type", "category", "figure"]
ADDITIVE = ["count", "rate", "proportion"]  # methods whose numerators are counts of records
ALIKE = ["sex", "age"]  # category types that are columns of the key under another name


def gather_counts(
    release: str, frame: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """Numerators, and denominators that are counts of records, one row each.

    Parameters
    ----------
    release : str
        Name of the release the frame was published in.
    frame : DataFrame of observations
        Rows of published indicators are left aside, as are rows that are missing but not hidden.

    Returns
    -------
    DataFrame
        `CELL`, `area_type`, `districts`, `release`, `count` (missing where hidden) and `share`
        (whether the row is a percentage, so that its numerator is part of its denominator).
    """
    cases = [key for key, each in indicators.items() if each.data_class == "case"]
    rows = frame[frame["indicator_id"].isin(cases)].reset_index(drop=True)
    own = [indicators[each].version_at(day.date()).method for each, day in _starts(rows)]
    share = definitions_in_force(rows, indicators)["method"] == "proportion"
    hidden = rows["value_note"].astype("str").str.split(";").map(lambda said: "suppressed" in said)
    rows = _one_name(rows.assign(release=release, share=share, hidden=hidden, method=own))
    if "districts" not in rows:
        rows["districts"] = ""
    rows = rows[rows["method"].isin(ADDITIVE)]
    parts = []
    for figure in ("numerator", "denominator"):
        # A breakdown of all records has their number as denominator, which is a count already.
        listed = rows if figure == "numerator" else rows[rows["method"] == "proportion"]
        listed = listed.assign(figure=figure, count=listed[figure].where(~listed["hidden"]))
        parts.append(listed[listed["hidden"] | listed["count"].notna()])
    counts = pd.concat(parts)[[*CELL, "area_type", "districts", "release", "count", "share"]]
    counts = counts.sort_values("count", na_position="last", kind="stable")
    return counts.drop_duplicates(CELL).sort_index(kind="stable")


def join_counts(releases: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Counts of all releases: what one of them shows is known in the others.

    Where two releases show different counts of an indicator and period, its figures were revised:
    then each shown count is a fact of its own release only, and `revised` says so.
    """
    counts = pd.concat(releases, ignore_index=True)
    shown = counts.groupby(CELL, dropna=False)["count"]
    counts["revised"] = shown.transform("nunique") > 1
    stretch = [counts[name] for name in ("indicator_id", "period_start", "period_end")]
    counts["revised"] = counts.groupby(stretch)["revised"].transform("any")
    known = shown.transform("first")
    return counts.assign(count=counts["count"].fillna(known.mask(counts["revised"])))


def _starts(rows: pd.DataFrame) -> zip:
    return zip(rows["indicator_id"], pd.to_datetime(rows["period_start"]), strict=True)


def _one_name(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows where a breakdown by sex or age is said in the columns of that name."""
    named = rows.copy()
    named[["sex", "age", "category_type", "category"]] = named[
        ["sex", "age", "category_type", "category"]
    ].astype("str")
    for column in ALIKE:
        said = named["category_type"] == column
        named[column] = named["category"].where(said, named[column])
        named.loc[said, ["category_type", "category"]] = ""
    return named
