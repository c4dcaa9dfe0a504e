"""Figures that several extracts give: taken once, revised by the later, refused when in doubt."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehlib.load.accounts.agreement import decimals
from ehlib.load.accounts.files import day_in, day_of
from ehlib.load.accounts.settle import Part, settle_figures
from ehlib.load.accounts.sources import retrieved_days, told_indicator
from ehlib.load.indicators import read_indicators
from ehlib.load.schema import COLUMNS, NUMBERS, TEXT
from ehlib.load.sources.extract import Extract, join_faults

INDICATORS = read_indicators()
FIRST, LATER = date(2014, 1, 15), date(2014, 4, 15)
FIGURE = {
    "indicator_id": "under18_conceptions",
    "area_code": "E07000170",
    "area_name": "Ashfield",
    "area_type": "district",
    "period": "2011",
    "period_start": pd.Timestamp(2011, 1, 1),
    "period_end": pd.Timestamp(2011, 12, 31),
    "sex": "female",
    "age": "15-17",
    "category_type": "",
    "category": "",
    "value_note": "",
    "source_id": "ons",
}


def figures(*rows: dict) -> pd.DataFrame:
    """Observations from what is said of each, with rows numbered as under a header."""
    listed = [
        dict.fromkeys(NUMBERS, np.nan) | FIGURE | {"row": 2 + n} | r for n, r in enumerate(rows)
    ]
    frame = pd.DataFrame(listed).set_index("row")
    frame = frame.astype(dict.fromkeys(TEXT, "category") | dict.fromkeys(NUMBERS, "float64"))
    return frame[COLUMNS].rename_axis(None)


def part(tmp_path: Path, name: str, day: date, *rows: dict, kind: str = "tidy") -> Part:
    """One file with a line for each row, as it was read."""
    frame = figures(*rows)
    path = tmp_path / name
    frame.to_csv(path, index=False, encoding="utf-8")
    count = frame.index.nunique()
    extract = Extract(kind, frame, join_faults([]), pd.DataFrame(), count, 0)
    return Part(name, path, extract, day)


def settle(*parts: Part) -> tuple[list[Extract], pd.DataFrame]:
    """What is left of each extract, every row of it accounted for; and what was revised."""
    extracts, revisions = settle_figures(list(parts), INDICATORS)
    for each, before in zip(extracts, parts, strict=True):
        assert each.rows_read == before.extract.rows_read
        assert min(each.rows_loaded, each.rows_normalised, each.rows_rejected) >= 0
        assert not set(each.rejected.index) & set(each.frame.index)
        said = set(each.faults.loc[each.faults["severity"].isin(["error", "note"]), "row"])
        assert set(each.rejected.index) <= said
    return extracts, revisions


def counts(extract: Extract) -> tuple[int, int, int]:
    return extract.rows_loaded, extract.rows_normalised, extract.rows_rejected


# Which extract is the later


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("mash_2014-01-15.csv", date(2014, 1, 15)),
        ("mash20140115.csv", date(2014, 1, 15)),
        ("MASH log 15.01.2014.xlsx", date(2014, 1, 15)),
        ("2013-14-Q3", date(2013, 12, 31)),
        ("2013_14 q3 extract.csv", date(2013, 12, 31)),
        ("201314Q4.csv", date(2014, 3, 31)),
        ("2014-01-15_to_2014-02-20.csv", date(2014, 2, 20)),
        ("dfe_c1_referrals_2013_to_2025.csv", None),
        ("fingertips_90284_2010-11_to_2023-24.csv", None),
        ("2014-02-31.csv", None),
        ("2013-15-Q1.csv", None),
        ("order 1120140115.csv", None),
    ],
)
def test_a_name_holds_the_day_of_an_extract_or_none(name, day):
    assert day_in(name) == day


def test_day_is_that_of_the_file_name_then_the_folder_then_the_source_then_the_file(tmp_path):
    path = tmp_path / "2014-04-15" / "log_2014-01-15.csv"
    plain = path.with_name("log.csv")
    other = tmp_path / "typed" / "log.csv"
    for each in (path, plain, other):
        each.parent.mkdir(exist_ok=True)
        each.write_text("a", encoding="utf-8")
    said = {each: date(2013, 5, 1) for each in (path, plain, other)}
    assert [day_of(each, tmp_path, said) for each in (path, plain, other)] == [
        date(2014, 1, 15),
        date(2014, 4, 15),
        date(2013, 5, 1),
    ]
    changed = pd.Timestamp(other.stat().st_mtime, unit="s").date()
    assert abs((day_of(other, tmp_path, {}) - changed).days) <= 1


def test_a_source_says_when_its_file_was_retrieved_and_which_indicator_it_holds(tmp_path):
    entries = [
        (tmp_path, {"file": "a.csv", "retrieved": "2013-05-01"}),
        (tmp_path, {"file": "a.csv", "retrieved": date(2013, 6, 1)}),
        (tmp_path, {"file": "b.csv", "retrieved": "last year"}),
        (tmp_path, {"retrieved": "2013-05-01"}),
    ]
    assert retrieved_days(entries) == {tmp_path / "a.csv": date(2013, 6, 1)}
    text = '[[source]]\nid = "x"\npublisher = "P"\ntitle = "T"\nfile = "a.csv"\nindicators = {}\n'
    for listed, told in (('["neet"]', "neet"), ('["neet", "rereferrals"]', ""), ("[]", "")):
        (tmp_path / "sources.toml").write_text(text.format(listed), encoding="utf-8")
        assert told_indicator(tmp_path / "a.csv") == told
        assert told_indicator(tmp_path / "other.csv") == ""


# What is kept


def test_a_later_extract_replaces_a_figure_and_the_revision_is_logged(tmp_path):
    old = part(tmp_path, "old.csv", FIRST, {"value": 44.1}, {"period": "2010", "value": 40.0})
    new = part(tmp_path, "new.csv", LATER, {"value": 45.6})
    (kept_old, kept_new), revisions = settle(old, new)
    assert kept_old.frame["period"].tolist() == ["2010"]
    assert kept_new.frame["value"].tolist() == [45.6]
    assert counts(kept_old) == (1, 1, 0)
    assert counts(kept_new) == (1, 0, 0)
    (row,) = revisions.to_dict("records")
    assert (row["file"], row["row"], row["old_file"], row["old_row"]) == (
        "new.csv",
        2,
        "old.csv",
        2,
    )
    assert (row["old_value"], row["new_value"], row["period"]) == (44.1, 45.6, "2011")
    assert row["why"] == "a later extract"


def test_of_three_versions_the_last_is_kept_whatever_the_order_of_the_files(tmp_path):
    a = part(tmp_path, "a.csv", LATER, {"value": 3.0})
    b = part(tmp_path, "b.csv", FIRST, {"value": 1.0})
    c = part(tmp_path, "c.csv", date(2014, 2, 1), {"value": 2.0})
    extracts, revisions = settle(a, b, c)
    assert [len(each.frame) for each in extracts] == [1, 0, 0]
    assert sorted(revisions["old_value"]) == [1.0, 2.0]
    assert set(revisions["new_value"]) == {3.0}


@pytest.mark.parametrize(("coarse", "fine"), [(44.0, 43.6), (44.1, 44.14), (0.0, 0.4), (5.0, 5.5)])
@pytest.mark.parametrize("days", [(FIRST, LATER), (LATER, FIRST), (FIRST, FIRST)])
def test_figures_that_agree_to_the_coarser_rounding_are_one_and_the_finer_is_kept(
    tmp_path, coarse, fine, days
):
    a = part(tmp_path, "a.csv", days[0], {"value": coarse})
    b = part(tmp_path, "b.csv", days[1], {"value": fine})
    extracts, revisions = settle(a, b)
    assert pd.concat([each.frame for each in extracts])["value"].tolist() == [fine]
    assert revisions.empty
    assert [counts(each) for each in extracts] == [(0, 1, 0), (1, 0, 0)]


def test_counts_beside_a_value_tell_more_than_a_later_value_alone(tmp_path):
    typed = {"numerator": 831.0, "denominator": 1464.0, "value": 56.8}
    a = part(tmp_path, "a.csv", FIRST, FIGURE | typed)
    b = part(tmp_path, "lait.csv", LATER, {"value": 57.0, "source_id": "lait"}, kind="lait")
    (kept, other), revisions = settle(a, b)
    assert kept.frame["numerator"].tolist() == [831.0]
    assert other.frame.empty
    assert revisions.empty


def test_counts_alone_agree_with_the_value_that_follows_from_them(tmp_path):
    """1,752 of 8,716 is 20.1 %; the publisher's table beside it says 20.1, or 25.1 by mistake."""
    row = {"indicator_id": "rereferrals", "period": "2013/14", "numerator": 1752.0}
    row |= {"denominator": 8716.0, "period_start": pd.Timestamp(2013, 4, 1)}
    row |= {"period_end": pd.Timestamp(2014, 3, 31)}
    alone = {key: row[key] for key in ("indicator_id", "period", "period_start", "period_end")}
    for value, revised in ((20.1, 0), (25.1, 1)):
        a = part(tmp_path, "a.csv", FIRST, row)
        b = part(tmp_path, "b.csv", LATER, alone | {"value": value})
        assert len(settle(a, b)[1]) == revised


def test_of_two_that_differ_on_one_day_neither_is_taken_and_each_names_both(tmp_path):
    a = part(tmp_path, "a.csv", LATER, {"period": "2010", "value": 1.0}, {"value": 44.1})
    b = part(tmp_path, "b.csv", LATER, {"value": 45.6})
    c = part(tmp_path, "c.csv", FIRST, {"value": 44.1})
    extracts, revisions = settle(a, b, c)
    assert [counts(each) for each in extracts] == [(1, 0, 1), (0, 0, 1), (0, 1, 0)]
    assert pd.concat([each.frame for each in extracts])["period"].tolist() == ["2010"]
    both = "row 3 of a.csv, row 2 of b.csv: under18_conceptions, E07000170, 2011"
    for each in extracts[:2]:
        assert each.faults[["rule", "severity", "found"]].astype("str").to_numpy().tolist() == [
            ["key_repeated", "error", both]
        ]
    assert extracts[0].rejected["value"].tolist() == ["44.1"]
    assert revisions.empty


def test_two_kinds_of_files_that_differ_on_one_day_are_a_note_and_the_fuller_is_kept(tmp_path):
    """A table of the department's and its collection of all tables, dropped in together."""
    dfe = {"numerator": 786.0, "denominator": 161643.0, "value": 48.6}
    a = part(tmp_path, "dfe.csv", FIRST, FIGURE | dfe, kind="dfe")
    b = part(tmp_path, "lait.csv", FIRST, {"value": 48.4, "source_id": "lait"}, kind="lait")
    (kept, other), revisions = settle(a, b)
    assert kept.frame["value"].tolist() == [48.6]
    assert counts(other) == (0, 1, 0)
    assert other.faults[["rule", "severity"]].astype("str").to_numpy().tolist() == [
        ["figure_elsewhere", "note"]
    ]
    assert other.faults["found"].tolist() == [
        "48.4 beside 48.6 in dfe.csv: under18_conceptions, E07000170, 2011"
    ]
    assert revisions.empty


@pytest.mark.parametrize(
    ("note", "source", "expected"),
    [
        ("not_available", "lait", [44.1]),  # another publisher has none: nothing is lost
        ("not_available", "ons", [np.nan]),  # its own publisher withdraws it
        ("suppressed", "lait", [np.nan]),  # hidden by anyone is hidden
    ],
)
def test_a_later_row_without_a_figure(tmp_path, note, source, expected):
    a = part(tmp_path, "a.csv", FIRST, {"value": 44.1})
    b = part(tmp_path, "b.csv", LATER, {"value_note": note, "source_id": source})
    extracts, revisions = settle(a, b)
    values = pd.concat([each.frame for each in extracts])["value"]
    np.testing.assert_array_equal(values, expected)
    assert len(revisions) == np.isnan(expected[0])


def test_a_wide_row_is_rejected_only_if_nothing_of_it_is_of_use(tmp_path):
    whole = part(tmp_path, "a.csv", FIRST, {"value": 1.0})
    rows = [{"value": 2.0, "row": 2}, {"period": "2010", "value": 5.0, "row": 2}]
    wide = part(tmp_path, "b.csv", FIRST, *rows)
    (first, second), _ = settle(whole, wide)
    assert counts(first) == (0, 0, 1)
    assert counts(second) == (0, 1, 0)
    assert second.frame["period"].tolist() == ["2010"]
    assert second.faults["rule"].tolist() == ["key_repeated"]


def test_a_wide_row_of_which_a_part_stands_elsewhere_is_not_rejected(tmp_path):
    same, other = {"period": "2010", "value": 5.0, "source_id": "x"}, {"value": 1.0}
    whole = part(tmp_path, "a.csv", FIRST, other, same | {"numerator": 9.0})
    rows = [{"value": 2.0, "row": 2}, {"period": "2010", "value": 5.0, "row": 2}]
    (first, second), _ = settle(whole, part(tmp_path, "b.csv", FIRST, *rows))
    assert counts(first) == (1, 0, 1)
    assert counts(second) == (0, 1, 0)
    assert second.frame.empty


def test_places_of_many_that_contradict_are_five_and_how_many_more(tmp_path):
    parts = [part(tmp_path, f"{n}.csv", FIRST, {"value": float(n)}) for n in range(8)]
    extracts, _ = settle(*parts)
    said = {fault for each in extracts for fault in each.faults["found"]}
    first = ", ".join(f"row 2 of {n}.csv" for n in range(5))
    assert said == {f"{first} and 3 more: under18_conceptions, E07000170, 2011"}


def test_frames_without_a_key_in_common_are_left_as_they_are(tmp_path):
    a, b = part(tmp_path, "a.csv", FIRST, {}), part(tmp_path, "b.csv", FIRST, {"period": "2012"})
    extracts, revisions = settle(a, b)
    assert [each is one.extract for each, one in zip(extracts, (a, b), strict=True)] == [True, True]
    assert revisions.empty
    assert settle()[0] == []


@pytest.mark.parametrize(
    ("number", "expected"), [(44.0, 0), (44.1, 1), (0.25, 2), (94.39604, 5), (np.nan, 0), (1e9, 0)]
)
def test_decimals_are_those_of_the_shortest_writing(number, expected):
    assert decimals(pd.Series([number])).tolist() == [expected]


rows = st.builds(
    lambda period, value, note: {"period": period, "value": value, "value_note": note},
    st.sampled_from(["2009", "2010", "2011"]),
    st.sampled_from([1.0, 1.04, 2.0, 3.5, np.nan]),
    st.sampled_from(["", "not_available", "suppressed"]),
)
files = st.lists(
    st.tuples(
        st.lists(rows, max_size=3, unique_by=lambda row: row["period"]),
        st.sampled_from([FIRST, LATER]),
        st.sampled_from(["tidy", "lait"]),
    ),
    min_size=1,
    max_size=4,
)


@given(files)
@settings(max_examples=60, deadline=None)
def test_every_row_is_accounted_for_and_no_key_is_there_twice(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("files")
    parts = [
        part(folder, f"{n}.csv", day, *rows, kind=kind)
        for n, (rows, day, kind) in enumerate(files)
        if rows
    ]
    extracts, revisions = settle(*parts)
    left = pd.concat([each.frame for each in extracts]) if extracts else figures({})
    assert not left["period"].astype("str").duplicated().any()
    refused = {
        period
        for each, before in zip(extracts, parts, strict=True)
        for period in before.extract.frame.loc[each.rejected.index, "period"]
    }
    everything = {period for each in parts for period in each.extract.frame["period"]}
    if parts:
        assert set(left["period"]) | refused == everything
        assert not set(left["period"]) & refused
    assert set(revisions["period"]) <= everything - refused
