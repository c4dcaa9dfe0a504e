"""A quarter's batch: what is due, run by papermill, published together or not at all."""

from importlib import import_module

HOMES = {  # imported on first use: a batch with nothing to do needs none of the libraries
    "ehlib.publish.batch.quarter": ["run", "run_quarter"],
    "ehlib.publish.batch.record": ["BatchResult"],
    "ehlib.publish.batch.runs": ["Run", "check_runs", "plan", "select"],
    "ehlib.publish.batch.schedule": ["BatchError", "Schedule", "read_schedule"],
    "ehlib.publish.folder": ["BatchHeldError", "FolderError"],
}
HOME_OF = {name: home for home, names in HOMES.items() for name in names}
__all__ = sorted(HOME_OF)


def __getattr__(name: str) -> object:
    """Object that a public name stands for, from the module that defines it."""
    if name not in HOME_OF:
        raise AttributeError(f"module 'ehlib.publish.batch' has no attribute {name!r}")
    return getattr(import_module(HOME_OF[name]), name)
