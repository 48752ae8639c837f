"""What several servers hold together in Redis."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from gshop_studio.server.realtime import shared_sets
from gshop_studio.server.realtime.shared_sets import SharedSets
from gshop_studio.server.shared_redis import open_redis
from tests.gshop_studio.server.shop import eventually_async
from tests.support.redis_server import RedisServer


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    redis_server.empty()
    client = open_redis(redis_server.url)
    yield client
    await client.aclose()


async def test_whom_two_hold_is_there_once_until_both_let_go(redis: Redis) -> None:
    one, two = SharedSets(redis, "one"), SharedSets(redis, "two")
    assert await one.hold("show", ["ana", "zoe|x"]) == 2
    assert await two.hold("show", ["ana"]) == 2
    await one.let_go("show", ["ana", "zoe|x"])
    assert await one.members("show") == {"ana"}
    await two.let_go("show", ["ana"])
    assert await two.hold("show") == 0


async def test_many_are_counted_as_often_as_they_are(redis: Redis) -> None:
    one = SharedSets(redis, "one")
    people = [f"person {number}" for number in range(2_500)]
    assert await one.hold("show", people) == 2_500
    assert await SharedSets(redis, "two").hold("show", people[:10]) == 2_500


async def test_what_nobody_holds_on_to_is_gone(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = SharedSets(redis, "one"), SharedSets(redis, "two")
    monkeypatch.setattr(shared_sets, "HOLD_S", 0.2)
    await one.hold("show", ["ana"])

    async def is_gone() -> bool:
        return await two.hold("show", ["zoe"]) == 1

    await eventually_async(is_gone)


async def test_what_redis_refuses_is_logged(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    await redis.set("gshop:set:show", "not a set")
    sets = SharedSets(redis, "one")
    assert await sets.hold("show", ["ana"]) is None
    assert await sets.hold("show", ["ana"]) is None
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
