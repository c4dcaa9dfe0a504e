"""The runs of a quarter: which notebook makes which page, with which parameters."""

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ehlib.load.areas import Areas, filter_areas, read_areas
from ehlib.load.indicators import Indicator, read_indicators
from ehlib.load.periods import Period, parse_quarter
from ehlib.load.schema import read_observations
from ehlib.publish.batch.parameters import declared_parameters, parameter_faults, read_notebook
from ehlib.publish.batch.schedule import SLUG, BatchError, PageEntry, read_schedule

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "data" / "reference"
PROCESSED = ROOT / "data" / "processed"
NOTEBOOKS = ROOT / "notebooks"
TAKEN = {"index"}  # the list of pages has this name


@dataclass(frozen=True)
class Run:
    """One notebook with the parameters of one page; `page` is its name without `.html`."""

    notebook: Path
    parameters: dict[str, object]
    page: str
    title_hint: str
    group: str


def plan(
    quarter: str,
    *,
    reference_dir: Path = REFERENCE,
    processed_dir: Path = PROCESSED,
    notebooks_dir: Path = NOTEBOOKS,
    area: str = "",
    only: str = "",
) -> list[Run]:
    """Runs whose pages are due in a quarter.

    Parameters
    ----------
    quarter : str
        Such as `2013/14-Q3`.
    reference_dir, processed_dir, notebooks_dir : Path
        Hold batch.toml, the prepared observations and the notebooks.
    area : str
        Code; pages of this area alone when given.
    only : str
        Pattern of page names, such as `02-*`; pages that match when given.

    Returns
    -------
    list of Run
        In the order of batch.toml. Each has the parameters that batch.toml gives, and of the
        standard ones (data_dir, reference_dir, quarter, area_code) those its notebook declares.
        Where no figure of an indicator is for a period that had ended by the quarter's end, the
        notebook under `awaited` makes its page, or nothing does.

    Raises
    ------
    BatchError
        If batch.toml is wrong, names an unknown indicator or notebook, or two pages share a name.
    ValueError
        If the quarter does not parse, or no page fits `area` and `only`.
    """
    period = parse_quarter(quarter)
    areas = read_areas(reference_dir / "areas.toml")
    indicators = read_indicators(reference_dir / "indicators.toml")
    held = _held(processed_dir, period, areas)
    standard = {
        "data_dir": _from(notebooks_dir, processed_dir),
        "reference_dir": _from(notebooks_dir, reference_dir),
        "quarter": period.label,
        "area_code": areas.county.code,
    }
    runs = []
    for entry in read_schedule(reference_dir / "batch.toml").pages:
        if entry.is_due(period):
            for filled in _fill(entry, areas, indicators, held):
                notebook = notebooks_dir / f"{filled.notebook}.ipynb"
                declared = _declared(notebook, entry.place)
                common = {name: value for name, value in standard.items() if name in declared}
                given = common | filled.parameters
                runs.append(Run(notebook, given, filled.page, filled.hint, entry.group))
    _check_names(runs)
    return select(runs, area=area, only=only)


def select(runs: list[Run], *, area: str = "", only: str = "") -> list[Run]:
    """Runs of one area, or with page names of one pattern.

    Raises
    ------
    ValueError
        If there are none.
    """
    chosen = [
        run
        for run in runs
        if (not area or run.parameters.get("area_code") == area)
        and (not only or fnmatchcase(run.page, only))
    ]
    if not chosen:
        asked = " and ".join(filter(None, [area and f"area {area}", only and f"name {only}"]))
        raise ValueError(f"no page is due with {asked or 'this quarter'}; see --dry-run")
    return chosen


def check_runs(runs: list[Run]) -> None:
    """Check the parameters of runs against what their notebooks declare.

    Raises
    ------
    BatchError
        If any is undeclared or of another type; names notebook, page and parameter, all at once.
        If a page has a name that is no slug or not its own.
    """
    _check_names(runs)
    declared = {path: _declared(path) for path in {run.notebook for run in runs}}
    faults = [
        f"{run.notebook.name} for {run.page}: {fault}"
        for run in runs
        for fault in parameter_faults(run.parameters, declared[run.notebook])
    ]
    if faults:
        raise BatchError("\n".join(faults))


def slug(text: str) -> str:
    """Text as part of a page name: small letters, figures and hyphens alone."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


@dataclass(frozen=True)
class _Filled:
    notebook: str
    page: str
    hint: str
    parameters: dict[str, object]


def _held(processed_dir: Path, period: Period, areas: Areas) -> set[str]:
    """Indicators with a figure, for our areas, of a period that had ended by the quarter's end."""
    observations = read_observations(processed_dir, quarter=period.label)
    figures = observations[["numerator", "value"]].notna().any(axis=1)
    ours = filter_areas(observations[figures & (observations["category_type"] == "")], areas)
    return set(ours["indicator_id"])


def _declared(notebook: Path, place: str = "") -> dict[str, str]:
    """What a notebook declares; `place` names the table of batch.toml that asks for it."""
    name = f"{place}, notebook: {notebook.name}" if place else notebook.name
    try:
        text = notebook.read_text(encoding="utf-8")
        return declared_parameters(read_notebook(text, name=notebook.name))
    except FileNotFoundError:
        raise BatchError(f"{name} is not in the notebooks folder") from None
    except ValueError as error:
        raise BatchError(f"{name} {error}") from error


def _fill(
    entry: PageEntry, areas: Areas, indicators: dict[str, Indicator], held: set[str]
) -> Iterator[_Filled]:
    """Pages of an entry: one, or one for each of its areas or indicators."""
    if not entry.over:
        yield _Filled(entry.notebook, entry.name, entry.group, entry.parameters)
    elif entry.over == "area":
        kinds = {
            "county": [areas.county],
            "locality": areas.localities,
            "district": areas.districts,
        }
        for area in (area for kind in entry.items for area in kinds[kind]):
            page = entry.name.format(area=slug(area.name) or slug(area.code))
            given = {"area_code": area.code} | entry.parameters
            yield _Filled(entry.notebook, page, area.name, given)
    else:
        yield from _fill_indicators(entry, indicators, held)


def _fill_indicators(
    entry: PageEntry, indicators: dict[str, Indicator], held: set[str]
) -> Iterator[_Filled]:
    """Pages of indicators; those without a figure are made by another notebook, or not at all."""
    unknown = [value for value in entry.items if value not in indicators]
    if unknown:
        raise BatchError(
            f"{entry.place}, for_each.indicator_id: {', '.join(map(str, unknown[:5]))} "
            "not known; expected ids of indicators.toml"
        )
    for value in entry.items:
        page, hint = entry.name.format(indicator_id=slug(value)), indicators[value].short_name
        given = {"indicator_id": value}
        if value in held:
            yield _Filled(entry.notebook, page, hint, given | entry.parameters)
        elif entry.awaited:
            yield _Filled(entry.awaited, page, hint, given)


def _check_names(runs: list[Run]) -> None:
    """Refuse page names that are no slugs or not their own."""
    seen = set(TAKEN)
    for run in runs:
        if run.page in seen or not SLUG.fullmatch(run.page):
            raise BatchError(
                f"batch.toml: {run.notebook.name} makes the page {run.page!r}; "
                "expected a name of small letters, figures and hyphens that no other page has"
            )
        seen.add(run.page)


def _from(folder: Path, target: Path) -> str:
    """Path as a notebook in `folder` has to write it, with forward slashes."""
    target = target.resolve()
    try:
        return Path(os.path.relpath(target, folder.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        return target.as_posix()
