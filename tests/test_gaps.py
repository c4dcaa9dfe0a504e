"""Gaps between groups and places: sizes, limits, changes, sums of localities, associations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.periods import parse_period
from ehlib.load.schema import COLUMNS
from ehlib.measure.comparators import add_ranks, comparator_codes, profile_ids
from ehlib.measure.gaps import (
    PAIRS,
    aggregate_localities,
    attainment_gaps,
    gap_change,
    gap_series,
    inequality_topics,
    mapped_periods,
    neighbourhood_rates,
    rank_correlation,
    shared_breaks,
    spread_of_events,
)
from ehlib.measure.rates import add_measures

AREAS, INDICATORS = read_areas(), read_indicators()
COUNTY, ENGLAND = AREAS.county.code, AREAS.england.code
DISTRICTS = AREAS.codes("district")
SCORED = ["area_code", "area_name", "area_type", "county_code", "score", "edition", "derived_how"]
NOTHING = pd.DataFrame(columns=SCORED)
NOBODY = pd.DataFrame(columns=["area_code", "denominator"])


def rows(key, figures, *, calendar="academic_year", **given):
    """Observations of one indicator from (area, period, numerator, denominator, value)."""
    found = []
    for code, label, *numbers in figures:
        period = parse_period(label, calendar)
        ours = code in (*DISTRICTS, COUNTY, ENGLAND)
        named, kind = (AREAS.name(code), AREAS.type(code)) if ours else (code, "county")
        one = dict.fromkeys(COLUMNS, "") | {"sex": "persons", "age": "all", "area_name": named}
        one |= {"indicator_id": key, "area_code": code, "area_type": kind, "period": period.label}
        one |= {"period_start": pd.Timestamp(period.start), "period_end": pd.Timestamp(period.end)}
        one |= dict(zip(["numerator", "denominator", "value"], numbers, strict=True))
        found.append(
            one | {"lower_ci": np.nan, "upper_ci": np.nan, "source_name": "Nobody"} | given
        )
    return pd.DataFrame(found)


def pair(name):
    return [each for each in PAIRS if each.id == name]


# ------------------------------------------------------------------------------ gaps of pupils


def test_gap_with_counts_has_the_limits_of_newcombes_worked_example():
    # Newcombe (1998), Stat Med 17, 873-890, table II, example (a): 56/70 against 48/80.
    held = pd.concat(
        [
            rows("ks2_expected_fsm", [(COUNTY, "2015/16", 48.0, 80.0, np.nan)], age="11"),
            rows("ks2_expected_not_fsm", [(COUNTY, "2015/16", 56.0, 70.0, np.nan)], age="11"),
        ]
    )
    gap = attainment_gaps(held, INDICATORS, [COUNTY], pair("standard_fsm")).iloc[0]
    found = gap[["value", "lower_ci", "upper_ci"]].astype("float64").to_list()
    assert found == pytest.approx([20.0, 5.24, 33.39], abs=0.005)


def test_gap_of_percentages_without_counts_has_no_limits():
    held = pd.concat(
        [
            rows("ks2_expected_fsm", [(COUNTY, "2017/18", np.nan, np.nan, 44.0)]),
            rows("ks2_expected_not_fsm", [(COUNTY, "2017/18", np.nan, np.nan, 68.0)]),
        ]
    )
    gap = attainment_gaps(held, INDICATORS, [COUNTY], pair("standard_fsm"))
    assert gap["value"].to_list() == [24.0]
    assert gap[["lower_ci", "upper_ci"]].isna().all(axis=None)
    assert gap["indicator_id"].to_list() == ["ks2_expected_fsm"]
    assert gap["others_id"].to_list() == ["ks2_expected_not_fsm"]


def test_a_year_of_which_one_side_is_hidden_has_no_gap():
    held = pd.concat(
        [
            rows(
                "ks2_expected_fsm",
                [(COUNTY, "2017/18", np.nan, 29.0, np.nan)],
                value_note="suppressed",
            ),
            rows("ks2_expected_not_fsm", [(COUNTY, "2017/18", 680.0, 1000.0, np.nan)]),
        ]
    )
    assert attainment_gaps(held, INDICATORS, [COUNTY], pair("standard_fsm")).empty


def test_looked_after_children_are_compared_with_all_pupils_by_their_own_count_alone():
    group = rows(
        "dfe_key_stage_2_pt_rwm_met_expected_standard",
        [(COUNTY, "2021/22", 8.0, 34.0, 24.0)],
        category_type="social care group",
        category="CLA 12 months at 31 March",
    )
    others = rows("lait_ks2rwm_expected_std", [(COUNTY, "2021/22", np.nan, np.nan, 59.0)])
    held = pd.concat([group, others])
    gap = attainment_gaps(held, INDICATORS, [COUNTY], pair("standard_care")).iloc[0]
    low, high = stats.binomtest(8, 34).proportion_ci(method="wilson")
    assert gap["value"] == pytest.approx(59 - 100 * 8 / 34)
    assert (gap["lower_ci"], gap["upper_ci"]) == pytest.approx((59 - 100 * high, 59 - 100 * low))


def test_a_changed_assessment_begins_a_new_definition_of_the_gap():
    years = ["2018/19", "2021/22"]
    low = rows("eyfs_good_development_fsm", [(COUNTY, y, np.nan, np.nan, 50.0) for y in years])
    high = rows("eyfs_good_development_not_fsm", [(COUNTY, y, np.nan, np.nan, 71.0) for y in years])
    gaps = attainment_gaps(pd.concat([low, high]), INDICATORS, [COUNTY], pair("development_fsm"))
    assert gaps["definition"].nunique() == 2
    assert gap_change(gaps) is None


def test_meals_now_and_in_six_years_are_never_one_pair():
    assert {each.basis for each in PAIRS if "fsm" in each.group_ids[0]} == {"free school meals"}
    ids = [key for each in PAIRS for key in each.group_ids]
    assert len(set(ids)) == len(ids)


# ------------------------------------------------------------------------------ changes


def series(*figures, definition=("one", "one")):
    labels = ["2013", "2018"]
    frame = pd.DataFrame(figures, columns=["value", "lower_ci", "upper_ci"])
    starts = pd.to_datetime([f"{label}-01-01" for label in labels])
    return frame.assign(period=labels, period_start=starts, definition=list(definition))


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((10, 8, 12), (20, 17, 23), "widened"),
        ((20, 17, 23), (10, 8, 12), "narrowed"),
        ((10, 5, 15), (12, 6, 18), "no clear change"),
        ((-20, -23, -17), (-10, -12, -8), "narrowed"),
        ((-10, -12, -8), (15, 13, 17), "turned round"),
        ((10, 8, 12), (-10, -12, -8), "turned round"),
        ((10, 8, 12), (-0.5, -3, 2), "narrowed"),
        ((-0.5, -3, 2), (10, 8, 12), "widened"),
        ((-10, -12, -8), (0.5, -2, 3), "narrowed"),
        ((0.5, -2, 3), (-10, -12, -8), "widened"),
        ((10, np.nan, np.nan), (20, np.nan, np.nan), "chance not known"),
    ],
)
def test_verdict_follows_the_limits_of_the_change(before, after, verdict):
    assert gap_change(series(before, after)).verdict == verdict


def test_limits_of_a_change_combine_the_near_sides_of_both():
    found = gap_change(series((10, 8, 12), (20, 17, 23)))
    assert found.by == pytest.approx((10, 10 - np.hypot(3, 2), 10 + np.hypot(3, 2)))


def test_a_gap_is_not_compared_across_a_change_of_definition():
    assert gap_change(series((10, 8, 12), (20, 17, 23), definition=("one", "two"))) is None


# ------------------------------------------------------------------------------ gaps of places


def conceptions(year, rates, **given):
    """Rates per 1,000 of 2,000 young women in each district."""
    figures = [(code, year, 2 * rate, 2000.0, np.nan) for code, rate in zip(DISTRICTS, rates)]  # noqa: B905
    held = rows("under18_conceptions", figures, calendar="calendar_year", **given)
    return add_measures(held, INDICATORS)


def ranked(values):
    """Deprivation scores of the districts, as `deprivation_scores` gives them."""
    told = {"area_type": "district", "county_code": COUNTY, "edition": "2010", "derived_how": ""}
    return pd.DataFrame({"area_code": DISTRICTS, "area_name": DISTRICTS, "score": values} | told)


def gaps_of(measures, scores=NOTHING, indicator=None):
    return gap_series(
        measures,
        indicator or INDICATORS["under18_conceptions"],
        areas=AREAS,
        quarter="2014/15-Q4",
        scores=scores,
        people=NOBODY,
    )


def test_without_an_index_the_gap_is_from_highest_to_lowest_district():
    found = gaps_of(conceptions("2013", [40, 30, 30, 30, 30, 30, 10])).iloc[0]
    assert (found["kind"], found["most"], found["least"]) == ("spread", "Ashfield", "Rushcliffe")
    assert (found["value"], found["ratio"]) == pytest.approx((30, 4))
    assert found["lower_ci"] < 30 < found["upper_ci"]


def test_with_an_index_the_gap_is_the_slope_across_deprivation():
    # Equal populations, rates on a straight line of the ranks: the line passes through them, and
    # its ends are half a district's width further out: 7/6 of the distance of first and last.
    found = gaps_of(conceptions("2013", [40, 35, 30, 25, 20, 15, 10]), ranked(range(7, 0, -1)))
    assert found["kind"].to_list() == ["districts"]
    assert found["value"].iloc[0] == pytest.approx(35)
    assert found["line_most"].iloc[0] == pytest.approx(42.5)
    assert found["ratio"].iloc[0] == pytest.approx(42.5 / 7.5)


def test_where_high_is_good_the_gap_is_above_0_when_the_most_deprived_have_less():
    good = replace(INDICATORS["under18_conceptions"], polarity="high_is_good")
    found = gaps_of(
        conceptions("2013", [10, 15, 20, 25, 30, 35, 40]), ranked(range(7, 0, -1)), good
    )
    assert found["value"].iloc[0] == pytest.approx(35)
    assert found["ratio"].iloc[0] == pytest.approx(42.5 / 7.5)
    assert found["ratio_lower"].iloc[0] < found["ratio"].iloc[0] < found["ratio_upper"].iloc[0]


def test_equal_districts_have_no_gap():
    found = gaps_of(conceptions("2013", [20] * 7), ranked(range(7, 0, -1)))
    assert found["value"].iloc[0] == pytest.approx(0)
    assert found["ratio"].iloc[0] == pytest.approx(1)


def test_a_period_with_a_hidden_district_is_left_out():
    whole = conceptions("2012", [40, 30, 30, 30, 30, 30, 10])
    part = conceptions("2013", [40, 30, 30, 30, 30, 30, np.nan])
    both = pd.concat([whole, part], ignore_index=True)
    assert gaps_of(both)["period"].to_list() == ["2012"]
    assert gaps_of(both, ranked(range(7, 0, -1)))["period"].to_list() == ["2012"]


def test_a_gap_of_rates_without_limits_has_none():
    bare = conceptions("2013", [40, 30, 30, 30, 30, 30, 10]).assign(
        lower_ci=np.nan, upper_ci=np.nan
    )
    found = gaps_of(bare)
    assert found["value"].to_list() == pytest.approx([30])
    columns = ["lower_ci", "upper_ci", "ratio_lower", "ratio_upper"]
    assert found[columns].isna().all(axis=None)


def test_the_published_gap_of_conceptions_is_that_of_the_printed_rates(root):
    # 1998: Ashfield 73.0, Rushcliffe 16.5 (ONS, Conceptions 2017, table 6).
    typed = pd.read_csv(root / "data/raw/published/under18_conceptions.csv", dtype={"period": str})
    chosen = typed[(typed["period"] == "1998") & typed["area_code"].isin(DISTRICTS)]
    day = pd.Timestamp("1998-01-01")
    blank = dict.fromkeys(["category_type", "category", "value_note"], "")
    held = chosen.assign(period_start=day, period_end=pd.Timestamp("1998-12-31"), **blank)
    found = gaps_of(add_measures(held, INDICATORS)).iloc[0]
    assert found["value"] == pytest.approx(73.0 - 16.5)
    assert found["ratio"] == pytest.approx(73.0 / 16.5)


def test_topics_leave_provisional_periods_out_and_name_them():
    firm = conceptions("2012", [40, 30, 30, 30, 30, 30, 10])
    first = conceptions("2013", [90] * 7, value_note="provisional")
    held = pd.concat([firm, first], ignore_index=True)
    options = {"areas": AREAS, "quarter": "2014/15-Q4", "scores": NOTHING, "people": NOBODY}
    (topic,) = inequality_topics(held, INDICATORS, **options)
    assert topic.left_out == ("2013",)
    assert set(topic.districts["period"]) == {"2012"}
    assert topic.change is None


def test_maps_show_first_and_last_period_of_one_season():
    quarters = [f"20{year}/{year + 1}-Q{quarter}" for year in (12, 13) for quarter in (1, 2, 3, 4)]
    figures = [(DISTRICTS[0], label, 1.0, 2.0, 0.5) for label in quarters[:7]]
    held = rows("mash_enquiries", figures, calendar="financial_quarter").assign(definition="")
    assert mapped_periods(held) == ["2012/13-Q3", "2013/14-Q3"]


def test_breaks_are_the_catalogues_or_made_of_all_years_together():
    held = conceptions("2012", [40, 30, 30, 30, 30, 30, 10])
    own = INDICATORS["under18_conceptions"]
    assert shared_breaks(held, own) == own.breaks
    made = shared_breaks(held, replace(own, breaks=()))
    assert list(made) == sorted(set(made))
    assert made[0] >= 10
    assert made[-1] <= 40


# ------------------------------------------------------------------------------ places


def test_a_locality_is_the_sum_of_its_districts_counts():
    figures = [
        ("E07000170", "2013/14", 10.0, 100.0, 10.0),
        ("E07000174", "2013/14", 30.0, 300.0, 10),
    ]
    held = rows("eyfs_good_development", figures)
    before = held.copy()
    made = aggregate_localities(held, INDICATORS, AREAS).query("area_type == 'locality'").iloc[0]
    assert (made["area_code"], made["numerator"], made["denominator"]) == ("E10000024-L2", 40, 400)
    assert made["value_note"] == "derived"
    assert np.isnan(made["value"])
    pd.testing.assert_frame_equal(held, before)


@pytest.mark.parametrize("lacking", [("E07000174", "2013/14", np.nan, 300.0, 10.0), None])
def test_a_locality_without_one_districts_count_has_no_figure(lacking):
    figures = [("E07000170", "2013/14", 10.0, 100.0, 10.0), *([lacking] if lacking else [])]
    made = aggregate_localities(rows("eyfs_good_development", figures), INDICATORS, AREAS)
    assert "locality" not in set(made["area_type"])


def test_scores_and_bare_percentages_are_not_summed():
    figures = [(code, "2012/13", np.nan, np.nan, 20.0) for code in ("E07000170", "E07000174")]
    made = aggregate_localities(rows("excess_weight_year6", figures), INDICATORS, AREAS)
    assert set(made["area_type"]) == {"district"}


def test_population_under_a_rate_published_with_its_count_is_taken_from_the_two():
    codes = ("E07000170", "E07000174")
    held = rows(
        "under18_conceptions",
        [(code, "2013", 50.0, np.nan, 25.0) for code in codes],
        calendar="calendar_year",
    )
    made = aggregate_localities(held, INDICATORS, AREAS).query("area_type == 'locality'")
    assert made["denominator"].to_list() == pytest.approx([4000])
    assert add_measures(made, INDICATORS)["value"].to_list() == pytest.approx([25])


def test_rank_is_counted_among_comparators_of_the_same_year():
    values = [5.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0]
    now = [(code, "2012/13", np.nan, np.nan, v) for code, v in zip(DISTRICTS, values)]  # noqa: B905
    old = [(DISTRICTS[1], "2011/12", np.nan, np.nan, 99.0)]
    held = rows("excess_weight_year6", [*now, *old])
    found = add_ranks(held, DISTRICTS[0], comparator_codes(DISTRICTS[0], AREAS)).iloc[0]
    assert (found["others"], found["rank"], found["lowest"], found["highest"]) == (6, 3, 1, 7)
    assert found["middle"] == pytest.approx(3.5)


def test_one_comparator_makes_no_rank():
    held = rows(
        "excess_weight_year6", [(code, "2012/13", np.nan, np.nan, 5.0) for code in DISTRICTS[:2]]
    )
    found = add_ranks(held, DISTRICTS[0], DISTRICTS[1:]).iloc[0]
    assert np.isnan(found["rank"])


def test_a_county_is_set_beside_its_statistical_neighbours():
    assert comparator_codes(COUNTY, AREAS)[0] == "E10000007"  # Derbyshire, the closest
    assert len(comparator_codes("E10000024-L1", AREAS)) == 2


def test_profiles_leave_groups_of_pupils_and_case_records_out():
    ids = profile_ids(INDICATORS)
    assert "under18_conceptions" in ids
    assert not {"ks2_expected_fsm", "attainment8_disadvantaged", "mash_enquiries"} & set(ids)


# ------------------------------------------------------------------------------ neighbourhoods


def low_income(period, counts, note=""):
    codes = [f"E0200000{place}" for place in range(len(counts))]
    held = rows(
        "children_relative_low_income",
        [(code, period, count, np.nan, count) for code, count in zip(codes, counts)],  # noqa: B905
        calendar="financial_year",
        value_note=note,
    )
    return held.assign(area_type="msoa")


def rates_of(held):
    codes = sorted(set(held["area_code"]))
    told = {"area_type": "msoa", "county_code": COUNTY, "edition": "2015", "derived_how": ""}
    scores = pd.DataFrame({"area_code": codes, "score": range(len(codes), 0, -1)} | told)
    people = pd.DataFrame({"area_code": codes, "denominator": 1000.0})
    key = "children_relative_low_income"
    options = {"areas": AREAS, "scores": scores, "people": people}
    return neighbourhood_rates(held, INDICATORS[key], **options)


def test_a_part_of_the_county_keeps_the_countys_fifths():
    rates = rates_of(low_income("2015/16", [400.0, 300.0, 100.0, 100.0, 100.0]))
    found = spread_of_events(rates[rates["fifth"] > 1])  # the most deprived place lies elsewhere
    assert (found.places, found.events, found.elsewhere) == (4, 600, 1)


def test_half_of_all_events_is_counted_from_the_largest_neighbourhoods_down():
    found = spread_of_events(rates_of(low_income("2015/16", [400.0, 300.0, 100.0, 100.0, 100.0])))
    assert (found.places, found.events, found.half) == (5, 1000, 2)
    assert found.top_share == pytest.approx(0.4)
    assert found.elsewhere == pytest.approx(0.6)


def test_neighbourhood_rate_is_per_1000_children():
    assert rates_of(low_income("2015/16", [400.0] * 5))["value"].to_list() == pytest.approx(
        [400] * 5
    )


def test_a_provisional_first_release_gives_way_to_the_year_before():
    held = pd.concat(
        [low_income("2020/21", [100.0] * 5), low_income("2021/22", [150.0] * 5, "provisional")]
    )
    assert set(rates_of(held)["period"]) == {"2020/21"}


def test_no_events_are_not_spread():
    assert spread_of_events(rates_of(low_income("2015/16", [0.0] * 5))) is None


# ------------------------------------------------------------------------------ association


def test_rank_correlation_is_scipys_with_ties(rng):
    one = rng.integers(0, 8, 40)
    two = one + rng.integers(0, 6, 40)
    assert rank_correlation(one, two).value == pytest.approx(stats.spearmanr(one, two).statistic)


def test_interval_of_a_rank_correlation_is_that_of_bonett_and_wright(monkeypatch):
    # By hand for r = 0.5 of 28 places: se = sqrt((1 + 0.125) / 25) = 0.212132.
    monkeypatch.setattr(np, "corrcoef", lambda *ranks: np.array([[1, 0.5], [0.5, 1]]))
    found = rank_correlation(range(28), range(28))
    assert (found.lower, found.upper) == pytest.approx((0.13275, 0.74653), abs=5e-5)


def test_seven_districts_get_no_correlation():
    found = rank_correlation(range(7), range(7))
    assert np.isnan(found.value)
    assert found.reason == "only 7 places have both"


def test_one_figure_for_all_gets_no_correlation():
    assert rank_correlation([1] * 30, range(30)).reason == "all places have the same figure"


def test_places_that_lack_one_figure_are_left_out():
    one = [*range(30), np.nan]
    assert rank_correlation(one, [*range(30), 5.0]).places == 30
