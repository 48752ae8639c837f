"""Reads and writes of the products of a show."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import func, select, update

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import LiveStreamProductRow, LiveStreamRow, LiveStreamViewerRow


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

    async def shows_with_a_card(self) -> list[str]:
        """The ids of live shows in which a product is highlighted."""
        found = await self._session.scalars(
            select(LiveStreamProductRow.stream_id)
            .join(LiveStreamRow, LiveStreamRow.id == LiveStreamProductRow.stream_id)
            .where(LiveStreamProductRow.is_visible.is_(True), LiveStreamRow.status == StreamStatus.LIVE.value)
            .distinct()
            .order_by(LiveStreamProductRow.stream_id)
        )
        return list(found)

    async def count_clicks(self, stream_id: str, clicks: Mapping[str, int]) -> None:
        """More clicks of products, by their ids."""
        for product_id, number in sorted(clicks.items()):
            await self._session.execute(
                update(LiveStreamProductRow)
                .where(LiveStreamProductRow.stream_id == stream_id, LiveStreamProductRow.product_id == product_id)
                .values(click_count=LiveStreamProductRow.click_count + number)
            )

    async def count_products_viewed(self, stream_id: str, numbers: Mapping[str, int]) -> None:
        """More products looked at, by the key of a viewer; who never joined the room is nobody's row."""
        for number in sorted(set(numbers.values())):
            viewer_keys = [viewer_key for viewer_key, its_number in numbers.items() if its_number == number]
            await self._session.execute(
                update(LiveStreamViewerRow)
                .where(LiveStreamViewerRow.stream_id == stream_id, LiveStreamViewerRow.viewer_key.in_(viewer_keys))
                .values(products_viewed=LiveStreamViewerRow.products_viewed + number)
            )

    async def count_of(self, stream_id: str, product_ids: Collection[str]) -> int:
        """How many of these are on the show's shelf."""
        found = await self._session.scalar(
            select(func.count()).where(
                LiveStreamProductRow.stream_id == stream_id, LiveStreamProductRow.product_id.in_(set(product_ids))
            )
        )
        return found or 0

    async def shows_of_products(self, product_ids: Collection[str], besides: Collection[StreamStatus]) -> list[str]:
        """The ids, in their order, of shows that have any of these products and are in none of these states."""
        found = await self._session.scalars(
            select(LiveStreamProductRow.stream_id)
            .join(LiveStreamRow, LiveStreamRow.id == LiveStreamProductRow.stream_id)
            .where(LiveStreamProductRow.product_id.in_(set(product_ids)))
            .where(LiveStreamRow.status.not_in([status.value for status in besides]))
            .distinct()
            .order_by(LiveStreamProductRow.stream_id)
        )
        return list(found)

    async def rows_of_product(self, product_id: str) -> list[tuple[LiveStreamProductRow, StreamStatus]]:
        """Everywhere this product is on a shelf, with the show's status."""
        found = await self._session.execute(
            select(LiveStreamProductRow, LiveStreamRow.status)
            .join(LiveStreamRow, LiveStreamRow.id == LiveStreamProductRow.stream_id)
            .where(LiveStreamProductRow.product_id == product_id)
            .order_by(LiveStreamProductRow.stream_id)
        )
        return [(row, StreamStatus(status)) for row, status in found]
