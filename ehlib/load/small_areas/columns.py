"""Columns of files by small area: which hold codes, of what areas and of which year."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

# Geographies as headers name them, finest first: a file of LSOAs also has their districts.
TYPES = {
    "lsoa": ("lsoa", "lower layer super output area", "lower super output area"),
    "msoa": ("msoa", "middle layer super output area", "middle super output area"),
    "ward": ("ward", "wd", "electoral ward"),
    "district": ("lad", "ltla", "la", "local authority district", "local authority"),
    "county": ("utla", "ctyua", "cty", "county", "upper tier local authority"),
    "region": ("rgn", "gor", "region"),
}
GSS = re.compile(r"[A-Z]\d{8}")
_NAMES = "|".join(name for names in TYPES.values() for name in sorted(names, key=len, reverse=True))
_AREA = re.compile(
    rf"(?P<area>{_NAMES}) ?(?P<before>\d\d|\d{{4}})? ?"
    r"(?P<what>code|cd|name|nm) ?(?P<after>\d{4})?"
)


@dataclass(frozen=True)
class AreaColumn:
    """A column of codes of one kind of area, with the column of their names if there is one."""

    column: str
    area_type: str
    year: str  # in four digits; empty where the header does not say
    names: str = ""


def spelt(name: str) -> str:
    """Column name in lower case with single spaces for everything but letters and digits."""
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def area_columns(header: Iterable[str]) -> list[AreaColumn]:
    """Columns of area codes that a header names, finest areas first and of those the oldest.

    Parameters
    ----------
    header : iterable of str
        Column names such as `lsoa11_code`, `LSOA11CD`, `LSOA code (2011)`, `LSOA CODE`.
    """
    codes: dict[tuple[str, str], str] = {}
    names: dict[tuple[str, str], str] = {}
    for column in header:
        found = _AREA.fullmatch(spelt(column))
        if found:
            named = (key for key, words in TYPES.items() if found["area"] in words)
            year = found["before"] or found["after"] or ""
            key = (next(named), f"20{year}" if len(year) == 2 else year)
            (codes if found["what"] in ("code", "cd") else names).setdefault(key, column)
    order = list(TYPES)
    found = [AreaColumn(code, *key, names.get(key, "")) for key, code in codes.items()]
    return sorted(found, key=lambda each: (order.index(each.area_type), each.year))


def finest(header: Iterable[str]) -> AreaColumn | None:
    """Column of the areas that a table's rows are about; None where no column has codes."""
    return next(iter(area_columns(header)), None)


def rows_of(cells: pd.DataFrame, area: AreaColumn, **columns: pd.Series | str) -> pd.DataFrame:
    """Tidy text rows about the areas of a table, one for each of its rows.

    Parameters
    ----------
    cells : DataFrame of text
        Rows as published.
    area : AreaColumn
        Column of the areas that rows are about.
    columns : Series or str
        Further columns of the tidy format.
    """
    code = cells[area.column].str.strip()
    name = cells[area.names].str.strip() if area.names else pd.Series("", index=cells.index)
    rows = pd.DataFrame({"area_code": code, "area_name": name}, index=cells.index)
    return rows.assign(area_type="", **columns).astype("str")
