"""A paid order with its show, as those who tell of it read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gshop_studio.domain.money import Money
from gshop_studio.server.accounts.rights import StreamFacts
from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.database import Transaction
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup, facts_of
from gshop_studio.server.tables import LiveStreamRow, OrderItemRow, OrderRow


@dataclass(frozen=True, slots=True)
class PaidOrder:
    order: OrderRow
    items: Sequence[OrderItemRow]
    show: LiveStreamRow

    @property
    def stream(self) -> StreamFacts:
        return facts_of(self.show)

    @property
    def total(self) -> Money:
        return Money(self.order.total_minor, self.order.currency)

    @property
    def at_s(self) -> float:
        """When it was paid, in seconds from the show's start."""
        if self.order.paid_at is None or self.show.started_at is None:
            return 0.0
        return max(0.0, (self.order.paid_at - self.show.started_at).total_seconds())


async def paid_order(transaction: Transaction, lookup: StreamLookup, order_id: str) -> PaidOrder | None:
    """The order, its show locked where the transaction writes; None where the show is gone: there is nobody to tell."""
    order = await OrderRepository(transaction).order(order_id)
    if order is None or order.paid_at is None:
        return None
    try:
        show = await lookup.require(transaction, order.stream_id)
    except Refused:
        return None
    items = (await OrderRepository(transaction).items([order_id]))[order_id]
    return PaidOrder(order, items, show)
