"""Inequality within a place: how deprived its neighbourhoods are, and where poor children live."""

from functools import partial

import geopandas as gpd
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.measure.gaps import Deprived, Spread, districts_of, small_shapes, spread_of_events
from ehlib.measure.gaps.neighbourhoods import DECILE
from ehlib.show.cells import show_figure, show_markdown, show_note
from ehlib.show.findings import last_day
from ehlib.show.numbers import marked, unmarked
from ehlib.show.profiles.maps import map_neighbourhoods
from ehlib.show.sentences import count_words, list_words, number, possessive, short_label
from ehlib.show.tables import limits_text

FIFTHS = [
    "least deprived fifth of England",
    "second least deprived",
    "middle fifth",
    "second most deprived",
    "most deprived fifth of England",
]
RATE_BREAKS = (100.0, 150.0, 200.0, 300.0)  # children in low income per 1,000, the same everywhere
RATE_UNIT = "children in relative low income per 1,000 children aged 0 to 17"
NOT_CHILDREN = (
    "Neighbourhoods are counted here, not children: most places called deprived also hold families "
    "who are not, and the other way round."
)


def deprived_sentence(found: Deprived, name: str) -> str:
    """How many neighbourhoods are among England's most deprived; empty where not known."""
    if not found.places:
        return ""
    fifth, tenth = found.within(2), found.within(1)
    share = number(100 * fifth / found.places, 0)
    tenths = f", of which {tenth} in its most deprived tenth" if tenth else ""
    if not fifth:
        return (
            f"None of {possessive(name)} {found.places} neighbourhoods was in England's most "
            f"deprived fifth in {found.edition}."
        )
    return (
        f"Of {count_words(found.places, 'neighbourhood')} in {name}, {fifth} ({share}%) were in "
        f"England's most deprived fifth in {found.edition}{tenths}."
    )


def show_deprived(found: Deprived, name: str, districts: gpd.GeoDataFrame) -> None:
    """Show the map of neighbourhoods by fifth of England; nothing where none is held."""
    if not found.places:
        return
    said = deprived_sentence(found, name)
    show_markdown(f"### How deprived are its neighbourhoods?\n\n{said} {NOT_CHILDREN}")
    values = 6 - (found.shapes["decile"] + 1) // 2  # darkest is most deprived
    rates = pd.DataFrame({"area_code": found.shapes["area_code"], "value": values})
    draw = partial(
        map_neighbourhoods,
        rates,
        found.shapes,
        districts,
        breaks=(2.0, 3.0, 4.0, 5.0),
        names=FIFTHS,
        unit=f"Index of Multiple Deprivation {found.edition}",
    )
    of = pd.DataFrame({"source_name": [found.source_name], "value_note": [""]})
    show_figure(
        draw(),
        narrow=draw(narrow=True),
        alt=said,
        caption=f"Neighbourhoods (LSOAs) of {name} by fifth of England.",
        of=of,
        table=tenths_table(found),
    )


def tenths_table(found: Deprived) -> pd.DataFrame:
    """How many neighbourhoods are in each tenth of England, most deprived first."""
    counts = found.shapes["decile"].value_counts().reindex(range(1, 11), fill_value=0)
    labels = [str(tenth) for tenth in range(1, 11)]
    whose = {"indicator_id": DECILE, "area_code": found.area_code, "period": found.edition}
    group = {"sex": "persons", "age": "all", "category_type": "tenth", "category": labels}
    texts = marked(counts.map(str), pd.DataFrame(whose | group), "neighbourhoods")
    labels = ["1 (most deprived)", *labels[1:-1], "10 (least deprived)"]
    return unmarked(pd.DataFrame({"Tenth of England": labels, "Neighbourhoods": texts}))


def spread_sentence(found: Spread | None, rates: pd.DataFrame, name: str) -> str:
    """In how few neighbourhoods half of the children in low income live, and how many elsewhere."""
    if found is None:
        return ""
    elsewhere = number(100 * found.elsewhere, 0)
    when = rates["period"].iloc[0]
    return (
        f"In {when}, half of the {number(found.events, 0)} children in low-income families in "
        f"{name} lived in {found.half} of its {found.places} larger neighbourhoods; {elsewhere}% "
        "lived outside the most deprived fifth of the county's neighbourhoods."
    )


def spread_of(rates: pd.DataFrame, name: str) -> str:
    """`spread_sentence` of the neighbourhoods of a place; empty where none is held."""
    return spread_sentence(spread_of_events(rates), rates, name) if len(rates) else ""


def show_low_income(
    rates: pd.DataFrame, name: str, districts: gpd.GeoDataFrame, data_dir: str
) -> None:
    """Show the map and table of children in low income by MSOA; nothing where none is held.

    Parameters
    ----------
    rates : DataFrame, one row per neighbourhood of the place
        From `neighbourhood_rates`.
    name : str
        The place.
    districts : GeoDataFrame
        Outlines of the place's districts.
    data_dir : str
        Folder of prepared boundaries.
    """
    if rates.empty:
        return
    said = spread_sentence(spread_of_events(rates), rates, name)
    provisional = rates["value_note"].str.contains("provisional").any()
    unsure = " These figures are provisional and may be revised a long way." if provisional else ""
    show_markdown(f"### Where do children in low-income families live?\n\n{said}{unsure}")
    shapes = small_shapes(data_dir, "msoa", rates["area_code"])
    shapes = shapes[shapes["district_code"].isin(districts["area_code"])]
    draw = partial(map_neighbourhoods, rates, shapes, districts, breaks=RATE_BREAKS, unit=RATE_UNIT)
    when = short_label(rates["period"].iloc[0])
    show_figure(
        draw(),
        narrow=draw(narrow=True),
        alt=said,
        caption=f"Children in relative low income by neighbourhood (MSOA) of {name}, {when}.",
        of=rates,
        table=places_table(rates),
    )


def places_table(rates: pd.DataFrame) -> pd.DataFrame:
    """One row a neighbourhood, highest rate first: number, rate, limits and fifth of the county."""
    rows = rates.sort_values("value", ascending=False).reset_index(drop=True)
    limits = map(limits_text, rows["lower_ci"], rows["upper_ci"])
    fifths = [number(each, 0) for each in rows["fifth"]]
    columns = {
        "Neighbourhood": list(rows["area_name"]),
        "Children": marked(rows["numerator"].map(lambda each: number(each, 0)), rows, "number"),
        "Per 1,000 children": marked(rows["value"].map(number), rows, "per_thousand"),
        "95% limits": marked(limits, rows, "per_thousand_limits"),
        "Fifth of the county (1 is most deprived)": marked(fifths, rows, "fifth"),
    }
    return unmarked(pd.DataFrame(columns))


def outlines(boundaries: gpd.GeoDataFrame, area_code: str, areas: Areas) -> gpd.GeoDataFrame:
    """Boundaries of the districts that a place is made of."""
    return boundaries[boundaries["area_code"].isin(districts_of(area_code, areas))]


def of_place(rates: pd.DataFrame, districts: gpd.GeoDataFrame, data_dir: str) -> pd.DataFrame:
    """Rates of the neighbourhoods that lie in some districts."""
    if rates.empty:
        return rates
    shapes = small_shapes(data_dir, "msoa", rates["area_code"])
    near = shapes.loc[shapes["district_code"].isin(districts["area_code"]), "area_code"]
    return rates[rates["area_code"].isin(near)].reset_index(drop=True)


def show_not_held(found: Deprived, rates: pd.DataFrame, quarter: str) -> None:
    """Say which figures of neighbourhoods are not held, and who publishes them."""
    lacking = [] if found.places else ["the Index of Multiple Deprivation by LSOA (MHCLG)"]
    lacking += [] if len(rates) else ["children in low-income families by MSOA (DWP, Stat-Xplore)"]
    if lacking:
        end = last_day(quarter)
        show_note(
            f"Not held for a date up to {end}: {list_words(lacking)}. For the analyst: put "
            "the publisher's file into the folder of extracts and prepare the data again."
        )


def sources_within(found: Deprived, rates: pd.DataFrame, districts: pd.DataFrame) -> list[str]:
    """Sources of what a profile shows of neighbourhoods, where it shows any."""
    said = [found.source_name] if found.places else []
    rest = sources_of(rates, districts)
    return [*said, *rest] if rest or not said else [*said, districts["source"].iloc[0]]


def sources_of(rates: pd.DataFrame, districts: pd.DataFrame) -> list[str]:
    """Sources of a map of rates and of its boundaries, where there is one."""
    return [*sorted(set(rates["source_name"])), districts["source"].iloc[0]] if len(rates) else []
