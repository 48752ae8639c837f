"""Reads of one show's curves and shelf, as few and as cheap as the analytics need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import (
    CartRow,
    LiveStreamMetricRow,
    LiveStreamProductRow,
    LiveStreamReactionRow,
    OrderRow,
    ProductRow,
)


@dataclass(frozen=True, slots=True)
class Point:
    """Of `live_stream_metrics`, what curves are drawn from."""

    at: datetime
    viewer_count: int
    messages_per_minute: float
    engagement_score: float


@dataclass(frozen=True, slots=True)
class ShelfNumbers:
    """What one product of the show has done."""

    product_id: str
    name: str
    image_name: str | None
    price_minor: int
    was_shown: bool
    sold_count: int
    click_count: int
    purchase_count: int
    revenue_minor: int


class ShowNumbersRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def points(self, stream_id: str) -> list[Point]:
        """In their order."""
        metric = LiveStreamMetricRow
        found = await self._session.execute(
            select(metric.timestamp, metric.viewer_count, metric.messages_per_minute, metric.engagement_score)
            .where(metric.stream_id == stream_id)
            .order_by(metric.timestamp)
        )
        return [Point(*row) for row in found]

    async def reactions_by_minute(self, stream_id: str) -> list[tuple[datetime, int]]:
        reaction = LiveStreamReactionRow
        found = await self._session.execute(
            select(reaction.minute, func.sum(reaction.count))
            .where(reaction.stream_id == stream_id)
            .group_by(reaction.minute)
            .order_by(reaction.minute)
        )
        return [(minute, int(count)) for minute, count in found]

    async def seconds_to_purchase(self, stream_id: str) -> list[float]:
        """Of each paid order: how long after its cart was begun it was paid."""
        found = await self._session.execute(
            select(CartRow.created_at, OrderRow.paid_at)
            .join(OrderRow, OrderRow.cart_id == CartRow.id)
            .where(OrderRow.stream_id == stream_id, OrderRow.paid_at.is_not(None))
        )
        return [(paid_at - begun_at).total_seconds() for begun_at, paid_at in found if paid_at is not None]

    async def shelf(self, stream_id: str) -> Sequence[ShelfNumbers]:
        """The show's products, those first that brought in most."""
        row = LiveStreamProductRow
        found = await self._session.execute(
            select(
                row.product_id,
                ProductRow.name,
                ProductRow.image_name,
                ProductRow.price_minor,
                row.highlighted_at.is_not(None),
                row.sold_count,
                row.click_count,
                row.purchase_count,
                row.revenue_minor,
            )
            .join(ProductRow, ProductRow.id == row.product_id)
            .where(row.stream_id == stream_id)
            .order_by(row.revenue_minor.desc(), row.sold_count.desc(), row.click_count.desc(), row.position)
        )
        return [ShelfNumbers(*each) for each in found]
