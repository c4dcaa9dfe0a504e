"""Time of the release gate: seconds a page, whether it is linear, and what millions of ids cost.

    python benchmarks/release.py [DIR] [PROCESSED]

DIR is a folder of pages, that of the default quarter without it. It is looked through whole, and
then sets of 10, 20 and 40 copies of its largest page with their downloads are; every third figure
counts as hidden. The ratio is the time a page of the largest set over that of the smallest: 1 means
linear. Last, the ids of two million records are looked for in the words of the set.
"""

import shutil
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd

from ehlib.publish.release import check_release
from ehlib.publish.release.files.layers import Layer
from ehlib.publish.release.ids import Words

SIZES = (10, 20, 40)
MOST = 2.0  # seconds a page
RECORDS = 2_000_000
PROCESSED = Path(__file__).resolve().parents[1] / "data" / "processed"


def seconds(folder: Path, shown: pd.DataFrame | None, processed: Path) -> float:
    start = time.perf_counter()
    check_release(folder, shown=shown, processed_dir=processed)
    return time.perf_counter() - start


def copy_page(page: Path, name: str, folder: Path) -> None:
    """A page and its downloads under another name."""
    shutil.copyfile(page, folder / f"{name}.html")
    home = page.parent / "downloads"
    for path in [*home.glob(f"{page.stem}.*"), *home.glob(f"{page.stem}/*")]:
        target = folder / path.relative_to(page.parent).as_posix().replace(page.stem, name, 1)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def look_for_ids() -> tuple[float, float]:
    """Seconds to look for words among ids, and megabytes held meanwhile."""
    words = Words()
    text = " ".join(f"ENQ-{number:06d}" for number in range(20_000))
    words.note(Layer("a.html", "file", "page", ""), text, "<p>")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cases").mkdir()
        ids = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, RECORDS)
        pd.DataFrame({"child_id": ids}).to_parquet(folder / "cases" / "records.parquet")
        tracemalloc.start()
        start = time.perf_counter()
        list(words.leaks(folder, None))
        taken, peak = time.perf_counter() - start, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return taken, peak / 1e6


def hidden_everywhere(processed: Path) -> pd.DataFrame | None:
    """Every third row hidden, so that each page has hidden figures to be looked for."""
    path = processed / "observations.parquet"
    if not path.exists():
        return None
    rows = pd.read_parquet(path)
    third = rows.index % 3 == 0
    numbers = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
    notes = rows["value_note"].mask(third, "suppressed")
    return rows.assign(value_note=notes, **{name: rows[name].mask(third) for name in numbers})


def main(folder: Path, processed: Path) -> int:
    pages = sorted(folder.glob("*.html"), key=lambda path: path.stat().st_size)
    if not pages:
        print(f"{folder.name} holds no pages; run `ehlib reports` first, or name another folder")
        return 2
    shown = hidden_everywhere(processed)
    taken = {0: seconds(folder, shown, processed) / len(pages)}
    print(f"{len(pages)} pages of {folder.name}: {taken[0]:.3f} s a page")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as name:
            for number in range(size):
                copy_page(pages[-1], f"page-{number}", Path(name))
            taken[size] = seconds(Path(name), shown, processed) / size
        print(f"{size:>3} copies of {pages[-1].name}: {taken[size]:.3f} s a page")
    ratio = taken[SIZES[-1]] / taken[SIZES[0]]
    print(f"linearity: {ratio:.2f}; slowest {max(taken.values()):.3f} s a page, at most {MOST}")
    took, held = look_for_ids()
    print(f"ids of {RECORDS:,} records: {took:.1f} s, {held:.0f} MB held")
    return int(max(taken.values()) > MOST)


if __name__ == "__main__":
    default = PROCESSED.parents[1] / "reports" / "2013-14-Q3"
    given = [Path(each) for each in sys.argv[1:3]]
    sys.exit(main(*(given + [default, PROCESSED][len(given) :])))
