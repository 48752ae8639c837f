"""The room of a show under everything at once: whoever watches, and however often they are cut off, knows in the end
what a newcomer is told. On one server with SQLite, and on two with PostgreSQL and Redis.

Snapshot, gap (`live:resume`) and live events, folded, are the same as a fresh snapshot; `seq` rises by exactly 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gshop_studio.contract.rest import ModeratorRight, Role
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.conftest import SECRET_KEY, SIZES
from tests.gshop_studio.server.realtime.room_fold import RoomFold
from tests.gshop_studio.server.realtime.watcher import Watcher
from tests.gshop_studio.server.shop import Person, Shop
from tests.gshop_studio.server.shop_thread import ShopThread

EXAMPLES = 20
PRODUCTS = 4
MESSAGES_MOST = 45
"""Below what a snapshot brings: what scrolls out of it is no matter of this test."""
WATCHERS = ("anonymous", "another", "zoe", "host", "mia")
numbers = st.integers(0, 10_000)
watchers = st.sampled_from(WATCHERS)
writers = st.sampled_from(["ana", "zoe", "host", "mia"])


@dataclass(frozen=True)
class Shops:
    """One server, or two that share everything, in one thread."""

    thread: ShopThread
    servers: tuple[Shop, ...]


class RoomMachine(RuleBasedStateMachine):
    shops: Shops
    """Of the test."""

    @property
    def thread(self) -> ShopThread:
        return self.shops.thread

    @initialize()
    def open(self) -> None:
        self.count = itertools.count(1)
        self.message_ids: list[tuple[str, str]] = []
        """With their authors."""
        self.held_ids: list[str] = []
        self.thread.run(self._open())

    async def _open(self) -> None:
        shop = self.thread.shop
        self.people = {
            "host": await shop.person(Role.SELLER, "Alba"),
            "mia": await shop.person(name="Mia"),
            "ana": await shop.guest("Ana"),
            "zoe": await shop.person(name="Zoe"),
        }
        self.products = [await shop.product(self.host, name=f"Product {n}", stock=9) for n in range(PRODUCTS)]
        self.stream_id = await shop.live_stream(self.host, productIds=self.products[:2])
        wish = {"userId": self.people["mia"].id, "rights": [right.value for right in ModeratorRight]}
        await shop.ask("POST", f"{self.path}/moderators", self.host, json=wish, status=201)
        servers = itertools.cycle(self.shops.servers)
        self.watchers = {name: Watcher(next(servers), self.people.get(name), self.stream_id) for name in WATCHERS}
        await asyncio.gather(*(watcher.join() for watcher in self.watchers.values()))

    @property
    def host(self) -> Person:
        return self.people["host"]

    @property
    def path(self) -> str:
        return f"live/streams/{self.stream_id}"

    async def _ask(self, method: str, path: str, who: str = "host", **wish: Any) -> dict[str, Any]:
        """What is answered; refusals, too: the state must hold whatever is refused."""
        request = {"json": wish} if wish else {}
        servers = self.shops.servers
        server = servers[next(self.count) % len(servers)]
        response = await server.send(method, f"{self.path}/{path}", self.people[who], **request)
        assert response.status_code < 500, response.text
        return response.json() if response.content else {}

    def ask(self, method: str, path: str, who: str = "host", **wish: Any) -> dict[str, Any]:
        return self.thread.run(self._ask(method, path, who, **wish))

    # --- chat ---------------------------------------------------------------------------------------------------

    async def _say(self, who: str, text: str) -> None:
        said = await self._ask("POST", "messages", who, message=f"{text} {next(self.count)}")
        if said.get("held"):
            self.held_ids.append(said["message"]["id"])
        elif "seq" in said:
            self.message_ids.append((said["id"], who))

    @precondition(lambda self: len(self.message_ids) < MESSAGES_MOST)
    @rule(who=writers, number=st.integers(1, 3))
    def say(self, who: str, number: int) -> None:
        async def say() -> None:
            await asyncio.gather(*(self._say(who, "good evening") for _ in range(number)))

        self.thread.run(say())

    @precondition(lambda self: len(self.message_ids) < MESSAGES_MOST)
    @rule(name=watchers)
    def cut_in_the_middle_of_a_storm(self, name: str) -> None:
        async def storm() -> None:
            talk = asyncio.gather(*(self._say(who, "all at once") for who in ("ana", "host", "mia")))
            show = asyncio.create_task(self._ask("PUT", f"products/{self.products[0]}/highlight"))
            await self.watchers[name].come_back()
            await asyncio.gather(talk, show)

        self.thread.run(storm())

    def _message(self, number: int) -> tuple[str, str]:
        return self.message_ids[number % len(self.message_ids)]

    @precondition(lambda self: self.message_ids)
    @rule(number=numbers)
    def edit(self, number: int) -> None:
        message_id, author = self._message(number)
        self.ask("PATCH", f"messages/{message_id}", author, message=f"or rather {number}")

    @precondition(lambda self: self.message_ids)
    @rule(number=numbers, is_own=st.booleans())
    def delete(self, number: int, is_own: bool) -> None:
        message_id, author = self._message(number)
        self.ask("DELETE", f"messages/{message_id}", author if is_own else "mia")

    @precondition(lambda self: self.message_ids)
    @rule(number=numbers, method=st.sampled_from(["PUT", "PUT", "DELETE"]))
    def pin_message(self, number: int, method: str) -> None:
        self.ask(method, f"messages/{self._message(number)[0]}/pin")

    @rule(links=st.sampled_from(["allow", "hold", "block"]), is_strict=st.booleans())
    def change_settings(self, links: str, is_strict: bool) -> None:
        self.ask("PUT", "chat-settings", "mia", links=links, followersOnly=is_strict, slowModeS=int(is_strict))

    @precondition(lambda self: len(self.message_ids) < MESSAGES_MOST)
    @rule()
    def say_with_a_link(self) -> None:
        self.thread.run(self._say("ana", "see https://example.com/"))

    @precondition(lambda self: self.held_ids)
    @rule(number=numbers, decision=st.sampled_from(["approve", "reject"]))
    def decide(self, number: int, decision: str) -> None:
        held_id = self.held_ids[number % len(self.held_ids)]
        decided = self.ask("POST", f"moderation/queue/{held_id}", "mia", decision=decision)
        if "message" in decided:
            self.message_ids.append((held_id, "ana"))

    @rule(who=st.sampled_from(["ana", "zoe"]), action=st.sampled_from(["timeout", "ban", "warn"]))
    def moderate(self, who: str, action: str) -> None:
        wish = {"duration": 60} if action == "timeout" else {}
        self.ask("POST", f"moderation/{action}", "mia", userId=self.people[who].id, reason="rude", **wish)

    @rule(who=st.sampled_from(["ana", "zoe"]), action=st.sampled_from(["timeout", "ban"]))
    def forgive(self, who: str, action: str) -> None:
        self.ask("DELETE", f"moderation/{action}/{self.people[who].id}")

    # --- products -----------------------------------------------------------------------------------------------

    def _product(self, number: int) -> str:
        return f"products/{self.products[number % PRODUCTS]}"

    @rule(number=numbers, action=st.sampled_from(["highlight", "highlight", "hide", "pin", "unpin"]))
    def show_product(self, number: int, action: str) -> None:
        self.ask("PUT", f"{self._product(number)}/{action}")

    @rule(number=numbers, position=st.integers(1, PRODUCTS))
    def add_product(self, number: int, position: int) -> None:
        self.ask("POST", "products", "mia", productId=self.products[number % PRODUCTS], position=position)

    @rule(number=numbers)
    def remove_product(self, number: int) -> None:
        self.ask("DELETE", self._product(number))

    @rule(number=numbers, discount=st.none() | st.integers(0, 100), stock=st.none() | st.integers(0, 9))
    def change_product(self, number: int, discount: int | None, stock: int | None) -> None:
        self.ask("PATCH", self._product(number), discountPercent=discount, stock=stock)

    @rule(number=numbers, quantity=st.integers(1, 3))
    def sell(self, number: int, quantity: int) -> None:
        """As the checkout does."""

        async def sell() -> None:
            services, product_id = self.thread.shop.server.services, self.products[number % PRODUCTS]
            with contextlib.suppress(Refused):  # it is not in the show
                async with services.database.write() as transaction:
                    await services.on_air.record_sale(
                        transaction, self.stream_id, product_id, quantity=quantity, paid_minor=100 * quantity
                    )

        self.thread.run(sell())

    @rule(number=numbers, stock=st.integers(0, 12), price=st.integers(1, 50))
    def change_catalogue(self, number: int, stock: int, price: int) -> None:
        wish = {"stock": stock, "price": price}
        path = f"products/{self.products[number % PRODUCTS]}"
        self.thread.run(self.thread.shop.ask("PATCH", path, self.host, json=wish))

    @rule(chosen=st.randoms(use_true_random=False))
    def reorder(self, chosen: Any) -> None:
        items = self.ask("GET", "products")["products"]
        product_ids = [item["productId"] for item in items]
        chosen.shuffle(product_ids)
        self.ask("PUT", "products/reorder", productIds=product_ids)

    # --- the show -----------------------------------------------------------------------------------------------

    @rule(number=numbers)
    def edit_show(self, number: int) -> None:
        request = self.thread.shop.ask("PATCH", self.path, self.host, json={"title": f"Sale {number}"})
        self.thread.run(request)

    @rule(is_there=st.booleans())
    def media_comes_and_goes(self, is_there: bool) -> None:
        authority = self.thread.shop.media.authority
        self.thread.run((authority.media_started if is_there else authority.media_stopped)(self.stream_id))

    # --- connections --------------------------------------------------------------------------------------------

    @rule(name=watchers)
    def cut(self, name: str) -> None:
        self.thread.run(self.watchers[name].cut())

    @rule(name=watchers)
    def come_back(self, name: str) -> None:
        code = self.thread.run(self.watchers[name].come_back())
        assert code is None or (name == "zoe" and code == "stream.banned"), (name, code)

    @rule(name=watchers)
    def come_back_with_a_sequence_of_another_world(self, name: str) -> None:
        watcher = self.watchers[name]
        code = self.thread.run(watcher.come_back(after_seq=10**6))
        assert code in (None, "stream.banned")

    # --- what must hold -----------------------------------------------------------------------------------------

    @invariant()
    def nobody_is_out_of_step(self) -> None:
        for watcher in self.watchers.values():
            watcher.read()

    @rule()
    def all_know_the_same(self) -> None:
        self.thread.run(self._compare())

    def teardown(self) -> None:
        async def end() -> None:
            for name, watcher in self.watchers.items():
                if not watcher.is_connected:
                    code = await watcher.come_back()
                    assert code in ((None, "stream.banned") if name == "zoe" else (None,)), (name, code)
            await self._compare()
            await asyncio.gather(*(watcher.cut() for watcher in self.watchers.values()))

        self.thread.run(end())

    async def _compare(self) -> None:
        newcomer = Watcher(self.thread.shop, self.people["host"], self.stream_id)
        await newcomer.join()
        assert newcomer.fold is not None
        fresh: RoomFold = newcomer.fold
        for name, watcher in self.watchers.items():
            if watcher.is_connected:
                await watcher.catch_up(fresh.seq)
                assert watcher.fold is not None
                assert watcher.fold.seq == fresh.seq
                assert watcher.fold.state == fresh.state, name
        await newcomer.cut()


@pytest.fixture(params=SIZES)
def shops(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shops]:
    limits = {"max_connections_per_address": 500}
    if request.param == "sqlite":
        with ShopThread(Shop(tmp_path / "data", **limits)) as thread:
            yield Shops(thread, (thread.shop,))
        return
    redis = request.getfixturevalue("redis_server")
    redis.empty()
    database = request.getfixturevalue("postgres").database()
    with asyncio.Runner() as runner:
        url = runner.run(database.__aenter__())
        shared = {"database_url": url, "redis_url": redis.url, "secret_key": SECRET_KEY, **limits}
        with ShopThread(Shop(tmp_path / "one", **shared)) as thread:
            second = Shop(tmp_path / "two", **shared)
            thread.run(second.open())
            yield Shops(thread, (thread.shop, second))
            thread.run(second.close())
        runner.run(database.__aexit__(None, None, None))


def test_the_room_holds(shops: Shops) -> None:
    of_test = shops

    class Machine(RoomMachine):
        shops = of_test

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES // len(shops.servers),
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # to shrink a failure takes longer than a test may
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
