"""Products on air: the shelf, the one card shown, and who may show it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.shop import Person, Shop, eventually


async def test_highlighting_one_hides_the_other_at_once(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    lamp = await shop.product(seller, name="Lamp", price=64)
    stream_id = await shop.live_stream(seller, productIds=[mug, lamp])
    viewer = await shop.listener()
    start = (await viewer.join(stream_id))["seq"]
    for product_id in (mug, lamp, lamp):
        answer = await shop.ask("PUT", f"live/streams/{stream_id}/products/{product_id}/highlight", seller)
        assert answer["success"] is True and answer["highlightedAt"].endswith("Z")
    hidden = await shop.ask("PUT", f"live/streams/{stream_id}/products/{lamp}/hide", seller)
    assert hidden == {"success": True, "isVisible": False}
    await shop.ask("PUT", f"live/streams/{stream_id}/products/{lamp}/hide", seller)
    await eventually(lambda: len(viewer.seqs) == 5)
    told = [(name, data.get("productId") or data["product"]["id"]) for name, data in viewer.events if "product" in name]
    assert told == [
        ("live:product:highlighted", mug),
        ("live:product:hidden", mug),
        ("live:product:highlighted", lamp),
        ("live:product:highlighted", lamp),
        ("live:product:hidden", lamp),
    ]
    assert viewer.seqs == list(range(start + 1, start + 6))
    card = viewer.named("live:product:highlighted")[0]
    assert card["product"] == {"id": mug, "name": "Mug", "price": 18.5, "currency": "USD", "stock": 5, "soldCount": 0}
    assert card["mediaAt"] <= card["at"] and card["position"] == 1 and card["isPinned"] is False


async def test_two_highlights_at_once_leave_one_card(shop: Shop, seller: Person) -> None:
    products = [await shop.product(seller, name=f"Product {number}") for number in range(4)]
    stream_id = await shop.live_stream(seller, productIds=products)
    await asyncio.gather(
        *(shop.ask("PUT", f"live/streams/{stream_id}/products/{each}/highlight", seller) for each in products * 3)
    )
    shelf = await shop.ask("GET", f"live/streams/{stream_id}/products")
    assert [item["isHighlighted"] for item in shelf["products"]].count(True) == 1


@pytest.mark.parametrize(
    ("offer", "live_price"),
    [
        ({}, None),
        ({"livePrice": 15.25}, 15.25),
        ({"discountPercent": 15}, 15.73),
        ({"discountPercent": 10, "livePrice": 18}, 18),
        ({"livePrice": 18.5}, None),
        ({"discountPercent": 10, "livePrice": 18.5}, None),
        ({"discountPercent": 0}, None),
    ],
)
async def test_the_price_on_air(shop: Shop, seller: Person, offer: dict[str, float], live_price: float | None) -> None:
    """The live price wins, else the discount, rounded half up (18.50 less 15 % is 15.725)."""
    stream_id = await shop.stream(seller)
    wish = {"productId": await shop.product(seller), **offer}
    added = await shop.ask("POST", f"live/streams/{stream_id}/products", seller, json=wish, status=201)
    assert added["product"].get("livePrice") == live_price
    discount = None if "livePrice" in offer else offer.get("discountPercent")
    assert added["product"].get("discountPercent") == discount, "only what counts is shown"


async def test_a_live_price_above_the_price_is_refused(shop: Shop, seller: Person) -> None:
    mug, stream_id = await shop.product(seller), await shop.stream(seller)
    path = f"live/streams/{stream_id}/products"
    offers: list[tuple[str, str, dict[str, Any]]] = [("POST", path, {"productId": mug}), ("PATCH", f"{path}/{mug}", {})]
    for method, where, wish in offers:
        refused = await shop.send(method, where, seller, json={**wish, "livePrice": 18.51})
        [error] = refused.json()["errors"]
        assert refused.status_code == 422 and error["field"] == "livePrice" and "at most 18.5." in error["detail"], (
            error
        )
        if method == "POST":
            await shop.ask(method, where, seller, json=wish, status=201)
    await shop.ask("PATCH", f"{path}/{mug}", seller, json={"livePrice": 15})
    await shop.ask("PATCH", f"products/{mug}", seller, json={"price": 12})
    [shown] = (await shop.ask("GET", path))["products"]
    assert shown["product"]["price"] == 12 and "livePrice" not in shown["product"], "the lower one counts"


async def test_a_show_sells_in_one_currency(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.stream(seller, productIds=[mug])
    pesos = await shop.product(seller, price=900, currency="CLP")
    path = f"live/streams/{stream_id}/products"
    assert await shop.refused("stream.currency_mismatch", "POST", path, seller, json={"productId": pesos}) == 422
    await shop.ask("DELETE", f"{path}/{mug}", seller, status=204)
    await shop.ask("POST", path, seller, json={"productId": pesos}, status=201)


async def test_the_shelf_keeps_its_order_and_takes_a_product_once(shop: Shop, seller: Person) -> None:
    mug, lamp = await shop.product(seller), await shop.product(seller, name="Lamp")
    stream_id = await shop.stream(seller)
    path = f"live/streams/{stream_id}/products"
    await shop.ask("POST", path, seller, json={"productId": mug, "position": 5}, status=201)
    await shop.ask("POST", path, seller, json={"productId": lamp}, status=201)
    assert await shop.refused("stream.product_already_added", "POST", path, seller, json={"productId": mug}) == 409
    shelf = await shop.ask("GET", path)
    assert [(item["productId"], item["position"]) for item in shelf["products"]] == [(mug, 1), (lamp, 2)]
    assert shelf["total"] == 2
    await shop.ask("DELETE", f"{path}/{mug}", seller, status=204)
    assert await shop.refused("stream.product_not_found", "DELETE", f"{path}/{mug}", seller) == 404


async def test_the_room_hears_of_every_change_of_the_shelf(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller)
    viewer = await shop.listener()
    await viewer.join(stream_id)
    path = f"live/streams/{stream_id}/products"
    await shop.ask("POST", path, seller, json={"productId": mug}, status=201)
    assert await shop.ask("PUT", f"{path}/{mug}/pin", seller) == {"success": True, "isPinned": True}
    await shop.ask("PUT", f"{path}/{mug}/pin", seller)
    await shop.ask("PUT", f"{path}/{mug}/unpin", seller)
    await shop.ask("PATCH", f"products/{mug}", seller, json={"name": "Big mug", "stock": 1})
    await shop.ask("PUT", f"{path}/{mug}/highlight", seller)
    await shop.ask("DELETE", f"{path}/{mug}", seller, status=204)
    await eventually(lambda: len(viewer.seqs) == 9)
    assert [name for name, data in viewer.events if "product" in name] == [
        "live:product:updated",
        "live:product:pinned",
        "live:product:unpinned",
        "live:product:updated",
        "live:product:stock",
        "live:product:highlighted",
        "live:product:hidden",
        "live:product:removed",
    ]
    updated = viewer.named("live:product:updated")[1]
    assert updated["product"]["product"]["name"] == "Big mug" and updated["product"]["product"]["stock"] == 1


async def test_over_is_over(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    path = f"live/streams/{stream_id}/products/{mug}/highlight"
    assert await shop.refused("stream.over", "PUT", path, seller) == 409


async def test_only_the_host_shows_products_by_whatever_way(shop: Shop, seller: Person) -> None:
    """case 4: the socket asks the same question as REST."""
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    strangers = [
        (None, "auth.required"),
        (await shop.guest(), "auth.forbidden"),
        (await shop.person(), "auth.forbidden"),
        (await shop.person(Role.SELLER), "auth.forbidden"),
    ]
    for who, code in strangers:
        listener = await shop.listener(who)
        await listener.join(stream_id)
        for action in ("highlight", "hide"):
            await shop.refused(code, "PUT", f"live/streams/{stream_id}/products/{mug}/{action}", who)
            answer = await listener.call(f"live:product:{action}", {"streamId": stream_id, "productId": mug})
            assert answer["ok"] is False and answer["error"]["code"] == code
    host = await shop.listener(seller)
    answer = await host.call("live:product:highlight", {"streamId": stream_id, "productId": mug, "capturedAt": 1})
    assert answer["ok"] is True and answer["success"] is True
    assert (await host.call("live:product:hide", {"streamId": stream_id, "productId": mug}))["isVisible"] is False
