"""Reads and writes of moderation: its log, held messages, restrictions and moderators."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, func, insert, select, tuple_

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import (
    LiveStreamChatModerationRow,
    LiveStreamHeldMessageRow,
    LiveStreamModeratorRow,
    LiveStreamRestrictionRow,
    UserRow,
)

_held = cast(Table, LiveStreamHeldMessageRow.__table__)


class ModerationLogRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add(self, row: LiveStreamChatModerationRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def page(self, stream_id: str, *, limit: int, offset: int) -> tuple[list[LiveStreamChatModerationRow], int]:
        """Newest first."""
        row = LiveStreamChatModerationRow
        total = await self._session.scalar(select(func.count()).select_from(row).where(row.stream_id == stream_id))
        found = await self._session.scalars(
            select(row)
            .where(row.stream_id == stream_id)
            .order_by(row.created_at.desc(), row.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return list(found), total or 0


class HeldMessageRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await self._session.execute(insert(_held), rows)

    async def held(self, stream_id: str, message_id: str) -> LiveStreamHeldMessageRow | None:
        found = await self._session.get(LiveStreamHeldMessageRow, message_id)
        return found if found is not None and found.stream_id == stream_id else None

    async def by_keys(self, keys: Collection[tuple[str, str]]) -> list[LiveStreamHeldMessageRow]:
        """Which of these (author, `clientMessageId`) were held before."""
        row = LiveStreamHeldMessageRow
        found = await self._session.scalars(
            select(row).where(
                row.client_message_id.is_not(None),
                row.user_id.in_({user_id for user_id, _ in keys}),  # SQLite seeks nothing by pairs
                tuple_(row.user_id, row.client_message_id).in_(list(keys)),
            )
        )
        return list(found)

    async def waiting(
        self, stream_id: str, *, limit: int, offset: int
    ) -> tuple[list[tuple[LiveStreamHeldMessageRow, UserRow]], int]:
        """Those not decided yet, oldest first, with their authors."""
        row = LiveStreamHeldMessageRow
        where = (row.stream_id == stream_id, row.decision.is_(None))
        total = await self._session.scalar(select(func.count()).select_from(row).where(*where))
        found = await self._session.execute(
            select(row, UserRow)
            .join(UserRow, UserRow.id == row.user_id)
            .where(*where)
            .order_by(row.created_at, row.id)
            .limit(limit)
            .offset(offset)
        )
        return [(held, user) for held, user in found], total or 0


class RestrictionRepository:
    """Bans and time-outs."""

    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add(self, row: LiveStreamRestrictionRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def of(self, stream_id: str, opaque_id: str) -> LiveStreamRestrictionRow | None:
        return await self._session.get(LiveStreamRestrictionRow, (stream_id, opaque_id))


class ModeratorRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add(self, row: LiveStreamModeratorRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def remove(self, row: LiveStreamModeratorRow) -> None:
        await self._session.delete(row)
        await self._session.flush()

    async def moderator(self, stream_id: str, user_id: str) -> LiveStreamModeratorRow | None:
        return await self._session.get(LiveStreamModeratorRow, (stream_id, user_id))

    async def moderators(self, stream_id: str) -> list[tuple[LiveStreamModeratorRow, UserRow]]:
        """In the order they were named."""
        found = await self._session.execute(
            select(LiveStreamModeratorRow, UserRow)
            .join(UserRow, UserRow.id == LiveStreamModeratorRow.user_id)
            .where(LiveStreamModeratorRow.stream_id == stream_id)
            .order_by(LiveStreamModeratorRow.created_at, LiveStreamModeratorRow.user_id)
        )
        return [(moderator, user) for moderator, user in found]
