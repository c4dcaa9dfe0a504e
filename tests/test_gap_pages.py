"""Pages on gaps, poverty, vulnerable groups and places: what they say, draw and leave unsaid."""

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from shapely.geometry import box

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.schema import COLUMNS, validate_observations
from ehlib.measure.gaps import PAIRS, RankCorrelation, Topic, gap_change
from ehlib.measure.vulnerable import GROUPS
from ehlib.publish.release.figures.hidden import Hidden
from ehlib.publish.release.look import NUMBER_ID
from ehlib.publish.trace.found import MADE, OWN
from ehlib.show.charts import named
from ehlib.show.gaps import atlas, attainment, pupils, topics, words
from ehlib.show.maps import BLUES
from ehlib.show.numbers.ids import numbers_of
from ehlib.show.profiles import findings as profiled
from ehlib.show.profiles import place, poverty, vulnerable, within
from ehlib.show.profiles.maps import map_neighbourhoods, map_years

AREAS, INDICATORS = read_areas(), read_indicators()
DISTRICTS = AREAS.codes("district")
ENGLAND = AREAS.england.code
NO_GAPS = pd.DataFrame(columns=["pair", "area_code", "period", "period_start", "value"])


def series(*figures):
    frame = pd.DataFrame(figures, columns=["period", "value", "lower_ci", "upper_ci"])
    starts = pd.to_datetime([f"{label[:4]}-01-01" for label in frame["period"]])
    return frame.assign(period_start=starts, definition="one")


def squares():
    shapes = [box(place * 10, 0, place * 10 + 10, 10) for place in range(7)]
    return gpd.GeoDataFrame({"area_code": DISTRICTS}, geometry=shapes, crs="EPSG:27700")


# ------------------------------------------------------------------------------ sentences


def test_a_narrowed_gap_is_told_with_the_limits_of_its_change():
    change = gap_change(series(("2013", 20, 17, 23), ("2018", 10, 8, 12)))
    said = words.change_sentence(change, "%", INDICATORS["under18_conceptions"], "the gap")
    assert said == (
        "From 2013 to 2018, the gap narrowed by 10.0 percentage points (95% limits 6.4 to 13.6): "
        "it went from 20.0 to 10.0 percentage points."
    )


def test_a_change_within_its_limits_is_called_not_clear():
    change = gap_change(series(("2013", 10, 5, 15), ("2018", 12, 6, 18)))
    said = words.change_sentence(change, "per 1,000", INDICATORS["under18_conceptions"], "the gap")
    assert said.startswith("From 2013 to 2018, the gap showed no clear change: 10.0 at first and")
    assert "widened" not in said


def test_a_change_without_limits_says_that_it_may_be_chance():
    change = gap_change(series(("2013", 10, np.nan, np.nan), ("2018", 12, np.nan, np.nan)))
    said = words.change_sentence(change, "points", INDICATORS["under18_conceptions"], "the gap")
    assert said.endswith("went from 10.0 to 12.0 points; " + words.NO_COUNTS + ".")
    assert "some figures are published without counts" in said


def test_one_year_makes_no_sentence_on_change():
    assert words.verdict_words(None) == "no earlier year to compare with"
    assert words.change_sentence(None, "%", INDICATORS["under18_conceptions"], "the gap") == ""


def test_a_pair_is_told_with_both_results():
    pair = next(each for each in PAIRS if each.id == "standard_fsm")
    row = pd.Series({"period": "2017/18", "group_value": 44.0, "others_value": 68.0, "value": 24.0})
    row = pd.concat([row, pd.Series({"lower_ci": 20.0, "upper_ci": 28.0})])
    assert words.pair_sentence(row, pair, INDICATORS["ks2_expected_fsm"]) == (
        "At age 11 in the 2017/18 school year, 44.0% of pupils taking free school meals reached "
        "the expected standard in reading, writing and maths, against 68.0% of other pupils: a gap "
        "of 24.0 percentage points (95% limits 20.0 to 28.0)."
    )


def test_without_results_the_page_gives_the_plans_own_gaps_and_says_what_is_lacking():
    said = attainment.closing_findings(NO_GAPS, INDICATORS, AREAS, "2013/14-Q3")
    assert "22.0 percentage points at age 11 (England 17.0)" in said[0]
    assert "31.8 percentage points at age 16 (England 26.4)" in said[0]
    assert said[1] == attainment.PROMISE
    assert "the gap of the children's plan has no starting figure" in said[1]
    assert len(said) == 3
    assert "31 December 2013" in said[2]
    assert "Local Authority Interactive Tool" in attainment.how_to_get(NO_GAPS, AREAS, "2013/14-Q3")


def test_a_plan_without_printed_gaps_gives_no_sentence():
    other = INDICATORS["fsm_attainment_gap"]
    bare = replace(other, baseline=replace(other.baseline, values=()))
    catalogue = INDICATORS | {"fsm_attainment_gap": bare}
    said = attainment.closing_findings(NO_GAPS, catalogue, AREAS, "2013/14-Q3")
    assert said == [attainment.PROMISE, attainment.lacking(NO_GAPS, AREAS, "2013/14-Q3")]


def test_both_counts_of_free_school_meals_stand_in_the_table_of_plans():
    table = attainment.plan_table(INDICATORS)
    assert table["Baseline as printed"].to_list() == [
        "KS2: 22.0% KS4: 31.8% (2011/2012)",
        "none printed",
        "none printed",
    ]
    assert table["Measure"].str.contains("past six years").to_list() == [False, True, True]


def test_the_plans_own_figures_of_disabled_children_are_those_of_its_text(shared_dir, root):
    text = (shared_dir / "seeds/children_young_people_families_plan_2014-16.txt").read_text("utf-8")
    typed = pd.read_csv(root / "data/raw/published/disability.csv")
    for number in typed["numerator"]:
        assert f"{number:,.0f}" in text
    assert "(3,350 in 2002; 5,680 in 2012)" in text


def test_poverty_page_without_figures_gives_what_the_early_help_plan_prints():
    none = pd.DataFrame(
        columns=[
            "indicator_id",
            "area_code",
            "area_type",
            "category_type",
            "value_note",
            "value",
            "numerator",
            "period",
            "period_start",
        ]
    )
    said = poverty.poverty_findings(none, INDICATORS, AREAS, "2013/14-Q3")
    assert said[0].startswith("In 2010, 17.1% of dependent children")
    assert "20.6% in England" in said[0]
    assert "no change since can be given" in said[1]
    assert said[2].endswith("for a period that ended by 31 December 2013.")
    assert said[3].startswith("No deprivation scores of districts are held")
    assert len(said) == 4


def poverty_rows(*rows):
    names = ["indicator_id", "area_code", "area_name", "area_type", "value"]
    frame = pd.DataFrame(rows, columns=names)
    told = {"category_type": "", "value_note": "", "period": "2019/20", "numerator": np.nan}
    limits = dict.fromkeys(["lower_ci", "upper_ci", "benchmark_value"], np.nan)
    return frame.assign(period_start=pd.Timestamp("2019-04-01"), **told, **limits)


def test_poverty_page_names_the_most_and_least_deprived_district_where_there_is_room():
    percent, score = "children_relative_low_income_percent", "imd_average_score"
    held = poverty_rows(
        (percent, "E07000170", "Ashfield", "district", 24.3),
        (percent, "E07000176", "Rushcliffe", "district", 8.6),
        (score, "E07000174", "Mansfield", "district", 28.5),
        (score, "E07000176", "Rushcliffe", "district", 7.2),
    )
    score_rows = held["indicator_id"] == score
    held.loc[score_rows, "period"] = "2019"
    said = poverty.poverty_findings(held, INDICATORS, AREAS, "2020/21-Q4", where="Half live here.")
    assert said[0].startswith("Ashfield had the highest percentage in 2019/20 (24.3%")
    assert said[1] == "Half live here."
    assert said[2].startswith("In 2010, 17.1%")
    assert "Mansfield had the highest average score in the 2019 edition (28.5)" in said[3]
    assert len(said) == 4
    assert not any("only figure" in each for each in said)


def test_association_of_neighbourhoods_is_told_with_its_cautions():
    said = poverty.linked_sentence(RankCorrelation(0.88, 0.86, 0.9, 497))
    assert "rank correlation 0.88, 95% limits 0.86 to 0.90" in said
    assert "chosen beforehand" in said
    assert "single children" in said
    assert "p-value" not in said


def test_every_group_says_what_is_not_known_and_who_could_tell():
    assert all(group.unknown and group.supplier and group.why for group in GROUPS)
    names = " ".join(group.name for group in GROUPS).lower()
    for word in ("disabled", "looked-after", "young carers", "neet", "children in need"):
        assert word in names


def test_a_heading_that_is_0_in_every_year_counts_as_no_figure():
    held = pd.DataFrame({"indicator_id": ["dfe_factor_young_carer"] * 2, "value": [0.0, 0.0]})
    assert vulnerable.filter_used(held).empty


def test_missing_groups_are_named_once_in_one_sentence():
    nothing = pd.DataFrame({"indicator_id": [], "value": []})
    said = vulnerable.vulnerable_findings(nothing, INDICATORS, "2013/14-Q4")
    assert len(said) == 1
    assert said[0].startswith("No figures are held for a period that ended by 31 March 2014:")
    assert "; looked-after children; " in said[0]
    assert "; young people not in education, employment or training (NEET); " in said[0]


def test_atlas_without_topics_says_which_it_lacks():
    said = atlas.atlas_findings([], INDICATORS, "2013/14-Q3")
    assert len(said) == 1
    assert "; children in low-income families, by number; " in said[0]
    assert "excess weight in Reception; excess weight in Year 6; " in said[0]


def test_atlas_says_why_a_change_may_be_chance():
    bare = topic()
    bare = replace(bare, change=replace(bare.change, verdict="chance not known"))
    (first, _, *rest) = atlas.atlas_findings([bare], INDICATORS, "2014/15-Q4")
    assert first == (
        "A change may be chance where some figures are published without counts, which limits "
        "need: under 18 conceptions."
    )
    assert len(rest) == 1


def test_profile_says_worse_and_better_with_both_figures():
    spine = pd.DataFrame(
        {
            "short_name": ["Under 18 conceptions", "Re-referrals"],
            "comparison": ["worse", "better"],
            "position": [-0.9, 0.4],
            "text": ["35.9", "18.7"],
            "england_unit": ["24.3 per 1,000", "24.9%"],
            "period": ["2013", "2012/13"],
        }
    )
    none = pd.DataFrame({"short_name": [], "rank": [], "value": [], "highest": [], "lowest": []})
    said = profiled.profile_findings(spine, none, "Mansfield", "district")
    assert said == [
        "Mansfield is worse than England on under 18 conceptions (35.9 against 24.3 per 1,000 "
        "in 2013).",
        "Mansfield is better than England on re-referrals (18.7 against 24.9% in 2012/13).",
    ]


def spine_of(*rows):
    names = ["indicator_id", "short_name", "comparison"]
    frame = pd.DataFrame(rows, columns=names)
    beside = {"position": 0.1, "text": "9.0", "england_unit": "5.5 per 1,000", "period": "2013"}
    return frame.assign(**beside)


def ranks_of(*rows):
    names = ["indicator_id", "short_name", "value", "lowest", "highest", "rank"]
    return pd.DataFrame(rows, columns=names)


GEDLING = [("a", "Under 18 conceptions", 5.0, 1.0, 9.0, 3.0), ("b", "NEET", 2.0, 1.0, 9.0, 2.0)]
FLAT = pd.DataFrame([("a", "no clear trend", "")], columns=["indicator_id", "trend", "judged"])


def test_a_place_that_stands_out_nowhere_says_with_what_it_was_compared():
    spine = spine_of(("a", "Under 18 conceptions", "similar"), ("b", "NEET", "not compared"))
    given = (spine, ranks_of(*GEDLING), FLAT, ("Gedling", "district"))
    assert place.findings(*given, within="None of its 76 neighbourhoods.") == [
        "Gedling is not clearly different from England on under 18 conceptions.",
        "Beside the other districts of the county, Gedling has neither the highest nor the lowest "
        "figure on any of 2 indicators ranked.",
        "Over the latest five years Gedling shows no clear trend on under 18 conceptions.",
        "None of its 76 neighbourhoods.",
        "Not compared with England, since limits or England's figure are not held: NEET.",
    ]


def test_a_place_that_stands_out_says_where_it_does_not():
    spine = spine_of(("a", "Under 18 conceptions", "worse"), ("b", "NEET", "similar"))
    given = (spine, ranks_of(*GEDLING[:1]), FLAT.head(0), ("Gedling", "district"))
    assert place.findings(*given) == [
        "Gedling is worse than England on under 18 conceptions (9.0 against 5.5 per 1,000 in "
        "2013).",
        "Beside the other districts of the county, Gedling has neither the highest nor the lowest "
        "figure on the 1 indicator ranked.",
        "Gedling is not clearly different from England on NEET.",
    ]


def test_many_names_are_cut_short_and_counted():
    many = spine_of(*((str(n), f"Indicator {n}", "similar") for n in range(6)))
    said = profiled.profile_findings(many, ranks_of(), "Gedling", "district")
    assert said == [
        "Gedling is not clearly different from England on indicator 0, indicator 1, indicator 2, "
        "indicator 3 and 2 more indicators."
    ]


def test_a_place_without_a_figure_has_one_finding():
    nothing = (spine_of(), ranks_of(), FLAT.head(0), ("West", "locality"))
    assert place.findings(*nothing) == [
        "No figure of this place is held for a year that had ended by then. Figures of localities "
        "need the counts of each of their districts."
    ]


def test_no_neighbourhood_held_makes_no_sentence():
    nothing = {"area_code": [], "decile": []}
    shapes = gpd.GeoDataFrame(nothing, geometry=[], crs="EPSG:27700")
    nowhere = within.Deprived("E07000170", shapes, "", "")
    assert within.deprived_sentence(nowhere, "Ashfield") == ""


def test_deprived_neighbourhoods_are_counted_by_fifth_and_tenth():
    said = within.deprived_sentence(deprived(), "Ashfield")
    assert "2 (50%) were in England's most deprived fifth in 2019, of which 1" in said


def deprived():
    shapes = gpd.GeoDataFrame({"area_code": list("abcd"), "decile": [1.0, 2.0, 3.0, 10.0]})
    return within.Deprived("E07000170", shapes, "2019", "x")


def test_in_a_part_of_the_county_the_fifth_is_said_to_be_the_countys():
    rates = pd.DataFrame({"period": ["2015/16"] * 2, "numerator": [300.0, 100], "fifth": [1, 4]})
    said = within.spread_of(rates, "Ashfield")
    assert said == (
        "In 2015/16, half of the 400 children in low-income families in Ashfield lived in 1 of its "
        "2 larger neighbourhoods; 25% lived outside the most deprived fifth of the county's "
        "neighbourhoods."
    )


def neighbourhoods():
    held = observed("children_relative_low_income", "E02005880", "2015/16", 8.0)
    limits = {"numerator": 8.0, "lower_ci": 7.0, "upper_ci": 9.0, "fifth": 2.0}
    return held.assign(area_name="Ashfield 1", **limits)


def test_table_of_neighbourhoods_heads_the_fifths_as_the_countys():
    table = within.places_table(neighbourhoods())
    assert table["Fifth of the county (1 is most deprived)"].to_list() == ["2"]


# ------------------------------------------------------------------------------ numbers' ids


def observed(key, code, period, value, **given):
    """One observation that tables may give ids."""
    blank = {"sex": "persons", "age": "all", "category_type": "", "category": ""}
    row = {"indicator_id": key, "area_code": code, "period": period, "value": value}
    starts = {"period_start": pd.Timestamp(int(period[:4]), 9, 1), "definition": "one"}
    starts |= {"value_note": ""}
    return pd.DataFrame([blank | row | starts | given])


def gap_of(code, value):
    sides = {"group_value": 50.0, "others_value": 50 + value, "others_id": "ks2_expected_not_fsm"}
    limits = {"pair": "standard_fsm", "lower_ci": value - 1, "upper_ci": value + 1}
    return observed("ks2_expected_fsm", code, "2017/18", value, **sides, **limits)


def topic():
    codes, years = DISTRICTS[:2], ("2012", "2013")
    rows = [observed("under18_conceptions", code, year, 20.0) for code in codes for year in years]
    spans = {"kind": "districts", "edition": "2010", "area_code": AREAS.county.code}
    ends = {"line_most": 40.0, "line_least": 20.0, "lower_ci": 15.0, "upper_ci": 25.0}
    ratio = {"ratio": 2.0, "ratio_lower": 1.5, "ratio_upper": 2.5}
    gaps = pd.concat([observed("under18_conceptions", "", year, 20.0) for year in years])
    gaps = gaps.assign(**spans, **ends, **ratio).reset_index(drop=True)
    both = (gap_change(gaps), gap_change(gaps.assign(value=0.7, lower_ci=0.4, upper_ci=0.9)))
    return Topic(INDICATORS["under18_conceptions"], pd.concat(rows), gaps, *both, ())


@pytest.mark.parametrize(
    ("table", "plain"),
    [
        (lambda: pupils.gaps_table(gap_of(AREAS.county.code, 20.0), gap_of(ENGLAND, 18.0)), 2),
        (lambda: atlas.summary_table([topic()]), 2),
        (lambda: topics.series_table(topic()), 1),
        (lambda: within.tenths_table(deprived()), 1),
        (lambda: within.places_table(neighbourhoods()), 1),
    ],
)
def test_every_number_of_a_table_has_an_id_that_the_gate_lets_out_and_trace_knows(table, plain):
    nothing = validate_observations(pd.DataFrame(columns=COLUMNS))
    gate, shown = Hidden(nothing, None, INDICATORS), table()
    ids = numbers_of(shown)
    for texts, own in zip(shown.to_numpy().tolist(), ids, strict=True):
        for text, each in list(zip(texts, own, strict=True))[plain:]:
            assert bool(each) == bool(re.search(r"\d", text)), text
    for each in " ".join(" ".join(own) for own in ids).split():
        assert NUMBER_ID.fullmatch(each)
        assert gate.knows(each)
        assert each.rpartition(".")[2] in (*OWN, *MADE)


def test_englands_gap_has_the_id_of_england():
    table = pupils.gaps_table(gap_of(AREAS.county.code, 20.0), gap_of(ENGLAND, 18.0))
    assert table["England's gap"].to_list() == ["18.0"]
    assert numbers_of(table)[0][list(table.columns).index("England's gap")] == (
        "ks2_expected_fsm.e92000001.2017-18.persons.all.gap"
    )


def test_ids_of_tenths_tell_tenth_and_place():
    ids = [own[1] for own in numbers_of(within.tenths_table(deprived()))]
    assert ids[0] == "imd_decile.e07000170.2019.persons.all.tenth.1.neighbourhoods"
    assert len(set(ids)) == 10


# ------------------------------------------------------------------------------ maps


def faces(ax):
    return [to_hex(each) for part in ax.collections for each in part.get_facecolors()]


def test_small_maps_share_their_classes_and_hatch_what_is_not_known():
    measures = pd.DataFrame(
        {
            "area_code": [*DISTRICTS, *DISTRICTS],
            "period": ["2012"] * 7 + ["2013"] * 7,
            "value": [5.0, 15, 25, 35, 45, 5, 5, 45, 45, 45, 45, 45, 45, np.nan],
        }
    )
    options = {"periods": ["2012", "2013"], "breaks": (10, 20, 30, 40), "unit": "per 1,000"}
    figure = map_years(measures, squares(), **options).figure
    first, second = figure.axes
    assert faces(first)[:5] == BLUES
    assert faces(second)[:6] == [BLUES[4]] * 6
    hatched = [part for part in second.collections if part.get_hatch()]
    assert len(hatched) == 1
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == [
        "under 10",
        "10 to under 20",
        "20 to under 30",
        "30 to under 40",
        "40 or more",
        "no figure",
    ]


def test_map_of_neighbourhoods_draws_those_without_a_figure_hatched():
    rates = pd.DataFrame({"area_code": DISTRICTS[:6], "value": [50.0, 120, 160, 250, 400, 400]})
    ax = map_neighbourhoods(
        rates, squares(), squares(), breaks=(100, 150, 200, 300), unit="per 1,000"
    )
    assert [each for each in faces(ax) if each in BLUES] == BLUES
    assert any(part.get_hatch() for part in ax.collections)


# ------------------------------------------------------------------------------ catalogue


def test_caption_of_first_time_entrants_names_its_unit_once():
    rate = INDICATORS["first_time_entrants"].at(pd.Timestamp("2016-01-01").date())
    assert named(rate).count("per 100,000") == 1
    assert named(rate) == (
        "Rate of first time entrants to the youth justice system, per 100,000 young people aged "
        "10 to 17"
    )


def test_child_protection_plans_are_judged_as_fingertips_and_the_plan_judge_them(shared_dir):
    told = pd.read_csv(shared_dir / "data/social_care/fingertips_child_protection_plans.csv")
    assert {"Better", "Worse"} <= set(told["significance"])
    indicator = INDICATORS["child_protection_plan_rate"]
    assert (indicator.target, indicator.polarity) == ("reduce", "low_is_good")
    assert "have not been found" in indicator.caveat


@pytest.mark.parametrize("key", sorted({key for pair in PAIRS for key in pair.group_ids}))
def test_pairs_follow_definitions_that_are_in_the_catalogue(key):
    pair = next(each for each in PAIRS if key in each.group_ids)
    assert pair.like in INDICATORS
    assert INDICATORS[pair.like].calendar == "academic_year"
