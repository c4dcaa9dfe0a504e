"""Cells: which count of which records each figure of a release is, whatever its name."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.definitions import percentages
from ehlib.load.indicators import Indicator

WHOLE = "persons"
OLDEST = 999  # end of an open age group such as 85+
AGES = re.compile(r"(\d+)(?:\s*(?:-|to|\u2013)\s*(\d+)|(\+))?")
Span = tuple[tuple[int, int], ...]  # stretches of days or years of age; both ends belong to it


class Cell(NamedTuple):
    """A count of records: of which kind, of whom, where and when."""

    counted: str  # indicator, with "|of" for the records that its percentage is taken of
    area: frozenset[str]  # districts, or the area itself where it has none
    period: Span
    sex: str
    age: Span | str
    category_type: str
    category: str


class Held(NamedTuple):
    """Cells of a frame's rows: index of numerator and denominator in `cells`, -1 for none."""

    cells: list[Cell]
    counts: np.ndarray  # one a cell, missing where not known
    numerators: np.ndarray
    denominators: np.ndarray


def members(areas: Areas) -> dict[str, frozenset[str]]:
    """Districts of each of the county's own areas that is made of districts."""
    districts = frozenset(areas.codes("district")) or frozenset([areas.county.code])
    made = {each.code: frozenset(each.districts) for each in areas.localities}
    return {code: frozenset([code]) for code in districts} | made | {areas.county.code: districts}


def read_cells(
    rows: pd.DataFrame, within: Mapping[str, frozenset[str]], indicators: Mapping[str, Indicator]
) -> Held:
    """Cells of case-based rows, each once though it may stand in several rows.

    Parameters
    ----------
    rows : DataFrame, one row per observation
        Key columns, `period_start`, `period_end`, numerator and denominator.
    within : mapping
        Districts of each area code; an area that is not in it stands alone.
    indicators : mapping
        The catalogue.

    Returns
    -------
    Held
        A breakdown by sex or age is the same cell as that sex or age. The denominator of a
        breakdown is the total it is a part of where the two agree, and a cell of its own where
        they do not; the denominator of a rate is a population and no cell.
    """
    found: dict[Cell, int] = {}
    counts: list[float] = []
    named = [_named(each, within) for each in _keys(rows)]
    numerators = [
        _index(cell, count, found, counts)
        for cell, count in zip(named, rows["numerator"].tolist(), strict=True)
    ]
    share = percentages(rows, indicators).tolist()
    own = _own_shares(rows, indicators)
    parts = (rows["category_type"] != "").tolist()
    denominators = np.full(len(rows), -1)
    for row, total in enumerate(rows["denominator"].tolist()):
        if share[row]:
            whole = _whole(named[row], total, parts[row] and not own[row], (found, counts))
            denominators[row] = _index(whole, total, found, counts)
    return Held(list(found), np.array(counts, float), np.array(numerators, int), denominators)


def read_age(label: str) -> Span | str:
    """Years of age that a label means, from 0 for `all`; the label itself where it means none."""
    if label == "all":
        return ((0, OLDEST),)
    found = AGES.fullmatch(label.strip())
    if not found:
        return label
    first, last, on = found.groups()
    return ((int(first), int(last) if last else OLDEST if on else int(first)),)


def _keys(rows: pd.DataFrame) -> Iterable[tuple]:
    names = ["indicator_id", "area_code", "sex", "age", "category_type", "category"]
    days = [rows[name].to_numpy("datetime64[D]").astype(int) for name in ("period_start",)]
    ends = rows["period_end"] if "period_end" in rows else rows["period_start"]
    days.append(ends.to_numpy("datetime64[D]").astype(int))
    return zip(
        *(rows[name].tolist() for name in names), *(day.tolist() for day in days), strict=True
    )


def _named(key: tuple, within: Mapping[str, frozenset[str]]) -> Cell:
    """Cell under its one name; a breakdown by sex is that sex."""
    indicator_id, area, sex, age, category_type, category, start, end = key
    if category_type in ("sex", "age"):
        sex, age = (category, age) if category_type == "sex" else (sex, category)
        category_type = category = ""
    where = within.get(area) or frozenset([area])
    return Cell(indicator_id, where, ((start, end),), sex, read_age(age), category_type, category)


def _index(cell: Cell, count: float, found: dict[Cell, int], counts: list[float]) -> int:
    """Place of a cell; one under the same name with another count is a cell of its own."""
    while cell in found:
        here = found[cell]
        if np.isnan(counts[here]):
            counts[here] = count
        if np.isnan(count) or counts[here] == count:
            return here
        cell = cell._replace(counted=f"{cell.counted}|again")
    found[cell] = len(counts)
    counts.append(count)
    return found[cell]


def _whole(cell: Cell, total: float, part: bool, known: tuple[dict, list]) -> Cell:
    """Cell that a row's denominator is."""
    found, counts = known
    if not part:
        return cell._replace(counted=f"{cell.counted}|of")
    candidates = [cell._replace(category_type="", category="")]
    candidates += [each._replace(sex=WHOLE) for each in candidates if each.sex != WHOLE]
    candidates = [each for each in candidates if each != cell]
    agreeing = [each for each in candidates if each in found and counts[found[each]] == total]
    unknown = [each for each in candidates if each in found and np.isnan(total)]
    held = [each for each in candidates if each in found]
    own = cell._replace(counted=f"{cell.counted}|of")
    return [*agreeing, *unknown, *([own] if held else candidates[-1:]), own][0]


def _own_shares(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[bool]:
    """Whether each row's indicator itself, not only its breakdown, is a percentage."""
    keys = list(zip(rows["indicator_id"].tolist(), rows["period_start"].tolist(), strict=True))
    found = {
        key: indicators[key[0]].version_at(key[1].date()).method == "proportion"
        for key in dict.fromkeys(keys)
    }
    return [found[key] for key in keys]
