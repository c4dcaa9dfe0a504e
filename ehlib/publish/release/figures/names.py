"""Words by which a page could point at a figure: areas, periods, breakdowns, indicators."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words, parse_period
from ehlib.show.sentences import short_label

SEX_WORDS = {"female": ("female", "females", "girls"), "male": ("male", "males", "boys")}


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


def period_words(shown: pd.DataFrame, indicators: Mapping[str, Indicator]) -> dict[str, str]:
    """Periods as labels, as short labels and in words."""
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


def label_words(labels: Iterable[str]) -> dict[str, str]:
    """Breakdowns as their names, a sex also as girls or boys."""
    named = {}
    for label in labels:
        named |= dict.fromkeys(SEX_WORDS.get(label, (label,)), label)
    return named


def indicator_words(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> dict[str, str]:
    """Indicators as ids and by every name that the catalogue has for them."""
    named = {}
    for each in rows["indicator_id"].unique():
        named[each] = each
        known = indicators.get(each)
        if known:
            texts = [known.plan_name]
            texts += [name for at in (known, *known.versions) for name in (at.name, at.short_name)]
            named |= dict.fromkeys(filter(None, texts), each)
    return named
