"""ONS: Explore Local Statistics and the Health Index; conceptions have a module of their own."""

import re

import pandas as pd

from ehlib.load.publishers.mapping import add_indicators, add_named
from ehlib.load.publishers.ons.conceptions import CONCEPTIONS
from ehlib.load.publishers.publisher import Publisher, has, in_lower_case

ELS = "Office for National Statistics (ONS), Explore Local Statistics"
INDEX = "Office for National Statistics (ONS), Health Index for England"
FIGURES = {  # column names of the download and of the interface
    "areacd": "area_code",
    "areanm": "area_name",
    "indicator": "publisher_id",
    "period_start": "period",
    "period": "period",
    "observation": "value",
    "value": "value",
    "lci_95": "lower_ci",
    "uci_95": "upper_ci",
    "lower_ci": "lower_ci",
    "upper_ci": "upper_ci",
    "unit": "_unit",
}
STATUS = {
    "e": "estimated",
    "p": "provisional",
    "r": "revised",
    "u": "unreliable",
    "x": "not_available",
    "c": "suppressed",
    "z": "not_applicable",
}
MISSING = ("not_available", "suppressed", "not_applicable")
DISTRICT = re.compile(r"(?:ltla|lad)\d\d_?(?:code|cd)", re.IGNORECASE)
CARRIED = {  # years for which the Health Index repeats an earlier figure, and which one
    "teenage_pregnancy_rate_per_1000": {"2021": "2020"},
    "child_poverty": {"2020": "2019", "2021": "2019"},
    "early_years_gld_pct": {"2020": "2019", "2021": "2019"},
    "young_people_in_education_employment": {"2016": "2015"},
    "overweight_obesity_children": {"2021": "2020"},
    "pupil_absences": {"2020": "2019", "2021": "2019"},
    "pupil_attainment": {"2020": "2019", "2021": "2019"},
}
WHOLE = (
    "infant_mortality",
    "low_birth_weight",
    "child_vaccination_coverage",
    "children_semh",
)
REPEATED = "the publisher repeats the figure of {0} for this year: it is not an observation"


def knows_local(header: list[str]) -> bool:
    """Whether a header is that of Explore Local Statistics, indicators named in a column."""
    return has(header, "areacd", "indicator") and _has_figures(header)


def knows_single(header: list[str]) -> bool:
    """Whether a header is that of Explore Local Statistics, one indicator that it does not name."""
    return has(header, "areacd") and _has_figures(header) and not has(header, "indicator")


def translate_local(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of Explore Local Statistics, one a row; the first day tells the year."""
    return add_indicators(_local(cells), "ons")


def translate_single(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of Explore Local Statistics, of the indicator that `indicator_id` names."""
    named = in_lower_case(cells).rename(columns={"indicator_id": "indicator"})
    return add_named(_local(named), "ons")


def knows_index(header: list[str]) -> bool:
    """Whether a header is that of indicators of the Health Index by district and year."""
    known = {*CARRIED, *WHOLE} & {name.casefold() for name in header}
    return has(header, "year") and any(map(DISTRICT.fullmatch, header)) and len(known) > 1


def translate_index(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of the Health Index, one an indicator of a row.

    Parameters
    ----------
    cells : DataFrame of text
        Wide table: a district's code, `year` and one column an indicator.

    Returns
    -------
    DataFrame of text, index repeated
        As `add_indicators` gives them. Figures that the publisher carried forward from an earlier
        year are left out.
    """
    cells = in_lower_case(cells)
    code = next(name for name in cells.columns if DISTRICT.fullmatch(name))
    name = next((each for each in cells.columns if each.casefold().endswith(("name", "nm"))), "")
    year = cells["year"]
    base = pd.DataFrame(
        {"area_code": cells[code], "area_name": cells[name] if name else "", "period": year}
    )
    parts = []
    for column in cells.columns.difference([code, name, "year"], sort=False):
        said = {late: REPEATED.format(early) for late, early in CARRIED.get(column, {}).items()}
        repeated = year.map(lambda each, said=said: said.get(each, ""))
        rows = base.assign(value=cells[column], _left_out=repeated, _column=column)
        rows = rows.assign(publisher_id=f"health index {column}", _name=column.replace("_", " "))
        parts.append(rows[rows["value"] != ""])
    return add_indicators(pd.concat(parts).sort_index(kind="stable"), "ons")


def _has_figures(header: list[str]) -> bool:
    return any(
        has(header, period, value)
        for period in ("period_start", "period")
        for value in ("observation", "value")
    )


def _local(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of Explore Local Statistics under our names of columns."""
    cells = in_lower_case(cells)
    names = {name: FIGURES[name] for name in cells.columns if name in FIGURES}
    rows = cells[list(names)].rename(columns=names).loc[:, lambda own: ~own.columns.duplicated()]
    status = cells.get("status", pd.Series("", index=cells.index, dtype="str"))
    note = status.str.casefold().map(STATUS).fillna("")
    empty = rows["value"] == ""
    note = note.mask(empty & ~note.isin(MISSING), "not_available")
    shown = next(name for name, own in names.items() if own == "value")
    return rows.assign(value_note=note.mask(~empty & note.isin(MISSING), ""), _column=shown)


ONS = {
    **CONCEPTIONS,
    "ons_local_statistics": Publisher(
        "ons_local_statistics", "ONS Explore Local Statistics", knows_local, translate_local, ELS
    ),
    "ons_local_single": Publisher(
        "ons_local_single",
        "ONS Explore Local Statistics, one indicator",
        knows_single,
        translate_single,
        ELS,
        needs=("indicator_id",),
        rule="indicator_not_named",
        reason="the file does not say of which indicator its figures are",
        wanted="a column indicator with the publisher's name, or indicator_id with the catalogue's",
        mend="add a column indicator; or name the file in a sources.toml beside it, with "
        '`indicators = ["children_relative_low_income_percent"]` and that one id alone',
    ),
    "ons_health_index": Publisher(
        "ons_health_index", "ONS Health Index by district", knows_index, translate_index, INDEX
    ),
}
