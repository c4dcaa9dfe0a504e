"""Where a published number comes from: files, hashes, rows, formula, and the pages it stands on."""

from pathlib import Path

from ehlib.load.indicators import read_indicators
from ehlib.measure.rates import add_measures
from ehlib.publish.trace.found import Traced, find_number, read_indicator
from ehlib.publish.trace.origin import origin_lines
from ehlib.publish.trace.pages import find_cells
from ehlib.publish.trace.words import number_lines, page_lines


def trace(number_id: str, *, processed_dir: Path, reference_dir: Path, reports: Path) -> list[str]:
    """What is known of a number that a page carries, line by line.

    Of figures counted from case records, no number is told that does not stand on a page: the
    lines may be passed on as the pages are.

    Parameters
    ----------
    number_id : str
        As the page has it (`data-number`), such as
        `under18_conceptions.e07000170.2011.female.15-17.value`. Parts after the period may be left
        out where that leaves one number only; without a measure it is the value.
    processed_dir : Path
        What `ehlib prepare` wrote.
    reference_dir : Path
        Folder of the catalogue.
    reports : Path
        Folder of quarters, each with its pages and manifest.

    Returns
    -------
    list of str
        A name and what is said of it in each line.

    Raises
    ------
    SourceError
        If no such number is prepared; names the nearest ids.
    """
    indicators = read_indicators(reference_dir / "indicators.toml", data_dir=processed_dir)
    own = add_measures(read_indicator(number_id, processed_dir, indicators), indicators)
    number = find_number(number_id, own, indicators)
    cells = find_cells(number.key, reports)
    traced = Traced(number, own, cells)
    return [
        number.id,
        *number_lines(traced),
        *origin_lines(traced, processed_dir),
        *page_lines(traced),
    ]
