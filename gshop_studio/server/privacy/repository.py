"""Reads and writes of erasures: who asked for it, and how far it is."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import insert, select, update

from gshop_studio.server.database import Transaction
from gshop_studio.server.privacy.erased_ids import hash_of
from gshop_studio.server.tables import ErasureRow


class ErasureRepository:
    """Who asked to be erased, and how far that is."""

    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._is_shared = transaction.is_postgres

    async def add(self, user_id: str, now: datetime) -> None:
        """A person asked to be erased. One who has asked already goes on to be."""
        if await self._session.get(ErasureRow, hash_of(user_id)) is None:
            row = ErasureRow(id=hash_of(user_id), user_id=user_id, requested_at=now, erased_at=None, cleaned_at=None)
            self._session.add(row)
            await self._session.flush()

    async def pending(self) -> list[str]:
        """The ids of people not wholly erased yet."""
        found = await self._session.scalars(
            select(ErasureRow.user_id).where(ErasureRow.erased_at.is_(None)).order_by(ErasureRow.requested_at)
        )
        return [user_id for user_id in found if user_id is not None]

    async def done(self, user_id: str, now: datetime) -> None:
        """All of it is done. Other servers, where there may be any, look a moment longer whose sockets are to go."""
        left = user_id if self._is_shared else None
        await self._session.execute(
            update(ErasureRow).where(ErasureRow.id == hash_of(user_id)).values(user_id=left, erased_at=now)
        )

    async def let_go(self, before: datetime) -> None:
        """Every server knows by now who was erased before that moment."""
        await self._session.execute(
            update(ErasureRow)
            .where(ErasureRow.erased_at < before, ErasureRow.user_id.is_not(None))
            .values(user_id=None)
        )

    async def all(self) -> dict[str, datetime]:
        """By the hash of each person's id when they asked."""
        found = await self._session.execute(select(ErasureRow.id, ErasureRow.requested_at))
        return {row.id: row.requested_at for row in found}

    async def uncleaned_since(self) -> datetime | None:
        """When the first was done whose traces may still be in files."""
        return cast(
            datetime | None,
            await self._session.scalar(
                select(ErasureRow.erased_at)
                .where(ErasureRow.erased_at.is_not(None), ErasureRow.cleaned_at.is_(None), ErasureRow.user_id.is_(None))
                .order_by(ErasureRow.erased_at)
                .limit(1)
            ),
        )

    async def cleaned(self, until: datetime, now: datetime) -> None:
        """Files have no traces of those erased until then."""
        await self._session.execute(
            update(ErasureRow)
            .where(ErasureRow.erased_at <= until, ErasureRow.cleaned_at.is_(None), ErasureRow.user_id.is_(None))
            .values(cleaned_at=now)
        )

    async def remember(self, erasure_id: str, requested_at: datetime, user_id: str | None, now: datetime) -> None:
        """One that the database does not know, because it is older. Without a `user_id` there is nobody to erase."""
        values = {
            "id": erasure_id,
            "user_id": user_id,
            "requested_at": requested_at,
            "erased_at": None if user_id else now,
            "cleaned_at": None,
        }
        await self._session.execute(insert(ErasureRow).values(**values))
