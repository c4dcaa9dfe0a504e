"""Files of the English Indices of Deprivation, by small area and as averages by district."""

import re
from collections.abc import Iterable

import pandas as pd

from ehlib.load.publishers.publisher import Publisher
from ehlib.load.schema import SourceError
from ehlib.load.small_areas.columns import area_columns, finest, rows_of, spelt

EDITIONS = ("2004", "2007", "2010", "2015", "2019", "2025")
LAD_YEARS = {"2013": "2015", "2024": "2025"}  # councils as an edition has them, where years differ
INDICES = {  # key: name in full, and how headers write it
    "imd": ("Index of Multiple Deprivation", "index of multiple deprivation imd|imd"),
    "idaci": (
        "Income Deprivation Affecting Children Index",
        "income deprivation affecting children index idaci|idaci",
    ),
    "idaopi": (
        "Income Deprivation Affecting Older People Index",
        "income deprivation affecting older people(?: index)? idaopi|idaopi",
    ),
    "income": ("Income domain", "income"),
    "employment": ("Employment domain", "employment"),
    "education": ("Education domain", "education(?: skills and training)?"),
    "health": ("Health domain", "health(?: deprivation and disability)?"),
    "crime": ("Crime domain", "crime(?: and disorder)?"),
    "housing": (
        "Barriers to housing and services domain",
        "(?:barriers to )?housing(?: and (?:services|access))?",
    ),
    "environment": ("Living environment domain", "(?:living )?environment"),
    "children_and_young_people": (
        "Children and young people sub-domain (education)",
        "children and young people(?: sub domain)?",
    ),
}
WHOLE = ("imd", "idaci")  # of these the rank too is taken; of domains score and tenth say enough
UNITS = {
    "score": "score",
    "rank": "rank, 1 is the most deprived",
    "decile": "tenth of England's LSOAs, 1 is the most deprived",
}
COUNTS = {  # counts that editions publish beside scores
    "iod_population": (
        r"(?:total population mid|pop total) (\d{4})(?: excluding prisoners)?",
        "Residents that the indices of deprivation count",
        "people",
    ),
    "iod_children_0_15": (
        r"(?:dependent children aged 0 15 mid|children 0 15) (\d{4})(?: excluding prisoners)?",
        "Children aged 0 to 15 that the indices of deprivation count",
        "children",
    ),
    "iod_income_deprived_people": (
        "income domain numerator",
        "People in income-deprived families",
        "people",
    ),
    "iod_income_deprived_children": (
        "(?:idaci|income deprivation affecting children index idaci) numerator(?: rounded5)?",
        "Children aged 0 to 15 in income-deprived families",
        "children",
    ),
}
SUMMARIES = {
    "imd_average_score": r"(?:imd(?: \d{4})?|index of multiple deprivation) average score",
    "idaci_average_score": r"idaci(?: \d{4})? average score",
}
MEASURES = "score|rank|decile"
WHERE = r"(?: rate| recomputed| where 1 is .*)?"


def index_column(column: str) -> tuple[str, str] | None:
    """Index and measure of a column: `imd`, `score`; None for any other column."""
    words = spelt(column).removeprefix("rank of ")
    ranked = words != spelt(column)
    for key, (_, written) in INDICES.items():
        found = re.fullmatch(f"(?:{written}) ({MEASURES}){WHERE}", words)
        if found or (ranked and re.fullmatch(f"(?:{written}){WHERE}", words)):
            return key, "rank" if ranked else found[1]
    return None


def knows_deprivation(header: list[str]) -> bool:
    """Whether a header is that of an edition's scores, ranks, tenths or counts by small area."""
    area = finest(header)
    held = any(index_column(name) or _count_column(name) for name in header)
    return bool(area) and area.area_type in ("lsoa", "msoa", "ward") and held


def knows_summary(header: list[str]) -> bool:
    """Whether a header is that of an edition's averages by district."""
    area = finest(header)
    return bool(area) and area.area_type in ("district", "county") and bool(_summary(header))


def edition_of(header: Iterable[str], told: str = "") -> str:
    """Edition that a header, or else the name of a sheet or file, belongs to; empty if none."""
    words = " ".join(spelt(name) for name in header)
    if re.search(r"\brank of imd score\b", words):  # only the workbook of 2010 writes it so
        return "2010"
    years = {each.year for each in area_columns(header) if each.area_type == "district"} - {""}
    said = {LAD_YEARS.get(year, year) for year in years} & set(EDITIONS)
    for found in (said, set(re.findall(r"(?<!\d)(?:20\d\d)(?!\d)", told)) & set(EDITIONS)):
        if len(found) == 1:
            return found.pop()
    return "2025" if any(each.year == "2021" for each in area_columns(header)) else ""


def translate_deprivation(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of scores, ranks, tenths and counts by small area.

    Parameters
    ----------
    cells : DataFrame of text
        Rows as published; `attrs` may hold the names of the `file` and `sheet`.

    Raises
    ------
    SourceError
        If neither the columns nor these names say which edition it is.
    """
    area, edition = finest(cells.columns), _edition(cells)
    parts = []
    for column in cells.columns:
        held = _names(column)
        if held:
            indicator_id, name, unit = held
            parts.append(
                rows_of(
                    cells,
                    area,
                    indicator_id=indicator_id,
                    period=edition,
                    value=cells[column].str.strip(),
                    value_note=_notes(cells[column]),
                    _column=column,
                    _name=name,
                    _unit=unit,
                    _calendar="release" if name else "",
                )
            )
    return pd.concat(parts)


def translate_summary(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of an edition's average scores by district."""
    area, edition = finest(cells.columns), _edition(cells)
    parts = [
        rows_of(
            cells,
            area,
            indicator_id=indicator_id,
            period=edition,
            value=cells[column].str.strip(),
            _column=column,
        )
        for column, indicator_id in _summary(cells.columns).items()
    ]
    return pd.concat(parts)


def _edition(cells: pd.DataFrame) -> pd.Series | str:
    """Edition of the rows: a column's where there is one, else that of the file."""
    column = next((name for name in cells.columns if spelt(name) in ("edition", "year")), None)
    if column:
        return cells[column].str.strip()
    told = f"{cells.attrs.get('sheet', '')} {cells.attrs.get('file', '')}".replace("_", " ")
    edition = edition_of(cells.columns, re.sub(r"(?i)\b(?:iod|imd|id)(?=\d{4})", "", told))
    if edition:
        return edition
    wanted = f"one of the editions {', '.join(EDITIONS)} in the header or the file's name"
    mend = "add a column `edition` with the year of the indices"
    raise SourceError(
        f"{cells.attrs.get('file', 'the file')}: no column says of which edition of the indices "
        f"the scores are; expected {wanted}; {mend}",
        rule="edition_unknown",
        wanted=wanted,
        mend=mend,
    )


def _notes(cells: pd.Series) -> pd.Series | str:
    """What is to be noted of figures: scores made anew from others, and small counts left empty."""
    words = spelt(str(cells.name))
    if words.endswith("recomputed"):
        return "derived"
    empty = cells.str.strip() == ""
    return empty.map({True: "suppressed", False: ""}) if "numerator" in words else ""


def _names(column: str) -> tuple[str, str, str] | None:
    """Id of a column's indicator, with name and unit where it is not in the catalogue."""
    found = index_column(column)
    if found is None:
        return _count_column(column)
    key, measure = found
    if key in WHOLE:
        return f"{key}_{measure}", "", ""
    if measure == "rank":
        return None
    name = f"Indices of deprivation: {INDICES[key][0]}, {measure.replace('decile', 'tenth')}"
    return f"iod_{key}_{measure}", name, UNITS[measure]


def _count_column(column: str) -> tuple[str, str, str] | None:
    for indicator_id, (written, name, unit) in COUNTS.items():
        if re.fullmatch(written, spelt(column)):
            return indicator_id, name, unit
    return None


def _summary(header: Iterable[str]) -> dict[str, str]:
    """Columns of average scores, with their indicator."""
    return {
        column: indicator_id
        for column in header
        for indicator_id, written in SUMMARIES.items()
        if re.fullmatch(written, spelt(column))
    }


DEPRIVATION = {
    "deprivation_small_areas": Publisher(
        "deprivation_small_areas",
        "Indices of deprivation by LSOA: scores, ranks, tenths, population",
        knows_deprivation,
        translate_deprivation,
        "Ministry of Housing, Communities and Local Government",
    ),
    "deprivation_districts": Publisher(
        "deprivation_districts",
        "Indices of deprivation: average scores of districts",
        knows_summary,
        translate_summary,
        "Ministry of Housing, Communities and Local Government",
    ),
}
