"""Takes a person out of Redis, where what is kept would be gone by itself within a limit's time, or a cache's."""

from __future__ import annotations

import logging

from redis.asyncio import Redis

from gshop_studio.server.shared_redis import FAILURES

log = logging.getLogger(__name__)
_ALL_OURS = "gshop:*"
_AT_ONCE = 1000


class RedisTraces:
    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis

    async def erase(self, *names: str) -> None:
        """Delete the keys, the members of sets and the kept answers that hold one of these. Where Redis does not answer
        they go with their time."""
        wanted = [name.encode() for name in names if name]
        if self._redis is None or not wanted:
            return
        try:
            async for key in self._redis.scan_iter(match=_ALL_OURS, count=_AT_ONCE):
                if any(name in key for name in wanted):
                    await self._redis.delete(key)
                elif key.startswith(b"gshop:set:"):
                    members: list[bytes] = await self._redis.zrange(key, 0, -1)  # type: ignore[assignment]
                    for member in members:
                        if any(name in member for name in wanted):
                            await self._redis.zrem(key, member)
                elif key.startswith(b"gshop:cache:"):  # an answer that is out of date lies there for its time, too
                    value = bytes(await self._redis.get(key) or b"")  # type: ignore[arg-type] # never decoded here
                    if any(name in value for name in wanted):
                        await self._redis.delete(key)
        except FAILURES as error:
            log.warning("Redis was not searched for somebody who was erased: %s", type(error).__name__)
