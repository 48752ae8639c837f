"""The sandbox: what a test, and a shop that tries things out, may ask of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from gshop_studio.domain.money import Money
from gshop_studio.server.clock import utc_now
from gshop_studio.server.database import Database
from gshop_studio.server.payments.ports import (
    BadNotice,
    DeclineReason,
    Outcome,
    PaymentNotice,
    PaymentStatus,
    ProviderUnavailable,
    RawNotice,
    RefundRequest,
)
from gshop_studio.server.payments.sandbox.provider import KEPT, SandboxDelays, SandboxProvider
from gshop_studio.server.payments.sandbox.scripts import SCRIPTS
from gshop_studio.server.payments.signatures import NoticeSignatures
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import SandboxNoticeRow, SandboxRefundRow
from tests.gshop_studio.server.payments.bench import SandboxBench, charge_of, no_wait, sandbox_bench
from tests.gshop_studio.server.payments.mercado_pago_stub import WEBHOOK_SECRET

DELAYS = SandboxDelays()


class Post:
    """Takes notices, and checks each as the webhook does."""

    def __init__(self, bench: SandboxBench) -> None:
        self.bench = bench
        self.taken: list[PaymentNotice] = []
        self.refuses = 0

    async def take(self, raw: RawNotice) -> None:
        notice = self.bench.provider.verify(raw, self.bench.clock())
        if self.refuses:
            self.refuses -= 1
            raise Refused("storage.busy")
        self.taken.append(notice)


@pytest.fixture
def post(sandbox: SandboxBench) -> Post:
    post = Post(sandbox)
    sandbox.provider.deliver_to(post.take)
    return post


async def test_each_reason_to_decline_can_be_had(sandbox: SandboxBench) -> None:
    for reason in set(DeclineReason) - {DeclineReason.TOKEN, DeclineReason.CANCELLED, DeclineReason.OTHER}:
        answer = await sandbox.provider.charge(charge_of(f"tok_declined_{reason.value}"))
        assert (answer.outcome, answer.reason) == (Outcome.DECLINED, reason)


async def test_every_token_ends_as_its_name_says(sandbox: SandboxBench) -> None:
    for token, script in SCRIPTS.items():
        request = charge_of(token)
        answer = await sandbox.provider.charge(request)
        found = await sandbox.provider.find_by_reference(request.reference)
        assert (answer.outcome is Outcome.UNKNOWN) is not script.is_answered, token
        assert len(found) == (0 if script.status is None else 1), token


async def test_a_late_one_is_approved_when_nobody_waits_any_more(sandbox: SandboxBench) -> None:
    """For cases 25 and 30."""
    payment = (await sandbox.provider.charge(charge_of("tok_late_approved"))).payment
    assert payment is not None and payment.status is PaymentStatus.PENDING
    sandbox.clock.turn(DELAYS.late_s - 1)
    assert await sandbox.provider.find(payment.id) == payment
    sandbox.clock.turn(1)
    found = await sandbox.provider.find(payment.id)
    assert found is not None and found.status is PaymentStatus.APPROVED


async def test_a_wrong_amount_can_be_had(sandbox: SandboxBench) -> None:
    """For case 26."""
    payment = (await sandbox.provider.charge(charge_of("tok_wrong_amount", 1490))).payment
    assert payment is not None and payment.amount == Money(1489, "BRL")


async def test_a_refund_can_be_refused(sandbox: SandboxBench) -> None:
    payment = (await sandbox.provider.charge(charge_of("tok_no_refund"))).payment
    assert payment is not None
    refund = await sandbox.provider.refund(RefundRequest(payment.id, payment.amount, "refund-1"))
    assert refund.outcome is Outcome.DECLINED


async def test_refunds_that_come_at_once_give_back_no_more_than_came(sandbox: SandboxBench) -> None:
    payment = (await sandbox.provider.charge(charge_of("tok_approved", 1000))).payment
    assert payment is not None
    wishes = [RefundRequest(payment.id, Money(300, "BRL"), f"refund-{number}") for number in range(8)]
    answers = await asyncio.gather(*(sandbox.provider.refund(wish) for wish in wishes))
    assert [answer.outcome for answer in answers].count(Outcome.APPROVED) == 3
    found = await sandbox.provider.find(payment.id)
    assert found is not None and found.refunded_minor == 900


async def test_its_books_outlive_the_process(sandbox: SandboxBench, database_url: str) -> None:
    """For case 29: as with a real provider, what was charged is charged when the server is started anew."""
    request = charge_of("tok_approved")
    payment = (await sandbox.provider.charge(request)).payment
    async with sandbox_bench(database_url) as restarted:
        assert await restarted.provider.find_by_reference(request.reference) == (payment,)
        assert (await restarted.provider.charge(request)).payment == payment


async def test_its_books_are_closed_after_a_while(sandbox: SandboxBench, database_url: str) -> None:
    """A payment goes with its refund and its notices; a later one stays."""
    provider = sandbox.provider
    old = (await provider.charge(charge_of("tok_approved"))).payment
    assert old is not None
    await provider.refund(RefundRequest(old.id, old.amount, "refund-1"))
    sandbox.clock.turn(KEPT.total_seconds())
    late = (await provider.charge(charge_of("tok_approved"))).payment
    assert late is not None
    await provider.forget_old()
    assert await provider.find(old.id) is not None, "not before its time"
    sandbox.clock.turn(1)
    await provider.forget_old()
    assert await provider.find(old.id) is None and await provider.find(late.id) == late
    database = Database(database_url)
    async with database.read() as transaction:
        assert list(await transaction.session.scalars(select(SandboxRefundRow))) == []
        notices = await transaction.session.scalars(select(SandboxNoticeRow.payment_id))
        assert set(notices) == {late.id}
    await database.close()


async def test_a_cancelled_one_is_told_and_never_approved(sandbox: SandboxBench, post: Post) -> None:
    payment = (await sandbox.provider.charge(charge_of("tok_late_approved"))).payment
    assert payment is not None
    sandbox.clock.turn(DELAYS.again_s)
    await sandbox.provider.send_due()
    post.taken.clear()
    await sandbox.provider.cancel(payment.id)
    sandbox.clock.turn(DELAYS.notice_s)
    await sandbox.provider.send_due()
    assert {notice.payment_id for notice in post.taken} == {payment.id}
    sandbox.clock.turn(DELAYS.late_s)
    found = await sandbox.provider.find(payment.id)
    assert found is not None and found.status is PaymentStatus.DECLINED


async def test_each_change_is_told_twice_at_once_and_again_later(sandbox: SandboxBench, post: Post) -> None:
    payment = (await sandbox.provider.charge(charge_of("tok_pending_approved"))).payment
    assert payment is not None
    await sandbox.provider.send_due()
    assert post.taken == [], "a notice takes a while"
    sandbox.clock.turn(DELAYS.notice_s)
    await sandbox.provider.send_due()
    assert [notice.payment_id for notice in post.taken] == [payment.id, payment.id]
    assert post.taken[0] == post.taken[1], "word for word the same"
    sandbox.clock.turn(DELAYS.decides_s)
    await sandbox.provider.send_due()
    sandbox.clock.turn(DELAYS.again_s)
    await sandbox.provider.send_due()
    await sandbox.provider.send_due()
    assert len(post.taken) == 8 and len({notice.key for notice in post.taken}) == 4


async def test_a_notice_that_is_not_taken_comes_again(sandbox: SandboxBench, post: Post) -> None:
    await sandbox.provider.charge(charge_of("tok_approved"))
    post.refuses = 1
    sandbox.clock.turn(DELAYS.notice_s)
    await sandbox.provider.send_due()
    assert post.taken == []
    sandbox.clock.turn(2)
    await sandbox.provider.send_due()
    assert len(post.taken) == 2


async def test_a_refund_is_told_too(sandbox: SandboxBench, post: Post) -> None:
    payment = (await sandbox.provider.charge(charge_of("tok_approved"))).payment
    assert payment is not None
    sandbox.clock.turn(DELAYS.again_s)
    await sandbox.provider.send_due()
    post.taken.clear()
    await sandbox.provider.refund(RefundRequest(payment.id, payment.amount, "refund-1"))
    sandbox.clock.turn(DELAYS.notice_s)
    await sandbox.provider.send_due()
    assert {notice.payment_id for notice in post.taken} == {payment.id}


async def test_two_servers_that_send_at_once_lose_none(sandbox: SandboxBench, post: Post, database_url: str) -> None:
    for _ in range(10):
        await sandbox.provider.charge(charge_of("tok_approved"))
    async with sandbox_bench(database_url) as other:
        other.provider.deliver_to(post.take)
        for each in (sandbox, other):
            each.clock.turn(DELAYS.notice_s)
        await asyncio.gather(*(each.provider.send_due() for each in (sandbox, other) for _ in range(2)))
    assert len({notice.payment_id for notice in post.taken}) == 10


async def test_a_database_that_is_gone_is_a_provider_that_does_not_answer(tmp_path: Path) -> None:
    """case 58."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/nowhere/gshop.db")
    provider = SandboxProvider(database, NoticeSignatures(b"s", 300), utc_now, sleep=no_wait)
    assert (await provider.charge(charge_of("tok_approved"))).outcome is Outcome.UNKNOWN
    with pytest.raises(ProviderUnavailable):
        await provider.find("1")
    with pytest.raises(ProviderUnavailable):
        await provider.find_by_reference("order-1")
    assert (await provider.refund(RefundRequest("1", Money(1, "BRL"), "k"))).outcome is Outcome.UNKNOWN
    await database.close()


async def test_notices_are_believed_with_its_own_secret_only(sandbox: SandboxBench) -> None:
    other = NoticeSignatures((WEBHOOK_SECRET + "x").encode(), 300)
    with pytest.raises(BadNotice):
        sandbox.provider.verify(other.sign("1", "r-1", sandbox.clock()), sandbox.clock())
    raw = sandbox.notice("1")
    assert sandbox.provider.verify(raw, sandbox.clock()).payment_id == "1"
    with pytest.raises(BadNotice):
        sandbox.provider.verify(replace(raw, query={"data.id": "2"}), sandbox.clock())
