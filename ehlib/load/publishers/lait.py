"""LAIT: the long table of the Department for Education's Local Authority Interactive Tool."""

import pandas as pd

from ehlib.load.publishers.mapping import add_indicators, read_la_numbers
from ehlib.load.publishers.publisher import Publisher, has, in_lower_case

DFE = "Department for Education (DfE), Local Authority Interactive Tool (LAIT)"
STATUS = r"\s*\((\w+)\)\s*$"  # 2024 (Rev): what comes behind the year
NOTES = {
    "prov": "provisional",
    "provisional": "provisional",
    "rev": "revised",
    "revised": "revised",
}
KNOWN = {*NOTES, "final", "ot"}  # outturn, as against a budget
ENGLAND = ("970", "england", "e92000001")
SUMMED = (
    "the publisher's figure for England is the sum of the nine regional rates, not a rate: "
    "left out; take England's rate from the Youth Justice Board"
)


def knows(header: list[str]) -> bool:
    """Whether a header is that of LAIT's long table, with areas by number or by name."""
    area = has(header, "la_number") or has(header, "area") or has(header, "area_name")
    return has(header, "measure_short", "period", "value") and area


def translate(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of LAIT's long table, one a row.

    Parameters
    ----------
    cells : DataFrame of text
        Measures by short name, areas by number or name. A single year names the end of a
        financial or school year; the mapping table says of each measure which year it counts.

    Returns
    -------
    DataFrame of text, same index
        As `add_indicators` gives them. England's rate of first-time entrants is left out: it is
        the sum of the regional rates.
    """
    given = in_lower_case(cells)
    area = _area(given)
    status = given["period"].str.extract(STATUS, expand=False).str.casefold().fillna("")
    known = status.isin(KNOWN)
    summed = given["measure_short"].eq("FirstYJS") & area.str.casefold().isin(ENGLAND)
    rows = pd.DataFrame(
        {
            "publisher_id": given["measure_short"],
            "area_code": area.where(area.str.fullmatch(r"[A-Z]\d{8}"), ""),
            "area_name": _name(given, area),
            "period": given["period"].mask(
                known, given["period"].str.replace(STATUS, "", regex=True)
            ),
            "value": given["value"],
            "value_note": status.map(NOTES).fillna(""),
            "_left_out": pd.Series("", index=cells.index, dtype="str").mask(summed, SUMMED),
            "_column": "value",
        }
    )
    return add_indicators(rows, "lait")


def _area(given: pd.DataFrame) -> pd.Series:
    """Code of each row's area where its number is known, otherwise its name."""
    if "la_number" not in given:
        return given["area"] if "area" in given else given["area_name"]
    return given["la_number"].map(read_la_numbers()).fillna(given["la_number"])


def _name(given: pd.DataFrame, area: pd.Series) -> pd.Series:
    """Name of each row's area as written; a number that is not known stands in for it."""
    for column in ("area", "area_name"):
        if column in given:
            return given[column]
    return area.mask(area.str.fullmatch(r"[A-Z]\d{8}"), "")


NUMBERS_MEND = "nothing to mend: data/reference/la_numbers.csv holds this list; leave the file out"
LAIT = {
    "lait": Publisher("lait", "LAIT long table", knows, translate, DFE),
    "lait_areas": Publisher(
        "lait_areas",
        "LAIT list of area numbers",
        lambda header: set(header) == {"la_number", "area"},
        publisher=DFE,
        rule="not_figures",
        reason="a list of councils and their numbers: it holds no figures",
        wanted="a file with figures",
        mend=NUMBERS_MEND,
    ),
    "lait_measures": Publisher(
        "lait_measures",
        "LAIT dictionary of measures",
        lambda header: has(header, "measure_short", "Measure", "Year_Type"),
        publisher=DFE,
        rule="not_figures",
        reason="a list of measures and what they mean: it holds no figures",
        wanted="a file with figures",
        mend="nothing to mend: data/reference/publisher_indicators.csv holds the names and units "
        "of these measures; leave the file out",
    ),
}
