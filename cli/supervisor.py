"""One process tree: children are started, watched, started again when they die, and stopped together."""

import asyncio
import ctypes
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

log = logging.getLogger("up")

GRACE = 15.0
"""Seconds a child gets to end by itself."""

_PR_SET_PDEATHSIG = 1


class Child:
    """One supervised process; its output goes to a file of its own."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def start(self, logs: Path) -> None:
        """Start the process; when this one is killed, the child is told to stop by the kernel."""
        with (logs / f"{self.name}.log").open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=dict(self._environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    async def keep_running(self, logs: Path) -> None:
        """Start the process again whenever it ends, a second later, until it is stopped."""
        while self._process and not self._stopping:
            await self._process.wait()
            if not self._stopping:
                log.warning("%s ended with %s; starting it again", self.name, self.code)
                await asyncio.sleep(1)
                await self.start(logs)

    @property
    def code(self) -> int | None:
        return self._process.returncode if self._process else None

    async def stop(self) -> None:
        """Ask the process to end, and end it when it does not."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(GRACE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        os._exit(1)
