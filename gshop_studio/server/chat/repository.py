"""Reads and writes of chat messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select, tuple_, union_all, update

from gshop_studio.server.database import Transaction
from gshop_studio.server.realtime.viewer import person_key
from gshop_studio.server.tables import (
    LiveStreamHeldMessageRow,
    LiveStreamMessageRow,
    LiveStreamRow,
    LiveStreamViewerRow,
    UserRow,
)

MessageKey = tuple[str, str]
"""Author, `clientMessageId`."""
_messages = cast(Table, LiveStreamMessageRow.__table__)
_viewers = cast(Table, LiveStreamViewerRow.__table__)


class MessageRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write messages, by column names, past the object mapper."""
        await self._session.execute(insert(_messages), rows)

    async def flush(self) -> None:
        await self._session.flush()

    async def message(self, stream_id: str, message_id: str) -> LiveStreamMessageRow | None:
        found = await self._session.get(LiveStreamMessageRow, message_id)
        return found if found is not None and found.stream_id == stream_id else None

    async def said(self, keys: Collection[MessageKey]) -> dict[MessageKey, LiveStreamMessageRow]:
        """Which of these were written before."""
        row = LiveStreamMessageRow
        found = await self._session.scalars(
            select(row).where(
                row.client_message_id.is_not(None),
                row.user_id.in_({user_id for user_id, _ in keys}),  # SQLite seeks nothing by pairs
                tuple_(row.user_id, row.client_message_id).in_(list(keys)),
            )
        )
        return {(message.user_id, message.client_message_id or ""): message for message in found}

    async def forget_keys(self, before: datetime, limit: int) -> int:
        """Take the keys off messages, held ones too, written before that moment; of how many. Who is about to change
        one is not waited for."""
        count = 0
        for row in (LiveStreamMessageRow, LiveStreamHeldMessageRow):
            found = await self._session.scalars(
                select(row.id)
                .where(row.client_message_id.is_not(None), row.created_at < before)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            if ids := list(found):
                await self._session.execute(update(row).where(row.id.in_(ids)).values(client_message_id=None))
                count += len(ids)
        return count

    async def last_said(self, stream_id: str, user_ids: Iterable[str], until: datetime) -> dict[str, datetime]:
        """When each of these people last wrote, up to a moment, also what was held or deleted since."""
        people = set(user_ids)
        each = [
            select(row.user_id.label("user_id"), row.created_at.label("created_at")).where(
                row.stream_id == stream_id, row.user_id.in_(people), row.created_at <= until
            )
            for row in (LiveStreamMessageRow, LiveStreamHeldMessageRow)
        ]
        both = union_all(*each).subquery()
        found = await self._session.execute(
            select(both.c.user_id, func.max(both.c.created_at)).group_by(both.c.user_id)
        )
        return {str(user_id): moment for user_id, moment in found}

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

    async def pinned(self, stream_id: str) -> list[tuple[LiveStreamMessageRow, UserRow]]:
        """With their authors, in no order."""
        found = await self._session.execute(
            select(LiveStreamMessageRow, UserRow)
            .join(UserRow, UserRow.id == LiveStreamMessageRow.user_id)
            .where(LiveStreamMessageRow.stream_id == stream_id, LiveStreamMessageRow.is_pinned.is_(True))
        )
        return [(message, user) for message, user in found]

    async def count_for_viewers(self, numbers: Mapping[tuple[str, str], int]) -> None:
        """Add to the messages of viewers; `numbers` by show and person."""
        wish = (
            update(_viewers)
            .where(_viewers.c.stream_id == bindparam("of_stream"), _viewers.c.viewer_key == bindparam("of_viewer"))
            .values(messages_count=_viewers.c.messages_count + bindparam("number"))
        )
        rows = [
            {"of_stream": stream_id, "of_viewer": person_key(user_id), "number": number}
            for (stream_id, user_id), number in sorted(numbers.items())
        ]
        await self._session.execute(wish, rows)

    async def bought_before(self, host_id: str, user_ids: Iterable[str]) -> set[str]:
        """Who of these has bought in a show of this host."""
        found = await self._session.scalars(
            select(LiveStreamViewerRow.user_id)
            .join(LiveStreamRow, LiveStreamRow.id == LiveStreamViewerRow.stream_id)
            .where(
                LiveStreamViewerRow.user_id.in_(set(user_ids)),
                LiveStreamRow.host_id == host_id,
                LiveStreamViewerRow.purchases_made > 0,
            )
            .distinct()
        )
        return {user_id for user_id in found if user_id is not None}
