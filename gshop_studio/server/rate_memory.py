"""Rate limits' counters in this process's memory.

The library's own memory goes through all keys at every hit, with a thread's help for each: a thousand addresses would
make a thousand trips to a thread of one request. Here a hit costs the same however many keys there are.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from limits.aio.storage import MemoryStorage

SWEEP_EVERY_S = 30.0
"""How often keys whose last hit has lost its meaning are forgotten."""


class RateMemory(MemoryStorage):
    """Moving windows only."""

    STORAGE_SCHEME = None  # type: ignore[assignment] # it is named nowhere

    def __init__(self, now_s: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._now_s = now_s
        self._hits: dict[str, deque[float]] = {}
        self._ends_s: dict[str, float] = {}
        """When the newest hit of a key no longer counts."""
        self._swept_s = now_s()

    @property
    def key_count(self) -> int:
        """How many keys are remembered."""
        return len(self._hits)

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        now_s = self._now_s()
        self._sweep(now_s)
        hits = self._hits.get(key)
        if hits is None:
            hits = self._hits[key] = deque()
        self._forget(hits, now_s - expiry, now_s)
        if len(hits) + amount > limit:
            return False
        hits.extend([now_s] * amount)
        self._ends_s[key] = now_s + expiry
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        now_s = self._now_s()
        hits = self._hits.get(key)
        if hits:
            self._forget(hits, now_s - expiry, now_s)
        return (hits[0], len(hits)) if hits else (now_s, 0)

    async def clear(self, key: str) -> None:
        self._hits.pop(key, None)
        self._ends_s.pop(key, None)

    async def reset(self) -> int | None:
        count = len(self._hits)
        self._hits.clear()
        self._ends_s.clear()
        return count

    @staticmethod
    def _forget(hits: deque[float], old_s: float, now_s: float) -> None:
        """What is too old, and what is in the future: the clock was set back, and nobody is locked out until then."""
        while hits and hits[0] <= old_s:
            hits.popleft()
        while hits and hits[-1] > now_s:
            hits.pop()

    def _sweep(self, now_s: float) -> None:
        if abs(now_s - self._swept_s) < SWEEP_EVERY_S:  # the clock may be set back
            return
        self._swept_s = now_s
        for key in [key for key, hits in self._hits.items() if self._is_meaningless(key, hits, now_s)]:
            del self._hits[key]
            self._ends_s.pop(key, None)

    def _is_meaningless(self, key: str, hits: deque[float], now_s: float) -> bool:
        return not hits or self._ends_s.get(key, 0.0) <= now_s or hits[0] > now_s
