"""Early help episodes on a page: how many open and close, at what level, and who comes back."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import earlier_quarter, in_words, parse_quarter
from ehlib.measure.compare import filter_latest
from ehlib.show.cells import show_definition
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import beside, count_words, list_words, short_label, with_unit
from ehlib.show.tables import counts_text

FLOW = {  # indicator: heading of its column
    "early_help_episodes": "Opened",
    "early_help_closed": "Closed",
    "early_help_open": "Open at the end",
}
HIDDEN = "is hidden, since some numbers are small"


def episodes_context(rows: pd.DataFrame, area_code: str, areas: Areas, *, quarter: str) -> str:
    """Line under the title of a page on early help episodes; `quarter` stands in for no rows."""
    county = areas.county
    beside_county = "" if area_code == county.code else f", compared with {county.name}"
    then = when(rows) or in_words(parse_quarter(quarter))
    return f"{areas.name(area_code)}, {then}{beside_county}. Counted from case records."


def shown(rows: pd.DataFrame) -> bool:
    """Whether any figure of some rows can be shown: any is held, and not all are hidden."""
    return bool(rows[["numerator", "value"]].notna().any(axis=None))


def drawn(rows: pd.DataFrame) -> bool:
    """Whether any part of some rows has a size to draw; zeros alone say nothing."""
    return bool(rows["value"].gt(0).any())


def show_definitions(frames: list[pd.DataFrame], indicators: Mapping[str, Indicator]) -> None:
    """Definition of the indicator of each frame, as of its latest period; none for no rows."""
    for rows in frames:
        latest = filter_latest(rows)
        if len(latest):
            show_definition(indicators[latest["indicator_id"].iloc[0]], latest)


def when(rows: pd.DataFrame) -> str:
    """Latest quarter of some rows in words: `October to December 2013`; empty for none."""
    labels = rows.loc[rows["period_start"] == rows["period_start"].max(), "period"]
    return in_words(parse_quarter(labels.iloc[0])) if len(labels) else ""


def as_at_note(sources: Mapping[str, object], kind: str) -> str:
    """Day up to which the records of a kind know, and what of them is left out.

    Parameters
    ----------
    sources : mapping
        Account of the extracts, as `read_sources` gives it.
    kind : str
        Kind of case record.
    """
    return sources.get("cases", {}).get(kind, {}).get("note", "")


def episodes_findings(own: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    """How many episodes opened, closed and were open, and how those that closed ended.

    Parameters
    ----------
    own : DataFrame
        One area's totals of all indicators, with comparison.
    indicators : mapping
        The catalogue.

    Returns
    -------
    list of str
    """
    if own.empty:
        return ["No early help episodes are held for this place by the end of the quarter."]
    latest = own[own["period_start"] == own["period_start"].max()]
    rows = latest.drop_duplicates("indicator_id").set_index("indicator_id")
    said = [_flow(rows, own)]
    for key in ("early_help_open", "needs_met", "early_help_stepped_up", "early_help_returns"):
        if key in rows.index and pd.notna(rows.loc[key, "value"]):
            said.append(_share(rows.loc[key], indicators[key]))
    return said


def _flow(rows: pd.DataFrame, own: pd.DataFrame) -> str:
    name = rows["area_name"].iloc[0]
    quarter = parse_quarter(rows["period"].iloc[0])
    then = in_words(quarter)
    numbers = rows["numerator"].reindex(list(FLOW))
    if numbers.isna().iloc[0]:
        return f"How many early help episodes there were in {then} {HIDDEN}."
    opened = count_words(int(numbers.iloc[0]), "early help episode")
    said = f"{name} had {opened} opened in {then}"
    if numbers.notna().all():
        said += f", {numbers.iloc[1]:,.0f} closed and {numbers.iloc[2]:,.0f} open at the end"
    totals = own[own["indicator_id"] == "early_help_episodes"]
    before = totals[totals["period"] == earlier_quarter(quarter, 4).label]["numerator"].dropna()
    if before.empty or not before.iloc[0]:
        return f"{said}."
    more = numbers.iloc[0] - before.iloc[0]
    if not more:
        return f"{said}; as many were opened in the same quarter a year before."
    word = "more" if more > 0 else "fewer"
    return f"{said}; {abs(more):,.0f} {word} were opened than in the same quarter a year before."


def _share(row: pd.Series, indicator: Indicator) -> str:
    current = indicator.at(row["period_start"].date())
    said = f"{current.name}: {with_unit(row['value'], current, full=True)} in {row['area_name']}"
    compared = pd.notna(row["benchmark_value"]) and pd.notna(row["lower_ci"])
    return f"{said}, {beside(row, current)}." if compared else f"{said}."


def flow_table(own: pd.DataFrame) -> pd.DataFrame:
    """One row a quarter of one area, latest first: episodes opened, closed and open at the end."""
    rows = own[own["indicator_id"].isin(FLOW)]
    texts = counts_text(rows["numerator"], rows["value_note"])
    wide = rows.assign(text=marked(texts, rows, "number")).pivot_table(
        index="period", columns="indicator_id", values="text", aggfunc="first"
    )
    wide = wide.reindex(columns=list(FLOW)).astype("str").sort_index(ascending=False).fillna("[x]")
    wide = wide.rename(index=short_label, columns=FLOW).reset_index()
    return unmarked(wide.rename(columns={"period": "Quarter"}).rename_axis(columns=None))


def categories_table(parts: pd.DataFrame, heading: str, whole: str) -> pd.DataFrame:
    """One row a category of one area and quarter: number, out of, per cent with limits."""
    rows = parts.sort_values("category", kind="stable")
    limits = [
        "" if pd.isna(low) else f"{low:.1f} to {high:.1f}"
        for low, high in zip(rows["lower_ci"], rows["upper_ci"], strict=True)
    ]
    values = ["[c]" if pd.isna(value) else f"{value:.1f}" for value in rows["value"]]
    counts = counts_text(rows["numerator"], rows["value_note"])
    out_of = counts_text(rows["denominator"], rows["value_note"])
    table = {
        heading: [name[:1].upper() + name[1:] for name in rows["category"]],
        "Number": marked(counts, rows, "number"),
        f"Out of {whole}": marked(out_of, rows, "out_of"),
        "Per cent": marked(values, rows, "value"),
        "95% limits": marked(limits, rows, "limits"),
    }
    return unmarked(pd.DataFrame(table))


def changes_table(parts: pd.DataFrame) -> pd.DataFrame:
    """Need level of the episode before (rows) and of the new one (columns), as counts."""
    levels = parts["category"].str.extract(r"^(?P<before>.+) to (?P<after>.+)$")
    texts = counts_text(parts["numerator"], parts["value_note"])
    rows = levels.assign(text=marked(texts, parts, "number"))
    wide = rows.pivot_table(index="before", columns="after", values="text", aggfunc="first")
    wide = wide.fillna("0").rename(columns=lambda name: f"Then {name}", index=str.capitalize)
    return unmarked(wide.rename_axis(columns=None, index="Level before").reset_index())


def parts_sentence(parts: pd.DataFrame, of: str) -> str:
    """Alt text of bars of parts: the shares of the latest quarter, largest first."""
    latest = parts[parts["period_start"] == parts["period_start"].max()]
    known = latest[latest["value"] > 0].sort_values("value", ascending=False)
    if known.empty:
        return f"The parts of {of} are hidden, since some of the numbers are small."
    said = [f"{row.category} {row.value:.0f}%" for row in known.itertuples()]
    return f"Parts of {of} in {when(parts)}: {list_words(said)}."


def unshown(rows: pd.DataFrame, what: str) -> str:
    """That a part of the page cannot be shown; empty when any of its parts can be drawn."""
    if rows.empty:
        return (
            f"{what} is not shown here: it is given on the county's page alone, since elsewhere "
            "the numbers are too small, and from the second year of the records on."
        )
    if drawn(rows):
        return ""
    if not rows["value_note"].str.contains("suppressed").any():
        return f"{what} is not shown: none was counted."
    return f"{what} cannot be shown: some of the numbers are so small that a child could be known."
