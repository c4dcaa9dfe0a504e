"""The code that a page is made with: modules that its notebook uses, and what makes pages."""

import ast
import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3]
TEXT = {".py", ".sql", ".j2", ".css", ".js", ".toml", ".csv"}
MAKING = frozenset({"ehlib.publish.page", "ehlib.publish.downloads"})  # turn it into a page
TEMPLATE = "publish/template/*"
# Modules that read nothing by themselves; a notebook with others may open any file that it likes.
HARMLESS = {"ehlib", "functools", "datetime", "math", "itertools", "collections", "IPython"}
HARMLESS |= {"hashlib", "operator", "re", "statistics"}
OPENERS = {"open", "exec", "eval", "compile", "__import__", "globals", "vars", "getattr"}


def code_files(text: str) -> list[Path]:
    """Files of the package that the page of a notebook depends on.

    Parameters
    ----------
    text : str
        The notebook's.

    Returns
    -------
    list of Path
        Modules that its cells import, those that these import anywhere in them and so on, the
        other files beside these, and all that turns an executed notebook into a page. Every
        module where the notebook imports the package as a whole.
    """
    wanted = [each for tree in _cells(text) for each in _imported(tree)]
    if "ehlib" in wanted or not _parses(text):
        used = {path for path in PACKAGE.rglob("*") if path.suffix in TEXT}
    else:
        used = files_of(frozenset(wanted)) | {PACKAGE / "__init__.py"}
    used |= files_of(MAKING) | {*PACKAGE.glob(TEMPLATE)}
    return sorted(path for path in used if path.suffix in TEXT)


def reads_by_itself(text: str) -> bool:
    """Whether a notebook may read files other than through the package, which notes what it reads.

    It may where a cell does not parse, as with IPython's own commands, imports anything but the
    package and some harmless modules, or calls `open` or what hides a call.
    """
    if not _parses(text):
        return True
    for tree in _cells(text):
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in OPENERS:
                return True
            if isinstance(node, ast.Import | ast.ImportFrom) and not _is_harmless(node):
                return True
    return False


@functools.lru_cache(maxsize=64)
def files_of(wanted: frozenset[str]) -> frozenset[Path]:
    """Files of some modules and of all that they import in their turn.

    Parameters
    ----------
    wanted : frozenset of str
        Full names of modules of the package.

    Returns
    -------
    frozenset of Path
        With the other files beside them, such as tables and queries.
    """
    found: set[Path] = set()
    waiting = list(wanted)
    while waiting:
        for path in _files(waiting.pop()):
            if path not in found:
                found.add(path)
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                waiting += _imports(path, digest)
    beside = {each for path in found for each in path.parent.glob("*") if each.suffix in TEXT}
    sql = PACKAGE.rglob("*.sql")
    return frozenset(found | {path for path in beside if path.suffix != ".py"} | set(sql))


def name_of(path: Path) -> str:
    """Name of a file of the package, as the reasons for a run give it."""
    return path.relative_to(PACKAGE.parent).as_posix()


@functools.lru_cache(maxsize=256)
def _sources(text: str) -> tuple[str, ...]:
    cells = [each for each in json.loads(text)["cells"] if each["cell_type"] == "code"]
    return tuple("".join(each["source"]) for each in cells)


@functools.lru_cache(maxsize=256)
def _cells(text: str) -> tuple[ast.Module, ...]:
    return tuple(tree for source in _sources(text) if (tree := _tree(source)))


def _parses(text: str) -> bool:
    return all(_tree(source) is not None for source in _sources(text))


@functools.lru_cache(maxsize=1024)
def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def _is_harmless(node: ast.Import | ast.ImportFrom) -> bool:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else _names(node)
    return all(name.split(".")[0] in HARMLESS for name in names)


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [alias.name for alias in node.names]


def _imported(tree: ast.Module) -> Iterator[str]:
    """Full names of what a module imports of the package, wherever in it; `ehlib` for all of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name for name in _names(node) if name.split(".")[0] == "ehlib")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ehlib":
            for name in _names(node):
                if node.module == "ehlib" and name == "*":
                    yield "ehlib"
                elif node.module == "ehlib":
                    yield _homes().get(name, f"ehlib.{name}")
                else:
                    yield node.module
                    yield f"{node.module}.{name}"


@functools.cache
def _homes() -> dict[str, str]:
    """Module of each name that notebooks import from the package itself."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    given = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    homes = next(ast.literal_eval(each) for each in given if isinstance(each, ast.Dict))
    return {name: home for home, names in homes.items() for name in names}


@functools.lru_cache(maxsize=1024)
def _imports(path: Path, digest: str) -> tuple[str, ...]:  # the digest: for another content
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(dict.fromkeys(_imported(tree)))


def _files(module: str) -> list[Path]:
    """File of a module with those of the packages that it lies in; none where it is none."""
    parts = module.split(".")[1:]
    path = PACKAGE.joinpath(*parts)
    own = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not parts or not own.is_file():
        return []
    above = [PACKAGE.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts))]
    return [each for each in [*above, own] if each.is_file()]
