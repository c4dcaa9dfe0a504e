"""The plan's actions on a page: how many stand where, each with its outcomes, what to decide."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.periods import parse_quarter
from ehlib.measure.impact.standing import (
    DONE,
    DUE_NEXT,
    OVERDUE,
    STANDINGS,
    UNKNOWN,
    actions_for,
)
from ehlib.show.board.words import PRIORITY_WORDS, SAID, SIGNS, now_of
from ehlib.show.cells import show_facts, show_markdown, show_note, show_table
from ehlib.show.sentences import begin, count_words, in_sentence

NO_STATUS, NO_ACTION = "no status recorded", "no action recorded"
NONE = "No action of the plan is recorded, so this page cannot say what was done."
MARKS = {OVERDUE: "\u2718", UNKNOWN: "?", DUE_NEXT: "\u25b6", DONE: "\u2714"}
LINK_NOTE = (
    "Actions are in our words. The plan does not say which outcomes an action is to move: the "
    "links are our reading of it. "
    "Statuses are as the analyst last recorded them; without one, it is not known how it stands."
)
LISTED = 2  # actions named for one indicator, before the rest are counted


def month_words(action: Mapping[str, object]) -> str:
    """Month by which an action was to be done: `September 2014`."""
    return f"{action['due_date']:%B %Y}"


def recorded_words(action: Mapping[str, object]) -> str:
    """Status and the day on which it was recorded; empty where none is."""
    if not action["status"]:
        return ""
    return f"{begin(str(action['status']))}, recorded {_day(action['updated'])}"


def count_actions(actions: pd.DataFrame, noun: str = "action") -> str:
    """How many actions, and apart from them how many parts: `8 actions and 4 parts of one of them`.

    Parameters
    ----------
    actions : DataFrame
        As `read_actions` gives them; a part may stand here without the action it belongs to.
    noun : str
        What one action is called.
    """
    of = actions.loc[actions["part_of"] != "", "part_of"]
    whole, parts = count_words(len(actions) - len(of), noun), count_words(len(of), "part")
    if of.empty:
        return whole
    owners = len(of.unique())
    if len(of) == len(actions):
        return f"{parts} of {'an action' if owners == 1 else 'several actions'}"
    if of.isin(actions["id"]).all():
        return f"{whole} and {parts} of {'one' if owners == 1 else owners} of them"
    return f"{whole} and {parts} of {'another' if owners == 1 else 'several actions'}"


def show_standing(actions: pd.DataFrame) -> None:
    """Table of how many actions stand where; or that none is recorded."""
    if actions.empty:
        show_note(NONE)
        return
    caption = f"{begin(count_actions(actions))} by where they stand, for each priority."
    show_table(standing_table(actions), caption=caption)


def standing_table(actions: pd.DataFrame) -> pd.DataFrame:
    """One row a priority and one for all: how many actions stand where.

    Parameters
    ----------
    actions : DataFrame
        As `add_standing` gives them; a part of an action is counted like one.

    Returns
    -------
    DataFrame of text
    """
    counts = pd.crosstab(actions["priority"], actions["standing"])
    order = actions.sort_values("section", kind="stable")["priority"].unique()
    counts = counts.reindex(order).reindex(columns=list(STANDINGS)).fillna(0).astype("int64")
    counts.loc["All priorities"] = counts.sum()
    table = counts.rename(columns=begin).astype("str")
    heading = "Actions and parts" if actions["part_of"].any() else "Actions"
    table.insert(0, heading, counts.sum(axis=1).astype("str"))
    table = table.rename_axis("Priority").rename(index=PRIORITY_WORDS)
    return table.reset_index().rename_axis(columns=None)


def actions_table(
    actions: pd.DataFrame, progress: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """One row an action: by when, how it stands, its evidence, and the outcomes it is to move.

    Parameters
    ----------
    actions : DataFrame
        As `add_standing` gives them.
    progress : DataFrame
        As `add_progress` gives it: each outcome is named with its status.
    indicators : mapping
        The catalogue.

    Returns
    -------
    DataFrame of text
        Without columns for status and evidence where none is recorded.
    """
    rows = [
        {
            "Action": each["action"],
            "By": month_words(each),
            "Stands": f"{MARKS.get(each['standing'], '')} {begin(each['standing'])}".strip(),
            "Recorded status": recorded_words(each),
            "Evidence": each["evidence"],
            "Outcomes it is to move": _outcomes(each["indicators"], progress, indicators),
        }
        for each in actions.to_dict("records")
    ]
    table = pd.DataFrame(rows)
    return table.loc[:, (table != "").any()]


def pressing_table(actions: pd.DataFrame) -> pd.DataFrame:
    """One row an action past its date or due within six months, overdue first."""
    chosen = actions[actions["standing"].isin([OVERDUE, UNKNOWN, DUE_NEXT])]
    rows = [
        {
            "Action": each["action"],
            "By": month_words(each),
            "Stands": f"{MARKS[each['standing']]} {begin(each['standing'])}",
            "Recorded status": recorded_words(each),
            "Priority": PRIORITY_WORDS[each["priority"]],
            "Evidence": each["evidence"],
        }
        for each in chosen.to_dict("records")
    ]
    table = pd.DataFrame(rows)
    return table.loc[:, (table != "").any()] if rows else table


def show_pressing(actions: pd.DataFrame, quarter: str) -> None:
    """Actions past their date or due within six months, and who leads; or that there is none.

    Nothing is shown, and the section left out, where no action is recorded at all.
    """
    if actions.empty:
        return
    table = pressing_table(actions)
    if table.empty:
        show_note("No action is past its date or due in the next 6 months.")
        return
    end = parse_quarter(quarter).end
    caption = (
        f"Actions past their date on {end.day} {end:%B %Y}, which come first, or due in the next "
        "6 months."
    )
    show_table(table, caption=caption)
    show_note("Who leads, as the plan has it for each priority:")
    show_facts(lead_facts(actions[actions["standing"].isin(MARKS) & (actions["standing"] != DONE)]))


def lead_facts(actions: pd.DataFrame) -> dict[str, str]:
    """Bodies that lead some actions, under the name of their priority."""
    facts = {}
    for _, part in actions.groupby("section", sort=True):
        leads = dict.fromkeys(lead for leads in part["leads"] for lead in leads)
        facts[PRIORITY_WORDS[part["priority"].iloc[0]]] = "; ".join(leads)
    return facts


def show_by_priority(
    actions: pd.DataFrame, progress: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> None:
    """A heading and a table of actions for each priority, in the order of the plan's sections."""
    for _, part in actions.groupby("section", sort=True):
        priority = part["priority"].iloc[0]
        show_markdown(f"### {priority}")
        show_table(
            actions_table(part, progress, indicators),
            caption=f"{priority}: {count_actions(part)}, those past their date first.",
            note=LINK_NOTE,
        )


def actions_findings(actions: pd.DataFrame, quarter: str) -> list[str]:
    """How many actions are past their date, due soon or done, as one finding."""
    if actions.empty:
        return [NONE]
    end = parse_quarter(quarter).end
    counts = actions["standing"].value_counts()
    past = int(counts.get(OVERDUE, 0) + counts.get(UNKNOWN, 0))
    unknown = int((actions["status"] == "").sum())
    day = f"{end.day} {end:%B %Y}"
    said = (
        f"Of the plan's {count_actions(actions, 'dated action')}, "
        f"{_are(past, f'past the date set on {day}')} "
        f"and {_are(int(counts.get(DUE_NEXT, 0)), 'due in the next 6 months')}."
    )
    if unknown == len(actions):
        return [f"{said} No status is recorded for any, so none can be called done or late."]
    said += f" {begin(_are(int(counts.get(DONE, 0)), 'recorded as done'))}."
    if unknown:
        silent = count_actions(actions[actions["status"] == ""])
        said += f" {silent} {'have' if unknown > 1 else 'has'} no status recorded."
    return [said]


def linked_words(indicator_id: str, actions: pd.DataFrame) -> str:
    """Actions linked with an indicator: the next due by name, how many more; or that none is."""
    linked = actions_for(actions, indicator_id)
    if linked.empty:
        return begin(NO_ACTION)
    told = [
        f"{each['action']} (by {month_words(each)}; {each['status'] or NO_STATUS})"
        for each in linked.head(LISTED).to_dict("records")
    ]
    rest = len(linked) - LISTED
    return "; ".join([*told, *([f"and {count_words(rest, 'more action')}"] if rest > 0 else [])])


def _outcomes(
    ids: tuple[str, ...], progress: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> str:
    """Outcomes of an action with their status in words."""
    rows = progress.set_index("indicator_id")
    told = []
    for key in ids:
        if key in rows.index:
            row = rows.loc[key]
            status = str(row["status"])
            name = in_sentence(now_of(indicators[key], row).short_name)
            told.append(f"{name}: {SIGNS[status]} {SAID.get(status, status)}")
    return begin("; ".join(told)) or "None of section 4"


def _day(day: pd.Timestamp) -> str:
    return "" if pd.isna(day) else f"{day.day} {day:%B %Y}"


def _are(count: int, what: str) -> str:
    return f"{count or 'none'} {'are' if count > 1 else 'is'} {what}"
