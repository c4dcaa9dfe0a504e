"""Cells: the HTML and the facts that a page takes from a notebook."""

import base64
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pandas as pd
import pytest

from ehlib.load.indicators import read_indicators
from ehlib.publish.fragment import Fragment, Outline
from ehlib.show import cells
from ehlib.show.cells import (
    is_synthetic,
    show_definition,
    show_figure,
    show_findings,
    show_note,
    show_sources,
    show_table,
    show_title,
    source_line,
)
from ehlib.show.charts import new_axes

INDICATORS = read_indicators()
HOSTILE = '<img src=x onerror="alert(1)">&"\''


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: HTML and the facts with it."""
    found = []

    def display(html, *, metadata):
        assert set(metadata) == {"ehlib"}
        found.append((html.data, metadata["ehlib"]))

    monkeypatch.setattr(cells, "display", display)
    return found


@pytest.fixture
def rows():
    return pd.DataFrame(
        {
            "source_name": ["ONS, Conceptions, 2013: Table 6", "DfE, Children in need"],
            "value_note": ["", "provisional"],
            "lower_ci": [1.0, 2.0],
            "period_start": pd.to_datetime(["2013-01-01", "2012-01-01"]),
        }
    )


class Parts(HTMLParser):
    """Elements as (tag, attributes, text) in the order in which they open."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])
        if tag not in ("img", "source"):
            self.open.append(len(self.found) - 1)

    def handle_endtag(self, tag):
        assert self.found[self.open.pop()][0] == tag

    def handle_data(self, data):
        for place in self.open:
            self.found[place][2] += data

    def all(self, *tags):
        return [(attrs, text) for tag, attrs, text in self.found if tag in tags]


def fits_a_page(html):
    return Fragment(Outline(), set()).rebuild(html)


def figure(shown, rows, **changes):
    options = {"alt": "Ashfield is highest.", "caption": "Rate, 2013.", "of": rows} | changes
    wide = new_axes(height=2)
    wide.set_title("wide")
    show_figure(wide, narrow=new_axes(height=2, width=3), **options)
    return shown[-1]


def table(shown, frame, **options):
    show_table(frame, **({"caption": "Rates by district."} | options))
    return shown[-1]


def test_title_carries_heading_context_and_status(shown):
    show_title("Rate", "Kent, 2013.")
    show_title("Rate", "Kent.", status="no_data")
    assert shown[0][1] == {
        "role": "title",
        "title": "Rate",
        "context": "Kent, 2013.",
        "status": "shown",
    }
    assert shown[0][0] == "<h1>Rate</h1><p>Kent, 2013.</p>"
    assert shown[1][1]["status"] == "no_data"


def test_findings_leave_out_what_there_was_not_to_say(shown):
    show_findings(["", "Second is first.", "", "Third."])
    html, facts = shown[0]
    assert facts == {"role": "findings", "findings": ["Second is first.", "Third."]}
    assert [text for _, text in Parts(html).all("li")] == ["Second is first.", "Third."]


def test_empty_note_is_not_shown(shown):
    show_note("")
    assert not shown
    show_note("Beware.")
    assert shown == [('<p class="note">Beware.</p>', {"role": "note"})]


def test_text_from_data_is_escaped_everywhere(shown, rows):
    hostile = rows.assign(source_name=HOSTILE)
    show_title(HOSTILE, HOSTILE)
    show_findings([HOSTILE])
    show_note(HOSTILE)
    figure(shown, hostile, alt=HOSTILE, caption=HOSTILE)
    table(
        shown,
        pd.DataFrame({HOSTILE: [HOSTILE], "b": [HOSTILE]}),
        caption=HOSTILE,
        note=HOSTILE,
        of=hostile,
    )
    show_sources(hostile, HOSTILE, described=[{"name": HOSTILE, "licence": HOSTILE}])
    show_definition(replace(INDICATORS["under18_conceptions"], caveat=HOSTILE), rows)
    for html, facts in shown:
        names = [attrs for tag, attrs, _ in Parts(html).found if tag == "img"]
        assert [set(attrs) for attrs in names] == [{"src", "alt"}] * (facts["role"] == "figure")
        assert all(attrs["alt"] == HOSTILE for attrs in names)
    assert len(shown) == 7


def test_figure_has_two_drawings_alt_caption_and_source(shown, rows):
    html, facts = figure(shown, rows)
    assert facts == {"role": "figure", "synthetic": False}
    parts = Parts(html)
    (image,) = parts.all("img")
    (source,) = parts.all("source")
    assert image[0]["alt"] == "Ashfield is highest."
    assert source[0]["media"] == "(max-width: 40em)"
    drawings = [
        base64.b64decode(each.partition(",")[2]) for each in (image[0]["src"], source[0]["srcset"])
    ]
    assert [b">wide<" in each for each in drawings] == [True, False]
    (caption,) = parts.all("figcaption")
    assert caption[1] == "Rate, 2013. Sources: DfE, Children in need; ONS, Conceptions, 2013."


@pytest.mark.parametrize("lacking", [{"alt": " "}, {"caption": ""}])
def test_figure_without_words_is_refused(shown, rows, lacking):
    with pytest.raises(ValueError, match="needs alt text that states its finding, and a caption"):
        figure(shown, rows, **lacking)
    assert not shown


def test_synthetic_rows_mark_figure_table_and_source_line(shown, rows):
    invented = rows.assign(value_note=["synthetic;derived", ""])
    assert is_synthetic(invented)
    assert not is_synthetic(rows)
    assert figure(shown, invented)[1]["synthetic"] is True
    html, facts = table(shown, pd.DataFrame({"a": ["x"]}), of=invented)
    assert (facts["role"], facts["synthetic"]) == ("table", True)
    assert "Synthetic sample, not real children. Sources: DfE" in html
    assert table(shown, pd.DataFrame({"a": ["x"]}))[1]["synthetic"] is False


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ONS, Conceptions: Table 6"], "Source: ONS, Conceptions."),
        (["ONS, Conceptions: Table 6", "ONS, Conceptions: Table 7"], "Source: ONS, Conceptions."),
        (["DfE, Tool (LAIT): rates"], "Source: DfE, Tool."),
        (["B", "A"], "Sources: A; B."),
        (list("EDCBA"), "Sources: A; B; C; and 2 more sources, named below."),
    ],
)
def test_source_line_is_short(names, expected):
    rows = pd.DataFrame({"source_name": names, "value_note": ""})
    assert source_line(rows) == expected


def test_table_has_caption_scopes_and_can_be_scrolled_by_keyboard(shown):
    frame = pd.DataFrame(
        {"Area": ["Ashfield", "Kent"], "Kind": ["district", "county"], "Rate": ["1.0", "2.0"]}
    )
    html, _ = table(shown, frame)
    parts = Parts(html)
    assert [text for _, text in parts.all("caption")] == ["Rates by district."]
    heads = [(attrs["scope"], text) for attrs, text in parts.all("th")]
    assert heads == [
        ("col", "Area"),
        ("col", "Kind"),
        ("col", "Rate"),
        ("row", "Ashfield"),
        ("row", "Kent"),
    ]
    (box,) = parts.all("div")
    assert (box[0]["tabindex"], box[0]["role"]) == ("0", "region")
    assert box[0]["aria-label"] == "Rates by district."


def test_two_columns_can_name_the_row(shown):
    html, _ = table(shown, pd.DataFrame({"a": ["x"], "b": ["1"], "c": ["2"]}), headers=2)
    assert [text for attrs, text in Parts(html).all("th") if attrs["scope"] == "row"] == ["x", "1"]


@pytest.mark.parametrize(
    ("column", "right"),
    [
        (["1", "22,830"], True),
        (["35.9 [p]", "[c]"], True),
        (["21.4 to 36.0", ""], True),
        (["\u25b2 37.0", "\u25bc 19.3 [u]"], True),
        (["1,738 (36.5%)", "[c]"], True),
        (["-0.4", "1.2"], True),
        (["similar", "worse"], False),
        (["1.0", "none held"], False),
        (["2012/13", "2013"], False),
        (["to be told", "1"], False),
    ],
)
def test_numbers_stand_on_the_right_and_in_one_piece(shown, column, right):
    html, _ = table(shown, pd.DataFrame({"Area": ["A", "B"], "x": column}))
    parts = Parts(html)
    classes = {attrs.get("class") for attrs, _ in parts.all("td")} | {
        parts.all("th")[1][0].get("class")
    }
    assert classes == {"num" if right else None}
    said = [text for _, text in parts.all("td")]
    assert [text.replace("\u00a0", " ") for text in said] == column
    assert any(" " in text for text in said) <= (not right)
    assert parts.all("th")[0][0].get("class") is None


def test_heading_of_a_quarter_may_break_where_its_cells_may_not(shown):
    frame = pd.DataFrame({"Quarter": ["2013/14\u00a0Q3"], "2013/14\u00a0Q2": ["1"]})
    heads = [text for _, text in Parts(table(shown, frame)[0]).all("th")]
    assert heads == ["Quarter", "2013/14 Q2", "2013/14\u00a0Q3"]


def test_names_of_rows_stand_on_the_left_even_as_numbers(shown):
    parts = Parts(table(shown, pd.DataFrame({"Period": ["2013", "2012"], "Rate": ["1", "2"]}))[0])
    assert [attrs.get("class") for attrs, _ in parts.all("th")] == [None, "num", None, None]


def test_table_explains_only_the_markers_it_uses(shown):
    frame = pd.DataFrame({"Area": ["A", "B"], "Rate": ["35.9 [p]", "[c]"]})
    (note,) = Parts(table(shown, frame, note="As printed.")[0]).all("p")
    assert note[1] == "As printed. [c] hidden so that no child can be identified; [p] provisional."
    assert not Parts(table(shown, frame.replace({"35.9 [p]": "1", "[c]": "2"}))[0]).all("p")


@pytest.mark.parametrize(
    ("frame", "caption"),
    [(pd.DataFrame({"a": ["x"]}), " "), (pd.DataFrame({"a": []}), "Rates.")],
)
def test_table_without_words_or_rows_is_refused(shown, frame, caption):
    with pytest.raises(ValueError, match="needs a caption and at least one row"):
        show_table(frame, caption=caption)
    assert not shown


def facts_of(shown):
    parts = Parts(shown[-1][0])
    names = [text for _, text in parts.all("dt")]
    return dict(zip(names, [text for _, text in parts.all("dd")], strict=True))


def test_definition_says_what_is_counted_and_how(shown, rows):
    show_definition(INDICATORS["under18_conceptions"], rows)
    facts = facts_of(shown)
    assert shown[-1][1] == {"role": "note"}
    assert Parts(shown[-1][0]).all("h3")[0][1] == "Under 18 conception rate"
    assert facts["Unit"] == "per 1,000 females aged 15 to 17"
    assert facts["Direction"] == "lower is better"
    assert facts["Limits"].startswith(
        "95%, the publisher's where it gives them, else exact Poisson"
    )
    assert facts["In the plan"] == INDICATORS["under18_conceptions"].plan_name
    assert "Changed" not in facts


def test_definition_says_nothing_of_limits_that_are_not_shown(shown, rows):
    show_definition(INDICATORS["under18_conceptions"], rows.assign(lower_ci=float("nan")))
    assert "Limits" not in facts_of(shown)
    show_definition(INDICATORS["imd_average_score"], rows)
    assert "Limits" not in facts_of(shown)


def test_limits_of_case_records_are_no_publishers(shown, rows):
    show_definition(INDICATORS["mash_enquiries"], rows)
    assert facts_of(shown)["Limits"].startswith("95%, exact Poisson")


def test_definition_follows_the_period_shown(shown, rows):
    outcome = INDICATORS["mash_outcome"]
    first, second = outcome.versions
    show_definition(outcome, rows)
    before = facts_of(shown)
    show_definition(outcome, rows.assign(period_start=pd.Timestamp("2014-04-01")))
    after = facts_of(shown)
    assert (before["Counts"], after["Counts"]) == (first.numerator, second.numerator)
    assert (before["Direction"], after["Direction"]) == ("lower is better", "higher is better")
    assert (before["In the plan"], after["In the plan"]) == (outcome.impact_name, outcome.plan_name)
    assert "Changed" not in before
    assert after["Changed"] == second.reason
    assert second.start == date(2014, 4, 1)


def test_definition_without_rows_is_the_first(shown):
    show_definition(INDICATORS["mash_outcome"])
    assert facts_of(shown)["Counts"] == INDICATORS["mash_outcome"].versions[0].numerator


def test_sources_are_listed_in_full_once_with_licence_and_day(shown, rows):
    told = {"licence": "open licence", "retrieved": "2026-11-22"}
    described = [{"name": "DfE, Children in need"} | told]
    show_sources(pd.concat([rows, rows]), "Boundaries: built here.", described=described)
    html, facts = shown[0]
    assert facts == {"role": "sources"}
    assert [text for _, text in Parts(html).all("li")] == [
        "DfE, Children in need. Open licence. Retrieved 22 November 2026.",
        "ONS, Conceptions, 2013: Table 6",
        "Boundaries: built here.",
    ]


def test_everything_shown_is_fit_for_a_page(shown, rows):
    figure(shown, rows)
    table(shown, pd.DataFrame({"a": ["x"], "b": ["1.0 [p]"]}), of=rows)
    show_note("Beware.")
    show_definition(INDICATORS["mash_outcome"], rows)
    show_sources(rows)
    for html, _ in shown:
        assert fits_a_page(html)


def test_frames_are_left_unchanged(shown, rows):
    frame = pd.DataFrame({"Area": ["A"], "Rate": ["1.0 [p]"]})
    before, kept = frame.copy(), rows.copy()
    table(shown, frame, of=rows)
    show_sources(rows)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(rows, kept)


def test_source_in_a_page_is_an_address_that_holds_the_drawing(shown, rows):
    html, _ = figure(shown, rows)
    found = re.findall(r'(?:src|srcset)="([^"]*)"', html)
    assert all(each.startswith("data:image/svg+xml;base64,") for each in found)
