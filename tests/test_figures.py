"""Charts of statistical methods, tested by what is drawn."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from ehlib.measure.spc import funnel_limits, process_chart
from ehlib.show.charts import MARKS
from ehlib.show.figures.deprivation import plot_gradient
from ehlib.show.figures.process import plot_process
from ehlib.show.figures.profile import plot_rug, plot_spine
from ehlib.show.figures.spread import plot_funnel

QUARTERS = [f"{year}/{year - 1999:02d} Q{q}" for year in range(2010, 2015) for q in range(1, 5)]
SERIES = pd.Series([270.0, 280] * 6 + [300.0, 302] * 4, index=QUARTERS)


def texts(ax):
    """Every word on a figure, its axes and the axes beside them."""
    every = ax.figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return [artist.get_text() for artist in every if artist.get_text()]


def marks(ax):
    """Colour and places of each set of marks, by its label."""
    return {
        each.get_label(): (to_hex(each.get_facecolor()[0]), each.get_offsets())
        for each in ax.collections
        if len(each.get_offsets()) and len(each.get_facecolor())
    }


def process_axes(**options):
    ax = plot_process(process_chart(SERIES, "decrease", **options), unit="per 10,000 children")
    ax.figure.draw_without_rendering()
    return ax


def test_special_causes_are_marked_by_their_meaning():
    drawn = marks(process_axes())
    assert set(drawn) == {"improvement", "concern"}
    assert drawn["concern"][0] == MARKS["worse"][0]
    assert drawn["concern"][1][:, 0].tolist() == list(range(12, 20))


def test_limits_are_drawn_and_named_with_their_latest_value():
    ax = process_axes()
    chart = process_chart(SERIES, "decrease")
    assert f"upper limit {chart['upper_limit'].iloc[-1]:.1f}" in texts(ax)
    assert f"mean {chart['mean'].iloc[-1]:.1f}" in texts(ax)
    drawn = [line.get_ydata()[0] for line in ax.lines if len(line.get_ydata()) == len(SERIES)]
    assert chart["lower_limit"].iloc[0] in drawn


def test_an_event_and_a_new_start_are_drawn_where_they_happened():
    ax = process_axes(rebase=[12], annotations={12: "New hub opened"})
    assert "New hub opened" in texts(ax)
    means = {round(float(each), 6) for each in ax.lines[1].get_ydata()}
    assert means == {275.0, 301.0}


def test_phone_chart_names_only_the_first_and_last_period():
    ax = plot_process(process_chart(SERIES), unit="per 10,000 children", narrow=True)
    ax.figure.draw_without_rendering()
    named = [label.get_text() for label in ax.get_xticklabels()]
    assert named == [QUARTERS[0], QUARTERS[-1]]


def test_a_series_too_short_for_limits_is_drawn_without_them():
    ax = plot_process(process_chart(SERIES.head(1)), unit="per 10,000 children")
    ax.figure.draw_without_rendering()
    assert not [text for text in texts(ax) if "limit" in text]


@pytest.fixture
def places():
    return pd.DataFrame(
        {
            "area_name": ["Ashfield", "$x$ <b>", "Rushcliffe"],
            "denominator": [2200.0, 2000.0, 1900.0],
            "value": [28.0, np.nan, 12.4],
            "comparison": ["similar", "not compared", "better"],
        }
    )


def test_funnel_names_places_that_have_a_value_and_draws_both_limits(places):
    sizes = np.linspace(1000, 2600, 20)
    limits = funnel_limits(sizes, 24.3, kind="rate", multiplier=1000).set_axis(sizes)
    ax = plot_funnel(places, limits, reference=24.3, unit="per 1,000", population="females")
    ax.figure.draw_without_rendering()
    assert {"Ashfield", "Rushcliffe"} <= set(texts(ax))
    assert "$x$ <b>" not in texts(ax)
    assert sum(len(line.get_xdata()) == 20 for line in ax.lines) == 4


def test_spine_puts_each_mark_where_its_position_says():
    profile = pd.DataFrame(
        {
            "short_name": ["Under 18 conceptions", "Excess weight in Year 6"],
            "text": ["28.0", "[c]"],
            "comparison": ["better", "not compared"],
            "position": [0.4, np.nan],
            "worst": [-1.0, -0.8],
            "lower_quarter": [-0.4, -0.3],
            "upper_quarter": [0.3, 0.5],
            "best": [0.8, 1.0],
        }
    )
    ax = plot_spine(profile)
    ax.figure.draw_without_rendering()
    assert {"28.0", "[c]", "England", "worst", "best"} <= set(texts(ax))
    assert ax.collections[0].get_offsets()[0].tolist() == [0.4, 1.0]


def test_rug_has_a_cell_for_each_area_and_indicator_in_words_and_colour():
    cells = [("Conceptions", "Ashfield", "28.0", "worse"), ("Conceptions", "$x$", "9", "better")]
    rug = pd.DataFrame(cells, columns=["short_name", "area_name", "text", "comparison"])
    ax = plot_rug(rug)
    ax.figure.draw_without_rendering()
    assert {"28.0", "9", "Ashfield", "$x$", "worse", "better"} <= set(texts(ax))
    assert [to_hex(each.get_facecolor()) for each in ax.patches] == [
        MARKS["worse"][0],
        MARKS["better"][0],
    ]


def test_gradient_draws_widths_by_population_and_the_line_from_end_to_end():
    groups = pd.DataFrame(
        {
            "label": ["1", "2"],
            "value": [30.0, 10.0],
            "lower_ci": [28.0, np.nan],
            "upper_ci": [32.0, np.nan],
            "population": [3000.0, 1000.0],
        }
    )
    ax = plot_gradient(groups, line=(35.0, 5.0), unit="per 1,000")
    ax.figure.draw_without_rendering()
    wide, slim = (bar.get_width() for bar in ax.patches)
    assert wide == pytest.approx(3 * slim)
    ends = [line for line in ax.lines if list(line.get_ydata()) == [35.0, 5.0]]
    assert [list(line.get_xdata()) for line in ends] == [[0, 1]]
