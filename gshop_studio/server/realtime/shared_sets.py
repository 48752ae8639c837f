"""Sets that several servers share in Redis. A member that nobody holds on to is gone after a while, so that what a
killed server held is let go by itself.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

HOLD_S = 15.0
"""How long a member stays without being held again."""
RENEW_S = 5.0
"""How often to hold it again."""
ASK_AGAIN_S = 3.0
"""How long Redis is left alone after it failed."""
_PREFIX = "gshop:set:"
_HOLD = """
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
for index = 2, #ARGV do redis.call('ZADD', KEYS[1], now_ms + ARGV[1], ARGV[index]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms)
if #ARGV > 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return redis.call('ZCARD', KEYS[1])
"""
_AT_ONCE = 1000
_FAILURES = (RedisError, OSError, TimeoutError)


class SharedSets:
    """Time is Redis' own. Where Redis does not answer the answer is None, and it is left alone for a moment."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._hold = redis.register_script(_HOLD)
        self._alone_until_s = float("-inf")

    async def hold(self, name: str, members: Iterable[str] = ()) -> int | None:
        """Be in the set, for a while; how many are in it."""
        members = list(members)
        hold_ms = int(HOLD_S * 1000)
        count: int | None = None
        for start in range(0, max(1, len(members)), _AT_ONCE):
            part = members[start : start + _AT_ONCE]
            count = await self._ask(lambda part=part: self._hold(keys=[_PREFIX + name], args=[hold_ms, *part]))  # type: ignore[misc]
            if count is None:
                return None
        return count

    async def let_go(self, name: str, members: Iterable[str]) -> None:
        """Be in the set no more. Where Redis does not answer they are gone after a while."""
        members = list(members)
        if members:
            await self._ask(lambda: self._redis.zrem(_PREFIX + name, *members))

    async def members(self, name: str) -> set[str] | None:
        """Who is in it now."""
        if await self.hold(name) is None:
            return None
        found: list[Any] | None = await self._ask(lambda: self._redis.zrange(_PREFIX + name, 0, -1))
        return {member.decode() for member in found} if found is not None else None

    async def _ask(self, question: Callable[[], Awaitable[Any]]) -> Any:
        if time.monotonic() < self._alone_until_s:
            return None
        try:
            return await question()
        except _FAILURES:
            self._alone_until_s = time.monotonic() + ASK_AGAIN_S
            return None
