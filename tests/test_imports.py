"""Imports go one way: load <- measure <- show <- publish <- cli; prepare stands on load alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

LAYERS = {
    "load": {"load"},
    "prepare": {"load"},
    "check": {"load"},
    "measure": {"load", "measure"},
    "show": {"load", "measure", "show"},
    "publish": {"load", "measure", "show", "publish"},
    "cli": {"load", "prepare", "check", "measure", "show", "publish", "cli"},
    "": {"load", "measure", "show"},  # ehlib/__init__.py, the names that notebooks use
}
# Each library with the layers that may know it.
ONLY_IN = {
    "matplotlib": {"show", "publish"},
    "mpl_toolkits": {"show", "publish"},
    "papermill": {"publish"},
    "nbconvert": {"publish"},
    "nbclient": {"publish"},
    "nbformat": {"publish"},
    "jupyter_client": {"publish"},
    "ipykernel": {"publish"},
}


def offences(root: Path) -> list[str]:
    """One line for each import under `root`/ehlib that goes the wrong way."""
    found = []
    for path in sorted((root / "ehlib").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        layer = parts[1] if parts[1] != "__init__" else ""
        assert layer in LAYERS, f"{'/'.join(parts)}.py belongs to no layer"
        for target in imports(path, parts):
            top, *rest = target.split(".")
            if top == "ehlib" and (not rest or rest[0] not in LAYERS[layer]):
                found.append(f"{'/'.join(parts)}.py imports {target}")
            if layer not in ONLY_IN.get(top, {layer}):
                found.append(f"{'/'.join(parts)}.py imports {target}")
    return found


def imports(path: Path, parts: tuple[str, ...]) -> Iterator[str]:
    """Full names of the modules that the file at `path` imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = parts[: len(parts) - node.level] if node.level else ()
            module = ".".join([*package, *filter(None, [node.module])])
            # `from ehlib import load` names a layer; `from ehlib.load import read` a module.
            yield from (
                f"{module}.{alias.name}" if module == "ehlib" else module for alias in node.names
            )


def test_package_imports_go_one_way(root: Path):
    assert offences(root) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("load/cases.py", "from ehlib.measure import rates"),
        ("load/cases.py", "from ehlib import measure"),
        ("load/cases.py", "from ..measure import rates"),
        ("load/cases.py", "from .. import show"),
        ("load/cases.py", "import ehlib"),
        ("load/cases.py", "from ehlib import read_observations"),
        ("measure/rates.py", "def f():\n    import ehlib.show.charts"),
        ("measure/rates.py", "import matplotlib.pyplot as plt"),
        ("show/charts.py", "from ehlib.publish.page import write_page"),
        ("show/charts.py", "import nbformat"),
        ("publish/batch.py", "from ehlib.cli import main"),
        ("publish/batch.py", "from ehlib.prepare import run_prepare"),
        ("prepare.py", "from ehlib.measure import rates"),
        ("prepare.py", "import papermill"),
        ("__init__.py", "from ehlib.publish import batch"),
        ("cli.py", "import matplotlib"),
    ],
)
def test_import_the_wrong_way_is_found(tmp_path: Path, path: str, line: str):
    module = tmp_path / "ehlib" / path
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(line, encoding="utf-8")
    assert len(offences(tmp_path)) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("load/cases.py", "from ehlib.load.schema import KEY\nfrom .schema import KEY"),
        ("prepare.py", "from ehlib import load\nfrom ehlib.load.schema import KEY"),
        ("show/charts.py", "import matplotlib\nfrom ehlib.measure import rates"),
        ("publish/batch.py", "import papermill, nbformat\nfrom ..show import charts"),
        ("cli.py", "from ehlib import prepare\nfrom ehlib.publish import batch"),
        ("__init__.py", "from ehlib.show.charts import plot_trend"),
    ],
)
def test_import_the_right_way_is_no_offence(tmp_path: Path, path: str, line: str):
    module = tmp_path / "ehlib" / path
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(line, encoding="utf-8")
    assert offences(tmp_path) == []
