"""Time of whole batches from a cold start, with nothing to do, and after one extract changed.

    python benchmarks/changes.py [ROWS ...]

ROWS are sizes of the synthetic sample of MASH enquiries, such as 5000 1000000; the calibrated size
(about 13,800) without any. Each size is prepared and made into a whole quarter in a temporary
folder, by the command line, as users do it: the first batch, the same again, and again after one
enquiry was taken out of the extract and prepared anew.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import copytree

ROOT = Path(__file__).resolve().parents[1]


def main(sizes: list[str]) -> None:
    print(
        "| MASH enquiries | prepare s | first batch s | nothing to do s | one changed s | pages |"
    )
    print("|---|---|---|---|---|---|")
    for size in sizes or [""]:
        with tempfile.TemporaryDirectory() as name:
            print(f"| {size or 'calibrated'} | {row(Path(name), size)} |", flush=True)


def row(home: Path, size: str) -> str:
    """Seconds of each step on a sample of some size, and how many pages the last one made."""
    raw, processed, out = home / "raw", home / "processed", home / "out"
    copytree(ROOT / "data" / "raw" / "published", raw / "published")
    timed("sample", "--out", raw / "sample", *(["--rows", size] if size else []))
    prepare = ["prepare", "--raw", raw, "--processed", processed]
    batch = ["reports", "--processed", processed, "--out", out]
    steps = [timed(*prepare), timed(*batch), timed(*batch)]
    extract = raw / "sample" / "mash_enquiries.csv"
    lines = extract.read_text(encoding="utf-8").splitlines(keepends=True)
    extract.write_text("".join(lines[:-1]), encoding="utf-8")
    timed(*prepare)
    standing = {path: path.read_bytes() for path in out.glob("*.html")}
    steps.append(timed(*batch))
    made = sum(path.read_bytes() != standing.get(path) for path in out.glob("*.html"))
    return " | ".join([*(f"{each:.1f}" for each in steps), f"{made} of {len(standing)}"])


def timed(*words: object) -> float:
    """Seconds of an ehlib command."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "ehlib.cli", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"ehlib {words[0]} failed:\n{done.stderr}")
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(sys.argv[1:])
