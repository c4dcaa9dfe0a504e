"""Time and memory of `ehlib check` over tidy files from 10 thousand to 1 million rows.

    python benchmarks/tidy.py [ROWS ...]

Each file is checked in a process of its own, twice: as it should be, and with a fault in every
tenth row. Seconds are of the processor and of the clock; memory is the peak of the whole process,
libraries included. The last column is rows a second against those of the smallest file.
"""

import csv
import json
import random
import subprocess
import sys
import tempfile
from itertools import islice, product
from pathlib import Path

ROWS = (10_000, 100_000, 1_000_000)
AIM_SECONDS, AIM_MEGABYTES = 10, 500
HEADER = "indicator_id,area_code,period,sex,age,numerator,denominator,value,lower_ci,upper_ci"
CHECK = """
import contextlib, json, resource, sys, time
began = time.perf_counter()
from ehlib.cli import main
with open(sys.argv[2], "w", encoding="utf-8") as out, contextlib.redirect_stdout(out):
    main(["check", "--json", sys.argv[1]])
used = resource.getrusage(resource.RUSAGE_SELF)
scale = 1024 * (1024 if sys.platform == "darwin" else 1)
clock, processor = time.perf_counter() - began, used.ru_utime + used.ru_stime
print(json.dumps([clock, processor, used.ru_maxrss / scale]))
"""


def write(path: Path, rows: int, *, every: int, seed: int = 0) -> int:
    """Write a file of invented rates of every district, sex, year and age; give how many faults."""
    rng = random.Random(seed)
    codes = [f"E0700017{number}" for number in range(7)]
    keys = product(codes, range(1950, 2020), ("female", "male"), range(2000))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        for number, (code, year, sex, age) in enumerate(islice(keys, rows)):
            people = rng.randint(200, 20_000)
            events = rng.randint(0, people)
            rate = 1000 * events / people
            value = "many" if every and number % every == 0 else f"{rate:.1f}"
            limits = f"{rate * 0.9:.1f}", f"{rate * 1.1 + 1:.1f}"
            writer.writerow(
                ["under18_conceptions", code, year, sex, age, events, people, value, *limits]
            )
    return -(-rows // every) if every else 0


def measure(path: Path, out: Path, faults: int) -> tuple[float, float, float]:
    """Seconds by the clock and of the processor, and peak megabytes, once every fault is there."""
    command = [sys.executable, "-c", CHECK, str(path), str(out)]
    run = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    account = json.loads(out.read_text(encoding="utf-8"))
    if len(account["faults"]) != faults:
        raise SystemExit(f"found {len(account['faults'])} faults; expected {faults}")
    return tuple(json.loads(run.stdout))


def main(sizes: tuple[int, ...] = ROWS) -> int:
    print("      rows   faults  clock s   cpu s  peak MB    rows/s  ratio")
    first: dict[int, float] = {}
    met = True
    for rows in sizes:
        for every in (0, 10):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "figures.csv")
                faults = write(path, rows, every=every)
                out = Path(folder, "out.json")
                clock, processor, peak = measure(path, out, faults)
            speed = rows / processor
            ratio = speed / first.setdefault(every, speed)
            print(
                f"{rows:10,} {faults:8,} {clock:8.1f} {processor:7.1f} {peak:8.0f} {speed:9,.0f}"
                f" {ratio:6.1f}"
            )
            met &= processor <= AIM_SECONDS and peak <= AIM_MEGABYTES
    print(f"aim of {AIM_SECONDS} s and {AIM_MEGABYTES} MB at most: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(tuple(map(int, sys.argv[1:])) or ROWS))
