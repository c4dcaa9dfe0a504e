"""Every kind of page in a browser: axe-core, keyboard, reflow, search, links and contrast.

Runs in headless Chromium (on Debian: apt-get install chromium) over `real_pages`; elsewhere the
browser's part is skipped, and the end of the run says how many checks that were.
"""

import base64
import re
import statistics
from collections import Counter
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from ehlib.show import charts

pytestmark = pytest.mark.slow
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, PHONE = 1280, 320  # CSS pixels; 320 is 1280 at a zoom of 400 per cent
SHEET = 680, 994  # CSS pixels of A4 within the margins of the stylesheet
FOCUSABLE = "a[href], input, summary, [tabindex='0']"
PLACEHOLDERS = re.compile(
    r"(?i)no description|^(image|figure|chart|plot|graph|map|picture|untitled|todo|alt text)\W*$"
    r"|\.(png|svg|jpe?g)\b|^output_|\bplaceholder\b"
)
# Behind marks or between them: nothing is read off these alone.
BEHIND = {"#ffffff", "#d5d9db"}


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other="#ffffff"):
    """Ratio by WCAG 2.2, 1.4.3."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000") == pytest.approx(21)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.01)  # the known grey at the AA limit


@pytest.fixture(scope="module")
def pages(real_pages):
    return sorted(real_pages.folder.glob("*.html"))


@pytest.fixture(scope="module")
def texts(pages):
    return {path.stem: path.read_text(encoding="utf-8") for path in pages}


def test_there_is_a_page_of_every_notebook_and_an_index(pages, root):
    notebooks = {path.stem[:2] for path in (root / "notebooks").glob("*.ipynb")} - {"00"}
    made = {path.stem[:2] for path in pages} | {"16"}  # 16 keeps the page name it always had
    assert notebooks <= made
    assert "index" in {path.stem for path in pages}


# In the browser


@pytest.fixture(scope="module")
def shown(browser, pages):
    """Each page as the browser has it on a wide screen, by name."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900}, bypass_csp=True)
    opened = {}
    for path in pages:
        opened[path.stem] = context.new_page()
        opened[path.stem].goto(path.as_uri())
    yield opened
    context.close()


def violations(page, axe):
    """How many rules a page passed, and each that it breaks with the first element."""
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", RULES)
    return len(found["passes"]), [
        f"{each['id']}: {each['help']} ({len(each['nodes'])}), {each['nodes'][0]['html'][:120]}"
        for each in found["violations"]
    ]


def test_axe_finds_no_violation_on_any_kind_of_page(shown, axe, capsys):
    passed, broken = Counter(), {}
    for name, page in shown.items():
        passed[name], broken[name] = violations(page, axe)
    with capsys.disabled():
        print(
            f"\naxe-core, {', '.join(RULES)}: {len(shown)} kinds of page, "
            f"{sum(passed.values())} rules passed, {sum(map(len, broken.values()))} violations"
        )
    assert min(passed.values()) > 20
    assert {name: said for name, said in broken.items() if said} == {}


def test_axe_would_have_found_a_violation(browser, axe, pages):
    page = browser.new_context(bypass_csp=True).new_page()
    page.goto(next(path for path in pages if path.stem == "index").as_uri())
    page.evaluate(
        "() => { document.querySelector('main').innerHTML = "
        '\'<img src="data:,"><p style="color:#aaa">pale</p><h1>top</h1><h4>deep</h4>\' }'
    )
    found = {each.partition(":")[0] for each in violations(page, axe)[1]}
    page.context.close()
    assert {"image-alt", "color-contrast", "heading-order"} <= found


def test_pages_reflow_at_400_per_cent(browser, pages):
    context = browser.new_context(viewport={"width": PHONE, "height": 256})
    page, wide = context.new_page(), {}
    for path in pages:
        page.goto(path.as_uri())
        wide[path.stem] = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert {name: width for name, width in wide.items() if width > PHONE} == {}


def test_keyboard_reaches_everything_in_order_and_shows_where_it_is(shown):
    look = """() => {
        const all = [...document.querySelectorAll(FOCUSABLE)].filter(
            each => each.checkVisibility() && !each.closest('[hidden]'));
        const at = document.activeElement, style = getComputedStyle(at);
        return {place: all.indexOf(at), all: all.length, words: at.textContent,
                outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2};
    }""".replace("FOCUSABLE", repr(FOCUSABLE))
    for name, page in shown.items():
        places = []
        for _ in range(min(page.evaluate(look)["all"], 40)):
            page.keyboard.press("Tab")
            found = page.evaluate(look)
            assert found["outline"], f"{name}: focus is not seen on {found['words'][:40]!r}"
            places.append(found["place"])
        assert places == list(range(len(places))), f"{name}: focus jumps"


def test_skip_link_comes_first_is_seen_and_leads_to_the_content(browser, pages):
    context = browser.new_context(viewport={"width": WIDE, "height": 900})
    page = context.new_page()
    page.goto(pages[0].as_uri())
    page.keyboard.press("Tab")
    box = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert box["left"] >= 0
    assert box["top"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    context.close()


def test_pages_load_nothing_and_complain_of_nothing(browser, pages):
    context = browser.new_context()
    page, loaded, said = context.new_page(), [], []
    page.on("request", lambda request: loaded.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in pages:
        page.goto(path.as_uri())
    context.close()
    assert [url for url in loaded if not url.startswith("data:")] == [
        path.as_uri() for path in pages
    ]
    assert said == []


@pytest.fixture
def index(browser, real_pages):
    context = browser.new_context()
    page = context.new_page()
    page.goto((real_pages.folder / "index.html").as_uri())
    yield page
    context.close()


def listed(page):
    return page.evaluate(
        "[...document.querySelectorAll('.pages li')].filter(each => each.checkVisibility())"
        ".map(each => each.querySelector('a').textContent)"
    )


def test_search_finds_pages_by_word_and_says_how_many(index):
    from playwright.sync_api import expect

    every = listed(index)
    index.get_by_label("Find a page").fill("glossary")
    assert "Glossary" in listed(index)
    assert len(listed(index)) < len(every)
    said = rf"{len(listed(index))} pages? of {len(every)}"
    expect(index.get_by_role("status")).to_have_text(re.compile(said))
    index.get_by_label("Find a page").fill("qqqq")
    expect(index.get_by_role("status")).to_have_text("No page has these words.")
    assert listed(index) == []
    assert index.evaluate(
        "[...document.querySelectorAll('section.group')].every(each => !each.checkVisibility())"
    )
    index.keyboard.press("Escape")
    assert listed(index) == every


def test_index_reads_as_a_plain_list_without_its_script(browser, real_pages, index):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((real_pages.folder / "index.html").as_uri())
    assert not page.get_by_label("Find a page").is_visible()
    links = page.locator(".pages a")
    assert links.count() == len(listed(index))
    assert all(links.nth(number).is_visible() for number in range(links.count()))
    context.close()


def test_printed_page_has_its_links_contents_and_search_left_out(shown):
    for page in shown.values():
        page.emulate_media(media="print")
        left = page.locator(".contents, .skip, .download, #search")
        assert not any(left.nth(number).is_visible() for number in range(left.count()))
        page.emulate_media(media="screen")


def test_summary_of_a_report_on_sheets_fits_one_sheet_of_a4(shown):
    printed = {name: page for name, page in shown.items() if page.locator(".on-sheets").count()}
    assert "13-board-report" in printed
    for name, page in printed.items():
        page.set_viewport_size({"width": SHEET[0], "height": SHEET[1]})
        page.emulate_media(media="print")
        end = page.locator(".new-sheet").first.evaluate("each => each.getBoundingClientRect().top")
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": WIDE, "height": 900})
        assert 0 < end + page.evaluate("scrollY") <= SHEET[1], name


# In the text of the pages


def test_every_figure_has_words_of_its_own_and_a_table_behind_it(texts):
    figures, alone = 0, []
    for name, html in texts.items():
        alts = [unescape(each) for each in re.findall(r'<img [^>]*alt="([^"]*)"', html)]
        figures += len(alts)
        assert all(len(each.split()) >= 5 for each in alts), name
        assert not any(map(PLACEHOLDERS.search, alts)), name
        told = re.findall(r'(?s)<img [^>]*alt="([^"]*)".*?<figcaption>(.*?)</figcaption>', html)
        assert len(told) == len(set(told)), f"{name}: two figures have the same words"
        if alts and "<table" not in html:
            alone.append(name)
    assert figures > 20
    assert alone == []


def test_every_table_has_a_caption_header_scopes_and_no_empty_corner(texts):
    tables = [
        table for html in texts.values() for table in re.findall(r"(?s)<table.*?</table>", html)
    ]
    assert len(tables) > 20
    for table in tables:
        assert re.search(r"<caption>\s*[^<\s]", table)
        heads = re.findall(r"<th\b([^>]*)>([^<]*)", table)
        assert heads
        assert all(re.search(r'scope="(col|row)', given) for given, _ in heads)
        assert all(words.strip() for _, words in heads)


def test_headings_begin_with_one_title_and_skip_no_level(texts):
    for name, html in texts.items():
        levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_link_leads_to_a_part_of_the_set(texts, real_pages):
    ids = {name: set(re.findall(r'\bid="([^"]*)"', html)) for name, html in texts.items()}
    made = {path.relative_to(real_pages.folder).as_posix() for path in real_pages.folder.rglob("*")}
    lost = []
    for name, html in texts.items():
        for address in map(unescape, re.findall(r'<a [^>]*href="([^"]*)"', html)):
            parts = urlsplit(address)
            if parts.scheme or parts.path.startswith("../"):
                continue
            target = unquote(parts.path) or f"{name}.html"
            fragment = parts.fragment and parts.fragment not in ids.get(Path(target).stem, set())
            if target not in made or fragment:
                lost.append(f"{name}: {address}")
    assert lost == []


def syllables(word):
    word = re.sub(r"(?<=[^aeiouy])e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouscxgz])es$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def reading_grade(sentence):
    """Grade of Kincaid et al (1975); the age of its readers is about five more. Figures count 1."""
    words = re.findall(r"[A-Za-z][A-Za-z'-]*|\d[\d,./%]*", sentence)
    rate = sum(1 if word[0].isdigit() else syllables(word) for word in words) / len(words)
    return 0.39 * len(words) + 11.8 * rate - 15.59


def test_reading_grade_is_that_of_kincaid():
    assert reading_grade("The cat sat on the mat.") == pytest.approx(-1.45, abs=0.01)
    known = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."
    assert reading_grade(known) == pytest.approx(11.3, abs=0.1)


def test_findings_are_read_by_people_of_about_14(texts):
    grades, hard = [], []
    for name, html in texts.items():
        found = re.search(r'(?s)aria-labelledby="key-findings">(.*?)</section>', html)
        for item in re.findall(r"(?s)<li>(.*?)</li>", found[1]) if found else []:
            said = unescape(re.sub(r"<[^>]*>", "", item))
            for sentence in re.split(r"(?<=[.;:]) (?=\S)", said):
                if len(sentence.split()) >= 5:
                    grades.append(reading_grade(sentence))
                    hard += [(name, sentence)] * (grades[-1] > 14)
    assert len(grades) > 40
    assert statistics.median(grades) <= 9
    assert len(hard) <= len(grades) / 10, hard  # some list many names


def test_marks_and_words_of_charts_have_their_contrast():
    marks = {name: colour for name, (colour, _) in charts.MARKS.items()}
    marks |= {"accent": charts.ACCENT, "England": charts.ENGLAND}
    assert {name for name, colour in marks.items() if contrast(colour) < 3} == set()
    assert contrast(charts.INK) > 4.5
    assert contrast(charts.QUIET) > 4.5


def drawn_faintly(svg):
    """Colours of the shapes of a drawing that neither their fill nor their outline sets off."""
    faint = Counter()
    for style in re.findall(r'<(?:path|use|circle|rect)\b[^>]*style="([^"]*)"', svg):
        given = dict(re.findall(r"(fill|stroke): ([^;]+)", style))
        used = [given.get("fill", "#000000"), given.get("stroke", "none")]
        seen = [each for each in used if re.fullmatch("#[0-9a-f]{6}", each)]
        if seen and max(map(contrast, seen)) < 3 and not set(seen) <= BEHIND:
            faint.update(seen)
    return faint


def test_faint_shape_is_found():
    assert drawn_faintly('<path d="M 0 0" style="fill: #e3e7ea"/>') == {"#e3e7ea": 1}
    assert not drawn_faintly('<path d="M 0 0" style="fill: #e3e7ea; stroke: #6f777b"/>')
    assert not drawn_faintly('<path d="M 0 0" style="fill: none; stroke: #d5d9db"/>')


def test_every_shape_of_every_chart_is_set_off_from_the_page(texts):
    faint = {}
    for name, html in texts.items():
        for drawn in set(re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", html)):
            found = drawn_faintly(base64.b64decode(drawn).decode("utf-8"))
            if found:
                faint.setdefault(name, Counter()).update(found)
    assert faint == {}
