"""Sentences and alternative texts that say a figure which a release hides, or rank by it."""

import re
from collections.abc import Iterator

from ehlib.publish.release.figures.hidden import Address, Figure, Hidden
from ehlib.publish.release.figures.numbers import NUMBER, counting
from ehlib.publish.release.files.layers import Layer, Leak

END = re.compile(r"(?m)(?<=[.;!?])(?<!^\d\.)\s+|\n")  # not after the number of a heading
AFTER = re.compile(  # what a number counts when it is not children or events
    r"(?i)\s*(?:-\s*)?(?:other |whole |latest |earliest |calendar |financial |further )?"
    r"(?:fewer|more|less|higher|lower|districts?|quarters?|years?|months?|pages?|places?|areas?|"
    r"localit|times|points?|percentage points?|periods?|measures?|indicators?|figures?|"
    r"rows?|extracts?|decimals?|in (?:ten|five)|or more|to under|to \d)\b"
)
CUT = re.compile(r"(?i)\s*(?:actions?|sources?|lines?)\b(?! than)")  # after `and 3 more`
RANKED = (
    r"(highest|lowest|higher|lower|above|below|rose|fell|doubled|halved|better|worse|most|fewest|"
    r"largest|smallest|biggest)"
)
APART = re.compile(r"(?i)\s*(?:fewer|more|less|higher|lower|up on|down on)\b")
MOVED = re.compile(
    r"(?i)\b(?:rose|fell|grew|dropped|increased?|decreased?|rise|fall|drop|up|down)"
    r"(?: (?:by|of))? $"
)
FOLLOWED = re.compile(
    r"(?:'s?)?\s*(?:(?:had|has|was|is|the|a|rate|figure|number|percentage|clearly)\s+)*"
    rf"{RANKED}\b",
    re.IGNORECASE,
)
LED_BY = re.compile(rf"\b{RANKED}\s+(?:(?:rate|figure|number|percentage) )?in\s*$", re.IGNORECASE)
WORTH = re.compile(rf"{NUMBER.pattern}|\b{RANKED}\b", re.IGNORECASE)  # else it tells nothing
NEAR = 60  # letters between an area and what ranks it


def sentence_leaks(
    layer: Layer, text: str, scopes: tuple[str, ...], hidden: Hidden, *, within: str = ""
) -> Iterator[Leak]:
    """Sentences that say a hidden number of an area, or how it ranks.

    Parameters
    ----------
    layer : Layer
        Where the text stands.
    text : str
        As a reader has it.
    scopes : tuple of str
        Caption, headings and context, from near to far: what is left unsaid is taken from them.
    hidden : Hidden
        What the release hides, with its true numbers.
    within : str
        Place in the layer.
    """
    for sentence in filter(WORTH.search, map(str.strip, END.split(text))):
        left = _blanked(sentence, hidden)
        for found in NUMBER.finditer(left):
            if _is_apart(left, found):
                yield from _differences(layer, sentence, found, (scopes, hidden), within=within)
            if AFTER.match(left, found.end()):
                continue
            address = _nearest(sentence, found, scopes, hidden)
            if not address["indicators"] and not hidden.periods.found(sentence):
                continue  # a number of anything: three pages, two districts that differ
            figures = [*hidden.at(address), *_of_label(sentence, found, address, hidden)]
            share = left[found.end() : found.end() + 1] == "%"
            told = [each.hidden for each in figures if _tells(each, found[0], share=share)]
            if told and all(told):
                yield layer.leak("hidden_figure", f"{found[0]} in {sentence}", within)
                break
        yield from _ranks(layer, sentence, scopes, hidden, within=within)


def _is_apart(left: str, number: re.Match[str]) -> bool:
    """Whether a number is a difference: four fewer, up by 3."""
    after = APART.match(left, number.end())
    if after:
        cut = after[0].strip().casefold() == "more" and CUT.match(left, after.end())
        return not (cut or AFTER.match(left, after.end()))
    return bool(MOVED.search(left, max(0, number.start() - 20), number.start()))


def _differences(
    layer: Layer,
    sentence: str,
    number: re.Match[str],
    around: tuple[tuple[str, ...], Hidden],
    *,
    within: str,
) -> Iterator[Leak]:
    """A difference to a figure that is hidden: with the other figure it gives it back."""
    address = _nearest(sentence, number, *around)
    figures = around[1].at(address)
    if address["indicators"] and figures and all(figure.hidden for figure in figures):
        yield layer.leak("in_place_of_hidden", f"{number[0]} in {sentence}", within)


def _blanked(sentence: str, hidden: Hidden) -> str:
    """Sentence with spaces for what counts nothing: periods, areas, breakdowns, digits of names."""
    left = counting(sentence)
    for start, end, _ in hidden.names.found(left):
        left = left[:start] + re.sub(r"\d", " ", left[start:end]) + left[end:]
    for words in (hidden.periods, hidden.areas, hidden.labels):
        left = words.without(left)
    return re.sub(r"\d{4}/\d\d", " " * 7, left)


def _tells(figure: Figure, text: str, *, share: bool) -> bool:
    if share:
        figure = Figure(figure.indicator, figure.labels, figure.hidden, (), figure.measures)
    return figure.tells(text)


def _nearest(
    sentence: str, number: re.Match[str], scopes: tuple[str, ...], hidden: Hidden
) -> Address:
    """What a number in a sentence is of: the nearest words for it, else those of the context."""
    address = {}
    for name in ("areas", "periods", "labels", "indicators"):
        words = getattr(hidden, name)
        plain = hidden.indicators.without(sentence) if name == "labels" else sentence
        near = min(words.found(plain), key=lambda each: _apart(each, number), default=None)
        address[name] = frozenset([near[2]]) if near else unsaid(name, scopes, hidden)
    return address


def _of_label(
    sentence: str, number: re.Match[str], address: Address, hidden: Hidden
) -> list[Figure]:
    """Figures of a breakdown that is called as the indicator named, if that is what is meant."""
    names, labels = (
        min(words.found(sentence), key=lambda each: _apart(each, number), default=None)
        for words in (hidden.indicators, hidden.labels)
    )
    if not names or not hidden.labels.of_text(sentence[names[0] : names[1]]):
        return []
    return hidden.at(address | {"labels": frozenset([labels[2]]), "indicators": frozenset()})


def _apart(found: tuple[int, int, str], number: re.Match[str]) -> int:
    return max(found[0] - number.end(), number.start() - found[1])


def unsaid(name: str, scopes: tuple[str, ...], hidden: Hidden) -> frozenset[str]:
    """What the context says of area, period, breakdown or indicator."""
    if name == "labels":
        return frozenset()
    words = getattr(hidden, name)
    return next((keys for text in scopes if (keys := words.keys(text))), frozenset())


def _ranks(
    layer: Layer, sentence: str, scopes: tuple[str, ...], hidden: Hidden, *, within: str
) -> Iterator[Leak]:
    """Words that rank or judge an area whose figures there are all hidden."""
    for start, end, area in hidden.areas.found(sentence):
        after, before = sentence[end : end + NEAR], sentence[max(0, start - NEAR) : start]
        cut = min([each[0] for each in hidden.areas.found(after)], default=NEAR)
        said = FOLLOWED.match(after[:cut]) or LED_BY.search(before)
        if not said:
            continue
        named = ("periods", "indicators")
        address = {name: _said(name, sentence, scopes, hidden) for name in named}
        address |= {
            "areas": frozenset([area]),
            "labels": hidden.labels.keys(hidden.indicators.without(sentence)),
        }
        figures = hidden.at(address)
        if address["indicators"] and figures and all(figure.hidden for figure in figures):
            yield layer.leak("in_place_of_hidden", f"{said[1]} in {sentence}", within)


def _said(name: str, sentence: str, scopes: tuple[str, ...], hidden: Hidden) -> frozenset[str]:
    return getattr(hidden, name).keys(sentence) or unsaid(name, scopes, hidden)
