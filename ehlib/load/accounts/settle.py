"""Several extracts that give the same figure: taken once, revised by the later, or refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from ehlib.load.accounts.agreement import add_told, agree
from ehlib.load.accounts.files import rows_as_written
from ehlib.load.accounts.restated import REVISED
from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY, LISTED, NUMBERS
from ehlib.load.sources.extract import Extract, fault, join_faults, numbered

KEPT, MERGED, REPLACED, ELSEWHERE, REFUSED = range(5)  # what becomes of a row


@dataclass(frozen=True)
class Part:
    """One table of a file, with the file's name in the run, where it lies and its day."""

    file: str
    path: Path
    extract: Extract
    day: date


def settle_figures(
    parts: list[Part], indicators: Mapping[str, Indicator]
) -> tuple[list[Extract], pd.DataFrame]:
    """Extracts in which no two rows are about the same figure, and what was revised.

    Of rows that agree, to the rounding of the coarser, the one that tells more is kept. Of rows
    that differ the one of the later day is kept, and the earlier is put down as revised. Rows of
    the same day that differ are refused, all of them, unless they come from different kinds of
    files, such as a publisher's own table and a collection of tables: then the one that tells
    more is kept, and the other put down in a note.

    Parameters
    ----------
    parts : list of Part
        Extracts with the observation columns, in the order of their files.
    indicators : mapping
        The catalogue.

    Returns
    -------
    tuple of list of Extract and DataFrame
        As many extracts, less the rows that others stand for; revisions, one row for each figure
        that a later extract replaced, with `REVISED`.
    """
    rows = _shared(parts)
    if rows.empty:
        return [part.extract for part in parts], pd.DataFrame(columns=REVISED)
    rows = _judged(rows, indicators)
    own = dict(list(rows.groupby("part")))
    extracts = [
        _settled(part, own[number], _faults(rows, own[number])) if number in own else part.extract
        for number, part in enumerate(parts)
    ]
    return extracts, _revisions(rows)


def _shared(parts: list[Part]) -> pd.DataFrame:
    """Rows whose key another row has too, with file, row, day and place in their frame."""
    hashes = [pd.util.hash_pandas_object(each.extract.frame[KEY], index=False) for each in parts]
    doubles = pd.concat(hashes or [pd.Series(dtype="uint64")]).duplicated(keep=False).to_numpy()
    found, start = [], 0
    for number, part in enumerate(parts):
        frame = part.extract.frame
        places = np.flatnonzero(doubles[start : start + len(frame)])
        start += len(frame)
        if len(places):
            rows = frame.iloc[places][[*KEY, *NUMBERS, "period_start", "value_note", "source_id"]]
            rows = rows.astype(dict.fromkeys([*KEY, "value_note", "source_id"], "str"))
            rows = rows.assign(part=number, place=places, row=frame.index[places], file=part.file)
            rows = rows.assign(kind=part.extract.kind, sheet=part.extract.sheet)
            found.append(rows.assign(day=pd.Timestamp(part.day)))
    together = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=KEY)
    # Two keys may share a hash; those are told apart here.
    return together[together.duplicated(KEY, keep=False)].reset_index(drop=True)


def _judged(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Rows with what becomes of each in `fate`, and the row that is kept in its place in `kept`."""
    rows = add_told(rows).assign(group=numbered(rows, KEY))
    silent = _silent(rows)
    rows = rows.assign(silent=silent, told=rows["told"].mask(silent, -1))
    order = ["group", "silent", "day", "told", "part", "place"]
    rows = rows.sort_values(order, ascending=[True, True, False, False, True, True])
    rows = rows.reset_index(drop=True)
    # The first of a group is of the last day, and of its day it tells the most.
    first = rows.index.to_series().groupby(rows["group"]).transform("first").to_numpy()
    lead = rows.iloc[first].reset_index(drop=True)
    same = agree(rows, lead, indicators) | rows["silent"]
    today = rows["day"].eq(lead["day"])
    clash = ~same & today & rows["kind"].eq(lead["kind"])
    refused = clash.groupby(rows["group"]).transform("any")
    fate = np.where(same | refused, MERGED, np.where(today, ELSEWHERE, REPLACED))
    rows = rows.assign(fate=np.where(refused & today, REFUSED, fate))
    taken = rows[same & ~refused]
    best = taken.groupby("group")["told"].idxmax()
    rows.loc[best, "fate"] = KEPT
    return rows.assign(kept=rows["group"].map(best))


def _silent(rows: pd.DataFrame) -> pd.Series:
    """Rows that say only that they have no figure, where another source or a later row has one.

    A figure that its own source withdraws later is gone; one that is hidden later is hidden.
    """
    known, source = rows["figure"], [rows["group"], rows["source_id"]]
    own_last = rows["day"].where(known).groupby(source).transform("max")
    others = known.groupby(rows["group"]).transform("sum") > known.groupby(source).transform("sum")
    hidden = rows["value_note"].str.contains("suppressed", regex=False)
    return ~known & ~hidden & (others | (own_last >= rows["day"]))


def _settled(part: Part, rows: pd.DataFrame, faults: pd.DataFrame) -> Extract:
    """Extract less the rows that another stands for, or that were refused, all accounted for.

    A source row that gave several observations is rejected only if nothing of it was of use.
    """
    extract = part.extract
    going = rows[rows["fate"] != KEPT]
    if going.empty:
        return extract
    frame = extract.frame[~np.isin(np.arange(len(extract.frame)), going["place"])]
    refused = going["fate"] == REFUSED
    lost = pd.Index(going.loc[refused, "row"].unique()).difference(frame.index)
    lost = lost.difference(pd.Index(going.loc[~refused, "row"]))
    return without_rows(part, frame, lost, pd.Index(going["row"].unique()), faults)


def without_rows(
    part: Part, frame: pd.DataFrame, lost: pd.Index, touched: pd.Index, faults: pd.DataFrame
) -> Extract:
    """Extract with the frame that is left of it, and its rows counted anew.

    Parameters
    ----------
    part : Part
        The extract as it was.
    frame : DataFrame
        What is left of its frame.
    lost, touched : Index of int
        Source rows that are rejected now, and all of which an observation left the frame.
    faults : DataFrame
        What is to be said of them.
    """
    extract = part.extract
    mended = extract.mended
    # Where a reader does not tell which rows it normalised, as few as can be are counted twice.
    fewer = max(len(lost.intersection(mended)), len(lost) - extract.rows_loaded)
    more = len(touched.difference(lost).difference(mended))
    loaded = extract.rows_loaded - (len(lost) - fewer)
    return replace(
        extract,
        frame=frame,
        faults=join_faults([extract.faults, faults]),
        rejected=pd.concat([extract.rejected, rows_as_written(part.path, extract, lost)]),
        rows_normalised=extract.rows_normalised - fewer + min(more, loaded),
        mended=mended.union(touched).difference(lost),
    )


def _faults(rows: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Faults of one part: figures that contradict, and those another kind of file gives better."""
    refused, elsewhere = own[own["fate"] == REFUSED], own[own["fate"] == ELSEWHERE]
    sheet, said = own["sheet"].iloc[0], []
    if len(refused):
        found = _places(rows[rows["fate"] == REFUSED], refused) + label(refused)
        wanted, mend = "one row, or rows that say the same", "remove what is out of date"
        words = (wanted, f"{mend} from one of the files")
        places = pd.Index(refused["row"])
        said.append(fault(places, "key_repeated", "indicator_id", found, *words, sheet=sheet))
    if len(elsewhere):
        kept = rows.loc[elsewhere["kept"].astype("int64")].set_index(elsewhere.index)
        found = _number(elsewhere) + " beside " + _number(kept) + " in " + kept["file"]
        places, found = pd.Index(elsewhere["row"]), found + label(kept)
        said.append(fault(places, "figure_elsewhere", "value", found, sheet=sheet))
    return join_faults(said)


def _places(rows: pd.DataFrame, own: pd.DataFrame) -> pd.Series:
    """For each of its own rows where all that contradict it stand: five, then how many more."""
    rows = rows.sort_values(["part", "place"])
    text = "row " + rows["row"].astype("str") + " of " + rows["file"]
    nth, size = rows.groupby("group").cumcount(), rows.groupby("group")["group"].transform("size")
    named = pd.Series("", index=own["group"].unique(), dtype="str")
    for place in range(LISTED):
        at = text[nth == place].set_axis(rows.loc[nth == place, "group"])
        comma = ", " if place else ""
        named += (comma + at).reindex(named.index).fillna("")
    rest = size.set_axis(rows["group"]).groupby(level=0).first().reindex(named.index) - LISTED
    named += (" and " + rest.astype("str") + " more").where(rest > 0, "")
    return own["group"].map(named).astype("str")


def label(rows: pd.DataFrame) -> pd.Series:
    """What rows of figures are about, for a message."""
    return ": " + rows["indicator_id"] + ", " + rows["area_code"] + ", " + rows["period"]


def _number(rows: pd.DataFrame) -> pd.Series:
    """Value of each row, else its count, else its note."""
    number = rows["value"].fillna(rows["numerator"])
    return number.map("{:.10g}".format).where(number.notna(), rows["value_note"]).astype("str")


def _revisions(rows: pd.DataFrame) -> pd.DataFrame:
    """Figures that a later extract replaced: what they were, what they are, and where both stand.

    They are told in the order of the new rows.
    """
    old = rows[rows["fate"] == REPLACED]
    new = rows.loc[old["kept"].astype("int64")].set_index(old.index)
    names = {"value": "value", "numerator": "numerator", "value_note": "note"}
    told = {f"old_{word}": old[name] for name, word in names.items()}
    told |= {f"new_{word}": new[name] for name, word in names.items()}
    same = old["kind"].eq(new["kind"]) | old["source_id"].eq(new["source_id"])
    why = same.map({True: "a later extract", False: "a later extract of another publisher"})
    told |= {"old_file": old["file"], "old_row": old["row"], "why": why.astype("str")}
    listed = new[["file", "sheet", "row", *KEY]].assign(**told)
    return listed[REVISED].sort_values(["file", "row"], kind="stable").reset_index(drop=True)
