"""Reads and writes of the event log and its sequence, and of who watched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarResult, insert, select, update

from gshop_studio.contract.events import Room
from gshop_studio.server.clock import new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import LiveStreamEventRow, LiveStreamRow, LiveStreamStaffEventRow, LiveStreamViewerRow


class EventLogRepository:
    """The log of one of a show's rooms."""

    def __init__(self, transaction: Transaction, room: Room = Room.EVERYBODY) -> None:
        self._session = transaction.session
        is_staff = room is Room.STAFF
        self._table: type[LiveStreamEventRow | LiveStreamStaffEventRow] = (
            LiveStreamStaffEventRow if is_staff else LiveStreamEventRow
        )
        self._last = LiveStreamRow.last_staff_seq if is_staff else LiveStreamRow.last_seq

    async def take_seqs(self, stream_id: str, number: int) -> int:
        """The last of the next `number` places in the room's sequence. They belong to this transaction, and go with it
        if it fails."""
        seq: int | None = await self._session.scalar(
            update(LiveStreamRow)
            .where(LiveStreamRow.id == stream_id)
            .values({self._last: self._last + number})
            .returning(self._last),
            execution_options={"synchronize_session": False},
        )
        assert seq is not None, "the stream was found in this transaction"
        return seq

    async def append(self, stream_id: str, seq: int, event: str, data: dict[str, Any], at: datetime) -> None:
        await self._session.execute(
            insert(self._table).values(stream_id=stream_id, seq=seq, event=event, data=data, at=at)
        )

    async def last_seq(self, stream_id: str) -> int:
        return await self._session.scalar(select(self._last).where(LiveStreamRow.id == stream_id)) or 0

    async def after(
        self, stream_id: str, seq: int, limit: int
    ) -> Sequence[LiveStreamEventRow | LiveStreamStaffEventRow]:
        found: ScalarResult[Any] = await self._session.scalars(
            select(self._table)
            .where(self._table.stream_id == stream_id, self._table.seq > seq)
            .order_by(self._table.seq)
            .limit(limit)
        )
        return list(found)


class ViewerRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def enter(self, stream_id: str, viewer_key: str, user_id: str | None, session_id: str, now: datetime) -> bool:
        """Somebody watches; whether for the first time in this show."""
        row = await self._row(stream_id, viewer_key)
        if row is None:
            self._session.add(
                LiveStreamViewerRow(
                    id=new_id(),
                    stream_id=stream_id,
                    viewer_key=viewer_key,
                    user_id=user_id,
                    session_id=session_id,
                    joined_at=now,
                    left_at=None,
                    watch_duration_s=0.0,
                    is_active=True,
                    last_ping_at=now,
                    messages_count=0,
                    reactions_count=0,
                    products_viewed=0,
                    purchases_made=0,
                    total_spent_minor=0,
                    referral_source=None,
                    device=None,
                    country=None,
                )
            )
            await self._session.flush()
            return True
        row.is_active, row.left_at, row.last_ping_at = True, None, now
        return False

    async def leave(self, stream_id: str, viewer_key: str, watched_s: float, now: datetime) -> None:
        row = await self._row(stream_id, viewer_key)
        if row is not None:
            row.is_active, row.left_at, row.last_ping_at = False, now, now
            row.watch_duration_s += watched_s

    async def forget_active(self, now: datetime) -> None:
        """Nobody watches: the server has just started."""
        await self._session.execute(
            update(LiveStreamViewerRow)
            .where(LiveStreamViewerRow.is_active.is_(True))
            .values(is_active=False, left_at=now)
        )
        await self._session.execute(update(LiveStreamRow).where(LiveStreamRow.viewer_count > 0).values(viewer_count=0))

    async def _row(self, stream_id: str, viewer_key: str) -> LiveStreamViewerRow | None:
        return await self._session.scalar(
            select(LiveStreamViewerRow).where(
                LiveStreamViewerRow.stream_id == stream_id, LiveStreamViewerRow.viewer_key == viewer_key
            )
        )
