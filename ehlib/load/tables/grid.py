"""A grid of text cells as a file has it, and what is said of a file that is not as it should be."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields

from ehlib.load.schema import SourceError

TOP = 60  # rows in which a header is looked for
WIDEST = 2_000  # columns of a table


@dataclass(frozen=True, slots=True)
class Note:
    """One line of a table of faults: a rule, where it was met, and how to mend it."""

    rule: str
    severity: str
    sheet: str = ""
    row: int = 1
    column: str = ""
    found: str = ""
    wanted: str = ""
    mend: str = ""


FAULT_COLUMNS = [each.name for each in fields(Note)]


@dataclass(frozen=True)
class Grid:
    """Cells of a text file or of one sheet, as text; rows count from 1 at the top.

    `top` holds the first 60 rows; `rows` gives every row, anew each time it is called. `whole` is
    false where the last line has no line end, as in a file that was cut short.
    """

    file: str
    name: str
    top: list[list[str]]
    rows: Callable[[], Iterator[list[str]]] = field(repr=False)
    notes: tuple[Note, ...] = ()
    whole: bool = True


def refusal(
    file: str,
    rule: str,
    found: str,
    *,
    wanted: str,
    mend: str,
    sheet: str = "",
    row: int = 0,
    column: str = "",
) -> SourceError:
    """Error that names file, place, what was found, what was wanted and how to mend it."""
    places = [file, f"sheet {sheet}" * bool(sheet), f"row {row}" * bool(row)]
    places.append(f"column {column}" * bool(column))
    return SourceError(
        f"{', '.join(filter(None, places))}: {found}; expected {wanted}; {mend}",
        rule=rule,
        row=row or 1,
        column=column,
        found=found,
        wanted=wanted,
        mend=mend,
        sheet=sheet,
    )


def check_width(file: str, sheet: str, widest: int) -> None:
    """Refuse a grid of more columns than a table has.

    Raises
    ------
    SourceError
        If there are more than 2,000.
    """
    if widest > WIDEST:
        raise refusal(
            file,
            "too_many_columns",
            f"{widest:,} columns",
            wanted=f"at most {WIDEST:,} columns",
            mend="keep the columns of the table only",
            sheet=sheet,
        )


def width_of(row: list[str]) -> int:
    """Number of the last cell that holds text."""
    return max((place for place, cell in enumerate(row, start=1) if cell.strip()), default=0)


def letter_of(place: int) -> str:
    """Letters of a column as spreadsheets show them: A for 0, AA for 26."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
