"""A show's two event logs as one, in pages: everybody's room, and what moderators did and what was held.

The two sequences are merged by time, each in the order of its own `seq` whatever the clocks said; at the same
millisecond everybody's comes first. So everybody's `seq` rises by one from line to line; of the staff's, sales and
alerts are left out. Nothing holds more than a page of each room.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from gshop_studio.contract.chat_log import LogEntry
from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.server.clock import to_ms
from gshop_studio.server.database import Database
from gshop_studio.server.moderation.chat_log_repository import ChatLogRepository, LogBounds, LoggedRow

PAGE_EVENTS = 500
_STAFF_EVENTS = frozenset({ServerEvent.MESSAGE_HELD, ServerEvent.MESSAGE_DECIDED, ServerEvent.MODERATED})
_PRIVATE = frozenset(
    {
        "email",
        "ip",
        "ipAddress",
        "streamKey",
        "rtmpUrl",
        "token",
        "revenue",
        "totalRevenue",
        "gmv",
        "metrics",
        "allowedViewers",
    }
)
"""Not in the log, whoever reads it (case 17): a second guard, behind the events that leave them out."""


class ChatLogPages:
    """Reads one show's log once, up to where it was at the start."""

    def __init__(self, database: Database, stream_id: str, bounds: LogBounds) -> None:
        self._database = database
        self._stream_id = stream_id
        self._bounds = bounds
        self._read_to = dict.fromkeys(Room, 0)
        self._waiting: dict[Room, deque[LoggedRow]] = {room: deque() for room in Room}
        self._deleted: dict[str, dict[str, str]] = {}

    async def pages(self) -> AsyncIterator[list[LoggedRow]]:
        """The rows in order, some hundreds at a time."""
        while True:
            for room in Room:
                if not self._waiting[room]:
                    await self._fill(room)
            page = self._merged()
            if not page:
                return
            yield page

    def entries(self, page: list[LoggedRow]) -> list[LogEntry]:
        """The page's entries, with what deleted messages said, without what is private. For another thread."""
        entries = []
        for row in page:
            data = _without_private(json.loads(row.data_json))
            if row.room is Room.EVERYBODY:
                self._restore(row, data)
            entries.append(LogEntry(self._stream_id, row.room, row.seq, to_ms(row.at), row.event, data))
        return entries

    async def _fill(self, room: Room) -> None:
        after, to = self._read_to[room], self._bounds.last_seqs[room]
        if after >= to:
            return
        async with self._database.read() as transaction:
            repository = ChatLogRepository(transaction)
            events = _STAFF_EVENTS if room is Room.STAFF else None
            rows = await repository.page(self._stream_id, room, after=after, to=to, events=events, limit=PAGE_EVENTS)
            self._read_to[room] = rows[-1].seq if len(rows) == PAGE_EVENTS else to
            if room is Room.EVERYBODY and rows:
                self._deleted |= await repository.deleted_texts(self._stream_id, after=after, to=rows[-1].seq)
        self._waiting[room].extend(rows)

    def _merged(self) -> list[LoggedRow]:
        """Rows that none still unread comes before."""
        everybody, staff = self._waiting[Room.EVERYBODY], self._waiting[Room.STAFF]
        page: list[LoggedRow] = []
        while everybody and staff:
            page.append(staff.popleft() if staff[0].at < everybody[0].at else everybody.popleft())
        for room in Room:
            if not self._waiting[_other(room)] and self._read_to[_other(room)] >= self._bounds.last_seqs[_other(room)]:
                page.extend(self._waiting[room])
                self._waiting[room].clear()
        return page

    def _restore(self, row: LoggedRow, data: dict[str, Any]) -> None:
        """Make a deleted message, its edit or its pinning what was told then: a log fetched later says the same."""
        holder = data["message"] if isinstance(data.get("message"), dict) else data
        if holder.get("message") != "" or not holder.get("isDeleted"):
            return
        text = self._deleted.get(str(holder.get("messageId") or holder.get("id")), {}).get(str(row.seq))
        if text is None:
            return
        holder["message"] = text
        if row.event == ServerEvent.MESSAGE_EDITED:
            del holder["isDeleted"]  # which an edit does not say
        else:
            holder["isDeleted"] = False


def _other(room: Room) -> Room:
    return Room.STAFF if room is Room.EVERYBODY else Room.EVERYBODY


def _without_private(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_private(item) for key, item in value.items() if key not in _PRIVATE}
        case list():
            return [_without_private(item) for item in value]
        case _:
            return value
