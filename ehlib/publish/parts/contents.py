"""Sections of a page: an id for each heading, and the list of them."""

import re
import unicodedata

from markupsafe import Markup

SECTION = re.compile(r"<h([2-4])>(.*?)</h\1>", re.DOTALL)
TAKEN = re.compile(r'\bid="([^"]*)"')
ENOUGH = 3  # sections from which a page has a list of them


def anchor(words: str) -> str:
    """Words as an id: small letters, figures and hyphens."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "section"


def with_ids(html: str, taken: set[str]) -> str:
    """Checked HTML whose headings can be linked to; ids in use grow in `taken`."""
    taken |= set(TAKEN.findall(html))

    def name(found: re.Match[str]) -> str:
        wanted = given = anchor(Markup(found[2]).striptags())
        number = 1
        while given in taken:
            number += 1
            given = f"{wanted}-{number}"
        taken.add(given)
        return f'<h{found[1]} id="{given}">{found[2]}</h{found[1]}>'

    return SECTION.sub(name, html)


def contents(html: str) -> list[tuple[str, str]]:
    """Id and words of each section of some HTML, with their parts where sections are few.

    None where there is too little to need a list.
    """
    for levels in ("2", "23"):
        found = re.findall(rf'<h[{levels}] id="([^"]*)">(.*?)</h[{levels}]>', html, re.DOTALL)
        if len(found) >= ENOUGH:
            return [(name, Markup(words).striptags()) for name, words in found]
    return []
