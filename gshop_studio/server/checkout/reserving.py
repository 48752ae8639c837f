"""Reservations: orders whose goods are kept while they are paid. Check and reservation are one transaction.

Purchases that come at the same moment are reserved together: their shows, carts and products are read and locked in few
queries, in the order of their ids, and then served one after the other as they came. One that is refused does not hurt
the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from gshop_studio.contract.checkout import PurchaseRequest
from gshop_studio.domain.commission import DEFAULT_PERCENT, commission
from gshop_studio.domain.money import Money
from gshop_studio.domain.order_life import OrderStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.checkout.cart_repository import CartRepository
from gshop_studio.server.checkout.carts import check_quantity, may_buy
from gshop_studio.server.checkout.commission_repository import CommissionRepository
from gshop_studio.server.checkout.goods import Goods, Key, goods_of
from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.payments.methods import MethodToCharge
from gshop_studio.server.payments.parts import PaymentParts
from gshop_studio.server.people.addresses import copy_of
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import CartItemRow, CartRow

FIRST_CHECK = timedelta(seconds=30)
"""When the provider is asked what became of an order nobody has settled: longer than asking it can take."""


@dataclass(frozen=True, slots=True)
class PurchaseWish:
    """What somebody asks to buy."""

    buyer: Caller
    request: PurchaseRequest
    key: str | None
    request_hash: str


@dataclass(frozen=True, slots=True)
class Charging:
    """What the provider is asked with."""

    method: MethodToCharge
    payer_email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reserved:
    """An order whose goods are kept, or the one its key meant before."""

    order_id: str
    total: Money
    charging: Charging | None
    """None for one that was there before: whoever made it has asked for its money."""


@dataclass(slots=True)
class _Group:
    """What is read for a group, and what is to be written."""

    facts: Mapping[tuple[str, str], StreamFacts]
    carts: Mapping[str, CartRow]
    items: Mapping[str, Sequence[CartItemRow]]
    goods: Mapping[Key, Goods]
    percents: Mapping[str, Decimal]
    known: dict[tuple[str, str], tuple[str, str, Money]]
    """By person and key: the order, its request and its total."""
    orders: list[dict[str, Any]] = field(default_factory=list)
    order_items: list[dict[str, Any]] = field(default_factory=list)
    reservations: list[dict[str, Any]] = field(default_factory=list)


class Reserving:
    def __init__(
        self,
        lookup: StreamLookup,
        accounts: AccountService,
        payments: PaymentParts,
        reservation_s: float,
        clock: Clock,
    ) -> None:
        self._lookup = lookup
        self._accounts = accounts
        self._payments = payments
        self._reservation = timedelta(seconds=reservation_s)
        self._clock = clock

    async def reserve(self, transaction: Transaction, wishes: Sequence[PurchaseWish]) -> list[Reserved | Refused]:
        """An order for each wish, or why there is none. What they refuse: `stream.*`, `checkout.*`,
        `product.out_of_stock`, `product.too_few`, `payment_method.not_found`, `address.not_found`,
        `idempotency.key_reused`, and what rights say."""
        group = await self._read(transaction, wishes)
        now = self._clock()
        results: list[Reserved | Refused] = []
        for wish in wishes:
            try:
                results.append(await self._reserve(transaction, group, wish, now))
            except Refused as refusal:
                results.append(refusal)
        await CartRepository(transaction).flush()  # prices that were told anew
        if group.orders:
            await OrderRepository(transaction).add_all(group.orders, group.order_items, group.reservations)
        return results

    async def _read(self, transaction: Transaction, wishes: Sequence[PurchaseWish]) -> _Group:
        people: dict[str, list[Caller]] = {}
        for wish in wishes:
            people.setdefault(wish.request.stream_id, []).append(wish.buyer)
        facts = await self._lookup.facts_of_many(transaction, people)
        carts = await CartRepository(transaction).carts(wish.request.cart_id for wish in wishes)
        items = await CartRepository(transaction).items(list(carts))
        keys = {(carts[cart_id].stream_id, item.product_id) for cart_id, lines in items.items() for item in lines}
        affiliates = {stream.host_id for stream in facts.values() if stream.is_affiliates}
        orders = await OrderRepository(transaction).by_keys({(w.buyer.user_id, w.key) for w in wishes if w.key})
        return _Group(
            facts=facts,
            carts=carts,
            items=items,
            goods=await goods_of(transaction, keys),
            percents=await CommissionRepository(transaction).percents(affiliates),
            known={
                key: (order.id, order.request_hash, Money(order.total_minor, order.currency))
                for key, order in orders.items()
            },
        )

    async def _reserve(self, transaction: Transaction, group: _Group, wish: PurchaseWish, now: datetime) -> Reserved:
        if wish.key is not None and (known := group.known.get((wish.buyer.user_id, wish.key))) is not None:
            order_id, request_hash, total = known
            if request_hash != wish.request_hash:
                raise Refused("idempotency.key_reused")
            return Reserved(order_id, total, None)
        stream = group.facts.get((wish.request.stream_id, wish.buyer.user_id))
        if stream is None:
            raise Refused("stream.not_found")
        may_buy(wish.buyer, stream)
        cart = group.carts.get(wish.request.cart_id)
        if cart is None or cart.user_id != wish.buyer.user_id or cart.stream_id != stream.id:
            raise Refused("checkout.cart_not_found")
        if not cart.is_open:
            raise Refused("checkout.cart_closed")
        if cart.order_id is not None:
            raise Refused("checkout.in_purchase")
        lines = [(item, self._checked(group, cart, item)) for item in group.items[cart.id]]
        if not lines:
            raise Refused("checkout.cart_empty")
        self._check_prices(lines)
        user_id, request = wish.buyer.user_id, wish.request
        charging = Charging(
            await self._payments.methods.to_charge(transaction, user_id, request.payment_method_id),
            await self._accounts.email_of(transaction, user_id),
        )
        address = await self._payments.addresses.require(transaction, user_id, request.shipping_address_id)
        return self._order(group, wish, stream, cart, lines, charging, copy_of(address), now)

    def _checked(self, group: _Group, cart: CartRow, item: CartItemRow) -> Goods:
        goods = group.goods.get((cart.stream_id, item.product_id))
        if goods is None:
            raise Refused("stream.product_not_found")
        check_quantity(goods, item.quantity)
        return goods

    def _check_prices(self, lines: Sequence[tuple[CartItemRow, Goods]]) -> None:
        """Nobody pays more than they were told; they are told now, and may buy again."""
        risen = [(item, goods) for item, goods in lines if goods.unit.minor > item.told_minor]
        for item, goods in risen:
            item.told_minor = goods.unit.minor
        if risen:
            raise Refused("checkout.price_rose")

    def _order(
        self,
        group: _Group,
        wish: PurchaseWish,
        stream: StreamFacts,
        cart: CartRow,
        lines: Sequence[tuple[CartItemRow, Goods]],
        charging: Charging,
        address: Mapping[str, str],
        now: datetime,
    ) -> Reserved:
        order_id = new_id()
        currency = lines[0][1].unit.currency
        total = Money(sum(goods.unit.minor * item.quantity for item, goods in lines), currency)
        percent = group.percents.get(stream.host_id, DEFAULT_PERCENT) if stream.is_affiliates else None
        group.orders.append(
            {
                "id": order_id,
                "user_id": wish.buyer.user_id,
                "stream_id": stream.id,
                "host_id": stream.host_id,
                "affiliate_id": stream.host_id if stream.is_affiliates else None,
                "cart_id": cart.id,
                "status": OrderStatus.RESERVED.value,
                "currency": currency,
                "total_minor": total.minor,
                "commission_percent": str(percent) if percent is not None else None,
                "commission_minor": commission(total, percent).minor if percent is not None else None,
                "provider": self._payments.provider.name,
                "payment_method_id": charging.method.id,
                "shipping_address_id": wish.request.shipping_address_id,
                "shipping_address": dict(address),
                "idempotency_key": wish.key,
                "request_hash": wish.request_hash,
                "is_restocking": False,
                "reserved_until": now + self._reservation,
                "next_check_at": now + min(FIRST_CHECK, self._reservation),
                "checks": 0,
                "created_at": now,
                "updated_at": now,
            }
        )
        for item, goods in lines:
            goods.kept += item.quantity
            goods.kept_in_show += item.quantity
            group.order_items.append(
                {
                    "id": new_id(),
                    "order_id": order_id,
                    "product_id": item.product_id,
                    "seller_id": goods.product.seller_id,
                    "name": goods.product.name,
                    "quantity": item.quantity,
                    "price_minor": goods.price.minor,
                    "unit_minor": goods.unit.minor,
                }
            )
            group.reservations.append(
                {
                    "order_id": order_id,
                    "product_id": item.product_id,
                    "stream_id": stream.id,
                    "quantity": item.quantity,
                }
            )
        cart.order_id, cart.updated_at = order_id, now
        if wish.key is not None:
            group.known[wish.buyer.user_id, wish.key] = (order_id, wish.request_hash, total)
        return Reserved(order_id, total, charging)
