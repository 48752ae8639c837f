"""Reads and writes of who follows whom, and of wishlists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import Base, FollowRow, ProductRow, UserRow, WishlistRow


class FollowRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._session = transaction.session

    async def add(self, user_id: str, seller_id: str, now: datetime) -> None:
        """One who follows already goes on following."""
        await _insert_once(self._transaction, FollowRow, user_id=user_id, seller_id=seller_id, created_at=now)

    async def remove(self, user_id: str, seller_id: str) -> None:
        await self._session.execute(
            delete(FollowRow).where(FollowRow.user_id == user_id, FollowRow.seller_id == seller_id)
        )

    async def follows(self, user_id: str, seller_id: str) -> bool:
        return await self._session.get(FollowRow, (user_id, seller_id)) is not None

    async def followers(self, seller_id: str) -> int:
        """How many follow."""
        counted = select(func.count()).select_from(FollowRow).where(FollowRow.seller_id == seller_id)
        return await self._session.scalar(counted) or 0

    async def followed(self, user_id: str, *, limit: int, offset: int) -> tuple[list[tuple[FollowRow, UserRow]], int]:
        """One page of whom they follow, the last one first, and how many there are in all."""
        total = await self._session.scalar(
            select(func.count()).select_from(FollowRow).where(FollowRow.user_id == user_id)
        )
        rows = await self._session.execute(
            select(FollowRow, UserRow)
            .join(UserRow, UserRow.id == FollowRow.seller_id)
            .where(FollowRow.user_id == user_id)
            .order_by(FollowRow.created_at.desc(), FollowRow.seller_id.desc())
            .limit(limit)
            .offset(offset)
        )
        return [(follow, user) for follow, user in rows], total or 0

    async def person(self, user_id: str) -> UserRow | None:
        return await self._session.get(UserRow, user_id)


class WishlistRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._session = transaction.session

    async def add(self, user_id: str, product_id: str, now: datetime) -> None:
        """What is wished for already stays so."""
        await _insert_once(self._transaction, WishlistRow, user_id=user_id, product_id=product_id, created_at=now)

    async def remove(self, user_id: str, product_id: str) -> None:
        await self._session.execute(
            delete(WishlistRow).where(WishlistRow.user_id == user_id, WishlistRow.product_id == product_id)
        )

    async def page(self, user_id: str, *, limit: int, offset: int) -> tuple[list[str], int]:
        """One page of the ids of products, the last one first, deleted ones left out; and how many in all."""
        wished = (
            select(WishlistRow.product_id)
            .join(ProductRow, ProductRow.id == WishlistRow.product_id)
            .where(WishlistRow.user_id == user_id, ProductRow.deleted_at.is_(None))
        )
        total = await self._session.scalar(select(func.count()).select_from(wished.subquery()))
        newest = (WishlistRow.created_at.desc(), WishlistRow.product_id.desc())
        found = await self._session.scalars(wished.order_by(*newest).limit(limit).offset(offset))
        return list(found), total or 0


async def _insert_once(transaction: Transaction, table: type[Base], **values: Any) -> None:
    """Insert a row unless it is there, whoever else inserts it now."""
    insert = postgresql.insert if transaction.is_postgres else sqlite.insert
    await transaction.session.execute(insert(table).values(**values).on_conflict_do_nothing())
