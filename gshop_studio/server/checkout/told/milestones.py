"""Milestones of a show's purchases, 10, 50, 100 and so on: told to everybody once each, and kept as highlights."""

from __future__ import annotations

from gshop_studio.contract.checkout import PurchaseMilestoneEvent
from gshop_studio.contract.events import ServerEvent
from gshop_studio.domain.milestones import reached
from gshop_studio.server.analytics.highlights.found import purchases_milestone, write
from gshop_studio.server.analytics.highlights.repository import HighlightRepository
from gshop_studio.server.checkout.told.paid_order import paid_order
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Transaction
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.words import format_number, say


class PurchaseMilestones:
    def __init__(self, lookup: StreamLookup, gateway: Gateway, clock: Clock) -> None:
        self._lookup = lookup
        self._gateway = gateway
        self._clock = clock

    async def look(self, transaction: Transaction, order_id: str) -> None:
        """Tell of what this order's show has reached and nobody has told: a task. The show is locked, and what is kept
        decides."""
        paid = await paid_order(transaction, self._lookup, order_id)
        if paid is None:
            return
        language = paid.stream.language
        for milestone in reached(paid.show.total_purchases):
            found = purchases_milestone(milestone, paid.at_s, language)
            if not await write(HighlightRepository(transaction), paid.show.id, found, self._clock()):
                continue
            event = PurchaseMilestoneEvent(
                stream_id=paid.show.id,
                milestone=milestone,
                message=say("{count} purchases in this show!", language, count=format_number(milestone, language)),
            )
            await self._gateway.record(transaction, paid.show.id, ServerEvent.MILESTONE_PURCHASE, event)
