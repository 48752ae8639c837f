"""Reads and writes of people and their refresh tokens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from gshop_studio.server.database import Transaction
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import ErasureRow, RefreshTokenRow, UserRow


class AccountRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add_user(self, user: UserRow) -> None:
        """Write a new person.

        Raises:
            Refused: `auth.email_taken`: by somebody who was quicker.
        """
        self._session.add(user)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise Refused("auth.email_taken") from error

    async def user(self, user_id: str) -> UserRow | None:
        return await self._session.get(UserRow, user_id)

    async def users(self, user_ids: Iterable[str]) -> list[UserRow]:
        found = await self._session.scalars(select(UserRow).where(UserRow.id.in_(set(user_ids))))
        return list(found)

    async def user_to_change(self, user_id: str) -> UserRow | None:
        """Locked until the end of the transaction: what changes a person's sign-ins is one after the other."""
        return await self._session.get(UserRow, user_id, with_for_update=True)

    async def user_by_email(self, email: str) -> UserRow | None:
        """`email` folded to lower case."""
        return await self._session.scalar(select(UserRow).where(UserRow.email == email))

    async def add_refresh_token(self, token: RefreshTokenRow) -> None:
        self._session.add(token)
        await self._session.flush()

    async def refresh_token(self, token_hash: str) -> RefreshTokenRow | None:
        return await self._session.scalar(select(RefreshTokenRow).where(RefreshTokenRow.token_hash == token_hash))

    async def read_anew(self, token: RefreshTokenRow) -> None:
        await self._session.refresh(token)

    async def revoke_family(self, family_id: str, now: datetime) -> None:
        await self._session.execute(
            update(RefreshTokenRow)
            .where(RefreshTokenRow.family_id == family_id, RefreshTokenRow.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    async def revoke_all(self, user_id: str, now: datetime) -> None:
        await self._session.execute(
            update(RefreshTokenRow)
            .where(RefreshTokenRow.user_id == user_id, RefreshTokenRow.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    async def last_sign_in(self, user_id: str) -> datetime | None:
        """When this person's last refresh token was made."""
        return await self._session.scalar(
            select(func.max(RefreshTokenRow.created_at)).where(RefreshTokenRow.user_id == user_id)
        )

    async def delete_expired(self, now: datetime) -> None:
        """Forget the tokens that are over by their date; until then a used one that comes again tells of a thief."""
        await self._session.execute(delete(RefreshTokenRow).where(RefreshTokenRow.expires_at <= now))

    async def signed_out_since(self, moment: datetime) -> list[tuple[str, datetime]]:
        """Who signed out everywhere after that moment, and when; who was erased did so by that."""
        signed_out = select(UserRow.id, UserRow.signed_out_at).where(UserRow.signed_out_at > moment)
        erased = select(ErasureRow.user_id, ErasureRow.requested_at).where(
            ErasureRow.requested_at > moment, ErasureRow.user_id.is_not(None)
        )
        found = [*await self._session.execute(signed_out), *await self._session.execute(erased)]
        return [(user_id, when) for user_id, when in found if when is not None]
