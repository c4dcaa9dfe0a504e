"""Gradients with deprivation: which places are grouped, and what the slope across them is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.measure.inequality import deprivation_gradient
from ehlib.measure.rates import proportion, rate

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
NAN = np.nan
AREAS = read_areas()
INDICATORS = read_indicators()
CONCEPTIONS, EYFS = INDICATORS["under18_conceptions"], INDICATORS["eyfs_good_development"]
INJURIES = INDICATORS["injury_admissions_0_14"]
NUMBER = INDICATORS["children_relative_low_income"]
NOBODY = pd.DataFrame({"area_code": [], "denominator": []})
SCORE_COLUMNS = ["area_code", "area_type", "county_code", "score", "edition", "derived_how"]
NO_SCORES = pd.DataFrame(columns=SCORE_COLUMNS)
real_files = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the folder shared")


def figures(codes, numerators, denominators, *, kind="district", method=rate, **columns):
    """One period of totals with values and limits by the method."""
    count, people = (np.asarray(each, dtype="float64") for each in (numerators, denominators))
    value, lower, upper = method(count, people)
    frame = pd.DataFrame(
        {
            "area_code": list(codes),
            "area_name": list(codes),
            "area_type": kind,
            "numerator": count,
            "denominator": people,
            "value": value,
            "lower_ci": lower,
            "upper_ci": upper,
            "category_type": "",
            "category": "",
            "period": "2013",
            "period_start": pd.Timestamp("2013-01-01"),
        }
    )
    return frame.assign(**columns)


def scored(codes, scores, *, kind="district", county=AREAS.county.code, edition="2010"):
    return pd.DataFrame(
        {
            "area_code": list(codes),
            "area_type": kind,
            "county_code": county,
            "score": np.asarray(scores, dtype="float64"),
            "edition": edition,
            "derived_how": "",
        }
    )


def gradient(measures, scores, indicator=CONCEPTIONS, *, people=NOBODY, **options):
    given = {"areas": AREAS, "quarter": "2013/14-Q3"} | options
    return deprivation_gradient(measures, indicator, scores=scores, people=people, **given)


def regression(values, populations):
    """Slope index by weighted regression in statsmodels: most less least deprived end."""
    share = np.asarray(populations, dtype="float64") / np.sum(populations)
    place = share.cumsum() - share / 2
    fitted = sm.WLS(np.asarray(values), sm.add_constant(place), weights=share).fit()
    return -fitted.params[1], fitted.params[0] / (fitted.params[0] + fitted.params[1])


DISTRICTS = AREAS.codes("district")
SCORES = [24.6, 21.6, 15.0, 15.5, 29.6, 18.0, 8.0]
EVENTS, GIRLS = [70, 40, 30, 26, 68, 33, 25], [2300, 2050, 1900, 2050, 1900, 2050, 2000]


def test_districts_are_ranked_by_score_and_the_slope_is_that_of_a_weighted_regression():
    found = gradient(figures(DISTRICTS, EVENTS, GIRLS), scored(DISTRICTS, SCORES))
    assert found.kind == "districts"
    assert found.groups["label"].iloc[0] == DISTRICTS[SCORES.index(29.6)]
    order = np.argsort(SCORES)[::-1]
    values = np.array(EVENTS)[order] / np.array(GIRLS)[order] * 1000
    expected = regression(values, np.array(GIRLS)[order])
    assert (found.slope.sii, found.slope.rii) == pytest.approx(expected)
    assert found.line[0] - found.line[1] == pytest.approx(found.slope.sii)
    assert found.slope.lower < found.slope.sii < found.slope.upper
    assert found.ends.range == pytest.approx(values[0] - values[-1])


def test_a_rate_without_its_population_is_weighted_by_the_one_it_implies():
    rows = figures(DISTRICTS, EVENTS, GIRLS)
    without = rows.assign(denominator=NAN)
    found = gradient(without, scored(DISTRICTS, SCORES))
    assert found.slope.sii == pytest.approx(gradient(rows, scored(DISTRICTS, SCORES)).slope.sii)


def test_figures_without_limits_have_a_slope_without_limits():
    rows = figures(DISTRICTS, EVENTS, GIRLS).assign(lower_ci=NAN, upper_ci=NAN)
    found = gradient(rows, scored(DISTRICTS, SCORES))
    assert np.isnan([found.slope.lower, found.slope.upper, found.attributable[0]]).all()
    assert found.slope.sii > 0


def test_a_district_that_is_hidden_is_left_out_and_counted():
    rows = figures(DISTRICTS, [NAN, *EVENTS[1:]], GIRLS)
    found = gradient(rows, scored(DISTRICTS, SCORES))
    assert len(found.groups) == 6
    assert found.left_out == 1


@pytest.mark.parametrize(
    ("rows", "scores", "words"),
    [
        (figures(DISTRICTS, EVENTS, GIRLS), NO_SCORES, "index published by the end of December 2"),
        (figures(DISTRICTS[:3], EVENTS[:3], GIRLS[:3]), scored(DISTRICTS, SCORES), "as a whole"),
        (
            figures(DISTRICTS, EVENTS, GIRLS).assign(numerator=NAN, denominator=NAN),
            scored(DISTRICTS, SCORES),
            "too few places",
        ),
    ],
)
def test_without_a_gradient_the_reason_is_told(rows, scores, words):
    found = gradient(rows, scores)
    assert found.slope is None
    assert words in found.reason
    assert found.reason.startswith("No gradient with deprivation is shown")


def test_a_score_has_no_gradient():
    score = INDICATORS["imd_average_score"]
    found = gradient(figures(DISTRICTS, EVENTS, GIRLS), NO_SCORES, score)
    assert found.reason.endswith(
        "the figure is no rate of children, or measures deprivation itself."
    )


def test_neighbourhoods_come_before_districts_and_make_fifths():
    codes = [f"E020{number:05d}" for number in range(100)]
    rng = np.random.default_rng(1)
    rows = figures(codes, rng.poisson(40, 100), [1000] * 100, kind="msoa")
    both = pd.concat([rows, figures(DISTRICTS, EVENTS, GIRLS)])
    scores = pd.concat([scored(codes, range(100), kind="msoa"), scored(DISTRICTS, SCORES)])
    found = gradient(both, scores)
    assert found.kind == "neighbourhoods"
    assert found.groups["places"].tolist() == [20] * 5
    first = rows.tail(20)["numerator"].sum()
    assert found.groups["numerator"].iloc[0] == first
    assert found.groups["value"].iloc[0] == pytest.approx(first / 20_000 * 1000)
    elsewhere = scores.assign(county_code="E06000018")
    assert gradient(both, elsewhere).kind == "districts"


def test_a_count_becomes_a_rate_of_the_children_who_live_there():
    rows = figures(DISTRICTS, EVENTS, [NAN] * 7).assign(value=EVENTS)
    people = pd.DataFrame({"area_code": DISTRICTS, "denominator": GIRLS})
    found = gradient(rows, scored(DISTRICTS, SCORES), NUMBER, people=people)
    assert found.indicator.unit == "per 1,000 children aged 0 to 17"
    top = SCORES.index(29.6)
    assert found.groups["value"].iloc[0] == pytest.approx(EVENTS[top] / GIRLS[top] * 1000)


TENTHS = ["Most deprived", "Second most deprived", "Third more deprived", "Fourth more deprived"]
TENTHS += ["Fifth more deprived", "Fifth less deprived", "Fourth less deprived"]
TENTHS += ["Third less deprived", "Second least deprived", "Least deprived"]


def tenths(kind, values, edition=2010):
    rows = figures(["E92000001"] * 10, values, [10_000] * 10, kind="england")
    names = [f"{words} decile (IMD{edition})" for words in TENTHS]
    return rows.assign(category_type=f"{kind} deciles in England (IMD{edition})", category=names)


def test_published_tenths_are_put_in_order_and_those_of_districts_come_first():
    county = tenths("County & UA deprivation", range(200, 100, -10))
    district = tenths("District & UA deprivation", range(300, 200, -10)).sample(
        frac=1, random_state=2
    )
    found = gradient(pd.concat([county, district]), NO_SCORES)
    assert found.kind == "published"
    assert found.groups["numerator"].tolist() == list(range(300, 200, -10))
    assert found.edition == "2010"
    assert gradient(county, NO_SCORES).groups["numerator"].iloc[0] == 200
    assert "as a whole" in gradient(county, NO_SCORES, local=True).reason


def test_an_index_of_a_later_year_and_nine_tenths_are_no_grouping():
    later = tenths("District & UA deprivation", range(300, 200, -10), edition=2019)
    assert gradient(later, NO_SCORES).slope is None
    assert gradient(later, NO_SCORES, quarter="2019/20-Q3").kind == "published"
    nine = tenths("District & UA deprivation", range(300, 200, -10)).iloc[1:]
    assert gradient(nine, NO_SCORES).slope is None


def test_order_of_rows_is_irrelevant_and_nothing_given_is_changed():
    rows, scores = figures(DISTRICTS, EVENTS, GIRLS), scored(DISTRICTS, SCORES)
    before = rows.copy()
    turned = gradient(rows.iloc[::-1], scores.sample(frac=1, random_state=1))
    assert turned.slope.sii == pytest.approx(gradient(rows, scores).slope.sii)
    pd.testing.assert_frame_equal(rows, before)


@real_files
def test_injuries_by_tenths_of_england_agree_with_a_regression_on_the_published_rows():
    name = "fingertips_90284_injury_admissions_0-14_2010-11_to_2023-24.csv"
    file = pd.read_csv(SHARED / "health" / name, encoding="utf-8-sig")
    rows = file[file["Category Type"].notna() & (file["Sex"] == "Persons")]
    measures = pd.DataFrame(
        {
            "area_code": rows["Area Code"],
            "area_name": "England",
            "area_type": "england",
            "numerator": rows["Count"],
            "denominator": rows["Denominator"],
            "value": rows["Value"],
            "lower_ci": rows["Lower CI 95.0 limit"],
            "upper_ci": rows["Upper CI 95.0 limit"],
            "category_type": rows["Category Type"],
            "category": rows["Category"],
            "period": rows["Time period"],
            "period_start": pd.to_datetime(rows["Time period"].str[:4] + "-04-01"),
        }
    )
    recent = measures[measures["period"] == "2022/23"]
    found = gradient(recent, NO_SCORES, INJURIES, quarter="2023/24-Q3")
    kind = "District & UA deprivation deciles in England (IMD2019, 4/23 geography)"
    own = recent[recent["category_type"] == kind]
    place = own["category"].map(
        {f"{words} decile (IMD2019)": place for place, words in enumerate(TENTHS)}
    )
    own = own.loc[place.sort_values().index]
    expected = regression(own["value"], own["denominator"])
    assert (found.slope.sii, found.slope.rii) == pytest.approx(expected, rel=1e-9)
    assert found.edition == "2019"
    assert found.period == "2022/23"
    assert gradient(measures, NO_SCORES, INJURIES, quarter="2018/19-Q4").slope is None


def england_scores():
    file = pd.read_csv(SHARED / "deprivation" / "iod2019_lad_summaries_england.csv")
    codes, score = file.iloc[:, 0], file["IMD - Average score"]
    return scored(codes, score, county="", edition="2019")


@real_files
def test_school_readiness_by_tenths_of_districts_agrees_with_pandas_and_statsmodels():
    file = pd.read_csv(SHARED / "education" / "dfe_eyfsp_by_pupil_district_2013-14_to_2018-19.csv")
    file = file[(file["time_period"] == 201819) & file["lad_code_pupil"].notna()]
    pupils, reached = (
        pd.to_numeric(file[name], errors="coerce") for name in ("all_pupils", "gld_number")
    )
    file = file.assign(pupils=pupils, reached=reached).dropna(subset=["pupils", "reached"])
    rows = figures(file["lad_code_pupil"], file["reached"], file["pupils"], method=proportion)
    scores = england_scores()
    found = gradient(rows, scores, EYFS, quarter="2019/20-Q4")
    assert found.kind == "tenths"
    joined = rows.merge(scores, on="area_code")
    # by hand: pandas' own quantiles of the rank from the most deprived, not our formula
    rank = joined["score"].rank(ascending=False, method="first")
    joined["tenth"] = np.ceil(rank / len(joined) * 10)
    sums = joined.groupby("tenth")[["numerator", "denominator"]].sum()
    share = sums["numerator"] / sums["denominator"] * 100
    sizes = joined.groupby("tenth").size()
    assert abs(found.groups["places"].to_numpy() - sizes.to_numpy()).max() <= 1
    expected = regression(share, sums["denominator"])
    assert found.slope.sii == pytest.approx(expected[0], abs=0.15)
    own = found.groups
    assert found.slope.sii == pytest.approx(regression(own["value"], own["population"])[0])
    assert found.slope.sii < -5  # fewer are ready where deprivation is high
    assert replace(found, left_out=0).slope is found.slope


def test_a_gradient_that_hangs_on_one_district_names_it():
    # Six districts alike and the least deprived far lower: without it nothing is left to see.
    rows = figures(DISTRICTS, [400] * 6 + [200], [2000] * 7)
    by_rank = scored(DISTRICTS, [7, 6, 5, 4, 3, 2, 1])
    found = gradient(rows, by_rank)
    assert found.slope.lower > 0
    assert found.turns_on == (DISTRICTS[6],)
    straight = gradient(
        figures(DISTRICTS, [700, 600, 500, 400, 300, 200, 100], [2000] * 7), by_rank
    )
    assert straight.turns_on == ()
    bare = gradient(rows.assign(lower_ci=NAN, upper_ci=NAN), by_rank)
    assert bare.turns_on == ()


def test_populations_that_a_percentage_does_not_rest_on_are_said_to_be_borrowed():
    people = pd.DataFrame({"area_code": DISTRICTS, "denominator": [20_000.0] * 7})
    rows = figures(DISTRICTS, EVENTS, GIRLS)
    assert not gradient(rows, scored(DISTRICTS, SCORES), people=people).borrowed
    bare = rows.assign(numerator=NAN, denominator=NAN)
    assert gradient(bare, scored(DISTRICTS, SCORES), people=people).borrowed


def test_tenths_by_an_index_that_came_out_later_are_named_in_the_reason():
    rows = figures(DISTRICTS[:3], EVENTS[:3], GIRLS[:3])
    tenths = rows.head(1).assign(
        area_type="england",
        category_type="County & UA deprivation deciles in England (IMD2019, 4/23 geography)",
        category="Most deprived decile (IMD2019)",
    )
    whole = pd.concat([rows, tenths])
    assert "not by an index known then" in gradient(whole, scored(DISTRICTS, SCORES)).reason
    assert "known then" not in gradient(rows, scored(DISTRICTS, SCORES)).reason
