"""Sets that several servers share in Redis. Each holds its members for itself: one that two hold is there once, until
both have let go. What nobody holds on to is gone after a while, so that what a killed server held is let go by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from redis.asyncio import Redis

from gshop_studio.server.shared_redis import FAILURES, Outage

log = logging.getLogger(__name__)

HOLD_S = 15.0
"""How long a member stays without being held again."""
RENEW_S = 5.0
"""How often to hold it again."""
HELD_GAP_S = 3.0
"""How long no server may have said that it holds its own, before what is missing may only be not held again yet."""
_PREFIX = "gshop:set:"
_HELD = "gshop:held"
_NOW = """
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
"""
_HOLD = f"""{_NOW}
for index = 2, #ARGV do redis.call('ZADD', KEYS[1], now_ms + ARGV[1], ARGV[index]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms)
if #ARGV > 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
local known, count = {{}}, 0
for _, held in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local member = string.sub(held, (string.find(held, '|', 1, true) or 0) + 1)
    if not known[member] then known[member], count = true, count + 1 end
end
return count
"""
_SINCE = f"""{_NOW}
redis.call('SET', KEYS[1], now_ms, 'NX')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return now_ms - redis.call('GET', KEYS[1])
"""
_AT_ONCE = 1000


class SharedSets:
    """Time is Redis' own. Where Redis does not answer the answer is None, and it is left alone for a moment."""

    def __init__(self, redis: Redis, holder: str) -> None:
        """`holder` names this server among all."""
        self._redis = redis
        self._holder = holder
        self._hold = redis.register_script(_HOLD)
        self._since = redis.register_script(_SINCE)
        self._outage = Outage("shared sets", "each server counts its own", log)

    async def hold(self, name: str, members: Iterable[str] = ()) -> int | None:
        """Be in the set, for a while; how many are in it."""
        members = self._held(members)
        hold_ms = int(HOLD_S * 1000)
        count: int | None = None
        for start in range(0, max(1, len(members)), _AT_ONCE):
            part = members[start : start + _AT_ONCE]
            count = await self._ask(lambda part=part: self._hold(keys=[_PREFIX + name], args=[hold_ms, *part]))  # type: ignore[misc]
            if count is None:
                return None
        return count

    async def let_go(self, name: str, members: Iterable[str]) -> None:
        """Hold them no more. Where Redis does not answer they are gone after a while."""
        members = self._held(members)
        if members:
            await self._ask(lambda: self._redis.zrem(_PREFIX + name, *members))

    async def members(self, name: str) -> set[str] | None:
        """Who is in it now."""
        if await self.hold(name) is None:
            return None
        found: list[Any] | None = await self._ask(lambda: self._redis.zrange(_PREFIX + name, 0, -1))
        return {held.decode().split("|", 1)[-1] for held in found} if found is not None else None

    async def held_for_s(self) -> float | None:
        """For how long, without a gap, servers have said this here: that they hold what is theirs."""
        held_ms: int | None = await self._ask(lambda: self._since(keys=[_HELD], args=[int(HELD_GAP_S * 1000)]))
        return None if held_ms is None else held_ms / 1000

    def _held(self, members: Iterable[str]) -> list[str]:
        return [f"{self._holder}|{member}" for member in members]

    async def _ask(self, question: Callable[[], Awaitable[Any]]) -> Any:
        if self._outage.is_on:
            return None
        try:
            return await question()
        except FAILURES as error:
            self._outage.failed(error)
            return None
