"""Reads and writes of what people pay with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import PaymentMethodRow, UserRow

_IN_ORDER = (PaymentMethodRow.is_default.desc(), PaymentMethodRow.created_at.desc(), PaymentMethodRow.id.desc())


class PaymentMethodRepository:
    """Of one provider: what another one's tokens stand for cannot be paid with here."""

    def __init__(self, transaction: Transaction, provider: str) -> None:
        self._session = transaction.session
        self._provider = provider

    async def lock_person(self, user_id: str) -> None:
        """What changes a person's methods is one after the other: there is one default."""
        await self._session.execute(select(UserRow.id).where(UserRow.id == user_id).with_for_update())

    async def add(self, row: PaymentMethodRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def method(self, user_id: str, method_id: str) -> PaymentMethodRow | None:
        """One that can be paid with."""
        return await self._session.scalar(
            select(PaymentMethodRow).where(PaymentMethodRow.id == method_id, *self._usable(user_id))
        )

    async def of_token(self, user_id: str, token_hash: str) -> PaymentMethodRow | None:
        """Used up or not."""
        return await self._session.scalar(
            select(PaymentMethodRow).where(
                PaymentMethodRow.user_id == user_id,
                PaymentMethodRow.provider == self._provider,
                PaymentMethodRow.token_hash == token_hash,
            )
        )

    async def count(self, user_id: str) -> int:
        counted = select(func.count()).select_from(PaymentMethodRow).where(*self._usable(user_id))
        return await self._session.scalar(counted) or 0

    async def page(self, user_id: str, *, limit: int, offset: int) -> list[PaymentMethodRow]:
        found = await self._session.scalars(
            select(PaymentMethodRow).where(*self._usable(user_id)).order_by(*_IN_ORDER).limit(limit).offset(offset)
        )
        return list(found)

    async def clear_default(self, user_id: str) -> None:
        await self._session.execute(
            update(PaymentMethodRow)
            .where(PaymentMethodRow.user_id == user_id, PaymentMethodRow.is_default.is_(True))
            .values(is_default=False)
        )

    async def use_up(self, method_id: str, now: datetime) -> None:
        """The token itself is forgotten; its hash stays, so that it is not saved again."""
        await self._session.execute(
            update(PaymentMethodRow)
            .where(PaymentMethodRow.id == method_id, PaymentMethodRow.used_up_at.is_(None))
            .values(used_up_at=now, is_default=False, token_sealed="")
        )

    async def remove(self, row: PaymentMethodRow) -> None:
        await self._session.delete(row)
        await self._session.flush()

    def _usable(self, user_id: str) -> tuple[ColumnElement[bool], ...]:
        return (
            PaymentMethodRow.user_id == user_id,
            PaymentMethodRow.provider == self._provider,
            PaymentMethodRow.used_up_at.is_(None),
        )
