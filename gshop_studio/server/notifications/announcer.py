"""Tells the many who are interested in a show: page by page, each page one transaction, so that it goes on after any
break where it was, and nobody waits for a long one to end. Jobs of the leader.
"""

from __future__ import annotations

import asyncio

from gshop_studio.contract.notifications import NotificationKind
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.notifications.notices import Notices
from gshop_studio.server.notifications.repository import NotificationRepository
from gshop_studio.server.tables import LiveStreamRow, NotificationAnnouncementRow

LOOK_EVERY_S = 2.0
PAGE = 100
"""People of one transaction: a show that is written about is locked meanwhile, and its chat waits."""


class Announcer:
    def __init__(self, database: Database, accounts: AccountService, notices: Notices, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._notices = notices
        self._clock = clock

    async def look(self) -> None:
        """Announce the shows that have come on air, and work off what is announced."""
        async with self._database.read() as transaction:
            repository = NotificationRepository(transaction)
            begun = await repository.unannounced_shows()
            is_something_left = await repository.has_announcements()
        for stream_id in begun:
            is_something_left = True
            async with self._database.write() as transaction:
                await self._notices.announce(transaction, NotificationKind.LIVE, f"live:{stream_id}", stream_id)
        while is_something_left:
            async with self._database.write() as transaction:
                row = await NotificationRepository(transaction).next_announcement()
                if row is None:
                    return
                await self._tell_page(transaction, row)
            await asyncio.sleep(0)  # others' turn

    async def _tell_page(self, transaction: Transaction, row: NotificationAnnouncementRow) -> None:
        repository = NotificationRepository(transaction)
        kind = NotificationKind(row.kind)
        stream = await repository.show(row.stream_id)
        schedule = await repository.schedule(stream.id)
        with_followers = kind is NotificationKind.LIVE and (schedule is None or schedule.notify_followers)
        page: list[str] = []
        if _still_holds(kind, stream):
            page = await repository.interested(stream, row.after_user_id, PAGE, with_followers=with_followers)
        if page:
            people = await self._let_in(repository, stream, page)
            host = (await self._accounts.hosts(transaction, [stream.host_id]))[stream.host_id]
            facts = {**row.facts, "host": host.display_name, "title": stream.title}
            told = await self._notices.tell(
                transaction, kind, row.key, people, facts, stream_id=stream.id, valid_until=row.valid_until
            )
            row.after_user_id = page[-1]
            row.told_count += told
            if kind is NotificationKind.REMINDER:
                await repository.count_reminders(stream.id, told)
        if len(page) < PAGE:
            row.done_at = self._clock()
        await repository.flush()

    async def _let_in(self, repository: NotificationRepository, stream: LiveStreamRow, page: list[str]) -> list[str]:
        """Those who may watch the show. The host knows already."""
        away = {stream.host_id, *await repository.banned(stream.id, page)}
        people = [user_id for user_id in page if user_id not in away]
        if not stream.is_private:
            return people
        let_in = set(stream.allowed_viewers) or await repository.follows(stream.host_id, people)
        return [user_id for user_id in people if user_id in let_in]


def _still_holds(kind: NotificationKind, stream: LiveStreamRow) -> bool:
    """What is not so any more is told to nobody else."""
    match kind:
        case NotificationKind.LIVE:
            return stream.status == StreamStatus.LIVE.value
        case NotificationKind.REMINDER | NotificationKind.MOVED:
            return stream.status == StreamStatus.SCHEDULED.value
        case _:
            return stream.status == StreamStatus.CANCELLED.value
