"""Restatement log: each figure that is not what it was when it was prepared before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from ehlib.load.accounts.agreement import decimals
from ehlib.load.areas import Areas
from ehlib.load.definitions import definitions_in_force
from ehlib.load.indicators import Indicator
from ehlib.load.reads import note_read
from ehlib.load.schema import KEY, SourceError

LOG, SEEN = "restated.csv", "figures_seen.parquet"
REVISED = ["file", "sheet", "row", *KEY, "old_value", "new_value", "old_numerator"]
REVISED += ["new_numerator", "old_note", "new_note", "old_file", "old_row", "why"]
FIGURES = ["value", "numerator", "denominator", "value_note"]
WORDS = [*KEY, "area_name", "value_note", "source_id", "file", "definition", "made_of", "seen"]
LOGGED = [*KEY, "area_name", "source_id", "old_value", "new_value", "old_numerator"]
LOGGED += ["new_numerator", "old_note", "new_note", "old_seen", "seen", "reason"]
MARKED_FOR = timedelta(days=92)  # until the next quarter's report a reader is told; then it stands
NEAR = 0.5 + 1e-6  # of the last decimal of the coarser figure


@dataclass(frozen=True)
class Circumstances:
    """What else a figure depends on: definitions, areas, the number of case records by kind."""

    indicators: Mapping[str, Indicator]
    areas: Areas
    records: Mapping[str, int]
    today: date


def figures_now(observations: pd.DataFrame, around: Circumstances) -> pd.DataFrame:
    """Figures as they are, each with what it depends on, to be kept for the next preparation.

    Parameters
    ----------
    observations : DataFrame
        Observations with the `file` they come from.
    around : Circumstances
        Definitions, areas and case records of this preparation.

    Returns
    -------
    DataFrame, same rows
        Key, figures, `file`, `definition`, `made_of` (the districts of an area of ours),
        `records` (of the kind that was counted), `seen` and `held`.
    """
    in_force = definitions_in_force(observations, around.indicators)
    factor = in_force["multiplier"].where(in_force["method"].isin(["proportion", "rate"]))
    made = observations["numerator"] / observations["denominator"].where(lambda n: n > 0) * factor
    units = observations["indicator_id"].map(
        {key: f"{each.unit};{each.decimals}" for key, each in around.indicators.items()}
    )
    words = [in_force["method"], in_force["multiplier"].astype("str"), in_force["definition"]]
    columns = [*KEY, "area_name", *FIGURES, "source_id", "file"]
    now = observations[columns].assign(
        value=observations["value"].fillna(made),
        definition=units.astype("str").str.cat(words, sep=";"),
        made_of=observations["area_code"].map(_made_of(around.areas)).fillna("").astype("str"),
        records=observations["source_id"].map(dict(around.records)).astype("float64"),
        seen=around.today.isoformat(),
        held=True,
    )
    return now.astype(dict.fromkeys(WORDS, "category"))


@dataclass(frozen=True)
class Restatement:
    """What changed since the last preparation; `kept` is for the next one to compare with."""

    log: pd.DataFrame
    kept: pd.DataFrame
    new: int = 0
    gone: int = 0


def find_restated(
    now: pd.DataFrame, before: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> Restatement:
    """Figures that changed, how many are new or gone, and all to keep for next time.

    Parameters
    ----------
    now, before : DataFrame
        As `figures_now` gives them; `before` also has those that were held earlier still.
    indicators : mapping
        The catalogue gives the decimals to which a figure is published.

    Returns
    -------
    Restatement
        `log` has a row with `LOGGED` for each figure that is another to those decimals, or is no
        longer given. A figure where none was is new, no change; nor is a real figure in place of
        one of the synthetic sample.
    """
    if before.empty:
        return Restatement(pd.DataFrame(columns=LOGGED), now)
    places = pd.Index(hash_keys(before)).get_indexer(hash_keys(now))
    known = np.flatnonzero(places >= 0)
    new = now.iloc[known].reset_index(drop=True)
    old = before.iloc[places[known]].reset_index(drop=True)
    changed = _changed(old, new, indicators)
    log = _logged(*(frame[changed].astype(dict.fromkeys(WORDS, "str")) for frame in (old, new)))
    seen = now["seen"].to_numpy(dtype=object, copy=True)
    seen[known] = np.where(changed, new["seen"], old["seen"])
    rest = before[~np.isin(np.arange(len(before)), places[known])]
    kept = now.assign(seen=pd.Series(seen, now.index, dtype="category"))
    kept = _together(kept, rest.assign(held=False))
    return Restatement(log, kept, len(now) - len(known), int(rest["held"].sum()))


def _together(now: pd.DataFrame, rest: pd.DataFrame) -> pd.DataFrame:
    """Both one under the other, words kept once."""
    if rest.empty:
        return now.reset_index(drop=True)
    columns = {
        name: union_categoricals([now[name], rest[name].astype("category")])
        if name in WORDS
        else pd.concat([now[name], rest[name]], ignore_index=True)
        for name in now
    }
    return pd.DataFrame(columns)


def hash_keys(rows: pd.DataFrame) -> np.ndarray:
    """One number for the key of each row, by which large frames are joined."""
    return pd.util.hash_pandas_object(rows[KEY], index=False).to_numpy()


def read_seen(data_dir: Path) -> pd.DataFrame:
    """Figures that were prepared before, or no rows; SourceError if the file cannot be read."""
    path = data_dir / SEEN
    if not path.exists():
        return pd.DataFrame()
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise SourceError(
            f"{SEEN}: figures prepared before cannot be read; expected what `ehlib prepare` "
            "wrote; delete the file, and changes are looked for from the next preparation on"
        ) from error


def read_restated(data_dir: str | Path, *, indicator_id: str | list[str] = "") -> pd.DataFrame:
    """Log of the figures of some indicators, or all, that changed since they were first prepared.

    Returns
    -------
    DataFrame, oldest change first
        Key, `area_name`, `source_id`, `old_value`, `new_value`, `old_numerator`, `new_numerator`,
        `old_note`, `new_note`, `old_seen` and `seen` (days on which each was first prepared, as
        text) and `reason`. Counts of case records are true counts: never to be shown as such.
    """
    path = Path(data_dir) / LOG
    note_read(path, indicator_id=indicator_id)
    log = _read_log(path)
    wanted = [indicator_id] if isinstance(indicator_id, str) else indicator_id
    return log[log["indicator_id"].isin(wanted)] if indicator_id else log


def _read_log(path: Path) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=LOGGED)
    log = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    numbers = [name for name in LOGGED if name.endswith(("_value", "_numerator"))]
    return log.assign(**{name: pd.to_numeric(log[name]) for name in numbers})


def read_revisions(data_dir: str | Path) -> pd.DataFrame:
    """Figures that a later extract replaced, as text, with `REVISED`; no rows where none was."""
    path = Path(data_dir) / "revisions.csv"
    note_read(path)
    if not path.exists():
        return pd.DataFrame(columns=REVISED)
    return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")


def add_restated(observations: pd.DataFrame, data_dir: str | Path, prepared: str) -> pd.DataFrame:
    """Observations whose `value_note` says `restated` where the figure changed of late.

    `prepared` is the day of the last preparation: what changed a quarter before is not marked.
    """
    log = recently_restated(_read_log(Path(data_dir) / LOG), prepared)
    if log.empty or observations.empty:
        return observations
    marked = np.isin(hash_keys(observations), hash_keys(log))
    said = (observations["value_note"] + ";restated").str.strip(";")
    return observations.assign(value_note=observations["value_note"].mask(marked, said))


def recently_restated(log: pd.DataFrame, prepared: str) -> pd.DataFrame:
    """Entries of the log that a reader is still to be told of at the day of a preparation."""
    if log.empty:
        return log
    since = (date.fromisoformat(prepared[:10]) - MARKED_FOR).isoformat()
    return log[log["seen"] >= since].reset_index(drop=True)


def _made_of(areas: Areas) -> dict[str, str]:
    parts = {each.code: sorted(each.districts) for each in areas.localities}
    parts[areas.county.code] = sorted(each.code for each in areas.districts)
    return {code: " ".join(codes) for code, codes in parts.items()}


def _changed(
    old: pd.DataFrame, new: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> pd.Series:
    """Whether a figure that was given is another now, as published, or is no longer given."""
    digits = new["indicator_id"].map({key: each.decimals for key, each in indicators.items()})
    digits = digits.fillna(1).astype("int64")
    differ = _differ(old["value"], new["value"], digits)
    differ |= _differ(old["numerator"], new["numerator"], digits * 0)
    figure = [frame[["value", "numerator"]].notna().any(axis=1) for frame in (old, new)]
    sample = [frame["value_note"].str.contains("synthetic", regex=False) for frame in (old, new)]
    return figure[0] & (differ | ~figure[1]) & ~(sample[0] & ~sample[1])


def _differ(old: pd.Series, new: pd.Series, digits: pd.Series) -> pd.Series:
    """Whether two numbers differ when rounded, and by more than the coarser one's rounding."""
    coarser = np.minimum(decimals(old), decimals(new))
    apart = (old - new).abs() > NEAR * 10.0**-coarser
    return apart & ((old * 10.0**digits).round() != (new * 10.0**digits).round())


def _logged(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Entries of the log for figures that changed, with the reason where it is known."""
    names = {"value": "value", "numerator": "numerator", "value_note": "note", "seen": "seen"}
    told = {f"old_{word}": old[name] for name, word in names.items()}
    told |= {f"new_{word}": new[name] for name, word in names.items()}
    return new.assign(**told, reason=_reasons(old, new))[LOGGED]


def _reasons(old: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    """Why each figure changed: the first of these that holds."""
    counted = new["records"].notna()
    unfinished = old["value_note"].str.contains("provisional", regex=False)
    alike = old["numerator"] == new["numerator"]
    none = new[["value", "numerator"]].isna().all(axis=1)
    reasons = {
        "definition changed": old["definition"] != new["definition"],
        "boundary or locality changed": old["made_of"] != new["made_of"],
        "no longer published": none,
        "population revised": alike & (old["denominator"] != new["denominator"]),
        "the quarter was not complete": counted & unfinished & (new["records"] > old["records"]),
        "late records": counted & (new["records"] > old["records"]),
        "case records corrected": counted,
        "another source": old["source_id"] != new["source_id"],
        "a later extract": old["file"] != new["file"],
    }
    chosen = np.select(list(reasons.values()), list(reasons), "correction in the extract")
    return pd.Series(chosen, index=new.index, dtype="str")
