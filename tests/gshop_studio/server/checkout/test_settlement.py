"""What becomes of payments that come late, twice, out of order, or that nobody waited for."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from gshop_studio.contract.checkout import PurchaseRequest
from gshop_studio.domain.money import Money
from gshop_studio.server.checkout.settlement import Settlement
from gshop_studio.server.clock import new_id, utc_now
from gshop_studio.server.payments.ports import (
    ChargeAnswer,
    ChargeRequest,
    Outcome,
    Payment,
    PaymentStatus,
    ProviderUnavailable,
    RefundAnswer,
)
from gshop_studio.server.payments.sandbox.provider import SandboxProvider
from gshop_studio.server.tables import OrderRow, PaymentRow
from tests.gshop_studio.server.checkout.buying import CHECKOUT, Buyer, books_of, buyer_of, rows_of
from tests.gshop_studio.server.shop import Person, Shop, eventually_async


async def run_out(shop: Shop, order_id: str) -> None:
    """Let an order's reservation run out."""
    past = utc_now() - timedelta(seconds=1)
    async with shop.server.services.database.write() as transaction:
        values = {"reserved_until": past, "next_check_at": past}
        await transaction.session.execute(update(OrderRow).where(OrderRow.id == order_id).values(**values))


async def due(shop: Shop) -> None:
    """Have every order that is not settled looked at now."""
    async with shop.server.services.database.write() as transaction:
        past = utc_now() - timedelta(seconds=1)
        query = update(OrderRow).where(OrderRow.next_check_at.is_not(None)).values(next_check_at=past)
        await transaction.session.execute(query)
    await shop.server.checkout.reconciling.look()


async def pending(shop: Shop, seller: Person, stock: int = 1) -> tuple[str, str, Buyer, str]:
    """A product, its show, and who has an order of it that the provider has not decided."""
    mug = await shop.product(seller, stock=stock)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug, token="tok_late_approved", status=202)
    return mug, stream_id, buyer, order["id"]


def approved(order: dict[str, Any], payment_id: str = "other") -> Payment:
    """As a provider would tell of it."""
    amount = Money.from_wire(order["total"], order["currency"])
    return Payment(payment_id, order["id"], PaymentStatus.APPROVED, amount)


async def test_a_reservation_that_runs_out_frees_its_goods(shop: Shop, seller: Person) -> None:
    """case 30: the next buyer has them, and the cart may be bought again."""
    mug, stream_id, buyer, order_id = await pending(shop, seller)
    other = await buyer_of(shop)
    wish = {"streamId": stream_id, "productId": mug, "quantity": 1}
    await shop.refused("product.out_of_stock", "POST", f"{CHECKOUT}/add-to-cart", other.person, json=wish)
    await run_out(shop, order_id)
    await shop.server.checkout.reconciling.look()
    assert (await buyer.order(order_id))["status"] == "expired"
    assert (await other.take(stream_id, mug))["status"] == "paid"
    cart = await shop.ask("GET", f"{CHECKOUT}/cart", buyer.person)
    assert "orderId" not in cart and cart["items"][0]["stock"] == 0
    (await books_of(shop, mug)).check()


async def test_money_taken_while_nobody_answered_is_not_forgotten(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order older than it is asked for, and the provider away just then: it is asked until it has answered."""
    _, _, buyer, order_id = await pending(shop, seller)
    provider = shop.server.payments.provider
    [payment] = await provider.find_by_reference(order_id)
    async with shop.server.services.database.write() as transaction:  # as if no word of it had ever come
        await transaction.session.execute(delete(PaymentRow))
        made_at = utc_now() - timedelta(hours=7)
        values = {"created_at": made_at, "reserved_until": made_at, "next_check_at": made_at}
        await transaction.session.execute(update(OrderRow).where(OrderRow.id == order_id).values(**values))

    async def away(reference: str) -> Any:
        raise ProviderUnavailable("away")

    async def answers(reference: str) -> Any:
        return (replace(payment, status=PaymentStatus.APPROVED),)

    monkeypatch.setattr(provider, "find_by_reference", away)
    await shop.server.checkout.reconciling.look()
    assert (await buyer.order(order_id))["status"] == "expired"
    monkeypatch.setattr(provider, "find_by_reference", answers)
    await due(shop)
    assert (await buyer.order(order_id))["status"] == "refunding"


async def test_one_order_that_fails_does_not_stop_the_others(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    orders = [await pending(shop, seller) for _ in range(3)]
    provider = shop.server.payments.provider
    find = provider.find_by_reference

    async def fails(reference: str) -> Any:
        if reference == orders[0][3]:
            raise ValueError("nobody thought of this")
        return await find(reference)

    monkeypatch.setattr(provider, "find_by_reference", fails)
    for _, _, _, order_id in orders:
        await run_out(shop, order_id)
    await shop.server.checkout.reconciling.look()
    assert [(await buyer.order(order_id))["status"] for _, _, buyer, order_id in orders[1:]] == ["expired"] * 2
    assert "nobody thought of this" in caplog.text


async def test_a_free_order_nobody_lived_to_settle_is_paid(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mug = await shop.product(seller, price=0)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)

    async def dies(self: Settlement, order_id: str) -> None:
        raise ConnectionError("killed")

    with monkeypatch.context() as while_killed:
        while_killed.setattr(Settlement, "settle_free", dies)
        await buyer.add(stream_id, mug)
        await buyer.buy(stream_id, status=500)
    await due(shop)
    [order] = (await shop.ask("GET", "users/me/orders", buyer.person))["orders"]
    assert order["status"] == "paid"


async def test_late_money_that_is_refused_goes_back_when_the_provider_lets_it(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, buyer, order_id = await pending(shop, seller)
    await run_out(shop, order_id)
    await shop.server.checkout.reconciling.look()
    provider = shop.server.payments.provider
    [payment] = await provider.find_by_reference(order_id)
    answers = [Outcome.APPROVED, Outcome.DECLINED]

    async def refund(request: Any) -> Any:
        return RefundAnswer(answers.pop(), "r")

    monkeypatch.setattr(provider, "refund", refund)
    await settlement_of(shop).settle(replace(payment, status=PaymentStatus.APPROVED))

    async def is_back() -> bool:
        return bool((await buyer.order(order_id))["status"] == "refunded")

    await eventually_async(is_back)
    assert answers == []


async def test_money_that_comes_late_goes_back(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """cases 25 and 30: approved after the reservation ran out, told three times: one refund, nothing oversold."""
    mug, stream_id, buyer, order_id = await pending(shop, seller)
    await run_out(shop, order_id)
    await shop.server.checkout.reconciling.look()
    assert (await (await buyer_of(shop)).take(stream_id, mug))["status"] == "paid"
    provider = shop.server.payments.provider
    [payment] = await provider.find_by_reference(order_id)
    paid = replace(payment, status=PaymentStatus.APPROVED)

    async def refund(request: Any) -> Any:
        refunds.append(request)
        return RefundAnswer(Outcome.APPROVED, "r")

    refunds: list[Any] = []
    monkeypatch.setattr(provider, "refund", refund)
    settlement = settlement_of(shop)
    await asyncio.gather(*(settlement.settle(paid) for _ in range(3)))

    async def is_back() -> bool:
        return bool((await buyer.order(order_id))["status"] == "refunded")

    await eventually_async(is_back)
    assert (await buyer.order(order_id))["refundReason"] == "late"
    assert len({request.idempotency_key for request in refunds}) <= 2, "one a day"
    books = await books_of(shop, mug)
    assert (books.stock, books.sold, books.ordered) == (0, 1, 1)


def settlement_of(shop: Shop) -> Settlement:
    return shop.server.checkout.reconciling.settlement


async def test_repeated_concurrent_and_out_of_order_news_have_one_effect(shop: Shop, seller: Person) -> None:
    """case 25."""
    mug, _, buyer, order_id = await pending(shop, seller, stock=3)
    provider, settlement = shop.server.payments.provider, settlement_of(shop)
    [payment] = await provider.find_by_reference(order_id)
    paid = replace(payment, status=PaymentStatus.APPROVED)
    news = [paid, paid, payment, paid, replace(payment, status=PaymentStatus.DECLINED), paid, payment]
    random.Random(7).shuffle(news)
    await settlement.settle(paid)
    await asyncio.gather(*(settlement.settle(each) for each in news))
    assert (await buyer.order(order_id))["status"] == "paid"
    books = await books_of(shop, mug)
    assert (books.stock, books.kept, books.sold, books.ordered) == (2, 0, 1, 1)


async def test_who_pays_twice_gets_one_back(shop: Shop, seller: Person) -> None:
    """Every charge has an order or a refund: of two approved payments of one order the second goes back."""
    mug = await shop.product(seller, stock=3)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug)
    await settlement_of(shop).settle(approved(order))
    payments = {row.provider_payment_id: row for row in await rows_of(shop, PaymentRow)}
    assert len(payments) == 2 and payments["other"].refund_state in ("due", "refused")
    assert payments["other"].refund_reason == "paid_twice"
    assert (await buyer.order(order["id"]))["status"] == "paid"


async def test_payments_of_nobody_are_left_alone(shop: Shop, seller: Person) -> None:
    settlement = settlement_of(shop)
    await settlement.settle(Payment("x", None, PaymentStatus.APPROVED, Money(1, "USD")))
    await settlement.settle(Payment("x", new_id(), PaymentStatus.APPROVED, Money(1, "USD")))
    assert await rows_of(shop, PaymentRow) == []


@pytest.mark.parametrize("amount", [Money(1849, "USD"), Money(1851, "USD"), Money(1850, "EUR"), Money(0, "USD")])
async def test_another_amount_or_currency_does_not_pay(shop: Shop, seller: Person, amount: Money) -> None:
    """case 26."""
    mug, _, buyer, order_id = await pending(shop, seller)
    await settlement_of(shop).settle(Payment("x", order_id, PaymentStatus.APPROVED, amount))
    order = await buyer.order(order_id)
    assert order["status"] in ("refunding", "refunded") and order["refundReason"] == "wrong_amount"
    books = await books_of(shop, mug)
    assert (books.stock, books.kept, books.sold) == (1, 0, 0)


async def test_a_seller_who_takes_the_goods_away_meanwhile(shop: Shop, seller: Person) -> None:
    """The stock was lowered by hand while it was paid: no sale below nothing, the money goes back."""
    mug, _, buyer, order_id = await pending(shop, seller)
    await shop.ask("PATCH", f"products/{mug}", seller, json={"stock": 0})
    await settlement_of(shop).settle(approved({**await buyer.order(order_id)}))
    assert (await buyer.order(order_id))["refundReason"] == "sold_out"
    books = await books_of(shop, mug)
    assert (books.stock, books.kept, books.sold) == (0, 0, 0)


async def test_what_a_server_did_not_live_to_settle_is_settled_after(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 29, in one process: the money was taken, the commit never came; the provider is asked by our reference."""
    mug = await shop.product(seller, stock=1)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    await buyer.add(stream_id, mug)
    provider = shop.server.payments.provider
    charge = provider.charge

    async def dies(request: ChargeRequest) -> ChargeAnswer:
        await charge(request)
        raise asyncio.CancelledError  # nothing after this line of the purchase is done

    monkeypatch.setattr(provider, "charge", dies)
    assert isinstance(provider, SandboxProvider)
    provider.deliver_to(nothing)
    wish = await buyer.wish(stream_id)
    with pytest.raises(asyncio.CancelledError):
        await shop.server.services.checkout.purchases.buy(*await arguments(shop, buyer, wish))
    [row] = await rows_of(shop, OrderRow)
    assert row.status == "reserved"
    await due(shop)
    assert (await buyer.order(row.id))["status"] == "paid"
    (await books_of(shop, mug)).check()


async def nothing(*_: Any) -> None: ...


async def arguments(shop: Shop, buyer: Buyer, wish: dict[str, Any]) -> tuple[Any, Any, None]:
    caller = await shop.server.services.accounts.caller(buyer.person.token)
    return caller, PurchaseRequest.model_validate(wish), None


async def test_a_lost_request_expires_and_nothing_is_charged(shop: Shop, seller: Person) -> None:
    """The provider never got it: the goods are free when the reservation runs out."""
    mug = await shop.product(seller, stock=1)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug, token="tok_timeout_lost", status=202)
    await due(shop)
    assert (await buyer.order(order["id"]))["status"] == "reserved", "an empty answer is not final yet"
    await run_out(shop, order["id"])
    await shop.server.checkout.reconciling.look()
    assert (await buyer.order(order["id"]))["status"] == "expired"
    assert (await books_of(shop, mug)).kept == 0
    assert (await buyer.buy(stream_id))["status"] == "paid"
