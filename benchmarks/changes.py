"""Whole batches by the command line: the first, with nothing to do, and after one extract changed.

    python benchmarks/changes.py [ROWS ...]

ROWS are sizes of the synthetic sample of MASH enquiries, such as 5000 10000000; the calibrated
size (about 56,000) without any. Each size is prepared and made into a whole quarter in a temporary
folder, protection, gate and publishing included, as users do it: the first batch from a cold start,
the same again, and again after the last enquiry was taken out of the extract and prepared anew.
Memory is that of all processes of preparing and of the first batch, shared pages counted once.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import copytree

from batch import ROOT, Peak, machine

HEADS = ["enquiries", "prepare s", "MB", "first batch s", "MB", "nothing to do s"]
HEADS += ["after a change s", "pages made then", "page KB, median and most"]
BACK = 10_000  # bytes from the end of an extract in which its last row begins


def main(sizes: list[str]) -> None:
    print(machine())
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    for size in sizes or [""]:
        with tempfile.TemporaryDirectory() as name:
            print(f"| {' | '.join(row(Path(name), size))} |", flush=True)


def row(home: Path, size: str) -> list[str]:
    """Seconds and memory of each step on a sample of some size, and the pages that came out."""
    raw, processed, out = home / "raw", home / "processed", home / "out"
    copytree(ROOT / "data" / "raw" / "published", raw / "published")
    run("sample", "--out", raw / "sample", *(["--rows", size] if size else []))
    prepare = ["prepare", "--raw", raw, "--processed", processed]
    batch = ["reports", "--processed", processed, "--out", out]
    prepared, first, nothing = run(*prepare), run(*batch), run(*batch)
    before = {path: path.read_bytes() for path in out.glob("*.html")}
    rows = drop_last(raw / "sample" / "mash_enquiries.csv")
    run(*prepare)
    changed = run(*batch)
    made = sum(path.read_bytes() != before.get(path) for path in out.glob("*.html"))
    sizes = [len(content) / 1000 for content in before.values()]
    return [
        f"{rows:,}",
        *(f"{prepared[0]:.1f}", f"{prepared[1]:,.0f}", f"{first[0]:.1f}", f"{first[1]:,.0f}"),
        *(f"{nothing[0]:.1f}", f"{changed[0]:.1f}", f"{made} of {len(before)}"),
        f"{statistics.median(sizes):.0f} and {max(sizes):.0f}",
    ]


def drop_last(extract: Path) -> int:
    """Take the last row out of an extract; how many there were."""
    with extract.open("rb+") as file:
        rows = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 24), b"")) - 1
        start = max(0, file.tell() - BACK)
        file.seek(start)
        end = file.read().rstrip(b"\n").rindex(b"\n")
        file.truncate(start + end + 1)
    return rows


def run(*words: object) -> tuple[float, float]:
    """Seconds of an ehlib command, and the memory in MB that its processes had at most."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "ehlib.cli", *map(str, words)]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:
        peak = Peak(process.pid)
        _, complained = process.communicate()
        peak.end()
    if process.returncode:
        raise SystemExit(f"{complained}\nehlib {words[0]} failed")
    return time.perf_counter() - begun, peak.bytes / 1e6


if __name__ == "__main__":
    main(sys.argv[1:])
