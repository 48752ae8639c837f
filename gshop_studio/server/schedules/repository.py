"""Reads and writes of schedules, and of who wants to be reminded."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from gshop_studio.contract.schedules import ScheduleStatus
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.streams.repository import is_in_category
from gshop_studio.server.tables import (
    LiveStreamProductRow,
    LiveStreamRow,
    LiveStreamScheduleRow,
    LiveStreamSubscriptionRow,
    ProductRow,
)

_IS_TO_COME: tuple[ColumnElement[bool], ...] = (
    LiveStreamScheduleRow.status == ScheduleStatus.SCHEDULED.value,
    LiveStreamRow.status == StreamStatus.SCHEDULED.value,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which schedules are looked for."""

    host_id: str | None = None
    """A host's, private ones too; without it everybody's that are public."""
    category: str | None = None
    status: ScheduleStatus | None = None
    begin: datetime | None = None
    end: datetime | None = None


class ScheduleRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._is_postgres = transaction.is_postgres

    async def add(self, row: LiveStreamScheduleRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def stream_id(self, schedule_id: str) -> str | None:
        """Of the show a schedule is of."""
        return await self._session.scalar(
            select(LiveStreamScheduleRow.stream_id).where(LiveStreamScheduleRow.id == schedule_id)
        )

    async def of_stream(self, stream_id: str) -> LiveStreamScheduleRow | None:
        """Whoever changes it has locked the show before."""
        return await self._session.scalar(
            select(LiveStreamScheduleRow).where(LiveStreamScheduleRow.stream_id == stream_id)
        )

    async def has_next(self, schedule_id: str) -> bool:
        wish = select(LiveStreamScheduleRow.id).where(LiveStreamScheduleRow.previous_id == schedule_id)
        return await self._session.scalar(wish) is not None

    async def page(
        self, wanted: Wanted, limit: int, offset: int
    ) -> tuple[list[tuple[LiveStreamScheduleRow, LiveStreamRow]], int]:
        """One page, the next one first, and how many there are in all."""
        where: list[ColumnElement[bool]] = []
        if wanted.host_id is not None:
            where.append(LiveStreamRow.host_id == wanted.host_id)
        else:
            where += [*_IS_TO_COME, LiveStreamRow.is_private.is_(False)]
        if wanted.status is not None:
            where.append(LiveStreamScheduleRow.status == wanted.status.value)
        if wanted.category:
            where.append(is_in_category(wanted.category))
        if wanted.begin is not None:
            where.append(LiveStreamScheduleRow.scheduled_date >= wanted.begin)
        if wanted.end is not None:
            where.append(LiveStreamScheduleRow.scheduled_date < wanted.end)
        joined = LiveStreamScheduleRow.stream_id == LiveStreamRow.id
        total = await self._session.scalar(
            select(func.count()).select_from(LiveStreamScheduleRow).join(LiveStreamRow, joined).where(*where)
        )
        rows = await self._session.execute(
            select(LiveStreamScheduleRow, LiveStreamRow)
            .join(LiveStreamRow, joined)
            .where(*where)
            .order_by(LiveStreamScheduleRow.scheduled_date, LiveStreamScheduleRow.id)
            .limit(limit)
            .offset(offset)
        )
        return [(row, show) for row, show in rows], total or 0

    # --- what a job looks for -----------------------------------------------------------------------------------

    async def to_remind(self, now: datetime, until: datetime) -> list[str]:
        """The ids of shows to come between the two, whose reminders are not on their way."""
        found = await self._session.scalars(
            select(LiveStreamScheduleRow.stream_id)
            .join(LiveStreamRow, LiveStreamRow.id == LiveStreamScheduleRow.stream_id)
            .where(
                *_IS_TO_COME,
                LiveStreamScheduleRow.scheduled_date > now,
                LiveStreamScheduleRow.scheduled_date <= until,
                or_(
                    LiveStreamScheduleRow.reminded_for.is_(None),
                    LiveStreamScheduleRow.reminded_for != LiveStreamScheduleRow.scheduled_date,
                ),
            )
        )
        return list(found)

    async def over(self, missed_before: datetime) -> list[str]:
        """The ids of shows whose schedule is not closed though they are over, or, where they come again each week,
        though they were to be before that moment and nobody went on air."""
        is_missed = (
            (LiveStreamRow.status == StreamStatus.SCHEDULED.value)
            & (LiveStreamScheduleRow.repeats != "none")
            & (LiveStreamScheduleRow.scheduled_date < missed_before)
        )
        found = await self._session.scalars(
            select(LiveStreamScheduleRow.stream_id)
            .join(LiveStreamRow, LiveStreamRow.id == LiveStreamScheduleRow.stream_id)
            .where(
                LiveStreamScheduleRow.status == ScheduleStatus.SCHEDULED.value,
                (LiveStreamRow.status == StreamStatus.ENDED.value) | is_missed,
            )
        )
        return list(found)

    # --- shelves ------------------------------------------------------------------------------------------------

    async def products(self, stream_ids: Iterable[str]) -> dict[str, list[str]]:
        """The ids of each show's products that are not deleted, in the order of the shelf."""
        found = await self._session.execute(
            select(LiveStreamProductRow.stream_id, LiveStreamProductRow.product_id)
            .join(ProductRow, ProductRow.id == LiveStreamProductRow.product_id)
            .where(LiveStreamProductRow.stream_id.in_(set(stream_ids)), ProductRow.deleted_at.is_(None))
            .order_by(LiveStreamProductRow.stream_id, LiveStreamProductRow.position)
        )
        products: dict[str, list[str]] = {}
        for stream_id, product_id in found:
            products.setdefault(stream_id, []).append(product_id)
        return products

    # --- who wants to be reminded -------------------------------------------------------------------------------

    async def subscribe(self, stream_id: str, user_id: str, now: datetime) -> None:
        """Who is subscribed already stays so."""
        insert = postgresql.insert if self._is_postgres else sqlite.insert
        wish = insert(LiveStreamSubscriptionRow).values(stream_id=stream_id, user_id=user_id, created_at=now)
        await self._session.execute(wish.on_conflict_do_nothing())

    async def unsubscribe(self, stream_id: str, user_id: str) -> None:
        await self._session.execute(
            delete(LiveStreamSubscriptionRow).where(
                LiveStreamSubscriptionRow.stream_id == stream_id, LiveStreamSubscriptionRow.user_id == user_id
            )
        )

    async def subscribers(self, stream_ids: Iterable[str]) -> dict[str, int]:
        """How many of each show."""
        found = await self._session.execute(
            select(LiveStreamSubscriptionRow.stream_id, func.count())
            .where(LiveStreamSubscriptionRow.stream_id.in_(set(stream_ids)))
            .group_by(LiveStreamSubscriptionRow.stream_id)
        )
        return {key: count for key, count in found}  # noqa: C416 - typed by unpacking

    async def subscribed(self, user_id: str, stream_ids: Collection[str]) -> set[str]:
        """Those of these shows that a person wants to be reminded of."""
        found = await self._session.scalars(
            select(LiveStreamSubscriptionRow.stream_id).where(
                LiveStreamSubscriptionRow.user_id == user_id, LiveStreamSubscriptionRow.stream_id.in_(set(stream_ids))
            )
        )
        return set(found)
