"""Downloads of a page: each table as CSV, all of them in one workbook, as XLSX and as ODS."""

from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from ehlib.publish.downloads.ods import ods_bytes
from ehlib.publish.downloads.report import read_report
from ehlib.publish.downloads.texts import csv_bytes
from ehlib.publish.downloads.xlsx import xlsx_bytes

if TYPE_CHECKING:
    from ehlib.publish.parts.frame import PageFacts

FOLDER = "downloads"


def write_downloads(
    notebook: NotebookNode, folder: Path, page: str, facts: "PageFacts"
) -> list[Path]:
    """Write the tables of a page as files, from what the page shows and nothing else.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; its tables are those of `show_table`, and of `show_figure` with a table.
    folder : Path
        Folder of the page.
    page : str
        Name of the page without its ending.
    facts : PageFacts
        Trust, quarter and date for the cover.

    Returns
    -------
    list of Path
        `downloads/PAGE/TABLE.csv`, one a table, `downloads/PAGE.xlsx` and `downloads/PAGE.ods`;
        nothing where the page has no table. The same tables give the same bytes.
    """
    report = read_report(notebook, facts)
    if not report.tables:
        return []
    home = folder / FOLDER
    written = {home / page / f"{table.id}.csv": csv_bytes(table) for table in report.tables}
    written |= {home / f"{page}.xlsx": xlsx_bytes(report), home / f"{page}.ods": ods_bytes(report)}
    (home / page).mkdir(parents=True, exist_ok=True)
    for path, content in written.items():
        path.write_bytes(content)  # the set as a whole is synced when it is put in place
    return [*written]
