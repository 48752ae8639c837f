"""Reads a show's two event logs page by page, and the texts of messages deleted since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, select

from gshop_studio.contract.events import Room
from gshop_studio.server.chat.message import BLANKED_TEXTS
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import (
    LiveStreamEventRow,
    LiveStreamMessageRow,
    LiveStreamRow,
    LiveStreamStaffEventRow,
)


@dataclass(frozen=True, slots=True)
class LoggedRow:
    """An event as it lies in the database."""

    room: Room
    seq: int
    at: datetime
    event: str
    data_json: str
    """Not parsed: that takes time, which belongs on another thread."""


@dataclass(frozen=True, slots=True)
class LogBounds:
    """A show, and how far its logs go now."""

    title: str
    last_seqs: dict[Room, int]


class ChatLogRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def bounds(self, stream_id: str) -> LogBounds:
        """Of a show that was found in this transaction."""
        row = LiveStreamRow
        found = await self._session.execute(
            select(row.title, row.last_seq, row.last_staff_seq).where(row.id == stream_id)
        )
        title, last_seq, last_staff_seq = found.one()
        return LogBounds(title, {Room.EVERYBODY: last_seq, Room.STAFF: last_staff_seq})

    async def page(
        self, stream_id: str, room: Room, *, after: int, to: int, events: Collection[str] | None, limit: int
    ) -> list[LoggedRow]:
        """The next events of a room, up to place `to`; only those named, if names are given."""
        table: type[Any] = LiveStreamStaffEventRow if room is Room.STAFF else LiveStreamEventRow
        wish = select(table.seq, table.at, table.event, cast(table.data, Text)).where(
            table.stream_id == stream_id, table.seq > after, table.seq <= to
        )
        if events is not None:
            wish = wish.where(table.event.in_(sorted(events)))
        found = await self._session.execute(wish.order_by(table.seq).limit(limit))
        return [LoggedRow(room, seq, at, event, data) for seq, at, event, data in found]

    async def deleted_texts(self, stream_id: str, *, after: int, to: int) -> dict[str, dict[str, str]]:
        """What the logged events said of a message deleted since, by the message's id and the event's place; of the
        messages said in these places of everybody's room."""
        row = LiveStreamMessageRow
        found = await self._session.execute(
            select(row.id, row.details).where(
                row.stream_id == stream_id, row.seq > after, row.seq <= to, row.is_deleted.is_(True)
            )
        )
        return {message_id: details.get(BLANKED_TEXTS, {}) for message_id, details in found}
