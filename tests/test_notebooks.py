"""Notebooks: how they are written, and the pages they make from tiny invented data."""

import ast
import json
import os
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
from shapely.geometry import box

import ehlib
from ehlib.load.accounts.restated import LOGGED
from ehlib.load.areas import read_areas
from ehlib.load.periods import parse_period
from ehlib.load.schema import COLUMNS, KEY, validate_observations
from ehlib.measure.release import read_released
from ehlib.publish.page import PageFacts, write_page
from ehlib.show import cells as show_cells

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "data" / "reference"
OF_CASES = ["05_early_help_cases", "06_quality_assurance"]  # made in test_case_notebooks.py
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PARAMETER = re.compile(r"\w+: (str|int|float|bool|list\[str\]) = .+  # \S.+")
FORBIDDEN = (ast.FunctionDef, ast.ClassDef, ast.Try, ast.For, ast.While, ast.With, ast.Lambda)
AREAS = read_areas()
QUARTERS = ["2012/13-Q3", "2012/13-Q4", "2013/14-Q3"]
OUTCOMES = {"no further action": 0.3, "early help services": 0.45, "children's social care": 0.25}
# What each page must say: its title, and the beginning of its first finding.
SAYS = {
    "00_awaited": (
        "Children with a good level of development at age 5",
        "There is no figure to report for October to December 2013: the first period held is the "
        "2013/14 school year",
    ),
    "01_data_quality": ("Data quality", "All 99 rows of 1 extract are accounted for."),
    "02_indicator": (
        "Under 18 conception rate",
        "Ashfield had the highest rate in 2013 (40.0 per 1,000 females aged 15 to 17) and "
        "Rushcliffe the lowest (28.0).",
    ),
    "03_inequality_map": (
        "Under 18 conception rate: map",
        "Ashfield had the highest rate in 2013 (40.0 per 1,000 females aged 15 to 17) and "
        "Rushcliffe the lowest (28.0).",
    ),
    "04_mash_enquiries": (
        "MASH enquiries: Nottinghamshire",
        "Nottinghamshire had 8,267 enquiries in October to December 2013, 700 more than in the "
        "same quarter a year before.",
    ),
    "07_impact_measures": (
        "Early help impact report",
        "3 measures show no clear change: needs met through CAF (30.0% in 2013/14\u00a0Q3), "
        "MASH with no further action",
    ),
    "08_outcomes_framework": (
        "Outcomes of the children's plan",
        "3 of the 33 indicators have a figure for Nottinghamshire: 3 show no clear change and "
        "none is worsening.",
    ),
    "13_board_report": (
        "Report to the Board",
        "Of the plan's 33 dated actions and 4 parts of one of them, 1 is past the date set on 31 "
        "March 2014 and 7 are due in the next 6 months.",
    ),
    "14_annual_review": (
        "Annual review",
        "3 of the 33 indicators can be judged: none is improving, 3 show no clear change and "
        "none is worsening. 2 indicators rest on a synthetic sample, not real children.",
    ),
    "16_district_overview": (
        "Districts on all indicators",
        "On the 1 indicator with limits, no district differs from England by more than chance.",
    ),
    "09_district_profile": (
        "Profile: Nottinghamshire",
        "Nottinghamshire is not clearly different from England on under 18 conceptions.",
    ),
    "10_closing_the_gap": (
        "Closing the gap",
        "The early help plan sets out from gaps between pupils taking free school meals and others "
        "of 22.0 percentage points at age 11 (England 17.0)",
    ),
    "11_child_poverty": (
        "Child poverty",
        "In 2010, 17.1% of dependent children lived in households below 60% of the average income, "
        "against 20.6% in England",
    ),
    "12_vulnerable_groups": (
        "Vulnerable groups",
        "No figures are held for a period that ended by 31 December 2013: disabled children; ",
    ),
    "15_inequality_atlas": (
        "Inequality atlas",
        "The gap between places showed no clear change in under 18 conceptions and MASH enquiries "
        "(synthetic).",
    ),
    "90_methods": ("Methods", "31 methods are described, each with a worked example"),
    "91_glossary": ("Glossary", "The glossary explains 35 words;"),
}
FIGURE_COUNT = {
    "02_indicator": 3,
    "03_inequality_map": 2,
    "04_mash_enquiries": 4,
    "07_impact_measures": 6,
    "08_outcomes_framework": 2,
    "16_district_overview": 1,
    "09_district_profile": 2,
    "15_inequality_atlas": 4,
}
SYNTHETIC = {"04_mash_enquiries", "07_impact_measures", "15_inequality_atlas"}
SYNTHETIC |= {"08_outcomes_framework", "13_board_report", "14_annual_review"}


def cells(path, kind="code"):
    return [each for each in nbformat.read(path, as_version=4).cells if each.cell_type == kind]


def by_name(path):
    return path.stem


every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)


def test_there_is_a_check_for_every_notebook():
    assert [path.stem for path in NOTEBOOKS] == sorted([*SAYS, *OF_CASES])


@every_notebook
def test_notebook_opens_with_one_question(path):
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# .+\?\n\n\S", first.source)
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    headings = re.findall(r"^(#+) (.+)$", prose, re.MULTILINE)
    assert [level for level, _ in headings].count("#") == 1
    assert all(text.endswith("?") for _, text in headings if text != "Sources and methods")
    assert headings[-1] == ("##", "Sources and methods")


@every_notebook
def test_parameters_are_typed_literals_with_help(path):
    tagged = [cell for cell in cells(path) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0] == cells(path)[0]
    for line in tagged[0].source.splitlines():
        assert PARAMETER.fullmatch(line), line
        value = ast.literal_eval(line.partition(" = ")[2].partition("  # ")[0])
        assert type(value).__name__ == PARAMETER.fullmatch(line)[1].partition("[")[0]
    assert all(each["help"] for each in papermill.inspect_notebook(path).values())


@every_notebook
def test_cells_are_short_and_hold_no_programs(path):
    for cell in cells(path):
        assert len(cell.source.splitlines()) <= 12, cell.source
        found = [each for each in ast.walk(ast.parse(cell.source)) if isinstance(each, FORBIDDEN)]
        assert not found, cell.source


@every_notebook
def test_only_public_names_are_imported(path):
    for cell in cells(path):
        for each in ast.walk(ast.parse(cell.source)):
            names = {name.name for name in getattr(each, "names", [])}
            if isinstance(each, ast.Import):
                pytest.fail(f"imports {names}")
            if isinstance(each, ast.ImportFrom) and each.module == "ehlib":
                assert names <= set(ehlib.__all__)
            elif isinstance(each, ast.ImportFrom):
                assert each.module == "functools" or each.module.startswith("ehlib.show")


@every_notebook
def test_every_name_imported_is_used(path):
    code = "\n".join(cell.source for cell in cells(path))
    tree = ast.parse(code)
    imported = {name.name for each in ast.walk(tree) for name in getattr(each, "names", [])}
    used = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    assert imported <= used


@every_notebook
def test_data_is_checked_before_anything_is_shown(path):
    code = [cell.source for cell in cells(path)]
    checks = next(place for place, source in enumerate(code) if source.startswith("assert "))
    assert checks < next(
        place
        for place, source in enumerate(code)
        if source.startswith("show_") or "\nshow_" in source
    )


@every_notebook
def test_figures_and_tables_are_given_words(path):
    for cell in cells(path):
        for each in ast.walk(ast.parse(cell.source)):
            if isinstance(each, ast.Call) and getattr(each.func, "id", "") in (
                "show_figure",
                "show_table",
            ):
                given = {word.arg for word in each.keywords}
                assert given >= (
                    {"alt", "caption", "of"} if each.func.id == "show_figure" else {"caption"}
                )


@every_notebook
def test_nothing_that_was_run_is_stored(path):
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.outputs and cell.execution_count is None for cell in cells(path))
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)


@every_notebook
def test_paths_are_relative_parameters(path):
    code = "\n".join(cell.source for cell in cells(path))
    assert "sys.path" not in code
    assert not re.search(r"[\"'](/|[A-Z]:\\|~)", code)


def invented(indicator_id, rows, calendar, **columns):
    """Observations of one indicator from rows of area, period, numerator and denominator."""
    frame = pd.DataFrame(rows, columns=["area_code", "period", "numerator", "denominator"])
    periods = [parse_period(label, calendar) for label in frame["period"]]
    whole = frame.assign(
        indicator_id=indicator_id,
        area_name=[AREAS.name(code) for code in frame["area_code"]],
        area_type=[AREAS.type(code) for code in frame["area_code"]],
        period_start=pd.to_datetime([each.start for each in periods]),
        period_end=pd.to_datetime([each.end for each in periods]),
        **{"sex": "persons", "age": "0-17", "category_type": "", "category": "", "value_note": ""}
        | dict.fromkeys(("value", "lower_ci", "upper_ci"), np.nan)
        | {"source_id": "invented"}
        | columns,
    )
    return whole[COLUMNS]


def with_sums(counts):
    """Counts of districts with those of the localities and the county that they add up to."""
    sums = {each.code: sum(counts[code] for code in each.districts) for each in AREAS.localities}
    return {**counts, **sums, AREAS.county.code: sum(counts.values())}


def conceptions():
    rows = []
    for year, change in (("2010", 0.5), ("2011", 0), ("2012", -1), ("2013", 0)):
        rates = dict(zip(AREAS.codes("district"), (40, 38, 36, 34, 32, 30, 28), strict=True))
        rates |= {AREAS.county.code: 34, AREAS.region.code: 33, AREAS.england.code: 32}
        for code, rate in rates.items():
            people = {AREAS.county.code: 14_000, AREAS.england.code: 900_000}.get(code, 2_000)
            rows.append((code, year, round((rate + change) * people / 1000), people))
    return invented("under18_conceptions", rows, "calendar_year", sex="female", age="15-17")


def totals(quarter):
    """Enquiries by district; one of them so small, in one quarter, that it may not be shown."""
    base = {"2012/13-Q3": 1030, "2012/13-Q4": 1057, "2013/14-Q3": 1130}[quarter]
    counts = {code: base + 17 * place for place, code in enumerate(AREAS.codes("district"))}
    if quarter == "2012/13-Q4":
        counts[AREAS.codes("district")[-1]] = 3
    return counts


def cases():
    people = with_sums(dict.fromkeys(AREAS.codes("district"), 23_000))
    frames = []
    for quarter in QUARTERS:
        whole, note = totals(quarter), {"value_note": "synthetic"}
        parts = {
            name: {code: round(count * share) for code, count in whole.items()}
            for name, share in OUTCOMES.items()
        }
        if quarter == "2013/14-Q3":
            parts["children's social care"][AREAS.codes("district")[3]] = 2
        rows = [(code, quarter, count, people[code]) for code, count in with_sums(whole).items()]
        derived = {"value_note": "synthetic;derived"}
        frames.append(invented("mash_enquiries", rows, "financial_quarter", **derived))
        out_of = with_sums(whole)
        for name, counts in parts.items():
            rows = [(code, quarter, n, out_of[code]) for code, n in with_sums(counts).items()]
            kind = {"category_type": "outcome", "category": name} | note
            frames.append(invented("mash_enquiries", rows, "financial_quarter", **kind))
        none = with_sums(parts["no further action"])
        rows = [(code, quarter, n, out_of[code]) for code, n in none.items()]
        frames.append(invented("mash_outcome", rows, "financial_quarter", **note))
        frames.append(invented("needs_met", rows, "financial_quarter", **note))
    return pd.concat(frames)


@pytest.fixture(scope="module")
def observations():
    later = [(code, "2013/14", 700, 1000) for code in AREAS.codes("district")]
    frames = [conceptions(), cases(), invented("eyfs_good_development", later, "academic_year")]
    return validate_observations(pd.concat(frames, ignore_index=True))


def write_processed(folder, observations):
    """Files as `ehlib prepare` leaves them, with squares for districts."""
    observations.to_parquet(folder / "observations.parquet", index=False)
    codes = AREAS.codes("district")
    corners = [(x * 9000, y * 9000) for x in (0, 1) for y in range(4)]
    boundaries = gpd.GeoDataFrame(
        {
            "area_code": codes,
            "area_name": codes,
            "area_type": "district",
            "county_code": AREAS.county.code,
            "vintage": "",
            "source": "Squares.",
        },
        geometry=[box(x, y, x + 9000, y + 9000) for x, y in corners[: len(codes)]],
        crs="EPSG:27700",
    )
    boundaries.to_parquet(folder / "boundaries.parquet", index=False)
    counts = {"rows_read": 99, "rows_loaded": 99, "rows_normalised": 0, "rows_rejected": 0}
    accounts = {
        "prepared": "2014-01-20T09:00:00+00:00",
        "files": [{"file": "invented.csv", "kind": "tidy", "outcome": "loaded", **counts}],
        "sources": [{"id": "invented", "name": "Nobody, Invented figures", "licence": "none"}],
    }
    (folder / "sources.json").write_text(json.dumps(accounts), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def processed(tmp_path_factory, observations):
    return write_processed(tmp_path_factory.mktemp("processed"), observations)


@pytest.fixture(scope="module")
def hidden(observations, processed):
    """Counts from 1,000 that may not be read on any page, as they would be written there."""
    released = read_released(processed, REFERENCE)
    released = released[released["numerator"].notna()]
    counts = ["numerator", "denominator"]
    shown = {f"{count:,.0f}" for count in released[counts].to_numpy().ravel()}
    keys = [pd.MultiIndex.from_frame(each[KEY]) for each in (observations, released)]
    lost = observations.loc[~keys[0].isin(keys[1]), "numerator"]
    return {f"{count:,.0f}" for count in lost if count >= 1000} - shown


class Page(HTMLParser):
    """What a reader finds on a page: text by element, pictures and headings."""

    def __init__(self, html):
        super().__init__()
        self.opened, self.texts, self.alts, self.words = [], {}, [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.alts.append(dict(attrs)["alt"])
        if tag not in ("img", "source", "meta", "br"):
            self.opened.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        if tag in self.opened:
            while self.opened.pop() != tag:
                pass

    def handle_data(self, data):
        for tag in set(self.opened):
            self.texts[tag][-1] += data
        if "style" not in self.opened:
            self.words += data


@pytest.fixture(
    scope="module", params=[path for path in NOTEBOOKS if path.stem in SAYS], ids=by_name
)
def made(request, processed, tmp_path_factory):
    """Each notebook run once with its defaults on the invented data, and its page."""
    path, folder = request.param, tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        notebook = papermill.execute_notebook(
            path,
            None,
            parameters={"data_dir": str(processed), "reference_dir": str(REFERENCE)},
            cwd=path.parent,
            progress_bar=False,
        )
    facts = PageFacts("Trust", "2013/14-Q3", date(2014, 1, 20), "0.1.0")
    summary = write_page(notebook, folder / "page.html", facts=facts)
    html = (folder / "page.html").read_text(encoding="utf-8")
    return path.stem, notebook, summary, html


def test_notebook_makes_its_page(made, hidden):
    name, notebook, summary, html = made
    title, finding = SAYS[name]
    page = Page(html)
    assert page.texts["h1"] == [title]
    assert summary.finding.startswith(finding)
    assert summary.status == ("no_data" if name == "00_awaited" else "shown")
    assert len(page.alts) == FIGURE_COUNT.get(name, 0)
    assert all(20 < len(alt) < 600 and alt.endswith(".") for alt in page.alts)
    assert summary.synthetic == (name in SYNTHETIC)
    most = 70_000 if name in ("13_board_report", "90_methods") else 40_000
    drawn = 200_000 if name == "07_impact_measures" else 150_000
    assert summary.size < (drawn if page.alts else most)
    assert not [
        each
        for cell in notebook.cells
        for each in cell.get("outputs", [])
        if each.output_type == "stream"
    ]
    if name == "90_methods":  # its examples, which are code, are meant to be read
        assert ">>> wilson(" in page.words or "import wilson" in page.words
        return
    for code in ("import ", "partial(", "read_observations", "data_dir", "assert "):
        assert code not in page.words
    assert not re.search(r"\bnan\b|\bNaN\b| \.|\.\.", page.words)
    assert not set(re.findall(r"\d[\d,.]*\d", page.words)) & hidden


def test_there_are_numbers_to_hide(hidden):
    # Of 2012/13 Q4 Broxtowe's enquiries, beside Rushcliffe's 3; of the year before Gedling's 2 for
    # social care, the county's for social care, so that no sum over years gives them back.
    assert hidden == {"1,091", "1,892"}
    assert min(map(len, hidden)) == len("1,000")


@pytest.fixture
def run_here(monkeypatch, tmp_path):
    """Run a notebook without a kernel on some observations; gives what its cells showed."""

    def run(name, observations, **parameters):
        shown = []
        monkeypatch.setattr(
            show_cells,
            "display",
            lambda html, metadata=None: shown.append(
                ((metadata or {}).get("ehlib", {"role": "prose"}), html.data)
            ),
        )
        monkeypatch.chdir(ROOT / "notebooks")
        data_dir = write_processed(tmp_path, validate_observations(observations))
        given = {"data_dir": str(data_dir), "reference_dir": str(REFERENCE)} | parameters
        names: dict[str, object] = {}
        for cell in cells(ROOT / "notebooks" / f"{name}.ipynb"):
            exec(cell.source, names)
            names.update(given)
        return shown

    return run


def of_role(shown, role):
    return [html for facts, html in shown if facts["role"] == role]


def test_page_of_one_figure_says_why_nothing_is_drawn(run_here):
    alone = invented(
        "child_protection_plan_rate",
        [(AREAS.county.code, "2012/13", 786, 161_643)],
        "financial_year",
    )
    shown = run_here("02_indicator", alone, indicator_id="child_protection_plan_rate")
    assert not of_role(shown, "figure")
    assert len(of_role(shown, "table")) == 1
    assert "A figure is held for 2012/13 alone" in of_role(shown, "note")[0]
    (findings,) = (facts["findings"] for facts, _ in shown if facts["role"] == "findings")
    assert findings == [
        "Nottinghamshire's rate in 2012/13 was 48.6 per 10,000 children aged 0 to 17 "
        "(95% limits 45.3 to 52.1).",
        "A figure is held for 2012/13 alone, so no change can be shown.",
        "England's figure for 2012/13 is not held, so no place is compared with England.",
        "No figures for districts are held, so it cannot be said where in the county they are "
        "high or low.",
    ]


def test_page_of_numbers_draws_districts_without_their_sum(run_here):
    people = with_sums(dict.fromkeys(AREAS.codes("district"), 23_000))
    rows = [
        (code, year, count, np.nan) for code, count in people.items() for year in ("2012", "2013")
    ]
    numbers = invented("population_0_17", rows, "mid_year")
    numbers = numbers[numbers["area_type"] != "locality"]
    shown = run_here("02_indicator", numbers, indicator_id="population_0_17", quarter="2013-14-Q3")
    assert len(of_role(shown, "figure")) == 2
    assert (
        "Every district had the same number in mid-2013 (23,000 children)."
        in of_role(shown, "figure")[0]
    )
    assert "Nottinghamshire" not in of_role(shown, "figure")[0]
    assert "Nottinghamshire" in of_role(shown, "table")[0]
    assert "These are numbers, not rates" in of_role(shown, "findings")[0]


def test_page_of_editions_draws_no_change(run_here):
    rows = [
        (code, edition, np.nan, np.nan)
        for code in AREAS.codes("district")
        for edition in ("2019", "2025")
    ]
    scores = invented("imd_average_score", rows, "release", value=20.0)
    shown = run_here("02_indicator", scores, indicator_id="imd_average_score", quarter="2025/26-Q3")
    assert len(of_role(shown, "figure")) == 1
    assert any("two editions show no change" in note for note in of_role(shown, "note"))


def test_map_hatches_a_district_without_a_figure(run_here):
    figures = conceptions()
    first = figures["area_code"] == AREAS.codes("district")[0]
    columns = ["numerator", "denominator"]
    figures[columns] = figures[columns].mask(first)
    figures["value_note"] = np.where(first, "not_available", "")
    shown = run_here("03_inequality_map", figures)
    assert (
        "Of the 6 districts with a figure, Bassetlaw had the highest" in of_role(shown, "figure")[0]
    )
    assert "[x] not available" in of_role(shown, "table")[0]


@pytest.mark.parametrize("area_code", [AREAS.codes("district")[0], AREAS.localities[0].code])
def test_mash_page_of_a_part_of_the_county_is_compared_with_it(run_here, area_code):
    shown = run_here("04_mash_enquiries", cases(), area_code=area_code)
    name = AREAS.name(area_code)
    (title,) = (facts for facts, _ in shown if facts["role"] == "title")
    assert title["title"] == f"MASH enquiries: {name}"
    assert title["context"].startswith(f"{name}, October to December 2013, compared with Notting")
    assert f"{name} had " in of_role(shown, "findings")[0]


def test_mash_page_gives_each_area_one_percentage_of_outcomes(run_here):
    # Breakdowns by sex, age and source stand beside the totals in every real extract.
    known = cases()
    outcomes = known[known["indicator_id"] == "mash_outcome"]
    by_sex = [
        outcomes.assign(sex=sex, category_type="sex", category=sex) for sex in ("female", "male")
    ]
    halves = [
        part.assign(**{n: part[n] // 2 for n in ("numerator", "denominator")}) for part in by_sex
    ]
    shown = run_here("04_mash_enquiries", pd.concat([*halves, known], ignore_index=True))
    table = of_role(shown, "table")[-1]
    assert table.count("Nottinghamshire</th>") == 5  # the heading, the county, three localities
    whole = outcomes[outcomes["area_code"] == AREAS.county.code].iloc[-1]
    assert f"{whole['numerator']:,.0f}" in table


def test_figures_restated_of_late_are_said_on_the_pages_of_an_indicator(run_here, tmp_path):
    figures = conceptions()
    assert "restated" not in "".join(of_role(run_here("02_indicator", figures), "note"))
    first = figures["area_code"] == AREAS.codes("district")[0]
    log = figures[first & (figures["period"] == "2013")].assign(
        old_value=44.4,
        new_value=40.0,
        old_numerator=np.nan,
        new_numerator=np.nan,
        old_note="",
        new_note="",
        old_seen="2013-12-01",
        seen="2014-01-20",
        reason="republished",
    )
    log.reindex(columns=LOGGED).to_csv(tmp_path / "restated.csv", index=False, encoding="utf-8")
    for name in ("02_indicator", "03_inequality_map"):
        notes = of_role(run_here(name, figures), "note")
        said = "1 figure here was restated in the last three months (republished): Ashfield, 2013, "
        assert any(f"{said}was 44.4 before." in note for note in notes)


def test_mash_page_stands_when_everything_is_hidden(run_here):
    few = cases()
    few["numerator"] = few["numerator"].mask(few["area_type"] != "county", 2)
    shown = run_here("04_mash_enquiries", few, area_code=AREAS.codes("district")[0])
    assert "is hidden, since some numbers are small" in of_role(shown, "findings")[0]
    assert any("No figure can be shown" in note for note in of_role(shown, "note"))
    assert not any(">2<" in table for table in of_role(shown, "table"))


def test_impact_page_does_without_case_records(run_here):
    shown = run_here("07_impact_measures", conceptions())
    assert len(of_role(shown, "figure")) == 2
    assert not any(facts.get("synthetic") for facts, _ in shown)


@pytest.mark.parametrize("quarter", ["2013/14-Q2", "2013/14-Q4"])
def test_board_report_is_made_in_both_quarters_in_which_it_is_due(run_here, quarter):
    shown = run_here("13_board_report", pd.concat([conceptions(), cases()]), quarter=quarter)
    assert "No status is recorded for any" in of_role(shown, "findings")[0]
    assert "Decisions asked for." in of_role(shown, "table")[0]


@pytest.mark.parametrize(("report_set", "count"), [("hwb_framework", 7), ("early_help_report", 12)])
def test_outcomes_are_filtered_to_the_set_asked_for(run_here, report_set, count):
    figures = pd.concat([conceptions(), cases()])
    shown = run_here("08_outcomes_framework", figures, report_set=report_set)
    assert f"of the {count} indicators" in of_role(shown, "findings")[0]
    with pytest.raises(ValueError, match="report_set is 'nonsense'"):
        run_here("08_outcomes_framework", figures, report_set="nonsense")


def test_reports_stand_without_any_figure(run_here):
    late = invented("eyfs_good_development", [("E07000170", "2013/14", 7, 10)], "academic_year")
    for name in ("07_impact_measures", "08_outcomes_framework", "14_annual_review"):
        shown = run_here(name, late)
        assert next(facts["status"] for facts, _ in shown if facts["role"] == "title") == "no_data"
        assert not of_role(shown, "figure")
    assert of_role(run_here("13_board_report", late), "table")


@pytest.mark.parametrize("name", ["02_indicator", "03_inequality_map", "04_mash_enquiries"])
def test_notebook_stops_when_there_is_nothing_for_the_quarter(run_here, name):
    with pytest.raises(AssertionError, match=r"no .*2005/06-Q1"):
        run_here(name, pd.concat([conceptions(), cases()]), quarter="2005/06-Q1")
