"""ONS conception statistics: Tables 6 and 7 of the workbook, and long tables made of them."""

import re
from itertools import pairwise

import pandas as pd

from ehlib.load.publishers.mapping import add_indicators
from ehlib.load.publishers.publisher import Publisher, has, in_lower_case
from ehlib.load.tables import Grid, Table

ONS = "Office for National Statistics (ONS), Conceptions in England and Wales"
AREA = "area of usual residence"
PERIOD = r"(\d{4}(?: to \d{4})?)\d{0,2}"  # one or two digits of a footnote may follow
CODE = r"[A-Z]\d{8}"
COLUMNS = {  # beginnings of the workbook's column names, in those of the long tables
    "number of conceptions": "conceptions",
    "conception rate": "conception_rate",
    "maternity rate": "maternity_rate",
    "abortion rate": "abortion_rate",
    "percentage of conceptions": "pct_leading_to_abortion",
}
OTHERS = ("maternity_rate", "abortion_rate", "pct_leading_to_abortion")
LONG = ("area_code", "conceptions", "conception_rate")
STATUS = {"DERIVED": "derived", "INFERRED": "inferred"}
TOGETHER = "figures of two areas together: the publisher gives none for each alone"
NOT_STATED = "area of residence not stated"
BELOW = "a line below the table, not a row of figures"


def find_conceptions(grid: Grid) -> Table | None:
    """Table 6 or 7 of the workbook: two header rows, a column of flags beside each rate."""
    title = " ".join(cell for row in grid.top[:10] for cell in row[:2])
    ages = re.search(r"Under (16|18) conceptions \(numbers and rates\)", title)
    for number, (groups, names) in enumerate(pairwise(grid.top), start=1):
        first = groups[0].strip().casefold() if groups else ""
        if ages and first == AREA and "Number of Conceptions" in names:
            header = _header(groups, names, f"under{ages[1]}")
            places = list(range(len(header)))
            return Table(grid.file, grid.name, header, number + 1, grid, places, len(header))
    return None


def translate_workbook(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of Table 6 or 7, one a measure and period of a row.

    Parameters
    ----------
    cells : DataFrame of text
        Columns as `find_conceptions` names them: `under18 2017 conception_rate`, its flag beside.

    Returns
    -------
    DataFrame of text, index repeated
        As `add_indicators` gives them; digits of footnotes are cut from names. Areas published
        together, and conceptions without an area, are left out.
    """
    base = _areas(cells)
    out = base["_left_out"] != ""
    cells, parts = cells[~out], [base[out]]
    base = base[~out]
    for group in dict.fromkeys(column.rpartition(" ")[0] for column in cells.columns[2:]):
        own = [column for column in cells.columns if column.startswith(group + " ")]
        long = cells[own].rename(columns=lambda column: column.rpartition(" ")[2])
        ages, _, period = group.partition(" ")
        parts += _measures(base.assign(period=period), long, ages, group + " ")
    return _tidy(parts)


def knows_long(header: list[str]) -> bool:
    """Whether a header is that of a long table of conceptions, by year or by three years."""
    return has(header, *LONG) and (has(header, "year") or has(header, "period"))


def translate_long(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of a long table; by year it holds ages under 18, by three years under 16."""
    cells = in_lower_case(cells)
    base = _areas(cells)
    period = cells["year"] if "year" in cells else cells["period"]
    out = base["_left_out"] != ""
    three = period.str.contains("to", regex=False)
    parts = [base[out]]
    for ages, chosen in (("under18", ~three & ~out), ("under16", three & ~out)):
        parts += _measures(base[chosen].assign(period=period[chosen]), cells[chosen], ages, "")
    return _tidy(parts)


def knows_denominators(header: list[str]) -> bool:
    """Whether a header is that of conceptions with denominators that someone worked out."""
    return has(header, "area_code", "year", "rate_per_1000", "conceptions", "females_15_17")


def translate_denominators(cells: pd.DataFrame) -> pd.DataFrame:
    """Tidy text rows of conceptions with worked-out denominators, noted as derived or inferred."""
    cells = in_lower_case(cells)
    blank = pd.Series("", index=cells.index, dtype="str")
    status = cells.get("status", blank)
    note = blank
    for word, said in STATUS.items():
        note = note.mask(status.str.contains(word, regex=False), said)
    rows = pd.DataFrame(
        {
            "publisher_id": "under18_conceptions",
            "area_code": cells["area_code"],
            "area_name": cells.get("area_name", blank),
            "period": cells["year"],
            "numerator": cells["conceptions"],
            "denominator": cells["females_15_17"],
            "value": cells["rate_per_1000"],
            "value_note": note.mask((note == "") & (cells["conceptions"] != ""), "derived"),
            "_column": "rate_per_1000",
        }
    )
    return add_indicators(rows, "ons")


def _areas(cells: pd.DataFrame) -> pd.DataFrame:
    """Code and name of each row, and why a row that is of no one area is left out."""
    code = cells["area_code"].str.strip()
    name = cells.get("area_name", pd.Series("", index=cells.index, dtype="str")).str.strip()
    several = code.str.fullmatch(rf"{CODE}(?:,\s*{CODE})+")
    left_out = pd.Series("", index=cells.index, dtype="str").mask(several, TOGETHER)
    left_out = left_out.mask((code == "") & name.str.match("not stated", case=False), NOT_STATED)
    # Sentences below the table stand where the codes are.
    left_out = left_out.mask(code.str.contains(r"\w+\s+\w+\s+\w", regex=True) & ~several, BELOW)
    name = name.str.replace(r"(?<=[a-zA-Z])\d{1,2}$", "", regex=True)
    areas = {"area_code": code, "area_name": name, "_left_out": left_out, "_column": "area_code"}
    return pd.DataFrame(areas)


def _tidy(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Rows under the catalogue's ids; those left out have none."""
    rows = pd.concat(parts).sort_index(kind="stable").fillna("")
    tidy = add_indicators(rows, "ons")
    out = tidy["_left_out"] != ""
    nothing = {name: tidy[name].mask(out, "") for name in ("indicator_id", "_name", "_unit")}
    return tidy.assign(**nothing)


def _header(groups: list[str], names: list[str], ages: str) -> list[str]:
    """Names for all columns: ages and period, then measure, then whether it holds flags."""
    header, period, measure = ["area_code", "area_name"], "", ""
    for place in range(2, max(len(groups), len(names))):
        group = groups[place].strip() if place < len(groups) else ""
        name = names[place].strip().casefold() if place < len(names) else ""
        found = re.fullmatch(PERIOD, group)
        period = found[1] if found else period
        known = next((own for start, own in COLUMNS.items() if name.startswith(start)), "")
        header.append(f"{ages} {period} {known or measure + '_flag'}")
        measure = known or measure
    return header


def _measures(
    base: pd.DataFrame, figures: pd.DataFrame, ages: str, place: str
) -> list[pd.DataFrame]:
    """Rate with its count, then each of the other figures that a table has."""
    rows = base.assign(
        publisher_id=f"{ages}_conceptions",
        numerator=figures["conceptions"].str.strip(),
        value=figures["conception_rate"].str.strip(),
        value_note=_flag(figures, "conception_rate"),
        _column=place + "conception_rate",
    )
    parts = [rows]
    for column in OTHERS:
        if column in figures:
            other = base.assign(
                publisher_id=f"{ages}_{column}",
                value=figures[column].str.strip(),
                value_note=_flag(figures, column),
                _column=place + column,
            )
            parts.append(other[other["value"] != ""])
    return parts


def _flag(figures: pd.DataFrame, column: str) -> pd.Series:
    """The publisher's mark of low reliability as a note, where there is a figure."""
    blank = pd.Series("", index=figures.index, dtype="str")
    flags = figures.get(f"{column}_flag", blank).str.strip()
    return blank.mask((flags == "u") & figures[column].str.match(r"\s*\d"), "unreliable")


CONCEPTIONS = {
    "ons_conceptions": Publisher(
        "ons_conceptions",
        "ONS conception statistics, Tables 6 and 7",
        lambda header: any(re.fullmatch(r"under1[68] .* conception_rate", each) for each in header),
        translate_workbook,
        ONS,
        find=find_conceptions,
    ),
    "ons_conceptions_long": Publisher(
        "ons_conceptions_long",
        "long table of ONS conception statistics",
        knows_long,
        translate_long,
        ONS,
    ),
    "ons_conceptions_denominators": Publisher(
        "ons_conceptions_denominators",
        "conceptions with worked-out denominators",
        knows_denominators,
        translate_denominators,
        ONS,
    ),
}
