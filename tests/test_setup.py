"""The files that say what is installed agree with one another and with what the code imports."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

SYSTEMS = [("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows")]
PYTHONS = ["3.11.2", "3.11.9", "3.12.4", "3.13.1", "3.14.0"]


@pytest.fixture(scope="module")
def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lock(root: Path) -> str:
    return (root / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pins(lock: str) -> list[Requirement]:
    return [Requirement(text) for text in re.findall(r"^([\w.-]+==[^\\\n]+)", lock, re.MULTILINE)]


@pytest.fixture(scope="module")
def asked(project: dict) -> list[Requirement]:
    extras = project["project"]["optional-dependencies"].values()
    listed = [project["project"]["dependencies"], *extras, project["build-system"]["requires"]]
    return [Requirement(text) for part in listed for text in part]


def environment(python: str, system: tuple[str, str, str]) -> dict[str, str]:
    """Values that markers are judged by, on a Python and system of that name."""
    return {
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": system[0],
        "os_name": system[1],
        "platform_system": system[2],
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def pinned(pins: list[Requirement], where: dict[str, str]) -> dict[str, str]:
    """Version of each package that the lock installs there."""
    chosen = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(where)]
    versions = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in chosen}
    assert len(versions) == len(chosen), "a package is pinned twice for one environment"
    return versions


def test_lock_pins_every_package_with_hashes_only(lock: str, pins: list[Requirement]):
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"^#.*\n", "", lock, flags=re.MULTILINE))
    assert len(blocks) == len(pins) > 100
    bare = [
        b.split()[0]
        for b in blocks
        if not re.fullmatch(r"[^\n]+(\s+--hash=sha256:\w{64}( \\)?)+\s*", b)
    ]
    assert bare == []


def test_lock_holds_no_address_and_no_path(lock: str):
    assert not re.search(r"://|file:| @ |[ =]/|[A-Z]:\\|--(extra-)?index|--find-links", lock)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system[2])
def test_lock_satisfies_pyproject_everywhere(pins, asked, python, system):
    versions = pinned(pins, environment(python, system))
    unmet = [str(need) for need in asked if versions.get(need.name, "0") not in need.specifier]
    assert unmet == []


def test_lock_is_complete_so_that_pip_need_not_resolve(pins: list[Requirement]):
    versions = pinned(pins, {})
    unmet = []
    for name in versions:
        for text in metadata.requires(name) or []:
            need = Requirement(text)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                version = versions.get(canonicalize_name(need.name), "none")
                if version == "none" or not need.specifier.contains(version, prereleases=True):
                    unmet.append(f"{name} needs {need}, the lock has {version}")
    assert unmet == []


def test_conda_environment_installs_the_lock_on_a_python_that_will_do(root: Path, project: dict):
    conda = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    python, pip, listed = conda["dependencies"]
    assert SpecifierSet(project["project"]["requires-python"]).contains(python.split("=")[1] + ".0")
    assert (pip, listed) == ("pip", {"pip": ["-r requirements.lock"]})


def test_every_import_is_of_a_declared_dependency(root: Path, project: dict, asked):
    runtime = {canonicalize_name(Requirement(d).name) for d in project["project"]["dependencies"]}
    everything = {canonicalize_name(need.name) for need in asked}
    cluster = project["project"]["optional-dependencies"]["cluster"]
    extra = {canonicalize_name(Requirement(need).name) for need in cluster}
    assert undeclared(root / "ehlib", runtime | extra) == []
    assert undeclared(root / "ehlib" / "publish" / "kernels", runtime) == []
    assert undeclared(root / "tests", everything) == []


def undeclared(folder: Path, declared: set[str]) -> list[str]:
    """Imports under `folder` of third-party packages that are not declared."""
    homes = metadata.packages_distributions()
    packages = (path.parent.name for path in folder.glob("*/__init__.py"))
    own = {"ehlib", *packages, *(path.stem for path in folder.glob("*.py"))}
    found = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for top in {name.split(".")[0] for name in names} - sys.stdlib_module_names - own:
                if not {canonicalize_name(home) for home in homes.get(top, [])} & declared:
                    found.append(f"{path.name} imports {top}")
    return found


def test_import_of_an_undeclared_package_is_found(tmp_path: Path):
    (tmp_path / "a.py").write_text("import pandas\nfrom yaml import x\nimport os, ehlib.load\n")
    assert undeclared(tmp_path, {"pandas"}) == ["a.py imports yaml"]


def test_wheel_carries_the_page_template_and_the_queries(root: Path, tmp_path: Path):
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "ehlib", tmp_path / "ehlib", ignore=ignored)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(root / name, tmp_path)
    code = "import sys; from setuptools.build_meta import build_wheel; print(build_wheel('.'))"
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    inside = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    wanted = {
        path.relative_to(root).as_posix()
        for path in (root / "ehlib").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= inside
    assert any(name.endswith(".sql") for name in wanted)
    assert any("/template/" in name for name in wanted)


def hooks(root: Path) -> dict[str, dict]:
    config = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    return {hook["id"]: hook for repository in config["repos"] for hook in repository["hooks"]}


def test_hooks_fetch_nothing(root: Path):
    config = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    assert {hook["language"] for hook in hooks(root).values()} == {"system"}


def test_hook_strips_outputs_and_counts_but_keeps_tags_and_kernelspec(root: Path, tmp_path: Path):
    cell = nbformat.v4.new_code_cell("rate: float = 1.0", metadata={"tags": ["parameters"]})
    cell.execution_count = 3
    cell.outputs = [nbformat.v4.new_output("stream", text="17 children")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "a.ipynb")
    tool, *options = hooks(root)["nbstripout"]["entry"].split()
    command = [sys.executable, "-m", tool, *options, str(tmp_path / "a.ipynb")]
    subprocess.run(command, check=True, capture_output=True)
    stripped = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    assert stripped.cells[0].outputs == []
    assert stripped.cells[0].execution_count is None
    assert stripped.cells[0].metadata.tags == ["parameters"]
    assert stripped.metadata.kernelspec == kernel


@pytest.mark.parametrize("hook", ["ruff-check", "ruff-format"])
def test_ruff_hook_mends_scripts_and_notebooks(root: Path, tmp_path: Path, hook: str):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import os\nx=1")])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    (tmp_path / "a.py").write_text("import os\nx=1\n", encoding="utf-8")
    shutil.copy(root / "pyproject.toml", tmp_path)
    assert hooks(root)[hook]["types_or"] == ["python", "jupyter"]
    command = [sys.executable, "-m", *hooks(root)[hook]["entry"].split(), "a.py", "a.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    texts = [
        (tmp_path / "a.py").read_text(encoding="utf-8"),
        nbformat.read(tmp_path / "a.ipynb", as_version=4).cells[0].source,
    ]
    mended = {"ruff-check": "import os" not in texts[0], "ruff-format": "x = 1" in texts[0]}
    assert mended[hook]
    assert texts[0].strip() == texts[1].strip()


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_git_keeps_published_figures_and_ignores_records_and_what_is_made(root, tmp_path):
    shutil.copy(root / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    kept = ["data/raw/published/a.csv", "data/reference/areas.toml", "requirements.lock", "run.py"]
    ignored = [
        "data/raw/sample/mash.csv",
        "data/raw/extract.xlsx",
        "data/processed/observations.parquet",
        "reports/2013-14-Q3/index.html",
        ".venv/stamp",
        ".venv.lock",
        "ehlib/load/__pycache__/a.pyc",
        "ehlib.egg-info/PKG-INFO",
        "notebooks/.ipynb_checkpoints/a.ipynb",
    ]
    command = ["git", "check-ignore", "--no-index", *kept, *ignored]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.stdout.split() == ignored


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
@pytest.mark.parametrize(
    ("new", "code", "said"),
    [
        ("python3", 5, "python3 run.py test"),
        ("python3.12", 5, "python3.12 run.py test"),
        ("", 1, ""),
    ],
)
def test_ci_starts_the_first_python_that_will_do(root, tmp_path, new, code, said):
    checkout = tmp_path / "checkout"
    (checkout / ".ci").mkdir(parents=True)
    shutil.copy(root / ".ci" / "run", checkout / ".ci")
    (tmp_path / "bin").mkdir()
    for name in ["python3", "python3.14", "python3.13", "python3.12", "python3.11"]:
        fake = tmp_path / "bin" / name
        trial = f'[ $1 = -c ] && exec {sys.executable} -c "$2"' if name == new else "exit 1"
        fake.write_text(f"#!/bin/sh\n{trial}\necho {name} $*\n[ $PWD = {checkout} ] && exit 5\n")
        fake.chmod(0o755)
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    run = subprocess.run(
        ["bash", str(checkout / ".ci" / "run")],
        env={"PATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout.strip()) == (code, said)
    assert os.access(root / ".ci" / "run", os.X_OK)
