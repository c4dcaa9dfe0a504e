"""What the extracts of a run hold together: each figure and each case record once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from ehlib.load.accounts import Prepared
from ehlib.load.accounts.files import day_of
from ehlib.load.accounts.settle import Part, label, settle_figures, without_rows
from ehlib.load.accounts.sources import Entries, case_sources, describe_sources
from ehlib.load.cases import CASE_KINDS, merge_cases
from ehlib.load.cases.merging import contradicted_records
from ehlib.load.indicators import Indicator
from ehlib.load.indicators.unmapped import describe_unmapped
from ehlib.load.publishers import PUBLISHERS
from ehlib.load.schema import COLUMNS, KEY, TEXT
from ehlib.load.sources.extract import Extract, fault, join_faults, name_repeats

ROWS = "rows.parquet"  # where each published figure stands; read by `ehlib trace` alone
NOT_FIGURES = (*CASE_KINDS, "refused", "lookup", "boundaries")
TOLD = {
    "record_again": "{:,} records that stand alike in a later extract",
    "record_replaced": "{:,} records of which a later extract has another version",
}


def gather_figures(
    prepared: Prepared, described: Mapping[Path, date], indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """Figures of all extracts, each key once; what that took is put down in the account.

    Parameters
    ----------
    prepared : Prepared
        The run; the frames of its extracts are emptied, `revisions` and `sources` are set.
    described : mapping of Path to date
        Days on which files were retrieved.
    indicators : mapping
        The catalogue.

    Returns
    -------
    DataFrame
        `COLUMNS`, and `file`, `place` (of the table in its file) and `row`.
    """
    chosen = prepared.parts(*NOT_FIGURES, apart=True)
    parts = [_part(prepared, name, extract, described) for name, _, extract in chosen]
    extracts, prepared.revisions = settle_figures(parts, indicators)
    frames = [pd.DataFrame(columns=[*COLUMNS, "file", "place", "row"])]
    for (name, place, _), extract in zip(chosen, extracts, strict=True):
        # What is gathered need not be held twice; the account of the extract stays.
        prepared.put(name, place, replace(extract, frame=extract.frame.iloc[:0].copy()))
        if len(extract.frame):
            frame = extract.frame[COLUMNS].astype(dict.fromkeys(TEXT, "str"))
            frames.append(frame.assign(file=name, place=place, row=frame.index))
            named = dict.fromkeys(frame["source_id"].unique(), name)
            prepared.sources = named | prepared.sources
    del parts, extracts
    return pd.concat(frames[1:] or frames, ignore_index=True)


def gather_cases(prepared: Prepared, described: Mapping[Path, date], folder: Path) -> None:
    """Write the records of each kind, each once, for DuckDB to count.

    Parameters
    ----------
    prepared : Prepared
        The run, whose account says how many records of each extract a later one has.
    described : mapping of Path to date
        Days on which files were retrieved.
    folder : Path
        Gets one Parquet file a kind of which there are records; made when there are any.
    """
    for kind in CASE_KINDS:
        chosen = [each for each in prepared.parts(kind) if _records(each[2])]
        days = {name: day_of(prepared.raw / name, prepared.raw, described) for name, *_ in chosen}
        chosen.sort(key=lambda each: days[each[0]])
        if not chosen:
            continue
        chosen = _less_contradicted(prepared, chosen, days)
        parts = [extract.part for *_, extract in chosen]
        counts = merge_cases(parts, folder / f"{kind}.parquet").to_dict("records")
        for (name, place, extract), count in zip(chosen, counts, strict=True):
            prepared.put(name, place, _merged(extract, count))
            extract.part.unlink()


def reject_counted(
    prepared: Prepared, published: pd.DataFrame, counts: pd.DataFrame
) -> pd.DataFrame:
    """Figures less those that are counted here from case records, which are refused.

    Two sources of one figure must not stop everything, nor one of them win in silence.
    """
    both = pd.MultiIndex.from_frame(published[KEY]).isin(pd.MultiIndex.from_frame(counts[KEY]))
    left = published[~both]
    for (name, place), rows in published[both].groupby(["file", "place"]):
        extract = prepared.files[name][place]
        own = left.loc[left["file"].eq(name) & left["place"].eq(place), "row"]
        touched = pd.Index(rows["row"])
        found = "a figure beside case records" + label(rows)
        faults = fault(touched, "counted_from_cases", "indicator_id", found, sheet=extract.sheet)
        part = Part(name, prepared.raw / name, extract, date.min)
        lost = touched.unique().difference(pd.Index(own))
        rest = without_rows(part, extract.frame, lost, touched.unique(), faults)
        prepared.put(name, place, rest)
    return left


def rows_of(prepared: Prepared, published: pd.DataFrame) -> pd.DataFrame:
    """Key of each published figure with the file, sheet and row in which it stands.

    Parameters
    ----------
    prepared : Prepared
        The run, which knows the sheet of each table.
    published : DataFrame
        As `gather_figures` gives it.

    Returns
    -------
    DataFrame
        `KEY`, `file`, `sheet` ("" in a CSV file) and `row`, counted as Excel shows it.
    """
    sheets = {
        (name, place): extract.sheet
        for name, extracts in prepared.files.items()
        for place, extract in enumerate(extracts)
    }
    places = zip(published["file"], published["place"], strict=True)
    rows = published[[*KEY, "file", "row"]].assign(sheet=[sheets[place] for place in places])
    return rows.astype({"file": "str", "sheet": "str", "row": "int64"})


def lookups(prepared: Prepared) -> pd.DataFrame:
    """Lines of all lookups between areas, each once."""
    frames = [extract.frame for _, _, extract in prepared.parts("lookup")]
    texts = [frame.astype("str") for frame in frames]
    return pd.concat(texts, ignore_index=True).drop_duplicates() if texts else pd.DataFrame()


def unmapped_of(prepared: Prepared) -> list[dict[str, str]]:
    """Indicators outside the catalogue, with the publisher of the file that names them first."""
    return describe_unmapped(
        extract.unmapped.assign(publisher=_publisher(extract.kind))
        for _, _, extract in prepared.parts("refused", apart=True)
        if len(extract.unmapped)
    )


def sources_of(prepared: Prepared, entries: Entries, used: list[str]) -> list[dict[str, object]]:
    """Sources that observations name: publishers' files, case records, and as entries say."""
    others: dict[str, dict[str, object]] = {}
    for source_id, name in prepared.sources.items():
        issued = [PUBLISHERS[each.kind] for each in prepared.files[name] if each.kind in PUBLISHERS]
        if issued:
            words = {"publisher": issued[0].publisher, "licence": issued[0].licence}
            words |= {"title": f"{issued[0].name} ({Path(name).name})"}
            others[source_id] = {"id": source_id, **words}
    kinds = {name: extract.kind for name, _, extract in prepared.parts(*CASE_KINDS)}
    return describe_sources(used, entries, others | case_sources(CASE_KINDS, kinds))


def _publisher(kind: str) -> str:
    return PUBLISHERS[kind].publisher if kind in PUBLISHERS else ""


def _part(prepared: Prepared, name: str, extract: Extract, described: Mapping[Path, date]) -> Part:
    path = prepared.raw / name
    return Part(name, path, extract, day_of(path, prepared.raw, described))


def _records(extract: Extract) -> int:
    """Number of records that were written of an extract."""
    return pq.read_metadata(extract.part).num_rows if extract.part else 0


def _less_contradicted(
    prepared: Prepared, chosen: list[tuple[str, int, Extract]], days: Mapping[str, date]
) -> list[tuple[str, int, Extract]]:
    """Extracts less the records that another of the same day contradicts."""
    same_days = pd.Series([days[name] for name, *_ in chosen])
    left = list(chosen)
    for numbers in same_days.groupby(same_days).groups.values():
        parts = {str(chosen[number][2].part): number for number in numbers}
        wrong = contradicted_records(list(parts)) if len(parts) > 1 else pd.DataFrame()
        if wrong.empty:
            continue
        wrong = wrong.assign(number=wrong["filename"].map(parts)).sort_values(["number", "row"])
        files = wrong["number"].map(lambda number: chosen[number][0])
        places = "row " + wrong["row"].astype("str") + " of " + files
        wrong = wrong.assign(found=name_repeats(wrong, ["own_id"], places))
        for number, rows in wrong.groupby("number"):
            name, place, extract = chosen[number]
            left[number] = (name, place, _without_records(extract, rows))
            prepared.put(*left[number])
    return left


def _without_records(extract: Extract, rows: pd.DataFrame) -> Extract:
    """Extract less some records, which are rejected with their ids as the hashes they are."""
    records = pd.read_parquet(extract.part).set_index("row")
    lost = pd.Index(rows["row"]).unique()
    records.drop(index=lost).reset_index().to_parquet(extract.part, index=False)
    wanted, mend = "one version of a record", "put the day of each extract into its file's name"
    faults = fault(
        pd.Index(rows["row"]), "key_repeated", "", rows["found"], wanted, mend, sheet=extract.sheet
    )
    fewer = max(len(lost.intersection(extract.mended)), len(lost) - extract.rows_loaded)
    return replace(
        extract,
        faults=join_faults([extract.faults, faults]),
        rejected=pd.concat([extract.rejected, records.loc[lost].astype("str")]),
        rows_normalised=extract.rows_normalised - fewer,
        mended=extract.mended.difference(lost),
    )


def _merged(extract: Extract, count: dict[str, int]) -> Extract:
    """Extract whose records that a later one has count as normalised, with a note of how many."""
    numbers = {"record_again": count["rows_again"], "record_replaced": count["rows_replaced"]}
    notes = [
        fault(pd.Index([1]), rule, "", [TOLD[rule].format(number)], sheet=extract.sheet)
        for rule, number in numbers.items()
        if number
    ]
    more = min(sum(numbers.values()), extract.rows_loaded)
    return replace(
        extract,
        faults=join_faults([extract.faults, *notes]),
        rows_normalised=extract.rows_normalised + more,
    )
