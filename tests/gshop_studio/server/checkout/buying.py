"""Somebody who buys: an account with an address and ways to pay, and what they do in a shop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from gshop_studio.contract.rest import Role
from gshop_studio.server.tables import (
    AfterCommitTaskRow,
    CommissionRow,
    LiveStreamProductRow,
    OrderItemRow,
    OrderRow,
    PaymentRow,
    ProductRow,
    SandboxPaymentRow,
    SandboxRefundRow,
    StockReservationRow,
)
from tests.gshop_studio.server.shop import Person, Shop

CHECKOUT = "orders/live-checkout"


@dataclass
class Buyer:
    shop: Shop
    person: Person
    address_id: str
    methods: dict[str, str] = field(default_factory=dict)
    """By token."""

    async def method(self, token: str) -> str:
        if token not in self.methods:
            wish = {"token": token, "method": "visa"}
            saved = await self.shop.ask("POST", "users/me/payment-methods", self.person, json=wish, status=201)
            self.methods[token] = saved["id"]
        return self.methods[token]

    async def add(self, stream_id: str, product_id: str, quantity: Any = 1) -> dict[str, Any]:
        wish = {"streamId": stream_id, "productId": product_id, "quantity": quantity}
        return await self.shop.ask("POST", f"{CHECKOUT}/add-to-cart", self.person, json=wish)

    async def wish(self, stream_id: str, token: str = "tok_approved") -> dict[str, Any]:
        """What buying the cart takes."""
        cart = await self.shop.ask("GET", f"{CHECKOUT}/cart", self.person, params={"streamId": stream_id})
        return {
            "streamId": stream_id,
            "cartId": cart["cartId"],
            "paymentMethodId": await self.method(token),
            "shippingAddressId": self.address_id,
        }

    async def buy(
        self,
        stream_id: str,
        token: str = "tok_approved",
        *,
        key: str | None = None,
        status: int = 201,
    ) -> dict[str, Any]:
        """Buy the cart."""
        return await self.send(await self.wish(stream_id, token), key=key, status=status)

    async def send(self, wish: dict[str, Any], *, key: str | None = None, status: int = 201) -> dict[str, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        return await self.shop.ask(
            "POST", f"{CHECKOUT}/purchase", self.person, json=wish, headers=headers, status=status
        )

    async def take(self, stream_id: str, product_id: str, quantity: int = 1, **kwargs: Any) -> dict[str, Any]:
        """Put into the cart and buy."""
        await self.add(stream_id, product_id, quantity)
        return await self.buy(stream_id, **kwargs)

    async def order(self, order_id: str) -> dict[str, Any]:
        return await self.shop.ask("GET", f"orders/{order_id}", self.person)


async def buyer_of(shop: Shop, name: str | None = None, *, person: Person | None = None) -> Buyer:
    person = person or await shop.person(Role.BUYER, name)
    wish = {"recipient": "Ana Paz", "line1": "Av. Arequipa 1", "city": "Lima", "country": "PE"}
    address = await shop.ask("POST", "users/me/addresses", person, json=wish, status=201)
    return Buyer(shop, person, address["id"])


@dataclass(frozen=True)
class Books:
    """What the tables say of one product: what must always be so is checked by `check`."""

    stock: int
    kept: int
    sold: int
    """By the show's shelf."""
    ordered: int
    """Units of paid orders."""
    revenue_minor: int
    paid_minor: int
    """Of paid orders' lines."""
    payments_without_order: int
    """Approved payments of the provider that no order has, nor waits for, and that are not on their way back."""

    def check(self) -> None:
        assert self.stock >= 0 and self.kept >= 0
        assert self.sold == self.ordered
        assert self.revenue_minor == self.paid_minor
        assert self.payments_without_order == 0


async def books_of(shop: Shop, product_id: str) -> Books:
    async with shop.server.services.database.read() as transaction:
        session = transaction.session

        async def number(query: Any) -> int:
            return int(await session.scalar(query) or 0)

        of_product = OrderItemRow.product_id == product_id
        paid = (
            select(func.sum(OrderItemRow.quantity), func.sum(OrderItemRow.quantity * OrderItemRow.unit_minor))
            .join(OrderRow, OrderRow.id == OrderItemRow.order_id)
            .where(of_product, OrderRow.paid_at.is_not(None))
        )
        units, paid_minor = (await session.execute(paid)).one()
        settled = (
            select(PaymentRow.provider_payment_id)
            .join(OrderRow, OrderRow.id == PaymentRow.order_id)
            .where((OrderRow.payment_id == PaymentRow.id) | PaymentRow.refund_state.is_not(None))
        )
        loose = select(func.count()).where(
            SandboxPaymentRow.status == "approved",
            SandboxPaymentRow.refunded_minor < SandboxPaymentRow.amount_minor,
            SandboxPaymentRow.id.not_in(settled),
            SandboxPaymentRow.reference.not_in(select(OrderRow.id).where(OrderRow.status == "reserved")),
        )
        return Books(
            stock=await number(select(ProductRow.stock).where(ProductRow.id == product_id)),
            kept=await number(
                select(func.sum(StockReservationRow.quantity)).where(StockReservationRow.product_id == product_id)
            ),
            sold=await number(
                select(func.sum(LiveStreamProductRow.sold_count)).where(LiveStreamProductRow.product_id == product_id)
            ),
            ordered=int(units or 0),
            revenue_minor=await number(
                select(func.sum(LiveStreamProductRow.revenue_minor)).where(
                    LiveStreamProductRow.product_id == product_id
                )
            ),
            paid_minor=int(paid_minor or 0),
            payments_without_order=await number(loose),
        )


WithId = (
    type[OrderRow]
    | type[PaymentRow]
    | type[CommissionRow]
    | type[AfterCommitTaskRow]
    | type[SandboxPaymentRow]
    | type[SandboxRefundRow]
)


async def rows_of(shop: Shop, table: WithId) -> list[Any]:
    async with shop.server.services.database.read() as transaction:
        return list(await transaction.session.scalars(select(table).order_by(table.id)))
