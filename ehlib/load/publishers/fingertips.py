"""Fingertips: downloads of the website, of its interface and of the R and Python packages."""

import re

import pandas as pd

from ehlib.load.publishers.mapping import add_indicators, add_named
from ehlib.load.publishers.publisher import Publisher, has, in_lower_case

OHID = "Office for Health Improvement and Disparities (OHID), Fingertips"
# Header names without case and signs: "Lower CI 95.0 limit", LowerCI95.0limit, lower_ci_95_0_limit.
COLUMNS = {
    "indicatorid": "publisher_id",
    "indicatorname": "_name",
    "areacode": "area_code",
    "areaname": "area_name",
    "sex": "sex",
    "age": "age",
    "categorytype": "category_type",
    "category": "category",
    "timeperiod": "period",
    "value": "value",
    "lowerci950limit": "lower_ci",
    "upperci950limit": "upper_ci",
    "lowerci95limit": "lower_ci",
    "upperci95limit": "upper_ci",
    "lowercilimit": "lower_ci",
    "uppercilimit": "upper_ci",
    "lowerci": "lower_ci",
    "upperci": "upper_ci",
    "count": "numerator",
    "denominator": "denominator",
    "valuenote": "value_note",
    "unit": "_unit",
}
NEEDED = {"indicatorid", "areacode", "timeperiod", "value"}
SHORT = ("area_code", "area_name", "period", "value", "significance")
# What value notes say, in words of the vocabulary; of several the first holds.
NOTES = {
    "suppressed": r"suppress|disclosure|small (?:count|number)",
    "not_available": r"not (?:presented|available|published|shown)|no data|missing data"
    r"|cannot be calculated|withheld",
    "unreliable": r"caution|unreliable|data quality|incomplete",
    "provisional": r"provisional",
    "estimated": r"estimate|imputed|modelled|applied to|combined|aggregated from",
}
WHY_MISSING = ("suppressed", "not_available")
SCHOOL = r"school|pupil|reception|year 6|year 1|key stage|gcse|attainment|absence|ncmp|phonics"


def knows(header: list[str]) -> bool:
    """Whether a header is that of a Fingertips download, in any of its spellings."""
    return {_plain(name) for name in header} >= NEEDED


def translate(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of a Fingertips download, one a row.

    Parameters
    ----------
    cells : DataFrame of text
        Rows as published. Limits of -1 beside no value mean that there are none.

    Returns
    -------
    DataFrame of text, same index
        As `add_indicators` gives them. A year such as 2012/13 of an indicator outside the mapping
        table is a school year where the name says so, and a financial year otherwise.
    """
    names = {name: COLUMNS.get(_plain(name), "") for name in cells.columns}
    kept = [name for name, column in names.items() if column]
    rows = cells[kept].rename(columns=names).loc[:, lambda found: ~found.columns.duplicated()]
    rows = rows.apply(lambda column: column.str.strip())
    none = rows["value"].isin(["", "-", "-1", "-1.0", "NA"])
    for column in rows.columns.intersection(["value", "lower_ci", "upper_ci", "numerator"]):
        rows[column] = rows[column].mask(none & rows[column].isin(["-1", "-1.0", "NA"]), "")
    note = _note(rows.get("value_note", pd.Series("", index=rows.index)))
    withheld = note.where(note.isin(WHY_MISSING), "not_available")
    rows["value_note"] = note.mask(rows["value"] == "", withheld)
    rows["_column"] = next(name for name, column in names.items() if column == "value")
    return add_indicators(rows.assign(_calendar=_calendar(rows)), "fingertips")


def knows_short(header: list[str]) -> bool:
    """Whether a header is that of a short table made of a Fingertips download, of one indicator."""
    return has(header, *SHORT) and not knows(header)


def translate_short(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of a short table; its indicator is named by the catalogue or Fingertips."""
    rows = in_lower_case(cells).rename(columns={"indicator_id": "publisher_id"})
    rows = rows.drop(columns="significance")
    return add_named(rows.assign(_column="value"), "fingertips")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _note(notes: pd.Series) -> pd.Series:
    """Notes in words of the vocabulary; empty where a note says nothing of the figure."""
    places, written = pd.factorize(notes.str.casefold(), use_na_sentinel=False)
    words = [
        next((word for word, pattern in NOTES.items() if re.search(pattern, text)), "")
        for text in written
    ]
    return pd.Series(words, dtype="str").take(places).set_axis(notes.index)


def _calendar(rows: pd.DataFrame) -> pd.Series:
    """Calendar of year pairs by the indicator's name; empty for other labels."""
    names = rows.get("_name", pd.Series("", index=rows.index))
    school = names.str.contains(SCHOOL, case=False, regex=True)
    calendar = pd.Series("financial_year", index=rows.index).mask(school, "academic_year")
    return calendar.where(rows["period"].str.fullmatch(r"\d{4}\s*[/-]\s*\d{2}"), "")


FINGERTIPS = {
    "fingertips": Publisher("fingertips", "Fingertips download", knows, translate, OHID),
    "fingertips_short": Publisher(
        "fingertips_short",
        "short table made of a Fingertips download",
        knows_short,
        translate_short,
        OHID,
        needs=("indicator_id",),
        rule="indicator_not_named",
        reason="the file does not say of which indicator its figures are",
        wanted="a column indicator_id with the id of the catalogue or the number of Fingertips",
        mend="add a column indicator_id; or name the file in a sources.toml beside it, with "
        '`indicators = ["excess_weight_reception"]` and that one id alone',
    ),
}
