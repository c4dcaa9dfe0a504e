"""Ledger of releases: what earlier ones showed stays known, what they hid stays hidden."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import Bounds, LinearConstraint, milp

from ehlib.load.areas import Areas, Locality, county_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.schema import SourceError
from ehlib.measure.disclosure import FIGURES, Release, protect
from ehlib.measure.disclosure.ledger import COLUMNS, read_ledger, write_release
from ehlib.measure.disclosure.policy import read_policies

INDICATORS, POLICIES = read_indicators(), read_policies()
KENT = county_areas("E10000016")
CODES = KENT.codes("district")[:4]
STARTS = pd.date_range("2013-04-01", periods=4, freq="QS")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No search for a better choice once one is found: safety must not depend on it."""
    monkeypatch.setattr("ehlib.measure.disclosure.suppress.WORK", 0)


def record(folder: Path, frame: pd.DataFrame, areas: Areas) -> Path:
    return write_release(folder, frame, areas, quarter="2013/14-Q1", day=date(2013, 7, 31))


def county(*localities: list[int], size: int = 4) -> Areas:
    parts = tuple(
        Locality(f"E10000016-L{n}", f"Part {n}", tuple(CODES[place] for place in each), "")
        for n, each in enumerate(localities, start=1)
    )
    return replace(KENT, districts=KENT.districts[:size], localities=parts)


def cells(table: np.ndarray, areas: Areas, periods: dict[str, list[int]], *, by=True) -> tuple:
    """Rows of a release, and for each the districts, categories and quarters it is the sum of."""
    codes = areas.codes("district")
    within = {code: [place] for place, code in enumerate(codes)}
    within |= {each.code: [codes.index(c) for c in each.districts] for each in areas.localities}
    within[areas.county.code] = list(range(len(codes)))
    rows, masks = [], []
    for area, districts in within.items():
        for period, quarters in periods.items():
            part = table[np.ix_(districts, range(table.shape[1]), quarters)].sum(axis=(0, 2))
            for category in ["", *(range(table.shape[1]) if by else [])]:
                wanted = range(table.shape[1]) if category == "" else [category]
                count = part[list(wanted)].sum()
                total = 20_000 if category == "" else part.sum()
                days = STARTS[quarters[0]], STARTS[quarters[-1]] + pd.offsets.QuarterEnd(0)
                words = ("" if category == "" else "source", str(category))
                rows.append((area, period, *days, *words, float(count), float(total)))
                mask = np.zeros(table.shape, bool)
                mask[np.ix_(districts, list(wanted), quarters)] = True
                masks.append(mask.ravel())
    names = ["area_code", "period", "period_start", "period_end", "category_type", "category"]
    frame = pd.DataFrame(rows, columns=[*names, "numerator", "denominator"])
    frame[["value", "lower_ci", "upper_ci"]] = np.nan
    words = {"area_type": "district", "sex": "persons", "age": "0-17", "value_note": "synthetic"}
    return frame.assign(indicator_id="mash_enquiries", **words), np.array(masks, float)


def shown(frame: pd.DataFrame, areas: Areas, ledger: pd.DataFrame | None = None) -> pd.DataFrame:
    return protect(Release(frame, areas, INDICATORS, POLICIES, ledger)).frame


def provable(releases: list[tuple]) -> list:
    """Small counts of the releases that a reader of all of them can prove small.

    Each release is a protected frame, the true one and its sums of finest cells.
    """
    equal = np.vstack([sums[found["numerator"].notna()] for found, _, sums in releases])
    results = np.concatenate([found["numerator"].dropna() for found, _, _ in releases])
    proved = []
    for found, true, sums in releases:
        for row in np.flatnonzero(true["numerator"].between(1, 4)):
            cell = sums[row]
            rules = [LinearConstraint(equal, results, results), LinearConstraint(cell, 0, 5)]
            ones = np.ones(len(cell))
            best = milp(-cell, integrality=ones, bounds=Bounds(0, np.inf), constraints=rules)
            if found["numerator"].notna().iloc[row] or -best.fun < 5 - 1e-6:
                proved.append((row, true["numerator"].iloc[row]))
    return proved


def two_releases(folder, table, areas: tuple, periods: tuple, by=(True, True)) -> tuple:
    """Two releases in a row, the second with the ledger of the first and without it."""
    before, sums_before = cells(table, areas[0], periods[0], by=by[0])
    first = shown(before, areas[0])
    record(folder, first, areas[0])
    now, sums_now = cells(table, areas[1], periods[1], by=by[1])
    second = shown(now, areas[1], read_ledger(folder))
    alone = shown(now, areas[1])
    earlier = (first, before, sums_before)
    return [earlier, (second, now, sums_now)], [earlier, (alone, now, sums_now)]


QUARTERS = {"Q1": [0]}
TO_DATE = {"Q2": [1], "Q1 to Q2": [0, 1]}
HALVES, MOVED = county([0, 1], [2, 3]), county([0, 1, 2], [3])
TABLE = np.array([[[3, 8], [40, 30]], [[20, 25], [31, 40]], [[25, 2], [30, 35]], [[9, 9], [8, 7]]])


def test_a_year_to_date_less_the_quarter_that_is_left_out_now_stays_hidden(tmp_path):
    with_ledger, alone = two_releases(tmp_path, TABLE, (HALVES, HALVES), (QUARTERS, TO_DATE))
    assert provable(with_ledger) == []
    assert provable(alone)  # without the ledger the second release gives the first one's away


def test_a_district_that_changed_locality_is_not_the_difference_of_its_localities(tmp_path):
    """Localities only, in both releases: the district moved is what one has and had not."""
    table = np.array([[[30], [40]], [[20], [31]], [[2], [30]], [[9], [8]]])
    with_ledger, alone = [], []
    before, sums_before = cells(table, HALVES, QUARTERS)
    now, sums_now = cells(table, MOVED, QUARTERS)
    local = before["area_code"].str.contains("-L").to_numpy()
    first = shown(before[local].reset_index(drop=True), HALVES)
    record(tmp_path, first, HALVES)
    earlier = (first, before[local], sums_before[local])
    part = now[local].reset_index(drop=True)
    for releases, ledger in ((with_ledger, read_ledger(tmp_path)), (alone, None)):
        releases += [earlier, (shown(part, MOVED, ledger), part, sums_now[local])]
    single, sums_of_one = cells(table, MOVED, QUARTERS)  # the counts of districts, never shown
    nothing = single.assign(numerator=np.nan)
    assert provable([*alone, (nothing, single, sums_of_one)])
    assert provable([*with_ledger, (nothing, single, sums_of_one)]) == []


def test_a_breakdown_added_later_is_solved_with_the_totals_shown_before(tmp_path):
    periods = ({"Q1": [0]}, {"Q1": [0]})
    found, _ = two_releases(tmp_path, TABLE, (HALVES, MOVED), periods, by=(False, True))
    assert provable(found) == []


def test_what_was_hidden_stays_hidden_where_its_neighbours_need_it(tmp_path):
    found, _ = two_releases(tmp_path, TABLE, (HALVES, HALVES), (QUARTERS, {"Q1": [0], **TO_DATE}))
    assert provable(found) == []
    first, second = (each[0].set_index(["area_code", "period", "category"]) for each in found)
    hidden = first.index[first["numerator"].isna()]
    assert second.loc[hidden, "numerator"].isna().all()


SLOW = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=6, **SLOW)
@given(arrays(int, (3, 2, 3), elements=st.integers(0, 12)), st.booleans())
def test_no_small_count_follows_from_two_releases_together(tmp_path_factory, table, moved):
    areas = county([0, 1], [2], size=3), county([0], [1, 2], size=3)
    areas = areas if moved else (areas[0], areas[0])
    periods = {"Q1": [0], "Q2": [1]}, {"Q3": [2], "year": [0, 1, 2], "Q2": [1]}
    found, _ = two_releases(tmp_path_factory.mktemp("ledger"), table, areas, periods)
    assert provable(found) == []


@settings(max_examples=8, **SLOW)
@given(
    arrays(int, (3, 3, 1), elements=st.integers(0, 12)),
    arrays(int, (3, 3, 1), elements=st.sampled_from([0, 0, 0, 0, 1, 5])),
    st.sampled_from([1, -1]),
)
def test_a_release_of_revised_counts_is_safe_by_itself(tmp_path_factory, table, revision, sign):
    """What the figures were before is no promise to a reader who knows which were revised."""
    folder, areas = tmp_path_factory.mktemp("ledger"), county([0, 1], [2], size=3)
    before, sums = cells(table, areas, QUARTERS)
    record(folder, shown(before, areas), areas)
    revised = np.maximum(table + sign * revision, 0)
    now, _ = cells(revised, areas, QUARTERS)
    second = shown(now, areas, read_ledger(folder))
    assert provable([(second, now, sums)]) == []


def test_what_was_hidden_stays_hidden_once_figures_are_revised(tmp_path):
    """Grown to 6, the count is small no more; but 3 of them were there before and are hidden."""
    before, _ = cells(TABLE, HALVES, QUARTERS)
    first = shown(before, HALVES)
    record(tmp_path, first, HALVES)
    revised = TABLE.copy()
    revised[0, 0, 0], revised[2, 1, 0] = 6, 7
    now, _ = cells(revised, HALVES, QUARTERS)
    hidden = first["numerator"].isna()
    assert hidden.any()
    assert shown(now, HALVES)["numerator"].notna().all()
    second = shown(now, HALVES, read_ledger(tmp_path))
    assert second.loc[hidden, "numerator"].isna().all()


def test_a_count_that_an_earlier_release_shows_is_told_as_exposed(tmp_path):
    """Released under a laxer rule: it cannot be taken back, and the message says so."""
    frame, _ = cells(TABLE, HALVES, QUARTERS)
    record(tmp_path, frame, HALVES)
    found = protect(Release(frame, HALVES, INDICATORS, POLICIES, read_ledger(tmp_path)))
    small = frame["numerator"].between(1, 4)
    assert found.frame.loc[small, FIGURES].isna().all(axis=None)
    assert len(found.exposed) >= small.sum()
    assert "earlier releases give away: mash_enquiries, " in found.message


def test_the_same_release_again_is_the_same_and_is_recorded_once(tmp_path):
    frame, _ = cells(TABLE, HALVES, QUARTERS)
    first = shown(frame, HALVES)
    path = record(tmp_path, first, HALVES)
    again = shown(frame, HALVES, read_ledger(tmp_path))
    pd.testing.assert_frame_equal(again, first)
    assert record(tmp_path, again, HALVES) == path
    assert [each.name for each in tmp_path.iterdir()] == ["2013-14-Q1_2013-07-31.parquet"]


def test_another_release_of_the_same_day_is_kept_beside_the_first(tmp_path):
    frame, _ = cells(TABLE, HALVES, QUARTERS)
    record(tmp_path, shown(frame, HALVES), HALVES)
    path = record(tmp_path, shown(frame, HALVES).iloc[:5], HALVES)
    assert path.name == "2013-14-Q1_2013-07-31_2.parquet"
    assert len(read_ledger(tmp_path)) == len(frame) + 5


def test_the_ledger_holds_no_hidden_number_and_who_was_in_each_locality(tmp_path):
    frame, _ = cells(TABLE, HALVES, QUARTERS)
    record(tmp_path, shown(frame, HALVES), HALVES)
    ledger = read_ledger(tmp_path)
    assert list(ledger) == COLUMNS
    assert ledger["hidden"].any()
    assert ledger.loc[ledger["hidden"], ["numerator", "denominator"]].isna().all(axis=None)
    local = ledger.loc[ledger["area_code"] == "E10000016-L1", "districts"]
    assert set(local) == {";".join(sorted(CODES[:2]))}


def test_an_unprotected_frame_is_not_recorded(tmp_path):
    frame, _ = cells(TABLE, HALVES, QUARTERS)
    wrong = frame.assign(value_note="suppressed")
    with pytest.raises(ValueError, match="noted as suppressed holds a number"):
        record(tmp_path, wrong, HALVES)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_record_is_refused(tmp_path):
    assert read_ledger(tmp_path / "none").empty
    (tmp_path / "odd.parquet").write_bytes(b"no parquet")
    with pytest.raises(SourceError, match=r"odd\.parquet: cannot be read as Parquet"):
        read_ledger(tmp_path)
    pd.DataFrame({"release": ["x"]}).to_parquet(tmp_path / "odd.parquet")
    with pytest.raises(SourceError, match=r"odd\.parquet: lacks date, indicator_id"):
        read_ledger(tmp_path)
