"""Ways to turn runs into pages, each a process of its own: `python benchmarks/ways.py WAY FOLDER`.

FOLDER holds `work.json`, as `benchmarks/batch.py` writes it; pages go into FOLDER/WAY and what was
measured is printed as one line of JSON. The ways:

naive   papermill.execute_notebook, then `jupyter nbconvert --to html` in a process, page by page
two     the same in two processes
ours    the batch's own runner: forked kernels, one exporter a process, downloads included
limit   the same cells and the same page and downloads, as a function in two warm processes
starts  the last page alone, in kernels that start cold and in forked ones
"""

import contextlib
import hashlib
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARAMETERS = "parameters"
STEP = 100  # pages after which memory is looked at


def jobs(folder: Path, out: Path) -> list:
    """Runs of a benchmark as the batch's own jobs, with pages in a folder of their own."""
    from ehlib.publish.batch.runner import Job
    from ehlib.publish.page import PageFacts

    work = json.loads((folder / "work.json").read_text(encoding="utf-8"))
    facts = PageFacts(work["trust"], work["quarter"], date.fromisoformat(work["day"]), "benchmark")
    notebooks = Path(work["notebooks"])
    texts = {path.stem: path.read_text(encoding="utf-8") for path in notebooks.glob("*.ipynb")}
    out.mkdir(parents=True, exist_ok=True)
    return [
        Job(
            page=run["page"],
            notebook=f"{run['notebook']}.ipynb",
            text=texts[run["notebook"]],
            parameters=run["parameters"],
            folder=str(notebooks),
            path=str(out / run["page"] / f"{run['page']}.html"),
            timeout=600,
            facts=facts,
        )
        for run in work["runs"]
    ]


def naive_page(job: object) -> None:
    """What users write for a page: papermill to a file, nbconvert to HTML."""
    import papermill

    home = Path(job.path).parent
    home.mkdir(parents=True, exist_ok=True)
    source, done = home / "source.ipynb", home / f"{job.page}.ipynb"
    source.write_text(job.text, encoding="utf-8")
    papermill.execute_notebook(
        source, done, parameters=job.parameters, cwd=job.folder, progress_bar=False
    )
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", str(done)]
    subprocess.run(command, check=True, capture_output=True)


def naive(work: list) -> dict:
    import papermill  # noqa: F401 - once, before the clock starts: a sample stands for many pages

    begun, used = time.perf_counter(), spent()
    for job in work:
        naive_page(job)
    return {"seconds": time.perf_counter() - begun, "processor": spent() - used}


def two(work: list) -> dict:
    begun, used = time.perf_counter(), spent()
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(naive_page, work))
    return {"seconds": time.perf_counter() - begun, "processor": spent() - used}


def spent() -> float:
    """Processor time of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def ours(work: list) -> dict:
    from ehlib.publish.batch.runner import run_jobs

    for job in work:
        Path(job.path).parent.mkdir(parents=True, exist_ok=True)
    begun, times, failed, growth = time.perf_counter(), [], [], []
    for outcome in run_jobs(work, processes=2):
        times.append(time.perf_counter() - begun)
        failed += [f"{outcome.page}: {outcome.error}"] if outcome.error else []
        if len(times) % STEP == 0:
            pace = (times[-1] - (times[-STEP - 1] if len(times) > STEP else 0)) / STEP
            growth.append({"pages": len(times), "pace": pace} | standing())
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "first": times[0], "failed": failed, "growth": growth}


def starts(work: list) -> dict:
    """Median seconds of the last page by itself, in a kernel that starts cold and in a warm one."""
    from ehlib.publish.batch.runner import render
    from ehlib.publish.kernels import warm_kernels

    job = work[-1]
    Path(job.path).parent.mkdir(parents=True, exist_ok=True)
    cold = statistics.median(render(job).seconds for _ in range(5))
    with warm_kernels():
        render(job)
        warm = statistics.median(render(job).seconds for _ in range(5))
    return {"page": job.page, "cold": cold, "warm": warm}


def standing() -> dict[str, float]:
    """Memory, in MB, of the process that kernels are forked from and of the workers."""
    import psutil

    held = {"server": 0.0, "workers": 0.0}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            command = " ".join(process.cmdline())
            kind = "server" if "kernels.server" in command else "workers"
            if process.parent().pid == os.getpid() or kind == "workers":
                held[kind] += process.memory_info().rss / 1e6
    return held


def limit(work: list) -> dict:
    """No notebook at all: cells as one function, called in two processes that are warm."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), warm) as pool:
        for _ in pool.map(plain_page, work[:2]):
            pass
        begun = time.perf_counter()
        processor = sum(pool.map(plain_page, work))
        return {"seconds": time.perf_counter() - begun, "processor": processor}


def warm() -> None:
    from ehlib.publish.kernels.libraries import SINGLE, import_libraries

    os.environ.update(SINGLE)
    os.environ["MPLBACKEND"] = "agg"
    import_libraries()
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.instance()


def plain_page(job: object) -> float:
    """Processor time of a page made from a notebook's cells by plain Python in this process."""
    import nbformat

    from ehlib.publish.downloads import write_downloads
    from ehlib.publish.page import write_page

    used = time.process_time()
    notebook = nbformat.reads(job.text, as_version=4)
    with contextlib.chdir(job.folder):
        run_cells(notebook, job.parameters)
    path = Path(job.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_page(notebook, path, facts=job.facts)
    write_downloads(notebook, path.parent, path.stem, job.facts)
    return time.process_time() - used


def run_cells(notebook: object, parameters: dict) -> None:
    """Run the code cells in one namespace and put into each what it displays."""
    from IPython.core.interactiveshell import InteractiveShell
    from nbformat.v4 import new_output

    shell, names = InteractiveShell.instance(), {}
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        outputs = []
        shell.display_pub.publish = lambda data, metadata=None, *, into=outputs, **_: into.append(
            new_output("display_data", data, metadata=metadata or {})
        )
        exec(compile(cell.source, f"cell {number}", "exec"), names)
        if PARAMETERS in cell.metadata.get("tags", []):
            names |= parameters
        cell.outputs, cell.execution_count = outputs, number


def digests(folder: Path, way: str) -> dict[str, str]:
    """Digest of each page of a way; pages of the naive ways are written from what they executed."""
    found = {}
    for job in jobs(folder, folder / way):
        path = Path(job.path)
        executed = path.with_suffix(".ipynb")
        if executed.exists():
            import nbformat

            from ehlib.publish.page import write_page

            write_page(nbformat.read(executed, as_version=4), path, facts=job.facts)
        if path.exists():
            found[job.page] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


WAYS = {"naive": naive, "two": two, "ours": ours, "limit": limit, "starts": starts}


if __name__ == "__main__":
    import ways  # by its name, so that other processes find its functions

    name, place = sys.argv[1], Path(sys.argv[2])
    print(json.dumps(ways.WAYS[name](jobs(place, place / name))))
