"""Policies on small numbers: what `data/reference/disclosure.toml` says for each class of data."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

from ehlib.load.reads import note_read
from ehlib.load.schema import SourceError

PATH = Path(__file__).resolve().parents[3] / "data" / "reference" / "disclosure.toml"
SCHEMES = ("as_published", "round", "suppress")  # from lenient to strict
FIGURES = ("numerator", "denominator", "value", "lower_ci", "upper_ci")
CLASSES = ("published", "official", "case")
RULES = ("scheme", "threshold", "zeros_shown")  # no policy without
FILE = {"classes": dict, "policy": dict, "link": list, "flow": list, "shown": list}
SILENT = {"dominant_below": "dominant_share"}  # rules whose authority is named with another


@dataclass(frozen=True)
class Policy:
    """Rules on small counts; `authority` says, rule by rule, who asks for it."""

    name: str
    scheme: str
    threshold: int
    zeros_shown: bool
    authority: dict[str, str]
    width: int = 0
    remainders: bool = True
    falls_with: tuple[str, ...] = FIGURES
    certain_share_below: int = 0
    dominant_share: float = 1.0
    dominant_below: int = 0
    round_to: int = 1


@dataclass(frozen=True)
class Link:
    """Figure of one indicator that counts records which another counts too.

    It is the sum of the other's categories, or its total but for some (without categories).
    """

    indicator: str
    figure: str
    of: str
    of_figure: str = "numerator"
    category_type: str = ""
    categories: tuple[str, ...] = ()
    all_but: tuple[str, ...] = ()
    within: bool = False  # only a part of that
    first: date = date.min
    until: date = date.max

    @property
    def names(self) -> frozenset[str]:
        """Indicators that hang together by it."""
        return frozenset([self.indicator, self.of])


@dataclass(frozen=True)
class Flow:
    """Records that a stock gains and loses in a period: the stock before, and at its end."""

    stock: str
    inflow: str
    outflow: str

    @property
    def names(self) -> frozenset[str]:
        """Indicators that hang together by it."""
        return frozenset([self.stock, self.inflow, self.outflow])


@dataclass(frozen=True)
class Shown:
    """Case-based figures that some page or download shows; no others leave the prepared data."""

    indicators: tuple[str, ...]
    breakdowns: tuple[str, ...]  # category types, "" for totals
    area_types: tuple[str, ...]


@dataclass(frozen=True)
class Policies:
    """Policy of each class of data, links between indicators, and what is shown of case records."""

    classes: dict[str, Policy]
    links: tuple[Link | Flow, ...] = ()
    shown: tuple[Shown, ...] = ()

    def of(self, data_classes: Iterable[str]) -> Policy:
        """Policy of data of these classes together: the stricter of each rule."""
        return reduce(stricter, [self.classes[each] for each in sorted(set(data_classes))])


def stricter(first: Policy, second: Policy) -> Policy:
    """Policy with the stricter of each rule of two; authorities of both."""
    if first == second:
        return first
    scheme = max(first.scheme, second.scheme, key=SCHEMES.index)
    figures = [name for name in FIGURES if name in {*first.falls_with, *second.falls_with}]
    both = second.authority | first.authority
    return Policy(
        name=f"{first.name} and {second.name}",
        scheme=scheme,
        threshold=max(first.threshold, second.threshold),
        zeros_shown=first.zeros_shown and second.zeros_shown,
        authority=both,
        width=max(first.width, second.width),
        remainders=first.remainders or second.remainders,
        falls_with=tuple(figures),
        certain_share_below=max(first.certain_share_below, second.certain_share_below),
        dominant_share=min(first.dominant_share, second.dominant_share),
        dominant_below=max(first.dominant_below, second.dominant_below),
        round_to=max(first.round_to, second.round_to),
    )


def read_policies(path: str | Path | None = None) -> Policies:
    """Policy of every class of data, links between indicators, and what of case records is shown.

    Parameters
    ----------
    path : str, Path or None
        The project's `data/reference/disclosure.toml` when None.

    Raises
    ------
    SourceError
        If the file is not TOML or a key is missing, unknown, of the wrong kind or without an
        authority; file, table, key, what was found and what was wanted are named.
    """
    path = Path(path or PATH)
    note_read(path)
    try:
        file = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{path.name}: {error}; expected TOML in UTF-8") from error
    _check(f"{path.name}, table file", file, FILE)
    given = {name: _policy(path.name, name, each) for name, each in file["policy"].items()}
    _check(f"{path.name}, table classes", file["classes"], dict.fromkeys(CLASSES, str))
    for name, policy in file["classes"].items():
        if policy not in given:
            _refuse(f"{path.name}, table classes", name, policy, f"one of {', '.join(given)}")
    links = [_link(path.name, number, each) for number, each in enumerate(file["link"], start=1)]
    links += [_flow(path.name, number, each) for number, each in enumerate(file["flow"], start=1)]
    shown = [_shown(path.name, number, each) for number, each in enumerate(file["shown"], start=1)]
    classes = {key: given[name] for key, name in file["classes"].items()}
    return Policies(classes, tuple(links), tuple(shown))


def _policy(file: str, name: str, entry: Any) -> Policy:
    """Policy as its table has it."""
    place = f"{file}, table policy.{name}"
    kinds = {each.name: each.type for each in fields(Policy) if each.name != "name"}
    kinds |= {"falls_with": list, "authority": dict}
    _check(place, entry, kinds, needed=(*RULES, "authority"))
    least = {"threshold": 0, "width": 0, "certain_share_below": 0, "dominant_below": 0}
    for key, lowest in (least | {"round_to": 1}).items():
        if entry.get(key, lowest) < lowest:
            _refuse(place, key, entry[key], f"a whole number from {lowest}")
    if not 0 < entry.get("dominant_share", 1) <= 1:
        _refuse(place, "dominant_share", entry["dominant_share"], "a share above 0, up to 1")
    if entry["scheme"] not in SCHEMES:
        _refuse(place, "scheme", entry["scheme"], f"one of {', '.join(SCHEMES)}")
    if entry["scheme"] != "as_published" and entry["threshold"] < 2:
        _refuse(place, "threshold", entry["threshold"], "2 or more, or as_published")
    figures = entry.get("falls_with", FIGURES)
    if set(figures) != set(FIGURES):
        _refuse(place, "falls_with", list(figures), f"all of {', '.join(FIGURES)}")
    _check_authority(place, entry)
    return Policy(name=name, **{**entry, "falls_with": FIGURES})


def _check_authority(place: str, entry: dict[str, Any]) -> None:
    rules = {SILENT.get(key, key) for key in entry} - {"authority"}
    _check(f"{place}.authority", entry["authority"], dict.fromkeys(sorted(rules), str))
    for rule, words in entry["authority"].items():
        if not words.strip():
            _refuse(f"{place}.authority", rule, words, "who asks for the rule")


def _link(file: str, number: int, entry: Any) -> Link:
    """Link as its table has it."""
    place = f"{file}, table link {number}"
    kinds = dict.fromkeys(["indicator", "figure", "of", "of_figure", "category_type"], str)
    kinds |= {"categories": list, "all_but": list, "within": bool, "first": date, "until": date}
    _check(place, entry, kinds, needed=("indicator", "figure", "of"))
    for name in ("figure", "of_figure"):
        if entry.get(name, FIGURES[0]) not in FIGURES[:2]:
            _refuse(place, name, entry[name], "numerator or denominator")
    named = [key for key in ("categories", "all_but") if key in entry]
    if len(named) != 1 or entry.get("categories") == []:
        _refuse(place, "categories", " and ".join(named), "either categories or all_but")
    parts = _texts(place, named[0], entry[named[0]])
    if parts and not entry.get("category_type"):
        _refuse(place, "category_type", "nothing", "the breakdown that the categories are of")
    if entry.get("within") and named == ["categories"] and len(parts) > 1:
        _refuse(place, "categories", list(parts), "one category, which the figure is a part of")
    return Link(**entry | {named[0]: parts})


def _flow(file: str, number: int, entry: Any) -> Flow:
    """Flow as its table has it."""
    kinds = dict.fromkeys(["stock", "inflow", "outflow"], str)
    _check(f"{file}, table flow {number}", entry, kinds)
    return Flow(**entry)


def _shown(file: str, number: int, entry: Any) -> Shown:
    """Declaration of figures that are shown, as its table has it."""
    place = f"{file}, table shown {number}"
    _check(place, entry, dict.fromkeys(["indicators", "breakdowns", "area_types"], list))
    return Shown(**{key: _texts(place, key, entry[key]) for key in entry})


def _texts(place: str, key: str, given: list) -> tuple[str, ...]:
    wrong = [each for each in given if not isinstance(each, str)]
    if wrong:
        _refuse(place, key, wrong[0], "a list of text")
    return tuple(given)


def _check(place: str, entry: Any, kinds: dict, needed: Iterable = ()) -> None:
    """Refuses a table with a key that is missing, unknown or of another kind."""
    if not isinstance(entry, dict):
        _refuse(place, "", entry, f"a table with {', '.join(kinds)}")
    for key in [*(needed or kinds), *entry]:
        kind = kinds.get(key)
        if kind is None:
            _refuse(place, key, entry[key], f"one of {', '.join(kinds)}")
        kind = list if kind == tuple[str, ...] else kind
        wanted = (int, float) if kind is float else kind
        right = isinstance(entry.get(key), wanted) and (
            kind is bool or not isinstance(entry.get(key), bool)
        )
        if not right:
            words = {bool: "true or false", int: "a whole number", str: "text", dict: "a table"}
            words |= {float: "a number", list: "a list", date: "a date such as 2014-04-01"}
            _refuse(place, key, entry.get(key, "nothing"), words[kind])


def _refuse(place: str, key: str, found: object, wanted: str) -> None:
    place = ", ".join(filter(None, [place, key]))
    raise SourceError(f"{place}: found {found!r}; expected {wanted}", wanted=wanted, column=key)
