"""Who watched and how long, written while they watch: whatever becomes of the server, or for now of its storage."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from gshop_studio.server.realtime import presence, viewer_log
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import LiveStreamViewerRow
from tests.gshop_studio.server.shop import Person, Shop, eventually, eventually_async


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "_SWEEP_S", 0.05)
    monkeypatch.setattr(viewer_log, "CHECKPOINT_EVERY_S", 0.2)
    monkeypatch.setattr(viewer_log, "RETRY_S", 0.1)


async def rows(shop: Shop, stream_id: str) -> Sequence[LiveStreamViewerRow]:
    row = LiveStreamViewerRow
    async with shop.server.services.database.read() as transaction:
        return list(await transaction.session.scalars(select(row).where(row.stream_id == stream_id)))


class Storage:
    """What presence writes to; it takes nothing, while it is said to."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
        self.is_away = False
        self.refused_count = 0
        self._code = code
        self._database = shop.server.services.database
        monkeypatch.setattr(shop.server.presence._log, "_database", self)

    def write(self) -> Any:
        if self.is_away:
            self.refused_count += 1
            raise Refused(self._code)
        return self._database.write()


async def test_a_killed_server_loses_little_of_what_was_watched(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    begun_s = asyncio.get_running_loop().time()
    listeners = [await shop.listener(), await shop.listener(await shop.guest())]
    for listener in listeners:
        await listener.join(stream_id)

    async def has_watched() -> bool:
        return all(row.is_active and row.watch_duration_s > 0.6 for row in await rows(shop, stream_id))

    await eventually_async(has_watched)
    await shop.server.presence._forget_all()  # as the next server does, when it starts
    for row in await rows(shop, stream_id):
        assert row.left_at == row.last_ping_at
        assert 0.6 < row.watch_duration_s <= asyncio.get_running_loop().time() - begun_s + 0.1


@pytest.mark.parametrize("code", ["storage.busy", "storage.full", "storage.unreachable"])
async def test_who_comes_and_goes_while_nothing_can_be_written_is_written_later(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    stream_id = await shop.live_stream(seller)
    storage = Storage(shop, monkeypatch, code)
    comes_back, goes = await shop.listener(await shop.guest()), await shop.listener()
    await comes_back.join(stream_id)
    storage.is_away = True
    await comes_back.call("live:leave", {"streamId": stream_id})
    await comes_back.join(stream_id)
    await goes.join(stream_id)
    await goes.call("live:leave", {"streamId": stream_id})
    tried = storage.refused_count
    await eventually(lambda: storage.refused_count > tried + 2)
    storage.is_away = False

    async def is_written() -> bool:
        stream = await shop.ask("GET", f"live/streams/{stream_id}")
        return (stream["viewerCount"], stream["totalViews"]) == (1, 2)

    await eventually_async(is_written)
    by_person = {row.user_id is not None: row for row in await rows(shop, stream_id)}
    assert (by_person[True].is_active, by_person[False].is_active) == (True, False)


async def test_what_waits_is_bounded(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer_log, "WAITING_LIMIT", 3)
    stream_id = await shop.live_stream(seller)
    storage = Storage(shop, monkeypatch, "storage.unreachable")
    storage.is_away = True
    listeners = [await shop.listener() for _ in range(5)]
    for listener in listeners:
        await listener.join(stream_id)
    assert shop.server.presence._log.dropped_count == 2
    assert shop.server.presence.count(stream_id) == 5, "and they watch all the same"
    storage.is_away = False

    async def number() -> bool:
        return len(await rows(shop, stream_id)) == 3

    await eventually_async(number)
