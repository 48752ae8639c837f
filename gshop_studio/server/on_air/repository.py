"""Reads and writes of the products of a show."""

from __future__ import annotations

from sqlalchemy import func, select

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import LiveStreamProductRow, LiveStreamRow


class ShelfRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add(self, row: LiveStreamProductRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def remove(self, row: LiveStreamProductRow) -> None:
        await self._session.delete(row)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def rows(self, stream_id: str) -> list[LiveStreamProductRow]:
        """In the order of the shelf."""
        found = await self._session.scalars(
            select(LiveStreamProductRow)
            .where(LiveStreamProductRow.stream_id == stream_id)
            .order_by(LiveStreamProductRow.position, LiveStreamProductRow.id)
        )
        return list(found)

    async def row(self, stream_id: str, product_id: str) -> LiveStreamProductRow | None:
        return await self._session.scalar(
            select(LiveStreamProductRow).where(
                LiveStreamProductRow.stream_id == stream_id, LiveStreamProductRow.product_id == product_id
            )
        )

    async def highlighted(self, stream_id: str) -> list[LiveStreamProductRow]:
        found = await self._session.scalars(
            select(LiveStreamProductRow).where(
                LiveStreamProductRow.stream_id == stream_id, LiveStreamProductRow.is_visible.is_(True)
            )
        )
        return list(found)

    async def last_position(self, stream_id: str) -> int:
        found = await self._session.scalar(
            select(func.max(LiveStreamProductRow.position)).where(LiveStreamProductRow.stream_id == stream_id)
        )
        return found or 0

    async def rows_of_product(self, product_id: str) -> list[tuple[LiveStreamProductRow, StreamStatus]]:
        """Everywhere this product is on a shelf, with the show's status."""
        found = await self._session.execute(
            select(LiveStreamProductRow, LiveStreamRow.status)
            .join(LiveStreamRow, LiveStreamRow.id == LiveStreamProductRow.stream_id)
            .where(LiveStreamProductRow.product_id == product_id)
        )
        return [(row, StreamStatus(status)) for row, status in found]
