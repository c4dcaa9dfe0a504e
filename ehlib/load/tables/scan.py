"""Cells that look like personal data, wherever they stand: they refuse the file, unquoted."""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ehlib.load.schema import SourceError
from ehlib.load.tables.grid import refusal
from ehlib.load.tables.personal import words_of

AREAS = (
    "AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|"
    "E|EC|EH|EN|EX|FK|FY|G|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|"
    "LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|"
    "SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
FULL = rf"(?!S47)(?:{AREAS})\d[A-Z\d]?%s\d[ABD-HJLNP-UW-Z]{{2}}"
SPACED = FULL % r"[ \u00a0]{1,2}"
EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
POSTCODE = re.compile(rf"\b(?:{SPACED}|{SPACED.replace('S47', 's47').lower()})\b|^(?i:{SPACED})$")
UNSPACED = re.compile(rf"^(?:{FULL % ''})$")
PHONE = re.compile(r"(?<![\w.,/-])(?:\+44 ?(?:\(0\) ?)?|\(?0)(?=\d)[\d() -]{8,14}\d(?![\w/])")
BORN = re.compile(
    r"(?i)\b(?:d\.? ?o\.? ?b\.?|born(?: on)?|date of birth|birth ?date)\W{0,3}"
    r"(?:\d{1,2}[ /.-](?:\d{1,2}|[a-z]{3,9})[ /.-]\d{2,4}|\d{4}-\d\d-\d\d)"
)
NHS = re.compile(r"(?<![\d.,-])(\d{3})([ -]?)(\d{3})\2(\d{4})(?![\d,-]|\.[1-9])")
UPN = re.compile(r"(?i)(?<![A-Z\d])([A-HJ-NP-RT-Z])(\d{11})([A-HJ-NP-RT-Z\d])(?![A-Z\d])")
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
DAY = re.compile(r"^(?:(\d{1,2})[/.-]\d{1,2}[/.-](\d{4})|(\d{4})-\d\d-(\d\d)(?:[ T][\d:.]+)?)$")
DATED = re.compile(  # names of columns that hold days on which something happened
    r"date|day|start|end|open|clos|from|\bto\b|period|time|year|month|quarter|week|receiv|updat|"
    r"creat|publish|refer|assess|complet|extract|as at|since|until|valid|effective|due|review|"
    r"audit|expir|decision|outcome|when|inspect|release|vers|revis"
)
FORMULA = re.compile(r"^\s*(?:[=@][\w(\"'+=@-]|[+-](?:[A-Za-z(=@+\"']|\d.*[|!(]))")
# One quick look at each different cell; what it lets through is looked at closely.
SUSPECT = (
    r"@|(?:^|[^\d.,])\d{3}[ -]?\d{3}[ -]?\d{4}(?:\D|$)|[A-Za-z]\d{11}|\d[A-Za-z]{2}(?:\W|$)|"
    r"\+44|(?:^|[^\d.,])0\d{2,4}\)?[ -]\d{3}|(?:^|[^\d.,])0\d{10}(?:\D|$)|"
    r"(?i:d\.? ?o\.? ?b|born|birth)|^\s*[=@+-][^\s]"
)
SUSPECT_DAY = r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{4}$|^\d{4}-\d\d-\d\d(?:$|[ T])"
LARGE = r"^(?:\d{7,9}|\d{11,})(?:\.\d*)?$"  # numbers beside which one of ten digits is a count
CODE = r"^[A-Za-z0-9]{5,7}$"
MEND = "take the column, or all such cells, out and export it again; write an area as its code"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet that opens this text would run it as a formula."""
    return bool(FORMULA.search(text))


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits end in the check digit of an NHS number (modulus 11)."""
    total = sum(
        int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)
    )
    return len(digits) == 10 and (11 - total % 11) % 11 == int(digits[-1])


def is_upn(text: str) -> bool:
    """Whether a letter and twelve places are a unique pupil number (check letter, modulus 23)."""
    parts = UPN.fullmatch(text.upper())
    if not parts:
        return False
    last = parts[3]
    values = [*map(int, parts[2]), int(last) if last.isdigit() else UPN_LETTERS.index(last)]
    total = sum(value * weight for value, weight in zip(values, range(2, 14), strict=True))
    return UPN_LETTERS[total % 23] == parts[1]


class Scan:
    """Look through the columns of one table, chunk by chunk; remembers what it met before."""

    def __init__(self, file: str, sheet: str, header: Sequence[str]) -> None:
        self.file, self.sheet = file, sheet
        self.dated = {name: bool(DATED.search(words_of(name))) for name in header}
        self.tallies: dict[tuple[str, str], list[int]] = {}
        self.met: dict[str, list[int]] = {}  # column: first row with a formula, cells with one

    def look(self, name: str, cells: pa.ChunkedArray, rows: Sequence[int]) -> None:
        """Refuse the file if cells of a column look like personal data.

        Raises
        ------
        SourceError
            Naming column and row; the cell itself is never quoted.
        """
        different = pc.unique(cells)
        pattern = SUSPECT if self.dated[name] else f"{SUSPECT}|{SUSPECT_DAY}"
        texts = different.filter(pc.match_substring_regex(different, pattern)).to_pylist()
        for text in texts:
            what = _certain(text)
            if what:
                raise self._refusal(name, what, rows[pc.index(cells, text).as_py()])
        for what, text in self._likely(name, texts, different):
            raise self._refusal(name, what, rows[pc.index(cells, text).as_py()])
        formulas = pa.array([text for text in texts if is_formula(text)], cells.type)
        if len(formulas):
            first = rows[pc.index(cells, formulas[0]).as_py()]
            count = pc.sum(pc.is_in(cells, value_set=formulas)).as_py()
            self.met.setdefault(name, [first, 0])[1] += count

    def formulas(self) -> list[dict[str, object]]:
        """Fields of one warning for each column with texts that begin like a formula."""
        return [
            {
                "rule": "formula_text",
                "severity": "warning",
                "sheet": self.sheet,
                "row": row,
                "column": name,
                "found": f"{count} cell{'s' * (count > 1)} that a spreadsheet would run",
                "wanted": "plain text or a number",
                "mend": "write the value in place of the formula",
            }
            for name, (row, count) in self.met.items()
        ]

    def _likely(
        self, name: str, texts: list[str], different: pa.Array
    ) -> Iterator[tuple[str, str]]:
        """What a column seems to hold, by the share of its cells that pass a check."""
        numbers = [(text, _digits(text)) for text in texts if NHS.search(text)]
        passed = [text for text, digits in numbers if is_nhs_number(digits)]
        if self._mostly(name, "nhs", len(passed), len(numbers)):
            large = pc.sum(pc.match_substring_regex(different, LARGE)).as_py() or 0
            if not large or (len(numbers) > large and len(passed) >= 5):
                yield "an NHS number", passed[0]
        pupils = [found[0] for found in map(UPN.search, texts) if found]
        passed = [each for each in pupils if is_upn(each)]
        if self._mostly(name, "upn", len(passed), len(pupils)):
            yield "a unique pupil number", next(text for text in texts if passed[0] in text)
        passed = [text for text in texts if UNSPACED.search(_one_case(text))]
        if passed:
            codes = pc.sum(pc.match_substring_regex(different, CODE)).as_py()
            if self._mostly(name, "postcode", len(passed), codes):
                yield "a postcode", passed[0]
        if not self.dated[name]:
            yield from _birthdays(texts, pc.sum(pc.not_equal(different, "")).as_py() or 0)

    def _mostly(self, name: str, what: str, passed: int, candidates: int) -> bool:
        tally = self.tallies.setdefault((name, what), [0, 0])
        tally[0] += passed
        tally[1] += candidates
        return passed > 0 and 2 * tally[0] >= tally[1]

    def _refusal(self, name: str, what: str, row: int) -> SourceError:
        return refusal(
            self.file,
            "personal_data",
            f"this looks like {what}, which is not repeated here",
            wanted="no personal data",
            mend=MEND,
            sheet=self.sheet,
            row=row,
            column=name,
        )


def _certain(text: str) -> str:
    """What a cell holds beyond doubt, whatever stands in the rest of its column."""
    number = NHS.search(text)
    if EMAIL.search(text):
        return "an e-mail address"
    if number and (number[2] or "nhs" in text.lower()) and is_nhs_number(_digits(number[0])):
        return "an NHS number"
    if POSTCODE.search(text):
        return "a postcode"
    if any(_is_phone(found[0]) for found in PHONE.finditer(text)):
        return "a telephone number"
    return "a date of birth" if BORN.search(text) else ""


def _is_phone(text: str) -> bool:
    """Whether digits and spaces are grouped as a UK telephone number."""
    plain = re.sub(r"^\+44 ?(?:\(0\))? ?", "0", text).replace("(", "")
    groups = [each for each in re.split(r"[ )-]+", plain) if each]
    return (
        len("".join(groups)) == 11
        and plain[1] in "12378"
        and len(groups) <= 3
        and (len(groups[0]) >= 3 or text[0] == "+")
    )


def _digits(text: str) -> str:
    found = NHS.search(text)
    return found[1] + found[3] + found[4] if found else ""


def _one_case(text: str) -> str:
    return text.upper() if text.islower() else text


def _birthdays(texts: list[str], filled: int) -> Iterator[tuple[str, str]]:
    """Dates of birth: full dates in a column that is named after no event, years apart."""
    days = {text: found for text in texts if (found := DAY.search(text.strip()))}
    if len(days) >= 3 and 2 * len(days) >= filled:
        years = {int(found[2] or found[3]) for found in days.values()}
        if (
            max(years) - min(years) >= 3
            and len({found[1] or found[4] for found in days.values()}) > 2
        ):
            yield "a date of birth", next(iter(days))
