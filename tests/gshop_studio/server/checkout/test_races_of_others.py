"""What others do between a purchase's check and its commit, or between a refund's: it comes wholly before or after."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gshop_studio.server.checkout.kinds import GIVE_BACK
from gshop_studio.server.checkout.refunds import RefundService
from gshop_studio.server.checkout.reserving import PurchaseWish, Reserving
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import AfterCommitTaskRow, OrderRow, SandboxRefundRow
from tests.gshop_studio.server.checkout.buying import CHECKOUT, Buyer, books_of, buyer_of, rows_of
from tests.gshop_studio.server.shop import Person, Shop, eventually_async

WAIT_S = 0.3
"""For the other request: where it waits for ours, it is answered afterwards."""
Others = list[asyncio.Task[Any]]


def meanwhile(monkeypatch: pytest.MonkeyPatch, others: Others, *request: Any, **kwargs: Any) -> None:
    """Ask this of a shop once, when a purchase has checked and not committed."""
    shop: Shop = request[0]
    reserve = Reserving.reserve

    async def hooked(self: Reserving, transaction: Transaction, wishes: Sequence[PurchaseWish]) -> Any:
        results = await reserve(self, transaction, wishes)
        if not others:
            others.append(asyncio.create_task(shop.send(*request[1:], **kwargs)))
            await asyncio.wait(others, timeout=WAIT_S)
        return results

    monkeypatch.setattr(Reserving, "reserve", hooked)


async def one_in_a_cart(shop: Shop, seller: Person, **product: Any) -> tuple[str, str, Buyer]:
    mug = await shop.product(seller, **{"price": 10, "stock": 1, **product})
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    await buyer.add(stream_id, mug)
    return mug, stream_id, buyer


@pytest.mark.parametrize(("name", "price"), [("livePrice", 5), ("price", 20)])
async def test_a_price_that_changes(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch, name: str, price: int
) -> None:
    """case 20: who buys pays what they were told; the next is told the new price."""
    mug, stream_id, buyer = await one_in_a_cart(shop, seller, stock=2)
    others: Others = []
    path = f"live/streams/{stream_id}/products/{mug}" if name == "livePrice" else f"products/{mug}"
    meanwhile(monkeypatch, others, shop, "PATCH", path, seller, json={name: price})
    assert (await buyer.buy(stream_id))["total"] == 10.0
    [answer] = await asyncio.gather(*others)
    assert answer.status_code == 200, answer.text
    assert (await (await buyer_of(shop)).take(stream_id, mug))["total"] == price
    (await books_of(shop, mug)).check()


async def test_a_stock_that_is_counted_anew(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """case 20: to nothing. Either it is sold before, or the money goes back; never less than nothing."""
    mug, stream_id, buyer = await one_in_a_cart(shop, seller)
    others: Others = []
    meanwhile(monkeypatch, others, shop, "PATCH", f"products/{mug}", seller, json={"stock": 0})
    wish = await buyer.wish(stream_id)
    bought = await shop.send("POST", f"{CHECKOUT}/purchase", buyer.person, json=wish)
    [answer] = await asyncio.gather(*others)
    assert answer.status_code == 200, answer.text
    [order] = await rows_of(shop, OrderRow)
    assert (order.status == "paid") is (bought.status_code == 201), bought.text
    assert order.status == "paid" or order.refund_reason == "sold_out"
    books = await books_of(shop, mug)
    books.check()
    assert (books.stock, books.kept) == (0, 0)


@pytest.mark.parametrize("thing", ["cart", "item", "show", "address", "method"])
async def test_what_it_is_of_is_taken_away(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch, thing: str
) -> None:
    """case 20: the buyer gives the cart up, the host ends the show: what was checked is bought."""
    mug, stream_id, buyer = await one_in_a_cart(shop, seller)
    wish = await buyer.wish(stream_id)
    cart = await shop.ask("GET", f"{CHECKOUT}/cart", buyer.person, params={"streamId": stream_id})
    requests: dict[str, tuple[str, str, Person]] = {
        "cart": ("DELETE", f"{CHECKOUT}/cart?streamId={stream_id}", buyer.person),
        "item": ("DELETE", f"{CHECKOUT}/cart/items/{cart['items'][0]['id']}", buyer.person),
        "show": ("POST", f"live/streams/{stream_id}/end", seller),
        "address": ("DELETE", f"users/me/addresses/{buyer.address_id}", buyer.person),
        "method": ("DELETE", f"users/me/payment-methods/{wish['paymentMethodId']}", buyer.person),
    }
    others: Others = []
    meanwhile(monkeypatch, others, shop, *requests[thing])
    order = await buyer.send(wish)
    [answer] = await asyncio.gather(*others)
    assert answer.status_code in (200, 204, 404, 409), answer.text
    assert (order["status"], order["total"]) == ("paid", 10.0)
    assert order["shippingAddress"]["recipient"] == "Ana Paz"
    books = await books_of(shop, mug)
    books.check()
    assert (books.stock, books.kept, books.sold) == (0, 0, 1)


async def test_a_refund_that_is_asked_for_twice(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """case 20: the second comes between the first one's check and its commit. The money and the goods are back once."""
    mug, stream_id, buyer = await one_in_a_cart(shop, seller)
    order = await buyer.buy(stream_id)
    path, others = f"orders/{order['id']}/refund", Others()
    begin = RefundService._begin

    async def hooked(self: RefundService, *args: Any) -> None:
        await begin(self, *args)
        if not others:
            others.append(asyncio.create_task(shop.send("POST", path, seller, json={"restock": True})))
            await asyncio.wait(others, timeout=WAIT_S)

    monkeypatch.setattr(RefundService, "_begin", hooked)
    first = await shop.ask("POST", path, seller, json={"restock": True})
    [second] = await asyncio.gather(*others)
    assert first["status"] in ("refunding", "refunded") and second.status_code == 200

    async def is_back() -> bool:
        return bool((await buyer.order(order["id"]))["status"] == "refunded")

    await eventually_async(is_back)
    assert [task.kind for task in await rows_of(shop, AfterCommitTaskRow)].count(GIVE_BACK) == 1
    [refund] = await rows_of(shop, SandboxRefundRow)
    assert refund.amount_minor == 1000
    books = await books_of(shop, mug)
    books.check()
    assert (books.stock, books.kept) == (1, 0)
