"""Stock and money under everything at once: carts, purchases side by side, payments that come late, twice or wrong,
reservations that run out, refunds, and a seller who counts the stock anew. On one server with SQLite, and on two with
PostgreSQL.

Stock is never negative; what was ordered is what was sold, to the cent; every charge has an order or goes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import update

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import utc_now
from gshop_studio.server.payments.ports import PaymentStatus
from gshop_studio.server.payments.sandbox.provider import SandboxDelays
from gshop_studio.server.tables import OrderRow, SandboxPaymentRow
from tests.gshop_studio.server.checkout.buying import CHECKOUT, Buyer, books_of, buyer_of, rows_of
from tests.gshop_studio.server.conftest import SECRET_KEY, SIZES
from tests.gshop_studio.server.shop import Shop, eventually_async
from tests.gshop_studio.server.shop_thread import ShopThread

EXAMPLES = 12
TOKENS = (
    "tok_approved",
    "tok_approved",
    "tok_declined",
    "tok_late_approved",
    "tok_wrong_amount",
    "tok_timeout_charged",
    "tok_timeout_lost",
)
ENOUGH = {201, 202, 402, 409}
buyers = st.integers(0, 2)
products = st.integers(0, 1)
numbers = st.integers(0, 10_000)


@dataclass(frozen=True)
class Shops:
    thread: ShopThread
    servers: tuple[Shop, ...]


class CheckoutMachine(RuleBasedStateMachine):
    shops: Shops
    """Of the test."""

    @initialize()
    def open(self) -> None:
        self.keys = 0
        self.order_ids: list[str] = []
        self.shops.thread.run(self._open())

    async def _open(self) -> None:
        shop = self.shops.thread.shop
        self.seller = await shop.person(Role.SELLER)
        self.products = [await shop.product(self.seller, price=price, stock=6) for price in (10, 3.33)]
        self.shows = [await shop.live_stream(self.seller, productIds=self.products) for _ in range(2)]
        self.buyers = [await buyer_of(self.shops.servers[n % len(self.shops.servers)]) for n in range(3)]
        for buyer in self.buyers:
            for token in sorted(set(TOKENS)):
                await buyer.method(token)

    # --- what buyers do -----------------------------------------------------------------------------------------

    @rule(buyer=buyers, product=products, show=products, quantity=st.integers(1, 3))
    def put_into_the_cart(self, buyer: int, product: int, show: int, quantity: int) -> None:
        wish = {"streamId": self.shows[show], "productId": self.products[product], "quantity": quantity}
        path = f"{CHECKOUT}/add-to-cart"
        answer = self.run_(self.buyers[buyer].shop.send("POST", path, self.buyers[buyer].person, json=wish))
        assert answer.status_code in (200, 409), answer.text

    @rule(wishes=st.lists(st.tuples(buyers, products, st.sampled_from(TOKENS)), min_size=1, max_size=5))
    def buy_at_once(self, wishes: list[tuple[int, int, str]]) -> None:
        async def buy() -> list[Any]:
            requests = [
                await self._purchase(self.buyers[buyer], self.shows[show], token) for buyer, show, token in wishes
            ]
            return await asyncio.gather(*requests)

        for answer in self.run_(buy()):
            assert answer.status_code in ENOUGH | {422}, answer.text
            if answer.status_code in (201, 202):
                self.order_ids.append(answer.json()["id"])

    async def _purchase(self, buyer: Buyer, stream_id: str, token: str) -> Any:
        self.keys += 1
        cart = await buyer.shop.ask("GET", f"{CHECKOUT}/cart", buyer.person, params={"streamId": stream_id})
        wish = {
            "streamId": stream_id,
            "cartId": cart.get("cartId", ""),
            "paymentMethodId": buyer.methods[token],
            "shippingAddressId": buyer.address_id,
        }
        headers = {"Idempotency-Key": str(self.keys)}
        return buyer.shop.send("POST", f"{CHECKOUT}/purchase", buyer.person, json=wish, headers=headers)

    # --- what the provider does ---------------------------------------------------------------------------------

    @rule(number=numbers, status=st.sampled_from([PaymentStatus.APPROVED, PaymentStatus.DECLINED]))
    def news_of_a_payment(self, number: int, status: PaymentStatus) -> None:
        """Twice at once, at all servers; only what is pending is decided."""
        if not self.order_ids:
            return
        order_id = self.order_ids[number % len(self.order_ids)]

        async def tell() -> None:
            provider = self.shops.servers[0].server.payments.provider
            for payment in await provider.find_by_reference(order_id):
                if payment.status is PaymentStatus.PENDING and status is PaymentStatus.DECLINED:
                    payment = replace(payment, status=status)
                await asyncio.gather(
                    *(
                        shop.server.checkout.reconciling.settlement.settle(payment)
                        for shop in self.shops.servers
                        for _ in range(2)
                    )
                )

        self.run_(tell())

    @rule(number=numbers)
    def a_reservation_runs_out(self, number: int) -> None:
        if self.order_ids:
            self.run_(self._run_out(self.order_ids[number % len(self.order_ids)]))

    async def _run_out(self, order_id: str) -> None:
        shop = self.shops.servers[0]
        past = utc_now() - timedelta(seconds=1)
        async with shop.server.services.database.write() as transaction:
            query = update(OrderRow).where(OrderRow.id == order_id, OrderRow.status == "reserved")
            await transaction.session.execute(query.values(reserved_until=past, next_check_at=past))
        await shop.server.checkout.reconciling.look()

    # --- what the seller does -----------------------------------------------------------------------------------

    @rule(product=products, stock=st.integers(0, 6))
    def count_the_stock(self, product: int, stock: int) -> None:
        shop = self.shops.servers[-1]
        self.run_(shop.ask("PATCH", f"products/{self.products[product]}", self.seller, json={"stock": stock}))

    @rule(show=products, product=products, cap=st.none() | st.integers(0, 2))
    def cap(self, show: int, product: int, cap: int | None) -> None:
        path = f"live/streams/{self.shows[show]}/products/{self.products[product]}"
        answer = self.run_(self.shops.servers[0].send("PATCH", path, self.seller, json={"stock": cap}))
        assert answer.status_code in (200, 422), answer.text

    @rule(number=numbers, restock=st.booleans())
    def refund(self, number: int, restock: bool) -> None:
        if not self.order_ids:
            return
        path = f"orders/{self.order_ids[number % len(self.order_ids)]}/refund"
        answer = self.run_(self.shops.servers[0].send("POST", path, self.seller, json={"restock": restock}))
        assert answer.status_code in (200, 409), answer.text

    # --- what must hold -----------------------------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self) -> None:
        for product_id in getattr(self, "products", ()):
            self.run_(books_of(self.shops.servers[0], product_id)).check()

    def teardown(self) -> None:
        if hasattr(self, "products"):
            self.run_(self._settle_all())

    async def _settle_all(self) -> None:
        """In the end nothing is open: all is paid, or free and given back."""
        for order_id in self.order_ids:
            await self._run_out(order_id)
        shop = self.shops.servers[0]

        async def is_settled() -> bool:
            await shop.server.checkout.after_commit.do_all_due()
            found = [await buyer.shop.ask("GET", "users/me/orders?limit=100", buyer.person) for buyer in self.buyers]
            return not [
                order for each in found for order in each["orders"] if order["status"] in ("reserved", "refunding")
            ]

        async def is_nothing_open() -> bool:
            await shop.server.checkout.after_commit.do_all_due()
            return "pending" not in [row.status for row in await rows_of(shop, SandboxPaymentRow)]

        await eventually_async(is_settled, "every order being settled")
        await eventually_async(is_nothing_open, "no payment being open for an order that is over")
        for product_id in self.products:
            books = await books_of(shop, product_id)
            books.check()
            assert books.kept == 0

    def run_(self, work: Any) -> Any:
        return self.shops.thread.run(work)


def quick(shop: Shop) -> Shop:
    """Its provider loses answers at once."""
    provider = shop.server.payments.provider
    provider._delays = SandboxDelays(slow_s=0, timeout_s=0)  # type: ignore[attr-defined]
    return shop


@pytest.fixture(params=SIZES)
def shops(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shops]:
    if request.param == "sqlite":
        with ShopThread(Shop(tmp_path / "data")) as thread:
            yield Shops(thread, (quick(thread.shop),))
        return
    redis = request.getfixturevalue("redis_server")
    redis.empty()
    database = request.getfixturevalue("postgres").database()
    with asyncio.Runner() as runner:
        url = runner.run(database.__aenter__())
        shared = {"database_url": url, "redis_url": redis.url, "secret_key": SECRET_KEY}
        with ShopThread(Shop(tmp_path / "one", **shared)) as thread:
            second = Shop(tmp_path / "two", **shared)
            thread.run(second.open())
            yield Shops(thread, (quick(thread.shop), quick(second)))
            thread.run(second.close())
        runner.run(database.__aexit__(None, None, None))


def test_stock_and_money_hold(shops: Shops) -> None:
    """cases 18, 25 and 30, in any order."""
    of_test = shops

    class Machine(CheckoutMachine):
        shops = of_test

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES // len(shops.servers),
            stateful_step_count=30,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # to shrink a failure takes longer than a test may
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
