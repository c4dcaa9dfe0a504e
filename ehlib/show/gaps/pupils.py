"""Gaps of each group of pupils: headings, charts and tables."""

from functools import partial

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.measure.gaps import gap_change
from ehlib.measure.gaps.pairs import LOOKED_AFTER, MEALS, NEEDS, SIX_YEARS
from ehlib.show.cells import show_figure, show_markdown, show_note, show_table
from ehlib.show.gaps.attainment import BY_ID, of_area
from ehlib.show.gaps.charts import gap_lines, plot_sides
from ehlib.show.gaps.words import sized, verdict_words
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import begin, number, short_label
from ehlib.show.tables import limits_text
from ehlib.show.trends import plot_trends

POORER = (MEALS, SIX_YEARS)
SIDES = (
    "Both results over the years; the bold number is the latest gap. A line stops where a year has "
    "no figure or the assessment changed."
)
BASES = {  # heading, and what the group is
    MEALS: (
        "Do pupils who take free school meals catch up?",
        "These pupils took free school meals in the year of the assessment. This is how the early "
        "help plan counts them.",
    ),
    SIX_YEARS: (
        "Do disadvantaged pupils catch up?",
        "Disadvantaged pupils took free school meals at some time in the past six years, were ever "
        "looked after, or were adopted from care. This is close to how the children's plan counts "
        "from 2014/15 on. It is a larger group than the one above, so the two are never joined.",
    ),
    LOOKED_AFTER: (
        "How do looked-after children do at school?",
        "They were looked after for at least 12 months at 31 March. A few dozen children take each "
        "test, so the figures jump from year to year.",
    ),
    NEEDS: (
        "How do pupils with special educational needs do?",
        "Needs differ greatly from child to child, and so does what a fair target would be. The "
        "gap shows where support is needed; it is no verdict on pupils or schools.",
    ),
}


def show_groups(gaps: pd.DataFrame, areas: Areas) -> None:
    """Show charts and table of each group of pupils that has figures, under its own heading."""
    ours, england = of_area(gaps, areas.county.code), of_area(gaps, areas.england.code)
    for basis, (question, about) in BASES.items():
        rows = ours[ours["pair"].map(lambda name, wanted=basis: BY_ID[name].basis == wanted)]
        if len(rows):
            show_markdown(f"### {question}\n\n{about}")
            _show_group(rows, england)


def _show_group(rows: pd.DataFrame, england: pd.DataFrame) -> None:
    said = [_latest(rows[rows["pair"] == name]) for name in dict.fromkeys(rows["pair"])]
    place = rows["area_name"].iloc[0]
    draw = partial(plot_sides, rows, BY_ID)
    show_figure(
        draw(),
        narrow=draw(narrow=True),
        alt=" ".join(said),
        caption=f"{place}. {SIDES}",
        of=rows,
        table=gaps_table(rows, england),
    )
    _show_lines(rows, england)
    latest = gaps_table(rows, england, latest=True)
    show_table(latest, caption=f"Latest gap of each result, {place}.", of=rows)
    show_note("" if rows["lower_ci"].notna().all() else _limits_note(rows))


def _latest(series: pd.DataFrame) -> str:
    """Latest gap of one pair in short: `Disadvantaged pupils, age 11, 2017/18: gap 23.0 ...`."""
    row = series.sort_values("period_start").iloc[-1]
    pair = BY_ID[row["pair"]]
    when = short_label(row["period"])
    return f"{begin(pair.group)}, age {pair.age}, {when}: gap {sized(row['value'], pair.unit)}."


def _show_lines(rows: pd.DataFrame, england: pd.DataFrame) -> None:
    """Chart of gaps in percentage points beside England's, of pupils from poorer families."""
    wanted = rows["pair"].map(lambda name: BY_ID[name].unit == "%" and BY_ID[name].basis in POORER)
    lines = gap_lines(rows[wanted], BY_ID, england)
    if lines["benchmark_value"].isna().all() or len(set(lines["period"])) < 2:
        return
    draw = partial(plot_trends, lines, unit="gap in percentage points")
    show_figure(
        draw(),
        narrow=draw(narrow=True),
        alt=" ".join(_beside(lines)),
        caption=f"Gap in percentage points, {lines['county'].iloc[0]} (line), England (dashed).",
        of=rows[wanted],
    )


def _limits_note(rows: pd.DataFrame) -> str:
    """That gaps without limits came without counts."""
    some = "Some of these gaps" if rows["lower_ci"].notna().any() else "These gaps"
    return (
        f"{some} have no limits, because the results were published as percentages or scores "
        "without the number of pupils behind them. A change of a point or two may be chance."
    )


def _beside(lines: pd.DataFrame) -> list[str]:
    """How the latest gap of each pair stands beside England's."""
    said = []
    for _, series in lines.dropna(subset="benchmark_value").groupby("pair", sort=False):
        row = series.sort_values("period_start").iloc[-1]
        here, there = number(row["value"]), number(row["benchmark_value"])
        when = short_label(row["period"])
        said.append(f"{row['area_name']}, {when}: gap {here} points, England {there}.")
    return said


def gaps_table(rows: pd.DataFrame, england: pd.DataFrame, *, latest: bool = False) -> pd.DataFrame:
    """One row a pair and year, latest first, or its latest year alone: results, gap, limits."""
    other = england.assign(england=marked(england["value"].map(number), england, "gap"))
    other = other[["pair", "period", "england"]]
    ordered = rows.assign(order=rows["pair"].factorize()[0])
    ordered = ordered.sort_values(["order", "period_start"], ascending=[True, False])
    table = ordered.merge(other, on=["pair", "period"], how="left", validate="one_to_one")
    pairs = table["pair"].map(BY_ID)
    peers = table.assign(indicator_id=table["others_id"], category_type="", category="")
    limits = map(limits_text, table["lower_ci"], table["upper_ci"])
    columns = {
        "Result": [f"Age {pair.age}, {pair.group}: {_short(pair.unit)}" for pair in pairs],
        "School year": table["period"].map(short_label),
        "Group": marked(table["group_value"].map(number), table, "value"),
        "Others": marked(table["others_value"].map(number), peers, "value"),
        "Gap": marked(table["value"].map(number), table, "gap"),
        "95% limits": marked(limits, table, "gap_limits"),
        "England's gap": table["england"].fillna("[x]"),
        "Since the first year": _verdicts(table),
    }
    whole = unmarked(pd.DataFrame(columns))
    chosen = whole[~table["pair"].duplicated()] if latest else whole
    return chosen.loc[:, (chosen != "").any()]


def _short(unit: str) -> str:
    return "%" if unit == "%" else "Attainment 8"


def _verdicts(table: pd.DataFrame) -> list[str]:
    """Verdict on each pair beside its latest year."""
    latest = ~table["pair"].duplicated()
    return [
        verdict_words(gap_change(table[table["pair"] == name])) if last else ""
        for name, last in zip(table["pair"], latest, strict=True)
    ]
