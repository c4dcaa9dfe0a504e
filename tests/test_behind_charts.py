"""Tables that open under a chart: the figures that it draws."""

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from ehlib.load.indicators import read_indicators
from ehlib.measure.spatial.clusters import Clusters
from ehlib.show.cases.closing import curves_table
from ehlib.show.figures.clusters import clusters_table

RATE = read_indicators()["under18_conceptions"]
WEEKS = pd.DataFrame(
    {
        "indicator_id": "early_help_weeks",
        "area_code": "E10000024",
        "period": ["2013/14-Q2", "2013/14-Q3"],
        "period_start": pd.to_datetime(["2013-07-01", "2013-10-01"]),
        "sex": "persons",
        "age": "0-17",
    }
)


def test_curve_is_told_every_fourth_week_as_high_as_it_last_stepped():
    steps = {"": {3: 10.0, 6: 20.04, 12: 30.0}, "level 1": {2: 50.0, 5: 60.0}}
    curves = pd.DataFrame(
        [
            {"level": level, "week": week, "value": value}
            for level, known in steps.items()
            for week, value in known.items()
        ]
    )
    table = curves_table(curves, WEEKS)
    assert table.to_dict("list") == {
        "Weeks": ["4", "8", "12"],
        "All": ["10.0", "20.0", "30.0"],
        "Level 1": ["50.0", "", ""],
    }
    key = "early_help_weeks.e10000024.2013-14-q3.persons.0-17.closed_by"
    assert table.attrs["numbers"][(1, "All")] == f"{key}.all-week-8.share_closed"


def found(level, kinds):
    places = [f"Ashfield 00{number}" for number in range(len(kinds))]
    codes = [f"E0200{number}" for number in range(len(kinds))]
    areas = pd.DataFrame({"area_code": codes, "area_name": places, "cluster": kinds})
    points = [Point(number, 0) for number in range(len(kinds))]
    areas = gpd.GeoDataFrame(areas.assign(value=[10.0, 20.26, 5.0]), geometry=points)
    return Clusters(areas, level, "2013", 0.01)


def neighbourhoods(codes):
    same = {
        "indicator_id": "under18_conceptions",
        "period": "2013",
        "sex": "female",
        "age": "15-17",
    }
    return pd.DataFrame({"area_code": codes}).assign(**same, category_type="", category="")


def test_places_that_stand_out_on_a_map_are_listed_with_their_figure():
    clusters = found("msoa", ["not clear", "high among high", "high among low"])
    table = clusters_table(clusters, neighbourhoods(clusters.areas["area_code"]), RATE)
    assert list(table["Place"]) == ["Ashfield 001", "Ashfield 002"]
    assert list(table["Rate (per 1,000)"]) == ["20.3", "5.0"]
    assert list(table["Stands out as"]) == ["high among high", "high among low"]
    assert "under18_conceptions.e02001.2013.female.15-17.value" in table.attrs["numbers"].values()


def test_no_place_or_districts_need_no_list():
    rows = neighbourhoods(["E02000", "E02001", "E02002"])
    assert clusters_table(found("msoa", ["not clear"] * 3), rows, RATE) is None
    assert clusters_table(found("district", ["high among high"] * 3), rows, RATE) is None
