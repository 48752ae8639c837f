"""Queries of the operation: how many shows are on air."""

from __future__ import annotations

from sqlalchemy import func, select

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import LiveStreamRow


class ShowCountRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def live(self) -> tuple[int, int, int]:
        """How many shows are live, how many of them receive media, and how many still wait for their first."""
        receiving = func.count().filter(LiveStreamRow.is_receiving)
        waiting = func.count().filter(LiveStreamRow.first_media_at.is_(None))
        found = await self._session.execute(
            select(func.count(), receiving, waiting).where(LiveStreamRow.status == StreamStatus.LIVE.value)
        )
        live_count, receiving_count, waiting_count = found.one()
        return int(live_count), int(receiving_count), int(waiting_count)
