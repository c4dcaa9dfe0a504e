"""Sums between figures of several indicators, which count the same records."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

Table = Mapping[str, list]  # counts by column
Sides = tuple[list[int], list[int]]  # places whose counts have the same sum
PLACE = ["release", "area_code", "period_start", "period_end", "sex", "age"]


def linked(
    table: Table, links: Sequence[Mapping[str, object]]
) -> Iterator[tuple[bool, list[int], list[int]]]:
    """Figures that are sums over another indicator in the same place and time, or parts of one.

    First comes whether the sum may leave something out: then that is a count of its own.
    """
    held = _held(table)
    for link in links:
        for (name, figure, *place), mine in held.items():
            if (name, figure) != (link["indicator"], link["figure"]):
                continue
            other = held.get((link["of"], link.get("of_figure", "numerator"), *place), {})
            for kind, at in mine.items() if other and _in_force(place[2], link) else ():
                sides = _sides(other, link, at, kind)
                if sides and link.get("within"):
                    yield True, *(sides if at in sides[1] else sides[::-1])
                elif sides:
                    yield False, *sides


def flowing(table: Table, flows: Sequence[Mapping[str, object]]) -> list[Sides]:
    """Stocks at the end of one period and of the next, and what came and went between them."""
    totals = {key: kinds["", ""] for key, kinds in _held(table).items() if ("", "") in kinds}
    ends = {(*key[:4], *key[5:]): at for key, at in totals.items()}
    found = []
    for flow in flows:
        for (name, figure, release, area, start, *rest), after in totals.items():
            if (name, figure) == (flow["stock"], "numerator"):
                day_before = pd.Timestamp(start) - pd.Timedelta(days=1)
                before = ends.get((name, figure, release, area, day_before, *rest[1:]))
                came, left = (
                    totals.get((flow[each], figure, release, area, start, *rest))
                    for each in ("inflow", "outflow")
                )
                if None not in (before, came, left):
                    found.append(([before, came], [after, left]))
    known = table["count"]
    wrong = (sum(known[a] for a in one) - sum(known[b] for b in other) for one, other in found)
    return [] if any(abs(each) > 0 for each in wrong) else found


def _held(table: Table) -> dict[tuple, dict[tuple[str, str], int]]:
    """Places of counts by indicator, figure, release, area, time, sex and age; then by part."""
    held: dict[tuple, dict[tuple[str, str], int]] = defaultdict(dict)
    names = ["indicator_id", "figure", *PLACE, "category_type", "category"]
    for at, (*key, kind, category) in enumerate(zip(*(table[name] for name in names), strict=True)):
        held[tuple(key)][kind, category] = at
    return held


def _in_force(start: object, link: Mapping[str, object]) -> bool:
    day = pd.Timestamp(start)
    after = "first" not in link or day >= pd.Timestamp(link["first"])
    return after and ("until" not in link or day < pd.Timestamp(link["until"]))


def _sides(
    other: Mapping[tuple[str, str], int],
    link: Mapping[str, object],
    place: int,
    kind: tuple[str, str],
) -> Sides | None:
    """A figure, and the parts or the total of the other indicator that it hangs together with."""
    parts = link.get("categories") or link.get("all_but") or ()
    if parts and kind != ("", ""):
        return None
    named = [other[key] for each in parts if (key := (link["category_type"], each)) in other]
    if link.get("categories"):
        return ([place], named) if named else None
    return ([other[kind]], [place, *named]) if kind in other else None
