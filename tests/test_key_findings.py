"""Every page opens with three to five findings, none told twice, and stays small enough to send."""

import re
import statistics
import sys
from html import unescape
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from same_figures import Tables, numbers_in

FEWER = {  # pages that honestly cannot have three, and why
    "06-quality-audits": "the sample's first quality audits are of a later quarter",
    "90-methods": "describes methods, finds nothing",
    "91-glossary": "explains words, finds nothing",
}
TABLED = ("02-", "09-")  # pages whose tables hold every figure that their findings give
LARGEST, MIDDLE = 400_000, 300_000  # bytes of a page, and of the middle one of a set
DECIMAL = re.compile(r"\d[\d,]*\.\d+")


def findings_of(html: str) -> list[str]:
    found = re.search(r'(?s)aria-labelledby="key-findings">(.*?)</section>', html)
    items = re.findall(r"(?s)<li>(.*?)</li>", found[1]) if found else []
    return [unescape(re.sub(r"<[^>]*>", "", item)) for item in items]


def untabled(html: str) -> set[str]:
    """Decimal numbers of a page's findings that no table of it holds."""
    tables = Tables(html).tables.values()
    cells = [cell[2] for table in tables for row in table for cell in row]
    held = {number for cell in cells for number in numbers_in(cell)}
    said = {each for finding in findings_of(html) for each in DECIMAL.findall(finding)}
    return {each for each in said if each.replace(",", "") not in held}


@pytest.fixture(scope="module")
def texts(real_pages):
    pages = {name: real_pages.folder / f"{name}.html" for name in real_pages.pages}
    return {name: path.read_text(encoding="utf-8") for name, path in pages.items()}


@pytest.mark.slow
def test_every_page_opens_with_three_to_five_findings(texts):
    counts = {name: len(findings_of(html)) for name, html in texts.items()}
    few = {name for name, count in counts.items() if not 3 <= count <= 5}
    waiting = {name for name, html in texts.items() if "There is no figure to report" in html}
    assert few <= {*FEWER, *waiting}, {name: counts[name] for name in few}
    assert all(counts[name] >= 1 for name in few)
    assert len(counts) - len(few) > 12


@pytest.mark.slow
def test_no_finding_of_a_page_is_told_twice(texts):
    for name, html in texts.items():
        said = findings_of(html)
        assert len(set(said)) == len(said), name


@pytest.mark.slow
def test_decimal_figures_of_findings_stand_in_the_tables_of_the_page(texts):
    checked = [name for name in texts if name.startswith(TABLED)]
    assert len(checked) >= 2
    assert {name: wrong for name in checked if (wrong := untabled(texts[name]))} == {}


@pytest.mark.slow
def test_pages_are_small_enough_to_send(real_pages):
    sizes = {name: (real_pages.folder / f"{name}.html").stat().st_size for name in real_pages.pages}
    assert max(sizes.values()) < LARGEST, sizes
    assert statistics.median(sizes.values()) < MIDDLE, sizes


def test_a_figure_of_a_finding_that_no_table_holds_is_found():
    page = (
        '<section aria-labelledby="key-findings"><ul><li>It was 35.9, then 1,204.5.</li></ul>'
        '</section><div id="table-1"><table><tr><th>Area</th><td>35.9</td></tr></table></div>'
    )
    assert findings_of(page) == ["It was 35.9, then 1,204.5."]
    assert untabled(page) == {"1,204.5"}
