"""A quarter's batch: what is due, run by papermill, published together or not at all."""

from ehlib.publish.batch.quarter import run, run_quarter
from ehlib.publish.batch.record import BatchResult
from ehlib.publish.batch.runs import Run, check_runs, plan, select
from ehlib.publish.batch.schedule import BatchError, Schedule, read_schedule
from ehlib.publish.folder import BatchHeldError, FolderError

__all__ = [
    "BatchError",
    "BatchHeldError",
    "BatchResult",
    "FolderError",
    "Run",
    "Schedule",
    "check_runs",
    "plan",
    "read_schedule",
    "run",
    "run_quarter",
    "select",
]
