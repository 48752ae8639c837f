"""Redis that fails: what those who can do without it do, and what the log says."""

from __future__ import annotations

import asyncio
import logging

import pytest
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import ReadOnlyError

from gshop_studio.server.shared_redis import ASK_AGAIN_S, Outage, open_redis
from tests.support.redis_server import RedisServer

log = logging.getLogger(__name__)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_redis_is_left_alone_for_a_moment_and_that_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    outage = Outage("counters", "counting alone", log, clock)
    assert not outage.is_on
    for _ in range(3):  # all who waited for the same answer
        outage.failed(NotConnected("no answer"))
    assert outage.is_on
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.messages == ["counters: Redis failed (ConnectionError: no answer); counting alone"]
    clock.now_s += ASK_AGAIN_S
    assert not outage.is_on


def test_what_redis_refuses_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """It does not end by itself."""
    Outage("counters", "counting alone", log, Clock()).failed(ReadOnlyError("it may only be read"))
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_who_comes_after_the_end_opens_no_connection(redis_server: RedisServer) -> None:
    client = open_redis(redis_server.url)
    assert await client.ping()
    await client.aclose()
    with pytest.raises(NotConnected):
        await client.ping()
    await client.aclose()


async def test_who_was_connecting_at_the_end_leaves_no_connection(redis_server: RedisServer) -> None:
    """A server that stops while Redis is slow: the connection is closed, though it was none yet when all were."""
    client = open_redis(redis_server.url)
    asked = [asyncio.ensure_future(client.ping()) for _ in range(20)]
    for turns in range(20):
        await asyncio.sleep(0)
        if turns == 3:
            await client.aclose()
    await asyncio.gather(*asked, return_exceptions=True)
    pool = client.connection_pool
    assert not any(each.is_connected for each in [*pool._available_connections, *pool._in_use_connections])
    await client.aclose()
