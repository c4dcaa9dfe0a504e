"""Small numbers: what is hidden with them, and that what is shown does not give them back."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from ehlib.load.indicators import read_indicators
from ehlib.measure.disclosure import FIGURES, THRESHOLD, protect_counts
from ehlib.measure.rates import add_measures

INDICATORS = read_indicators()
DISTRICTS = {"E07000170": "L1", "E07000171": "L1", "E07000176": "L2"}
COUNTY = "E10000024"
AREAS = {
    **dict.fromkeys(DISTRICTS, "district"),
    "L1": "locality",
    "L2": "locality",
    COUNTY: "county",
}
OUTCOMES = ("early help services", "no further action")


def whole(counts: dict[str, float]) -> dict[str, float]:
    """Counts of districts with those of their localities and the county."""
    sums = dict.fromkeys(("L1", "L2", COUNTY), 0.0)
    for code, count in counts.items():
        sums[DISTRICTS[code]] += count
        sums[COUNTY] += count
    return counts | sums


def rows(indicator_id: str, counts: dict, totals: dict, **others: str) -> list[dict]:
    first = {
        "indicator_id": indicator_id,
        "period": "2013/14-Q3",
        "period_start": pd.Timestamp("2013-10-01"),
        "sex": "persons",
        "age": "0-17",
        "category_type": "",
        "category": "",
        "value_note": "synthetic",
    } | dict.fromkeys(["value", "lower_ci", "upper_ci"], np.nan)
    totals = whole(totals)
    return [
        first
        | {"area_code": code, "area_type": AREAS[code], "numerator": float(count)}
        | {"denominator": float(totals[code])}
        | others
        for code, count in whole(counts).items()
    ]


def enquiries(table: np.ndarray, category_type: str = "outcome") -> pd.DataFrame:
    """Totals and one breakdown of MASH enquiries; a row of the table is a district."""
    codes = list(DISTRICTS)
    totals = dict(zip(codes, table.sum(axis=1), strict=True))
    made = rows("mash_enquiries", totals, dict.fromkeys(codes, 20_000))
    for category, counts in zip(OUTCOMES, table.T, strict=False):
        made += rows(
            "mash_enquiries",
            dict(zip(codes, counts, strict=True)),
            totals,
            category_type=category_type,
            category=category,
        )
    return add_measures(pd.DataFrame(made), INDICATORS)


def shown(frame: pd.DataFrame, category: str = "") -> pd.Series:
    part = frame[frame["category"] == category].set_index("area_code")
    return part["numerator"].notna()


LARGE = np.array([[40, 50], [30, 60], [20, 25]])


def test_large_counts_and_zeros_are_shown():
    table = LARGE.copy()
    table[0] = [0, 90]
    frame = enquiries(table)
    pd.testing.assert_frame_equal(protect_counts(frame, INDICATORS), frame)


@pytest.mark.parametrize("count", [1, 4])
def test_a_small_cell_hides_its_breakdown_of_the_quarter_in_every_area(count):
    table = LARGE.copy()
    table[1, 0] = count
    found = protect_counts(enquiries(table), INDICATORS)
    assert not any(shown(found, category).any() for category in OUTCOMES)
    assert shown(found).all()  # the totals are not small


def test_a_count_of_five_is_shown():
    table = LARGE.copy()
    table[1, 0] = THRESHOLD
    frame = enquiries(table)
    pd.testing.assert_frame_equal(protect_counts(frame, INDICATORS), frame)


def test_a_small_remainder_is_as_bad_as_a_small_cell():
    """87 of 90: the other 3 follow."""
    found = protect_counts(enquiries(np.array([[87, 3], [30, 60], [20, 25]])[:, [0]]), INDICATORS)
    assert shown(found, OUTCOMES[0]).all()  # one category of one: 87 of 87
    frame = enquiries(LARGE)
    near = frame["denominator"].where(frame["category"] == "", frame["numerator"] + 3)
    found = protect_counts(frame.assign(denominator=near), INDICATORS)
    assert not shown(found, OUTCOMES[0]).any()


def test_another_quarter_is_not_hidden_with_it():
    table = LARGE.copy()
    table[1, 0] = 2
    frames = [enquiries(table), enquiries(LARGE).assign(period="2013/14-Q2")]
    found = protect_counts(pd.concat(frames, ignore_index=True), INDICATORS)
    hidden = found["numerator"].isna().groupby(found["period"]).any()
    assert hidden.to_dict() == {"2013/14-Q2": False, "2013/14-Q3": True}


def test_a_small_district_hides_all_districts_and_localities_but_not_the_county():
    table = LARGE.copy()
    table[2] = [0, 3]
    found = protect_counts(enquiries(table), INDICATORS)
    assert shown(found)[lambda each: each].index.tolist() == [COUNTY]
    assert not shown(found, OUTCOMES[0]).any()


def test_a_small_county_is_hidden_too():
    found = protect_counts(enquiries(np.array([[0, 0], [0, 0], [0, 3]])), INDICATORS)
    assert not shown(found).any()


def test_a_breakdown_by_sex_hides_the_other_sex_with_a_small_one():
    """Girls are all enquiries less the boys: the sexes are one breakdown, not two."""
    codes = list(DISTRICTS)
    totals = dict.fromkeys(codes, 40)
    made = rows("mash_enquiries", totals, dict.fromkeys(codes, 20_000))
    for sex, counts in (("female", [38, 20, 20]), ("male", [2, 20, 20])):
        part = dict(zip(codes, counts, strict=True))
        words = {"category_type": "sex", "category": sex, "sex": sex}
        made += rows("mash_enquiries", part, totals, **words)
    found = protect_counts(add_measures(pd.DataFrame(made), INDICATORS), INDICATORS)
    assert not shown(found, "male").any()
    assert not shown(found, "female").any()
    assert shown(found).all()


def test_a_county_total_by_sex_is_hidden_when_that_of_the_other_sex_is():
    codes = list(DISTRICTS)
    people = dict.fromkeys(codes, 20_000)
    made = []
    for sex, counts in (("persons", [9, 9, 9]), ("female", [8, 8, 8]), ("male", [1, 1, 1])):
        made += rows("mash_enquiries", dict(zip(codes, counts, strict=True)), people, sex=sex)
    found = protect_counts(add_measures(pd.DataFrame(made), INDICATORS), INDICATORS)
    assert found["numerator"].isna().all()


@pytest.mark.parametrize(
    ("share", "whole_of"),
    [
        ("mash_outcome", "mash_enquiries"),
        ("mash_within_1_day", "mash_enquiries"),
        ("mash_within_3_days", "mash_enquiries"),
        ("needs_met", "early_help_closed"),
        ("quality_audits_adequate", "quality_audits"),
        ("audits_adequate", "quality_audits"),
    ],
)
@pytest.mark.parametrize("part", [{}, {"category_type": "need_level", "category": "level 2"}])
def test_records_that_a_percentage_leaves_out_hide_it(share, whole_of, part):
    """90 records, of which the percentage is about 87: the other 3 follow."""
    codes = list(DISTRICTS)
    people, totals = dict.fromkeys(codes, 20_000), dict.fromkeys(codes, 90)
    made = rows(whole_of, totals, people if not part else dict.fromkeys(codes, 200), **part)
    about = totals | {codes[0]: 87}
    made += rows(share, dict.fromkeys(codes, 40), about, **part)
    found = protect_counts(add_measures(pd.DataFrame(made), INDICATORS), INDICATORS)
    assert found.loc[found["indicator_id"] == share, "numerator"].isna().all()
    assert found.loc[found["indicator_id"] == whole_of, "numerator"].notna().all()


def test_a_count_that_came_hidden_hides_its_block():
    frame = enquiries(LARGE)
    came = (frame["area_code"] == "E07000170") & (frame["category"] == OUTCOMES[0])
    frame[FIGURES] = frame[FIGURES].mask(came)
    frame["value_note"] = frame["value_note"].mask(came, "synthetic;suppressed")
    found = protect_counts(frame, INDICATORS)
    assert not any(shown(found, category).any() for category in OUTCOMES)
    assert set(found.loc[found["category"] != "", "value_note"]) == {"synthetic;suppressed"}


def test_hidden_rows_hold_no_number_and_say_so_beside_what_they_said_before():
    table = LARGE.copy()
    table[1, 0] = 2
    found = protect_counts(enquiries(table), INDICATORS)
    hidden = found["value_note"].str.contains("suppressed")
    assert found.loc[hidden, FIGURES].isna().all(axis=None)
    assert set(found.loc[hidden, "value_note"]) == {"synthetic;suppressed"}
    numbers = found.loc[hidden].select_dtypes("number")
    assert numbers.isna().all(axis=None)  # in no other column either


def test_published_indicators_are_left_as_their_publisher_has_them():
    frame = enquiries(LARGE).assign(indicator_id="under18_conceptions", numerator=2.0)
    pd.testing.assert_frame_equal(protect_counts(frame, INDICATORS), frame)


def test_the_input_is_not_changed_and_rows_order_and_index_are_kept():
    table = LARGE.copy()
    table[0, 0] = 1
    frame = enquiries(table).sample(frac=1, random_state=1)
    before = frame.copy()
    found = protect_counts(frame, INDICATORS)
    pd.testing.assert_frame_equal(frame, before)
    others = [column for column in frame if column not in [*FIGURES, "value_note"]]
    pd.testing.assert_frame_equal(found[others], before[others])


def test_another_threshold_hides_more():
    found = protect_counts(enquiries(LARGE), INDICATORS, threshold=21)
    assert not shown(found, OUTCOMES[0]).any()


def test_nothing_to_protect_is_no_error():
    empty = enquiries(LARGE).iloc[:0]
    assert protect_counts(empty, INDICATORS).empty


def bounds(frame: pd.DataFrame) -> pd.DataFrame:
    """Least and most that each district's cell can be, from all that is shown of a quarter.

    Written without a look at how `protect_counts` decides: unknown district cells, non-negative,
    with one equation for each number shown.
    """
    categories = sorted(set(frame["category"]) - {""})
    cells = list(itertools.product(DISTRICTS, categories))
    equations, results = [], []
    for row in frame.dropna(subset="numerator").itertuples():
        members = [code for code, place in DISTRICTS.items() if row.area_code in (code, place)]
        members = list(DISTRICTS) if row.area_code == COUNTY else members
        for number, wanted in ((row.numerator, [row.category]), (row.denominator, categories)):
            wanted = categories if wanted == [""] else wanted
            if row.category == "" and number != row.numerator:
                continue  # children who live there, not enquiries
            equations.append([code in members and name in wanted for code, name in cells])
            results.append(number)
    table = []
    for place, cell in enumerate(cells):
        one = np.eye(len(cells))[place]
        least, most = 0.0, np.inf
        if equations:
            known = {"A_eq": np.array(equations, float), "b_eq": results}
            least = linprog(one, **known).fun
            largest = linprog(-one, **known)
            most = np.inf if largest.status == 3 else -largest.fun  # 3: unbounded
        table.append((*cell, least, most))
    return pd.DataFrame(table, columns=["area_code", "category", "least", "most"])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 12), min_size=6, max_size=6))
def test_no_small_cell_follows_from_what_is_shown(counts):
    """Linear programmes over all that is shown: no cell of 1 to 4 may be pinned down."""
    table = np.array(counts).reshape(3, 2)
    frame = enquiries(table)
    found = protect_counts(frame, INDICATORS)
    found = found[found["numerator"].notna()]
    known = bounds(found).set_index(["area_code", "category"])
    true = frame[frame["area_type"] == "district"].set_index(["area_code", "category"])
    for cell, row in known.iterrows():
        count = true.loc[cell, "numerator"]
        pinned = row["most"] - row["least"] < 0.5
        assert not (pinned and 0 < count < THRESHOLD), (table, cell, row.tolist())
