"""What pages of a small county say without telling a hidden figure, and the like that tells one.

Each case stands twice: as pages say it, where it is no alarm, and with a hidden figure in it. All
of them once stopped a set of invented records that told nothing.
"""

import sys
from html import escape
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from release_set import QUARTERS, observation

from ehlib.load.schema import COLUMNS, NUMBERS
from ehlib.publish.release import check_release

NOW, BEFORE, YEAR_AGO = "2013/14-Q3", "2013/14-Q2", "2012/13-Q2"
RULES = {"hidden_figure", "in_place_of_hidden"}
REASON = "stepped down to universal services"  # the short name of an indicator too
FIGURES = {  # (indicator, quarter, category): count, of how many, whether it is hidden
    ("needs_met", NOW, ""): (34, 49, True),  # 69.4%
    ("needs_met", BEFORE, ""): (16, 31, False),  # 51.6%
    ("needs_met", YEAR_AGO, ""): (12, 17, False),  # 70.6%
    ("quality_audits_adequate", NOW, ""): (19, 20, True),  # 95.0%
    ("early_help_stepped_down", NOW, ""): (1, 240, True),  # 0.4%
    ("early_help_closed", NOW, ""): (240, 161_645, False),
    ("early_help_closed", NOW, "other"): (9, 240, False),  # 3.8%
    ("early_help_closed", NOW, REASON): (11, 240, False),  # 4.6%
    ("early_help_stepped_down", NOW, "other"): (2, 44, True),  # 4.5%
    ("early_help_returns", NOW, ""): (60, 240, False),
    ("early_help_level_changes", NOW, ""): (70, 70, False),
    ("early_help_returns", NOW, "level 3"): (4, 88, True),  # 4.5%
    ("early_help_level_changes", NOW, "level 3 to level 2"): (5, 5, False),
    ("mash_outcome", NOW, ""): (18, 40, True),
    ("early_help_episodes", NOW, ""): (11, 161_645, True),
    ("early_help_open", NOW, ""): (20, 161_645, False),
    ("mash_enquiries", NOW, ""): (393, 161_645, False),
}
KINDS = {"": "", "level 3": "need_level", "level 3 to level 2": "level_change"}
PERIOD_OF = {"2012/13-Q2": ("2012-07-01", "2012-09-30")}
CHANGE = "early_help_level_changes.e10000024.2013-14-q3.persons.0-17.level_change"
MET = "needs_met.e10000024.2013-14-q3.persons.0-17"
RETURN = "early_help_returns.e10000024.2013-14-q3.persons.0-17.need_level"


@pytest.fixture(scope="module")
def truth():
    rows = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(QUARTERS, YEAR_AGO, PERIOD_OF[YEAR_AGO])
        patch.setattr("release_set.AREAS", {"E10000024": "Nottinghamshire"})
        for (indicator, period, category), (count, of, _) in FIGURES.items():
            kind = KINDS.get(category, "closure_reason")
            row = observation("E10000024", period, count, of, category)
            row |= {"indicator_id": indicator, "category_type": kind, "area_type": "county"}
            rows.append(row | {"source_id": "early_help_episodes"})
    return pd.DataFrame(rows)[COLUMNS]


@pytest.fixture(scope="module")
def shown(truth):
    hidden = pd.Series([hides for _, _, hides in FIGURES.values()])
    numbers = {name: truth[name].mask(hidden) for name in NUMBERS}
    return truth.assign(value_note=truth["value_note"].mask(hidden, "suppressed"), **numbers)


def table(caption, *rows):
    """A table of a page: headings, then rows that begin with a heading; ids after a bar."""
    head, *body = ([str(text) for text in row] for row in rows)
    lines = ["".join(f'<th scope="col">{escape(text)}</th>' for text in head)]
    for name, *cells in body:
        texts = (cell.partition("|") for cell in cells)
        marked = (f'<td data-number="{ids}">{text}</td>' for text, _, ids in texts)
        lines.append(
            f'<th scope="row">{name}</th>' + "".join(marked).replace(' data-number=""', "")
        )
    return f"<table><caption>{caption}</caption><tr>{'</tr><tr>'.join(lines)}</tr></table>"


def latest(value, limits, period, compared):
    head = ["Indicator", "Compared with", "Latest", "95% limits", "Period"]
    rows = head, ["Needs met through CAF (%)", compared, value, limits, period]
    return table("Early help: latest figures, Nottinghamshire.", *rows)


def usual(first, second):
    head = ["Quarter", "Usual variation"]
    caption = "Children having their needs met through the CAF process, % of children."
    return table(caption, head, ["2013/14 Q3", first], ["2013/14 Q2", second])


def levels(cell):
    head = ["Level before", "Then level 2"]
    return table("Episodes by the level of the episode before.", head, ["Level 3", cell])


def flow(text, column="Open at the end"):
    return table("Early help episodes by quarter.", ["Quarter", column], ["2013/14 Q3", text])


def statuses(caption, cell):
    return table(caption, ["Priority", "Indicators", "Improving"], ["Early help", "11", cell])


def under(heading, text):
    return f"<h3>{heading}</h3><p>{text}</p>"


def picture(alt, caption):
    return f'<figure><img src="" alt="{alt}"><figcaption>{caption}</figcaption></figure>'


STEPPED = "Early help episodes stepped down to universal services"
AUDITS = "Audits adequate or better"
SAID = "Nottinghamshire's percentage in October to December 2013 was"
WHEN = "October to December 2013"
CHANGED = ["Measure", "What changed"]
CASES = {  # what a page says, and the like that tells a hidden figure
    "level of confidence": (
        under(AUDITS, f"{SAID} not known (95% limits 49.8 to 64.9)."),
        under(AUDITS, f"{SAID} 95% of audits, limits 75.1 to 99.1."),
    ),
    "age in the name of an indicator": (
        under("Context", f"Under 18 conception rate in {WHEN}."),
        under("Context", f"Rate of 18 in {WHEN}."),
    ),
    "method of limits": (
        under(AUDITS, "95%, Wilson's score method"),
        under(AUDITS, f"{SAID} 95%, by Wilson's score method"),
    ),
    "ages": (
        under(STEPPED, "Of children aged 0 to 17, per 10,000 children."),
        under(STEPPED, "Of children aged 5 to 17, 0.4 per 100."),
    ),
    "dates": (
        table("Plans.", CHANGED, ["Needs met through CAF", "Changed on 1 April 2014."]),
        table("Plans.", CHANGED, ["Needs met through CAF", "34 on 1 April 2014."]),
    ),
    "number of a heading": (
        under(STEPPED, "1. Stepped down to universal services"),
        under(STEPPED, "1 stepped down to universal services"),
    ),
    "figures hidden on a page": (
        under("Early help episodes", "11 of the 221 figures in the tables are hidden."),
        under("Early help episodes", "11 of the 221 children are hidden."),
    ),
    "more actions": (
        under("Needs met through CAF", "Open access by March 2014; and 3 more actions"),
        under("Needs met through CAF", "Open access by March 2014; and 3 more"),
    ),
    "usual variation of all rows": (
        usual("33.4 to 77.2", "33.4 to 77.2"),
        usual("69.4 to 77.2", "33.4 to 77.2"),
    ),
    "limits of usual variation by their ids": (
        usual(f"33.4 to 77.2|{MET}.usual", f"33.4 to 77.2|{MET}.usual"),
        usual(f"55.5 to 80.5|{MET}.limits", f"55.5 to 80.5|{MET}.limits"),
    ),
    "figure of the period that its row names": (
        latest("51.6", "34.8 to 68.0", "2013/14 Q2", "70.6 (2012/13 Q2)"),
        latest("69.4", "55.5 to 80.5", "2013/14 Q3", "70.6 (2012/13 Q2)"),
    ),
    "figure of an earlier period": (
        latest("51.6", "34.8 to 68.0", "2013/14 Q2", ""),
        latest("69.4", "55.5 to 80.5", "2013/14 Q2", ""),
    ),
    "figure of the period that its cell names": (
        latest("[c]", "", "2013/14 Q3", "70.6 (2012/13 Q2)"),
        latest("[c]", "", "2013/14 Q3", "69.4 (2013/14 Q3)"),
    ),
    "breakdown that its id tells in full": (
        levels(f"5|{CHANGE}.level-3-to-level-2.number"),
        levels(f"5|{RETURN}.level-3.number"),
    ),
    "another count of the same records": (flow("20"), flow("11", "Opened")),
    "count where a hidden share would round to it": (
        table("Episodes.", ["Quarter", "Closed"], ["2013/14 Q3", "0"]),
        table("Episodes, per cent.", ["Quarter", "Closed"], ["2013/14 Q3", "0"]),
    ),
    "share whose heading does not say so": (
        table("Children.", ["Quarter", "Result"], ["2013/14 Q3", "2"]),
        table("Children.", ["Quarter", "Result"], ["2013/14 Q3", "69"]),
    ),
    "number of indicators": (
        statuses("Number of indicators by status.", "1"),
        statuses("Number of children by status.", "1"),
    ),
    "figure of an indicator without a hidden one": (
        under("Young people aged 16 and 17 who are NEET", f"{WHEN}: 34."),
        under("Needs met through CAF", f"{WHEN}: 34 referrals."),
    ),
    "part that is called as an indicator": (
        under("Closed episodes by reason", f"Parts in {WHEN}: {REASON} 5% and other 4%."),
        under("Closed episodes by reason", f"Parts in {WHEN}: {REASON} 4.5% and other 4%."),
    ),
    "picture with a caption": (
        picture(f"{SAID} 69.4.", "MASH enquiries by district."),
        picture(f"{SAID} 69.4.", "Needs met through CAF by district."),
    ),
}
PAGE = (
    '<main><h1>Early help: Nottinghamshire</h1><p class="context">Nottinghamshire, October to '
    "December 2013.</p>{}</main>"
)
MISSING = (  # a download of a table with a column Source of its own
    "Indicators,{},Source,Table\n"
    'Centres,1,"County council, children\'s centre records","Nottinghamshire, 2013/14 Q3"\n'
    'Absence,1,Department for Education,"Nottinghamshire, 2013/14 Q3"\n'
)


@pytest.fixture(scope="module")
def refused(tmp_path_factory, shown, truth):
    folder = tmp_path_factory.mktemp("plain")
    for number, pages in enumerate(CASES.values()):
        for kind, page in zip(("plain", "leak"), pages, strict=True):
            path = folder / f"{kind}-{number}.html"
            path.write_text(PAGE.format(page), encoding="utf-8")
    for kind, column in (("plain", "Number of indicators"), ("leak", "Number")):
        (folder / f"{kind}.csv").write_text(MISSING.format(column), encoding="utf-8")
    leaks = check_release(folder, shown=shown, truth=truth)
    return {leak.file: str(leak) for leak in leaks if leak.rule in RULES}


@pytest.mark.parametrize("case", CASES)
def test_what_a_page_says_without_telling_is_no_alarm(refused, case):
    number = list(CASES).index(case)
    assert refused.get(f"plain-{number}.html", "") == ""
    assert f"leak-{number}.html" in refused


def test_source_of_each_row_is_not_the_source_of_the_table(refused):
    assert refused.get("plain.csv", "") == ""
    assert "1 at Absence" in refused["leak.csv"]
