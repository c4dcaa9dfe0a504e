"""What profiles say: of one place on many indicators, and of all districts at once."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import parse_quarter
from ehlib.measure.compare import ENGLAND
from ehlib.show.board.words import list_names
from ehlib.show.numbers import marked, number_ids, unmarked, with_ids
from ehlib.show.sentences import (
    begin,
    count_words,
    in_sentence,
    list_words,
    number,
    number_word,
    short_label,
)
from ehlib.show.tables import marker, missing_marker

NOTHING = "No yearly indicator has a figure for a district and for England that had ended by {}."
SIGN = {"worse": "\u2718", "better": "\u2714", "higher": "\u25b2", "lower": "\u25bc"}
ALONE = "Without a bar and a mark are indicators of which no other place's figure is held."
SIGNS_NOTE = (
    "\u2718 worse than England, \u2714 better, \u25b2 higher, \u25bc lower; no sign: not clearly "
    "different, or not compared."
)


def rug_cells(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Rows of a rug with the text of each cell: the value, or the marker of what is missing."""
    return rows.assign(text=[_text(row, indicators) for row in rows.itertuples()])


def _text(row: tuple, indicators: Mapping[str, Indicator]) -> str:
    if np.isnan(row.value):
        return missing_marker(row.value_note)
    return number(row.value, indicators[row.indicator_id].decimals)


def rug_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the page of all districts."""
    return f"{areas.county.name}, each indicator's latest year that had ended by {_by(quarter)}."


def _by(quarter: str) -> str:
    end = parse_quarter(quarter).end
    return f"{end.day} {end:%B %Y}"


def rug_findings(cells: pd.DataFrame, quarter: str) -> list[str]:
    """What the rug shows, or that there is nothing to show."""
    said = rug_sentence(cells) or NOTHING.format(_by(quarter))
    return [*filter(None, [said, _alike(cells), _bare(cells)])]


def _alike(cells: pd.DataFrame) -> str:
    """Districts that do not clearly differ from England on any indicator that is compared."""
    judged = cells[(cells["area_type"] == "district") & (cells["comparison"] != "not compared")]
    apart = set(judged.loc[judged["comparison"] != "similar", "area_name"])
    names = sorted(set(judged["area_name"]) - apart)
    told = "Not clearly different from England on any indicator with limits"
    return f"{told}: {list_words(names)}." if apart and names else ""


def _bare(cells: pd.DataFrame) -> str:
    """Indicators on which no district can be compared with England."""
    districts = cells[cells["area_type"] == "district"]
    judged = districts.loc[districts["comparison"] != "not compared", "indicator_id"]
    bare = districts.loc[~districts["indicator_id"].isin(judged), "short_name"].unique()
    if judged.empty or not len(bare):
        return ""
    names = list_names([in_sentence(each) for each in bare])
    return f"Without limits, so that no district is compared with England: {names}."


def rug_sentence(cells: pd.DataFrame) -> str:
    """How often a district is worse or better than England, beyond chance, on all indicators."""
    districts = cells[cells["area_type"] == "district"]
    judged = districts[districts["comparison"] != "not compared"]
    if districts.empty:
        return ""
    if judged.empty:
        count = begin(count_words(districts["indicator_id"].nunique(), "indicator"))
        return f"{count} held by district, none with limits: no difference from England is marked."
    told = [_cases(judged, word) for word in ("worse", "better", "higher", "lower")]
    count = count_words(judged["indicator_id"].nunique(), "indicator")
    found = [*filter(None, told)]
    if not found:
        return f"On the {count} with limits, no district differs from England by more than chance."
    return f"On the {count} with limits, districts are, beyond chance, {list_words(found)}."


def _cases(judged: pd.DataFrame, word: str) -> str:
    """How often a comparison was found, and where: `worse in three cases (Mansfield 2, ...)`."""
    counts = judged.loc[judged["comparison"] == word, "area_name"].value_counts()
    if counts.empty:
        return ""
    where = [f"{name} {count}" for name, count in sorted(counts.items(), key=_most_first)]
    than = f"{word} than England" if word in ("worse", "higher") else word
    return f"{than} in {count_words(int(counts.sum()), 'case')} ({', '.join(where)})"


def rug_caption(cells: pd.DataFrame) -> str:
    """How to read a rug, and how many of its cells chance alone would mark."""
    judged = (cells["comparison"] != "not compared").sum()
    said = (
        "Each cell is one place's latest figure. Shape and colour say how it compares with England "
        "by its 95% limits; a hollow mark has no limits to compare with."
    )
    if not judged:
        return said
    chance = max(1, round(0.05 * judged))
    return (
        f"{said} Of {judged} comparisons, about {number_word(chance)} would differ by chance alone."
    )


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def rug_table(cells: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """One row an indicator, one column an area: the value with a sign for its comparison."""
    signs = cells["comparison"].map(SIGN).fillna("")
    texts = [
        f"{sign} {text}{' [u]' if 'unreliable' in note and text != '[u]' else ''}".strip()
        for sign, text, note in zip(signs, cells["text"], cells["value_note"], strict=True)
    ]
    wide = cells.assign(text=marked(texts, cells, "value")).pivot_table(
        index="indicator_id", columns="area_name", values="text", aggfunc="first", sort=False
    )
    first = cells.drop_duplicates("indicator_id").set_index("indicator_id")
    names = [_name(key, first.loc[key], indicators) for key in wide.index]
    england = [
        number(first.loc[key, "benchmark_value"], indicators[key].decimals) for key in wide.index
    ]
    whole = wide.fillna("[x]").reset_index(drop=True)
    whole.insert(0, "Indicator", names)
    ids = _ids_of_england(first.loc[wide.index].reset_index())
    return unmarked(whole.assign(England=with_ids(england, ids)))


def _ids_of_england(rows: pd.DataFrame) -> list[str]:
    """Ids of the benchmark's values beside some rows."""
    return number_ids(rows.assign(area_code=ENGLAND), "value")


def _name(key: str, row: pd.Series, indicators: Mapping[str, Indicator]) -> str:
    now = indicators[key].at(row["period_start"].date())
    return f"{row['short_name']}, {now.unit_short}, {short_label(row['period'])}"


def spine_rows(placed: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Rows of a spine chart with the text beside each bar; those without a figure left out."""
    known = placed.dropna(subset="value")
    return known.assign(text=[_text(row, indicators) for row in known.itertuples()])


def spine_sentence(rows: pd.DataFrame, name: str) -> str:
    """On which indicators a place is worse or better than England by more than chance."""
    told = []
    for word in ("worse", "better", "higher", "lower"):
        names = sorted(rows.loc[rows["comparison"] == word, "short_name"])
        if names:
            than = f"{word} than England on"
            told.append(f"{than} {list_words([in_sentence(each) for each in names])}")
    if rows.empty:
        return ""
    rest = int((rows["comparison"] == "not compared").sum())
    few = f"; {count_words(rest, 'indicator')} without limits cannot be compared" if rest else ""
    judged = len(rows) - rest
    if not judged:
        return begin(f"{few[2:]} with England: no difference is marked.")
    if not told:
        several = f"any of the {number_word(judged)} indicators"
        held = "the one indicator" if judged == 1 else several
        return f"{name} is not clearly different from England on {held} with limits{few}."
    return f"{name} is {'; it is '.join(told)}{few}."


def spine_caption(rows: pd.DataFrame) -> str:
    """How to read a spine chart."""
    said = (
        "Each bar runs from the worst to the best of the places that the table counts, scaled so "
        "that England is in the middle; the dark part, where there is one, holds the middle half "
        "of them. The figure stands on the right."
    )
    if (rows["polarity"] == "no_judgement").any():
        said += " Of an indicator that is not judged, the highest is on the right."
    alone = rows["position"].isna().any()
    return f"{said} {ALONE}" if alone else said


def spine_table(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """One row an indicator: figure, limits, England's, places in the bar, and how it compares."""
    columns: dict[str, list[str]] = {
        name: [] for name in ("Indicator", "Figure", "95% limits", "England", "Places")
    }
    for row in rows.itertuples():
        decimals = indicators[row.indicator_id].decimals
        ends = [number(end, decimals) for end in (row.lower_ci, row.upper_ci)]
        columns["Indicator"].append(_name(row.indicator_id, pd.Series(row._asdict()), indicators))
        columns["Figure"].append(f"{row.text} {marker(row.value_note)}".strip())
        columns["95% limits"].append("" if "[x]" in ends else " to ".join(ends))
        columns["England"].append(number(row.benchmark_value, decimals))
        columns["Places"].append(f"{row.places:,}" if row.places > 1 else "")
    columns["Figure"] = marked(columns["Figure"], rows, "value")
    columns["95% limits"] = marked(columns["95% limits"], rows, "limits")
    columns["England"] = with_ids(columns["England"], _ids_of_england(rows))
    columns["Compared with England"] = list(rows["comparison"])
    return unmarked(pd.DataFrame(columns))
