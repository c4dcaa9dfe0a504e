"""Workbooks opened to the last part: hidden sheets, cached values, unused texts, metadata."""

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ehlib.load.schema import SourceError
from ehlib.load.tables import read_grids
from ehlib.publish.release.files.layers import LARGEST, Layer, Leak, deeper
from ehlib.publish.release.files.parts import (
    cell_leaks,
    local,
    number_formats,
    part_leaks,
    read_xml,
)

ABOUT = {"creator", "lastModifiedBy", "Manager", "Company", "title", "subject", "description"}
ABOUT |= {"keywords", "category", "initial-creator", "printed-by", "HyperlinkBase", "template"}
BOMB = 200  # times that a part may grow on unpacking
LOCAL = 30  # bytes of the head of a part in an archive, before its name
TOLD_AFTER = {12, 16, 20, 24}  # bytes after a part that tells its size there once more
NUMERIC = re.compile(r"[\s\d.,%()+-]*\d[\s\d.,%()+-]*")


def read_workbook(here: Layer, depth: int) -> Iterator[Layer | Leak]:
    """Sheets of a workbook, hidden ones too, and every part of it that a reader does not see."""
    try:
        with zipfile.ZipFile(io.BytesIO(here.content)) as archive:
            listed = archive.infolist()
            parts = {each.filename: archive.read(each) for each in _fit(archive)}
            slack = list(_slack(archive, here.content))
            comment = archive.comment
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        yield here.leak("cannot_open", error)
        return
    except IndexError:
        yield here.leak("cannot_open", "the archive is cut short")
        return
    for said in [*slack, *filter(None, [comment.decode("latin-1")])]:
        yield here.leak("workbook_kept_aside", said, "archive")
    names = [each.filename for each in listed]
    for name in sorted({name for name in names if names.count(name) > 1 or name.endswith("/")}):
        yield here.leak("workbook_kept_aside", f"{name} stands twice, or is a folder", "archive")
    for name, content in parts.items():
        yield from part_leaks(here, name, content)
        yield from deeper(here, name, content, depth)
    if "[Content_Types].xml" in parts or "content.xml" in parts:
        yield from _cells(here, parts)
        yield from _sheets(here, parts)


def _fit(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Parts of an archive that may be unpacked: none is a bomb or leads out of the folder."""
    parts = [each for each in archive.infolist() if not each.is_dir()]
    if sum(each.file_size for each in parts) > LARGEST:
        raise ValueError("the archive unpacks to more than can be looked through")
    for each in parts:
        if each.file_size > 1_000_000 and each.file_size > BOMB * max(each.compress_size, 1):
            raise ValueError(f"{each.filename} grows {BOMB} times and more on unpacking")
    return parts


def _slack(archive: zipfile.ZipFile, content: bytes) -> Iterator[str]:
    """What stands in an archive outside its parts, or beside them."""
    place, after = 0, {0}
    for each in sorted(archive.infolist(), key=lambda part: part.header_offset):
        if each.header_offset - place not in after:
            yield f"{each.header_offset - place} bytes before {each.filename}"
        if each.extra or each.comment:
            yield f"{each.filename}: {(each.extra + each.comment).decode('latin-1')}"
        head = content[each.header_offset : each.header_offset + LOCAL]
        name, extra = (int.from_bytes(head[at : at + 2], "little") for at in (26, 28))
        if extra:
            yield f"{extra} bytes beside the name of {each.filename}"
        place = each.header_offset + LOCAL + name + extra + each.compress_size
        after = TOLD_AFTER if each.flag_bits & 8 else {0}
    if archive.start_dir - place not in after:
        yield f"{archive.start_dir - place} bytes after the last part"
    end = content.rfind(b"PK\5\6") + 22 + len(archive.comment)
    if len(content) != end:
        yield f"{len(content) - end} bytes after the end"


def _cells(here: Layer, parts: dict[str, bytes]) -> Iterator[Leak]:
    """Numbers and texts that the cells hold and do not show."""
    formats = number_formats(parts.get("xl/styles.xml", b""))
    sheets = [n for n in parts if re.fullmatch(r"xl/worksheets/[^/]+\.xml|content\.xml", n)]
    for name in sheets:
        yield from cell_leaks(here, name, parts[name], formats)
        for said in _covered(parts[name]):
            yield here.leak("workbook_hidden", said, f"{name} > merged cells")
    shared = read_xml(parts.get("xl/sharedStrings.xml", b""))
    if shared is not None:
        used = b"".join(parts[name] for name in sheets)
        places = set(re.findall(rb't="s"[^>]*>\s*<(?:\w+:)?v>(\d+)<', used))
        for place, each in enumerate(node for node in shared if local(node.tag) == "si"):
            if str(place).encode() not in places:
                said = "".join(each.itertext()) or "an empty text"
                yield here.leak("workbook_hidden", said, "sharedStrings > used by no cell")


def _covered(sheet: bytes) -> Iterator[str]:
    """Values under a merged cell, which covers them."""
    text = sheet.decode("utf-8-sig", "replace")
    merged = re.findall(r"<mergeCell\b[^>]*ref=\"([A-Z]+)(\d+):([A-Z]+)(\d+)\"", text)
    filled = re.findall(r"<c\b[^>]*\br=\"([A-Z]+)(\d+)\"[^>]*>\s*<(?:v|is)\b", text)
    for left, top, right, low in merged:
        for letters, row in filled:
            inside = _at(left) <= _at(letters) <= _at(right) and int(top) <= int(row) <= int(low)
            if inside and (letters, row) != (left, top):
                yield f"{letters}{row} under {left}{top}"


def _at(letters: str) -> int:
    place = 0
    for letter in letters:
        place = 26 * place + ord(letter) - ord("A") + 1
    return place


def _sheets(here: Layer, parts: dict[str, bytes]) -> Iterator[Layer | Leak]:
    """Each sheet as rows of text, read as any program reads it; metadata beside their words."""
    with tempfile.TemporaryDirectory(prefix="eh-") as folder:
        path = Path(folder) / "workbook"
        path.write_bytes(here.content)
        try:
            grids = [(grid.name, [list(row) for row in grid.rows()]) for grid in read_grids(path)]
        except SourceError as error:
            grids = []
            if "holds no" not in str(error):
                yield here.leak("cannot_open", error)
    words = {text for _, rows in grids for row in rows for text in row}
    for name, rows in grids:
        way = f"sheet {name}"
        whole = way if here.name == "file" else f"{here.name} > {way}"
        yield Layer(here.file, whole, "table", rows, _cover(grids))
    yield Layer(here.file, f"{here.name} > metadata", "about", (list(_about(parts)), words))


def _cover(grids: list[tuple[str, list[list[str]]]]) -> tuple[str, ...]:
    """Texts of a first sheet that holds words alone: what the tables after it are of."""
    texts = [text for row in (grids[0][1] if grids else []) for text in row if text]
    return () if any(map(NUMERIC.fullmatch, texts)) else tuple(texts)


def _about(parts: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    """Who made a workbook and what they called it, by place."""
    for name, content in parts.items():
        root = read_xml(content) if re.match(r"docProps/|meta\.xml", name) else None
        for node in root.iter() if root is not None else ():
            said = (node.text or "").strip()
            if local(node.tag) in ABOUT and said:
                yield f"{name} > {local(node.tag)}", said
