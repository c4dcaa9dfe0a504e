"""What numbers are calculated from: figures by the key of their ids, the catalogue, the areas."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

KEY = ["indicator_id", "area_code", "period", "sex", "age", "category_type", "category"]
WORDS = {"+": " plus ", "<": " under ", ">": " over ", "%": " per cent "}
QUARTER = re.compile(r"(\d{4})-\d\d-Q[1-4]")
UNMAPPED = {"data_class": "published", "method": "value", "multiplier": 1}  # not in the catalogue
ENDLESS = pd.Timestamp.max
COUNTS = ["numerator", "denominator"]


class UnknownIdError(LookupError):
    """An id that stands for no figure that pages may show."""


@dataclass
class Known:
    """Rows by the key of ids, and what the catalogue and the areas say.

    `until` is the end of the quarter that the pages report, `places` the county (by its slug) with
    its districts, its localities with theirs, and `beside` whom each place is set beside.
    """

    rows: dict[str, dict]
    catalogue: dict[str, dict]
    places: dict[str, list[str]] = field(default_factory=dict)
    beside: dict[str, list[str]] = field(default_factory=dict)
    until: pd.Timestamp = ENDLESS

    def __post_init__(self) -> None:
        told = ((row["area_code"], row.get("area_name", "")) for row in self.rows.values())
        named = {code: name for code, name in told if name != code}
        self.names = {slug(code): name for code, name in named.items()}
        self.small: dict[str, list[str]] = {}
        for code, name in self.names.items():
            if name[-1:].isalpha():
                self.small.setdefault(name[:-1], []).append(code)
        self.lines: dict[tuple[str, ...], list[tuple[str, dict]]] = {}
        for key, row in self.rows.items():
            if not row["period_end"] > self.until:
                self.lines.setdefault(without_period(key), []).append((key, row))
        for line in self.lines.values():
            line.sort(key=lambda pair: pair[1]["period_start"])

    def row(self, key: str) -> dict:
        """The row of a key."""
        if key not in self.rows:
            raise UnknownIdError(f"no figure that may be shown has the key {key!r}")
        return self.rows[key]

    def line(self, key: str) -> list[tuple[str, dict]]:
        """Keys and rows of all periods of a key, up to the quarter's end, in order."""
        return self.lines.get(without_period(key), [])

    def latest(self, key: str) -> dict | None:
        """The row of the latest period of a key; None where none is held."""
        line = self.line(key)
        return line[-1][1] if line else None

    def within(self, area: str) -> list[str]:
        """Small areas (LSOAs) of a larger one (MSOA): theirs is its name, and a letter."""
        return self.small.get(self.names.get(area, ""), [])

    def said(self, key: str, start: pd.Timestamp) -> dict:
        """What the catalogue says of a key's indicator for a period, by its version."""
        return in_force(self.catalogue.get(key.partition(".")[0], UNMAPPED), start)


def read_known(processed: Path, catalogue: Path, quarter: str = "") -> Known:
    """What is known for the pages of a quarter (`2013-14-Q3`): only what was released for it."""
    prepared = pd.read_parquet(processed / "observations.parquet")
    shown = processed / "released" / quarter / "observations.parquet"
    rows = pd.read_parquet(shown) if quarter and shown.exists() else prepared
    tables = tomllib.loads(catalogue.read_text(encoding="utf-8"))["indicator"]
    areas = tomllib.loads((catalogue.parent / "areas.toml").read_text(encoding="utf-8"))
    until = ENDLESS
    if QUARTER.fullmatch(quarter):
        until = first_day(quarter) + pd.DateOffset(months=3) - pd.Timedelta(days=1)
    said = {each["id"]: each for each in tables}
    return Known(by_key(rows), said, *_places(areas), until=until)


def released_apart(processed: Path, quarter: str) -> list[str]:
    """Released counts that are not the prepared ones; weeks are compared as sums of their bands."""
    path = processed / "released" / quarter / "observations.parquet"
    if not quarter or not path.exists():
        return []
    sums = []
    for frame in (processed / "observations.parquet", path):
        rows = pd.read_parquet(frame)
        weeks = rows["category"].str.replace(r"(^|, )weeks? [\d to]+$", "", regex=True)
        rows = rows.assign(category=rows["category"].where(rows["category"] == "", weeks))
        grouped = rows.groupby(KEY, dropna=False, observed=True)
        sums.append(grouped[[*COUNTS, "value"]].agg(lambda each: each.sum(skipna=False)))
    prepared, shown = sums
    wanted = prepared.reindex(shown.index)
    wrong = ((shown - wanted).abs() > 1e-9) | (shown.notna() & wanted.isna())
    return [".".join(filter(None, key)) for key in shown.index[wrong.any(axis=1)]]


def _places(areas: dict) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Districts of the county and of each locality, and whom each place is set beside."""
    inside = {slug(each["code"]): [*map(slug, each["districts"])] for each in areas["locality"]}
    county = slug(areas["county"])
    districts = [code for codes in inside.values() for code in codes]
    beside = {county: [*map(slug, areas["statistical_neighbours"])]}
    for alike in (districts, [*inside]):
        beside |= {code: [each for each in alike if each != code] for code in alike}
    return inside | {county: districts}, beside


def slug(text: str) -> str:
    """Text as ids spell it."""
    for sign, word in WORDS.items():
        text = text.replace(sign, word)
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")


def by_key(observations: pd.DataFrame) -> dict[str, dict]:
    """Rows of observations by the key that ids are made from."""
    rows = observations.to_dict("records")
    return {".".join(slug(row[name]) for name in KEY if row[name]): row for row in rows}


def without_period(key: str) -> tuple[str, ...]:
    """All parts of a key but its period."""
    parts = key.split(".")
    return (*parts[:2], *parts[3:])


def in_area(key: str, area: str) -> str:
    """The key with another area."""
    indicator, _, *others = key.split(".")
    return ".".join([indicator, area, *others])


def area_of(key: str) -> str:
    """The area of a key."""
    return key.split(".")[1]


def in_force(table: dict, start: pd.Timestamp) -> dict:
    """What the catalogue says of an indicator for a period, by its version."""
    said = dict(table)
    for version in sorted(table.get("version", []), key=lambda each: first_day(each["from"])):
        if first_day(version["from"]) <= start:
            said |= version
    return said


def first_day(label: str) -> pd.Timestamp:
    """First day of a period such as 2014, 2013/14 or 2013/14-Q2, by the financial year."""
    year = int(label[:4])
    quarter = re.search(r"Q([1-4])", label)
    if quarter:
        month = 3 * int(quarter[1]) + 1
        return pd.Timestamp(year + (month > 12), month - 12 * (month > 12), 1)
    return pd.Timestamp(year, 4 if "/" in label else 1, 1)
