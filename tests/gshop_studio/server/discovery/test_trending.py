"""What draws people now: measured from time to time, and cached."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from gshop_studio.contract.rest import Role
from gshop_studio.domain.trending import trending_score
from gshop_studio.server.clock import utc_now
from gshop_studio.server.tables import live_trending
from tests.gshop_studio.server.discovery.shows import draws, ids, on_air
from tests.gshop_studio.server.shop import Person, Shop

TRENDING = "live/streams/trending"


async def test_ranks_by_viewers_likes_purchases_and_age(shop: Shop, seller: Person) -> None:
    viewers, likes, purchases, old = [await on_air(shop, seller, f"Show {number}") for number in range(4)]
    await draws(shop, viewers, viewer_count=30)
    await draws(shop, likes, total_likes=50)
    await draws(shop, purchases, total_purchases=20)
    await draws(shop, old, viewer_count=100, started_at=utc_now() - timedelta(hours=12))
    await shop.server.discovery.trending.refresh()
    answer = await shop.ask("GET", TRENDING)
    assert ids(answer) == [purchases, viewers, old, likes]
    assert answer["total"] == 4
    assert ids(await shop.ask("GET", "live/streams/active", params={"sort": "trending"})) == ids(answer)
    assert ids(await shop.ask("GET", "live/streams/search", params={"sort": "trending"})) == ids(answer)


async def test_the_database_measures_as_the_formula_says(shop: Shop, seller: Person) -> None:
    stream_id = await on_air(shop, seller)
    await draws(
        shop, stream_id, viewer_count=7, total_likes=11, total_purchases=3, started_at=utc_now() - timedelta(hours=5)
    )
    await shop.server.discovery.trending.refresh()
    async with shop.server.services.database.read() as transaction:
        score = await transaction.session.scalar(select(live_trending.c.score))
    assert score == pytest.approx(trending_score(7, 11, 3, 5.0), rel=1e-3)


async def test_is_as_of_the_last_refresh_but_without_what_is_over(shop: Shop, seller: Person) -> None:
    first = await on_air(shop, seller, "First")
    await shop.server.discovery.trending.refresh()
    second = await on_air(shop, seller, "Second")
    assert ids(await shop.ask("GET", TRENDING)) == [first]
    await shop.server.discovery.trending.refresh()
    assert set(ids(await shop.ask("GET", TRENDING))) == {first, second}, "no answer from before the refresh is kept"
    await shop.ask("POST", f"live/streams/{first}/end", seller)
    assert ids(await shop.ask("GET", TRENDING)) == [second]


async def test_counts_may_be_as_old_as_the_cached_answer(shop: Shop, seller: Person) -> None:
    stream_id = await on_air(shop, seller)
    await shop.server.discovery.trending.refresh()
    assert (await shop.ask("GET", TRENDING))["streams"][0]["viewerCount"] == 0
    await draws(shop, stream_id, viewer_count=9)
    assert (await shop.ask("GET", TRENDING))["streams"][0]["viewerCount"] == 0
    await shop.server.discovery.trending.refresh()
    assert (await shop.ask("GET", TRENDING))["streams"][0]["viewerCount"] == 9


async def test_neither_private_nor_silent_nor_old_shows_are_trending(shop: Shop, seller: Person) -> None:
    await on_air(shop, seller, isPrivate=True)
    await shop.live_stream(seller)
    old = await on_air(shop, seller)
    await draws(shop, old, started_at=utc_now() - timedelta(hours=25))
    await shop.server.discovery.trending.refresh()
    assert ids(await shop.ask("GET", TRENDING)) == []


async def test_by_category(shop: Shop, seller: Person) -> None:
    home = await on_air(shop, seller, category="Home")
    await on_air(shop, await shop.person(Role.SELLER), category="food")
    await shop.server.discovery.trending.refresh()
    assert ids(await shop.ask("GET", TRENDING, params={"category": "home"})) == [home]
