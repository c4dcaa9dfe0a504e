"""Which figures are held for each area, how old they are, and when the next are due."""

import re
from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.indicators.unmapped import PRIORITY
from ehlib.load.periods import parse_quarter, quarter_of
from ehlib.show.cells import show_note, show_table
from ehlib.show.sentences import begin, count_words, list_words, short_label

LATEST, EARLIER, NONE = "\u25cf", "\u25d0", "\u25cb"  # signs that the page also shades
COVERAGE_NOTE = (
    f"{LATEST} the latest period held of the indicator; {EARLIER} an earlier one; {NONE} no "
    "figure. In brackets, how many periods are held."
)
DUE_NOTE = (
    "A quarterly figure is overdue six months after its period ended, an annual one 18 months."
)
# Months after its end in which a figure is usually out: annual tables take up to a year and a half.
USUAL = {"annual": 18, "quarterly": 6}
HELD = ["indicator_id", "area_code", "period"]


def show_coverage(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator], areas: Areas
) -> None:
    """Table of what is held for each area, and how many others are under their publisher's id."""
    table = coverage_table(observations, indicators, areas)
    if table.empty:
        show_note("No figure is held for the county or any of its districts.")
        return
    caption = "Latest period held for each area, and how many periods."
    show_table(table, caption=caption, note=COVERAGE_NOTE)
    others = [each for each in indicators.values() if each.priority == PRIORITY]
    if others:
        count = begin(count_words(len(others), "more indicator"))
        show_note(
            f"{count} of publishers' files {'is' if len(others) == 1 else 'are'} not in the "
            "catalogue: held under their own ids, listed in unmapped.json, to be explored on the "
            "page of one indicator."
        )


def known_figures(observations: pd.DataFrame) -> pd.DataFrame:
    """Totals that have a figure; breakdowns and empty rows are left out."""
    known = observations.dropna(subset=["value", "numerator"], how="all")
    return known[known["category_type"] == ""]


def coverage_table(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator], areas: Areas
) -> pd.DataFrame:
    """One row an indicator that has a figure, one column an area: latest period, how many.

    Parameters
    ----------
    observations : DataFrame
        As prepared, up to the quarter of the page.
    indicators : mapping
        The catalogue: its order is that of the rows, those of the plans first; indicators that
        are not in the catalogue have no row.
    areas : Areas
        Districts, county and England are the columns.

    Returns
    -------
    DataFrame of text
        Each cell begins with a sign: the latest period of the indicator, an earlier one, none.
    """
    shown = {each.code: each.name for each in (*areas.districts, areas.county, areas.england)}
    known = known_figures(observations)
    known = known[known["area_code"].isin(list(shown))]
    known = known.sort_values("period_end").drop_duplicates(HELD, keep="last")
    grouped = known.groupby(["indicator_id", "area_code"], observed=True)
    latest, counts = grouped["period"].last(), grouped.size()
    newest = known.groupby("indicator_id", observed=True)["period"].last()
    chosen = [key for key in _in_order(indicators) if key in newest.index]
    rows = []
    for key in chosen:
        cells = {
            name: _cell(latest.get((key, code)), counts.get((key, code), 0), newest[key])
            for code, name in shown.items()
        }
        rows.append({"Indicator": indicators[key].short_name, **cells})
    return pd.DataFrame(rows, columns=["Indicator", *shown.values()])


def show_freshness(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator], quarter: str
) -> None:
    """Table of how old the figures of the plans are, and the names of those without any."""
    table = freshness_table(observations, indicators, quarter)
    if len(table):
        show_table(table, caption="Indicators of the plans, oldest figures first.", note=DUE_NOTE)
    held = set(known_figures(observations)["indicator_id"])
    lacking = [each for each in indicators.values() if each.sets and each.id not in held]
    if lacking:
        names = list_words([each.short_name for each in lacking])
        show_note(f"No figure is held for {count_words(len(lacking), 'indicator')}: {names}.")


def freshness_table(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator], quarter: str
) -> pd.DataFrame:
    """One row an indicator of the plans that has a figure, the oldest first.

    Parameters
    ----------
    observations : DataFrame
        As prepared, up to the quarter of the page.
    indicators : mapping
        The catalogue.
    quarter : str
        Ages are counted to its end.

    Returns
    -------
    DataFrame of text
        Latest period, its age in months, and the next with whether it is due.
    """
    known = known_figures(observations)
    end = pd.Timestamp(parse_quarter(quarter).end)
    latest = known.sort_values("period_end").drop_duplicates("indicator_id", keep="last")
    latest = latest.set_index("indicator_id").sort_values("period_end", kind="stable")
    rows = []
    for row in latest[["period", "period_end"]].itertuples():
        indicator = indicators[row.Index]
        if indicator.sets:
            rows.append(
                {
                    "Indicator": indicator.short_name,
                    "Reported": indicator.frequency,
                    "Latest period": short_label(row.period),
                    "Age in months": str(_months(row.period_end, end)),
                    "Next figure": next_due(indicator, row.period, row.period_end, end),
                }
            )
    return pd.DataFrame(rows)


def next_due(indicator: Indicator, label: str, last: pd.Timestamp, end: pd.Timestamp) -> str:
    """Period that follows the latest, and whether it is not over, awaited or overdue.

    Parameters
    ----------
    indicator : Indicator
        Gives frequency and calendar; editions of an index are issued when they are.
    label : str
        The latest period.
    last, end : Timestamp
        Last days of that period and of the quarter of the page.
    """
    if indicator.calendar == "release":
        return "the next edition"
    if indicator.calendar == "financial_quarter":
        following = quarter_of((last + pd.Timedelta(days=1)).date()).label
        over = last + pd.DateOffset(months=3)
    else:
        following, over = _a_year_on(label), last + pd.DateOffset(years=1)
    waited = _months(over, end)
    usual = USUAL["quarterly" if indicator.frequency == "quarterly" else "annual"]
    state = "not over yet" if over > end else "awaited" if waited <= usual else "overdue"
    return f"{short_label(following)}, {state}"


def _in_order(indicators: Mapping[str, Indicator]) -> list[str]:
    planned = [key for key, each in indicators.items() if each.sets]
    others = [key for key, each in indicators.items() if each.priority != PRIORITY]
    return list(dict.fromkeys([*planned, *others]))


def _cell(label: str | None, count: int, newest: str) -> str:
    if not count:
        return f"{NONE}\u00a0none"
    sign = LATEST if label == newest else EARLIER
    # The sign stays with the year; a quarter may stand under it, so that all areas fit the page.
    return f"{sign}\u00a0{short_label(str(label)).replace(chr(160), ' ')} ({count})"


def _a_year_on(label: str) -> str:
    """Label of the period a year later: every year in it counts one more."""
    return re.sub(
        r"(?<!\d)(\d{4}|(?<=/)\d\d)(?!\d)",
        lambda year: str(int(year[0]) + 1)[-len(year[0]) :].zfill(len(year[0])),
        label,
    )


def _months(first: pd.Timestamp, last: pd.Timestamp) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
