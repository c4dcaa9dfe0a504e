"""Parameters of notebooks: what each declares, and whether what it is given fits."""

import ast
import keyword

import nbformat
from nbformat import NotebookNode

TYPES = {"str": str, "int": int, "float": float, "bool": bool}
LIST = "list[str]"


def read_notebook(text: str, *, name: str) -> NotebookNode:
    """Notebook from its text.

    Raises
    ------
    ValueError
        If the text is not a notebook; gives the name.
    """
    try:
        return nbformat.reads(text, as_version=4)
    except nbformat.reader.NotJSONError as error:
        raise ValueError(f"{name} is not a notebook; expected JSON") from error


def declared_parameters(notebook: NotebookNode) -> dict[str, str]:
    """Names and types that the cell tagged `parameters` declares.

    Read with `ast`: papermill's own reader passes over a line with two equals signs and takes a
    `#` inside a text for a comment.

    Parameters
    ----------
    notebook : NotebookNode
        Not executed.

    Returns
    -------
    dict of str
        Type by name; taken from the default where none is written.

    Raises
    ------
    ValueError
        If there is not exactly one such cell, or it does not parse.
    """
    tagged = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", [])
    ]
    if len(tagged) != 1:
        raise ValueError(f"has {len(tagged)} cells tagged parameters; expected one")
    try:
        lines = ast.parse(tagged[0].source).body
    except SyntaxError as error:
        raise ValueError(f"parameters cell, line {error.lineno}: {error.msg}") from error
    declared = {}
    for line in lines:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            declared[line.target.id] = ast.unparse(line.annotation)
        elif isinstance(line, ast.Assign):
            names = [target.id for target in line.targets if isinstance(target, ast.Name)]
            declared |= dict.fromkeys(names, _literal_type(line.value))
    return declared


def parameter_faults(given: dict[str, object], declared: dict[str, str]) -> list[str]:
    """What is wrong with the parameters meant for a notebook; empty when nothing is.

    Parameters
    ----------
    given : dict
        Values by name, as papermill will get them.
    declared : dict of str
        From `declared_parameters`.

    Returns
    -------
    list of str
        One a parameter: its name, what was found and what was wanted.
    """
    faults = []
    for name, value in given.items():
        if not (name.isidentifier() and not keyword.iskeyword(name)):
            faults.append(f"parameter {name!r} is not a name that Python allows")
        elif name not in declared:
            names = ", ".join(declared) or "none"
            faults.append(f"parameter {name} is not declared; the notebook has {names}")
        elif not _fits(value, declared[name]):
            found = f"{value!r} ({type(value).__name__})"
            faults.append(f"parameter {name} is {found}; expected {_wanted(declared[name])}")
    return faults


def _fits(value: object, wanted: str) -> bool:
    """Whether a value has exactly the declared type: True is no int, and 1 is no float."""
    if wanted == LIST:
        return isinstance(value, list) and all(type(item) is str for item in value)
    return type(value) is TYPES.get(wanted)


def _wanted(declared: str) -> str:
    if declared in TYPES or declared == LIST:
        return declared
    known = ", ".join([*TYPES, LIST])
    return f"the notebook to declare one of {known}, not {declared}"


def _literal_type(default: ast.expr) -> str:
    """Type of a default without annotation."""
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return "an expression"
    return LIST if isinstance(value, list) else type(value).__name__
