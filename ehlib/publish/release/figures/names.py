"""Words by which a page could point at a figure: areas, periods, breakdowns, indicators."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words, parse_period
from ehlib.show.sentences import short_label

KEPT = 50_000  # texts of a set whose words are kept, since pages and downloads repeat them
LONG = 5  # words of a name that stands for nothing else
SEX_WORDS = {"female": ("female", "females", "girls"), "male": ("male", "males", "boys")}


class Words:
    """Texts that name areas, periods, breakdowns or indicators, each with what it names.

    `found(text)` gives the places in a text at which something is named, and what; longer texts
    go before those in them.

    Parameters
    ----------
    named : mapping
        Of text to what it names.
    """

    def __init__(self, named: Mapping[str, str]) -> None:
        self.named = {" ".join(text.split()).casefold(): key for text, key in named.items() if text}
        listed = "|".join(re.escape(text) for text in sorted(self.named, key=len, reverse=True))
        whole = rf"(?<![\w/])(?:{listed})(?![\w/]|[ -]Q\d)"
        self.pattern = re.compile(whole, re.IGNORECASE) if self.named else None
        self.found = lru_cache(maxsize=KEPT)(self._found)

    def __reduce__(self) -> tuple[type, tuple[dict[str, str]]]:
        """What a copy for another process is made of; the texts kept stay here."""
        return Words, (self.named,)

    def _found(self, text: str) -> tuple[tuple[int, int, str], ...]:
        if not self.pattern:
            return ()
        return tuple((*each.span(), self.of_text(each[0])) for each in self.pattern.finditer(text))

    def of_text(self, text: str) -> str:
        """What a whole text names; empty when nothing."""
        return self.named.get(" ".join(text.split()).casefold(), "")

    def keys(self, text: str) -> frozenset[str]:
        """All that is named in a text."""
        return frozenset(key for _, _, key in self.found(text))

    def without(self, text: str) -> str:
        """Text with spaces in place of what names something, so that all else stays in place."""
        for start, end, _ in self.found(text):
            text = text[:start] + " " * (end - start) + text[end:]
        return text


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


def indicator_words(ids: Iterable[str], indicators: Mapping[str, Indicator]) -> dict[str, str]:
    """Indicators as ids and by every name that the catalogue has for them."""
    named = {}
    for each in ids:
        named[each] = each
        known = indicators.get(each)
        if known:
            texts = [known.plan_name]
            texts += [name for at in (known, *known.versions) for name in (at.name, at.short_name)]
            named |= dict.fromkeys(filter(None, texts), each)
    return named


def long_names(indicators: Mapping[str, Indicator]) -> dict[str, str]:
    """Names that say of themselves which indicator is meant, as `referrals` does not."""
    return {each.name: each.id for each in indicators.values() if len(each.name.split()) >= LONG}
