"""Answers kept: until they are old or what they tell of changes, made once for many, and nothing of anybody's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from gshop_studio.server import cache as module
from gshop_studio.server.cache import Cache
from gshop_studio.server.shared_redis import open_redis
from tests.gshop_studio.server.shop import Person, Shop, eventually_async
from tests.support.redis_server import RedisServer


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Source:
    """What is asked when the cache does not know."""

    def __init__(self) -> None:
        self.value = b"first"
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self) -> bytes:
        self.asked += 1
        value = self.value
        await self.may_answer.wait()
        return value


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    redis_server.empty()
    client = open_redis(redis_server.url)
    yield client
    await client.aclose()


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    client = None
    if request.param == "redis":
        server = request.getfixturevalue("redis_server")
        server.empty()
        client = open_redis(server.url)
    made = Cache(client)
    yield made
    await made.close()
    if client is not None:
        await client.aclose()


async def test_what_is_known_is_not_asked_again(cache: Cache) -> None:
    source = Source()
    assert [await cache.get("shows", "a", 30, source) for _ in range(3)] == [b"first"] * 3
    assert source.asked == 1 and (cache.hits, cache.misses) == (2, 1)
    await cache.get("shows", "b", 30, source)
    await cache.get("products", "a", 30, source)
    assert source.asked == 3, "another key and another group are something else"


async def test_a_change_is_seen_by_the_next_who_asks(cache: Cache) -> None:
    source, other = Source(), Source()
    await cache.get("shows", "a", 30, source)
    await cache.get("products", "a", 30, other)
    source.value = b"second"
    cache.forget("shows")
    assert await cache.get("shows", "a", 30, source) == b"second"
    assert await cache.get("products", "a", 30, other) == b"first" and other.asked == 1


async def test_many_at_once_ask_once(cache: Cache) -> None:
    source = Source()
    source.may_answer.clear()
    waiting = [asyncio.create_task(cache.get("shows", "a", 30, source)) for _ in range(50)]
    await eventually_async(lambda: _is(source.asked == 1))
    waiting[0].cancel()
    source.may_answer.set()
    assert await asyncio.gather(*waiting[1:]) == [b"first"] * 49
    assert source.asked == 1


async def test_what_was_begun_before_a_change_is_not_kept(cache: Cache) -> None:
    source = Source()
    source.may_answer.clear()
    early = asyncio.create_task(cache.get("shows", "a", 30, source))
    await eventually_async(lambda: _is(source.asked == 1))
    source.value = b"second"
    cache.forget("shows")
    late = asyncio.create_task(cache.get("shows", "a", 30, source))
    await eventually_async(lambda: _is(source.asked == 2))
    source.may_answer.set()
    assert (await early, await late) == (b"first", b"second")
    assert await cache.get("shows", "a", 30, source) == b"second" and source.asked == 2


async def test_what_was_begun_before_a_change_ends_with_the_cache(cache: Cache) -> None:
    """Else it would ask Redis anew after its connections were closed, and leave one open."""
    source = Source()
    source.may_answer.clear()
    early = asyncio.create_task(cache.get("shows", "a", 30, source))
    await eventually_async(lambda: _is(source.asked == 1))
    cache.forget("shows")
    await cache.close()
    with pytest.raises(asyncio.CancelledError):
        await early


async def test_what_fails_is_told_and_tried_again(cache: Cache) -> None:
    async def fail() -> bytes:
        raise LookupError("no such show")

    for _ in range(2):
        with pytest.raises(LookupError):
            await cache.get("shows", "a", 30, fail)
    assert await cache.get("shows", "a", 30, Source()) == b"first"


async def test_it_grows_old() -> None:
    clock, source = Clock(), Source()
    cache = Cache(monotonic_s=clock)
    await cache.get("shows", "a", 30, source)
    clock.now_s = 29.9
    await cache.get("shows", "a", 30, source)
    assert source.asked == 1
    clock.now_s = 30.1
    await cache.get("shows", "a", 30, source)
    assert source.asked == 2


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CAPACITY", 3)
    cache, source = Cache(), Source()
    for key in ("a", "b", "c", "a", "d"):
        await cache.get("shows", key, 30, source)
    assert source.asked == 4
    await cache.get("shows", "a", 30, source)
    assert source.asked == 4, "the one used last stays"
    await cache.get("shows", "b", 30, source)
    assert source.asked == 5
    source.value = bytes(module.LARGEST_BYTES + 1)
    for _ in range(2):
        await cache.get("shows", "large", 30, source)
    assert source.asked == 7


async def test_servers_share_what_they_know_and_forget(redis: Redis) -> None:
    one, other, source = Cache(redis), Cache(redis), Source()
    await one.get("shows", "a", 30, source)
    assert await other.get("shows", "a", 30, source) == b"first" and source.asked == 1
    source.value = b"second"
    other.forget("shows")

    async def is_new() -> bool:
        return await one.get("shows", "a", 30, source) == b"second"

    await eventually_async(is_new, "the other server to forget")
    assert 0 < await redis.pttl((await redis.keys("gshop:cache:shows:*"))[0]) <= 30_000
    await one.close()
    await other.close()


async def test_without_redis_it_keeps_little_and_nothing_is_forgotten_late(
    redis: Redis, redis_server: RedisServer
) -> None:
    """case 58: a change while Redis stands still is known to it before it is trusted again."""
    clock, source = Clock(), Source()
    cache = Cache(redis, clock)
    await cache.get("shows", "a", 30, source)
    with redis_server.stalled():
        await cache.get("shows", "a", 30, source)
        await cache.get("shows", "a", 30, source)
        assert source.asked == 2, "kept here for a moment"
        clock.now_s += module.ALONE_S
        source.value = b"second"
        cache.forget("shows")
        assert await cache.get("shows", "a", 30, source) == b"second"
    clock.now_s += 60
    source.value = b"third"
    assert await cache.get("shows", "a", 30, source) == b"third", "not the first, which Redis still has"
    await cache.close()


async def _is(truth: bool) -> bool:
    return truth


# --- in the shop --------------------------------------------------------------------------------------------------


async def test_the_feed_follows_a_shows_life(shop: Shop, seller: Person) -> None:
    """Asked before each step, so that the answer would be an old one."""

    async def feed(path: str = "live/streams/active") -> list[str]:
        return [stream["id"] for stream in (await shop.ask("GET", path))["streams"]]

    assert await feed() == [] == await feed("live/streams")
    stream_id = await shop.live_stream(seller)
    assert await feed() == [] == await feed("live/streams")
    await shop.media.authority.media_started(stream_id)
    assert await feed() == [stream_id] == await feed("live/streams")
    await shop.ask("PATCH", f"live/streams/{stream_id}", seller, json={"isPrivate": True})
    assert await feed() == [] == await feed("live/streams"), "what is private now is shown to nobody"
    await shop.ask("PATCH", f"live/streams/{stream_id}", seller, json={"isPrivate": False, "title": "Anew"})
    assert (await shop.ask("GET", "live/streams/active"))["streams"][0]["title"] == "Anew"
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    assert await feed() == []


async def test_a_product_is_read_as_it_is(shop: Shop, seller: Person) -> None:
    product_id = await shop.product(seller)
    path = f"products/{product_id}"
    for change in ({"name": "Jug"}, {"stock": 0}, {"price": 3}):
        before = await shop.ask("GET", path)
        await shop.ask("PATCH", path, seller, json=change)
        after = await shop.ask("GET", path)
        assert after == {**before, **change}
        assert (await shop.ask("GET", "products"))["products"] == [after]
    await shop.ask("DELETE", path, seller, status=204)
    assert await shop.refused("product.not_found", "GET", path) == 404
    assert (await shop.ask("GET", "products"))["total"] == 0


async def test_what_is_a_hosts_alone_is_not_kept_for_others(shop: Shop, seller: Person) -> None:
    """case 17: the host asks first, then everybody else."""
    await shop.stream(seller)
    own = (await shop.ask("GET", "live/streams", seller))["streams"][0]
    anybodys: Any = (await shop.ask("GET", "live/streams"))["streams"][0]
    assert "gmv" in own and "gmv" not in anybodys
    again = (await shop.ask("GET", "live/streams", seller))["streams"][0]
    assert "gmv" in again


async def test_private_shows_are_in_no_kept_list(shop: Shop, seller: Person, tmp_path: Path) -> None:
    stream_id = await shop.live_stream(seller, isPrivate=True)
    await shop.media.authority.media_started(stream_id)
    mine = await shop.ask("GET", "live/streams?mine=true", seller)
    assert mine["total"] == 1
    for who in (None, await shop.person()):
        for path in ("live/streams", "live/streams/active", "live/streams?status=live"):
            assert (await shop.ask("GET", path, who))["total"] == 0
