"""The rolling needs assessments: what is known of each vulnerable group, and what is not."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.compare import ENGLAND
from ehlib.measure.vulnerable import GROUPS, Group
from ehlib.measure.vulnerable import group_ids as group_ids
from ehlib.show.board.words import list_names
from ehlib.show.cells import show_facts, show_figure, show_markdown, show_note, show_table
from ehlib.show.findings import last_day
from ehlib.show.numbers import marked, unmarked
from ehlib.show.profiles.trends import plot_place_trends
from ehlib.show.sentences import (
    begin,
    count_words,
    ends_of,
    in_sentence,
    label_words,
    number,
    short_label,
    with_unit,
)
from ehlib.show.tables import values_text

PLAIN = {  # names and units of publishers' own indicators that do not read as they are headed
    "lait_sen_totstat": (
        "Pupils with a statement of special educational needs or an EHC plan",
        "% of pupils",
    ),
    "lait_sen_totsensup": (
        "Pupils with support for special educational needs and no plan",
        "% of pupils",
    ),
    "lait_careleaversneet": (
        "Care leavers not in education, employment or training",
        "% of young people",
    ),
}
SAID = 3  # indicators that the text of a chart names
DRAWN = 3  # years of one definition from which a line is worth drawing


def vulnerable_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the page."""
    end = last_day(quarter)
    return f"{areas.county.name} as a whole. Periods that ended after {end} are left out."


def vulnerable_findings(
    own: pd.DataFrame, indicators: Mapping[str, Indicator], quarter: str
) -> list[str]:
    """One sentence a group for the first groups with figures, and which groups have none."""
    known = filter_used(own)
    said = [_headline(group, known, indicators) for group in GROUPS]
    held = [each for each in said if each]
    lacking = [
        in_sentence(group.name) for group, each in zip(GROUPS, said, strict=True) if not each
    ]
    rest = []
    if lacking:
        end = last_day(quarter)
        rest = [f"No figures are held for a period that ended by {end}: {list_names(lacking)}."]
    few = len(held) < len(lacking) and bool(held)
    count = f"Figures are held for {len(held)} of the {len(GROUPS)} groups that the page follows."
    return [*([count] if few else []), *held[: 3 if few else 4], *rest]


def filter_used(own: pd.DataFrame) -> pd.DataFrame:
    """Rows with a figure, without indicators that are 0 in every year: a heading nobody uses."""
    known = own.dropna(subset="value")
    highest = known.groupby("indicator_id")["value"].transform("max")
    return known[highest > 0]


def _now(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> Indicator:
    """Indicator as in force in the latest period; plain counts without decimals."""
    key = rows["indicator_id"].iloc[0]
    now = indicators[key].at(rows["period_start"].max().date())
    if key in PLAIN:
        name, unit = PLAIN[key]
        now = replace(now, name=name, short_name=name, unit=unit)
    return now if _comparable(now) else replace(now, decimals=0)


def _comparable(indicator: Indicator) -> bool:
    """Whether England's figure stands on the same scale: of shares and rates, not of numbers."""
    unit = f"{indicator.unit} {indicator.unit_short}".lower()
    return indicator.method != "count" and any(word in unit for word in ("%", "per ", "score"))


def _headline(group: Group, known: pd.DataFrame, indicators: Mapping[str, Indicator]) -> str:
    """First and latest figure of a group's first indicators with a figure, two at most."""
    told = []
    for key in group.ids:
        rows = known[known["indicator_id"] == key]
        if len(rows) and key in indicators:
            told.append(_moved(rows, _now(rows, indicators)))
    return " ".join(told[:2])


def _moved(rows: pd.DataFrame, now: Indicator) -> str:
    """An indicator's latest figure and its first, as a sentence."""
    ends = ends_of(rows, now)
    last = rows.sort_values("period_start").iloc[-1]
    said = f"{now.name}: {with_unit(last['value'], now, full=True)} in {_when(last, now)}"
    if ends is None:
        return f"{said}."
    first = ends[0]
    way = "up from" if last["value"] > first["value"] else "down from"
    way = "the same as" if last["value"] == first["value"] else way
    return f"{said}, {way} {number(first['value'], now.decimals)} in {_when(first, now)}."


def _when(row: pd.Series, indicator: Indicator) -> str:
    return label_words(row["period"], indicator)


def show_groups(own: pd.DataFrame, indicators: Mapping[str, Indicator]) -> None:
    """Show each group with figures: facts, chart and table; then the groups without."""
    without = []
    used = filter_used(own)
    for group in GROUPS:
        rows = used[used["indicator_id"].isin(group.ids)]
        if rows.empty:
            without.append(group)
            continue
        show_markdown(f"### {group.name}\n\n{group.why}")
        _show_group(group, rows, indicators)
    if without:
        show_markdown("### Groups of which no figures are held")
        show_table(without_table(without, own, indicators), caption="Who could tell more.")


def without_table(
    groups: list[Group], own: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """One row a group without figures: what the early help plan prints, and who could tell."""
    zero = set(own.dropna(subset="value")["indicator_id"])  # held, and 0 in every year
    rows = [
        {
            "Group": group.name,
            "In the early help plan": _printed(group, indicators),
            "Who could tell": begin(group.supplier),
            "Note": group.beware if zero & set(group.ids) else "",
        }
        for group in groups
    ]
    table = pd.DataFrame(rows)
    return table.loc[:, (table != "").any()]


def _show_group(group: Group, rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> None:
    order = {key: place for place, key in enumerate(group.ids)}
    rows = rows.sort_values("indicator_id", key=lambda ids: ids.map(order), kind="stable")
    drawn = _long(rows, indicators)
    name = rows["area_name"].iloc[0]
    if len(drawn):
        draw = partial(plot_place_trends, drawn, name=name)
        parts = [part for _, part in drawn.groupby("indicator_id", sort=False)]
        alt = " ".join(_moved(part, _now(part, indicators)) for part in parts[:SAID])
        show_figure(
            draw(),
            narrow=draw(narrow=True),
            alt=alt,
            caption=f"{begin(name)}, each indicator on its own scale from 0; England dashed.",
            of=drawn,
        )
    caption = f"{group.name}: what is known, {name}."
    show_table(group_table(rows, indicators), caption=caption, of=rows)
    show_note(group.beware)
    show_facts(
        {
            "In the early help plan": _printed(group, indicators),
            "Not known": f"{begin(group.unknown)}.",
            "Who could tell": f"{begin(group.supplier)}.",
        }
    )


def _printed(group: Group, indicators: Mapping[str, Indicator]) -> str:
    """Baselines of a group's impact measures, as the early help plan prints them."""
    told = [
        f"{each.impact_name}: baseline {each.baseline.printed}, national {each.national.printed}."
        for key in group.ids
        if (each := indicators.get(key)) and each.impact_name
    ]
    return " ".join(told)


def _long(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Rows of indicators with enough years of one definition, with names for the chart."""
    last = rows.sort_values("period_start").groupby("indicator_id")["definition"].last()
    alike = rows[rows["definition"] == rows["indicator_id"].map(last)]
    counts = alike["indicator_id"].value_counts()
    drawn = alike[alike["indicator_id"].map(counts) >= DRAWN]
    now = {key: _now(part, indicators) for key, part in drawn.groupby("indicator_id")}
    alone = drawn["indicator_id"].map({key: not _comparable(each) for key, each in now.items()})
    drawn = drawn.assign(benchmark_value=drawn["benchmark_value"].mask(alone.astype("bool")))
    told = {
        name: drawn["indicator_id"].map({key: getattr(each, name) for key, each in now.items()})
        for name in ("short_name", "unit_short", "decimals")
    }
    return drawn.assign(**told)


def group_table(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """One row an indicator: latest figure, England's, the first of its definition, and years."""
    found = []
    for _, part in rows.groupby("indicator_id", sort=False):
        part = part.sort_values("period_start").reset_index(drop=True)
        now = _now(part, indicators)
        texts = marked(values_text(part, now), part, "value")
        ends = ends_of(part, now)
        last = part.iloc[-1]
        alike = int((part["definition"] == last["definition"]).sum())
        first = "" if ends is None else texts[ends[0].name]
        england = part.tail(1).assign(area_code=ENGLAND, value=last["benchmark_value"])
        known = _comparable(now) and pd.notna(last["benchmark_value"])
        beside = values_text(england, now)[0] if known else ""
        found.append(
            {
                "What is counted": f"{now.name} ({now.unit})",
                "Latest": texts[-1],
                "Period": short_label(last["period"]),
                "England": marked([beside], england, "value")[0],
                "First": first,
                "First period": "" if ends is None else short_label(ends[0]["period"]),
                "Held": count_words(alike, "year"),
            }
        )
    table = unmarked(pd.DataFrame(found))
    return table.loc[:, (table != "").any()]
