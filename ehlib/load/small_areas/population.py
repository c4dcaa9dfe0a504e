"""Residents by single year of age, and children in low income, by small area or district."""

import re

import pandas as pd

from ehlib.load.publishers.publisher import Publisher
from ehlib.load.schema import SourceError
from ehlib.load.small_areas.columns import finest, rows_of, spelt

CHILDREN = "age 0 17"
TOTAL = ("total population", "all ages", "total")
AGES = range(18)  # older residents are of no use here
AGE = re.compile(r"(?:age|aged)? ?(\d{1,3})")


def knows_population(header: list[str]) -> bool:
    """Whether a header is that of residents by single year of age."""
    ages = {_age(name) for name in header}
    return bool(finest(header)) and {str(age) for age in AGES} <= ages


def translate_population(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of residents by single year of age, and of those aged 0 to 17 together.

    Parameters
    ----------
    cells : DataFrame of text
        Rows as published; `attrs` may hold the names of the `file` and `sheet`.

    Raises
    ------
    SourceError
        If neither a column nor these names say of which year the figures are.
    """
    area, year = finest(cells.columns), _year(cells)
    wanted = {"all", "0-17", *map(str, AGES)}
    columns = {name: _age(name) for name in cells.columns if _age(name) in wanted}
    parts = [
        rows_of(
            cells,
            area,
            indicator_id="population_0_17" if age == "0-17" else "population",
            period=year,
            age=age,
            numerator=cells[column].str.strip(),
            _column=column,
        )
        for column, age in columns.items()
    ]
    return pd.concat(parts)


def knows_low_income(header: list[str]) -> bool:
    """Whether a header is that of children in relative low income by small area."""
    area = finest(header)
    named = {spelt(name) for name in header}
    small = bool(area) and area.area_type in ("lsoa", "msoa", "ward")
    return small and {"financial year", "children"} <= named


def translate_low_income(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of children in relative low income by small area."""
    area = finest(cells.columns)
    named = {spelt(name): name for name in cells.columns}
    rows = rows_of(
        cells,
        area,
        indicator_id="children_relative_low_income",
        period=cells[named["financial year"]].str.strip(),
        age="0-19",  # to 19 in full-time education
        numerator=cells[named["children"]].str.strip(),
        _column=named["children"],
    )
    if not area.names and "area name" in named:
        rows["area_name"] = cells[named["area name"]].str.strip()
    if "provisional" in named:
        said = cells[named["provisional"]].str.strip().str.casefold()
        rows["value_note"] = said.isin(["1", "p", "yes", "true"]).map(
            {True: "provisional", False: ""}
        )
    return rows


def _age(column: str) -> str:
    """Age of a column of residents: one year, `0-17`, `all`, or nothing."""
    words = spelt(column)
    if words in (CHILDREN, "0 17"):
        return "0-17"
    if words in TOTAL:
        return "all"
    found = AGE.fullmatch(words)
    return str(int(found[1])) if found else ""


def _year(cells: pd.DataFrame) -> pd.Series | str:
    column = next((name for name in cells.columns if spelt(name) in ("year", "mid year")), None)
    if column:
        return cells[column].str.strip()
    told = f"{cells.attrs.get('sheet', '')} {cells.attrs.get('file', '')}".casefold()
    years = set(re.findall(r"mid[-_ ]?(?:year[-_ ])?(20\d\d)(?!\d)", told))
    if len(years) == 1:
        return years.pop()
    wanted = "a column `year`, or a file name that says it, such as mid2020"
    mend = "add a column `year` with the year of the estimates"
    raise SourceError(
        f"{cells.attrs.get('file', 'the file')}: no column says of which year the residents are; "
        f"expected {wanted}; {mend}",
        rule="edition_unknown",
        wanted=wanted,
        mend=mend,
    )


POPULATION = {
    "population_by_age": Publisher(
        "population_by_age",
        "ONS mid-year population by single year of age, by LSOA, MSOA, ward or district",
        knows_population,
        translate_population,
        "Office for National Statistics",
    ),
    "low_income_small_areas": Publisher(
        "low_income_small_areas",
        "DWP children in relative low income by MSOA, ward or LSOA",
        knows_low_income,
        translate_low_income,
        "Department for Work and Pensions",
    ),
}
