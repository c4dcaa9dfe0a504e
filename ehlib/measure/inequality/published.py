"""Tenths of England by deprivation, as Fingertips publishes them with an indicator."""

import re
from datetime import date

import numpy as np
import pandas as pd

EDITION = re.compile(r"IMD ?(\d{4})")
ORDER = [  # of tenths, as Fingertips words its categories; each begins so
    "most deprived",
    "second most deprived",
    "third more deprived",
    "fourth more deprived",
    "fifth more deprived",
    "fifth less deprived",
    "fourth less deprived",
    "third less deprived",
    "second least deprived",
    "least deprived",
]
TENTHS = {f"{words} decile": place for place, words in enumerate(ORDER)}
COLUMNS = ["label", "numerator", "population", "value", "lower_ci", "upper_ci", "places"]


def published_tenths(measures: pd.DataFrame, until: date) -> tuple[pd.DataFrame, dict]:
    """England's tenths as the publisher has them, and which they are; none where not all ten are.

    Those of districts and unitary authorities come before those of counties, the latest
    boundaries first. An index counts as published at the end of its year: most came out in autumn.
    """
    kinds = measures["category_type"].str
    tenths = measures[kinds.contains("decile") & (measures["area_type"] == "england")]
    if tenths.empty:
        return pd.DataFrame(columns=COLUMNS), {}
    edition = tenths["category_type"].str.extract(EDITION, expand=False)
    published = edition.astype("float64") + (until < date(until.year, 12, 31)) <= until.year
    tenths = tenths.assign(edition=edition)[published]
    names = tenths["category"].str.lower().str.replace(r"\s*\(.*", "", regex=True)
    tenths = tenths.assign(place=names.map(TENTHS)).dropna(subset=["place", "value"])
    found = {}
    for (start, kind), rows in tenths.groupby(["period_start", "category_type"]):
        if sorted(rows["place"]) == list(range(10)):
            found[start, kind.startswith("District"), kind] = rows
    if not found:
        return pd.DataFrame(columns=COLUMNS), {}
    rows = found[max(found)].sort_values("place")
    facts = {"edition": rows["edition"].iloc[0], "period": rows["period"].iloc[0], "held": 10}
    named = rows.assign(label=[f"{place + 1:.0f}" for place in rows["place"]], places=np.nan)
    return named.assign(population=rows["denominator"])[COLUMNS].reset_index(drop=True), facts
