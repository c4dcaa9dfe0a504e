"""Tables of a page on a phone, where a row of words becomes a block, and links to their files."""

import re
from html import escape, unescape

TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
HEADS = re.compile(r'<th scope="col"[^>]*>(.*?)</th>', re.DOTALL)
CELLS = re.compile(r"<(td|th)([^>]*)>(.*?)</\1>", re.DOTALL)
ROWS = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
ROLES = {"<table>": "table", "<thead>": "rowgroup", "<tbody>": "rowgroup", "<tr>": "row"}
WORDY = 24  # letters that the longest word cells of a column have before they crowd a phone
CROWDED = 2  # such columns, from which a table is read row by row
BROAD = 6  # columns, from which those with two of any words are too


def stacked(html: str) -> str:
    """Checked HTML whose tables of words fold into blocks on a phone.

    Display that is not a table's takes a table's meaning away in some browsers, so the elements
    of such tables say their roles, and each cell says the name of its column.

    Parameters
    ----------
    html : str
        As `Fragment` rebuilds it.

    Returns
    -------
    str
        The same for tables of numbers, which scroll beside their first column.
    """
    return TABLE.sub(lambda found: _stack(found[0]) if _is_wordy(found[0]) else found[0], html)


def download_link(page: str, table: str, caption: str) -> str:
    """Paragraph with the link to a table's CSV file."""
    about = f'<span class="unseen">: {escape(caption)}</span>'
    address = escape(f"downloads/{page}/{table}.csv")
    return f'\n<p class="download"><a href="{address}">Download this table (CSV){about}</a></p>'


def _is_wordy(table: str) -> bool:
    """Whether several columns hold words, too many for a narrow screen."""
    head, _, body = table.partition("<tbody>")
    names = HEADS.findall(head)
    rows = [CELLS.findall(row) for row in ROWS.findall(body)]
    plain = names and all(len(row) == len(names) for row in rows) and "span=" not in table
    if not plain or not rows:
        return False
    longest = [
        max(len(_words(cell)) if "num" not in given else 0 for _, given, cell in column)
        for column in list(zip(*rows, strict=True))[1:]
    ]
    wordy = sum(length >= WORDY for length in longest)
    broad = len(names) >= BROAD and sum(length > 0 for length in longest) >= CROWDED
    return broad or wordy >= CROWDED


def _stack(table: str) -> str:
    head, opened, body = table.partition("<tbody>")
    names = [_words(name) for name in HEADS.findall(head)]
    body = ROWS.sub(lambda row: f"<tr>{_labelled(row[1], names)}</tr>", body)
    head = head.replace("<th ", '<th role="columnheader" ')
    table = f"{head}{opened}{body}".replace("<table>", '<table class="stacked">', 1)
    for tag, role in ROLES.items():
        table = table.replace(tag, f'{tag[:-1]} role="{role}">')
    return table.replace('<table class="stacked">', '<table class="stacked" role="table">')


def _labelled(row: str, names: list[str]) -> str:
    cells = []
    for name, (tag, given, cell) in zip(names, CELLS.findall(row), strict=True):
        role = "rowheader" if tag == "th" else "cell"
        label = f' data-label="{escape(name)}"' if tag == "td" else ""
        cells.append(f'<{tag} role="{role}"{given}{label}>{cell}</{tag}>')
    return "".join(cells)


def _words(cell: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", cell))
