"""The companion server on this computer: started detached, found again, restarted on the same ports when it dies.

Lives on the asyncio thread; what blocks runs in a worker thread. Nothing here knows the server's code: it is a program
that prints `ready http=URL rtmp=URL` and writes `server.json`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from gshop_studio.client.api import is_ours
from gshop_studio.client.errors import LocalServerFailed
from gshop_studio.texts import person_language

ADDRESS_FILE = "server.json"
LOG_FILE = "server.log"
PORTS_FILE = "ports.json"
ACCOUNTS_FILE = "sample-accounts.json"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 8.0
WATCH_INTERVAL_S = 0.4
_MAX_LOG_BYTES = 5 * 1024 * 1024
_READY = re.compile(r"^ready http=(\S+) rtmp=(\S+)\s*$")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalAddress:
    """A server of ours that runs on this computer."""

    pid: int
    http: str
    rtmp: str


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """One of the sample shop's people."""

    role: str
    email: str
    password: str


class LocalServer:
    """The one server of a data directory.

    Args:
        data_dir: the server's own directory.
        command: the program and what comes before the command's options.
        probe: whether the server at an address knows the token of our `server.json`.
        language: in which the program says why it does not start.
    """

    def __init__(
        self,
        data_dir: Path,
        command: Sequence[str] = (sys.executable, "-m", "gshop_studio", "serve"),
        probe: Callable[[str, str], Awaitable[bool]] = is_ours,
        language: Callable[[], str] = person_language,
    ) -> None:
        self._dir = data_dir
        self._command = tuple(command)
        self._probe = probe
        self._language = language
        self._child: subprocess.Popen[str] | None = None
        self._address: LocalAddress | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def address(self) -> LocalAddress | None:
        """The server that was found or started last."""
        return self._address

    async def ensure(self) -> LocalAddress:
        """Find the running server or start one; from here on it is watched.

        Raises:
            LocalServerFailed: it did not become ready.
        """
        address = await self.find() or await self._start()
        self._address = address
        if self._watch is None:
            self._watch = asyncio.create_task(self._supervise(), name="local-server-watch")
        return address

    async def find(self) -> LocalAddress | None:
        """The running server of this directory, by its address file, its process and its answer."""
        found = self._read_address()
        if found is None:
            return None
        address, token = found
        is_up = _is_running(address.pid) and await self._probe(address.http, token)
        return address if is_up else None

    def sample_account(self, role: str) -> SampleAccount | None:
        """One person of the sample shop."""
        try:
            rows = json.loads((self._dir / ACCOUNTS_FILE).read_text("utf-8"))
            people = [SampleAccount(str(row["role"]), str(row["email"]), str(row["password"])) for row in rows]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return next((person for person in people if person.role == role), None)

    async def leave_running(self) -> None:
        """Stop watching; the server goes on without us."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def stop(self) -> None:
        """Stop the server that was found or started here, cleanly; by force when it takes too long."""
        await self.leave_running()
        address, self._address = self._address, None
        if address is None:
            return
        for wish, patience_s in ((signal.SIGTERM, STOP_TIMEOUT_S), (signal.SIGKILL, 2.0)):
            if not self._is_up(address):
                break
            _signal(address.pid, wish)
            await self._gone(address, patience_s)
        self._child = None

    # --- inside -------------------------------------------------------------------------------------------------

    async def _supervise(self) -> None:
        while True:
            await asyncio.sleep(WATCH_INTERVAL_S)
            if self._address is not None and self._is_up(self._address):
                continue
            try:
                _log.warning("the local server is gone, it is started again")
                self._address = await self._start()
            except LocalServerFailed as error:
                _log.warning("the local server does not start: %s", error)
                await asyncio.sleep(1.0)

    async def _start(self) -> LocalAddress:
        ports = self._known_ports()
        try:
            return await self._launch(ports)
        except LocalServerFailed:
            if ports == (0, 0):
                raise
            return await self._launch((0, 0))  # another program took a port meanwhile

    async def _launch(self, ports: tuple[int, int]) -> LocalAddress:
        try:
            child = await asyncio.to_thread(self._spawn, ports)
        except OSError as error:
            raise LocalServerFailed(error.strerror or type(error).__name__) from error
        try:
            address = await asyncio.wait_for(asyncio.to_thread(_read_ready, child), START_TIMEOUT_S)
        except (TimeoutError, asyncio.CancelledError) as stopped:
            await asyncio.shield(asyncio.to_thread(_end, child))
            if isinstance(stopped, asyncio.CancelledError):
                raise
            raise LocalServerFailed("timeout") from stopped
        if address is None:
            await asyncio.to_thread(_end, child)
            raise LocalServerFailed(self._last_words())
        self._child = child
        # Reaps it when it ends before we do; and it may outlive us.
        threading.Thread(target=child.wait, name="local-server-waiter", daemon=True).start()
        self._remember_ports(address)
        return address

    def _spawn(self, ports: tuple[int, int]) -> subprocess.Popen[str]:
        self._dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        log_path = self._dir / LOG_FILE
        if log_path.exists() and log_path.stat().st_size > _MAX_LOG_BYTES:
            log_path.replace(log_path.with_suffix(".log.1"))
        options = ["--data-dir", str(self._dir), "--host", "127.0.0.1", "--sample-shop"]
        options += ["--port", str(ports[0]), "--rtmp-port", str(ports[1])]
        with log_path.open("ab") as log_file:
            os.chmod(log_path, 0o600)
            return subprocess.Popen(
                [*self._command, *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log_file,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
                env={**os.environ, "GSHOP_LANGUAGE": self._language()},
            )

    def _is_up(self, address: LocalAddress) -> bool:
        if self._child is not None and self._child.pid == address.pid:
            return self._child.poll() is None
        return _is_running(address.pid)

    async def _gone(self, address: LocalAddress, patience_s: float) -> None:
        try:
            async with asyncio.timeout(patience_s):
                while self._is_up(address):  # noqa: ASYNC110 - another process's end has no event
                    await asyncio.sleep(0.05)
        except TimeoutError:
            _log.warning("the local server does not stop")

    def _read_address(self) -> tuple[LocalAddress, str] | None:
        """Where it should be, and the token by which it proves to be ours."""
        try:
            found = json.loads((self._dir / ADDRESS_FILE).read_text("utf-8"))
            return LocalAddress(int(found["pid"]), str(found["http"]), str(found["rtmp"])), str(found["token"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _known_ports(self) -> tuple[int, int]:
        """Those of last time: links that buyers have, and the engine's connection, stay good."""
        try:
            found = json.loads((self._dir / PORTS_FILE).read_text("utf-8"))
            return int(found["http"]), int(found["rtmp"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0, 0

    def _remember_ports(self, address: LocalAddress) -> None:
        ports = {"http": urlsplit(address.http).port or 0, "rtmp": urlsplit(address.rtmp).port or 0}
        try:
            (self._dir / PORTS_FILE).write_text(json.dumps(ports), "utf-8")
        except OSError:
            _log.warning("the ports cannot be remembered")

    def _last_words(self) -> str:
        """What the server said last, for a person: it writes its errors in their language."""
        try:
            lines = (self._dir / LOG_FILE).read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1][-300:] if lines else ""


def _read_ready(child: subprocess.Popen[str]) -> LocalAddress | None:
    """Wait for the one line; None when the program ends or says something else. Blocks."""
    assert child.stdout is not None
    with child.stdout:
        found = _READY.match(child.stdout.readline())
    return LocalAddress(child.pid, found[1], found[2]) if found else None


def _end(child: subprocess.Popen[str]) -> None:
    """End a program that did not become ready. Blocks for a few seconds at most."""
    child.terminate()
    try:
        child.wait(5.0)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _signal(pid: int, wish: signal.Signals) -> None:
    try:
        os.kill(pid, wish)
    except ProcessLookupError:
        return
