"""Kernel manager and client of a batch: those of jupyter_client, without waits on the clock."""

import asyncio
import contextlib
import time
from pathlib import Path
from queue import Empty

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import Dict, default

ANSWER = 1.0  # seconds for an answer before the kernel is asked again
OPEN = 30.0  # seconds for a kernel to open its sockets
SOON = 0.002  # seconds between looks for them
DEAD = 5.0  # seconds for a kernel to be gone when it was killed


class BatchClient(AsyncKernelClient):
    """Client that is ready as soon as the kernel has answered on both channels."""

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered and its first messages are read.

        The inherited method reads messages until none came for a fifth of a second; here the last
        one is known, because a kernel says that it is idle after each answer.
        """
        end = time.monotonic() + (timeout or float("inf"))
        while time.monotonic() < end:
            asked = self.kernel_info()
            try:
                await self._answer(asked)
            except Empty:
                if not await self._async_is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
            else:
                return
        raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    wait_for_ready = _async_wait_for_ready

    async def _answer(self, asked: str) -> None:
        """Read the answer to a question, and all messages up to the end of it; Empty if none."""
        reply = {"parent_header": {}}
        while reply["parent_header"].get("msg_id") != asked:
            reply = await self.shell_channel.get_msg(timeout=ANSWER)
        message = reply | {"content": {}}
        while not _ends(message, asked):
            message = await self.iopub_channel.get_msg(timeout=ANSWER)
        self._handle_kernel_info_reply(reply)


def _ends(message: dict, asked: str) -> bool:
    """Whether a message says that the kernel has done with a question."""
    idle = message["content"].get("execution_state") == "idle"
    return idle and message["parent_header"].get("msg_id") == asked


class BatchManager(AsyncKernelManager):
    """Manager of a kernel that a named provisioner starts; the local one without a name."""

    provisioning = Dict(help="provisioner_name and config, as in a kernelspec").tag(config=True)

    @default("client_factory")
    def _our_client(self) -> type:
        return BatchClient

    @property
    def kernel_spec(self) -> KernelSpec | None:
        """The installed kernel's, with our provisioner named in it."""
        spec = super().kernel_spec
        if spec is not None and self.provisioning:
            spec.metadata["kernel_provisioner"] = dict(self.provisioning)
        return spec

    async def _async_post_start_kernel(self, **options: object) -> None:
        """Wait for the kernel's sockets: who connects before them tries again only on a clock."""
        await super()._async_post_start_kernel(**options)
        end = time.monotonic() + OPEN
        last = Path(f"{self.ip}-{self.hb_port}")
        while self.transport == "ipc" and not last.exists() and time.monotonic() < end:
            if not await self._async_is_alive():
                return
            await asyncio.sleep(SOON)

    post_start_kernel = _async_post_start_kernel

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        """End the kernel; at once, it is neither interrupted before nor looked after on a clock.

        The inherited method has a kernel that is to be killed report an interrupt first, and
        notices its end only when a tenth of a second has passed.
        """
        if not now or not self.has_kernel:
            return await super()._async_shutdown_kernel(now=now, restart=restart)
        self.shutting_down = True
        await self.provisioner.kill(restart=restart)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.provisioner.wait(), timeout=DEAD)
        await self._async_cleanup_resources(restart=restart)

    shutdown_kernel = _async_shutdown_kernel
