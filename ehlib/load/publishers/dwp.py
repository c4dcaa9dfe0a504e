"""DWP: children in low-income families by district, as Stat-Xplore gives them."""

import re

import pandas as pd

from ehlib.load.publishers.mapping import add_indicators
from ehlib.load.publishers.publisher import Publisher, has, in_lower_case

DWP_HMRC = "Department for Work and Pensions (DWP) and HMRC, Children in low income families"
YES = ("1", "true", "yes", "p", "provisional")
DISTRICT = re.compile(r"(?:ltla|lad)\d\d_?(?:code|cd)", re.IGNORECASE)


def knows(header: list[str]) -> bool:
    """Whether a header is that of numbers of children in low-income families by district."""
    return has(header, "financial_year", "children") and any(map(DISTRICT.fullmatch, header))


def translate(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of numbers of children, and of the population where the file has it.

    Parameters
    ----------
    cells : DataFrame of text
        `financial_year`, `children`, a district's code, `provisional` where a figure is.

    Returns
    -------
    DataFrame of text, index repeated
        The number is numerator and value alike. No share is made of it: the population is of
        ages 0 to 16, the children are of ages 0 to 19.
    """
    cells = in_lower_case(cells)
    code = next(name for name in cells.columns if DISTRICT.fullmatch(name))
    blank = pd.Series("", index=cells.index, dtype="str")
    name = next((each for each in cells.columns if each.casefold().endswith(("name", "nm"))), "")
    provisional = cells.get("provisional", blank).str.casefold().isin(YES)
    rows = pd.DataFrame(
        {
            "area_code": cells[code],
            "area_name": cells[name] if name else blank,
            "period": cells["financial_year"],
            "value_note": blank.mask(provisional, "provisional"),
        }
    )
    parts = [_count(rows, cells, "children")]
    if "population_0_16" in cells:
        people = _count(rows.assign(value_note=""), cells, "population_0_16")
        parts.append(people[people["value"] != ""])
    return add_indicators(pd.concat(parts).sort_index(kind="stable"), "dwp")


def _count(rows: pd.DataFrame, cells: pd.DataFrame, column: str) -> pd.DataFrame:
    number = cells[column]
    return rows.assign(publisher_id=column, numerator=number, value=number, _column=column)


DWP = {
    "dwp_low_income": Publisher(
        "dwp_low_income", "DWP children in low-income families", knows, translate, DWP_HMRC
    )
}
