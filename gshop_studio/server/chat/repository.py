"""Reads and writes of chat messages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import LiveStreamMessageRow, UserRow


class MessageRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add(self, message: LiveStreamMessageRow) -> None:
        self._session.add(message)
        await self._session.flush()

    async def message(self, stream_id: str, message_id: str) -> LiveStreamMessageRow | None:
        found = await self._session.get(LiveStreamMessageRow, message_id)
        return found if found is not None and found.stream_id == stream_id else None

    async def by_client_id(self, stream_id: str, user_id: str, client_message_id: str) -> LiveStreamMessageRow | None:
        return await self._session.scalar(
            select(LiveStreamMessageRow).where(
                LiveStreamMessageRow.stream_id == stream_id,
                LiveStreamMessageRow.user_id == user_id,
                LiveStreamMessageRow.client_message_id == client_message_id,
            )
        )

    async def history(
        self, stream_id: str, *, before: datetime | None, before_seq: int | None, limit: int
    ) -> list[tuple[LiveStreamMessageRow, UserRow]]:
        """The last messages before a moment or a place in the sequence, oldest first, with their authors."""
        where = [LiveStreamMessageRow.stream_id == stream_id, LiveStreamMessageRow.is_deleted.is_(False)]
        if before is not None:
            where.append(LiveStreamMessageRow.created_at < before)
        if before_seq is not None:
            where.append(LiveStreamMessageRow.seq < before_seq)
        found = await self._session.execute(
            select(LiveStreamMessageRow, UserRow)
            .join(UserRow, UserRow.id == LiveStreamMessageRow.user_id)
            .where(*where)
            .order_by(LiveStreamMessageRow.seq.desc())
            .limit(limit)
        )
        return [(message, user) for message, user in found][::-1]
