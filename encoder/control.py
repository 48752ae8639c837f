"""The engine's local socket: who knows the token may steer. Messages per `gshop_studio.engine_protocol`.

Lives on the event loop's thread. What a client does not read is not queued for it: events are passed over while its
buffer is full, and a client that reads nothing at all is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from encoder.address_file import write_address
from encoder.commands import Dispatcher
from encoder.engine import Engine
from encoder.errors import EngineError
from encoder.picture import PictureSize
from encoder.preview import Preview
from encoder.sources.opener import SourceLists
from gshop_studio import __version__
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import (
    MAX_LINE_BYTES,
    PROTOCOL_VERSION,
    EngineEvent,
    EngineStatus,
    Fault,
    PreviewFrame,
    ProtocolError,
    decode_line,
    encode_line,
    status_to_wire,
)

_log = logging.getLogger(__name__)

_HELLO_TIMEOUT_S = 5.0
_SKIP_EVENTS_BYTES = 256 * 1024
_DROP_CLIENT_BYTES = 1024 * 1024
_METER_INTERVAL_S = 0.05
MAX_CLIENTS = 8
MAX_REQUESTS_AT_ONCE = 16
MAX_TASKS = 256


class ControlServer:
    """Listens, lets in who knows the token, and passes on what happens."""

    def __init__(self, control_dir: Path) -> None:
        self._control_dir = control_dir
        self._token = secrets.token_urlsafe(32)
        self._clients: set[_Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._meters: asyncio.Task[None] | None = None
        self._engine: Engine | None = None
        self._preview: Preview | None = None
        self._preview_owner: _Client | None = None
        self._preview_fps = FRAMES_PER_SECOND
        self._loop = asyncio.get_running_loop()
        self.shutdown_requested = asyncio.Event()

    @property
    def has_studio(self) -> bool:
        """Whether anybody is connected who said the right word."""
        return bool(self._clients)

    async def start(self, engine: Engine) -> None:
        """Listen, and write the address file."""
        self._engine = engine
        self._server = await asyncio.start_server(self._on_connection, "127.0.0.1", 0, limit=MAX_LINE_BYTES)
        port = self._server.sockets[0].getsockname()[1]
        write_address(self._control_dir, port, self._token)
        self._meters = asyncio.create_task(self._send_meters(), name="meters")

    async def close(self) -> None:
        """Let everybody go."""
        if self._server:
            self._server.close()
        if self._meters:
            self._meters.cancel()
        for client in list(self._clients):
            client.close()
        tasks = [*self._tasks, *([self._meters] if self._meters else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._end_preview()

    # --- what the engine reports ---

    def send_status(self, status: EngineStatus) -> None:
        self._broadcast(EngineEvent.STATUS, status_to_wire(status))

    def send_notice(self, fault: Fault) -> None:
        self._broadcast(EngineEvent.NOTICE, asdict(fault))

    def send_devices(self, devices: SourceLists) -> None:
        """They have changed."""
        self._broadcast(EngineEvent.DEVICES, asdict(devices))

    def limit_preview(self, fps: int) -> None:
        """How many previews a second the machine can afford."""
        self._preview_fps = fps
        if self._preview:
            self._preview.limit_fps(fps)

    def _broadcast(self, event: EngineEvent, data: dict[str, Any]) -> None:
        for client in list(self._clients):
            client.send_event(event, data)

    async def _send_meters(self) -> None:
        while True:
            await asyncio.sleep(_METER_INTERVAL_S)
            if self._clients and self._engine:
                levels = self._engine.stage.mixer.take_meters()
                channels = {name: asdict(meters) for name, meters in levels.channels.items()}
                self._broadcast(EngineEvent.METERS, asdict(levels.master) | {"channels": channels})

    # --- connections ---

    def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MAX_TASKS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer), name="control-client")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._engine is not None
        client = _Client(writer)
        try:
            if not await self._is_let_in(reader):
                return
            client.send({"welcome": {"pid": os.getpid(), "version": __version__}})
            self._clients.add(client)
            self._engine.watch_meters(True)
            client.send_event(EngineEvent.STATUS, status_to_wire(self._engine.status()))
            await self._converse(client, reader)
        except (ProtocolError, ConnectionError, asyncio.IncompleteReadError, ValueError) as error:
            _log.info("a client was dropped: %s", type(error).__name__)
        finally:
            self._clients.discard(client)
            self._engine.watch_meters(bool(self._clients))
            if self._preview_owner is client:
                self._end_preview()
            client.close()

    async def _is_let_in(self, reader: asyncio.StreamReader) -> bool:
        try:
            async with asyncio.timeout(_HELLO_TIMEOUT_S):
                message = decode_line(await _read_line(reader))
        except TimeoutError:
            return False
        token = message.get("hello")
        is_known = isinstance(token, str) and hmac.compare_digest(token.encode(), self._token.encode())
        return is_known and message.get("protocol") == PROTOCOL_VERSION and len(self._clients) < MAX_CLIENTS

    async def _converse(self, client: _Client, reader: asyncio.StreamReader) -> None:
        assert self._engine is not None
        dispatcher = Dispatcher(self._engine, _PreviewDesk(self, client), self.shutdown_requested)
        room = asyncio.Semaphore(MAX_REQUESTS_AT_ONCE)
        while line := await _read_line(reader):
            message = _decoded(line)
            await room.acquire()
            task = asyncio.create_task(_answer(client, dispatcher.run, message, room))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    # --- preview: one at a time, and its connection's ---

    def start_preview(self, owner: _Client, box: PictureSize) -> Preview:
        assert self._engine is not None
        self._end_preview()
        self._preview = Preview(self._control_dir, box, self._preview_frame_on_thread)
        self._preview_owner = owner
        self._preview.limit_fps(self._preview_fps)
        self._engine.watch_pictures(self._preview.offer)
        return self._preview

    def stop_preview(self, owner: _Client) -> None:
        if self._preview_owner is owner:
            self._end_preview()

    def release_preview(self, owner: _Client, slot: int) -> bool:
        if self._preview_owner is not owner or self._preview is None:
            return True  # of a preview that is over
        return self._preview.release(slot)

    def _end_preview(self) -> None:
        preview, self._preview, self._preview_owner = self._preview, None, None
        if preview and self._engine:
            self._engine.watch_pictures(None)
            preview.close()

    def _preview_frame_on_thread(self, frame: PreviewFrame) -> None:
        preview = self._preview
        with contextlib.suppress(RuntimeError):  # the event loop is closed: the process is ending
            self._loop.call_soon_threadsafe(self._preview_frame, preview, frame)

    def _preview_frame(self, preview: Preview | None, frame: PreviewFrame) -> None:
        if preview is None or preview is not self._preview or self._preview_owner is None:
            return
        if not self._preview_owner.send_event(EngineEvent.PREVIEW, asdict(frame)):
            preview.release(frame.slot)  # the studio never heard of it


class _PreviewDesk:
    """The preview commands of one client."""

    def __init__(self, server: ControlServer, client: _Client) -> None:
        self._server = server
        self._client = client

    def start(self, box: PictureSize) -> Preview:
        return self._server.start_preview(self._client, box)

    def stop(self) -> None:
        self._server.stop_preview(self._client)

    def release(self, slot: int) -> bool:
        return self._server.release_preview(self._client, slot)


class _Client:
    """The sending side of one connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def send(self, message: dict[str, Any]) -> None:
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > _DROP_CLIENT_BYTES:
            transport.abort()
            return
        self._writer.write(encode_line(message))

    def send_event(self, event: EngineEvent, data: dict[str, Any]) -> bool:
        """False when it was passed over."""
        transport = self._writer.transport
        if transport.is_closing() or transport.get_write_buffer_size() > _SKIP_EVENTS_BYTES:
            return False
        self.send({"event": event.value, "data": data})
        return True

    def close(self) -> None:
        self._writer.close()


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    """A line; empty at the end. A longer one than the limit raises ValueError."""
    return await reader.readline()


def _decoded(line: bytes) -> dict[str, Any]:
    """A request.

    Raises:
        ProtocolError: it is none, or holds half a character, which is no text, no file's name, and no answer.
    """
    message = decode_line(line)
    if b"\\u" in line:
        try:
            encode_line(message)
        except UnicodeEncodeError as error:
            raise ProtocolError("half a character") from error
    return message


async def _answer(
    client: _Client,
    run: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]],
    message: dict[str, Any],
    room: asyncio.Semaphore,
) -> None:
    number = message.get("id")
    try:
        result = await run(message)
        client.send({"reply_to": number, "ok": True, "result": result})
    except EngineError as error:
        client.send({"reply_to": number, "ok": False, "error": asdict(error.fault)})
    except OSError as error:
        fault = Fault("engine.bad_request", {"reason": error.strerror or type(error).__name__})
        client.send({"reply_to": number, "ok": False, "error": asdict(fault)})
    except Exception as error:  # a bug of ours must not leave the studio waiting; asyncio logs it
        fault = Fault("engine.broken", {"reason": type(error).__name__})
        client.send({"reply_to": number, "ok": False, "error": asdict(fault)})
        raise
    finally:
        room.release()
