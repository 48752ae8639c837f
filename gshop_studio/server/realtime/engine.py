"""The library's servers with our outboxes in them: the only place that reaches into how it sends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import engineio
import socketio
from engineio import packet
from engineio.async_drivers.asgi import WebSocket

from gshop_studio.server.realtime.outbox import Outbox
from gshop_studio.server.realtime.websocket import FrameWebSocket


class EngineServer(engineio.AsyncServer):  # type: ignore[misc] # the library has no types
    """Engine.IO, where a client's queue is an `Outbox`."""

    _async: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._async = {**self._async, "websocket": _WebSocketDriver}

    def create_queue(self, *_args: Any, **_kwargs: Any) -> Outbox:
        return Outbox()

    async def _trigger_event(self, event: str, *args: Any, **kwargs: Any) -> Any:
        result = await super()._trigger_event(event, *args, **kwargs)
        if event == "disconnect" and args[1:] == (self.reason.CLIENT_DISCONNECT,):
            self._answer_last_poll(args[0])
        return result

    def _answer_last_poll(self, eio_sid: str) -> None:
        """Who said goodbye waits for nothing more: a poll left open keeps its process alive."""
        connection = self.sockets.get(eio_sid)
        if connection is not None:
            connection.queue.put_nowait(None if connection.upgraded else packet.Packet(packet.NOOP))


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]
    """Socket.IO over it."""

    def outbox(self, sid: str) -> Outbox | None:
        """What waits for a client; None when it is gone."""
        connection = self.connection(sid)
        return connection.queue if connection is not None else None

    def connection(self, sid: str) -> Any:
        """The Engine.IO connection of a client; None when it is gone."""
        return self.eio.sockets.get(self.manager.eio_sid_from_sid(sid, "/"))

    async def close(self, sid: str) -> None:
        """Disconnect a client; it may come back by itself."""
        connection = self.connection(sid)
        if connection is not None and not connection.closed:
            await connection.close(wait=False)
            connection.queue.put_nowait(None)  # ends the writing task, which closes the WebSocket

    async def abort(self, sid: str) -> None:
        """Cut off a client that does not read."""
        connection = self.connection(sid)
        if connection is not None:
            await connection.close(wait=False, abort=True)
            connection.queue.abort()

    async def close_strangers(self, age_s: float) -> None:
        """Close the connections that are this old, and whose client never came in."""
        made_before_s = time.monotonic() - age_s
        for eio_sid, connection in list(self.eio.sockets.items()):
            if connection.queue.made_s < made_before_s and self.manager.sid_from_eio_sid(eio_sid, "/") is None:
                await connection.close(wait=False)
                connection.queue.put_nowait(None)
                connection.queue.abort()

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer


class _WebSocketDriver(WebSocket):  # type: ignore[misc]
    """One WebSocket, of whoever's `handler` it is; it tells the outbox what becomes of it."""

    def __init__(self, handler: Any, server: EngineServer) -> None:
        super().__init__(handler, server)
        self._client = handler.__self__
        self._outbox: Outbox = self._client.queue

    async def __call__(self, environ: Mapping[str, Any]) -> Any:
        self._outbox.attach(self._client, FrameWebSocket.of(environ["asgi.scope"]))
        return await super().__call__(environ)

    async def send(self, message: str | bytes) -> None:
        await super().send(message)
        self._outbox.written(len(message.encode() if isinstance(message, str) else message))

    async def close(self) -> None:
        self._outbox.detach()
        await super().close()
