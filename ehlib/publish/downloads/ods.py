"""A page's workbook as OpenDocument spreadsheet, with the sheets that the one for Excel has."""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from ehlib.publish.downloads.columns import Cell, Column, Number
from ehlib.publish.downloads.layout import COVER, LANGUAGE, STAMP, width_of, word_sheets
from ehlib.publish.downloads.report import Report, Sheet

MIME = "application/vnd.oasis.opendocument.spreadsheet"
URNS = {"number": "datastyle", "fo": "xsl-fo-compatible", "svg": "svg-compatible"}
NAMES = ["office", "table", "text", "style", "meta", "config", "manifest", *URNS]
SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{URNS.get(name, name)}:1.0"'
    for name in NAMES
)
SPACES += ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPEAKS = 'fo:language="{}" fo:country="{}"'.format(*LANGUAGE.split("-"))
BOLD, BELOW = 'fo:font-weight="bold"', 'fo:border-bottom="0.5pt solid #000000"'
WRAP = 'fo:wrap-option="wrap"'
LOOKS = {  # name of a style: of the cell, of its side, of its letters
    "title": ("", "", f'{BOLD} fo:font-size="16pt"'),
    "heading": ("", "", f'{BOLD} fo:font-size="14pt"'),
    "name": ('style:vertical-align="top"', "", BOLD),
    "head": (f"{WRAP} {BELOW}", "", BOLD),
    "headnum": (f"{WRAP} {BELOW}", "end", BOLD),
    "words": (f'{WRAP} style:vertical-align="top"', "start", ""),
    "line": ("", "", ""),
    "symbol": ("", "end", ""),
}
FREEZE = {  # what a program needs to keep headings and first column in sight
    "HorizontalSplitMode": 2,
    "VerticalSplitMode": 2,
    "HorizontalSplitPosition": 1,
    "PositionRight": 1,
}


def ods_bytes(report: Report) -> bytes:
    """OpenDocument spreadsheet of a report: the same bytes for the same report."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(zipfile.ZipInfo("mimetype", STAMP), MIME)  # first, and not packed
        for name, content in _files(report).items():
            packed = zipfile.ZipInfo(name, STAMP)
            file.writestr(packed, (HEAD + content).encode("utf-8"), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _files(report: Report) -> dict[str, str]:
    sheets = [_words(name, rows) for name, rows in word_sheets(report).items()]
    sheets += map(_table, report.tables)
    ranges = f"<table:database-ranges>{''.join(map(_range, report.tables))}</table:database-ranges>"
    body = f"<office:spreadsheet>{''.join(sheets)}{ranges}</office:spreadsheet>"
    parts = {
        "content": f"{_styles(report.tables)}<office:body>{body}</office:body>",
        "styles": f"<office:styles>{_default()}</office:styles>",
        "meta": f"<office:meta>{_meta(report)}</office:meta>",
        "settings": f"<office:settings>{_settings(report.tables)}</office:settings>",
    }
    files = {
        f"{name}.xml": f'<office:document-{name}{SPACES} office:version="1.3">{inside}'
        f"</office:document-{name}>"
        for name, inside in parts.items()
    }
    entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
    listed = entry.format("/", MIME) + "".join(entry.format(name, "text/xml") for name in files)
    manifest = f'<manifest:manifest{SPACES} manifest:version="1.3">{listed}</manifest:manifest>'
    return files | {"META-INF/manifest.xml": manifest}


def _meta(report: Report) -> str:
    day, trust = f"{report.facts.generated.isoformat()}T00:00:00", _plain(report.facts.trust)
    return (
        f"<dc:title>{_plain(report.title)}</dc:title><dc:language>{LANGUAGE}</dc:language>"
        f"<meta:initial-creator>{trust}</meta:initial-creator><dc:creator>{trust}</dc:creator>"
        f"<meta:creation-date>{day}</meta:creation-date><dc:date>{day}</dc:date>"
    )


def _settings(tables: Sequence[Sheet]) -> str:
    """First row below the headings, and second column, from which each table scrolls."""
    entries = []
    for table in tables:
        row = len(table.lines) + 1
        said = FREEZE | {"VerticalSplitPosition": row, "PositionBottom": row}
        items = "".join(
            f'<config:config-item config:name="{name}" config:type="int">{number}'
            "</config:config-item>"
            for name, number in said.items()
        )
        name = quoteattr(table.name)
        entries.append(
            f"<config:config-item-map-entry config:name={name}>{items}"
            "</config:config-item-map-entry>"
        )
    return (
        '<config:config-item-set config:name="ooo:view-settings"><config:config-item-map-indexed '
        'config:name="Views"><config:config-item-map-entry><config:config-item-map-named '
        f'config:name="Tables">{"".join(entries)}</config:config-item-map-named>'
        "</config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set>"
    )


def _default() -> str:
    return (
        '<style:default-style style:family="table-cell"><style:text-properties '
        f'fo:font-family="Arial" fo:font-size="11pt" {SPEAKS}/></style:default-style>'
        '<style:style style:name="Default" style:family="table-cell"/>'
    )


def _styles(tables: Sequence[Sheet]) -> str:
    """Styles of columns, words and numbers."""
    columns = [column for table in tables for column in table.columns]
    widths = sorted({*COVER, *map(width_of, columns)})
    numbers = {cell for column in columns for cell in column.cells if isinstance(cell, Number)}
    kinds = sorted({(number.comma, number.decimals) for number in numbers})
    styles = [
        *(_width_style(width) for width in widths),
        *(_word_style(name, *look) for name, look in LOOKS.items()),
        *(_number_style(comma, decimals) for comma, decimals in kinds),
    ]
    return f"<office:automatic-styles>{''.join(styles)}</office:automatic-styles>"


def _width_style(width: int) -> str:
    size = f'<style:table-column-properties style:column-width="{width * 0.21:.2f}cm"/>'
    return f'<style:style style:name="w{width}" style:family="table-column">{size}</style:style>'


def _word_style(name: str, cell: str, side: str, letters: str) -> str:
    align = f'<style:paragraph-properties fo:text-align="{side}"/>' if side else ""
    cell += ' style:text-align-source="fix"' if side else ""
    return (
        f'<style:style style:name="{name}" style:family="table-cell" '
        f'style:parent-style-name="Default"><style:table-cell-properties {cell}/>{align}'
        f"<style:text-properties {letters}/></style:style>"
    )


def _number_style(comma: bool, decimals: int) -> str:
    name, grouping = f"n{comma:d}{decimals}", ' number:grouping="true"' if comma else ""
    return (
        f'<number:number-style style:name="f{name}"><number:number '
        f'number:decimal-places="{decimals}" number:min-decimal-places="{decimals}" '
        f'number:min-integer-digits="1"{grouping}/></number:number-style>'
        f'<style:style style:name="{name}" style:family="table-cell" '
        f'style:parent-style-name="Default" style:data-style-name="f{name}"/>'
    )


def _words(name: str, rows: Sequence[tuple[str, ...]]) -> str:
    """Sheet of words: a title, then names and what is said of each; names of tables are links."""
    lines = [_row([_text(rows[0][0], "title")])]
    for first, *rest in rows[1:]:
        link = first if name == "Contents" else ""
        cells = [_text(first, "name" if rest else "line", link=link)]
        lines.append(_row(cells + [_text(words, "words") for words in rest]))
    return _sheet(name, COVER, "".join(lines))


def _table(table: Sheet) -> str:
    lines = [_row([_text(table.caption, "heading")])]
    lines += [_row([_text(line, "line")]) for line in table.lines[1:]]
    heads = [_text(each.name, "headnum" if each.numeric else "head") for each in table.columns]
    lines.append(f"<table:table-header-rows>{_row(heads)}</table:table-header-rows>")
    columns = [[_cell(cell, column) for cell in column.cells] for column in table.columns]
    lines += map(_row, zip(*columns, strict=True))
    return _sheet(table.name, [width_of(column) for column in table.columns], "".join(lines))


def _range(table: Sheet) -> str:
    """Name for the block of cells that holds headings and figures."""
    top, rows = len(table.lines) + 1, len(table.columns[0].cells)
    last, place = "", len(table.columns)
    while place:
        place, letter = divmod(place - 1, 26)
        last = chr(ord("A") + letter) + last
    area = quoteattr(f"'{table.name}'.A{top}:'{table.name}'.{last}{top + rows}")
    name = quoteattr(table.name.replace(" ", "_"))
    return f"<table:database-range table:name={name} table:target-range-address={area}/>"


def _sheet(name: str, widths: Iterable[int], rows: str) -> str:
    columns = "".join(f'<table:table-column table:style-name="w{width}"/>' for width in widths)
    return f"<table:table table:name={quoteattr(name)}>{columns}{rows}</table:table>"


def _row(cells: Iterable[str]) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _cell(cell: Cell, column: Column) -> str:
    if not isinstance(cell, Number):
        return _text(cell, "symbol" if column.numeric else "words")
    return (
        f'<table:table-cell table:style-name="n{cell.comma:d}{cell.decimals}" '
        f'office:value-type="float" office:value="{cell.value:f}">'
        f"<text:p>{cell.value:{',' if cell.comma else ''}f}</text:p></table:table-cell>"
    )


def _text(words: str, look: str, *, link: str = "") -> str:
    """Cell of text, which stays text whatever it begins with; empty where there is none."""
    if not words:
        return "<table:table-cell/>"
    said = _plain(words)
    if link:
        address = quoteattr(f"#'{link}'.A1")
        said = f'<text:a xlink:type="simple" xlink:href={address}>{said}</text:a>'
    return (
        f'<table:table-cell table:style-name="{look}" office:value-type="string">'
        f"<text:p>{said}</text:p></table:table-cell>"
    )


def _plain(words: str) -> str:
    """Words as XML can hold them: escaped, on one line, without control characters."""
    return escape(re.sub(r"[\x00-\x1f\x7f\ufffe\uffff]+", " ", words))
