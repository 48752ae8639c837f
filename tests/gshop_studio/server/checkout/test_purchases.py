"""Purchases: what is paid and what it changes, once however often it is asked; what is declined and what is open."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from gshop_studio.server.tables import CartRow, OrderRow
from tests.gshop_studio.server.checkout.buying import CHECKOUT, books_of, buyer_of, rows_of
from tests.gshop_studio.server.shop import Person, Shop, eventually_async


async def test_buying_a_cart_sells_it(shop: Shop, seller: Person) -> None:
    mug, bowl = await shop.product(seller, stock=5), await shop.product(seller, name="Bowl", price=7, stock=3)
    stream_id = await shop.live_stream(seller, productIds=[mug, bowl])
    await shop.ask("PATCH", f"live/streams/{stream_id}/products/{mug}", seller, json={"livePrice": 15, "stock": 4})
    buyer = await buyer_of(shop)
    viewer = await shop.listener(buyer.person)
    await viewer.join(stream_id)
    await buyer.add(stream_id, mug, 2)
    await buyer.add(stream_id, bowl)
    order = await buyer.buy(stream_id)
    assert order["status"] == "paid" and order["total"] == 37.0 and order["currency"] == "USD"
    assert order["id"] == order["orderId"] and order["liveSessionId"] == order["streamId"] == stream_id
    assert [(line["name"], line["quantity"], line["unitPrice"], line["total"]) for line in order["items"]] == [
        ("Mug", 2, 15.0, 30.0),
        ("Bowl", 1, 7.0, 7.0),
    ]
    assert order["shippingAddress"]["city"] == "Lima" and "affiliateId" not in order
    assert (await shop.ask("GET", f"products/{mug}"))["stock"] == 3
    shelf = (await shop.ask("GET", f"live/streams/{stream_id}/products", seller))["products"]
    assert [(row["soldCount"], row["purchaseCount"], row["revenue"]) for row in shelf] == [(2, 1, 30.0), (1, 1, 7.0)]
    assert shelf[0]["product"]["stock"] == 2, "the show's cap is lowered, too"
    show = await shop.ask("GET", f"live/streams/{stream_id}", seller)
    assert show["totalPurchases"] == 1 and show["gmv"] == 37.0
    stats = await shop.ask("GET", f"live/streams/{stream_id}/products/{mug}/stats", seller)
    assert stats["soldCount"] == 2 and stats["revenue"] == 30.0 and stats["addToCartCount"] == 1
    analytics = await shop.ask("GET", f"live/streams/{stream_id}/analytics", seller)
    assert analytics["conversionRate"] == 1.0 and analytics["purchases"] == 1 and analytics["revenue"] == 37.0
    assert "cartId" not in await shop.ask("GET", f"{CHECKOUT}/cart", buyer.person)
    assert (await shop.ask("GET", "users/me/orders", buyer.person))["orders"] == [await buyer.order(order["id"])]
    (await books_of(shop, mug)).check()


async def test_the_checkout_of_a_show_in_numbers(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, price=10, stock=9)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyers = [await buyer_of(shop) for _ in range(3)]
    await buyers[0].take(stream_id, mug, 2)
    await buyers[1].take(stream_id, mug)
    await buyers[2].add(stream_id, mug)
    assert "clickToPurchase" in await shop.ask("GET", f"live/streams/{stream_id}/checkout-stats", seller)
    async with shop.server.services.database.write() as transaction:
        for order, seconds in zip(await rows_of(shop, OrderRow), (30, 90), strict=True):
            assert order.paid_at is not None
            begun_at = order.paid_at - timedelta(seconds=seconds)
            await transaction.session.execute(
                update(CartRow).where(CartRow.id == order.cart_id).values(created_at=begun_at)
            )
    analytics = await shop.ask("GET", f"live/streams/{stream_id}/analytics", seller)
    assert analytics["clickToPurchase"] == 60.0
    stats = await shop.ask("GET", f"live/streams/{stream_id}/checkout-stats", seller)
    assert stats == {
        "streamId": stream_id, "cartsCreated": 3, "purchasesCompleted": 2, "conversionRate": 0.6667,
        "averageOrderValue": 15.0, "totalRevenue": 30.0, "clickToPurchase": 60.0, "unitsSold": 3, "refunds": 0,
        "refundedAmount": 0.0, "currency": "USD",
    }  # fmt: skip
    path = f"live/streams/{stream_id}/checkout-stats"
    assert await shop.refused("auth.forbidden", "GET", path, buyers[0].person) == 403


async def test_the_same_key_buys_once(shop: Shop, seller: Person) -> None:
    """case 28: and with another body it is refused."""
    mug = await shop.product(seller, stock=5)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer, other = await buyer_of(shop), await buyer_of(shop)
    await buyer.add(stream_id, mug)
    wish = await buyer.wish(stream_id)
    first, *others = await asyncio.gather(
        *(
            shop.send("POST", f"{CHECKOUT}/purchase", buyer.person, json=wish, headers={"Idempotency-Key": "k"})
            for _ in range(5)
        )
    )
    assert {answer.status_code for answer in (first, *others)} <= {201, 202}
    assert {answer.json()["id"] for answer in (first, *others)} == {first.json()["id"]}
    assert (await buyer.send(wish, key="k"))["id"] == first.json()["id"]
    assert len(await rows_of(shop, OrderRow)) == 1
    changed = {**wish, "paymentMethodId": await buyer.method("tok_declined")}
    path, headers = f"{CHECKOUT}/purchase", {"Idempotency-Key": "k"}
    code = "idempotency.key_reused"
    assert await shop.refused(code, "POST", path, buyer.person, json=changed, headers=headers) == 409
    await other.take(stream_id, mug, key="k")  # keys are a person's
    assert (await books_of(shop, mug)).ordered == 2


@pytest.mark.parametrize(("token", "reason"), [("tok_declined_funds", "funds"), ("tok_nobody_knows", "token")])
async def test_what_is_declined_is_free_again(shop: Shop, seller: Person, token: str, reason: str) -> None:
    """case 21: no reservation and no payment is left, and the cart may be bought another way."""
    mug = await shop.product(seller, stock=1)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    await buyer.add(stream_id, mug)
    wish = await buyer.wish(stream_id, token)
    for _ in range(2):  # a repetition is told the same
        headers = {"Idempotency-Key": "k"}
        path = f"{CHECKOUT}/purchase"
        assert await shop.refused("payment.declined", "POST", path, buyer.person, json=wish, headers=headers) == 402
    [order] = await rows_of(shop, OrderRow)
    assert (order.status, order.decline_reason) == ("declined", reason)
    assert (await books_of(shop, mug)).kept == 0
    assert (await buyer.buy(stream_id))["status"] == "paid"
    (await books_of(shop, mug)).check()


async def test_what_the_provider_decides_later_is_paid_then(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=2)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug, token="tok_pending_approved", status=202)
    assert order["status"] == "reserved" and order["reservedUntil"]
    assert (await books_of(shop, mug)).kept == 1
    wish = {"streamId": stream_id, "productId": mug, "quantity": 1}
    await shop.refused("checkout.in_purchase", "POST", f"{CHECKOUT}/add-to-cart", buyer.person, json=wish)

    async def is_paid() -> bool:
        return bool((await buyer.order(order["id"]))["status"] == "paid")

    await eventually_async(is_paid, "a notice, or a look at the provider's")
    books = await books_of(shop, mug)
    books.check()
    assert (books.stock, books.kept, books.sold) == (1, 0, 1)


async def test_a_lost_answer_is_found(shop: Shop, seller: Person) -> None:
    """The provider took the money and its answer was lost: the buyer waits for a moment, and has the order."""
    mug = await shop.product(seller, stock=1)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    await buyer.add(stream_id, mug)
    order_id = (await shop.send("POST", f"{CHECKOUT}/purchase", buyer.person,
                                json=await buyer.wish(stream_id, "tok_timeout_charged"))).json()["id"]  # fmt: skip

    async def is_paid() -> bool:
        return bool((await buyer.order(order_id))["status"] == "paid")

    await eventually_async(is_paid)
    (await books_of(shop, mug)).check()


async def test_a_wrong_amount_pays_nothing(shop: Shop, seller: Person) -> None:
    """case 26: the order is not paid, and the money goes back."""
    mug = await shop.product(seller, stock=1)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    await buyer.add(stream_id, mug)
    wish = await buyer.wish(stream_id, "tok_wrong_amount")
    await shop.refused("checkout.not_completed", "POST", f"{CHECKOUT}/purchase", buyer.person, json=wish)
    [row] = await rows_of(shop, OrderRow)

    async def is_back() -> bool:
        return bool((await buyer.order(row.id))["status"] == "refunded")

    await eventually_async(is_back)
    assert (await buyer.order(row.id))["refundReason"] == "wrong_amount"
    books = await books_of(shop, mug)
    books.check()
    assert (books.stock, books.kept, books.sold) == (1, 0, 0)


async def test_nobody_pays_more_than_they_were_told(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, price=10, stock=5)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    await buyer.add(stream_id, mug)
    await shop.ask("PATCH", f"products/{mug}", seller, json={"price": 12})
    wish = await buyer.wish(stream_id)
    path = f"{CHECKOUT}/purchase"
    assert await shop.refused("checkout.price_rose", "POST", path, buyer.person, json=wish) == 409
    assert (await buyer.buy(stream_id))["total"] == 12.0, "now they know"
    await buyer.add(stream_id, mug)
    await shop.ask("PATCH", f"products/{mug}", seller, json={"price": 8})
    assert (await buyer.buy(stream_id))["total"] == 8.0


async def test_what_costs_nothing_is_nobodys_to_charge(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, price=0, stock=2)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug, token="tok_declined")
    assert order["status"] == "paid" and order["total"] == 0.0
    (await books_of(shop, mug)).check()


async def test_purchases_that_cannot_be(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=5)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer, other = await buyer_of(shop), await buyer_of(shop)
    await buyer.add(stream_id, mug)
    wish = await buyer.wish(stream_id)
    path = f"{CHECKOUT}/purchase"

    async def refusal(code: str, who: Person | None = None, **change: Any) -> int:
        return await shop.refused(code, "POST", path, who or buyer.person, json={**wish, **change})

    assert await refusal("payment_method.not_found", paymentMethodId="nobody's") == 404
    assert await refusal("address.not_found", shippingAddressId=other.address_id) == 404
    assert await refusal("checkout.cart_not_found", cartId="nobody's") == 404
    theirs = {"paymentMethodId": await other.method("tok_approved"), "shippingAddressId": other.address_id}
    assert await refusal("checkout.cart_not_found", other.person, **theirs) == 404
    assert await refusal("stream.not_found", streamId="nowhere") == 404
    elsewhere = await shop.live_stream(seller, productIds=[mug])
    assert await refusal("checkout.cart_not_found", streamId=elsewhere) == 404
    assert await refusal("request.invalid", total=1) == 422
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    assert await refusal("stream.not_live") == 409
    assert await rows_of(shop, OrderRow) == []


async def test_an_order_is_for_who_it_concerns(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer, stranger = await buyer_of(shop), await shop.person()
    order = await buyer.take(stream_id, mug)
    path = f"orders/{order['id']}"
    assert (await shop.ask("GET", path, seller))["shippingAddress"]["recipient"] == "Ana Paz"
    assert await shop.refused("order.not_found", "GET", path, stranger) == 404
    assert await shop.refused("auth.required", "GET", path) == 401
