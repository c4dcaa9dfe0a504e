"""Columns of codes and their few different texts: each combination is looked at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from ehlib.load.sources.extract import fault, join_faults, numbered
from ehlib.load.sources.rules import RULES

Said = Callable[[np.ndarray], Iterable[object]]  # what stands in some rows, by their places


def combinations(rows: pd.DataFrame, columns: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Different combinations of some columns, as text, and the place of each row's among them.

    Parameters
    ----------
    rows : DataFrame of categories
        One row an observation.
    columns : list of str
        Columns whose combinations count.
    """
    places = numbered(rows, columns)
    first = pd.Series(places).drop_duplicates().index
    return places, rows[columns].iloc[first].astype("str").reset_index(drop=True)


def spread(texts: Sequence[str] | pd.Series, places: np.ndarray) -> pd.Categorical:
    """Texts of combinations, given to the rows that have them."""
    return pd.Categorical(pd.Series(texts, dtype="str")).take(places)


def respelt(column: pd.Series, spell: Callable[[str], str]) -> tuple[pd.Categorical, np.ndarray]:
    """Column with each of its texts spelt anew, and whether that changed the row's."""
    texts = list(column.cat.categories)
    new = [spell(text) for text in texts]
    changed = np.array([text != other for text, other in zip(texts, new, strict=True)], dtype=bool)
    codes = column.cat.codes.to_numpy()
    return spread(new, codes), changed[codes]


class Findings:
    """Faults found in rows, and which rows an error keeps out.

    Parameters
    ----------
    rows : DataFrame
        Its index is the row of the file.
    columns : mapping of str to str
        Our name of a column to the one in the file's header.
    """

    def __init__(self, rows: pd.DataFrame, columns: Mapping[str, str]) -> None:
        self.index = rows.index
        self.columns = columns
        self.bad = np.zeros(len(rows), dtype=bool)
        self.silent = np.zeros(len(rows), dtype=bool)  # left out: of these nothing more is said
        self.listed: list[pd.DataFrame] = []

    def add(
        self,
        rule: str,
        column: str,
        wrong: np.ndarray | pd.Series,
        found: Said,
        **words: str,
    ) -> None:
        """Put down rows that break a rule; `found` is asked only for those rows, by place."""
        wrong = np.asarray(wrong, dtype=bool) & ~self.silent
        if not wrong.any():
            return
        places = np.flatnonzero(wrong)
        heading = self.columns.get(column, column)
        rows = self.index[places]
        # A wide row says its area and period once, whatever number of figures it holds.
        faults = fault(rows, rule, heading, found(places), **words)
        self.listed.append(faults.drop_duplicates(["row", "found"]) if len(rows) else faults)
        if RULES[rule].severity == "error":
            self.bad |= wrong

    def together(self) -> pd.DataFrame:
        """Every fault put down."""
        return join_faults(self.listed)
