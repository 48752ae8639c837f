"""What waits to be sent to one client, and the short cut past it: straight into the client's WebSocket.

The library queues each packet and lets a task of each client write it. Once a client's WebSocket is open nothing needs
to wait: messages are written at once. Where something does wait (a poll, the handshake, a ping) messages queue up
behind it, so that they arrive in the order they were sent.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from engineio import packet
from engineio.async_socket import AsyncSocket

from gshop_studio.server.realtime.broadcast import Broadcast
from gshop_studio.server.realtime.websocket import FrameWebSocket, text_frame

UNSENT_BYTES_LIMIT = 256 * 1024
"""Bytes the network has not taken from us yet, the largest message among them not counted: a snapshot or a replay is
larger than this, and takes a healthy network a while. Whose WebSocket has more does not read, and is cut off."""
UNSENT_PACKETS_LIMIT = 1000
"""Packets waiting for one who polls. Later ones are dropped, and the client is disconnected."""


class Outbox(asyncio.Queue[Any]):
    """The library's queue of one client. It puts packets, and None to end the task that writes."""

    def __init__(self) -> None:
        super().__init__()
        self._client: AsyncSocket | None = None
        self._websocket: FrameWebSocket | None = None
        self._largest = 0
        """The bytes of the largest message that may wait in the WebSocket."""
        self._in_hand = 0
        """Packets the writing task took and has not written yet."""
        self.made_s = time.monotonic()
        self.is_overfull = False
        """The client does not read, and misses something by now: it must be disconnected."""

    def attach(self, client: AsyncSocket, websocket: FrameWebSocket | None) -> None:
        """The client opens a WebSocket; it is used once the library says it has changed over to it."""
        if not client.upgraded:
            self._client, self._websocket = client, websocket

    def detach(self) -> None:
        """The WebSocket is being closed: nothing may be written after that."""
        self._websocket = None

    def written(self, size: int) -> None:
        """The writing task has written a packet of so many bytes."""
        self._in_hand = max(0, self._in_hand - 1)
        self._largest = max(self._largest, size)

    def abort(self) -> None:
        """Cut the WebSocket off, whatever waits in it."""
        if self._websocket is not None:
            self._websocket.transport.abort()

    def put_nowait(self, item: Any) -> None:
        """Send a packet: at once, where nothing waits."""
        if item is not None and item.packet_type == packet.MESSAGE:
            if not item.binary and self._write(item):
                return
            if self.qsize() >= UNSENT_PACKETS_LIMIT:
                self.is_overfull = True
                return
        super().put_nowait(item)

    def get_nowait(self) -> Any:
        item = super().get_nowait()
        if item is not None and self._client is not None and self._client.upgraded:
            self._in_hand += 1
        return item

    def broadcast(self, event: Broadcast) -> None:
        """Send what many are sent, without framing it anew."""
        websocket = self._open_websocket()
        if websocket is None:
            self.put_nowait(event.queued)
            return
        self._pass_on(websocket.transport, event.frame)

    def _write(self, item: packet.Packet) -> bool:
        websocket = self._open_websocket()
        if websocket is None:
            return False
        self._pass_on(websocket.transport, text_frame(item.encode()))
        return True

    def _pass_on(self, transport: asyncio.Transport, frame: bytes) -> None:
        """Write, unless what waited before is too much already."""
        waiting = transport.get_write_buffer_size()
        if waiting <= UNSENT_BYTES_LIMIT:
            self._largest = 0
        if waiting - self._largest > UNSENT_BYTES_LIMIT:
            self._cut_off(transport)
            return
        self._largest = max(self._largest, len(frame))
        transport.write(frame)

    def _open_websocket(self) -> FrameWebSocket | None:
        """The WebSocket, if what is written to it now is in order."""
        websocket = self._websocket
        if websocket is None or self._in_hand or not self.empty():
            return None
        assert self._client is not None
        return websocket if self._client.upgraded and not websocket.transport.is_closing() else None

    def _cut_off(self, transport: asyncio.Transport) -> None:
        self.is_overfull = True
        transport.abort()
