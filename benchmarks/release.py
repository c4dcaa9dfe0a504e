"""Time of the release gate: seconds a page, and whether twice the pages take twice the time.

    python benchmarks/release.py [DIR]

DIR is a folder of pages, that of the default quarter without it. It is looked through whole, and
then sets of 10, 20 and 40 copies of its largest page are; every third figure counts as hidden. The
ratio is the time a page of the largest set over that of the smallest: 1 means linear.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from ehlib.publish.release import check_release

SIZES = (10, 20, 40)
MOST = 2.0  # seconds a page
PROCESSED = Path(__file__).resolve().parents[1] / "data" / "processed"


def seconds(folder: Path, shown: pd.DataFrame | None) -> float:
    start = time.perf_counter()
    check_release(folder, shown=shown, processed_dir=PROCESSED)
    return time.perf_counter() - start


def hidden_everywhere() -> pd.DataFrame | None:
    """Every third row hidden, so that each page has hidden figures to be looked for."""
    path = PROCESSED / "observations.parquet"
    if not path.exists():
        return None
    rows = pd.read_parquet(path)
    third = rows.index % 3 == 0
    numbers = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
    notes = rows["value_note"].mask(third, "suppressed")
    return rows.assign(value_note=notes, **{name: rows[name].mask(third) for name in numbers})


def main(folder: Path) -> int:
    pages = sorted(folder.glob("*.html"), key=lambda path: path.stat().st_size)
    if not pages:
        print(f"{folder.name} holds no pages; run `ehlib reports` first, or name another folder")
        return 2
    shown = hidden_everywhere()
    taken = {0: seconds(folder, shown) / len(pages)}
    print(f"{len(pages)} pages of {folder.name}: {taken[0]:.3f} s a page")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as name:
            for number in range(size):
                shutil.copyfile(pages[-1], Path(name) / f"page-{number}.html")
            taken[size] = seconds(Path(name), shown) / size
        print(f"{size:>3} copies of {pages[-1].name}: {taken[size]:.3f} s a page")
    ratio = taken[SIZES[-1]] / taken[SIZES[0]]
    print(f"linearity: {ratio:.2f}; slowest {max(taken.values()):.3f} s a page, at most {MOST}")
    return int(max(taken.values()) > MOST)


if __name__ == "__main__":
    default = PROCESSED.parents[1] / "reports" / "2013-14-Q3"
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else default))
