"""The short cut into the WebSocket never overtakes what the library sends its own way."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import socketio
import uvicorn
import websockets

from gshop_studio.server.realtime import outbox as outboxes
from gshop_studio.server.realtime.broadcast import Broadcast
from gshop_studio.server.realtime.engine import SocketServer
from gshop_studio.server.realtime.outbox import Outbox
from gshop_studio.server.realtime.websocket import FrameWebSocket
from tests.gshop_studio.server.shop import eventually


class Counter:
    """A server that numbers everything it sends to a client, in the order it sends it."""

    def __init__(self) -> None:
        self.server = SocketServer(async_mode="asgi", async_handlers=False, ping_interval=1, cors_allowed_origins="*")
        self.sids: list[str] = []
        self.numbers: dict[str, itertools.count[int]] = {}
        self.url = ""
        self.server.on("connect", self._on_connect)
        self.server.on("ask", self._on_ask)

    async def _on_connect(self, sid: str, _environ: object, _auth: object = None) -> None:
        self.numbers[sid] = itertools.count(1)
        self.sids.append(sid)

    async def _on_ask(self, sid: str, _data: object) -> dict[str, Any]:
        return self.numbered(sid)

    def numbered(self, sid: str, pad: int = 0) -> dict[str, Any]:
        return {"n": next(self.numbers[sid]), "pad": "x" * pad}

    def outbox(self, sid: str) -> Outbox:
        outbox = self.server.outbox(sid)
        assert outbox is not None
        return outbox

    def broadcast(self, sid: str, pad: int = 0) -> None:
        self.outbox(sid).broadcast(Broadcast("told", self.numbered(sid, pad)))

    async def send(self, sid: str, pad: int = 0) -> None:
        """The library's own way; `emit` would number now and send later, in a task."""
        told = json.dumps(["told", self.numbered(sid, pad)])
        await self.server.eio.send(self.server.manager.eio_sid_from_sid(sid, "/"), f"2{told}")


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    counter = Counter()
    listener = socket.create_server(("127.0.0.1", 0))
    counter.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        socketio.ASGIApp(counter.server), ws=FrameWebSocket, ws_per_message_deflate=False, lifespan="off",
        log_config=None, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
    serving = asyncio.create_task(server.serve([listener]))
    await eventually(lambda: server.started)
    yield counter
    server.should_exit = True
    await serving
    await counter.server.shutdown()


class RawClient:
    """A client that reads what comes, its acknowledgements and pings among it, in order."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self._connection = connection
        self.numbers: list[int] = []
        self.pings = 0

    @classmethod
    async def connect(cls, url: str) -> RawClient:
        address = f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        client = cls(await websockets.connect(address, max_size=None, max_queue=2))
        await client._connection.send("40")  # at once: the library's own first packet must still come first
        assert str(await client._connection.recv()).startswith("0")
        assert str(await client._connection.recv()).startswith("40")
        return client

    async def ask(self, number: int) -> None:
        await self._connection.send(f'42{number}["ask",{{}}]')

    async def read(self) -> None:
        text = str(await self._connection.recv())
        match text[:2]:
            case "2":
                self.pings += 1
                await self._connection.send("3")
            case "42":
                self.numbers.append(json.loads(text[2:])[1]["n"])
            case "43":
                self.numbers.append(json.loads(text[text.index("[") :])[0]["n"])
            case _:
                raise AssertionError(text[:20])

    async def close(self) -> None:
        await self._connection.close()


@pytest.mark.parametrize("seed", range(4))
async def test_a_mixture_of_everything_arrives_in_the_order_it_was_sent(counter: Counter, seed: int) -> None:
    """Acknowledgements, pings, events to one and to many, a reader that pauses: numbered when sent, read in order."""
    chance = random.Random(seed)
    client = await RawClient.connect(counter.url)
    [sid] = counter.sids
    number = 600

    async def send() -> None:
        for count in range(number):
            pad = chance.choice([0, 10, 2_000, 20_000])
            match chance.randrange(5):
                case 0:
                    await client.ask(count + 1)
                    continue
                case 1:
                    await counter.send(sid, pad)
                case _:
                    counter.broadcast(sid, pad)
            if chance.random() < 0.3:
                await asyncio.sleep(chance.choice([0, 0, 0.001, 0.005]))

    async def read() -> None:
        while True:
            if chance.random() < 0.02:
                await asyncio.sleep(0.02)
            await client.read()

    reading = asyncio.create_task(read())
    await send()
    for _ in range(3):
        pings = client.pings
        await eventually(lambda seen=pings: client.pings > seen or reading.done())  # type: ignore[misc]
        counter.broadcast(sid)
    total = next(counter.numbers[sid]) - 1
    await eventually(lambda: len(client.numbers) >= total or reading.done())
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert not counter.outbox(sid).is_overfull
    assert client.numbers == sorted(client.numbers)
    assert len(client.numbers) >= total, "and none is missing"
    await client.close()


async def test_who_changes_over_from_polling_loses_nothing(counter: Counter) -> None:
    client = socketio.AsyncClient(reconnection=False)
    heard: list[int] = []

    async def hear(data: dict[str, Any]) -> None:
        heard.append(data["n"])

    client.on("told", hear)
    connecting = asyncio.create_task(client.connect(counter.url))
    await eventually(lambda: counter.sids)
    [sid] = counter.sids
    sent = 0
    while not (client.transport() == "websocket" and sent > 200):
        counter.broadcast(sid)
        sent += 1
        await asyncio.sleep(0.001)
        assert sent < 10_000
    await connecting
    await eventually(lambda: len(heard) == sent)
    assert heard == list(range(1, sent + 1))
    await client.disconnect()


@pytest.mark.parametrize("is_the_librarys_way", [False, True])
async def test_a_reader_is_not_cut_off_for_one_large_message(counter: Counter, is_the_librarys_way: bool) -> None:
    """A replay takes a healthy network a while; what follows meanwhile waits with it."""
    client = await RawClient.connect(counter.url)
    [sid] = counter.sids
    box = counter.outbox(sid)
    client._connection.transport.pause_reading()
    if is_the_librarys_way:
        box._in_hand = 1  # something waits, so it goes through the queue
        await counter.send(sid, 8_000_000)
        box._in_hand = 0
        await eventually(lambda: box.empty() and not box._in_hand)
    else:
        counter.broadcast(sid, 8_000_000)
    for _ in range(20):
        counter.broadcast(sid, 1_000)
        await asyncio.sleep(0)
    client._connection.transport.resume_reading()
    for _ in range(21):
        await client.read()
    assert client.numbers == list(range(1, 22)) and not box.is_overfull
    await client.close()


async def test_a_reader_that_does_not_read_is_cut_off_and_the_others_are_not(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 11: its bytes are bounded."""
    monkeypatch.setattr(outboxes, "UNSENT_BYTES_LIMIT", 300_000)
    deaf, client = await RawClient.connect(counter.url), await RawClient.connect(counter.url)
    deaf._connection.transport.pause_reading()
    deaf_sid, sid = counter.sids
    box, sent = counter.outbox(deaf_sid), 0
    while not box.is_overfull:
        broadcast = Broadcast("told", counter.numbered(sid, 50_000))
        box.broadcast(broadcast)
        counter.outbox(sid).broadcast(broadcast)
        await client.read()
        sent += 1
        assert sent < 2_000, "the deaf reader was kept"
    assert client.numbers == list(range(1, sent + 1))
    await eventually(lambda: counter.server.connection(deaf_sid) is None)
    deaf._connection.transport.abort()
    await client.close()


async def test_who_polls_and_does_not_come_is_dropped_for(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """case 11, by polling: what waits is bounded."""
    monkeypatch.setattr(outboxes, "UNSENT_PACKETS_LIMIT", 20)
    path = "/socket.io/?EIO=4&transport=polling"
    async with httpx.AsyncClient(base_url=counter.url) as client:
        eio_sid = json.loads((await client.get(path)).text[1:])["sid"]
        await client.post(f"{path}&sid={eio_sid}", content="40")
        assert (await client.get(f"{path}&sid={eio_sid}")).text.startswith("40")
    [sid] = counter.sids
    box = counter.outbox(sid)
    for _ in range(100):  # without letting go of the loop: no poll takes any
        counter.broadcast(sid)
    assert box.is_overfull
    assert box.qsize() <= 20
    await counter.server.abort(sid)
