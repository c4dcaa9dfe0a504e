"""A kind of file that a publisher issues: how its header is known and its rows are translated."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ehlib.load.tables import Grid, Table

OGL = "Open Government Licence v3.0"


@dataclass(frozen=True)
class Publisher:
    """One kind of publisher's file.

    `knows` tells from a header whether a table is of this kind. `translate` turns text cells into
    tidy text rows, index = row of the source; it is None for a kind that is known but declined, of
    which `rule`, `reason`, `wanted` and `mend` say why and what to do. `needs` names columns that
    the file may lack and its entry in `sources.toml` may tell. `find` finds the table where the
    header alone does not tell its kind.
    """

    kind: str
    name: str
    knows: Callable[[list[str]], bool]
    translate: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    publisher: str = ""
    licence: str = OGL
    find: Callable[[Grid], Table | None] | None = None
    needs: tuple[str, ...] = ()
    rule: str = ""
    reason: str = ""
    wanted: str = ""
    mend: str = ""

    @property
    def declines(self) -> bool:
        """Whether files of this kind are recognised, but hold nothing to load."""
        return self.translate is None


def has(header: list[str], *columns: str) -> bool:
    """Whether a header has all of these columns, in any case."""
    found = {name.strip().casefold() for name in header}
    return {name.casefold() for name in columns} <= found


def in_lower_case(cells: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Cells without white space around them, these columns named in lower case; all if none."""
    names = {name: name.casefold() for name in cells.columns}
    wanted = {name: low for name, low in names.items() if not columns or low in columns}
    return cells.rename(columns=wanted).apply(lambda column: column.str.strip())
