"""Sections of a place's profile, each shown only where there is something to show."""

from collections.abc import Mapping
from functools import partial

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.compare import ENGLAND
from ehlib.show.cells import show_figure, show_markdown, show_note, show_table
from ehlib.show.figures import places
from ehlib.show.figures.profile import plot_spine
from ehlib.show.findings import MOST
from ehlib.show.numbers import marked, unmarked
from ehlib.show.profiles.findings import profile_findings, trend_findings, unclear_findings
from ehlib.show.profiles.standing import (
    CHOSEN,
    change_words,
    numbered,
    stand_out_cards,
    standing_sentence,
    standing_table,
)
from ehlib.show.profiles.trends import plot_place_trends
from ehlib.show.sentences import begin, count_words, short_label
from ehlib.show.summary.cards import show_cards
from ehlib.show.tables import values_text

NOTHING = "No figure of this place is held for a year that had ended by then."
NO_ENGLAND = (
    "England's figure is not held for any indicator that this place has, so nothing can be placed "
    "beside it."
)
SAID = 6  # indicators that the text of a chart names
TRENDED = 2  # periods of one definition from which a small chart is worth drawing


def findings(
    rows: pd.DataFrame,
    ranks: pd.DataFrame,
    moves: pd.DataFrame,
    place: tuple[str, str],
    *,
    within: str = "",
) -> list[str]:
    """Five findings of a profile at most, or that there are none; `place` is name and kind.

    `within` says how unequal the place is within, where that is known.
    """
    name, kind = place
    if ranks.empty:
        none = f"{NOTHING} Figures of localities need the counts of each of their districts."
        return [*filter(None, [none, within])]
    said = [*profile_findings(rows, ranks, name, kind), *trend_findings(ranks, moves, name), within]
    return [*filter(None, [*said, *unclear_findings(rows, ranks, name)])][:MOST]


def assumption(areas: Areas, area_code: str) -> str:
    """What a locality's districts rest on; empty for other places."""
    told = {each.code: each.assumption for each in areas.localities}
    return told.get(area_code, "")


def show_stand_out(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> None:
    """Show cards of what is furthest worse, then furthest better, than England."""
    show_cards(stand_out_cards(rows, indicators), of=rows if len(rows) else None)


def show_spine(rows: pd.DataFrame, name: str, indicators: Mapping[str, Indicator]) -> None:
    """Show the spine chart and its table, or say that England's figures are not held.

    Indicators of which no other place's figure is held stand in the table alone.
    """
    if rows.empty:
        show_note(NO_ENGLAND)
        return
    drawn = rows.dropna(subset="position")
    if len(drawn):
        draw = partial(plot_spine, drawn)
        show_figure(
            draw(),
            narrow=draw(narrow=True),
            alt=places.spine_sentence(drawn, name),
            caption=places.spine_caption(drawn),
            of=drawn,
        )
    table = places.spine_table(rows, indicators)
    show_table(table, caption=f"Latest figure of each indicator, {name} and England.", of=rows)


def show_cautions(
    rows: pd.DataFrame, moves: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> None:
    """Show what to beware of in the indicators that are called better or worse."""
    said = moves.loc[moves["judged"] != "", "indicator_id"]
    judged = rows[rows["comparison"].isin(["better", "worse"]) | rows["indicator_id"].isin(said)]
    told = {
        row.short_name: indicators[row.indicator_id].caveat
        for row in judged.itertuples()
        if indicators[row.indicator_id].caveat
    }
    if told:
        words = " ".join(f"{name}: {caveat}" for name, caveat in told.items())
        show_note(f"Before calling a figure better or worse: {words}")


def show_trends(
    series: pd.DataFrame,
    standing: pd.DataFrame,
    area_code: str,
    indicators: Mapping[str, Indicator],
) -> None:
    """Show a small chart of each indicator that has two years of one definition or more."""
    own = series[series["area_code"] == area_code]
    latest = standing.set_index("indicator_id")["definition"]
    alike = own[own["definition"] == own["indicator_id"].map(latest)].dropna(subset="value")
    counts = alike["indicator_id"].value_counts()
    shown = own[own["indicator_id"].isin(counts[counts >= TRENDED].index)]
    if shown.empty:
        show_note("No indicator of this place has figures for two years that can be compared.")
        return
    names = standing.set_index("indicator_id")
    told = {key: shown["indicator_id"].map(names[key]) for key in ("short_name", "unit_short")}
    shown = shown.assign(**told, decimals=shown["indicator_id"].map(names["decimals"]))
    name = shown["area_name"].iloc[0]
    draw = partial(plot_place_trends, shown, name=name)
    show_figure(
        draw(),
        narrow=draw(narrow=True),
        alt=_changes(shown, indicators),
        caption=f"{name} over the years, each indicator on its own scale from 0; England dashed. "
        "A line stops where a figure is missing or the definition changed.",
        of=shown,
        table=changes_table(shown, indicators),
    )


def _changes(shown: pd.DataFrame, indicators: Mapping[str, Indicator]) -> str:
    """First and latest figure of each indicator, as alternative text."""
    said = []
    for key, rows in shown.groupby("indicator_id", sort=False):
        indicator = indicators[key].at(rows["period_start"].max().date())
        said.append(f"{indicator.short_name}: {change_words(rows, indicator)}")
    rest = len(said) - SAID
    more = f"; and {count_words(rest, 'more indicator')}, in the table" if rest > 0 else ""
    return "; ".join(said[:SAID]) + f"{more}."


def changes_table(shown: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """One row an indicator and year: the figures behind the small charts."""
    parts = []
    for key, rows in shown.groupby("indicator_id", sort=False):
        ordered = rows.sort_values("period_start", ascending=False).reset_index(drop=True)
        indicator = indicators[key].at(ordered["period_start"].iloc[0].date())
        texts = numbered(values_text(ordered, indicator), ordered)
        told = {"area_code": ENGLAND, "value": ordered["benchmark_value"], "value_note": ""}
        england = ordered.assign(**told)
        beside = ["" if text == "[x]" else text for text in values_text(england, indicator)]
        parts.append(
            pd.DataFrame(
                {
                    "Indicator": f"{indicator.short_name}, {indicator.unit_short}",
                    "Year": list(ordered["period"].map(short_label)),
                    "Figure": texts,
                    "England": marked(beside, england, "value"),
                }
            )
        )
    whole = unmarked(pd.concat(parts, ignore_index=True))
    return whole.loc[:, (whole != "").any()]


def show_standing(standing: pd.DataFrame, moves: pd.DataFrame, kind: str) -> None:
    """Show how a place stands among its comparators."""
    if standing.empty:
        show_note(NOTHING)
        return
    name = standing["area_name"].iloc[0]
    said = standing_sentence(standing, name, kind)
    trend = " ".join(trend_findings(standing, moves, name))
    show_markdown(" ".join(filter(None, [said, trend, CHOSEN[kind]])))
    table = standing_table(standing, moves)
    show_table(table, caption=f"{begin(name)} among places like it.", of=standing)
