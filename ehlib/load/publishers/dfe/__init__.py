"""DfE official statistics: tables with a time period, a geographic level and many measures."""

import re

import pandas as pd

from ehlib.load.publishers.dfe.measures import (
    AGE,
    DESCRIBES,
    SEX,
    TOPICS,
    Measure,
    find_breakdowns,
    find_measures,
    is_whole,
    name_table,
)
from ehlib.load.publishers.mapping import add_indicators, read_la_numbers
from ehlib.load.publishers.publisher import Publisher, has, in_lower_case

NAME = "Department for Education (DfE), official statistics"
CALENDARS = {
    "academic year": "academic_year",
    "calendar year": "calendar_year",
    "financial year": "financial_year",
    "tax year": "financial_year",
}
CODES = {  # column that holds the area of a geographic level, as a beginning of its name
    "national": "country_code",
    "regional": "region_code",
    "local authority": "new_la_code",
    "local authority district": "lad_code",
    "ward": "ward_code",
}
NAMES = {
    "national": "country_name",
    "regional": "region_name",
    "local authority": "la_name",
    "local authority district": "lad_name",
    "ward": "ward_name",
}
ENGLAND = "E92000001"
SCHOOL = re.compile(r"pupil|school|phase_type|establishment_type", re.IGNORECASE)
LEVEL = "figures by {0}, a geographic level that is not used here"
TWO = "figures of two councils together"
DEMO = "a row with which the publisher tries its page: no area has this name"
NOT_FROM = (
    "the publisher's share of this region or country does not follow from the counts beside it: "
    "the share is kept, the counts are left out"
)
FIGURES = ["value", "numerator", "lower_ci", "upper_ci"]
ROUNDED = 10  # to which counts of regions and England are rounded


def knows(header: list[str]) -> bool:
    """Whether a header is that of DfE official statistics."""
    return has(header, "time_period", "geographic_level")


def translate(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of DfE official statistics, one a measure of a row.

    Parameters
    ----------
    cells : DataFrame of text
        Rows as published. Shares and rates take the counts beside them as numerator and
        denominator; other columns with figures are measures of their own.

    Returns
    -------
    DataFrame of text, index repeated
        As `add_indicators` gives them. Breakdowns stand joined in `category_type` and `category`,
        those that say "Total" left out. Measures without any cell are left out of a row.
    """
    cells = in_lower_case(cells, *DESCRIBES)
    measures = find_measures(cells)
    base = _base(cells).assign(**_breakdown(cells, measures))
    whole = cells["geographic_level"].str.casefold().isin(["national", "regional"])
    parts = [_observations(base, cells, measure) for measure in measures]
    rows = pd.concat(
        [base.head(0).reindex(columns=[*base.columns, *FIGURES, "denominator", "_unit"]), *parts]
    )
    rows = _without_odd_counts(rows, whole.reindex(rows.index))
    used = base["_left_out"].reindex(rows.index) == ""
    filled = (rows[FIGURES] != "").any(axis=1) & used
    lost = base.index.difference(rows.index[filled])
    empty = base.loc[lost].assign(publisher_id="", _column="")
    why = empty["_left_out"].mask(empty["_left_out"] == "", "no figure in this row")
    rows = pd.concat([rows[filled], empty.assign(_left_out=why)]).sort_index(kind="stable")
    tidy = add_indicators(rows, "dfe")
    nothing = tidy["_left_out"] != ""
    return tidy.assign(
        age=rows["age"].mask(rows["age"] == "", tidy["age"]),
        indicator_id=tidy["indicator_id"].mask(nothing, ""),
        _name=tidy["_name"].mask(nothing, ""),
    )


def _base(cells: pd.DataFrame) -> pd.DataFrame:
    """What holds for all measures of a row: area, period, sex and age."""
    blank = pd.Series("", index=cells.index, dtype="str")
    level = cells["geographic_level"].str.casefold()
    code = _by_level(cells, level, CODES).mask(level == "national", ENGLAND)
    number = cells.get("old_la_code", blank).map(read_la_numbers()).fillna("")
    known = level.isin(list(CODES))
    code = code.mask((code == "") & level.eq("local authority"), number)
    left_out = blank.mask(~known, cells["geographic_level"].map(LEVEL.format))
    version = cells.get("version", blank).str.casefold()
    base = pd.DataFrame(
        {
            "area_code": code,
            "area_name": _by_level(cells, level, NAMES),
            "period": cells["time_period"],
            "sex": _one_of(cells, SEX),
            "age": _one_of(cells, AGE).mask(is_whole(_one_of(cells, AGE)), ""),
            "value_note": blank.mask(version == "provisional", "provisional"),
            "_left_out": left_out.mask(code.str.contains(" / ", regex=False), TWO),
            "_calendar": _calendar(cells),
            "_topic": _one_of(cells, TOPICS),
        }
    )
    demo = (code == "") & base["area_name"].str.casefold().str.endswith(" demo")
    left_out = base["_left_out"].mask(demo, DEMO)
    return base.assign(_left_out=left_out)


def _by_level(cells: pd.DataFrame, level: pd.Series, columns: dict[str, str]) -> pd.Series:
    """Code or name of each row's area, from the column of its geographic level."""
    text = pd.Series("", index=cells.index, dtype="str")
    for name, start in columns.items():
        found = [column for column in cells.columns if column.casefold().startswith(start)]
        if found:
            text = text.mask(level == name, cells[found[0]])
    return text


def _one_of(cells: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    found = [column for column in cells.columns if column.casefold() in names]
    return cells[found[0]] if found else pd.Series("", index=cells.index, dtype="str")


def _calendar(cells: pd.DataFrame) -> pd.Series:
    """Calendar that a row states; six digits of a file about pupils are a school year."""
    blank = pd.Series("", index=cells.index, dtype="str")
    stated = cells.get("time_identifier", blank).str.casefold().map(CALENDARS).fillna("")
    school = any(map(SCHOOL.search, cells.columns))
    pair = cells["time_period"].str.fullmatch(r"\d{6}")
    return stated.mask((stated == "") & pair & school, "academic_year")


def _breakdown(cells: pd.DataFrame, measures: list[Measure]) -> dict[str, pd.Series]:
    """Names and words of all breakdowns of a row, each joined by semicolons."""
    kind = word = pd.Series("", index=cells.index, dtype="str")
    for name in find_breakdowns(cells, measures):
        given = cells[name].mask(is_whole(cells[name]), "")
        said = given != ""
        kind = kind.mask(said, kind + "; " + name.replace("_", " "))
        word = word.mask(said, word + "; " + given)
    return {
        "category_type": kind.str.removeprefix("; "),
        "category": word.str.removeprefix("; "),
    }


def _observations(base: pd.DataFrame, cells: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """One measure of every row."""
    figures = {name: cells[column] if column else "" for name, column in vars(measure).items()}
    topic, table = base["_topic"], name_table(cells)
    words = measure.value.replace("_", " ")
    return base.drop(columns="_topic").assign(
        **figures,
        publisher_id=(f"{table} {measure.value} " + topic).str.strip(),
        _name=(words + ", " + topic).str.removesuffix(", "),
        _unit=measure.unit,
        _column=measure.value,
    )


def _without_odd_counts(rows: pd.DataFrame, whole: pd.Series) -> pd.DataFrame:
    """Shares of regions and England less counts that contradict them, which are left out."""
    names = ["numerator", "denominator", "value"]
    numerator, denominator, value = (pd.to_numeric(rows[n], errors="coerce") for n in names)
    denominator = denominator.where(denominator > 0)
    share = whole & (rows["_unit"] == "%")
    apart = (value - 100 * numerator / denominator).abs()
    odd = share & (apart > 0.051 + ROUNDED * (100 + value) / denominator)
    counts = rows[odd].assign(value="", _left_out=NOT_FROM)
    kept = rows.assign(**{name: rows[name].mask(odd, "") for name in names[:2]})
    return pd.concat([kept, counts])


NEIGHBOURS = Publisher(
    "dfe_neighbours",
    "DfE statistical neighbours",
    lambda header: has(header, "SN_1", "SN_10"),
    publisher=NAME,
    rule="not_figures",
    reason="a list of the statistical neighbours of each council: it holds no figures",
    wanted="a file with figures",
    mend="put the neighbours of your council into statistical_neighbours of "
    "data/reference/areas.toml and leave the file out",
)
DFE = {
    "dfe": Publisher("dfe", "DfE official statistics", knows, translate, NAME),
    "dfe_neighbours": NEIGHBOURS,
}
