"""A Socket.IO session over a websocket, written down as it goes over the wire, in one greenlet and without threads."""

from __future__ import annotations

import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

ANSWER_S = 10.0


class RoomFault(OSError):
    """The server did not do as it should."""


class RoomSocket:
    """Connected and signed in once it is made. `close` it."""

    def __init__(self, url: str, token: str) -> None:
        """Raises OSError where the server does not let us in."""
        parts = urlsplit(url)
        uri = f"ws://{parts.netloc}/socket.io/?EIO=4&transport=websocket"
        self._socket = socket.create_connection((parts.hostname, parts.port or 80), ANSWER_S)
        self._protocol = ClientProtocol(parse_uri(uri))
        self._packets: list[str] = []
        try:
            self._protocol.send_request(self._protocol.connect())
            self._flush()
            self._expect("0")
            self._send("40" + json.dumps({"token": token}))
            self._expect("40")
        except BaseException:
            self._socket.close()
            raise

    def call(self, event: str, data: dict[str, Any]) -> None:
        """Ask, and wait for the answer, which must be a yes."""
        self._send("421" + json.dumps([event, data]))
        answer = self._expect("431")
        if not json.loads(answer[3:])[0].get("ok"):
            raise RoomFault(f"{event}: {answer[:200]}")

    def listen(self, seconds: float) -> None:
        """Take what comes."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                self._packet(left_s)
            except TimeoutError:
                return

    def close(self) -> None:
        try:
            self._protocol.send_close(1000)
            self._flush()
        except OSError:
            pass
        self._socket.close()

    def _expect(self, prefix: str) -> str:
        deadline_s = time.monotonic() + ANSWER_S
        while not (packet := self._packet(max(0.01, deadline_s - time.monotonic()))).startswith(prefix):
            if packet.startswith("44"):
                raise RoomFault(f"not let in: {packet[:200]}")
        return packet

    def _packet(self, wait_s: float) -> str:
        """The next one; pings are answered."""
        self._socket.settimeout(wait_s)
        while not self._packets:
            data = self._socket.recv(65536)
            if not data:
                raise RoomFault("the server closed the connection")
            self._protocol.receive_data(data)
            for event in self._protocol.events_received():
                if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._packets.append(bytes(event.data).decode())
            if self._protocol.handshake_exc is not None:
                raise RoomFault("not let in") from self._protocol.handshake_exc
            self._flush()
        packet = self._packets.pop(0)
        if packet == "2":
            self._send("3")
        return packet

    def _send(self, packet: str) -> None:
        self._protocol.send_text(packet.encode())
        self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._socket.sendall(data)
