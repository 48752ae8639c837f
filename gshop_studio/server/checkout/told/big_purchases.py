"""Orders that stand out are kept as highlights, which the host alone sees at first."""

from __future__ import annotations

from gshop_studio.domain.big_purchase import is_big_purchase
from gshop_studio.server.analytics.highlights.found import big_purchase, write
from gshop_studio.server.analytics.highlights.repository import HighlightRepository
from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.checkout.told.paid_order import paid_order
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Transaction
from gshop_studio.server.streams.lookup import StreamLookup


class BigPurchases:
    def __init__(self, lookup: StreamLookup, clock: Clock) -> None:
        self._lookup = lookup
        self._clock = clock

    async def look(self, transaction: Transaction, order_id: str) -> None:
        """Keep this order as a highlight if it is a big one: a task."""
        paid = await paid_order(transaction, self._lookup, order_id)
        if paid is None:
            return
        earlier = await OrderRepository(transaction).totals_before(paid.order)
        if is_big_purchase(paid.order.total_minor, earlier):
            largest = max(paid.items, key=lambda item: item.unit_minor * item.quantity)
            found = big_purchase(
                paid.total, largest.product_id, largest.name, paid.order.id, paid.at_s, paid.stream.language
            )
            await write(HighlightRepository(transaction), paid.show.id, found, self._clock())
