"""What both kinds of workbook share: sheets of words, language, time stamps and widths."""

from ehlib.publish.downloads.columns import Cell, Column, Number
from ehlib.publish.downloads.report import Report

LANGUAGE = "en-GB"
STAMP = (1980, 1, 1, 0, 0, 0)  # of each part of a file: the same tables give the same bytes
COVER = (24, 80)  # widths of the columns of a sheet of words, in characters
NARROW, WIDE = 10, 42


def word_sheets(report: Report) -> dict[str, list[tuple[str, ...]]]:
    """Sheets that stand before the tables: rows of a name and what is said of it, title first."""
    none = [("No symbols are used in these tables.",)]
    return {
        "Cover": [(report.title,), *report.cover],
        "Contents": [("Contents",), *((table.name, table.caption) for table in report.tables)],
        "Notes": [("Notes",), *(report.notes or none)],
    }


def width_of(column: Column) -> int:
    """Width of a column in characters: its longest cell, within bounds; longer ones wrap."""
    longest = max((len(_shown(cell)) for cell in column.cells), default=0)
    word = max((len(word) for word in column.name.split()), default=0)
    return min(max(NARROW, longest + 2, word + 2, len(column.name) // 3 + 2), WIDE)


def _shown(cell: Cell) -> str:
    return f"{cell.value:,f}" if isinstance(cell, Number) else cell
