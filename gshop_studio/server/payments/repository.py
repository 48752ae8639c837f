"""Reads and writes of notices that wait to be done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gshop_studio.server.database import Transaction
from gshop_studio.server.payments.ports import PaymentNotice
from gshop_studio.server.tables import PaymentNoticeRow


class NoticeRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._session = transaction.session

    async def add(self, notice: PaymentNotice, now: datetime) -> bool:
        """Write a notice down; False where it is known."""
        dialect = postgresql if self._transaction.is_postgres else sqlite
        inserted = await self._session.execute(
            dialect.insert(PaymentNoticeRow)
            .values(key=notice.key, payment_id=notice.payment_id, received_at=now, due_at=now, attempts=0)
            .on_conflict_do_nothing()
            .returning(PaymentNoticeRow.key)
        )
        return inserted.first() is not None

    async def is_any_due(self, now: datetime) -> bool:
        found = await self._session.scalar(select(PaymentNoticeRow.key).where(PaymentNoticeRow.due_at <= now).limit(1))
        return found is not None

    async def claim(self, now: datetime, until: datetime, most: int) -> list[PaymentNoticeRow]:
        """What is due, for the caller to do; nobody else takes it up before `until`."""
        due = (
            select(PaymentNoticeRow.key)
            .where(PaymentNoticeRow.due_at <= now)
            .order_by(PaymentNoticeRow.due_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        keys = list(await self._session.scalars(due))
        if not keys:
            return []
        claimed = await self._session.scalars(
            update(PaymentNoticeRow)
            .where(PaymentNoticeRow.key.in_(keys))
            .values(due_at=until, attempts=PaymentNoticeRow.attempts + 1)
            .returning(PaymentNoticeRow)
            .execution_options(populate_existing=True)
        )
        return list(claimed)

    async def done(self, keys: list[str]) -> None:
        await self._put(keys, None)

    async def later(self, keys: list[str], due_at: datetime) -> None:
        await self._put(keys, due_at)

    async def count_waiting(self) -> int:
        """How many are not done."""
        return await self._session.scalar(select(func.count()).where(PaymentNoticeRow.due_at.is_not(None))) or 0

    async def count_failing(self) -> int:
        """How many of them have been tried more than once."""
        failing = select(func.count()).where(PaymentNoticeRow.due_at.is_not(None), PaymentNoticeRow.attempts > 1)
        return await self._session.scalar(failing) or 0

    async def first_due_at(self) -> datetime | None:
        """When the one that is due first is so; None where all is done."""
        return await self._session.scalar(select(func.min(PaymentNoticeRow.due_at)))

    async def _put(self, keys: list[str], due_at: datetime | None) -> None:
        await self._session.execute(
            update(PaymentNoticeRow).where(PaymentNoticeRow.key.in_(keys)).values(due_at=due_at)
        )
