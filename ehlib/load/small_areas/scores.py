"""Deprivation scores and children of small areas and districts, as prepared data hold them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from ehlib.load.areas.register import english_areas
from ehlib.load.reads import note_read
from ehlib.load.schema import read_observations
from ehlib.load.small_areas.lookups import add_parents, carry_over, map_scores, read_lookups

SCORE_COLUMNS = ["area_code", "area_name", "area_type", "county_code", "score", "edition"]
SCORE_COLUMNS += ["area_vintage", "value_note", "derived_how"]
CENSUS = {"2004": "2001", "2007": "2001", "2010": "2001", "2015": "2011", "2019": "2011"}
LATER = "2021"  # census of the LSOAs of editions since
WEIGHTED, PLAIN = "population-weighted mean of LSOAs", "plain mean of LSOAs"
COUNCILS = ["district", "unitary"]


def deprivation_scores(data_dir: str | Path, quarter: str = "") -> pd.DataFrame:
    """Deprivation score of each LSOA, MSOA and district, by the edition of the indices then latest.

    Parameters
    ----------
    data_dir : str or Path
        Folder that `ehlib prepare` wrote.
    quarter : str
        Financial quarter such as `2013/14-Q3`: editions released later are left out.

    Returns
    -------
    DataFrame, one row per area
        `SCORE_COLUMNS`. `score` is that of the Index of Multiple Deprivation, higher is more
        deprived; `value_note` is empty where it is published, derived where it is a mean of
        LSOAs, and `derived_how` says of which kind. Unitary councils count as districts. An MSOA
        of which no code is held has its name for one. No rows when no edition is held.
    """
    wanted = ["imd_score", "imd_average_score", "iod_population", "population"]
    held = read_observations(data_dir, quarter=quarter, indicator_id=wanted)
    scored = held[held["indicator_id"].isin(wanted[:2])]
    if scored.empty:
        return pd.DataFrame(columns=SCORE_COLUMNS)
    edition = scored.loc[scored["period_start"].idxmax(), "period"]
    latest = scored[scored["period"] == edition]
    lookups = read_lookups(data_dir)
    names = _names_held(data_dir, lookups)
    vintage = CENSUS.get(edition, LATER)
    lsoas = _lsoas(latest, held, lookups, _names_in(names, vintage))
    parts = [lsoas, _msoas(lsoas, lookups, names)]
    parts.append(_districts(lsoas, latest))
    filled = [part for part in parts if len(part)]
    named = pd.concat(filled, ignore_index=True).assign(edition=edition)
    return named.assign(area_vintage=vintage)[SCORE_COLUMNS]


def children_by_area(
    data_dir: str | Path, quarter: str, area_type: str, ages: tuple[int, int] = (0, 15)
) -> pd.DataFrame:
    """Children of each area in the latest mid-year estimate that a quarter knows.

    Parameters
    ----------
    data_dir : str or Path
        Folder that `ehlib prepare` wrote.
    quarter : str
        Financial quarter; empty for the latest estimate held.
    area_type : str
        `lsoa`, `msoa` or `district`.
    ages : tuple of int
        First and last single year of age, both of 0 to 17.

    Returns
    -------
    DataFrame, one row per area
        `area_code`, `area_name`, `denominator` (missing where a year of age is) and `year`. MSOAs,
        and districts of which no estimate is held, are sums of their LSOAs. No rows when no
        estimate by single year of age is held.
    """
    columns = ["area_code", "area_name", "denominator", "year"]
    held = read_observations(data_dir, quarter=quarter, indicator_id="population")
    years = [str(age) for age in range(ages[0], ages[1] + 1)]
    single = held[held["age"].isin(years)]
    own = COUNCILS if area_type == "district" else [area_type]
    published = single[single["area_type"].isin(own)]
    lsoas = single[single["area_type"] == "lsoa"]
    counts = published if len(published) else lsoas
    if counts.empty:
        return pd.DataFrame(columns=columns)
    latest = counts[counts["period_start"] == counts["period_start"].max()]
    by_age = latest.groupby(["area_code", "area_name"], observed=True, dropna=False)["numerator"]
    whole = by_age.count() == len(years)
    sums = by_age.sum().where(whole).rename("denominator").reset_index()
    if published.empty and area_type != "lsoa":
        sums = _summed(sums, area_type, data_dir)
    return sums.assign(year=latest["period"].iloc[0])[columns]


def _lsoas(
    latest: pd.DataFrame, held: pd.DataFrame, lookups: pd.DataFrame, names: pd.Series
) -> pd.DataFrame:
    """LSOAs of an edition with their score, residents, and where they lie."""
    rows = latest[latest["indicator_id"].eq("imd_score") & latest["area_type"].eq("lsoa")]
    rows = rows[["area_code", "area_name", "value", "value_note", "period"]]
    nameless = rows["area_name"] == rows["area_code"]
    told = rows["area_code"].map(names).astype("str").fillna("")
    rows = add_parents(rows.assign(area_name=rows["area_name"].mask(nameless, told)), lookups)
    weights = _weights(rows, held, lookups)
    named = rows.rename(columns={"value": "score"}).assign(area_type="lsoa", derived_how="")
    return named.assign(weight=weights.to_numpy()).drop(columns="period").reset_index(drop=True)


def _weights(rows: pd.DataFrame, held: pd.DataFrame, lookups: pd.DataFrame) -> pd.Series:
    """Residents of each LSOA: as the edition counts them, else by the estimate nearest to it."""
    small = held[held["area_type"].eq("lsoa") & held["age"].isin(["all", ""])]
    own = small[small["indicator_id"].eq("iod_population") & small["period"].isin(rows["period"])]
    counted = own.assign(count=own["value"])
    if own.empty and len(rows):
        estimates = small[small["indicator_id"] == "population"]
        years = estimates["period"].astype("int64")
        distance = (years - int(rows["period"].iloc[0])).abs()
        near = estimates[distance == distance.min()]
        counted = near.assign(count=near["numerator"])
    counts = counted.drop_duplicates("area_code").set_index("area_code")["count"]
    return carry_over(counts.astype("float64"), lookups, pd.Index(rows["area_code"]))


def _msoas(lsoas: pd.DataFrame, lookups: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Mean score of each MSOA, also of those of 2011 where the edition's LSOAs are others.

    Where any has a code those without are of another year, and left out.
    """
    if lsoas.empty:
        return lsoas
    by_code = lsoas.set_index("area_code")
    earlier = map_scores(by_code["score"], by_code["weight"], lookups, "2011")
    weights = carry_over(by_code["weight"].dropna(), lookups, earlier.index)
    mapped = earlier.assign(weight=weights).reset_index()
    told = mapped["area_code"].map(_names_in(names, "2011")).astype("str").fillna("")
    parts = [lsoas]
    if len(mapped):
        parts.append(add_parents(mapped.assign(area_name=told), lookups))
    means = [_means(part[part["msoa_name"] != ""], ["msoa_name"]) for part in parts]
    together = pd.concat(means, ignore_index=True).drop_duplicates("msoa_name")
    codes = together["msoa_name"].map(_msoa_codes(names)).astype("str")
    coded = together[codes.notna()] if codes.notna().any() else together
    known = codes.fillna(together["msoa_name"])[coded.index]
    return coded.assign(
        area_code=known, area_name=coded["msoa_name"], area_type="msoa", value_note="derived"
    )


def _districts(lsoas: pd.DataFrame, latest: pd.DataFrame) -> pd.DataFrame:
    """Score of each council: the published average, else the mean of its LSOAs."""
    published = latest[
        latest["indicator_id"].eq("imd_average_score") & latest["area_type"].isin(COUNCILS)
    ]
    published = published.rename(columns={"value": "score"}).assign(derived_how="")
    inside = lsoas[~lsoas["district_code"].isin(["", *published["area_code"]])]
    derived = _means(inside, ["district_code"]).rename(columns={"district_code": "area_code"})
    derived = derived.assign(area_name="", value_note="derived")
    columns = ["area_code", "area_name", "score", "value_note", "derived_how"]
    parts = [part[columns] for part in (published, derived) if len(part)]
    if not parts:
        return published
    # A council is its own "small area" here: its name and county come from the register.
    return _registered(pd.concat(parts, ignore_index=True)).assign(area_type="district")


def _registered(councils: pd.DataFrame) -> pd.DataFrame:
    register = english_areas().set_index("area_code")
    codes = councils["area_code"]
    names = codes.map(register["area_name"]).fillna(councils["area_name"])
    counties = codes.map(register["county_code"]).fillna("")
    return councils.assign(area_name=names, county_code=counties)


def _means(lsoas: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean score of groups of LSOAs, weighted by residents where all of a group are known."""
    groups = lsoas.assign(
        product=lsoas["score"] * lsoas["weight"],
        known=lsoas["weight"].notna() & (lsoas["weight"] > 0),
    ).groupby(by, observed=True, dropna=False, as_index=False)
    means = groups.agg(
        product=("product", "sum"),
        weight=("weight", "sum"),
        plain=("score", "mean"),
        known=("known", "all"),
        county_code=("county_code", "first"),
    )
    weighted = means["product"] / means["weight"].where(means["known"])
    how = np.where(means["known"], WEIGHTED, PLAIN)
    return means.assign(score=weighted.fillna(means["plain"]), derived_how=how)


def _msoa_codes(names: pd.DataFrame) -> pd.Series:
    """Code of each MSOA by its name; none that is in doubt."""
    msoas = names.loc[names["area_code"].str.startswith("E02"), ["area_code", "area_name"]]
    once = msoas.drop_duplicates().drop_duplicates("area_name", keep=False)
    return once.set_index("area_name")["area_code"]


def _names_in(names: pd.DataFrame, vintage: str) -> pd.Series:
    """Name of each LSOA by its code, that of a census where it is told: some were renumbered."""
    own_first = names.assign(other=names["vintage"] != vintage).sort_values("other", kind="stable")
    return own_first.drop_duplicates("area_code").set_index("area_code")["area_name"]


def _names_held(data_dir: str | Path, lookups: pd.DataFrame) -> pd.DataFrame:
    """Names of LSOAs and MSOAs that observations, boundaries and lookups tell, with their year."""
    small = [("area_type", "in", ["lsoa", "msoa"])]
    columns = ["area_code", "area_name", "vintage"]
    parts = []
    for name in ("observations", "boundaries"):
        path = Path(data_dir, f"{name}.parquet")
        note_read(path, area_type=["lsoa", "msoa"])
        if path.exists():
            held = [column for column in columns if column in pq.read_schema(path).names]
            part = pd.read_parquet(path, columns=held, filters=small)
            parts.append(part.reindex(columns=columns, fill_value=""))
    for end in ("from", "to"):
        rows = lookups[lookups[f"{end}_type"].isin(["lsoa", "msoa"])]
        ends = rows[[f"{end}_code", f"{end}_name", f"{end}_vintage"]]
        parts.append(ends.set_axis(columns, axis=1))
    named = pd.concat(parts, ignore_index=True).astype("str").drop_duplicates()
    return named[(named["area_name"] != named["area_code"]) & (named["area_name"] != "")]


def _summed(sums: pd.DataFrame, area_type: str, data_dir: str | Path) -> pd.DataFrame:
    """Sums of LSOAs by MSOA or council."""
    lookups = read_lookups(data_dir)
    names = _names_held(data_dir, lookups)
    inside = add_parents(sums, lookups)
    by = "msoa_name" if area_type == "msoa" else "district_code"
    groups = inside[inside[by] != ""].groupby(by, observed=True, dropna=False)["denominator"]
    added = groups.agg(lambda counts: counts.sum(skipna=False)).reset_index()
    if area_type == "district":
        return _registered(added.rename(columns={by: "area_code"}).assign(area_name=""))
    codes = added[by].map(_msoa_codes(names)).astype("str").fillna(added[by])
    return added.assign(area_code=codes, area_name=added[by])
