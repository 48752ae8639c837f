"""Carts: what goes in and what is refused, and at whose prices."""

from __future__ import annotations

from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.checkout.buying import CHECKOUT, buyer_of
from tests.gshop_studio.server.shop import Person, Shop


async def test_a_cart_holds_what_was_put_in_at_the_prices_of_now(shop: Shop, seller: Person) -> None:
    mug, bowl = await shop.product(seller), await shop.product(seller, name="Bowl", price=7.25)
    stream_id = await shop.live_stream(seller, productIds=[mug, bowl])
    path = f"live/streams/{stream_id}/products/{mug}"
    await shop.ask("PATCH", path, seller, json={"discountPercent": 10})
    buyer = await buyer_of(shop)
    first = await buyer.add(stream_id, mug, 2)
    assert first == {
        "cartId": first["cartId"],
        "itemId": first["itemId"],
        "quantity": 2,
        "total": 33.3,
        "currency": "USD",
    }
    assert (await buyer.add(stream_id, bowl))["total"] == 40.55
    await shop.ask("PATCH", path, seller, json={"livePrice": 15})
    cart = await shop.ask("GET", f"{CHECKOUT}/cart", buyer.person)
    assert cart["streamId"] == stream_id and cart["cartId"] == first["cartId"]
    assert [(item["name"], item["quantity"], item["price"], item["unitPrice"]) for item in cart["items"]] == [
        ("Mug", 2, 18.5, 15.0),
        ("Bowl", 1, 7.25, 7.25),
    ]
    assert cart["total"] == 37.25
    shelf = (await shop.ask("GET", f"live/streams/{stream_id}/products", seller))["products"]
    assert [product["addToCartCount"] for product in shelf] == [1, 1]


async def test_more_of_the_same_is_one_line(shop: Shop, seller: Person) -> None:
    """case 19: the demand is summed, and is not more than there is."""
    mug = await shop.product(seller, stock=5)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    await buyer.add(stream_id, mug, 3)
    assert (await buyer.add(stream_id, mug, 2))["quantity"] == 5
    wish = {"streamId": stream_id, "productId": mug, "quantity": 1}
    assert await shop.refused("product.too_few", "POST", f"{CHECKOUT}/add-to-cart", buyer.person, json=wish) == 409
    [item] = (await shop.ask("GET", f"{CHECKOUT}/cart", buyer.person))["items"]
    assert item["quantity"] == 5


async def test_a_line_is_changed_and_taken_out_and_a_cart_given_up(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer, other = await buyer_of(shop), await shop.person()
    item_id = (await buyer.add(stream_id, mug))["itemId"]
    path = f"{CHECKOUT}/cart/items/{item_id}"
    assert (await shop.ask("PUT", path, buyer.person, json={"quantity": 4}))["total"] == 74.0
    await shop.refused("product.too_few", "PUT", path, buyer.person, json={"quantity": 6})
    assert await shop.refused("checkout.item_not_found", "PUT", path, other, json={"quantity": 1}) == 404
    assert await shop.refused("checkout.item_not_found", "DELETE", path, other) == 404
    await shop.ask("DELETE", path, buyer.person, status=204)
    assert (await shop.ask("GET", f"{CHECKOUT}/cart", buyer.person))["items"] == []
    first = (await buyer.add(stream_id, mug))["cartId"]
    await shop.ask("DELETE", f"{CHECKOUT}/cart", buyer.person, status=204)
    await shop.ask("DELETE", f"{CHECKOUT}/cart", buyer.person, status=204)
    assert "cartId" not in await shop.ask("GET", f"{CHECKOUT}/cart", buyer.person)
    assert (await buyer.add(stream_id, mug))["cartId"] != first


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": 1.0}, "quantity"),
        ({"quantity": "2"}, "quantity"),
        ({"quantity": 10**12}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"price": 1}, "price"),
        ({"total": 0.01}, "total"),
        ({"livePrice": 0}, "livePrice"),
        ({"productId": 5}, "productId"),
    ],
)
async def test_prices_of_the_client_and_strange_quantities_are_refused(
    shop: Shop, seller: Person, change: dict[str, Any], field: str
) -> None:
    """case 27."""
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await shop.person()
    wish = {"streamId": stream_id, "productId": mug, "quantity": 1, **change}
    response = await shop.send("POST", f"{CHECKOUT}/add-to-cart", buyer, json=wish)
    assert response.status_code == 422, response.text
    assert field in [error["field"] for error in response.json()["errors"]]


async def test_who_may_not_buy_is_told_why(shop: Shop, seller: Person) -> None:
    mug, elsewhere = await shop.product(seller), await shop.product(seller, name="Bowl")
    sold_out = await shop.product(seller, name="Plate", stock=0)
    stream_id = await shop.live_stream(seller, productIds=[mug, sold_out])
    later = await shop.stream(seller, productIds=[mug])
    private = await shop.live_stream(seller, productIds=[mug], isPrivate=True, allowedViewers=[seller.id])
    buyer, guest = await shop.person(), await shop.guest()

    async def refusal(code: str, who: Person | None, stream: str = stream_id, product: str = mug) -> int:
        wish = {"streamId": stream, "productId": product, "quantity": 1}
        return await shop.refused(code, "POST", f"{CHECKOUT}/add-to-cart", who, json=wish)

    assert await refusal("auth.required", None) == 401
    assert await refusal("auth.account_needed", guest) == 403
    assert await refusal("checkout.own_show", seller) == 403
    assert await refusal("stream.not_live", buyer, stream=later) == 409
    assert await refusal("stream.private", buyer, stream=private) == 403
    assert await refusal("stream.product_not_found", buyer, product=elsewhere) == 404
    assert await refusal("product.out_of_stock", buyer, product=sold_out) == 409
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    assert await refusal("stream.not_live", buyer) == 409


async def test_sellers_do_not_buy_their_own_goods_at_an_affiliates(shop: Shop, seller: Person) -> None:
    affiliate = await shop.person(Role.AFFILIATE)
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(affiliate, productIds=[mug])
    wish = {"streamId": stream_id, "productId": mug, "quantity": 1}
    assert await shop.refused("checkout.own_product", "POST", f"{CHECKOUT}/add-to-cart", seller, json=wish) == 403
