"""Figures that a release hides, and the words by which a page could point at one of them."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY, NUMBERS
from ehlib.measure.rates import add_measures
from ehlib.publish.release.figures.names import (
    Words,
    indicator_words,
    label_words,
    long_names,
    period_words,
)
from ehlib.publish.release.figures.numbers import as_number
from ehlib.show.numbers.ids import number_ids

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
    source: str = ""

    def tells(self, text: str, *, share: bool = True) -> bool:
        """Whether a number as written is one of its counts, or its value or a limit as rounded.

        A whole number below ten may be a share or rate only where `share` says so.
        """
        number = as_number(text)
        if number in self.counts:
            return True
        places = len(text.partition(".")[2])
        if not places and not share and number < 10:
            return False
        return any(f"{each:.{places}f}" == f"{number:.{places}f}" for each in self.measures)

    def prints(self, text: str, *, share: bool) -> bool:
        """Whether a number as written is what a table shows of it, with one decimal or more.

        A whole number is a count, unless what stands around it says that it is a share.
        """
        number, places = float(text.replace(",", "")), len(text.partition(".")[2])
        if not places and number in self.counts:
            return True
        rounded = (round(each, max(places, 1)) for each in self.measures)
        return bool(share or places) and number in rounded


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
        marked = _marked(shown)
        places = marked.loc[marked["hidden"], ["area_code", "period"]].drop_duplicates()
        rows = marked.merge(places, on=["area_code", "period"], validate="many_to_one")
        rows = _with_numbers(rows, truth, indicators)
        self.asked: dict[tuple[frozenset, ...], list[Figure]] = {}
        self.figures: dict[tuple[str, str], list[Figure]] = defaultdict(list)
        labels = _labels(rows)
        places = zip(rows["area_code"].tolist(), rows["period"].tolist(), strict=True)
        figures = _figures(rows, labels)
        for place, figure in zip(places, figures, strict=True):
            self.figures[place].append(figure)
        self.rows = dict(zip(_ids(rows), figures, strict=True))
        codes = {code: code for code in rows["area_code"].unique()}
        every = shown.drop_duplicates("area_code")  # those without a hidden figure are areas too
        self.areas = Words(dict(zip(every["area_name"], every["area_code"], strict=True)) | codes)
        self.periods = Words(period_words(shown, indicators))
        self.labels = Words(label_words({each for named in labels for each in named}))
        touched = indicator_words(rows["indicator_id"].unique(), indicators)
        self.indicators = Words(long_names(indicators) | touched)
        self.names = Words(indicator_words(indicators, indicators))  # of those that hide none too
        ids = _ids(marked)
        self.ids = frozenset(each for each, hid in zip(ids, marked["hidden"], strict=True) if hid)
        self.parts = frozenset(part for each in set(ids) for part in each.split("."))

    def knows(self, number_id: str) -> bool:
        """Whether an id of a number says of what it is, and holds no number besides."""
        *parts, measure = number_id.split(".")
        bare = {place for place, part in enumerate(parts) if re.fullmatch(r"\d+", part)}
        strange = [
            place
            for place in bare
            if parts[place] not in self.parts
            and not re.fullmatch(r"(?:19|20)\d\d", parts[place])
            and not (place == len(parts) - 1 and place > 4 and len(parts[place]) < 3)  # a group
        ]
        return len(parts) >= 3 and not strange and bool(re.fullmatch(r"[a-z_-]+", measure))

    def __bool__(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.figures)

    def at(self, address: Address) -> list[Figure]:
        """Figures that an address may mean; none where nothing is hidden.

        Of the breakdowns named, a figure must have as many as any figure there has; where one is
        named, the total is not meant.
        """
        asked = tuple(address[name] for name in ("areas", "periods", "labels", "indicators"))
        if asked not in self.asked:
            self.asked[asked] = self._at(address)
        return self.asked[asked]

    def _at(self, address: Address) -> list[Figure]:
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

    def twins(
        self, address: Address, figures: Iterable[Figure], ids: Iterable[str]
    ) -> list[Figure]:
        """Shown figures that the words for some hidden ones fit as well.

        They are of the same area, period and breakdown, and those that the ids of a cell name,
        whose breakdown may say more than theirs; where it has none, those of the same source.
        """
        alike = {(each.labels, each.source) for each in figures}
        named = [self.rows.get(each.rpartition(".")[0]) for each in ids]
        labels = {each for each, _ in alike}
        return [
            figure
            for area in address["areas"]
            for period in address["periods"]
            for figure in self.figures.get((area, period), ())
            if not figure.hidden
            and (
                any(_within(each, figure.labels) for each in labels)
                and any(figure is each for each in named)
                if named
                else (figure.labels, figure.source) in alike
            )
        ]


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
    held = {note: "suppressed" in note.split(";") for note in shown["value_note"].unique()}
    hidden = shown["value_note"].map(held).astype(bool)
    return shown.assign(hidden=hidden).reset_index(drop=True)


def _ids(rows: pd.DataFrame) -> list[str]:
    """Id of each row, as the numbers of a page give it before their measure."""
    return [each.removesuffix(".value") for each in number_ids(rows)]


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


def _within(words: frozenset[str], labels: frozenset[str]) -> bool:
    """Whether each of some words stands in a breakdown, alone or beside others."""
    return len(words) == len(labels) and all(any(word in own for own in labels) for word in words)


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


def _figures(rows: pd.DataFrame, labels: list[frozenset[str]]) -> list[Figure]:
    """Figure of each row, without the numbers that are not known."""
    numbers = rows[NUMBERS].to_numpy(dtype=float)
    counts, measures = (
        [tuple(n for n in each if not math.isnan(n)) for each in part.tolist()]
        for part in (numbers[:, :2], numbers[:, 2:])
    )
    ids, hidden, sources = (rows[name].tolist() for name in ("indicator_id", "hidden", "source_id"))
    return list(map(Figure, ids, labels, hidden, counts, measures, sources))
