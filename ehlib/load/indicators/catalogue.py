"""The catalogue's file: what each key may hold, and what a value printed in a plan says."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from ehlib.load.periods import CALENDARS, Period, parse_period
from ehlib.load.schema import SEXES

PRIORITIES = (  # as printed in section 4 of the children's plan, in its order
    "Work together to keep children safe",
    "Provide children and young people with the early help support that they need",
    "Close the gap in educational attainment",
    "Deliver integrated services for children and young people with complex needs or disabilities",
    "Improve children and young people's health outcomes through the integrated commissioning "
    "of services",
)
CONTEXT = "Context"  # stands for a priority where neither plan prints the indicator
SETS = ("early_help_plan", "early_help_report", "hwb_framework", "cypf_plan")
MULTIPLIERS = {"proportion": 100, "count": 1, "value": 1}  # a rate may have any above 1
TARGET_POLARITY = {"increase": "high_is_good", "reduce": "low_is_good"}
BREAKS = 4  # inner breaks of a map: five classes
PLAN_PERIOD = re.compile(r"\s*\((\d{4}(?:/\d{2,4})?)\)$")
PLAN_PART = re.compile(r"(?:([A-Za-z][\w ]*?):?\s+)?(\d+(?:\.\d+)?|tbc)(%?)(?:\s+|$)")

Table = dict[str, Any]


@dataclass(frozen=True)
class PlanValue:
    """A baseline or national value as the plan prints it, and what it says.

    `status` is final, provisional ("(p)"), tbc, not_applicable ("N/A" and "-") or none (nothing is
    printed). `values` holds (label, number, unit) of each number printed, "" where a label or unit
    is not. A value of which any part is tbc has that status; the parts known are in `values`.
    """

    printed: str = ""
    status: str = "none"
    values: tuple[tuple[str, float, str], ...] = ()
    period: Period | None = None


class Rule(NamedTuple):
    """What a key may hold, in code and in words; `default` is None where it must be given."""

    fits: Callable[[Any], object]
    wanted: str
    default: Any = None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _one_of(*words: str, default: str | None = None) -> Rule:
    return Rule(lambda value: value in words, f"one of {', '.join(words)}", default)


def _list_of(fits: Callable[[Any], object], wanted: str) -> Rule:
    return Rule(lambda value: isinstance(value, list) and all(map(fits, value)), wanted, ())


def _rising(value: object) -> bool:
    numbers = isinstance(value, list) and all(map(_is_number, value))
    return numbers and len(value) in (0, BREAKS) and value == sorted(set(value))


ID = Rule(
    lambda value: isinstance(value, str) and re.fullmatch("[a-z][a-z0-9_]*", value),
    "an id of lower-case letters, digits and _",
)
TEXT = Rule(lambda value: isinstance(value, str) and value.strip(), "text")
ANY_TEXT = Rule(lambda value: isinstance(value, str), 'text, or ""', "")
TABLES = _list_of(lambda value: isinstance(value, dict), "a list of tables")
DEFINITION = {  # the keys that a version may change
    "name": TEXT,
    "short_name": Rule(
        lambda value: TEXT.fits(value) and len(value) <= 40, "text of up to 40 letters"
    ),
    "unit": TEXT,
    "unit_short": TEXT,
    "multiplier": Rule(lambda value: _is_number(value) and value > 0, "a number above 0"),
    "method": _one_of("proportion", "rate", "count", "value"),
    "polarity": _one_of("high_is_good", "low_is_good", "no_judgement"),
    "target": _one_of("increase", "reduce", "none"),
    "numerator": TEXT,
    "denominator": ANY_TEXT,
    "breaks": Rule(_rising, f"{BREAKS} rising numbers, or none", ()),
}
VERSION = {"from": TEXT, "plan": TEXT, "reason": TEXT} | {
    key: rule._replace(default="") for key, rule in DEFINITION.items()
}
INDICATOR = DEFINITION | {
    "id": ID,
    "priority": _one_of(*PRIORITIES, CONTEXT),
    "plan_name": ANY_TEXT,
    "plan_text": ANY_TEXT,
    "decimals": Rule(lambda value: type(value) is int and 0 <= value <= 6, "a whole number to 6"),
    "calendar": _one_of(*CALENDARS),
    "frequency": _one_of("quarterly", "annual"),
    "source": TEXT,
    "caveat": ANY_TEXT,
    "sets": _list_of(lambda value: value in SETS, f"a list of {', '.join(SETS)}"),
    "data_class": _one_of("published", "case"),
    "sex": _one_of(*SEXES, default="persons"),
    "age": TEXT._replace(default="all"),
    "parts": _list_of(ID.fits, "a list of ids"),
    "promised": Rule(lambda value: isinstance(value, bool), "true or false", False),
    "version": TABLES,
}
IMPACT_MEASURE = {
    "indicator": ID,
    "printed_name": TEXT,
    "calendar": _one_of(*CALENDARS, default=""),
    "baseline": ANY_TEXT._replace(default=None),
    "national": ANY_TEXT._replace(default=None),
}
FILE = {"indicator": TABLES._replace(default=None), "impact_measure": TABLES}


def parse_plan_value(printed: str, calendar: str) -> PlanValue:
    """Status, numbers and period that a value printed in a plan gives.

    Parameters
    ----------
    printed : str
        As in the plan: `tbc (2012/13)`, `2.5%(p) (2012/13)`, `KS2: 22.0% KS4: 31.8% (2011/2012)`,
        `N/A`, `-`, or nothing.
    calendar : str
        Calendar of its period, one of `CALENDARS`.

    Returns
    -------
    PlanValue

    Raises
    ------
    ValueError
        If the text is none of these or its period is not of the calendar.
    """
    text = " ".join(printed.split())
    if text in ("", "N/A", "-"):
        return PlanValue(printed, "not_applicable" if text else "none")
    dated = PLAN_PERIOD.search(text)
    period = parse_period(dated[1], calendar) if dated else None
    text = PLAN_PERIOD.sub("", text)
    provisional, text = "(p)" in text, text.replace("(p)", "")
    if not re.fullmatch(f"(?:{PLAN_PART.pattern})+", text):
        raise ValueError(f"value is {printed!r}; expected a number, tbc, N/A or - as printed")
    parts = PLAN_PART.findall(text)
    values = tuple((label, float(found), unit) for label, found, unit in parts if found != "tbc")
    status = "tbc" if len(values) < len(parts) else "provisional" if provisional else "final"
    return PlanValue(printed, status, values, period)


def catalogue_faults(file: Table) -> list[str]:
    """Every fault of a catalogue, each with its table and key, what was found and what wanted.

    Parameters
    ----------
    file : dict
        The parsed file: `indicator` and `impact_measure`, lists of tables.

    Returns
    -------
    list of str
        In the order of the file; empty where nothing is wrong.
    """
    faults = _key_faults("top of the file", file, FILE)
    if faults:
        return faults
    tables = file["indicator"]
    return _indicator_faults(tables) + _impact_faults(file.get("impact_measure", []), tables)


def _key_faults(place: str, table: Table, rules: Mapping[str, Rule]) -> list[str]:
    """Keys that are unknown, missing or hold something else than wanted."""
    faults = [
        f"{place}: {key} is not a key here; expected one of {', '.join(rules)}"
        for key in table
        if key not in rules
    ]
    for key, rule in rules.items():
        if key not in table and rule.default is None:
            faults.append(f"{place}: {key} is missing; expected {rule.wanted}")
        elif key in table and not rule.fits(table[key]):
            faults.append(f"{place}: {key} is {table[key]!r}; expected {rule.wanted}")
    return faults


def _indicator_faults(tables: list[Table]) -> list[str]:
    faults, ids = [], [table.get("id") for table in tables]
    for number, table in enumerate(tables, start=1):
        named = isinstance(table.get("id"), str)
        place = f"indicator {table['id']}" if named else f"[[indicator]] number {number}"
        if named and table["id"] in ids[: number - 1]:
            first = f"[[indicator]] number {ids.index(table['id']) + 1}"
            faults.append(f"{place}: id of number {number} is that of {first}; expected its own")
        own = _key_faults(place, table, INDICATOR)
        for index, change in enumerate([] if own else table.get("version", []), start=1):
            own += _key_faults(f"{place} version {index}", change, VERSION)
        faults += own or _meaning_faults(place, table, ids)
    return faults


def _meaning_faults(place: str, table: Table, ids: list[object]) -> list[str]:
    """Faults in what keys say together, once each by itself is right."""
    faults = [
        f"{place}: parts holds {part!r}; expected the id of another indicator"
        for part in table.get("parts", [])
        if part not in ids or part == table["id"]
    ]
    inherited = _measure_faults(table)
    faults += [f"{place}: {fault}" for fault in inherited]
    latest = date.min
    for number, change in enumerate(table.get("version", []), start=1):
        here = f"{place} version {number}"
        own = _refusal(f"{here}: from", parse_period, change["from"], table["calendar"])
        if not own:
            start = parse_period(change["from"], table["calendar"]).start
            if start <= latest:
                own = [f"{here}: from is {change['from']!r}; expected a period after the last one"]
            latest = max(start, latest)
        added = [fault for fault in _measure_faults(table | change) if fault not in inherited]
        faults += own + [f"{here}: {fault}" for fault in added]
    return faults


def _measure_faults(definition: Table) -> list[str]:
    """Keys that do not belong to the method, or a target that is not for the polarity."""
    method, multiplier = definition["method"], definition["multiplier"]
    polarity, target = definition["polarity"], definition["target"]
    prefix = {"proportion": "%", "rate": f"per {multiplier:,.0f}"}.get(method, "")
    scale = MULTIPLIERS.get(method)
    divided = "words for what it is divided by" if prefix else '""'
    unit_fits = not prefix or f"{definition['unit']} ".startswith(f"{prefix} ")
    checks = {  # key: whether it is right, and what it has to be
        "multiplier": (multiplier == scale if scale else multiplier > 1, scale or "above 1"),
        "unit": (unit_fits, f"{prefix} ..."),
        "unit_short": (not prefix or definition["unit_short"] == prefix, prefix),
        "denominator": (bool(definition.get("denominator")) == bool(prefix), divided),
    }
    faults = [
        f"{key} is {definition.get(key, '')!r}; expected {wanted} with method {method}"
        for key, (right, wanted) in checks.items()
        if not right
    ]
    if TARGET_POLARITY.get(target, polarity) != polarity:
        faults.append(f"target is {target!r}; expected one that goes with polarity {polarity}")
    return faults


def _impact_faults(measures: list[Table], tables: list[Table]) -> list[str]:
    faults, seen = [], set()
    calendars = {str(table.get("id")): table.get("calendar") for table in tables}
    for number, measure in enumerate(measures, start=1):
        indicator_id = measure.get("indicator")
        place = f"[[impact_measure]] number {number} ({indicator_id})"
        own = _key_faults(place, measure, IMPACT_MEASURE)
        if not own and (indicator_id not in calendars or indicator_id in seen):
            wanted = "an id of this file, once"
            own = [f"{place}: indicator is {indicator_id!r}; expected {wanted}"]
        calendar = "" if own else measure.get("calendar") or calendars[indicator_id]
        if calendar in CALENDARS:
            for key in ("baseline", "national"):
                own += _refusal(f"{place}: {key}", parse_plan_value, measure[key], calendar)
        seen.add(str(indicator_id))
        faults += own
    return faults


def _refusal(place: str, parse: Callable[[str, str], object], *arguments: str) -> list[str]:
    """One fault where a parser does not take a text, none where it does."""
    try:
        parse(*arguments)
    except ValueError as error:
        return [f"{place}: {error}"]
    return []
