"""Schedules as the wire has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from gshop_studio.contract.schedules import Repeats, Schedule, ScheduleStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Transaction
from gshop_studio.server.schedules.repository import ScheduleRepository
from gshop_studio.server.streams.answers import thumbnail_of
from gshop_studio.server.tables import LiveStreamRow, LiveStreamScheduleRow
from gshop_studio.server.urls import PublicUrls


class ScheduleAnswers:
    def __init__(self, accounts: AccountService, urls: PublicUrls, clock: Clock) -> None:
        self._accounts = accounts
        self._urls = urls
        self._clock = clock

    async def many(
        self,
        transaction: Transaction,
        caller: Caller | None,
        rows: Sequence[tuple[LiveStreamScheduleRow, LiveStreamRow]],
    ) -> list[Schedule]:
        """In the order given, in few queries."""
        ids = [show.id for _, show in rows]
        repository = ScheduleRepository(transaction)
        hosts = await self._accounts.hosts(transaction, (show.host_id for _, show in rows))
        products = await repository.products(ids)
        counts = await repository.subscribers(ids)
        own = await repository.subscribed(caller.user_id, ids) if caller is not None else set()
        now = self._clock()
        return [
            Schedule(
                id=row.id,
                stream_id=show.id,
                seller_id=show.seller_id,
                affiliate_id=show.affiliate_id,
                host=hosts[show.host_id],
                title=show.title,
                description=show.description,
                scheduled_date=row.scheduled_date,
                starts_in=max(0, round((row.scheduled_date - now).total_seconds())),
                time_zone=row.time_zone,
                repeats=cast(Repeats, row.repeats),
                estimated_duration=row.estimated_duration_s,
                category=show.category,
                tags=show.tags,
                products=products.get(show.id, []),
                notify_followers=row.notify_followers,
                reminders_sent=row.reminders_sent,
                subscriber_count=counts.get(show.id, 0),
                is_subscribed=show.id in own if caller is not None else None,
                status=ScheduleStatus(row.status),
                thumbnail_url=thumbnail_of(show, self._urls),
                created_at=row.created_at,
                updated_at=row.updated_at,
            )
            for row, show in rows
        ]
