"""One run: a notebook executed by papermill in a fresh kernel, and every cell accounted for."""

import contextlib
import logging
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from ehlib.load.reads import LOG
from ehlib.publish.batch.parameters import read_notebook
from ehlib.publish.kernels.keeper import ADDRESS, MEMORY, POOLED, environment
from ehlib.publish.kernels.libraries import settings
from ehlib.publish.kernels.manager import BatchManager
from ehlib.publish.kernels.provisioner import FORK, POOL, ForkedKernel, register
from ehlib.publish.page import numbered_cells

if TYPE_CHECKING:
    from ehlib.publish.batch.runner import Job

logging.getLogger("papermill").addHandler(logging.NullHandler())  # failures are told in Outcome


class RunError(Exception):
    """A notebook did not run to its end; `cell` counts from 1.

    `lost` says that its kernel went down with the process that all kernels are forked from.
    """

    def __init__(self, cell: int, problem: str, *, lost: bool = False) -> None:
        super().__init__(f"cell {cell}: {problem}" if cell else problem)
        self.cell, self.lost = cell, lost


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Short-lived folder for a run's sockets, settings and notes of what it reads."""
    with tempfile.TemporaryDirectory(prefix="eh-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with environment(settings(folder) | {LOG: str(folder / LOG.lower())}):
            yield folder


def execute(job: "Job", private: Path) -> NotebookNode:
    """Executed notebook, every cell of which ran without error.

    Parameters
    ----------
    job : Job
        Its parameters fit the notebook.
    private : Path
        From `private_folder`.

    Raises
    ------
    RunError
        If a cell failed, was not run, or took too long, or the kernel ended.
    """
    notebook = read_notebook(job.text, name=job.notebook)
    begun: list[int] = []
    lost = ForkedKernel.lost
    try:
        executed = papermill.execute_notebook(
            notebook,
            None,
            parameters=job.parameters,
            cwd=job.folder,
            progress_bar=False,
            on_cell_start=lambda cell, cell_index: begun.append(cell_index),
            **_kernel_options(private, job.timeout),
        )
    except PapermillExecutionError as error:
        problem = f"{error.ename}: {error.evalue}"
        raise RunError(_number(job, [error.cell_index]), problem.splitlines()[0]) from error
    except CellTimeoutError as error:
        problem = f"ran longer than the {job.timeout} seconds that batch.toml allows"
        raise RunError(_number(job, begun), problem) from error
    except (DeadKernelError, RuntimeError) as error:  # the second before it has answered at all
        gone = ForkedKernel.lost > lost
        problem = "the kernel died" if gone or isinstance(error, DeadKernelError) else str(error)
        raise RunError(_number(job, begun), problem, lost=gone) from error
    _check_all_ran(executed)
    return executed


def _check_all_ran(executed: NotebookNode) -> None:
    """Papermill says "completed" also of a notebook that left early."""
    for number, cell in numbered_cells(executed):
        if cell.cell_type == "code" and cell.source.strip() and not cell.execution_count:
            raise RunError(number, "the cell was not run")


def _number(job: "Job", begun: list[int]) -> int:
    """Number of the last cell that began, as the analyst counts; 0 when none had begun."""
    if not begun:
        return 0
    cells = read_notebook(job.text, name=job.notebook).cells
    tags = [cell.metadata.get("tags", []) for cell in cells]
    parameters = next(place for place, names in enumerate(tags) if "parameters" in names)
    return begun[-1] + 1 - (bool(job.parameters) and begun[-1] > parameters)


def _kernel_options(private: Path, timeout: int) -> dict[str, object]:
    """What papermill passes on to nbclient."""
    begun: list[float] = []

    def time_left(cell: NotebookNode) -> int:
        begun.append(time.monotonic())
        return max(1, int(begun[0] + timeout - begun[-1]))  # 0 would mean for ever

    manager = {"connection_file": str(private / "k.json"), "provisioning": _provisioning()}
    if hasattr(socket, "AF_UNIX") and os.name == "posix":
        # sockets in a folder that only this user can open; nbclient's own default would put them
        # into the notebooks' folder, where kernels that start together take each other's
        manager |= {"transport": "ipc", "ip": str(private / "k")}
    else:  # whoever listens on this machine's ports hears nothing
        manager |= {"transport_encryption": "auto"}
    return {
        "language": "python",
        "kernel_name": "python3",  # this environment's, whatever the notebook was saved with
        "kernel_manager_class": BatchManager,
        "config": Config({"BatchManager": manager}),
        "extra_arguments": ["--HistoryManager.enabled=False"],
        "start_timeout": max(timeout, 60),
        "execution_timeout": timeout,
        "timeout_func": time_left,  # for the run as a whole; nbclient's own is for each cell
        "iopub_timeout": 60,
        "force_raise_errors": True,
        "shutdown_kernel": "immediate",
    }


def _provisioning() -> dict[str, object]:
    """Provisioner that `warm_kernels` has set up for this process; without one, of cold kernels."""
    address = os.environ.get(ADDRESS, "")
    register()
    memory = int(os.environ.get(MEMORY, 0))
    if address == POOLED:
        return {"provisioner_name": POOL, "config": {"memory": memory}}
    return {"provisioner_name": FORK, "config": {"address": address, "memory": memory}}
