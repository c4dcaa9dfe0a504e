"""A look into the zip of a workbook before any library unpacks it: its parts and their sizes."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from ehlib.load.schema import SourceError
from ehlib.load.tables.grid import refusal

MOST_PARTS = 2_000
LARGEST_PART, LARGEST = 150_000_000, 400_000_000  # bytes of one part, and of all, when unpacked
MOST_TEXT = 60_000_000  # bytes of a part that is no sheet
LONGEST = 200_000  # characters of one text; spreadsheet programs take 32,767
TIGHTEST, FREE = 300, 10_000_000  # times smaller than unpacked; parts below this size go free
FIRST = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml")
XML = (b"<", b"\xef\xbb\xbf<")
DOCTYPE = re.compile(rb"<\0?!\0?(?:D\0?O\0?C\0?T\0?Y|E\0?N\0?T\0?I)")
SAVE = "open it in Excel or LibreOffice and save it again"
TABLE = "save the table as CSV"
ASK = "do not open it: ask the sender for a new file, or for the table as CSV"


class Archive:
    """Parts of a workbook's zip, unpacked one at a time and within bounds."""

    def __init__(self, file: str, content: bytes) -> None:
        self.file, self.content, self.unpacked = file, content, 0
        try:
            self.parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise self.refusal("workbook_broken", "the workbook cannot be unpacked") from error
        self.names = [part.filename for part in self.parts]
        self._check_names()
        self._check_sizes()

    def refusal(self, rule: str, found: str, wanted: str = "", mend: str = SAVE) -> SourceError:
        """Error about this workbook."""
        wanted = wanted or "a workbook as a spreadsheet program writes it"
        return refusal(self.file, rule, found, wanted=wanted, mend=mend)

    def _check_names(self) -> None:
        if len(self.parts) > MOST_PARTS:
            found = f"{len(self.parts):,} parts in one workbook"
            raise self.refusal("workbook_too_large", found, f"at most {MOST_PARTS:,}", TABLE)
        odd = any(
            name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")
            for name in self.names
        )
        if odd or len({name.casefold() for name in self.names}) < len(self.names):
            found = "names of parts that point outside the workbook, or are there twice"
            raise self.refusal("workbook_paths", found, mend=ASK)
        if any(part.flag_bits & 1 for part in self.parts):
            raise self.refusal(
                "workbook_protected",
                "the workbook is protected with a password",
                "one without password",
                "save a copy without a password",
            )

    def _check_sizes(self) -> None:
        largest = max((part.file_size for part in self.parts), default=0)
        self._bound(largest, sum(part.file_size for part in self.parts))

    def _bound(self, part: int, together: int) -> None:
        if part > LARGEST_PART or together > LARGEST:
            wanted = f"at most {LARGEST_PART // 10**6} MB a sheet, {LARGEST // 10**6} MB in all"
            raise self.refusal("workbook_too_large", "too much when unpacked", wanted, TABLE)

    def unpack(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each part, first of those that name sheets and styles.

        Raises
        ------
        SourceError
            If more comes out than is allowed, whatever the zip declares, or a part is broken, or
            declares a document type.
        """
        for part in sorted(self.parts, key=lambda part: part.filename not in FIRST):
            data = self._inflate(part)
            self.unpacked += len(data)
            self._bound(len(data), self.unpacked)
            self._bound_texts(data)
            if len(data) > FREE and len(data) > TIGHTEST * max(part.compress_size, 1):
                found = f"a part packed {len(data) // max(part.compress_size, 1):,} times smaller"
                wanted = f"at most {TIGHTEST} times"
                raise self.refusal("workbook_too_large", found, wanted, TABLE)
            if "/media/" not in part.filename and DOCTYPE.search(data):
                found = "XML that declares a document type or entities"
                raise self.refusal("workbook_doctype", found, mend=ASK)
            yield part.filename, data

    def _bound_texts(self, data: bytes) -> None:
        no_sheet = b"sheetData" not in data and b"spreadsheet>" not in data
        if len(data) > MOST_TEXT and no_sheet:
            wanted = f"at most {MOST_TEXT // 10**6} MB"
            raise self.refusal("workbook_too_large", "too much text when unpacked", wanted, TABLE)
        places = range(0, len(data) - LONGEST, LONGEST) if data.startswith(XML) else ()
        if any(data.find(b"<", place, place + LONGEST) < 0 for place in places):
            found, wanted = "a text that does not end", "texts that fit into a cell"
            raise self.refusal("workbook_too_large", found, wanted, "shorten the text")

    def _inflate(self, part: zipfile.ZipInfo) -> bytes:
        """Content of a part as it really is: readers differ in whether they trust the declared."""
        start = part.header_offset
        head = self.content[start : start + 30]
        if len(head) < 30 or not head.startswith(b"PK\3\4"):
            raise self.refusal("workbook_broken", "the workbook is cut short")
        begins = start + 30 + sum(struct.unpack_from("<HH", head, 26))
        packed = memoryview(self.content)[begins : begins + part.compress_size]
        if part.compress_type == zipfile.ZIP_STORED:
            return bytes(packed)
        if part.compress_type != zipfile.ZIP_DEFLATED:
            raise self.refusal("workbook_broken", "a packing that no workbook has")
        try:
            return zlib.decompressobj(-15).decompress(packed, LARGEST_PART + 1)
        except zlib.error as error:
            raise self.refusal("workbook_broken", "a part cannot be unpacked") from error
