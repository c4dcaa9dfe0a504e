"""Figures that a release hides, and the words by which a page could point at one of them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words, parse_period
from ehlib.load.schema import KEY, NUMBERS
from ehlib.measure.rates import add_measures
from ehlib.show.sentences import SMALL_NUMBERS, short_label

COUNTS = NUMBERS[:2]
SEX_WORDS = {"female": ("female", "females", "girls"), "male": ("male", "males", "boys")}
NUMBER = re.compile(
    r"(?<![\w.,/-])\d[\d,]*(?:\.\d+)?(?![\w/]|[.,]\d)"
    rf"|\b(?:{'|'.join(SMALL_NUMBERS[1:])})\b",
    re.IGNORECASE,
)
SO_FAR = re.compile(r"(?i)since april|to date|so far|cumulative|running total")
QUARTER = re.compile(r"(\d{4}/\d\d)-Q([1-4])")
Address = Mapping[str, frozenset]  # areas, periods, labels, indicators


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a release: what it is of, whether it is hidden, and its true numbers if known."""

    indicator: str
    labels: frozenset[str]
    hidden: bool
    counts: tuple[float, ...]
    measures: tuple[float, ...]

    def tells(self, text: str) -> bool:
        """Whether a number as written is one of its counts, or its value or a limit as rounded."""
        number = as_number(text)
        if number in self.counts:
            return True
        places = len(text.partition(".")[2])
        return any(f"{each:.{places}f}" == f"{number:.{places}f}" for each in self.measures)


@dataclass(frozen=True)
class Words:
    """Texts that name areas, periods, breakdowns or indicators, each with what it names."""

    named: Mapping[str, str]
    pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, named: Mapping[str, str]) -> "Words":
        """Words from a dict of text to what it names; longer texts go before those in them."""
        plain = {" ".join(text.split()).casefold(): key for text, key in named.items() if text}
        listed = "|".join(re.escape(text) for text in sorted(plain, key=len, reverse=True))
        pattern = re.compile(rf"(?<![\w/])(?:{listed})(?![\w/]|[ -]Q\d)", re.I) if plain else None
        return cls(plain, pattern)

    def found(self, text: str) -> list[tuple[int, int, str]]:
        """Places in a text at which something is named, and what."""
        if not self.pattern:
            return []
        return [(*each.span(), self.of_text(each[0])) for each in self.pattern.finditer(text)]

    def of_text(self, text: str) -> str:
        """What a whole text names; empty when nothing."""
        return self.named.get(" ".join(text.split()).casefold(), "")

    def keys(self, text: str) -> frozenset[str]:
        """All that is named in a text."""
        return frozenset(key for _, _, key in self.found(text))

    def without(self, text: str) -> str:
        """Text with spaces in place of what names something, so that all else stays in place."""
        if not self.pattern:
            return text
        return self.pattern.sub(lambda found: " " * len(found[0]), text)


class Hidden:
    """Index of a release: rows by area and period, as far as any of them is hidden there.

    Parameters
    ----------
    shown : DataFrame
        Protected rows; the hidden ones have the note `suppressed` and no numbers.
    truth : DataFrame or None
        The same cells with their numbers, which tell more: a sentence is an alarm only where it
        says a hidden number.
    indicators : mapping
        The catalogue: names, and how a value comes from its counts.
    """

    def __init__(
        self,
        shown: pd.DataFrame,
        truth: pd.DataFrame | None,
        indicators: Mapping[str, Indicator],
    ) -> None:
        rows = _marked(shown)
        touched = rows.loc[rows["hidden"], ["area_code", "period"]].drop_duplicates()
        rows = rows.merge(touched, on=["area_code", "period"], how="inner", validate="many_to_one")
        rows = _with_numbers(rows, truth, indicators)
        self.figures: dict[tuple[str, str], list[Figure]] = defaultdict(list)
        labels = _labels(rows)
        for row, named in zip(rows.itertuples(), labels, strict=True):
            self.figures[row.area_code, row.period].append(_figure(row, named))
        names = rows.drop_duplicates("area_code")
        codes = dict(zip(names["area_code"], names["area_code"], strict=True))
        every = shown.drop_duplicates("area_code")  # those without a hidden figure are areas too
        self.areas = Words.of(
            dict(zip(every["area_name"], every["area_code"], strict=True)) | codes
        )
        self.periods = Words.of(_period_words(shown, indicators))
        self.labels = Words.of(_label_words({each for named in labels for each in named}))
        self.indicators = Words.of(_indicator_words(rows, indicators))

    def __bool__(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.figures)

    def at(self, address: Address) -> list[Figure]:
        """Figures that an address may mean; none where nothing is hidden.

        Of the breakdowns named, a figure must have as many as any figure there has; where one is
        named, the total is not meant.
        """
        wanted = address["labels"]
        found = [
            figure
            for area in address["areas"]
            for period in address["periods"]
            for figure in self.figures.get((area, period), ())
            if figure.labels <= wanted
            and (not address["indicators"] or figure.indicator in address["indicators"])
        ]
        most = max((len(figure.labels) for figure in found), default=0)
        return [each for each in found if len(each.labels) == most] if most or not wanted else []


def as_number(text: str) -> float:
    """Number of digits or of a word up to nine."""
    word = text.lower()
    return float(SMALL_NUMBERS.index(word) if word in SMALL_NUMBERS else text.replace(",", ""))


def so_far(period: str) -> list[str]:
    """Quarters of a year up to this one, which a number since April adds up."""
    found = QUARTER.fullmatch(period)
    return [f"{found[1]}-Q{each}" for each in range(1, int(found[2]) + 1)] if found else [period]


def small_counts(truth: pd.DataFrame, case: Iterable[str], threshold: int) -> pd.DataFrame:
    """Rows with the small counts of case records hidden: the least that any release hides.

    Parameters
    ----------
    truth : DataFrame
        Observations with their numbers.
    case : iterable of str
        Indicators counted from case records.
    threshold : int
        Counts from 1 to below it are small.
    """
    small = truth["indicator_id"].isin(list(case)) & truth["numerator"].between(1, threshold - 1)
    notes = truth["value_note"].where(~small, (truth["value_note"] + ";suppressed").str.strip(";"))
    numbers = {name: truth[name].mask(small) for name in NUMBERS}
    return truth.assign(value_note=notes, **numbers)


def _marked(shown: pd.DataFrame) -> pd.DataFrame:
    notes = shown["value_note"].str.split(";")
    hidden = notes.map(lambda each: "suppressed" in each).astype(bool)
    return shown.assign(hidden=hidden).reset_index(drop=True)


def _with_numbers(
    rows: pd.DataFrame, truth: pd.DataFrame | None, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """Rows with true numbers where they are known, values and limits worked out from them."""
    if truth is not None:
        true = truth[[*KEY, *NUMBERS]].drop_duplicates(KEY)
        joined = rows[KEY].merge(true, on=KEY, how="left", validate="many_to_one")
        rows = rows.assign(**{n: rows[n].where(~rows["hidden"], joined[n]) for n in NUMBERS})
    known = rows["indicator_id"].isin(list(indicators)).to_numpy()
    measured = add_measures(rows[known], indicators)
    values = {name: measured[name].reindex(rows.index).fillna(rows[name]) for name in NUMBERS}
    return rows.assign(**values)


def _labels(rows: pd.DataFrame) -> list[frozenset[str]]:
    """Breakdown of each row: its category, and its sex and age where they are not the usual."""
    named = {"category": rows["category"].where(rows["category_type"] != "", "")}
    whole = rows[rows["category_type"] == ""]
    for name in ("sex", "age"):
        usual = whole.groupby("indicator_id")[name].agg(lambda each: each.mode().iloc[0])
        own = rows["category_type"].eq(name) | rows[name].eq(rows["indicator_id"].map(usual))
        named[name] = rows[name].mask(own, "")
    texts = zip(*(named[name].str.casefold() for name in named), strict=True)
    return [frozenset(filter(None, each)) for each in texts]


def _figure(row: tuple, labels: frozenset[str]) -> Figure:
    counts = tuple(getattr(row, name) for name in COUNTS)
    measures = tuple(getattr(row, name) for name in NUMBERS[2:])
    known = [tuple(each for each in part if not np.isnan(each)) for part in (counts, measures)]
    return Figure(row.indicator_id, labels, bool(row.hidden), *known)


def _period_words(shown: pd.DataFrame, indicators: Mapping[str, Indicator]) -> dict[str, str]:
    named: dict[str, str] = {}
    for row in shown.drop_duplicates(["indicator_id", "period"]).itertuples():
        label = row.period
        named |= dict.fromkeys([label, short_label(label), label.replace("-Q", " Q")], label)
        known = indicators.get(row.indicator_id)
        if known:
            named.setdefault(_in_words(label, known.calendar), label)
    return named


@lru_cache(maxsize=4096)
def _in_words(label: str, calendar: str) -> str:
    try:
        return in_words(parse_period(label, calendar)).removeprefix("the ")
    except ValueError:  # a label of another calendar names itself
        return label


def _label_words(labels: Iterable[str]) -> dict[str, str]:
    named = {}
    for label in labels:
        named |= dict.fromkeys(SEX_WORDS.get(label, (label,)), label)
    return named


def _indicator_words(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> dict[str, str]:
    named = {}
    for each in rows["indicator_id"].unique():
        named[each] = each
        known = indicators.get(each)
        if known:
            texts = [known.plan_name]
            texts += [name for at in (known, *known.versions) for name in (at.name, at.short_name)]
            named |= dict.fromkeys(filter(None, texts), each)
    return named
