"""The glossary page: docs/glossary.md as a page shows it."""

import re
from pathlib import Path

from ehlib.show.figures.methods import read_document
from ehlib.show.sentences import count_words

INTRODUCTION = re.compile(r"\A# .*?(?=^## )", re.MULTILINE | re.DOTALL)
TERM = re.compile(r"^### ", re.MULTILINE)


def read_glossary(docs_dir: str | Path) -> str:
    """Markdown of the glossary, without its title.

    Parameters
    ----------
    docs_dir : str or Path
        Folder that holds glossary.md.

    Raises
    ------
    SourceError
        If the folder has no such file.
    """
    return INTRODUCTION.sub("", read_document(docs_dir, "glossary.md")).strip()


def glossary_findings(glossary: str) -> list[str]:
    """How many words are explained, and how a reader comes here."""
    words = count_words(len(TERM.findall(glossary)), "word")
    return [f"The glossary explains {words}; the first use of each on a page leads to it."]
