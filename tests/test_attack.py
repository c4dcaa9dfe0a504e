"""The attacker, against counts enumerated by hand or by brute force."""

import itertools
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.measure.attack import attack, find_breaches

AREAS = read_areas()
INDICATORS = read_indicators()
DISTRICTS = [area.code for area in AREAS.districts]
SOURCES = ["police", "schools", "health"]
LINK = {
    "indicator": "mash_outcome",
    "figure": "numerator",
    "until": pd.Timestamp(2014, 4, 1),
    "of": "mash_enquiries",
    "category_type": "outcome",
    "categories": ["no further action"],
}


def cell(area: str, count: float | None, **other: object) -> dict[str, object]:
    """One row of a release; a count of None is hidden."""
    types = {"E10": "county", "E07": "district"}
    row = {
        "indicator_id": "mash_enquiries",
        "area_code": area,
        "area_type": "locality" if "-L" in area else types[area[:3]],
        "period": "2013/14-Q3",
        "period_start": pd.Timestamp(2013, 10, 1),
        "period_end": pd.Timestamp(2013, 12, 31),
        "sex": "persons",
        "age": "0-17",
        "category_type": "",
        "category": "",
        "numerator": math.nan if count is None else count,
        "denominator": math.nan,
        "value_note": "suppressed" if count is None else "",
    }
    return row | other


def by_source(area: str, counts: list[int | None]) -> list[dict[str, object]]:
    return [
        cell(area, count, category_type="source", category=source)
        for source, count in zip(SOURCES, counts, strict=True)
    ]


def attacked(*frames: list[dict[str, object]], links: tuple = ()) -> pd.DataFrame:
    shown = [(f"release {number}", pd.DataFrame(rows)) for number, rows in enumerate(frames)]
    return attack(shown, AREAS, INDICATORS, links=links)


def breaches(threshold: int, shown: list, truth: list) -> pd.DataFrame:
    """Hidden counts proved small, of one release."""
    frames = [("release 0", pd.DataFrame(truth))]
    return find_breaches(attacked(shown), threshold, frames, INDICATORS)


def ends(bounds: pd.DataFrame, **key: object) -> tuple[float, float]:
    chosen = bounds
    for name, value in key.items():
        chosen = chosen[chosen[name] == value]
    [found] = chosen[["lowest", "highest"]].itertuples(index=False)
    return found.lowest, found.highest


def test_one_hidden_category_follows_from_the_total():
    rows = [cell(DISTRICTS[0], 20), *by_source(DISTRICTS[0], [12, None, 5])]
    truth = [cell(DISTRICTS[0], 20), *by_source(DISTRICTS[0], [12, 3, 5])]
    assert ends(attacked(rows), category="schools") == (3, 3)
    assert len(breaches(5, rows, truth)) == 1
    assert breaches(3, rows, truth).empty


def test_two_hidden_categories_share_what_is_left():
    rows = [cell(DISTRICTS[0], 20), *by_source(DISTRICTS[0], [None, None, 5])]
    assert ends(attacked(rows), category="police") == (0, 15)
    assert breaches(5, rows, [rows[0], *by_source(DISTRICTS[0], [12, 3, 5])]).empty


def test_two_hidden_categories_of_a_small_rest_are_both_small():
    rows = [cell(DISTRICTS[0], 20), *by_source(DISTRICTS[0], [None, None, 17])]
    assert len(breaches(5, rows, [rows[0], *by_source(DISTRICTS[0], [1, 2, 17])])) == 2
    assert len(breaches(5, rows, [rows[0], *by_source(DISTRICTS[0], [0, 3, 17])])) == 1


def test_a_hidden_district_follows_from_county_and_other_districts():
    rows = [cell(code, 10) for code in DISTRICTS[1:]]
    bounds = attacked([*rows, cell(DISTRICTS[0], None), cell(AREAS.county.code, 62)])
    assert ends(bounds, area_code=DISTRICTS[0]) == (2, 2)


def test_localities_narrow_what_the_county_leaves_open():
    first, second = AREAS.localities[1].districts
    others = [code for code in DISTRICTS if code not in (first, second)]
    rows = [cell(code, 10) for code in others[1:]] + [cell(AREAS.county.code, 60)]
    rows += [cell(code, None) for code in (others[0], first, second)]
    assert ends(attacked(rows), area_code=first) == (0, 20)
    rows.append(cell(AREAS.localities[1].code, 3))
    assert ends(attacked(rows), area_code=first) == (0, 3)


def test_a_district_without_a_row_is_the_rest_of_its_county():
    rows = [cell(code, 10) for code in DISTRICTS[1:]] + [cell(AREAS.county.code, 63)]
    assert ends(attacked(rows), figure="rest") == (3, 3)


def test_sexes_make_up_persons_under_either_name():
    rows = [cell(DISTRICTS[0], 9), cell(DISTRICTS[0], None, sex="female")]
    rows.append(cell(DISTRICTS[0], 7, category_type="sex", category="male"))
    assert ends(attacked(rows), sex="female") == (2, 2)


def test_ages_that_tile_make_up_the_whole():
    rows = [cell(DISTRICTS[0], 9), cell(DISTRICTS[0], 6, age="0-9")]
    rows.append(cell(DISTRICTS[0], None, category_type="age", category="10-17"))
    assert ends(attacked(rows), age="10-17") == (3, 3)


def test_quarters_make_up_the_year_to_date():
    days = {"period_start": pd.Timestamp(2013, 7, 1), "period_end": pd.Timestamp(2013, 9, 30)}
    half = {"period_start": pd.Timestamp(2013, 7, 1), "period_end": pd.Timestamp(2013, 12, 31)}
    rows = [cell(DISTRICTS[0], None), cell(DISTRICTS[0], 30, **days)]
    assert ends(attacked([*rows, cell(DISTRICTS[0], 34, **half)])) == (4, 4)


def test_an_earlier_release_that_showed_the_count_gives_it_away():
    before = [cell(DISTRICTS[0], 4)]
    assert attacked(before, [cell(DISTRICTS[0], None)]).empty


def test_a_breakdown_added_later_is_solved_with_the_release_before():
    before = [cell(DISTRICTS[0], 20), *by_source(DISTRICTS[0], [None, None, 5])]
    later = [cell(DISTRICTS[0], 20), *by_source(DISTRICTS[0], [14, None, None])]
    bounds = attacked(before, later)
    assert set(bounds.query("category == 'schools'")["highest"]) == {1}


def test_a_revised_figure_is_a_fact_of_its_own_release_only():
    before = [cell(DISTRICTS[0], 20), *by_source(DISTRICTS[0], [None, None, 5])]
    later = [cell(DISTRICTS[0], 24), *by_source(DISTRICTS[0], [None, None, 5])]
    bounds = attacked(before, later)
    assert sorted(bounds.query("category == 'police'")["highest"]) == [15, 19]


def test_a_district_that_changed_locality_is_read_with_the_districts_of_then():
    locality = AREAS.localities[0]
    rows = [cell(locality.code, 12, districts=";".join([*locality.districts, DISTRICTS[0]]))]
    rows += [cell(code, 4, districts="") for code in locality.districts]
    bounds = attacked([*rows, cell(DISTRICTS[0], None, districts="")])
    assert ends(bounds, area_code=DISTRICTS[0]) == (4, 4)


def test_the_same_records_under_two_names_are_one_count():
    outcome = cell(DISTRICTS[0], 3, indicator_id="mash_outcome", denominator=40)
    hidden = cell(DISTRICTS[0], None, category_type="outcome", category="no further action")
    assert ends(attacked([outcome, hidden], links=(LINK,)), category="no further action") == (3, 3)
    later = {"period_start": pd.Timestamp(2014, 4, 1), "period_end": pd.Timestamp(2014, 6, 30)}
    bounds = attacked([outcome | later, hidden | later], links=(LINK,))
    assert ends(bounds, category="no further action") == (0, math.inf)


def test_the_remainder_of_a_hidden_percentage_is_bounded_too():
    county = cell(AREAS.county.code, 78, indicator_id="mash_outcome", denominator=82)
    shown = [cell(code, 13, indicator_id="mash_outcome", denominator=13) for code in DISTRICTS[2:]]
    hidden = [cell(code, None, indicator_id="mash_outcome") for code in DISTRICTS[:2]]
    bounds = attacked([county, *shown, *hidden])
    assert ends(bounds, figure="numerator", area_code=DISTRICTS[0]) == (0, 13)
    assert ends(bounds, figure="remainder", area_code=DISTRICTS[0]) == (0, 4)
    true = [
        cell(code, count, indicator_id="mash_outcome", denominator=10)
        for code, count in zip(DISTRICTS[:2], (6, 7), strict=True)
    ]
    found = breaches(5, [county, *shown, *hidden], [county, *shown, *true])
    assert set(found["figure"]) == {"remainder"}


def test_figures_that_contradict_one_another_are_refused():
    rows = [cell(DISTRICTS[0], 20), *by_source(DISTRICTS[0], [16, None, 5])]
    with pytest.raises(ValueError, match="contradict one another"):
        attacked(rows)


def test_published_figures_are_not_attacked():
    assert attacked([cell(DISTRICTS[0], None, indicator_id="under18_conceptions")]).empty


def enumerated(table: list[list[int]], hidden: set[tuple[int, int]]) -> dict:
    """Lowest and highest count of each hidden cell over every table that fits the margins."""
    places = sorted(hidden)
    most = max(max(sum(row) for row in table), max(map(sum, zip(*table, strict=True))))
    found: dict[tuple[int, int], set[int]] = {place: set() for place in places}
    for guess in itertools.product(range(most + 1), repeat=len(places)):
        trial = [list(row) for row in table]
        for (row, column), count in zip(places, guess, strict=True):
            trial[row][column] = count
        rows_fit = all(sum(a) == sum(b) for a, b in zip(trial, table, strict=True))
        columns = zip(zip(*trial, strict=True), zip(*table, strict=True), strict=True)
        if rows_fit and all(sum(a) == sum(b) for a, b in columns):
            for place, count in zip(places, guess, strict=True):
                found[place].add(count)
    return {place: (min(seen), max(seen)) for place, seen in found.items()}


@given(
    table=st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=2, max_size=2),
    hidden=st.sets(st.tuples(st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=4),
)
@settings(max_examples=25, deadline=None)
def test_bounds_are_those_of_every_table_that_fits(table: list, hidden: set):
    county = [sum(column) for column in zip(*table, strict=True)]
    rows = [cell(DISTRICTS[at], sum(row)) for at, row in enumerate(table)]
    for at, row in enumerate(table):
        counts = [None if (at, place) in hidden else count for place, count in enumerate(row)]
        rows += by_source(DISTRICTS[at], counts)
    rows += [cell(code, 0) for code in DISTRICTS[2:]]
    for code in DISTRICTS[2:]:
        rows += by_source(code, [0, 0, 0])
    rows += [cell(AREAS.county.code, sum(county))]
    rows += by_source(AREAS.county.code, county)
    bounds = attacked(rows)
    for (row, column), expected in enumerated(table, hidden).items():
        assert ends(bounds, area_code=DISTRICTS[row], category=SOURCES[column]) == expected


def test_a_percentage_of_all_records_has_their_number_as_denominator():
    link = {"indicator": "early_help_returns", "figure": "denominator"}
    link |= {"of": "early_help_episodes", "all_but": []}
    rows = [
        cell(DISTRICTS[0], 31, indicator_id="early_help_episodes"),
        cell(DISTRICTS[0], None, indicator_id="early_help_returns"),
    ]
    bounds = attacked(rows, links=(link,))
    assert ends(bounds, figure="denominator", indicator_id="early_help_returns") == (31, 31)
    assert ends(bounds, figure="numerator", indicator_id="early_help_returns") == (0, 31)


def test_a_part_of_other_records_bounds_them_and_leaves_a_rest():
    link = {"indicator": "needs_met", "figure": "numerator", "of": "early_help_closed"}
    link |= {"category_type": "closure_reason", "categories": ["needs met"], "within": True}
    reason = {"indicator_id": "early_help_closed", "category_type": "closure_reason"}
    whole = cell(DISTRICTS[0], 20, category="needs met", **reason)
    hidden = cell(DISTRICTS[0], None, indicator_id="needs_met")
    assert ends(attacked([whole, hidden], links=(link,)), figure="numerator") == (0, 20)
    part = cell(DISTRICTS[0], 17, indicator_id="needs_met", denominator=40)
    assert ends(attacked([whole, part], links=(link,)), figure="rest") == (3, 3)


def test_figures_of_a_part_may_be_linked_by_their_denominators():
    link = {"indicator": "quality_audits_adequate", "figure": "denominator"}
    link |= {"of": "audits_adequate", "of_figure": "denominator"}
    link |= {"category_type": "service", "categories": ["social care"]}
    rows = [
        cell(
            DISTRICTS[0],
            9,
            indicator_id="audits_adequate",
            denominator=12,
            category_type="service",
            category="social care",
        ),
        cell(DISTRICTS[0], None, indicator_id="quality_audits_adequate"),
    ]
    assert ends(attacked(rows, links=(link,)), figure="denominator") == (12, 12)


def stock(count: float | None, opened: float | None, closed: float | None, before: float | None):
    """Open before and at the end of a quarter, and those who came and left between."""
    third = {"period_start": pd.Timestamp(2013, 7, 1), "period_end": pd.Timestamp(2013, 9, 30)}
    return [
        cell(DISTRICTS[0], before, indicator_id="early_help_open", **third),
        cell(DISTRICTS[0], opened, indicator_id="early_help_episodes"),
        cell(DISTRICTS[0], closed, indicator_id="early_help_closed"),
        cell(DISTRICTS[0], count, indicator_id="early_help_open"),
    ]


FLOW = {"stock": "early_help_open", "inflow": "early_help_episodes", "outflow": "early_help_closed"}


def test_who_left_follows_from_two_stocks_and_who_came():
    bounds = attacked(stock(108, 11, None, 100), links=(FLOW,))
    assert ends(bounds, indicator_id="early_help_closed") == (3, 3)


def test_stocks_that_do_not_add_up_say_nothing():
    assert attacked(stock(108, 11, 4, 100), links=(FLOW,)).empty
