"""The kernels that runs get: forked, started ahead or cold; and the process that is forked."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ehlib.publish.kernels.libraries import settings

SWITCH = "EHLIB_FORK"  # environment variable: 0 asks for no forks, 1 for forks also on macOS
ADDRESS = "EHLIB_KERNELS"  # environment variable: where runs get their kernels
MEMORY = "EHLIB_KERNEL_MEMORY"  # environment variable: bytes that each of them may have
POOLED = "pool"
KEPT: set[str] = set()  # addresses that this process keeps; its environment may hold another's
BACKLOG = 128
GIVE_UP = 3  # servers that die young in a row before runs get cold kernels
YOUNG = 20.0  # seconds: to import everything takes less


def may_fork() -> bool:
    """Whether kernels are forked here: where asked, and by default on Linux alone.

    macOS has fork, but its own libraries may end a process that uses them after one.
    """
    asked = os.environ.get(SWITCH, "")
    if asked:
        return asked != "0" and hasattr(os, "fork")
    return sys.platform == "linux"


@contextlib.contextmanager
def warm_kernels(*, memory: int = 0) -> Iterator[None]:
    """Give the runs of this process, and of those it starts, kernels with their libraries loaded.

    Outside of it every run starts a cold kernel: the same, after some seconds. Within another it
    takes that one's, so that a batch has them import while it still plans.

    Parameters
    ----------
    memory : int
        Bytes that a kernel may have beyond which its cell fails; 0 for no limit.
    """
    with contextlib.ExitStack() as stack:
        if os.environ.get(ADDRESS) not in KEPT:
            address = stack.enter_context(_server() if may_fork() else _pool())
            stack.enter_context(environment({ADDRESS: address}))
            KEPT.add(address)
            stack.callback(KEPT.discard, address)
        stack.enter_context(environment({MEMORY: str(memory)}))
        yield


@contextlib.contextmanager
def _pool() -> Iterator[str]:
    """Word that says that kernels are started ahead; each process that runs notebooks has one."""
    from ehlib.publish.kernels.provisioner import end_spare

    try:
        yield POOLED
    finally:
        end_spare()


@contextlib.contextmanager
def environment(wanted: dict[str, str]) -> Iterator[None]:
    """Set variables of this process's environment for a while."""
    before = {key: os.environ.get(key) for key in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for key, value in before.items():
            os.environ.pop(key, None)
            if value is not None:
                os.environ[key] = value


@contextlib.contextmanager
def _server() -> Iterator[str]:
    """Address of a process to fork kernels from, which is started anew when it is killed."""
    with (
        tempfile.TemporaryDirectory(prefix="eh-", ignore_cleanup_errors=True) as name,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        address = str(Path(name, "kernels"))
        listener.bind(address)  # in a folder that this user alone may enter
        listener.listen(BACKLOG)
        keeper = Keeper(listener, Path(name))
        keeper.start()
        try:
            yield address
        finally:
            keeper.end()


class Keeper(threading.Thread):
    """Starts the server and starts it again whenever it has ended, until it is told to end.

    The socket stays ours, so that whoever asks while a server starts waits and is not refused.
    """

    def __init__(self, listener: socket.socket, folder: Path) -> None:
        super().__init__(name="keeper of the kernel server", daemon=True)
        self.listener, self.folder = listener, folder
        self.ending = threading.Event()
        self.process, self.life = self._begin()

    def run(self) -> None:
        """Watch over the server."""
        young = 0
        while not self.ending.is_set():
            begun = time.monotonic()
            self.process.wait()
            self.life.close()
            if self.ending.is_set():
                return
            young = young + 1 if time.monotonic() - begun < YOUNG else 0
            if young >= GIVE_UP:
                self.listener.close()  # runs are refused then, and start their kernels themselves
                return
            self.process, self.life = self._begin()

    def end(self) -> None:
        """End the server, and every kernel with it."""
        self.ending.set()
        self.process.kill()
        self.join()
        self.process.kill()  # another, if one was just being started
        self.process.wait()
        self.life.close()

    def _begin(self) -> tuple[subprocess.Popen, BinaryIO]:
        """A server, and the end of a pipe that closes when this process ends, however it does."""
        theirs, ours = os.pipe()
        number = self.listener.fileno()
        command = [sys.executable, "-m", "ehlib.publish.kernels.server", str(number), str(theirs)]
        outside = {key: os.environ[key] for key in os.environ if not key.startswith("JPY_")}
        process = subprocess.Popen(
            command,
            env=outside | settings(self.folder),
            stdin=subprocess.DEVNULL,
            pass_fds=[number, theirs],
            start_new_session=True,  # Ctrl-C is for the batch, which ends its kernels itself
        )
        os.close(theirs)
        return process, os.fdopen(ours, "wb", buffering=0)
