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

PATIENCE = 15  # seconds in which a scheduler must answer
TRIES = 3  # times that a run is begun elsewhere when its worker is lost


def run_on_cluster(jobs: list[Job], scheduler: str) -> Iterator[Outcome]:
    """Outcomes of jobs that a cluster runs, in the order they end, with their files here.

    Workers need Python and the packages of requirements.lock; package and data come with the
    batch. A run whose worker is lost is begun again on another.

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
        If there is no such cluster, it has no workers, or one of them has other versions.
    """
    with _client(scheduler) as client:
        from distributed import as_completed

        _await_workers(client)
        there, bundle = _send_module(client), make_bundle(jobs)
        sent = client.scatter(bundle.archive, broadcast=True, hash=False)
        try:
            _check_workers(client, there, (sent, bundle.digest))
            running = {_submit(client, there, job, (sent, bundle)): job for job in jobs}
            for future in as_completed(running):
                yield _outcome(future, running[future], bundle)
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


def _check_workers(client: "Client", there: ModuleType, sent: "tuple[Future, str]") -> None:
    """Refuse a cluster of which a worker has not what the batch was begun with."""
    options = {"pure": False, "retries": 0}
    tests = {
        address: client.submit(there.prepare, *sent, workers=[address], **options)
        for address in client.scheduler_info(n_workers=-1)["workers"]
    }
    for address, test in tests.items():
        error = test.exception()
        if type(error).__name__ == "MismatchError":
            raise BatchError(
                f"worker {address} has {error}; install requirements.lock there, as it is here"
            )


def _submit(
    client: "Client", there: ModuleType, job: Job, sent: "tuple[Future, Bundle]"
) -> "Future":
    archive, bundle = sent
    message = write_job(placed(job, bundle))
    given = {"pure": False, "retries": TRIES, "key": f"ehlib-{job.page}-{uuid.uuid4().hex[:8]}"}
    return client.submit(there.run_there, message, archive, bundle.digest, **given)


def _outcome(future: "Future", job: Job, bundle: Bundle) -> Outcome:
    """Outcome of a run, with its files written here; why there is none, if so."""
    try:
        outcome, files = read_outcome(future.result())  # waits, if it was lost with its worker
    except Exception as error:  # whatever befell a worker: the other runs go on
        said = (str(error) or type(error).__name__).splitlines()[0]
        return Outcome(job.page, 0.0, error=f"not run by the cluster: {said}")
    folder = Path(job.path).parent
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != outcome.files[name]:
            return Outcome(job.page, 0.0, error=f"{name} did not arrive as it was sent")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_synced(folder / name, content)
    return replace(outcome, reads=tuple(here(read, bundle) for read in outcome.reads))
