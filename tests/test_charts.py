"""Charts of areas: tested by what is drawn, in which order and with which words."""

import base64
import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgb

from ehlib.load.indicators import read_indicators
from ehlib.show import charts, trends
from ehlib.show.charts import (
    ACCENT,
    ENGLAND,
    INK,
    MARKS,
    NARROW,
    QUIET,
    WIDE,
    areas_caption,
    marks_caption,
    measure_words,
    named,
    on_one_scale,
    plot_areas,
    svg_uri,
    unit_words,
    wrapped,
)
from ehlib.show.tables import missing_marker

NAN = np.nan
RATE = replace(
    read_indicators()["under18_conceptions"], name="Rate", unit="per 1,000 girls", decimals=1
)
SHARE = replace(RATE, unit="% of children", unit_short="%", method="proportion")
NUMBER = replace(RATE, name="Number", unit="children", unit_short="children", method="count")
SCORE = replace(
    RATE, name="Index, average score", unit="average score", unit_short="score", method="value"
)
HOSTILE = ["<img onerror=1>", "$x$", "R&D \\alpha", "]]>"]


@pytest.fixture
def measures():
    rows = [
        ("Ashfield", "district", 28.0, 21.4, 36.0, 24.3, "similar", ""),
        ("Mansfield", "district", 35.9, 27.9, 45.5, 24.3, "worse", ""),
        ("Newark and Sherwood", "district", NAN, NAN, NAN, 24.3, "not compared", "suppressed"),
        ("Rushcliffe", "district", 12.4, 7.9, 18.5, 24.3, "better", "unreliable"),
        ("England", "england", 24.3, 24.0, 24.6, NAN, "not compared", ""),
        ("Nottinghamshire", "county", 24.2, NAN, NAN, 24.3, "not compared", ""),
    ]
    columns = ["area_name", "area_type", "value", "lower_ci", "upper_ci", "benchmark_value"]
    frame = pd.DataFrame(rows, columns=[*columns, "comparison", "value_note"])
    return frame.assign(area_code=frame["area_name"], benchmark_name="England", period="2013")


def labels(ax):
    """Area names from the top down."""
    named = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    return [label.get_text() for _, label in sorted(named, key=lambda pair: -pair[0])]


def marks(ax):
    """Mark of each place, counted from the bottom."""
    found = [each for each in ax.collections if isinstance(each, PathCollection)]
    return {float(each.get_offsets()[0][1]): each for each in found}


def side_words(ax):
    side = ax.child_axes[0]
    return [label.get_text() for label in side.get_yticklabels()]


def drawing(ax):
    """Parsed SVG as a page holds it."""
    kind, _, data = svg_uri(ax).partition(",")
    assert kind == "data:image/svg+xml;base64"
    return base64.b64decode(data).decode("utf-8")


def texts(svg):
    return [
        "".join(each.itertext()) for each in ET.fromstring(svg).iter() if each.tag.endswith("text")
    ]


def contrast(colour, ground="white"):
    """Contrast ratio of two colours, as WCAG 2 computes it."""
    light = []
    for each in (colour, ground):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(each)]
        light.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_districts_stand_by_value_and_wider_areas_below(measures):
    ax = plot_areas(measures, unit="per 1,000")
    assert labels(ax) == [
        "Mansfield",
        "Ashfield",
        "Rushcliffe",
        "Newark and Sherwood",
        "Nottinghamshire",
        "England",
    ]


def test_marks_stand_at_their_values(measures):
    found = marks(plot_areas(measures, unit="per 1,000"))
    values = {place: float(mark.get_offsets()[0][0]) for place, mark in found.items()}
    assert values == {5: 35.9, 4: 28.0, 3: 12.4, 1: 24.2, 0: 24.3}


def test_limits_are_drawn_wherever_they_exist(measures):
    ax = plot_areas(measures, unit="per 1,000")
    lines = [each for each in ax.collections if isinstance(each, LineCollection)]
    spans = {each.get_segments()[0][0][1]: each.get_segments()[0][:, 0].tolist() for each in lines}
    assert spans == {5: [27.9, 45.5], 4: [21.4, 36.0], 3: [7.9, 18.5], 0: [24.0, 24.6]}


def test_comparison_is_colour_shape_and_word(measures):
    ax = plot_areas(measures, unit="per 1,000")
    found = marks(ax)
    colours = [tuple(found[place].get_edgecolor()[0][:3]) for place in (5, 4, 3)]
    assert colours == [to_rgb(MARKS[word][0]) for word in ("worse", "similar", "better")]
    assert (
        len({tuple(found[place].get_paths()[0].vertices.ravel()[:8]) for place in (5, 4, 3)}) == 3
    )
    assert side_words(ax) == ["35.9 worse", "28.0 similar", "12.4 better", "[c]", "24.2", "24.3"]


def test_mark_that_is_not_compared_is_hollow(measures):
    found = marks(plot_areas(measures, unit="per 1,000"))
    assert tuple(found[0].get_facecolor()[0][:3]) == to_rgb("white")
    assert tuple(found[5].get_facecolor()[0][:3]) == to_rgb(MARKS["worse"][0])


def test_every_comparison_has_its_own_colour_and_shape():
    words = {"better", "worse", "similar", "higher", "lower", "not compared"}
    assert set(MARKS) == words
    compared = [MARKS[word] for word in words - {"not compared"}]
    assert len({colour for colour, _ in compared}) == len({shape for _, shape in compared}) == 5


def test_missing_value_is_named_by_its_note(measures):
    unknown = measures.assign(value=NAN, value_note=["suppressed", "not_available", "", "", "", ""])
    words = dict(
        zip(
            labels(plot_areas(unknown, unit="x")),
            side_words(plot_areas(unknown, unit="x")),
            strict=True,
        )
    )
    assert words["Ashfield"] == "[c]"
    assert words["Mansfield"] == words["England"] == "[x]"


def test_benchmark_is_a_named_dashed_line(measures):
    ax = plot_areas(measures, unit="per 1,000")
    (line,) = ax.lines
    assert list(line.get_xdata()) == [24.3, 24.3]
    assert line.is_dashed()
    assert [text.get_text() for text in ax.texts] == ["England 24.3"]


def test_without_benchmark_there_is_no_line(measures):
    ax = plot_areas(measures.assign(benchmark_value=NAN), unit="per 1,000")
    assert not ax.lines
    assert not ax.texts


def test_axis_begins_at_zero_and_holds_every_mark(measures):
    low, high = plot_areas(measures, unit="per 1,000").get_xlim()
    assert low == 0
    assert high > 45.5


def test_axis_reaches_below_zero_for_a_negative_gap(measures):
    low, _ = plot_areas(measures.assign(lower_ci=-3.0), unit="points").get_xlim()
    assert low == -3.0


def test_chart_without_any_value_is_drawn(measures):
    empty = measures.assign(value=NAN, lower_ci=NAN, upper_ci=NAN, benchmark_value=NAN)
    assert len(labels(plot_areas(empty, unit="per 1,000"))) == 6


def test_unit_names_the_axis(measures):
    assert plot_areas(measures, unit="per 1,000 girls").get_xlabel() == "per 1,000 girls"


def test_phone_chart_is_narrow_and_breaks_names_between_words(measures):
    ax = plot_areas(measures, unit="per 1,000 females aged 15 to 17", narrow=True)
    assert (
        ax.figure.get_figwidth()
        == NARROW
        < plot_areas(measures, unit="").figure.get_figwidth()
        == WIDE
    )
    words = {word for label in labels(ax) for word in label.split()}
    assert words == {word for name in measures["area_name"] for word in name.split()}
    assert "Newark and\nSherwood" in labels(ax)
    assert ax.get_xlabel().split() == ["per", "1,000", "females", "aged", "15", "to", "17"]


@pytest.mark.parametrize("name", ["Nottinghamshire", "Stratford-on-Avon", "Blackburn-with-Darwen"])
def test_long_word_is_never_broken(name):
    assert wrapped(name, 8) == name


@pytest.mark.parametrize("name", ["Ashfield", "King's Lynn and West Norfolk"])
def test_labels_of_phone_chart_do_not_overlap(measures, name):
    ax = plot_areas(measures.assign(area_name=name), unit="per 1,000", narrow=True)
    ax.figure.draw_without_rendering()
    boxes = sorted(
        (each.get_window_extent() for each in ax.get_yticklabels()), key=lambda box: box.y0
    )
    assert all(low.y1 <= high.y0 for low, high in pairwise(boxes))
    inside = ax.figure.bbox
    assert all(inside.x0 <= box.x0 for box in boxes)
    assert all(
        each.get_window_extent().x1 <= inside.x1 for each in ax.child_axes[0].get_yticklabels()
    )


def test_drawing_leaves_its_frame_unchanged(measures):
    before = measures.copy()
    plot_areas(measures, unit="per 1,000")
    pd.testing.assert_frame_equal(measures, before)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_is_drawn_as_text(measures, name):
    named_so = measures.assign(area_name=[name, *measures["area_name"][1:]], benchmark_name=name)
    svg = drawing(plot_areas(named_so, unit=name))
    assert texts(svg).count(name) == 2
    assert f"{name} 24.3" in texts(svg)
    assert not [each.tag for each in ET.fromstring(svg).iter() if each.tag.endswith("}img")]


@pytest.mark.parametrize(
    ("colour", "least"),
    [(colour, 3) for colour, _ in MARKS.values()]
    + [(colour, 3) for colour in (*trends.SHARES, ACCENT, ENGLAND, trends.EDGE)]
    + [(colour, 4.5) for colour in (INK, QUIET, ENGLAND)],
)
def test_colour_is_seen_on_white(colour, least):
    assert contrast(colour) >= least


@pytest.mark.parametrize(("ground", "ink"), list(trends.SHARES.items()))
def test_ink_is_read_on_the_colour_of_its_part(ground, ink):
    assert contrast(ink, ground) >= 4.5


def test_contrast_is_computed_as_wcag_does():
    assert contrast("black") == pytest.approx(21)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.01)


def test_light_drawing_keeps_every_word_and_every_reference(measures):
    svg = drawing(plot_areas(measures, unit="per 1,000", decimals=3))
    said = texts(svg)
    assert {"Mansfield", "35.900 worse", "per 1,000", "England 24.300"} <= set(said)
    wanted = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg))
    assert {a or b for a, b in wanted} <= set(re.findall(r' id="([^"]+)"', svg))
    assert "font-family: 'DejaVu Sans', sans-serif" in svg


def test_light_drawing_keeps_places_to_a_tenth_of_a_point(measures):
    ax = plot_areas(measures, unit="per 1,000")
    places = [
        each for found in re.findall(r' (?:d|x|y)="([^"]*)"', drawing(ax)) for each in found.split()
    ]
    assert not [each for each in places if re.search(r"\.\d\d", each)]


def test_lines_after_curves_stay_lines():
    curve, line = "M 0.04 0 \nC 1 1 2 2 3 3 \nL 4.56 5 \nL 6 7 \nz\n", "M 0 0 \nL 1 1 \nL 2 2 \n"
    assert charts._light(f'<svg><path d="{curve}"/>\n<path d="{line}"/></svg>') == (
        '<svg><path d="M 0 0 C 1 1 2 2 3 3 L 4.6 5 L 6 7 z "/><path d="M 0 0 1 1 2 2 "/></svg>'
    )


def test_same_chart_is_the_same_bytes(measures):
    assert svg_uri(plot_areas(measures, unit="x")) == svg_uri(plot_areas(measures, unit="x"))


def test_drawing_is_small(measures):
    assert len(svg_uri(plot_areas(measures, unit="per 1,000"))) < 15_000


def test_numbers_of_districts_are_not_drawn_beside_their_sum(measures):
    assert set(on_one_scale(measures, NUMBER)["area_type"]) == {"district"}
    assert len(on_one_scale(measures, RATE)) == 6
    wider = measures[measures["area_type"] != "district"]
    assert len(on_one_scale(wider, NUMBER)) == 2


def test_caption_says_how_to_read_the_lines(measures):
    assert marks_caption(measures, RATE) == (
        "Rate, per 1,000 girls, 2013. The line through a mark shows its 95% limits; where it does "
        "not reach the dashed line, the place differs from England by more than chance would "
        "explain."
    )


def test_caption_says_nothing_of_lines_that_are_not_drawn(measures):
    bare = measures.assign(lower_ci=NAN, upper_ci=NAN)
    assert marks_caption(bare, RATE) == "Rate, per 1,000 girls, 2013. The dashed line is England."
    alone = bare.assign(benchmark_value=NAN)
    assert (
        marks_caption(alone, RATE) == areas_caption(alone, RATE) == "Rate, per 1,000 girls, 2013."
    )
    limits = measures.assign(benchmark_value=NAN)
    assert marks_caption(limits, RATE).endswith("The line through a mark shows its 95% limits.")


@pytest.mark.parametrize(
    ("indicator", "name", "measure", "unit"),
    [
        (RATE, "Rate, per 1,000 girls", "rate per 1,000 girls", "per 1,000 girls"),
        (SHARE, "Rate, % of children", "percentage of children", "% of children"),
        (NUMBER, "Number, number of children", "number of children", "number of children"),
        (SCORE, "Index, average score", "average score", "average score"),
    ],
)
def test_unit_is_said_once_and_in_words(indicator, name, measure, unit):
    assert (named(indicator), measure_words(indicator), unit_words(indicator)) == (
        name,
        measure,
        unit,
    )


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("provisional", "[x]"),
        ("", "[x]"),
        ("derived;suppressed", "[c]"),
        ("not_applicable", "[z]"),
        ("provisional;unreliable", "[u]"),
    ],
)
def test_figure_that_is_not_there_is_marked_by_why(note, text):
    """No figure is provisional that is none at all."""
    assert missing_marker(note) == text
