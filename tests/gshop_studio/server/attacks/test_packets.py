"""Packets that cost their sender little: what they cost the server."""

from __future__ import annotations

import asyncio
import gc
import json
import time
import tracemalloc

from socketio.packet import Packet

from gshop_studio.server.realtime.sockets import MAX_PACKET_BYTES
from tests.gshop_studio.server.realtime.test_connections import connect_raw
from tests.gshop_studio.server.shop import Person, Shop

CPU_LIMIT_S = 0.25
KEPT_LIMIT_BYTES = 2_000_000


async def test_very_many_tiny_packets_cost_little(shop: Shop, seller: Person) -> None:
    """case 8: what is thrown away is not taken apart first; others are served meanwhile."""
    for tiny in ("2", "40", "42", "4" + "[" * 8, "6"):
        body = "\x1e".join([tiny] * (MAX_PACKET_BYTES // (len(tiny) + 1)))
        for _ in range(4):
            opened = await shop.http.get("/socket.io/?EIO=4&transport=polling")
            url = f"/socket.io/?EIO=4&transport=polling&sid={json.loads(opened.text[1:])['sid']}"
            before_s = time.process_time()
            await shop.http.post(url, content=body)
            assert time.process_time() - before_s < CPU_LIMIT_S, tiny
            assert shop.server.sockets.count == 0
    await shop.ask("GET", "auth/me", seller)


async def test_what_waits_for_attachments_is_not_kept_while_its_sender_stays(shop: Shop) -> None:
    """case 9: 20 MB of events whose attachments never come, from one who stays."""
    connection = await connect_raw(shop)
    padding = "x" * 60_000
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(350):
            await connection.send(f'451-{number}["x",{{"_placeholder":true,"num":0}},"{padding}"]')
        await connection.send('421000["live:ping",{}]')
        while not str(await asyncio.wait_for(connection.recv(), 20)).startswith("431000"):
            pass
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert shop.server.sockets.count == 1
    assert after - before < KEPT_LIMIT_BYTES
    assert [thing for thing in gc.get_objects() if isinstance(thing, Packet) and padding in str(thing.data)] == []
    connection.transport.abort()
