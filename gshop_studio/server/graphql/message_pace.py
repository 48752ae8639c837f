"""How fast a GraphQL connection may send: as a socket may its events. ASGI, around one connection."""

from __future__ import annotations

import time

from starlette.types import Message, Receive, Send

from gshop_studio.server.realtime.event_limits import EventLimits
from gshop_studio.server.realtime.event_pace import Pace
from gshop_studio.server.refusals import Refused

TOO_MANY_REQUESTS = 4429
"""The protocol has no answer to one message that is too many: the connection is closed with this code."""


class MessagePace:
    """Stands for a connection's `receive` and `send`; after it closed, nothing goes out any more."""

    def __init__(self, limits: EventLimits, address: str, receive: Receive, send: Send) -> None:
        self._limits = limits
        self._address = address
        self._receive = receive
        self._send = send
        self._pace = limits.pace()
        self._is_closed = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "websocket.receive" or await self._keeps_pace():
            return message
        self._is_closed = True
        await self._send({"type": "websocket.close", "code": TOO_MANY_REQUESTS, "reason": "Too many requests"})
        return {"type": "websocket.disconnect", "code": TOO_MANY_REQUESTS}

    async def send(self, message: Message) -> None:
        if not self._is_closed:
            await self._send(message)

    async def _keeps_pace(self) -> bool:
        if self._pace.take(time.monotonic()) is not Pace.FINE:
            return False
        try:
            await self._limits.hit(None, self._address)  # however often it reconnects
        except Refused:
            return False
        return True
