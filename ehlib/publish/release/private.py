"""Words that must not go out: personal data, machines, secrets and code."""

import getpass
import re
import socket
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ehlib.load.schema import SourceError
from ehlib.load.tables import scan

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
        r"(?<![\w>])\{%|%\}|\{\{ ?[A-Za-z_]"
    ),
    "raw_cell": r"\b(?:raw_mimetype|cell_type|celltag_\w+|jp-\w+|output_(?:stderr|area|html))\b",
}
PATTERNS = {rule: re.compile(pattern, re.MULTILINE) for rule, pattern in RULES.items()}
AT = re.compile(r"(?i)[\w.-]+\s*(?:[\[({<]\s*at\s*[\])}>])\s*[\w-]+\s*(?:\.|[\[({<]\s*dot)")
QUICK = re.compile(r"[A-Za-z@\\/]|\d{10}|\d{3}[ -]\d{3}|\d\.\d+\.")
WHOLE = 40  # letters of a sentence that is known again
COMMON = {"root", "user", "users", "admin", "runner", "guest", "public", "analyst", "localhost"}


@dataclass(frozen=True)
class Known:
    """What the gate knows of this machine and of what may be said; see `read_known`."""

    emails: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset({"ehlib"})  # who a workbook may say that it is by
    machine: re.Pattern[str] | None = None
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
    for found in AT.finditer(text):
        yield "email", found[0]
    for found in scan.EMAIL.finditer(text):
        if found[0].lower() not in known.emails:
            yield "email", found[0]
    if known.machine and (found := known.machine.search(text)):
        yield "machine", _around(text, found)
    yield from _personal(text)


def read_known(reference: Path) -> Known:
    """What must not be found on a page of this machine, and what may be.

    Parameters
    ----------
    reference : Path
        Folder of `release.toml`, which lists the e-mail addresses that may be shown.
    """
    methods = reference.resolve().parents[1] / "docs" / "methods.md"
    said = methods.read_text(encoding="utf-8") if methods.is_file() else ""
    trust = _trust(reference / "batch.toml")
    names = frozenset(filter(None, ["ehlib", trust]))
    emails = _emails(reference / "release.toml")
    return Known(emails, names, _machine(), _examples(said), _prose(said))


def _trust(path: Path) -> str:
    """Name on every page, which workbooks give as their author; empty without the file."""
    if not path.is_file():
        return ""
    return str(tomllib.loads(path.read_text(encoding="utf-8-sig")).get("trust", ""))


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
