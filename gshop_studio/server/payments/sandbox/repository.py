"""Reads and writes of the sandbox's books."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import SandboxNoticeRow, SandboxPaymentRow, SandboxRefundRow


class SandboxRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._session = transaction.session

    async def add(self, *rows: SandboxPaymentRow | SandboxRefundRow | SandboxNoticeRow) -> None:
        """Write these, in this order.

        Raises:
            Clash: somebody was faster with the same key.
        """
        for row in rows:
            self._session.add(row)
            await self._session.flush()

    async def payment(self, payment_id: str) -> SandboxPaymentRow | None:
        """Locked where it may be changed."""
        return await self._session.get(SandboxPaymentRow, payment_id, with_for_update=self._transaction.is_writing)

    async def payment_of_key(self, idempotency_key: str) -> SandboxPaymentRow | None:
        return await self._session.scalar(
            select(SandboxPaymentRow).where(SandboxPaymentRow.idempotency_key == idempotency_key)
        )

    async def payments_of(self, reference: str) -> list[SandboxPaymentRow]:
        """The oldest first."""
        found = await self._session.scalars(
            select(SandboxPaymentRow)
            .where(SandboxPaymentRow.reference == reference)
            .order_by(SandboxPaymentRow.created_at, SandboxPaymentRow.id)
        )
        return list(found)

    async def refund_of_key(self, idempotency_key: str) -> SandboxRefundRow | None:
        return await self._session.get(SandboxRefundRow, idempotency_key)

    async def is_notice_due(self, now: datetime) -> bool:
        found = await self._session.scalar(select(SandboxNoticeRow.id).where(SandboxNoticeRow.due_at <= now).limit(1))
        return found is not None

    async def claim_notices(self, now: datetime, until: datetime, most: int) -> list[SandboxNoticeRow]:
        """What is due; nobody else takes it up before `until`."""
        due = (
            select(SandboxNoticeRow.id)
            .where(SandboxNoticeRow.due_at <= now)
            .order_by(SandboxNoticeRow.due_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        ids = list(await self._session.scalars(due))
        if not ids:
            return []
        claimed = await self._session.scalars(
            update(SandboxNoticeRow)
            .where(SandboxNoticeRow.id.in_(ids))
            .values(due_at=until, attempts=SandboxNoticeRow.attempts + 1)
            .returning(SandboxNoticeRow)
            .execution_options(populate_existing=True)
        )
        return list(claimed)

    async def put_off(self, notice_id: str, due_at: datetime) -> None:
        await self._session.execute(
            update(SandboxNoticeRow).where(SandboxNoticeRow.id == notice_id).values(due_at=due_at)
        )

    async def forget(self, before: datetime, most: int) -> int:
        """Forget payments made before, and with each what was given back of it and its notices; how many there were."""
        old = select(SandboxPaymentRow.id).where(SandboxPaymentRow.created_at < before).limit(most)
        ids = list(await self._session.scalars(old))
        if ids:
            await self._session.execute(delete(SandboxPaymentRow).where(SandboxPaymentRow.id.in_(ids)))
        return len(ids)

    async def remove_notice(self, notice_id: str) -> None:
        await self._session.execute(delete(SandboxNoticeRow).where(SandboxNoticeRow.id == notice_id))
