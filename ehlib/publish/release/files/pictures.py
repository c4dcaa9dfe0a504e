"""Pictures opened to the last part: metadata, and what stands after their end."""

import re
import struct
import zlib
from collections.abc import Iterator

from ehlib.publish.release.files.layers import LARGEST, Layer, Leak
from ehlib.publish.release.markup import clean

DRAWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"pHYs", b"bKGD"}
DRAWN |= {b"sBIT"}
JPEG_DRAWN = {0xC0, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0}


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
