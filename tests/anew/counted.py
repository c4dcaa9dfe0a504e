"""Numbers of one figure, and of one that is the sum of districts: value, counts and limits."""

import math

from scipy.stats import chi2, norm

from anew.known import Known, area_of, in_area

Z = norm.ppf(0.975)
AGES = [str(age) for age in range(18)]


def number(key: str, known: Known) -> list[float]:
    """The numerator."""
    return [known.row(key)["numerator"]]


def out_of(key: str, known: Known) -> list[float]:
    """The denominator."""
    return [known.row(key)["denominator"]]


def value_of(key: str, known: Known) -> list[float]:
    """The figure itself."""
    return [figure(key, known)[0]]


def limits_of(key: str, known: Known) -> list[float]:
    """Its 95 per cent limits."""
    return [*figure(key, known)[1:]]


def of_districts(key: str, known: Known) -> list[float]:
    """The figure of a locality, whether summed here or held."""
    return value_of(key, known)


def per_thousand(key: str, known: Known) -> list[float]:
    """A count per 1,000 of the children who live there, and its limits."""
    count, people = known.row(key)["numerator"], children(area_of(key), known)
    ends = (count / people, *limits(count, people, "rate"))
    return [1000 * each for each in ends]


def figure(key: str, known: Known) -> tuple[float, float, float]:
    """Value and limits of a key, made from counts where they are known; missing ones are NaN."""
    row = known.rows.get(key) or _summed(key, known)
    said = known.said(key, row["period_start"])
    method, multiplier = method_of(row, said)
    above, below, value = row["numerator"], row["denominator"], row["value"]
    counted = above if method == "count" else above / below * multiplier if below else math.nan
    value = value if method == "value" or math.isnan(counted) else counted
    if not math.isnan(row["lower_ci"]):
        return value, row["lower_ci"], row["upper_ci"]
    if math.isnan(below) and method == "rate" and value:
        below = above / value * multiplier  # the base that the published value implies
    if method not in ("proportion", "rate") or not below or math.isnan(above + below):
        return value, math.nan, math.nan
    low, high = limits(above, below, method)
    return value, low * multiplier, high * multiplier


def method_of(row: dict, said: dict) -> tuple[str, float]:
    """Method and multiplier; a part of case records is a percentage of the whole."""
    if said["data_class"] == "case" and row["category"] and said["method"] in ("rate", "count"):
        return "proportion", 100
    return said["method"], said["multiplier"]


def limits(count: float, base: float, method: str) -> tuple[float, float]:
    """Wilson's limits of a share, or exact (below 10) and Byar's limits of a count over a base."""
    if method == "proportion":
        share = count / base
        middle = share + Z**2 / (2 * base)
        half = Z * math.sqrt(share * (1 - share) / base + Z**2 / (4 * base**2))
        return tuple((middle + sign * half) / (1 + Z**2 / base) for sign in (-1, 1))
    if count < 10:
        low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
        return low / base, chi2.ppf(0.975, 2 * count + 2) / 2 / base
    byar = [
        each * (1 - 1 / (9 * each) + sign * Z / (3 * math.sqrt(each))) ** 3
        for each, sign in ((count, -1), (count + 1, 1))
    ]
    return byar[0] / base, byar[1] / base


def children(area: str, known: Known) -> float:
    """Children aged 0 to 17 in the latest year held: by single years of age, else together."""
    places = [area, *known.within(area)]  # its own estimate goes before the sum of small areas
    held = [each for each in places if known.latest(f"population.{each}.latest.persons.0")]
    parts = [area] if area in held else held
    single = [f"population.{each}.latest.persons.{age}" for each in parts for age in AGES]
    counts = [known.latest(key) for key in single]
    if not counts or not all(counts):
        counts = [known.latest(f"population_0_17.{area}.latest.persons.0-17")]
    return sum(row["numerator"] if row else math.nan for row in counts)


def _summed(key: str, known: Known) -> dict:
    """A row of a locality: the counts of its districts added up."""
    parts = [known.row(in_area(key, each)) for each in known.places.get(area_of(key), [])]
    if not parts:
        return known.row(key)
    said = known.said(key, parts[0]["period_start"])
    bases = [
        each["numerator"] / each["value"] * said["multiplier"]
        if math.isnan(each["denominator"])
        else each["denominator"]
        for each in parts
    ]
    counts = {"numerator": sum(each["numerator"] for each in parts), "denominator": sum(bases)}
    return parts[0] | counts | dict.fromkeys(("value", "lower_ci", "upper_ci"), math.nan)
