"""What is recommended to whom, and what they make of it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sqlalchemy import select

from gshop_studio.contract.rest import Role
from gshop_studio.server.tables import LiveStreamRecommendationRow, LiveStreamViewerRow
from tests.gshop_studio.server.checkout.buying import buyer_of
from tests.gshop_studio.server.discovery.shows import draws, has_watched, ids, on_air
from tests.gshop_studio.server.shop import Person, Shop

FOR_YOU = "live/streams/for-you"
TRACK = "live/recommendations/track"


async def refresh(shop: Shop) -> None:
    await shop.server.recommendations.refresher.refresh()


async def kept(shop: Shop, who: Person, stream_id: str) -> LiveStreamRecommendationRow:
    row = LiveStreamRecommendationRow
    async with shop.server.services.database.read() as transaction:
        found = await transaction.session.scalars(select(row).where(row.user_id == who.id, row.stream_id == stream_id))
        return found.one()


async def track(shop: Shop, who: Person, stream_id: str, action: str, **metadata: Any) -> bool:
    wish = {"streamId": stream_id, "action": action, **({"metadata": metadata} if metadata else {})}
    answer = await shop.ask("POST", TRACK, who, json=wish)
    assert answer["success"] is True
    return bool(answer["isCounted"])


async def test_a_newcomer_gets_what_is_popular_in_their_language(shop: Shop, seller: Person) -> None:
    small, large = await on_air(shop, seller, language="es"), await on_air(shop, seller, language="es")
    foreign = await on_air(shop, seller, language="pt")
    for stream_id, viewers in ((small, 5), (large, 50), (foreign, 60)):
        await draws(shop, stream_id, viewer_count=viewers)
    newcomer = await shop.person()
    await shop.ask("PATCH", "users/me/profile", newcomer, json={"language": "es"})
    for who in (None, newcomer):
        answer = await shop.ask("GET", FOR_YOU, who, params={"lang": "es"})
        assert (ids(answer), answer["total"]) == ([large, foreign, small], 3)
        assert all(reasons == ["popular"] for reasons in answer["reasons"].values())
        assert all(0 <= score <= 100 for score in answer["scores"].values())


async def test_taste_counts_after_the_next_refresh(shop: Shop) -> None:
    hosts = [await shop.person(Role.SELLER) for _ in range(3)]
    me, *others = [await shop.person() for _ in range(9)]
    past = [await on_air(shop, host, "Before", category=f"category {n}") for n, host in enumerate(hosts)]
    for stream_id, host in zip(past, hosts, strict=True):
        await shop.ask("POST", f"live/streams/{stream_id}/end", host)
    for number, other in enumerate(others):
        for stream_id in (past[0], past[1]) if number % 2 else (past[2],):
            await has_watched(shop, other, stream_id)
    await has_watched(shop, me, past[0], purchases=1)
    now = [await on_air(shop, host, "Now", category=f"other category {n}") for n, host in enumerate(hosts)]
    await draws(shop, now[2], viewer_count=3)
    assert ids(await shop.ask("GET", FOR_YOU, me))[0] == now[2], "the most popular, before the refresh"
    await draws(shop, now[2], viewer_count=0)
    await refresh(shop)
    answer = await shop.ask("GET", FOR_YOU, me)
    assert ids(answer) == [now[0], now[1], now[2]]
    assert "watched_together" in answer["reasons"][now[0]]
    best = await shop.ask("GET", "live/streams/recommended", me, params={"limit": 2})
    assert ids(best) == now[:2]
    assert best["reasons"] == [answer["reasons"][each][0] for each in now[:2]]
    assert (await kept(shop, me, now[0])).position == 1


async def test_hosts_followed_and_products_wished_for_are_reasons(shop: Shop, seller: Person) -> None:
    me, other = await shop.person(), await shop.person(Role.SELLER)
    lamp = await shop.product(other, name="Lamp")
    followed, wished = await on_air(shop, seller), await on_air(shop, other, productIds=[lamp])
    plain = await on_air(shop, await shop.person(Role.SELLER))
    await shop.ask("POST", f"sellers/{seller.id}/follow", me)
    await shop.ask("POST", f"users/me/wishlist/{lamp}", me)
    await refresh(shop)
    answer = await shop.ask("GET", FOR_YOU, me)
    assert ids(answer)[2] == plain
    assert answer["reasons"][followed] == ["follows_seller"]
    assert answer["reasons"][wished] == ["wishlist_product"]


async def test_what_came_on_air_since_the_refresh_is_there_and_what_ended_is_not(shop: Shop, seller: Person) -> None:
    me = await shop.person()
    await shop.ask("POST", f"sellers/{seller.id}/follow", me)
    before = await on_air(shop, seller)
    await refresh(shop)
    since = await on_air(shop, await shop.person(Role.SELLER))
    assert ids(await shop.ask("GET", FOR_YOU, me)) == [before, since]
    await shop.ask("POST", f"live/streams/{before}/end", seller)
    assert ids(await shop.ask("GET", FOR_YOU, me)) == [since]
    row = await kept(shop, me, before)
    assert row.expires_at <= row.created_at.now(row.created_at.tzinfo)
    await refresh(shop)
    assert ids(await shop.ask("GET", FOR_YOU, me)) == [since]


async def test_neither_ones_own_shows_nor_those_one_is_banned_from_nor_private_ones(shop: Shop, seller: Person) -> None:
    other = await shop.person(Role.SELLER)
    own, others = await on_air(shop, seller), await on_air(shop, other)
    await on_air(shop, other, isPrivate=True)
    assert ids(await shop.ask("GET", FOR_YOU, seller)) == [others]
    buyer = await shop.person()
    await shop.ask("POST", f"live/streams/{own}/moderation/ban", seller, json={"userId": buyer.id}, status=201)
    assert ids(await shop.ask("GET", FOR_YOU, buyer)) == [others]


async def test_a_feed_is_its_persons_own(shop: Shop) -> None:
    me, other = await shop.person(), await shop.person()
    await shop.ask("GET", FOR_YOU, me, params={"userId": me.id})
    for path in (FOR_YOU, "live/streams/recommended"):
        assert await shop.refused("auth.forbidden", "GET", path, me, params={"userId": other.id}) == 403
        assert await shop.refused("auth.required", "GET", path, params={"userId": other.id}) == 401


async def test_what_somebody_makes_of_a_recommendation_is_kept_through_refreshes(shop: Shop, seller: Person) -> None:
    me = await shop.person()
    await shop.ask("POST", f"sellers/{seller.id}/follow", me)
    stream_id = await on_air(shop, seller)
    await refresh(shop)
    assert await track(shop, me, stream_id, "viewed")
    assert await track(shop, me, stream_id, "clicked")
    await refresh(shop)
    row = await kept(shop, me, stream_id)
    assert (row.viewed, row.clicked, row.watched, row.purchased) == (True, True, False, False)
    assert row.reasons[0] == "follows_seller"


async def test_a_newcomers_is_kept_too(shop: Shop, seller: Person) -> None:
    stream_id = await on_air(shop, seller)
    for who in (await shop.person(), await shop.guest()):
        assert await track(shop, who, stream_id, "clicked")
        row = await kept(shop, who, stream_id)
        assert (row.viewed, row.clicked, row.reasons, row.position) == (True, True, ["popular"], 1)


async def test_nobody_watched_longer_than_the_show_is_on_air_or_bought_without_an_order(
    shop: Shop, seller: Person
) -> None:
    me, stream_id = await shop.person(), await on_air(shop, seller)
    assert await track(shop, me, stream_id, "watched", watchDuration=5000)
    row = await kept(shop, me, stream_id)
    assert row.watched and row.watch_duration_s is not None and row.watch_duration_s < 100
    assert not await track(shop, me, stream_id, "purchased")
    assert not (await kept(shop, me, stream_id)).purchased


async def test_a_purchase_is_believed_where_an_order_was_paid(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=20)
    stream_id, elsewhere = [await on_air(shop, seller, productIds=[mug]) for _ in range(2)]
    joined, unseen, refused, looking = [await buyer_of(shop) for _ in range(4)]
    for buyer in (joined, refused, looking):
        await (await shop.listener(buyer.person)).join(stream_id)
    order = await joined.take(stream_id, mug)
    await unseen.take(stream_id, mug)
    await refused.take(stream_id, mug, token="tok_declined", status=402)
    await looking.add(stream_id, mug)
    for buyer, is_believed in ((joined, True), (unseen, True), (refused, False), (looking, False)):
        assert await track(shop, buyer.person, stream_id, "purchased") is is_believed
        assert not await track(shop, buyer.person, elsewhere, "purchased")
    row = await kept(shop, joined.person, stream_id)
    assert row.purchased and row.viewed and not row.clicked
    async with shop.server.services.database.read() as transaction:
        viewer = LiveStreamViewerRow
        bought = await transaction.session.execute(select(viewer.user_id, viewer.purchases_made))
    assert {user_id: count for user_id, count in bought if count} == {joined.person.id: 1}
    await shop.ask("POST", f"orders/{order['id']}/refund", seller)
    assert not await track(shop, joined.person, stream_id, "purchased"), "the money goes back"


async def test_who_watched_and_bought_is_noted_without_being_told(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    earlier, stream_id = [await on_air(shop, seller, productIds=[mug]) for _ in range(2)]
    buyer, idle = await buyer_of(shop), await shop.person()
    me = buyer.person
    await buyer.take(earlier, mug)
    for who in (me, idle):
        await shop.ask("POST", f"sellers/{seller.id}/follow", who)
    await refresh(shop)
    await has_watched(shop, me, stream_id, minutes=3)
    await buyer.take(stream_id, mug)
    await refresh(shop)
    row = await kept(shop, me, stream_id)
    assert (row.watched, row.watch_duration_s, row.purchased) == (True, 180.0, True)
    assert not (await kept(shop, me, earlier)).purchased, "that was before it was recommended"
    assert not (await kept(shop, idle, stream_id)).purchased


async def test_how_it_goes_is_counted_by_reason(shop: Shop, seller: Person) -> None:
    me, newcomer = await shop.person(), await shop.person()
    await shop.ask("POST", f"sellers/{seller.id}/follow", me)
    followed, plain = await on_air(shop, seller), await on_air(shop, await shop.person(Role.SELLER))

    def told(name: str, **labels: str) -> float | None:
        return shop.server.services.operation.metrics.value(f"gshop_recommendations_{name}", labels)

    assert told("refreshed_timestamp_seconds") == told("clicked_total", reason="wishlist_product") == 0
    before_s = time.time()
    await refresh(shop)
    refreshed_s, took_s = told("refreshed_timestamp_seconds"), told("refresh_seconds")
    assert refreshed_s is not None and took_s is not None
    assert before_s - 0.001 <= refreshed_s <= time.time() and 0 < took_s < 30 and told("people") == 1
    await shop.ask("GET", FOR_YOU, me)
    await shop.ask("GET", "live/streams/recommended", newcomer, params={"limit": 1})
    await shop.ask("GET", FOR_YOU)
    assert (told("answers_total", person="known"), told("answers_total", person="newcomer")) == (1, 1)
    assert (told("served_total", reason="follows_seller"), told("served_total", reason="popular")) == (1, 2)
    for stream_id in (followed, plain):
        for action in ("viewed", "clicked", "clicked"):
            assert await track(shop, me, stream_id, action)
    assert await track(shop, newcomer, plain, "clicked")
    assert (told("clicked_total", reason="follows_seller"), told("clicked_total", reason="popular")) == (1, 2)


async def test_tracking_what_one_may_not_watch_is_refused(shop: Shop, seller: Person) -> None:
    me, stream_id = await shop.person(), await on_air(shop, seller, isPrivate=True)
    wish = {"streamId": stream_id, "action": "viewed"}
    assert await shop.refused("stream.private", "POST", TRACK, me, json=wish) == 403
    assert await shop.refused("stream.not_found", "POST", TRACK, me, json={**wish, "streamId": "none"}) == 404
    assert await shop.refused("auth.required", "POST", TRACK, json=wish) == 401


async def test_two_servers_that_refresh_at_once_keep_one_recommendation(shop: Shop, seller: Person) -> None:
    """For a moment two may lead."""
    me = await shop.person()
    await shop.ask("POST", f"sellers/{seller.id}/follow", me)
    stream_id = await on_air(shop, seller)
    await asyncio.gather(*(refresh(shop) for _ in range(3)), track(shop, me, stream_id, "viewed"))
    row = await kept(shop, me, stream_id)
    assert row.viewed and row.reasons[0] == "follows_seller"
