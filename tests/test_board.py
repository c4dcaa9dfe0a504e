"""Reports to the Board: outcomes, exceptions, actions, news, decisions, as a reader sees them."""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ehlib.load.accounts.restated import LOGGED
from ehlib.load.actions import read_actions
from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.indicators.reported import early_help_measures, outcomes_of
from ehlib.load.periods import parse_period
from ehlib.measure.compare import add_comparison
from ehlib.measure.impact.progress import STATUSES, add_progress
from ehlib.measure.impact.standing import add_standing
from ehlib.show import cells as show_cells
from ehlib.show.accounts import impact, measures
from ehlib.show.board import actions as board
from ehlib.show.board import exceptions as off_track
from ehlib.show.board import news, outcomes, report, review, sparks, words
from ehlib.show.figures import process
from ehlib.show.sentences import in_sentence

AREAS, INDICATORS = read_areas(), read_indicators()
COUNTY, ENGLAND, MANSFIELD = "E10000024", "E92000001", "E07000174"
OUTCOMES, MEASURES = outcomes_of(INDICATORS, "all"), early_help_measures(INDICATORS)
QUARTER = "2013/14-Q4"
NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
NUMBERS = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]


def figure(key, label, value, lower=np.nan, upper=np.nan, **others):
    period = parse_period(label, INDICATORS[key].calendar)
    area = others.pop("area_code", COUNTY)
    return {
        **{"indicator_id": key, "area_code": area, "area_name": AREAS.name(area)},
        **{"area_type": AREAS.type(area), "period": period.label},
        "period_start": pd.Timestamp(period.start),
        "period_end": pd.Timestamp(period.end),
        **{"sex": "persons", "age": "all", "category_type": "", "category": ""},
        **dict.fromkeys(NUMBERS, np.nan),
        **{"value": value, "lower_ci": lower, "upper_ci": upper, "value_note": ""},
        **{"source_name": "Publisher, Table", "source_id": "s", "definition": "one"},
        **others,
    }


def compared(rows):
    return add_comparison(pd.DataFrame(rows), INDICATORS, benchmark_area=ENGLAND)


@pytest.fixture(scope="module")
def held():
    """Published figures of Nottinghamshire, and quarters of an invented sample."""
    rows = [
        figure("under18_conceptions", "2011", 31.9, 29.0, 35.0),
        figure("under18_conceptions", "2012", 29.4, 26.6, 32.4),
        figure("under18_conceptions", "2013", 24.2, 21.7, 26.9),
        figure("under18_conceptions", "2013", 24.3, 24.0, 24.6, area_code=ENGLAND),
        figure("under18_conceptions", "2013", 35.9, 27.9, 45.5, area_code=MANSFIELD),
        figure("rereferrals", "2012/13", 18.7, 17.8, 19.5),
        figure("rereferrals", "2013/14", 20.1, 19.3, 21.0),
        figure("child_protection_repeat", "2013/14", 18.3, 16.1, 20.8),
    ]
    quarters = ["2012/13-Q4", "2013/14-Q1", "2013/14-Q2", "2013/14-Q3", "2013/14-Q4"]
    rows += [
        figure("needs_met", each, 59.0 + place, 55.0, 65.0, value_note="synthetic")
        for place, each in enumerate(quarters)
    ]
    return compared(rows)


@pytest.fixture(scope="module")
def progress(held):
    return add_progress(OUTCOMES, held, COUNTY)


@pytest.fixture(scope="module")
def actions():
    return add_standing(read_actions(today=date(2014, 4, 30)), QUARTER)


@pytest.fixture
def shown(monkeypatch):
    """What functions show: role and html, or markdown, of each."""
    listed = []

    def keep(output, metadata=None):
        listed.append(((metadata or {}).get("ehlib", {"role": "prose"}), output.data))

    monkeypatch.setattr(show_cells, "display", keep)
    return listed


def text_of(shown, role):
    return [html for facts, html in shown if facts["role"] == role]


def test_outcomes_are_counted_by_priority_and_add_up(progress):
    table = outcomes.counts_table(progress).set_index("Priority").astype(int)
    assert table.loc["All priorities"].tolist() == [33, 1, 1, 1, 1, 29]
    assert table.loc["Keeping children safe"].tolist() == [8, 1, 0, 0, 1, 6]
    parts = table.drop("All priorities")
    assert (parts.sum() == table.loc["All priorities"]).all()


def test_outcome_findings_name_what_moves_and_how_many_wait(progress):
    said = outcomes.outcomes_findings(progress, INDICATORS, AREAS)
    assert said == [
        "4 of the 33 indicators have a figure for Nottinghamshire: 1 is improving, 1 shows no "
        "clear change, 1 is worsening and 1 cannot be judged. 1 indicator rests on a synthetic "
        "sample, not real children.",
        "Worsening: re-referrals (20.1% in 2013/14).",
        "Improving: under 18 conceptions (24.2 per 1,000 in 2013).",
        "29 indicators have no figure yet.",
    ]
    none = add_progress(OUTCOMES, compared([figure("neet", QUARTER, np.nan)]), COUNTY)
    assert outcomes.outcomes_findings(none, INDICATORS, AREAS) == [
        "None of the 33 indicators has a figure for Nottinghamshire yet."
    ]


def test_hidden_outcomes_are_not_said_to_wait_for_a_figure(progress, shown):
    """Nobody is asked to supply a figure that is held and hidden."""
    rows = compared([figure("needs_met", QUARTER, np.nan, value_note="suppressed")])
    hidden = add_progress([INDICATORS["needs_met"]], rows, COUNTY)
    told = "1 indicator is hidden: some numbers are small."
    assert outcomes.outcomes_findings(hidden, INDICATORS, AREAS) == [
        "None of the 1 indicator has a figure for Nottinghamshire to show.",
        told,
    ]
    with_others = pd.concat([progress, hidden], ignore_index=True)
    assert outcomes.outcomes_findings(with_others, INDICATORS, AREAS)[-1] == told
    assert outcomes.counts_table(hidden)["[c]\u00a0Hidden"].tolist() == ["1"]
    assert "[c]\u00a0Hidden" not in outcomes.counts_table(progress)
    outcomes.show_lacking(hidden, rows, INDICATORS)
    assert "Every indicator has a figure or is hidden." in text_of(shown, "note")[0]


def test_outcome_table_says_status_basis_figure_limits_and_what_comes_next(progress):
    table = outcomes.outcome_table(progress, INDICATORS, QUARTER).set_index("Indicator")
    row = table.loc["Under 18 conceptions (per 1,000)"]
    assert row.tolist() == [
        "\u2714\u00a0Improving",
        "the plan's baseline",
        "24.2",
        "21.7 to 26.9",
        "2013",
        "24.3: similar",
        "2014, not over yet",
    ]
    assert table.loc["Re-referrals (%)", "Compared with"] == "18.7 (2012/13)"
    assert table.loc["Repeat child protection plans (%)", "Status"] == (
        "?\u00a0Cannot be judged: no figure is held for a year before"
    )


def test_figures_of_tables_carry_the_ids_of_their_numbers(progress):
    table = outcomes.outcome_table(progress, INDICATORS, QUARTER)
    ids = {column: each for (row, column), each in table.attrs["numbers"].items() if row == 0}
    assert ids["Latest"] == "rereferrals.e10000024.2013-14.persons.all.value"
    assert ids["Compared with"] == "rereferrals.e10000024.2012-13.persons.all.value"
    assert ids["95% limits"] == "rereferrals.e10000024.2013-14.persons.all.limits"


def test_indicators_without_a_figure_are_told_by_source_once(progress, held):
    district = figure("excess_weight_year6", "2012/13", 30.0, area_code=MANSFIELD)
    held = compared([*held.drop(columns=words_of(held)).to_dict("records"), district])
    lacking = progress.loc[progress["status"] == "no figure", "indicator_id"].tolist()
    table = outcomes.lacking_table(lacking, held, INDICATORS)
    assert table["Number of indicators"].astype(int).sum() == 29
    assert table["Source"].is_unique
    said = " ".join(table["Indicators"])
    assert "xcess weight, Year 6 (held for districts, not for the county)" in said


def words_of(frame):
    return [name for name in ("benchmark_name", "benchmark_value", "comparison") if name in frame]


def test_priorities_without_figures_have_no_empty_panel(progress, held, shown):
    sparks.show_priorities(progress, held, INDICATORS, quarter=QUARTER, areas=AREAS)
    assert len(text_of(shown, "figure")) == len(text_of(shown, "table")) == 3
    assert not any("Close the gap" in each for _, each in shown)
    sample = [facts["synthetic"] for facts, _ in shown if facts["role"] == "table"]
    assert sample == [False, True, False]


def test_small_figures_name_every_outcome_with_its_figure_and_status(progress, held):
    known = progress.dropna(subset="value")
    for narrow in (False, True):
        ax = sparks.plot_outcomes(known, held, INDICATORS, narrow=narrow)
        written = [each.get_text().replace("\n", " ") for each in ax.texts]
        assert "Under 18 conceptions" in written
        assert "24.2 per 1,000, 2013" in written
        assert "\u2714 improving" in written
        assert "? cannot be judged" in written
        left, right = ax.get_xlim()
        assert all(left <= each.get_position()[0] < right for each in ax.texts)
    assert "re-referrals 20.1%, worsening" in sparks.outcomes_sentence(known, INDICATORS).lower()


def test_a_line_breaks_where_the_definition_changes():
    rows = [
        figure("mash_outcome", f"201{y}/1{y + 1}-Q{q}", 20.0 + q, 18.0, 30.0, definition=word)
        for y, word in ((3, "old"), (4, "new"))
        for q in (1, 2, 3, 4)
    ]
    held = compared(rows)
    one = add_progress([INDICATORS["mash_outcome"]], held, COUNTY)
    ax = sparks.plot_outcomes(one, held, INDICATORS)
    assert sorted(len(line.get_xdata()) for line in ax.lines[-2:]) == [4, 4]


def test_exceptions_are_worsening_worse_than_england_or_of_some_districts(progress, held, actions):
    found = off_track.exceptions(progress, held, INDICATORS, AREAS)
    told = found.set_index("indicator_id")
    assert told["why"].to_dict() == {
        "rereferrals": ["worsening since 2012/13"],
        "under18_conceptions": ["worse than England in Mansfield"],
    }
    assert told["county"].to_dict() == {"rereferrals": True, "under18_conceptions": False}
    assert off_track.exceptions_findings(found, INDICATORS) == [
        "Off track: re-referrals. Off track in some districts only: under 18 conceptions."
    ]
    table = off_track.exceptions_table(found, INDICATORS, actions).set_index("Outcome")
    assert "(by October 2014; no status recorded)" in table.loc["Re-referrals (%)", "Action"]
    without = actions[actions["section"] == "3.5"]
    table = off_track.exceptions_table(found, INDICATORS, without)
    assert table["Action"].unique().tolist() == ["No action recorded"]


LEVEL = [60.0, 61.0] * 6  # three years of quarters that hardly move; needs met is to rise


@pytest.mark.parametrize(
    ("latest", "said"),
    [
        ([40.0], "the latest quarter is below the limits of usual variation"),
        (
            [60.4, 60.3, 60.2, 60.1, 60.0, 59.9, 59.8],
            "the latest quarters have been falling without a break",
        ),
        ([58.0, 59.2, 58.0], "two of the latest three quarters are far below the mean"),
        (
            [59.9, 60.1, 59.9, 60.1, 59.9, 60.1, 59.9],
            "the latest quarters all lie below the mean",
        ),
        ([80.0], None),  # out of usual variation, the right way
        ([60.0], None),
    ],
)
def test_each_concern_of_a_process_chart_is_an_exception_in_its_own_words(latest, said):
    values = [*LEVEL, *latest]
    labels = [f"{y}/{y - 1999}-Q{q}" for y in range(2010, 2016) for q in (1, 2, 3, 4)]
    rows = [
        figure("needs_met", label, value, 10.0, 90.0)
        for label, value in zip(labels, values, strict=False)
    ]
    held = compared(rows)
    one = add_progress([INDICATORS["needs_met"]], held, COUNTY)
    found = off_track.exceptions(one, held, INDICATORS, AREAS)
    assert [why for each in found["why"] for why in each] == ([said] if said else [])
    chart = process.quarters_chart(held, COUNTY, INDICATORS["needs_met"])
    assert (f": {said}, a concern." if said else ": ") in process.process_sentence(chart, "Here")


def test_no_page_calls_every_concern_out_of_the_usual_range():
    for stem in ("07_impact_measures", "13_board_report", "14_annual_review"):
        prose = (NOTEBOOKS / f"{stem}.ipynb").read_text(encoding="utf-8")
        assert "usual range" not in prose
        assert "or has a process chart that shows a concern." in prose
    assert "or a process chart shows a concern" in off_track.EXCEPTION_NOTE


def test_nothing_off_track_is_said_in_one_sentence(progress, held, shown):
    none = off_track.exceptions(progress.head(0), held, INDICATORS, AREAS)
    off_track.show_exceptions(none, INDICATORS, pd.DataFrame(), held)
    assert "No outcome that can be judged is off track" in text_of(shown, "note")[0]
    assert off_track.exceptions_findings(none, INDICATORS) == []


def test_decisions_follow_from_what_is_not_known_overdue_or_without_action(progress, held, actions):
    found = off_track.exceptions(progress, held, INDICATORS, AREAS)
    asked = off_track.decisions(actions, found, progress, INDICATORS)
    assert asked["Why it is asked"].tolist() == [
        "1 action past the date set with no status recorded",
        "29 indicators of the plan without a figure: nobody can say whether they move",
    ]
    late = actions.assign(status="late", updated=pd.Timestamp("2014-03-01"))
    late = add_standing(late[late["section"] == "3.4"], QUARTER)
    asked = off_track.decisions(late, found, progress, INDICATORS)
    assert asked["Decision"].iloc[0].startswith("Agree a new date for each overdue action")
    assert asked["Why it is asked"].iloc[1] == "No action is recorded for re-referrals"


def test_actions_are_counted_where_they_stand(actions):
    table = board.standing_table(actions).set_index("Priority").astype(int)
    assert table.loc["All priorities"].tolist() == [37, 0, 1, 7, 29, 0]
    assert table.index[0] == "Keeping children safe"
    assert board.actions_findings(actions, QUARTER) == [
        "Of the plan's 33 dated actions and 4 parts of one of them, 1 is past the date set on 31 "
        "March 2014 and 7 are due in the next 6 months. No status is recorded for any, so none can "
        "be called done or late."
    ]


@pytest.mark.parametrize(
    ("ids", "said"),
    [  # health-4 of the plan has parts 4a to 4d
        (["safe-1"], "1 action"),
        (["health-3", "health-4", "health-4a"], "2 actions and 1 part of one of them"),
        (["health-3", "health-4a", "health-4b"], "1 action and 2 parts of another"),
        (["health-4a", "health-4b"], "2 parts of an action"),
        ([], "no actions"),
    ],
)
def test_parts_of_an_action_are_not_counted_as_actions(actions, ids, said):
    assert board.count_actions(actions[actions["id"].isin(ids)]) == said


def test_captions_count_parts_of_actions_apart_too(actions, progress, shown):
    board.show_standing(actions)
    board.show_by_priority(actions, progress, INDICATORS)
    tables = text_of(shown, "table")
    assert "33 actions and 4 parts of one of them by where they stand" in tables[0]
    assert "Actions and parts" in tables[0]
    captions = re.findall("<caption>(.*?)</caption>", " ".join(tables), re.DOTALL)
    counted = [each for each in captions if "8 actions and 4 parts of one of them, those" in each]
    assert len(counted) == 1
    assert sum("parts" in each for each in captions) == 2


def test_recorded_statuses_are_shown_with_their_day_and_counted(actions, progress):
    told = {"status": "done", "evidence": "Minutes", "updated": pd.Timestamp("2014-03-20")}
    known = actions.copy()
    known.loc[known.index[:1], list(told)] = list(told.values())
    known = add_standing(known.drop(columns="standing"), QUARTER)
    assert board.actions_findings(known, QUARTER) == [
        "Of the plan's 33 dated actions and 4 parts of one of them, none is past the date set on "
        "31 March 2014 and 7 are due in the next 6 months. 1 is recorded as done. 32 actions and 4 "
        "parts of one of them have no status recorded."
    ]
    table = board.actions_table(known[known["status"] == "done"], progress, INDICATORS)
    assert table["Recorded status"].tolist() == ["Done, recorded 20 March 2014"]
    assert table["Evidence"].tolist() == ["Minutes"]


def test_each_action_stands_beside_the_outcomes_it_is_to_move(actions, progress, shown):
    board.show_by_priority(actions, progress, INDICATORS)
    assert len(text_of(shown, "table")) == 5
    said = " ".join(text_of(shown, "table"))
    assert "re-referrals: \u2718 worsening" in said
    assert "None of section 4" in said
    assert "our reading" in said
    assert "Evidence" not in said  # none is recorded: no empty column


def test_actions_past_their_date_come_first_with_who_leads(actions, shown):
    board.show_pressing(actions, QUARTER)
    table = board.pressing_table(actions)
    assert table["Stands"].iloc[0] == "? Past its date, no status recorded"
    assert len(table) == 8
    assert "Teenage Pregnancy Integrated Commissioning Group" in text_of(shown, "note")[-1]
    assert list(table) == ["Action", "By", "Stands", "Priority"]  # no status is recorded
    board.show_pressing(actions[actions["standing"] == "due later"], QUARTER)
    assert "No action is past its date" in text_of(shown, "note")[-1]


@pytest.mark.parametrize("status", ["late", "at risk"])
def test_a_recorded_status_stands_beside_each_pressing_action(actions, status):
    told = actions.assign(status=status, updated=pd.Timestamp("2014-03-01"))
    table = board.pressing_table(add_standing(told, QUARTER))
    assert list(table)[:4] == ["Action", "By", "Stands", "Recorded status"]
    assert len(table) == 8
    assert set(table["Recorded status"]) == {f"{status.capitalize()}, recorded 1 March 2014"}
    assert table["Stands"].iloc[0] == "\u2718 Overdue"


def test_news_are_newer_figures_and_other_statuses(held, progress):
    before = add_progress(OUTCOMES, news.up_to_last_report(held, QUARTER), COUNTY)
    changed = news.progress_news(progress, before)
    table = news.news_table(changed, INDICATORS).set_index("Outcome")
    assert set(table.index) == {
        "Re-referrals (%)",
        "Repeat child protection plans (%)",
        "Needs met through CAF (%)",
        "Under 18 conceptions (per 1,000)",
    }
    assert table.loc["Repeat child protection plans (%)", "Period before"] == "no figure yet"
    assert table.loc["Re-referrals (%)", "Status before"] == "?\u00a0Cannot be judged"
    assert news.news_findings(changed) == [
        "Since the last report 4 outcomes have a newer figure and 4 another status."
    ]
    assert len(news.progress_news(progress, progress)) == 0


def logged(**changes):
    entry = dict.fromkeys(LOGGED, "") | {
        **{"indicator_id": "rereferrals", "area_code": COUNTY, "area_name": "Nottinghamshire"},
        **{"period": "2012/13", "sex": "persons", "old_value": 18.0, "new_value": 18.7},
        **{"old_numerator": NUMBER, "new_numerator": NUMBER, "seen": "2014-04-01"},
        "reason": "a later extract",
    }
    return entry | changes


NUMBER = 3.0  # a count that must never be read on a page


def test_restated_figures_of_half_a_year_are_shown_but_no_count_of_cases(shown):
    old = logged(seen="2013-06-01")
    case = logged(indicator_id="needs_met", period="2013/14-Q1", reason="late records")
    log = pd.DataFrame([logged(), old, case, logged(area_code="E06000018")])
    since = news.restated_since(log, "2014-04-20T09:00:00", OUTCOMES, quarter=QUARTER)
    assert len(since) == 3
    news.show_restated(since, [each.code for each in AREAS.own], INDICATORS)
    tables = text_of(shown, "table")
    assert len(tables) == 2
    assert "18.7" in tables[0]
    assert ">3<" not in "".join(tables)
    news.show_restated(since.head(0), [COUNTY], INDICATORS)
    assert "No figure that was shown before has been restated." in text_of(shown, "note")[0]


def test_restated_figures_of_later_periods_and_of_other_indicators_are_left_out(shown):
    """The quarter ends on 31 March 2014: a year or quarter that ends that day is told of."""
    log = pd.DataFrame(
        [
            logged(period="2013/14", new_value=20.1),
            logged(period="2014/15", new_value=77.7),
            logged(indicator_id="needs_met", period="2013/14-Q4"),
            logged(indicator_id="needs_met", period="2014/15-Q1"),
            logged(indicator_id="under18_conceptions", period="2014", new_value=66.6),
            logged(indicator_id="referrals_rate", period="2013/14", new_value=88.8),
            logged(indicator_id="unknown_to_all", period="any time", new_value=99.9),
        ]
    )
    before = log.copy()
    told = news.restated_since(log, "2014-04-20", OUTCOMES, quarter=QUARTER)
    assert told[["indicator_id", "period"]].to_numpy().tolist() == [
        ["rereferrals", "2013/14"],
        ["needs_met", "2013/14-Q4"],
    ]
    pd.testing.assert_frame_equal(log, before)
    news.show_restated(told, [COUNTY], INDICATORS)
    said = "".join(text_of(shown, "table"))
    assert "20.1" in said
    assert not re.search("77.7|66.6|88.8|99.9", said)
    year = news.restated_since(
        log.assign(seen="2013-06-01"), "2014-04-20", OUTCOMES, quarter=QUARTER, ago=news.YEAR
    )
    assert len(year) == 2
    assert news.restated_since(log.head(0), "2014-04-20", OUTCOMES, quarter=QUARTER).empty


def test_the_board_is_told_in_four_findings(actions, progress, held):
    found = off_track.exceptions(progress, held, INDICATORS, AREAS)
    before = add_progress(OUTCOMES, news.up_to_last_report(held, QUARTER), COUNTY)
    said = report.board_findings(
        actions,
        progress,
        INDICATORS,
        found=found,
        news=news.progress_news(progress, before),
        quarter=QUARTER,
    )
    assert len(said) == 4
    assert said[1].startswith(
        "Of the plan's 33 outcomes, 1 is improving, 1 shows no clear change, 1 is worsening, 1 "
        "cannot be judged and 29 have no figure."
    )
    assert report.board_context(AREAS, QUARTER).startswith(
        "Nottinghamshire, January to March 2014. The last report was for July to September 2013."
    )


def test_the_year_sets_baseline_year_before_and_now_side_by_side(progress, actions):
    table = review.review_table(progress, INDICATORS).set_index("Outcome")
    row = table.loc["Under 18 conceptions (per 1,000)"]
    assert row["Baseline in the plan"] == "31.9 (2011)"
    assert row["A year before"] == "29.4 (2012)"
    assert (row["Now"], row["Period"]) == ("24.2", "2013")
    # 24.2 less 29.4; the root of 2.5 and 3.0 squared is 3.9, that of 2.7 and 2.8 squared 3.9.
    assert row["Change in the year"] == "-5.2 (-9.1 to -1.3)"
    said = review.review_findings(progress, INDICATORS, actions=actions, quarter=QUARTER)
    assert said[0] == (
        "3 of the 33 indicators can be judged: 1 is improving, 1 shows no clear change and 1 is "
        "worsening. 1 indicator rests on a synthetic sample, not real children."
    )
    real = progress[progress["indicator_id"] != "needs_met"]
    told = review.review_findings(real, INDICATORS, actions=actions, quarter=QUARTER)
    assert told[0].endswith("none shows no clear change and 1 is worsening.")
    assert said[-1] == "The plan had 1 action due in the year; none recorded as done."
    # Counted in the plan from January to December 2014, one of them a dated part.
    later = review.review_findings(progress, INDICATORS, actions=actions, quarter="2014/15-Q3")
    assert later[-1].startswith("The plan had 12 actions and 1 part of another due in the year;")
    first, last = review.year_of(QUARTER)
    assert (first, last) == (pd.Timestamp("2013-04-01"), pd.Timestamp("2014-03-31"))


def test_what_could_not_be_judged_is_told_by_reason(progress, shown):
    review.show_unjudged(progress, INDICATORS)
    table = text_of(shown, "table")[0]
    assert "No figure is held for a year before" in table
    assert ">29<" in table


def test_impact_report_has_twelve_rows_with_what_the_plan_prints(held):
    rows = add_progress(MEASURES, held, COUNTY)
    table = impact.impact_table(rows, MEASURES, QUARTER).set_index("Measure")
    assert len(table) == 12
    assert table.loc["6. Free school meal gap, age 11 (points)", "Baseline"] == (
        "KS2: 22.0% (2011/2012)"
    )
    assert table.loc["7. NEET (%)", ["Baseline", "National"]].tolist() == [
        "2.5%(p) (2012/13)",
        "6.3% (2011/12)",
    ]
    assert table.loc["9. Under 18 conceptions (per 1,000)", "Period and next"] == (
        "2013; next 2014, not over yet"
    )
    assert table.index[-1] == "Children's centre reach (%), children's plan only"


def test_impact_findings_put_what_moves_first_and_say_what_is_synthetic(held):
    said = impact.impact_findings(add_progress(MEASURES, held, COUNTY), MEASURES)
    assert said == [
        "1 measure is improving: under 18 conceptions (24.2 per 1,000 in 2013). 1 measure rests on "
        "a synthetic sample, not real children.",
        "1 measure shows no clear change: needs met through CAF (63.0% in 2013/14 Q4).".replace(
            "14 Q4", "14\u00a0Q4"
        ),
        "10 measures have no figure for the county yet.",
    ]
    none = add_progress(MEASURES, compared([figure("neet", QUARTER, np.nan)]), COUNTY)
    assert impact.impact_findings(none, MEASURES)[0] == "No measure can be judged yet."


def test_definitions_are_told_then_and_now():
    table = impact.definitions_table(MEASURES).set_index("Measure")
    mash = table.loc["2. MASH: no further action"]
    assert "no further action" in mash["Early help plan"]
    assert mash["What changed, and from when"].startswith("From April 2014: ")
    same = table.loc["9. Under 18 conceptions"]
    assert same["Children's plan"] == "The same"
    changed = table["What changed, and from when"].ne("Nothing").sum()
    assert changed == 8  # seven measures, one of them in two parts


def test_cards_count_each_judged_measure_once(held):
    cards = impact.impact_cards(add_progress(MEASURES, held, COUNTY), MEASURES)
    assert [(each.label, each.status, each.counted) for each in cards] == [
        ("Needs met through CAF", "no clear change", True),
        ("Under 18 conceptions", "improving", True),
    ]


def test_page_of_all_outcomes_has_the_index_count_by_the_names_of_the_impact_report(held):
    all_of_them = impact.impact_cards(add_progress(OUTCOMES, held, COUNTY), OUTCOMES)
    said = {each.label: each.status for each in all_of_them if each.counted}
    assert said["Re-referrals"] == "worsening"
    report_cards = impact.impact_cards(add_progress(MEASURES, held, COUNTY), MEASURES)
    assert {each.label for each in report_cards} <= set(said)


def test_figures_of_one_page_are_told_apart_in_their_alternative_text(held, actions, shown):
    rows = add_progress(MEASURES, held, COUNTY)
    measures.show_measures(rows, MEASURES, held, actions=actions, areas=AREAS)
    said = [re.search('alt="([^"]*)"', html)[1] for html in text_of(shown, "figure")]
    names = ["Needs met through CAF", "Under 18 conceptions", "Under 18 conceptions"]
    assert [each.partition(":")[0] for each in said] == names
    assert len(set(said)) == 3


def test_legend_of_a_process_chart_has_the_words_of_its_finding(held):
    needs = held[held["indicator_id"] == "needs_met"]
    chart = process.quarters_chart(needs, COUNTY, INDICATORS["needs_met"])
    figure_ = process.plot_process(chart, unit="%").figure
    assert [text.get_text() for text in figure_.legends[0].get_texts()] == ["usual variation"]


def test_a_status_and_a_process_chart_are_said_to_ask_different_questions(progress, shown):
    said = (
        "A quarter is compared with one quarter a year before; its chart asks whether it is "
        "unusual among all held, and the two can differ."
    )
    assert impact.STATUS_NOTE.endswith(said)
    review.show_review(progress, INDICATORS, "Nottinghamshire")
    assert "its chart asks whether it is unusual among all held" in text_of(shown, "table")[0]
    board_page = (NOTEBOOKS / "13_board_report.ipynb").read_text(encoding="utf-8")
    assert "show_note(QUARTER_NOTE)" in board_page


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("Education, Health and Care Plans", "Education, Health and Care Plans"),
        ("Disability Living Allowance", "Disability Living Allowance"),
        ("Index of Multiple Deprivation", "Index of Multiple Deprivation"),
        ("NEET, ages 16 and 17", "NEET, ages 16 and 17"),
        ("Needs met through CAF", "needs met through CAF"),
        ("Repeat MASH enquiries", "repeat MASH enquiries"),
        ("Excess weight, Year 6", "excess weight, Year 6"),
        ("Referrals to Children's Social Care", "referrals to Children's Social Care"),
        ("Re-referrals", "re-referrals"),
    ],
)
def test_a_name_of_its_own_keeps_its_capital_inside_a_sentence(name, inside):
    assert in_sentence(name) == inside


def test_names_with_a_comma_of_their_own_are_parted_by_semicolons():
    assert words.list_names(["re-referrals", "NEET"]) == "re-referrals and NEET"
    assert words.list_names(["gap, age 11", "NEET"]) == "gap, age 11; NEET"


def test_a_plan_without_actions_is_said_to_have_none_and_shows_no_empty_table(progress, shown):
    none = add_standing(read_actions(Path("none.csv")), QUARTER)
    assert board.actions_findings(none, QUARTER) == [board.NONE]
    assert review.review_findings(progress, INDICATORS, actions=none, quarter=QUARTER)[-1] == (
        "No action of the plan is recorded, so this page cannot say what was done."
    )
    board.show_standing(none)
    board.show_pressing(none, QUARTER)
    board.show_by_priority(none, progress, INDICATORS)
    review.show_due(none, progress, INDICATORS, QUARTER)
    assert text_of(shown, "table") == []
    assert len(shown) == 1
    assert board.linked_words("rereferrals", none) == "No action recorded"


def test_measures_with_a_figure_have_a_section_with_chart_and_action(held, actions, shown):
    rows = add_progress(MEASURES, held, COUNTY)
    measures.show_measures(rows, MEASURES, held, actions=actions, areas=AREAS)
    assert text_of(shown, "prose") == [
        "### 1. Needs met through CAF (%)",
        "### 9. Under 18 conceptions (per 1,000)",
    ]
    facts = text_of(shown, "note")
    assert "no status recorded" in facts[0]
    assert "higher than England&#x27;s (24.3 per 1,000)" in facts[1]
    assert len(text_of(shown, "figure")) == 3  # quarters, years, districts


def test_a_sign_says_what_the_word_says_in_every_status():
    assert len(set(words.SIGNS.values())) == len(STATUSES)
    assert words.status_words("no figure") == "\u25cb\u00a0No figure yet"
    assert words.status_words("hidden") == "[c]\u00a0Hidden"
