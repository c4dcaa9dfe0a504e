"""The published figures, from the typed files to the comparisons that pages show."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ehlib.load.indicators import read_indicators
from ehlib.load.readers import read_extract
from ehlib.load.schema import COLUMNS, read_observations, validate_observations
from ehlib.measure.compare import add_comparison, filter_latest
from ehlib.measure.impact import measure_status
from ehlib.measure.rates import add_measures

PUBLISHED = Path(__file__).resolve().parents[1] / "data" / "raw" / "published"
INDICATORS = read_indicators()
COUNTY, ENGLAND = "E10000024", "E92000001"
FIGURES = ["value", "lower_ci", "upper_ci"]
ABOVE, BELOW, SAME = "worse", "better", "similar"  # than England; fewer conceptions are better
TO_ONE_DECIMAL = 0.05 + 1e-9


@pytest.fixture(scope="module")
def observations() -> pd.DataFrame:
    paths = sorted(PUBLISHED.glob("*.csv"))
    extracts = [each for path in paths for each in read_extract(path, INDICATORS)]
    assert all(each.faults.empty for each in extracts)
    frames = [each.frame[COLUMNS] for each in extracts]
    return validate_observations(pd.concat(frames, ignore_index=True), INDICATORS)


@pytest.fixture(scope="module")
def measures(observations) -> pd.DataFrame:
    return add_comparison(add_measures(observations, INDICATORS), INDICATORS)


@pytest.fixture(scope="module")
def page(shared_dir) -> str:
    return (shared_dir / "published_figures.md").read_text(encoding="utf-8")


def pick(measures: pd.DataFrame, indicator_id: str, **others: str) -> pd.DataFrame:
    chosen = measures[measures["indicator_id"] == indicator_id]
    for column, wanted in others.items():
        chosen = chosen[chosen[column] == wanted]
    return chosen


def table(page: str, heading: str, number: int = 0) -> list[dict[str, str]]:
    """One table of a section of the page of published figures, row by row."""
    section = page.split(f"## {heading}")[1].split("\n## ")[0]
    blocks = re.findall(r"(?:^\|.*\|$\n?)+", section, re.MULTILINE)
    lines = [
        [cell.strip() for cell in line[1:-1].split("|")] for line in blocks[number].split("\n")
    ]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:] if line[0]]


# Under-18 conceptions: ONS, Conceptions in England and Wales 2017, Table 6


def test_ashfield_and_mansfield_were_above_england_in_2011_and_no_other_district(measures):
    """ONS 2011: Ashfield 44.1, Mansfield 44.5, England 30.7 per 1,000; the others 19.5 to 30.8."""
    found = pick(measures, "under18_conceptions", period="2011", area_type="district")
    assert found.set_index("area_name")["comparison"].to_dict() == {
        "Ashfield": ABOVE,
        "Mansfield": ABOVE,
        "Bassetlaw": SAME,
        "Broxtowe": SAME,
        "Gedling": SAME,
        "Newark and Sherwood": SAME,
        "Rushcliffe": BELOW,
    }
    assert set(found["benchmark_value"]) == {30.7}
    assert set(found["benchmark_name"]) == {"England"}


def test_limits_of_2011_rest_on_the_counts(measures):
    """96 conceptions in Ashfield, 44.1 per 1,000: Byar's limits of 96 are 77.76 and 117.23."""
    row = pick(measures, "under18_conceptions", period="2011", area_name="Ashfield").iloc[0]
    limits = 77.76 / 96 * 44.1, 117.23 / 96 * 44.1
    assert (row["lower_ci"], row["upper_ci"]) == pytest.approx(limits, abs=0.005)


def test_every_published_rate_of_all_years_appears_to_one_decimal(measures, page):
    rows = table(page, "2. Under-18")
    assert len(rows) == 20
    for row in rows:
        found = pick(measures, "under18_conceptions", period=row.pop("year"))
        values = found.set_index("area_name")["value"]
        published = {area: float(cell.rstrip("u")) for area, cell in row.items()}
        assert values[list(published)].sub(pd.Series(published)).abs().max() < TO_ONE_DECIMAL
        assert set(values.index) == set(published)


def test_a_rate_that_ons_marks_as_unreliable_keeps_that_mark(measures, page):
    marked = {
        (area, row["year"])
        for row in table(page, "2. Under-18")
        for area, cell in row.items()
        if cell.endswith("u")
    }
    found = pick(measures, "under18_conceptions")
    found = found[found["value_note"].str.contains("unreliable")]
    assert set(zip(found["area_name"], found["period"], strict=True)) == marked
    assert len(marked) == 3


def test_the_districts_conceptions_sum_to_the_county_in_every_year(observations):
    found = pick(observations, "under18_conceptions")
    found = found[found["period"] <= "2017"]
    sums = found[found["area_type"] == "district"].groupby("period")["numerator"].sum()
    county = found[found["area_code"] == COUNTY].set_index("period")["numerator"]
    assert len(county) == 20
    assert (sums == county).all()


def test_every_published_under16_rate_appears_to_one_decimal(measures, page):
    for row in table(page, "5. Under-16"):
        found = pick(measures, "under16_conceptions", period=row.pop("period"))
        values = found.set_index("area_name")["value"]
        published = {area: float(re.search(r"\((.*)\)", cell)[1]) for area, cell in row.items()}
        assert values[list(published)].sub(pd.Series(published)).abs().max() < TO_ONE_DECIMAL


@pytest.mark.parametrize(
    ("note", "years"), [("derived", "2015 2016 2017"), ("inferred", "2018 2019 2020")]
)
def test_figures_worked_out_from_published_ones_say_so_to_the_end(measures, page, note, years):
    """published_figures.md, section 3: such rows must carry their label wherever they are shown."""
    wanted = {
        (row["area_name"], row["year"]): row
        for row in table(page, "3. Denominators")
        if row["kind"].lower() == note
    }
    found = pick(measures, "under18_conceptions")
    found = found[found["value_note"].str.split(";").map(lambda notes: note in notes)]
    assert set(zip(found["area_name"], found["period"], strict=True)) == set(wanted)
    assert sorted(found["period"].unique()) == years.split()
    for row in found.itertuples():
        published = wanted[row.area_name, row.period]
        assert (row.numerator, row.denominator) == (
            float(published["conceptions"]),
            float(published["females_15_17"]),
        )
        assert row.value == pytest.approx(float(published["rate_per_1000"]), abs=5e-7)
        assert row.lower_ci < row.value < row.upper_ci


# Injuries: OHID Fingertips 90284


@pytest.mark.parametrize(
    ("number", "area"), list(enumerate(["Nottinghamshire", "East Midlands", "England"]))
)
def test_injury_limits_are_as_published(measures, page, number, area):
    found = pick(measures, "injury_admissions_0_14", area_name=area).set_index("period")
    rows = table(page, "6. Injury", number)
    assert len(rows) == len(found) == 14
    names = ["Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit"]
    for row in rows:
        figures = found.loc[row["Time period"], FIGURES].astype(float)
        if not row["Value"]:
            assert figures.isna().all()  # withheld: -1 in the limits is no limit
            continue
        assert figures.tolist() == pytest.approx([float(row[name]) for name in names], abs=6e-6)


def test_injury_limits_of_unrounded_counts_are_those_we_would_calculate(observations, measures):
    """2010/11 and 2011/12; blank the published limits and they come back."""
    whole = pick(observations, "injury_admissions_0_14")
    whole = whole[whole["period"].isin(["2010/11", "2011/12"])]
    found = add_measures(whole.assign(value=np.nan, lower_ci=np.nan, upper_ci=np.nan), INDICATORS)
    np.testing.assert_allclose(found[FIGURES], whole[FIGURES], atol=6e-6)
    assert len(whole) == 6


def test_injuries_compare_with_england_as_fingertips_says(measures, page):
    for number, area in enumerate(["Nottinghamshire", "East Midlands"]):
        found = pick(measures, "injury_admissions_0_14", area_name=area).set_index("period")
        for row in table(page, "6. Injury", number):
            said = row["Compared to England value or percentiles"].lower()
            assert found.loc[row["Time period"], "comparison"] == said


# Good level of development: DfE, additional tables by district of pupil


def test_district_rates_of_good_development_round_to_the_published_per_cent(measures, page):
    compared = 0
    for row in table(page, "8. Good level"):
        year = row.pop("time_period")
        found = pick(measures, "eyfs_good_development", period=f"{year[:4]}/{year[4:]}")
        for area, cell in row.items():
            good, children, percent = re.fullmatch(r"(\d+)/(\d+) = (\d+)%", cell).groups()
            figure = found[found["area_name"] == area].iloc[0]
            assert (figure["numerator"], figure["denominator"]) == (int(good), int(children))
            assert abs(figure["value"] - int(percent)) <= 0.5
            assert figure["lower_ci"] < figure["value"] < figure["upper_ci"]
            compared += 1
    assert compared == 48


# Social care: DfE children in need, LAIT


def test_county_child_protection_rates_equal_those_of_lait_to_one_decimal(measures, page):
    rows = table(page, "12. Children's", 1)
    found = pick(measures, "child_protection_plan_rate", area_code=COUNTY).set_index("period")
    assert len(rows) == 10
    for row in rows:
        year = int(row["period"])
        value = found.loc[f"{year - 1}/{year % 100:02d}", "value"]
        assert abs(value - float(row["Nottinghamshire"])) < TO_ONE_DECIMAL
        assert found.loc[f"{year - 1}/{year % 100:02d}", "lower_ci"] < value


def test_county_rates_of_years_without_a_published_one_say_that_they_are_derived(measures):
    """Section 12's DERIVED check: 48.6, 36.5 and 43.4 at 31 March 2013 to 2015."""
    found = pick(measures, "child_protection_plan_rate", area_code=COUNTY).set_index("period")
    early = found.loc[["2012/13", "2013/14", "2014/15"]]
    assert early["value"].round(1).tolist() == [48.6, 36.5, 43.4]
    assert early["value_note"].tolist() == ["derived"] * 3
    assert not found.drop(index=early.index)["value_note"].str.contains("derived").any()


def test_rereferrals_round_to_the_published_per_cent(measures, page):
    found = pick(measures, "rereferrals", area_code=COUNTY).set_index("period")
    rows = table(page, "12. Children's")
    assert len(rows) == 13
    for row in rows:
        year = int(row["time_period"])
        value = found.loc[f"{year - 1}/{year % 100:02d}", "value"]
        assert abs(value - float(row["rereferral_percent"])) < TO_ONE_DECIMAL


# All of them


def test_no_published_figure_changed_by_more_than_its_rounding(observations, measures):
    """Values are computed anew from counts where both are known; that may only add decimals."""
    given = observations["value"].notna()
    apart = (measures["value"] - observations["value"]).abs()[given]
    to_whole_numbers = ["eyfs_good_development", "looked_after_children"]
    coarse = observations.loc[given, "indicator_id"].isin(to_whole_numbers)
    assert apart[coarse].max() <= 0.5
    assert apart[~coarse].max() < TO_ONE_DECIMAL
    assert (measures["value"].notna() | ~given).all()


def test_measures_lie_within_their_limits_and_have_both_or_none(measures):
    known = measures.dropna(subset="lower_ci")
    assert (known["lower_ci"] <= known["value"]).all()
    assert (known["value"] <= known["upper_ci"]).all()
    assert (measures["lower_ci"].isna() == measures["upper_ci"].isna()).all()
    assert len(known) > 450


def test_notes_keys_and_rows_survive(observations, measures):
    kept = [name for name in COLUMNS if name not in FIGURES]
    pd.testing.assert_frame_equal(measures[kept], observations[kept])


def test_a_rate_that_is_a_sum_of_regions_is_not_shown_for_england(measures):
    """LAIT's first-time entrants of England is the sum of nine regional rates (3071)."""
    assert pick(measures, "first_time_entrants", area_code=ENGLAND)["value"].isna().all()
    assert pick(measures, "first_time_entrants")["value"].max() < 500


@pytest.fixture(scope="module")
def prepared(observations, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    observations.to_parquet(folder / "observations.parquet", index=False)
    (folder / "sources.json").write_text('{"files": [], "sources": []}', encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("quarter", "latest", "good_development"),
    [
        ("2013/14-Q2", "2012", ""),
        ("2013/14-Q3", "2013", ""),
        ("2014/15-Q1", "2013", ""),
        ("2014/15-Q2", "2013", "2013/14"),
        ("2017/18-Q3", "2017", "2016/17"),
    ],
)
def test_later_data_never_leak_into_an_earlier_quarter(prepared, quarter, latest, good_development):
    found = read_observations(prepared, quarter=quarter)
    assert filter_latest(pick(found, "under18_conceptions"))["period"].unique().tolist() == [latest]
    development = filter_latest(pick(found, "eyfs_good_development"))["period"].unique().tolist()
    assert development == ([good_development] if good_development else [])


def test_the_county_conception_rate_had_fallen_since_the_plans_baseline(prepared):
    """Baseline 31.9 in 2011 (451 conceptions), 24.2 in 2013 (340): ONS Table 6."""
    found = add_measures(read_observations(prepared, quarter="2013/14-Q3"), INDICATORS)
    row = status_of_conceptions(found)
    assert (row["latest_period"], row["status"]) == ("2013", "improving")
    assert row["change"] == pytest.approx(24.2 - 31.9)
    before = add_measures(read_observations(prepared, quarter="2011/12-Q3"), INDICATORS)
    row = status_of_conceptions(before)
    assert (row["latest_period"], row["status"]) == ("2011", "too early to say")


def status_of_conceptions(measures):
    own = pick(measures, "under18_conceptions")
    return measure_status(INDICATORS["under18_conceptions"], own[own["area_code"] == COUNTY])
