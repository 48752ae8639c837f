"""A show's life while nothing can be written: what is written later is what is true then."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams import life, timers
from tests.gshop_studio.server.shop import Shop, eventually, eventually_async

RETRY_S = 0.2


class Disk:
    """Full, while it is said to be."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        self.refused_count = 0
        self._write = shop.server.services.database.write
        monkeypatch.setattr(shop.server.services.database, "write", self.write)
        monkeypatch.setattr(life, "_RETRY_S", RETRY_S)
        monkeypatch.setattr(timers, "_RETRY_S", RETRY_S)

    def write(self) -> Any:
        if self.is_full:
            self.refused_count += 1
            raise Refused("storage.full")
        return self._write()


async def is_receiving(shop: Shop, stream_id: str) -> bool:
    return bool((await shop.ask("GET", f"live/streams/{stream_id}"))["isReceiving"])


async def said_of_media(shop: Shop, stream_id: str) -> list[str]:
    listener = await shop.listener()
    events = (await listener.call("live:resume", {"streamId": stream_id, "afterSeq": 0}))["events"]
    return [event["event"] for event in events if event["event"] != "live:stream:started"]


async def test_media_that_is_back_is_not_lost_by_a_late_word_of_its_loss(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream_id = await shop.live_stream(await shop.person(Role.SELLER))
    await shop.media.authority.media_started(stream_id)
    disk = Disk(shop, monkeypatch)
    disk.is_full = True
    await shop.media.authority.media_stopped(stream_id)
    disk.is_full = False
    await shop.media.authority.media_started(stream_id)
    await asyncio.sleep(2 * RETRY_S)  # until the word of the loss would be written
    assert await is_receiving(shop, stream_id)
    assert await said_of_media(shop, stream_id) == ["live:stream:receiving"]


async def test_media_that_left_at_once_does_not_seem_to_come_later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    stream_id = await shop.live_stream(await shop.person(Role.SELLER))
    disk = Disk(shop, monkeypatch)
    disk.is_full = True
    await shop.media.authority.media_started(stream_id)
    disk.is_full = False
    await shop.media.authority.media_stopped(stream_id)
    await asyncio.sleep(2 * RETRY_S)
    assert not await is_receiving(shop, stream_id)


@pytest.mark.parametrize("comes", [True, False])
async def test_what_was_said_last_is_written_in_the_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, comes: bool
) -> None:
    stream_id = await shop.live_stream(await shop.person(Role.SELLER))
    await shop.media.authority.media_started(stream_id)
    disk = Disk(shop, monkeypatch)
    disk.is_full = True
    await shop.media.authority.media_stopped(stream_id)
    await shop.media.authority.media_started(stream_id)
    if not comes:
        await shop.media.authority.media_stopped(stream_id)
    first = disk.refused_count
    await eventually(lambda: disk.refused_count >= first + 2, "two more tries")
    disk.is_full = False

    async def is_written() -> bool:
        return await is_receiving(shop, stream_id) is comes

    await eventually_async(is_written, "the last word")
    await asyncio.sleep(2 * RETRY_S)
    expected = ["live:stream:receiving"] if comes else ["live:stream:receiving", "live:stream:interrupted"]
    assert await said_of_media(shop, stream_id) == expected


async def test_a_late_word_of_media_leaves_the_shows_own_timer(
    tmp_path: Path, storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Shop(tmp_path / "data", **storage, media_lost_hold_s=3 * RETRY_S) as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        await shop.media.authority.media_started(stream_id)
        await shop.media.authority.media_stopped(stream_id)
        disk = Disk(shop, monkeypatch)
        disk.is_full = True
        await shop.media.authority.media_started(stream_id)
        await shop.media.authority.media_stopped(stream_id)
        disk.is_full = False
        await eventually(lambda: shop.media.ended == [stream_id], "the end of the show that is held")


async def test_a_show_whose_end_cannot_be_written_is_waited_for_once(
    tmp_path: Path, storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Shop(tmp_path / "data", **storage, no_media_after_start_s=RETRY_S) as shop:
        disk = Disk(shop, monkeypatch)
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        disk.is_full = True
        await eventually(lambda: disk.refused_count, "the first try")
        for _ in range(3):
            await shop.server.services.life.adopt_timers()
        tasks = [task for task in asyncio.all_tasks() if task.get_name() == f"timer {stream_id}"]
        assert len(tasks) == 1
        disk.is_full = False
        await eventually(lambda: shop.media.ended == [stream_id], "the end that is written at last")
