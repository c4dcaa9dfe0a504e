"""Maps: areas, classes, labels and key as drawn; edges that neighbours still share."""

import base64
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex, to_rgb

from ehlib.load.indicators import read_indicators
from ehlib.show.charts import NARROW, svg_uri
from ehlib.show.maps import (
    BLUES,
    HATCH,
    TOLERANCE,
    add_class,
    class_names,
    map_caption,
    map_districts,
    simplified,
)

NAN = np.nan
BREAKS = (10.0, 20.0, 30.0)
KM = 1000.0
# Four small districts in the corner of a county, as Mansfield, Ashfield, Broxtowe and Gedling are.
PLACES = {
    "Mansfield": (0, 10, 8, 8),
    "Ashfield": (0, 5, 8, 5),
    "Broxtowe": (0, 0, 8, 5),
    "Gedling": (8, 0, 8, 10),
    "Newark and Sherwood": (8, 10, 40, 30),
    "Bassetlaw": (0, 40, 48, 40),
}
VALUES = [35.9, 28.0, 9.0, 20.0, 27.9, NAN]


def jagged(left, low, wide, high):
    """Rectangle whose edges zigzag by 40 m, every 100 m, the same way for both neighbours."""
    corners = [(left, low), (left + wide, low), (left + wide, low + high), (left, low + high)]
    points = []
    for (x0, y0), (x1, y1) in pairwise([*corners, corners[0]]):
        steps = round(max(abs(x1 - x0), abs(y1 - y0)) * 10)
        for step in range(steps):
            x, y = x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps
            odd = 0.04 * (round((x + y) * 10) % 2)
            points.append((x + odd * (x0 == x1), y + odd * (y0 == y1)))
    return shapely.Polygon(np.round(np.array(points) * KM))


@pytest.fixture(scope="module")
def boundaries():
    shapes = [jagged(*place) for place in PLACES.values()]
    frame = {
        "area_code": list(PLACES),
        "source": "Boundaries: built (by us) from parts (ONS). More.",
    }
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:27700")


@pytest.fixture
def measures():
    notes = ["", "", "", "", "", "suppressed"]
    return pd.DataFrame(
        {"area_code": list(PLACES), "area_name": list(PLACES), "value": VALUES, "value_note": notes}
    ).assign(period="2013")


def drawn(measures, boundaries, **options):
    return map_districts(measures, boundaries, breaks=BREAKS, unit="per 1,000", **options)


def shaded(ax):
    """Fill and hatch of each district, in the order drawn."""
    parts = [each for each in ax.collections if not isinstance(each, PathCollection)]
    return [(to_hex(fill), each.get_hatch()) for each in parts for fill in each.get_facecolor()]


def key_of(ax):
    (key,) = ax.figure.legends
    return key.get_title().get_text(), [each.get_text() for each in key.get_texts()]


def said(ax):
    return {
        text.get_text().rsplit("\n", 1)[0]: text.get_text().rsplit("\n", 1)[1] for text in ax.texts
    }


@pytest.mark.parametrize(
    ("value", "expected"), [(9.9, 0), (10.0, 1), (29.9, 2), (30.0, 3), (99.0, 3), (NAN, NAN)]
)
def test_value_on_a_break_is_in_the_class_above(value, expected):
    (found,) = add_class(pd.DataFrame({"value": [value]}), BREAKS)["map_class"]
    assert found == expected or (np.isnan(found) and np.isnan(expected))


@pytest.mark.parametrize("breaks", [(), (2.0, 1.0), (1.0, 1.0), (1.0, 2.0, 3.0, 4.0, 5.0)])
def test_breaks_that_make_no_classes_are_refused(breaks):
    with pytest.raises(ValueError, match="expected one to four increasing numbers"):
        add_class(pd.DataFrame({"value": [1.0]}), breaks)


def test_every_district_is_drawn_once_in_the_colour_of_its_class(measures, boundaries):
    fills = shaded(drawn(measures, boundaries))
    assert fills == [
        (BLUES[3], None),
        (BLUES[2], None),
        (BLUES[0], None),
        (BLUES[2], None),
        (BLUES[2], None),
        ("#ffffff", HATCH),
    ]


def test_class_follows_the_value_as_written(measures, boundaries):
    nearly = measures.assign(value=[9.96, 9.94, 20, 20, 20, 20])
    ax = drawn(nearly, boundaries)
    assert [said(ax)[name] for name in ("Mansfield", "Ashfield")] == ["10.0", "9.9"]
    assert [fill for fill, _ in shaded(ax)[:2]] == [BLUES[1], BLUES[0]]


def test_key_is_the_same_whatever_the_values(measures, boundaries):
    whole = measures.assign(value=[1, 2, 3, 4, 5, 6])
    title, names = key_of(drawn(whole, boundaries))
    assert title == "per 1,000"
    assert names == ["under 10", "10 to under 20", "20 to under 30", "30 or more"]
    assert key_of(drawn(whole.assign(value=99.0), boundaries)) == (title, names)
    colours = [
        to_hex(each.get_facecolor())
        for each in drawn(whole, boundaries).figure.legends[0].get_patches()
    ]
    assert colours == BLUES[:4]


def test_missing_figure_is_hatched_and_named_in_the_key(measures, boundaries):
    ax = drawn(measures, boundaries)
    assert key_of(ax)[1][-1] == "no figure"
    assert ax.figure.legends[0].get_patches()[-1].get_hatch() == HATCH
    assert said(ax)["Bassetlaw"] == "[c]"
    unknown = measures.assign(value_note=["", "", "", "", "", "not_available"])
    assert said(drawn(unknown, boundaries))["Bassetlaw"] == "[x]"


def test_classes_are_named_with_the_decimals_of_the_indicator():
    assert class_names((0.08, 0.12), 3) == ["under 0.080", "0.080 to under 0.120", "0.120 or more"]
    assert class_names((1000.0,), 1) == ["under 1,000", "1,000 or more"]


def test_districts_are_named_with_their_value(measures, boundaries):
    assert said(drawn(measures, boundaries)) == {
        "Mansfield": "35.9",
        "Ashfield": "28.0",
        "Broxtowe": "9.0",
        "Gedling": "20.0",
        "Newark and\nSherwood": "27.9",
        "Bassetlaw": "[c]",
    }


@pytest.mark.parametrize("narrow", [False, True])
def test_labels_lie_apart_and_inside_the_drawing(measures, boundaries, narrow):
    ax = drawn(measures, boundaries, narrow=narrow)
    ax.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in ax.texts]
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    whole = ax.figure.bbox
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 for box in boxes)
    assert all(whole.y0 <= box.y0 and box.y1 <= whole.y1 for box in boxes)


def test_phone_map_is_narrow_with_labels_of_full_size(measures, boundaries):
    ax = drawn(measures, boundaries, narrow=True)
    assert ax.figure.get_figwidth() == NARROW
    assert min(label.get_fontsize() for label in ax.texts) >= 9


def test_label_stands_on_its_district(measures, boundaries):
    shapes = boundaries.set_index("area_code").geometry
    for label in drawn(measures, boundaries).texts:
        name = label.get_text().rsplit("\n", 1)[0].replace("\n", " ")
        assert shapes[name].contains(shapely.Point(label.xy))


def test_map_is_not_stretched(measures, boundaries):
    assert drawn(measures, boundaries).get_aspect() == 1


@pytest.mark.parametrize("name", ["<img onerror=1>", "$x$"])
def test_hostile_name_is_drawn_as_text(measures, boundaries, name):
    svg = base64.b64decode(
        svg_uri(drawn(measures.replace({"area_name": {"Ashfield": name}}), boundaries)).partition(
            ","
        )[2]
    )
    texts = [
        "".join(each.itertext()) for each in ET.fromstring(svg).iter() if each.tag.endswith("text")
    ]
    assert {word for text in texts for word in text.split()} >= set(name.split())
    assert not [each for each in ET.fromstring(svg).iter() if each.tag.endswith("}img")]


def test_district_without_boundary_is_named(measures, boundaries):
    with pytest.raises(ValueError, match="no boundary for Gedling"):
        drawn(measures, boundaries[boundaries["area_code"] != "Gedling"])


def test_neighbours_share_their_edges_after_simplifying(boundaries):
    assert shapely.coverage_is_valid(boundaries.geometry.to_numpy())
    plain = simplified(boundaries)
    assert shapely.coverage_is_valid(plain.geometry.to_numpy())
    assert (
        plain.geometry.count_coordinates().sum()
        < boundaries.geometry.count_coordinates().sum() / 10
    )
    assert plain.union_all().geom_type == "Polygon"
    assert not plain.union_all().interiors
    moved = plain.geometry.symmetric_difference(boundaries.geometry).area
    assert (moved / boundaries.geometry.length < TOLERANCE).all()


def test_map_is_small(measures, boundaries):
    assert len(svg_uri(drawn(measures, boundaries))) < 20_000


def test_shades_are_told_apart_without_colour():
    light = [sum(to_rgb(each)) / 3 for each in BLUES]
    assert all(first - second > 0.1 for first, second in pairwise(light))


def test_drawing_leaves_its_frames_unchanged(measures, boundaries):
    before, shapes = measures.copy(), boundaries.copy()
    drawn(measures, boundaries)
    pd.testing.assert_frame_equal(measures, before)
    pd.testing.assert_frame_equal(boundaries, shapes)


def test_caption_names_figure_period_and_boundaries(measures, boundaries):
    indicator = read_indicators()["under18_conceptions"]
    assert map_caption(measures, indicator, boundaries) == (
        "Under 18 conception rate, per 1,000 females aged 15 to 17, 2013. Places left white lie "
        "outside the county. Boundaries: built from parts."
    )
