"""Accounts: of the extracts, and of the indicators held."""

import numpy as np
import pandas as pd
import pytest

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.show import accounts
from ehlib.show import cells as show_cells
from ehlib.show.accounts import (
    coverage_table,
    files_table,
    freshness_table,
)
from ehlib.show.accounts.changes import counted_table, restated_table
from ehlib.show.accounts.coverage import next_due

NAN = np.nan
AREAS = read_areas()
INDICATORS = read_indicators()


@pytest.fixture
def extracts():
    def file(name, kind, outcome, *counts):
        rows = dict(zip(("read", "loaded", "normalised", "rejected"), counts, strict=True))
        facts = {"file": name, "kind": kind, "outcome": outcome}
        return facts | {f"rows_{key}": count for key, count in rows.items()}

    whole = file("published/a.csv", "tidy", "loaded", 1027, 1027, 3, 0)
    return {
        "prepared": "2014-01-20T09:00:00+00:00",
        "files": [whole, file("sample/b.csv", "mash_enquiries", "loaded", 10, 10, 0, 0)],
    }


@pytest.fixture
def observations():
    rows = [
        ("under18_conceptions", "E07000170", "2012", "2012-12-31", 30.0, ""),
        ("under18_conceptions", "E92000001", "2013", "2013-12-31", 24.3, ""),
        ("under18_conceptions", "E07000170", "2013", "2013-12-31", 24.3, ""),
        ("under18_conceptions", "E07000171", "2012", "2012-12-31", 25.3, ""),
        ("under18_conceptions", "E10000024", "2013", "2013-12-31", NAN, "suppressed"),
        ("mash_outcome", "E10000024", "2013/14-Q2", "2013-09-30", 20.0, "synthetic"),
        ("mash_enquiries", "E10000024", "2013/14-Q2", "2013-09-30", 20.0, "synthetic"),
    ]
    columns = ["indicator_id", "area_code", "period", "period_end", "value", "value_note"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        period_end=pd.to_datetime(frame["period_end"]), numerator=NAN, category_type=""
    )


@pytest.fixture
def shown(monkeypatch):
    """What functions show: role and html of each."""
    listed = []
    monkeypatch.setattr(
        show_cells, "display", lambda html, metadata: listed.append((metadata["ehlib"], html.data))
    )
    return listed


def test_quality_page_says_when_extracts_were_prepared(extracts):
    assert accounts.quality_context(extracts, AREAS, "2013/14-Q3") == (
        "Nottinghamshire. Extracts prepared on 20 January 2014. Periods that ended after "
        "31 December 2013 are left out."
    )


def test_quality_findings_count_rows_indicators_and_mark_the_sample(extracts, observations):
    planned = sum(bool(each.sets) for each in INDICATORS.values())
    assert accounts.quality_findings(extracts, observations, INDICATORS) == [
        "All 1,037 rows of 2 extracts are accounted for. Nothing was refused.",
        f"Figures are held for 2 of the {planned} indicators of the two plans.",
        "",
        "Case records are a synthetic sample, not real children.",
    ]
    real = observations.assign(value_note="")
    assert accounts.quality_findings(extracts, real, INDICATORS)[3] == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"restated": 0, "gone": 0, "new": 7}, ""),
        ({"restated": 1}, "1 figure has changed since the last preparation."),
        (
            {"restated": 12, "gone": 1},
            "12 figures have changed since the last preparation. 1 figure held at that time is "
            "gone.",
        ),
    ],
)
def test_quality_findings_say_what_changed(extracts, observations, changes, said):
    found = accounts.quality_findings(extracts | {"changes": changes}, observations, INDICATORS)
    assert found[2] == said


@pytest.mark.parametrize(
    ("rejected", "outcomes", "expected"),
    [
        ((0, 0), ("loaded", "loaded"), "Nothing was refused."),
        ((1, 0), ("loaded in part", "loaded"), "1 row was refused."),
        ((2, 3), ("loaded in part", "loaded in part"), "5 rows were refused."),
        ((0, 0), ("refused", "loaded"), "1 whole file was refused."),
        ((0, 1), ("refused", "loaded in part"), "1 row and 1 whole file were refused."),
    ],
)
def test_what_was_refused_is_counted(extracts, observations, rejected, outcomes, expected):
    for file, count, outcome in zip(extracts["files"], rejected, outcomes, strict=True):
        file.update(rows_rejected=count, outcome=outcome)
    said = accounts.quality_findings(extracts, observations, INDICATORS)[0]
    assert said.endswith(f"are accounted for. {expected}")


def test_rows_left_out_for_a_reason_are_not_called_refused(extracts, observations):
    extracts["files"][0].update(rows_rejected=7, rows_left_out=5)
    said = accounts.quality_findings(extracts, observations, INDICATORS)[0]
    assert said.endswith("2 rows were refused. 5 rows were left out for a stated reason.")
    row = files_table(extracts).iloc[0]
    assert (row["Rows left out"], row["Rows refused"]) == ("5", "2")


def test_every_file_has_its_row(extracts):
    table = files_table(extracts)
    assert list(table.columns)[:3] == ["Extract", "Kind", "Outcome"]
    assert table.iloc[0].tolist() == [
        *("published/a.csv", "tidy", "loaded"),
        *("1,027", "1,027", "3", "0", "0"),
    ]
    assert table["Kind"].tolist() == ["tidy", "MASH enquiries"]


def fault(**changes):
    row = {"file": "published/a.csv", "sheet": "", "rule": "area_unknown", "severity": "error"}
    row |= {"column": "area_code", "count": 10_000, "rows": "rows 2, 3 and 9,998 more"}
    return row | {"found": "", "wanted": "a code", "mend": "correct the code"} | changes


def test_faults_alike_are_one_line_with_the_mend(extracts, shown):
    faults = [fault(), fault(file="b.csv", count=1, rows="row 7"), fault(severity="note")]
    accounts.show_faults(extracts | {"faults": faults})
    ((facts, html),) = shown
    assert facts["role"] == "table"
    assert html.count("<tr>") == 2
    for words in ("10,001", "a.csv and b.csv", "Correct the code", "\u2718 refused"):
        assert words in html


def test_nothing_to_mend_and_nothing_left_out_are_said(extracts, shown):
    accounts.show_faults(extracts)
    accounts.show_left_out(extracts)
    assert [html for _, html in shown] == [
        '<p class="note">Nothing is to be mended.</p>',
        '<p class="note">Nothing was left out.</p>',
    ]


def test_what_was_left_out_is_told_by_reason(extracts, shown):
    faults = [fault(severity="note", rule="area_outside", found="W06000015, in Wales", count=9)]
    faults.append(fault(severity="note", rule="area_outside", found="S12", file="b.csv", count=1))
    accounts.show_left_out(extracts | {"faults": faults})
    ((_, html),) = shown
    assert html.count("<tr>") == 2
    assert ">10<" in html
    assert "W06000015, in Wales" in html


def test_heat_table_says_period_and_number_with_a_sign_for_each_area(observations):
    table = coverage_table(observations, INDICATORS, AREAS).set_index("Indicator")
    row = table.loc["Under 18 conceptions"]
    assert row["Ashfield"] == "\u25cf\u00a02013 (2)"
    assert row["Bassetlaw"] == "\u25d0\u00a02012 (1)"
    assert row["Nottinghamshire"] == "\u25cb\u00a0none"
    assert row["England"] == "\u25cf\u00a02013 (1)"
    assert list(table.columns) == [
        *(each.name for each in AREAS.districts),
        *("Nottinghamshire", "England"),
    ]
    assert len(table) == 3


def test_cells_of_the_heat_table_are_shaded_by_their_sign(observations, shown):
    accounts.show_coverage(observations, INDICATORS, AREAS)
    ((_, html),) = shown
    assert '<td class="held">\u25cf' in html
    assert '<td class="behind">\u25d0' in html
    assert '<td class="lacking">\u25cb' in html
    assert "\u25d0 an earlier one" in html


def test_freshness_has_the_oldest_first_and_says_what_is_due(observations, shown):
    table = freshness_table(observations, INDICATORS, "2014/15-Q1")
    assert table.to_numpy().tolist() == [
        ["MASH outcomes", "quarterly", "2013/14\u00a0Q2", "9", "2013/14\u00a0Q3, awaited"],
        ["Under 18 conceptions", "annual", "2013", "6", "2014, not over yet"],
    ]
    accounts.show_freshness(observations, INDICATORS, "2014/15-Q1")
    missing = sum(bool(each.sets) for each in INDICATORS.values()) - 2
    assert f"No figure is held for {missing} indicators: " in shown[1][1]


@pytest.mark.parametrize(
    ("indicator_id", "label", "last", "end", "said"),
    [
        ("under18_conceptions", "2011", "2011-12-31", "2013-12-31", "2012, awaited"),
        ("under18_conceptions", "2011", "2011-12-31", "2014-12-31", "2012, overdue"),
        ("under16_conceptions", "2008 to 2010", "2010-12-31", "2010-12-31", "2009-11, not over"),
        ("rereferrals", "2012/13", "2013-03-31", "2013-12-31", "2013/14, not over yet"),
        ("rereferrals", "1999/00", "2000-03-31", "2000-04-30", "2000/01, not over yet"),
        ("imd_average_score", "2019", "2019-12-31", "2025-12-31", "the next edition"),
        ("mash_outcome", "2012/13-Q4", "2013-03-31", "2014-03-31", "2013/14\u00a0Q1, overdue"),
    ],
)
def test_next_figure_is_not_over_awaited_or_overdue(indicator_id, label, last, end, said):
    found = next_due(INDICATORS[indicator_id], label, pd.Timestamp(last), pd.Timestamp(end))
    assert found.startswith(said)


def test_breakdowns_do_not_count_as_figures_held(observations):
    assert coverage_table(observations.assign(category_type="outcome"), INDICATORS, AREAS).empty


def logged(**changes):
    row = {
        **{"indicator_id": "under18_conceptions", "area_code": "E07000170", "period": "2011"},
        **{"area_name": "Ashfield", "sex": "female", "category": "", "reason": "late records"},
        **{"old_value": 44.1, "new_value": NAN, "old_numerator": NAN, "new_numerator": NAN},
        **{"old_note": "", "new_note": "not_available", "seen": "2014-01-20"},
    }
    return pd.DataFrame([row | changes])


def test_restated_figures_show_what_was_what_is_and_why():
    (row,) = restated_table(logged(), INDICATORS).to_dict("records")
    assert row == {
        **{"Indicator": "Under 18 conceptions", "Area": "Ashfield (female)", "Period": "2011"},
        **{"Was": "44.1", "Is": "not available", "Why": "Late records", "Seen": "2014-01-20"},
    }
    counts = logged(old_value=NAN, old_numerator=1200.0, new_numerator=1210.0)
    assert restated_table(counts, INDICATORS)[["Was", "Is"]].to_numpy().tolist() == [
        ["1,200", "1,210"]
    ]


def test_restated_counts_of_case_records_are_counted_never_shown():
    rows = [logged(indicator_id="mash_enquiries", period=f"2013/14-Q{n}") for n in (1, 2, 3)]
    table = counted_table(pd.concat(rows), INDICATORS)
    assert table.to_numpy().tolist() == [
        ["MASH enquiries", "2013/14\u00a0Q1 to 2013/14\u00a0Q3", "3", "Late records"]
    ]


def test_accounts_leave_their_frames_unchanged(observations):
    before = observations.copy()
    coverage_table(observations, INDICATORS, AREAS)
    freshness_table(observations, INDICATORS, "2013/14-Q3")
    pd.testing.assert_frame_equal(observations, before)
