"""Refunds: the money goes back once, the goods where it is wished, the commission is reversed."""

from __future__ import annotations

from gshop_studio.contract.rest import Role
from gshop_studio.server.tables import PaymentRow
from tests.gshop_studio.server.checkout.buying import Buyer, books_of, buyer_of, rows_of
from tests.gshop_studio.server.shop import Person, Shop, eventually_async


async def until(buyer: Buyer, order_id: str, status: str) -> None:
    async def is_so() -> bool:
        return bool((await buyer.order(order_id))["status"] == status)

    await eventually_async(is_so, f"the order being {status}")


async def test_a_seller_gives_the_money_back_and_has_the_goods(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, price=10, stock=3)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug, 2)
    path = f"orders/{order['id']}/refund"
    refund = await shop.ask("POST", path, seller, json={"reason": "broken"})
    assert refund["status"] in ("refunding", "refunded") and refund["refundReason"] == "broken"
    await until(buyer, order["id"], "refunded")
    assert (await shop.ask("POST", path, seller))["status"] == "refunded", "again is the same"
    assert (await shop.ask("GET", f"products/{mug}"))["stock"] == 3
    stats = await shop.ask("GET", f"live/streams/{stream_id}/checkout-stats", seller)
    assert (stats["refunds"], stats["refundedAmount"], stats["totalRevenue"]) == (1, 20.0, 20.0)
    [payment] = await rows_of(shop, PaymentRow)
    assert payment.refund_state == "done" and payment.refund_id


async def test_without_the_goods_back(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=3)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug)
    await shop.ask("POST", f"orders/{order['id']}/refund", seller, json={"restock": False})
    await until(buyer, order["id"], "refunded")
    assert (await books_of(shop, mug)).stock == 2


async def test_what_the_provider_does_not_give_back_stays_paid(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=3)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug, token="tok_no_refund")
    await shop.ask("POST", f"orders/{order['id']}/refund", seller)

    async def is_refused() -> bool:
        [payment] = await rows_of(shop, PaymentRow)
        return bool(payment.refund_state == "refused")

    await eventually_async(is_refused)
    refused = await buyer.order(order["id"])
    assert refused["status"] == "paid" and refused["isRefundRefused"] is True
    assert "isRefundRefused" not in order
    assert (await books_of(shop, mug)).stock == 2


async def test_who_may_give_back(shop: Shop, seller: Person) -> None:
    affiliate, stranger = await shop.person(Role.AFFILIATE), await shop.person()
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(affiliate, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug)
    path = f"orders/{order['id']}/refund"
    assert await shop.refused("auth.required", "POST", path) == 401
    assert await shop.refused("order.not_found", "POST", path, stranger) == 404
    assert await shop.refused("auth.forbidden", "POST", path, buyer.person) == 403
    assert await shop.refused("auth.forbidden", "POST", path, affiliate) == 403
    open_order = await (await buyer_of(shop)).take(stream_id, mug, token="tok_late_approved", status=202)
    await shop.refused("order.not_paid", "POST", f"orders/{open_order['id']}/refund", seller)


async def test_what_cost_nothing_is_back_at_once(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, price=0, stock=1)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    order = await (await buyer_of(shop)).take(stream_id, mug)
    assert (await shop.ask("POST", f"orders/{order['id']}/refund", seller))["status"] == "refunded"
    assert (await shop.ask("GET", f"products/{mug}"))["stock"] == 1
