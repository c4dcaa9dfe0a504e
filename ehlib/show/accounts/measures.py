"""One short section a measure: how it moved, how districts differ, what is being done."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.compare import (
    add_comparison,
    filter_area,
    filter_latest,
    filter_totals,
    filter_type,
)
from ehlib.show import charts, findings
from ehlib.show.accounts.impact import measure_name
from ehlib.show.board.actions import linked_words
from ehlib.show.board.words import now_of
from ehlib.show.cells import show_facts, show_figure, show_markdown
from ehlib.show.charts import plot_areas, unit_words
from ehlib.show.figures import process, words
from ehlib.show.figures.process import plot_process
from ehlib.show.sentences import against_benchmark, one_area
from ehlib.show.tables import areas_table, periods_table
from ehlib.show.trends import plot_trends, trends_caption

ENOUGH = 3  # figures of a county that are worth a line
COMPARED = ["benchmark_name", "benchmark_value", "comparison"]


def show_measures(
    progress: pd.DataFrame,
    chosen: Sequence[Indicator],
    measures: pd.DataFrame,
    *,
    actions: pd.DataFrame,
    areas: Areas,
) -> None:
    """A heading, facts and up to two charts for each measure that has a figure.

    Parameters
    ----------
    progress : DataFrame
        As `add_progress` gives it for these measures.
    chosen : sequence of Indicator
        As `early_help_measures` gives them.
    measures : DataFrame
        Totals of these measures, compared with England.
    actions : DataFrame
        As `read_actions` gives them.
    areas : Areas
        The county and its districts.
    """
    for indicator, row in zip(chosen, progress.to_dict("records"), strict=True):
        own = filter_totals(measures[measures["indicator_id"] == indicator.id], indicator)
        if own["value"].isna().all():
            continue
        now = findings.in_force(indicator, own) if row["period"] == "" else now_of(indicator, row)
        places = places_of(own, {indicator.id: indicator}, areas)
        show_markdown(f"### {measure_name(indicator, row)}".replace("*", r"\*"))
        show_facts(_facts(own, places, indicator, now, areas=areas, actions=actions))
        _show_series(own, now, areas)
        _show_places(places, now, areas)


def places_of(own: pd.DataFrame, indicators: dict[str, Indicator], areas: Areas) -> pd.DataFrame:
    """Latest figures of districts and county, compared with England or, without it, the county."""
    latest = filter_latest(own, area_types=("district",))
    england = latest[latest["area_code"] == areas.england.code]["value"].notna().any()
    code = areas.england.code if england else areas.county.code
    compared = latest.drop(columns=COMPARED)
    compared = add_comparison(compared, indicators, benchmark_area=code)
    return filter_type(compared, "district", "county")


def _facts(
    own: pd.DataFrame,
    places: pd.DataFrame,
    indicator: Indicator,
    now: Indicator,
    *,
    areas: Areas,
    actions: pd.DataFrame,
) -> dict[str, str]:
    """What is said of one measure, each under its name; empty where there is nothing to say."""
    county = areas.county
    quarterly = now.calendar == "financial_quarter"
    chart = process.quarters_chart(own, county.code, now)
    series = filter_area(own, county.code)
    moves = (
        process.process_sentence(chart, county.name)
        if quarterly
        else words.story(own, county.code, now)
    )
    latest = filter_latest(series)
    return {
        "Counts": now.numerator,
        "The county": one_area(latest, county.code, now),
        "Over time": moves,
        "Districts": against_benchmark(places, now),
        "Since the plan": words.break_note(own, indicator),
        "Action": linked_words(indicator.id, actions),
        "Beware": indicator.caveat,
    }


def _show_series(own: pd.DataFrame, now: Indicator, areas: Areas) -> None:
    """Process chart of a quarterly measure, line of a yearly one; nothing for few figures."""
    county = areas.county
    series = filter_area(own, county.code).sort_values("period_start")
    if series["value"].notna().sum() < ENOUGH:
        return
    chart = process.quarters_chart(own, county.code, now)
    if len(chart):
        draw = partial(plot_process, chart, unit=now.unit, decimals=now.decimals)
        told, table = (
            process.process_sentence(chart, county.name),
            process.process_table(chart, now),
        )
        caption = process.process_caption(chart, now, county.name)
    else:
        draw = partial(plot_trends, series, unit=unit_words(now))
        told, table = words.story(own, county.code, now), periods_table(series, now)
        caption = trends_caption(series, now)
    alt = f"{now.short_name}: {told}"
    show_figure(draw(), narrow=draw(narrow=True), alt=alt, caption=caption, of=series, table=table)


def _show_places(places: pd.DataFrame, now: Indicator, areas: Areas) -> None:
    """Chart of districts and county; nothing where fewer than two places have a figure."""
    if places["value"].notna().sum() < 2:
        return
    draw = partial(plot_areas, places, unit=now.unit, decimals=now.decimals)
    show_figure(
        draw(),
        narrow=draw(narrow=True),
        alt=f"{now.short_name}: {findings.compared(places, now, areas)}",
        caption=charts.marks_caption(places, now),
        of=places,
        table=areas_table(places, now),
    )
