"""A whole installation as processes, driven from outside as a person would."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import httpx

SOJOURN = Path(sysconfig.get_path("scripts")) / "sojourn"
PATIENCE = 120.0


def free_base() -> int:
    """Return a port from which four in a row are free, elsewhere for each process that asks."""
    first = 12000 + os.getpid() * 7919 % 1900 * 10
    for base in itertools.chain(range(first, 31000, 10), range(12000, first, 10)):
        if all(_free(base + n) for n in range(4)):
            return base
    raise AssertionError("no four free ports in a row")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


class Installation:
    """``sojourn up`` on its own folder and ports; ``stop`` ends all of it."""

    def __init__(
        self,
        home: Path,
        folder: Path | None = None,
        settings: Mapping[str, str] | None = None,
        *options: str,
    ) -> None:
        self.home = home
        self.base = free_base()
        self.url = f"http://127.0.0.1:{self.base}"
        self.temporal = f"127.0.0.1:{self.base + 2}"
        self._folder = folder
        self._settings = settings or {}
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self.web = httpx.Client(base_url=self.url, follow_redirects=True, timeout=20)

    def start(self) -> str:
        """Start and return what it printed once it is up; fails with its output when it ends."""
        self.begin()
        assert self._process is not None
        output = self.home / "up.txt"
        deadline = time.monotonic() + PATIENCE
        while "Sojourn is up" not in output.read_text():
            assert self._process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.2)
        self.until(lambda: self.web.get("/healthz").status_code == 200)
        return output.read_text()

    def begin(self) -> None:
        """Start and don't wait for anything."""
        output = self.home / "up.txt"
        command = [str(SOJOURN), "up", "--port-base", str(self.base), *self._options]
        if self._folder:
            command += ["--from", str(self._folder)]
        with output.open("w") as file:
            self._process = subprocess.Popen(
                command,
                cwd=self.home,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, **self._settings},
            )

    def break_off(self) -> None:
        """Kill the whole of it with -9, as a power cut would, and wait until its ports are free."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        pids = [int(pid) for pid in children.read_text().split()]
        self._process.kill()
        self._process.wait()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.until(lambda: all(_free(self.base + n) for n in range(4)))

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=60)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as its user would, in the installation's folder."""
        return subprocess.run(
            [str(SOJOURN), *words], cwd=self.home, capture_output=True, text=True, timeout=60
        )

    def kill(self, part: str) -> None:
        """Kill one of our own processes with -9; its supervisor starts it again."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for pid in children.read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            if part in words:
                os.kill(int(pid), signal.SIGKILL)
                return
        raise AssertionError(f"no process of ours runs '{part}'")

    def mails(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.web.get("/inbox/messages.json").json()
        return found

    def rotations(self) -> list[dict[str, object]]:
        """Return what ``sojourn list --json`` says."""
        found: list[dict[str, object]] = json.loads(self.command("list", "--json").stdout)
        return found

    def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until a condition holds."""
        wait_until(condition, seconds)


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until a condition holds, taking a refused connection for not yet."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.TransportError):
            if condition():
                return
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.2)
