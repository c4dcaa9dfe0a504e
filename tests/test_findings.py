"""Findings of each page, in the order in which a Board member reads them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.show import findings
from ehlib.show.findings import (
    FEW,
    NO_LIMITS,
    NUMBERS,
    POPULATIONS,
    PROVISIONAL,
    SOME_LIMITS,
)
from ehlib.show.summary import lacking
from ehlib.show.summary.lacking import EDITIONS, HIDDEN

NAN = np.nan
AREAS = read_areas()
COUNTY = AREAS.county.code
INDICATORS = read_indicators()
RATE = replace(INDICATORS["under18_conceptions"], name="Rate", unit="per 1,000 girls")
SHARE = replace(RATE, unit="% of children", unit_short="%", method="proportion")
NUMBER = replace(RATE, unit="children", unit_short="children", method="count", decimals=0)
SCORE = replace(RATE, unit="average score", unit_short="score", method="value", calendar="release")


def years(name, kind, values, *, code=None, limits=2.0, benchmark=NAN, notes=""):
    """One area's years from 2012 on, with limits so far either side."""
    starts = pd.date_range("2012-01-01", periods=len(values), freq="YS")
    value = np.array(values, dtype="float64")
    return pd.DataFrame(
        {
            "area_code": code or name,
            "area_name": name,
            "area_type": kind,
            "period": starts.year.astype("str"),
            "period_start": starts,
            "period_end": starts + pd.offsets.YearEnd(0),
            "numerator": NAN,
            "denominator": NAN,
            "value": value,
            "lower_ci": value - limits,
            "upper_ci": value + limits,
            "definition": "a",
            "benchmark_name": "England",
            "benchmark_value": benchmark,
            "value_note": notes,
        }
    )


@pytest.fixture
def measures():
    return pd.concat(
        [
            years("Ashfield", "district", [37, 28], benchmark=24),
            years("Rushcliffe", "district", [18, 12], benchmark=24),
            years("Nottinghamshire", "county", [29, 24], code=COUNTY, benchmark=24),
            years("England", "england", [27, 24]),
        ],
        ignore_index=True,
    )


def last(measures):
    return measures[measures["period"] == measures["period"].max()]


def enquiries(numerators, *, notes="synthetic;derived"):
    """The county's quarters from April 2012 on."""
    starts = pd.date_range("2012-04-01", periods=len(numerators), freq="QS")
    labels = [
        f"{2012 + place // 4}/{13 + place // 4}-Q{place % 4 + 1}" for place in range(len(starts))
    ]
    frame = years("Kent", "county", [*np.array(numerators, dtype="float64") / 10], code=COUNTY)
    return frame.assign(
        numerator=np.array(numerators, dtype="float64"),
        period=labels,
        period_start=starts,
        value_note=notes,
    )


def outcome(value, *, start="2013-10-01", limits=2.0, benchmark=NAN):
    frame = years("Kent", "district", [value], limits=limits, benchmark=benchmark, code="K")
    return frame.assign(period_start=pd.Timestamp(start), benchmark_name="Nottinghamshire")


def test_context_says_area_period_benchmark_measure_and_cut_off(measures):
    assert findings.context(last(measures), RATE, AREAS, "2013/14-Q3") == (
        "Nottinghamshire, 2013, compared with England: rate per 1,000 girls. Periods that ended "
        "after 31 December 2013 are left out."
    )


def test_context_names_no_benchmark_that_is_not_there(measures):
    alone = last(measures).assign(benchmark_value=NAN)
    said = findings.context(alone, NUMBER, AREAS, "2013-14-Q4")
    assert said.startswith(
        "Nottinghamshire, 2013: number of children. Periods that ended after 31 March"
    )


def test_indicator_findings_begin_with_the_districts(measures):
    assert findings.indicator_findings(measures, last(measures), RATE, AREAS) == [
        "Ashfield had the highest rate in 2013 (28.0 per 1,000 girls) and Rushcliffe the lowest "
        "(12.0).",
        "The rate was higher than England's (24.0 per 1,000) in Ashfield, and lower in Rushcliffe.",
        "Nottinghamshire's rate in 2013 was 24.0 per 1,000 girls (95% limits 22.0 to 26.0), not "
        "clearly different from England's (24.0 per 1,000).",
        "Nottinghamshire's rate fell from 29.0 per 1,000 in 2012 to 24.0 per 1,000 in 2013.",
    ]


def test_districts_moves_are_told_where_the_county_has_none(measures):
    districts = measures[measures["area_type"] == "district"]
    said = findings.indicator_findings(districts, last(districts), RATE, AREAS)
    assert "From 2012 to 2013, the rate fell in Ashfield and Rushcliffe." in said
    only = last(districts)
    assert findings.indicator_findings(only, only, RATE, AREAS)[2:] == [
        "A figure is held for 2013 alone, so no change can be shown.",
        "Neither England's nor Nottinghamshire's figure for 2013 is held, so the districts are set "
        "beside one another alone.",
    ]


def test_moves_are_told_only_since_the_definition_changed():
    districts = years("Ashfield", "district", [90, 30, 20])
    changed = districts.assign(definition=["a", "b", "b"])
    said = findings.indicator_findings(changed, last(changed), RATE, AREAS)
    assert "From 2013 to 2014, the rate fell in Ashfield." in said
    broken = districts.assign(definition=["a", "b", "c"])
    told = findings.indicator_findings(broken, last(broken), RATE, AREAS)
    assert "No earlier figure can be compared with the latest." in told
    assert not any(
        "From" in each for each in findings.indicator_findings(broken, last(broken), RATE, AREAS)
    )


def test_page_says_when_districts_were_last_known(measures):
    district = measures["area_type"] == "district"
    held = measures[~(district & (measures["period"] == "2013"))]
    said = findings.indicator_findings(held, last(held), RATE, AREAS)
    assert "The latest figures for districts are for 2012." in said
    assert said[0].startswith("Nottinghamshire's rate in 2013")


def test_page_of_the_county_alone_says_what_is_not_held(measures):
    county = last(measures)[2:3].assign(benchmark_value=NAN)
    assert findings.indicator_findings(county, county, RATE, AREAS) == [
        "Nottinghamshire's rate in 2013 was 24.0 per 1,000 girls (95% limits 22.0 to 26.0).",
        "A figure is held for 2013 alone, so no change can be shown.",
        "England's figure for 2013 is not held, so no place is compared with England.",
        "No figures for districts are held, so it cannot be said where in the county they are "
        "high or low.",
    ]
    number = findings.indicator_findings(county, county, NUMBER, AREAS)
    assert not any("England" in each for each in number)


def test_england_without_limits_or_county_is_named_by_its_figure(measures):
    bare = (
        last(measures)
        .assign(lower_ci=NAN, upper_ci=NAN)
        .replace({"area_code": {"England": "E92000001"}})
    )
    said = findings.indicator_findings(bare, bare.drop(index=bare.index[2]), RATE, AREAS)
    assert said[1] == "England's rate in 2013 was 24.0 per 1,000 girls."
    assert said[-1] == "Nottinghamshire's figure for 2013 is not held."


def test_england_that_is_not_reliable_is_not_called_missing(measures):
    unsure = last(measures).assign(benchmark_value=NAN)
    said = findings.indicator_findings(unsure, unsure, RATE, AREAS)
    assert said[-1] == "England's figure for 2013 is not reliable."


def test_hidden_districts_are_named_without_their_figures(measures):
    hidden = last(measures)
    hidden.loc[hidden["area_name"] == "Ashfield", ["value", "lower_ci", "upper_ci"]] = NAN
    small = hidden.assign(value_note=["suppressed", "", "", ""])
    said = findings.indicator_findings(measures, small, RATE, AREAS)
    told = "Hidden, since some of the numbers are so small that a child could be known: Ashfield."
    assert told in said
    assert "No figure is given for Ashfield." in findings.indicator_findings(
        measures, hidden, RATE, AREAS
    )
    assert lacking.without_figure(last(measures)) == ""


def test_five_findings_stand_on_a_page_and_cautions_go_before_deprivation(measures):
    wide = measures.assign(
        lower_ci=measures["lower_ci"].mask(measures["area_name"] == "Nottinghamshire")
    )
    said = findings.indicator_findings(wide, last(wide), RATE, AREAS, follows="The more deprived.")
    assert len(said) == 5
    assert said[4] == f"{SOME_LIMITS} Nottinghamshire."
    few = findings.indicator_findings(measures, last(measures), RATE, AREAS, follows="More.")
    assert few[4] == "More."


def test_no_finding_is_told_twice(measures):
    nothing = last(measures).assign(value=NAN, lower_ci=NAN)
    assert findings.indicator_findings(nothing, nothing, RATE, AREAS) == [HIDDEN]


def test_figures_are_listed_when_nothing_can_be_compared(measures):
    england = last(measures)[3:]
    listed = "Rate in 2013: England 24.0 per 1,000."
    assert findings.indicator_findings(england, england, RATE, AREAS)[0] == listed
    assert findings.compared(england, RATE, AREAS) == findings.mapped(england, RATE) == listed


def test_nothing_known_is_said_to_be_hidden(measures):
    hidden = last(measures).assign(value=NAN, lower_ci=NAN)
    assert findings.compared(hidden, RATE, AREAS) == findings.mapped(hidden, RATE) == HIDDEN


def test_map_findings_are_extremes_gap_and_benchmark(measures):
    said = findings.map_findings(last(measures), RATE)
    assert said[0].startswith("Ashfield had the highest rate")
    assert said[1] == (
        "The 2 districts differ by more than chance would explain (chi-squared 122.9 on 1 "
        "degree of freedom)."
    )
    assert said[2].startswith(
        "The gap between Ashfield and Rushcliffe was 16.0 per 1,000 (95% limits"
    )
    assert said[3].startswith("The rate was higher than England's")
    assert len(said) == 4


@pytest.mark.parametrize(
    ("indicator", "changes", "expected"),
    [
        (RATE, {}, []),
        (RATE, {"lower_ci": NAN}, [NO_LIMITS]),
        (SHARE, {"lower_ci": NAN}, [NO_LIMITS]),
        (SCORE, {"lower_ci": NAN}, []),
        (NUMBER, {"lower_ci": NAN}, [NUMBERS]),
        (RATE, {"lower_ci": [19, 9, NAN, NAN]}, [f"{SOME_LIMITS} Nottinghamshire."]),
        (RATE, {"value_note": ["provisional", "", "", ""]}, [PROVISIONAL]),
        (
            RATE,
            {"value_note": ["unreliable;derived", "", "", ""]},
            [f"{FEW} Ashfield."],
        ),
        (
            RATE,
            {"value_note": ["unreliable", "unreliable", "", ""]},
            [f"{FEW} Ashfield and Rushcliffe."],
        ),
    ],
)
def test_cautions_are_those_the_figures_need(measures, indicator, changes, expected):
    assert findings.cautions(last(measures).assign(**changes), indicator) == expected


def test_single_number_is_not_called_a_comparison(measures):
    assert findings.cautions(last(measures)[:1].assign(lower_ci=NAN), NUMBER) == []


def test_alt_of_trends_gives_the_county_and_every_direction(measures):
    assert findings.changed(measures, RATE, COUNTY) == (
        "Nottinghamshire's rate fell from 29.0 per 1,000 in 2012 to 24.0 per 1,000 in 2013. The "
        "rate fell in Ashfield, Rushcliffe and England."
    )


def test_alt_of_trends_does_without_the_county(measures):
    districts = measures[measures["area_type"] == "district"]
    assert findings.changed(districts, RATE, COUNTY) == "The rate fell in Ashfield and Rushcliffe."


def test_alt_of_trends_is_never_empty(measures):
    assert findings.changed(last(measures), RATE, COUNTY) == (
        "No two figures shown can be compared over time."
    )


def test_alt_of_trends_of_many_districts_stays_short():
    names = [f"Newark and Sherwood {place}" for place in range(12)]
    many = pd.concat(
        [years(name, "district", [20 + place, 20]) for place, name in enumerate(names)]
    )
    assert len(findings.changed(many, RATE, COUNTY)) < 600


@pytest.mark.parametrize(
    ("indicator", "change", "expected"),
    [
        (RATE, lambda frame: frame, ""),
        (RATE, last, "A figure is held for 2013 alone, so no change can be shown."),
        (
            RATE,
            lambda frame: frame.assign(value=[NAN, 1] * 4),
            "A figure is held for 2013 alone, so",
        ),
        (RATE, lambda frame: frame.assign(value=NAN), HIDDEN),
        (SCORE, lambda frame: frame, EDITIONS),
    ],
)
def test_page_says_why_no_change_is_shown(measures, indicator, change, expected):
    said = lacking.no_trend(change(measures), indicator)
    assert said.startswith(expected)
    assert bool(said) == bool(expected)


def test_awaited_page_names_the_first_period(measures):
    assert findings.awaited(measures[::-1], RATE, "2011/12-Q4") == [
        "There is no figure to report for January to March 2012: the first period held is 2012, "
        "which ended later."
    ]
    assert findings.awaited(measures.head(0), RATE, "2011/12-Q4") == [
        "There is no figure to report for January to March 2012: none is held for it or any "
        "earlier period."
    ]
    assert findings.awaited_context(AREAS, "2011/12-Q4") == (
        "Nottinghamshire. No figure held is for a period that ended by 31 March 2012."
    )


def test_mash_page_is_about_its_area():
    latest = enquiries([1]).assign(period="2013/14-Q3")
    assert findings.mash_context(latest, COUNTY, AREAS) == (
        "Nottinghamshire, October to December 2013. Counted from case records."
    )
    assert findings.mash_context(latest, "E07000176", AREAS) == (
        "Rushcliffe, October to December 2013, compared with Nottinghamshire. Counted from case "
        "records."
    )


@pytest.mark.parametrize(
    ("numerators", "expected"),
    [
        (
            [100, 1, 1, 1, 150],
            "Kent had 150 enquiries in April to June 2013, 50 more than in the same",
        ),
        (
            [1150, 1, 1, 1, 150],
            "Kent had 150 enquiries in April to June 2013, 1,000 fewer than in the",
        ),
        (
            [150, 1, 1, 1, 150],
            "Kent had 150 enquiries in April to June 2013, as many as in the same",
        ),
        ([2, 1, 1, 1, 1], "Kent had 1 enquiry in April to June 2013, 1 fewer than in the same"),
        ([1, 0], "Kent had no enquiries in July to September 2012."),
        ([NAN, 1, 1, 1, 150], "Kent had 150 enquiries in April to June 2013."),
        ([100, 1, 1, 1, NAN], "How many enquiries there were in April to June 2013 is hidden"),
    ],
)
def test_enquiries_are_compared_with_the_same_quarter_a_year_before(numerators, expected):
    own = enquiries(numerators)
    said = findings.mash_findings(own, outcome(26.9), COUNTY, INDICATORS)[0]
    assert said.startswith(expected)
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("acted", "expected"),
    [
        (
            outcome(26.9),
            "MASH enquiries with no further action to Children's Social Care were 26.9% of "
            "enquiries in Kent.",
        ),
        (
            outcome(36.4, benchmark=26.9),
            "MASH enquiries with no further action to Children's Social Care were 36.4% of "
            "enquiries in Kent, a percentage higher than Nottinghamshire's (26.9%).",
        ),
        (
            outcome(58.6, start="2014-10-01", benchmark=58.0),
            "MASH enquiries with appropriate action by social care or early help were 58.6% of "
            "enquiries in Kent, a percentage not clearly different from Nottinghamshire's (58.0%).",
        ),
        (
            outcome(NAN),
            "What came of the enquiries is hidden, since some of the numbers are small.",
        ),
    ],
)
def test_outcome_is_a_sentence_of_the_definition_in_force(acted, expected):
    assert findings.mash_findings(enquiries([100]), acted, "K", INDICATORS)[2] == expected


def test_mash_findings_give_the_rate():
    said = findings.mash_findings(enquiries([100]), outcome(26.9), COUNTY, INDICATORS)
    assert said[1] == "Kent's rate in April to June 2012 was 10.0 per 10,000 children aged 0 to 17."


def test_alt_of_outcomes_lists_the_latest_by_size_without_nothing():
    parts = pd.concat(
        [
            enquiries([10, 30]).assign(category="information and advice", value=[50, 20.4]),
            enquiries([10, 70]).assign(category="early help", value=[50, 79.6]),
            enquiries([0, 0]).assign(category="not recorded", value=[0, 0.0]),
        ]
    )
    assert findings.outcome_shares(parts) == (
        "Outcomes in July to September 2012: early help 80%, and information and advice 20%."
    )
    assert findings.outcome_shares(parts.assign(value=NAN)).startswith("The outcomes are hidden")


def test_derived_populations_are_said_in_words_once():
    assert findings.population_note(enquiries([1])) == POPULATIONS
    assert findings.population_note(enquiries([1], notes="synthetic")) == ""


def test_definition_in_force_is_that_of_the_latest_period():
    mash = INDICATORS["mash_outcome"]
    assert findings.in_force(mash, outcome(1)).polarity == "low_is_good"
    assert findings.in_force(mash, outcome(1, start="2014-04-01")).polarity == "high_is_good"
    assert findings.in_force(mash, outcome(1).head(0)) is mash
