"""Invented quality audits: a few a month in each service, judgements that slowly improve."""

import numpy as np
import pandas as pd

from ehlib.load.sample.records import chosen, years_from_middle

MONTH = 365.25 / 12


def draw_audits(rng: np.random.Generator, model: dict, rows: int | None) -> pd.DataFrame:
    """Audits as numbers: day, service, judgement, district.

    Parameters
    ----------
    rng : Generator
        Of the audits alone, so that the other records stay what they are.
    model : dict
        Assumptions, as `read_model` gives them.
    rows : int or None
        MASH enquiries of the sample; audits are in proportion.

    Returns
    -------
    DataFrame
        In order of days, all of them working days.
    """
    days = np.flatnonzero(np.is_busday(model["days"]))
    scale = 1.0 if rows is None else rows / model["size"]
    months = len(model["days"]) / MONTH
    counts = np.rint(model["audits"]["monthly"].to_numpy() * months * scale).astype(int).clip(1)
    service = np.repeat(np.arange(len(counts), dtype="int8"), counts)
    day = rng.choice(days, len(service))
    weights = model["audits"].drop(columns=["monthly", "improving"]).to_numpy()[service]
    improving = model["audits"]["improving"].to_numpy()[service]
    weights[:, -1] *= np.exp(-improving * years_from_middle(model, day))
    share = model["districts"]["enquiries"].to_numpy()
    district = rng.choice(len(share), len(service), p=share / share.sum()).astype("int8")
    drawn = {"day": day, "service": service, "judgement": chosen(rng, weights)}
    audits = pd.DataFrame({**drawn, "district": district})
    return audits.sort_values("day", kind="stable", ignore_index=True)
