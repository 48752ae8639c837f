"""After a sale the host and the moderators see the show's new numbers at once."""

from __future__ import annotations

from gshop_studio.server.analytics.metrics.meter import Meter
from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.database import Database


class SaleNumbers:
    def __init__(self, database: Database, meter: Meter) -> None:
        self._database = database
        self._meter = meter

    async def tell(self, order_id: str) -> None:
        """A task: nothing is kept, so twice does no harm."""
        async with self._database.read() as transaction:
            order = await OrderRepository(transaction).order(order_id)
        if order is not None:
            await self._meter.sold(order.stream_id)
