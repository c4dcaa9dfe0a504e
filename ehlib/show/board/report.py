"""The report to the Board at its head: what is done, what moved, what is off track, what is new."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import earlier_quarter, in_words, parse_quarter
from ehlib.measure.impact.progress import MOVED, STATUSES
from ehlib.show.board.actions import actions_findings
from ehlib.show.board.exceptions import exceptions_findings
from ehlib.show.board.news import news_findings
from ehlib.show.board.words import counted, synthetic_words
from ehlib.show.findings import last_day
from ehlib.show.sentences import list_words


def board_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the report to the Board."""
    period = parse_quarter(quarter)
    before = earlier_quarter(period, 2)
    return (
        f"{areas.county.name}, {in_words(period)}. The last report was for {in_words(before)}. "
        f"Periods that ended after {last_day(quarter)} are left out."
    )


def board_findings(
    actions: pd.DataFrame,
    progress: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    *,
    found: pd.DataFrame,
    news: pd.DataFrame,
    quarter: str,
) -> list[str]:
    """What the Board should know first: actions, outcomes, exceptions, and what is new.

    Parameters
    ----------
    actions : DataFrame
        As `add_standing` gives them.
    progress, found, news : DataFrame
        As `add_progress`, `exceptions` and `progress_news` give them.
    indicators : mapping
        The catalogue.
    quarter : str
        The quarter reported.

    Returns
    -------
    list of str
    """
    return [
        *actions_findings(actions, quarter),
        _outcomes(progress),
        *exceptions_findings(found, indicators),
        *news_findings(news),
    ]


def _outcomes(progress: pd.DataFrame) -> str:
    """How many outcomes have each status, as one sentence."""
    counts = Counter(progress["status"])
    told = [
        counted(status, counts[status]) for status in STATUSES if counts[status] or status in MOVED
    ]
    said = f"Of the plan's {len(progress)} outcomes, {list_words(told)}."
    return f"{said} {synthetic_words(progress.dropna(subset='value'), 'outcome')}".strip()
