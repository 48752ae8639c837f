"""How much waits to leave the house, counted every few seconds: metrics are read without waiting for the database. A
job of the leader.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from gshop_studio.contract.notifications import Channel
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.notifications.repository import DeliveryRepository, Waiting

COUNT_EVERY_S = 15.0
_HOLDS = timedelta(minutes=1)
"""Who counted and leads no more tells nothing soon: another does."""
_NOTHING = Waiting(0, 0.0)


class Backlog:
    def __init__(self, database: Database, channels: Collection[Channel], clock: Clock) -> None:
        self._database = database
        self._channels = tuple(channels)
        self._clock = clock
        self._counted_at: datetime | None = None
        self._waiting: Mapping[str, Waiting] = {}

    async def count(self) -> None:
        """Ask now."""
        if not self._channels:
            return
        now = self._clock()
        async with self._database.read() as transaction:
            self._waiting = await DeliveryRepository(transaction).waiting(now)
        self._counted_at = now

    def waiting(self) -> Mapping[str, float]:
        """By the channel: how many are to be sent, some of them at another time."""
        return {name: float(waiting.count) for name, waiting in self._all().items()}

    def overdue_s(self) -> Mapping[str, float]:
        """By the channel: for how long the one that is due longest has been so, and nobody sends it."""
        return {name: waiting.overdue_s for name, waiting in self._all().items()}

    def _all(self) -> Mapping[str, Waiting]:
        known: Mapping[str, Waiting] = {}
        if self._counted_at is not None and self._clock() - self._counted_at < _HOLDS:
            known = self._waiting
        return {channel.value: known.get(channel.value, _NOTHING) for channel in self._channels}
