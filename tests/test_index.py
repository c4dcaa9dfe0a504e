"""Index of a quarter: what it counts, what it says needs attention, what changed, earlier sets."""

import base64
import hashlib
import json
import re
from datetime import date

import pytest

from ehlib.publish.index import attention, changes, earlier_sets, status_counts, write_index
from ehlib.publish.page import PageFacts

FACTS = PageFacts("Nottinghamshire Children's Trust", "2013/14-Q3", date(2014, 1, 20), "0.1.0")
HOSTILE = '<img src=x onerror="alert(1)">'


def judged(name, status, against="England", **facts):
    common = {"value": "24.2 per 1,000", "period": "2013"}
    return {"name": name, "status": status, "against": against} | common | facts


def entry(page, *said, **facts):
    common = {"title": page, "finding": "", "group": "Rates", "status": "shown", "synthetic": False}
    return {"page": f"{page}.html", "outcome": "done", "judged": list(said)} | common | facts


def index(folder, *runs, **options):
    folder.mkdir(exist_ok=True, parents=True)
    write_index(list(runs), folder / "index.html", facts=FACTS, **options)
    return (folder / "index.html").read_text(encoding="utf-8")


def section(html, name):
    found = re.search(rf'<section[^>]*aria-labelledby="{name}">(.*?)</section>', html, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found[1])).strip() if found else ""


def publish(beside, quarter, *runs):
    folder = beside / quarter.replace("/", "-")
    folder.mkdir(parents=True)
    manifest = {"quarter": quarter, "runs": list(runs)}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_each_indicator_is_counted_once_and_worse_comes_first(tmp_path):
    runs = [
        entry("a", judged("NEET", "better"), judged("FSM", "improving", "")),
        entry("b", judged("NEET", "worse"), judged("Weight", "worse"), judged("Birth", "worse")),
    ]
    assert [(each["number"], each["words"]) for each in status_counts(runs)] == [
        (2, "Worse than England"),
        (1, "Better than England"),
        (1, "Improving"),
    ]
    glance = section(index(tmp_path, *runs), "at-a-glance")
    assert "2 Worse than England 1 Better than England 1 Improving" in glance


def test_changes_since_a_baseline_are_counted_together_whatever_they_are_measured_from():
    runs = [
        entry("a", judged("NEET", "improving", "the plan's baseline")),
        entry("b", judged("FSM", "improving", ""), judged("NEET", "worse")),
    ]
    assert [(each["number"], each["words"]) for each in status_counts(runs)] == [
        (1, "Worse than England"),
        (2, "Improving"),
    ]


def test_what_needs_attention_leads_to_the_page_that_says_so(tmp_path):
    runs = [
        entry("a", judged("Absence", "worsening", "")),
        entry("b", judged("NEET", "worse"), judged("FSM", "better"), judged("SEN", "similar")),
    ]
    assert [each["name"] for each in attention(runs)] == ["NEET", "Absence"]
    html = index(tmp_path, *runs)
    said = section(html, "needs-attention")
    assert said == (
        "What needs attention NEET : worse than England (24.2 per 1,000, 2013) "
        "Absence : worsening (24.2 per 1,000, 2013)"
    )
    assert '<a href="b.html">NEET</a>' in html


def test_set_in_which_nothing_is_worse_says_so(tmp_path):
    html = index(tmp_path, entry("a", judged("NEET", "better")), entry("b", status="no_data"))
    assert section(html, "needs-attention") == ""
    glance = section(html, "at-a-glance")
    assert "1 without any figure yet is left out. None of those counted is worse" in glance


def test_set_that_judges_nothing_has_no_glance(tmp_path):
    assert "At a glance" not in index(tmp_path, entry("a"), entry("b", judged("NEET", "odd")))


def test_changes_tell_status_period_and_pages():
    earlier = [
        entry("a", judged("NEET", "similar"), judged("FSM", "worse", period="2012")),
        entry("gone"),
    ]
    now = [entry("a", judged("NEET", "worse"), judged("FSM", "worse"), judged("SEN", "better"))]
    assert changes([*now, entry("new")], earlier) == [
        "NEET: worse than England; similar to England a quarter ago.",
        "Figures for a later period: FSM.",
        "Pages that are new: new.",
        "Pages of a quarter ago that are not in this set: gone.",
    ]
    assert changes(now, now) == []


def test_long_lists_of_changes_are_cut_with_their_number():
    now = [entry(f"p{number}") for number in range(11)]
    assert changes(now, []) == [
        "Pages that are new: p0; p1; p2; p3; p4; p5; p6; p7; and 3 more pages."
    ]


def test_comparison_with_another_benchmark_is_no_change():
    earlier = [entry("a", judged("NEET", "worse", "East Midlands"))]
    assert changes([entry("a", judged("NEET", "better"))], earlier) == []


def test_index_compares_with_the_quarter_just_before(tmp_path):
    publish(tmp_path, "2013/14-Q2", entry("a", judged("NEET", "similar")))
    publish(tmp_path, "2013/14-Q1", entry("a", judged("NEET", "better")))
    runs = [entry("a", judged("NEET", "worse"))]
    html = index(tmp_path / "2013-14-Q3", *runs, beside=tmp_path)
    said = section(html, "what-changed")
    assert said == (
        "What changed since 2013/14 Q2 NEET: worse than England; similar to England a quarter ago."
    )


def test_index_says_when_nothing_changed_and_nothing_when_there_is_no_set_before(tmp_path):
    runs = [entry("a", judged("NEET", "worse"))]
    publish(tmp_path, "2012/13-Q3", *runs)
    html = index(tmp_path / "2013-14-Q3", *runs, beside=tmp_path)
    assert section(html, "what-changed") == ""
    assert "Reports for 2012/13 Q3" in section(html, "earlier-quarters")
    publish(tmp_path, "2013/14-Q2", *runs)
    html = index(tmp_path / "2013-14-Q3", *runs, beside=tmp_path)
    assert "No status, period or page differs" in section(html, "what-changed")


def test_archive_lists_earlier_quarters_latest_first_and_no_later_one(tmp_path):
    for quarter in ("2012/13-Q4", "2013/14-Q2", "2013/14-Q3", "2013/14-Q4"):
        publish(tmp_path, quarter)
    html = index(tmp_path / "2013-14-Q3", entry("a"), beside=tmp_path)
    assert re.findall(r'href="(\.\./[^"]*)"', html) == [
        "../2013-14-Q2/index.html",
        "../2012-13-Q4/index.html",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("2013-14-Q2", "{"),
        ("2013-14-Q2", "[]"),
        ("2013-14-Q2", '{"quarter": "2012/13-Q1"}'),
        ("other", '{"quarter": "2013/14-Q2"}'),
        (".2013-14-Q2.new-1", '{"quarter": "2013/14-Q2"}'),
    ],
)
def test_folder_that_is_no_set_of_its_quarter_is_left_out(tmp_path, name, text):
    (tmp_path / name).mkdir()
    (tmp_path / name / "manifest.json").write_text(text, encoding="utf-8")
    assert earlier_sets(tmp_path, "2013/14-Q3") == []


def test_pages_that_failed_in_an_earlier_set_were_not_in_it(tmp_path):
    publish(tmp_path, "2013/14-Q2", entry("a"), entry("b", outcome="failed"))
    assert [run["page"] for run in earlier_sets(tmp_path, "2013/14-Q3")[0].runs] == ["a.html"]


def test_index_runs_its_own_script_alone_and_pages_read_without_it(tmp_path):
    html = index(tmp_path, entry("a", finding="Found."))
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert html.count("<script") == 1
    assert f"script-src 'sha256-{digest}'" in html
    assert '<form id="search" role="search" hidden>' in html  # unveiled by the script
    assert '<a href="a.html">a</a>' in html
    assert not re.search(r"https?:|fetch\(|XMLHttp|eval\(|innerHTML|document\.write", script)


def test_search_box_has_a_label_and_a_live_count(tmp_path):
    html = index(tmp_path, entry("a"))
    assert '<label for="search-words">' in html
    assert re.search(r'<input id="search-words" type="search"[^>]*aria-describedby', html)
    assert '<p id="search-count" role="status"></p>' in html


def test_hostile_words_of_this_and_of_earlier_sets_are_shown_as_text(tmp_path):
    said = judged(HOSTILE, "worse", HOSTILE, value=HOSTILE, period=HOSTILE)
    before = judged(HOSTILE, "better", HOSTILE, value=HOSTILE)
    publish(tmp_path, "2013/14-Q2", entry(HOSTILE, before, title=HOSTILE))
    html = index(tmp_path / "2013-14-Q3", entry("a", said, title=HOSTILE), beside=tmp_path)
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=") > 5
