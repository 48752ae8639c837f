"""The one connection pool to Redis, where several servers share what is not in the database."""

from __future__ import annotations

import time
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 1.0
LEFT_ALONE_S = 1.0
"""How long commands fail at once after one had no answer, so that who does without Redis does not wait for it."""


class WaryRedis(Redis):
    """Once a command had no answer, the next ones do not wait for one either, for a moment."""

    _alone_until_s = float("-inf")

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        if time.monotonic() < self._alone_until_s:
            raise NotConnected("no answer a moment ago")
        try:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except (NotConnected, NoAnswer):
            self._alone_until_s = time.monotonic() + LEFT_ALONE_S
            raise


def open_redis(url: str) -> Redis:
    """A client that gives up soon: what Redis holds can be done without for a while. Nothing is sent yet."""
    return WaryRedis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=15,
        protocol=2,
        decode_responses=False,
    )


async def is_redis_reachable(url: str) -> bool:
    """Whether it answers a new connection."""
    redis = open_redis(url)
    try:
        return bool(await redis.ping())
    except (RedisError, OSError):
        return False
    finally:
        await redis.aclose()
