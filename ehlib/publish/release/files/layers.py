"""Layers of a file as an outsider finds them: what is packed, encoded or embedded is unwrapped."""

import base64
import binascii
import bz2
import gzip
import io
import json
import lzma
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

DEEPEST = 6  # wrappings within wrappings
LARGEST = 64_000_000  # bytes of one layer
SNIPPET = 90
SHORTEST = 12  # letters in which anything can be wrapped
DATA = re.compile(r"data:([\w.+-]*/?[\w.+-]*)((?:;[\w=.+-]+)*?)(;base64)?,([^\s\"'<>)]*)", re.I)
PACKED = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
SIXTEENS = re.compile(r"(?<![\w#])(?:[0-9A-Fa-f]{2}[ :]?){12,}(?![\w])")
PER_CENTS = re.compile(r"(?:%[0-9A-Fa-f]{2}[\w.~-]*){4,}")
SQUEEZED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
ZLIB = tuple(bytes([0x78, level]) for level in (0x01, 0x5E, 0x9C, 0xDA))
MAGIC = (*SQUEEZED, b"PK\3\4", b"\x89PNG", b"\xff\xd8\xff", b"%PDF")
NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]")
MARKUP = re.compile(r"\s*(?:<!doctype|<\?xml|<[a-z!])", re.IGNORECASE)
SVG = re.compile(r"(?:\s*<(?:\?|!--|!doctype).*?>)*\s*<svg\b", re.IGNORECASE | re.DOTALL)
PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Leak:
    """What an outsider could learn or run: where it stands, what stands there, and the rule."""

    file: str
    layer: str
    snippet: str
    rule: str

    def __str__(self) -> str:
        """One line: file, layer, rule and snippet."""
        return f"{self.file}, {self.layer}: {self.rule}: {self.snippet!r}"


@dataclass(frozen=True)
class Layer:
    """One thing to look through, and what stands around it says that it is of.

    `kind` is page, svg, xml, json, csv, text, table, about or piece.
    """

    file: str
    name: str
    kind: str
    content: object
    scopes: tuple[str, ...] = ()

    def leak(self, rule: str, snippet: object, within: str = "") -> Leak:
        """Leak in this layer, or in a part of it."""
        where = f"{self.name} > {within}" if within else self.name
        said = " ".join(str(snippet).split())
        cut = said if len(said) <= SNIPPET else f"{said[:SNIPPET]}..."
        return Leak(self.file, where, cut, rule)


def unwrap(file: str, content: bytes, name: str = "", depth: int = 0) -> Iterator[Layer | Leak]:
    """Everything that some bytes hold, layer by layer.

    Parameters
    ----------
    file : str
        Name of the file, as a leak tells it.
    content : bytes
        A whole file, or what a layer above has wrapped up.
    name : str
        Way to this layer through those above it; empty for the file itself.
    depth : int
        How many wrappings there are above.

    Yields
    ------
    Layer or Leak
        A leak for what cannot be opened: what nobody can look through is not published.
    """
    # which unwrap their parts with this function
    from ehlib.publish.release.files.pictures import read_picture
    from ehlib.publish.release.files.workbooks import read_workbook

    here = Layer(file, name or "file", "piece", content)
    if depth > DEEPEST or len(content) > LARGEST:
        yield here.leak("cannot_open", "wrapped too deep or too large to be looked through")
    elif content.startswith((*SQUEEZED, *ZLIB)) and (name or not content.startswith(b"x")):
        yield from _let_out(here, depth)
    elif content.startswith(b"PK\3\4"):
        yield from read_workbook(here, depth)
    elif content.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        yield from read_picture(here, depth)
    else:
        yield from _read_text(here, depth)


def deeper(above: Layer, name: str, content: bytes, depth: int) -> Iterator[Layer | Leak]:
    """Everything that a part of a layer holds."""
    way = name if above.name == "file" else f"{above.name} > {name}"
    yield from unwrap(above.file, content, way, depth + 1)


def _let_out(here: Layer, depth: int) -> Iterator[Layer | Leak]:
    """What a squeezed piece holds, up to the most that can be looked through."""
    begins = next((each for each in SQUEEZED if here.content.startswith(each)), None)
    try:
        if begins:
            with SQUEEZED[begins](io.BytesIO(here.content), mode="rb") as packed:
                content = packed.read(LARGEST + 1)
        else:
            content = zlib.decompressobj().decompress(here.content, LARGEST + 1)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        yield here.leak("cannot_open", error)
        return
    kind = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}.get(begins, "zlib")
    yield from deeper(here, kind, content, depth)


def _read_text(here: Layer, depth: int) -> Iterator[Layer | Leak]:
    text = _decoded(here.content)
    if text is None:
        yield here.leak("cannot_open", "of a kind that the gate does not know")
        return
    kind = _kind(text, here.file if here.name == "file" else "")
    read = json.loads(text) if kind == "json" else text
    yield Layer(here.file, here.name, kind, read)
    yield from _embedded(here, text, depth)


def _decoded(content: bytes) -> str | None:
    codec = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(codec)
    except UnicodeDecodeError:
        return None
    return None if NOT_TEXT.search(text) else text


def _kind(text: str, file: str) -> str:
    if SVG.match(text):
        return "svg"
    if MARKUP.match(text):
        return "page" if PAGE.match(text) or file.endswith((".html", ".htm")) else "xml"
    if file.endswith((".csv", ".tsv")):
        return "csv"
    try:
        return "json" if isinstance(json.loads(text), dict | list) else "text"
    except ValueError:
        return "page" if file.endswith((".html", ".htm")) else "text"


def _embedded(here: Layer, text: str, depth: int) -> Iterator[Layer | Leak]:
    """What stands in a text as a data address, in base64, in sixteens or in per cents."""
    for number, found in enumerate(DATA.finditer(text), start=1):
        content = data_of(found)
        if content is None:
            yield here.leak("cannot_open", found[0], f"data address {number}")
        else:
            kind = found[1] or "text/plain"
            yield from deeper(here, f"data address {number} ({kind})", content, depth)
    rest = DATA.sub("", text)
    for way, pattern, read in WAYS:
        found = filter(None, map(read, pattern.findall(rest)))
        for number, content in enumerate(found, start=1):
            yield from deeper(here, f"{way} {number}", content, depth)


def _said(content: bytes) -> bytes:
    """Bytes that are something packed, or words; nothing for the many that are neither."""
    if content.startswith(MAGIC):
        return content
    said = _decoded(content)
    return content if said and said.isprintable() and re.search(r"[a-z]{3}", said, re.I) else b""


def wrapped(text: str) -> Iterator[bytes]:
    """Words or files that stand in a text in base64, in sixteens or in per cents."""
    for _, pattern, read in WAYS if len(text) >= SHORTEST else ():
        yield from filter(None, map(read, pattern.findall(text)))


def data_of(found: re.Match[str]) -> bytes | None:
    """Bytes of a data address; None where it cannot be decoded."""
    raw = unquote_to_bytes(found[4])
    if not found[3]:
        return raw
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except binascii.Error:
        return None


def _unpacked(text: str) -> bytes:
    """Bytes of a word that is something in base64; nothing when it is only a long word."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        content = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return b""
    if content.startswith((*MAGIC, *ZLIB)):
        return content if not content.startswith(ZLIB) or _is_zlib(content) else b""
    said = _decoded(content)
    return content if said and said.isprintable() else b""


def _is_zlib(content: bytes) -> bool:
    try:
        return bool(zlib.decompressobj().decompress(content, 16))
    except zlib.error:
        return False


WAYS = [  # in which words are wrapped within a text
    ("base64", PACKED, _unpacked),
    ("sixteens", SIXTEENS, lambda word: _said(bytes.fromhex(re.sub("[ :]", "", word)))),
    ("per cents", PER_CENTS, lambda word: _said(unquote_to_bytes(word))),
]
