"""A host's top fans: those ten who took part most in the shows of the last 90 days. Chat marks them as VIPs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from gshop_studio.server.analytics.audience.repository import AudienceRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Transaction

TOP_FANS = 10
OF_LAST_DAYS = 90
KEPT_S = 300.0
HOSTS_KEPT = 1000
"""When more hosts are asked for, the one asked for first is forgotten."""


class TopFans:
    def __init__(self, clock: Clock, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic_s = monotonic_s
        self._kept: dict[str, tuple[float, frozenset[str]]] = {}
        """By host: until when it holds, and who they are."""

    async def is_top(self, transaction: Transaction, host_id: str, user_id: str) -> bool:
        """Whether this person is one of the host's top fans, as of five minutes ago at most."""
        return user_id in await self.of(transaction, host_id)

    async def of(self, transaction: Transaction, host_id: str) -> frozenset[str]:
        """The host's top fans, by user id."""
        now_s = self._monotonic_s()
        kept = self._kept.get(host_id)
        if kept is not None and kept[0] > now_s:
            return kept[1]
        now = self._clock()
        found = frozenset(
            await AudienceRepository(transaction).top_fans_of_host(
                host_id, now - timedelta(days=OF_LAST_DAYS), now, TOP_FANS
            )
        )
        self._kept.pop(host_id, None)
        self._kept[host_id] = (now_s + KEPT_S, found)
        if len(self._kept) > HOSTS_KEPT:
            del self._kept[next(iter(self._kept))]
        return found
