"""Become a kernel: what a process that has imported the libraries does to be like a fresh one."""

import ctypes
import gc
import json
import os
import random
import signal
import sys
import tempfile
import time

LAUNCHER = "ipykernel_launcher"
SELDOM = 50_000, 20, 100  # of Python's collector: a run is short and keeps most of what it makes
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


def main(memory: int, arguments: list[str]) -> None:
    """Be a cold kernel, which dies with the process that started it and has its limit.

    Parameters
    ----------
    memory : int
        Bytes that it may have; 0 for no limit.
    arguments : list of str
        For ipykernel.
    """
    _die_with_starter()
    if memory:
        limit_memory(memory)
    if not sys.flags.safe_path:
        del sys.path[0]  # this file's folder, which Python puts there
    sys.argv = [LAUNCHER, *arguments]
    run()


def wait() -> None:
    """Import the libraries, wait for a request on standard input, and be the kernel it asks for."""
    # here, since a cold kernel runs this file also where the package is not on its path
    from ehlib.publish.kernels.libraries import import_libraries, leave_folder

    _die_with_starter()
    leave_folder()
    import_libraries()
    line = sys.stdin.readline()
    if line:  # else whoever might have asked has ended
        enter(json.loads(line))
        run()


def enter(request: dict) -> None:
    """Take on folder, environment, arguments and limits of a request.

    Parameters
    ----------
    request : dict
        `arguments` for ipykernel, `env`, `folder`, and `memory` in bytes, 0 for no limit.
    """
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["folder"])
    if hasattr(time, "tzset"):
        time.tzset()
    tempfile.tempdir = None  # it may stand elsewhere in this environment
    sys.argv = [LAUNCHER, *request["arguments"]]
    _draw_anew()
    gc.set_threshold(*SELDOM)
    if request["memory"]:
        limit_memory(request["memory"])


def run() -> None:
    """Be a kernel until it is shut down."""
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def reset_signals() -> None:
    """Put signals back to what a fresh Python has."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def die_with(parent: int) -> None:
    """Have the system kill this process when its parent ends; end now if it has ended already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _die_with_starter() -> None:
    """Do not leave it to ipykernel's thread, which a call that holds the lock of Python stops."""
    if sys.platform == "linux":
        die_with(int(os.environ["JPY_PARENT_PID"]))  # set by jupyter_client


def limit_memory(most: int) -> None:
    """Let a notebook that asks for more memory fail in its cell, before the system kills others."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _draw_anew() -> None:
    """Draw random numbers that no other kernel draws; Python and OpenSSL see to theirs."""
    import numpy as np

    np.random.seed()  # noqa: NPY002 - the generator that notebooks may still use
    random.seed()


if __name__ == "__main__":
    if sys.argv[1:]:
        main(int(sys.argv[1]), sys.argv[2:])
    else:
        wait()
