"""Kernels for a batch: each fresh and alone, but with its libraries imported before it starts."""

import contextlib
from collections.abc import Iterator

from ehlib.publish.kernels.keeper import may_fork, warm_kernels
from ehlib.publish.kernels.workers import start_ahead

__all__ = ["may_fork", "started_ahead", "warm_kernels"]


@contextlib.contextmanager
def started_ahead() -> Iterator[None]:
    """Have workers and kernels import what they need while a batch is still being planned."""
    with warm_kernels():
        start_ahead()
        yield
