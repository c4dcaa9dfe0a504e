"""Pictures and workbooks opened to the last part: metadata, hidden sheets and cached values."""

import io
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from ehlib.load.schema import SourceError
from ehlib.load.tables import read_grids
from ehlib.publish.release.layers import LARGEST, Layer, Leak, deeper
from ehlib.publish.release.markup import clean, read_markup

DRAWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"pHYs", b"bKGD"}
DRAWN |= {b"sBIT"}
JPEG_DRAWN = {0xC0, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0}
KEPT_ASIDE = re.compile(  # parts of a workbook that hold figures or words where nobody looks
    r"(?i)comment|threaded|persons?/|pivotcache|externallink|embeddings?/|activex|vbaproject|"
    r"customxml|customproperty|printersettings|querytable|connections|revisions?/|userNames|"
    r"charts?/|Object [^/]*/|Basic/|Configurations2/.+\.xml|\.bin$"
)
HIDDEN = re.compile(
    r"(?i)state\s*=\s*[\"'](?:very)?hidden|\shidden\s*=\s*[\"'](?:1|true)|"
    r"table:visibility\s*=\s*[\"'](?:collapse|filter)|table:display\s*=\s*[\"']false|"
    r"<definedName\b[^>]*>[^<]*|office:annotation|<(?:\w+:)?f\b[^>]*>[^<]*|table:formula"
)
ABOUT = {"creator", "lastmodifiedby", "manager", "company", "title", "subject", "description"}
ABOUT |= {"keywords", "category", "initial-creator", "printed-by", "hyperlinkbase", "template"}
OURS = {"", "ehlib"}
BOMB = 200  # times that a part may grow on unpacking


def read_picture(here: Layer, depth: int) -> Iterator[Layer | Leak]:
    """Leaks of a PNG or JPEG: whatever it holds beside what is drawn."""
    read = _png_parts if here.content.startswith(b"\x89PNG") else _jpeg_parts
    try:
        parts = list(read(here.content))
    except (struct.error, IndexError, zlib.error) as error:
        yield here.leak("cannot_open", error)
        return
    for name, content in parts:
        said = clean(re.sub(rb"[^\x20-\x7e]+", b" ", content).decode("ascii"))
        if name == "tEXt" and said.startswith("Software Matplotlib"):
            continue
        yield here.leak("picture_metadata", said or f"{len(content)} bytes", name)
        yield Layer(here.file, f"{here.name} > {name}", "text", said)


def _png_parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Chunks of a PNG that draw nothing, unpacked, and what stands after its end."""
    place = 8
    while place < len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        data = content[place + 8 : place + 8 + length]
        place += 12 + length
        if kind not in DRAWN:
            yield kind.decode("latin-1"), _inflated(kind, data)
        if kind == b"IEND":
            break
    if content[place:].strip(b"\0\r\n"):
        yield "after the end", content[place:]


def _inflated(kind: bytes, data: bytes) -> bytes:
    """Words of a text or colour chunk, whose packed part begins after its name."""
    head, _, rest = data.partition(b"\0")
    start = {b"zTXt": 1, b"iCCP": 1}.get(kind)
    if kind == b"iTXt":
        packed, start = rest[:1] == b"\1", 0
        flags, (language, _, more) = rest[:2], rest[2:].partition(b"\0")
        title, _, text = more.partition(b"\0")
        said = zlib.decompressobj().decompress(text, LARGEST) if packed else text
        return b" ".join([head, language, title, said]) if flags else head
    if start is None:
        return data
    return head + b" " + zlib.decompressobj().decompress(rest[start:], LARGEST)


def _jpeg_parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Segments of a JPEG that draw nothing, and what stands after its end."""
    place = 2
    while place < len(content) and content[place] == 0xFF:
        kind = content[place + 1]
        length = struct.unpack(">H", content[place + 2 : place + 4])[0]
        data = content[place + 4 : place + 2 + length]
        place += 2 + length
        if kind not in JPEG_DRAWN or (kind == 0xE0 and not data.startswith(b"JFIF")):
            yield f"segment {kind:02X}", data
        if kind == 0xDA:
            break
    after = content.rpartition(b"\xff\xd9")[2]
    if after.strip(b"\0\r\n"):
        yield "after the end", after


def read_workbook(here: Layer, depth: int) -> Iterator[Layer | Leak]:
    """Sheets of a workbook, hidden ones too, and every part of it that a reader does not see."""
    try:
        with zipfile.ZipFile(io.BytesIO(here.content)) as archive:
            parts = {each.filename: archive.read(each) for each in _fit(archive)}
            comment = archive.comment
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        yield here.leak("cannot_open", error)
        return
    if comment:
        yield here.leak("workbook_kept_aside", comment.decode("latin-1"), "comment of the archive")
    for name, content in parts.items():
        yield from _part(here, name, content, depth)
    if any(name in parts for name in ("[Content_Types].xml", "content.xml")):
        yield from _sheets(here)


def _fit(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Parts of an archive that may be unpacked: none is a bomb or leads out of the folder."""
    parts = [each for each in archive.infolist() if not each.is_dir()]
    if sum(each.file_size for each in parts) > LARGEST:
        raise ValueError("the archive unpacks to more than can be looked through")
    for each in parts:
        if each.file_size > 1_000_000 and each.file_size > BOMB * max(each.compress_size, 1):
            raise ValueError(f"{each.filename} grows {BOMB} times and more on unpacking")
    return parts


def _part(here: Layer, name: str, content: bytes, depth: int) -> Iterator[Layer | Leak]:
    if KEPT_ASIDE.search(name):
        yield here.leak("workbook_kept_aside", name, name)
    if name.endswith((".xml", ".rels", ".vml")) or content.lstrip()[:1] == b"<":
        text = content.decode("utf-8-sig", "replace")
        for found in HIDDEN.finditer(text):
            yield here.leak("workbook_hidden", found[0], name)
        if name.startswith("docProps/") or name == "meta.xml":
            yield from _about(here, name, text)
    yield from deeper(here, name, content, depth)


def _about(here: Layer, name: str, text: str) -> Iterator[Leak]:
    """Who made a workbook and what they called it: nobody's name goes out."""
    for node in read_markup(text).nodes():
        said = node.words().strip()
        if node.tag.rpartition(":")[2] in ABOUT and said not in OURS:
            yield here.leak("workbook_metadata", said, f"{name} > {node.tag}")


def _sheets(here: Layer) -> Iterator[Layer | Leak]:
    """Each sheet as rows of text, read as any program reads it."""
    with tempfile.TemporaryDirectory(prefix="eh-") as folder:
        path = Path(folder) / "workbook"
        path.write_bytes(here.content)
        try:
            for grid in read_grids(path):
                rows = [list(row) for row in grid.rows()]
                way = f"sheet {grid.name}"
                name = way if here.name == "file" else f"{here.name} > {way}"
                yield Layer(here.file, name, "table", rows)
        except SourceError as error:
            if "holds no" not in str(error):
                yield here.leak("cannot_open", error)
