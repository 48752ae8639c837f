"""The one connection pool to Redis, where several servers share what is not in the database."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 1.0


def open_redis(url: str) -> Redis:
    """A client that gives up soon: what Redis holds can be done without for a while. Nothing is sent yet."""
    return Redis.from_url(
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
