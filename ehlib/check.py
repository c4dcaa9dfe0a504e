"""Extracts validated without loading them: what each file gives, and every fault in it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from typing import TextIO

import pandas as pd

from ehlib.load.accounts.files import SHAPES
from ehlib.load.accounts.grouped import fault_lines, group_faults
from ehlib.load.cases import CASE_KINDS
from ehlib.load.indicators import Indicator, read_indicators
from ehlib.load.readers import read_extract
from ehlib.load.schema import COLUMNS
from ehlib.load.sources.extract import SAME, Extract, join_faults

BATCH = 10_000  # faults turned into text at a time


def check_files(
    paths: Sequence[Path],
    reference: Path,
    out: TextIO,
    *,
    as_json: bool = False,
    observations: Path | None = None,
) -> bool:
    """Write what each file would give and every fault in it; nothing is loaded.

    Parameters
    ----------
    paths : sequence of Path
        Extracts of any kind.
    reference : Path
        Folder of the catalogue.
    out : text stream
        Where the findings go: lines to read, or one JSON object a line a file.
    as_json : bool
        Every fault by itself, as JSON; otherwise faults that are alike are told as one.
    observations : Path, optional
        CSV to write the observations to that would load; case records give none here.

    Returns
    -------
    bool
        Whether all files are accepted: no file and no row is refused by an error.
    """
    indicators = read_indicators(reference / "indicators.toml")
    accepted, begun = True, False
    if observations:
        observations.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    for path in paths:
        extracts = _read(path, indicators)
        account = account_of(path, extracts)
        accepted &= account["outcome"] == "accepted"
        if as_json:
            _write_json(account, extracts, out)
        else:
            if begun:
                out.write("\n")
            _write_lines(account, extracts, out)
        if observations:
            _append(extracts, observations)
        begun = True
        out.flush()
    return accepted


def account_of(path: Path, extracts: Sequence[Extract]) -> dict[str, object]:
    """Outcome of a file and its rows: read, taken (of which normalised), and not taken."""
    normalised = sum(each.rows_normalised for each in extracts)
    refused = any(each.has_errors for each in extracts)
    return {
        "file": str(path),
        "outcome": "refused" if refused else "accepted",
        "rows_read": sum(each.rows_read for each in extracts),
        "rows_loaded": sum(each.rows_loaded for each in extracts) + normalised,
        "rows_normalised": normalised,
        "rows_rejected": sum(each.rows_rejected for each in extracts),
    }


def _read(path: Path, indicators: Mapping[str, Indicator]) -> list[Extract]:
    """What a file gives; boundaries are told by the ending of their names."""
    if path.suffix.lower() not in SHAPES:
        return read_extract(path, indicators)
    from ehlib.load.boundaries import read_boundary_file  # needs a second to import

    return [read_boundary_file(path)[1]]


def _write_json(account: Mapping[str, object], extracts: Sequence[Extract], out: TextIO) -> None:
    """One line for a file; faults go out in batches, since a million of them fill the memory."""
    out.write(json.dumps(account)[:-1] + ', "faults": [')
    before = ""
    for extract in extracts:
        for text in _faults_in_json(extract.faults):
            out.write(before + text)
            before = ", "
    out.write("]}\n")


def _faults_in_json(faults: pd.DataFrame) -> Iterator[str]:
    """Faults as JSON objects, a batch of them at a time; words alike are encoded once."""
    for start in range(0, len(faults), BATCH):
        part = faults.iloc[start : start + BATCH]
        groups = part.groupby(SAME, observed=True, sort=False, dropna=False).ngroup()
        firsts = part.loc[~groups.duplicated(), SAME].astype("str").to_dict("records")
        heads = [json.dumps(words)[:-1] for words in firsts]
        told = zip(groups.tolist(), part["row"].tolist(), part["found"].tolist(), strict=True)
        yield ", ".join(
            f'{heads[group]}, "row": {row}, "found": {quoted(found)}}}'
            for group, row, found in told
        )


def _write_lines(account: Mapping[str, object], extracts: Sequence[Extract], out: TextIO) -> None:
    """What a reader at a screen wants: the outcome, then faults alike as one, errors first."""
    kinds = dict.fromkeys(each.kind for each in extracts if each.kind != "refused")
    named = f" ({', '.join(kinds)})" if kinds else ""
    counts = {"read": "rows_read", "taken": "rows_loaded", "not taken": "rows_rejected"}
    said = ", ".join(f"{account[key]:,} {word}" for word, key in counts.items())
    mended = f", {account['rows_normalised']:,} of those taken normalised"
    out.write(f"{account['file']}: {account['outcome']}{named}: rows {said}{mended}\n")
    name = Path(str(account["file"])).name
    faults = join_faults(each.faults for each in extracts).assign(file=name)
    for line in fault_lines(group_faults(faults)):
        out.write(f"  {line}\n")
    if any(kind in CASE_KINDS for kind in kinds):
        out.write("  case records are counted by `ehlib prepare`; none of them is shown here\n")


def _append(extracts: Sequence[Extract], observations: Path) -> None:
    """Add the observations of a file to a CSV."""
    for extract in extracts:
        if set(COLUMNS) <= set(extract.frame.columns):
            extract.frame[COLUMNS].to_csv(
                observations,
                mode="a",
                header=False,
                index=False,
                encoding="utf-8",
                lineterminator="\n",
            )
