"""The catalogue against what the two plans print, row by row, and its refusals."""

import re
import shutil
from dataclasses import fields
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehlib.load.indicators import (
    PATH,
    CatalogueError,
    Version,
    catalogue_frame,
    indicators_in,
    read_indicators,
)
from ehlib.load.indicators.catalogue import (
    CONTEXT,
    DEFINITION,
    PRIORITIES,
    SETS,
    PlanValue,
    parse_plan_value,
)
from ehlib.load.periods import parse_period

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT.parent / "shared" / "seeds"
PUBLISHED = ROOT / "data" / "raw" / "published"
EARLY_HELP, CHILDREN = (
    SEEDS / "early_help_development_plan_2013-16.txt",
    SEEDS / "children_young_people_families_plan_2014-16.txt",
)
needs_plans = pytest.mark.skipif(not SEEDS.is_dir(), reason="the two plans are not here")
CATALOGUE = read_indicators()

SAFE, HELP, GAP, COMPLEX, HEALTH = PRIORITIES
NOBODY, REPORT, HWB, BOTH = (
    (),
    ("early_help_report",),
    ("hwb_framework",),
    ("early_help_report", "hwb_framework"),
)
SECTION_4 = [  # as printed: priority, id, outcome indicator, where it is ticked as also reported
    (
        SAFE,
        "initial_assessments_timely",
        "Initial assessments for Children's Social Care carried out within timescales",
        NOBODY,
    ),
    (
        SAFE,
        "core_assessments_timely",
        "Core assessments for Children's Social Care carried out within timescales",
        NOBODY,
    ),
    (SAFE, "rereferrals", "Re-referrals to Children's Social Care", NOBODY),
    (
        SAFE,
        "child_protection_2_years",
        "Children who are subject to a child protection plan for 2 years or more",
        NOBODY,
    ),
    (
        SAFE,
        "child_protection_repeat",
        "Children becoming the subject of a child protection plan on more than one occasion",
        NOBODY,
    ),
    (
        SAFE,
        "quality_audits_adequate",
        "Percentage of Children's Social Care quality audits assessed as adequate or better",
        NOBODY,
    ),
    (
        SAFE,
        "adoption_within_21_months",
        "Percentage of children adopted placed with their adopters within 21 months of becoming "
        "looked after",
        NOBODY,
    ),
    (
        SAFE,
        "looked_after_3_placements",
        "Looked after children with 3 or more placements in any one year",
        NOBODY,
    ),
    (
        HELP,
        "social_care_contacts",
        "The number of contacts made to Children's Social Care",
        NOBODY,
    ),
    (HELP, "child_protection_plan_rate", "Child protection plan rate per 10,000", REPORT),
    (
        HELP,
        "childrens_centre_reach",
        "Percentage of children aged 0-4 living in low income areas seen at children's centres",
        REPORT,
    ),
    (
        HELP,
        "first_time_entrants",
        "First time entrants to the Youth Justice System aged 10-17 (per 100,000)",
        BOTH,
    ),
    (
        HELP,
        "school_absence",
        "Unauthorised absence in primary, secondary and special schools",
        REPORT,
    ),
    (
        HELP,
        "children_low_income",
        "Dependent children in households whose income is below 60% of the national average",
        BOTH,
    ),
    (
        HELP,
        "needs_met",
        "Percentage of children having their needs met by early help services",
        REPORT,
    ),
    (
        HELP,
        "mash_outcome",
        "Percentage of enquiries to the MASH that result in appropriate action by Children's "
        "Social Care or Early Help Services",
        REPORT,
    ),
    (GAP, "eyfs_good_development", "Early years foundation stage attainment", NOBODY),
    (
        GAP,
        "fsm_gap_age_11",
        "Attainment gap at age 11 between pupils taking free school meals and the rest (during "
        "past six years)",
        BOTH,
    ),
    (
        GAP,
        "gcse_5_ac_english_maths",
        "Achievement of 5 or more A*-C grades at GCSE or equivalent (including English & maths)",
        NOBODY,
    ),
    (
        GAP,
        "fsm_gap_age_16",
        "Attainment gap at age 16 between pupils taking free school meals and the rest (during "
        "past six years)",
        REPORT,
    ),
    (
        GAP,
        "participation_16_18",
        "Participation in education, employment and training of young people aged 16-18",
        NOBODY,
    ),
    (
        GAP,
        "neet",
        "Percentage of young people aged 16-18 not in education, employment or training (NEET)",
        REPORT,
    ),
    (
        GAP,
        "neet_destination_unknown",
        "Percentage of young people aged 16-18 whose education, employment or training "
        "destination is not known",
        NOBODY,
    ),
    (
        GAP,
        "level_3_by_19",
        "Percentage of young people who have attained a full Level 3 qualification by 19",
        NOBODY,
    ),
    (
        COMPLEX,
        "ehc_plans",
        "The number of families who have an Education, Health and Care Plan in place (prior to it "
        "becoming a statutory requirement)",
        NOBODY,
    ),
    (
        HEALTH,
        "smoking_at_delivery",
        "Percentage of women smoking at the time of delivery",
        NOBODY,
    ),
    (
        HEALTH,
        "breastfeeding_initiation",
        "Breastfeeding initiation at the time of delivery",
        NOBODY,
    ),
    (
        HEALTH,
        "breastfeeding_6_8_weeks",
        "Breastfeeding prevalence at 6-8 weeks, including mixed feeding methods",
        BOTH,
    ),
    (
        HEALTH,
        "injury_admissions_0_14",
        "Hospital admissions caused by unintentional and deliberate injuries in children aged "
        "0 -14 years",
        NOBODY,
    ),
    (
        HEALTH,
        "excess_weight_reception",
        "Excess weight in primary school age children in Reception Year",
        HWB,
    ),
    (
        HEALTH,
        "excess_weight_year6",
        "Excess weight in primary school age children in Year 6",
        HWB,
    ),
    (
        HEALTH,
        "under18_conceptions",
        "Under 18 conception rate (per thousand females aged 15-17)",
        BOTH,
    ),
    (
        HEALTH,
        "emotional_wellbeing",
        "We will develop a performance indicator for emotional wellbeing as part of the review of "
        "the CAMHs pathway",
        NOBODY,
    ),
]
QUARTERLY, ANNUAL = "*", "**"  # the marks of the early help plan
IMPACT_MEASURES = [  # as printed: id, indicator, mark, target, baseline, national average
    (
        "needs_met",
        "Percentage of children having their needs met through the CAF process",
        QUARTERLY,
        "Increase",
        "tbc",
        "N/A",
    ),
    (
        "mash_outcome",
        "Percentage of enquiries to the MASH that result in no further action to Children's "
        "Social Care",
        QUARTERLY,
        "Reduce",
        "tbc",
        "N/A",
    ),
    (
        "child_protection_plan_rate",
        "Children on child protection plans (rate per 10,000)",
        QUARTERLY,
        "Reduce",
        "48.4 (2012/13)",
        "37.8 (2011/12)",
    ),
    (
        "first_time_entrants",
        "First time entrants to the youth justice system",
        QUARTERLY,
        "Reduce",
        "tbc (2012/13)",
        "-",
    ),
    (
        "school_absence",
        "Percentage of overall absence in primary, secondary and special schools",
        ANNUAL,
        "Reduce",
        "5.0% (2011/12)",
        "5.1% (2011/12)",
    ),
    (
        "fsm_attainment_gap",
        "Attainment gap between Free School Meal and non-Free School Meal children at all key "
        "phases of education",
        ANNUAL,
        "Reduce",
        "KS2: 22.0% KS4: 31.8% (2011/2012)",
        "KS2: 17.0% KS4: 26.4% (2011/12)",
    ),
    (
        "neet",
        "Percentage of young people in academic years 12-14 not in education, employment or "
        "training",
        QUARTERLY,
        "Reduce",
        "2.5%(p) (2012/13)",
        "6.3% (2011/12)",
    ),
    (
        "breastfeeding_6_8_weeks",
        "Breastfeeding prevalence rates at 6-8 weeks",
        QUARTERLY,
        "Increase",
        "Notts PCT tbc Bassetlaw PCT 34.3% (2012/13)",
        "46.9% (2011/12)",
    ),
    (
        "under18_conceptions",
        "Under 18 conception rate (rate per 1000 females aged 15 \u2013 17)",
        ANNUAL,
        "Reduce",
        "31.9 (2011)",
        "30.7 (2011)",
    ),
    (
        "children_low_income",
        "Dependent children who live in households whose income is below 60% of the national "
        "average",
        ANNUAL,
        "Reduce",
        "17.1% (2010)",
        "20.6% (2010)",
    ),
]
BASELINES = {  # status, numbers with label and unit, period: what each printed baseline says
    "needs_met": ("tbc", (), None),
    "mash_outcome": ("tbc", (), None),
    "child_protection_plan_rate": ("final", (("", 48.4, ""),), "2012/13"),
    "first_time_entrants": ("tbc", (), "2012/13"),
    "school_absence": ("final", (("", 5.0, "%"),), "2011/12"),
    "fsm_attainment_gap": ("final", (("KS2", 22.0, "%"), ("KS4", 31.8, "%")), "2011/12"),
    "neet": ("provisional", (("", 2.5, "%"),), "2012/13"),
    "breastfeeding_6_8_weeks": ("tbc", (("Bassetlaw PCT", 34.3, "%"),), "2012/13"),
    "under18_conceptions": ("final", (("", 31.9, ""),), "2011"),
    "children_low_income": ("final", (("", 17.1, "%"),), "2010"),
}
NATIONALS = {
    "needs_met": ("not_applicable", (), None),
    "mash_outcome": ("not_applicable", (), None),
    "child_protection_plan_rate": ("final", (("", 37.8, ""),), "2011/12"),
    "first_time_entrants": ("not_applicable", (), None),
    "school_absence": ("final", (("", 5.1, "%"),), "2011/12"),
    "fsm_attainment_gap": ("final", (("KS2", 17.0, "%"), ("KS4", 26.4, "%")), "2011/12"),
    "neet": ("final", (("", 6.3, "%"),), "2011/12"),
    "breastfeeding_6_8_weeks": ("final", (("", 46.9, "%"),), "2011/12"),
    "under18_conceptions": ("final", (("", 30.7, ""),), "2011"),
    "children_low_income": ("final", (("", 20.6, "%"),), "2010"),
}
CHANGES = [  # the seven changes, each with the indicators it touches: the two gaps change as one
    ["needs_met"],
    ["mash_outcome"],
    ["first_time_entrants"],
    ["school_absence"],
    ["fsm_attainment_gap", "fsm_gap_age_11", "fsm_gap_age_16"],
    ["neet"],
    ["breastfeeding_6_8_weeks"],
]
STATED_DIRECTIONS = {  # of indicators of the children's plan alone, from its sections 3.1 to 3.5
    "initial_assessments_timely": "increase",
    "core_assessments_timely": "increase",
    "rereferrals": "reduce",
    "child_protection_2_years": "reduce",
    "child_protection_repeat": "reduce",
    "quality_audits_adequate": "increase",
    "adoption_within_21_months": "increase",
    "looked_after_3_placements": "reduce",
    "social_care_contacts": "none",
    "childrens_centre_reach": "increase",
    "eyfs_good_development": "none",
    "fsm_gap_age_11": "reduce",
    "gcse_5_ac_english_maths": "increase",
    "fsm_gap_age_16": "reduce",
    "participation_16_18": "increase",
    "neet_destination_unknown": "none",
    "level_3_by_19": "increase",
    "ehc_plans": "increase",
    "smoking_at_delivery": "reduce",
    "breastfeeding_initiation": "increase",
    "injury_admissions_0_14": "reduce",
    "excess_weight_reception": "reduce",
    "excess_weight_year6": "reduce",
    "emotional_wellbeing": "none",
}
CONTEXT_IDS = [
    "under16_conceptions",
    "children_relative_low_income",
    "children_relative_low_income_percent",
    "children_in_need",
    "looked_after_children",
    "referrals_rate",
    "neet_16_17",
    "neet_or_not_known_16_17",
    "eyfs_good_development_fsm",
    "eyfs_good_development_not_fsm",
    "ks2_expected_fsm",
    "ks2_expected_not_fsm",
    "ks2_expected_disadvantaged",
    "ks2_expected_not_disadvantaged",
    "gcse_5_ac_fsm",
    "gcse_5_ac_not_fsm",
    "attainment8_fsm",
    "attainment8_not_fsm",
    "attainment8_disadvantaged",
    "attainment8_not_disadvantaged",
    "children_long_term_illness",
    "disability_living_allowance_0_17",
    "imd_average_score",
    "idaci_average_score",
    "population_0_17",
    "imd_score",
    "imd_rank",
    "imd_decile",
    "idaci_score",
    "idaci_rank",
    "idaci_decile",
    "population",
    "mash_enquiries",
    "early_help_episodes",
    "mash_repeats",
    "mash_within_1_day",
    "mash_within_3_days",
    "early_help_closed",
    "early_help_open",
    "early_help_open_26_weeks",
    "early_help_stepped_up",
    "early_help_stepped_down",
    "early_help_returns",
    "early_help_level_changes",
    "early_help_weeks",
    "quality_audits",
    "audits_adequate",
    "early_help_assessments",
    "social_care_referrals",
    "referrals_no_action",
]


def _plain(text: str) -> str:
    """Text of a plan without marks of emphasis and with single spaces."""
    return " ".join(re.sub(r"</?i>|\*", "", text).split())


def _said(value: PlanValue) -> tuple:
    return value.status, value.values, value.period.label if value.period else None  # noqa: PD011


# ------------------------------------------------------------------ the catalogue and the plans


def test_section_4_is_in_the_catalogue_row_by_row():
    found = [
        (each.priority, each.id, each.plan_name, tuple(sorted(set(each.sets) & set(BOTH))))
        for each in indicators_in(CATALOGUE, "cypf_plan")
    ]
    assert found == SECTION_4


@needs_plans
def test_rows_typed_here_are_those_of_section_4():
    lines = CHILDREN.read_text(encoding="utf-8").splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("Priority\tOutcome"))
    printed, priority = [], ""
    for line in lines[header + 1 : lines.index("", header)]:
        cells = [*line.split("\t"), ""]
        priority = cells[0] or priority
        ticks = {"hwb_framework": cells[2], "early_help_report": cells[3]}
        reported = tuple(sorted(key for key, tick in ticks.items() if tick == "\u2713"))
        printed.append((priority, _plain(cells[1]), reported))
    assert printed == [(row[0], _plain(row[2]), row[3]) for row in SECTION_4]


def test_impact_measures_are_in_the_catalogue_row_by_row():
    measures = indicators_in(CATALOGUE, "early_help_plan")
    marks = {"quarterly": QUARTERLY, "annual": ANNUAL}
    found = [
        (each.id, each.impact_name, marks[each.frequency], each.target.capitalize())
        for each in measures
    ]
    assert found == [row[:4] for row in IMPACT_MEASURES]
    values = [(each.baseline.printed, each.national.printed) for each in measures]
    assert values == [row[4:] for row in IMPACT_MEASURES]
    assert [each.impact_number for each in measures] == list(range(1, 11))


@needs_plans
def test_rows_typed_here_are_those_of_the_early_help_plan():
    text = EARLY_HELP.read_text(encoding="utf-8")
    table = text.split("Indicator\tTarget\tBaseline\tNational Average\n")[1].split("*Denotes")[0]
    rows = [line.split("\t") for line in table.splitlines() if line]
    # The printed table breaks in the name of the conceptions measure; the text repeats its tail.
    broken = next(i for i, row in enumerate(rows) if row[0].startswith("aged 15"))
    tail = rows.pop(broken)[0]
    name = rows[broken - 1][0]
    rows[broken - 1][0] = f"{name.removesuffix(')')} {tail}"
    printed = [
        (_plain(row[0]), ANNUAL if ANNUAL in row[0] else QUARTERLY, *map(str.strip, row[1:]))
        for row in rows
    ]
    assert printed == [(_plain(row[1]), *row[2:]) for row in IMPACT_MEASURES]


def test_printed_baselines_say_status_numbers_and_period():
    measures = indicators_in(CATALOGUE, "early_help_plan")
    assert {each.id: _said(each.baseline) for each in measures} == BASELINES
    assert {each.id: _said(each.national) for each in measures} == NATIONALS


def test_sets_have_the_sizes_the_plans_print():
    sizes = {name: len(indicators_in(CATALOGUE, name)) for name in SETS}
    assert sizes == {
        "early_help_plan": 10,
        "early_help_report": 12,
        "hwb_framework": 7,
        "cypf_plan": 33,
    }
    assert [each.id for each in CATALOGUE.values() if each.promised] == ["emotional_wellbeing"]


def test_health_and_wellbeing_ticks_are_these_seven():
    assert {each.id for each in indicators_in(CATALOGUE, "hwb_framework")} == {
        "first_time_entrants",
        "children_low_income",
        "fsm_gap_age_11",
        "breastfeeding_6_8_weeks",
        "excess_weight_reception",
        "excess_weight_year6",
        "under18_conceptions",
    }


def test_every_other_indicator_is_context():
    context = [each.id for each in CATALOGUE.values() if not each.sets]
    assert context == CONTEXT_IDS
    assert {CATALOGUE[key].priority for key in context} == {CONTEXT}
    assert len(CATALOGUE) == 10 + 24 + len(CONTEXT_IDS)


def test_plan_values_are_empty_where_the_plan_prints_none():
    others = [each for each in CATALOGUE.values() if "early_help_plan" not in each.sets]
    assert {each.baseline for each in others} == {PlanValue("", "none", (), None)}
    assert {each.national for each in others} == {PlanValue("", "none", (), None)}


def test_directions_of_the_childrens_plan_are_those_its_text_states():
    alone = [
        each for each in indicators_in(CATALOGUE, "cypf_plan") if "early_help_plan" not in each.sets
    ]
    assert {each.id: each.target for each in alone} == STATED_DIRECTIONS
    assert all(each.plan_text for each in alone if each.target != "none")


@needs_plans
@pytest.mark.parametrize("key", [each.id for each in CATALOGUE.values() if each.plan_text])
def test_plan_text_is_in_the_section_it_names(key):
    section, quoted = CATALOGUE[key].plan_text.split(": ", 1)
    text = CHILDREN.read_text(encoding="utf-8")
    found = re.search(rf"\n{re.escape(section)} [A-Z].*?(?=\n3\.\d [A-Z]|\n4 How we)", text, re.S)
    assert _plain(quoted) in _plain(found[0])


def test_no_definition_is_of_one_county():
    for each in CATALOGUE.values():
        said = [each.name, each.unit, each.numerator, each.denominator, each.source, each.caveat]
        said += [version.reason for version in each.versions]
        assert not any(re.search("nott(s|ingham)|ashfield", text, re.I) for text in said), each.id


# ------------------------------------------------------------------------------ definitions


def test_seven_definitions_changed():
    changed = [key for key, each in CATALOGUE.items() if len(each.versions) > 1 and each.sets]
    assert sorted(changed) == sorted(key for change in CHANGES for key in change)
    of_the_ten = indicators_in(CATALOGUE, "early_help_plan")
    assert [each.id for each in of_the_ten if each.id in changed] == [keys[0] for keys in CHANGES]


@pytest.mark.parametrize("key", [key for change in CHANGES for key in change])
def test_second_version_starts_with_the_first_period_after_1_april_2014(key):
    indicator = CATALOGUE[key]
    first, second = indicator.versions
    assert first.plan == "Early Help Development Plan 2013-16"
    assert second.plan == "Children, Young People and Families Plan 2014-16"
    wanted = {
        "financial_quarter": date(2014, 4, 1),
        "financial_year": date(2014, 4, 1),
        "academic_year": date(2014, 9, 1),
        "calendar_year": date(2015, 1, 1),
    }
    assert second.start == wanted[indicator.calendar]
    assert first.start.year in (2011, 2012)
    assert "1 April 2014" in second.reason
    assert len({first.name, second.name, indicator.name}) == 3


@pytest.mark.parametrize("key", [key for change in CHANGES for key in change])
def test_indicator_of_a_changed_measure_is_as_the_earlier_plan_has_it(key):
    indicator = CATALOGUE[key]
    for field in set(DEFINITION) - {"name", "short_name"}:
        assert getattr(indicator, field) == getattr(indicator.versions[0], field)


def test_mash_outcome_turns_round():
    first, second = CATALOGUE["mash_outcome"].versions
    assert (first.polarity, first.target) == ("low_is_good", "reduce")
    assert (second.polarity, second.target) == ("high_is_good", "increase")
    assert "no further action" in first.numerator
    assert "action by Children's Social Care or Early Help Services" in second.numerator


def test_first_time_entrants_turn_from_a_number_into_a_rate():
    first, second = CATALOGUE["first_time_entrants"].versions
    assert (first.method, first.multiplier, first.denominator) == ("count", 1, "")
    assert (second.method, second.multiplier) == ("rate", 100_000)
    assert second.unit == "per 100,000 young people aged 10 to 17"


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("school_absence", "authorised and unauthorised", "without authorisation"),
        ("neet", "academic years 12 to 14", "aged 16 to 18"),
        ("fsm_gap_age_11", "at the time", "during the past six years"),
        ("fsm_gap_age_16", "at the time", "during the past six years"),
        ("needs_met", "CAF process", "early help episode"),
        ("breastfeeding_6_8_weeks", "Primary Care Trust", "mixed feeding"),
    ],
)
def test_numerators_say_what_changed(key, before, after):
    first, second = CATALOGUE[key].versions
    assert before in first.numerator
    assert before not in second.numerator
    assert after in second.numerator
    assert after not in first.numerator


def test_version_at_changes_on_the_day_it_starts():
    mash = CATALOGUE["mash_outcome"]
    assert mash.version_at(date(2014, 3, 31)) is mash.versions[0]
    assert mash.version_at(date(2014, 4, 1)) is mash.versions[1]
    assert mash.version_at(date(1998, 1, 1)) is mash.versions[0]
    assert mash.version_at(date(2030, 1, 1)) is mash.versions[1]


def test_break_between_names_the_later_definition_whichever_period_comes_first():
    mash = CATALOGUE["mash_outcome"]
    before, after = date(2014, 1, 1), date(2014, 4, 1)
    assert mash.break_between(before, after) is mash.versions[1]
    assert mash.break_between(after, before) is mash.versions[1]
    assert mash.break_between(before, date(2013, 4, 1)) is None
    assert mash.break_between(after, date(2015, 1, 1)) is None


@given(st.dates(), st.dates())
def test_nothing_breaks_where_nothing_changed(first, second):
    assert CATALOGUE["under18_conceptions"].break_between(first, second) is None


@given(st.dates(), st.dates(), st.sampled_from([key for change in CHANGES for key in change]))
def test_break_is_where_the_versions_differ(first, second, key):
    indicator = CATALOGUE[key]
    same = indicator.version_at(first) == indicator.version_at(second)
    assert (indicator.break_between(first, second) is None) == same


def test_at_gives_the_indicator_as_defined_then():
    mash = CATALOGUE["mash_outcome"]
    then = mash.at(date(2014, 4, 1))
    assert (then.name, then.polarity) == (mash.versions[1].name, "high_is_good")
    assert (then.id, then.baseline, then.versions) == (mash.id, mash.baseline, mash.versions)
    assert mash.at(date(2014, 1, 1)).polarity == "low_is_good"
    rate = CATALOGUE["first_time_entrants"].at(date(2016, 1, 1))
    assert (rate.unit_short, rate.method) == ("per 100,000", "rate")


def test_version_holds_every_key_a_definition_may_change():
    assert {each.name for each in fields(Version)} == {*DEFINITION, "start", "plan", "reason"}


# ------------------------------------------------------------------------- printed values


@pytest.mark.parametrize(
    ("printed", "calendar", "said"),
    [
        ("48.4 (2012/13)", "financial_year", ("final", (("", 48.4, ""),), "2012/13")),
        ("2.5% (p) (2012/13)", "financial_year", ("provisional", (("", 2.5, "%"),), "2012/13")),
        ("tbc", "financial_year", ("tbc", (), None)),
        ("", "financial_year", ("none", (), None)),
        ("N/A", "financial_year", ("not_applicable", (), None)),
        ("-", "financial_year", ("not_applicable", (), None)),
        ("7", "calendar_year", ("final", (("", 7.0, ""),), None)),
        (
            "KS2: 22.0%\nKS4: tbc (2011/2012)",
            "academic_year",
            ("tbc", (("KS2", 22.0, "%"),), "2011/12"),
        ),
    ],
)
def test_printed_value_gives_status_numbers_and_period(printed, calendar, said):
    value = parse_plan_value(printed, calendar)
    assert _said(value) == said
    assert value.printed == printed


@pytest.mark.parametrize("printed", ["n/k", "about a third", "5,0%", "31.9 (2011) or so", "(2011)"])
def test_text_that_is_no_plan_value_is_refused(printed):
    with pytest.raises(ValueError, match="expected a number, tbc, N/A or - as printed"):
        parse_plan_value(printed, "calendar_year")


def test_period_of_another_calendar_is_refused():
    with pytest.raises(ValueError, match="period is '2012/13'; expected a year such as 2011"):
        parse_plan_value("31.9 (2012/13)", "calendar_year")


# ------------------------------------------------------------------- table, breaks and figures


def test_frame_has_one_text_row_per_indicator():
    frame = catalogue_frame(CATALOGUE)
    assert list(frame["id"]) == list(CATALOGUE)
    wanted = ["id", "name", "short_name", "priority", "unit", "polarity", "frequency", "target"]
    wanted += ["baseline", "baseline_status", "national", "national_status", "flags"]
    assert list(frame.columns[:13]) == wanted
    assert {"numerator", "denominator", "source", "plan_name"} <= set(frame.columns)
    assert (frame.dtypes == "str").all()
    assert not frame.isna().any(axis=None)


def test_frame_flags_name_sets_context_changes_and_the_promise():
    flags = catalogue_frame(CATALOGUE).set_index("id")["flags"]
    assert flags["emotional_wellbeing"] == "cypf_plan;promised"
    assert flags["under16_conceptions"] == "context"
    assert flags["neet"] == "early_help_plan;early_help_report;cypf_plan;changed_definition"
    of_the_plans = flags[~flags.str.contains("context")]
    assert of_the_plans.str.contains("changed_definition").sum() == sum(map(len, CHANGES))


def test_frame_shows_values_as_printed():
    frame = catalogue_frame(CATALOGUE).set_index("id")
    row = frame.loc["neet", ["baseline", "baseline_status", "national", "national_status"]]
    assert list(row) == ["2.5%(p) (2012/13)", "provisional", "6.3% (2011/12)", "final"]


def test_numbers_of_the_catalogue_are_floats():
    for each in CATALOGUE.values():
        assert all(isinstance(version.multiplier, float) for version in each.versions)
        assert isinstance(each.multiplier, float)


def test_unknown_set_is_refused():
    with pytest.raises(ValueError, match="set is 'hwb'; expected one of early_help_plan"):
        indicators_in(CATALOGUE, "hwb")


def _published() -> pd.DataFrame:
    files = sorted(PUBLISHED.glob("*.csv"))
    return pd.concat([pd.read_csv(file, dtype={"period": "str"}) for file in files])


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no published figures yet")
def test_published_figures_are_in_the_catalogue_with_periods_of_its_calendars():
    figures = _published()[["indicator_id", "period"]].drop_duplicates()
    for row in figures.itertuples():
        assert parse_period(row.period, CATALOGUE[row.indicator_id].calendar).label == row.period


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no published figures yet")
def test_map_breaks_hold_for_the_published_district_figures_of_all_years():
    figures = _published().query("area_type == 'district'")
    shares = figures["numerator"] / figures["denominator"] * 100
    figures = figures.assign(value=figures["value"].fillna(shares))
    seen = 0
    for key, rows in figures.groupby("indicator_id"):
        indicator = CATALOGUE[key]
        assert bool(indicator.breaks) == (indicator.method != "count"), key
        if indicator.breaks:
            breaks = [float("-inf"), *indicator.breaks, float("inf")]
            classes = pd.cut(rows["value"], breaks, labels=False, right=False)
            assert classes.nunique() >= 4, key
            assert classes.value_counts(normalize=True).max() < 0.6, key
            seen += 1
    assert seen >= 7


# ------------------------------------------------------------------------------- refusals

GOOD = """
[[indicator]]
id = "under18"
name = "Under 18 conceptions"
short_name = "Under 18"
priority = "Context"
unit = "per 1,000 females aged 15 to 17"
unit_short = "per 1,000"
multiplier = 1000
decimals = 1
method = "rate"
numerator = "Conceptions"
denominator = "Females"
calendar = "financial_year"
frequency = "annual"
polarity = "low_is_good"
target = "reduce"
source = "ONS"
data_class = "published"
breaks = [10, 20, 30, 40]
sets = ["cypf_plan"]
parts = ["absence"]

[[indicator.version]]
from = "2011/12"
plan = "one plan"
reason = "because"

[[indicator.version]]
from = "2014/15"
plan = "another plan"
reason = "because"
polarity = "high_is_good"
target = "increase"

[[indicator]]
id = "absence"
name = "Absence"
short_name = "Absence"
priority = "Context"
unit = "% of sessions"
unit_short = "%"
multiplier = 100
decimals = 1
method = "proportion"
numerator = "Sessions missed"
denominator = "Sessions"
calendar = "academic_year"
frequency = "annual"
polarity = "low_is_good"
target = "none"
source = "DfE"
data_class = "published"

[[impact_measure]]
indicator = "under18"
printed_name = "Under 18"
baseline = "31.9 (2011/12)"
national = "N/A"
"""
FAULTS = {
    "unknown polarity": (
        'polarity = "low_is_good"',
        'polarity = "low"',
        "indicator under18: polarity is 'low'; "
        "expected one of high_is_good, low_is_good, no_judgement",
    ),
    "unknown method": ('"rate"', '"ratio"', "method is 'ratio'; expected one of proportion"),
    "unknown calendar": ('"academic_year"', '"school"', "absence: calendar is 'school'"),
    "unknown frequency": ('"annual"', '"yearly"', "frequency is 'yearly'; expected one of quart"),
    "unknown target": ('target = "reduce"', 'target = "fall"', "target is 'fall'; expected one of"),
    "unknown data class": ('"published"', '"open"', "data_class is 'open'; expected one of publ"),
    "unknown priority": ('"Context"', '"Other"', "under18: priority is 'Other'; expected one of"),
    "unknown set": ('"cypf_plan"', '"cyp_plan"', r"sets is \['cyp_plan'\]; expected a list of ear"),
    "unknown key": (
        'source = "ONS"',
        'source = "ONS"\nsourec = "ONS"',
        "indicator under18: sourec is not a key here; expected one of name, short_name",
    ),
    "unknown key of a version": (
        'reason = "because"',
        'reason = "because"\nuntil = "2013/14"',
        "indicator under18 version 1: until is not a key here; expected one of from, plan, reason",
    ),
    "unknown table": ("[[impact_measure]]", "[[impact]]", "top of the file: impact is not a key"),
    "missing key": ('source = "ONS"\n', "", "indicator under18: source is missing; expected text"),
    "missing key of a version": (
        'plan = "another plan"\n',
        "",
        "indicator under18 version 2: plan is missing; expected text",
    ),
    "missing id": (
        'id = "absence"\n',
        "",
        r"\[\[indicator\]\] number 2: id is missing; expected an id",
    ),
    "missing baseline": (
        'baseline = "31.9 (2011/12)"\n',
        "",
        r"\[\[impact_measure\]\] number 1 \(under18\): baseline is missing",
    ),
    "id with a space": ('id = "absence"', 'id = "Absence 1"', "id is 'Absence 1'; expected an id"),
    "duplicate id": (
        'id = "absence"',
        'id = "under18"',
        r"indicator under18: id of number 2 is that of \[\[indicator\]\] number 1; expected its",
    ),
    "empty text": ('numerator = "Conceptions"', 'numerator = " "', "numerator is ' '; expected"),
    "long short name": (
        'short_name = "Under 18"',
        f'short_name = "{"x" * 41}"',
        "short_name is 'x+'; expected text of up to 40",
    ),
    "number as text": ("= 1000\n", '= "1000"\n', "multiplier is '1000'; expected a number above 0"),
    "truth for a number": ("= 1000\n", "= true\n", "multiplier is True; expected a number above 0"),
    "decimals": ("decimals = 1", "decimals = 1.5", "decimals is 1.5; expected a whole number"),
    "promised": ('data_class = "published"', 'data_class = "published"\npromised = 1', "promised"),
    "falling breaks": (
        "[10, 20, 30, 40]",
        "[10, 20, 40, 30]",
        r"breaks is \[10, 20, 40, 30\]; expected 4 rising numbers, or none",
    ),
    "equal breaks": ("[10, 20, 30, 40]", "[10, 20, 20, 40]", "expected 4 rising numbers, or none"),
    "too few breaks": ("[10, 20, 30, 40]", "[10, 20]", "expected 4 rising numbers, or none"),
    "unknown part": (
        'parts = ["absence"]',
        'parts = ["absense"]',
        "under18: parts holds 'absense'; expected the id of another indicator",
    ),
    "part of itself": ('parts = ["absence"]', 'parts = ["under18"]', "parts holds 'under18'"),
    "version period": (
        'from = "2014/15"',
        'from = "2014"',
        "indicator under18 version 2: from: period is '2014'; expected two years in a row",
    ),
    "version order": (
        'from = "2014/15"',
        'from = "2010/11"',
        "version 2: from is '2010/11'; expected a period after the last one",
    ),
    "version repeated": ('from = "2014/15"', 'from = "2011/12"', "version 2: from is '2011/12'"),
    "percentage not by 100": (
        "multiplier = 100\n",
        "multiplier = 1\n",
        "indicator absence: multiplier is 1; expected 100 with method proportion",
    ),
    "percentage without sign": ('"% of sessions"', '"sessions"', "unit is 'sessions'; expected %"),
    "percentage with a longer sign": ('"%"', '"% pts"', "unit_short is '% pts'; expected % with"),
    "rate of another multiplier": (
        "multiplier = 1000\n",
        "multiplier = 10000\n",
        "under18: unit is 'per 1,000 females aged 15 to 17'; expected per 10,000 ... with method",
    ),
    "short unit of a rate": ('"per 1,000"', '"per 10,000"', "unit_short is 'per 10,000'; expected"),
    "rate without denominator": (
        'denominator = "Females"\n',
        "",
        "denominator is ''; expected words for what it is divided by with method rate",
    ),
    "count with denominator": (
        'method = "rate"',
        'method = "count"',
        "denominator is 'Females'; expected \"\" with method count",
    ),
    "version with another method": (
        'target = "increase"\n',
        'target = "increase"\nmethod = "proportion"\n',
        "under18 version 2: multiplier is 1000; expected 100 with method proportion",
    ),
    "target against polarity": (
        'target = "reduce"',
        'target = "increase"',
        "under18: target is 'increase'; expected one that goes with polarity low_is_good",
    ),
    "target of a version against its polarity": (
        'target = "increase"\n',
        "",
        "under18 version 2: target is 'reduce'; expected one that goes with polarity high",
    ),
    "baseline period": (
        '"31.9 (2011/12)"',
        '"31.9 (2011)"',
        r"\[\[impact_measure\]\] number 1 \(under18\): baseline: period is '2011'; expected two y",
    ),
    "baseline text": ('"31.9 (2011/12)"', '"some"', "baseline: value is 'some'; expected a number"),
    "national text": ('"N/A"', '"none"', "national: value is 'none'; expected a number, tbc, N/A"),
    "calendar of a baseline": (
        'printed_name = "Under 18"',
        'printed_name = "Under 18"\ncalendar = "years"',
        "calendar is 'years'; expected one of calendar_year",
    ),
    "measure of an unknown indicator": (
        'indicator = "under18"',
        'indicator = "under81"',
        r"number 1 \(under81\): indicator is 'under81'; expected an id of this file, once",
    ),
    "list that is not of tables": (
        GOOD[GOOD.index("[[impact_measure]]") :],
        "",
        "top of the file: impact_measure is 1; expected a list of tables",
    ),
}


def _read(folder: Path, text: str) -> dict:
    path = folder / "indicators.toml"
    path.write_text(text, encoding="utf-8")
    return read_indicators(path)


def test_right_catalogue_is_read(tmp_path):
    indicators = _read(tmp_path, GOOD)
    assert list(indicators) == ["under18", "absence"]
    assert [each.polarity for each in indicators["under18"].versions] == [
        "low_is_good",
        "high_is_good",
    ]
    assert indicators["absence"].versions[0].start == date.min


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_entry_is_refused_with_file_table_and_key(tmp_path, fault):
    old, new, message = FAULTS[fault]
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    if fault == "list that is not of tables":
        text = f"impact_measure = 1\n{text}"
    with pytest.raises(CatalogueError, match=message) as refusal:
        _read(tmp_path, text)
    assert all(line.startswith("indicators.toml, ") for line in str(refusal.value).splitlines())


def test_measure_given_twice_is_refused(tmp_path):
    measure = GOOD[GOOD.index("[[impact_measure]]") :]
    with pytest.raises(CatalogueError, match=r"number 2 \(under18\): indicator is 'under18'; exp"):
        _read(tmp_path, GOOD + measure)


def test_all_faults_come_at_once_five_of_them_listed(tmp_path):
    text = GOOD.replace("decimals = 1", "decimals = -1").replace('"annual"', '"yearly"')
    text = text.replace('"published"', '"open"').replace('"31.9', '"about 31.9 or')
    with pytest.raises(CatalogueError) as refusal:
        _read(tmp_path, text)
    lines = str(refusal.value).splitlines()
    assert len(lines) == 6
    assert lines[5] == "and 2 more"


def test_five_faults_are_all_listed(tmp_path):
    text = GOOD.replace("decimals = 1", "decimals = -1").replace('"annual"', '"yearly"')
    with pytest.raises(CatalogueError) as refusal:
        _read(tmp_path, text.replace('"N/A"', '"none"'))
    assert len(str(refusal.value).splitlines()) == 5
    assert "more" not in str(refusal.value)


def test_file_that_is_not_toml_is_refused_with_its_line(tmp_path):
    with pytest.raises(CatalogueError, match=r"indicators.toml: .*line 3.*expected TOML in UTF-8"):
        _read(tmp_path, '[[indicator]]\nid = "a"\nname = \n')


def test_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "indicators.toml"
    path.write_bytes('id = "caf\xe9"'.encode("cp1252"))
    with pytest.raises(CatalogueError, match=r"indicators.toml: .*expected TOML in UTF-8"):
        read_indicators(path)


def test_mark_that_windows_editors_put_first_is_no_fault(tmp_path):
    path = tmp_path / "indicators.toml"
    shutil.copy(PATH, path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_indicators(path) == CATALOGUE


def test_another_county_can_empty_the_plan_values(tmp_path):
    text = PATH.read_text(encoding="utf-8")
    deleted = _read(tmp_path, text[: text.index("\n[[impact_measure]]")])
    emptied = _read(tmp_path, re.sub(r'(?m)^(baseline|national) = ".*"$', r'\1 = ""', text))
    for indicators in (deleted, emptied):
        assert list(indicators) == list(CATALOGUE)
        assert {each.baseline.status for each in indicators.values()} == {"none"}
        assert {each.national.status for each in indicators.values()} == {"none"}


def test_an_indicator_says_whom_it_counts_as_its_published_figures_do():
    published = Path(__file__).resolve().parents[1] / "data" / "raw" / "published"
    tables = [pd.read_csv(path, dtype="str") for path in sorted(published.glob("*.csv"))]
    figures = pd.concat(tables).drop_duplicates(["indicator_id", "sex", "age"])
    whole = figures[figures["category_type"].isna()]
    said = {row.indicator_id: (row.sex, row.age) for row in whole.itertuples()}
    assert len(said) > 15
    assert {key: (CATALOGUE[key].sex, CATALOGUE[key].age) for key in said} == said
