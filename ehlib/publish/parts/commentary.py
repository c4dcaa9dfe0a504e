"""What the analyst says of a page, kept apart from what is generated."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nbconvert.filters.markdown_mistune import MarkdownWithMath

from ehlib.load.periods import parse_quarter
from ehlib.load.reads import note_read
from ehlib.publish.fragment import Fragment, Outline, PageError
from ehlib.publish.parts.frame import day_words
from ehlib.publish.prose import Prose

HEAD = re.compile(r"(Date|Author):\s*(.*)", re.IGNORECASE)
MEND = "begin the file with a line such as `Date: 2014-01-20`"
LETTERS = 6000  # longest comment: about two printed sides


@dataclass(frozen=True)
class Comment:
    """A comment with its day; `html` is checked, `author` may be empty."""

    day: date
    author: str
    html: str

    @property
    def title(self) -> str:
        """Heading of the comment: who speaks, and when."""
        return f"Comment by {self.author or 'the analyst'}, {day_words(self.day)}"


class _Remarks(Prose):
    """Prose whose headings are bold lines, so that they are no sections of the page."""

    def heading(self, text: str, level: int, **attrs: object) -> str:
        """Heading as a paragraph in bold."""
        return f"<p><strong>{text}</strong></p>\n"


def read_commentary(
    reference_dir: Path,
    quarter: str,
    *,
    pages: set[str] | None = None,
    today: date | None = None,
) -> dict[str, str]:
    """Text of the comments on a quarter's pages, by page, each checked.

    Parameters
    ----------
    reference_dir : Path
        Holds `commentary/<quarter>/<page>.md`, such as `commentary/2013-14-Q3/13-board-report.md`.
    quarter : str
        Its label.
    pages : set of str, optional
        Names of the pages due; a comment on any other is refused, since nobody would see it.
    today : date, optional
        Comments dated later are refused; the day of the call when not given.

    Raises
    ------
    ValueError
        If a file has no date, one in the future, nothing else, too much, a picture, or is for
        no page; names the file and how to mend it.
    """
    slug = parse_quarter(quarter).slug
    folder = reference_dir / "commentary" / slug
    texts = {}
    for path in sorted(folder.glob("*.md")):
        note_read(path)
        where = f"commentary/{slug}/{path.name}"
        if pages is not None and path.stem not in pages:
            raise ValueError(f"{where} is for no page of {quarter}; name it as the page is named")
        try:
            text = path.read_text(encoding="utf-8-sig")
            parse_comment(text, today=today or date.today())
        except UnicodeDecodeError:
            raise ValueError(f"{where} is not UTF-8 text; save it so") from None
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        texts[path.stem] = text
    return texts


def parse_comment(text: str, *, today: date) -> Comment:
    """Comment from its text: lines with date and author, then markdown.

    Raises
    ------
    ValueError
        As `read_commentary`, without the file's name.
    """
    facts, body = _parted(text)
    day = _day(facts.get("date", ""), today)
    if not body:
        raise ValueError("says nothing under its date; write the comment or remove the file")
    if len(body) > LETTERS:
        raise ValueError(f"has {len(body)} letters; expected {LETTERS} at most")
    try:
        html = MarkdownWithMath(renderer=_Remarks()).render(body)
        return Comment(day, facts.get("author", ""), Fragment(Outline(), set()).rebuild(html))
    except PageError as error:
        raise ValueError(str(error)) from error


def _parted(text: str) -> tuple[dict[str, str], str]:
    """What the first lines say, and the rest."""
    facts: dict[str, str] = {}
    lines = text.strip().splitlines()
    while lines and (found := HEAD.fullmatch(lines[0].strip())):
        facts[found[1].lower()] = found[2].strip()
        lines.pop(0)
    return facts, "\n".join(lines).strip()


def _day(said: str, today: date) -> date:
    if not said:
        raise ValueError(f"has no date; {MEND}")
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise ValueError(f"has the date {said[:40]!r}; {MEND}") from None
    if day > today:
        raise ValueError(f"is dated {said}, which is to come; expected the day it was written")
    return day
