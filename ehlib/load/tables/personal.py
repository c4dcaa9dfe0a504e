"""Columns for personal data, known by their names in any writing."""

import re
from collections.abc import Sequence

WHO = (
    r"child(?:ren)?|young person|pupil|student|client|patient|person|parent|carer|mother|father|"
    r"guardian|family|sibling|service user|worker|practitioner|professional|referrer|caller|"
    r"contact|keyworker|manager|allocated|legal|preferred|birth|former|maiden|known|auditor|"
    r"assessor|officer|user"
)
KINDS = {  # kind of personal data: names of columns that hold it, in words
    "date_of_birth": r"\b(?:d ?o ?b|dates? of birth|birth ?dates?|birth ?day|dateofbirth)\b",
    "nhs_number": r"\bnhs ?(?:number|num|no|id|n)?$|\bnhs(?:number|no)\b",
    "upn": r"\bupn\b|unique pupil (?:number|no|id)|uniquepupilnumber",
    "other_number": (
        r"\buln\b|unique learner|national insurance|\bni (?:number|no)\b|\bnino\b|passport|"
        r"\buprn\b|hospital (?:number|no)$|driving licen[cs]e"
    ),
    "email": r"\be ?mails?\b",
    "phone": r"\b(?:tele)?phones?\b|\bmobiles?\b|\btel\b|\bfax\b|\btelno\b",
    "postcode": r"\bpost(?:al)? ?codes?\b|\bpcds?[78]?\b",
    "address": r"\baddress(?:es|line)?\b|\bhouse (?:name|number|no)\b|\bstreet\b",
    "name": (
        rf"\b(?:fore|sur|first|last|given|middle|family|full|maiden)[ ]?names?\b|\binitials\b|"
        rf"\b(?:{WHO})(?: s)? (?:full )?names?\b|\b(?:child|pupil|parent|carer)names?\b|"
        rf"^name of (?:the )?(?:{WHO})\b|^(?:social|key|allocated|lead) ?worker$"
    ),
}
# Words that make a column about such data, not of it: counts, shares, parts that name nobody.
ABOUT = re.compile(
    r"\b(?:counts?|number of|no of|rate|percent(?:age)?|pct|share|proportion|missing|flag|"
    r"valid|reason|type|status|district|sector|area|outward|region|births|team|school|indicator)\b|%"
)
PERSON_ID = re.compile(rf"^(?:{WHO}) (?:unique )?(?:id|identifier|ref|reference|number|no)$")


def kind_of(name: str) -> str:
    """Kind of personal data that a column of this name holds; "" when it holds none."""
    words = words_of(name)
    if ABOUT.search(words):
        return ""
    return next((kind for kind, names in KINDS.items() if re.search(names, words)), "")


def drop_personal(header: Sequence[str], keep: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Names of the columns to keep, and of those that hold personal data.

    Parameters
    ----------
    header : sequence of str
        Column names, written in any way.
    keep : sequence of str
        Columns to keep all the same, by kind (a key of `KINDS`) or by name.

    Returns
    -------
    tuple of two lists of str
        A column called just `name` counts as personal beside another one, or beside a person's id.
    """
    kinds = {name: kind_of(name) for name in header}
    people = any(kinds.values()) or any(PERSON_ID.search(words_of(name)) for name in header)
    said = [words_of(name) for name in header]
    for name, words in zip(header, said, strict=True):
        if people and words == "name":
            kinds[name] = "name"
        if kinds[name] == "name" and "name" in words and words.replace("name", "code") in said:
            kinds[name] = ""  # a name beside its code is that of an area: `Parent Name`
    dropped = [name for name, kind in kinds.items() if kind and not {kind, name} & set(keep)]
    return [name for name in header if name not in dropped], dropped


def words_of(name: str) -> str:
    """Name in lower case with single spaces between its words: `FirstName` is first name."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(re.sub(r"[^a-z0-9%]+", " ", parted.lower()).split())
