"""Which counts make up which: the sums that hold between the counts of a release."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.measure.attack.facts import CELL

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
    equal: list[tuple[list[int], list[int]]] = []
    rests: list[tuple[int, list[int]]] = []
    for whole, parts, complete in _wholes(counts, areas):
        (equal.append(([whole], parts)) if complete else rests.append((whole, parts)))
    equal += _linked(counts, links)
    equal += _again(counts)
    return Sums(counts, equal, _within(counts), rests)


def _wholes(counts: pd.DataFrame, areas: Areas) -> Iterator[tuple[int, list[int], bool]]:
    made_of = {each.code: each.districts for each in areas.localities}
    made_of[areas.county.code] = tuple(area.code for area in areas.districts)
    yield from _by_area(counts, made_of)
    yield from _checked(counts, _by_category(counts), ["indicator_id", "category_type"])
    yield from _checked(counts, _by_sex(counts), ["indicator_id"])
    yield from _contradicted(counts, _by_stretch(counts, "age"))
    yield from _contradicted(counts, _by_stretch(counts, "period"))


def _groups(counts: pd.DataFrame, without: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Counts that are alike in all but some columns, within one release."""
    on = [name for name in ["release", *CELL] if name not in without]
    for _, part in counts.groupby(on, dropna=False, sort=False):
        if len(part) > 1:
            yield part


def _by_area(
    counts: pd.DataFrame, made_of: Mapping[str, Sequence[str]]
) -> Iterator[tuple[int, list[int], bool]]:
    for part in _groups(counts, ["area_code"]):
        at = dict(zip(part["area_code"], part.index, strict=True))
        said = dict(zip(part["area_code"], part["districts"], strict=True))
        for code, whole in at.items():
            listed = said[code].split(";") if said[code] else made_of.get(code, ())
            parts = [at[each] for each in listed if each in at and each != code]
            if parts:
                yield whole, parts, len(parts) == len(listed)


def _by_category(counts: pd.DataFrame) -> Iterator[tuple[int, list[int]]]:
    for part in _groups(counts, ["category_type", "category"]):
        totals = part.index[part["category_type"] == ""]
        for category_type, members in part.groupby("category_type", sort=False):
            if category_type and len(totals):
                yield totals[0], list(members.index)


def _by_sex(counts: pd.DataFrame) -> Iterator[tuple[int, list[int]]]:
    for part in _groups(counts, ["sex"]):
        persons = part.index[part["sex"] == "persons"]
        if len(persons):
            yield persons[0], list(part.index.difference(persons))


def _by_stretch(counts: pd.DataFrame, kind: str) -> Iterator[tuple[int, list[int]]]:
    """Wholes that shorter stretches tile without gap or overlap: ages, or days."""
    without = ["age"] if kind == "age" else DAYS
    for part in _groups(counts, without):
        stretches = {
            place: span for place, span in zip(part.index, _spans(part, kind), strict=True) if span
        }
        for whole, (first, last) in stretches.items():
            inside = {
                place: span
                for place, span in stretches.items()
                if place != whole and first <= span[0] and span[1] <= last
            }
            if tiles := _tiling(inside, first, last):
                yield whole, tiles


def _spans(part: pd.DataFrame, kind: str) -> list[tuple[int, int] | None]:
    if kind == "period":
        days = [(pd.to_datetime(part[name]) - EPOCH).dt.days for name in DAYS]
        return list(zip(*days, strict=True))
    found = [re.fullmatch(r"(\d+)(?:-(\d+))?", age) for age in part["age"]]
    return [(int(each[1]), int(each[2] or each[1])) if each else None for each in found]


def _tiling(inside: Mapping[int, tuple[int, int]], first: int, last: int) -> list[int]:
    """Places of the fewest stretches that run from first to last, or none."""
    reached: dict[int, list[int]] = {first: []}
    for place, (start, end) in sorted(inside.items(), key=lambda each: each[1]):
        if start in reached and len(reached[start]) < len(reached.get(end + 1, inside)) + 1:
            reached.setdefault(end + 1, [*reached[start], place])
    return reached.get(last + 1, [])


def _checked(
    counts: pd.DataFrame, found: Iterator[tuple[int, list[int]]], kind: list[str]
) -> Iterator[tuple[int, list[int], bool]]:
    """Sums of a kind: complete unless parts that are all shown fall short of their whole."""
    listed = list(found)
    names = [
        tuple(counts.loc[whole, kind]) + tuple(counts.loc[parts[0], kind])
        for whole, parts in listed
    ]
    short = {name for name, each in zip(names, listed, strict=True) if _rest(counts, *each) > 0}
    for name, (whole, parts) in zip(names, listed, strict=True):
        yield whole, parts, name not in short


def _contradicted(
    counts: pd.DataFrame, found: Iterator[tuple[int, list[int]]]
) -> Iterator[tuple[int, list[int], bool]]:
    """Sums over ages or days, without those of an indicator that shown counts contradict."""
    listed = list(found)
    names = [counts.loc[whole, "indicator_id"] for whole, _ in listed]
    wrong = {
        name for name, each in zip(names, listed, strict=True) if abs(_rest(counts, *each)) > 0
    }
    for name, (whole, parts) in zip(names, listed, strict=True):
        if name not in wrong:
            yield whole, parts, True


def _rest(counts: pd.DataFrame, whole: int, parts: list[int]) -> float:
    """What parts leave of their whole; 0 where one of them is hidden."""
    rest = counts.loc[whole, "count"] - counts.loc[parts, "count"].sum(skipna=False)
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


def _linked(
    counts: pd.DataFrame, links: Sequence[Mapping[str, object]]
) -> list[tuple[list[int], list[int]]]:
    """Figures that are sums of categories of another indicator in the same place and time."""
    found = []
    same = ["release", "area_code", "period_start", "period_end", "sex", "age"]
    for link in links:
        other = counts[(counts["indicator_id"] == link["of"]) & (counts["figure"] == "numerator")]
        places = {name: list(part.index) for name, part in other.groupby(same, dropna=False)}
        mine = (counts["indicator_id"] == link["indicator"]) & (counts["figure"] == link["figure"])
        mine &= counts["category_type"] == ""
        for place, row in counts[mine & _in_force(counts, link)].iterrows():
            listed = other.loc[places.get(tuple(row[same]), [])]
            sides = _sides(listed, link, int(place))
            if sides:
                found.append(sides)
    return found


def _in_force(counts: pd.DataFrame, link: Mapping[str, object]) -> pd.Series:
    starts = pd.to_datetime(counts["period_start"])
    held = pd.Series(True, index=counts.index)
    if "first" in link:
        held &= starts >= pd.Timestamp(link["first"])
    if "until" in link:
        held &= starts < pd.Timestamp(link["until"])
    return held


def _sides(
    listed: pd.DataFrame, link: Mapping[str, object], place: int
) -> tuple[list[int], list[int]] | None:
    members = listed[listed["category_type"] == link["category_type"]]
    if "all_but" in link:
        total = listed[listed["category_type"] == ""]
        without = members[members["category"].isin(link["all_but"])]
        return ([int(total.index[0])], [place, *without.index]) if len(total) else None
    named = members[members["category"].isin(link["categories"])]
    return ([place], list(named.index)) if len(named) == len(link["categories"]) else None
