"""What run.py does on a fresh machine, on a half-made environment and on one that is ready."""

import ast
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

# Stands in for ehlib.cli, ruff, pytest and jupyterlab: notes how it was called, ends as told.
STUB = """
import json, os, pathlib, sys, time
root = pathlib.Path(__file__).resolve().parents[1]
name = pathlib.Path(__file__).stem
words = sys.argv[1:]
call = " ".join([name, *words])
with (root / "calls").open("a") as calls:
    print(json.dumps([call, os.getcwd(), os.environ.get("PYTHONUTF8")]), file=calls)
if words[:1] == ["sample"]:
    (root / "data" / "raw" / "sample").mkdir(parents=True)
if words[:1] == ["prepare"]:
    print("a.csv, row 3: found caf\\u00e9", file=sys.stderr)
    if "write" in words or os.environ.get("WRITES") == "1":
        (root / "data" / "processed").mkdir(parents=True, exist_ok=True)
        (root / "data" / "processed" / "observations.parquet").write_text("x")
if words[:1] == ["wait"]:
    try:
        print("waiting", flush=True)
        time.sleep(30)
    except KeyboardInterrupt:
        sys.exit(130)
sys.exit(json.loads(os.environ.get("CODES", "{}")).get(call, 0))
"""


@pytest.fixture(scope="module")
def run(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", root / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Path:
    """A checkout in which nothing is set up."""
    shutil.copy(root / "run.py", tmp_path)
    (tmp_path / "requirements.lock").write_text("anyio==4.16.0 --hash=sha256:" + 64 * "0" + "\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


@pytest.fixture
def ready(run: ModuleType, tree: Path) -> Path:
    """A checkout that is set up, with stubs in place of what it hands over to."""
    command = [sys.executable, "-m", "venv", "--without-pip", str(tree / ".venv")]
    subprocess.run(command, check=True)
    write_stamp(run, tree)
    (tree / "ehlib").mkdir()
    (tree / "notebooks").mkdir()
    (tree / "stubs").mkdir()
    for path in ["ehlib/cli.py", "stubs/ruff.py", "stubs/pytest.py", "stubs/jupyterlab.py"]:
        (tree / path).write_text(STUB, encoding="utf-8")
    return tree


def write_stamp(run: ModuleType, tree: Path, version: str = "{}.{}") -> None:
    text = f"{run.fingerprint(tree)} {version.format(*sys.version_info[:2])}\n"
    (tree / ".venv" / "stamp").write_text(text, encoding="utf-8")


def start(tree: Path, *words: str, cwd: Path | None = None, **settings: str):
    """Finished `run.py` of that checkout."""
    paths = os.pathsep.join([str(tree), str(tree / "stubs")])
    return subprocess.run(
        [sys.executable, str(tree / "run.py"), *words],
        cwd=cwd or tree,
        env={**os.environ, "PYTHONPATH": paths, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def calls(tree: Path) -> list[str]:
    """What was handed over to, in order."""
    path = tree / "calls"
    return [json.loads(line)[0] for line in path.read_text().splitlines()] if path.exists() else []


# Usage


@pytest.mark.parametrize("words", [[], ["report"], ["--quick"]])
def test_wrong_usage_shows_usage_exits_2_and_sets_nothing_up(tree: Path, words: list[str]):
    done = start(tree, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: python run.py COMMAND")
    assert not (tree / ".venv").exists()


@pytest.mark.parametrize("word", ["help", "-h", "--help"])
def test_help_names_every_command_and_sets_nothing_up(run: ModuleType, tree: Path, word: str):
    done = start(tree, word)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {command} " in done.stdout for command in run.COMMANDS)
    assert not (tree / ".venv").exists()


# Too old a Python


def test_old_python_is_told_what_is_needed(tree: Path):
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 1, 'final', 0); sys.argv = ['run.py', 'lab'];"
        "runpy.run_path('run.py', run_name='__main__')"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("run.py needs Python 3.11 or newer; this one is 3.9, at ")
    assert "Traceback" not in done.stderr
    assert not (tree / ".venv").exists()


def test_run_is_written_in_syntax_that_old_pythons_read(root: Path):
    source = (root / "run.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    early = source.split("if sys.version_info < NEEDED")[0]
    # Python 2 stops at the first annotation and prints that line.
    first = next(line for line in early.splitlines() if ": tuple =" in line)
    assert "Python 3.11 or newer is needed" in first
    ast.parse(early.replace(": tuple =", " ="), feature_version=(3, 0))


# When the environment is ready


@pytest.mark.parametrize(
    ("windows", "wanted"), [(True, ".venv/Scripts/python.exe"), (False, ".venv/bin/python")]
)
def test_interpreter_stands_where_the_system_puts_it(run, tmp_path, windows, wanted):
    assert run.venv_python(tmp_path, windows=windows) == tmp_path / wanted


def test_environment_with_its_stamp_is_ready(run: ModuleType, ready: Path):
    assert run.is_ready(ready)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_environment_of_another_lock_is_not_ready(run: ModuleType, ready: Path, name: str):
    with (ready / name).open("a") as changed:
        changed.write("# changed\n")
    assert not run.is_ready(ready)


@pytest.mark.parametrize("stamp", ["", "half", "two words"])
def test_environment_with_a_broken_stamp_is_not_ready(run: ModuleType, ready: Path, stamp: str):
    (ready / ".venv" / "stamp").write_text(stamp)
    assert not run.is_ready(ready)


def test_environment_without_interpreter_is_not_ready(run: ModuleType, ready: Path):
    run.venv_python(ready).unlink()
    assert not run.is_ready(ready)


def test_environment_whose_python_was_removed_is_not_ready(run: ModuleType, ready: Path):
    settings = ready / ".venv" / "pyvenv.cfg"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("home = ", "home = /removed"), encoding="utf-8")
    assert not run.is_ready(ready)
    settings.unlink()
    assert not run.is_ready(ready)


def test_environment_of_a_moved_folder_is_not_ready(run: ModuleType, ready: Path):
    assert not run.is_ready(ready.rename(ready.with_name("elsewhere")))


@pytest.mark.parametrize(("version", "is_ready"), [("3.98", True), ("3.99", False)])
def test_other_python_may_start_an_environment_that_is_still_its_own(
    run, ready, monkeypatch, version, is_ready
):
    write_stamp(run, ready, "3.98")
    monkeypatch.setattr(run, "version_of", lambda python: version)
    assert run.is_ready(ready) is is_ready


def test_hand_over_passes_words_place_settings_and_exit_code(ready: Path):
    (ready / "user").mkdir()
    codes = json.dumps({"cli check a b.csv": 7})
    done = start(ready, "ehlib", "check", "a b.csv", cwd=ready / "user", CODES=codes)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")
    call, place, utf8 = json.loads((ready / "calls").read_text())
    assert (call, utf8) == ("cli check a b.csv", "1")
    assert Path(place) == ready / "user"


def test_module_where_the_user_stands_is_not_imported(ready: Path):
    (ready / "user" / "ehlib").mkdir(parents=True)
    (ready / "user" / "ehlib" / "cli.py").write_text("raise SystemExit(9)")
    assert start(ready, "ehlib", cwd=ready / "user").returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="signals differ")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupt_reaches_the_command_and_gives_its_exit_code(ready, number, code):
    child = subprocess.Popen(
        [sys.executable, "run.py", "ehlib", "wait"],
        cwd=ready,
        env={**os.environ, "PYTHONPATH": str(ready)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "waiting\n"
    child.send_signal(number)
    said = child.communicate(timeout=20)[1]
    assert (child.returncode, said) == (code, "")


def test_lab_starts_in_the_notebooks_folder(ready: Path):
    assert start(ready, "lab", "--no-browser").returncode == 0
    call, place, _ = json.loads((ready / "calls").read_text())
    assert call == "jupyterlab --no-browser"
    assert Path(place) == ready / "notebooks"


def test_missing_folder_is_said_without_a_traceback(ready: Path):
    (ready / "notebooks").rmdir()
    done = start(ready, "lab")
    assert done.returncode == 1
    assert done.stderr.startswith("run.py: ")
    assert "notebooks" in done.stderr
    assert "Traceback" not in done.stderr


# The main job


def test_reports_makes_the_sample_prepares_and_runs_the_quarter(ready: Path):
    assert start(ready, "reports", "2013/14-Q3", "--jobs", "1").returncode == 0
    wanted = ["cli sample", "cli prepare", "cli reports 2013/14-Q3 --jobs 1"]
    assert calls(ready) == wanted
    assert start(ready, "reports").returncode == 0
    assert calls(ready) == [*wanted, "cli prepare", "cli reports"]


def test_refused_extract_lets_the_batch_run_and_is_named_again_at_the_end(ready: Path):
    codes = json.dumps({"cli prepare": 1})
    done = start(ready, "reports", CODES=codes, WRITES="1")
    assert done.returncode == 1
    assert calls(ready)[-1] == "cli reports"
    assert done.stderr.count("a.csv, row 3: found café") == 2
    assert "the pages go without it:\na.csv, row 3" in done.stderr


def test_batch_does_not_run_on_old_data_when_nothing_could_be_prepared(ready: Path):
    (ready / "data" / "processed").mkdir(parents=True)
    (ready / "data" / "processed" / "observations.parquet").touch()
    assert start(ready, "reports", CODES=json.dumps({"cli prepare": 1})).returncode == 1
    assert calls(ready) == ["cli sample", "cli prepare"]


@pytest.mark.parametrize(
    ("codes", "code", "last"),
    [
        ({"cli sample": 1}, 1, "cli sample"),
        ({"cli prepare": 130}, 130, "cli prepare"),
        ({"cli reports": 1}, 1, "cli reports"),
        ({"cli prepare": 1, "cli reports": 2}, 2, "cli reports"),
    ],
)
def test_reports_ends_with_the_code_of_the_step_that_failed(ready, codes, code, last):
    assert start(ready, "reports", CODES=json.dumps(codes), WRITES="1").returncode == code
    assert calls(ready)[-1] == last


def test_help_of_reports_prepares_nothing(ready: Path):
    assert start(ready, "reports", "--help").returncode == 0
    assert calls(ready) == ["cli reports --help"]


# The checks

CHECKS = [
    "ruff check",
    "ruff format --check",
    "cli sample",
    "cli prepare",
    "pytest -n logical --dist loadfile",
    "pytest -n logical --dist loadfile --nbval-lax --nbval-current-env notebooks",
]


def test_all_checks_run_and_pass(ready: Path):
    done = start(ready, "test", WRITES="1")
    assert (done.returncode, calls(ready)) == (0, CHECKS)
    assert done.stderr.splitlines()[-1] == "run.py test: all passed"


def test_data_already_prepared_is_used(ready: Path):
    start(ready, "test", WRITES="1")
    (ready / "calls").unlink()
    start(ready, "test")
    assert calls(ready) == [call for call in CHECKS if not call.startswith("cli")]


@pytest.mark.parametrize("failing", ["ruff check", "cli prepare", *CHECKS[-2:]])
def test_check_that_fails_stops_no_other_and_is_named(ready: Path, failing: str):
    done = start(ready, "test", CODES=json.dumps({failing: 1}), WRITES="1")
    assert (done.returncode, calls(ready)) == (1, CHECKS)
    assert done.stderr.splitlines()[-1].endswith("failed")


def test_options_go_to_pytest_and_a_named_file_leaves_the_notebooks_out(ready: Path):
    start(ready, "test", "-x", WRITES="1")
    assert calls(ready)[-2:] == [f"{CHECKS[-2]} -x", CHECKS[-1]]
    (ready / "tests").mkdir()
    (ready / "tests" / "test_a.py").touch()
    start(ready, "test", "tests/test_a.py::test_b")
    assert calls(ready)[-1] == "pytest tests/test_a.py::test_b"


# Set-up


@pytest.fixture
def steps(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Steps of the set-up, noted instead of taken."""
    taken: list[str] = []

    def make(root: Path) -> None:
        taken.append("make")
        (root / ".venv").mkdir(exist_ok=True)

    def install(root: Path) -> None:
        assert not (root / ".venv" / "stamp").exists()
        taken.append("install")

    monkeypatch.setattr(run, "make_environment", make)
    monkeypatch.setattr(run, "install", install)
    return taken


@pytest.mark.parametrize(
    ("version", "wanted"),
    [("", ["make", "install"]), ("3.10", ["make", "install"]), ("3.12", ["install"])],
)
def test_environment_is_made_anew_only_if_its_python_will_not_do(
    run, ready, steps, monkeypatch, version, wanted
):
    with (ready / "requirements.lock").open("a") as changed:
        changed.write("# changed\n")
    answers = [version, "3.12"]
    monkeypatch.setattr(run, "version_of", lambda python: answers.pop(0))
    run.set_up(ready)
    assert steps == wanted
    assert (ready / ".venv" / "stamp").read_text() == f"{run.fingerprint(ready)} 3.12\n"


def test_set_up_that_fails_leaves_no_stamp(run, ready, steps, monkeypatch):
    def fail(root: Path) -> None:
        raise run.SetUpError("no index")

    (ready / "pyproject.toml").write_text("")
    monkeypatch.setattr(run, "install", fail)
    with pytest.raises(run.SetUpError, match="no index"):
        run.set_up(ready)
    assert not (ready / ".venv" / "stamp").exists()


def test_set_up_is_left_alone_when_another_has_just_finished(run, ready, steps):
    run.set_up(ready)
    assert steps == []


def test_version_is_empty_without_interpreter_or_pip(run: ModuleType, ready: Path, tmp_path: Path):
    assert run.version_of(tmp_path / "none") == ""
    assert run.version_of(run.venv_python(ready)) == ""


def test_second_set_up_waits_for_the_first(run: ModuleType, tmp_path: Path):
    with (tmp_path / "lock").open("a") as other:
        with run.one_at_a_time(tmp_path / "lock"):
            assert not run.try_lock(other.fileno())
        assert run.try_lock(other.fileno())


def test_packages_are_installed_by_hash_and_ready_made(run, ready, monkeypatch):
    commands = []
    monkeypatch.setattr(run, "follow", lambda command, describe: commands.append(command))
    run.install(ready)
    lock, package, _ = [" ".join(map(str, command)) for command in commands]
    assert lock.startswith(f"{run.venv_python(ready)} -I ")
    assert "--require-hashes --only-binary :all: -r " in lock
    assert package.endswith(f"--no-build-isolation -e {ready}")
    assert "--no-deps" in lock
    assert "--no-deps" in package
    assert not any(word in lock + package for word in ["--user", "--trusted-host"])


def test_pip_never_installs_for_the_user(run: ModuleType, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_USER", "1")
    code = "import os, sys; sys.exit(os.environ['PIP_USER'] != '0')"
    run.follow([sys.executable, "-c", code], lambda lines: "")


def test_package_whose_installation_was_cut_off_is_installed_again(run, ready, monkeypatch):
    site = next((ready / ".venv").rglob("site-packages"))
    for name in ["whole", "half"]:
        (site / f"{name}-1.dist-info").mkdir()
    (site / "whole-1.dist-info" / "RECORD").touch()
    monkeypatch.setattr(run, "follow", lambda command, describe: None)
    run.install(ready)
    assert [path.name for path in site.glob("*.dist-info")] == ["whole-1.dist-info"]


def test_python_without_ensurepip_is_told_what_to_install(run, tree, monkeypatch):
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(run.SetUpError, match=r"apt-get install python3\.\d+-venv"):
        run.set_up(tree)


def test_progress_is_shown_in_plain_lines_away_from_a_terminal(run, capsys):
    run.follow([sys.executable, "-c", "print(1)"], lambda lines: f"{len(lines)} lines")
    said = capsys.readouterr()
    assert said.out == ""
    assert "\r" not in said.err
    assert said.err.startswith("  0 lines, ")


def test_progress_is_one_moving_line_in_a_terminal(run, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run.follow([sys.executable, "-c", "import time; time.sleep(0.5)"], lambda lines: "at work")
    said = capsys.readouterr().err
    assert said.count("\r  at work, ") >= 2
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not the one",
        ),
        ("ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
        ("OSError: [WinError 112] There is not enough space on the disk", "disk is full"),
        ("OSError: [Errno 13] Permission denied: '/x'", "may not be written"),
        ("PermissionError: [WinError 32] used by another process", "Close JupyterLab"),
        ("HINT: ... does not have Windows Long Path support enabled", "too long"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "PIP_CERT"),
        ("Could not find a suitable TLS CA certificate bundle, invalid path: /x", "PIP_CERT"),
        ("after connection broken by 'NewConnectionError(...)': /simple/anyio/", "HTTPS_PROXY"),
        ("ProxyError('Tunnel connection failed: 407 Proxy Authentication", "HTTPS_PROXY"),
        ("Failed to establish a new connection: [Errno 13] ConnectTimeoutError", "HTTPS_PROXY"),
        ("ERROR: HTTP error 403 while getting https", "PIP_INDEX_URL"),
        ("ERROR: Could not find anyio==4.16.0 (from versions: none)", "PIP_NO_INDEX"),
        ("ERROR: No matching distribution found for anyio==4.16.0", "no ready-made file"),
        ("Segmentation fault", "Delete the folder .venv"),
    ],
)
def test_reason_of_a_failure_is_said_in_plain_words(run: ModuleType, line: str, meaning: str):
    said = run.explain(f"Collecting anyio\n{line}\nERROR: exit status 1\n")
    assert meaning in said
    assert line in said


def test_full_disk_is_named_though_a_connection_was_slow_before(run: ModuleType):
    slow = "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError'"
    assert "disk is full" in run.explain(f"{slow}\nOSError: [Errno 28] No space left on device")


def test_index_out_of_reach_is_said_plainly_and_leaves_what_the_next_run_mends(run, tree):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    settings = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
    proxies = dict.fromkeys(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"], "")
    done = start(tree, "reports", **nowhere, **settings, **proxies)
    assert (done.returncode, done.stdout) == (1, "")
    assert "The package index could not be reached." in done.stderr
    assert all(name in done.stderr for name in ["HTTPS_PROXY", "PIP_INDEX_URL", "PIP_CERT"])
    assert "Traceback" not in done.stderr
    assert not run.is_ready(tree)
    assert run.version_of(run.venv_python(tree)) == "{}.{}".format(*sys.version_info[:2])
