"""The sandbox in a whole server: what it decides later reaches the order by its notices."""

from __future__ import annotations

from typing import Any

from tests.gshop_studio.server.shop import Person, Shop, eventually_async


async def buy(shop: Shop, seller: Person, buyer: Person, token: str) -> tuple[int, dict[str, Any]]:
    """Buy a mug with this token, and what is answered."""
    product_id = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[product_id])
    method = {"token": token, "method": "visa"}
    address = {"recipient": "Ann", "line1": "Calle Mayor 1", "city": "Lima", "country": "PE"}
    wish = {"streamId": stream_id, "productId": product_id, "quantity": 1}
    cart = await shop.ask("POST", "orders/live-checkout/add-to-cart", buyer, json=wish)
    purchase = {
        "streamId": stream_id,
        "cartId": cart["cartId"],
        "paymentMethodId": (await shop.ask("POST", "users/me/payment-methods", buyer, json=method, status=201))["id"],
        "shippingAddressId": (await shop.ask("POST", "users/me/addresses", buyer, json=address, status=201))["id"],
    }
    response = await shop.send("POST", "orders/live-checkout/purchase", buyer, json=purchase)
    return response.status_code, response.json()


async def becomes(shop: Shop, buyer: Person, order_id: str, status: str) -> None:
    async def is_so() -> bool:
        return bool((await shop.ask("GET", f"orders/{order_id}", buyer))["status"] == status)

    await eventually_async(is_so, status)


async def test_what_is_decided_later_pays_the_order(shop: Shop, seller: Person) -> None:
    buyer = await shop.person()
    status, order = await buy(shop, seller, buyer, "tok_pending_approved")
    assert (status, order["status"]) == (202, "reserved")
    await becomes(shop, buyer, order["orderId"], "paid")


async def test_an_answer_that_is_lost_is_found_by_the_notice(shop: Shop, seller: Person) -> None:
    """case 29."""
    buyer = await shop.person()
    status, order = await buy(shop, seller, buyer, "tok_timeout_charged")
    assert status in (201, 202)
    await becomes(shop, buyer, order["orderId"], "paid")


async def test_what_is_declined_later_frees_the_goods(shop: Shop, seller: Person) -> None:
    buyer = await shop.person()
    status, order = await buy(shop, seller, buyer, "tok_pending_declined")
    assert status == 202
    await becomes(shop, buyer, order["orderId"], "declined")


async def test_a_wrong_amount_does_not_pay_the_order_and_goes_back(shop: Shop, seller: Person) -> None:
    """case 26."""
    buyer = await shop.person()
    status, _ = await buy(shop, seller, buyer, "tok_wrong_amount")
    assert status == 409
    [order] = (await shop.ask("GET", "users/me/orders", buyer))["orders"]
    await becomes(shop, buyer, order["id"], "refunded")
