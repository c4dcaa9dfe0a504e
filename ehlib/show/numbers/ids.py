"""Ids of published numbers, made from the key of an observation and carried by a table's cells."""

import re
from collections.abc import Iterable

import pandas as pd

from ehlib.load.schema import KEY

MARK = "\x1f"  # unit separator: stands between a cell's text and the ids of its numbers
SIGNS = {"+": " plus ", "<": " under ", ">": " over ", "%": " per cent "}  # they tell names apart


def number_ids(rows: pd.DataFrame, measure: str = "value") -> list[str]:
    """Id of one number of each row: `under18_conceptions.e07000170.2011.female.15-17.value`.

    Parameters
    ----------
    rows : DataFrame
        With the key of observations; rows of any other kind have no ids.
    measure : str
        `value`, `number`, `out_of` or `limits`: which of the row's numbers; what is made of
        several rows has a name of its own, such as `since_april`.

    Returns
    -------
    list of str
        Small letters, digits and `_.-` alone, the same in every run; empty text for no id.
    """
    if not set(KEY) <= set(rows.columns):
        return [""] * len(rows)
    keys = pd.Series("", index=range(len(rows)), dtype="str")
    for name in KEY:
        texts = rows[name].reset_index(drop=True).astype("str")
        slugs = {text: f"{_slug(text)}." if text else "" for text in texts.unique()}
        keys = keys + texts.map(slugs)
    return (keys + _slug(measure)).to_list()


def marked(texts: Iterable[str], rows: pd.DataFrame, *measures: str) -> list[str]:
    """Texts of cells, each with the ids of the numbers that it shows.

    Parameters
    ----------
    texts : iterable of str, one a row
        As they are to be read; an empty one shows nothing and gets no id.
    rows : DataFrame
        Observations that the numbers are of.
    *measures : str
        Which of a row's numbers a cell shows, in its order; see `number_ids`.

    Returns
    -------
    list of str
        For the columns of a table, pivoted or not, that goes through `unmarked` at the end.
    """
    columns = [number_ids(rows, measure) for measure in measures]
    return with_ids(texts, [" ".join(filter(None, each)) for each in zip(*columns, strict=True)])


def with_ids(texts: Iterable[str], ids: Iterable[str]) -> list[str]:
    """Texts of cells, each with the ids given; those without text or without id stay plain."""
    return [
        f"{text}{MARK}{own}" if text and own else text for text, own in zip(texts, ids, strict=True)
    ]


def unmarked(table: pd.DataFrame) -> pd.DataFrame:
    """Table of plain text that remembers which numbers its cells show.

    Parameters
    ----------
    table : DataFrame of text
        Some cells from `marked`; its index tells rows apart.

    Returns
    -------
    DataFrame of text, same rows and columns
        Rows and columns may be left out or turned round afterwards, but not numbered anew.
    """
    numbers = {}
    plain = table.astype("str")
    for name in plain.columns if len(plain) else ():  # no rows cannot be parted in three
        parts = plain[name].str.partition(MARK)
        plain[name] = parts[0]
        numbers |= {(row, name): ids for row, ids in parts[2].fillna("").items() if ids}
    plain.attrs["numbers"] = numbers
    return plain


def numbers_of(table: pd.DataFrame) -> list[list[str]]:
    """Ids of the numbers of each cell of a table, row by row; empty text where it has none."""
    numbers = table.attrs.get("numbers", {})
    return [[numbers.get((row, name), "") for name in table.columns] for row in table.index]


def _slug(text: str) -> str:
    for sign, word in SIGNS.items():
        text = text.replace(sign, word)
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")
