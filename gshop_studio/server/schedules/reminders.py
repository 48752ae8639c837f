"""Reminds people of a show 15 minutes before it begins. A job of the leader."""

from __future__ import annotations

from datetime import timedelta

from gshop_studio.contract.notifications import NotificationKind
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.notifications.notices import Notices
from gshop_studio.server.schedules.repository import ScheduleRepository
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamScheduleRow

BEFORE = timedelta(minutes=15)


class Reminders:
    def __init__(
        self, database: Database, lookup: StreamLookup, accounts: AccountService, notices: Notices, clock: Clock
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._notices = notices
        self._clock = clock

    async def look(self) -> None:
        """Send the reminders of shows that begin soon on their way; of one date once."""
        now = self._clock()
        async with self._database.read() as transaction:
            due = await ScheduleRepository(transaction).to_remind(now, now + BEFORE)
        for stream_id in due:
            async with self._database.write() as transaction:
                show = await self._lookup.require(transaction, stream_id)
                row = await ScheduleRepository(transaction).of_stream(stream_id)
                if row is None or show.status != StreamStatus.SCHEDULED.value or row.reminded_for == row.scheduled_date:
                    continue
                row.reminded_for = row.scheduled_date
                await self._notices.announce(
                    transaction, NotificationKind.REMINDER, _key(row), stream_id,
                    at=row.scheduled_date, valid_until=row.scheduled_date,
                )  # fmt: skip
                await ScheduleRepository(transaction).flush()

    async def catch_up(self, transaction: Transaction, stream_id: str, user_id: str) -> None:
        """Remind somebody who asked for it when the others' reminders were on their way already."""
        row = await ScheduleRepository(transaction).of_stream(stream_id)
        if row is None or row.reminded_for != row.scheduled_date or row.scheduled_date <= self._clock():
            return
        show = await self._lookup.require(transaction, stream_id)
        if user_id == show.host_id or show.status != StreamStatus.SCHEDULED.value:
            return
        host = (await self._accounts.hosts(transaction, [show.host_id]))[show.host_id]
        facts = {"at": to_wire_time(row.scheduled_date), "host": host.display_name, "title": show.title}
        row.reminders_sent += await self._notices.tell(
            transaction, NotificationKind.REMINDER, _key(row), [user_id], facts,
            stream_id=stream_id, valid_until=row.scheduled_date,
        )  # fmt: skip


def _key(row: LiveStreamScheduleRow) -> str:
    return f"reminder:{row.stream_id}:{to_ms(row.scheduled_date)}"
