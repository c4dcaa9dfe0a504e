"""Parts of a page: sections, summary cards, comments, glossary links, tables on a phone."""

import re
from datetime import date, timedelta

import nbformat.v4 as v4
import numpy as np
import pandas as pd
import pytest

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.publish.fragment import Fragment, Outline, PageError
from ehlib.publish.page import PageFacts, write_page
from ehlib.publish.parts.commentary import parse_comment, read_commentary
from ehlib.publish.parts.contents import anchor, contents, with_ids
from ehlib.publish.parts.glossary import link_terms, read_terms
from ehlib.publish.parts.tables import stacked
from ehlib.show.summary import cards as summary
from ehlib.show.summary.cards import Card, count_cards, indicator_cards, show_cards

FACTS = PageFacts("Nottinghamshire Children's Trust", "2013/14-Q3", date(2014, 1, 20), "0.1.0")
TODAY = date(2014, 1, 31)
HOSTILE = '<img src=x onerror="alert(1)">'
FIGURE = (
    '<figure><img src="data:image/png;base64,iVBORw0KGgo=" alt="Ashfield is highest">'
    "<figcaption>Rates</figcaption></figure>"
)


def shown(html, **facts):
    return v4.new_output("display_data", data={"text/html": html}, metadata={"ehlib": facts})


def code(*outputs, tags=()):
    return v4.new_code_cell("", outputs=list(outputs), metadata={"tags": list(tags)})


def titled(title="Rates"):
    return code(shown("", role="title", title=title, context="Districts, 2011"))


def prose(source):
    return v4.new_markdown_cell(source)


def write(tmp_path, *cells, facts=FACTS, name="rates", **options):
    notebook = v4.new_notebook(cells=list(cells))
    summary = write_page(notebook, tmp_path / f"{name}.html", facts=facts, **options)
    return (tmp_path / f"{name}.html").read_text(encoding="utf-8"), summary


def table(*heads, rows, given=""):
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td{given}>{cell}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    html = (
        f"<table><caption>Rates</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
    return Fragment(Outline(), set()).rebuild(html)


# Sections


def test_page_of_three_sections_lists_them_with_links_that_lead_there(tmp_path):
    cells = [prose(f"## {name}?\n\nSaid.") for name in ("How high", "Where & when", "Why")]
    html, _ = write(tmp_path, titled(), *cells)
    nav = html.partition('<nav class="contents"')[2].partition("</nav>")[0]
    assert re.findall(r'href="#([\w-]+)">([^<]*)<', nav) == [
        ("how-high", "How high?"),
        ("where-when", "Where &amp; when?"),
        ("why", "Why?"),
    ]
    for name in ("how-high", "where-when", "why"):
        assert html.count(f'<h2 id="{name}">') == 1


def test_page_of_two_sections_has_no_list_of_them(tmp_path):
    html, _ = write(tmp_path, titled(), prose("## One?\n\nx"), prose("## Two?\n\nx"))
    assert "On this page" not in html


def test_contents_lead_to_the_sources_when_there_are_any(tmp_path):
    cells = [prose(f"## {n}?\n\nx") for n in "abc"]
    html, _ = write(tmp_path, titled(), *cells, prose("## Sources and methods\n\nONS."))
    assert '<a href="#sources-and-methods">' in html
    assert html.count('id="sources-and-methods"') == 1


def test_headings_of_the_same_words_have_different_ids():
    html = with_ids("<h2>Rates</h2><p>x</p><h3>Rates</h3><h2>Main</h2>", {"main"})
    assert re.findall(r'id="([^"]*)"', html) == ["rates", "rates-2", "main-2"]


def test_ids_are_slugs_whatever_the_words():
    assert anchor("Newark & Sherwood: är det så?") == "newark-sherwood-ar-det-sa"
    assert anchor("日本") == "section"


def test_only_sections_of_the_second_level_are_listed():
    html = with_ids("<h2>A</h2><h3>B</h3><h2>C</h2><h2>D <em>x</em></h2>", set())
    assert contents(html) == [("a", "A"), ("c", "C"), ("d-x", "D x")]


def test_parts_are_listed_where_sections_are_few():
    html = with_ids("<h2>A</h2><h3>B</h3><h2>C</h2><h3>D</h3>", set())
    assert [words for _, words in contents(html)] == ["A", "B", "C", "D"]
    assert contents(with_ids("<h2>A</h2><h3>B</h3><h4>C</h4>", set())) == []


# Downloads


def test_table_with_a_file_has_a_link_to_it_and_the_page_to_the_workbooks(tmp_path):
    rows = table("Area", "Rate", rows=[("Ashfield", "1.0")])
    named = {"id": "table-1", "caption": "Rates <b>"}
    html, _ = write(tmp_path, titled(), code(shown(rows, role="table", table=named)))
    link = re.search(r'<a href="(downloads/rates/table-1\.csv)">(.*?)</a>', html)[2]
    assert link == 'Download this table (CSV)<span class="unseen">: Rates &lt;b&gt;</span>'
    foot = html.partition("<footer")[2]
    assert 'href="downloads/rates.xlsx"' in foot
    assert 'href="downloads/rates.ods"' in foot


def test_table_without_a_file_has_no_link(tmp_path):
    rows = table("Area", "Rate", rows=[("Ashfield", "1.0")])
    html, _ = write(tmp_path, titled(), code(shown(rows, role="table")))
    assert "downloads/" not in html


# Tables on a phone

LONG = "Too early to say: no figure is held"


def test_table_of_words_names_the_column_in_every_cell_and_keeps_its_roles():
    html = stacked(table("Measure", "Status", "Why", rows=[("One", LONG, LONG)]))
    assert re.findall(r'data-label="(\w+)"', html) == ["Status", "Why"]
    assert re.findall(r'role="(\w+)"', html) == [
        "table",
        *("rowgroup", "row", "columnheader", "columnheader", "columnheader"),
        *("rowgroup", "row", "rowheader", "cell", "cell"),
    ]
    assert html.count('scope="col"') == 3
    assert html.count('scope="row"') == 1


@pytest.mark.parametrize(
    ("rows", "given"),
    [
        ([("One", "1.0", "2.0")], ""),
        ([("One", LONG, "2.0")], ""),
        ([("One", LONG, LONG)], ' class="num"'),
    ],
)
def test_table_of_numbers_stays_a_table(rows, given):
    html = table("Measure", "Status", "Why", rows=rows, given=given)
    assert stacked(html) == html


def test_broad_table_with_two_columns_of_words_is_read_row_by_row():
    row = ("One", "Improving", "2013/14", "24.2", "31.9", "29.4")
    html = table("Measure", "Status", "Period", "Now", "Then", "Before", rows=[row])
    assert 'class="stacked"' in stacked(html)


def test_table_with_joined_cells_stays_a_table():
    html = table("Measure", "Status", "Why", rows=[("One", LONG, LONG)], given=' colspan="1"')
    assert stacked(html) == html


def test_label_of_a_cell_is_escaped():
    html = stacked(table("Measure", "A &lt;b&gt; &quot;c&quot;", "W", rows=[("One", LONG, LONG)]))
    assert 'data-label="A &lt;b&gt; &quot;c&quot;"' in html


# Cards


@pytest.fixture
def displayed(monkeypatch):
    said = []
    monkeypatch.setattr(
        summary, "display", lambda html, metadata: said.append((html.data, metadata["ehlib"]))
    )
    return said


def test_card_says_figure_unit_period_and_status_in_words(displayed):
    card = Card("Under 18 conceptions", "24.2", "per 1,000", "2013", "worse", "England", "21 to 27")
    show_cards([card])
    html, facts = displayed[0]
    words = re.sub(r"<[^>]*>", "|", html)
    for said in ("Under 18 conceptions", "24.2", "per 1,000", "2013", "Worse than England"):
        assert said in words
    assert facts == {"role": "cards", "judged": [], "synthetic": False}
    assert Fragment(Outline(), set()).rebuild(html) == html


def test_counted_card_tells_the_index_its_name_and_status(displayed):
    show_cards([Card("Notts", "24.2", "%", "2013", "worse", "England", counted=True, name="NEET")])
    assert displayed[0][1]["judged"] == [
        {
            "name": "NEET",
            "value": "24.2%",
            "period": "2013",
            "status": "worse",
            "against": "England",
        }
    ]


def test_figures_of_a_table_are_counted_without_a_card(displayed, tmp_path):
    count_cards([Card("NEET", "2.5", "%", status="worsening"), Card("SEN", "1")])
    html, facts = displayed[0]
    page, made = write(tmp_path, titled(), code(shown(html, **facts)))
    assert [each["name"] for each in made.judged] == ["NEET"]
    assert 'class="card' not in page


def test_cards_escape_their_words(displayed):
    show_cards([Card(*[HOSTILE] * 4, "worse", HOSTILE, HOSTILE)])
    assert "<img" not in displayed[0][0]


def test_no_card_shows_nothing(displayed):
    show_cards([])
    assert displayed == []


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (Card("A", "1", status="bad"), "status is 'bad'; expected at risk, better"),
        (Card("", "1"), "needs a label and a value"),
        (Card("A", " "), "needs a label and a value"),
    ],
)
def test_card_that_cannot_be_read_is_refused(displayed, card, message):
    with pytest.raises(ValueError, match=message):
        show_cards([card])
    assert displayed == []


def places(*values, **facts):
    codes = ["E10000024", "E07000170", "E07000171", "E07000172"]
    kinds = ["county", *["district"] * 3]
    rows = {
        "area_code": codes,
        "area_name": ["Nottinghamshire", "Ashfield", "Bassetlaw", "Broxtowe"],
        "area_type": kinds,
        "period": "2013",
        "value": values,
        "lower_ci": [each - 1 for each in values],
        "upper_ci": [each + 1 for each in values],
        "benchmark_value": 24.3,
        "benchmark_name": "England",
        "comparison": "similar",
        "value_note": "",
    }
    return pd.DataFrame(rows | facts)


INDICATOR = read_indicators()["under18_conceptions"]


def test_cards_of_an_indicator_are_the_county_and_its_extremes():
    made = indicator_cards(places(24.2, 20.0, 30.0, 25.0), INDICATOR, read_areas())
    assert [(card.label, card.value, card.counted) for card in made] == [
        ("Nottinghamshire", "24.2", True),
        ("Highest: Bassetlaw", "30.0", False),
        ("Lowest: Ashfield", "20.0", False),
    ]
    assert made[0].note == "95% limits 23.2 to 25.2; England 24.3"
    assert made[0].name == INDICATOR.name


def test_hidden_figure_of_the_county_is_a_marker_that_is_not_counted():
    rows = places(np.nan, 20.0, 30.0, 25.0, value_note=["suppressed", "", "", ""])
    card = indicator_cards(rows, INDICATOR, read_areas())[0]
    assert (card.value, card.status, card.counted) == ("[c]", "", False)
    assert card.note == "Hidden so that no child can be identified"


def test_two_districts_have_no_highest_and_lowest():
    made = indicator_cards(places(24.2, 20.0, 30.0, np.nan), INDICATOR, read_areas())
    assert [card.label for card in made] == ["Nottinghamshire"]


def test_figure_without_a_benchmark_has_no_status():
    rows = places(24.2, 20.0, 30.0, 25.0, benchmark_value=np.nan, comparison="not compared")
    card = indicator_cards(rows, INDICATOR, read_areas())[0]
    assert (card.status, card.counted, card.note) == ("", False, "95% limits 23.2 to 25.2")


def test_cards_stand_under_the_findings_and_reach_the_summary(tmp_path, displayed):
    show_cards([Card("NEET", "2.5", "%", status="worse", against="England", counted=True)])
    html, facts = displayed[0]
    findings = code(shown("", role="findings", findings=["First."]))
    page, summary_ = write(tmp_path, titled(), code(shown(html, **facts)), prose("Then."), findings)
    assert page.index("First.") < page.index('class="card worse"') < page.index("Then.")
    assert summary_.judged == facts["judged"]


def test_cards_of_a_section_stay_in_it(tmp_path):
    cards = '<ul class="cards" role="list"><li class="card">x</li></ul>'
    html, _ = write(tmp_path, titled(), prose("## Who?\n\nSaid."), code(shown(cards, role="cards")))
    assert html.index("Said.") < html.index('class="cards"')


# Comments

GOOD = "Date: 2014-01-20\nAuthor: A & B\n\nRates **fell**. See [ONS](https://www.ons.gov.uk).\n"


def test_comment_stands_under_the_findings_apart_with_who_and_when(tmp_path):
    html, _ = write(
        tmp_path,
        titled(),
        code(shown("", role="findings", findings=["Found."])),
        prose("Then."),
        commentary=GOOD,
    )
    said = html.partition('<section class="comment"')[2].partition("</section>")[0]
    assert '<h2 id="comment">Comment by A &amp; B, 20 January 2014</h2>' in said
    assert "<strong>fell</strong>" in said
    assert '<a href="https://www.ons.gov.uk">ONS</a>' in said
    assert html.index("Found.") < html.index("Comment by") < html.index("Then.")


def test_comment_without_author_is_the_analysts():
    assert (
        parse_comment("Date: 2014-01-20\n\nFell.", today=TODAY).title
        == "Comment by the analyst, 20 January 2014"
    )


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        HOSTILE,
        "[x](javascript:alert(1))",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src='https://a.uk'></iframe>",
    ],
)
def test_html_in_a_comment_is_text(tmp_path, body):
    html, _ = write(tmp_path, titled(), commentary=f"Date: 2014-01-20\nAuthor: {body}\n\n{body}")
    said = html.partition("<main")[2]
    assert not re.search(r"<(?:script|img|iframe)", said)
    assert not re.search(r'href="\s*java', said)


def test_heading_in_a_comment_is_no_section_of_the_page():
    html = parse_comment("Date: 2014-01-20\n\n# Big\n\n## Small\n\nx", today=TODAY).html
    assert "<h" not in html
    assert html.count("<strong>") == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Rates fell.", "has no date; begin the file with a line such as `Date: 2014-01-20`"),
        ("Date: 20/1/2014\n\nFell.", "has the date '20/1/2014'; begin"),
        (f"Date: {TODAY + timedelta(days=1)}\n\nFell.", "is dated 2014-02-01, which is to come"),
        ("Date: 2014-01-20\n", "says nothing under its date"),
        ("Date: 2014-01-20\n\n" + "x" * 6001, "has 6001 letters; expected 6000 at most"),
        ("Date: 2014-01-20\n\n![x](x.png)", "markdown holds a picture"),
    ],
)
def test_comment_that_is_not_fit_is_refused(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_comment(text, today=TODAY)


def test_comments_of_a_quarter_are_read_by_page(tmp_path):
    folder = tmp_path / "commentary" / "2013-14-Q3"
    folder.mkdir(parents=True)
    (folder / "02-neet.md").write_text("\ufeff" + GOOD, encoding="utf-8")
    read = read_commentary(tmp_path, "2013/14-Q3", pages={"02-neet"}, today=TODAY)
    assert read == {"02-neet": GOOD}
    assert read_commentary(tmp_path, "2013/14-Q2") == {}


def test_comment_for_no_page_and_a_damaged_one_name_their_file(tmp_path):
    folder = tmp_path / "commentary" / "2013-14-Q3"
    folder.mkdir(parents=True)
    (folder / "typo.md").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ValueError, match=r"commentary/2013-14-Q3/typo\.md is for no page"):
        read_commentary(tmp_path, "2013/14-Q3", pages={"02-neet"}, today=TODAY)
    (folder / "typo.md").write_bytes(b"Date: 2014-01-20\n\nna\xefve")
    with pytest.raises(ValueError, match=r"typo\.md is not UTF-8"):
        read_commentary(tmp_path, "2013/14-Q3", today=TODAY)


def test_page_is_refused_when_its_comment_is(tmp_path):
    with pytest.raises(PageError, match="the comment on this page has no date"):
        write(tmp_path, titled(), commentary="Fell.")
    assert not (tmp_path / "rates.html").exists()


# Glossary

TERMS = (
    ("MASH", "mash"),
    ("Early help", "early-help"),
    ("early help episodes", "episode"),
    ("Slope index", "slope-index"),
    ("SII", "slope-index"),
)


def linked(tmp_path, *cells, name="rates"):
    facts = PageFacts("Trust", "2013/14-Q3", date(2014, 1, 20), "0.1.0", TERMS)
    html, _ = write(tmp_path, titled(), *cells, facts=facts, name=name)
    return re.findall(r'<a class="term" href="91-glossary\.html#([\w-]+)">([^<]*)</a>', html), html


def test_first_use_of_a_term_leads_to_the_glossary(tmp_path):
    links, _ = linked(tmp_path, prose("About MASH.\n\nMASH again, and the SII or slope index."))
    assert links == [("mash", "MASH"), ("slope-index", "SII")]


def test_finding_is_the_first_use(tmp_path):
    findings = code(shown("", role="findings", findings=["MASH rose <fast>."]))
    links, html = linked(tmp_path, prose("MASH"), findings)
    assert links == [("mash", "MASH")]
    assert "</a> rose &lt;fast&gt;.</li>" in html


def test_longer_term_wins_and_capitals_count_in_acronyms(tmp_path):
    links, _ = linked(tmp_path, prose("Early Help episodes closed. He may mash it. Early help."))
    assert links == [("episode", "Early Help episodes"), ("early-help", "Early help")]


def test_parts_of_words_are_no_terms(tmp_path):
    assert linked(tmp_path, prose("MASHED SIII early-helper pre-MASH"))[0] == []


def test_headings_tables_links_code_and_captions_are_left_alone(tmp_path):
    rows = table("MASH", "SII", rows=[("MASH", "early help")])
    cells = [
        prose("## MASH?\n\n[MASH](https://www.gov.uk) `MASH`"),
        code(shown(rows, role="table"), shown(FIGURE.replace("Rates", "MASH"), role="figure")),
    ]
    assert linked(tmp_path, *cells)[0] == []


def test_page_of_a_set_without_glossary_has_no_links_to_it(tmp_path):
    html, _ = write(tmp_path, titled(), prose("About MASH."))
    assert "91-glossary" not in html


def test_glossary_does_not_lead_to_itself(tmp_path):
    assert linked(tmp_path, prose("About MASH."), name="91-glossary")[0] == []


def test_linking_changes_nothing_but_the_links(tmp_path):
    _, html = linked(tmp_path, prose("About MASH & early help: a < b."))
    plain, _ = write(tmp_path, titled(), prose("About MASH & early help: a < b."))
    without = re.sub(r'<a class="term"[^>]*>([^<]*)</a>', r"\1", html)
    assert (
        without.partition("<main")[2].partition("<footer")[0]
        == (plain.partition("<main")[2].partition("<footer")[0])
    )
    assert link_terms(plain, ()) == plain


def test_every_term_of_the_glossary_is_explained_and_can_be_linked_to(root, tmp_path):
    terms = read_terms(root / "docs")
    text = (root / "docs" / "glossary.md").read_text(encoding="utf-8")
    html, _ = write(tmp_path, titled(), prose(text), name="91-glossary")
    homes = {home for _, home in terms}
    assert homes <= set(re.findall(r'<h[2-4] id="([^"]*)"', html))
    wanted = {"MASH", "Annex A", "Confidence interval", "Special cause", "Slope index", "Polarity"}
    wanted |= {"NEET", "FSM", "CAF", "Rate per 1,000", "Early help", "Synthetic", "Suppressed"}
    assert wanted | {"Baseline", "Benchmark"} <= {words for words, _ in terms}
    words = [words.lower() for words, _ in terms]
    assert len(words) == len(set(words))


# Print and grids


def test_cell_tagged_new_sheet_begins_a_sheet_of_print(tmp_path):
    section = prose("## Detail?\n\nMore.")
    section.metadata["tags"] = ["new-sheet"]
    html, _ = write(tmp_path, titled(), prose("Said."), prose("## Checks"), section)
    assert '<main id="main" class="wide on-sheets"' in html
    assert html.index("Said.") < html.index('class="new-sheet"') < html.index("Detail?")
    assert "Checks" not in html.partition("<main")[2]
    plain, _ = write(tmp_path, titled(), prose("Said."))
    assert "new-sheet" not in plain.partition("<main")[2]


def test_figures_of_a_cell_tagged_multiples_stand_in_one_grid(tmp_path):
    figures = code(*[shown(FIGURE, role="figure")] * 2, tags=["multiples"])
    html, _ = write(tmp_path, titled(), figures, prose("After."))
    grid = html.partition('<div class="multiples">')[2].partition("</div>")[0]
    assert grid.count("<figure>") == 2
    assert "After." not in grid
