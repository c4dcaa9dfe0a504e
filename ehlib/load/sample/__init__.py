"""Synthetic case extracts: invented children, calibrated to the counts that the plan prints.

Nothing here comes from a real record; the assumptions stand in data/reference/sample.toml.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from ehlib.load.sample.audits import draw_audits
from ehlib.load.sample.records import draw_enquiries, draw_episodes, read_model


def write_sample(out: Path, *, rows: int | None = None, seed: int = 20140401) -> list[Path]:
    """Paths of the synthetic extracts written: enquiries, early help episodes, quality audits.

    The same rows and seed give the same bytes on every system. Each row carries `synthetic` in
    `data_status`, and identifiers that begin with SYN-.

    Parameters
    ----------
    out : Path
        Folder to write into; made if absent.
    rows : int or None
        MASH enquiries to write, over districts and months in the calibrated proportions; when None,
        as many as the calibration implies (about 55,000). Episodes and audits in proportion.
    seed : int
        Start of the random numbers.

    Returns
    -------
    list of Path
        `mash_enquiries.csv`, `early_help_episodes.csv` and `quality_audits.csv`.

    Raises
    ------
    ValueError
        If `rows` is below 1.
    """
    if rows is not None and rows < 1:
        raise ValueError(f"rows is {rows}; expected 1 or more")
    model = read_model()
    rng = np.random.default_rng(seed)
    enquiries = draw_enquiries(rng, model, rows)
    episodes = draw_episodes(rng, model, enquiries)
    audits = draw_audits(np.random.default_rng([seed, 1]), model, rows)
    frames = {
        "mash_enquiries.csv": _enquiry_frame(enquiries, model),
        "early_help_episodes.csv": _episode_frame(episodes, model),
        "quality_audits.csv": _audit_frame(audits, model),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".sample-") as new:
        for name, frame in frames.items():
            path = Path(new) / name
            frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        out.mkdir(exist_ok=True)  # only now: an interrupted sample leaves no folder behind
        return [(Path(new) / name).replace(out / name) for name in frames]


def _enquiry_frame(enquiries: pd.DataFrame, model: dict) -> pd.DataFrame:
    """Enquiries in words, in order of receipt; without an outcome while undecided."""
    enquiries = enquiries.sort_values("day", kind="stable")
    undecided = enquiries["ended"] >= len(model["days"])
    columns = {
        "enquiry_id": _identifiers("M", np.arange(len(enquiries))),
        "child_id": _identifiers("C", enquiries["child"]),
        "received_date": _dates(enquiries["day"], model),
        "source": _words(enquiries["kind"], model["sources"].index),
        **_child_columns(enquiries, model),
        "outcome": _words(enquiries["reason"].mask(undecided, -1), model["outcomes"]),
        "outcome_date": _dates(enquiries["ended"], model),
    }
    return pd.DataFrame({**columns, "data_status": "synthetic"})


def _episode_frame(episodes: pd.DataFrame, model: dict) -> pd.DataFrame:
    """Episodes in words, in order of opening; without a closing day and reason while open."""
    episodes = episodes.sort_values("day", kind="stable")
    still_open = episodes["ended"] >= len(model["days"])
    columns = {
        "episode_id": _identifiers("E", np.arange(len(episodes))),
        "child_id": _identifiers("C", episodes["child"]),
        "opened_date": _dates(episodes["day"], model),
        "closed_date": _dates(episodes["ended"], model),
        "process": np.where(episodes["process"], "other", "CAF"),
        "lead_agency": _words(episodes["kind"], model["agencies"].index),
        **_child_columns(episodes, model),
        "closure_reason": _words(episodes["reason"].mask(still_open, -1), model["closures"]),
    }
    return pd.DataFrame({**columns, "data_status": "synthetic"})


def _audit_frame(audits: pd.DataFrame, model: dict) -> pd.DataFrame:
    """Audits in words, in order of their days."""
    columns = {
        "audit_id": _identifiers("A", np.arange(len(audits))),
        "audit_date": _dates(audits["day"], model),
        "service": _words(audits["service"], model["audits"].index),
        "judgement": _words(audits["judgement"], model["audits"].columns[:-2]),
        "area_code": _words(audits["district"], model["districts"].index),
    }
    return pd.DataFrame({**columns, "data_status": "synthetic"})


def _child_columns(records: pd.DataFrame, model: dict) -> dict[str, object]:
    return {
        "area_code": _words(records["district"], model["districts"].index),
        "age": records["age"].to_numpy(),
        "sex": np.where(records["girl"], "female", "male"),
        "need_level": records["level"].to_numpy(),
    }


def _identifiers(letter: str, numbers: pd.Series | np.ndarray) -> np.ndarray:
    return (f"SYN-{letter}" + pd.Series(numbers + 1).astype("str").str.zfill(8)).to_numpy()


def _words(codes: pd.Series, words: object) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.to_numpy(dtype="int8"), list(words))


def _dates(days: pd.Series, model: dict) -> pd.Categorical:
    """Days as text; those beyond the extract stay empty."""
    inside = np.where(days < len(model["days"]), days, -1)
    return pd.Categorical.from_codes(inside, np.datetime_as_string(model["days"]))
