"""Words of an outcome: its status, latest figure, what it is compared with, what comes next."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.indicators.catalogue import PRIORITIES
from ehlib.load.periods import parse_quarter
from ehlib.measure.impact.progress import BASELINE, HIDDEN, NO_FIGURE, NOT_JUDGED, YEAR
from ehlib.show.accounts.coverage import next_due
from ehlib.show.numbers import marked
from ehlib.show.sentences import (
    begin,
    count_words,
    in_sentence,
    list_words,
    number,
    short_label,
    with_unit,
)
from ehlib.show.tables import marker

SIGNS = {  # the sign says the same as the word, for those who see no colour
    "improving": "\u2714",
    "no clear change": "\u2248",
    "worsening": "\u2718",
    NOT_JUDGED: "?",
    NO_FIGURE: "\u25cb",
    HIDDEN: "[c]",
}
PRIORITY_WORDS = dict(  # as a table heads its rows, where the plan's own words are too long
    zip(
        PRIORITIES,
        (
            "Keeping children safe",
            "Early help",
            "Closing the gap in attainment",
            "Complex needs and disabilities",
            "Health",
        ),
        strict=True,
    )
)
VERBS = {  # what a status says of one outcome or none, and of several
    "improving": ("is improving", "are improving"),
    "no clear change": ("shows no clear change", "show no clear change"),
    "worsening": ("is worsening", "are worsening"),
    NOT_JUDGED: ("cannot be judged", "cannot be judged"),
    NO_FIGURE: ("has no figure", "have no figure"),
    HIDDEN: ("is hidden", "are hidden"),
}
SAID = {NOT_JUDGED: "cannot be judged", NO_FIGURE: "no figure yet"}
STATUS_NOTE = (
    "Improving or worsening: moved more than chance would explain, against the plan's baseline "
    "where it can be compared, else against the same period a year before."
)

QUARTER_NOTE = (
    "A quarter is compared with one quarter a year before; its chart asks whether it is unusual "
    "among all held, and the two can differ."
)


def counted(status: str, count: int) -> str:
    """How many have a status: `3 are improving`, `1 shows no clear change`, `none is worsening`."""
    return f"{count or 'none'} {VERBS[status][count > 1]}"


def hidden_words(progress: pd.DataFrame, noun: str = "indicator") -> list[str]:
    """How many have no figure but hidden ones, and why, as a sentence; none where none has."""
    count = int((progress["status"] == HIDDEN).sum())
    said = f"{begin(count_words(count, noun))} {VERBS[HIDDEN][count > 1]}: some numbers are small."
    return [said] if count else []


def status_words(status: str) -> str:
    """Status as a table has it: sign and words."""
    return f"{SIGNS[status]}\u00a0{begin(SAID.get(status, status))}"


def status_told(row: Mapping[str, object]) -> str:
    """Status as a table has it, with the reason where it cannot be judged."""
    said = status_words(str(row["status"]))
    return f"{said}: {row['reason']}" if row["status"] == NOT_JUDGED else said


def compared_cells(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    """What each status compares with: the figure of a year before, or the plan's baseline."""
    before = rows.assign(period=rows["year_period"])
    texts = [
        f"{number(row['year_value'], now.decimals)} ({short_label(row['year_period'])})"
        if row["basis"] == YEAR
        else ""
        for row, now in in_turn(rows, indicators)
    ]
    shown = marked(texts, before, "value")
    return [
        "the plan's baseline" if basis == BASELINE else text
        for basis, text in zip(rows["basis"], shown, strict=True)
    ]


def in_turn(
    rows: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> list[tuple[dict[str, object], Indicator]]:
    """Each row with its indicator by the definition of the row's period."""
    return [(row, now_of(indicators[row["indicator_id"]], row)) for row in rows.to_dict("records")]


def unit_name(now: Indicator) -> str:
    """Short name of an indicator with its unit: `Under 18 conceptions (per 1,000)`."""
    return f"{now.short_name} ({now.unit_short})"


def baseline_words(indicator: Indicator) -> str:
    """Baseline as the plan prints it, or that it prints none."""
    return indicator.baseline.printed or "none printed"


def now_of(indicator: Indicator, row: Mapping[str, object]) -> Indicator:
    """Indicator by the definition of a row's period; as the catalogue begins for no row."""
    start = row["period_start"]
    return indicator if pd.isna(start) else indicator.at(pd.Timestamp(start).date())


def figure_cells(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    """Cells of the latest figures, each with its marker; empty for none."""
    texts = []
    for row, now in in_turn(rows, indicators):
        note = str(row["value_note"])
        if now.data_class == "case":  # that their populations are derived is said once, in words
            note = note.replace("derived", "")
        value = float(row["value"])
        texts.append("" if np.isnan(value) else f"{number(value, now.decimals)} {marker(note)}")
    return marked([text.strip() for text in texts], rows, "value")


def limit_cells(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    """Cells of the limits of the latest figures; empty where they are not known."""
    texts = [
        "" if np.isnan(row["lower_ci"]) else limit_words(row, now)
        for row, now in in_turn(rows, indicators)
    ]
    return marked(texts, rows, "limits")


def limit_words(row: Mapping[str, object], now: Indicator) -> str:
    """Limits of a figure in words: `21.7 to 26.9`."""
    return " to ".join(number(float(row[name]), now.decimals) for name in ("lower_ci", "upper_ci"))


def england_words(row: Mapping[str, object], indicator: Indicator) -> str:
    """England's figure of the same period and how ours compares; empty where there is none."""
    other = float(row["benchmark_value"])
    if np.isnan(other):
        return ""
    word = str(row["comparison"])
    told = "" if word == "not compared" else f": {word}"
    return f"{number(other, now_of(indicator, row).decimals)}{told}"


def next_words(row: Mapping[str, object], indicator: Indicator, quarter: str) -> str:
    """Period of the next figure, and whether it is not over, awaited or overdue."""
    if not row["period"]:
        return ""
    end = pd.Timestamp(parse_quarter(quarter).end)
    return next_due(indicator, str(row["period"]), pd.Timestamp(row["period_end"]), end)


def list_names(names: list[str]) -> str:
    """Names in a row, parted by semicolons where one of them has a comma of its own."""
    return "; ".join(names) if any(", " in name for name in names) else list_words(names)


def named(rows: pd.DataFrame, indicators: Mapping[str, Indicator], *, figures: bool = False) -> str:
    """Short names of indicators in a row, each with its figure when asked for."""
    told = []
    for row in rows.to_dict("records"):
        now = now_of(indicators[row["indicator_id"]], row)
        said = in_sentence(now.short_name).replace(": ", " with ")
        when = short_label(str(row["period"]))
        told.append(f"{said} ({with_unit(row['value'], now)} in {when})" if figures else said)
    return list_names(told)


def synthetic_words(rows: pd.DataFrame, what: str = "indicator") -> str:
    """How many of some rows are of the synthetic sample, as a sentence; empty for none."""
    few = int(rows["value_note"].str.contains("synthetic").sum())
    if not few:
        return ""
    rest = "rests" if few == 1 else "rest"
    return f"{count_words(few, what)} {rest} on a synthetic sample, not real children."


def with_figures(rows: pd.DataFrame) -> pd.DataFrame | None:
    """Rows that have a figure, for a table's source line; None where none has."""
    known = rows.dropna(subset="value")
    return known if len(known) else None
