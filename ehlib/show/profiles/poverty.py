"""The page on child poverty: income, deprivation, where poor children live, and what goes along."""

from collections.abc import Mapping
from functools import partial

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words
from ehlib.measure.compare import filter_latest, filter_type
from ehlib.measure.gaps import RankCorrelation
from ehlib.show import charts, tables
from ehlib.show.cells import show_figure, show_markdown, show_note, show_table
from ehlib.show.findings import MOST, last_day
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import (
    extremes,
    list_words,
    number,
    one_area,
    short_label,
)

PERCENT, NUMBER = "children_relative_low_income_percent", "children_relative_low_income"
PLAN, SCORES = "children_low_income", ("imd_average_score", "idaci_average_score")
OUTCOMES = ("under18_conceptions", "excess_weight_year6", "eyfs_good_development")
BESIDE = [PERCENT, SCORES[0], *OUTCOMES]
LINKED = ("idaci_decile", "iod_education_decile")  # both 1 where deprivation is greatest
FALLACY = (
    "These are figures of places. They cannot show that children in low-income families are the "
    "ones who do less well: within a place it may be others. Judging children by the place they "
    "live in is called the ecological fallacy."
)
SEVEN = (
    "With {places} districts nothing can be concluded: two figures that have nothing to do with "
    "one another would often rank {places} districts much alike by chance. So no correlation is "
    "given; the table is for looking up."
)
OWN_YEARS = "Each column has its own latest year. A district without a figure shows [x]."
SUPPLIES = (
    "Children in low-income families by district and neighbourhood are published by the Department "
    "for Work and Pensions (Stat-Xplore) from 2014/15 on, the indices of deprivation by the "
    "ministry for housing and local government. For the analyst: put the files into the "
    "folder of extracts and prepare the data again."
)
PRINTED_ALONE = (
    "That is the only figure of child poverty held for the county. It has no limits, so the "
    "difference from England may be chance, and no change since can be given."
)
NONE_HELD = (
    "No figures of children in low-income families by district are held for a period that ended "
    "by {}."
)
NO_SCORES = "No deprivation scores of districts are held, so they cannot be ranked by deprivation."
FIRST = "Left out as provisional, since the first release was later revised by about a third: {}."


def poverty_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the page."""
    return (
        f"{areas.county.name} and its districts. Periods that ended after {last_day(quarter)} are "
        "left out."
    )


def poverty_findings(
    measures: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    areas: Areas,
    quarter: str,
    *,
    where: str = "",
) -> list[str]:
    """Latest percentages and numbers, `where` children live, the plan's figure, what is lacking."""
    percent, count = (_of(measures, key) for key in (PERCENT, NUMBER))
    latest = filter_latest(percent, area_types=("district",))
    firm = count[~count["value_note"].str.contains("provisional")]
    said = [_sum_sentence(firm, areas), where, _printed(indicators[PLAN])]
    if len(latest):
        whole = one_area(latest, areas.county.code, indicators[PERCENT], limits=True)
        said = [extremes(latest, indicators[PERCENT]), whole, *said]
    elif percent["value"].isna().all() and count["value"].isna().all():
        said += [PRINTED_ALONE if said[-1] else "", NONE_HELD.format(last_day(quarter))]
    return [*filter(None, [*said, *_scores(measures, indicators)])][:MOST]


def _scores(measures: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    """Most and least deprived district by each index that is held, or that none is."""
    known = {key: filter_latest(filter_type(_of(measures, key), "district")) for key in SCORES}
    held = {key: rows for key, rows in known.items() if len(rows)}
    told = [f"{indicators[key].short_name}: {extremes(held[key], indicators[key])}" for key in held]
    return told or [NO_SCORES]


def _of(measures: pd.DataFrame, key: str) -> pd.DataFrame:
    return measures[(measures["indicator_id"] == key) & (measures["category_type"] == "")]


def _printed(indicator: Indicator) -> str:
    """The early help plan's own figure of child poverty, as printed; empty where it has none."""
    ours, england = indicator.baseline.values, indicator.national.values  # noqa: PD011
    if not ours or not england or indicator.baseline.period is None:
        return ""
    when = in_words(indicator.baseline.period)
    return (
        f"In {when}, {number(ours[0][1])}% of dependent children lived in households below 60% of "
        f"the average income, against {number(england[0][1])}% in England, as the early help plan "
        "prints it. It wants this reduced."
    )


def _sum_sentence(count: pd.DataFrame, areas: Areas) -> str:
    """Children in low-income families in all districts together, first and latest firm year."""
    rows = count[count["area_code"].isin(areas.codes("district"))].dropna(subset="numerator")
    totals = rows.groupby(["period_start", "period"])["numerator"].agg(["sum", "count"])
    whole = (
        totals[totals["count"] == len(areas.districts)].reset_index().sort_values("period_start")
    )
    if len(whole) < 2:
        return ""
    first, last = whole.iloc[0], whole.iloc[-1]
    peak = whole.loc[whole["sum"].idxmax()]
    high = ""
    if peak["period"] not in (first["period"], last["period"]):
        high = f", with most in {peak['period']} ({number(peak['sum'], 0)})"
    return (
        f"The districts' children in low-income families numbered {number(first['sum'], 0)} in "
        f"{first['period']} and {number(last['sum'], 0)} in {last['period']}{high}."
    )


def show_income(measures: pd.DataFrame, indicators: Mapping[str, Indicator]) -> None:
    """Show percentages by district where held, and numbers over the years."""
    percent = filter_latest(_of(measures, PERCENT), area_types=("district",))
    if len(percent):
        show_markdown("### What share of children live in low-income families?")
        _show_areas(filter_type(percent, "district", "county"), indicators[PERCENT])
    count = filter_type(_of(measures, NUMBER), "district")
    first = count["value_note"].str.contains("provisional")
    if len(count[~first]):
        show_markdown(
            "### How many children is that?\n\nThese are numbers, not rates: where more children "
            "live, a number is larger."
        )
        table = tables.periods_table(count[~first], indicators[NUMBER])
        caption = "Children in relative low-income families, by district."
        show_table(table, caption=caption, of=count[~first])
    if first.any():
        gone = dict.fromkeys(count.loc[first, "period"])
        show_note(FIRST.format(list_words([short_label(each) for each in gone])))
    if not len(percent) and not len(count):
        show_note(SUPPLIES)


def _show_areas(latest: pd.DataFrame, indicator: Indicator) -> None:
    draw = partial(charts.plot_areas, latest, unit=indicator.unit, decimals=indicator.decimals)
    show_figure(
        draw(),
        narrow=draw(narrow=True),
        alt=extremes(latest, indicator),
        caption=charts.marks_caption(latest, indicator),
        of=latest,
        table=tables.areas_table(latest, indicator),
    )


def show_scores(measures: pd.DataFrame, indicators: Mapping[str, Indicator]) -> None:
    """Show the districts' deprivation scores; nothing where no index was known."""
    parts = []
    for key in SCORES:
        rows = filter_latest(filter_type(_of(measures, key), "district"))
        if rows["value"].notna().any():
            parts.append(rows)
    if not parts:
        return
    known = [(part, indicators[part["indicator_id"].iloc[0]]) for part in parts]
    said = " ".join(f"{each.short_name}: {extremes(part, each)}" for part, each in known)
    show_markdown(f"### How deprived are the districts?\n\n{said} A higher score is more deprived.")
    table = side_by_side(pd.concat(parts), indicators, list(SCORES))
    show_table(table, caption="Average deprivation scores of the districts.", of=pd.concat(parts))


def show_beside(
    measures: pd.DataFrame, indicators: Mapping[str, Indicator], found: RankCorrelation
) -> None:
    """Show child poverty beside other figures of the districts, with what cannot be concluded."""
    parts = [
        filter_latest(filter_type(_of(measures, key), "district"), area_types=("district",))
        for key in BESIDE
    ]
    held = [part for part in parts if part["value"].notna().any()]
    keys = [part["indicator_id"].iloc[0] for part in held]
    if not _comparable(set(keys)):
        return
    rows = pd.concat(held)
    show_markdown(f"### Do districts with more child poverty do less well?\n\n{FALLACY}")
    show_note(SEVEN.format(places=rows["area_code"].nunique()))
    table = side_by_side(rows, indicators, keys)
    caption = "Child poverty and other figures of the districts, highest poverty first."
    show_table(table, caption=caption, note=OWN_YEARS, of=rows)
    if not found.reason:
        show_markdown(linked_sentence(found))


def _comparable(keys: set[str]) -> bool:
    """Whether both poverty and something to set beside it are held."""
    return bool(keys & {PERCENT, SCORES[0]}) and bool(keys & set(OUTCOMES))


def filter_shown(measures: pd.DataFrame) -> pd.DataFrame:
    """Rows that the page shows, for its sources: other figures only beside those of poverty."""
    known = measures.dropna(subset="value")
    if _comparable(set(known["indicator_id"])):
        return known
    return known[~known["indicator_id"].isin(OUTCOMES)]


def linked_sentence(found: RankCorrelation) -> str:
    """How far child poverty and poor education go together across neighbourhoods."""
    way = "tend to be" if found.lower > 0 else "are not clearly"
    limits = tables.limits_text(found.lower, found.upper, 2)
    return (
        f"Across {found.places} neighbourhoods (LSOAs), those with more children in low-income "
        f"families {way} those where education and skills are poorest: rank correlation "
        f"{number(found.value, 2)}, 95% limits {limits} (0 is none, 1 the same order). This one "
        "pair was chosen beforehand. Neighbouring places are alike, so the true limits are wider; "
        "both figures come from one index; and neither is about single children."
    )


def side_by_side(
    rows: pd.DataFrame, indicators: Mapping[str, Indicator], keys: list[str]
) -> pd.DataFrame:
    """One row a district, one column an indicator with its year, most of the first on top."""
    names = rows.drop_duplicates("area_code").set_index("area_code")["area_name"]
    first = rows[rows["indicator_id"] == keys[0]].set_index("area_code")["value"]
    order = first.reindex(names.index).sort_values(ascending=False).index
    columns: dict[str, list[str]] = {"District": [names[code] for code in order]}
    for key in keys:
        own = rows[rows["indicator_id"] == key].set_index("area_code", drop=False).reindex(order)
        shown = own.dropna(subset="value")
        now = indicators[key].at(shown["period_start"].max().date())
        texts = dict.fromkeys(order, "[x]")
        cells = marked([number(each, now.decimals) for each in shown["value"]], shown, "value")
        texts |= dict(zip(shown.index, cells, strict=True))
        unit = "" if now.unit_short == "score" else f", {now.unit_short}"
        head = f"{now.short_name}{unit}, {short_label(shown['period'].iloc[0])}"
        columns[head] = list(texts.values())
    return unmarked(pd.DataFrame(columns))
