"""What draws people now, measured anew from time to time: a job."""

from __future__ import annotations

from collections.abc import Callable

from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.discovery.repository import DiscoveryRepository

REFRESH_EVERY_S = 300.0
Listener = Callable[[], None]
"""Told, after the commit, that what is trending is another. Must neither block nor raise."""


class Trending:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def refresh(self) -> None:
        """Measure all that is on air.

        Raises:
            Refused: `storage.*`.
        """
        async with self._database.write() as transaction:
            await DiscoveryRepository(transaction).refresh_trending(self._clock())
            for listener in self._listeners:
                transaction.after_commit(listener)
