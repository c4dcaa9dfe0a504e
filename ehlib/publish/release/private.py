"""Words that must not go out: personal data, machines, secrets, code and ids of case records."""

import getpass
import re
import socket
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from ehlib.load.schema import SourceError
from ehlib.load.tables import read_grids, scan

ROOT = Path(__file__).resolve().parents[3]
SECRET = (
    r"(?:pass(?:word|wd|phrase)|pwd|api[ _-]?key|secret|access[ _-]?key|account[ _-]?key|token)"
)
RULES = {
    "local_path": (
        r"(?<![\w.:/])(?:/(?:home|Users|root|tmp|var|mnt|opt|srv|etc|private|media|work|workspace)"
        r"/[\w.@-]+)|\b[A-Za-z]:\\{1,2}(?![\s\"'])[^\s\"'<>|]+|\\\\[\w.-]+\\[\w.$-]+|"
        r"\bfile:/{1,3}\S+|(?<!\w)~/[\w.-]+"
    ),
    "host": (
        r"\b(?:localhost|127\.0\.0\.1|(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3})"
        r"(?::\d+)?\b|\b[\w-]+\.(?:local|internal|corp|lan|intranet)\b|\b(?:tcp|ipc|ssh|ftp|smb)://\S+"
    ),
    "secret": (
        rf"(?i)\b{SECRET}\b[\"']?\s*[:=]\s*[\"']?[^\s\"']{{4,}}|\bBearer\s+[\w.~+/-]{{8,}}|"
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}|"
        r"-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\b\w+://[^\s/:@]+:[^\s/@]+@"
    ),
    "traceback": (
        r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+|<ipython-input-|"
        r"\bipykernel_\d+|-{20,} ?Traceback|\b[A-Z]\w*(?:Error|Exception)\b(?:: | Traceback)"
    ),
    "stderr": (
        r"\b[A-Z]\w*Warning\b|\bwarnings\.warn\(|\b(?:stderr|stdout)\b|\x1b\[[\d;]*m|"
        r"\[0;3\dm"
    ),
    "prompt": r"\b(?:In|Out) ?\[[\d *]*\] ?:|^\s*(?:>>>|\.\.\.) \S",
    "code": (
        r"\bimport (?:pandas|numpy|ehlib|matplotlib|os|sys)\b|\bfrom \w[\w.]* import \w|"
        r"\bdef \w+\(.*\) ?(?:->.*)?:|\blambda \w+:|\bpd\.(?:read_|DataFrame)|\bnp\.\w+\(|"
        r"\bread_(?:observations|indicators|areas|csv|parquet)\(|\bshow_(?:table|figure|note)\(|"
        r"^%(?:matplotlib|run|load_ext|time)\b|\b(?:dtype|Name): \w+|<(?:IPython|matplotlib|"
        r"pandas|Axes|Figure|ehlib)[\w.:]*|\b\w+\[\[?[\"']\w+[\"']\]|\bDataFrame\b|"
        r"(?<![\w>])\{%|%\}|\{\{ ?\w"
    ),
    "raw_cell": r"\b(?:raw_mimetype|cell_type|celltag_\w+|jp-\w+|output_(?:stderr|area|html))\b",
}
PATTERNS = {rule: re.compile(pattern, re.MULTILINE) for rule, pattern in RULES.items()}
QUICK = re.compile(r"[A-Za-z@\\/]|\d{10}|\d{3}[ -]\d{3}|\d\.\d+\.")
TOKEN = re.compile(r"[A-Za-z0-9](?:[\w/-]*[A-Za-z0-9])?")
WHOLE = 40  # letters of a sentence that is known again
COMMON = {"root", "user", "users", "admin", "runner", "guest", "public", "analyst", "localhost"}
ID_COLUMN = re.compile(r"(?i)(?:^|[ _])(?:id|identifier|ref|reference|number|no)$|^id$")
SHORTEST_ID = 6  # characters; of figures alone, one more


@dataclass(frozen=True)
class Known:
    """What the gate knows of this machine and these inputs; see `read_known`."""

    emails: frozenset[str] = frozenset()
    machine: re.Pattern[str] | None = None
    ids: frozenset[str] = frozenset()
    examples: frozenset[str] = frozenset()  # code that we publish, each block with single spaces
    prose: str = ""  # what stands around it, where single names of code are
    quoted: frozenset[str] = field(default=frozenset({"code", "prompt"}))  # rules it is free of


def find_private(text: str, known: Known) -> Iterator[tuple[str, str]]:
    """Rule and snippet of each thing in a text that must not go out.

    Parameters
    ----------
    text : str
        As a reader has it: entities undone, tags joined.
    known : Known
        From `read_known`.
    """
    if not QUICK.search(text):
        return
    plain = " ".join(text.split())
    quoted = plain in known.examples or (len(plain) >= WHOLE and plain in known.prose)
    for rule, pattern in PATTERNS.items():
        found = pattern.search(text)
        if found and not (quoted and rule in known.quoted):
            yield rule, _around(text, found)
    for found in scan.EMAIL.finditer(text):
        if found[0].lower() not in known.emails:
            yield "email", found[0]
    if known.machine and (found := known.machine.search(text)):
        yield "machine", _around(text, found)
    yield from _personal(text)
    yield from (("case_id", each) for each in sorted(_tokens(text) & known.ids))


def read_known(processed: Path | None, reference: Path, raw: Path | None = None) -> Known:
    """What must not be found on a page, of this machine and of these inputs.

    Parameters
    ----------
    processed : Path or None
        Folder of prepared data, whose case records give ids.
    reference : Path
        Folder of `release.toml`, which lists the e-mail addresses that may be shown.
    raw : Path, optional
        Folder of the extracts; of those that hold case records the ids are read as they came.
    """
    ids = _ids_of_records(processed) | _ids_of_extracts(processed, raw) if processed else set()
    methods = reference.resolve().parents[1] / "docs" / "methods.md"
    said = methods.read_text(encoding="utf-8") if methods.is_file() else ""
    return Known(
        _emails(reference / "release.toml"),
        _machine(),
        frozenset(ids),
        _examples(said),
        _prose(said),
    )


def _examples(markdown: str) -> frozenset[str]:
    """Blocks of code in a document, fenced or indented, as a page shows them."""
    fenced = re.findall(r"(?ms)^```\w*\n(.*?)^```", markdown)
    indented = re.findall(r"(?m)(?:^ {4}.*\n|^\s*\n(?= {4}))+", markdown)
    return frozenset(" ".join(block.split()) for block in [*fenced, *indented])


def _prose(markdown: str) -> str:
    """Sentences of a document without the signs of markdown, spaces as one."""
    return " ".join(
        re.sub(r"[`*]|^\s*[-#>]+ |\[([^\]]*)\]\([^)]*\)", r"\1", markdown, flags=re.M).split()
    )


def _personal(text: str) -> Iterator[tuple[str, str]]:
    for found in scan.NHS.finditer(text):
        alone = (
            not re.search(r"\w\Z", text[: found.start()]) and not text[found.end() :][:1].isalpha()
        )
        if alone and scan.is_nhs_number(found[1] + found[3] + found[4]):
            yield "nhs_number", found[0]
    for found in scan.UPN.finditer(text):
        if scan.is_upn(found[0]):
            yield "upn", found[0]
    for found in scan.POSTCODE.finditer(text):
        yield "postcode", found[0]
    for token in re.findall(r"\b[A-Z0-9]{5,7}\b", text):
        if scan.UNSPACED.match(token):
            yield "postcode", token
    for found in scan.BORN.finditer(text):
        yield "birth_date", found[0]


def _tokens(text: str) -> set[str]:
    """Words as ids are written, whole and in parts."""
    whole = TOKEN.findall(text)
    parts = {part for each in whole for part in re.split(r"[/_]", each)}
    return {each.upper() for each in {*whole, *parts}}


def _around(text: str, found: re.Match[str]) -> str:
    return text[max(0, found.start() - 12) : found.end() + 30]


def _emails(path: Path) -> frozenset[str]:
    """Addresses that may be shown; none without the file."""
    if not path.is_file():
        return frozenset()
    try:
        entry = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{path.name} does not parse: {error}") from error
    listed = entry.get("allowed_emails", [])
    if entry.keys() - {"allowed_emails"} or not all(isinstance(each, str) for each in listed):
        raise SourceError(f"{path.name}: found {entry!r}; expected allowed_emails, a list of text")
    return frozenset(each.lower() for each in listed)


def _machine() -> re.Pattern[str]:
    """Paths, host and user of this machine."""
    paths = {str(each) for each in (Path.home(), ROOT, Path.cwd(), Path(tempfile.gettempdir()))}
    words = {path for path in paths if len(path) > 3}
    try:
        names = {socket.gethostname(), getpass.getuser()}
    except (OSError, KeyError):  # no name of this user is known
        names = {socket.gethostname()}
    words |= {name for name in names if len(name) > 3 and name.lower() not in COMMON}
    listed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?i)(?<![\w.-])(?:{listed})(?![\w-])")


def _ids_of_records(processed: Path) -> set[str]:
    """Ids in the prepared case records: hashes, or as they came."""
    found: set[str] = set()
    for path in sorted((processed / "cases").glob("*.parquet")):
        columns = [name for name in pq.read_schema(path).names if ID_COLUMN.search(name)]
        frame = pd.read_parquet(path, columns=columns)
        for name in columns:
            found.update(_long_enough(frame[name].dropna().astype("str").unique()))
            if frame[name].dtype.kind == "i":  # hashes, however they are written
                found.update(f"{each:016X}" for each in frame[name].to_numpy().view("uint64"))
    return found


def _ids_of_extracts(processed: Path, raw: Path | None) -> set[str]:
    """Ids in the extracts of case records, as their systems gave them."""
    if not raw or not raw.is_dir():
        return set()
    found: set[str] = set()
    tables = [path for path in raw.rglob("*") if path.suffix.lower() in (".csv", ".xlsx", ".xls")]
    for path in tables:
        if "published" not in path.parts:
            found |= _ids_of_table(path)
    return found


def _ids_of_table(path: Path) -> set[str]:
    found: set[str] = set()
    try:
        for grid in read_grids(path):
            rows = grid.rows()
            header = next((row for row in rows if sum(map(bool, row)) > 2), [])
            places = [place for place, name in enumerate(header) if ID_COLUMN.search(name)]
            for row in rows if places else ():
                found.update(row[place] for place in places if place < len(row))
    except SourceError:  # refused on reading: none of it is in the inputs
        return set()
    return set(_long_enough(found))


def _long_enough(ids: object) -> Iterator[str]:
    """Ids that no innocent number or word can be."""
    for each in ids:
        text = str(each).strip().upper()
        if len(text) >= SHORTEST_ID + text.isdigit() and any(map(str.isdigit, text)):
            yield text
