"""Orders, for who may see them: the buyer, the show's host, the sellers of what is in it, support and admins."""

from __future__ import annotations

from collections.abc import Sequence

from gshop_studio.contract.checkout import Order, OrderItem, OrderList
from gshop_studio.contract.rest import Role
from gshop_studio.domain.money import Money
from gshop_studio.domain.order_life import OrderStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_account, require_signed_in
from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import OrderItemRow, OrderRow

_STAFF = frozenset({Role.SUPPORT, Role.ADMIN})


class OrderService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, caller: Caller | None, order_id: str) -> Order:
        """An order. Who may not see it is not told that it is there.

        Raises:
            Refused: `order.not_found`, `auth.required`.
        """
        caller = require_signed_in(caller)
        async with self._database.read() as transaction:
            order = await OrderRepository(transaction).order(order_id)
            items = await OrderRepository(transaction).items([order_id])
        if order is None or not _may_see(caller, order, items[order_id]):
            raise Refused("order.not_found")
        return order_answer(caller, order, items[order_id])

    async def page(self, caller: Caller | None, *, limit: int, offset: int) -> OrderList:
        """What the caller has bought, the last one first."""
        caller = require_account(caller)
        async with self._database.read() as transaction:
            orders, total = await OrderRepository(transaction).page_of_buyer(caller.user_id, limit, offset)
            items = await OrderRepository(transaction).items([order.id for order in orders])
        return OrderList(orders=[order_answer(caller, order, items[order.id]) for order in orders], total=total)

    async def to_refund(self, transaction: Transaction, caller: Caller | None, order_id: str) -> OrderRow:
        """An order whose money the caller may give back, not locked yet: its seller, support, admins.

        Raises:
            Refused: `order.not_found`, `auth.forbidden`, `auth.required`.
        """
        caller = require_signed_in(caller)
        order = await OrderRepository(transaction).order(order_id)
        items = (await OrderRepository(transaction).items([order_id]))[order_id]
        if order is None or not _may_see(caller, order, items):
            raise Refused("order.not_found")
        if caller.role not in _STAFF and any(item.seller_id != caller.user_id for item in items):
            raise Refused("auth.forbidden")
        return order


def _may_see(caller: Caller, order: OrderRow, items: Sequence[OrderItemRow]) -> bool:
    is_party = caller.user_id in (order.user_id, order.host_id) or caller.user_id in {item.seller_id for item in items}
    return is_party or caller.role in _STAFF


def order_answer(caller: Caller, order: OrderRow, items: Sequence[OrderItemRow]) -> Order:
    """As this caller may see it: the address is for the buyer and who sends things."""
    sees_address = caller.user_id == order.user_id or caller.user_id in {item.seller_id for item in items}
    currency = order.currency
    return Order(
        id=order.id,
        order_id=order.id,
        user_id=order.user_id,
        stream_id=order.stream_id,
        live_session_id=order.stream_id,
        status=OrderStatus(order.status),
        items=[
            OrderItem(
                id=item.id,
                product_id=item.product_id,
                seller_id=item.seller_id,
                name=item.name,
                quantity=item.quantity,
                price=Money(item.price_minor, currency).to_wire(),
                unit_price=Money(item.unit_minor, currency).to_wire(),
                total=Money(item.unit_minor * item.quantity, currency).to_wire(),
            )
            for item in items
        ],
        total=Money(order.total_minor, currency).to_wire(),
        currency=currency,
        affiliate_id=order.affiliate_id,
        commission_amount=(
            Money(order.commission_minor, currency).to_wire() if order.commission_minor is not None else None
        ),
        decline_reason=order.decline_reason,
        refund_reason=order.refund_reason,
        is_refund_refused=True if order.status == OrderStatus.PAID.value and order.refund_reason else None,
        shipping_address=dict(order.shipping_address) if sees_address else None,
        reserved_until=order.reserved_until if order.status == OrderStatus.RESERVED.value else None,
        created_at=order.created_at,
        paid_at=order.paid_at,
        refunded_at=order.refunded_at,
    )
