"""Kernel provisioners: how jupyter_client gets a kernel process that has its libraries already."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.launcher import launch_kernel
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from nbclient.exceptions import DeadKernelError
from traitlets import Integer, Unicode

from ehlib.publish.kernels import become
from ehlib.publish.kernels.become import LAUNCHER
from ehlib.publish.kernels.server import NUMBER

FORK, POOL = "ehlib-fork", "ehlib-pool"
SOON = 0.005  # seconds between looks whether a kernel has ended
WAIT = 60.0  # seconds for a new server to import everything
KILLED = -9  # exit code of a kernel whose server has gone, and the kernel with it


class ForkedKernel:
    """A kernel in another process's care, with what jupyter_client asks of a `Popen`."""

    stdin = stdout = stderr = None
    lost = 0  # kernels of this process whose server has gone, and they with it

    def __init__(self, asked: socket.socket, pid: int) -> None:
        self.asked, self.pid, self.returncode = asked, pid, None

    def poll(self) -> int | None:
        """Exit code, or None while the kernel runs."""
        if self.returncode is None:
            try:
                told = self.asked.recv(NUMBER.size)
            except BlockingIOError:
                return None
            except OSError:
                told = b""
            self.returncode = NUMBER.unpack(told)[0] if told else KILLED
            ForkedKernel.lost += not told
            self.asked.close()
        return self.returncode

    def wait(self) -> int | None:
        """Exit code of a kernel that has ended."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Have a signal sent to the kernel and all that it started."""
        if self.poll() is None:
            with contextlib.suppress(OSError):
                self.asked.send(bytes([number]))


class _LimitedProvisioner(LocalProvisioner):
    """Cold kernels that end with their starter and have a limit; notices at once that one ended."""

    memory = Integer(0, help="bytes that a kernel may have; 0 for all").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: object) -> KernelConnectionInfo:
        """Start a kernel and give its connection."""
        if _is_ours(cmd) and not kwargs.get("independent"):
            cmd = [cmd[0], become.__file__, str(self.memory), *cmd[3:]]
        return await super().launch_kernel(cmd, **kwargs)

    async def wait(self) -> int | None:
        while self.process and self.process.poll() is None:
            await asyncio.sleep(SOON)
        return await super().wait()


class ForkProvisioner(_LimitedProvisioner):
    """Kernels forked from the process that `warm_kernels` keeps; cold ones where there is none."""

    address = Unicode(help="socket of the process to fork from").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: object) -> KernelConnectionInfo:
        """Start a kernel and give its connection."""
        request = _request(cmd, kwargs, self.memory) if self.address else None
        self.process = request and await asyncio.to_thread(_fork, self.address, request)
        if not self.process:
            return await super().launch_kernel(cmd, **kwargs)
        self.pid, self.pgid, self.cwd = self.process.pid, None, request["folder"]
        return self.connection_info


class PoolProvisioner(_LimitedProvisioner):
    """Kernels that were started ahead and import their libraries while others work."""

    spare: subprocess.Popen | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: object) -> KernelConnectionInfo:
        """Put the spare kernel to work, and start the next."""
        request = _request(cmd, kwargs, self.memory)
        ready, PoolProvisioner.spare = PoolProvisioner.spare, None
        if not request:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = ready if ready and ready.poll() is None else _start_spare(request["env"])
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.close()
        self.pid, self.cwd = self.process.pid, request["folder"]
        self.pgid = self.pid if os.name == "posix" else None  # it leads its own group
        PoolProvisioner.spare = _start_spare(request["env"])
        return self.connection_info


def end_spare() -> None:
    """End the kernel that was started ahead and is not wanted any more."""
    spare, PoolProvisioner.spare = PoolProvisioner.spare, None
    if spare:
        spare.stdin.close()
        spare.kill()
        spare.wait()


def register() -> None:
    """Make our provisioners known also where the package is not installed, only on the path."""
    known = KernelProvisionerFactory.instance().provisioners
    for name, kind in {FORK: ForkProvisioner, POOL: PoolProvisioner}.items():
        place = f"{kind.__module__}:{kind.__name__}"
        known[name] = EntryPoint(name, place, KernelProvisionerFactory.GROUP_NAME)


def _request(cmd: Sequence[str], options: dict, memory: int) -> dict | None:
    """What a process that becomes the kernel must know; None if it is another kind of kernel."""
    if not _is_ours(cmd):
        return None
    env = {**os.environ, **(options.get("env") or {})}
    folder = str(options.get("cwd") or Path.cwd())
    return {"arguments": cmd[3:], "env": env, "folder": folder, "memory": memory}


def _is_ours(cmd: Sequence[str]) -> bool:
    """Whether a command starts the kernel of this very Python."""
    return cmd[0] == sys.executable and cmd[1:3] == ["-m", LAUNCHER]


def _fork(address: str, request: dict) -> ForkedKernel | None:
    """A forked kernel; None if nothing listens at the address."""
    asked = socket.socket(socket.AF_UNIX)
    try:
        asked.settimeout(WAIT)
        asked.connect(address)
        content = json.dumps(request).encode("utf-8")
        asked.sendall(NUMBER.pack(len(content)) + content)
        told = asked.recv(NUMBER.size)
    except (FileNotFoundError, ConnectionRefusedError):
        asked.close()
        return None
    except OSError:
        told = b""
    if not told:
        asked.close()
        ForkedKernel.lost += 1
        raise DeadKernelError("the process that kernels are forked from has ended")
    asked.setblocking(False)
    return ForkedKernel(asked, NUMBER.unpack(told)[0])


def _start_spare(env: dict[str, str]) -> subprocess.Popen:
    """A process that imports the libraries and then waits to become a kernel."""
    cmd = [sys.executable, "-m", "ehlib.publish.kernels.become"]
    options = {"stdin": subprocess.PIPE, "encoding": "utf-8"}
    return launch_kernel(cmd, env=dict(env), **options)
