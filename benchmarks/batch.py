"""Time and memory of a batch of pages, ours against the loop that users write and against a limit.

    python benchmarks/batch.py [--pages 20 60 120] [--repeats 5] [--naive 6] [--long 500]

The runs are those of the default quarter, again under other page names where more are asked for;
they read a protected copy of the prepared data, as a batch does. Each way of `benchmarks/ways.py`
runs in a process of its own, all ways one after the other in each round, in turning order; medians
and spread are of the rounds, ratios are of the same round. The two naive ways run a sample of the
pages (`--naive`), since the whole would take ten seconds a page. Start-up counts for all but the
limit, whose two processes are warm when the clock starts. Processor time is that of all processes
of a way, of the limit's only while it makes pages. Every page of every way is compared by digest
before anything is said of time.
"""

import argparse
import contextlib
import ctypes
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psutil
from ways import ROOT, digests

SAMPLED = ("naive", "two")
PROCESSED = ROOT / "data" / "processed"
ADOPT = 36  # PR_SET_CHILD_SUBREAPER of Linux: what a way leaves behind is counted with it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, nargs="+", default=[20, 60, 120])
    parser.add_argument("--repeats", type=int, default=5, help="rounds")
    parser.add_argument("--naive", type=int, default=6, help="pages that the naive ways run")
    parser.add_argument("--long", type=int, default=0, help="pages of one long batch, such as 500")
    parser.add_argument("--processed", type=Path, default=PROCESSED, help="prepared data")
    options = parser.parse_args()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    print(machine())
    with planned(options.processed) as runs:
        start_up(runs)
        for pages in options.pages:
            compare(spread_out(runs, pages), options)
        if options.long:
            grow(spread_out(runs, options.long))


def start_up(work: dict) -> None:
    """Time one page by itself, with a kernel that starts cold and with a forked one."""
    with tempfile.TemporaryDirectory() as name:
        write_work(Path(name, "one"), work)
        found = measure("starts", Path(name, "one"))
    said = f"{found['cold']:.2f} s in a kernel that starts cold, {found['warm']:.2f} s in a forked"
    print(f"{found['page']} by itself: {said}")


def machine() -> str:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    memory = psutil.virtual_memory().total / 1e9
    said = f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}"
    return f"{date.today()}: {said}, Python {platform.python_version()}; load before {load}"


@contextlib.contextmanager
def planned(processed: Path) -> Iterator[dict]:
    """Runs of the default quarter on protected data, as `work.json` holds them."""
    from ehlib.publish.batch.released import protected_data
    from ehlib.publish.batch.runs import NOTEBOOKS, REFERENCE, plan
    from ehlib.publish.batch.schedule import read_schedule

    schedule = read_schedule()
    quarter = schedule.default_quarter
    with protected_data(processed, reference_dir=REFERENCE, quarter=quarter) as released:
        due = plan(quarter, processed_dir=released.folder)
        yield {
            "trust": schedule.trust,
            "quarter": quarter,
            "day": date.today().isoformat(),
            "notebooks": str(NOTEBOOKS),
            "runs": [
                {"page": run.page, "notebook": run.notebook.stem, "parameters": run.parameters}
                for run in due
            ],
        }


def spread_out(work: dict, pages: int) -> dict:
    """As many runs as asked for, from all kinds of pages alike, each page with its own name."""
    due = work["runs"]
    if pages <= len(due):
        chosen = [due[number * len(due) // pages] for number in range(pages)]
    else:
        names = [f"-{number // len(due) + 1}" for number in range(pages)]
        chosen = [
            due[place % len(due)] | {"page": due[place % len(due)]["page"] + names[place]}
            for place in range(pages)
        ]
    return work | {"runs": chosen}


def compare(work: dict, options: argparse.Namespace) -> None:
    """Time all ways on some runs and print a table of them."""
    pages, sample = len(work["runs"]), min(options.naive, len(work["runs"]))
    measured = {way: [] for way in ["naive", "two", "ours", "limit"]}
    with tempfile.TemporaryDirectory() as name:
        whole, part = Path(name, "whole"), Path(name, "part")
        write_work(whole, work)
        write_work(part, spread_out(work, sample))
        for number in range(options.repeats):
            order = [*measured][number % 4 :] + [*measured][: number % 4]
            for way in order:
                sampled = way in SAMPLED
                found = measure(way, part if sampled else whole)
                share = pages / sample if sampled else 1.0
                for key in ("seconds", "processor"):
                    found[key] *= share
                measured[way].append(found)
        same = check_digests(whole, part)
    report(pages, sample, measured)
    print(f"digests: {same}; load after {', '.join(f'{each:.1f}' for each in os.getloadavg())}\n")


def write_work(folder: Path, work: dict) -> None:
    folder.mkdir(parents=True)
    (folder / "work.json").write_text(json.dumps(work), encoding="utf-8")


def measure(way: str, folder: Path) -> dict:
    """What a way says it took, with its processor time and the memory of its processes."""
    before = spent()
    command = [sys.executable, str(Path(__file__).with_name("ways.py")), way, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        peak = Peak(process.pid)
        said, complained = process.communicate()
        peak.end()
    if process.returncode:
        raise SystemExit(f"{complained}\n{way} failed")
    adopt()
    found = json.loads(said.splitlines()[-1])
    if found.get("failed"):
        raise SystemExit("\n".join(found["failed"]))
    return {"processor": spent() - before} | found | {"memory": peak.bytes / 1e6}


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def adopt() -> None:
    """Wait for the processes that a way left to end by themselves."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


class Peak(threading.Thread):
    """Watches the memory that a tree of processes has to itself, shared pages counted once."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.root, self.bytes, self.ending = psutil.Process(pid), 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self.ending.wait(0.5):
            with contextlib.suppress(psutil.Error):
                tree = [self.root, *self.root.children(recursive=True)]
                self.bytes = max(self.bytes, sum(map(proportional, tree)))

    def end(self) -> None:
        self.ending.set()
        self.join()


def proportional(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss
    return 0


def check_digests(whole: Path, part: Path) -> str:
    """Word that all pages of all ways are the same; stop when any is not."""
    ours, limit = digests(whole, "ours"), digests(whole, "limit")
    sampled = [digests(part, way) for way in SAMPLED]
    wrong = [page for page in ours if ours[page] != limit.get(page)]
    wrong += [page for each in sampled for page in each if each[page] != ours.get(page)]
    if wrong or len(ours) != len(json.loads((whole / "work.json").read_text("utf-8"))["runs"]):
        raise SystemExit(f"pages differ between ways: {', '.join(wrong) or 'some are missing'}")
    return f"{len(ours)} pages of ours and of the limit, {len(sampled[0])} of the naive, all equal"


def report(pages: int, sample: int, measured: dict[str, list[dict]]) -> None:
    rounds = len(measured["ours"])
    print(f"\n{pages} pages, {rounds} rounds; naive ways from {sample} pages")
    print("| way | seconds (least to most) | processor s | naive / way | way / limit | MB |")
    print("|---|---|---|---|---|---|")
    for way, found in measured.items():
        seconds = [each["seconds"] for each in found]
        times = ratios(measured["naive"], found)
        over = ratios(found, measured["limit"])
        spread = f"{statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"
        processor = statistics.median(each["processor"] for each in found)
        memory = max(each["memory"] for each in found)
        print(f"| {way} | {spread} | {processor:.0f} | {times} | {over} | {memory:,.0f} |")
    first = statistics.median(each["first"] for each in measured["ours"])
    print(f"first page of ours after {first:.1f} s")


def ratios(one: list[dict], other: list[dict]) -> str:
    """Median ratio of time, of the same rounds, and of processor time in brackets."""
    said = [
        statistics.median(a[key] / b[key] for a, b in zip(one, other, strict=True))
        for key in ("seconds", "processor")
    ]
    return f"{said[0]:.2f} ({said[1]:.2f})"


def grow(work: dict) -> None:
    """One long batch of ours: time a page and memory, a hundred pages at a time."""
    with tempfile.TemporaryDirectory() as name:
        write_work(Path(name, "long"), work)
        begun = time.perf_counter()
        found = measure("ours", Path(name, "long"))
    print(f"{len(work['runs'])} pages in {time.perf_counter() - begun:.0f} s, ended at:")
    print("| pages | seconds a page | server MB | workers MB |\n|---|---|---|---|")
    for row in found["growth"]:
        print(
            f"| {row['pages']} | {row['pace']:.2f} | {row['server']:.0f} | {row['workers']:.0f} |"
        )


if __name__ == "__main__":
    main()
