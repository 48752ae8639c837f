"""Races for the last unit: one order, nothing oversold, and whoever lost leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.checkout.reserving import PurchaseWish, Reserving
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import OrderRow, PaymentRow
from tests.gshop_studio.server.checkout.buying import CHECKOUT, Buyer, books_of, buyer_of, rows_of
from tests.gshop_studio.server.conftest import SECRET_KEY
from tests.gshop_studio.server.shop import Person, Shop
from tests.support.postgres import Postgres


async def all_at_once(buyers: Sequence[Buyer], stream_id: str, **kwargs: Any) -> list[tuple[int, str]]:
    """Status and code of each."""
    wishes = [await buyer.wish(stream_id) for buyer in buyers]
    answers = await asyncio.gather(
        *(
            buyer.shop.send("POST", f"{CHECKOUT}/purchase", buyer.person, json=wish, **kwargs)
            for buyer, wish in zip(buyers, wishes, strict=True)
        )
    )
    return [(answer.status_code, answer.json().get("code", "")) for answer in answers]


async def test_many_buyers_and_one_unit(shop: Shop, seller: Person) -> None:
    """cases 18, 20 and 21: one order; no order, payment or reservation of those who lost."""
    mug = await shop.product(seller, stock=1)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyers = [await buyer_of(shop) for _ in range(12)]
    for buyer in buyers:
        await buyer.add(stream_id, mug)
    results = await all_at_once(buyers, stream_id)
    assert sorted(results) == [(201, ""), *[(409, "product.out_of_stock")] * 11]
    assert len(await rows_of(shop, OrderRow)) == 1 and len(await rows_of(shop, PaymentRow)) == 1
    books = await books_of(shop, mug)
    books.check()
    assert (books.stock, books.kept, books.sold) == (0, 0, 1)


async def test_two_products_bought_in_both_orders(shop: Shop, seller: Person) -> None:
    """case 19: carts that name the same products in another order do not block each other."""
    products = [await shop.product(seller, stock=4), await shop.product(seller, name="Bowl", stock=4)]
    stream_id = await shop.live_stream(seller, productIds=products)
    buyers = [await buyer_of(shop) for _ in range(6)]
    for number, buyer in enumerate(buyers):
        for product_id in products if number % 2 else reversed(products):
            await buyer.add(stream_id, product_id)
    results = await all_at_once(buyers, stream_id)
    assert sorted(status for status, _ in results) == [201] * 4 + [409] * 2
    for product_id in products:
        books = await books_of(shop, product_id)
        books.check()
        assert books.sold == 4


async def test_one_product_in_two_shows_at_once(shop: Shop, seller: Person) -> None:
    """The stock is the catalogue's, whichever show sells it; each show's cap holds besides."""
    affiliate = await shop.person(Role.AFFILIATE)
    mug = await shop.product(seller, stock=5)
    shows = [await shop.live_stream(host, productIds=[mug]) for host in (seller, affiliate)]
    await shop.ask("PATCH", f"live/streams/{shows[0]}/products/{mug}", seller, json={"stock": 2})
    buyers = [await buyer_of(shop) for _ in range(10)]
    wishes = []
    for number, buyer in enumerate(buyers):
        await buyer.add(shows[number % 2], mug)
        wishes.append(await buyer.wish(shows[number % 2]))
    answers = await asyncio.gather(
        *(
            shop.send("POST", f"{CHECKOUT}/purchase", buyer.person, json=wish)
            for buyer, wish in zip(buyers, wishes, strict=True)
        )
    )
    bought = [number % 2 for number, answer in enumerate(answers) if answer.status_code == 201]
    assert bought.count(0) <= 2 and len(bought) == 5
    (await books_of(shop, mug)).check()


async def test_a_purchase_between_another_ones_check_and_commit(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 20: the second one is asked for while the first has checked and not committed."""
    mug = await shop.product(seller, stock=1)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    first, second = await buyer_of(shop), await buyer_of(shop)
    for buyer in (first, second):
        await buyer.add(stream_id, mug)
    wish = await second.wish(stream_id)
    others: list[asyncio.Task[Any]] = []
    reserve = Reserving.reserve

    async def hooked(self: Reserving, transaction: Transaction, wishes: Sequence[PurchaseWish]) -> Any:
        results = await reserve(self, transaction, wishes)
        if not others:
            request = shop.send("POST", f"{CHECKOUT}/purchase", second.person, json=wish)
            others.append(asyncio.create_task(request))
            await asyncio.wait(others, timeout=0.3)
        return results

    monkeypatch.setattr(Reserving, "reserve", hooked)
    assert (await first.buy(stream_id))["status"] == "paid"
    [answer] = await asyncio.gather(*others)
    assert answer.json()["code"] == "product.out_of_stock"
    (await books_of(shop, mug)).check()


async def test_two_servers_and_one_unit(tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """case 18, across servers: while one has checked and not committed, the other is asked."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(postgres.database())
        settings: dict[str, Any] = {"database_url": url, "secret_key": SECRET_KEY}
        one = await stack.enter_async_context(Shop(tmp_path / "one", **settings))
        two = await stack.enter_async_context(Shop(tmp_path / "two", **settings))
        seller = await one.person(Role.SELLER)
        mug = await one.product(seller, stock=1)
        stream_id = await one.live_stream(seller, productIds=[mug])
        first, second = await buyer_of(one), await buyer_of(two)
        for buyer in (first, second):
            await buyer.add(stream_id, mug)
        wish = await second.wish(stream_id)
        others: list[asyncio.Task[Any]] = []
        reserve = Reserving.reserve

        async def hooked(self: Reserving, transaction: Transaction, wishes: Sequence[PurchaseWish]) -> Any:
            results = await reserve(self, transaction, wishes)
            if not others:
                others.append(asyncio.create_task(two.send("POST", f"{CHECKOUT}/purchase", second.person, json=wish)))
                await asyncio.wait(others, timeout=0.5)
            return results

        monkeypatch.setattr(Reserving, "reserve", hooked)
        assert (await first.buy(stream_id))["status"] == "paid"
        [answer] = await asyncio.gather(*others)
        assert answer.json()["code"] == "product.out_of_stock"
        (await books_of(one, mug)).check()


async def test_the_same_key_at_two_servers(tmp_path: Path, postgres: Postgres) -> None:
    """cases 14 and 28: one order, whichever server is asked."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(postgres.database())
        settings: dict[str, Any] = {"database_url": url, "secret_key": SECRET_KEY}
        shops = [await stack.enter_async_context(Shop(tmp_path / name, **settings)) for name in ("one", "two")]
        seller = await shops[0].person(Role.SELLER)
        mug = await shops[0].product(seller, stock=50)
        stream_id = await shops[0].live_stream(seller, productIds=[mug])
        for number in range(6):
            buyer = await buyer_of(shops[0])
            await buyer.add(stream_id, mug)
            wish = await buyer.wish(stream_id)
            answers = await asyncio.gather(
                *(
                    shop.send("POST", f"{CHECKOUT}/purchase", buyer.person, json=wish, headers={"Idempotency-Key": "k"})
                    for shop in shops * 2
                )
            )
            assert {answer.status_code for answer in answers} <= {201, 202}, [answer.text for answer in answers]
            assert len({answer.json()["id"] for answer in answers}) == 1
            assert (await books_of(shops[0], mug)).ordered == number + 1
