"""The account of the extracts: what was read, what is to be mended, what was left out and why."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.sources.rules import RULES
from ehlib.show.cells import show_note, show_table
from ehlib.show.findings import last_day
from ehlib.show.sentences import begin, count_words, list_words

Accounts = Mapping[str, Any]
LISTED = 40  # kinds of fault that the page lists; faults.csv has every one
GRAVE = {"error": "\u2718 refused", "warning": "! used, to be looked at"}


def quality_context(accounts: Accounts, areas: Areas, quarter: str) -> str:
    """Line under the title of the page on data quality."""
    day = pd.Timestamp(str(accounts["prepared"]))
    return (
        f"{areas.county.name}. Extracts prepared on {day.day} {day:%B %Y}. Periods that ended "
        f"after {last_day(quarter)} are left out."
    )


def quality_findings(
    accounts: Accounts, observations: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> list[str]:
    """What was read, refused and changed, and for how many of the plans' indicators one is held."""
    files = pd.DataFrame(accounts["files"])
    rows = f"{files['rows_read'].sum():,} rows of {count_words(len(files), 'extract')}"
    planned = {key for key, each in indicators.items() if each.sets}
    known = observations.dropna(subset=["value", "numerator"], how="all")["indicator_id"]
    synthetic = observations["value_note"].str.contains("synthetic").any()
    return [
        f"All {rows} are accounted for. {_refused(files)}",
        f"Figures are held for {len(planned & set(known))} of the {len(planned)} indicators of the "
        "two plans.",
        _changed(accounts.get("changes", {})),
        "Case records are a synthetic sample, not real children." if synthetic else "",
    ]


def files_table(accounts: Accounts) -> pd.DataFrame:
    """One row an extract: what it is, and how many rows were read, taken, left out and refused."""
    rows = []
    for each in accounts["files"]:
        left_out = each.get("rows_left_out", 0)
        counts = {name: each[f"rows_{name}"] for name in ("read", "loaded", "normalised")}
        counts |= {"left out": left_out, "refused": each["rows_rejected"] - left_out}
        rows.append(
            {
                "Extract": each["file"],
                "Kind": str(each["kind"]).replace("_", " ").replace("mash", "MASH"),
                "Outcome": each["outcome"],
                **{f"Rows {name}": f"{count:,}" for name, count in counts.items()},
            }
        )
    return pd.DataFrame(rows)


def show_faults(accounts: Accounts) -> None:
    """List what is to be mended, faults alike as one; or say that there is nothing.

    No cell of an extract is shown, since the page is shared: `faults.csv` has them.
    """
    faults = [each for each in accounts.get("faults", []) if each["severity"] in GRAVE]
    if not faults:
        show_note("Nothing is to be mended.")
        return
    table = faults_table(faults)
    rest = len(table) - LISTED
    note = f"And {count_words(rest, 'other kind')} of fault: see faults.csv." if rest > 0 else ""
    show_table(table.head(LISTED), caption="What is to be mended, and how.", note=note)


def faults_table(faults: list[dict[str, Any]]) -> pd.DataFrame:
    """One row a kind of fault and its mend, over all extracts that have it."""
    listed = pd.DataFrame(faults)
    listed["what"] = [_meaning(each) for each in faults]
    rows = []
    for (what, severity, mend), part in listed.groupby(["what", "severity", "mend"], sort=False):
        rows.append(
            {
                "What is wrong": what,
                "Extract": _files(part["file"]),
                "Where": _where(part.iloc[0]) if len(part) == 1 else "",
                "Faults": f"{part['count'].sum():,}",
                "So it was": GRAVE[severity],
                "Mend": begin(mend) if mend else "See faults.csv",
            }
        )
    table = pd.DataFrame(rows)
    return table.loc[:, (table != "").any()]


def show_left_out(accounts: Accounts) -> None:
    """List what was left out or settled for a stated reason; or say that nothing was."""
    notes = [each for each in accounts.get("faults", []) if each["severity"] == "note"]
    if not notes:
        show_note("Nothing was left out.")
        return
    listed = pd.DataFrame(notes).groupby("rule", sort=False, observed=True)
    rows = [
        {
            "What": _meaning({"rule": rule}),
            "Times": f"{part['count'].sum():,}",
            "For example": str(part["found"].iloc[0]).partition(" | ")[0],
            "Extracts": _files(part["file"]),
        }
        for rule, part in listed
    ]
    show_table(pd.DataFrame(rows), caption="What was left out or settled, and why.")


def _refused(files: pd.DataFrame) -> str:
    """How much was refused, and how much left out; a file refused whole has no rows to count."""
    files = files.reindex(columns=[*files.columns.difference(["rows_left_out"]), "rows_left_out"])
    left_out = int(files["rows_left_out"].fillna(0).sum())
    counts = {
        "row": int(files["rows_rejected"].sum()) - left_out,
        "whole file": int((files["outcome"] == "refused").sum()),
    }
    said = [count_words(count, name) for name, count in counts.items() if count]
    were = "was" if sum(counts.values()) == 1 else "were"
    refused = f"{begin(list_words(said))} {were} refused." if said else "Nothing was refused."
    others = f" {begin(count_words(left_out, 'row'))} {'was' if left_out == 1 else 'were'} left out"
    return refused + (f"{others} for a stated reason." if left_out else "")


def _changed(changes: Mapping[str, int]) -> str:
    """How many figures are not what they were, or are gone, since the last preparation."""
    counts = [changes.get("restated", 0), changes.get("gone", 0)]
    words = [
        ("has changed since the last preparation", "have changed since the last preparation"),
        ("held at that time is gone", "held at that time are gone"),
    ]
    told = [
        f"{begin(count_words(count, 'figure'))} {one if count == 1 else many}."
        for count, (one, many) in zip(counts, words, strict=True)
        if count
    ]
    return " ".join(told)


def _meaning(fault: Mapping[str, object]) -> str:
    """What a rule means, in words; a rule that is not known any more, its name."""
    rule = RULES.get(str(fault["rule"]))
    return rule.meaning if rule else str(fault["rule"]).replace("_", " ")


def _where(fault: Mapping[str, object]) -> str:
    """Sheet, rows and columns; nothing of a file that was refused whole."""
    if fault["rows"] == "row 1" and not fault["column"]:
        return ""
    words = [f"sheet {fault['sheet']}" if fault["sheet"] else ""]
    return ", ".join(filter(None, [*words, str(fault["rows"]), str(fault["column"])]))


def _files(names: pd.Series) -> str:
    """Names of the first three files, without their folders, then how many more."""
    different = names.str.rpartition("/")[2].drop_duplicates()
    rest = len(different) - 3
    more = [count_words(rest, "more extract")] if rest > 0 else []
    return list_words([*different.head(3), *more])
