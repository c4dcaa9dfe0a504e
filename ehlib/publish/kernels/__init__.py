"""Kernels for a batch: each fresh and alone, but with its libraries imported before it starts."""

from ehlib.publish.kernels.keeper import may_fork, warm_kernels

__all__ = ["may_fork", "warm_kernels"]
