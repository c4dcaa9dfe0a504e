"""Numbers in a text however they are written: figures, words, dozens and Roman numerals."""

import re

UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]
UNITS += ["twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"]
UNITS += ["nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORTH = {word: place for place, word in enumerate(UNITS, start=1)}
WORTH |= {word: 10 * place for place, word in enumerate(TENS, start=2)}
SAID = {  # other words for a number, with what comes before them
    "half a dozen": 6,
    "half-a-dozen": 6,
    "a dozen": 12,
    "a single": 1,
    "a lone": 1,
    "a couple": 2,
    "a pair": 2,
    "a trio": 3,
    "a quartet": 4,
    "a handful": 5,
}
_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_BELOW_100 = rf"(?:(?:{'|'.join(TENS)})(?:[- ](?:{_UNIT}))?|{_UNIT})"
_BELOW_1000 = rf"(?:(?:a|{_UNIT}) hundred(?: (?:and )?{_BELOW_100})?|{_BELOW_100})"
_WORDS = rf"{_BELOW_1000}(?: thousand(?:,? (?:and )?{_BELOW_1000})?)?"
ROMAN = r"(?-i:(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3}))"
NUMBER = re.compile(
    r"(?<![\w.,/-])\d[\d,]*(?:\.\d+)?(?![\w/]|[.,]\d)"
    rf"|\b(?:{'|'.join(sorted(SAID, key=len, reverse=True))}|{_WORDS})\b|\b{ROMAN}\b",
    re.IGNORECASE,
)

_MONTHS = "January February March April May June July August September October November December"
_DATED = re.compile(rf"\b(?:(?:[12]?\d|3[01]) )?(?:{'|'.join(_MONTHS.split())}) (?:19|20)\d\d\b")
_LEVEL = re.compile(  # how sure limits are and how they were found, as pages say it
    r"\b(?:95|99\.8)%(?= (?:confidence )?(?:limits?|intervals?)\b)"
    r"|\b95%, (?:the publisher's where it gives them, else )?(?:Wilson's score method\b"
    r"|exact Poisson for fewer than 10 events and Byar's method from 10\b)"
)
_FIXED = re.compile(  # ages, multipliers, spans of time, and what pages say of hiding
    r"(?im)\bage[ds]? \d+ to \d+\b|\bper 10*(?:,000)*(?= [a-z])"
    r"|\b(?:for|within) \d+ (?:weeks|months)\b|\b[\d,]+ of the [\d,]+ figures\b"
    r"|\bcounts from 1 to \d+\b|^\d\.(?= \w[^.;!?]*$)|\binitial-scale=1\b"
)


def counting(text: str) -> str:
    """Text with spaces in place of dates, ages and the like, whose numbers count nothing."""
    for pattern in (_DATED, _LEVEL, _FIXED):
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    return text


def as_number(text: str) -> float:
    """Number of a text that `NUMBER` has found: `1,204`, `forty-one`, `a dozen`, `IV`."""
    word = " ".join(text.lower().split())
    if word[:1].isdecimal():
        return float(text.replace(",", ""))
    if word in SAID:
        return float(SAID[word])
    if re.fullmatch(ROMAN, text):
        return float(_roman(text))
    return float(_spelled(word))


def _roman(text: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in text]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < after else value for value, after in pairs)


def _spelled(text: str) -> int:
    whole, _, rest = text.partition(" thousand")
    if rest:
        return 1000 * _spelled(whole) + _spelled(rest.lstrip(" ,").removeprefix("and "))
    if text.endswith(" thousand"):
        return 1000 * _spelled(whole)
    hundreds, _, rest = text.partition(" hundred")
    if rest or text.endswith(" hundred"):
        below = rest.strip().removeprefix("and ").strip()
        return 100 * WORTH.get(hundreds, 1) + (_spelled(below) if below else 0)
    return sum(WORTH[part] for part in re.split(r"[- ]", text))
