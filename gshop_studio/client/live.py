"""The realtime side of a show: join, snapshot, ordered events, resumed after a lost connection. On the asyncio thread.

After each (re)connection the room is joined first and the gap read then, so that nothing falls between the two.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import socketio
from pydantic import BaseModel, ValidationError

from gshop_studio.client.errors import ApiError, ClientError, NotAShop, ServerUnreachable
from gshop_studio.client.event_order import Arrived, ArrivedOrder
from gshop_studio.contract.events import (
    SOCKET_PATH,
    ClientEvent,
    JoinEvent,
    LoggedEvent,
    MessageEvent,
    ProductEvent,
    ResumeEvent,
    Room,
    ServerEvent,
    Snapshot,
    StreamEvent,
)
from gshop_studio.contract.problems import EventError

ACK_TIMEOUT_S = 10.0
RETRY_S = (0.5, 1.0, 2.0, 5.0)
_log = logging.getLogger(__name__)
_Model = TypeVar("_Model", bound=BaseModel)


class LiveListener(Protocol):
    """Who is told what happens in the show. Called on the asyncio thread, in order."""

    def joined(self, snapshot: Snapshot) -> None:
        """Everything known is replaced by this."""

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        """One event; lasting ones come each once and in order."""

    def connection_changed(self, is_connected: bool) -> None:
        """The connection was lost, or is back with nothing missing."""


class LiveConnection:
    """One stream's room.

    Args:
        url: the server's address.
        access_token: gives a token that has not ended.
        language: of the server's sentences.
    """

    def __init__(
        self,
        url: str,
        stream_id: str,
        access_token: Callable[[], Awaitable[str]],
        listener: LiveListener,
        language: str = "en",
        *,
        retry_s: tuple[float, ...] = RETRY_S,
    ) -> None:
        self._url = url
        self._stream_id = stream_id
        self._access_token = access_token
        self._listener = listener
        self._language = language
        self._retry_s = retry_s
        self._order = ArrivedOrder()
        self._staff_order = ArrivedOrder()
        """Of the room of the host and the moderators, which has a sequence of its own."""
        self._session_id: str | None = None
        self._is_caught_up = False
        self._lost = asyncio.Event()
        self._catching_up: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._socket = socketio.AsyncClient(
            reconnection=False, logger=False, engineio_logger=False, handle_sigint=False
        )
        self._socket.on("*", self._on_event)
        self._socket.on("disconnect", self._on_disconnect)

    @property
    def is_connected(self) -> bool:
        """Whether events flow and nothing is missing."""
        return self._is_caught_up

    async def open(self) -> None:
        """Connect and join; from here on the connection is kept.

        Raises:
            ClientError: the first attempt failed; nothing is kept.
        """
        try:
            await self._connect()
        except ClientError:
            await self._disconnect()
            raise
        self._keeper = asyncio.create_task(self._keep(), name="live-connection")

    async def close(self) -> None:
        """Leave the room and disconnect."""
        for task in (self._keeper, self._catching_up):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._keeper = self._catching_up = None
        if self._socket.connected:
            event = StreamEvent(stream_id=self._stream_id, session_id=self._session_id)
            try:
                await asyncio.wait_for(self._emit(ClientEvent.LEAVE, event), 1.0)
            except (ClientError, TimeoutError):
                _log.info("left without the server's word")
        await self._disconnect()

    async def send_message(self, text: str, client_message_id: str) -> None:
        """Say something in the chat; the same id sent twice is one message."""
        body = MessageEvent(stream_id=self._stream_id, message=text, client_message_id=client_message_id)
        await self._emit(ClientEvent.MESSAGE, body)

    async def show_product(self, product_id: str, captured_at_ms: int | None = None) -> None:
        """Put a product on the viewers' screens."""
        body = ProductEvent(stream_id=self._stream_id, product_id=product_id, captured_at=captured_at_ms)
        await self._emit(ClientEvent.PRODUCT_HIGHLIGHT, body)

    async def hide_product(self, product_id: str, captured_at_ms: int | None = None) -> None:
        """Take it off again."""
        body = ProductEvent(stream_id=self._stream_id, product_id=product_id, captured_at=captured_at_ms)
        await self._emit(ClientEvent.PRODUCT_HIDE, body)

    # --- keeping the connection -----------------------------------------------------------------------------------

    async def _keep(self) -> None:
        attempt = 0
        while True:
            await self._lost.wait()
            self._caught_up(False)
            try:
                await self._disconnect()
                await self._connect()
                attempt = 0
            except ClientError as error:
                _log.info("not back yet: %s", error.code)
                self._lost.set()
                await asyncio.sleep(self._retry_s[min(attempt, len(self._retry_s) - 1)])
                attempt += 1

    async def _connect(self) -> None:
        self._lost.clear()
        token = await self._access_token()
        try:
            await self._socket.connect(
                self._url,
                auth={"token": token, "lang": self._language},
                headers={"Accept-Language": self._language},
                transports=["websocket"],
                socketio_path=SOCKET_PATH,
                wait_timeout=ACK_TIMEOUT_S,
            )
        except (socketio.exceptions.ConnectionError, OSError, ValueError) as error:
            raise ServerUnreachable(self._url) from error
        await self._join()

    async def _disconnect(self) -> None:
        try:
            await asyncio.wait_for(self._socket.disconnect(), 2.0)
        except (socketio.exceptions.SocketIOError, OSError, TimeoutError):
            _log.info("the connection was not closed cleanly")

    async def _join(self) -> None:
        body = JoinEvent(stream_id=self._stream_id, session_id=self._session_id)
        snapshot = _parsed(Snapshot, await self._emit(ClientEvent.JOIN, body), self._url)
        self._session_id = snapshot.session_id
        if self._order.last_seq is None:
            self._begin(snapshot)
        else:
            await self._resume()
        self._caught_up(True)

    async def _resume(self) -> None:
        assert self._order.last_seq is not None
        body = ResumeEvent(
            stream_id=self._stream_id, after_seq=self._order.last_seq, after_staff_seq=self._staff_order.last_seq
        )
        answer = await self._emit(ClientEvent.RESUME, body)
        if answer.get("reset"):
            self._begin(_parsed(Snapshot, answer.get("snapshot"), self._url))
            return
        self._tell(self._order.fill(self._missed(answer, "events"), int(answer.get("seq", self._order.last_seq))))
        if self._staff_order.last_seq is not None:
            up_to = int(answer.get("staffSeq", self._staff_order.last_seq))
            self._tell(self._staff_order.fill(self._missed(answer, "staffEvents"), up_to))

    def _missed(self, answer: dict[str, Any], name: str) -> list[Arrived]:
        missed = [_parsed(LoggedEvent, item, self._url) for item in answer.get(name, [])]
        return [Arrived(item.event, item.data) for item in missed]

    def _begin(self, snapshot: Snapshot) -> None:
        if snapshot.seq < (self._order.last_seq or 0):  # another sequence than the one we knew
            self._order, self._staff_order = ArrivedOrder(), ArrivedOrder()
        self._listener.joined(snapshot)
        self._tell(self._order.start_at(snapshot.seq))
        if snapshot.staff_seq is not None:
            self._tell(self._staff_order.start_at(snapshot.staff_seq))

    def _caught_up(self, value: bool) -> None:
        if value != self._is_caught_up:
            self._is_caught_up = value
            self._listener.connection_changed(value)

    # --- what comes and goes --------------------------------------------------------------------------------------

    async def _on_event(self, name: str, data: Any = None) -> None:
        if not isinstance(data, dict) or data.get("streamId", self._stream_id) != self._stream_id:
            return
        if name == ServerEvent.JOINED.value:
            return  # says what the answer says; its `seq` is that of the last event, not a place of its own
        arrived = Arrived(name, data)
        order = self._staff_order if data.get("room") == Room.STAFF.value else self._order
        if order is self._staff_order and order.last_seq is None and self._is_caught_up and arrived.seq is not None:
            order.start_at(arrived.seq - 1)  # made a moderator since the snapshot
        self._tell(order.arrive(arrived))
        has_gap = self._order.has_gap or self._staff_order.has_gap
        if has_gap and self._is_caught_up and self._catching_up is None:
            self._catching_up = asyncio.create_task(self._fill_gap(), name="live-gap")

    async def _fill_gap(self) -> None:
        try:
            await self._resume()
        except ClientError:
            self._lost.set()
        finally:
            self._catching_up = None

    async def _on_disconnect(self, *_reason: object) -> None:
        self._lost.set()

    def _tell(self, events: list[Arrived]) -> None:
        for event in events:
            try:
                name = ServerEvent(event.name)
            except ValueError:
                continue  # of a newer server
            self._listener.happened(name, event.data)

    async def _emit(self, event: ClientEvent, body: BaseModel) -> dict[str, Any]:
        payload = body.model_dump(mode="json", by_alias=True, exclude_none=True)
        try:
            answer = await self._socket.call(event.value, payload, timeout=ACK_TIMEOUT_S)
        except (socketio.exceptions.SocketIOError, OSError) as error:
            raise ServerUnreachable(self._url) from error
        if not isinstance(answer, dict):
            raise NotAShop(self._url)
        if answer.get("ok") is not True:
            refusal = _parsed(EventError, answer.get("error"), self._url)
            raise ApiError(refusal.code, refusal.detail)
        return answer


def _parsed(model: type[_Model], value: Any, url: str) -> _Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise NotAShop(url) from error
