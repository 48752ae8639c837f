"""Reads and writes of what a person chose, and of their devices."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import NotificationPreferencesRow, UserDeviceRow


class PreferenceRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._is_writing = transaction.is_writing

    async def row(self, user_id: str) -> NotificationPreferencesRow | None:
        """Locked, where the transaction writes."""
        return await self._session.get(NotificationPreferencesRow, user_id, with_for_update=self._is_writing or None)

    async def add(self, row: NotificationPreferencesRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()


class DeviceRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def of_token(self, token: str) -> UserDeviceRow | None:
        """Locked."""
        return await self._session.scalar(select(UserDeviceRow).where(UserDeviceRow.token == token).with_for_update())

    async def device(self, device_id: str) -> UserDeviceRow | None:
        return await self._session.get(UserDeviceRow, device_id)

    async def of_person(self, user_id: str) -> list[UserDeviceRow]:
        """The one seen last first."""
        found = await self._session.scalars(
            select(UserDeviceRow)
            .where(UserDeviceRow.user_id == user_id)
            .order_by(UserDeviceRow.last_seen_at.desc(), UserDeviceRow.id.desc())
        )
        return list(found)

    async def add(self, row: UserDeviceRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def remove(self, device_ids: Collection[str]) -> None:
        await self._session.execute(delete(UserDeviceRow).where(UserDeviceRow.id.in_(device_ids)))
