"""Faults that are alike, told as one with how many there are and a few examples."""

from typing import TYPE_CHECKING

import pandas as pd

from ehlib.load.sources.extract import FAULT_COLUMNS

if TYPE_CHECKING:
    from ehlib.load.accounts import Prepared

ALIKE = ["file", "sheet", "rule", "severity", "wanted", "mend"]
EXAMPLES = 5  # rows and cells that stand for all that are alike
SEVERITIES = ("error", "warning", "note")  # in the order in which they are told
SHOWN = 60  # characters of a cell that an example shows
LISTED = 20  # groups of a severity on the screen; all faults stand in faults.csv
HEADINGS = {
    "error": "To be mended (these rows or files were refused):",
    "warning": "To be looked at (used all the same):",
}
REASONS = "Left out or settled for a stated reason (nothing to do; each stands in faults.csv):"
CHANGES = {
    "revised": "{:,} figures were replaced by those of a later extract: see revisions.csv",
    "restated": "{:,} figures are not what they were last time: see restated.csv",
    "new": "{:,} figures are new since last time",
    "gone": "{:,} figures that were held last time are not there now",
    "unmapped": "{:,} indicators that the catalogue does not have: see unmapped.json",
}
COUNTS = {
    "read": "rows read",
    "loaded": "loaded as written",
    "normalised": "loaded in another writing or merged",
    "rejected": "refused",
}


def group_faults(faults: pd.DataFrame) -> pd.DataFrame:
    """Faults alike in file, sheet and rule as one row, errors first.

    Parameters
    ----------
    faults : DataFrame, one row a fault
        `FAULT_COLUMNS`, and `file` where several files are told of.

    Returns
    -------
    DataFrame, one row for those alike
        `file`, `sheet`, `rule`, `severity`, `column` and `rows` (the first five of each, then how
        many more), `count`, `found` (five different cells at most), `wanted` and `mend`, as text
        but for `count`.
    """
    listed = faults.reindex(columns=["file", *FAULT_COLUMNS]).fillna({"file": ""})
    listed = listed.astype(dict.fromkeys(ALIKE, "category"))
    rows = []
    for alike, part in listed.groupby(ALIKE, sort=False, dropna=False, observed=True):
        words = dict(zip(ALIKE, alike, strict=True))
        told = {"count": len(part), "rows": _rows(part["row"]), "found": _found(part["found"])}
        told["column"] = _few(part["column"])
        rows.append(words | told)
    columns = [*ALIKE[:4], "column", "count", "rows", "found", "wanted", "mend"]
    grouped = pd.DataFrame(rows, columns=columns)
    return grouped.sort_values(
        "severity", key=lambda words: words.map(SEVERITIES.index), kind="stable"
    ).reset_index(drop=True)


def fault_lines(grouped: pd.DataFrame) -> list[str]:
    """Grouped faults as lines for the screen: where, what was found, what to do."""
    return [_line(row) for row in grouped.to_dict("records")]


def _line(row: dict[str, object]) -> str:
    sheet = f", sheet {row['sheet']}" if row["sheet"] else ""
    column = f", {row['column']}" if row["column"] else ""
    count = f" ({row['count']:,} rows)" if row["count"] > 1 else ""
    whole = row["rows"] == "row 1" and not column  # of a file: the message is a sentence
    place = "" if whole else f", {row['rows']}{column}"
    words = [str(row["found"]) if whole else f"found {row['found'] or 'nothing'}"]
    words += [f"expected {row['wanted']}"] if row["wanted"] else []
    words += [str(row["mend"])] if row["mend"] else []
    return f"{row['file']}{sheet}{place}: {'; '.join(words)}{count} [{row['rule']}]"


def _rows(rows: pd.Series) -> str:
    few = _few(rows)
    return f"rows {few}" if "," in few else f"row {few}"


def _few(texts: pd.Series) -> str:
    """The first that differ, then how many more."""
    different = texts.drop_duplicates()
    more = f" and {len(different) - EXAMPLES:,} more" if len(different) > EXAMPLES else ""
    return ", ".join(filter(None, different.head(EXAMPLES).astype("str"))) + more


def _found(cells: pd.Series) -> str:
    """Cells that differ, the longest shortened, then how many more."""
    different = cells.drop_duplicates()
    shown = [
        f"{cell[:SHOWN]}\u2026" if len(cell) > SHOWN and len(different) > 1 else cell
        for cell in different.head(EXAMPLES)
    ]
    more = f" and {len(different) - EXAMPLES:,} more" if len(different) > EXAMPLES else ""
    return " | ".join(filter(None, shown)) + more


def reason_lines(notes: pd.DataFrame) -> list[str]:
    """One line a file: for which reasons something of it was left out or settled, how often."""
    counts = notes.astype({"file": "str", "rule": "str"}).groupby(["file", "rule"], sort=False)
    lines: dict[str, list[str]] = {}
    for (file, rule), count in counts.size().items():
        lines.setdefault(file, []).append(f"{rule.replace('_', ' ')} ({count:,})")
    return [f"{file}: {', '.join(reasons)}" for file, reasons in lines.items()]


def summary_lines(prepared: "Prepared") -> list[str]:
    """What a run did, for the screen: what to mend first, what was left out, what changed."""
    faults, lines = prepared.faults, [_rows_of(prepared.accounts)]
    for severity, heading in HEADINGS.items():
        told = fault_lines(group_faults(faults[faults["severity"] == severity]))
        more = f"  and {len(told) - LISTED:,} more kinds of fault: see faults.csv"
        lines += [heading] * bool(told)
        lines += [f"  {line}" for line in told[:LISTED]] + [more] * (len(told) > LISTED)
    notes = reason_lines(faults[faults["severity"] == "note"])
    more = f"  and {len(notes) - LISTED:,} more files: see faults.csv"
    lines += [REASONS] * bool(notes) + [f"  {line}" for line in notes[:LISTED]]
    lines += [more] * (len(notes) > LISTED)
    counts = prepared.changes | {"revised": len(prepared.revisions)}
    return lines + [words.format(counts[name]) for name, words in CHANGES.items() if counts[name]]


def _rows_of(accounts: list[dict[str, object]]) -> str:
    """How many rows of how many files were read, and what became of them."""
    left_out = sum(each["rows_left_out"] for each in accounts)
    counts = {word: sum(each[f"rows_{word}"] for each in accounts) for word in COUNTS}
    counts["rejected"] -= left_out
    said = [f"{count:,} {COUNTS[word]}" for word, count in counts.items()]
    said.append(f"{left_out:,} left out for a stated reason")
    whole = sum(each["outcome"] == "refused" for each in accounts)
    files = f"{len(accounts):,} file{'s' * (len(accounts) != 1)}"
    refused = f" {whole:,} file{'s' * (whole != 1)} refused whole." if whole else ""
    return f"{files}: {', '.join(said)}.{refused}"
