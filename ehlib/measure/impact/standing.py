"""Where the plan's actions stand at the end of a quarter, and which outcomes lack one."""

from collections.abc import Collection

import pandas as pd

from ehlib.load.periods import earlier_quarter, parse_quarter

OVERDUE, UNKNOWN = "overdue", "past its date, no status recorded"
DUE_NEXT, LATER, DONE = "due in the next 6 months", "due later", "done"
STANDINGS = (OVERDUE, UNKNOWN, DUE_NEXT, LATER, DONE)
AHEAD = pd.offsets.MonthEnd(6)  # until the next biannual report


def add_standing(actions: pd.DataFrame, quarter: str) -> pd.DataFrame:
    """Actions with where each stands at a quarter's end, overdue first, then by date.

    Parameters
    ----------
    actions : DataFrame
        As `read_actions` gives them.
    quarter : str
        An action of March is past its date in a report of the quarter that ends on 31 March.

    Returns
    -------
    DataFrame, same rows
        Adds `standing`, one of `STANDINGS`: without a recorded status nobody can say that an
        action is overdue, nor that it is not.
    """
    end = pd.Timestamp(parse_quarter(quarter).end)
    past, recorded = actions["due_date"] <= end, actions["status"] != ""
    standing = pd.Series(LATER, index=actions.index)
    standing = standing.mask(actions["due_date"] <= end + AHEAD, DUE_NEXT)
    standing = standing.mask(past & ~recorded, UNKNOWN).mask(past & recorded, OVERDUE)
    standing = standing.mask(actions["status"] == "done", DONE)
    order = standing.map({name: place for place, name in enumerate(STANDINGS)})
    ranked = actions.assign(standing=standing, rank=order)
    ranked = ranked.sort_values(["rank", "due_date"], kind="stable").drop(columns="rank")
    return ranked.reset_index(drop=True)


def filter_due(actions: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Actions whose date lies between two days, both included, by date."""
    chosen = actions[actions["due_date"].between(first, last)]
    return chosen.sort_values("due_date", kind="stable").reset_index(drop=True)


def actions_for(actions: pd.DataFrame, indicator_id: str) -> pd.DataFrame:
    """Actions linked with an indicator, those not done first, the next due on top."""
    linked = actions.loc[[indicator_id in each for each in actions["indicators"]], :]
    done = linked["status"] == "done"
    return linked.assign(done=done).sort_values(["done", "due_date"]).drop(columns="done")


def without_action(indicator_ids: Collection[str], actions: pd.DataFrame) -> list[str]:
    """Those of some indicators that no action is linked with, in their order."""
    linked = {each for ids in actions["indicators"] for each in ids}
    return [each for each in indicator_ids if each not in linked]


def recorded_since(actions: pd.DataFrame, quarter: str, quarters: int = 2) -> pd.DataFrame:
    """Actions whose status was recorded after the end of an earlier quarter's report.

    Parameters
    ----------
    actions : DataFrame
        As `read_actions` gives them.
    quarter : str
        The quarter reported.
    quarters : int
        How many quarters before it the last report was.
    """
    before = pd.Timestamp(earlier_quarter(parse_quarter(quarter), quarters).end)
    return actions[actions["updated"] > before].reset_index(drop=True)
