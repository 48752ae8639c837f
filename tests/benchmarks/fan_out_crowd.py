"""The crowd of the fan-out benchmark, a process of its own: viewers that only count and time what they get.

Started as `python -m tests.benchmarks.fan_out_crowd`, with its orders as JSON on its standard input. It says `ready`
once everybody has joined, begins at the next line of its input, and says what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop

_MARK = b'"message":"t'
_WORDS = (
    "blue",
    "size",
    "ship",
    "today",
    "price",
    "nice",
    "large",
    "cotton",
    "gift",
    "colour",
    "again",
    "stock",
    "wow",
)
_LAST_ARRIVALS_S = 10.0
_AT_ONCE = 50
_JOIN_S = 60.0


@dataclass(frozen=True)
class Orders:
    url: str
    stream_id: str
    viewers: int
    tokens: list[str]
    """Of those who write, in turn."""
    messages_per_s: float
    seconds: float


@dataclass
class Tally:
    deliveries: int = 0
    refused: int = 0
    first_refusal: str = ""
    acknowledged: int = 0
    held: int = 0
    lost_connections: int = 0
    latencies_ms: list[float] = field(default_factory=list)


class Member(asyncio.Protocol):
    """One WebSocket, read as cheaply as Python can: whole frames, no library."""

    def __init__(self, orders: Orders, tally: Tally, token: str | None) -> None:
        self._orders = orders
        self._tally = tally
        self._token = token
        self._buffer = b""
        self._is_open = False
        self.has_joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        host = urlsplit(self._orders.url).netloc
        self._transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.has_joined.done():
            self.has_joined.set_exception(exc or ConnectionResetError("closed before joining"))
        self._tally.lost_connections += 1

    def data_received(self, data: bytes) -> None:
        now_ns = time.monotonic_ns()
        buffer = self._buffer + data if self._buffer else data
        if not self._is_open:
            head, end, buffer = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head[:60]
            self._is_open = True
        start = 0
        while len(buffer) - start >= 2:
            length, offset = buffer[start + 1], start + 2
            if length == 126:
                length, offset = int.from_bytes(buffer[start + 2 : start + 4]), start + 4
            elif length == 127:
                length, offset = int.from_bytes(buffer[start + 2 : start + 10]), start + 10
            if len(buffer) < offset + length:
                break
            self._on_text(buffer, offset, offset + length, now_ns)
            start = offset + length
        self._buffer = buffer[start:]

    def _on_text(self, buffer: bytes, start: int, end: int, now_ns: int) -> None:
        kind = buffer[start : start + 2]
        if kind == b"42":
            mark = buffer.find(_MARK, start, end)
            if mark >= 0:
                sent_ns = int(buffer[mark + len(_MARK) : buffer.index(b" ", mark)])
                self._tally.latencies_ms.append((now_ns - sent_ns) / 1e6)
                self._tally.deliveries += 1
        elif kind == b"43":
            self._on_acknowledged(buffer[start:end])
        elif kind == b"40":
            self.send(f'420["live:join",{{"streamId":"{self._orders.stream_id}"}}]')
        elif kind[:1] == b"0":
            self.send("40" + (json.dumps({"token": self._token}) if self._token else ""))
        elif kind[:1] == b"2":
            self.send("3")

    def _on_acknowledged(self, text: bytes) -> None:
        is_ok = b'"ok":true' in text
        if not self.has_joined.done():
            assert is_ok, text
            self.has_joined.set_result(None)
        elif is_ok:
            self._tally.acknowledged += 1
            self._tally.held += b'"held":true' in text or b'"isHeld":true' in text
        else:
            self._tally.refused += 1
            self._tally.first_refusal = self._tally.first_refusal or text.decode()

    def send(self, text: str) -> None:
        payload = text.encode()
        length = len(payload)
        head = bytes([0x81, 0x80 | length]) if length < 126 else bytes([0x81, 0xFE]) + length.to_bytes(2, "big")
        self._transport.write(head + b"\0\0\0\0" + payload)

    def say(self, number: int) -> None:
        words = " ".join(random.choices(_WORDS, k=6))
        wish = {"streamId": self._orders.stream_id, "message": f"t{time.monotonic_ns()} {words}"}
        self.send(f'42{number}["live:message",{json.dumps(wish)}]')

    def close(self) -> None:
        self._transport.close()


async def gather(orders: Orders, tally: Tally, tokens: list[str | None]) -> list[Member]:
    """Connect and join, some at a time."""
    address = urlsplit(orders.url)
    members: list[Member] = []
    loop = asyncio.get_running_loop()
    for start in range(0, len(tokens), _AT_ONCE):
        part = [
            loop.create_connection(partial(Member, orders, tally, token), str(address.hostname), address.port or 80)
            for token in tokens[start : start + _AT_ONCE]
        ]
        new = [member for _, member in await asyncio.gather(*part)]
        async with asyncio.timeout(_JOIN_S):
            await asyncio.gather(*(member.has_joined for member in new))
        members += new
    return members


async def run(orders: Orders) -> None:
    tally = Tally()
    viewers = await gather(orders, tally, [None] * orders.viewers)
    writers = await gather(orders, tally, list(orders.tokens))
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    tally.deliveries = 0
    tally.latencies_ms.clear()
    begin_s, sent = time.monotonic(), 0
    while (due_s := begin_s + sent / orders.messages_per_s) < begin_s + orders.seconds:
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        writers[sent % len(writers)].say(sent + 1)
        sent += 1
    everything, give_up_s = sent * (len(viewers) + len(writers)), time.monotonic() + _LAST_ARRIVALS_S
    while tally.deliveries < everything and time.monotonic() < give_up_s:
        await asyncio.sleep(0.1)
    cuts = statistics.quantiles(tally.latencies_ms, n=100) if len(tally.latencies_ms) > 1 else [0.0] * 99
    seen: dict[str, Any] = asdict(tally) | {"sent": sent, "p50_ms": cuts[49], "p99_ms": cuts[98]}
    del seen["latencies_ms"]
    print(json.dumps(seen), flush=True)
    for member in (*viewers, *writers):
        member.close()


if __name__ == "__main__":
    uvloop.run(run(Orders(**json.loads(sys.stdin.readline()))))
