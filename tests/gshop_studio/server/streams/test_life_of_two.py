"""A show's life where two servers share the database: whoever holds its timer may die, or know less than the other."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.shop import Shop, eventually_async

pytestmark = pytest.mark.parametrize("storage", ["postgres+redis"], indirect=True)


async def reaches(shop: Shop, stream_id: str, status: str) -> dict[str, Any]:
    async def is_there() -> dict[str, Any] | None:
        stream = await shop.ask("GET", f"live/streams/{stream_id}")
        return stream if stream["status"] == status else None

    stream = await eventually_async(is_there, status)
    assert stream is not None
    return stream


async def test_a_held_show_ends_though_the_server_that_held_it_is_gone(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "other", **storage, media_lost_hold_s=0.5) as other:
        async with Shop(tmp_path / "data", **storage, media_lost_hold_s=0.5) as shop:
            seller = await shop.person(Role.SELLER)
            held = await shop.live_stream(seller)
            await shop.media.authority.media_started(held)
            await shop.media.authority.media_stopped(held)
            receiving = await shop.live_stream(seller)
            await shop.media.authority.media_started(receiving)
        await other.server.services.life.adopt_timers()
        await reaches(other, held, "ended")
        assert other.media.ended == [held]
        assert (await other.ask("GET", f"live/streams/{receiving}"))["status"] == "live"


async def test_a_show_without_media_is_given_up_though_its_server_is_gone(
    tmp_path: Path, storage: dict[str, Any]
) -> None:
    async with Shop(tmp_path / "other", **storage, no_media_after_start_s=0.5) as other:
        async with Shop(tmp_path / "data", **storage, no_media_after_start_s=0.5) as shop:
            stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        await other.server.services.life.adopt_timers()
        await reaches(other, stream_id, "ended")


async def test_an_old_timer_does_not_end_a_show_that_had_media_meanwhile(
    tmp_path: Path, storage: dict[str, Any]
) -> None:
    hold_s = 1.0
    async with (
        Shop(tmp_path / "data", **storage, media_lost_hold_s=hold_s) as shop,
        Shop(tmp_path / "other", **storage, media_lost_hold_s=hold_s) as other,
    ):
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        viewer = await shop.listener()
        await viewer.join(stream_id)
        await shop.media.authority.media_started(stream_id)
        await shop.media.authority.media_stopped(stream_id)
        await asyncio.sleep(hold_s / 2)  # the other server's hold is to end later than ours
        await other.media.authority.media_started(stream_id)
        await other.media.authority.media_stopped(stream_id)
        stream = await reaches(shop, stream_id, "ended")
        events = (await viewer.call("live:resume", {"streamId": stream_id, "afterSeq": 0}))["events"]
    names = [event["event"] for event in events]
    assert names.count("live:stream:interrupted") == 2 and names.count("live:stream:ended") == 1
    held_until_ms = [event["data"]["heldUntil"] for event in events if "heldUntil" in event["data"]][-1]
    assert datetime.fromisoformat(stream["endedAt"]).timestamp() * 1000 >= held_until_ms


async def test_signing_out_at_one_server_closes_the_sockets_at_the_other(
    tmp_path: Path, storage: dict[str, Any]
) -> None:
    """case 5: an open socket does not outlive its sign-in, wherever it is."""
    async with Shop(tmp_path / "data", **storage) as shop, Shop(tmp_path / "other", **storage) as other:
        person = await shop.person()
        there = await other.listener(person)
        await shop.ask("POST", "auth/logout-everywhere", person, status=204)
        assert await other.refused("auth.bad_token", "GET", "auth/me", person) == 401

        async def is_closed() -> bool:
            return not there.client.connected

        await eventually_async(is_closed, "the socket's end")
