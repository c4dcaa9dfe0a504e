"""Cells of published pages that carry the numbers of one observation."""

import json
import re
from html import unescape
from pathlib import Path
from typing import NamedTuple

from ehlib.publish.folder import MANIFEST

CELL = re.compile(r'<td[^>]*\sdata-number="([^"]*)"[^>]*>(.*?)</td>', re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")
TAG = re.compile(r"<[^>]+>")


class Cell(NamedTuple):
    """A cell of a page: quarter's folder, page, its title, the measures it shows, its text."""

    folder: str
    page: str
    title: str
    measures: tuple[str, ...]
    text: str


def find_cells(key: str, reports: Path) -> list[Cell]:
    """Cells that show a number of an observation, on the pages that the manifests name.

    Parameters
    ----------
    key : str
        Id of a number less its measure.
    reports : Path
        Folder of quarters; there may be none yet.

    Returns
    -------
    list of Cell
        By quarter, in the order of the manifest.
    """
    return [
        cell
        for manifest in sorted(reports.glob(f"*/{MANIFEST}"))
        for run in json.loads(manifest.read_text(encoding="utf-8")).get("runs", [])
        for cell in _cells(key, manifest.parent / run["page"], str(run.get("title", "")))
    ]


def shown_number(cells: list[Cell], measure: str) -> str:
    """Number that cells show as a measure, as it is written; empty where none does."""
    for cell in cells:
        numbers = NUMBER.findall(cell.text)
        if measure in cell.measures and len(numbers) == len(cell.measures):
            return numbers[cell.measures.index(measure)]
    return ""


def _cells(key: str, path: Path, title: str) -> list[Cell]:
    """Cells of one page, each once."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if f"{key}." not in text:
        return []
    begin, found = f"{key}.", {}
    for ids, inside in CELL.findall(text):
        measures = [each.removeprefix(begin) for each in ids.split() if each.startswith(begin)]
        own = tuple(each for each in measures if "." not in each)
        if own:
            words = unescape(TAG.sub("", inside)).replace("\u00a0", " ").strip()
            found[Cell(path.parent.name, path.name, title, own, words)] = None
    return [*found]
