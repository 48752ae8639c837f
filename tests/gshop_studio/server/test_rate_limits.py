"""Limits of one server and of several: counted together, and without Redis each for itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from gshop_studio.contract.rest import Role
from gshop_studio.server.rate_limits import KEY_PREFIX, RateLimit, RateLimits
from gshop_studio.server.refusals import Refused
from gshop_studio.server.shared_redis import ASK_AGAIN_S, open_redis
from tests.gshop_studio.server.shop import Shop
from tests.support.redis_server import RedisServer


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    redis_server.empty()
    client = open_redis(redis_server.url)
    yield client
    await client.aclose()


async def hits(limit: RateLimit, number: int, key: str = "k") -> int:
    """How many of so many are let pass."""
    passed, told = 0, []
    for _ in range(number):
        try:
            await limit.hit(key)
            passed += 1
        except Refused as refusal:
            told.append((refusal.code, refusal.retry_after_s))
    assert all(code == "chat.rate_limited" and 1 <= (wait_s or 0) <= 60 for code, wait_s in told)
    return passed


def five(limits: RateLimits, scope: str = "s") -> RateLimit:
    return limits.limit("5/minute", scope, "chat.rate_limited")


async def test_so_many_pass_and_no_more() -> None:
    limits = RateLimits()
    limit = five(limits)
    assert await hits(limit, 7) == 5
    assert await hits(limit, 7, "another") == 5
    assert await hits(five(limits, "another scope"), 7) == 5
    assert await limit.is_spent("k") and not await limit.is_spent("fresh")


async def test_two_servers_count_together(redis: Redis) -> None:
    """case 15: a second server is no way around."""
    one, other = five(RateLimits(redis)), five(RateLimits(redis))
    assert await hits(one, 3) + await hits(other, 4) + await hits(one, 1) == 5
    assert await other.is_spent("k")
    with pytest.raises(Refused):
        await other.check("k")
    keys: list[Any] = await redis.keys("*")
    assert keys and all(key.startswith(KEY_PREFIX.encode()) for key in keys)


async def test_without_redis_each_counts_alone_and_nobody_waits(redis: Redis, redis_server: RedisServer) -> None:
    """case 58: Redis stands still; the limit goes on, and is shared again when Redis is back."""
    clock = Clock()
    limits = RateLimits(redis, clock)
    limit = five(limits)
    assert await hits(limit, 2) == 2
    with redis_server.stalled():
        assert await hits(limit, 7) == 5
        assert limits.is_alone
        start_s = time.perf_counter()
        assert await hits(limit, 20, "another") == 5
        assert time.perf_counter() - start_s < 0.5
    clock.now_s += ASK_AGAIN_S
    assert await hits(limit, 9) in (2, 3), "the two before Redis failed count, and one it may have heard"
    assert not limits.is_alone


async def test_two_servers_of_one_database(
    tmp_path: Path, two_servers: dict[str, Any], redis_server: RedisServer
) -> None:
    """case 15: requests and chat, over two whole servers."""
    wish = {**two_servers, "rate_limit": "8/minute", "chat_rate_limit": "3/minute"}
    async with Shop(tmp_path / "data", **wish) as one, Shop(tmp_path / "other", **wish) as other:
        stream_id = await one.live_stream(await one.person(Role.SELLER))
        guest = await one.guest()
        said = []
        for number in range(5):
            shop = (one, other)[number % 2]
            message = {"message": f"says {number}"}
            said.append(
                (await shop.send("POST", f"live/streams/{stream_id}/messages", guest, json=message)).status_code
            )
        assert said == [201] * 3 + [429] * 2
        redis_server.empty()
        statuses = []
        for _ in range(6):
            statuses += [(await shop.send("GET", "live/streams/active")).status_code for shop in (one, other)]
        assert statuses == [200] * 8 + [429] * 4


@pytest.fixture
async def two_servers(redis_server: RedisServer, postgres: Any) -> dict[str, Any]:
    from tests.gshop_studio.server.conftest import SECRET_KEY

    redis_server.empty()
    return {"database_url": await postgres.emptied(), "redis_url": redis_server.url, "secret_key": SECRET_KEY}
