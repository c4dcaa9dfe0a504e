"""Actions of the children's plan: the file that is shipped, its faults, and where each stands."""

from datetime import date

import pandas as pd
import pytest

from ehlib.load.actions import COLUMNS, KEPT, STATUSES, read_actions
from ehlib.load.indicators import indicators_in, read_indicators
from ehlib.load.schema import SourceError
from ehlib.measure.impact import standing

INDICATORS = read_indicators()
HEADER = ",".join([*COLUMNS, *KEPT])
ROW = dict(
    zip(
        [*COLUMNS, *KEPT],
        ["safe-1", "3.1", "", "Do it", "2014-09", "prevention", "Board", "", "", "", ""],
        strict=True,
    )
)


def written(tmp_path, *changes, header=HEADER):
    lines = [",".join(({**ROW, **change}).values()) for change in changes]
    path = tmp_path / "actions.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def refusal(path, **options):
    with pytest.raises(SourceError) as error:
        read_actions(path, indicators=INDICATORS, today=date(2014, 10, 1), **options)
    return str(error.value)


def test_the_shipped_file_has_every_dated_action_of_the_five_sections():
    """Counted by hand in the plan: 10, 8, 5, 7 and 3, and four dated parts of one in 3.2."""
    actions = read_actions(indicators=INDICATORS)
    counts = actions.groupby("section").size().to_dict()
    assert counts == {"3.1": 10, "3.2": 8 + 4, "3.3": 5, "3.4": 7, "3.5": 3}
    assert actions["part_of"].ne("").sum() == 4
    assert actions["due"].min() == "2014-03"
    assert actions["due"].max() == "2016-04"


@pytest.mark.parametrize(
    ("section", "months"),
    [  # as the plan prints them beside each action, in no order
        ("3.1", {"2016-04": 3, "2015-04": 5, "2014-10": 1, "2014-09": 1}),
        ("3.3", {"2016-04": 5}),
        (
            "3.4",
            {
                **{"2014-04": 1, "2014-03": 1, "2015-10": 1, "2016-04": 1},
                **{"2015-04": 1, "2014-09": 1, "2014-12": 1},
            },
        ),
        ("3.5", {"2014-09": 1, "2015-04": 2}),
    ],
)
def test_months_of_the_shipped_actions_are_those_of_the_plan(section, months):
    actions = read_actions()
    own = actions[actions["section"] == section]
    assert own["due"].value_counts().to_dict() == months


def test_ambitions_of_the_shipped_actions_are_those_ticked_in_the_plan():
    """Ticks counted by hand: prevention, independence, integration of section 3.1 and of 3.4."""
    actions = read_actions()
    for section, ticks in {"3.1": (8, 6, 7), "3.4": (7, 3, 6)}.items():
        own = actions.loc[actions["section"] == section, "ambitions"].explode()
        names = ["prevention", "independence", "integration"]
        assert tuple(own.value_counts()[names]) == ticks


def test_no_status_is_shipped_since_none_is_known():
    actions = read_actions()
    assert actions[["status", "evidence"]].eq("").all(axis=None)
    assert actions["updated"].isna().all()


def test_shipped_actions_are_linked_with_outcomes_of_section_4_alone():
    linked = {each for ids in read_actions()["indicators"] for each in ids}
    assert linked <= {each.id for each in indicators_in(INDICATORS, "cypf_plan")}


def test_a_file_saved_by_excel_is_read_all_the_same(tmp_path):
    """Excel writes Sep-14 for 2014-09, days the English way, and puts a mark at the start."""
    filled = {"due": "Sep-14", "status": "done", "evidence": "Minutes", "updated": "30/09/2014"}
    path = written(tmp_path, filled)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    row = read_actions(path, today=date(2014, 10, 1)).iloc[0]
    assert (row["due"], row["due_date"], row["updated"]) == (
        "2014-09",
        pd.Timestamp("2014-09-30"),
        pd.Timestamp("2014-09-30"),
    )


@pytest.mark.parametrize(
    ("change", "column", "wanted"),
    [
        ({"id": "A1"}, "id: 'A1'", "an id such as safe-1"),
        ({"section": "4"}, "section: '4'", "one of 3.1, 3.2"),
        ({"action": ""}, "action: ''", "words"),
        ({"due": "2014-13"}, "due: '2014-13'", "a month such as 2014-09"),
        ({"due": "soon"}, "due: 'soon'", "a month such as 2014-09"),
        ({"ambitions": "prevention;hope"}, "ambitions: 'hope'", "one of prevention"),
        ({"leads": ""}, "leads: ''", "the bodies that lead"),
        ({"indicators": "neet;nonsense"}, "indicators: 'nonsense'", "ids of indicators.toml"),
        ({"status": "ok"}, "status: 'ok'", "one of not started, on track"),
        ({"status": "done", "updated": "2014-09-01"}, "evidence: ''", "words that show"),
        (
            {"status": "late", "updated": "2014-10-02"},
            "updated: '2014-10-02'",
            "a day up to 2014-10-01",
        ),
        ({"status": "late", "updated": "31/02/2014"}, "updated: '31/02/2014'", "a day such as"),
        ({"status": "late"}, "updated: ''", "the day on which"),
        ({"part_of": "safe-9"}, "part_of: 'safe-9'", "the id of another action"),
        ({"part_of": "safe-1"}, "part_of: 'safe-1'", "the id of another action"),
    ],
)
def test_each_fault_is_told_with_row_column_found_wanted_and_mend(tmp_path, change, column, wanted):
    said = refusal(written(tmp_path, change))
    assert said.startswith(f"actions.csv, row 2, column {column}; expected {wanted}")
    assert len(said.split("; ")) >= 3


def test_two_actions_of_one_id_and_a_wrong_header_are_refused(tmp_path):
    assert "row 3, column id: 'safe-1' is the id of row 2" in refusal(written(tmp_path, {}, {}))
    assert "row 1: columns are a, b; expected id, section" in refusal(
        written(tmp_path, {}, header="a,b")
    )


def test_a_county_that_records_no_action_has_an_empty_plan_and_no_error(tmp_path):
    blank = tmp_path / "blank.csv"
    blank.write_text("\n", encoding="utf-8")
    for path in (written(tmp_path), blank, tmp_path / "none.csv"):
        plan = read_actions(path, indicators=INDICATORS)
        assert plan.empty
        assert set(plan) == set(read_actions())
        stood = standing.add_standing(plan, "2013/14-Q4")
        assert list(standing.actions_for(stood, "neet")) == list(stood)
        assert standing.without_action(["neet"], stood) == ["neet"]
        assert standing.recorded_since(stood, "2013/14-Q4").empty


def test_five_faults_are_listed_and_the_others_counted(tmp_path):
    said = refusal(written(tmp_path, *({"id": f"safe-{n}", "due": "x"} for n in range(1, 8))))
    assert said.count("\n") == 5
    assert said.endswith("and 2 more")


def stood(tmp_path, quarter, **change):
    path = written(tmp_path, change)
    return standing.add_standing(read_actions(path, today=date(2016, 1, 1)), quarter)["standing"][0]


@pytest.mark.parametrize(
    ("change", "quarter", "expected"),
    [  # due by September 2014
        ({}, "2014/15-Q2", standing.UNKNOWN),  # ends on the last day of the month it was due by
        ({}, "2014/15-Q1", standing.DUE_NEXT),
        ({}, "2013/14-Q4", standing.DUE_NEXT),  # exactly six months ahead
        ({}, "2013/14-Q3", standing.LATER),
        # six months from 30 September and from 30 June end on the 31st
        ({"due": "2014-03"}, "2013/14-Q2", standing.DUE_NEXT),
        ({"due": "2014-04"}, "2013/14-Q2", standing.LATER),
        ({"due": "2014-12"}, "2014/15-Q1", standing.DUE_NEXT),
        ({"status": "on track", "updated": "2014-07-01"}, "2014/15-Q1", standing.DUE_NEXT),
        ({"status": "on track", "updated": "2014-07-01"}, "2014/15-Q2", standing.OVERDUE),
        (
            {"status": "done", "evidence": "Minutes", "updated": "2014-07-01"},
            "2014/15-Q3",
            standing.DONE,
        ),
    ],
)
def test_an_action_stands_by_its_date_and_what_is_recorded(tmp_path, change, quarter, expected):
    assert stood(tmp_path, quarter, **change) == expected


def test_overdue_actions_come_first_then_by_date(tmp_path):
    late = {"status": "late", "updated": "2014-09-01"}
    path = written(
        tmp_path,
        {"id": "safe-1", "due": "2016-04"},
        {"id": "safe-2", "due": "2014-05"},
        {"id": "safe-3", "due": "2014-08", **late},
        {"id": "safe-4", "due": "2014-03", **late},
    )
    actions = read_actions(path, today=date(2014, 10, 1))
    ranked = standing.add_standing(actions, "2014/15-Q2")
    assert ranked["id"].tolist() == ["safe-4", "safe-3", "safe-2", "safe-1"]
    assert "standing" not in actions


def test_actions_of_an_outcome_are_found_and_those_without_one_named(tmp_path):
    path = written(
        tmp_path,
        {"id": "safe-1", "due": "2015-04", "indicators": "neet;rereferrals"},
        {"id": "safe-2", "due": "2014-04", "indicators": "neet"},
    )
    actions = read_actions(path)
    assert standing.actions_for(actions, "neet")["id"].tolist() == ["safe-2", "safe-1"]
    assert standing.without_action(["neet", "ehc_plans"], actions) == ["ehc_plans"]


def test_statuses_recorded_since_the_report_two_quarters_before_are_news(tmp_path):
    told = {"status": "on track"}
    path = written(
        tmp_path,
        {"id": "safe-1", **told, "updated": "2013-09-30"},
        {"id": "safe-2", **told, "updated": "2013-10-01"},
    )
    news = standing.recorded_since(read_actions(path, today=date(2014, 10, 1)), "2013/14-Q4")
    assert news["id"].tolist() == ["safe-2"]


def test_the_words_for_a_status_are_those_of_the_design():
    assert STATUSES == ("not started", "on track", "at risk", "late", "done")
