"""The studio's end of the engine: finds a running one or starts it, steers it.

Lives on the studio's asyncio thread. The engine is a detached process: it goes on when the studio dies, and the next
studio attaches to it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gshop_studio.engine_protocol import (
    ADDRESS_FILE,
    MAX_LINE_BYTES,
    PROTOCOL_VERSION,
    Command,
    EngineEvent,
    Fault,
    ProtocolError,
    decode_line,
    encode_line,
)
from gshop_studio.paths import make_private

_log = logging.getLogger(__name__)

LOG_FILE = "engine.log"
_LARGEST_LOG_BYTES = 1024 * 1024
_CONNECT_TIMEOUT_S = 2.0
_START_TIMEOUT_S = 15.0
REQUEST_TIMEOUT_S = 20.0
LONG_TIMEOUTS_S = {
    Command.PREFLIGHT: 45.0,  # a test publish of some seconds, devices that take their time
    Command.RECORD_STOP: 300.0,  # makes a long file whole
    Command.SAVE_REPLAY: 60.0,
}
"""What may take longer than an ordinary request before the engine counts as gone."""
_END_TIMEOUT_S = 3.0
_LOOK_INTERVAL_S = 0.05


class EngineRefused(Exception):
    """The engine answered with a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class EngineGone(Exception):
    """There is no engine to ask, or it ended before it answered."""


class EngineStartFailed(Exception):
    """The process ended, or did not listen in time. `fault` is `engine.start_failed`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault("engine.start_failed", {"reason": reason})


@dataclass(frozen=True, slots=True)
class _Address:
    pid: int
    port: int
    token: str


OnEvent = Callable[[EngineEvent, dict[str, Any]], None]


def default_command() -> list[str]:
    """What starts our engine: this program, with another command."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "engine"]
    return [sys.executable, "-m", "gshop_studio", "engine"]


class EngineLink:
    """One connection at a time to the engine of one control directory.

    Args:
        control_dir: Where the engine's address lies.
        on_event: Called on the asyncio thread for each event of the engine. Must not block.
        on_lost: Called once when the connection ends without `close` having been called.
        command: What starts an engine, without `--control-dir`.
    """

    def __init__(
        self,
        control_dir: Path,
        *,
        on_event: OnEvent,
        on_lost: Callable[[], None] = lambda: None,
        command: Sequence[str] | None = None,
    ) -> None:
        self._control_dir = control_dir
        self._on_event = on_event
        self._on_lost = on_lost
        self._command = list(command or default_command())
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._next_id = 1
        self._is_ending = False
        self._pid: int | None = None

    @property
    def is_connected(self) -> bool:
        return self._writer is not None

    @property
    def pid(self) -> int | None:
        """The engine's process, while connected."""
        return self._pid

    async def attach(self) -> bool:
        """Connect to an engine that is running already; False if there is none.

        Raises:
            EngineStartFailed: the control directory is not ours: whoever answers there would be told the stream key.
        """
        if self._writer is not None:
            return True
        try:
            make_private(self._control_dir)
        except OSError as error:
            raise EngineStartFailed(error.strerror or str(error)) from error
        address = self._read_address()
        return address is not None and await self._connect(address)

    async def start(self) -> bool:
        """Connect to the running engine, or start one. Returns whether it had to be started.

        Raises:
            EngineStartFailed: it ended at once, does not listen, or the control directory is not ours.
        """
        if await self.attach():
            return False
        process = await asyncio.to_thread(self._spawn)
        deadline_s = asyncio.get_running_loop().time() + _START_TIMEOUT_S
        while not await self.attach():
            status = process.poll()
            if status is not None and not await self.attach():
                raise EngineStartFailed(f"exit status {status}")
            if asyncio.get_running_loop().time() > deadline_s:
                process.kill()
                raise EngineStartFailed("timeout")
            await asyncio.sleep(_LOOK_INTERVAL_S)
        return True

    async def restart(self) -> None:
        """End the engine, if it still lives, and start another.

        Raises:
            EngineStartFailed: as `start`.
        """
        await self.shutdown()
        await self.start()

    async def shutdown(self) -> None:
        """End the broadcast and the engine's process, and wait until it is gone."""
        self._is_ending = True
        with contextlib.suppress(EngineGone, EngineRefused):
            await self.request(Command.SHUTDOWN)
            await self._await_end()
        await self.close()
        self._is_ending = False

    async def _await_end(self) -> None:
        """The engine takes its address away as the last thing it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_TIMEOUT_S):
                while (self._control_dir / ADDRESS_FILE).exists():  # noqa: ASYNC110 - another process's file
                    await asyncio.sleep(_LOOK_INTERVAL_S)

    async def request(
        self, command: Command, params: dict[str, Any] | None = None, *, timeout_s: float | None = None
    ) -> dict[str, Any]:
        """Ask, and wait for the answer: `timeout_s`, or as long as that command may take.

        Raises:
            EngineRefused: with the engine's fault.
            EngineGone: there is no engine, or it ended meanwhile, or it did not answer.
        """
        if self._writer is None:
            raise EngineGone
        number, self._next_id = self._next_id, self._next_id + 1
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        self._writer.write(encode_line({"id": number, "command": command.value, "params": params or {}}))
        try:
            async with asyncio.timeout(timeout_s or LONG_TIMEOUTS_S.get(command, REQUEST_TIMEOUT_S)):
                return await future
        except TimeoutError:
            raise EngineGone from None
        finally:
            self._pending.pop(number, None)

    async def close(self) -> None:
        """Let the engine go on alone."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.wait([reading])
        self._disconnected()

    # --- the process ---

    def _spawn(self) -> subprocess.Popen[bytes]:
        log_path = self._control_dir / LOG_FILE
        is_full = log_path.exists() and log_path.stat().st_size > _LARGEST_LOG_BYTES
        detached: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            detached = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
        with log_path.open("wb" if is_full else "ab") as log:
            log_path.chmod(0o600)
            process = subprocess.Popen(
                [*self._command, "--control-dir", str(self._control_dir)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                **detached,
            )
        # Reaps it when it ends before we do.
        threading.Thread(target=process.wait, name="engine-waiter", daemon=True).start()
        return process

    def _read_address(self) -> _Address | None:
        try:
            fields = json.loads((self._control_dir / ADDRESS_FILE).read_text(encoding="utf-8"))
            return _Address(int(fields["pid"]), int(fields["port"]), str(fields["token"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    # --- the connection ---

    async def _connect(self, address: _Address) -> bool:
        """Whether somebody at that address is our engine. A stale file may point at anybody."""
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", address.port, limit=MAX_LINE_BYTES)
                writer.write(encode_line({"hello": address.token, "protocol": PROTOCOL_VERSION}))
                welcome = decode_line(await reader.readline()).get("welcome")
        except (OSError, TimeoutError, ValueError, ProtocolError):
            welcome = None
        if writer is None:
            return False
        if not isinstance(welcome, dict):
            writer.close()
            return False
        self._writer = writer
        self._pid = address.pid
        self._reading = asyncio.create_task(self._read(reader), name="engine-link")
        return True

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                self._handle(decode_line(line))
        except (OSError, ValueError, ProtocolError) as error:
            _log.info("the engine's connection broke: %s", type(error).__name__)
        self._reading = None
        self._disconnected()
        if not self._is_ending:
            self._on_lost()

    def _handle(self, message: dict[str, Any]) -> None:
        if "reply_to" in message:
            self._settle(message)
            return
        try:
            event = EngineEvent(str(message.get("event")))
        except ValueError:
            return  # of a newer engine
        data = message.get("data")
        self._on_event(event, data if isinstance(data, dict) else {})

    def _settle(self, message: dict[str, Any]) -> None:
        number = message["reply_to"]
        future = self._pending.get(number) if isinstance(number, int) else None
        if future is None or future.done():
            return
        if message.get("ok") is True:
            future.set_result(dict(message.get("result") or {}))
            return
        error = message.get("error")
        fields = error if isinstance(error, dict) else {}
        future.set_exception(EngineRefused(Fault(str(fields.get("code")), dict(fields.get("params") or {}))))

    def _disconnected(self) -> None:
        writer, self._writer, self._pid = self._writer, None, None
        if writer is not None:
            writer.close()
        for future in self._pending.values():
            if not future.done():
                future.set_exception(EngineGone())
