"""The one connection pool to Redis, where several servers share what is not in the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, ResponseError

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 1.0
ASK_AGAIN_S = 3.0
"""How long Redis is left alone after it failed, so that who does without it does not wait for it."""
FAILURES = (RedisError, OSError, TimeoutError)


class Outage:
    """Whether Redis failed a moment ago, for one of those who can do without it."""

    def __init__(
        self, who: str, instead: str, log: logging.Logger, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        """`who` does without it, and does what `instead`: for the log."""
        self._who = who
        self._instead = instead
        self._log = log
        self._monotonic_s = monotonic_s
        self._until_s = float("-inf")

    @property
    def is_on(self) -> bool:
        """Whether to leave Redis alone, now."""
        return self._monotonic_s() < self._until_s

    def failed(self, error: BaseException) -> None:
        """One of `FAILURES` came. The first of those that waited is logged: what Redis refuses (it may only be read,
        a right is missing, a script is wrong) does not end by itself, and is an error."""
        if not self.is_on:
            level = logging.ERROR if isinstance(error, ResponseError) else logging.WARNING
            self._log.log(level, "%s: Redis failed (%s: %s); %s", self._who, type(error).__name__, error, self._instead)
        self._until_s = self._monotonic_s() + ASK_AGAIN_S


class _Pool(ConnectionPool):
    """Once closed it opens nothing any more: who comes late, or was connecting just then, is told that Redis is not
    there. The library's opens a connection anew, which nobody would close."""

    _is_closed = False

    async def get_connection(self, command_name: str | None = None, *keys: Any, **options: Any) -> AbstractConnection:
        self._check()
        connection: AbstractConnection = await super().get_connection()  # type: ignore[no-untyped-call]
        if self._is_closed:
            await self.release(connection)
            self._check()
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        await super().release(connection)
        if self._is_closed:
            await connection.disconnect(nowait=True)

    async def disconnect(self, inuse_connections: bool = True) -> None:
        self._is_closed = True
        await super().disconnect(inuse_connections)

    def _check(self) -> None:
        if self._is_closed:
            raise ConnectionError("closed")


def open_redis(url: str) -> Redis:
    """A client that gives up soon: what Redis holds can be done without for a while. Nothing is sent yet."""
    pool = _Pool.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=15,
        protocol=2,
        decode_responses=False,
    )
    return Redis.from_pool(pool)


async def is_redis_reachable(url: str) -> bool:
    """Whether it answers a new connection."""
    redis = open_redis(url)
    try:
        return bool(await redis.ping())
    except (RedisError, OSError):
        return False
    finally:
        await redis.aclose()
