"""Where a table begins: the row, or the two merged rows, that hold the names of its columns."""

from collections.abc import Callable
from itertools import zip_longest

from ehlib.load.schema import LISTED
from ehlib.load.tables.grid import Grid, Note, letter_of, refusal
from ehlib.load.tables.personal import drop_personal, kind_of
from ehlib.load.tables.scan import is_formula
from ehlib.load.tables.table import Table


def find_table(
    grid: Grid, knows: Callable[[list[str]], bool], keep: tuple[str, ...] = ()
) -> Table | None:
    """Table of a grid under the first header that a reader knows; None when there is none.

    Parameters
    ----------
    grid : Grid
        From `read_grids`.
    knows : function of a list of str
        Whether these are names of columns; white space in them is made single spaces. Each of the
        first 60 rows is tried, then each two rows as one header, whose upper row names groups.
    keep : tuple of str
        Personal columns to keep, by kind (`postcode`) or by name: for readers that make
        something harmless of them. They are not looked through.

    Returns
    -------
    Table or None
        Without the columns that are known to hold personal data.

    Raises
    ------
    SourceError
        If two columns have one name, or a column holds text and has no name.
    """
    single = [[_plain(cell) for cell in row] for row in grid.top]
    for place, names in enumerate(single):
        if knows(_trimmed(names)):
            pair = _joined(single, place)
            if _repeated(names) and not _repeated(pair) and knows(_trimmed(pair)):
                names = pair
            return _table(grid, names, place, keep)
    for place in range(1, len(single)):
        names = _joined(single, place)
        if names != single[place] and knows(_trimmed(names)):
            return _table(grid, names, place, keep)
    return None


def _plain(cell: str) -> str:
    """Cell with line breaks, non-breaking spaces and the like as single spaces."""
    return " ".join(cell.replace("\ufeff", "").replace("\u200b", "").split())


def _trimmed(names: list[str]) -> list[str]:
    """Names without the nameless columns that spreadsheets leave at the right."""
    last = max((place for place, name in enumerate(names, start=1) if name), default=0)
    return names[:last]


def _joined(rows: list[list[str]], place: int) -> list[str]:
    """Names of a row with the names of the groups above them, filled to the right."""
    groups, group = [], ""
    pairs = list(zip_longest(rows[place - 1] if place else [], rows[place], fillvalue=""))
    for above, name in pairs:
        group = above or (group if name else "")
        groups.append(group)
    return [f"{group} {name}".strip() for group, (_, name) in zip(groups, pairs, strict=True)]


def _repeated(names: list[str]) -> list[str]:
    folded = [name.casefold() for name in names if name]
    return [name for name in names if name and folded.count(name.casefold()) > 1]


def _table(grid: Grid, names: list[str], place: int, keep: tuple[str, ...]) -> Table:
    names = _trimmed(names)
    row = place + 1
    _, dropped = drop_personal([name for name in names if name], keep)
    places = [at for at, name in enumerate(names) if name and name not in dropped]
    header = [names[at] for at in places]
    nameless = [at for at, name in enumerate(names) if not name]
    _refuse_repeated(grid, row, names, places)
    _refuse_nameless(grid, row, nameless)
    notes = [_above(grid, row), _spacers(grid, row, nameless)]
    notes += [_left_out(grid, row, name) for name in dict.fromkeys(dropped)]
    notes += [_formula(grid, row, at) for at in places if is_formula(names[at])]
    return Table(
        grid.file,
        grid.name,
        header,
        row,
        grid=grid,
        places=places,
        width=len(names),
        nameless=nameless,
        kept=frozenset(name for name in header if name in keep or kind_of(name) in keep),
        told=tuple(note for note in notes if note),
    )


def _refuse_repeated(grid: Grid, row: int, names: list[str], places: list[int]) -> None:
    """Refuse columns of one name, but for personal ones, which are left out anyway."""
    for name in _repeated([names[at] for at in places]):
        letters = [letter_of(at) for at in places if names[at].casefold() == name.casefold()]
        listed = ", ".join(letters[:LISTED])
        more = f" and {len(letters) - LISTED} more" if len(letters) > LISTED else ""
        raise refusal(
            grid.file,
            "column_repeated",
            f"column {name!r} is there twice (in {listed}{more})",
            wanted="one name for each column",
            mend="rename or remove one of them",
            sheet=grid.name,
            row=row,
        )


def _refuse_nameless(grid: Grid, row: int, nameless: list[int]) -> None:
    for at in nameless:
        if any(cells[at].strip() for cells in grid.top[row:] if len(cells) > at):
            raise refusal(
                grid.file,
                "column_nameless",
                f"column {letter_of(at)} holds text and a name is missing",
                wanted="one name for each column",
                mend="name the column, or remove it",
                sheet=grid.name,
                row=row,
            )


def _above(grid: Grid, row: int) -> Note | None:
    filled = [at for at, cells in enumerate(grid.top[: row - 1], start=1) if "".join(cells).strip()]
    if not filled:
        return None
    found = f"{len(filled)} {'line' if len(filled) == 1 else 'lines'} above row {row}"
    return Note("lines_above_header", "note", grid.name, filled[0], found=found)


def _spacers(grid: Grid, row: int, nameless: list[int]) -> Note | None:
    if not nameless:
        return None
    found = ", ".join(letter_of(at) for at in nameless[:LISTED])
    found += f" and {len(nameless) - LISTED} more" if len(nameless) > LISTED else ""
    return Note("column_empty", "note", grid.name, row, found=found)


def _left_out(grid: Grid, row: int, name: str) -> Note:
    return Note(
        "column_personal",
        "warning",
        grid.name,
        row,
        name,
        "a column for personal data; it was dropped on reading",
        "no personal data",
        "leave the column out of the export",
    )


def _formula(grid: Grid, row: int, at: int) -> Note:
    return Note(
        "formula_text",
        "warning",
        grid.name,
        row,
        letter_of(at),
        "a column name that a spreadsheet would run as a formula",
        "a plain name",
        "rename the column",
    )
