"""The analytics of a show: what they add up, and for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.domain.metrics import fan_score
from gshop_studio.server.clock import utc_now
from tests.gshop_studio.server.analytics.conftest import MakePast
from tests.gshop_studio.server.shop import Person, Shop, eventually


async def test_a_show_nobody_saw_has_zeros(shop: Shop, seller: Person) -> None:
    stream_id = await shop.stream(seller)
    numbers = await shop.ask("GET", f"live/streams/{stream_id}/analytics", seller)
    assert numbers["viewerCount"] == numbers["totalViews"] == numbers["purchases"] == 0
    assert numbers["revenue"] == numbers["avgWatchTime"] == numbers["conversionRate"] == 0
    assert numbers["topProducts"] == numbers["viewersByMinute"] == numbers["topFans"] == []
    assert "currency" not in numbers and "countries" not in numbers


async def test_who_may_see_a_shows_numbers(shop: Shop, seller: Person) -> None:
    """Cases 4 and 17: the host and its moderators; a moderator of another show, viewers and guests do not."""
    stream_id = await shop.live_stream(seller)
    other = await shop.person(Role.SELLER)
    other_id = await shop.live_stream(other)
    moderator = await shop.person()
    for host, show in ((other, other_id),):
        await shop.ask("POST", f"live/streams/{show}/moderators", host, status=201, json={"userId": moderator.id})
    path = f"live/streams/{stream_id}/analytics"
    assert await shop.refused("auth.required", "GET", path) == 401
    for who in (moderator, other, await shop.guest()):
        assert await shop.refused("auth.forbidden", "GET", path, who) == 403
    await shop.ask("GET", path, seller)
    await shop.ask("GET", f"live/streams/{other_id}/analytics", moderator)
    assert await shop.refused("stream.not_found", "GET", "live/streams/nothing/analytics", seller) == 404


async def test_a_show_has_its_last_point_for_who_sees_its_numbers(shop: Shop, seller: Person, past: MakePast) -> None:
    """Case 17."""
    stream_id = await shop.live_stream(seller, productIds=[await shop.product(seller)])
    show, moderator = await past(stream_id), await shop.person()
    await shop.ask("POST", f"live/streams/{stream_id}/moderators", seller, status=201, json={"userId": moderator.id})
    await show.show(gmv_minor=3700)
    await show.metrics([(show.at(30), 5, 2.0), (show.at(60), 9, 4.0)])
    for who in (seller, moderator):
        seen = await shop.ask("GET", f"live/streams/{stream_id}", who)
        assert seen["totalRevenue"] == seen["revenue"] == 37.0
        [point] = seen["metrics"]
        assert (point["viewerCount"], point["messagesPerMinute"]) == (9, 4.0)
        assert point["timestamp"] == to_wire_time(show.at(60))
    for stranger in (await shop.person(), None):
        seen = await shop.ask("GET", f"live/streams/{stream_id}", stranger)
        assert not {"metrics", "totalRevenue", "revenue"} & seen.keys()
    [mine] = (await shop.ask("GET", "live/streams?mine=true", seller))["streams"]
    assert mine["totalRevenue"] == 37.0 and "metrics" not in mine


async def test_what_a_show_earned_is_told_at_its_end_to_who_sees_its_numbers(
    shop: Shop, seller: Person, past: MakePast
) -> None:
    """Case 17."""
    stream_id = await shop.live_stream(seller, productIds=[await shop.product(seller)])
    await (await past(stream_id)).show(gmv_minor=3700, total_purchases=2)
    host, viewer = await shop.listener(seller), await shop.listener()
    for listener in (host, viewer):
        await listener.join(stream_id)
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    [result] = await eventually(lambda: host.named("live:stream:result"))
    assert (result["revenue"], result["currency"], result["totalPurchases"]) == (37.0, "USD", 2)
    [ended] = await eventually(lambda: viewer.named("live:stream:ended"))
    assert ended["duration"] == result["duration"] and "revenue" not in ended
    assert viewer.named("live:stream:result") == []


async def test_the_audience_adds_up(shop: Shop, seller: Person, past: MakePast) -> None:
    """Watch time of who left and who is here, bounces, buyers, devices and countries."""
    stream_id = await shop.live_stream(seller)
    show = await past(stream_id)
    ended = show.at(1800)
    await show.viewers(
        {"watch_duration_s": 4.0, "device": "mobile"},
        {"watch_duration_s": 600.0, "purchases_made": 2, "reactions_count": 1, "device": "mobile", "country": "MX"},
        {"is_active": True, "joined_at": show.at(900), "device": "tablet", "country": "PE"},
        {"is_active": True, "joined_at": show.at(-300), "device": None},
        {"watch_duration_s": 9999.0},
    )
    await show.show(total_views=5, ended_at=ended, status="ended", peak_viewer_count=4, total_shares=3)
    numbers = await shop.ask("GET", f"live/streams/{stream_id}/analytics", seller)
    assert numbers["avgWatchTime"] == pytest.approx((4 + 600 + 900 + 1800 + 1800) / 5, abs=0.1)
    assert numbers["bounceRate"] == pytest.approx(0.2)
    assert numbers["conversionRate"] == pytest.approx(0.2)
    assert numbers["reactionRate"] == pytest.approx(0.2)
    assert numbers["devices"] == {"mobile": 2, "tablet": 1, "web": 1, "unknown": 1}
    assert numbers["countries"] == {"MX": 1, "PE": 1, "unknown": 3}
    assert (numbers["peakViewers"], numbers["sharesCount"]) == (4, 3)


async def test_who_came_back_is_counted_from_what_was_written_last(shop: Shop, seller: Person, past: MakePast) -> None:
    stream_id = await shop.live_stream(seller)
    show = await past(stream_id)
    came_back = {"is_active": True, "watch_duration_s": 60.0, "last_ping_at": show.at(1000)}
    await show.viewers(came_back)
    await show.show(ended_at=show.at(1100), status="ended")
    numbers = await shop.ask("GET", f"live/streams/{stream_id}/analytics", seller)
    assert numbers["avgWatchTime"] == pytest.approx(60 + 100, abs=0.1)


async def test_curves_by_minute_and_hour(shop: Shop, seller: Person, past: MakePast) -> None:
    stream_id = await shop.live_stream(seller)
    show = await past(stream_id)
    await show.metrics([(show.at(10), 5, 4.0), (show.at(40), 9, 8.0), (show.at(70), 3, 2.0)])
    await show.reactions({show.at(0): 7, show.at(60): 2, show.at(180): 5})
    await show.reactions({show.at(0): 1}, "🔥")
    numbers = await shop.ask("GET", f"live/streams/{stream_id}/analytics", seller)
    assert [point["value"] for point in numbers["viewersByMinute"]] == [9, 3]
    assert [point["value"] for point in numbers["messagesByMinute"]] == [6, 2]
    reactions = [point["value"] for point in numbers["reactionsByMinute"]]
    assert reactions[:5] == [8, 2, 0, 5, 0] and len(reactions) >= 60, "silent minutes are there, too"
    assert max(point["value"] for point in numbers["viewersByHour"]) == 9
    assert numbers["reactionsCount"] == 15
    assert numbers["viewersByMinute"][0]["at"].endswith(":00.000Z")


async def test_products_by_what_they_brought_in(shop: Shop, seller: Person, past: MakePast) -> None:
    ids = [await shop.product(seller, name=name) for name in ("Mug", "Lamp", "Bag")]
    stream_id = await shop.live_stream(seller, productIds=ids)
    show = await past(stream_id)
    await show.product(ids[0], sold_count=2, purchase_count=2, click_count=8, revenue_minor=3700)
    await show.product(ids[1], sold_count=1, purchase_count=1, click_count=4, revenue_minor=6400)
    await shop.ask("PUT", f"live/streams/{stream_id}/products/{ids[1]}/highlight", seller)
    await show.show(gmv_minor=10_100, total_purchases=3)
    numbers = await shop.ask("GET", f"live/streams/{stream_id}/analytics", seller)
    assert [product["name"] for product in numbers["topProducts"]] == ["Lamp", "Mug", "Bag"]
    assert numbers["topProducts"][1] == {
        "id": ids[0],
        "name": "Mug",
        "price": 18.5,
        "soldCount": 2,
        "clickCount": 8,
        "revenue": 37.0,
        "conversionRate": 0.25,
    }
    sold = [(product["productId"], product["value"]) for product in numbers["revenueByProduct"]]
    assert sold == [(ids[1], 64.0), (ids[0], 37.0)]
    assert (numbers["revenue"], numbers["currency"], numbers["productsShown"]) == (101.0, "USD", 1)


async def test_top_fans_are_scored_as_documented(shop: Shop, seller: Person, past: MakePast) -> None:
    stream_id = await shop.live_stream(seller)
    show = await past(stream_id)
    people = [await shop.person(name=name) for name in ("Ana", "Luis", "Eva")]
    did = [
        {"watch_duration_s": 1200.0, "messages_count": 10, "reactions_count": 30, "purchases_made": 1},
        {"watch_duration_s": 60.0, "messages_count": 900, "reactions_count": 9000},
        {"watch_duration_s": 1800.0},
    ]
    await show.viewers(*({"user_id": who.id, **what} for who, what in zip(people, did, strict=True)))
    await show.viewers({"watch_duration_s": 99_999.0})
    numbers = await shop.ask("GET", f"live/streams/{stream_id}/analytics", seller)
    assert [fan["displayName"] for fan in numbers["topFans"]] == ["Ana", "Eva", "Luis"]
    assert [fan["score"] for fan in numbers["topFans"]] == [
        pytest.approx(fan_score(1200, 10, 30, 1), abs=0.1),
        pytest.approx(fan_score(1800, 0, 0, 0), abs=0.1),
        pytest.approx(fan_score(60, 900, 9000, 0), abs=0.1),
    ]


async def test_a_top_fan_of_the_hosts_shows_is_a_vip_in_chat(shop: Shop, seller: Person, past: MakePast) -> None:
    """Of the last 90 days, over all shows of the host; who hardly took part is none."""
    before = await past(await shop.live_stream(seller))
    old = await past(await shop.live_stream(seller))
    fan, newcomer, forgotten = [await shop.person() for _ in range(3)]
    await before.viewers(
        {"user_id": fan.id, "watch_duration_s": 3000.0}, {"user_id": newcomer.id, "watch_duration_s": 60.0}
    )
    long_ago = utc_now() - timedelta(days=100)
    await old.show(started_at=long_ago)
    await old.viewers({"user_id": forgotten.id, "watch_duration_s": 3000.0, "joined_at": long_ago})
    stream_id = await shop.live_stream(seller)
    badges = {}
    for who in (fan, newcomer, forgotten):
        sent = await shop.ask(
            "POST", f"live/streams/{stream_id}/messages", who, status=201, json={"message": "what a lovely evening"}
        )
        badges[who.id] = sent["metadata"]["isVip"]
    assert badges == {fan.id: True, newcomer.id: False, forgotten.id: False}
