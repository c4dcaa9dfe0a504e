"""Indicators: what each measure is, what the plans print of it, and how its definition changed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from ehlib.load.indicators.catalogue import (
    DEFINITION,
    INDICATOR,
    SETS,
    PlanValue,
    catalogue_faults,
    parse_plan_value,
)
from ehlib.load.indicators.unmapped import read_unmapped
from ehlib.load.periods import parse_period
from ehlib.load.reads import note_read
from ehlib.load.schema import LISTED

NOT_PRINTED = PlanValue()
PATH = Path(__file__).resolve().parents[3] / "data" / "reference" / "indicators.toml"


class CatalogueError(ValueError):
    """An entry of the catalogue is wrong."""


@dataclass(frozen=True)
class Version:
    """One definition of an indicator; `start` opens the first period it holds for."""

    start: date
    plan: str
    reason: str
    name: str
    short_name: str
    unit: str
    unit_short: str
    multiplier: float
    method: str
    polarity: str
    target: str
    numerator: str
    denominator: str
    breaks: tuple[float, ...]


@dataclass(frozen=True)
class Indicator:
    """One indicator of the catalogue; where its definition changed, as the earlier plan has it.

    `sex` and `age` say whom it counts, for extracts that do not say so themselves.
    """

    id: str
    name: str
    short_name: str
    priority: str
    plan_name: str
    plan_text: str
    unit: str
    unit_short: str
    multiplier: float
    decimals: int
    method: str
    numerator: str
    denominator: str
    calendar: str
    frequency: str
    polarity: str
    target: str
    source: str
    caveat: str
    sets: tuple[str, ...]
    data_class: str
    breaks: tuple[float, ...]
    parts: tuple[str, ...]
    promised: bool
    versions: tuple[Version, ...]
    impact_name: str = ""
    impact_number: int = 0
    baseline: PlanValue = NOT_PRINTED
    national: PlanValue = NOT_PRINTED
    sex: str = "persons"
    age: str = "all"

    def version_at(self, day: date) -> Version:
        """Version in force for a period that starts on a day; the first for any day before it."""
        return [self.versions[0], *(each for each in self.versions if each.start <= day)][-1]

    def break_between(self, first: date, second: date) -> Version | None:
        """Version that the later of two periods is counted by, if the earlier is by another."""
        before, after = (self.version_at(day) for day in sorted([first, second]))
        return after if after != before else None

    def at(self, day: date) -> "Indicator":
        """Version in force as a whole indicator: its name, unit, method, polarity, target."""
        version = self.version_at(day)
        return replace(self, **{key: getattr(version, key) for key in DEFINITION})


def read_indicators(
    path: str | Path | None = None, *, data_dir: str | Path | None = None
) -> dict[str, Indicator]:
    """Every indicator of the catalogue by id, in the order of the file.

    Parameters
    ----------
    path : str, Path or None
        Catalogue to read; `data/reference/indicators.toml` when None.
    data_dir : str, Path or None
        Folder that `ehlib prepare` wrote: publishers' indicators that the catalogue does not have
        follow after its own, as their publishers describe them.

    Returns
    -------
    dict of str to Indicator
        With baseline and national values parsed, and at least one version each.

    Raises
    ------
    CatalogueError
        If the file is not TOML or an entry is wrong: an unknown, missing or repeated key or id, a
        word that is not in the vocabulary, a period that does not parse, versions out of order,
        unit, method, multiplier and denominator that do not belong together. All faults of the
        file are found; five are listed with table and key, then how many more.
    """
    path = Path(path or PATH)
    note_read(path)
    try:
        file = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path.name}: {error}; expected TOML in UTF-8") from error
    faults = catalogue_faults(file)
    if faults:
        rest = [f"and {len(faults) - LISTED} more"] if len(faults) > LISTED else []
        listed = [f"{path.name}, {fault}" for fault in faults[:LISTED]]
        raise CatalogueError("\n".join([*listed, *rest]))
    indicators = {table["id"]: _indicator(table) for table in file["indicator"]}
    for number, measure in enumerate(file.get("impact_measure", []), start=1):
        key = measure["indicator"]
        indicators[key] = _with_plan(indicators[key], measure, number)
    return indicators | (read_unmapped(data_dir) if data_dir else {})


def indicators_in(indicators: Mapping[str, Indicator], set_name: str) -> tuple[Indicator, ...]:
    """Members of a set as printed: the early help plan in its own order, others in section 4's.

    Parameters
    ----------
    indicators : mapping
        The catalogue.
    set_name : str
        One of `SETS`.

    Returns
    -------
    tuple of Indicator

    Raises
    ------
    ValueError
        If the set is unknown.
    """
    if set_name not in SETS:
        raise ValueError(f"set is {set_name!r}; expected one of {', '.join(SETS)}")
    members = [each for each in indicators.values() if set_name in each.sets]
    if set_name == "early_help_plan":
        members.sort(key=lambda each: each.impact_number)
    return tuple(members)


def catalogue_frame(indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Catalogue as a table, one row per indicator in the order of the file.

    Parameters
    ----------
    indicators : mapping
        The catalogue.

    Returns
    -------
    DataFrame
        Text throughout, "" where there is nothing to say. `baseline` and `national` as printed;
        `flags` joins the sets with context, changed_definition and promised by semicolons.
    """
    first = ["id", "name", "short_name", "priority", "unit", "polarity", "frequency", "target"]
    last = ["plan_name", "impact_name", "plan_text", "method", "numerator", "denominator"]
    last += ["calendar", "data_class", "source", "caveat"]
    rows = [
        {key: getattr(each, key) for key in first}
        | {"baseline": each.baseline.printed, "baseline_status": each.baseline.status}
        | {"national": each.national.printed, "national_status": each.national.status}
        | {"flags": ";".join(_flags(each))}
        | {key: getattr(each, key) for key in last}
        for each in indicators.values()
    ]
    return pd.DataFrame(rows, dtype="str")


def _flags(indicator: Indicator) -> list[str]:
    said = {
        "context": not indicator.sets,
        "changed_definition": len(indicator.versions) > 1,
        "promised": indicator.promised,
    }
    return [*indicator.sets, *(flag for flag, holds in said.items() if holds)]


def _indicator(table: dict[str, Any]) -> Indicator:
    """One indicator from its table; what a version leaves out it inherits."""
    given = _frozen({key: rule.default for key, rule in INDICATOR.items()} | table)
    definition = {key: given[key] for key in DEFINITION}
    versions = []
    for change in given.pop("version") or [{"plan": "", "reason": ""}]:
        own = _frozen(change)
        label = own.pop("from", "")
        start = parse_period(label, given["calendar"]).start if label else date.min
        versions.append(Version(start=start, **(definition | own)))
    return Indicator(**given, versions=tuple(versions))


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    tuples = {key: tuple(each) for key, each in table.items() if isinstance(each, list)}
    numbers = {key: float(each) for key, each in table.items() if key == "multiplier"}
    return table | tuples | numbers


def _with_plan(indicator: Indicator, measure: dict[str, str], number: int) -> Indicator:
    """One indicator with what the early help plan prints of it, as its measure of that number."""
    calendar = measure.get("calendar") or indicator.calendar
    return replace(
        indicator,
        impact_name=measure["printed_name"],
        impact_number=number,
        baseline=parse_plan_value(measure["baseline"], calendar),
        national=parse_plan_value(measure["national"], calendar),
    )
