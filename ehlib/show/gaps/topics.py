"""Topics of the inequality atlas: the maps, the chart of the gap, and the tables behind them."""

from functools import partial

import geopandas as gpd
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.measure.gaps import Topic, mapped_periods, shared_breaks
from ehlib.measure.inequality.gradient import PER_1000
from ehlib.show.cells import show_figure, show_markdown, show_note
from ehlib.show.charts import unit_words
from ehlib.show.gaps.atlas import HOW, keyed, points_words, topic_sentence
from ehlib.show.gaps.lines import plot_gap_over_time
from ehlib.show.numbers import marked, unmarked
from ehlib.show.profiles.maps import map_years
from ehlib.show.sentences import extremes, list_words, number, short_label
from ehlib.show.tables import limits_text, order_areas, values_text

YARDSTICK = {
    "neighbourhoods": (
        "The gap is the slope index: the difference between the two ends of a line through the "
        "fifths of neighbourhoods, ranked by the Index of Multiple Deprivation of {edition}. The "
        "ratio divides one end by the other."
    ),
    "districts": (
        "The gap is the slope index: the difference between the two ends of a line through all "
        "districts, ranked by the Index of Multiple Deprivation of {edition}. The ratio divides "
        "one end by the other. A line through seven districts can turn on one of them."
    ),
    "spread": (
        "No deprivation index was held by then, so a gap between the highest and the lowest "
        "district is given. The two need not be the same in each period; the limits allow for "
        "choosing them after looking."
    ),
}
ONE_YEAR = (
    " Every year's rate divides by the children of the latest year held, so a change in how many "
    "children live there is not in it."
)
FIRST_RELEASE = "Left out as provisional, since such figures have been revised a long way: {}."


def show_topics(topics: list[Topic], boundaries: gpd.GeoDataFrame) -> None:
    """Show maps, chart and tables of each topic under its own heading."""
    told: set[str] = set()
    for topic in topics:
        show_markdown(f"### {topic.indicator.name}")
        _show_maps(topic, boundaries)
        if len(topic.series):
            _show_gap(topic)
            _show_yardstick(topic, told)
        if topic.left_out:
            show_note(FIRST_RELEASE.format(list_words([short_label(x) for x in topic.left_out])))


def _show_maps(topic: Topic, boundaries: gpd.GeoDataFrame) -> None:
    indicator, rows = topic.indicator, topic.districts
    periods = mapped_periods(rows)
    shown = rows[rows["period"].isin(periods)]
    latest = shown[shown["period"] == periods[-1]]
    draw = partial(
        map_years,
        shown,
        boundaries,
        periods=periods,
        breaks=shared_breaks(rows, indicator),
        unit=unit_words(indicator),
        decimals=indicator.decimals,
    )
    when = list_words([short_label(label) for label in periods])
    told = extremes(latest, indicator) or "Every figure of the latest period is hidden."
    show_markdown(told)
    show_figure(
        draw(),
        narrow=draw(narrow=True),
        alt=told,
        caption=f"{indicator.name}, {unit_words(indicator)}: {when}. Shades mean the same in each."
        + _borrowed(topic),
        of=shown,
        table=years_table(shown, indicator),
    )


def _show_gap(topic: Topic) -> None:
    indicator, series = topic.indicator, topic.series
    kind = series["kind"].iloc[-1]
    show_markdown(topic_sentence(topic))
    if len(series) > 1:
        unit = points_words("%") if indicator.unit_short == "%" else indicator.unit_short
        draw = partial(plot_gap_over_time, series, unit=unit)
        show_figure(
            draw(),
            narrow=draw(narrow=True),
            alt=topic_sentence(topic),
            caption=f"{indicator.name}: gap and ratio {HOW[kind]}.{_borrowed(topic)}",
            of=topic.districts,
            table=series_table(topic),
        )


def _show_yardstick(topic: Topic, told: set[str]) -> None:
    """How the gap is measured, where no topic before has said the same."""
    kind, edition = topic.series[["kind", "edition"]].iloc[-1]
    note = YARDSTICK[kind].format(edition=edition)
    if note not in told:
        show_note(note)
    told.add(note)


def _borrowed(topic: Topic) -> str:
    """That rates of several years rest on the population of one; empty where they do not."""
    rows = topic.districts
    several = len(set(rows["period"])) > 1
    return ONE_YEAR if several and topic.indicator.unit == PER_1000 else ""


def years_table(rows: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """One row a district, one column a period: the figures behind the maps."""
    ordered = order_areas(rows)
    measure = "per_thousand" if indicator.unit == PER_1000 else "value"
    texts = ordered.assign(text=marked(values_text(ordered, indicator), ordered, measure))
    labels = list(dict.fromkeys(rows.sort_values("period_start")["period"]))
    wide = texts.pivot_table(
        index="area_name", columns="period", values="text", aggfunc="first", sort=False
    )
    named = wide[labels].fillna("[x]").rename(columns=short_label).reset_index()
    return unmarked(named.rename(columns={"area_name": "District"}))


def series_table(topic: Topic) -> pd.DataFrame:
    """One row a period, latest first: the two ends, the gap and the ratio with their limits."""
    series = topic.series.sort_values("period_start", ascending=False)
    spread = series["kind"].iloc[0] == "spread"
    rows = keyed(topic, series["period"])
    columns = {"Period": series["period"].map(short_label)}
    if spread:
        columns |= {"Worst or highest": series["most"], "Best or lowest": series["least"]}
    else:
        for side in ("most", "least"):
            texts = series[f"line_{side}"].map(number)
            columns[f"{side.capitalize()} deprived end"] = marked(texts, rows, f"{side}_deprived")
    limits = map(limits_text, series["lower_ci"], series["upper_ci"])
    ends = zip(series["ratio_lower"], series["ratio_upper"], strict=True)
    ratio_limits = [limits_text(*each, 2) for each in ends]
    columns |= {
        "Gap": marked(series["value"].map(number), rows, "between"),
        "95% limits": marked(limits, rows, "between_limits"),
        "Ratio": marked([number(each, 2) for each in series["ratio"]], rows, "ratio"),
        "95% limits of ratio": marked(ratio_limits, rows, "ratio_limits"),
    }
    table = unmarked(pd.DataFrame({name: list(cells) for name, cells in columns.items()}))
    return table.loc[:, (table != "").any()]
