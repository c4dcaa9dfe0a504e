"""Where a place stands: its cards, its figures among its comparators, and which way they go."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.show.figures.words import trend_of
from ehlib.show.findings import last_day
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import (
    ends_of,
    number,
    possessive,
    short_label,
    with_unit,
)
from ehlib.show.summary.cards import Card

MOST = 4  # cards of each kind
BETTER_WORSE = ("worse", "better")
WAYS = {"increasing": "rising", "decreasing": "falling", "no_change": "no clear trend"}
GOOD = {"high_is_good": "increasing", "low_is_good": "decreasing"}
BESIDE = {
    "district": "the other districts of the county",
    "locality": "the other localities of the county",
    "county": "the county's statistical neighbours",
}
CHOSEN = {
    "district": (
        "Districts are set beside the others of the county: no open list of statistical neighbours "
        "of districts is held."
    ),
    "locality": (
        "Figures of localities are sums of their districts, made by us, and there are such only "
        "where publishers give the counts of every district."
    ),
    "county": (
        "Statistical neighbours are the counties and councils that the Department for Education "
        "counts as most like this one. Ranks stand only where figures of two or more are held."
    ),
}


def profile_context(name: str, quarter: str) -> str:
    """Line under the title of a profile."""
    return (
        f"{name}, each indicator's latest year that had ended by {last_day(quarter)}, compared "
        "with England and with places like it."
    )


def spine_texts(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Spine rows with England's figure as text, `england`, and with its unit, `england_unit`."""
    now = [indicators[row.indicator_id].at(row.period_start.date()) for row in rows.itertuples()]
    pairs = [*zip(rows["benchmark_value"], now, strict=True)]
    return rows.assign(
        england=[number(value, each.decimals) for value, each in pairs],
        england_unit=[with_unit(value, each) for value, each in pairs],
    )


def add_names(standing: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Standing with the short name, unit and polarity of the definition in force."""
    now = [
        indicators[row.indicator_id].at(row.period_start.date()) for row in standing.itertuples()
    ]
    return standing.assign(
        short_name=[each.short_name for each in now],
        unit_short=[each.unit_short for each in now],
        polarity=[each.polarity for each in now],
        decimals=[each.decimals for each in now],
    )


def trends_of(
    series: pd.DataFrame, area_code: str, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """Direction of the latest five years of each indicator of a place, in words.

    Returns
    -------
    DataFrame, one row per indicator
        `indicator_id`, `trend` (rising, falling, no clear trend, or fewer than five years), and
        `judged` (getting better, getting worse, or empty).
    """
    found = []
    own = series[series["area_code"] == area_code]
    for key, rows in own.groupby("indicator_id", sort=False):
        indicator = indicators[key].at(rows["period_start"].max().date())
        direction = trend_of(rows, area_code, indicator).direction
        judged = ""
        if direction in ("increasing", "decreasing") and indicator.polarity in GOOD:
            good = GOOD[indicator.polarity] == direction
            judged = "getting better" if good else "getting worse"
        found.append((key, WAYS.get(direction, "not judged"), judged))
    return pd.DataFrame(found, columns=["indicator_id", "trend", "judged"])


def stand_out_cards(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[Card]:
    """Cards of what is furthest worse and furthest better than England."""
    cards = []
    for word in BETTER_WORSE:
        found = rows[rows["comparison"] == word]
        found = found.assign(far=found["position"].abs().fillna(0)).sort_values("far")
        for row in found.iloc[::-1].head(MOST).itertuples():
            now = indicators[row.indicator_id].at(row.period_start.date())
            limits = [number(each, now.decimals) for each in (row.lower_ci, row.upper_ci)]
            cards.append(
                Card(
                    label=row.short_name,
                    period=short_label(row.period),
                    value=row.text,
                    unit=now.unit,
                    status=word,
                    against="England",
                    note=f"England {row.england}; 95% limits {' to '.join(limits)}",
                )
            )
    return cards


def standing_table(standing: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    """One row an indicator: the place's figure, the range of its comparators, rank and trend."""
    rows = standing.merge(moves, on="indicator_id", how="left", validate="one_to_one")
    places = list(rows["decimals"])
    texts = {
        name: [number(value, each) for value, each in zip(rows[name], places, strict=True)]
        for name in ("value", "lowest", "highest", "middle")
    }
    spans = [
        f"{low} to {high}" if low != "[x]" else ""
        for low, high in zip(texts["lowest"], texts["highest"], strict=True)
    ]
    ranks = [
        "" if np.isnan(row.rank) else f"{row.rank:.0f} of {row.others + 1}"
        for row in rows.itertuples()
    ]
    middles = ["" if each == "[x]" else each for each in texts["middle"]]
    trend = [f"{row.trend}{f', {row.judged}' if row.judged else ''}" for row in rows.itertuples()]
    columns = {
        "Indicator": [
            f"{row.short_name}, {row.unit_short}, {short_label(row.period)}"
            for row in rows.itertuples()
        ],
        "Figure": numbered(texts["value"], rows),
        "Others, lowest to highest": marked(spans, rows, "others"),
        "Their middle": marked(middles, rows, "middle"),
        "Rank (1 is highest)": marked(ranks, rows, "rank"),
        "Five-year trend": trend,
    }
    table = unmarked(pd.DataFrame(columns))
    return table.loc[:, (table != "").any()]


def numbered(texts: list[str], rows: pd.DataFrame) -> list[str]:
    """Texts with the ids of their figures; those of localities are sums of ours."""
    summed = (rows["area_type"] == "locality").any()
    return marked(texts, rows, "of_districts" if summed else "value")


def standing_sentence(standing: pd.DataFrame, name: str, kind: str) -> str:
    """How many of a place's figures lie above, among and below those of its comparators."""
    known = standing.dropna(subset="rank")
    if known.empty:
        return ""
    above = int((known["value"] > known["highest"]).sum())
    below = int((known["value"] < known["lowest"]).sum())
    among = len(known) - above - below
    return (
        f"Of {len(known)} figures that {BESIDE[kind]} have too, {possessive(name)} is the highest "
        f"in {above}, the lowest in {below} and between theirs in {among}."
    )


def change_words(rows: pd.DataFrame, indicator: Indicator) -> str:
    """First and latest figure of one definition: `46.4 in 1998, 24.2 in 2013`; or the only one."""
    ends = ends_of(rows, indicator)
    if ends is None:
        row = rows.dropna(subset="value").sort_values("period_start").iloc[-1]
        return f"{with_unit(row['value'], indicator)} in {short_label(row['period'])}"
    said = [f"{with_unit(row['value'], indicator)} in {short_label(row['period'])}" for row in ends]
    return ", ".join(said)
