"""Numbers from text: what is certain is read, a symbol becomes a note, the rest is a fault."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

SYMBOLS = {  # what publishers write in place of a number, and what it means
    **dict.fromkeys(["*", "**", "***", "c", "supp", "suppressed", "confidential"], "suppressed"),
    **dict.fromkeys(["-", "--", "..", "...", ":", "x", "w", "na"], "not_available"),
    **dict.fromkeys(["not available", "not collected", "low", "k", "~"], "not_available"),
    **dict.fromkeys(["z", ".", "n/a", "not applicable"], "not_applicable"),
    "u": "unreliable",
}
ROUNDS_TO_ZERO = ("low", "k", "~")
MARKERS = {  # what publishers write behind a number
    **{"p": "provisional", "r": "revised", "e": "estimated", "u": "unreliable", "b": ""},
    **{"provisional": "provisional", "revised": "revised", "estimated": "estimated"},
}
ERRORS = re.compile(r"#(?:n/a|ref!|div/0!|value!|name\?|num!|null!|#+)")
FEW = re.compile(r"(?:<|<=|\u2264|fewer than|less than|under) ?(\d+)")
MOST = 11  # a count said to be below more than this is no suppressed small number
PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?$"
SPACE = "\u00a0\u2007\u2009\u202f\u200b\u200e\u2060\ufeff"  # no keyboard's space: between thousands
NUMBER = rf"[+-]?+(?:\d{{1,3}}(?:(?:,\d{{3}})+|(?:[{SPACE}]\d{{3}})+)(?:\.\d+)?"
NUMBER += r"|\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d{1,2})?"
MARK = r"\[[^\[\]]{1,12}\]|\([a-z]+\)|[a-z]+|[\u00b9\u00b2\u00b3\u2070-\u2079]+"
UNCLEAR = r"[*\u2020\u2021#~?!]+|\(\d+\)"
GAP = rf"[\s{SPACE}]*+"
CASE = re.IGNORECASE | re.ASCII  # digits of other scripts are no numbers here
WRITTEN = re.compile(rf"({NUMBER}){GAP}(%?){GAP}({MARK}|{UNCLEAR})?{GAP}(%?)", CASE)
FOOTNOTE = re.compile(r"\[(?:note )?\d+\]|[\u00b9\u00b2\u00b3\u2070-\u2079]+", re.IGNORECASE)
DECIMAL_COMMA = r"-?\d+,(?:\d{1,2}|\d{4,})"
READ = ["number", "note", "rule", "percent", "thousands", "decimals"]
Read = tuple[float, str, str, bool, bool, int]
NOTHING: Read = (np.nan, "", "", False, False, 0)


def read_numbers(texts: pa.Array) -> pd.DataFrame:
    """What each of several different texts says where a number belongs.

    Parameters
    ----------
    texts : pyarrow array of text
        As written; each once.

    Returns
    -------
    DataFrame, same order
        `number` (missing where there is none), `note` that a symbol or marker stands for, `rule`
        broken (an error, or a note to be said), `percent` and `thousands` (whether it has the
        sign, or separators), `decimals` and `plain`, whether it is written as it is read.
    """
    plain = pc.match_substring_regex(texts, PLAIN)
    numbers = pc.cast(pc.if_else(plain, texts, None), pa.float64()).to_numpy(zero_copy_only=False)
    point = pc.find_substring(texts, ".")
    decimals = pc.if_else(pc.less(point, 0), 0, pc.subtract(pc.binary_length(texts), point))
    read = pd.DataFrame({"number": numbers, "note": "", "rule": "", "percent": False})
    read["thousands"] = False
    read["decimals"] = np.maximum(decimals.to_numpy(zero_copy_only=False).astype("int64") - 1, 0)
    read["plain"] = plain.to_numpy(zero_copy_only=False) & ~np.isinf(numbers)
    odd = np.flatnonzero(~read["plain"].to_numpy())
    said = [_read(text) for text in texts.take(pa.array(odd)).to_pylist()]
    for place, name in enumerate(READ if said else []):
        values = read[name].to_numpy(dtype=object if name in ("note", "rule") else None, copy=True)
        values[odd] = [each[place] for each in said]
        read[name] = values
    read["plain"] |= pc.equal(texts, "").to_numpy(zero_copy_only=False)
    return read


def _read(text: str) -> Read:
    even = text if text.isascii() else text.translate(EVEN)
    word = " ".join(even.split()).lower()
    if not word:
        return NOTHING
    if word[0] not in "0123456789+":
        bare = word[1:-1] if word[0] == "[" else word
        if bare in SYMBOLS:
            rule = "rounds_to_zero" if bare in ROUNDS_TO_ZERO else ""
            return np.nan, SYMBOLS[bare], rule, False, False, 0
        few = FEW.fullmatch(word)
        if few and 1 < int(few[1]) <= MOST:
            return np.nan, "suppressed", "", False, False, 0
        if ERRORS.fullmatch(word):
            return np.nan, "", "cell_error", False, False, 0
    return _marked(text.translate(MINUS).strip(STRIPPED))


def _marked(text: str) -> Read:
    """What a number says that is written with separators, a per cent sign or a marker."""
    found = WRITTEN.fullmatch(text)
    mark = (found[3] or "").lower() if found else ""
    name = mark.strip("[]()")
    footnote = bool(FOOTNOTE.fullmatch(mark))
    # A bare `e` next to the digits may be half an exponent.
    known = name in MARKERS and not re.search(r"\de$", text.lower())
    if not found or (found[2] and found[4]) or (mark and not footnote and not known):
        rule = "marker_unclear" if mark else "number_unreadable"
        return np.nan, "", rule, False, False, 0
    digits = re.sub(rf"[,{SPACE}]", "", found[1])
    number = float(digits)
    if np.isinf(number):
        return np.nan, "", "number_unreadable", False, False, 0
    rule = "footnote_mark" if footnote else "series_break" if name == "b" else ""
    decimals = len(digits.partition(".")[2])
    percent, thousands = bool(found[2] or found[4]), "," in found[1]
    return number, MARKERS.get(name, ""), rule, percent, thousands, decimals


MINUS = str.maketrans({"\u2212": "-"})
EVEN = str.maketrans(
    {"\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-"}
    | {"\u2026": "..."}
    | dict.fromkeys(SPACE, " ")
)
STRIPPED = " \t\r\n" + SPACE
