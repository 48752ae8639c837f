"""What was sold in one show is gone in the others that have it: they are told."""

from __future__ import annotations

from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.database import Transaction
from gshop_studio.server.on_air.service import OnAirService


class StockElsewhere:
    def __init__(self, on_air: OnAirService) -> None:
        self._on_air = on_air

    async def tell(self, transaction: Transaction, order_id: str) -> None:
        """A task."""
        order = await OrderRepository(transaction).order(order_id)
        if order is not None:
            items = (await OrderRepository(transaction).items([order_id]))[order_id]
            await self._on_air.sold_elsewhere(transaction, order.stream_id, [item.product_id for item in items])
