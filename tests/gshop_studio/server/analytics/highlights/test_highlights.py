"""Highlights found by rules, and who sees and edits them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gshop_studio.server.analytics.highlights.finder import HighlightFinder
from gshop_studio.server.analytics.highlights.repository import RulesRepository
from gshop_studio.server.clock import Clock, utc_now
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamEventRow
from tests.gshop_studio.server.analytics.conftest import MakePast
from tests.gshop_studio.server.shop import Person, Shop


class Hand:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> Any:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def finder(shop: Shop, clock: Clock) -> HighlightFinder:
    """As another instance would be, its memory empty."""
    return HighlightFinder(shop.server.services.database, StreamLookup(clock), clock)


async def highlights(shop: Shop, stream_id: str, who: Person | None = None) -> list[dict[str, Any]]:
    answer = await shop.ask("GET", f"live/streams/{stream_id}/highlights", who)
    assert answer["total"] == len(answer["highlights"])
    found: list[dict[str, Any]] = answer["highlights"]
    return found


async def shown(shop: Shop, seller: Person, stream_id: str, product_id: str, *ages_s: float) -> None:
    """The product came onto the screen, and went, so long ago each."""
    for verb, age_s in zip(("highlight", "hide"), ages_s, strict=False):
        await shop.ask("PUT", f"live/streams/{stream_id}/products/{product_id}/{verb}", seller)
        async with shop.server.services.database.write() as transaction:
            rows = (await transaction.session.execute(_last_event(stream_id))).scalars().all()
            row = max(rows, key=lambda each: each.seq)
            media_at = row.data["mediaAt"] - round(age_s * 1000)
            await transaction.session.execute(
                update(LiveStreamEventRow)
                .where(LiveStreamEventRow.stream_id == stream_id, LiveStreamEventRow.seq == row.seq)
                .values(data={**row.data, "mediaAt": media_at})
            )


def _last_event(stream_id: str) -> Any:
    return select(LiveStreamEventRow).where(
        LiveStreamEventRow.stream_id == stream_id, LiveStreamEventRow.event.like("live:product:hi%")
    )


async def test_a_product_shown_for_long_enough_is_a_moment(shop: Shop, seller: Person, past: MakePast) -> None:
    mug, lamp = await shop.product(seller), await shop.product(seller, name="Lamp")
    stream_id = await shop.live_stream(seller, productIds=[mug, lamp], language="es")
    await past(stream_id)
    await shown(shop, seller, stream_id, lamp, 100, 97)
    await shown(shop, seller, stream_id, mug, 90, 60)
    await shown(shop, seller, stream_id, mug, 50, 40)
    await shown(shop, seller, stream_id, lamp, 20)
    for _ in range(2):  # the second as if another instance took over
        await finder(shop, utc_now).look()
    found = await highlights(shop, stream_id)
    assert [(each["type"], each["title"]) for each in found] == [
        ("product_show", "Presentación de Mug"),
        ("product_show", "Presentación de Lamp"),
    ]
    assert found[0]["metadata"] == {"productId": mug} and found[0]["isPublic"]
    assert found[1]["timestamp"] - found[0]["timestamp"] > 60


async def test_what_is_on_the_screen_at_the_end_counts_until_then(shop: Shop, seller: Person, past: MakePast) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    await past(stream_id)
    await shown(shop, seller, stream_id, mug, 8)
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    assert [each["title"] for each in await highlights(shop, stream_id)] == ["Presenting Mug"]


async def test_a_product_shown_before_the_start_counts_from_the_start(
    shop: Shop, seller: Person, past: MakePast
) -> None:
    early, gone, brief = [await shop.product(seller, name=name) for name in ("Early", "Gone", "Brief")]
    stream_id = await shop.live_stream(seller, productIds=[early, gone, brief])
    show = await past(stream_id)

    def ago_s(at_s: float) -> float:
        return (utc_now() - show.at(at_s)).total_seconds()

    await shown(shop, seller, stream_id, gone, ago_s(-60), ago_s(-40))
    await shown(shop, seller, stream_id, brief, ago_s(-30), ago_s(1))
    await finder(shop, utc_now).look()
    assert await highlights(shop, stream_id) == []
    other_id = await shop.live_stream(seller, productIds=[early])
    await past(other_id)
    await shown(shop, seller, other_id, early, ago_s(-60))
    for _ in range(2):
        await finder(shop, utc_now).look()
    assert [(each["title"], each["timestamp"]) for each in await highlights(shop, other_id)] == [
        ("Presenting Early", 0)
    ]


@pytest.mark.parametrize("broken", ["reactions", "screen_events"])
async def test_what_was_found_before_a_fault_is_found_again(
    shop: Shop, seller: Person, past: MakePast, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    mug = await shop.product(seller)
    for stream_id in (ids := [await shop.live_stream(seller, productIds=[mug]) for _ in range(2)]):
        await past(stream_id)
    rules = finder(shop, utc_now)
    await rules.look()
    for stream_id in ids:
        await shown(shop, seller, stream_id, mug, 100, 50)
    read = getattr(RulesRepository, broken)
    calls = []

    async def fail_once(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == (2 if broken == "screen_events" else 1):  # the first show was looked at already
            raise RuntimeError("inner workings")
        return await read(*args)

    monkeypatch.setattr(RulesRepository, broken, fail_once)
    with pytest.raises(RuntimeError):
        await rules.look()
    await rules.look()
    for stream_id in ids:
        assert [each["title"] for each in await highlights(shop, stream_id)] == ["Presenting Mug"]


async def test_a_burst_of_reactions_stands_out_from_the_usual(shop: Shop, seller: Person, past: MakePast) -> None:
    stream_id = await shop.live_stream(seller)
    show, clock = await past(stream_id), Hand()
    rules = finder(shop, clock)
    await rules.look()
    for index, count in enumerate((0, 5, 10, 300, 200)):
        clock.forward(10)
        if count:
            await show.reactions({clock.now + timedelta(minutes=index): count})
        await rules.look()
    (burst,) = await highlights(shop, stream_id)
    assert (burst["type"], burst["metadata"]) == ("reaction_burst", {"reactions": 300})
    assert burst["title"] == "300 reactions at once"
    clock.forward(1000)  # a pause of ours says nothing about 10 s
    await show.reactions({clock.now + timedelta(minutes=9): 5000})
    await rules.look()
    assert len(await highlights(shop, stream_id)) == 1


async def test_another_instance_knows_the_usual(shop: Shop, seller: Person, past: MakePast) -> None:
    """60 reactions in 10 s are a burst in a quiet show, not in one with 180 a minute."""
    stream_id = await shop.live_stream(seller)
    show, clock = await past(stream_id), Hand()
    await show.reactions({show.at(60 * minute): 180 for minute in range(55)})
    rules = finder(shop, clock)
    await rules.look()
    for count in (60, 100):
        clock.forward(10)
        await show.reactions({clock.now + timedelta(minutes=count): count})
        await rules.look()
    assert [each["metadata"]["reactions"] for each in await highlights(shop, stream_id)] == [100]


async def test_the_host_hides_and_names_moments(shop: Shop, seller: Person, past: MakePast) -> None:
    """Cases 16 and 17."""
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    await past(stream_id)
    await shown(shop, seller, stream_id, mug, 100, 50)
    await finder(shop, utc_now).look()
    (moment,) = await highlights(shop, stream_id)
    path = f"live/streams/{stream_id}/highlights/{moment['id']}"
    other = await shop.person()
    assert await shop.refused("auth.required", "PATCH", path, json={"isPublic": False}) == 401
    assert await shop.refused("auth.forbidden", "PATCH", path, other, json={"isPublic": False}) == 403
    changed = await shop.ask("PATCH", path, seller, json={"isPublic": False, "title": "The mug"})
    assert (changed["isPublic"], changed["title"]) == (False, "The mug")
    assert await highlights(shop, stream_id, other) == []
    assert [each["title"] for each in await highlights(shop, stream_id, seller)] == ["The mug"]
    elsewhere = f"live/streams/{await shop.live_stream(seller)}/highlights/{moment['id']}"
    assert await shop.refused("highlight.not_found", "PATCH", elsewhere, seller, json={"isPublic": True}) == 404
    assert await shop.refused("request.invalid", "PATCH", path, seller, json={"title": ""}) == 422


async def test_a_private_shows_moments_are_private(shop: Shop, seller: Person) -> None:
    """Case 43."""
    stream_id = await shop.live_stream(seller, isPrivate=True)
    assert await shop.refused("stream.private", "GET", f"live/streams/{stream_id}/highlights") == 403
    assert await highlights(shop, stream_id, seller) == []
