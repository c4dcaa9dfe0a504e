"""Indicators that extracts hold and the catalogue does not: kept under their own id, to explore."""

import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ehlib.load.reads import note_read

if TYPE_CHECKING:
    from ehlib.load.indicators import Indicator

FILE = "unmapped.json"
PRIORITY = "Not in the catalogue"  # stands for a priority of the plans
FIELDS = ["id", "name", "unit", "calendar"]
COUNTED = r"(?i)^(?:number|count|children|people|persons)\b"  # units of whole numbers
PER = re.compile(r"(?i)\bper (?:1,?000|10,?000|100,?000)\b")


def describe_unmapped(frames: Iterable[pd.DataFrame]) -> list[dict[str, str]]:
    """Indicators of some extracts, each once, in the order of their ids.

    Parameters
    ----------
    frames : iterable of DataFrame
        With `id`, `name`, `unit`, `calendar`, and `publisher` where it is known.

    Returns
    -------
    list of dict
        The first words that say something of an id stand for it.
    """
    told: dict[str, dict[str, str]] = {}
    for frame in frames:
        for row in frame.reindex(columns=[*FIELDS, "publisher"], fill_value="").to_dict("records"):
            said = {key: str(word) for key, word in row.items() if word}
            told[said["id"]] = said | told.get(said["id"], {})
    blank = dict.fromkeys([*FIELDS, "publisher"], "")
    return [blank | told[key] for key in sorted(told)]


def read_unmapped(data_dir: str | Path) -> "dict[str, Indicator]":
    """Indicators that `ehlib prepare` found outside the catalogue, by id.

    Parameters
    ----------
    data_dir : str or Path
        Folder that it wrote; none are there where it holds no such list.

    Returns
    -------
    dict of str to Indicator
        Named and with the unit as published, never judged and without a target: their figures
        are taken as they are.
    """
    path = Path(data_dir) / FILE
    note_read(path)
    if not path.exists():
        return {}
    listed = json.loads(path.read_text(encoding="utf-8"))
    return {table["id"]: unmapped_indicator(table) for table in listed}


def unmapped_indicator(table: dict[str, str]) -> "Indicator":
    """One such indicator from its entry: `id`, `name`, `unit`, `calendar`, `publisher`."""
    from ehlib.load.indicators import Indicator, Version

    name, unit = table["name"] or table["id"], table["unit"]
    per = PER.search(unit)
    short = "%" if unit.startswith("%") or "per cent" in unit.lower() else per and per[0].lower()
    definition = {
        "name": name,
        "short_name": name,
        "unit": unit or "as published",
        "unit_short": short or unit,
        "multiplier": 1.0,
        "method": "value",
        "polarity": "no_judgement",
        "target": "none",
        "numerator": name,
        "denominator": "",
        "breaks": (),
    }
    return Indicator(
        **definition,
        **dict.fromkeys(("plan_name", "plan_text", "caveat"), ""),
        **{"id": table["id"], "priority": PRIORITY, "calendar": table["calendar"]},
        **{"decimals": 0 if re.search(COUNTED, unit) else 1, "frequency": "annual"},
        **{"source": table["publisher"], "data_class": "published", "promised": False},
        **{"sets": (), "parts": ()},
        versions=(Version(start=date.min, plan="", reason="", **definition),),
    )
