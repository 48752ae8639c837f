"""Viewer milestones: told to everybody, each once a show."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gshop_studio.server.analytics.highlights.milestones import ViewerMilestones
from gshop_studio.server.clock import utc_now
from gshop_studio.server.streams.lookup import StreamLookup
from tests.gshop_studio.server.analytics.conftest import MakePast
from tests.gshop_studio.server.shop import Person, Shop, eventually, eventually_async


async def test_ten_viewers_are_celebrated_in_the_streams_language(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller, language="es")
    watching = await shop.listener()
    start = (await watching.join(stream_id))["seq"]
    others = [await shop.listener() for _ in range(9)]
    for other in others:
        await other.join(stream_id)
    (told,) = await eventually(lambda: watching.named("live:milestone:viewers"))
    assert told["milestone"] == 10 and told["peakViewers"] >= 10 and told["seq"] == start + 1
    assert (told["code"], told["message"]) == ("milestone.viewers", "¡10 personas están mirando ahora!")
    answer = await shop.ask("GET", f"live/streams/{stream_id}/highlights")
    assert [(each["type"], each["title"]) for each in answer["highlights"]] == [("milestone", "10 personas mirando")]
    assert answer["highlights"][0]["metadata"] == {"viewerCount": 10}


async def test_each_milestone_is_told_once_by_however_many_instances(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    listener = await shop.listener()
    await listener.join(stream_id)
    services = shop.server.services
    instances = [
        ViewerMilestones(services.database, StreamLookup(utc_now), shop.server.gateway, utc_now) for _ in range(3)
    ]
    for instance in instances:
        instance.start()
    for count in (120, 4, 130, 60):
        for instance in instances:
            instance.on_count(stream_id, count)
        await asyncio.sleep(0)
    await eventually(lambda: len(listener.named("live:milestone:viewers")) == 3)
    await asyncio.gather(*(instance.close() for instance in instances))
    again = ViewerMilestones(services.database, StreamLookup(utc_now), shop.server.gateway, utc_now)
    again.start()
    again.on_count(stream_id, 500)
    await eventually(lambda: len(listener.named("live:milestone:viewers")) == 4)
    await again.close()
    assert [each["milestone"] for each in listener.named("live:milestone:viewers")] == [10, 50, 100, 500]


async def test_a_peak_nobody_was_told_of_is_found_later(shop: Shop, seller: Person, past: MakePast) -> None:
    """The instance that counted it died before it could tell."""
    stream_id = await shop.live_stream(seller)
    listener = await shop.listener()
    await listener.join(stream_id)
    await (await past(stream_id)).show(peak_viewer_count=55)
    await shop.server.analytics.milestones.look()
    await eventually(lambda: len(listener.named("live:milestone:viewers")) == 2)


async def test_who_waits_for_a_show_to_start_locks_nothing(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is celebrated once it has."""
    stream_id = await shop.stream(seller)
    services, looks = shop.server.services, []
    require, write = StreamLookup.require, services.database.write

    async def count(*args: Any) -> Any:
        looks.append(args)
        return await require(*args)

    def refuse() -> None:
        raise AssertionError("locks the show")

    monkeypatch.setattr(StreamLookup, "require", count)
    monkeypatch.setattr(services.database, "write", refuse)
    shop.server.analytics.milestones.on_count(stream_id, 12)
    await eventually(lambda: looks, "a look at the show")
    await asyncio.sleep(0.1)
    assert len(looks) == 1
    monkeypatch.setattr(services.database, "write", write)
    await shop.ask("POST", f"live/streams/{stream_id}/start", seller)
    shop.server.analytics.milestones.on_count(stream_id, 12)

    async def are_told() -> int:
        return int((await shop.ask("GET", f"live/streams/{stream_id}/highlights"))["total"])

    assert await eventually_async(are_told, "the milestone") == 1
