"""Runs on an existing Dask cluster: the same jobs, outcomes and pages as on one machine."""

import hashlib
import importlib.util
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ehlib.publish.batch.cluster import worker
from ehlib.publish.batch.cluster.bundle import Bundle, here, make_bundle, placed
from ehlib.publish.batch.cluster.messages import read_outcome, write_job
from ehlib.publish.batch.runner import Job, Outcome
from ehlib.publish.batch.schedule import BatchError
from ehlib.publish.folder import write_synced

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE = 15  # seconds in which a scheduler must answer, and after which lost workers are noticed
GONE = "the workers that were there when the batch began are gone, or the scheduler is"
TRIES = 3  # times that a run is begun elsewhere when its worker is lost


def run_on_cluster(jobs: list[Job], scheduler: str) -> Iterator[Outcome]:
    """Outcomes of jobs that a cluster runs, in the order they end, with their files here.

    Workers need Python and the packages of requirements.lock; package and data come with the
    batch. A run whose worker is lost is begun again on another of those that were there, and found
    fit, when the batch began; a worker that joins later is given none.

    Parameters
    ----------
    jobs : list of Job
        One a page.
    scheduler : str
        Its address, such as `tcp://10.0.0.5:8786`.

    Yields
    ------
    Outcome
        One a job, failed or not, its page and downloads written where the job says.

    Raises
    ------
    BatchError
        If there is no such cluster, it has no workers, or one of them cannot run the batch.
    """
    with _client(scheduler) as client:
        _await_workers(client)
        there, bundle = _send_module(client), make_bundle(jobs)
        sent = client.scatter(bundle.archive, broadcast=True, hash=False)
        try:
            fit = _check_workers(client, there, (sent, bundle.digest))
            running = {_submit(client, there, job, (sent, bundle, fit)): job for job in jobs}
            lost = set(running)
            for future in _ended(client, dict.fromkeys(running, fit)):
                lost.remove(future)
                yield _outcome(future, running[future], bundle)
            for future in lost:
                yield Outcome(running[future].page, 0.0, error=f"not run by the cluster: {GONE}")
        finally:
            client.cancel(list(locals().get("running", ())), force=True)
            with suppress(Exception):  # a worker may be gone: its processes are, too
                client.run(there.stop, bundle.digest)


@contextmanager
def _client(scheduler: str) -> "Iterator[Client]":
    try:
        from distributed import Client
    except ImportError as error:
        raise BatchError(
            f"--scheduler needs the package {error.name}; install it with the extra `cluster`"
        ) from error
    try:
        client = Client(scheduler, timeout=PATIENCE, name="ehlib")
    except (OSError, ValueError) as error:
        raise BatchError(
            f"no Dask scheduler answers at {scheduler}; expected an address such as "
            "tcp://10.0.0.5:8786 at which `dask scheduler` runs"
        ) from error
    with client:
        yield client


def _await_workers(client: "Client") -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise BatchError(
            "the cluster has no workers; start some with `dask worker ADDRESS`"
        ) from error


def _send_module(client: "Client") -> ModuleType:
    """What runs on workers, as a module of its own that scheduler and workers are given."""
    content = Path(worker.__file__).read_bytes()
    name = f"ehlib_there_{hashlib.sha256(content).hexdigest()[:12]}"
    with tempfile.TemporaryDirectory(prefix="eh-") as folder:
        path = Path(folder, f"{name}.py")
        path.write_bytes(content)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        client.upload_file(str(path))
    return module


def _check_workers(
    client: "Client", there: ModuleType, sent: "tuple[Future, str]"
) -> frozenset[str]:
    """Addresses of the workers that can run the batch; one that cannot is refused, by its name."""
    options = {"pure": False, "retries": 0}
    tests = {
        client.submit(there.prepare, *sent, workers=[address], **options): frozenset({address})
        for address in _addresses(client)
    }
    fit = frozenset()
    for test in _ended(client, tests):
        (address,) = tests[test]
        if error := test.exception():
            raise BatchError(f"worker {address} {_refusal(error)}")
        fit |= {address}
    if not fit:
        raise BatchError(f"{GONE}; start some with `dask worker ADDRESS`")
    return fit


def _refusal(error: BaseException) -> str:
    if _is_mismatch(error):
        return str(error)
    said = " ".join(f"{type(error).__name__}: {error}".splitlines()[:1])
    return f"cannot be made ready ({said}); mend that there, or {worker.INSTALL}"


def _is_mismatch(error: BaseException) -> bool:
    return type(error).__name__ == worker.MismatchError.__name__  # of the module that was sent


def _addresses(client: "Client") -> frozenset[str]:
    return frozenset(client.scheduler_info(n_workers=-1)["workers"])


def _ended(client: "Client", where: "dict[Future, frozenset[str]]") -> "Iterator[Future]":
    """What was begun, as it ends; left out is what no worker is left for that may run it."""
    from distributed import as_completed

    left = dict(where)
    while left:
        with suppress(TimeoutError):
            for future in as_completed(left, timeout=PATIENCE):
                del left[future]
                if not future.cancelled():  # as when the bundle was lost with the last worker
                    yield future
        there = _addresses(client)
        left = {future: workers for future, workers in left.items() if workers & there}


def _submit(
    client: "Client", there: ModuleType, job: Job, sent: "tuple[Future, Bundle, frozenset[str]]"
) -> "Future":
    archive, bundle, fit = sent
    message = write_job(placed(job, bundle))
    given = {"pure": False, "retries": TRIES, "key": f"ehlib-{job.page}-{uuid.uuid4().hex[:8]}"}
    given |= {"workers": sorted(fit), "allow_other_workers": False}
    return client.submit(there.run_there, message, archive, bundle.digest, **given)


def _outcome(future: "Future", job: Job, bundle: Bundle) -> Outcome:
    """Outcome of a run, with its files written here; why there is none, if so."""
    try:
        outcome, files = read_outcome(future.result())  # waits, if it was lost with its worker
    except Exception as error:  # whatever befell a worker: the other runs go on
        said = (str(error) or type(error).__name__).splitlines()[0]
        said = f"its worker {said}" if _is_mismatch(error) else said
        return Outcome(job.page, 0.0, error=f"not run by the cluster: {said}")
    folder = Path(job.path).parent
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != outcome.files[name]:
            return Outcome(job.page, 0.0, error=f"{name} did not arrive as it was sent")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_synced(folder / name, content)
    return replace(outcome, reads=tuple(here(read, bundle) for read in outcome.reads))
