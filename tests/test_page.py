"""Pages: what stands on them, what is refused, and how the index lists them."""

import base64
import hashlib
import re
from datetime import date
from html.parser import HTMLParser

import nbformat.v4 as v4
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehlib.publish.fragment import Fragment, Outline, PageError
from ehlib.publish.page import NO_FIGURES, PageFacts, write_index, write_page

FACTS = PageFacts("Nottinghamshire Children's Trust", "2013/14-Q3", date(2014, 1, 20), "0.1.0")
PNG = "data:image/png;base64,iVBORw0KGgo="
FIGURE = (
    f'<figure><img src="{PNG}" alt="Ashfield is highest"><figcaption>Rates</figcaption></figure>'
)
TABLE = (
    '<div class="table-scroll" tabindex="0" role="region" aria-label="Rates"><table>'
    '<caption>Rates</caption><tr><th scope="col">Area</th></tr><tr><td>1.0</td></tr></table></div>'
)
HOSTILE = '<img src=x onerror="alert(1)">'


def shown(html, **facts):
    data = {"text/html": html, "text/plain": "<IPython.core.display.HTML object>"}
    return v4.new_output("display_data", data=data, metadata={"ehlib": facts})


def code(*outputs, tags=()):
    metadata = {"tags": list(tags)}
    return v4.new_code_cell(
        "secret = 'code'", outputs=list(outputs), execution_count=1, metadata=metadata
    )


def titled(title="Teenage conceptions", **facts):
    return code(shown("", role="title", title=title, context="Districts, 2011", **facts))


def write(tmp_path, *cells, facts=FACTS):
    notebook = v4.new_notebook(cells=list(cells))
    summary = write_page(notebook, tmp_path / "page.html", facts=facts)
    return (tmp_path / "page.html").read_text(encoding="utf-8"), summary


def body(html):
    return html.partition("<main")[2].partition("</main>")[0]


class Texts(HTMLParser):
    """Text of each element, by tag, as a browser would show it."""

    def __init__(self, html):
        super().__init__()
        self.opened, self.texts, self.attributes = [], {}, []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name) for name, _ in attrs]
        self.opened.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        while self.opened and self.opened.pop() != tag:
            pass

    def handle_data(self, data):
        for tag in set(self.opened):
            self.texts[tag][-1] += data


def test_page_names_itself_trust_and_quarter(tmp_path):
    html, summary = write(tmp_path, titled())
    expected = "Teenage conceptions - Nottinghamshire Children's Trust - 2013/14 Q3"
    assert Texts(html).texts["title"] == [expected]
    assert html.startswith('<!DOCTYPE html>\n<html lang="en-GB">')
    assert '<meta charset="utf-8">' in html
    assert 'name="viewport"' in html
    assert summary.title == "Teenage conceptions"


def test_policy_comes_first_and_allows_our_stylesheet_alone(tmp_path):
    html, _ = write(tmp_path, titled())
    policy = re.search(
        r"<head>\s*<meta http-equiv=\"Content-Security-Policy\" content=\"(.*?)\">", html
    )
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy[1] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_page_loads_nothing_and_runs_nothing(tmp_path):
    html, _ = write(tmp_path, titled(), code(shown(FIGURE, role="figure")))
    assert "<script" not in html
    assert "<link" not in html
    assert not re.search(r"(?:src|srcset)=\"(?!data:)", html)
    assert not re.search(r"url\(|@import", html)


def test_page_has_skip_link_landmarks_and_way_back(tmp_path):
    html, _ = write(tmp_path, titled())
    assert html.index('href="#main"') < html.index("<header") < html.index('<main id="main"')
    foot = html.partition("<footer")[2]
    assert 'href="index.html"' in foot
    assert "20 January 2014" in foot
    assert "0.1.0" in foot
    assert "October to December 2013" in foot


def test_code_prompts_and_raw_cells_are_absent(tmp_path):
    html, _ = write(tmp_path, titled(), code(), v4.new_raw_cell("raw secret"))
    assert "secret" not in html
    assert "In [" not in html


def test_notebook_heading_becomes_the_question(tmp_path):
    prose = v4.new_markdown_cell("# Where are rates *high*?\n\nAsked by the Board.")
    html, _ = write(tmp_path, prose, titled())
    texts = Texts(html).texts
    assert texts["h1"] == ["Teenage conceptions"]
    assert '<p class="question">Where are rates <em>high</em>?</p>' in html
    assert "Asked by the Board." in html


def test_heading_names_the_page_when_no_title_is_shown(tmp_path):
    html, summary = write(tmp_path, v4.new_markdown_cell("# Where are *rates* high?"))
    assert Texts(html).texts["h1"] == ["Where are rates high?"]
    assert summary.title == "Where are rates high?"
    assert 'class="question"' not in html


def test_page_without_any_name_is_refused(tmp_path):
    with pytest.raises(PageError, match="names no page"):
        write(tmp_path, v4.new_markdown_cell("Text"))


def test_headings_never_skip_a_level(tmp_path):
    prose = ["#### Deep first\n\nx", "## Two\n\nx\n\n##### Five\n\nx", "# Late one\n\nx"]
    first = v4.new_markdown_cell("# Question?")
    html, _ = write(tmp_path, titled(), first, *map(v4.new_markdown_cell, prose))
    levels = [int(level) for level in re.findall(r"<h(\d)", html)]
    assert levels == [1, 2, 2, 3, 2]


def test_heading_over_silent_cells_is_left_out(tmp_path):
    cells = [
        v4.new_markdown_cell("## Checks"),
        code(),
        v4.new_markdown_cell("## How many?\n\n### Empty part"),
        v4.new_markdown_cell("### Full part\n\nMany."),
    ]
    html, _ = write(tmp_path, titled(), *cells)
    assert "Checks" not in html
    assert "Empty part" not in html
    assert Texts(html).texts["h2"] == ["How many?"]
    assert Texts(html).texts["h3"] == ["Full part"]


def test_findings_open_the_page_and_first_one_is_the_summary(tmp_path):
    findings = code(shown("", role="findings", findings=["Ashfield is highest.", "Gap fell."]))
    html, summary = write(tmp_path, titled(), v4.new_markdown_cell("Later."), findings)
    assert summary.finding == "Ashfield is highest."
    assert html.index("Gap fell.") < html.index("Later.")
    assert Texts(html).texts["h2"] == ["Key findings"]


@pytest.mark.parametrize("role", ["figure", "table", "note"])
def test_synthetic_output_brings_the_banner(tmp_path, role):
    piece = {"figure": FIGURE, "table": TABLE, "note": "<p>Said.</p>"}[role]
    html, summary = write(tmp_path, titled(), code(shown(piece, role=role, synthetic=True)))
    assert body(html).index("Synthetic data") < body(html).index("<h1>")
    assert summary.synthetic


def test_page_of_published_figures_has_no_banner(tmp_path):
    html, summary = write(tmp_path, titled(), code(shown(FIGURE, role="figure", synthetic=False)))
    assert "Synthetic" not in body(html)
    assert not summary.synthetic


def test_sources_stand_in_the_footer(tmp_path):
    html, _ = write(tmp_path, titled(), code(shown("<p>ONS, 2013</p>", role="sources")))
    foot = html.partition("<footer")[2]
    assert "ONS, 2013" in foot
    assert "ONS, 2013" not in body(html)
    assert "<h2>Sources and methods</h2>" in foot


def test_sources_section_moves_to_the_footer_whole(tmp_path):
    cells = [
        v4.new_markdown_cell("## Sources and methods\n\nByar's method."),
        code(shown("<p>Said.</p>", role="note")),
        v4.new_markdown_cell("## And then?\n\nBack above."),
    ]
    html, _ = write(tmp_path, titled(), *cells)
    foot = html.partition("<footer")[2]
    assert foot.count("<h2>Sources and methods</h2>") == 1
    assert "Byar's method." in foot
    assert "Said." in foot
    assert "Back above." in body(html)


def test_page_without_figures_is_under_40_kb(tmp_path):
    prose = v4.new_markdown_cell("# Question?\n\n" + "Sentence of prose. " * 200)
    html, summary = write(tmp_path, prose, titled(), code(shown(TABLE, role="table")))
    assert summary.size == len(html.encode()) < 40_000


def value(text):
    return v4.new_output("execute_result", data={"text/plain": text}, execution_count=1)


def bare(**data):
    return v4.new_output("display_data", data={k.replace("_", "/"): v for k, v in data.items()})


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (value("[1, 2]"), r"bare value \(text/plain\)"),
        (bare(image_png="aGVsbG8="), r"bare value \(image/png\)"),
        (bare(text_html="<b>frame</b>"), r"bare value \(text/html\)"),
        (v4.new_output("stream", name="stdout", text="x"), "prints to stdout"),
        (v4.new_output("stream", name="stderr", text="warning"), "prints to stderr"),
        (v4.new_output("error", ename="KeyError", evalue="'x'", traceback=[]), "KeyError: 'x'"),
        (shown("<p>x</p>", role="banner"), "role 'banner'"),
        (shown("", role="title", title="Again"), "names the page again"),
    ],
)
def test_stray_output_is_refused_with_its_cell(tmp_path, output, message):
    with pytest.raises(PageError, match=f"^cell 3: .*{message}") as caught:
        write(tmp_path, titled(), v4.new_markdown_cell("Text"), code(output))
    assert caught.value.cell == 3
    assert not (tmp_path / "page.html").exists()


def test_cells_are_numbered_without_the_one_papermill_adds(tmp_path):
    added = code(tags=["injected-parameters"])
    with pytest.raises(PageError, match=r"^cell 2: "):
        write(tmp_path, titled(), added, code(value("1")))


def test_refused_page_leaves_the_earlier_one(tmp_path):
    html, _ = write(tmp_path, titled())
    with pytest.raises(PageError):
        write(tmp_path, titled(), code(value("1")))
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == html
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        (f'<figure><img src="{PNG}"></figure>', "no alt text"),
        (f'<figure><img src="{PNG}" alt="  "></figure>', "no alt text"),
        (
            f'<figure><img src="{PNG}" alt="No description has been provided for this image">'
            "</figure>",
            "no alt text",
        ),
        ("<figure><figcaption>Rates</figcaption></figure>", "<figure> has no <img>"),
        ("<p>no figure</p>", "figure without a <figure>"),
        ('<figure><img src="chart.png" alt="High"></figure>', "loads 'chart.png'"),
        ('<figure><img src="https://a.uk/c.png" alt="High"></figure>', "loads 'https"),
        ('<figure><img src="data:text/html,x" alt="High"></figure>', "loads 'data:text/html"),
        (
            f'<figure><picture><source srcset="{PNG}, https://a.uk/c.png">'
            f'<img src="{PNG}" alt="High"></picture></figure>',
            "<source> loads",
        ),
    ],
)
def test_figure_that_cannot_be_read_or_loads_elsewhere_is_refused(tmp_path, figure, message):
    with pytest.raises(PageError, match=f"^cell 2: .*{message}"):
        write(tmp_path, titled(), code(shown(figure, role="figure")))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.replace("<caption>Rates</caption>", ""), "<table> has no <caption>"),
        (TABLE.replace("<caption>Rates", "<caption> "), "<caption> is empty"),
        (TABLE.replace(' scope="col"', ""), "<th> has no scope"),
        (TABLE.replace('scope="col"', 'scope="x"'), "<th> has no scope"),
        (TABLE.replace(">Area<", "><"), "<th> is empty"),
        (TABLE.replace("th", "td").replace(' scope="col"', ""), "<table> has no <th>"),
        ("<p>no table</p>", "table without a <table>"),
    ],
)
def test_table_without_caption_or_scopes_is_refused(tmp_path, table, message):
    with pytest.raises(PageError, match=f"^cell 2: .*{message}"):
        write(tmp_path, titled(), code(shown(table, role="table")))


@pytest.mark.parametrize(
    "piece",
    [
        "<script>alert(1)</script>",
        "<p onclick='alert(1)'>x</p>",
        "<p style='color:red'>x</p>",
        "<iframe src='https://a.uk'></iframe>",
        "<form action='https://a.uk'></form>",
        "<style>p{display:none}</style>",
        "<svg onload='alert(1)'></svg>",
        "<!-- 3 children -->",
        "<![CDATA[x]]>",
        "<![1",
        "<?php x ?>",
        "<!DOCTYPE html>",
        "<p data-count='3'>x</p>",
        "<p title='3'>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='file:///etc/passwd'>x</a>",
        "<a href='//a.uk'>x</a>",
        "<p>never closed",
        "<p><b>x</p></b>",
        "<div/>",
        "<p id='a'>x</p><p id='a'>y</p>",
    ],
)
def test_html_that_is_not_listed_is_refused(tmp_path, piece):
    with pytest.raises(PageError, match=r"^cell 2: "):
        write(tmp_path, titled(), code(shown(piece, role="note")))


def test_ids_may_not_repeat_across_cells(tmp_path):
    notes = [code(shown("<p id='n1'>x</p>", role="note")) for _ in range(2)]
    with pytest.raises(PageError, match="cell 3: id 'n1' is on the page already"):
        write(tmp_path, titled(), *notes)


@pytest.mark.parametrize(
    "prose",
    [
        "<script>alert(1)</script>",
        "before <script>alert(1)</script> after",
        HOSTILE,
        "<iframe src='https://a.uk'></iframe>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,alert(1))",
        "<a href='javascript:alert(1)'>x</a>",
        "```mermaid\n</pre><script>alert(1)</script>\n```",
        "```python\n</code><script>alert(1)</script>\n```",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "$<script>alert(1)</script>$",
    ],
)
def test_html_in_markdown_is_text_and_unsafe_links_lose_their_target(tmp_path, prose):
    shown_by_cell = v4.new_output("display_data", data={"text/markdown": prose})
    html, _ = write(tmp_path, titled(), v4.new_markdown_cell(prose), code(shown_by_cell))
    page = Texts(html)
    assert not {"script", "iframe", "img"} & page.texts.keys()
    assert not [name for _, name in page.attributes if name.startswith("on")]
    assert not re.search(r"href=\"\s*(?!index\.html|#main)", html)


def test_text_in_dollars_is_shown_as_typed(tmp_path):
    html, _ = write(tmp_path, titled("Cost $x$"), v4.new_markdown_cell("From $x$ to $y_1$."))
    assert Texts(html).texts["h1"] == ["Cost $x$"]
    assert "From $x$ to $y_1$." in html


def test_ordinary_markdown_keeps_its_form(tmp_path):
    prose = "**Bold** [ONS](https://www.ons.gov.uk/a?b=1&c=2)\n\n* one\n\n> said\n\n`x < 1`"
    html, _ = write(tmp_path, titled(), v4.new_markdown_cell(prose))
    assert "<strong>Bold</strong>" in html
    assert '<a href="https://www.ons.gov.uk/a?b=1&amp;c=2">ONS</a>' in html
    assert "<li>one</li>" in html
    assert "<code>x &lt; 1</code>" in html


@pytest.mark.parametrize("prose", ["![chart](chart.png)", "| a |\n|---|\n| 1 |"])
def test_picture_or_table_in_markdown_is_refused(tmp_path, prose):
    with pytest.raises(PageError, match=r"^cell 2: "):
        write(tmp_path, titled(), v4.new_markdown_cell(prose))


def test_hostile_names_are_shown_as_that_text(tmp_path):
    facts = PageFacts(HOSTILE, "2013/14-Q3", date(2014, 1, 20), HOSTILE)
    findings = code(shown("", role="findings", findings=[HOSTILE]))
    title = code(shown("", role="title", title=HOSTILE, context=HOSTILE))
    html, _ = write(tmp_path, title, findings, facts=facts)
    texts = Texts(html).texts
    assert "img" not in texts
    assert texts["h1"] == [HOSTILE]
    assert texts["li"] == [HOSTILE]
    assert texts["title"] == [f"{HOSTILE} - {HOSTILE} - 2013/14 Q3"]


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_is_shown_as_itself(tmp_path_factory, text):
    findings = code(shown("", role="findings", findings=[text]))
    html, _ = write(tmp_path_factory.mktemp("any"), titled(), findings)
    assert Texts(html).texts["li"] == [text]


@given(st.text(st.sampled_from("<>/&;\"'= pabimgscrtonlh1-!?[]"), max_size=60))
def test_rebuilt_html_is_listed_and_stable(piece):
    try:
        rebuilt = Fragment(Outline(), set()).rebuild(piece)
    except PageError:
        return
    assert Fragment(Outline(), set()).rebuild(rebuilt) == rebuilt
    page = Texts(rebuilt)
    assert not {"script", "style", "iframe"} & page.texts.keys()
    assert not [name for _, name in page.attributes if name.startswith("on")]


def entry(page, **facts):
    common = {"title": page, "finding": "", "group": "Rates", "status": "shown", "synthetic": False}
    return {"page": f"{page}.html"} | common | facts


def index(tmp_path, *runs, **options):
    write_index(list(runs), tmp_path / "index.html", facts=FACTS, **options)
    return (tmp_path / "index.html").read_text(encoding="utf-8")


def test_index_lists_pages_by_group_with_their_finding(tmp_path):
    runs = [
        entry("b", group="Maps", finding="North is high."),
        entry("a", group="Rates"),
        entry("c", group="Maps"),
    ]
    html = index(tmp_path, *runs)
    assert Texts(html).texts["h2"] == ["Maps", "Rates"]
    assert re.findall(r'<li><a href="(\w).html">', html) == ["b", "c", "a"]
    assert "North is high." in html
    assert Texts(html).texts["h1"] == ["Reports for 2013/14 Q3"]
    assert 'http-equiv="Content-Security-Policy"' in html


def test_index_puts_pages_without_figures_last(tmp_path):
    html = index(tmp_path, entry("a", status="no_data"), entry("b"))
    assert Texts(html).texts["h2"] == ["Rates", NO_FIGURES]


def test_index_names_what_is_missing_and_what_is_synthetic(tmp_path):
    html = index(tmp_path, entry("a", synthetic=True), missing=["Maps: North"])
    assert "Synthetic data" in body(html)
    assert "Not in this set" in html
    assert "Maps: North" in html
    plain = index(tmp_path, entry("a"))
    assert "Not in this set" not in plain
    assert "Synthetic" not in body(plain)


def test_index_shows_hostile_names_as_text(tmp_path):
    html = index(tmp_path, entry("a", title=HOSTILE, finding=HOSTILE, group=HOSTILE))
    texts = Texts(html).texts
    assert "img" not in texts
    assert texts["h2"] == texts["a"][1:] == [HOSTILE]
