"""Settling: what a payment does to its order, once however often it is told, and by whichever server.

The show is locked first, then the order's products, then the order, then its cart and the shelf. What is sold leaves
the stock in the same transaction that makes the order paid; nobody is asked meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from decimal import Decimal

from gshop_studio.domain.commission import split
from gshop_studio.domain.money import Money
from gshop_studio.domain.order_life import Effect, OrderStatus, PaymentNews, effect_of
from gshop_studio.server.after_commit.after_commit import AfterCommit
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.checkout.cart_repository import CartRepository
from gshop_studio.server.checkout.commission_repository import CommissionRepository
from gshop_studio.server.checkout.goods import locked_products
from gshop_studio.server.checkout.kinds import CALL_OFF, GIVE_BACK, OF_PAID_ORDER
from gshop_studio.server.checkout.order_repository import OrderRepository, PaymentRepository
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.payments.ports import DeclineReason, Payment, PaymentStatus
from gshop_studio.server.realtime.viewer import person_key
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamRow, OrderItemRow, OrderRow, PaymentRow, ProductRow

log = logging.getLogger(__name__)
_NEWS = {
    PaymentStatus.PENDING: PaymentNews.OPEN,
    PaymentStatus.APPROVED: PaymentNews.APPROVED,
    PaymentStatus.DECLINED: PaymentNews.DECLINED,
    PaymentStatus.REFUNDED: PaymentNews.RETURNED,
    PaymentStatus.CHARGED_BACK: PaymentNews.RETURNED,
}
LATE = "late"
"""Why money goes back: it came when the reservation had run out."""
WRONG_AMOUNT = "wrong_amount"
SOLD_OUT = "sold_out"
"""The seller has taken the goods out of the stock, or off the shelf, while it was paid."""
PAID_TWICE = "paid_twice"
CHARGED_BACK = "charged_back"
BY_PROVIDER = "by_provider"


class Settlement:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        catalog: CatalogService,
        on_air: OnAirService,
        after_commit: AfterCommit,
        provider_name: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._catalog = catalog
        self._on_air = on_air
        self._after_commit = after_commit
        self._provider_name = provider_name
        self._clock = clock

    async def settle(self, payment: Payment) -> None:
        """Do what this payment does to the order it refers to. One that is of no order of ours is left alone."""
        if payment.reference is None:
            return
        async with self._database.write() as transaction:
            order, stream = await self._locked(transaction, payment.reference)
            if order is None or order.provider != self._provider_name:
                return
            items = (await OrderRepository(transaction).items([order.id]))[order.id]
            products = await locked_products(transaction, [item.product_id for item in items])
            order = await OrderRepository(transaction).lock(order.id)
            assert order is not None
            row = await self._payment_row(transaction, order, payment)
            refusal = await self._why_not(transaction, order, stream, items, products, payment)
            effect = effect_of(
                OrderStatus(order.status),
                _NEWS[payment.status],
                fits=refusal is None,
                is_its_payment=order.payment_id == row.id,
            )
            match effect:
                case Effect.PAY:
                    assert stream is not None
                    order.payment_id = row.id
                    await self._pay(transaction, order, stream, items, products)
                case Effect.DECLINE:
                    await self._decline(transaction, order, payment.reason)
                case Effect.GIVE_BACK:
                    await self._give_back(transaction, order, row, refusal)
                case Effect.RETURN:
                    await self._returned(transaction, order, row)
                case Effect.CALL_OFF:
                    await self._after_commit.add(transaction, row.id, [CALL_OFF])

    async def settle_free(self, order_id: str) -> None:
        """An order that costs nothing is paid without a payment, if its goods are still kept."""
        async with self._database.write() as transaction:
            order, stream = await self._locked(transaction, order_id)
            if order is None:
                return
            items = (await OrderRepository(transaction).items([order.id]))[order.id]
            products = await locked_products(transaction, [item.product_id for item in items])
            order = await OrderRepository(transaction).lock(order_id)
            if order is None or order.status != OrderStatus.RESERVED.value or order.total_minor != 0:
                return
            if stream is None or not await self._is_there(transaction, stream, items, products):
                await self._end(transaction, order, OrderStatus.EXPIRED)
            else:
                await self._pay(transaction, order, stream, items, products)

    async def declined(self, order_id: str, reason: DeclineReason | None) -> None:
        """The provider says no, before there was a payment."""
        async with self._database.write() as transaction:
            order, _ = await self._locked(transaction, order_id)
            order = await OrderRepository(transaction).lock(order_id) if order is not None else None
            if order is not None and order.status == OrderStatus.RESERVED.value:
                await self._decline(transaction, order, reason)

    async def expire(self, order_id: str) -> bool:
        """End a reservation that has run out, whose order is not paid as far as anybody knows; whether it did."""
        async with self._database.write() as transaction:
            order, _ = await self._locked(transaction, order_id)
            order = await OrderRepository(transaction).lock(order_id) if order is not None else None
            if order is None or order.status != OrderStatus.RESERVED.value or self._clock() < order.reserved_until:
                return False
            await self._end(transaction, order, OrderStatus.EXPIRED)
            for payment in await PaymentRepository(transaction).of_orders([order_id]):
                if payment.status == PaymentStatus.PENDING.value:
                    await self._after_commit.add(transaction, payment.id, [CALL_OFF])
            return True

    # --- what is done to an order -------------------------------------------------------------------------------

    async def _pay(
        self,
        transaction: Transaction,
        order: OrderRow,
        stream: LiveStreamRow,
        items: Sequence[OrderItemRow],
        products: dict[str, ProductRow],
    ) -> None:
        repository, now = OrderRepository(transaction), self._clock()
        order.status, order.paid_at, order.updated_at, order.next_check_at = OrderStatus.PAID.value, now, now, None
        for item in items:
            products[item.product_id].stock -= item.quantity
        stream.total_purchases += 1
        stream.gmv_minor += order.total_minor
        await repository.flush()
        await repository.release(order.id)
        if order.cart_id is not None:
            await CartRepository(transaction).close(order.id)
        for item in items:
            await self._on_air.record_sale(
                transaction,
                order.stream_id,
                item.product_id,
                quantity=item.quantity,
                paid_minor=item.unit_minor * item.quantity,
            )
            self._catalog.tell_readers(transaction, item.product_id)
        await repository.count_buyer(order.stream_id, person_key(order.user_id), order.total_minor)
        await self._earn(transaction, order)
        await self._after_commit.add(transaction, order.id, OF_PAID_ORDER)

    async def _earn(self, transaction: Transaction, order: OrderRow) -> None:
        """Write down whose commission this order is."""
        if order.affiliate_id is None or order.commission_minor is None:
            return
        commissions = CommissionRepository(transaction)
        shares: dict[str, Decimal] = await commissions.shares(order.stream_id)
        parts = split(Money(order.commission_minor, order.currency), order.affiliate_id, shares)
        await commissions.add(order, parts, self._clock())

    async def _decline(self, transaction: Transaction, order: OrderRow, reason: DeclineReason | None) -> None:
        order.decline_reason = (reason or DeclineReason.OTHER).value
        order.next_check_at = None
        await self._end(transaction, order, OrderStatus.DECLINED)

    async def _end(self, transaction: Transaction, order: OrderRow, status: OrderStatus) -> None:
        """An order that did not come about: its goods are free, and its cart may be bought again."""
        order.status, order.updated_at = status.value, self._clock()
        await OrderRepository(transaction).flush()
        await OrderRepository(transaction).release(order.id)
        await CartRepository(transaction).let_go(order.id)

    async def _give_back(self, transaction: Transaction, order: OrderRow, row: PaymentRow, refusal: str | None) -> None:
        """Money that came for nothing goes back."""
        if row.refund_state is not None:
            return
        if order.status == OrderStatus.PAID.value or (order.paid_at is not None):
            reason = PAID_TWICE
        else:
            reason = refusal or LATE
            order.refund_reason, order.next_check_at = reason, None
            await self._end(transaction, order, OrderStatus.REFUNDING)
        row.refund_state, row.refund_reason, row.updated_at = "due", reason, self._clock()
        await PaymentRepository(transaction).flush()
        await self._after_commit.add(transaction, row.id, [GIVE_BACK])
        log.warning("a payment of order %s goes back: %s", order.id, reason)

    async def _returned(self, transaction: Transaction, order: OrderRow, row: PaymentRow) -> None:
        """The order's money is gone back, by the provider or the buyer's bank. Where we give it back just now, the task
        that does so has the last word."""
        if row.refund_state == "due":
            return
        now = self._clock()
        if order.refund_reason is None:
            is_bank = row.status == PaymentStatus.CHARGED_BACK.value
            order.refund_reason = CHARGED_BACK if is_bank else BY_PROVIDER
        row.refund_state, row.updated_at = "done", now
        order.status, order.refunded_at, order.updated_at = OrderStatus.REFUNDED.value, now, now
        await OrderRepository(transaction).flush()
        await CommissionRepository(transaction).reverse(order.id, now)

    # ------------------------------------------------------------------------------------------------------------

    async def _locked(self, transaction: Transaction, order_id: str) -> tuple[OrderRow | None, LiveStreamRow | None]:
        """The order, not locked yet, and its show, locked; None for a show that was removed."""
        order = await OrderRepository(transaction).order(order_id)
        if order is None:
            return None, None
        try:
            return order, await self._lookup.require(transaction, order.stream_id)
        except Refused:
            return order, None

    async def _payment_row(self, transaction: Transaction, order: OrderRow, payment: Payment) -> PaymentRow:
        """What is known of the payment, kept up to date."""
        repository, now = PaymentRepository(transaction), self._clock()
        row = await repository.of_provider(order.provider, payment.id)
        if row is None:
            row = PaymentRow(
                id=new_id(),
                order_id=order.id,
                provider=order.provider,
                provider_payment_id=payment.id,
                status=payment.status.value,
                currency=payment.amount.currency,
                amount_minor=payment.amount.minor,
                refund_state=None,
                refund_reason=None,
                refund_id=None,
                created_at=now,
                updated_at=now,
            )
            await repository.add(row)
        elif row.status != payment.status.value:
            row.status, row.updated_at = payment.status.value, now
            await repository.flush()
        return row

    async def _why_not(
        self,
        transaction: Transaction,
        order: OrderRow,
        stream: LiveStreamRow | None,
        items: Sequence[OrderItemRow],
        products: dict[str, ProductRow],
        payment: Payment,
    ) -> str | None:
        """Why this payment cannot pay this order, or None."""
        if payment.amount != Money(order.total_minor, order.currency):
            return WRONG_AMOUNT
        if not await OrderRepository(transaction).is_kept(order.id):
            return LATE
        if stream is None or not await self._is_there(transaction, stream, items, products):
            return SOLD_OUT
        return None

    async def _is_there(
        self,
        transaction: Transaction,
        stream: LiveStreamRow,
        items: Sequence[OrderItemRow],
        products: dict[str, ProductRow],
    ) -> bool:
        """Whether the stock still holds the goods, and the shelf names them: a seller may have changed both."""
        has_stock = all(products[item.product_id].stock >= item.quantity for item in items)
        return has_stock and await self._on_air.has_all(transaction, stream.id, [item.product_id for item in items])
