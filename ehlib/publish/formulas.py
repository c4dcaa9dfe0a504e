"""Texts that a spreadsheet would run, and how such a text is written so that it is only shown."""

import re

# OWASP's list for CSV: = + - @ tab and line ends, with their full-width forms; blanks and marks
# that nobody sees may stand before them, since programs drop those.
BEGINS = re.compile(
    "^[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*"
    "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]"
)
QUANTITY = r"[+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
PLAIN = re.compile(  # a number, alone or as a pair of limits, with its unit and marker
    rf"\s*{QUANTITY}\s?(?:%|points?)?(?: to {QUANTITY}%?)?(?: ?\[[a-z]\])?\s*|\s*[-+]+\s*",
    re.IGNORECASE,
)
GUARD = "'"  # spreadsheets take what follows as text


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet that opens a file with this cell could take it for a formula.

    Plain numbers with a sign ("-5.2", "+3.1%", "-0.4 to 1.2 [p]") and a dash alone are none.
    """
    return bool(BEGINS.match(text)) and not PLAIN.fullmatch(text)


def inert(text: str) -> str:
    """Text as no spreadsheet runs it: with an apostrophe in front where it could be a formula.

    Parameters
    ----------
    text : str
        A cell as it is to be read.

    Returns
    -------
    str
        The same text, numbers with a sign included; `'=1+1` for `=1+1`.

    References
    ----------
    OWASP, CSV Injection.
    """
    return GUARD + text if runs_as_formula(text) else text
