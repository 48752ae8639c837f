"""The sockets: who connects, what each event asks, and its acknowledgement. The only place that speaks Socket.IO."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qs

import socketio
from pydantic import ValidationError
from starlette.types import ASGIApp

from gshop_studio.contract.events import (
    SOCKET_PATH,
    ClientEvent,
    JoinEvent,
    ResumeEvent,
    ServerEvent,
    StreamEvent,
)
from gshop_studio.contract.wire import Answer, Request
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.client_address import ClientAddresses
from gshop_studio.server.clock import Clock
from gshop_studio.server.field_errors import field_refusals
from gshop_studio.server.operation import request_ids
from gshop_studio.server.origins import OwnOrigins
from gshop_studio.server.realtime.broadcast import Broadcast
from gshop_studio.server.realtime.client_socket import ClientSocket
from gshop_studio.server.realtime.connections import Connections
from gshop_studio.server.realtime.engine import SocketServer
from gshop_studio.server.realtime.event_limits import EventLimits
from gshop_studio.server.realtime.event_pace import Pace
from gshop_studio.server.realtime.frames import FrameGuard
from gshop_studio.server.realtime.gateway import to_wire
from gshop_studio.server.realtime.handlers import EventHandlers, Handles, Sender
from gshop_studio.server.realtime.packets import TextPacket
from gshop_studio.server.realtime.shared_sets import RENEW_S
from gshop_studio.server.realtime.viewer import ViewerTraits, country_of, device_of
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop
from gshop_studio.server.words import detail_of, field_problem
from gshop_studio.texts import best_language

log = logging.getLogger(__name__)

MAX_PACKET_BYTES = 64 * 1024
HANDSHAKE_S = 10.0
"""How long who opens a connection may take to say who they are."""
_WATCH_S = 1.0
_GOODBYE_S = 1.0
_FOR_ANYBODY = frozenset(
    {ClientEvent.JOIN, ClientEvent.LEAVE, ClientEvent.PING, ClientEvent.RESUME, ClientEvent.PRODUCT_CLICK}
)
"""What an anonymous viewer may send."""
_quiet_log = logging.getLogger("gshop_studio.socketio")
_quiet_log.setLevel(logging.CRITICAL)  # it logs packets, tokens included, and a traceback for whatever a client sends

RequestType = TypeVar("RequestType", bound=Request)
OwnHandler = Callable[[ClientSocket, Any], Awaitable[Mapping[str, Any]]]
Handler = Callable[[ClientSocket, Any], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Entrance:
    """How clients come in: from where, how many, how fast, and what is read from their request."""

    addresses: ClientAddresses
    origins: OwnOrigins
    connections: Connections
    limits: EventLimits
    country_header: str | None = None


class Sockets:
    """`answer` says what it does with each event, before `start`."""

    def __init__(self, accounts: AccountService, entrance: Entrance, clock: Clock) -> None:
        self._accounts = accounts
        self._entrance = entrance
        self._clock = clock
        self._sockets: dict[str, ClientSocket] = {}
        self._forget: Callable[[ClientSocket], None] = lambda _: None
        self._came: Callable[[ClientSocket], None] = lambda _: None
        self._left: Callable[[ClientSocket], None] = lambda _: None
        self._refused: Callable[[str], None] = lambda _: None
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: set[asyncio.Task[None]] = set()
        self.dropped_reader_count = 0
        """Clients disconnected because they did not read."""
        self._server = SocketServer(
            async_mode="asgi",
            serializer=TextPacket,
            async_handlers=False,  # one client's events are handled in their order, one after the other
            cors_allowed_origins=entrance.origins.allows,
            cors_credentials=False,
            max_http_buffer_size=MAX_PACKET_BYTES,
            logger=_quiet_log,
            engineio_logger=_quiet_log,
        )
        self._server.on("connect", self._on_connect)
        self._server.on("disconnect", self._on_disconnect)
        self._server.on("*", self._on_unknown)
        self.app: ASGIApp = FrameGuard(socketio.ASGIApp(self._server, socketio_path=SOCKET_PATH))

    @property
    def count(self) -> int:
        """How many clients are connected."""
        return len(self._sockets)

    def subscribe_refused(self, refused: Callable[[str], None]) -> None:
        """Have `refused` told the code of each event that is not done."""
        self._refused = refused

    def subscribe_connected(self, came: Callable[[ClientSocket], None], left: Callable[[ClientSocket], None]) -> None:
        """Have them told of each client that is connected, and of each that is no longer."""
        self._came, self._left = came, left

    def answer(
        self,
        join: OwnHandler,
        leave: OwnHandler,
        ping: OwnHandler,
        resume: OwnHandler,
        forget: Callable[[ClientSocket], None],
        others: EventHandlers,
    ) -> None:
        """Say what is done with each event, and with who is gone."""
        self._forget = forget
        own: dict[ClientEvent, Handler] = {
            ClientEvent.JOIN: partial(_own, JoinEvent, join),
            ClientEvent.LEAVE: partial(_own, StreamEvent, leave),
            ClientEvent.PING: partial(_own, StreamEvent, ping),
            ClientEvent.RESUME: partial(_own, ResumeEvent, resume),
        }
        for event, handler in (own | {event: partial(_hand_on, handles) for event, handles in others.items()}).items():
            self._server.on(event.value, _coroutine(partial(self._acknowledge, event, handler)))

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._watch(), name="sockets"),
            asyncio.create_task(self._renew(), name="socket counts"),
        ]

    async def close(self) -> None:
        """Tell everybody goodbye, in a way that lets their client come back by itself, and stop."""
        await stop(*self._tasks)
        self._tasks.clear()
        goodbyes = [asyncio.ensure_future(self._server.eio.disconnect(sid)) for sid in list(self._server.eio.sockets)]
        goodbyes += self._closing
        if goodbyes:
            _, late = await asyncio.wait(goodbyes, timeout=_GOODBYE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*goodbyes, return_exceptions=True)
        await self._server.shutdown()

    def tell(self, socket: ClientSocket, event: ServerEvent, data: dict[str, Any]) -> None:
        """Send an event to one client."""
        socket.outbox.broadcast(Broadcast(event.value, data))

    def disconnect(self, sockets: Iterable[ClientSocket]) -> None:
        """Close them, after what was sent before. Who comes back is authorised anew."""
        for socket in sockets:
            task = asyncio.create_task(self._server.close(socket.sid), name="socket goodbye")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def sign_out(self, user_id: str, before_ms: int) -> None:
        """Close the sockets of a person's access tokens from before that moment (ms)."""
        self.disconnect(
            [
                socket
                for socket in self._sockets.values()
                if socket.user_id == user_id and socket.caller and socket.caller.issued_at_ms < before_ms
            ]
        )

    # --- connections --------------------------------------------------------------------------------------------

    async def _on_connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
        scope = environ["asgi.scope"]
        address = self._entrance.addresses.of(scope)
        wish = parse_qs(str(environ.get("QUERY_STRING", ""))).get("lang", [None])[0]
        accepted = environ.get("HTTP_ACCEPT_LANGUAGE")
        try:
            token = auth.get("token") if isinstance(auth, dict) else None
            if token is not None and not isinstance(token, str):
                raise Refused("auth.bad_token")
            caller = await self._accounts.caller(token) if token else None
            outbox = self._server.outbox(sid)
            if outbox is None:
                raise Refused("server.internal")  # gone meanwhile: nobody reads it
            await self._entrance.connections.admit(sid, address, caller.user_id if caller else None)
        except Refused as refusal:
            detail = detail_of(refusal, best_language(wish, accepted))
            raise socketio.exceptions.ConnectionRefusedError(
                detail, {"code": refusal.code, "detail": detail}
            ) from refusal
        except Exception:
            log.exception("a connection failed")
            raise
        language = best_language(wish, accepted, caller.language if caller else None)
        pace = self._entrance.limits.pace()
        socket = ClientSocket(sid, caller, language, address, outbox, self._traits(environ), pace)
        self._sockets[sid] = socket
        self._came(socket)
        if self._server.connection(sid) is None:  # gone while it was counted
            await self._on_disconnect(sid, "")

    async def _on_disconnect(self, sid: str, _reason: str) -> None:
        socket = self._sockets.pop(sid, None)
        if socket is None:
            return
        socket.is_gone = True
        self._left(socket)
        self.dropped_reader_count += socket.outbox.is_overfull
        self._forget(socket)
        await self._entrance.connections.release(sid, socket.address, socket.user_id)

    def _traits(self, environ: Mapping[str, Any]) -> ViewerTraits:
        country = None
        header = self._entrance.country_header
        if header is not None and self._entrance.addresses.is_behind_proxy(environ["asgi.scope"]):
            country = country_of(str(environ.get(f"HTTP_{header.upper().replace('-', '_')}", "")))
        return ViewerTraits(device_of(str(environ.get("HTTP_USER_AGENT", ""))), country)

    async def _watch(self) -> None:
        """Close the sockets of expired sign-ins, of readers that do not read, and of who never says who they are."""
        while True:
            await asyncio.sleep(_WATCH_S)
            now = self._clock()
            for socket in list(self._sockets.values()):
                if socket.outbox.is_overfull:
                    log.warning("a reader does not read: disconnected")
                    await self._server.abort(socket.sid)
                elif socket.has_expired(now):
                    await self._server.close(socket.sid)
            await self._server.close_strangers(HANDSHAKE_S)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            await self._entrance.connections.renew()

    # --- events -------------------------------------------------------------------------------------------------

    async def _acknowledge(self, event: ClientEvent, handler: Handler, sid: str, data: Any = None) -> dict[str, Any]:
        """Run a handler; what it answers, or why not, is the acknowledgement."""
        socket = self._sockets.get(sid)
        if socket is None:
            return {"ok": False, "error": {"code": "auth.required", "detail": ""}}
        with request_ids.fresh():
            try:
                await self._keep_pace(socket)
                if socket.has_expired(self._clock()):
                    raise Refused("auth.token_expired")
                if socket.caller is None and event not in _FOR_ANYBODY:
                    raise Refused("auth.required")
                return {"ok": True, **await handler(socket, data)}
            except Refused as refusal:
                return self._refuse(refusal, socket)
            except Exception:  # the outermost frame of a client's event: it is told so, and its connection lives
                log.exception("an event failed")
                return self._refuse(Refused("server.internal"), socket)

    async def _on_unknown(self, _event: str, sid: str, *_: Any) -> dict[str, Any]:
        socket = self._sockets.get(sid)
        if socket is None:
            return _refusal(Refused("request.unknown_event"), "en")
        try:
            await self._keep_pace(socket)
            raise Refused("request.unknown_event")
        except Refused as refusal:
            return self._refuse(refusal, socket)

    def _refuse(self, refusal: Refused, socket: ClientSocket) -> dict[str, Any]:
        self._refused(refusal.code)
        return _refusal(refusal, socket.language)

    async def _keep_pace(self, socket: ClientSocket) -> None:
        """Count an event.

        Raises:
            Refused: `event.rate_limited`.
        """
        pace = socket.pace.take(time.monotonic())
        if pace is Pace.FLOOD:
            self.disconnect([socket])
        if pace is not Pace.FINE:
            raise Refused("event.rate_limited", retry_after_s=socket.pace.wait_s)
        await self._entrance.limits.hit(socket.user_id, socket.address)


async def _own(model: type[RequestType], handler: OwnHandler, socket: ClientSocket, data: Any) -> dict[str, Any]:
    return dict(await handler(socket, _parse(model, data)))


async def _hand_on(handles: Handles, socket: ClientSocket, data: Any) -> dict[str, Any]:
    wish = _parse(handles.model, data)
    key = socket.viewer_keys.get(getattr(wish, "stream_id", ""))
    answer = await handles.handle(Sender(socket.caller, key, socket.address, socket.language), wish)
    return to_wire(answer) if isinstance(answer, Answer) else dict(answer)


def _coroutine(acknowledge: Callable[..., Awaitable[dict[str, Any]]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """A coroutine function, which is what the library asks for."""

    async def handle(sid: str, data: Any = None, *_: Any) -> dict[str, Any]:
        return await acknowledge(sid, data)

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
