"""Keeps a show's schedule in step with the show, in the same transaction, whoever changed the show: a show with a date
has one, a cancelled one's is cancelled, and those who wanted to be reminded hear of another date.
"""

from __future__ import annotations

from datetime import UTC, datetime

from gshop_studio.contract.notifications import NotificationKind
from gshop_studio.contract.schedules import ScheduleStatus
from gshop_studio.domain.repeats import moment_of, wall_clock_of
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.clock import Clock, new_id, to_ms
from gshop_studio.server.database import Transaction
from gshop_studio.server.notifications.notices import Notices
from gshop_studio.server.schedules.repository import ScheduleRepository
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamRow, LiveStreamScheduleRow

DURATION_S = 3600
"""Of a show that was only given a date."""


class Agenda:
    def __init__(self, lookup: StreamLookup, notices: Notices, clock: Clock) -> None:
        self._lookup = lookup
        self._notices = notices
        self._clock = clock

    async def keep(self, transaction: Transaction, stream_id: str) -> None:
        """A show was created, edited or cancelled."""
        show = await self._lookup.require(transaction, stream_id)
        repository = ScheduleRepository(transaction)
        row = await repository.of_stream(stream_id)
        status = StreamStatus(show.status)
        if row is None:
            if status is StreamStatus.SCHEDULED and show.scheduled_at is not None:
                await repository.add(self._new(show, show.scheduled_at.astimezone(UTC)))
            return
        if status is StreamStatus.CANCELLED:
            await self._cancel(transaction, row)
        elif status is StreamStatus.SCHEDULED:
            if show.scheduled_at is None:
                row.status = ScheduleStatus.CANCELLED.value
            else:
                await self._move(transaction, row, show.scheduled_at.astimezone(UTC))
        await repository.flush()

    def _new(self, show: LiveStreamRow, date: datetime) -> LiveStreamScheduleRow:
        now = self._clock()
        return LiveStreamScheduleRow(
            id=new_id(),
            stream_id=show.id,
            status=ScheduleStatus.SCHEDULED.value,
            scheduled_date=date,
            time_zone="UTC",
            wall_clock=date.replace(tzinfo=None).isoformat(),
            repeats="none",
            estimated_duration_s=DURATION_S,
            notify_followers=True,
            reminders_sent=0,
            reminded_for=None,
            previous_id=None,
            created_at=now,
            updated_at=now,
        )

    async def _cancel(self, transaction: Transaction, row: LiveStreamScheduleRow) -> None:
        if row.status != ScheduleStatus.SCHEDULED.value:
            return
        row.status, row.updated_at = ScheduleStatus.CANCELLED.value, self._clock()
        if await self._is_awaited(transaction, row):
            kind = NotificationKind.CANCELLED
            await self._notices.announce(transaction, kind, f"cancelled:{row.stream_id}", row.stream_id)

    async def _move(self, transaction: Transaction, row: LiveStreamScheduleRow, date: datetime) -> None:
        now = self._clock()
        row.status = ScheduleStatus.SCHEDULED.value
        if row.scheduled_date == date:
            return
        row.scheduled_date, row.updated_at = date, now
        row.wall_clock = wall_clock_of(date, row.time_zone).isoformat()
        if await self._is_awaited(transaction, row) and date > now:
            kind, key = NotificationKind.MOVED, f"moved:{row.stream_id}:{to_ms(now)}"
            await self._notices.announce(transaction, kind, key, row.stream_id, at=date, valid_until=date)

    async def _is_awaited(self, transaction: Transaction, row: LiveStreamScheduleRow) -> bool:
        return bool(await ScheduleRepository(transaction).subscribers([row.stream_id]))


def wished_clock(row: LiveStreamScheduleRow) -> datetime:
    """What a clock of the zone is to show, as it was wished: not where that hour does not exist, say."""
    if row.wall_clock:
        return datetime.fromisoformat(row.wall_clock)
    return wall_clock_of(row.scheduled_date, row.time_zone)


def set_clock(row: LiveStreamScheduleRow, zone: str, wished: datetime | None) -> None:
    """Have the schedule keep to the clock of `zone`: from `wished` on, where it is of this very moment, else from
    what that clock shows at the schedule's moment."""
    is_same = wished is not None and moment_of(wished, zone) == row.scheduled_date
    clock = wished if wished is not None and is_same else wall_clock_of(row.scheduled_date, zone)
    row.time_zone, row.wall_clock = zone, clock.isoformat()
