"""Reads and writes of people and their refresh tokens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import RefreshTokenRow, UserRow


class AccountRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add_user(self, user: UserRow) -> None:
        self._session.add(user)
        await self._session.flush()

    async def user(self, user_id: str) -> UserRow | None:
        return await self._session.get(UserRow, user_id)

    async def users(self, user_ids: Iterable[str]) -> list[UserRow]:
        found = await self._session.scalars(select(UserRow).where(UserRow.id.in_(set(user_ids))))
        return list(found)

    async def user_by_email(self, email: str) -> UserRow | None:
        """`email` folded to lower case."""
        return await self._session.scalar(select(UserRow).where(UserRow.email == email))

    async def add_refresh_token(self, token: RefreshTokenRow) -> None:
        self._session.add(token)
        await self._session.flush()

    async def refresh_token(self, token_hash: str) -> RefreshTokenRow | None:
        return await self._session.scalar(select(RefreshTokenRow).where(RefreshTokenRow.token_hash == token_hash))

    async def revoke_family(self, family_id: str, now: datetime) -> None:
        await self._session.execute(
            update(RefreshTokenRow)
            .where(RefreshTokenRow.family_id == family_id, RefreshTokenRow.revoked_at.is_(None))
            .values(revoked_at=now)
        )
