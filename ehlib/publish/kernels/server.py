"""The process that kernels are forked from: it has imported everything and runs no thread.

    python -m ehlib.publish.kernels.server LISTENER LIFE

LISTENER is the number of a socket to accept on, LIFE of a pipe that closes when the batch ends.
One connection is one kernel: the asker sends the length of a request and the request, gets the
process id, may then send one byte a signal, and gets the exit code. When the connection closes,
the kernel is killed. A kernel dies with this process, and this process with the batch.
"""

import contextlib
import json
import os
import select
import selectors
import signal
import socket
import struct
import sys
from dataclasses import dataclass, field

from ehlib.publish.kernels.become import die_with, enter, reset_signals, run
from ehlib.publish.kernels.libraries import import_libraries, leave_folder, threads

NUMBER = struct.Struct("!i")
PATIENCE = 10.0  # seconds that an asker may take to send a request
LARGEST = 8_000_000  # bytes of a request: an environment may hold some


@dataclass
class _Server:
    listener: socket.socket
    life: int
    woken: int
    kernels: dict[int, socket.socket] = field(default_factory=dict)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)


def main(listener: int, life: int) -> None:
    """Serve until the batch ends; in a fork, be the kernel that was asked for."""
    leave_folder()
    import_libraries(wanted=lambda: not select.select([life], [], [], 0)[0])
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    server = _Server(socket.socket(fileno=listener), life, woken)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    for each in (server.listener, life, woken):
        server.selector.register(each, selectors.EVENT_READ)
    request = serve(server)
    if request is not None:  # from here on this process is a kernel
        os.close(wake)
        request["arguments"].append(f"--IPKernelApp.parent_handle={os.getppid()}")
        enter(request)
        run()


def serve(server: _Server) -> dict | None:
    """Answer askers until the batch ends; give the request in the fork that is to serve it."""
    while True:
        for key, _ in server.selector.select():
            if key.fileobj is server.listener:
                request = _accept(server)
                if request is not None:
                    return request
            elif key.fileobj == server.life:
                _kill(server, *server.kernels)
                return None
            elif key.fileobj == server.woken:
                _reap(server)
            elif key.data in server.kernels:
                _obey(server, key.data)


def _accept(server: _Server) -> dict | None:
    """Fork a kernel for an asker; None in this process, the request in the fork."""
    with contextlib.suppress(OSError, ValueError, struct.error):
        asker, _ = server.listener.accept()
        asker.settimeout(PATIENCE)
        request = _read_request(asker)
        if threads() > 1:
            raise SystemExit("the process that kernels are forked from runs threads")
        own = os.getpid()
        child = os.fork()
        if child == 0:
            asker.close()
            _become(server, own)
            return request
        server.kernels[child] = asker
        asker.setblocking(False)
        server.selector.register(asker, selectors.EVENT_READ, child)
        _tell(asker, child)
    return None


def _read_request(asker: socket.socket) -> dict:
    with asker.makefile("rb") as file:
        (length,) = NUMBER.unpack(file.read(NUMBER.size))
        if not 0 < length < LARGEST:
            raise ValueError(f"a request has {length} bytes")
        return json.loads(file.read(length))


def _become(server: _Server, parent: int) -> None:
    """Let go of all that belongs to the server."""
    server.selector.close()
    for each in (server.listener, *server.kernels.values()):
        each.close()
    os.close(server.life)
    reset_signals()
    os.close(server.woken)
    os.setsid()
    die_with(parent)


def _obey(server: _Server, kernel: int) -> None:
    """Pass on the signals that an asker sent; kill the kernel of one that has gone."""
    asker = server.kernels[kernel]
    try:
        numbers = asker.recv(64)
    except BlockingIOError:
        return
    except OSError:
        numbers = b""
    if not numbers:
        server.selector.unregister(asker)
        _kill(server, kernel)
    for number in numbers:
        _signal(kernel, number)


def _reap(server: _Server) -> None:
    """Take leave of kernels that have ended, and of the processes that they started."""
    with contextlib.suppress(BlockingIOError):
        os.read(server.woken, 4096)
    for kernel in list(server.kernels):
        ended = os.waitid(os.P_PID, kernel, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            continue
        _signal(kernel, signal.SIGKILL)  # its group: the number is not free before it is reaped
        _, status = os.waitpid(kernel, 0)
        asker = server.kernels.pop(kernel)
        with contextlib.suppress(KeyError, ValueError):
            server.selector.unregister(asker)
        _tell(asker, os.waitstatus_to_exitcode(status))
        asker.close()


def _kill(server: _Server, *kernels: int) -> None:
    for kernel in kernels:
        if kernel in server.kernels:
            _signal(kernel, signal.SIGKILL)


def _signal(kernel: int, number: int) -> None:
    """Send a signal to a kernel's whole group, or to itself while it has none yet."""
    try:
        os.killpg(kernel, number)
    except ProcessLookupError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(kernel, number)


def _tell(asker: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # it may have gone, which the selector will tell
        asker.send(NUMBER.pack(number))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
