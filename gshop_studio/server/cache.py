"""Answers kept for a while, as JSON: in this process's memory, or, for several servers, in Redis.

Only what is the same for every caller may be kept. Values belong to a group; `forget` makes all of a group unknown, at
once in this process and, where Redis is reached, everywhere. Each group has a version that is part of its keys: what
was made before a change can never be found after it. Where Redis does not answer, each server keeps its own for
`ALONE_S` at most, and tells Redis what is to be forgotten before it trusts it again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from redis.asyncio import Redis

from gshop_studio.server.shared_redis import ASK_AGAIN_S, FAILURES, Outage
from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)
Make = Callable[[], Awaitable[bytes]]

CAPACITY = 2_000
"""Values kept in memory; the one not used for longest is dropped."""
LARGEST_BYTES = 256 * 1024
"""What is larger is made each time."""
ALONE_S = 2.0
"""How old a value may be that other servers cannot make us forget."""
_VERSION_S = 3600
"""Longer than any value is kept: when a version is gone, so is what it stood for."""
_PREFIX = "gshop:cache:"
_READ = """
local version = redis.call('GET', KEYS[1]) or '0'
return {version, redis.call('GET', KEYS[1] .. ':' .. version .. ':' .. ARGV[1])}
"""


@dataclass(slots=True)
class _Kept:
    value: bytes
    until_s: float


class Cache:
    """What many ask for at once is made once. `close` it before Redis."""

    def __init__(self, redis: Redis | None = None, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """`redis` gives up soon by itself (`shared_redis.open_redis`)."""
        self._redis = redis
        self._read = redis.register_script(_READ) if redis is not None else None
        self._monotonic_s = monotonic_s
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._flights: dict[tuple[str, str], asyncio.Task[bytes]] = {}
        self._running: set[asyncio.Task[bytes]] = set()
        """All of them, also those begun before a change, which nobody joins any more."""
        self._unknown: set[str] = set()
        """Groups that Redis is yet to forget: as many as change while it is not there."""
        self._turn = asyncio.Lock()
        self._forgetting: asyncio.Task[None] | None = None
        self._outage = Outage("cache", "keeping our own", log, monotonic_s)
        self.hits = 0
        self.misses = 0

    async def get(self, group: str, key: str, keep_s: float, make: Make) -> bytes:
        """The value, made if it is not known. What `make` raises is raised, and not kept."""
        flight = self._flights.get((group, key))
        if flight is None:
            flight = asyncio.create_task(self._find_or_make(group, key, keep_s, make), name=f"cache {group}")
            self._flights[group, key] = flight
            self._running.add(flight)
            flight.add_done_callback(lambda done: self._land(group, key, done))
        return await asyncio.shield(flight)

    def forget(self, group: str) -> None:
        """What this group's values were made of has changed. Does not block."""
        for known in [known for known in self._kept if known[0] == group]:
            del self._kept[known]
        for known in [known for known in self._flights if known[0] == group]:
            del self._flights[known]  # those who wait for it asked before the change; later ones ask anew
        if self._redis is not None:
            self._unknown.add(group)
            if self._forgetting is None or self._forgetting.done():
                self._forgetting = asyncio.create_task(self._make_redis_forget(), name="cache forgets")

    async def close(self) -> None:
        tasks = [*self._running, *([self._forgetting] if self._forgetting is not None else [])]
        await stop(*tasks)

    @property
    def _is_alone(self) -> bool:
        return self._redis is None or self._outage.is_on

    def _land(self, group: str, key: str, flight: asyncio.Task[bytes]) -> None:
        self._running.discard(flight)
        if self._flights.get((group, key)) is flight:
            del self._flights[group, key]
        if not flight.cancelled():
            flight.exception()  # told to those who wait, if anybody still does

    async def _find_or_make(self, group: str, key: str, keep_s: float, make: Make) -> bytes:
        if self._redis is None:
            return await self._from_memory(group, key, keep_s, make)
        if not await self._forget_shared():
            return await self._from_memory(group, key, min(keep_s, ALONE_S), make)
        assert self._read is not None
        try:
            version, found = await self._read(keys=[_PREFIX + group], args=[key])
        except FAILURES as error:
            self._outage.failed(error)
            return await self._from_memory(group, key, min(keep_s, ALONE_S), make)
        if found is not None:
            self.hits += 1
            return bytes(found)
        self.misses += 1
        value = await make()
        if len(value) <= LARGEST_BYTES:
            try:
                name = f"{_PREFIX}{group}:{version.decode()}:{key}"
                await self._redis.set(name, value, px=int(keep_s * 1000))
            except FAILURES as error:
                self._outage.failed(error)
        return value

    async def _from_memory(self, group: str, key: str, keep_s: float, make: Make) -> bytes:
        kept = self._kept.get((group, key))
        if kept is not None and self._monotonic_s() < kept.until_s:
            self._kept.move_to_end((group, key))
            self.hits += 1
            return kept.value
        self.misses += 1
        flight = self._flights.get((group, key))
        value = await make()
        is_current = flight is not None and self._flights.get((group, key)) is flight  # not forgotten meanwhile
        if is_current and len(value) <= LARGEST_BYTES:
            self._kept[group, key] = _Kept(value, self._monotonic_s() + keep_s)
            while len(self._kept) > CAPACITY:
                self._kept.popitem(last=False)
        return value

    async def _make_redis_forget(self) -> None:
        while True:
            if await self._forget_shared():
                return
            await asyncio.sleep(ASK_AGAIN_S)

    async def _forget_shared(self) -> bool:
        """Tell Redis what it is yet to forget; whether it may be trusted. Each `get` comes by here first, so that who
        changed something at this server finds it changed."""
        if self._is_alone:
            return False
        assert self._redis is not None
        if not self._unknown and not self._turn.locked():
            return True
        async with self._turn:
            while self._unknown:
                group = self._unknown.pop()
                try:
                    await self._redis.set(_PREFIX + group, secrets.token_hex(8), ex=_VERSION_S)
                except BaseException as error:
                    self._unknown.add(group)
                    if not isinstance(error, FAILURES):
                        raise
                    self._outage.failed(error)
                    return False
        return True
