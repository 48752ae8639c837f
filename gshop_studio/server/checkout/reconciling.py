"""Reconciling: orders nobody has settled are settled by what the provider says, and reservations that ran out end.

This finishes what a server began and did not live to finish, what the provider did not answer, and what it decides so
late that no notice came. A job of the one instance that leads.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from gshop_studio.server.checkout.order_repository import OrderRepository, OrderToCheck
from gshop_studio.server.checkout.settlement import Settlement
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.payments.ports import PaymentProvider, PaymentStatus, ProviderUnavailable

log = logging.getLogger(__name__)
EVERY_S = 2.0
ASK_FOR = timedelta(hours=6)
"""So long after it was made an order is asked for, and until the provider answered once after that. What is paid later
still is told by a notice."""
SHORTEST = timedelta(seconds=10)
LONGEST = timedelta(minutes=10)
_AT_ONCE = 50


class Reconciling:
    """Implements `PaymentNotices`: a notice says only where to look."""

    def __init__(self, database: Database, provider: PaymentProvider, settlement: Settlement, clock: Clock) -> None:
        self._database = database
        self._provider = provider
        self.settlement = settlement
        self._clock = clock

    async def payment_changed(self, payment_id: str) -> None:
        """A believed notice names this payment of the provider's: settle it as it stands now.

        Raises:
            ProviderUnavailable, Refused: not now.
        """
        payment = await self._provider.find(payment_id)
        if payment is not None:
            await self.settlement.settle(payment)

    async def look(self) -> None:
        """Settle what is due: a job."""
        now = self._clock()
        async with self._database.read() as transaction:
            due = await OrderRepository(transaction).to_check(now, _AT_ONCE)
        for order in due:
            try:
                is_known = await self._check(order)
            except Exception:  # the outermost frame of one order: those after it have their turn
                log.exception("order %s: it is not settled", order.id)
                is_known = False
            async with self._database.write() as transaction:
                next_at = next_check_at(order.created_at, now, is_known=is_known)
                await OrderRepository(transaction).check_again(order.id, next_at)

    async def _check(self, order: OrderToCheck) -> bool:
        """Settle one; whether what the provider knows of it is known."""
        is_known = True
        if order.total_minor == 0:  # whoever reserved it did not live to say it is paid
            await self.settlement.settle_free(order.id)
        elif order.provider == self._provider.name:
            try:
                payments = await self._provider.find_by_reference(order.id)
            except ProviderUnavailable:
                payments, is_known = (), False
                log.warning("order %s: the provider does not answer", order.id)
            # an approved one first: another that was declined must not end what is paid
            for payment in sorted(payments, key=lambda payment: payment.status is not PaymentStatus.APPROVED):
                await self.settlement.settle(payment)
        if await self.settlement.expire(order.id):
            log.info("order %s: its reservation ran out", order.id)
        return is_known


def next_check_at(created_at: datetime, now: datetime, *, is_known: bool) -> datetime | None:
    """When to ask again: the older an order, the later, and at last not at all; but not so while the provider may have
    taken money that we know nothing of."""
    age = now - created_at
    return now + min(max(age / 2, SHORTEST), LONGEST) if age < ASK_FOR or not is_known else None
