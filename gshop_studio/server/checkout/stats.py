"""How buying goes in a show, for its host and moderators."""

from __future__ import annotations

from gshop_studio.contract.checkout import CheckoutStats
from gshop_studio.domain.metrics import median_s, share
from gshop_studio.domain.money import on_wire
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require
from gshop_studio.server.analytics.repository import ShowNumbersRepository
from gshop_studio.server.checkout.cart_repository import CartRepository
from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.database import Database
from gshop_studio.server.streams.lookup import StreamLookup


class CheckoutStatsService:
    def __init__(self, database: Database, lookup: StreamLookup) -> None:
        self._database = database
        self._lookup = lookup

    async def get(self, caller: Caller | None, stream_id: str) -> CheckoutStats:
        """A show's checkout so far.

        Raises:
            Refused: `stream.not_found`, and what rights say.
        """
        async with self._database.read() as transaction:
            row = await self._lookup.require(transaction, stream_id)
            require(caller, StreamRight.SEE_NUMBERS, await self._lookup.facts_of(transaction, row, caller))
            carts = await CartRepository(transaction).count(stream_id)
            sums = await OrderRepository(transaction).sums(stream_id)
            seconds = await ShowNumbersRepository(transaction).seconds_to_purchase(stream_id)
        average = round(sums.paid_minor / sums.paid) if sums.paid else 0
        return CheckoutStats(
            stream_id=stream_id,
            carts_created=carts,
            purchases_completed=sums.paid,
            conversion_rate=round(share(sums.paid, carts), 4),
            average_order_value=on_wire(average, row.currency),
            total_revenue=on_wire(sums.paid_minor, row.currency),
            click_to_purchase=median_s(seconds),
            units_sold=sums.units,
            refunds=sums.refunded,
            refunded_amount=on_wire(sums.refunded_minor, row.currency),
            currency=row.currency,
        )
