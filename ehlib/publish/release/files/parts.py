"""Parts of a workbook against what ours hold: names of parts, elements, attributes and formats."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from xml.etree import ElementTree as Xml

from ehlib.publish.release.files.layers import Layer, Leak

PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|xl/(?:workbook|styles|"
    r"sharedStrings)\.xml|xl/theme/theme1\.xml|xl/(?:worksheets/sheet|tables/table)\d+\.xml|"
    r"xl/_rels/workbook\.xml\.rels|xl/worksheets/_rels/sheet\d+\.xml\.rels|"
    r"mimetype|META-INF/manifest\.xml|(?:content|styles|meta|settings)\.xml"
)
HIDDEN = re.compile(
    r"(?i)\bstate\s*=\s*[\"'](?:very)?hidden|\shidden\s*=\s*[\"'](?:1|true)|"
    r"\s(?:ht|width)\s*=\s*[\"']0(?:\.\d*)?[\"']|<(?:\w+:)?rPh\b[^>]*>|"
    r"table:visibility\s*=\s*[\"'](?:collapse|filter)|table:display\s*=\s*[\"']false|"
    r"<(?:\w+:)?definedName\b(?![^>]*name=\"_xlnm\.(?:Print_Titles|Print_Area|_FilterDatabase)\")"
    r"[^>]*>[^<]*|office:annotation|<(?:\w+:)?f\b[^>]*>[^<]*|table:formula|"
    r"(?:text:display|text:condition)\s*=|style:(?:column-width|row-height)\s*=\s*[\"']0(?:\.0*)?[a-z]"
)
RANGE = re.compile(r"(?i)<(?:\w+:)?definedName\b[^>]*_xlnm[^>]*>([^<]*)")
LAID_OUT = re.compile(r"(?:'?[^'!]*'?!)?[$A-Z\d:,]+(?:,'?[^'!]*'?!\$?[$A-Z\d:]+)*")
ELEMENTS = {  # of the parts that hold what a reader sees, by how they are named
    ".rels": "Relationships Relationship",
    "worksheets/sheet": """worksheet sheetPr pageSetUpPr outlinePr tabColor dimension sheetViews
        sheetView pane selection sheetFormatPr cols col sheetData row c v is t r rPr b i u sz color
        rFont family scheme vertAlign autoFilter mergeCells mergeCell hyperlinks hyperlink
        printOptions pageMargins pageSetup headerFooter oddHeader oddFooter tableParts tablePart
        ignoredErrors ignoredError""",
    "workbook.xml": """workbook fileVersion workbookPr workbookProtection bookViews workbookView
        sheets sheet definedNames definedName calcPr""",
    "tables/table": "table autoFilter tableColumns tableColumn tableStyleInfo",
    "sharedStrings": "sst si t r rPr b i u sz color rFont family scheme vertAlign",
    "content.xml": """document-content automatic-styles style table-column-properties
        table-row-properties table-cell-properties table-properties paragraph-properties
        text-properties number-style number scripts font-face-decls font-face body spreadsheet table
        table-column table-header-rows table-row table-cell p a span s database-ranges
        database-range""",
    "meta.xml": """document-meta meta title language initial-creator creator creation-date date
        generator editing-cycles""",
    "settings.xml": """document-settings settings config-item-set config-item-map-indexed
        config-item-map-named config-item-map-entry config-item""",
    "docProps/app": """Properties Application DocSecurity ScaleCrop HeadingPairs vector variant
        lpstr i4 TitlesOfParts Company LinksUpToDate SharedDoc HyperlinksChanged AppVersion""",
    "docProps/core": """coreProperties creator lastModifiedBy created modified title language
        subject description keywords category revision version""",
}
ATTRIBUTES = {  # of the elements that hold figures
    "row": """r spans s customFormat ht customHeight dyDescent thickBot thickTop hidden
        outlineLevel collapsed style-name number-rows-repeated visibility""",
    "c": "r s t",
    "v": "",
    "is": "",
    "si": "",
    "t": "space",
    "table-row": "style-name number-rows-repeated default-cell-style-name visibility",
    "table-cell": """style-name value-type value number-columns-repeated number-columns-spanned
        number-rows-spanned formula""",
    "p": "style-name",
}
WORDLESS = ("xl/theme/", "xl/styles.xml")  # no text of their own
CODE = re.compile(r"(?:General|@|[#0,.]+%?|[#0,.%_();\-\s]+|[dmyhs/:\-. ]+)", re.IGNORECASE)
TARGET = re.compile(r"<Relationship\b[^>]*TargetMode\s*=\s*[\"']External[^>]*>", re.IGNORECASE)
BUILT_IN = {1: 0, 2: 2, 3: 0, 4: 2, 9: 0, 10: 2, 37: 0, 38: 0, 39: 2, 40: 2}  # decimals


def part_leaks(here: Layer, name: str, content: bytes) -> Iterator[Leak]:
    """Leaks of one part of a workbook, by what is in it beside what a reader sees.

    Parameters
    ----------
    here : Layer
        The workbook.
    name : str
        Of the part in the archive.
    content : bytes
        The part.
    """
    for leak in _leaks(here.name, name, content):
        yield replace(leak, file=here.file)


@lru_cache(maxsize=64)
def _leaks(whole: str, name: str, content: bytes) -> tuple[Leak, ...]:
    return tuple(_looked_through(Layer("", whole, "piece", None), name, content))


def _looked_through(here: Layer, name: str, content: bytes) -> Iterator[Leak]:
    if not PARTS.fullmatch(name):
        yield here.leak("workbook_kept_aside", name, name)
    if not name.endswith((".xml", ".rels", ".vml")) and content.lstrip()[:1] != b"<":
        return
    text = content.decode("utf-8-sig", "replace")
    for found in HIDDEN.finditer(text):
        yield here.leak("workbook_hidden", found[0], name)
    for found in RANGE.finditer(text):
        if not LAID_OUT.fullmatch(found[1]):
            yield here.leak("workbook_hidden", found[1], name)
    for found in TARGET.finditer(text):
        yield here.leak("would_load", found[0], name)
    root = read_xml(content)
    if root is None:
        yield here.leak("cannot_open", "declares entities, or is no XML", name)
        return
    yield from _foreign(here, name, root)


@lru_cache(maxsize=64)
def read_xml(content: bytes) -> Xml.Element | None:
    """Root of an XML part, comments kept; None where it declares entities or does not parse."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return None
    builder = Xml.TreeBuilder(insert_comments=True, insert_pis=True)
    try:
        return Xml.fromstring(content, Xml.XMLParser(target=builder))
    except Xml.ParseError:
        return None


def local(name: object) -> str:
    """Name of an element or attribute without its namespace; `comment` for what is none."""
    return name.rpartition("}")[2] if isinstance(name, str) else "comment"


def number_formats(styles: bytes) -> dict[str, str]:
    """Format code by the number that cells name it with."""
    root = read_xml(styles)
    if root is None:
        return {}
    own = {each.get("numFmtId"): each.get("formatCode", "") for each in _named(root, "numFmt")}
    held = next(_named(root, "cellXfs"), None)
    ids = [each.get("numFmtId", "0") for each in held] if held is not None else []
    known = {str(key): f"0.{'0' * places}" for key, places in BUILT_IN.items()}
    return {str(place): own.get(each, known.get(each, "")) for place, each in enumerate(ids)}


def cell_leaks(
    here: Layer, name: str, content: bytes, formats: Mapping[str, str]
) -> Iterator[Leak]:
    """Numbers that a cell holds and does not show: more digits, or another number in its place.

    Parameters
    ----------
    here : Layer
        The workbook.
    name : str
        Of the part in the archive.
    content : bytes
        A sheet of XLSX, or the content of ODS.
    formats : mapping
        From `number_formats`.
    """
    root = read_xml(content)
    for cell in _named(root, "c", "table-cell") if root is not None else ():
        given = {local(key): text for key, text in cell.attrib.items()}
        if local(cell.tag) == "table-cell":
            text = " ".join("".join(each.itertext()) for each in _named(cell, "p"))
            held, shown = given.get("value"), _ods_decimals(text)
        else:
            code = formats.get(given.get("s", "0"), "")
            text = next((each.text or "" for each in _named(cell, "v")), "")
            held = text if given.get("t", "n") == "n" and text else None
            shown = _decimals(code)
        if held is not None and not _as_shown(held, text, shown):
            yield here.leak("cached_value", f"{held} under {text}", f"{name} cell")


def _named(root: Xml.Element, *names: str) -> Iterator[Xml.Element]:
    return (each for each in root.iter() if local(each.tag) in names)


def _decimals(code: str) -> int | None:
    """Decimals that a format shows; None where it shows all there are."""
    if not re.search(r"[#0]", code):
        return None
    return len(re.sub(r"[^0#]", "", code.split(";")[0].partition(".")[2])) + 2 * ("%" in code)


def _ods_decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _as_shown(held: str, text: str, decimals: int | None) -> bool:
    """Whether a number in a file is the one that is read, with no digit more."""
    try:
        value = Decimal(held)
        read = Decimal(text.replace(",", "").strip() or "NaN")
    except InvalidOperation:
        return False
    if read.is_nan() or abs(value - read) > Decimal("1e-9"):
        return False
    return decimals is None or abs(value - round(value, decimals)) < Decimal("1e-9")


def _foreign(here: Layer, name: str, root: Xml.Element) -> Iterator[Leak]:
    """Elements and attributes that our workbooks do not have, and texts where none belong."""
    listed = next((set(v.split()) for key, v in ELEMENTS.items() if key in name), None)
    for node in root.iter():
        tag = local(node.tag)
        if tag == "comment" or (listed is not None and tag not in listed):
            said = " ".join("".join(map(str, node.itertext())).split()) or dict(node.attrib)
            yield here.leak("workbook_kept_aside", f"<{tag}> {said}", f"{name} > {tag}")
        known = ATTRIBUTES.get(tag) if listed is not None else None
        for key, value in node.attrib.items() if known is not None else ():
            if local(key) not in known.split():
                yield here.leak("workbook_kept_aside", f"{local(key)}={value}", f"{name} > {tag}")
        if name.startswith(WORDLESS) and (node.text or "").strip():
            yield here.leak("workbook_kept_aside", node.text, f"{name} > {tag}")
        if tag == "numFmt" and not CODE.fullmatch(node.get("formatCode", "").replace("\\", "")):
            yield here.leak("workbook_kept_aside", node.get("formatCode"), f"{name} > format")
