"""The partitions of `live_stream_metrics` on PostgreSQL: one a month, made before its first row comes.

What comes without one lands in the default partition, and moves when the month's is made. Old rows go by themselves
(`privacy.retention`); a month may be let go of by hand before (docs/analytics.md), in an instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from gshop_studio.server.analytics.metrics.repository import PartitionRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database

MONTHS_AHEAD = 2
CHECK_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class Month:
    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime) -> Month:
        utc = moment.astimezone(UTC)
        return cls(utc.year, utc.month)

    @property
    def next(self) -> Month:
        return Month(self.year + 1, 1) if self.month == 12 else Month(self.year, self.month + 1)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def partition(self) -> str:
        return f"live_stream_metrics_{self.year:04d}_{self.month:02d}"


def months_due(now: datetime) -> list[Month]:
    """This month and those to come that must have a partition."""
    months = [Month.of(now)]
    for _ in range(MONTHS_AHEAD):
        months.append(months[-1].next)
    return months


class MetricPartitions:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def ensure(self) -> None:
        """Make the partitions that are due; nothing to do on SQLite."""
        if not self._database.is_postgres:
            return
        months = months_due(self._clock())
        async with self._database.read() as transaction:
            repository = PartitionRepository(transaction)
            missing = [month for month in months if not await repository.has(month.partition)]
        for month in missing:
            async with self._database.write() as transaction:
                repository = PartitionRepository(transaction)
                await repository.lock()  # another instance may be at it
                if not await repository.has(month.partition):
                    await repository.add(month.partition, month.start, month.next.start)
