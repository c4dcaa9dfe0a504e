"""Accounts: of the impact measures, of the extracts, and of the indicators held."""

import numpy as np
import pandas as pd
import pytest

from ehlib.load.areas import read_areas
from ehlib.load.indicators import indicators_in, read_indicators
from ehlib.show import accounts
from ehlib.show.accounts import coverage_table, files_table, impact_findings, impact_table

NAN = np.nan
AREAS = read_areas()
INDICATORS = read_indicators()
PLAN = indicators_in(INDICATORS, "early_help_plan")
TBC = "the plan has no confirmed baseline for it"


def statuses(**changes):
    """The ten measures, none judged; `changes` gives some a status, value and period."""
    frame = pd.DataFrame(
        {
            "impact_number": range(1, 11),
            "indicator_id": [each.id for each in PLAN],
            "latest_period": "",
            "value": NAN,
            "lower_ci": NAN,
            "upper_ci": NAN,
            "status": "no baseline",
            "reason": TBC,
        }
    ).set_index("indicator_id", drop=False)
    for indicator_id, values in changes.items():
        frame.loc[indicator_id, list(values)] = list(values.values())
    return frame


FELL = {"status": "improving", "reason": "", "value": 24.2, "latest_period": "2013"}
ROSE = {"status": "worsening", "reason": "", "value": 48.6, "latest_period": "2012/13"}
SAME = {"status": "no clear change", "reason": "", "value": 5.0, "latest_period": "2012/13"}


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
        ("under18_conceptions", "district", "2012", "2012-12-31", 30.0, ""),
        ("under18_conceptions", "england", "2013", "2013-12-31", 24.3, ""),
        ("under18_conceptions", "district", "2013", "2013-12-31", 24.3, ""),
        ("under18_conceptions", "district", "2013", "2013-12-31", 25.3, ""),
        ("under18_conceptions", "county", "2013", "2013-12-31", NAN, "suppressed"),
        ("mash_outcome", "county", "2013/14-Q2", "2013-09-30", 20.0, "synthetic"),
        ("mash_enquiries", "county", "2013/14-Q2", "2013-09-30", 20.0, "synthetic"),
    ]
    columns = ["indicator_id", "area_type", "period", "period_end", "value", "value_note"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        period_end=pd.to_datetime(frame["period_end"]), numerator=NAN, category_type=""
    )


def test_impact_page_names_plan_quarter_and_cut_off():
    assert accounts.impact_context(AREAS, "2013/14-Q3") == (
        "Nottinghamshire, October to December 2013. The ten measures of the Early Help Development "
        "Plan 2013-16. Periods that ended after 31 December 2013 are left out."
    )


def test_impact_findings_put_what_is_judged_first():
    said = impact_findings(
        statuses(under18_conceptions=FELL, child_protection_plan_rate=ROSE, school_absence=SAME),
        INDICATORS,
    )
    assert said[:3] == [
        "One measure is improving: under 18 conceptions (24.2 per 1,000 in 2013).",
        "One measure is worsening: child protection plans (48.6 per 10,000 in 2012/13).",
        "One measure shows no clear change since the baseline: school absence (5.0% in 2012/13).",
    ]
    assert said[3].startswith(f"Seven measures cannot be judged, each because {TBC}: needs met")
    assert len(said) == 4


def test_impact_findings_agree_in_number_and_keep_acronyms():
    changes = {each.id: FELL | {"latest_period": "2013"} for each in PLAN if each.id != "neet"}
    said = impact_findings(statuses(**changes), INDICATORS)
    assert said[0].startswith("Nine measures are improving: needs met")
    assert said[1] == f"One measure cannot be judged, because {TBC}: NEET."


def test_impact_findings_group_by_reason():
    late = {"status": "too early to say", "reason": "no figure is held"}
    said = impact_findings(statuses(neet=late, school_absence=late), INDICATORS)
    assert said[0] == "No measure can be judged yet."
    assert [each.partition(":")[0] for each in said[1:]] == [
        f"Eight measures cannot be judged, each because {TBC}",
        "Two measures cannot be judged, each because no figure is held",
    ]


def test_impact_table_has_status_beside_the_measure():
    table = impact_table(statuses(under18_conceptions=FELL), INDICATORS).set_index("Measure")
    assert list(table.columns) == [
        "Status",
        "Latest for the county",
        "Target",
        "Baseline",
        "National",
    ]
    assert len(table) == 10
    row = table.loc["9. Under 18 conception rate (rate per 1000 females aged 15 \u2013 17)"]
    assert list(row) == [
        "\u2714 Improving",
        "24.2 per 1,000, 2013",
        "Reduce",
        "31.9 (2011)",
        "30.7 (2011)",
    ]
    first = table.iloc[0]
    assert first["Status"] == f"No baseline: {TBC}"
    assert first["Latest for the county"] == "none held"


@pytest.mark.parametrize(
    ("status", "sign"),
    [("improving", "\u2714"), ("worsening", "\u2718"), ("no clear change", "\u2248")],
)
def test_status_is_sign_and_word(status, sign):
    table = impact_table(statuses(neet={"status": status, "reason": ""}), INDICATORS)
    assert f"{sign} {status.capitalize()}" in set(table["Status"])


def test_latest_figure_has_its_limits_and_the_name_of_a_changed_measure():
    known = {"value": 58.6, "lower_ci": 57.2, "upper_ci": 59.9}
    before = statuses(mash_outcome=known | {"latest_period": "2013/14-Q3"})
    after = statuses(mash_outcome=known | {"latest_period": "2014/15-Q4"})
    said = [
        impact_table(each, INDICATORS)["Latest for the county"].iloc[1] for each in (before, after)
    ]
    assert said == [
        "58.6% (57.2 to 59.9), 2013/14\u00a0Q3",
        "58.6% (57.2 to 59.9), 2014/15\u00a0Q4, of a changed measure: MASH enquiries with "
        "appropriate action by social care or early help",
    ]


def test_quality_page_says_when_extracts_were_prepared(extracts):
    assert accounts.quality_context(extracts, AREAS, "2013/14-Q3") == (
        "Nottinghamshire. Extracts prepared on 20 January 2014. Periods that ended after "
        "31 December 2013 are left out."
    )


def test_quality_findings_count_rows_indicators_and_mark_the_sample(extracts, observations):
    planned = sum(bool(each.sets) for each in INDICATORS.values())
    assert accounts.quality_findings(extracts, observations, INDICATORS) == [
        "All 1,037 rows of two extracts are accounted for. Nothing was refused.",
        f"Figures are held for 2 of the {planned} indicators of the two plans.",
        "Case records are a synthetic sample, not real children.",
    ]
    real = observations.assign(value_note="")
    assert accounts.quality_findings(extracts, real, INDICATORS)[2] == ""


@pytest.mark.parametrize(
    ("rejected", "outcomes", "expected"),
    [
        ((0, 0), ("loaded", "loaded"), "Nothing was refused."),
        ((1, 0), ("loaded in part", "loaded"), "One row was refused."),
        ((2, 3), ("loaded in part", "loaded in part"), "Five rows were refused."),
        ((0, 0), ("refused", "loaded"), "One whole file was refused."),
        ((0, 1), ("refused", "loaded in part"), "One row and one whole file were refused."),
    ],
)
def test_what_was_refused_is_counted(extracts, observations, rejected, outcomes, expected):
    for file, count, outcome in zip(extracts["files"], rejected, outcomes, strict=True):
        file.update(rows_rejected=count, outcome=outcome)
    said = accounts.quality_findings(extracts, observations, INDICATORS)[0]
    assert said.endswith(f"are accounted for. {expected}")


def test_every_file_has_its_row(extracts):
    table = files_table(extracts)
    assert list(table.columns)[:3] == ["Extract", "Kind", "Outcome"]
    assert table.iloc[0].tolist() == [
        "published/a.csv",
        "tidy",
        "loaded",
        "1,027",
        "1,027",
        "3",
        "0",
    ]
    assert table["Kind"].tolist() == ["tidy", "MASH enquiries"]


def test_coverage_gives_period_age_and_areas_held_first(observations):
    table = coverage_table(observations, INDICATORS, "2014/15-Q1")
    held = table[table["Latest period"] != "none held"]
    assert held.to_numpy().tolist() == [
        ["Outcome of enquiries to the MASH", "quarterly", "2013/14\u00a0Q2", "9", "0", "yes", "no"],
        ["Under 18 conception rate", "annual", "2013", "6", "2", "no", "yes"],
    ]
    assert list(table.index[:2]) == list(held.index)
    assert set(table.iloc[2:, 3:].to_numpy().ravel()) == {""}
    assert len(table) == sum(bool(each.sets) for each in INDICATORS.values())


def test_breakdowns_do_not_count_as_figures_held(observations):
    parts = observations.assign(category_type="outcome")
    assert set(coverage_table(parts, INDICATORS, "2014/15-Q1")["Latest period"]) == {"none held"}


def test_accounts_leave_their_frames_unchanged(observations):
    frame, before = statuses(), observations.copy()
    kept = frame.copy()
    impact_table(frame, INDICATORS)
    impact_findings(frame, INDICATORS)
    coverage_table(observations, INDICATORS, "2013/14-Q3")
    pd.testing.assert_frame_equal(frame, kept)
    pd.testing.assert_frame_equal(observations, before)
