"""Which counts make up which: the sums that hold between the counts of a release."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.measure.attack.facts import CELL
from ehlib.measure.attack.linked import Table, flowing, linked

DAYS = ["period_start", "period_end"]
EPOCH = pd.Timestamp(2000, 1, 1)


@dataclass(frozen=True)
class Sums:
    """Sums over `counts`, by position: `equal` (whole, parts) and `within` (part, whole).

    `rests` holds the wholes with parts that may leave something out, which is a count as well.
    """

    counts: pd.DataFrame
    equal: list[tuple[list[int], list[int]]]
    within: list[tuple[int, int]]
    rests: list[tuple[int, list[int]]]


def gather_sums(counts: pd.DataFrame, areas: Areas, links: Sequence[Mapping[str, object]]) -> Sums:
    """Every sum that an outsider may rely on, for each release by itself."""
    counts = counts.reset_index(drop=True)
    table = {name: counts[name].tolist() for name in counts}
    equal: list[tuple[list[int], list[int]]] = []
    rests: list[tuple[int, list[int]]] = []
    for whole, parts, complete in _wholes(table, areas):
        (equal.append(([whole], parts)) if complete else rests.append((whole, parts)))
    equal += flowing(table, [each for each in links if "stock" in each])
    for partly, whole, parts in linked(table, [each for each in links if "of" in each]):
        (rests.append((whole[0], parts)) if partly else equal.append((whole, parts)))
    equal += _again(counts)
    return Sums(counts, equal, _within(counts), rests)


def _wholes(table: Table, areas: Areas) -> Iterator[tuple[int, list[int], bool]]:
    made_of = {each.code: each.districts for each in areas.localities}
    made_of[areas.county.code] = tuple(area.code for area in areas.districts)
    yield from _by_area(table, made_of)
    yield from _checked(table, _by_category(table), ["indicator_id", "category_type"])
    yield from _checked(table, _by_sex(table), ["indicator_id"])
    yield from _contradicted(table, _by_stretch(table, "age"))
    yield from _contradicted(table, _by_stretch(table, "period"))


def _groups(table: Table, without: Sequence[str]) -> Iterator[list[int]]:
    """Places of counts that are alike in all but some columns, within one release."""
    on = [table[name] for name in ["release", *CELL] if name not in without]
    found = defaultdict(list)
    for place, key in enumerate(zip(*on, strict=True)):
        found[key].append(place)
    yield from (places for places in found.values() if len(places) > 1)


def _by_area(
    table: Table, made_of: Mapping[str, Sequence[str]]
) -> Iterator[tuple[int, list[int], bool]]:
    for places in _groups(table, ["area_code"]):
        at = {table["area_code"][place]: place for place in places}
        for code, whole in at.items():
            said = table["districts"][whole]
            listed = said.split(";") if said else made_of.get(code, ())
            parts = [at[each] for each in listed if each in at and each != code]
            if parts:
                yield whole, parts, len(parts) == len(listed)


def _by_category(table: Table) -> Iterator[tuple[int, list[int]]]:
    for places in _groups(table, ["category_type", "category"]):
        kinds = defaultdict(list)
        for place in places:
            kinds[table["category_type"][place]].append(place)
        totals = kinds.pop("", [])
        for members in kinds.values() if totals else ():
            yield totals[0], members


def _by_sex(table: Table) -> Iterator[tuple[int, list[int]]]:
    for places in _groups(table, ["sex"]):
        persons = [place for place in places if table["sex"][place] == "persons"]
        if persons:
            yield persons[0], [place for place in places if place not in persons]


def _by_stretch(table: Table, kind: str) -> Iterator[tuple[int, list[int]]]:
    """Wholes that shorter stretches tile without gap or overlap: ages, or days."""
    spans = _spans(table, kind)
    for places in _groups(table, ["age"] if kind == "age" else DAYS):
        stretches = {place: spans[place] for place in places if spans[place]}
        for whole, (first, last) in stretches.items():
            inside = {
                place: span
                for place, span in stretches.items()
                if place != whole and first <= span[0] and span[1] <= last
            }
            if tiles := _tiling(inside, first, last):
                yield whole, tiles


def _spans(table: Table, kind: str) -> list[tuple[int, int] | None]:
    if kind == "period":
        days = [[(pd.Timestamp(day) - EPOCH).days for day in table[name]] for name in DAYS]
        return list(zip(*days, strict=True))
    found = [re.fullmatch(r"(\d+)(?:-(\d+))?", age) for age in table["age"]]
    return [(int(each[1]), int(each[2] or each[1])) if each else None for each in found]


def _tiling(inside: Mapping[int, tuple[int, int]], first: int, last: int) -> list[int]:
    """Places of the fewest stretches that run from first to last, or none."""
    reached: dict[int, list[int]] = {first: []}
    for place, (start, end) in sorted(inside.items(), key=lambda each: each[1]):
        if start in reached and len(reached[start]) < len(reached.get(end + 1, inside)) + 1:
            reached.setdefault(end + 1, [*reached[start], place])
    return reached.get(last + 1, [])


def _checked(
    table: Table, found: Iterator[tuple[int, list[int]]], kind: list[str]
) -> Iterator[tuple[int, list[int], bool]]:
    """Sums of a kind: complete unless parts that are all shown fall short of their whole."""
    listed = list(found)
    names = [
        tuple(table[name][place] for place in (whole, parts[0]) for name in kind)
        for whole, parts in listed
    ]
    short = {name for name, each in zip(names, listed, strict=True) if _rest(table, *each) > 0}
    for name, (whole, parts) in zip(names, listed, strict=True):
        yield whole, parts, name not in short


def _contradicted(
    table: Table, found: Iterator[tuple[int, list[int]]]
) -> Iterator[tuple[int, list[int], bool]]:
    """Sums over ages or days, without those of an indicator that shown counts contradict."""
    listed = list(found)
    names = [table["indicator_id"][whole] for whole, _ in listed]
    wrong = {name for name, each in zip(names, listed, strict=True) if _rest(table, *each) != 0}
    for name, (whole, parts) in zip(names, listed, strict=True):
        if name not in wrong:
            yield whole, parts, True


def _rest(table: Table, whole: int, parts: list[int]) -> float:
    """What parts leave of their whole; 0 where one of them is hidden."""
    rest = table["count"][whole] - sum(table["count"][part] for part in parts)
    return 0.0 if np.isnan(rest) else float(rest)


def _again(counts: pd.DataFrame) -> list[tuple[list[int], list[int]]]:
    """Counts that two releases hide, of figures that no release revises: they are the same."""
    hidden = counts[counts["count"].isna() & ~counts["revised"]]
    places = hidden.groupby(CELL, dropna=False, sort=False).groups.values()
    return [([int(part[0])], [int(each)]) for part in places for each in part[1:]]


def _within(counts: pd.DataFrame) -> list[tuple[int, int]]:
    """Numerators of percentages, each with its denominator, by position."""
    on = [name for name in ["release", *CELL] if name != "figure"]
    shares = counts[counts["share"]].reset_index(names="place")
    above = shares[shares["figure"] == "denominator"]
    both = shares[shares["figure"] == "numerator"].merge(above, on=on, validate="1:1")
    pairs = list(zip(both["place_x"], both["place_y"], strict=True))
    # The denominator of a breakdown of records is their total, which the sums bound already.
    return [(int(part), int(whole)) for part, whole in pairs]
