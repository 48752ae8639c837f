"""The inbox of notices: each is done once, none is lost, whoever is killed or does not answer in between."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from gshop_studio.server.database import Database
from gshop_studio.server.payments.inbox import NoticeInbox, retry_after_s
from gshop_studio.server.payments.ports import ProviderUnavailable, RawNotice
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.payments.bench import MercadoPagoBench
from tests.gshop_studio.server.payments.mercado_pago_stub import signed
from tests.gshop_studio.server.shop import eventually

_request_ids = itertools.count(1)


class Checkout:
    """Settles what it is told, or fails as the test says."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.errors: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def payment_changed(self, payment_id: str) -> None:
        self.told.append(payment_id)
        await self.gate.wait()
        if self.errors:
            raise self.errors.pop(0)


class Desk:
    """An inbox, its clock and what it tells."""

    def __init__(self, database: Database, mercado_pago: MercadoPagoBench) -> None:
        self.checkout = Checkout()
        self.clock = mercado_pago.clock
        self.inbox = NoticeInbox(database, mercado_pago.provider, self.checkout, self.clock)

    def notice(self, payment_id: str = "123", request_id: str | None = None) -> RawNotice:
        headers = signed(payment_id, request_id or f"r-{next(_request_ids)}", self.clock.seconds)
        return RawNotice(headers, {"data.id": payment_id, "type": "payment"})


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def desk(database: Database, mercado_pago: MercadoPagoBench) -> AsyncIterator[Desk]:
    desk = Desk(database, mercado_pago)
    yield desk
    await desk.inbox.close()


async def test_a_notice_is_done_soon_after_it_came(desk: Desk) -> None:
    await desk.inbox.start()
    await desk.inbox.receive(desk.notice("123"))
    await eventually(lambda: desk.checkout.told == ["123"])


async def test_whoever_sends_it_does_not_wait_for_what_follows(desk: Desk) -> None:
    desk.checkout.gate.clear()
    await desk.inbox.start()
    async with asyncio.timeout(10):
        await desk.inbox.receive(desk.notice("123"))
    desk.checkout.gate.set()
    await eventually(lambda: desk.checkout.told == ["123"])


async def test_the_same_notice_again_does_nothing(desk: Desk) -> None:
    """case 25: repeated, and concurrent."""
    notice = desk.notice("123")
    await asyncio.gather(*(desk.inbox.receive(notice) for _ in range(10)))
    await desk.inbox.work()
    await desk.inbox.receive(notice)
    await desk.inbox.work()
    assert desk.checkout.told == ["123"]


async def test_several_notices_of_one_payment_are_one_look(desk: Desk) -> None:
    for _ in range(3):
        await desk.inbox.receive(desk.notice("123"))
    await desk.inbox.work()
    assert desk.checkout.told == ["123"]
    await desk.inbox.receive(desk.notice("123"))
    await desk.inbox.work()
    assert desk.checkout.told == ["123", "123"]


@pytest.mark.parametrize("error", [Refused("storage.busy"), ProviderUnavailable("no answer"), RuntimeError("a fault")])
async def test_what_fails_is_tried_again_later_and_later(desk: Desk, error: Exception) -> None:
    desk.checkout.errors = [error, error]
    await desk.inbox.receive(desk.notice("123"))
    await desk.inbox.receive(desk.notice("456"))
    await desk.inbox.work()
    assert Counter(desk.checkout.told) == {"123": 1, "456": 1}
    await desk.inbox.work()
    assert len(desk.checkout.told) == 2, "not at once"
    desk.clock.turn(retry_after_s(1))
    await desk.inbox.work()
    await desk.inbox.work()
    assert Counter(desk.checkout.told) == {"123": 2, "456": 2}
    desk.clock.turn(3600)
    await desk.inbox.work()
    assert len(desk.checkout.told) == 4


def test_the_waits_grow_to_an_hour_and_never_end() -> None:
    waits = [retry_after_s(attempt) for attempt in range(1, 1000)]
    assert waits[:3] == [5.0, 10.0, 20.0] and waits == sorted(waits) and waits[-1] == 3600.0


async def test_a_server_killed_behind_its_answer_takes_it_up_again(
    desk: Desk, database: Database, mercado_pago: MercadoPagoBench
) -> None:
    """case 29: the notice was answered, and is not sent again."""
    desk.checkout.gate.clear()
    await desk.inbox.start()
    await desk.inbox.receive(desk.notice("123"))
    await eventually(lambda: desk.checkout.told)
    await desk.inbox.close()  # in the middle of it
    restarted = Desk(database, mercado_pago)
    await restarted.inbox.work()
    assert restarted.checkout.told == [], "who claimed it might live"
    restarted.clock.turn(61)
    await restarted.inbox.work()
    assert restarted.checkout.told == ["123"]


async def test_two_servers_do_not_do_it_twice(desk: Desk, database: Database, mercado_pago: MercadoPagoBench) -> None:
    """case 25: concurrent."""
    other = Desk(database, mercado_pago)
    for number in range(50):
        await desk.inbox.receive(desk.notice(str(number)))
    await asyncio.gather(*(each.inbox.work() for each in (desk, other, desk, other)))
    assert Counter(desk.checkout.told + other.checkout.told) == {str(number): 1 for number in range(50)}


async def test_what_is_not_believed_is_not_kept(desk: Desk) -> None:
    """case 22."""
    raw = desk.notice("123")
    forged = RawNotice({**raw.headers, "x-request-id": "other"}, raw.query)
    with pytest.raises(Refused, match=r"payment\.bad_notice"):
        await desk.inbox.receive(forged)
    await desk.inbox.work()
    assert desk.checkout.told == [] and desk.inbox.refused_count == 1
    await desk.inbox.receive(raw)
    await desk.inbox.work()
    assert desk.checkout.told == ["123"], "a forged one before does not hide the true one"


async def test_one_about_something_else_does_not_hide_the_one_it_was_made_from(desk: Desk) -> None:
    """`type` is not signed."""
    raw = desk.notice("123")
    await desk.inbox.receive(RawNotice(raw.headers, {**raw.query, "type": "plan"}))
    await desk.inbox.receive(raw)
    await desk.inbox.work()
    assert desk.checkout.told == ["123"]
