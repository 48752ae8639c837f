"""The sockets: who connects, what each event asks, and its acknowledgement. The only place that speaks Socket.IO."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs

import socketio
from pydantic import ValidationError
from starlette.types import ASGIApp

from gshop_studio.contract.events import (
    SOCKET_PATH,
    ClientEvent,
    JoinEvent,
    ResumeEvent,
    Room,
    ServerEvent,
    StreamEvent,
)
from gshop_studio.contract.wire import Answer, Request, to_wire_time
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.client_address import ClientAddresses
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.field_errors import field_refusals
from gshop_studio.server.origins import OwnOrigins
from gshop_studio.server.realtime.frames import FrameGuard
from gshop_studio.server.realtime.gateway import Outgoing, to_wire
from gshop_studio.server.realtime.handlers import EventHandlers, Handles, Sender
from gshop_studio.server.realtime.packets import TextPacket
from gshop_studio.server.realtime.presence import Presence
from gshop_studio.server.realtime.sessions import ViewerSessions
from gshop_studio.server.realtime.snapshots import Snapshots
from gshop_studio.server.refusals import Refused
from gshop_studio.server.words import detail_of, field_problem
from gshop_studio.texts import best_language

log = logging.getLogger(__name__)

MAX_PACKET_BYTES = 64 * 1024
UNSENT_LIMIT = 1000
"""Packets waiting for one reader. Who has more is disconnected, and replays from the log when back."""
_WATCH_S = 1.0
_GOODBYE_S = 1.0
_quiet_log = logging.getLogger("gshop_studio.socketio")
_quiet_log.setLevel(logging.CRITICAL)  # it logs packets, tokens included, and a traceback for whatever a client sends

RequestType = TypeVar("RequestType", bound=Request)


class HandlesEvent(Protocol):
    async def __call__(self, socket: Socket, data: Any) -> dict[str, Any]: ...


@dataclass(slots=True)
class Socket:
    """One connected client."""

    sid: str
    caller: Caller | None
    language: str
    address: str
    viewer_keys: dict[str, str | None] = field(default_factory=dict)
    """By the id of each show joined: whom presence counts, None for the host."""
    session_id: str | None = None

    def has_expired(self, now: datetime) -> bool:
        return self.caller is not None and self.caller.expires_at <= now


class Sockets:
    def __init__(
        self,
        accounts: AccountService,
        handlers: EventHandlers,
        presence: Presence,
        snapshots: Snapshots,
        sessions: ViewerSessions,
        *,
        addresses: ClientAddresses,
        origins: OwnOrigins,
        max_connections_per_address: int,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._presence = presence
        self._snapshots = snapshots
        self._sessions = sessions
        self._addresses = addresses
        self._max_connections_per_address = max_connections_per_address
        self._clock = clock
        self._sockets: dict[str, Socket] = {}
        self._connections: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            serializer=TextPacket,
            async_handlers=False,  # one client's events are handled in their order, one after the other
            cors_allowed_origins=origins.allows,
            cors_credentials=False,
            max_http_buffer_size=MAX_PACKET_BYTES,
            logger=_quiet_log,
            engineio_logger=_quiet_log,
        )
        self._server.on("connect", self._on_connect)
        self._server.on("disconnect", self._on_disconnect)
        own: dict[ClientEvent, HandlesEvent] = {
            ClientEvent.JOIN: self._join,
            ClientEvent.LEAVE: self._leave,
            ClientEvent.PING: self._ping,
            ClientEvent.RESUME: self._resume,
        }
        others = {event: partial(self._hand_on, handles) for event, handles in handlers.items()}
        for event, handler in (own | others).items():
            self._server.on(event.value, _coroutine(self._acknowledge, handler))
        self._server.on("*", self._on_unknown)
        self.app: ASGIApp = FrameGuard(socketio.ASGIApp(self._server, socketio_path=SOCKET_PATH))

    @property
    def count(self) -> int:
        """How many clients are connected."""
        return len(self._sockets)

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="sockets")

    async def close(self) -> None:
        """Tell everybody goodbye, in a way that lets their client come back by itself, and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        goodbyes = [asyncio.ensure_future(self._server.eio.disconnect(sid)) for sid in list(self._server.eio.sockets)]
        if goodbyes:
            _, late = await asyncio.wait(goodbyes, timeout=_GOODBYE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*goodbyes, return_exceptions=True)
        await self._server.shutdown()

    async def fan_out(self, outgoing: Outgoing) -> None:
        """Hand an event to everybody in the show's room."""
        if outgoing.room is not Room.EVERYBODY or outgoing.person is not None:
            return
        await self._server.emit(outgoing.event, outgoing.data, room=_room(outgoing.stream_id))

    # --- connections --------------------------------------------------------------------------------------------

    async def _on_connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
        scope = environ["asgi.scope"]
        address = self._addresses.of(scope)
        wish = parse_qs(str(environ.get("QUERY_STRING", ""))).get("lang", [None])[0]
        accepted = environ.get("HTTP_ACCEPT_LANGUAGE")
        try:
            if self._connections[address] >= self._max_connections_per_address:
                raise Refused("connection.too_many")
            token = auth.get("token") if isinstance(auth, dict) else None
            if token is not None and not isinstance(token, str):
                raise Refused("auth.bad_token")
            caller = await self._accounts.caller(token) if token else None
        except Refused as refusal:
            detail = detail_of(refusal, best_language(wish, accepted))
            raise socketio.exceptions.ConnectionRefusedError(
                detail, {"code": refusal.code, "detail": detail}
            ) from refusal
        except Exception:
            log.exception("a connection failed")
            raise
        language = best_language(wish, accepted, caller.language if caller else None)
        self._sockets[sid] = Socket(sid, caller, language, address)
        self._connections[address] += 1

    async def _on_disconnect(self, sid: str, reason: str) -> None:
        socket = self._sockets.pop(sid, None)
        if socket is None:
            return
        self._connections[socket.address] -= 1
        if self._connections[socket.address] <= 0:
            del self._connections[socket.address]
        for stream_id, key in socket.viewer_keys.items():
            if key is not None:
                self._presence.lose(stream_id, key, sid)

    async def _watch(self) -> None:
        """Close the sockets of expired sign-ins and of readers that do not read."""
        while True:
            await asyncio.sleep(_WATCH_S)
            for socket in list(self._sockets.values()):
                connection = self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(socket.sid, "/"))
                if connection is None:
                    continue
                if socket.has_expired(self._clock()):
                    await connection.close(wait=False)
                elif connection.queue.qsize() > UNSENT_LIMIT:
                    log.warning("a reader does not read: disconnected")
                    await connection.close(wait=False, abort=True)
                    while not connection.queue.empty():
                        connection.queue.get_nowait()

    # --- events -------------------------------------------------------------------------------------------------

    async def _acknowledge(self, handler: HandlesEvent, sid: str, data: Any = None) -> dict[str, Any]:
        """Run a handler; what it answers, or why not, is the acknowledgement."""
        socket = self._sockets.get(sid)
        if socket is None:
            return {"ok": False, "error": {"code": "auth.required", "detail": ""}}
        try:
            if socket.has_expired(self._clock()):
                raise Refused("auth.token_expired")
            return {"ok": True, **await handler(socket, data)}
        except Refused as refusal:
            return _refusal(refusal, socket.language)
        except Exception:  # the outermost frame of a client's event: it is told so, and its connection lives
            log.exception("an event failed")
            return _refusal(Refused("server.internal"), socket.language)

    async def _on_unknown(self, event: str, sid: str, *_: Any) -> dict[str, Any]:
        socket = self._sockets.get(sid)
        return _refusal(Refused("request.unknown_event"), socket.language if socket else "en")

    async def _join(self, socket: Socket, data: Any) -> dict[str, Any]:
        wish = _parse(JoinEvent, data)
        stream = await self._snapshots.admit(socket.caller, wish.stream_id)
        socket.session_id = self._sessions.accept(wish.session_id or socket.session_id)
        await self._server.enter_room(socket.sid, _room(stream.id))
        key = await self._presence.enter(stream, socket.caller, socket.session_id, socket.sid)
        before = socket.viewer_keys.get(stream.id)
        if before is not None and before != key:
            await self._presence.leave(stream.id, before, socket.sid)
        socket.viewer_keys[stream.id] = key
        if socket.sid not in self._sockets and key is not None:  # gone meanwhile
            self._presence.lose(stream.id, key, socket.sid)
        snapshot = to_wire(await self._snapshots.snapshot(socket.caller, stream.id, socket.session_id))
        await self._server.emit(ServerEvent.JOINED.value, snapshot, to=socket.sid)
        return snapshot

    async def _leave(self, socket: Socket, data: Any) -> dict[str, Any]:
        stream_id = _parse(StreamEvent, data).stream_id
        await self._server.leave_room(socket.sid, _room(stream_id))  # also after a resume without a join
        key = socket.viewer_keys.pop(stream_id, None)
        if key is not None:
            await self._presence.leave(stream_id, key, socket.sid)
        return {}

    async def _ping(self, socket: Socket, data: Any) -> dict[str, Any]:
        stream_id = _parse(StreamEvent, data).stream_id
        if stream_id not in socket.viewer_keys:
            raise Refused("stream.not_joined")
        key = socket.viewer_keys[stream_id]
        if key is not None:
            self._presence.ping(stream_id, key)
        now = self._clock()
        pong = {"serverTime": to_wire_time(now), "at": to_ms(now)}
        await self._server.emit(ServerEvent.PONG.value, pong, to=socket.sid)
        return pong

    async def _resume(self, socket: Socket, data: Any) -> dict[str, Any]:
        wish = _parse(ResumeEvent, data)
        stream = await self._snapshots.admit(socket.caller, wish.stream_id)
        await self._server.enter_room(socket.sid, _room(stream.id))
        replay = await self._snapshots.replay(stream.id, wish.after_seq)
        if replay is not None:
            return {"events": [to_wire(event) for event in replay.events], "seq": replay.seq}
        socket.session_id = self._sessions.accept(socket.session_id)
        snapshot = await self._snapshots.snapshot(socket.caller, stream.id, socket.session_id)
        return {"reset": True, "snapshot": to_wire(snapshot)}

    async def _hand_on(self, handles: Handles, socket: Socket, data: Any) -> dict[str, Any]:
        wish = _parse(handles.model, data)
        key = socket.viewer_keys.get(getattr(wish, "stream_id", ""))
        answer = await handles.handle(Sender(socket.caller, key, socket.address), wish)
        return to_wire(answer) if isinstance(answer, Answer) else dict(answer)


def _coroutine(
    acknowledge: Callable[..., Awaitable[dict[str, Any]]], handler: HandlesEvent
) -> Callable[..., Awaitable[dict[str, Any]]]:
    """A coroutine function, which is what the library asks for."""

    async def handle(sid: str, data: Any = None, *_: Any) -> dict[str, Any]:
        return await acknowledge(handler, sid, data)

    return handle


def _parse(model: type[RequestType], data: Any) -> RequestType:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Refused("request.invalid", errors=field_refusals(error.errors(include_url=False))) from error


def _refusal(refusal: Refused, language: str) -> dict[str, Any]:
    error: dict[str, Any] = {"code": refusal.code, "detail": detail_of(refusal, language)}
    if refusal.errors:
        error["errors"] = [to_wire(field_problem(problem, language)) for problem in refusal.errors]
    if refusal.retry_after_s is not None:
        error["retryAfter"] = refusal.retry_after_s
    return {"ok": False, "error": error}


def _room(stream_id: str) -> str:
    return f"stream:{stream_id}"
