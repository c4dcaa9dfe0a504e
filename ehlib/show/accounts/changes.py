"""What has changed: figures restated since last time, and those a later extract revised."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.accounts.restated import read_restated, read_revisions, recently_restated
from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY, read_sources
from ehlib.show.cells import show_note, show_table
from ehlib.show.sentences import begin, count_words, list_words, number, short_label

LISTED = 30  # restated figures that the page lists; restated.csv has every one
CASES = "Counts of case records are not shown here, since they may be small."


def show_changes(data_dir: str, areas: Areas, indicators: Mapping[str, Indicator]) -> None:
    """Tables of figures restated of late and of figures revised; or that there are none.

    Parameters
    ----------
    data_dir : str
        Folder that `ehlib prepare` wrote.
    areas : Areas
        Figures of other places are counted, not listed.
    indicators : mapping
        The catalogue. Of indicators counted from case records no figure is shown.
    """
    prepared = str(read_sources(data_dir)["prepared"])
    log = recently_restated(read_restated(data_dir), prepared)
    kinds = log["indicator_id"].map({key: each.data_class for key, each in indicators.items()})
    open_rows, case_rows = log[kinds.ne("case")], log[kinds.eq("case")]
    near = open_rows["area_code"].isin([each.code for each in areas.own])
    shown = open_rows[near].sort_values("seen", ascending=False, kind="stable")
    if len(shown):
        rest = len(open_rows) - min(len(shown), LISTED)
        note = f"And {rest:,} others, of other places too: see restated.csv." if rest else ""
        table = restated_table(shown.head(LISTED), indicators)
        show_table(table, caption="Published figures that are not what they were.", note=note)
    if len(case_rows):
        caption = "Figures counted from case records that are not what they were."
        show_table(counted_table(case_rows, indicators), caption=caption, note=CASES)
    if log.empty:
        show_note("No figure is another than when it was first prepared, in the last three months.")
    _show_revisions(read_revisions(data_dir), indicators)


def restated_table(log: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """One row a published figure that changed: what it was, what it is, and why."""
    rows = []
    for row in log.to_dict("records"):
        indicator = indicators.get(row["indicator_id"])
        kind = ", ".join(filter(None, [row["category"], row["sex"].replace("persons", "")]))
        rows.append(
            {
                "Indicator": indicator.short_name if indicator else row["indicator_id"],
                "Area": row["area_name"] + (f" ({kind})" if kind else ""),
                "Period": short_label(row["period"]),
                "Was": _figure(row, "old", indicator),
                "Is": _figure(row, "new", indicator),
                "Why": begin(row["reason"]),
                "Seen": row["seen"],
            }
        )
    return pd.DataFrame(rows)


def counted_table(log: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """One row an indicator and reason: how many figures changed, and for which periods."""
    rows = []
    for (key, reason), part in log.groupby(["indicator_id", "reason"], sort=False, observed=True):
        periods = sorted(part["period"].unique())
        span = [short_label(each) for each in dict.fromkeys([periods[0], periods[-1]])]
        rows.append(
            {
                "Indicator": indicators[key].short_name,
                "Periods": " to ".join(span),
                "Figures": f"{len(part):,}",
                "Why": begin(reason),
            }
        )
    return pd.DataFrame(rows)


def restated_note(
    rows: pd.DataFrame, restated: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> str:
    """One sentence on which of the rows shown were restated of late, and why; "" when none was.

    Parameters
    ----------
    rows : DataFrame
        Observations shown: `value_note` says which were restated.
    restated : DataFrame
        The log, as `read_restated` gives it.
    indicators : mapping
        The catalogue. Old figures are said of published indicators only, and of one figure alone.
    """
    marked = rows[rows["value_note"].str.split(";").map(lambda notes: "restated" in notes)]
    if marked.empty:
        return ""
    log = restated.drop_duplicates(KEY, keep="last")
    log = marked[KEY].merge(log, on=KEY, how="inner", validate="1:1")
    count = begin(count_words(len(marked), "figure"))
    word = "was" if len(marked) == 1 else "were"
    reasons = list_words(sorted(log["reason"].unique()))
    because = f" ({reasons})" if reasons else ""
    sentence = f"{count} here {word} restated in the last three months{because}"
    if len(log) != 1 or indicators[log["indicator_id"].iloc[0]].data_class == "case":
        return f"{sentence}."
    row = log.to_dict("records")[0]
    was = _figure(row, "old", indicators[row["indicator_id"]])
    return f"{sentence}: {row['area_name']}, {short_label(row['period'])}, was {was} before."


def _show_revisions(revisions: pd.DataFrame, indicators: Mapping[str, Indicator]) -> None:
    if revisions.empty:
        return
    names = {key: each.short_name for key, each in indicators.items()}
    by = ["indicator_id", "old_file", "file", "why"]
    counts = revisions.groupby(by, sort=False, observed=True).size().reset_index(name="count")
    counts = counts.sort_values("count", ascending=False, kind="stable")
    table = pd.DataFrame(
        {
            "Indicator": counts["indicator_id"].map(names).fillna(counts["indicator_id"]),
            "Figures": counts["count"].map("{:,}".format),
            "Of extract": counts["old_file"],
            "Replaced by": counts["file"],
            "Why": counts["why"].map(begin),
        }
    )
    rest = len(table) - LISTED
    note = f"And {count_words(rest, 'other kind')}: see revisions.csv." if rest > 0 else ""
    caption = "Figures that two extracts give differently: the later is used."
    show_table(table.head(LISTED), caption=caption, note=note)


def _figure(row: Mapping[str, object], word: str, indicator: Indicator | None) -> str:
    """A figure as published: its value, else its count, else why there is none."""
    value, count = float(row[f"{word}_value"]), float(row[f"{word}_numerator"])
    if not np.isnan(value):
        return number(value, indicator.decimals if indicator else 1)
    if not np.isnan(count):
        return number(count, 0)
    return str(row[f"{word}_note"]).replace("_", " ").replace(";", ", ") or "none"
