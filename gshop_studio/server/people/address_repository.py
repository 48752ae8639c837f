"""Reads and writes of people's addresses."""

from __future__ import annotations

from sqlalchemy import func, select, update

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import ShippingAddressRow, UserRow

_IN_ORDER = (
    ShippingAddressRow.is_default.desc(),
    ShippingAddressRow.created_at.desc(),
    ShippingAddressRow.id.desc(),
)


class AddressRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def lock_person(self, user_id: str) -> None:
        """What changes a person's addresses is one after the other: there is one default."""
        await self._session.execute(select(UserRow.id).where(UserRow.id == user_id).with_for_update())

    async def add(self, row: ShippingAddressRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def address(self, user_id: str, address_id: str) -> ShippingAddressRow | None:
        return await self._session.scalar(
            select(ShippingAddressRow).where(ShippingAddressRow.id == address_id, ShippingAddressRow.user_id == user_id)
        )

    async def count(self, user_id: str) -> int:
        counted = select(func.count()).select_from(ShippingAddressRow).where(ShippingAddressRow.user_id == user_id)
        return await self._session.scalar(counted) or 0

    async def page(self, user_id: str, *, limit: int, offset: int) -> list[ShippingAddressRow]:
        found = await self._session.scalars(
            select(ShippingAddressRow)
            .where(ShippingAddressRow.user_id == user_id)
            .order_by(*_IN_ORDER)
            .limit(limit)
            .offset(offset)
        )
        return list(found)

    async def clear_default(self, user_id: str) -> None:
        await self._session.execute(
            update(ShippingAddressRow)
            .where(ShippingAddressRow.user_id == user_id, ShippingAddressRow.is_default.is_(True))
            .values(is_default=False)
        )

    async def remove(self, row: ShippingAddressRow) -> None:
        await self._session.delete(row)
        await self._session.flush()
