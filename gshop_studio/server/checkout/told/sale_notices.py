"""Sales told to the show's host and moderators as they happen."""

from __future__ import annotations

from gshop_studio.contract.checkout import SaleEvent, SaleItem
from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.domain.money import Money
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.checkout.told.paid_order import paid_order
from gshop_studio.server.database import Transaction
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.streams.lookup import StreamLookup


class SaleNotices:
    def __init__(self, lookup: StreamLookup, accounts: AccountService, gateway: Gateway) -> None:
        self._lookup = lookup
        self._accounts = accounts
        self._gateway = gateway

    async def tell(self, transaction: Transaction, order_id: str) -> None:
        """A task."""
        paid = await paid_order(transaction, self._lookup, order_id)
        if paid is None:
            return
        order = paid.order
        buyer = (await self._accounts.hosts(transaction, [order.user_id])).get(order.user_id)
        event = SaleEvent(
            stream_id=order.stream_id,
            order_id=order.id,
            buyer_name=buyer.display_name if buyer is not None else "",
            items=[
                SaleItem(
                    product_id=item.product_id,
                    name=item.name,
                    quantity=item.quantity,
                    total=Money(item.unit_minor * item.quantity, order.currency).to_wire(),
                )
                for item in paid.items
            ],
            amount=paid.total.to_wire(),
            currency=order.currency,
        )
        await self._gateway.record(transaction, order.stream_id, ServerEvent.SALE, event, room=Room.STAFF)
