"""What one socket, one person and one address may do, and what is kept of a viewer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import socketio
from sqlalchemy import select

from gshop_studio.contract.rest import Role
from gshop_studio.server.realtime import show_events, sockets
from gshop_studio.server.tables import LiveStreamViewerRow
from tests.gshop_studio.server.realtime.test_connections import open_websocket
from tests.gshop_studio.server.shop import Person, Shop, eventually


async def test_who_sends_too_fast_is_told_and_a_flood_is_closed(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 12: the others notice nothing."""
    async with Shop(tmp_path / "data", **storage, event_rate_limit="10/100 seconds") as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        fast, calm = await shop.listener(await shop.guest()), await shop.listener()
        await calm.join(stream_id)
        await fast.join(stream_id)
        answers = [await fast.call("live:ping", {"streamId": stream_id}) for _ in range(12)]
        assert [answer["ok"] for answer in answers] == [True] * 9 + [False] * 3
        assert answers[-1]["error"]["code"] == "event.rate_limited" and answers[-1]["error"]["retryAfter"] > 1
        for _ in range(200):
            if fast.client.connected:
                await fast.client.emit("live:nonsense", {})
        await eventually(lambda: not fast.client.connected)
        assert (await calm.call("live:ping", {"streamId": stream_id}))["ok"] is True


async def test_reconnecting_is_no_way_round_a_limit(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 15: a person's events are counted over all their sockets."""
    async with Shop(tmp_path / "data", **storage, event_rate_limit="10/100 seconds") as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        guest = await shop.guest()
        taken = 0
        for _ in range(4):
            listener = await shop.listener(guest)
            for _ in range(8):
                answer = await listener.call("live:leave", {"streamId": stream_id})
                taken += answer["ok"]
            await listener.client.disconnect()
        assert taken == 20


async def test_one_person_opens_so_many_sockets(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 12: unlimited sessions of one user."""
    async with Shop(tmp_path / "data", **storage, max_connections_per_person=3) as shop:
        guest = await shop.guest()
        open_ones = [await shop.listener(guest) for _ in range(3)]
        with pytest.raises(socketio.exceptions.ConnectionError):
            await shop.listener(guest)
        assert (await shop.listener(await shop.guest())).client.connected
        await open_ones[0].client.disconnect()
        await eventually(lambda: shop.server.sockets.count == 3)
        assert (await shop.listener(guest)).client.connected


async def test_one_socket_is_in_so_many_shows(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show_events, "MAX_SHOWS", 2)
    streams = [await shop.stream(seller) for _ in range(3)]
    listener = await shop.listener()
    await listener.join(streams[0])
    await listener.call("live:resume", {"streamId": streams[1], "afterSeq": 0})
    answer = await listener.call("live:join", {"streamId": streams[2]})
    assert answer["error"]["code"] == "stream.too_many_joined"
    await listener.join(streams[0])
    await listener.call("live:leave", {"streamId": streams[1]})
    await listener.join(streams[2])


async def test_who_never_says_who_they_are_is_closed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "HANDSHAKE_S", 0.2)
    silent = await open_websocket(shop)
    await silent.recv()
    await silent.wait_closed()


async def test_many_frames_that_are_none_of_ours_close_their_sender(shop: Shop) -> None:
    """case 6: passing over costs time, too."""
    connection = await open_websocket(shop)
    await connection.recv()
    for _ in range(200):
        await connection.send("junk")
    await connection.wait_closed()


async def viewers(shop: Shop, stream_id: str) -> list[tuple[Any, ...]]:
    row = LiveStreamViewerRow
    async with shop.server.services.database.read() as transaction:
        found = await transaction.session.execute(
            select(row.device, row.country, row.referral_source).where(row.stream_id == stream_id)
        )
        return sorted(tuple(values) for values in found)


@pytest.mark.parametrize(("proxies", "country"), [(["127.0.0.1"], "MX"), ([], None)])
async def test_device_country_and_referral_are_kept(
    tmp_path: Path, storage: dict[str, Any], proxies: list[str], country: str | None
) -> None:
    """A country only from a trusted proxy's header, and only if configured."""
    settings: dict[str, Any] = {"country_header": "CF-IPCountry", "trusted_proxies": proxies}
    async with Shop(tmp_path / "data", **storage, **settings) as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        headers = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile/15E148", "CF-IPCountry": "MX"}
        listener = await shop.listener(headers=headers)
        answer = await listener.call("live:join", {"streamId": stream_id, "referralSource": "whatsapp"})
        assert answer["ok"] is True
        assert await viewers(shop, stream_id) == [("mobile", country, "whatsapp")]
        refused = await listener.call("live:join", {"streamId": stream_id, "referralSource": "<script>"})
        assert refused["error"]["code"] == "request.invalid"


async def test_a_crowd_that_comes_at_once_is_counted_exactly(shop: Shop, seller: Person) -> None:
    """Written in groups: everybody once."""
    stream_id = await shop.live_stream(seller)
    listeners = [await shop.listener() for _ in range(40)]
    counts: list[int] = []
    shop.server.presence.subscribe_count(lambda _, count: counts.append(count))
    await asyncio.gather(*(listener.join(stream_id) for listener in listeners))
    stream = await shop.ask("GET", f"live/streams/{stream_id}")
    assert (stream["viewerCount"], stream["peakViewerCount"], stream["totalViews"]) == (40, 40, 40)
    assert counts == list(range(1, 41))
