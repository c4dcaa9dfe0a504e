"""Parameters, settings and kernels: none runs what it is given, and no other user reads along."""

import ast
import os
import shutil
import socket
import stat
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import nbformat.v4 as v4
import pytest

from ehlib.publish import batch
from ehlib.publish.batch import Run
from ehlib.publish.batch.making import whole
from ehlib.publish.kernels import execute, keeper

ROOT = Path(__file__).resolve().parents[1]
QUARTER = "2013/14-Q3"
CODE = ['"; open("ran", "w"); "', "\\\"; open('ran', 'w') #", "{{ cycler }}", "__import__('os')"]


class Words(HTMLParser):
    """Text of a page."""

    def __init__(self, html):
        super().__init__()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_data(self, data):
        self.text += data


def test_parameter_is_text_and_never_code(tmp_path, monkeypatch):
    # The gate would stop such a text as code; here only what the parameter does is looked at.
    monkeypatch.setattr(whole, "gate", lambda *_, **__: None)
    monkeypatch.setenv("EHLIB_FORK", "0")
    shutil.copytree(ROOT / "data" / "reference", tmp_path / "reference")
    (tmp_path / "processed").mkdir()
    settings = f'trust = "T"\ndefault_quarter = "{QUARTER}"\ntimeout_seconds = 60\n[[page]]\n'
    settings += 'notebook = "one"\nname = "one"\ngroup = "g"\nfrequency = "quarterly"\n'
    (tmp_path / "reference" / "batch.toml").write_text(settings, encoding="utf-8")
    names = [f"text_{number}" for number in range(len(CODE))]
    declared = "\n".join(f'{name}: str = ""  # text' for name in names)
    cells = [v4.new_code_cell(declared, metadata={"tags": ["parameters"]})]
    shown = (
        f"from ehlib.show import cells\ncells.show_title(text_0, ' '.join([{', '.join(names)}]))"
    )
    cells.append(v4.new_code_cell(shown))
    path = tmp_path / "one.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    run = Run(path, dict(zip(names, CODE, strict=True)), "one", "One", "g")
    folders = {f"{each}_dir": tmp_path / each for each in ("reference", "processed")}
    out = tmp_path / "reports"
    result = batch.run([run], quarter=QUARTER, out=out, jobs=1, progress=False, **folders)
    assert not result.failed, result.lines
    words = Words((out / "one.html").read_text(encoding="utf-8")).text
    for text in CODE:
        assert text in words
    assert not list(tmp_path.rglob("ran"))
    assert sorted(path.name for path in out.iterdir()) == [
        "index.html",
        "manifest.json",
        "one.html",
    ]


MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "yaml", "joblib"}
CALLS = {"eval", "exec", "compile", "__import__", "read_pickle", "to_pickle", "system", "popen"}
REGEX = {"re", "regex"}


def unsafe_lines(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(each.name for each in node.names)]
            if MODULES & {name.partition(".")[0] for name in names}:
                yield f"{path.name}, line {node.lineno}: imports {names}"
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            of_regex = getattr(getattr(node.func, "value", None), "id", "") in REGEX
            if called in CALLS and not of_regex:
                yield f"{path.name}, line {node.lineno}: calls {called}"
            given = {each.arg: each.value for each in node.keywords}
            for name, wrong in {"shell": True, "allow_pickle": True, "autoescape": False}.items():
                if name in given and getattr(given[name], "value", None) is wrong:
                    yield f"{path.name}, line {node.lineno}: {name}={wrong}"


def test_package_reads_no_pickle_and_no_yaml_and_runs_no_text():
    found = [line for path in (ROOT / "ehlib").rglob("*.py") for line in unsafe_lines(path)]
    assert found == []


def test_unsafe_line_is_found(tmp_path):
    source = "import pickle\nfrom yaml import load\neval('1')\npd.read_pickle(x)\n"
    source += "subprocess.run(x, shell=True)\nimport re\nre.compile(x)\n"
    (tmp_path / "x.py").write_text(source, encoding="utf-8")
    assert len(list(unsafe_lines(tmp_path / "x.py"))) == 5


def test_settings_are_toml_json_or_csv():
    kinds = {path.suffix for path in (ROOT / "data" / "reference").iterdir()}
    assert kinds <= {".toml", ".json", ".csv"}


posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps such folders to their user")
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can try as another user"
)
PEEP = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
folder, address = sys.argv[1:]
for what in (lambda: os.listdir(folder), lambda: open(os.path.join(folder, "k.json")).read(),
             lambda: socket.socket(socket.AF_UNIX).connect(address)):
    try:
        what()
    except PermissionError:
        print("refused")
    else:
        print("let in")
"""


@posix
def test_sockets_and_settings_of_a_kernel_are_the_users_alone():
    with execute.private_folder() as private:
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        options = execute._kernel_options(private, 60)
        manager = options["config"]["BatchManager"]
        assert Path(manager["connection_file"]).parent == private
        assert manager["transport"] == "ipc"
        assert Path(manager["ip"]).parent == private
    assert not private.exists()


@posix
@as_root
def test_another_user_reads_no_output_of_a_kernel():
    with execute.private_folder() as private, socket.socket(socket.AF_UNIX) as listener:
        (private / "k.json").write_text("{}", encoding="utf-8")
        (private / "k.json").chmod(0o666)  # the folder alone must be enough
        listener.bind(str(private / "k-1"))
        (private / "k-1").chmod(0o777)
        listener.listen()
        command = [sys.executable, "-c", PEEP, str(private), str(private / "k-1")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == ["refused"] * 3


@posix
@as_root
def test_another_user_asks_for_no_kernel():
    with keeper.warm_kernels():
        address = os.environ.get(keeper.ADDRESS, "")
        if not address or address == keeper.POOLED:
            pytest.skip("kernels are not forked here")
        command = [sys.executable, "-c", PEEP, str(Path(address).parent), address]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == ["refused"] * 3
