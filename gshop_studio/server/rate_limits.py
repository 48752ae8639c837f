"""Rate limits: so many hits in so long a time for each key, in this process's memory."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from gshop_studio.server.refusals import Refused


class RateLimits:
    """The storage all limits share. Another storage (Redis) makes them one for several instances."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def limit(self, rate: str, scope: str, code: str) -> RateLimit:
        """A limit of its own: `scope` keeps its keys apart from others', `code` is what the refused are told."""
        return RateLimit(self._limiter, parse(rate), scope, code)


class RateLimit:
    def __init__(self, limiter: MovingWindowRateLimiter, item: RateLimitItem, scope: str, code: str) -> None:
        self._limiter = limiter
        self._item = item
        self._scope = scope
        self._code = code

    async def hit(self, *key: str) -> None:
        """Count one.

        Raises:
            Refused: too many already; this one is not counted.
        """
        if not await self._limiter.hit(self._item, self._scope, *key):
            raise await self._refusal(*key)

    async def check(self, *key: str) -> None:
        """Raise as `hit` does, without counting."""
        if not await self._limiter.test(self._item, self._scope, *key):
            raise await self._refusal(*key)

    async def is_spent(self, *key: str) -> bool:
        """Whether the next hit would be refused."""
        return not await self._limiter.test(self._item, self._scope, *key)

    async def _refusal(self, *key: str) -> Refused:
        window = await self._limiter.get_window_stats(self._item, self._scope, *key)
        return Refused(self._code, retry_after_s=max(1, math.ceil(window.reset_time - time.time())))
