"""Refunds: asked for by a seller or the staff, or due because a payment came for nothing. The money goes back after the
commit that says so, by a task that is repeated until the provider has done it.
"""

from __future__ import annotations

import logging

from gshop_studio.contract.checkout import Order, RefundOrder
from gshop_studio.domain.money import Money
from gshop_studio.domain.order_life import OrderStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_signed_in
from gshop_studio.server.after_commit.after_commit import AfterCommit
from gshop_studio.server.after_commit.task import NotYet
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.checkout.commission_repository import CommissionRepository
from gshop_studio.server.checkout.kinds import GIVE_BACK
from gshop_studio.server.checkout.order_repository import OrderRepository, PaymentRepository
from gshop_studio.server.checkout.orders import OrderService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.payments.ports import (
    Outcome,
    PaymentProvider,
    PaymentStatus,
    ProviderUnavailable,
    RefundAnswer,
    RefundRequest,
)
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import OrderRow, PaymentRow

log = logging.getLogger(__name__)
BY_SELLER = "by_seller"


class RefundService:
    def __init__(
        self,
        database: Database,
        catalog: CatalogService,
        orders: OrderService,
        provider: PaymentProvider,
        after_commit: AfterCommit,
        clock: Clock,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._orders = orders
        self._provider = provider
        self._after_commit = after_commit
        self._clock = clock

    async def refund(self, caller: Caller | None, order_id: str, wish: RefundOrder) -> Order:
        """Give a paid order's money back; again is the same. The order is `refunding` until it is back.

        Raises:
            Refused: `order.not_paid`, and what `OrderService.to_refund` refuses.
        """
        caller = require_signed_in(caller)
        async with self._database.write() as transaction:
            found = await self._orders.to_refund(transaction, caller, order_id)
            if found.payment_id is None and wish.restock:  # it cost nothing, so its goods are back at once
                await self._catalog.lock_to_restock(transaction, await self._product_ids(transaction, order_id))
            order = await OrderRepository(transaction).lock(order_id)
            assert order is not None
            if order.status == OrderStatus.PAID.value:
                await self._begin(transaction, order, wish)
            elif order.paid_at is None:
                raise Refused("order.not_paid")
        return await self._orders.get(caller, order_id)

    async def give_back(self, payment_id: str) -> None:
        """Have a payment's money given back: a task, that may be done twice.

        Raises:
            NotYet: the provider has not done it.
        """
        async with self._database.read() as transaction:
            payment = await PaymentRepository(transaction).payment(payment_id)
        if payment is None or payment.refund_state != "due":
            return
        if payment.provider != self._provider.name:  # who took it is not asked by this server any more
            raise NotYet("another provider took it")
        answer = await self._provider.refund(
            RefundRequest(
                payment_id=payment.provider_payment_id,
                amount=Money(payment.amount_minor, payment.currency),
                idempotency_key=f"refund-{payment.id}-{self._clock():%Y%m%d}",  # what was refused may be done tomorrow
            )
        )
        if answer.outcome in (Outcome.UNKNOWN, Outcome.PENDING):
            raise NotYet("the provider has not given it back")
        if answer.outcome is Outcome.DECLINED and await self._is_back(payment):
            answer = RefundAnswer(Outcome.APPROVED)
        await self._settle(payment, answer)

    async def _is_back(self, payment: PaymentRow) -> bool:
        """Whether the money is gone back already, by another hand."""
        try:
            found = await self._provider.find(payment.provider_payment_id)
        except ProviderUnavailable as error:
            raise NotYet("the provider does not answer") from error
        return found is not None and found.status in (PaymentStatus.REFUNDED, PaymentStatus.CHARGED_BACK)

    async def _begin(self, transaction: Transaction, order: OrderRow, wish: RefundOrder) -> None:
        now = self._clock()
        order.status, order.updated_at = OrderStatus.REFUNDING.value, now
        order.refund_reason, order.is_restocking = wish.reason or BY_SELLER, wish.restock
        await OrderRepository(transaction).flush()
        payment = await PaymentRepository(transaction).payment(order.payment_id) if order.payment_id else None
        if payment is None:  # it cost nothing
            await self._refunded(transaction, order)
            return
        payment.refund_state, payment.refund_reason, payment.updated_at = "due", order.refund_reason, now
        await PaymentRepository(transaction).flush()
        await self._after_commit.add(transaction, payment.id, [GIVE_BACK])

    async def _settle(self, payment: PaymentRow, answer: RefundAnswer) -> None:
        is_back = answer.outcome is Outcome.APPROVED
        async with self._database.write() as transaction:
            order = await OrderRepository(transaction).order(payment.order_id)
            assert order is not None
            if is_back and order.is_restocking:
                await self._catalog.lock_to_restock(transaction, await self._product_ids(transaction, order.id))
            order = await OrderRepository(transaction).lock(payment.order_id)
            row = await PaymentRepository(transaction).payment(payment.id)
            assert order is not None and row is not None
            if row.refund_state != "due":
                return
            if (
                not is_back and order.payment_id != row.id
            ):  # nothing was sold for it: it is the buyer's, until it is back
                raise NotYet("the provider does not give it back")
            row.refund_state, row.refund_id = "done" if is_back else "refused", answer.refund_id
            row.updated_at = self._clock()
            await PaymentRepository(transaction).flush()
            is_of_order = order.payment_id in (None, row.id) and order.status == OrderStatus.REFUNDING.value
            if is_of_order and is_back:
                await self._refunded(transaction, order)
            elif is_of_order and order.payment_id is not None:  # it stays paid: the buyer has the goods, we the money
                order.status, order.updated_at = OrderStatus.PAID.value, self._clock()
        if not is_back:
            log.error("payment %s of order %s: the provider does not give it back", payment.id, payment.order_id)

    async def _product_ids(self, transaction: Transaction, order_id: str) -> list[str]:
        return [item.product_id for item in (await OrderRepository(transaction).items([order_id]))[order_id]]

    async def _refunded(self, transaction: Transaction, order: OrderRow) -> None:
        """The money is back. The goods are, too, where the seller said so."""
        now = self._clock()
        order.status, order.refunded_at, order.updated_at = OrderStatus.REFUNDED.value, now, now
        await OrderRepository(transaction).flush()
        await CommissionRepository(transaction).reverse(order.id, now)
        if order.is_restocking and order.paid_at is not None:
            items = (await OrderRepository(transaction).items([order.id]))[order.id]
            await self._catalog.restock(transaction, {item.product_id: item.quantity for item in items})
