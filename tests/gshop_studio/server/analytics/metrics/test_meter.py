"""Metrics every 30 s: what is measured, kept, and told to the host."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from gshop_studio.server.clock import utc_now
from gshop_studio.server.tables import LiveStreamMetricRow
from tests.gshop_studio.server.analytics.conftest import MakePast
from tests.gshop_studio.server.shop import Person, Shop, eventually


async def rows_of(shop: Shop, stream_id: str) -> list[LiveStreamMetricRow]:
    async with shop.server.services.database.read() as transaction:
        found = await transaction.session.scalars(
            select(LiveStreamMetricRow)
            .where(LiveStreamMetricRow.stream_id == stream_id)
            .order_by(LiveStreamMetricRow.timestamp)
        )
        return list(found)


async def test_each_live_show_gets_a_point(shop: Shop, seller: Person, past: MakePast) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    quiet = await shop.live_stream(seller)
    scheduled = await shop.stream(seller)
    await shop.ask("PUT", f"live/streams/{stream_id}/products/{mug}/highlight", seller)
    show, now = await past(stream_id), utc_now()
    await show.messages(seller.id, [now - timedelta(seconds=age) for age in (1, 10, 20, 90, 600)])
    await show.reactions({now: 12})
    await show.viewers({"watch_duration_s": 2.0}, {"watch_duration_s": 98.0, "reactions_count": 12})
    await show.show(viewer_count=3, peak_viewer_count=4, total_purchases=2, gmv_minor=3700)
    await shop.server.analytics.meter.measure_all()
    (point,) = await rows_of(shop, stream_id)
    assert (point.viewer_count, point.products_highlighted, point.purchases_count) == (3, 1, 2)
    assert (point.revenue_minor, point.messages_per_minute) == (3700, 3)
    assert point.reactions_per_minute == pytest.approx(12, abs=1)
    assert (point.average_watch_time_s, point.bounce_rate) == (50, 0.5)
    assert 0 < point.engagement_score < 100
    (silent,) = await rows_of(shop, quiet)
    assert silent.engagement_score == silent.messages_per_minute == 0
    assert await rows_of(shop, scheduled) == []


async def test_the_host_and_moderators_hear_of_it_and_nobody_else(shop: Shop, seller: Person, past: MakePast) -> None:
    """Case 17: revenue goes to the staff room alone."""
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    show = await past(stream_id)
    await show.product(mug, sold_count=2, purchase_count=2, revenue_minor=3700)
    await show.show(total_purchases=2, gmv_minor=3700)
    moderator = await shop.person()
    await shop.ask("POST", f"live/streams/{stream_id}/moderators", seller, status=201, json={"userId": moderator.id})
    listeners = [await shop.listener(who) for who in (seller, moderator, await shop.person(), None)]
    for listener in listeners:
        await listener.join(stream_id)
    await shop.server.analytics.meter.measure_all()
    for listener in listeners[:2]:
        (update,) = await eventually(lambda it=listener: it.named("live:analytics:update"))  # type: ignore[misc]
        assert (update["streamId"], update["revenue"], update["currency"]) == (stream_id, 37.0, "USD")
        assert update["topProduct"] == {"id": mug, "name": "Mug", "soldCount": 2, "revenue": 37.0}
        assert update["purchasesCount"] == 2 and update["timestamp"].endswith("Z") and "at" in update
        assert "seq" not in update
    await shop.ask("PATCH", f"live/streams/{stream_id}", seller, json={"title": "New"})
    for listener in listeners[2:]:
        await listener.call("live:ping", {"streamId": stream_id})
        assert listener.named("live:analytics:update") == []


async def test_a_sale_is_told_at_once_and_not_kept(shop: Shop, seller: Person, past: MakePast) -> None:
    stream_id = await shop.live_stream(seller)
    host = await shop.listener(seller)
    await host.join(stream_id)
    await (await past(stream_id)).show(total_purchases=1)
    await shop.server.analytics.meter.sold(stream_id)
    (update,) = await eventually(lambda: host.named("live:analytics:update"))
    assert update["purchasesCount"] == 1
    assert await rows_of(shop, stream_id) == []


async def test_a_show_that_ends_gets_a_last_point(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    assert len(await rows_of(shop, stream_id)) == 1


@pytest.mark.parametrize("shows", [1, 12])
async def test_the_queries_do_not_grow_with_the_shows(shop: Shop, seller: Person, shows: int) -> None:
    for _ in range(shows):
        await shop.live_stream(seller)
    statements: list[str] = []
    engine = shop.server.services.database._engine.sync_engine

    def keep(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "live_stream" in statement:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", keep)
    try:
        await shop.server.analytics.meter.measure_all()
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    of_the_meter = [each for each in statements if "live_stream_events" not in each]
    assert len(of_the_meter) <= 10
    async with shop.server.services.database.read() as transaction:
        assert await transaction.session.scalar(select(func.count()).select_from(LiveStreamMetricRow)) == shows
