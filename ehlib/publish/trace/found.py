"""The observation that an id stands for, or the ids that come nearest to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from ehlib.load.definitions import definitions_in_force
from ehlib.load.indicators import Indicator
from ehlib.load.schema import SourceError, read_observations
from ehlib.publish.trace.pages import Cell
from ehlib.show.numbers import number_ids

OWN = ("value", "number", "out_of", "limits")  # measures of one observation
MADE = {  # measures made of several observations: how, and where that is described
    "year_change": "the figure less that of the same period a year before, with the limits of the "
    "difference (docs/methods.md, rates.subtract)",
    "gap": "the peers' result less the group's, of one school year (docs/methods.md, "
    "rates.subtract)",
    "gap_limits": "limits of the gap from those of both results (docs/methods.md, rates.subtract)",
    "per_thousand": "the number as a rate per 1,000 children aged 0 to 17 who live there",
    "per_thousand_limits": "limits of that rate (docs/methods.md, intervals.poisson)",
    "between": "the gap between places in that period, most deprived less least deprived or "
    "highest less lowest, as the page says (docs/methods.md, inequality)",
    "between_limits": "limits of that gap",
    "most_deprived": "the most deprived end of the line through the groups in that period "
    "(docs/methods.md, inequality)",
    "least_deprived": "the least deprived end of the same line",
    "ratio": "the ratio of the same two figures",
    "ratio_limits": "limits of that ratio",
    "change": "the gap in that period less the gap in the first period of the table",
    "change_limits": "limits of that change, from those of both gaps",
    "fifth": "fifth of the county's neighbourhoods by deprivation, 1 the most deprived",
    "neighbourhoods": "how many neighbourhoods (LSOAs) of the area are in that tenth of England",
    "others": "lowest and highest figure of the places compared with, in that period",
    "middle": "median of the figures of the places compared with, in that period",
    "rank": "place of the area's figure among them, the highest first",
    "of_districts": "the counts of the locality's districts added up, as a rate or percentage",
    "since_april": "the sum of the numbers of the quarters from April on",
    "usual": "mean of the area's quarters, less and plus 2.66 times the mean moving range "
    "(docs/methods.md, spc.process_chart)",
    "episodes": "the sum of the episodes opened in the year to the quarter's end",
    "median_weeks": "weeks after which half the episodes of that year had closed, by Kaplan and "
    "Meier's method",
    "share_closed": "per cent of that year's episodes closed by the week, by Kaplan and Meier's "
    "method",
    "closed_within": "100 less the per cent of that year's episodes still open after so many "
    "weeks, by Kaplan and Meier's method",
}
# Made of one area's periods; others of all areas in one period.
ALONG = {"since_april", "usual", "year_change"}
NEAREST = 5
SUMMED = {"district": ("made of districts", "locality")}  # what a number of none's own is made of
SMALL = ("made of neighbourhoods", "place")


@dataclass(frozen=True)
class Found:
    """A number: its id, the key of its observation (the id less the measure) and the row.

    `method` and `multiplier` are those in force for the row: a part of case records is a
    percentage whatever its indicator is.
    """

    id: str
    key: str
    measure: str
    row: pd.Series
    indicator: Indicator
    method: str
    multiplier: float

    @property
    def is_case(self) -> bool:
        """Whether it is counted from case records."""
        return self.indicator.data_class == "case"


@dataclass(frozen=True)
class Traced:
    """A number with all figures of its indicator and the cells of pages that show its row."""

    number: Found
    own: pd.DataFrame
    cells: list[Cell]


def read_indicator(
    number_id: str, processed_dir: Path, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """Observations of the indicator that an id begins with.

    Raises
    ------
    SourceError
        If the catalogue has no such indicator, or no figure of it is prepared.
    """
    name = number_id.strip().lower().partition(".")[0]
    if name not in indicators:
        near = get_close_matches(name, indicators, NEAREST, cutoff=0.5)
        raise SourceError(
            f"{number_id}: no indicator is called {name!r}; expected an id such as "
            f"under18_conceptions.e07000170.2011{_nearest(near)}"
        )
    own = read_observations(processed_dir, indicator_id=name)
    if own.empty:
        raise SourceError(f"{number_id}: no figure of {name} is prepared; run `ehlib prepare`")
    return own


def find_number(number_id: str, own: pd.DataFrame, indicators: Mapping[str, Indicator]) -> Found:
    """Row and measure that an id stands for.

    Parameters
    ----------
    number_id : str
        In full, or less the parts after the period where one row is left.
    own : DataFrame
        Observations of the indicator.
    indicators : mapping
        The catalogue.

    Raises
    ------
    SourceError
        If no row or several fit; names the nearest ids.
    """
    asked = number_id.strip().lower()
    wanted, _, measure = asked.rpartition(".")
    if measure not in (*OWN, *MADE):
        wanted, measure = asked, "value"
    keys = pd.Series(number_ids(own, ""), index=own.index).str.rstrip(".")
    fits = keys == wanted
    if not fits.any() and measure in MADE:  # it begins with indicator, area and period alone
        fits = _of_period(keys, own["area_type"], wanted)
        if fits.any():
            return _found(wanted, measure, own[fits], indicators)
    if not fits.any():
        fits = _less_said(keys, wanted, own)
    if fits.sum() != 1:
        near = keys[fits] if fits.any() else _near(keys, wanted)
        several = f"{fits.sum()} numbers fit" if fits.any() else "no such number is prepared"
        said = [f"{key}.{measure}" for key in [*near][:NEAREST]]
        raise SourceError(f"{number_id}: {several}{_nearest(said)}")
    return _found(keys[fits.idxmax()], measure, own.loc[[fits.idxmax()]], indicators)


def _found(
    key: str, measure: str, rows: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> Found:
    row, area = rows.iloc[0], key.split(".")[1].upper()
    if row["area_code"].upper() != area:  # such as a locality, whose figures are sums of ours
        name, kind = SUMMED.get(row["area_type"], SMALL)
        row = row.to_frame().T.assign(area_code=area, area_name=name, area_type=kind).iloc[0]
    indicator = indicators[row["indicator_id"]].at(row["period_start"].date())
    said = definitions_in_force(rows, indicators).iloc[0]
    figure = (said["method"], said["multiplier"])
    return Found(f"{key}.{measure}", key, measure, row, indicator, *figure)


def _of_period(keys: pd.Series, types: pd.Series, wanted: str) -> pd.Series:
    """Rows of the same area and period, or else of its districts, or else of neighbourhoods."""
    parts = keys.str.split(".", expand=True)
    name, area, period = [*wanted.split("."), "", ""][:3]
    alike = (parts[0] == name) & (parts[2] == period)
    kinds = (parts[1] == area, types == "district", types == "lsoa")
    return next((alike & kind for kind in kinds if (alike & kind).any()), alike & kinds[0])


def _less_said(keys: pd.Series, wanted: str, own: pd.DataFrame) -> pd.Series:
    """Rows whose key begins so; of several the one total, where there is only one."""
    begins = keys.str.startswith(f"{wanted}.")
    totals = begins & (own["category_type"] == "")
    return totals if totals.sum() == 1 else begins


def _near(keys: pd.Series, wanted: str) -> list[str]:
    """Keys that share most parts with the one wanted, those spelt most like it first."""
    parts = set(wanted.split("."))
    shared = keys.map(lambda key: len(parts & set(key.split("."))))
    best = [*keys[shared == shared.max()]]
    return get_close_matches(wanted, best, NEAREST, cutoff=0.0)


def _nearest(ids: list[str]) -> str:
    return f"; nearest: {', '.join(ids)}" if ids else ""
