"""Pages made from case records: what they say, and that small numbers stand nowhere on them."""

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from ehlib.load.areas import read_areas
from ehlib.load.cases import count_cases, describe_cases, read_cases
from ehlib.load.indicators import read_indicators
from ehlib.load.sample import write_sample
from ehlib.load.schema import validate_observations
from ehlib.measure.survival import aggregate_time_to_close
from ehlib.show import cells as show_cells
from ehlib.show.cases import audits, closing, episodes

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "data" / "reference"
NOTEBOOKS = ROOT / "notebooks"
AREAS, INDICATORS = read_areas(), read_indicators()
COUNTY, WEST = "E10000024", "E10000024-L2"
PEOPLE = pd.DataFrame(
    [(code, year) for code in AREAS.codes("district") for year in ("2012", "2013", "2014")],
    columns=["area_code", "period"],
).assign(indicator_id="population_0_17", numerator=23_000.0, value=23_000.0, value_note="derived")


@pytest.fixture(scope="module")
def processed(tmp_path_factory) -> Path:
    """Observations counted from the sample, with their account, as prepare leaves them."""
    folder = tmp_path_factory.mktemp("processed")
    cases = folder / "cases"
    cases.mkdir()
    for path in write_sample(tmp_path_factory.mktemp("sample")):
        read_cases(path).frame.to_parquet(cases / f"{path.stem}.parquet", index=False)
    observations = validate_observations(count_cases(cases, PEOPLE, AREAS), INDICATORS)
    observations.to_parquet(folder / "observations.parquet", index=False)
    sources = [
        {"id": each, "name": f"Synthetic sample, {each}", "licence": "made for trying out"}
        for each in sorted(observations["source_id"].unique())
    ]
    accounts = {"sources": sources, "files": [], "cases": describe_cases(cases, AREAS)}
    (folder / "sources.json").write_text(json.dumps(accounts), encoding="utf-8")
    return folder


@pytest.fixture
def run_here(monkeypatch, processed):
    """Run a notebook without a kernel; gives role and facts and text of what its cells showed."""

    def run(name: str, **parameters: str) -> list[tuple[dict, str]]:
        shown: list[tuple[dict, str]] = []
        keep = lambda html, metadata: shown.append((metadata["ehlib"], html.data))  # noqa: E731
        monkeypatch.setattr(show_cells, "display", keep)
        monkeypatch.chdir(NOTEBOOKS)
        given = {"data_dir": str(processed), "reference_dir": str(REFERENCE)} | parameters
        names: dict[str, object] = {}
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        for cell in (each for each in notebook.cells if each.cell_type == "code"):
            exec(cell.source, names)
            names.update(given)
        return shown

    return run


def of_role(shown: list[tuple[dict, str]], role: str) -> list[str]:
    return [html for facts, html in shown if facts["role"] == role]


def findings(shown: list[tuple[dict, str]]) -> list[str]:
    return next(facts["findings"] for facts, _ in shown if facts["role"] == "findings")


def table_captions(shown: list[tuple[dict, str]]) -> list[str]:
    return [facts["table"]["caption"] for facts, _ in shown if facts["role"] == "table"]


def closing_rows(shown: list[tuple[dict, str]]) -> list[list[str]]:
    """Rows of the table of times to close: all levels together, then each level that is told."""
    tables = [facts["table"] for facts, _ in shown if facts["role"] == "table"]
    return next(x["rows"] for x in tables if x["caption"].startswith("Time to close, year"))


def test_early_help_page_of_the_county(run_here):
    shown = run_here("05_early_help_cases")
    assert "Early help: Nottinghamshire" in of_role(shown, "title")[0]
    first = findings(shown)[0]
    assert first.startswith("Nottinghamshire had 1,029 early help episodes opened in October to")
    assert "1,032 closed and 1,863 open at the end" in first
    assert len(of_role(shown, "figure")) == 5
    assert all(facts["synthetic"] for facts, _ in shown if facts["role"] in ("figure", "table"))
    notes = " ".join(of_role(shown, "note"))
    assert "half had closed after 21 weeks" in notes
    assert "Figures are as at 31 March 2015" in notes
    assert "county&#39;s page alone" not in notes


def test_early_help_page_of_a_locality_leaves_out_what_is_too_small(run_here):
    shown = run_here("05_early_help_cases", area_code=WEST)
    assert "West Nottinghamshire" in findings(shown)[0]
    notes = " ".join(of_role(shown, "note"))
    assert notes.count("page alone, since elsewhere the numbers are too small") == 2
    assert len(of_role(shown, "figure")) == 5
    captions = table_captions(shown)
    assert not any(each.startswith("Episodes open for 26 weeks") for each in captions)
    assert not any(
        each.startswith("Episodes by the level of the episode before") for each in captions
    )
    county = table_captions(run_here("05_early_help_cases"))
    assert len(county) == len(captions) + 2
    assert len(closing_rows(shown)) == 1
    assert "[c]" not in " ".join(of_role(shown, "table"))


def test_quality_page_names_the_share_adequate_and_each_service(run_here):
    shown = run_here("06_quality_assurance")
    said = findings(shown)
    assert "of children's social care audits in October to December 2013 were assessed" in said[0]
    assert said[1].endswith(
        "quality audits of all services were carried out in October to December 2013."
    )
    assert said[2].startswith("Adequate or better by service in ")
    assert len(of_role(shown, "figure")) == 3
    tables = " ".join(of_role(shown, "table"))
    assert "Early help services" in tables


def test_pages_follow_the_quarter_asked_for(run_here):
    shown = run_here("05_early_help_cases", quarter="2014/15-Q4")
    assert "January to March 2015" in findings(shown)[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("05_early_help_cases", "No early help episodes are held for this place"),
        ("06_quality_assurance", "No quality audits are held"),
    ],
)
def test_page_of_a_quarter_before_the_records_says_so_and_shows_no_empty_panel(
    run_here, name, said
):
    shown = run_here(name, quarter="2010/11-Q1")
    assert findings(shown)[0].startswith(said)
    assert next(facts["status"] for facts, _ in shown if facts["role"] == "title") == "no_data"
    assert "April to June 2010" in of_role(shown, "title")[0]
    assert not of_role(shown, "figure") + of_role(shown, "table")


def test_page_of_the_first_year_of_the_records_stands(run_here):
    shown = run_here("05_early_help_cases", quarter="2012/13-Q2")
    assert findings(shown)[0].startswith("Nottinghamshire had ")
    assert len(of_role(shown, "figure")) == 1


@pytest.mark.parametrize("area_code", [COUNTY, WEST])
def test_no_small_count_is_written_on_a_page(run_here, area_code):
    """Cells of every table that hold a count are 0, or 5 and more, or hidden."""
    tables = of_role(run_here("05_early_help_cases", area_code=area_code), "table")
    cells = [cell for html in tables for cell in re.findall(r"<td[^>]*>([^<]*)</td>", html)]
    counts = [found[1] for cell in cells if (found := re.match(r"([\d,]+)(?: \(|$)", cell))]
    assert len(counts) > 30
    assert not {"1", "2", "3", "4"} & set(counts)


def times(**changes: object) -> pd.DataFrame:
    row = {
        "area_code": COUNTY,
        "area_name": "Nottinghamshire",
        "area_type": "county",
        "period": "2013/14-Q3",
        "period_start": pd.Timestamp("2013-10-01"),
        "period_end": pd.Timestamp("2013-12-31"),
        "level": "",
        "episodes": 400.0,
        "closed": 300.0,
        "median": 21.0,
        "median_lower": 20.0,
        "median_upper": np.nan,
        "value": 62.9,
        "lower_ci": 61.1,
        "upper_ci": 64.8,
        "value_note": "",
    }
    return pd.DataFrame([row | changes])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "Of early help episodes opened in the year to December 2013 in Nottinghamshire, an "
            "estimated half had closed after 21 weeks, and 62.9% within 26 weeks (95% limits 61.1 "
            "to 64.8).",
        ),
        (
            {"median": np.nan, "value": 30.0, "lower_ci": 25.0, "upper_ci": 35.0},
            "Of early help episodes opened in the year to December 2013 in Nottinghamshire, an "
            "estimated 30.0% within 26 weeks (95% limits 25.0 to 35.0) had closed; less than half "
            "have closed so far.",
        ),
        (
            {"median": np.nan, "value": np.nan},
            "How long episodes last is hidden, since some of the numbers are small.",
        ),
    ],
)
def test_time_to_close_in_words(changes, said):
    assert closing.closing_sentence(times(**changes), COUNTY) == said


def test_time_to_close_in_a_table():
    table = closing.closing_table(times(), COUNTY)
    assert table.iloc[0].tolist() == ["All", "400", "21 (20 to not reached)", "62.9 (61.1 to 64.8)"]
    numbers = ["episodes", "closed", "median", "value", "lower_ci", "upper_ci"]
    hidden = times(**dict.fromkeys(numbers, np.nan), value_note="suppressed")
    assert closing.closing_table(hidden, COUNTY).iloc[0].tolist() == ["All", "[c]", "[c]", "[c]"]


def test_curve_of_closing_draws_a_named_line_a_level():
    weeks = np.arange(1.0, 40)
    curves = pd.concat(
        pd.DataFrame({"level": level, "week": weeks, "value": weeks * pace})
        for level, pace in (("", 2), ("level 1", 2.4), ("level 2", 1.9))
    ).assign(lower_ci=np.nan, upper_ci=np.nan)
    ax = closing.plot_closing(curves)
    assert [text.get_text() for text in ax.texts] == ["Level 1", "Level 2"]
    lines = [line for line in ax.lines if len(line.get_xdata()) > 2]
    assert len({line.get_linestyle() for line in lines}) == 2
    assert len(closing.plot_closing(curves[curves["level"] == ""], narrow=True).texts) == 1


def test_a_flow_of_episodes_in_words():
    rows = [("early_help_episodes", "2013/14-Q3", 1.0), ("early_help_closed", "2013/14-Q3", 7.0)]
    rows += [("early_help_open", "2013/14-Q3", 20.0), ("early_help_episodes", "2012/13-Q3", 6.0)]
    own = pd.DataFrame(rows, columns=["indicator_id", "period", "numerator"]).assign(
        area_name="Place", value=np.nan, value_note="", benchmark_value=np.nan
    )
    own["period_start"] = own["period"].map(
        {"2013/14-Q3": pd.Timestamp("2013-10-01"), "2012/13-Q3": pd.Timestamp("2012-10-01")}
    )
    assert episodes.episodes_findings(own, INDICATORS) == [
        "Place had 1 early help episode opened in October to December 2013, 7 closed and 20 open "
        "at the end; 5 fewer were opened than in the same quarter a year before."
    ]
    table = episodes.flow_table(own)
    assert table.iloc[0].tolist() == ["2013/14\u00a0Q3", "1", "7", "20"]
    assert table.iloc[1].tolist() == ["2012/13\u00a0Q3", "6", "[x]", "[x]"]


def test_parts_that_cannot_be_drawn_say_why():
    rows = pd.DataFrame({"value": [0.0, np.nan], "value_note": ["", "suppressed"]})
    assert not episodes.drawn(rows)
    assert episodes.unshown(rows, "The reason").startswith("The reason cannot be shown: some of")
    none = rows.assign(value_note="")
    assert episodes.unshown(none, "The reason") == "The reason is not shown: none was counted."
    assert episodes.unshown(rows.assign(value=[5.0, np.nan]), "The reason") == ""


def test_services_hidden_are_said_to_be():
    rows = pd.DataFrame({"category": ["a"], "value": [np.nan], "period_start": [pd.NaT]})
    assert "hidden" in audits.services_sentence(rows)


def test_time_to_close_of_the_sample_agrees_with_its_model(processed):
    """Lengths follow a Weibull law of shape 1.4: half are over by scale x ln 2 ^ (1/1.4)."""
    observations = pd.read_parquet(processed / "observations.parquet")
    table = aggregate_time_to_close(observations)
    county = table[(table["area_code"] == COUNTY) & (table["period"] == "2014/15-Q4")]
    medians = county.set_index("level")["median"]
    for level, scale in ((1, 120), (2, 175), (3, 235)):
        assert medians[f"level {level}"] == pytest.approx(
            scale * np.log(2) ** (1 / 1.4) / 7, abs=1.6
        )
