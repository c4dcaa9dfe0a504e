"""What a rule is: how grave a fault of it is, what it means, what was wanted, the mend."""

from typing import NamedTuple

ONE_OF = "use one of these words"
CORRECT = "correct the cell"
SWAPPED = "check whether the columns are swapped"


class Rule(NamedTuple):
    """One rule; `wanted` and `mend` are empty where each fault says its own."""

    severity: str
    meaning: str
    wanted: str = ""
    mend: str = ""


def error(meaning: str, wanted: str = "", mend: str = "") -> Rule:
    """Rule by which a row or a file is refused."""
    return Rule("error", meaning, wanted, mend)


def warning(meaning: str, wanted: str = "", mend: str = "") -> Rule:
    """Rule that tells of something to look at; the row is used."""
    return Rule("warning", meaning, wanted, mend)


def note(meaning: str, wanted: str = "", mend: str = "") -> Rule:
    """Rule that tells of something left out or settled for a stated reason."""
    return Rule("note", meaning, wanted, mend)
