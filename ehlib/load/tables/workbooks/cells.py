"""Cells of a workbook as text, as a person would type what a spreadsheet shows."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

from ehlib.load.tables.workbooks.extent import Extent


def text_rows(rows: Iterator[list[object]], extent: Extent) -> Iterator[list[str]]:
    """Rows of a sheet as text.

    Parameters
    ----------
    rows : iterator of list
        Cells as the library gives them, from row 1.
    extent : Extent
        Of the sheet: the errors that the library leaves empty, and the cells shown in per cent.

    Yields
    ------
    list of str
        Whole numbers without decimals, 0.25 as 25% where it is shown so, days as 2013-04-30.
    """
    wrong: dict[int, dict[int, str]] = {}
    for (row, column), text in extent.errors.items():
        wrong.setdefault(row, {})[column] = text
    for number, row in enumerate(rows, start=1):
        cells = [TEXTS[type(cell)](cell) for cell in row]
        if extent.shares:
            for place, cell in enumerate(row):
                if isinstance(cell, float) and extent.is_share(number, place + 1):
                    cells[place] = f"{_number(cell * 100)}%"
        for column, text in wrong.get(number, {}).items():
            cells += [""] * (column - len(cells))
            cells[column - 1] = text
        yield cells


def _number(number: float) -> str:
    """Number as a spreadsheet shows it: whole ones without decimals, 15 digits at most."""
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(float(f"{number:.15g}"))


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d" if moment.time() == time() else "%Y-%m-%d %H:%M:%S")


def _duration(duration: timedelta) -> str:
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


TEXTS: dict[type, Callable[..., str]] = {
    str: str,
    float: _number,
    int: str,
    bool: lambda cell: str(cell).upper(),
    date: date.isoformat,
    datetime: _moment,
    time: lambda cell: cell.strftime("%H:%M:%S"),
    timedelta: _duration,
}
