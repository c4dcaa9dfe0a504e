"""What the codes and names that extracts write mean: an area of ours, one outside, or none."""

import re
from functools import lru_cache

import pandas as pd
import qlacref_authorities

from ehlib.load.areas.county import read_areas
from ehlib.load.areas.register import TYPES, Area, area_changes, areas_today

# Ways in which extracts write the name of a council.
FORMS = (
    "{0}",
    "{0} council",
    *(f"{{0}} {kind}{end}" for kind in ("district", "borough", "city") for end in ("", " council")),
    *(f"{kind} of {{0}}" for kind in ("borough", "city", "royal borough", "london borough")),
    *(f"{{0}} {kind}" for kind in ("metropolitan borough council", "unitary authority", "ua")),
)
COUNTY_FORMS = ("{0} county", "{0} county council", "county of {0}")
# Areas that no register lists here: their type, and a number that no code of the kind reaches.
SMALL = {
    "E01": ("lsoa", 36_000),  # E01035762 is the last of the census of 2021
    "E02": ("msoa", 7_500),
    "E05": ("ward", 100_000),
    "E38": ("ccg", 1_000),
}
CODE = re.compile(r"([a-z])\d\d(\d{6})")
NATIONS = {
    "W": "Wales",
    "S": "Scotland",
    "N": "Northern Ireland",
    "K": "more than England",
    "J": "more than England",
    "L": "the Channel Islands",
    "M": "the Isle of Man",
}
GROUPINGS = {
    "E00": "an output area",
    "E04": "a parish",
    "E11": "a metropolitan county, which has no council",
    "E13": "inner or outer London",
    "E14": "a constituency",
    "E23": "a police force area",
    "E40": "a region of the NHS",
    "E45": "a public health centre",
    "E47": "a combined authority",
    "E54": "an integrated care board",
}
OTHER_NAMES = {
    "wales": "Wales",
    "scotland": "Scotland",
    "northern ireland": "Northern Ireland",
    "inner london": GROUPINGS["E13"],
    "outer london": GROUPINGS["E13"],
} | dict.fromkeys(
    ["united kingdom", "uk", "great britain", "england and wales"], "more than England"
)
METROPOLITAN = ("greater manchester", "merseyside", "south yorkshire", "tyne and wear")
METROPOLITAN += (
    "west yorkshire",
    "west midlands",
)  # the last is also a region, and that goes first
# A footnote after a name: Ashfield1, Ashfield [note 2], Ashfield (3). Not "Ashfield 1", which may
# be a team's patch, nor the three digits of a small area's name.
MARK = re.compile(
    r"(?:\s*[\[(](?:(?:foot)?note\s*)?\w{1,2}(?:\s*,\s*\w{1,2})*[\])]"
    r"|(?<=[^\W\d])\d{1,2}(?:,\d{1,2})*|[\u00b9\u00b2\u00b3\u2070\u2074-\u2079,]+)\s*$",
    re.IGNORECASE,
)
Resolved = tuple[str | None, str | None, str | None, str]


def resolve_area(text: str) -> Area | None:
    """Area that a code or name means; None when it means none, or could mean several.

    An area that only changed its code or name gives the area of today. One that became part of
    another stays itself, since its numbers are not those of the whole. A small area (LSOA, MSOA,
    ward) is known by its code and has that for its name.
    """
    code, name, area_type, problem = _resolved(text)
    return None if problem else Area(code, name or code, area_type)


def resolve_areas(texts: pd.Series, names: pd.Series | None = None) -> pd.DataFrame:
    """Areas that a column of codes or names means; see `resolve_area`.

    Parameters
    ----------
    texts : Series of text
        Codes or names as extracts write them: old codes, `&`, any case, spaces and commas of any
        kind, a footnote's mark, with or without "District Council" and the like.
    names : Series of text, same index, optional
        Names of small areas, which are in no register; without one the code is the name.

    Returns
    -------
    DataFrame, same index
        `area_code`, `area_name`, `area_type`, missing where not resolved, and `area_problem`:
        empty, `unknown`, `ambiguous: E06000059 Dorset or E10000009 Dorset`, or `outside: Wales`
        for an area outside England or a published grouping that is no council.
    """
    places, written = pd.factorize(texts.astype("str"), use_na_sentinel=False)
    resolved = pd.DataFrame(
        [_resolved(text) for text in written],
        columns=["area_code", "area_name", "area_type", "area_problem"],
        dtype="str",
    )
    found = resolved.take(places).set_axis(texts.index)
    nameless = found["area_name"].eq("")
    given = pd.Series("", index=texts.index, dtype="str") if names is None else names
    own = given.astype("str").str.replace("\u00a0", " ").str.strip().fillna("")
    found["area_name"] = found["area_name"].mask(nameless, own.mask(own == "", found["area_code"]))
    return found


def _resolved(text: str) -> Resolved:
    plain = _plain(text)
    found = _lookup().get(plain, ())
    if len(found) == 1:
        return found[0].code, found[0].name, found[0].type, ""
    if found:
        either = " or ".join(f"{area.code} {area.name}" for area in found)
        return None, None, None, f"ambiguous: {either}"
    code = CODE.fullmatch(plain)
    if code:
        return _of_code(plain.upper(), int(code[2]))
    if plain in _outside():
        return None, None, None, f"outside: {_outside()[plain]}"
    unmarked = MARK.sub("", str(text))
    return _resolved(unmarked) if unmarked != str(text) else (None, None, None, "unknown")


def _of_code(code: str, number: int) -> Resolved:
    """What a code of nine characters means that no register lists."""
    kind = code[:3]
    if kind in SMALL:
        area_type, end = SMALL[kind]
        return (code, "", area_type, "") if 0 < number < end else (None, None, None, "unknown")
    if kind in TYPES or code[0] not in (*NATIONS, "E"):
        return None, None, None, "unknown"
    where = NATIONS.get(code[0]) or GROUPINGS.get(kind, "a kind of area that is not used here")
    return None, None, None, f"outside: {where}"


@lru_cache
def _outside() -> dict[str, str]:
    """Where areas lie that have no place here, by their name."""
    records = qlacref_authorities.records
    welsh = [each["LTLA21NM"] for each in records if each["LTLA21CD"].startswith("W")]
    forms = ("{0}", "{0} met county", "{0} metropolitan county")
    counties = {form.format(each): GROUPINGS["E11"] for each in METROPOLITAN for form in forms}
    named = {form.format(_plain(each)): NATIONS["W"] for each in welsh for form in FORMS}
    return OTHER_NAMES | counties | named


@lru_cache
def _lookup() -> dict[str, tuple[Area, ...]]:
    """Areas, of today and former, and localities by each code and name that extracts may write."""
    written = [(area, area) for area in areas_today().values()]
    for row in area_changes().itertuples():
        former = Area(row.old_code, row.old_name, TYPES[row.old_code[:3]])
        same = row.change in ("recoded", "renamed")
        written.append((former, areas_today()[row.new_code] if same else former))
    localities = [Area(each.code, each.name, each.type) for each in read_areas().localities]
    written += [(area, area) for area in localities]
    counties = {area.name for area, _ in written if area.type == "county"}
    found: dict[str, set[Area]] = {}
    for area, meant in written:
        for text in (_plain(area.code), *_forms(area, counties)):
            found.setdefault(text, set()).add(meant)
    return {text: tuple(sorted(areas, key=lambda area: area.code)) for text, areas in found.items()}


def _forms(area: Area, counties: set[str]) -> set[str]:
    """Normalised ways to write the name of an area."""
    head, _, tail = area.name.partition(", ")
    heads = {_plain(area.name)}
    if tail.endswith(" of"):  # "Bristol, City of" is also "Bristol" and "City of Bristol"
        heads |= {_plain(head), _plain(f"{tail} {head}")}
    if area.type in ("region", "england", "locality"):
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
