"""Celebrations: everybody in the room hears that somebody bought something, and nobody who. Each line of an order is
celebrated once, by what follows its commit or by the buyer's own claim, whichever comes first."""

from __future__ import annotations

from gshop_studio.contract.checkout import CelebrationEvent, PurchaseClaimAnswer, PurchaseEvent
from gshop_studio.contract.events import ServerEvent
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, require, require_account
from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.checkout.told.paid_order import paid_order
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import OrderItemRow
from gshop_studio.server.words import say


class Celebrations:
    def __init__(
        self, database: Database, lookup: StreamLookup, on_air: OnAirService, gateway: Gateway, clock: Clock
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._on_air = on_air
        self._gateway = gateway
        self._clock = clock

    async def celebrate(self, transaction: Transaction, order_id: str) -> None:
        """Celebrate what is not celebrated yet of an order: a task. A show that is over celebrates nothing."""
        paid = await paid_order(transaction, self._lookup, order_id)
        if paid is None or not paid.stream.is_live:
            return
        for item in paid.items:
            if item.celebrated_at is None:
                await self._celebrate(transaction, paid.stream, item)

    async def claim(self, caller: Caller | None, wish: PurchaseEvent) -> PurchaseClaimAnswer:
        """A buyer says that they bought this.

        Raises:
            Refused: `order.not_found`: no paid order of theirs holds it; `stream.product_not_found`, and what rights
                say.
        """
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, wish.stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            caller = require_account(caller)
            if not await self._on_air.has_all(transaction, stream.id, [wish.product_id]):
                raise Refused("stream.product_not_found")
            lines = await OrderRepository(transaction).to_celebrate(caller.user_id, stream.id, wish.product_id)
            if not lines:
                raise Refused("order.not_found")
            fresh = [line for line in lines if line.celebrated_at is None]
            if fresh and stream.is_live:
                await self._celebrate(transaction, stream, fresh[0])
        return PurchaseClaimAnswer(is_celebrated=bool(fresh) and stream.is_live)

    async def _celebrate(self, transaction: Transaction, stream: StreamFacts, item: OrderItemRow) -> None:
        item.celebrated_at = self._clock()
        await OrderRepository(transaction).flush()
        event = CelebrationEvent(
            stream_id=stream.id,
            product_id=item.product_id,
            product_name=item.name,
            quantity=item.quantity,
            message=say("Somebody just bought {productName}!", stream.language, productName=item.name),
            total_purchases=await self._on_air.purchase_count(transaction, stream.id, item.product_id),
        )
        await self._gateway.record(transaction, stream.id, ServerEvent.PURCHASE_CELEBRATION, event)
