"""Lookups between small areas, editions of them and the councils that they lie in."""

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ehlib.load.areas import resolve_areas
from ehlib.load.areas.register import english_areas, successors
from ehlib.load.reads import note_read
from ehlib.load.small_areas.columns import GSS, AreaColumn, area_columns, spelt
from ehlib.load.sources.extract import Extract, fault, join_faults

if TYPE_CHECKING:
    from ehlib.load.tables import Table

LOOKUP_COLUMNS = ["from_code", "from_type", "from_vintage", "from_name"]
LOOKUP_COLUMNS += ["to_code", "to_type", "to_vintage", "to_name", "change"]
CHANGE = ("change code", "chgind", "change indicator", "change")
# Columns of the publisher's lookups that say nothing of areas.
OTHER = re.compile(r"(?:fid|objectid|object id|globalid|.* ?nmw|.* ?namew)?")
SMALL_NAME = re.compile(r"(.+) \d{3}[A-Z]?")


def knows_lookup(header: list[str]) -> bool:
    """Whether a header is that of a lookup: codes of two kinds of area, and no figures."""
    areas = area_columns(header)
    named = {each.column for each in areas} | {each.names for each in areas}
    others = {spelt(name) for name in header if name not in named}
    return len(areas) > 1 and all(name in CHANGE or OTHER.fullmatch(name) for name in others)


def read_lookup(table: "Table") -> Extract:
    """Pairs of areas that a lookup links, each from an older or finer area to another.

    Parameters
    ----------
    table : Table
        With codes and names of two or more kinds of area, such as LSOA of 2001 and of 2011.

    Returns
    -------
    Extract
        Kind `lookup`; `frame` has `LOOKUP_COLUMNS`, each pair once, `change` as published (U
        unchanged, S split, M merged, X else; empty between kinds of area). Rows of areas outside
        England are left out, rows without a code in a column are refused.
    """
    cells = table.cells()
    areas = area_columns(cells.columns)
    plain = cells.apply(lambda column: column.str.strip())
    wrong = {each.column: ~plain[each.column].str.fullmatch(GSS) for each in areas}
    bad = pd.DataFrame(wrong, index=cells.index)
    welsh = ~bad.any(axis=1) & ~plain[areas[0].column].str.startswith("E")
    good = plain[~bad.any(axis=1) & ~welsh]
    change = next((name for name in cells.columns if spelt(name) in CHANGE), "")
    pairs = [_pair(good, *two, change) for two in _links(areas)]
    frame = pd.concat(pairs).drop_duplicates(LOOKUP_COLUMNS).sort_index(kind="stable")
    sheet, first = table.sheet, areas[0].column
    faults = [_wrong(cells.loc[bad[name], name], "lookup_code_unknown", sheet) for name in bad]
    faults.append(_wrong(cells.loc[welsh, first], "area_outside", sheet))
    return Extract(
        kind="lookup",
        frame=frame,
        faults=join_faults([table.notes, *faults]),
        rejected=cells[bad.any(axis=1) | welsh],
        rows_read=len(cells),
        rows_normalised=int((good != cells.loc[good.index]).any(axis=1).sum()),
    )


def read_lookups(data_dir: str | Path) -> pd.DataFrame:
    """Every pair of areas that prepared lookups link; without rows when there is none."""
    path = Path(data_dir) / "lookups.parquet"
    note_read(path)
    if not path.exists():
        return pd.DataFrame(columns=LOOKUP_COLUMNS, dtype="str")
    return pd.read_parquet(path)[LOOKUP_COLUMNS].drop_duplicates(ignore_index=True)


def add_parents(areas: pd.DataFrame, lookups: pd.DataFrame) -> pd.DataFrame:
    """Small areas with the council and county of today that they lie in, and their MSOA's name.

    Parameters
    ----------
    areas : DataFrame with `area_code`, `area_name`
        Small areas of any year; where the name is missing or the code, a lookup's is taken.
    lookups : DataFrame
        As `read_lookups` gives them. What they do not say follows from the name: "Ashfield 001A"
        lies in the MSOA "Ashfield 001", and in Ashfield.

    Returns
    -------
    DataFrame, same rows and order
        Adds `district_code`, `county_code` and `msoa_name`, empty where not known.
    """
    nameless = areas["area_name"].isin([""]) | (areas["area_name"] == areas["area_code"])
    told = areas["area_code"].map(_names(lookups)).astype("str")
    named = areas["area_name"].astype("str").mask(nameless, told)
    prefix = named.str.extract(SMALL_NAME, expand=False)
    by_name = resolve_areas(prefix.fillna(""))["area_code"]
    linked = areas["area_code"].map(_districts(lookups)).astype("str")
    council = linked.fillna(by_name).replace(successors())
    counties = english_areas().set_index("area_code")["county_code"]
    lsoa = named.str.fullmatch(r".+ \d{3}[A-Z]").fillna(False).astype("bool")
    msoa = named.str[:-1].where(lsoa, "").fillna("")
    return areas.assign(
        area_name=named.fillna(areas["area_code"]),
        district_code=council.fillna("").astype("str"),
        county_code=council.map(counties).fillna("").astype("str"),
        msoa_name=msoa.astype("str"),
    )


def carry_over(figures: pd.Series, lookups: pd.DataFrame, to_codes: pd.Index) -> pd.Series:
    """Counts of LSOAs of one census shared out over those of another.

    Parameters
    ----------
    figures : Series of float, by area code
        Counts; an area that was split hands equal parts on, one that was merged all of it.
    lookups : DataFrame
        Pairs of LSOAs, in either direction.
    to_codes : Index
        LSOAs to fill; one that has a figure of its own keeps it.

    Returns
    -------
    Series by code of `to_codes`
        Missing where no figure can be carried over.
    """
    own = figures.reindex(to_codes)
    links = _links_between(lookups, figures.index, own.index[own.isna()])
    shares = links.groupby("held")["wanted"].transform("size")
    parts = links["held"].map(figures).astype("float64") / shares
    return own.fillna(parts.groupby(links["wanted"]).sum(min_count=1))


def map_scores(
    scores: pd.Series, weights: pd.Series, lookups: pd.DataFrame, vintage: str
) -> pd.DataFrame:
    """Scores of LSOAs of one census put on those of another.

    Parameters
    ----------
    scores, weights : Series of float, by area code
        Score and residents of each LSOA; missing residents count as equal.
    lookups : DataFrame
        Pairs of LSOAs.
    vintage : str
        Year of the LSOAs wanted: 2001, 2011 or 2021.

    Returns
    -------
    DataFrame by `area_code`
        `score`: a part of a split LSOA has that of the whole, a merged one the mean of its parts,
        weighted by residents; `changed` says which are such. Empty when no lookup leads there.
    """
    between = lookups[lookups["from_type"].eq("lsoa") & lookups["to_type"].eq("lsoa")]
    forward = between[between["to_vintage"] == vintage][["from_code", "to_code"]]
    back = between[between["from_vintage"] == vintage][["to_code", "from_code"]]
    pairs = [each.set_axis(["held", "wanted"], axis=1) for each in (forward, back)]
    links = pd.concat(pairs).drop_duplicates()
    links = links[links["held"].isin(scores.index)]
    share = links["held"].map(weights).astype("float64").fillna(1.0)
    total = share.groupby(links["wanted"]).sum()
    summed = (
        (links["held"].map(scores).astype("float64") * share)
        .groupby(links["wanted"])
        .sum(min_count=1)
    )
    same = (links["held"] == links["wanted"]).groupby(links["wanted"]).all()
    mapped = pd.DataFrame({"score": summed / total, "changed": ~same.astype("bool")})
    return mapped.rename_axis("area_code")


def _links_between(lookups: pd.DataFrame, held: pd.Index, wanted: pd.Index) -> pd.DataFrame:
    """Pairs of LSOAs of which one has a figure and the other needs it."""
    between = lookups[lookups["from_type"].eq("lsoa") & lookups["to_type"].eq("lsoa")]
    pairs = [between[["from_code", "to_code"]], between[["to_code", "from_code"]]]
    links = pd.concat([each.set_axis(["held", "wanted"], axis=1) for each in pairs])
    links = links[links["held"].isin(held) & links["wanted"].isin(wanted)]
    return links.drop_duplicates(ignore_index=True)


def _wrong(cells: pd.Series, rule: str, sheet: str) -> pd.DataFrame:
    """One fault for each cell of a column of codes."""
    wanted = "a code of nine characters, such as E01027979" if "code" in rule else ""
    return fault(cells.index, rule, str(cells.name), cells, wanted, sheet=sheet)


def _names(lookups: pd.DataFrame) -> pd.Series:
    """Name of each area that lookups name, by code."""
    ends = [lookups[[f"{end}_code", f"{end}_name"]].to_numpy() for end in ("from", "to")]
    named = pd.DataFrame([row for end in ends for row in end], columns=["code", "name"])
    return named[named["name"] != ""].drop_duplicates("code").set_index("code")["name"]


def _districts(lookups: pd.DataFrame) -> pd.Series:
    """Council of each small area that lookups link to one, if need be through its successor."""
    up = lookups[lookups["to_type"] == "district"].sort_values("to_vintage", ascending=False)
    direct = up.drop_duplicates("from_code").set_index("from_code")["to_code"]
    between = lookups[lookups["from_type"].eq("lsoa") & lookups["to_type"].eq("lsoa")]
    later = between[~between["from_code"].isin(direct.index)].drop_duplicates("from_code")
    through = later.set_index("from_code")["to_code"].map(direct).dropna()
    return pd.concat([direct, through])


def _links(areas: list[AreaColumn]) -> list[tuple[AreaColumn, AreaColumn]]:
    """Pairs of columns to link: each year's areas to the next, and the newest to all coarser."""
    newest = {each.area_type: each for each in areas}  # in order of years: the last one stays
    years = [two for two in pairwise(areas) if two[0].area_type == two[1].area_type]
    kinds = list(newest.values())
    return years + [(one, two) for n, one in enumerate(kinds) for two in kinds[n + 1 :]]


def _pair(cells: pd.DataFrame, first: AreaColumn, second: AreaColumn, change: str) -> pd.DataFrame:
    ends = {}
    for end, area in (("from", first), ("to", second)):
        ends[f"{end}_code"] = cells[area.column]
        ends[f"{end}_type"], ends[f"{end}_vintage"] = area.area_type, area.year
        ends[f"{end}_name"] = cells[area.names] if area.names else ""
    same = first.area_type == second.area_type
    pairs = pd.DataFrame(ends, index=cells.index).assign(
        change=cells[change] if change and same else ""
    )
    return pairs[LOOKUP_COLUMNS].astype("str")
