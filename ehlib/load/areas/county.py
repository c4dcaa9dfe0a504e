"""The county that the workbench is about: its districts and localities, and what is around it."""

import itertools
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ehlib.load.areas.register import REFERENCE, Area, area_named, english_areas
from ehlib.load.reads import note_read
from ehlib.load.schema import SourceError

ENTRY = {
    "county": str,
    "region": str,
    "england": str,
    "neighbours": list,
    "statistical_neighbours": list,
    "locality_assumption": str,
    "locality": list,
}
LOCALITY = {"code": str, "name": str, "districts": list}


@dataclass(frozen=True)
class Locality:
    """A group of districts with a code of our own; `assumption` says what it rests on."""

    code: str
    name: str
    districts: tuple[str, ...]
    assumption: str
    type: str = "locality"


@dataclass(frozen=True)
class Areas:
    """A county with what lies in it, around it and above it; a unitary has no districts."""

    county: Area
    districts: tuple[Area, ...]
    localities: tuple[Locality, ...]
    region: Area
    england: Area
    neighbours: tuple[Area, ...] = ()
    statistical_neighbours: tuple[Area, ...] = ()

    @property
    def own(self) -> tuple[Area | Locality, ...]:
        """Districts, localities, county, region and England, in that order."""
        return (*self.districts, *self.localities, self.county, self.region, self.england)

    def name(self, code: str) -> str:
        """Name of one of these areas."""
        return self._find(code).name

    def type(self, code: str) -> str:
        """Area type of one of these areas."""
        return self._find(code).type

    def codes(self, area_type: str) -> list[str]:
        """Codes of the county's own areas of a type; districts by name."""
        return [area.code for area in self.own if area.type == area_type]

    def parent(self, code: str) -> str:
        """Code of the area above: county of a district or locality, region, England, then ""."""
        above = (self.county.code, self.region.code, self.england.code, "")
        return dict(itertools.pairwise(above)).get(self._find(code).code, self.county.code)

    def _find(self, code: str) -> Area | Locality:
        for area in (*self.own, *self.neighbours, *self.statistical_neighbours):
            if area.code == code:
                return area
        raise ValueError(
            f"area_code is {code!r}; expected {self.county.name}, an area in or above it "
            "or one of its neighbours"
        )


def read_areas(path: str | Path | None = None) -> Areas:
    """Areas that `areas.toml` names, checked against the register.

    Parameters
    ----------
    path : str or Path, optional
        The project's `data/reference/areas.toml` when not given.

    Raises
    ------
    SourceError
        If a key is missing, unknown or of the wrong kind, a code is not an area of today, the
        region is not the county's, or a district is in no locality or in two.
    """
    path = Path(path or REFERENCE / "areas.toml")
    for each in (path, REFERENCE / "regions.csv", REFERENCE / "area_changes.csv"):
        note_read(each)  # the register of English areas is made from the last two
    try:
        entry = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{path.name}: not valid TOML: {error}") from error
    _check_keys(path.name, entry, ENTRY)
    try:
        areas = county_areas(entry["county"])
    except ValueError as error:
        raise SourceError(f"{path.name}, county: {error}") from error
    for key, wanted in (("region", areas.region), ("england", areas.england)):
        if entry[key] != wanted.code:
            raise SourceError(
                f"{path.name}, {key}: found {entry[key]!r}; expected {wanted.code} ({wanted.name})"
            )
    localities = _localities(path.name, entry, areas)
    around = [_around(path.name, entry, key) for key in ("neighbours", "statistical_neighbours")]
    return Areas(areas.county, areas.districts, localities, areas.region, areas.england, *around)


def county_areas(code: str) -> Areas:
    """Areas of any English county or unitary, without localities and neighbours.

    Parameters
    ----------
    code : str
        Code of today, such as `E10000016` (Kent) or `E06000059` (Dorset).

    Raises
    ------
    ValueError
        If the code is not that of a county or unitary of today.
    """
    county = area_named(code)
    if county.type not in ("county", "unitary"):
        raise ValueError(f"found {code!r}, {county.name}, a {county.type}; expected a county")
    register = english_areas()
    inside = register["county_code"].eq(code) & register["area_type"].eq("district")
    region = register.loc[register["area_code"] == code, "region_code"].item()
    return Areas(
        county=county,
        districts=tuple(area_named(district) for district in register.loc[inside, "area_code"]),
        localities=(),
        region=area_named(region),
        england=area_named("E92000001"),
    )


def filter_areas(observations: pd.DataFrame, areas: Areas, *area_types: str) -> pd.DataFrame:
    """Rows of the county's own areas.

    Parameters
    ----------
    observations : DataFrame with `area_code`
        Rows of any areas.
    areas : Areas
        The county with what lies in and above it; neighbours are not its own.
    area_types : str
        Types to keep, such as "district"; all when none is given.
    """
    codes = [area.code for area in areas.own if not area_types or area.type in area_types]
    return observations[observations["area_code"].isin(codes)]


def _check_keys(place: str, entry: object, wanted: dict[str, type]) -> None:
    if not isinstance(entry, dict):
        raise SourceError(f"{place}: found {entry!r}; expected a table with {', '.join(wanted)}")
    for key in (*wanted, *entry):
        if key not in wanted:
            raise SourceError(f"{place}, {key}: not a known key; expected {', '.join(wanted)}")
        if not isinstance(entry.get(key), wanted[key]):
            found = repr(entry[key]) if key in entry else "nothing"
            kind = "text" if wanted[key] is str else "a list"
            raise SourceError(f"{place}, {key}: found {found}; expected {kind}")


def _around(place: str, entry: dict, key: str) -> tuple[Area, ...]:
    """Areas of today that a list of codes names."""
    try:
        return tuple(area_named(code) for code in entry[key])
    except ValueError as error:
        raise SourceError(f"{place}, {key}: {error}") from error


def _localities(place: str, entry: dict, areas: Areas) -> tuple[Locality, ...]:
    """Localities whose districts make up the county, each district once."""
    localities = []
    taken: dict[str, str] = {}
    for number, each in enumerate(entry["locality"], start=1):
        here = f"{place}, locality {number}"
        _check_keys(here, each, LOCALITY)
        wanted = f"{areas.county.code}-L{number}"
        if each["code"] != wanted:
            raise SourceError(f"{here}, code: found {each['code']!r}; expected {wanted!r}")
        for code in each["districts"]:
            if code in taken:
                raise SourceError(f"{here}, districts: {code} is already in {taken[code]}")
            if code not in areas.codes("district"):
                raise SourceError(
                    f"{here}, districts: found {code!r}; expected a district of {areas.county.name}"
                )
            taken[code] = each["code"]
        members = tuple(each["districts"])
        localities.append(
            Locality(each["code"], each["name"], members, entry["locality_assumption"])
        )
    left = [f"{area.code} {area.name}" for area in areas.districts if area.code not in taken]
    if localities and left:
        raise SourceError(f"{place}, locality: found {', '.join(left)} in none; expected one each")
    return tuple(localities)
