"""Kernels of a batch: forked or started ahead, each is as fresh as a cold one, and none is left."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
from dataclasses import replace
from datetime import date
from importlib.metadata import EntryPoint
from multiprocessing import forkserver
from pathlib import Path

import nbformat
import nbformat.v4 as v4
import pytest
from jupyter_client.manager import AsyncKernelManager, start_new_async_kernel
from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_core.utils import run_sync
from nbconvert.preprocessors import ExecutePreprocessor

from ehlib.publish.batch.runner import LEAST, Job, render, run_jobs
from ehlib.publish.kernels import may_fork, started_ahead, warm_kernels, workers
from ehlib.publish.kernels.execute import RunError, execute, private_folder
from ehlib.publish.kernels.keeper import ADDRESS, MEMORY, POOLED, SWITCH, Keeper, environment
from ehlib.publish.kernels.manager import BatchClient, BatchManager
from ehlib.publish.kernels.provisioner import (
    FORK,
    POOL,
    ForkedKernel,
    ForkProvisioner,
    PoolProvisioner,
    end_spare,
    register,
)
from ehlib.publish.kernels.workers import Lost, work_through
from ehlib.publish.page import PageFacts

ROOT = Path(__file__).resolve().parents[1]
FACTS = PageFacts("Trust", "2013/14-Q3", date(2014, 1, 20), "0.1.0")
GONE = 5.0  # seconds within which no kernel may be left after any ending
TELL = "import os, pathlib\npathlib.Path(name).with_suffix('.pid').write_text(str(os.getpid()))"
LIMIT = """import os, pathlib, resource
limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
written = pathlib.Path(name).with_suffix(".limit").write_text(f"{limit} {os.getppid()}")"""
SHOW = """from IPython.display import HTML, display
def show(html, **facts):
    display(HTML(html), metadata={"ehlib": facts})
show("", role="title", title="Page", context="nowhere")"""
# All that a fork could upset: BLAS, Arrow's threads, PROJ and GDAL, DuckDB, fonts, the solver.
LIBRARIES = [
    SHOW,
    """import duckdb, geopandas, numpy, pandas, pyarrow.parquet, scipy.optimize, shapely
square = numpy.arange(90_000.0).reshape(300, 300) / 90_000
product = numpy.linalg.eigvalsh(square @ square.T)[-1]
frame = pandas.DataFrame({"area": ["a", "b"] * 5_000, "count": range(10_000)})""",
    """frame.to_parquet(name + ".parquet")
read = pandas.read_parquet(name + ".parquet", filters=[("area", "==", "b")])
total = duckdb.sql("select sum(count) as total from read").fetchall()[0][0]""",
    """points = geopandas.GeoSeries([shapely.Point(-1.2, 53.1)], crs="EPSG:4326")
points.to_crs("EPSG:27700").to_file(name + ".gpkg", driver="GPKG")
place = geopandas.read_file(name + ".gpkg").geometry[0]""",
    """best = scipy.optimize.linprog([1, 2], A_ub=[[-1, -1]], b_ub=[-3], method="highs").x
show(f"<p>{product!r} {total} {place.x:.6f} {place.y:.6f} {best}</p>", role="note")""",
    """import pandas as pd
from ehlib import plot_areas, read_areas
from ehlib.show.charts import svg_uri
rows = pd.DataFrame({"area_name": [each.name for each in read_areas().districts],
    "area_type": "district", "value": range(7), "lower_ci": 0.0, "upper_ci": 9.0,
    "benchmark_value": 3.0, "benchmark_name": "England", "comparison": "similar"})
rows["value_note"] = ""
picture = svg_uri(plot_areas(rows, unit="per cent"))
show(f'<figure><img src="{picture}" alt="Areas"><figcaption>Areas</figcaption></figure>',
    role="figure")""",
]
forks = pytest.mark.skipif(not may_fork(), reason="kernels are forked on Linux alone")
posix = pytest.mark.skipif(os.name == "nt", reason="asks a POSIX system about its processes")


def make_job(folder, *sources, page="page", timeout=60):
    parameters = v4.new_code_cell('name: str = ""  # file', metadata={"tags": ["parameters"]})
    cells = [v4.new_markdown_cell("# What?"), parameters, *map(v4.new_code_cell, sources)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return Job(
        page=page,
        notebook="one.ipynb",
        text=nbformat.writes(v4.new_notebook(cells=cells)),
        parameters={"name": str(folder / page)},
        folder=str(folder),
        path=str(folder / f"{page}.html"),
        timeout=timeout,
        facts=FACTS,
    )


def run_cells(folder, *sources, **options):
    """What the last cell printed."""
    with private_folder() as private:
        executed = execute(make_job(folder, *sources, **options), private)
    return "".join(output.text for output in executed.cells[-1].outputs)


def printed(folder, expression, *before):
    return json.loads(run_cells(folder, *before, f"import json\nprint(json.dumps({expression}))"))


def is_there(pid):
    """Whether a process is there and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until_gone(*pids):
    end = time.monotonic() + GONE
    while any(map(is_there, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(is_there, pids))


@pytest.fixture(scope="module")
def warm():
    """Kernels forked from one process, whose number is given."""
    with warm_kernels(memory=3_000_000_000):
        with private_folder() as private:
            job = make_job(private, "import os\nprint(os.getppid())")
            executed = execute(job, private)
        yield int(executed.cells[-1].outputs[0].text)


@pytest.fixture(scope="module")
def pages(warm, tmp_path_factory):
    """The same notebook's page from a forked and from a cold kernel."""
    folder = tmp_path_factory.mktemp("pages")
    addresses = {"forked": os.environ[ADDRESS], "cold": ""}
    return {kind: page_from(folder / kind, address) for kind, address in addresses.items()}


def page_from(home, address):
    home.mkdir()
    with environment({ADDRESS: address}):
        outcome = render(make_job(home, *LIBRARIES))
    assert outcome.error == ""
    return (home / "page.html").read_bytes()


# ---- as fresh as a cold kernel


@forks
def test_forked_kernel_makes_the_bytes_that_a_cold_one_makes(pages):
    found = re.search(rb"<p>\S+ (\d+) (\S+) (\S+) \[", pages["cold"])
    total, east, north = found.groups()
    assert int(total) == 5_000**2  # 1 + 3 + ... + 9,999
    # Newstead Abbey, SK 541 537, lies at 53.078 N 1.192 W, so 53.1 N 1.2 W is 2.4 km north of it.
    assert float(east) == pytest.approx(453_550, abs=300)
    assert float(north) == pytest.approx(356_150, abs=300)
    assert pages["forked"] == pages["cold"]


@forks
@pytest.mark.slow
def test_kernel_started_ahead_makes_the_bytes_that_a_cold_one_makes(pages, tmp_path):
    pooled = page_from(tmp_path / "pooled", POOLED)
    end_spare()
    assert pooled == pages["cold"]


@forks
def test_forked_kernel_knows_nothing_of_others(warm, tmp_path):
    expression = "sorted(name for name in globals() if not name.startswith('_'))"
    first = printed(tmp_path, expression, "mine = 1\nimport sys\nsys.mine = 1")
    assert "mine" in first
    again = printed(tmp_path, expression)
    assert again == ["In", "Out", "exit", "get_ipython", "json", "name", "open", "quit"]
    assert printed(tmp_path, "hasattr(__import__('sys'), 'mine')") is False


@forks
def test_forked_kernel_has_the_folder_and_environment_of_its_run(warm, tmp_path):
    with environment({"EHLIB_TESTED": "yes"}):
        facts = "[os.getcwd(), os.environ.get('EHLIB_TESTED'), os.getpid() == os.getsid(0)]"
        assert printed(tmp_path, facts, "import os") == [str(tmp_path), "yes", True]
    assert printed(tmp_path, "os.environ.get('EHLIB_TESTED')", "import os") is None
    facts = "[sys.path, sys.argv[1:-1], __name__, sys.stdin.read(0)]"
    forked = printed(tmp_path, facts, "import sys")
    with environment({ADDRESS: ""}):
        cold = printed(tmp_path, facts, "import sys")
    assert forked[0] == cold[0]
    assert forked[2:] == cold[2:] == ["__main__", ""]


@forks
def test_forked_kernels_draw_different_random_numbers(warm, tmp_path):
    drawn = "[random.random(), np.random.rand(), np.random.default_rng().random(), str(uuid4())]"
    imports = "import random\nimport numpy as np\nfrom uuid import uuid4"
    first, second = (printed(tmp_path, drawn, imports) for _ in range(2))
    assert not set(first) & set(second)


@forks
def test_forked_kernel_has_the_signals_of_a_fresh_python(warm, tmp_path):
    names = "[str(signal.getsignal(n)) for n in (signal.SIGCHLD, signal.SIGTERM)]"
    masked = "len(signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    found = printed(tmp_path, f"[*{names}, {masked}]", "import signal")
    assert found == [str(signal.SIG_DFL), str(signal.SIG_DFL), 0]


@forks
def test_process_that_kernels_are_forked_from_runs_one_thread(warm):
    assert len(list(Path(f"/proc/{warm}/task").iterdir())) == 1


@forks
def test_matplotlib_is_as_after_the_import_of_our_charts(warm, tmp_path):
    state = "[str(matplotlib.rcParams), plt.get_fignums(), matplotlib.get_backend()]"
    lines = "import matplotlib\nimport matplotlib.pyplot as plt\nimport ehlib.show.charts"
    forked = printed(tmp_path, state, lines)
    with environment({ADDRESS: ""}):
        assert printed(tmp_path, state, lines) == forked
    assert forked[1:] == [[], "agg"]


# ---- any tool of Jupyter


@forks
def test_provisioner_serves_whoever_names_it_in_a_kernelspec(warm, tmp_path):
    register()
    assert KernelProvisionerFactory.instance().default_provisioner_name == "local-provisioner"

    named = {"provisioner_name": FORK, "config": {"address": os.environ[ADDRESS]}}

    async def ask():
        manager = AsyncKernelManager(transport="ipc", ip=str(tmp_path / "k"), kernel_name="python3")
        manager.kernel_spec.metadata["kernel_provisioner"] = named
        await manager.start_kernel(cwd=str(tmp_path))
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        running = client.execute("import os, time\nprint(os.getppid())\ntime.sleep(60)")
        while (message := await client.get_iopub_msg(timeout=30))["msg_type"] != "stream":
            pass
        await manager.interrupt_kernel()
        reply = await client.get_shell_msg(timeout=30)
        while reply["parent_header"].get("msg_id") != running:
            reply = await client.get_shell_msg(timeout=30)
        await manager.restart_kernel(now=True)
        alive = await manager.is_alive()
        client.stop_channels()
        await manager.shutdown_kernel()
        return message["content"]["text"], reply["content"]["ename"], alive

    parent, ended, alive = run_sync(ask)()
    assert (int(parent), ended, alive) == (warm, "KeyboardInterrupt", True)


@forks
@pytest.mark.parametrize("named", [True, False], ids=["address", "no address"])
def test_nbconvert_executes_a_notebook_whose_kernelspec_names_the_provisioner(
    warm, tmp_path, monkeypatch, named
):
    register()
    provisioner = {"provisioner_name": FORK, "config": {}}
    if named:
        provisioner["config"]["address"] = os.environ[ADDRESS]
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Warm",
        "language": "python",
        "metadata": {"kernel_provisioner": provisioner},
    }
    folder = tmp_path / "kernels" / "ehlib-warm"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    notebook = v4.new_notebook(cells=[v4.new_code_cell("import os\nprint(os.getppid())")])
    execution = ExecutePreprocessor(kernel_name="ehlib-warm", timeout=60)
    execution.preprocess(notebook, {"metadata": {"path": str(tmp_path)}})
    assert int(notebook.cells[0].outputs[0].text) == (warm if named else os.getpid())


def test_entry_points_of_the_package_are_the_provisioners():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    group = KernelProvisionerFactory.GROUP_NAME
    places = project["entry-points"][group]
    loaded = {name: EntryPoint(name, place, group).load() for name, place in places.items()}
    assert loaded == {FORK: ForkProvisioner, POOL: PoolProvisioner}


def test_kernelspec_that_is_installed_stays_as_it_is():
    async def spec():
        manager, client = await start_new_async_kernel(kernel_name="python3")
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        return manager.kernel_spec.metadata

    assert "kernel_provisioner" not in run_sync(spec)()


# ---- endings


@forks
@pytest.mark.parametrize(
    ("sources", "error"),
    [
        ([TELL, "os.kill(os.getpid(), 9)"], "cell 4: the kernel died"),
        ([TELL, "os._exit(3)"], "cell 4: the kernel died"),
        ([TELL, "1 / 0"], "cell 4: ZeroDivisionError: division by zero"),
        ([TELL, "held = bytearray(9_000_000_000)"], "cell 4: MemoryError"),
        (
            [TELL, "import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile True: pass"],
            "cell 4: ran longer than the 3 seconds",
        ),
        ([TELL, "os.kill(os.getpid(), 19)"], "cell 4: ran longer than the 3 seconds"),
    ],
    ids=["killed", "exits", "raises", "memory", "deaf", "stopped"],
)
def test_run_that_ends_badly_says_where_and_leaves_no_kernel(warm, tmp_path, sources, error):
    outcome = render(make_job(tmp_path, *sources, timeout=3))
    assert outcome.error.startswith(error)
    assert not outcome.lost
    assert wait_until_gone(int((tmp_path / "page.pid").read_text(encoding="utf-8")))
    assert not (tmp_path / "page.html").exists()


@forks
def test_process_that_a_notebook_started_ends_with_its_kernel(warm, tmp_path):
    start = "import os, pathlib, subprocess\npid = subprocess.Popen(['sleep', '60']).pid"
    leave = "pathlib.Path(name).with_suffix('.pid').write_text(str(pid))\nos._exit(0)"
    assert render(make_job(tmp_path, start, leave)).error == "cell 4: the kernel died"
    assert wait_until_gone(int((tmp_path / "page.pid").read_text(encoding="utf-8")))


@forks
def test_server_reaps_its_kernels_and_its_memory_stays(warm, tmp_path):
    def state():
        lines = Path(f"/proc/{warm}/status").read_text(encoding="utf-8").splitlines()
        held = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
        children = Path(f"/proc/{warm}/task/{warm}/children").read_text(encoding="utf-8").split()
        return held, len(children), len(list(Path(f"/proc/{warm}/fd").iterdir()))

    run_cells(tmp_path, "print(1)")
    before = state()
    for _ in range(4):
        run_cells(tmp_path, "print(1)")
    time.sleep(0.2)
    after = state()
    assert after[1:] == (0, before[2])
    assert after[0] <= before[0] + 500  # kB


@forks
@pytest.mark.slow
def test_five_hundred_kernels_leave_the_server_as_it_was(warm, tmp_path):
    def held():
        lines = Path(f"/proc/{warm}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

    with private_folder() as private:
        manager = {"provisioner_name": FORK, "config": {"address": os.environ[ADDRESS]}}
        register()

        async def start_and_end(number):
            file = str(private / f"{number}.json")
            options = {"connection_file": file, "provisioning": manager}
            kernel = BatchManager(kernel_name="python3", **options)
            await kernel.start_kernel()  # over TCP, which is not waited for
            await kernel.shutdown_kernel(now=True)

        run_sync(start_and_end)(0)
        before = held()
        for number in range(1, 501):
            run_sync(start_and_end)(number)
    assert held() <= before + 1_000  # kB


@forks
def test_kernel_that_is_lost_before_it_answers_is_lost(tmp_path, monkeypatch):
    async def never(client, timeout=None):
        ForkedKernel.lost += 1
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(BatchClient, "wait_for_ready", never)
    with pytest.raises(RunError, match="the kernel died") as caught:
        run_cells(tmp_path, "print(1)")
    assert caught.value.lost


@forks
@pytest.mark.slow
def test_server_that_is_killed_is_started_again(tmp_path):
    with environment({ADDRESS: ""}), warm_kernels():
        parent = "import os\nprint(os.getppid())"
        first = int(run_cells(tmp_path, parent))
        with pytest.raises(RunError, match="cell 3: the kernel died") as caught:
            run_cells(tmp_path, "import os\nos.kill(os.getppid(), 9)\nimport time\ntime.sleep(60)")
        assert caught.value.lost
        second = int(run_cells(tmp_path, parent))
    assert second != first
    assert wait_until_gone(second)


@forks
def test_kernels_are_cold_and_have_their_limit_where_no_server_answers(tmp_path):
    with environment({ADDRESS: str(tmp_path / "nothing"), MEMORY: "3000000000"}):
        run_cells(tmp_path, LIMIT)
    limit = (tmp_path / "page.limit").read_text(encoding="utf-8")
    assert limit == f"3000000000 {os.getpid()}"


def test_server_that_was_just_started_anew_ends_with_the_batch(tmp_path, monkeypatch):
    pipes, anew = [], threading.Event()

    def begin(keeper):
        if pipes:
            anew.set()
            assert keeper.ending.wait(GONE)
        pipes.append(open(tmp_path / "life", "wb"))  # noqa: SIM115, PTH123 - the keeper's to close
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]), pipes[-1]

    monkeypatch.setattr(Keeper, "_begin", begin)
    keeper = Keeper(None, tmp_path)
    keeper.start()
    keeper.process.kill()
    assert anew.wait(GONE)
    keeper.end()
    assert keeper.process.returncode is not None
    assert [pipe.closed for pipe in pipes] == [True, True]


SLEEP = "import time; time.sleep(600)"
HOLD = "import re; re.match('(a*)*$', 'a' * 40 + 'b')"  # one call, which holds Python's lock
BATCH = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_kernels import TELL, make_job, run_jobs
if __name__ == "__main__":
    folder = Path({folder!r})
    cell = TELL + "\\n" + {hang!r}
    jobs = [make_job(folder, cell, page=f"page{{n}}", timeout=600) for n in range({pages})]
    print("begun", flush=True)
    list(run_jobs(jobs, processes=2))
"""


def descendants(pid):
    """Numbers of all processes that a process has started, and they."""
    found, parents = [], {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    waiting = [pid]
    while waiting:
        waiting += (children := parents.get(waiting.pop(), []))
        found += children
    return found


@forks
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-c"])
@pytest.mark.parametrize(("pages", "hang"), [(4, SLEEP), (1, HOLD)], ids=["forked", "cold"])
def test_nothing_is_left_of_a_batch_that_is_stopped(tmp_path, number, pages, hang):
    script = tmp_path / "batch.py"
    given = {"tests": str(Path(__file__).parent), "folder": str(tmp_path)}
    script.write_text(BATCH.format(pages=pages, hang=hang, **given), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT), ADDRESS: ""}  # none of ours are its own
    with subprocess.Popen([sys.executable, str(script)], env=environment) as batch:
        try:
            end = time.monotonic() + 120
            while len(kernels := told(tmp_path)) < min(pages, 2) and time.monotonic() < end:
                time.sleep(0.1)
            others = descendants(batch.pid)
            assert len(kernels) == min(pages, 2)
            assert set(kernels) < set(others)
            batch.send_signal(number)
            batch.wait(GONE)
            assert wait_until_gone(*others)
        finally:
            batch.kill()  # else a check that fails would wait for the batch's ten minutes


def told(folder):
    """Process numbers that kernels have written by now; a file may be there and still empty."""
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.pid")]
    return [int(text) for text in texts if text]


LEAVING = """import os, sys
if {library!r} == "ahead":
    told = iter([1, 1, 2])
    os.getppid = lambda: next(told)  # the batch is gone after the first part
try:
    if {library!r} == "ahead":
        import ehlib.publish.kernels.ahead
    else:
        from ehlib.publish.kernels.libraries import import_libraries
        wanted = iter([True, False])
        import_libraries(wanted=lambda: next(wanted))
except SystemExit:
    print(*({"pandas", "duckdb", "papermill", "scipy.stats"} & set(sys.modules)))
"""


@pytest.mark.parametrize(("library", "begun"), [("ahead", "pandas"), ("libraries", "duckdb")])
def test_imports_end_when_nobody_wants_them_any_more(library, begun):
    script = LEAVING.replace("{library!r}", repr(library))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert begun in done.stdout
    assert "papermill" not in done.stdout
    assert "scipy.stats" not in done.stdout


# ---- without forks


@posix
@pytest.mark.slow
def test_batch_without_forks_uses_kernels_that_were_started_ahead(tmp_path):
    with environment({SWITCH: "0", ADDRESS: ""}):
        assert not may_fork()
        with warm_kernels():
            first = run_cells(tmp_path, "import sys\nprint('geopandas' in sys.modules)")
            ready = PoolProvisioner.spare
            assert ready.poll() is None
            second = run_cells(tmp_path, "import os\nprint(os.getpid())")
            last = PoolProvisioner.spare
        assert first == "True\n"
        assert int(second) == ready.pid
        assert last.poll() is not None


def test_kernels_within_others_are_those_that_were_started_ahead():
    with environment({ADDRESS: ""}), started_ahead():
        ahead = os.environ[ADDRESS]
        with warm_kernels(memory=3_000_000_000):
            assert os.environ[ADDRESS] == ahead
            assert os.environ[MEMORY] == "3000000000"
        assert os.environ[MEMORY] == "0"


# ---- workers


def test_worker_is_told_where_kernels_are_however_late():
    for address in ("one", "other"):
        with environment({ADDRESS: address}):
            done = dict(work_through([ADDRESS], os.getenv, processes=1, seconds=lambda _: 5))
        assert done == {ADDRESS: address}


def test_tasks_come_back_with_their_results():
    done = dict(work_through([1, -2, 3], abs, processes=2, seconds=float))
    assert done == {1: 1, -2: 2, 3: 3}


def test_task_whose_worker_ends_is_lost_and_the_others_are_done():
    results = dict(work_through([0.0, "no number"], time.sleep, processes=1, seconds=lambda _: 5))
    assert results[0.0] is None
    assert isinstance(results["no number"], Lost)


def test_task_that_does_not_end_in_its_time_is_lost(monkeypatch):
    monkeypatch.setattr("ehlib.publish.kernels.workers.GRACE", 0.5)
    begun = time.monotonic()
    [(_, result)] = work_through([600], time.sleep, processes=1, seconds=lambda _: 1)
    assert "did not end within" in result.problem
    assert time.monotonic() - begun < 30


@forks
def test_tasks_are_done_once_though_what_workers_are_forked_from_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "PRELOADED", [])
    end = tmp_path / "end"
    told_in = {
        f"echo $PPID > {path}; until test -e {end}; do sleep 0.1; done": path
        for path in (tmp_path / "a.pid", tmp_path / "b.pid")
    }

    def kill_when_both_run():
        while len(told(tmp_path)) < 2:
            time.sleep(0.05)
        os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)

    threading.Thread(target=kill_when_both_run).start()
    tasks, done = [*told_in, "exit 0", "exit 0 "], []
    try:
        for task, result in work_through(tasks, os.system, processes=2, seconds=lambda _: 60):
            done.append(task)
            if task in told_in:
                assert isinstance(result, Lost)
                assert wait_until_gone(int(told_in[task].read_text(encoding="utf-8")))
            else:
                assert result == 0
    finally:
        end.touch()
    assert sorted(done) == sorted(tasks)


@forks
def test_worker_is_started_though_what_it_is_forked_from_is_killed_meanwhile(monkeypatch):
    monkeypatch.setattr(workers, "PRELOADED", [])
    start_ahead, killed = workers.start_ahead, []

    def start_and_kill():
        start_ahead()
        if not killed:
            killed.append(forkserver._forkserver._forkserver_pid)
            os.kill(killed[0], signal.SIGSTOP)  # it takes the request in, and never answers
            threading.Timer(0.3, os.kill, (killed[0], signal.SIGKILL)).start()

    monkeypatch.setattr(workers, "start_ahead", start_and_kill)
    assert list(work_through([-1], abs, processes=1, seconds=lambda _: 60)) == [(-1, 1)]
    assert wait_until_gone(*killed)


@forks
def test_few_jobs_start_no_server_and_have_a_limit(tmp_path):
    before = os.environ.get(ADDRESS), os.environ.get(MEMORY)
    with environment({ADDRESS: ""}):
        ended = run_jobs([make_job(tmp_path, SHOW, LIMIT)], processes=2)
        outcome = next(ended)
        assert os.environ[ADDRESS] == ""
        assert [*ended] == []
    assert (outcome.error, sorted(outcome.files)) == ("", ["page.html"])
    limit, _ = (tmp_path / "page.limit").read_text(encoding="utf-8").split()
    assert int(limit) >= LEAST  # and none at all would be told as -1
    assert (os.environ.get(ADDRESS), os.environ.get(MEMORY)) == before


def test_reads_of_a_run_are_told(tmp_path):
    noted = f"from ehlib.load.reads import note_read\nnote_read({str(tmp_path / 'a.csv')!r})"
    outcome = render(replace(make_job(tmp_path, SHOW, noted), commentary=""))
    assert [read.path for read in outcome.reads] == [str((tmp_path / "a.csv").resolve())]
