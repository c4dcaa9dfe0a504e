"""DfE official statistics and the long table of LAIT."""

from pathlib import Path

import pandas as pd
import pytest

from ehlib.load.publishers import PUBLISHERS, dfe, lait

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")

PLACE = {
    "time_period": ["2025", "2025", "2025"],
    "geographic_level": ["National", "Regional", "Local authority"],
    "region_code": ["", "E12000004", "E12000004"],
    "region_name": ["", "East Midlands", "East Midlands"],
    "old_la_code": ["", "", "891"],
    "new_la_code": ["", "", "E10000024"],
    "la_name": ["", "", "Nottinghamshire"],
}


def cells(**columns: list[str]) -> pd.DataFrame:
    table = PLACE | columns
    size = len(next(iter(columns.values())))
    return pd.DataFrame({name: texts[-size:] for name, texts in table.items()}).set_index(
        pd.RangeIndex(2, size + 2)
    )


def of(rows: pd.DataFrame, indicator_id: str) -> pd.DataFrame:
    return rows[rows["indicator_id"] == indicator_id]


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(SHARED / name, dtype="str", keep_default_na=False, encoding="utf-8")


def test_area_of_a_row_is_that_of_its_geographic_level():
    rows = of(dfe.translate(cells(referral_count=["3", "2", "1"])), "dfe_referral_count")
    assert rows["area_code"].tolist() == ["E92000001", "E12000004", "E10000024"]
    assert rows["period"].tolist() == ["2024/25"] * 3


def test_number_of_the_department_stands_in_for_a_missing_code():
    rows = dfe.translate(cells(referral_count=["1"], new_la_code=[""]))
    assert rows["area_code"].tolist() == ["E10000024"]


def test_share_takes_the_counts_beside_it():
    table = cells(referral_count=["6390"], rereferral_count=["1475"], rereferral_percent=["23.1"])
    rows = dfe.translate(table)
    row = of(rows, "rereferrals").iloc[0]
    assert row[["numerator", "denominator", "value"]].tolist() == ["1475", "6390", "23.1"]
    assert of(rows, "dfe_referral_count")["value"].tolist() == ["6390"]
    assert len(rows) == 2  # the numerator is no measure of its own


def test_number_of_referrals_is_not_taken_for_their_rate():
    rows = dfe.translate(cells(referral_count=["6390"]))
    assert "referrals_rate" not in set(rows["indicator_id"])


def test_measures_of_several_columns_become_several_observations():
    table = cells(At31_episodes=["4014"], Started_child=["3000"], Ended_child=["2900"])
    rows = dfe.translate(table)
    assert rows.index.tolist() == [2, 2, 2]
    assert set(rows["indicator_id"]) == {
        "children_in_need",
        "dfe_started_child",
        "dfe_ended_child",
    }
    assert rows["_column"].tolist() == ["At31_episodes", "Started_child", "Ended_child"]


def test_symbols_pass_as_they_stand_and_empty_cells_give_no_observation():
    table = cells(
        NEET_percent=["1.5", "c", ""], Notknown_percent=["2", "z", ""], Cohort_DJFavg=["9", "8", ""]
    )
    rows = dfe.translate(table)
    assert of(rows, "neet_16_17")["value"].tolist() == ["1.5", "c"]
    left = rows[rows["_left_out"] != ""]
    assert left.index.tolist() == [4]
    assert left["_left_out"].tolist() == ["no figure in this row"]


def test_breakdown_is_joined_and_total_is_none():
    table = cells(
        social_care_group=["Child in need", "Child in need", "All pupils"],
        phase_type_grouping=["Special", "Total", "Total"],
        t_pupils=["9", "8", "7"],
        time_period=["202425"] * 3,
    )
    rows = dfe.translate(table)
    assert rows["category_type"].tolist() == [
        "social care group; phase type grouping",
        "social care group",
        "",
    ]
    assert rows["category"].tolist() == ["Child in need; Special", "Child in need", ""]


def test_title_of_a_table_in_column_category_is_no_breakdown():
    rows = dfe.translate(cells(category=["Children in Need"], At31_episodes=["4014"]))
    assert rows[["category_type", "category"]].to_numpy().tolist() == [["", ""]]


def test_population_types_are_indicators_of_their_own():
    table = cells(
        population_type=["Children looked after on 31 March each year"],
        population_estimate=["171572"],
        children_count=["901"],
        rate_per_10000=["53"],
    )
    row = dfe.translate(table).iloc[0]
    # Nottinghamshire, 31 March 2025, as the department publishes it.
    assert row["indicator_id"] == "looked_after_children"
    assert row[["numerator", "denominator", "value"]].tolist() == ["901", "171572", "53"]
    other = dfe.translate(
        table.assign(population_type="Children starting to be looked after each year")
    )
    assert other["indicator_id"].iloc[0].startswith("dfe_rate_per_10000_children_starting")


@pytest.mark.parametrize(
    ("identifier", "period", "wanted"),
    [
        ("Academic year", "201314", ("2013/14", "academic_year")),
        ("Financial year", "201314", ("2013/14", "financial_year")),
        ("Calendar year", "2013", ("2013", "calendar_year")),
    ],
)
def test_time_identifier_tells_the_calendar(identifier, period, wanted):
    table = cells(hopping_count=["5"], time_identifier=[identifier], time_period=[period])
    row = dfe.translate(table).iloc[0]
    assert (row["period"], row["_calendar"]) == wanted


def test_six_digits_without_identifier_are_a_school_year_only_in_files_about_pupils():
    pupils = dfe.translate(cells(t_pupils=["5"], time_period=["202425"])).iloc[0]
    assert (pupils["period"], pupils["_calendar"]) == ("2024/25", "academic_year")
    other = dfe.translate(cells(hopping_count=["5"], time_period=["202425"])).iloc[0]
    assert other["_calendar"] == ""  # unknown: to be refused, not guessed


def test_row_of_two_councils_together_is_left_out():
    table = cells(inpost_fte=["5"], la_name=["North / West"], new_la_code=["E06000061 / E06000062"])
    assert dfe.translate(table)["_left_out"].str.contains("two councils").all()


def test_row_with_which_the_publisher_tries_its_page_is_left_out():
    table = cells(NEET_percent=["3.6"], la_name=["LA demo"], old_la_code=[""], new_la_code=[""])
    assert dfe.translate(table)["_left_out"].str.contains("tries its page").all()


def test_share_of_a_region_that_contradicts_its_counts_is_kept_without_them():
    # Yorkshire and the Humber, England, Nottinghamshire: 1660 of 7490 are 22.2 %.
    table = cells(
        CPP_start=["64390", "7490", "7490"],
        CPP_subsequent=["14600", "1660", "1660"],
        CPP_subsequent_percent=["22.7", "23.6", "23.6"],
    )
    rows = of(dfe.translate(table), "child_protection_repeat")
    kept = rows.set_index("area_code")[["numerator", "value"]]
    assert kept.loc["E92000001"].tolist() == ["14600", "22.7"]
    assert kept.loc["E12000004"].tolist() == ["", "23.6"]
    # Of a council it is for the checks to refuse, with row and figures.
    assert kept.loc["E10000024"].tolist() == ["1660", "23.6"]


def test_level_that_is_not_used_is_left_out_with_its_name():
    row = dfe.translate(cells(t_pupils=["5"], geographic_level=["School"])).iloc[0]
    assert "School" in row["_left_out"]


def test_good_development_is_the_catalogues_only_by_district_of_the_pupil():
    school = cells(gld_percent=["67"], gld_number=["6"], all_pupils=["9"], time_period=["201819"])
    assert "eyfs_good_development" not in set(dfe.translate(school)["indicator_id"])
    pupil = school.assign(geographic_level="Local Authority District", lad_code_pupil="E07000170")
    row = of(dfe.translate(pupil), "eyfs_good_development").iloc[0]
    assert row[["area_code", "period", "numerator", "denominator"]].tolist() == [
        "E07000170",
        "2018/19",
        "6",
        "9",
    ]


def test_figures_by_age_keep_the_age_of_the_file():
    table = cells(NEET_percent=["1.5"], Age=["16"], time_identifier=["Calendar year"])
    assert dfe.translate(table)["age"].tolist() == ["16"]


def test_column_of_figures_with_a_slip_is_still_a_measure():
    rows = dfe.translate(cells(referral_count=["3", "2", "about 9"]))
    assert of(rows, "dfe_referral_count")["value"].tolist() == ["3", "2", "about 9"]


def test_table_of_statistical_neighbours_is_declined_with_where_to_put_them():
    kind = PUBLISHERS["dfe_neighbours"]
    assert kind.knows(["old_la_code", "la_name", "SN_1", "SN_1P", "SN_10"])
    assert kind.declines
    assert kind.rule == "not_figures"
    assert "areas.toml" in kind.mend


def long(**columns: list[str]) -> pd.DataFrame:
    table = {
        "measure_short": ["CPP_rate"],
        "la_number": ["891"],
        "period": ["2025"],
        "value": ["33.6"],
    }
    table |= columns
    size = max(len(texts) for texts in table.values())
    return pd.DataFrame({name: (texts * size)[:size] for name, texts in table.items()})


def test_year_of_lait_is_the_end_of_a_financial_or_school_year():
    table = long(measure_short=["CPP_rate", "TotUnAuthAbs", "Under18concep"])
    rows = lait.translate(table.assign(la_number="891", period="2016", value="1"))
    assert rows["period"].tolist() == ["2015/16", "2015/16", "2016"]
    assert rows["indicator_id"].tolist() == [
        "child_protection_plan_rate",
        "school_absence",
        "under18_conceptions",
    ]


def test_absence_of_lait_is_the_measure_of_the_plan_that_was_in_force():
    table = pd.concat([long(measure_short=["TotAbs"]), long(measure_short=["TotUnAuthAbs"])] * 2)
    rows = lait.translate(table.assign(period=["2014", "2014", "2015", "2015"]))
    assert rows["indicator_id"].tolist() == [
        "school_absence",
        "lait_totunauthabs",
        "lait_totabs",
        "school_absence",
    ]


def test_england_of_first_time_entrants_is_left_out_whichever_way_it_is_named():
    by_number = long(measure_short=["FirstYJS"] * 2, la_number=["970", "891"], period=["2016"] * 2)
    rows = lait.translate(by_number.assign(value=["3071", "324"]))
    assert rows["_left_out"].str.contains("sum of the nine regional rates").tolist() == [
        True,
        False,
    ]
    by_name = by_number.drop(columns="la_number").assign(area=["England", "Nottinghamshire"])
    rows = lait.translate(by_name.assign(value=["3071", "324"]))
    assert (rows["_left_out"] != "").tolist() == [True, False]


@pytest.mark.parametrize(
    ("label", "note"),
    [("2025 (prov)", "provisional"), ("2024 (Rev)", "revised"), ("2023 (Final)", "")],
)
def test_status_behind_the_year_becomes_a_note(label: str, note: str):
    rows = lait.translate(long(measure_short=["Alevel_AAB"], period=[label]))
    assert rows["value_note"].tolist() == [note]
    assert rows["_calendar"].tolist() == ["academic_year"]
    assert rows["period"].str.fullmatch(r"20\d\d/\d\d").all()


def test_outturn_of_a_financial_year_keeps_its_two_years():
    rows = lait.translate(long(measure_short=["FosteringFinance"], period=["2016-17 (OT)"]))
    assert rows[["period", "_calendar"]].to_numpy().tolist() == [["2016/17", "financial_year"]]


def test_measure_of_lait_that_is_nearly_ours_keeps_its_own_id():
    for measure in ("CIN", "FSP_NEW_GOODDEV", "ExcessRec", "CPP_Num"):
        rows = lait.translate(long(measure_short=[measure]))
        assert rows["indicator_id"].str.startswith("lait_").all(), measure


@pytest.mark.parametrize("kind", ["lait_areas", "lait_measures"])
def test_lists_of_lait_are_declined_as_holding_no_figures(kind: str):
    assert PUBLISHERS[kind].declines
    assert PUBLISHERS[kind].rule == "not_figures"


@needs_shared
def test_every_measure_of_lait_has_a_name_a_unit_and_a_calendar():
    rows = lait.translate(
        read("lait/dfe_lait_all_measures_nottinghamshire_east_midlands_england.csv")
    )
    own = rows[rows["_name"] != ""]
    assert own["indicator_id"].nunique() == 434 - 26  # those are of the catalogue
    assert (own[["_unit", "_calendar"]] != "").all().all()


@needs_shared
def test_plans_at_31_march_over_the_population_give_the_published_rate():
    plans = of(
        dfe.translate(read("social_care/dfe_d5_cpp_at_31march_by_duration_2013_to_2025.csv")),
        "dfe_plans_cpp_at31",
    )
    people = of(
        dfe.translate(read("population/ons_population_0-17_by_la_2012_to_2024.csv")),
        "population_0_17",
    )
    rates = of(
        lait.translate(read("lait/dfe_lait_key_measures_all_las.csv")), "child_protection_plan_rate"
    )
    # The rate at 31 March 2025, in 2024/25, uses the population of the middle of 2024.
    plans = plans.assign(year=plans["period"].str[:4])[["area_code", "year", "period", "value"]]
    people = people.rename(columns={"period": "year", "value": "people"})[
        ["area_code", "year", "people"]
    ]
    both = plans.merge(people, on=["area_code", "year"]).merge(
        rates[["area_code", "period", "value"]], on=["area_code", "period"], suffixes=("", "_rate")
    )
    both = both[["value", "people", "value_rate"]].apply(pd.to_numeric, errors="coerce").dropna()
    # Counts of 2024 and 2025 for regions and England are rounded to ten.
    exact = 10_000 * both["value"] / both["people"]
    assert len(both) > 1200
    assert (exact - both["value_rate"]).abs().le(0.06).mean() > 0.99
