"""Charts over time: what is joined by a line, what is not, and how parts of a whole are named."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb

from ehlib.load.indicators import read_indicators
from ehlib.show.charts import NARROW
from ehlib.show.trends import (
    SHARES,
    local_areas,
    periods_caption,
    plot_shares,
    plot_trends,
    trends_caption,
)

NAN = np.nan
RATE = replace(read_indicators()["under18_conceptions"], name="Rate", unit="per 1,000 girls")
NUMBER = replace(RATE, unit="children", unit_short="children", method="count")


def yearly(name, values, *, first=2010, kind="district", definition="a", benchmark=NAN):
    """One area's calendar years with limits two either side; None leaves a year out."""
    years = [first + place for place, value in enumerate(values) if value is not None]
    given = np.array([value for value in values if value is not None], dtype="float64")
    return pd.DataFrame(
        {
            "area_name": name,
            "area_code": name,
            "area_type": kind,
            "period": [str(year) for year in years],
            "period_start": pd.to_datetime([f"{year}-01-01" for year in years]),
            "period_end": pd.to_datetime([f"{year}-12-31" for year in years]),
            "value": given,
            "lower_ci": given - 2,
            "upper_ci": given + 2,
            "definition": definition,
            "benchmark_name": "England",
            "benchmark_value": benchmark,
        }
    )


def solid(ax):
    """Values of each line of the area itself."""
    return [line.get_ydata().tolist() for line in ax.lines if not line.is_dashed()]


def dots(ax):
    found = [each for each in ax.collections if isinstance(each, PathCollection)]
    return [each.get_offsets()[0][1] for each in found]


def charts_of(ax):
    return [each for each in ax.figure.axes if each.get_visible()]


def key_of(ax):
    (key,) = ax.figure.legends
    return [each.get_text() for each in key.get_texts()]


def test_each_area_has_its_chart_in_order_on_one_scale():
    measures = pd.concat([yearly("B", [10, 20]), yearly("A", [40, 30])])
    found = charts_of(plot_trends(measures, unit="per 1,000"))
    assert [ax.get_title(loc="left") for ax in found] == ["B", "A"]
    assert [solid(ax) for ax in found] == [[[10, 20]], [[40, 30]]]
    assert len({ax.get_ylim() for ax in found}) == len({ax.get_xlim() for ax in found}) == 1
    assert found[0].get_ylim()[0] == 0
    assert found[0].get_ylim()[1] > 42


def test_areas_of_one_name_are_not_mixed():
    measures = pd.concat([yearly("A", [10, 20]), yearly("A", [40, 30]).assign(area_code="B")])
    assert [solid(ax) for ax in charts_of(plot_trends(measures, unit=""))] == [
        [[10, 20]],
        [[40, 30]],
    ]


def test_line_stops_at_a_missing_value():
    ax = plot_trends(yearly("A", [10, 20, NAN, 40, 50]), unit="")
    assert [[y for y in run if y == y] for run in solid(ax)] == [[10, 20], [40, 50]]


def test_line_stops_at_a_period_that_is_not_held():
    assert solid(plot_trends(yearly("A", [10, 20, None, 40, 50]), unit="")) == [[10, 20], [40, 50]]


def test_line_stops_where_the_definition_changes():
    measures = yearly("A", [10, 20, 30, 40]).assign(definition=["a", "a", "b", "b"])
    assert solid(plot_trends(measures, unit="")) == [[10, 20], [30, 40]]


def test_period_alone_between_breaks_is_a_dot_with_its_limits():
    ax = plot_trends(yearly("A", [10, None, 30, None, 50, 60]), unit="")
    assert dots(ax) == [10, 30]


def test_line_joins_overlapping_periods_and_counts_a_year_apart():
    years = pd.to_datetime(["2008-01-01", "2009-01-01"])
    rolling = yearly("A", [10, 20]).assign(
        period_start=years, period_end=pd.to_datetime(["2010-12-31", "2011-12-31"])
    )
    snapshots = yearly("A", [10, 20]).assign(period_start=years, period_end=years)
    assert (
        solid(plot_trends(rolling, unit="")) == solid(plot_trends(snapshots, unit="")) == [[10, 20]]
    )


def test_line_stops_at_a_missing_quarter():
    starts = pd.to_datetime(["2013-01-01", "2013-04-01", "2013-10-01"])
    ends = pd.to_datetime(["2013-03-31", "2013-06-30", "2013-12-31"])
    quarters = yearly("A", [10, 20, 40]).assign(period_start=starts, period_end=ends)
    assert solid(plot_trends(quarters, unit=""))[0] == [10, 20]


def test_time_is_drawn_to_scale():
    (line,) = [
        each for each in plot_trends(yearly("A", [1, 2, 3]), unit="").lines if not each.is_dashed()
    ]
    assert np.diff(line.get_xdata()) == pytest.approx([1, 1], abs=0.01)


def test_limits_and_benchmark_are_drawn_and_named():
    ax = plot_trends(yearly("A", [10, 20], benchmark=15), unit="per 1,000")
    (dashed,) = [line for line in ax.lines if line.is_dashed()]
    assert dashed.get_ydata().tolist() == [15, 15]
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (8, 22)
    assert key_of(ax) == ["the area", "its 95% limits", "England"]
    assert ax.figure.legends[0].get_title().get_text() == "per 1,000"


def test_what_is_not_drawn_is_not_in_the_key():
    bare = yearly("A", [10, 20]).assign(lower_ci=NAN, upper_ci=NAN)
    assert key_of(plot_trends(bare, unit="per 1,000")) == ["the area"]


def test_first_and_last_period_are_named_and_few_of_one_chart_all():
    many = pd.concat([yearly("A", range(1, 11)), yearly("B", range(1, 11))])
    assert [each.get_text() for each in plot_trends(many, unit="").get_xticklabels()] == [
        "2010",
        "2019",
    ]
    one = yearly("A", [1, 2, 3]).assign(period=["2013/14-Q1", "2013/14-Q2", "2013/14-Q3"])
    said = [each.get_text() for each in plot_trends(one, unit="").get_xticklabels()]
    assert said == ["2013/14\u00a0Q1", "2013/14\u00a0Q2", "2013/14\u00a0Q3"]
    narrow = [each.get_text() for each in plot_trends(one, unit="", narrow=True).get_xticklabels()]
    assert narrow == [said[0], said[2]]


def test_phone_has_two_charts_in_a_row_and_no_empty_one():
    measures = pd.concat([yearly(name, [1, 2]) for name in ("A", "B", "C")])
    ax = plot_trends(measures, unit="", narrow=True)
    assert ax.figure.get_figwidth() == NARROW
    assert len(charts_of(ax)) == 3
    assert len({round(each.get_position().x0, 2) for each in ax.figure.axes}) == 2


def test_periods_are_named_under_every_column():
    measures = pd.concat([yearly(name, [1, 2]) for name in ("A", "B", "C")])
    labelled = [
        each.xaxis.get_major_ticks()[0].label1.get_visible()
        for each in charts_of(plot_trends(measures, unit="", narrow=True))
    ]
    assert labelled == [False, True, True]


def test_small_values_keep_their_scale():
    ax = plot_trends(yearly("A", [0.08, 0.16]).assign(lower_ci=NAN, upper_ci=NAN), unit="")
    assert len([tick for tick in ax.get_yticks() if 0 < tick < 0.2]) >= 2


def test_gap_below_zero_is_shown():
    assert plot_trends(yearly("A", [-3, 2]), unit="").get_ylim()[0] == -5


@pytest.mark.parametrize("name", ["Nottinghamshire and its neighbours", "$x$", "<img onerror=1>"])
def test_name_of_a_chart_keeps_its_words(name):
    title = plot_trends(yearly(name, [1, 2]), unit="", narrow=True).get_title(loc="left")
    assert title.split() == name.split()


def test_local_areas_are_districts_by_value_then_the_county():
    measures = pd.concat(
        [
            yearly("Low", [90, 10]),
            yearly("High", [5, 40]),
            yearly("Hidden", [NAN, NAN]),
            yearly("County", [20, 25], kind="county"),
            yearly("England", [20, 24], kind="england"),
        ]
    )
    names = local_areas(measures, RATE)["area_name"].drop_duplicates()
    assert list(names) == ["High", "Low", "Hidden", "County"]
    assert "County" not in set(local_areas(measures, NUMBER)["area_name"])
    assert list(local_areas(measures, RATE).columns) == list(measures.columns)


def test_local_areas_are_the_widest_held_when_no_local_one_is():
    measures = yearly("England", [20, 24], kind="england")
    assert list(local_areas(measures, RATE)["area_name"]) == ["England", "England"]


def test_captions_name_the_span_and_the_breaks_that_there_are():
    whole = yearly("A", [1, 2, 3])
    assert periods_caption(whole, RATE) == "Rate, per 1,000 girls, from 2010 to 2012."
    assert trends_caption(whole, RATE) == periods_caption(whole, RATE)
    assert periods_caption(whole.head(1), RATE) == "Rate, per 1,000 girls, in 2010."
    broken = trends_caption(yearly("A", [1, None, 3]), RATE)
    assert broken.endswith("A line stops where a figure is missing or the definition changed.")
    assert periods_caption(yearly("A", [NAN, 2, 3]), RATE).endswith("from 2011 to 2012.")


@pytest.fixture
def shares():
    rows = {
        "no action": [60.0, 55.0, NAN],
        "early help": [35.0, 40.0, NAN],
        "other": [5.0, 5.0, NAN],
    }
    return pd.DataFrame({**rows, "never": [0.0, 0.0, NAN]}, index=["Q3", "Q2", "Q1"])


def test_bars_stand_in_order_and_add_up(shares):
    ax = plot_shares(shares)
    named = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    assert [label.get_text() for _, label in sorted(named, key=lambda pair: -pair[0])] == [
        "Q3",
        "Q2",
        "Q1",
    ]
    top = [bar for bar in ax.patches if bar.get_y() > 1]
    assert [bar.get_width() for bar in top] == [60, 35, 5]
    assert [bar.get_x() for bar in top] == [0, 60, 95]
    assert [tuple(bar.get_facecolor()[:3]) for bar in top] == [to_rgb(c) for c in list(SHARES)[:3]]
    assert ax.get_xlim() == (0, 100)


def test_part_is_written_in_its_bar_where_it_fits(shares):
    said = [text.get_text() for text in plot_shares(shares).texts]
    assert sorted(said) == ["35%", "40%", "55%", "60%", "[c]"]


def test_hidden_bar_is_marked_in_its_place(shares):
    (hidden,) = [text for text in plot_shares(shares).texts if text.get_text() == "[c]"]
    assert hidden.get_position()[1] == 0
    assert all(bar.get_width() == 0 for bar in plot_shares(shares).patches if bar.get_y() < 0.5)


def test_bar_with_a_hidden_part_is_marked_where_it_ends(shares):
    partly = shares.assign(other=[5.0, NAN, NAN], **{"early help": [35.0, NAN, NAN]})
    ax = plot_shares(partly)
    marks = [text.get_position() for text in ax.texts if text.get_text() == "[c]"]
    assert sorted(marks) == [(1, 0), (56, 1)]
    assert ax.get_ylim() == (-0.5, 2.5)


def test_empty_bars_keep_clear_of_the_axis(shares):
    ax = plot_shares(shares * NAN)
    assert len([text for text in ax.texts if text.get_text() == "[c]"]) == 3
    assert ax.get_ylim() == (-0.5, 2.5)


@pytest.mark.parametrize("narrow", [False, True])
def test_key_names_the_parts_that_occur(shares, narrow):
    assert key_of(plot_shares(shares, narrow=narrow)) == ["no action", "early help", "other"]


def test_key_is_read_along_its_rows(shares):
    four = shares.assign(never=[1.0, 1.0, NAN])
    # Three columns, filled one by one: the fourth part stands under the first.
    assert key_of(plot_shares(four)) == ["no action", "never", "early help", "other"]


def test_more_parts_than_colours_are_refused():
    many = pd.DataFrame([[10.0] * 7], columns=list("abcdefg"), index=["Q1"])
    with pytest.raises(ValueError, match="7 parts to draw; expected at most 6"):
        plot_shares(many)


def test_drawing_leaves_its_frame_unchanged(shares):
    measures, parts = yearly("A", [1, 2]), shares.copy()
    before = measures.copy()
    plot_trends(measures, unit="")
    plot_shares(shares)
    local_areas(measures, RATE)
    pd.testing.assert_frame_equal(measures, before)
    pd.testing.assert_frame_equal(shares, parts)
