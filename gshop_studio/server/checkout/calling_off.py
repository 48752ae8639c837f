"""Calling payments off: an open one whose order is over is cancelled at the provider, so that nobody pays for goods
that are not kept any more. What is paid before that is heard goes back, as all that comes late.
"""

from __future__ import annotations

import logging

from gshop_studio.server.after_commit.task import NotYet
from gshop_studio.server.checkout.order_repository import PaymentRepository
from gshop_studio.server.checkout.settlement import Settlement
from gshop_studio.server.database import Database
from gshop_studio.server.payments.ports import PaymentProvider, PaymentStatus, ProviderUnavailable

log = logging.getLogger(__name__)


class CallingOff:
    def __init__(self, database: Database, provider: PaymentProvider, settlement: Settlement) -> None:
        self._database = database
        self._provider = provider
        self._settlement = settlement

    async def call_off(self, payment_id: str) -> None:
        """Have a payment not come about: a task, that may be done twice.

        Raises:
            NotYet: the provider does not answer.
        """
        async with self._database.read() as transaction:
            row = await PaymentRepository(transaction).payment(payment_id)
        if row is None or row.status != PaymentStatus.PENDING.value:
            return
        if row.provider != self._provider.name:  # who has it is not asked by this server any more
            raise NotYet("another provider has it")
        try:
            payment = await self._provider.cancel(row.provider_payment_id)
        except ProviderUnavailable as error:
            raise NotYet("the provider does not answer") from error
        if payment is None or payment.status is PaymentStatus.PENDING:
            log.warning("payment %s of order %s is not called off: the provider does not do it", row.id, row.order_id)
            return
        await self._settlement.settle(payment)
