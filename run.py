"""Set the workbench up in .venv on first use, then hand over to it: python run.py help.

Standard library only, and no syntax newer than Python 3.6, so that an older Python still gets as
far as saying what is needed.
"""

import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Python 2 stops at the next line and prints it, so the line says what is wanted.
NEEDED: tuple = (3, 11)  # Python 3.11 or newer is needed: python3.12 run.py, or py -3.12 run.py

if sys.version_info < NEEDED:
    sys.exit(
        "run.py needs Python {}.{} or newer; this one is {}.{}, at {}.\n"
        "Start it with a newer one: python3.12 run.py, or on Windows: py -3.12 run.py.\n"
        "Python comes from python.org or from IT, and needs no admin rights.".format(
            *NEEDED, *sys.version_info[:2], sys.executable
        )
    )

ROOT = Path(__file__).resolve().parent
PREPARED = ROOT / "data" / "processed" / "observations.parquet"
STARTED = time.monotonic()
ON_ALL_CORES = ["-n", "logical", "--dist", "loadfile"]  # a test file stays on one of them
USAGE = """usage: python run.py COMMAND

  reports [QUARTER] ...  prepare the data, then write the quarter's pages into reports/
  test ...               ruff, the tests and every notebook; what follows goes to pytest
  lab                    JupyterLab in notebooks/
  ehlib ...              any ehlib command, such as: ehlib check FILE
  help                   this text

The first use sets everything up in .venv, which takes some minutes; later ones start at once."""

# What pip or the system says, and what it means to the person at the desk. The first match counts.
CAUSES = {
    r"DO NOT MATCH THE HASHES": """\
A downloaded file is not the one that requirements.lock names, so it was not installed.
Try again; if it stays so, the package index serves altered files.""",
    r"No space left|Errno 28\b|WinError 112\b|[Dd]isk quota": """\
The disk is full. The set-up needs about 2 GB, here and in the folder for temporary files.""",
    r"Windows Long Path": """\
This folder's path is too long for Windows. Move it to a short one, such as C:\\ehlib.""",
    r"OSError: \[Errno 13\]|PermissionError|WinError (5|32)\b|Read-only file": """\
Files here may not be written, or another program holds them. Close JupyterLab, and see
that you may write in this folder; admin rights are not needed.""",
    r"CERTIFICATE_VERIFY_FAILED|SSLError|TLS CA certificate": """\
The certificate of the package index was not accepted, as happens behind a proxy that reads
traffic. Ask IT for its certificate file and set PIP_CERT to the path of that file.""",
    r"Max retries|Retrying \(|ConnectionError|Timeout|ProxyError|HTTP error|versions: none": """\
The package index could not be reached. Check the network. Behind a proxy, set HTTPS_PROXY to
its address, and PIP_CERT to its certificate file if it has one. If you have a package index
of your own, set PIP_INDEX_URL to its address; PIP_NO_INDEX must not be set.""",
    r"No matching distribution": """\
There is no ready-made file of a package for this Python and system. Start run.py with
Python 3.12 or 3.13; if PIP_INDEX_URL is set, see that it leads to a complete index.""",
}


class SetUpError(Exception):
    """The environment could not be made; the message is for the person at the desk."""


def main(words: list[str]) -> int:
    """Exit code of the command in `words`, after any set-up it needs."""
    command = words[0] if words else ""
    if command not in COMMANDS:
        asked = command in ("help", "-h", "--help")
        print(USAGE, file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    try:
        if not is_ready(ROOT):
            set_up(ROOT)
        return COMMANDS[command](words[1:])
    except SetUpError as error:
        tell(f"run.py: the set-up did not finish.\n{error}")
        return 1
    except OSError as error:
        tell(f"run.py: {error}\nIf that is about .venv, delete the folder .venv and try again.")
        return 1
    except KeyboardInterrupt:
        tell("\nrun.py: stopped.")
        return 130


# Set-up


def venv_python(root: Path, windows: bool = os.name == "nt") -> Path:
    """Interpreter of the environment under `root`."""
    return root / ".venv" / ("Scripts/python.exe" if windows else "bin/python")


def fingerprint(root: Path) -> str:
    """Digest of what the environment is made from, and of where it stands."""
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape"))
    for name in ("requirements.lock", "pyproject.toml"):
        digest.update(hashlib.sha256((root / name).read_bytes()).digest())
    return digest.hexdigest()


def is_ready(root: Path) -> bool:
    """Whether a finished environment made from this very lock is there."""
    venv, python = root / ".venv", venv_python(root)
    try:
        made_from, made_for = (venv / "stamp").read_text(encoding="utf-8").split()
        base = (venv / "pyvenv.cfg").read_text(encoding="utf-8").partition("home = ")[2]
    except (OSError, ValueError):
        return False
    there = python.exists() and Path(base.partition("\n")[0]).exists()  # or was Python removed?
    if made_from != fingerprint(root) or not there:
        return False
    # Only when another Python starts us need the environment's own be asked, which takes longer.
    return made_for == "{}.{}".format(*sys.version_info[:2]) or made_for == version_of(python)


def version_of(python: Path) -> str:
    """Version, such as "3.12", of an interpreter that runs and has pip; else nothing."""
    command = [str(python), "-I", "-X", "utf8", "-m", "pip", "--version"]
    try:
        said = subprocess.run(command, capture_output=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(rb"\(python (\d+\.\d+)\)", said)
    return found.group(1).decode() if found else ""


def set_up(root: Path) -> None:
    """Make or mend the environment; SetUpError says what stands in the way."""
    stamp = root / ".venv" / "stamp"
    try:
        with one_at_a_time(root / ".venv.lock"):
            if is_ready(root):  # another set-up has just made it
                return
            stamp.unlink(missing_ok=True)
            version = version_of(venv_python(root))
            if not version or tuple(map(int, version.split("."))) < NEEDED:
                make_environment(root)
                version = version_of(venv_python(root))
            install(root)
            stamp.write_text(f"{fingerprint(root)} {version}\n", encoding="utf-8")
    except OSError as error:
        raise SetUpError(explain(f"{type(error).__name__}: {error}")) from error
    tell(f"The environment is ready after {time.monotonic() - STARTED:.0f} s.")


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock on `path`; the system frees it when this process and its steps have ended."""
    with path.open("a") as handle:
        os.set_inheritable(handle.fileno(), True)  # a pip that outlives us still holds the lock
        if not try_lock(handle.fileno()):
            tell("Another set-up is at work in this folder; waiting for it.")
            while not try_lock(handle.fileno()):
                time.sleep(0.5)
        yield


def try_lock(descriptor: int) -> bool:
    """Whether the lock is ours now; on a drive that knows no locks it always is."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, (BlockingIOError, PermissionError))
    return True


def make_environment(root: Path) -> None:
    """Make .venv afresh, whatever is there."""
    if importlib.util.find_spec("ensurepip") is None:  # Debian and Ubuntu package it apart
        raise SetUpError(
            "This Python has no ensurepip, so it cannot make environments. On Debian or Ubuntu:\n"
            "sudo apt-get install python{}.{}-venv".format(*sys.version_info[:2])
        )
    command = [sys.executable, "-I", "-m", "venv", "--clear", root / ".venv"]
    follow(command, lambda lines: "making .venv")


def install(root: Path) -> None:
    """Install what the lock names, then the package itself, which needs no index."""
    for record in installed(root):
        if not (record / "RECORD").exists():  # pip writes it last: a cut-off installation
            import shutil

            shutil.rmtree(record)
    lock = root / "requirements.lock"
    total = len(set(re.findall(r"^[\w.-]+(?===)", lock.read_text(encoding="utf-8"), re.MULTILINE)))

    def describe(lines: list[str]) -> str:
        if any(line.startswith("Installing collected") for line in lines):
            return f"installing packages, {len(installed(root))} of about {total}"
        fetched = sum(line.startswith(("Collecting ", "Requirement already")) for line in lines)
        return f"fetching packages, {fetched} of about {total}"

    python = venv_python(root)
    pip = [python, "-I", "-X", "utf8", "-m", "pip", "--disable-pip-version-check"]
    pip += ["--no-input", "install", "--no-deps", "--no-compile", "--progress-bar", "off"]
    follow([*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock], describe)
    follow([*pip, "--no-build-isolation", "-e", root], lambda lines: "installing ehlib")
    # pip compiles on one core only, and the packages' own tests too.
    code = (
        "import compileall, re, sys; tests = re.compile(r'[\\\\/]tests?[\\\\/]');"
        "compileall.compile_dir(sys.argv[1], quiet=2, workers=0, rx=tests)"
    )
    follow([python, "-I", "-c", code, root / ".venv"], lambda lines: "compiling packages")


def installed(root: Path) -> list[Path]:
    """Records of the packages in the environment."""
    venv = root / ".venv"
    return [*venv.glob("lib/python*/site-packages/*.dist-info"), *venv.glob("Lib/*/*.dist-info")]


def follow(command: list, describe: Callable[[list[str]], str]) -> None:
    """Run a step of the set-up and show how far it is; SetUpError if it fails."""
    child = subprocess.Popen(
        list(map(str, command)),
        close_fds=False,
        env={**os.environ, "PIP_USER": "0"},  # a pip.ini may ask for --user, which fails here
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    lines: list[str] = []
    done = threading.Event()
    ticker = threading.Thread(target=show_progress, args=(done, lambda: describe(lines)))
    with child:
        ticker.start()
        try:
            for line in child.stdout:
                lines.append(line)
        finally:
            done.set()
            ticker.join()
    if child.returncode:
        raise SetUpError(explain("".join(lines)))


def show_progress(done: threading.Event, describe: Callable[[], str]) -> None:
    """Show how far a step is until it is done: a line that moves, or a plain one now and then."""
    moves = sys.stderr.isatty()
    while True:
        text = f"  {describe()}, {time.monotonic() - STARTED:.0f} s"
        print("\r" + text.ljust(70) if moves else text, end="" if moves else "\n", file=sys.stderr)
        sys.stderr.flush()
        if done.wait(0.2 if moves else 15):
            break
    if moves:
        tell("")


def explain(said: str) -> str:
    """Why a step failed, in plain words, with the line that shows it."""
    lines = [line.strip()[:400] for line in said.splitlines() if line.strip()]
    for pattern, meaning in CAUSES.items():
        for line in reversed(lines):
            if re.search(pattern, line):
                return f"{meaning}\nThe message was: {line}"
    return "Delete the folder .venv and try again. It ended with:\n" + "\n".join(lines[-5:])


def tell(text: str) -> None:
    """Write a line of our own, apart from what a command prints."""
    print(text, file=sys.stderr, flush=True)


# Commands


def hand_over(words: list[str], cwd: Path | None = None, kept: list[bytes] | None = None) -> int:
    """Exit code of the environment's Python run with `words`; `kept` gathers what it says."""
    python = venv_python(ROOT)
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", "")])
    child = subprocess.Popen(
        [str(python), "-P", *words],  # -P: a random.py where the user stands is not imported
        cwd=cwd,
        env={**os.environ, "PYTHONUTF8": "1", "PATH": path},
        stdout=None if kept is None else subprocess.PIPE,
        stderr=None if kept is None else subprocess.STDOUT,
    )

    def pass_on(number: int, frame: object) -> None:
        # A terminal tells the child as well; whatever else tells only us.
        if number != signal.SIGINT or not (os.name == "nt" or os.isatty(0)):
            child.send_signal(number)

    before = {n: signal.signal(n, pass_on) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        for line in child.stdout or ():
            kept.append(line)
            sys.stderr.buffer.write(line)
            sys.stderr.flush()
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if code == 0xC000013A:  # Windows: ended by Ctrl-C
        return 130
    return code if code >= 0 else 128 - code


def run_ehlib(words: list[str], **options: object) -> int:
    """Exit code of an ehlib command."""
    return hand_over(["-m", "ehlib.cli", *words], **options)


def prepare(kept: list[bytes] | None = None) -> int:
    """Exit code of `ehlib prepare`, after `ehlib sample` where there is no sample yet."""
    if not (ROOT / "data" / "raw" / "sample").exists():
        code = run_ehlib(["sample"], cwd=ROOT)
        if code:
            raise SystemExit(code)  # without a sample, 1 would look like a refused file
    return run_ehlib(["prepare"], cwd=ROOT, kept=kept)


def prepared_at() -> int:
    """Time in ns at which the prepared data was last written, or 0."""
    return PREPARED.stat().st_mtime_ns if PREPARED.exists() else 0


def run_reports(words: list[str]) -> int:
    """Exit code of the whole job; what was refused while preparing is said again at the end."""
    if {"-h", "--help"} & set(words):
        return run_ehlib(["reports", *words])
    said: list[bytes] = []
    before = prepared_at()
    prepared = prepare(said)
    if prepared > 1 or (prepared and prepared_at() == before):  # nothing new to make pages from
        return prepared
    code = run_ehlib(["reports", *words], cwd=ROOT)
    if prepared and code < 128:
        tell("\nrun.py: something was refused while preparing, and the pages go without it:")
        sys.stderr.buffer.write(b"".join(said[-40:]))
        sys.stderr.flush()
    return code or prepared


def run_tests(words: list[str]) -> int:
    """Exit code 0 if every check passes; each runs, whatever went wrong before it."""
    named = any((ROOT / word.split("::")[0]).exists() for word in words)
    checks = {
        "ruff check": ["ruff", "check"],
        "ruff format": ["ruff", "format", "--check"],
        "prepare": [],
        "tests": ["pytest", *([] if named else ON_ALL_CORES), *words],
        "notebooks": ["pytest", *ON_ALL_CORES, "--nbval-lax", "--nbval-current-env", "notebooks"],
    }
    if PREPARED.exists():
        del checks["prepare"]
    if named:
        del checks["notebooks"]  # only what was named is wanted
    failed = []
    for name, command in checks.items():
        tell(f"\nrun.py test: {name}")
        code = hand_over(["-m", *command], cwd=ROOT) if command else prepare()
        if code >= 128:  # stopped by a signal
            return code
        if code:
            failed.append(name)
    tell(f"run.py test: {', '.join(failed) + ' failed' if failed else 'all passed'}")
    return 1 if failed else 0


def run_lab(words: list[str]) -> int:
    """Exit code of JupyterLab."""
    return hand_over(["-m", "jupyterlab", *words], cwd=ROOT / "notebooks")


COMMANDS = {"reports": run_reports, "test": run_tests, "lab": run_lab, "ehlib": run_ehlib}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
