"""What a page says of its hidden figures: how many, why, and what is shown all the same."""

import nbformat.v4 as v4
import pytest

from ehlib.show.hidden import hidden_note

QUARTERS = ["2012/13 Q4", "2013/14 Q1", "2013/14 Q2", "2013/14 Q3"]


def table(heads, rows):
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(f'<td class="num" data-number="x">{cell}</td>' for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    html = f"<table><caption>Enquiries</caption><thead><tr>{head}</tr></thead>{body}</table>"
    return v4.new_output("display_data", {"text/html": html}, metadata={"ehlib": {"role": "table"}})


DISTRICTS = table(
    ["Area", *QUARTERS],
    [
        ("Ashfield", "1,204", "862", "[c]", "7"),
        ("Rushcliffe", "[c]", "31", "12 [p]", "18"),
        ("Nottinghamshire", "4,001", "4,002", "4,003", "4,004"),
    ],
)


def test_hidden_figures_are_counted_of_all_and_the_reason_is_given():
    note = hidden_note([DISTRICTS], below=5)
    assert note.startswith(
        "2 of the 12 figures in the tables of this page are hidden ([c]), so that no child can be "
        "recognised: they stand for counts from 1 to 4,"
    )


def test_what_is_shown_in_full_and_from_what_to_what_the_rest_runs():
    note = hidden_note([DISTRICTS])
    assert "Shown in full: Nottinghamshire." in note
    assert 'Figures of "Enquiries" that are not hidden, lowest to highest: Ashfield 7 ' in note
    assert "Ashfield 7 (2013/14 Q3) to 1,204 (2012/13 Q4)" in note
    assert "Rushcliffe 12 (2013/14 Q2) to 31 (2013/14 Q1)" in note


def test_columns_that_go_through_time_have_ranges_too():
    quarters = [(when, "[c]" if when == QUARTERS[0] else str(n)) for n, when in enumerate(QUARTERS)]
    note = hidden_note([table(["Quarter", "Police"], quarters)])
    assert "Police 1 (2013/14 Q1) to 3 (2013/14 Q3)" in note


def test_one_hidden_figure_is_spoken_of_as_one():
    assert hidden_note([table(["Area", "Number"], [("Ashfield", "[c]"), ("B", "9")])]).startswith(
        "1 of the 2 figures in the tables of this page is hidden"
    )


@pytest.mark.parametrize(
    "outputs",
    [
        [],
        [table(["Area", "Number"], [("Ashfield", "862")])],
        [table(["Area", "Note"], [("Ashfield", "nothing counted")])],
        [v4.new_output("stream", text="[c]")],
        [v4.new_output("display_data", {"text/html": "<p>[c] means hidden, 3 times</p>"})],
    ],
)
def test_page_without_hidden_figures_says_nothing(outputs):
    assert hidden_note(outputs) == ""


def test_tables_of_all_outputs_count_and_long_lists_are_cut():
    rows = [(f"Place {n}", "[c]" if n == 0 else "9") for n in range(9)]
    note = hidden_note([table(["Area", "Number"], rows), DISTRICTS])
    assert note.startswith("3 of the 21 figures")
    assert "Shown in full: Place 8; Place 7; Place 6 and 6 more lines." in note


def test_names_that_look_like_markup_stay_text():
    note = hidden_note([table(["Area", "Number"], [("A", "[c]"), ("&lt;img src=x&gt;", "9")])])
    assert "Shown in full: <img src=x>." in note  # which the page escapes
