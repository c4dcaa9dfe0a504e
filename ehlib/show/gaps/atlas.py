"""The inequality atlas: what it says first, and each topic's maps, chart and tables."""

from collections.abc import Iterable, Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY
from ehlib.measure.gaps import ATLAS, Topic
from ehlib.measure.gaps.change import NARROWED, TURNED, UNCLEAR, UNKNOWN, WIDENED
from ehlib.show.board.words import list_names
from ehlib.show.cells import is_synthetic, show_table
from ehlib.show.findings import last_day
from ehlib.show.gaps.words import change_sentence, verdict_words
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import (
    begin,
    in_sentence,
    label_words,
    number,
    short_label,
)
from ehlib.show.tables import limits_text

WAYS = {
    WIDENED: "widened",
    NARROWED: "narrowed",
    TURNED: "turned round",
    UNCLEAR: "showed no clear change",
}
TOPICS = {
    "children_relative_low_income": "children in low-income families, by number",
    "children_relative_low_income_percent": "children aged 0 to 15 in low-income families",
    "excess_weight_reception": "excess weight in Reception",
    "excess_weight_year6": "excess weight in Year 6",
    "eyfs_good_development": "good development at age 5",
}
HOW = {
    "neighbourhoods": "from the most to the least deprived fifth of neighbourhoods",
    "districts": "from the most to the least deprived district",
    "spread": "between the highest and the lowest district",
}
MIXED = "The gap and the ratio can go different ways: when all places improve, a smaller gap may "
MIXED += "still be a larger ratio."
NO_COUNTS = "Chance is not known where some figures came without counts, which limits need."


def atlas_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the page."""
    end = last_day(quarter)
    return f"{areas.county.name} and its districts. Periods that ended after {end} are left out."


def atlas_findings(
    topics: list[Topic], indicators: Mapping[str, Indicator], quarter: str
) -> list[str]:
    """Which inequalities widened or narrowed, the clearest change, and what is not held."""
    said = [_summary(topics), *_clearest(topics)]
    missing = [key for key in ATLAS if key not in {topic.indicator.id for topic in topics}]
    if missing:
        names = list_names([_words(key, indicators[key]) for key in missing])
        end = last_day(quarter)
        said.append(f"No figures by district are held for a period that ended by {end}: {names}.")
    return [*filter(None, said)]


def _summary(topics: list[Topic]) -> str:
    """Which topics widened, narrowed or neither, and of which that is not known."""
    said = []
    for verdict, way in WAYS.items():
        names = [
            _name(topic) for topic in topics if topic.change and topic.change.verdict == verdict
        ]
        if names:
            what = "It" if said else "The gap between places"
            said.append(f"{what} {way} in {list_names(names)}.")
    unsure = [_name(each) for each in topics if each.change and each.change.verdict == UNKNOWN]
    if unsure:
        said.append(
            "A change may be chance where some figures are published without counts, which limits "
            f"need: {list_names(unsure)}."
        )
    return " ".join(said)


def _name(topic: Topic) -> str:
    """Topic as prose has it, with the word that a made-up sample needs."""
    mark = " (synthetic)" if is_synthetic(topic.districts) else ""
    return _words(topic.indicator.id, topic.indicator) + mark


def _words(key: str, indicator: Indicator) -> str:
    return TOPICS.get(key, in_sentence(indicator.short_name))


def _clearest(topics: list[Topic]) -> list[str]:
    """One sentence for each topic whose change is known, clear ones first, four at most."""
    known = [topic for topic in topics if topic.change is not None]
    known.sort(key=lambda topic: [*WAYS, UNKNOWN].index(topic.change.verdict))
    return [topic_sentence(topic) for topic in known[:3]]


def topic_sentence(topic: Topic) -> str:
    """How the gap of one topic changed; where it stands when only one period is known."""
    series = topic.series
    if series.empty:
        return ""
    how = HOW[series["kind"].iloc[-1]]
    what = f"the gap in {_name(topic)} {how}"
    unit = "%" if topic.indicator.unit_short == "%" else topic.indicator.unit_short
    if topic.change is None:
        row = series.iloc[-1]
        gap = number(row["value"])
        when = label_words(row["period"], topic.indicator)
        return begin(f"{what} was {gap} {points_words(unit)} in {when}.")
    return change_sentence(topic.change, unit, topic.indicator, what)


def points_words(unit: str) -> str:
    """Unit of a difference: of percentages, percentage points."""
    return "percentage points" if unit == "%" else unit


def summary_table(topics: list[Topic]) -> pd.DataFrame:
    """One row a topic: periods, gap then and now, its change with limits, ratio, verdict."""
    rows = []
    for topic in topics:
        if topic.change is None:
            continue
        change, ratio = topic.change, topic.series.set_index("period")["ratio"]
        limits = limits_text(*change.by[1:])
        ends = (change.first, change.last)
        then, now = (keyed(topic, [label]) for label in ends)
        rows.append(
            {
                "Topic": f"{topic.indicator.short_name}, {topic.indicator.unit_short}",
                "From and to": " and ".join(short_label(label) for label in ends),
                "Gap then": marked([number(change.before[0])], then, "between")[0],
                "Gap now": marked([number(change.after[0])], now, "between")[0],
                "Change": marked([number(change.by[0])], now, "change")[0],
                "95% limits of change": marked([limits], now, "change_limits")[0],
                "Ratio then": marked([number(ratio[ends[0]], 2)], then, "ratio")[0],
                "Ratio now": marked([number(ratio[ends[1]], 2)], now, "ratio")[0],
                "Gap": verdict_words(change),
                "Ratio": verdict_words(topic.relative),
            }
        )
    return unmarked(pd.DataFrame(rows)) if rows else pd.DataFrame()


def keyed(topic: Topic, periods: Iterable[str]) -> pd.DataFrame:
    """Key of the gap of some periods: that of the districts, with the county for the place."""
    rows = topic.districts.drop_duplicates("period").set_index("period", drop=False)
    return rows.loc[list(periods), KEY].assign(area_code=topic.series["area_code"].iloc[0])


def show_summary(topics: list[Topic]) -> None:
    """Show the table of all topics; nothing where no topic has two periods."""
    table = summary_table(topics)
    if len(table):
        rows = pd.concat([topic.districts for topic in topics], ignore_index=True)
        unsure = any(topic.change and topic.change.verdict == UNKNOWN for topic in topics)
        note = f"{MIXED} {NO_COUNTS}" if unsure else MIXED
        caption = "Gaps between places, first and latest period."
        show_table(table, caption=caption, note=note, of=rows)
