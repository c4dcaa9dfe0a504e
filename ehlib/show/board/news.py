"""What changed since the last report: figures new or restated, statuses, actions."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.periods import earlier_quarter, parse_period, parse_quarter
from ehlib.measure.impact.progress import NO_FIGURE
from ehlib.show.accounts.changes import CASES, counted_table, restated_table
from ehlib.show.board.actions import recorded_words
from ehlib.show.board.words import (
    SAID,
    figure_cells,
    in_turn,
    limit_cells,
    status_words,
    unit_name,
)
from ehlib.show.cells import show_note, show_table
from ehlib.show.numbers import unmarked
from ehlib.show.sentences import count_words, short_label
from ehlib.show.tables import LIMITS

HALF_YEAR = timedelta(days=184)  # from one biannual report to the next
YEAR = timedelta(days=366)


def up_to_last_report(measures: pd.DataFrame, quarter: str, quarters: int = 2) -> pd.DataFrame:
    """Rows of periods that the report so many quarters before could tell of."""
    last = pd.Timestamp(earlier_quarter(parse_quarter(quarter), quarters).end)
    return measures[measures["period_end"] <= last].reset_index(drop=True)


def progress_news(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Outcomes with a newer figure or another status than at the last report.

    Parameters
    ----------
    now, before : DataFrame
        As `add_progress` gives them, of the same indicators.

    Returns
    -------
    DataFrame, rows of `now`
        Adds `old_period` and `old_status`.
    """
    old = before.set_index("indicator_id")[["period", "status"]]
    old = old.rename(columns=lambda name: f"old_{name}")
    joined = now.merge(old, left_on="indicator_id", right_index=True, validate="1:1")
    newer = joined["period"] != joined["old_period"]
    return joined[newer | (joined["status"] != joined["old_status"])].reset_index(drop=True)


def news_table(news: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """One row an outcome that changed: its new figure, and its status then and now."""
    told = in_turn(news, indicators)
    table = pd.DataFrame(
        {
            "Outcome": [unit_name(now) for _, now in told],
            "Latest": figure_cells(news, indicators),
            LIMITS: limit_cells(news, indicators),
            "Period": [short_label(row["period"]) for row, _ in told],
            "Period before": [short_label(row["old_period"]) or SAID[NO_FIGURE] for row, _ in told],
            "Status before": [status_words(row["old_status"]) for row, _ in told],
            "Status now": [status_words(row["status"]) for row, _ in told],
        }
    )
    return unmarked(table)


def show_news(
    news: pd.DataFrame, recorded: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> None:
    """Tables of outcomes and actions that changed since the last report, or that none did."""
    if len(news):
        known = news.dropna(subset="value")
        show_table(
            news_table(news, indicators),
            caption="Outcomes with a newer figure or another status than in the last report.",
            of=known if len(known) else None,
        )
    else:
        show_note("No outcome has a newer figure or another status than in the last report.")
    if len(recorded):
        rows = [
            {"Action": each["action"], "Status": recorded_words(each), "Evidence": each["evidence"]}
            for each in recorded.to_dict("records")
        ]
        show_table(pd.DataFrame(rows), caption="Actions whose status was recorded since then.")
    else:
        show_note("No status of an action was recorded since then.")


def restated_since(
    log: pd.DataFrame,
    prepared: str,
    chosen: Sequence[Indicator],
    *,
    quarter: str,
    ago: timedelta = HALF_YEAR,
) -> pd.DataFrame:
    """Entries of the restatement log of a stretch of time that a quarter's report may tell of.

    Parameters
    ----------
    log : DataFrame
        As `read_restated` gives it.
    prepared : str
        Day of the preparation, as `2014-04-20`, alone or with the time.
    chosen : sequence of Indicator
        Those reported; entries of others are left out.
    quarter : str
        The quarter reported; entries of periods that ended later are left out.
    ago : timedelta
        How long before the preparation an entry may have been made.
    """
    since = (date.fromisoformat(prepared[:10]) - ago).isoformat()
    end = parse_quarter(quarter).end
    calendars = {each.id: each.calendar for each in chosen}
    told = log[(log["seen"] >= since) & log["indicator_id"].isin(calendars)]
    pairs = zip(told["period"], told["indicator_id"], strict=True)
    over = [parse_period(label, calendars[key]).end <= end for label, key in pairs]
    return told.loc[over, :].reset_index(drop=True)


def show_restated(log: pd.DataFrame, codes: list[str], indicators: Mapping[str, Indicator]) -> None:
    """Tables of figures of our areas that were restated; or that none was.

    Parameters
    ----------
    log : DataFrame
        As `restated_since` gives it; counts of case records are never shown.
    codes : list of str
        Codes of our areas.
    indicators : mapping
        The catalogue.
    """
    ours = log[log["area_code"].isin(codes)]
    cases = ours["indicator_id"].map(lambda key: _is_case(key, indicators)).astype(bool)
    if ours.empty:
        show_note("No figure that was shown before has been restated.")
    if (~cases).any():
        caption = "Published figures that are not what they were."
        show_table(restated_table(ours[~cases], indicators), caption=caption)
    if cases.any():
        caption = "Figures counted from case records that are not what they were."
        show_table(counted_table(ours[cases], indicators), caption=caption, note=CASES)


def news_findings(news: pd.DataFrame) -> list[str]:
    """How many outcomes have a newer figure or another status than at the last report."""
    newer = int((news["period"] != news["old_period"]).sum())
    moved = int((news["status"] != news["old_status"]).sum())
    have = "has" if newer == 1 else "have"
    return [
        f"Since the last report {count_words(newer, 'outcome')} {have} a newer figure and "
        f"{moved or 'none'} another status."
    ]


def _is_case(indicator_id: str, indicators: Mapping[str, Indicator]) -> bool:
    known = indicators.get(indicator_id)
    return known is not None and known.data_class == "case"
