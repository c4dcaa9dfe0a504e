"""Sentences: read as a person would, one case for every turn that a finding can take."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ehlib.load.indicators import read_indicators
from ehlib.show.figures.spread import gap
from ehlib.show.sentences import (
    against_benchmark,
    begin,
    beside,
    change,
    count_words,
    directions,
    extremes,
    label_words,
    list_words,
    noun,
    number,
    number_word,
    one_area,
    points,
    possessive,
    short_label,
    with_unit,
)

NAN = np.nan
ANY = read_indicators()["under18_conceptions"]
RATE = replace(
    ANY, unit="per 1,000 girls", unit_short="per 1,000", method="rate", calendar="calendar_year"
)
SHARE = replace(RATE, unit="% of children measured", unit_short="%", method="proportion")
NUMBER = replace(RATE, unit="children", unit_short="children", method="count", decimals=0)
SCORE = replace(RATE, unit="average score", unit_short="score", method="value", calendar="release")
POINTS = replace(RATE, unit="percentage points", unit_short="points", method="value")
QUARTERS = replace(RATE, calendar="financial_quarter")
SCHOOL = replace(SHARE, calendar="academic_year")
THREE = replace(RATE, calendar="three_calendar_years")
MIDYEAR = replace(NUMBER, calendar="mid_year")


def districts(*rows, benchmark=NAN, period="2011", kind="district"):
    """One row an area: name, value and, where known, its limits."""
    table = [(*row, NAN, NAN)[:4] for row in rows]
    frame = pd.DataFrame(table, columns=["area_name", "value", "lower_ci", "upper_ci"])
    return frame.astype({"value": "float64"}).assign(
        area_code=frame["area_name"],
        area_type=kind,
        period=period,
        benchmark_name="England",
        benchmark_value=benchmark,
        numerator=NAN,
        denominator=NAN,
    )


def county(*row, benchmark=NAN, period="2011"):
    return districts(row, benchmark=benchmark, period=period, kind="county")


def series(*rows, name="Ashfield", definitions=("0001-01-01",)):
    """One row a period: label, start, value and, where known, its limits."""
    table = [(*row, NAN, NAN)[:5] for row in rows]
    columns = ["period", "period_start", "value", "lower_ci", "upper_ci"]
    frame = pd.DataFrame(table, columns=columns)
    repeated = (list(definitions) * len(frame))[: len(frame)]
    return frame.assign(
        area_code=name,
        area_name=name,
        area_type="district",
        definition=repeated,
        period_start=pd.to_datetime(frame["period_start"]),
    )


YEARS = [("2010", "2010-01-01"), ("2011", "2011-01-01"), ("2012", "2012-01-01")]
FELL = series((*YEARS[0], 46.4, 40, 53), (*YEARS[1], 24.2, 20, 29))
SHAKY = series((*YEARS[0], 33.1, 25, 43), (*YEARS[1], 31.2, 23, 41), name="Mansfield")
LEVEL = series((*YEARS[0], 20.04), (*YEARS[1], 19.96), name="Newark and Sherwood")
ROSE = series((*YEARS[0], 20.0), (*YEARS[1], 30.0), name="Gedling")
QUARTERLY = series(
    ("2012/13-Q1", "2012-04-01", 10.0),
    ("2012/13-Q3", "2012-10-01", 20.0),
    ("2013/14-Q3", "2013-10-01", 30.0),
)

WORDS = {
    "one word": (lambda: list_words(["Ashfield"]), "Ashfield"),
    "two words": (lambda: list_words(["Ashfield", "Mansfield"]), "Ashfield and Mansfield"),
    "three words": (lambda: list_words(["A", "B", "C"]), "A, B and C"),
    "last name with and": (
        lambda: list_words(["Ashfield", "Newark and Sherwood"]),
        "Ashfield, and Newark and Sherwood",
    ),
    "name with and before the last": (
        lambda: list_words(["Ashfield", "Newark and Sherwood", "Rushcliffe"]),
        "Ashfield, Newark and Sherwood, and Rushcliffe",
    ),
    "name with and among the first": (
        lambda: list_words(["King's Lynn and West Norfolk", "Breckland", "Norwich"]),
        "King's Lynn and West Norfolk, Breckland and Norwich",
    ),
    "a name that only begins with And": (
        lambda: list_words(["Andover", "Bath"]),
        "Andover and Bath",
    ),
    "none counted": (lambda: count_words(0, "district"), "no districts"),
    "one counted": (lambda: count_words(1, "district"), "1 district"),
    "nine counted": (lambda: count_words(9, "measure"), "9 measures"),
    "ten counted": (lambda: count_words(10, "measure"), "10 measures"),
    "thousands counted": (lambda: number_word(1234), "1,234"),
    "begins with a capital": (lambda: begin("the MASH"), "The MASH"),
    "belongs": (lambda: possessive("England"), "England's"),
    "belongs to a name in s": (lambda: possessive("East Midlands"), "East Midlands'"),
    "number with thousands": (lambda: number(22830, 0), "22,830"),
    "number missing": (lambda: number(NAN), "[x]"),
    "number never minus zero": (lambda: number(-0.04), "0.0"),
    "number of a score": (lambda: number(0.1234, 3), "0.123"),
    "unit of a rate": (lambda: with_unit(35.94, RATE), "35.9 per 1,000"),
    "unit of a rate in full": (lambda: with_unit(35.94, RATE, full=True), "35.9 per 1,000 girls"),
    "unit of a percentage": (lambda: with_unit(21.4, SHARE), "21.4%"),
    "unit of a percentage in full": (
        lambda: with_unit(21.4, SHARE, full=True),
        "21.4% of children measured",
    ),
    "unit of a count": (lambda: with_unit(4866, NUMBER), "4,866 children"),
    "unit of a score": (lambda: with_unit(26.9, SCORE, full=True), "26.9"),
    "points of a percentage": (lambda: points(8.7, SHARE), "8.7 percentage points"),
    "one point": (lambda: points(1.2, replace(SHARE, decimals=0)), "1 percentage point"),
    "points of a rate": (lambda: points(8.7, RATE), "8.7 per 1,000"),
    "noun of a rate": (lambda: noun(RATE), "rate"),
    "noun of a percentage": (lambda: noun(SHARE), "percentage"),
    "noun of a count": (lambda: noun(NUMBER), "number"),
    "noun of a score": (lambda: noun(SCORE), "average score"),
    "noun of a gap": (lambda: noun(POINTS), "gap"),
    "noun of another value": (lambda: noun(replace(POINTS, unit_short="index")), "figure"),
    "quarter in words": (lambda: label_words("2013/14-Q3", QUARTERS), "October to December 2013"),
    "school year in words": (lambda: label_words("2012/13", SCHOOL), "the 2012/13 school year"),
    "three years in words": (lambda: label_words("2008 to 2010", THREE), "the years 2008 to 2010"),
    "edition in words": (lambda: label_words("2019", SCORE), "the 2019 edition"),
    "short quarter": (lambda: short_label("2013/14-Q3"), "2013/14\u00a0Q3"),
    "short three years": (lambda: short_label("2008 to 2010"), "2008-10"),
    "short year": (lambda: short_label("2012/13"), "2012/13"),
}

HIGH, LOW = ("Mansfield", 35.9, 28.0, 45.5), ("Rushcliffe", 12.4, 7.9, 18.5)
MIDDLE, NEWARK = ("Gedling", 23.5, 17.3, 31.2), ("Newark and Sherwood", 27.9, 21.0, 36.3)
HIGHER = ("Ashfield", 44.1, 35.5, 54.2)

EXTREMES = {
    "none": (lambda: extremes(districts(), RATE), ""),
    "one district": (lambda: extremes(districts(HIGH), RATE), ""),
    "county without districts": (lambda: extremes(county("Nottinghamshire", 24.2), RATE), ""),
    "two districts": (
        lambda: extremes(districts(HIGH, LOW), RATE),
        "Mansfield had the highest rate in 2011 (35.9 per 1,000 girls) and Rushcliffe the lowest "
        "(12.4).",
    ),
    "percentages keep their sign": (
        lambda: extremes(districts(("A", 36.2), ("B", 27.5), period="2012/13"), SCHOOL),
        "A had the highest percentage in the 2012/13 school year (36.2% of children measured) and "
        "B the lowest (27.5%).",
    ),
    "counts": (
        lambda: extremes(districts(("A", 25958), ("B", 21021), period="2013"), MIDYEAR),
        "A had the highest number in mid-2013 (25,958 children) and B the lowest (21,021).",
    ),
    "scores": (
        lambda: extremes(districts(("A", 26.9), ("B", 7.8), period="2025"), SCORE),
        "A had the highest average score in the 2025 edition (26.9) and B the lowest (7.8).",
    ),
    "ties on both sides, as printed": (
        lambda: extremes(districts(("D", 30.02), ("B", 29.98), ("C", 5.0), ("A", 5.04)), RATE),
        "B and D had the highest rate in 2011 (30.0 per 1,000 girls) and A and C the lowest (5.0).",
    ),
    "a tie with a name that holds and": (
        lambda: extremes(districts(NEWARK, ("Ashfield", 27.9), LOW), RATE),
        "Ashfield, and Newark and Sherwood had the highest rate in 2011 (27.9 per 1,000 girls) and "
        "Rushcliffe the lowest (12.4).",
    ),
    "all equal": (
        lambda: extremes(districts(("A", 5.0), ("B", 5.0), ("C", 5.0)), RATE),
        "Every district had the same rate in 2011 (5.0 per 1,000 girls).",
    ),
    "zero is lowest": (
        lambda: extremes(districts(("A", 5.0), ("B", 0.0)), RATE),
        "A had the highest rate in 2011 (5.0 per 1,000 girls) and B the lowest (0.0).",
    ),
    "some districts hidden": (
        lambda: extremes(districts(HIGH, LOW, ("Gedling", NAN)), RATE),
        "Of the 2 districts with a figure, Mansfield had the highest rate in 2011 (35.9 per "
        "1,000 girls) and Rushcliffe the lowest (12.4).",
    ),
    "some hidden and the rest equal": (
        lambda: extremes(districts(("A", 5.0), ("B", 5.0), ("C", NAN)), RATE),
        "Of the 2 districts with a figure, all had the same rate in 2011 (5.0 per 1,000 girls).",
    ),
}

AGAINST = {
    "no limits": (lambda: against_benchmark(districts(("A", 5.0), benchmark=4.0), RATE), ""),
    "no benchmark": (lambda: against_benchmark(districts(HIGH, LOW), RATE), ""),
    "one district, alike": (
        lambda: against_benchmark(districts(MIDDLE, benchmark=24.3), RATE),
        "The one district compared was not clearly different from England's (24.3 per 1,000).",
    ),
    "two districts, alike": (
        lambda: against_benchmark(districts(MIDDLE, NEWARK, benchmark=24.3), RATE),
        "Neither of the two districts compared was clearly different from England's "
        "(24.3 per 1,000).",
    ),
    "three districts, alike": (
        lambda: against_benchmark(
            districts(MIDDLE, NEWARK, ("A", 24, 20, 30), benchmark=24.3), SHARE
        ),
        "None of the 3 districts compared was clearly different from England's (24.3%).",
    ),
    "a limit on the benchmark is no difference": (
        lambda: against_benchmark(districts(("A", 30, 24.3, 40), benchmark=24.3), RATE),
        "The one district compared was not clearly different from England's (24.3 per 1,000).",
    ),
    "one above, no others": (
        lambda: against_benchmark(districts(HIGH, benchmark=24.3), RATE),
        "The rate was higher than England's (24.3 per 1,000) in Mansfield.",
    ),
    "one below, one alike": (
        lambda: against_benchmark(districts(LOW, MIDDLE, benchmark=24.3), RATE),
        "The rate was lower than England's (24.3 per 1,000) in Rushcliffe; in the other district "
        "it was not clearly different.",
    ),
    "above and below, two alike": (
        lambda: against_benchmark(districts(HIGH, LOW, MIDDLE, NEWARK, benchmark=24.3), RATE),
        "The rate was higher than England's (24.3 per 1,000) in Mansfield, and lower in "
        "Rushcliffe; in the other 2 districts it was not clearly different.",
    ),
    "above in two": (
        lambda: against_benchmark(districts(HIGH, HIGHER, MIDDLE, benchmark=24.3), SHARE),
        "The percentage was higher than England's (24.3%) in Ashfield and Mansfield; in the other "
        "district it was not clearly different.",
    ),
    "all above": (
        lambda: against_benchmark(districts(HIGH, HIGHER, NEWARK, benchmark=20.0), RATE),
        "The rate was higher than England's (20.0 per 1,000) in all 3 districts compared.",
    ),
    "a hidden district is not compared": (
        lambda: against_benchmark(districts(HIGH, MIDDLE, ("C", NAN), benchmark=24.3), RATE),
        "The rate was higher than England's (24.3 per 1,000) in Mansfield; in the other district "
        "it was not clearly different.",
    ),
}

ONE = {
    "unknown area": (lambda: one_area(districts(HIGH), "Nowhere", RATE), ""),
    "no value": (lambda: one_area(county("Notts", NAN), "Notts", RATE), ""),
    "no benchmark": (
        lambda: one_area(county("Notts", 24.2, 21.7, 26.9), "Notts", RATE),
        "Notts' rate in 2011 was 24.2 per 1,000 girls.",
    ),
    "no limits": (
        lambda: one_area(county("Derbyshire", 1.5, benchmark=3.4), "Derbyshire", SHARE),
        "Derbyshire's percentage in 2011 was 1.5% of children measured; England's was 3.4%.",
    ),
    "alike": (
        lambda: one_area(county("Kent", 24.2, 21.7, 26.9, benchmark=24.3), "Kent", RATE),
        "Kent's rate in 2011 was 24.2 per 1,000 girls, not clearly different from England's "
        "(24.3 per 1,000).",
    ),
    "higher": (
        lambda: one_area(county("Kent", 28.2, 25.7, 30.9, benchmark=24.3), "Kent", RATE),
        "Kent's rate in 2011 was 28.2 per 1,000 girls, higher than England's (24.3 per 1,000).",
    ),
    "lower": (
        lambda: one_area(county("Kent", 18.2, 15.7, 20.9, benchmark=24.3), "Kent", RATE),
        "Kent's rate in 2011 was 18.2 per 1,000 girls, lower than England's (24.3 per 1,000).",
    ),
    "a number": (
        lambda: one_area(county("Kent", 161645, period="2013"), "Kent", MIDYEAR),
        "The number in Kent in mid-2013 was 161,645 children.",
    ),
    "a score": (
        lambda: one_area(county("Kent", 26.9, period="2025"), "Kent", SCORE),
        "Kent's average score in the 2025 edition was 26.9.",
    ),
    "a gap": (
        lambda: one_area(county("Kent", 18.0), "Kent", POINTS),
        "Kent's gap in 2011 was 18.0 percentage points.",
    ),
    "beside alone": (
        lambda: beside(county("Kent", 18.2, 15.7, 20.9, benchmark=24.3).iloc[0], SHARE),
        "lower than England's (24.3%)",
    ),
}

CHANGE = {
    "one period": (lambda: change(FELL.head(1), "Ashfield", RATE), ""),
    "unknown area": (lambda: change(FELL, "Nowhere", RATE), ""),
    "clear fall": (
        lambda: change(FELL, "Ashfield", RATE),
        "Ashfield's rate about halved from 46.4 per 1,000 in 2010 to 24.2 per 1,000 in 2011.",
    ),
    "rise without limits": (
        lambda: change(ROSE, "Gedling", SHARE),
        "Gedling's percentage rose from 20.0% in 2010 to 30.0% in 2011.",
    ),
    "chance": (
        lambda: change(SHAKY, "Mansfield", RATE),
        "Mansfield's rate went from 33.1 per 1,000 in 2010 to 31.2 per 1,000 in 2011, a change "
        "that chance could explain.",
    ),
    "the same as printed": (
        lambda: change(LEVEL, "Newark and Sherwood", RATE),
        "Newark and Sherwood's rate was 20.0 per 1,000 both in 2010 and in 2011.",
    ),
    "number that hardly changed": (
        lambda: change(series((*YEARS[0], 161643), (*YEARS[1], 161645)), "Ashfield", NUMBER),
        "The number in Ashfield was almost the same, 161,643 children in 2010 and 161,645 children "
        "in 2011.",
    ),
    "number that changed": (
        lambda: change(series((*YEARS[0], 4866), (*YEARS[1], 8238)), "Ashfield", NUMBER),
        "The number in Ashfield rose from 4,866 children in 2010 to 8,238 children in 2011.",
    ),
    "missing ends are passed over": (
        lambda: change(
            series((*YEARS[0], NAN), (*YEARS[1], 30), (*YEARS[2], 20)), "Ashfield", RATE
        ),
        "Ashfield's rate fell from 30.0 per 1,000 in 2011 to 20.0 per 1,000 in 2012.",
    ),
    "only since the definition changed": (
        lambda: change(
            series(
                *((*year, value) for year, value in zip(YEARS, (90, 30, 20), strict=True)),
                definitions=("0001-01-01", "2011-01-01", "2011-01-01"),
            ),
            "Ashfield",
            RATE,
        ),
        "Ashfield's rate fell from 30.0 per 1,000 in 2011 to 20.0 per 1,000 in 2012.",
    ),
    "no line across a change of definition": (
        lambda: change(
            series((*YEARS[0], 90), (*YEARS[1], 30), definitions=("a", "b")), "Ashfield", RATE
        ),
        "",
    ),
    "quarters by season": (
        lambda: change(QUARTERLY, "Ashfield", QUARTERS),
        "Ashfield's rate rose from 20.0 per 1,000 in October to December 2012 to 30.0 per 1,000 in "
        "October to December 2013.",
    ),
    "no two quarters of one season": (lambda: change(QUARTERLY.head(2), "Ashfield", QUARTERS), ""),
    "editions are not compared": (
        lambda: change(
            series(("2019", "2019-01-01", 28.5), ("2025", "2025-01-01", 26.9)), "Ashfield", SCORE
        ),
        "",
    ),
    "directions of several": (
        lambda: directions(
            pd.concat([FELL, SHAKY, LEVEL, ROSE]),
            ["Ashfield", "Mansfield", "Newark and Sherwood", "Gedling"],
            RATE,
        ),
        "The rate rose in Gedling; it fell in Ashfield; it stayed the same in Newark and Sherwood; "
        "it showed no clear change in Mansfield.",
    ),
    "directions of one kind": (
        lambda: directions(
            pd.concat([FELL, FELL.assign(area_code="B", area_name="B")]), ["Ashfield", "B"], SHARE
        ),
        "The percentage fell in Ashfield and B.",
    ),
    "no directions": (lambda: directions(FELL.head(1), ["Ashfield"], RATE), ""),
}

GAP = {
    "one district": (lambda: gap(districts(HIGH), RATE), ""),
    "all equal": (lambda: gap(districts(("A", 5.01), ("B", 5.02)), RATE), ""),
    "with limits": (
        lambda: gap(districts(HIGH, MIDDLE, LOW), RATE),
        "The gap between Mansfield and Rushcliffe was 23.5 per 1,000 (95% limits 11.6 to 36.2, "
        "wide enough for the pair that is furthest apart): the highest rate was 2.9 times "
        "the lowest.",
    ),
    "without limits": (
        lambda: gap(districts(("A", 36.2), ("B", 27.5)), SHARE),
        "The gap between A and B was 8.7 percentage points: the highest percentage was 1.3 times "
        "the lowest.",
    ),
    "zero is lowest": (
        lambda: gap(districts(("A", 5.0), ("B", 0.0)), RATE),
        "The gap between A and B was 5.0 per 1,000.",
    ),
    "scores have no ratio": (
        lambda: gap(districts(("A", 26.9), ("B", 7.8)), SCORE),
        "The gap between A and B was 19.1.",
    ),
    "counts": (
        lambda: gap(districts(("A", 8238), ("B", 2964)), NUMBER),
        "The gap between A and B was 5,274 children: the highest number was 2.8 times the lowest.",
    ),
    "tie at the top": (
        lambda: gap(districts(("A", 30.0), ("B", 30.0), ("C", 10.0)), RATE),
        "The gap between the highest and the lowest district was 20.0 per 1,000: the highest rate "
        "was 3.0 times the lowest.",
    ),
    "hidden districts are passed over": (
        lambda: gap(districts(("A", 30.0), ("B", NAN), ("C", 10.0)), RATE),
        "The gap between A and C was 20.0 per 1,000: the highest rate was 3.0 times the lowest.",
    ),
}

CASES = [
    pytest.param(*case, id=f"{kind}: {name}")
    for kind, cases in {
        "words": WORDS,
        "extremes": EXTREMES,
        "against": AGAINST,
        "one area": ONE,
        "change": CHANGE,
        "gap": GAP,
    }.items()
    for name, case in cases.items()
]


@pytest.mark.parametrize(("said", "expected"), CASES)
def test_sentence_reads(said, expected):
    assert said() == expected


FINDINGS = [
    expected
    for cases in (EXTREMES, AGAINST, ONE, CHANGE, GAP)
    for _, expected in cases.values()
    if expected.endswith(".")
]


@pytest.mark.parametrize("said", FINDINGS)
def test_finding_is_one_well_formed_line(said):
    assert said[0].isupper()
    assert said.count("(") == said.count(")")
    assert not any(flaw in said for flaw in ("  ", " ,", "..", "nan", "[x]", " in in ", "''"))


def test_there_are_cases_enough():
    assert len(CASES) >= 60
