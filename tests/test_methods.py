"""The methods page: every method has a section, and every example gives what the page says."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods.md"
MODULES = (
    *("intervals", "rates", "compare", "trend", "spc"),
    *("inequality", "spatial", "impact", "disclosure"),
)
# Public functions that no reader asks about: they pass columns on, pick rows, or serve a method.
SERVANTS = {
    "intervals.counts",
    "rates.add_measures",
    "rates.divide",  # in the section of the ratio
    "compare.add_comparison",
    "compare.filter_area",
    "compare.filter_latest",
    "compare.filter_totals",
    "compare.filter_type",
    "spc.add_signals",
    "spc.funnel_comparison",  # in the section of the funnel limits
    "spatial.neighbour_weights",
    "spatial.row_shares",
    "inequality.read_deprivation",
    "impact.measure_status",
}
# Named here too, so that a method which is moved or renamed is missed and not forgotten.
METHODS = [
    "intervals.wilson",
    "intervals.poisson",
    "rates.proportion",
    "rates.rate",
    "rates.difference",
    "rates.subtract",
    "rates.ratio",
    "rates.directly_standardised",
    "rates.indirectly_standardised",
    "rates.mean",
    "compare.benchmark",
    "compare.target_status",
    "trend.recent_trend",
    "spc.process_chart",
    "spc.p_chart",
    "spc.u_chart",
    "spc.funnel_limits",
    "inequality.slope_index",
    "inequality.range_and_ratio",
    "inequality.population_attributable_risk",
    "inequality.attributable_limits",
    "inequality.concentration_index",
    "inequality.deprivation_groups",
    "inequality.deprivation_gradient",
    "inequality.heterogeneity",
    "inequality.widest_gap",
    "spatial.global_moran",
    "spatial.local_moran",
    "spatial.empirical_bayes",
    "impact.fewer_events",
    "disclosure.protect",
]


def public(module_name: str) -> set[str]:
    """Public functions that a module has of its own package, as `module.function`."""
    module = importlib.import_module(f"ehlib.measure.{module_name}")
    return {
        f"{module_name}.{name}"
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and function.__module__.startswith(module.__name__)
    }


def sections(page: str) -> dict[str, str]:
    """Text under each third-level heading, by heading."""
    parts = re.split(r"^### (.+)$", page, flags=re.MULTILINE)
    bodies = (re.split(r"^## ", body, flags=re.MULTILINE)[0] for body in parts[2::2])
    return dict(zip(parts[1::2], bodies, strict=True))


def blocks(section: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)


def failures(name: str, section: str) -> str:
    """What doctest has to say about a section's examples; nothing when all are right."""
    said: list[str] = []
    for block in blocks(section):
        test = doctest.DocTestParser().get_doctest(block, {}, name, PAGE.name, 0)
        doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    return "".join(said)


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_public_method_is_on_the_page(page):
    found = set().union(*map(public, MODULES))
    assert found - SERVANTS == set(METHODS)
    assert found >= SERVANTS
    assert sorted(sections(page)) == sorted(METHODS)
    assert re.findall(r"^### (.+)$", page, flags=re.MULTILINE) == METHODS  # none twice, in order


@pytest.mark.parametrize("method", METHODS)
def test_each_example_calls_its_method_and_gives_what_the_page_says(page, method):
    section = sections(page)[method]
    examples = doctest.DocTestParser().get_examples("".join(blocks(section)))
    function = method.split(".")[1]
    calls = [each for each in examples if re.search(rf"\b{function}\(", each.source)]
    assert calls, f"{method} has no example that calls it"
    assert any(each.want for each in examples), f"{method} has no example with a result"
    assert failures(method, section) == ""


@pytest.mark.parametrize("method", METHODS)
def test_each_section_has_a_formula_a_source_and_a_known_answer(page, method):
    section = sections(page)[method]
    assert re.search(r"^    \S", section, flags=re.MULTILINE)
    assert "\n- Source: " in section
    assert "\nKnown answer" in section


def test_every_block_of_the_page_is_run(page):
    in_sections = [block for section in sections(page).values() for block in blocks(section)]
    assert len(in_sections) == page.count("```") / 2


def test_contents_name_every_method_and_link_to_headings_that_exist(page):
    contents = page.split("## Contents")[1].split("\n## ")[0]
    assert re.findall(r"`(\w+\.\w+)`", contents) == METHODS
    headings = re.findall(r"^## (.+)$", page, flags=re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\(#(.+?)\)", contents)) == anchors - {"contents"}


def test_a_wrong_result_is_noticed():
    wrong = "```python\n>>> round(2 / 3, 4)\n0.6666\n```\n"
    assert "0.6667" in failures("wrong", wrong)
