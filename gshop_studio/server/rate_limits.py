"""Rate limits: so many hits in so long a time for each key, in this process's memory or, for several servers, in Redis.

Where Redis does not answer soon each server counts for itself, and asks again a few seconds later: limits get looser
by the number of servers, never stricter, and nothing waits for Redis.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from limits import RateLimitItem, WindowStats, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis

from gshop_studio.server.rate_memory import RateMemory
from gshop_studio.server.refusals import Refused
from gshop_studio.server.shared_redis import FAILURES, Outage

log = logging.getLogger(__name__)
T = TypeVar("T")

KEY_PREFIX = "gshop:limits"


class RateLimits:
    """The counters all limits share."""

    def __init__(self, redis: Redis | None = None, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """`redis` gives up soon by itself (`shared_redis.open_redis`)."""
        self._own = MovingWindowRateLimiter(RateMemory())
        self._shared = _shared(redis) if redis is not None else None
        self._outage = Outage("rate limits", "counting alone", log, monotonic_s)

    def limit(self, rate: str, scope: str, code: str) -> RateLimit:
        """A limit of its own: `scope` keeps its keys apart from others', `code` is what the refused are told."""
        return RateLimit(self, parse(rate), scope, code)

    @property
    def is_alone(self) -> bool:
        """Whether this server counts for itself, now."""
        return self._shared is None or self._outage.is_on

    async def ask(self, question: Callable[[MovingWindowRateLimiter], Awaitable[T]]) -> T:
        """Put a question to the shared counters, or, where those are not there, to our own."""
        if self._shared is not None and not self.is_alone:
            try:
                return await question(self._shared)
            except FAILURES as error:
                self._outage.failed(error)
        return await question(self._own)


class RateLimit:
    def __init__(self, limits: RateLimits, item: RateLimitItem, scope: str, code: str) -> None:
        self._limits = limits
        self._item = item
        self._scope = scope
        self._code = code

    async def hit(self, *key: str) -> None:
        """Count one.

        Raises:
            Refused: too many already; this one is not counted.
        """
        if not await self._limits.ask(lambda limiter: limiter.hit(self._item, self._scope, *key)):
            raise await self._refusal(*key)

    async def check(self, *key: str) -> None:
        """Raise as `hit` does, without counting."""
        if await self.is_spent(*key):
            raise await self._refusal(*key)

    async def is_spent(self, *key: str) -> bool:
        """Whether the next hit would be refused."""
        return not await self._limits.ask(lambda limiter: limiter.test(self._item, self._scope, *key))

    async def _refusal(self, *key: str) -> Refused:
        window: WindowStats = await self._limits.ask(
            lambda limiter: limiter.get_window_stats(self._item, self._scope, *key)
        )
        return Refused(self._code, retry_after_s=max(1, math.ceil(window.reset_time - time.time())))


def _shared(redis: Redis) -> MovingWindowRateLimiter:
    pool = redis.connection_pool
    storage = RedisStorage("redis://", implementation="redispy", key_prefix=KEY_PREFIX, connection_pool=pool)  # type: ignore[arg-type]
    return MovingWindowRateLimiter(storage)
