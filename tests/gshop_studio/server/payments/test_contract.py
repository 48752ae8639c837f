"""What checkout may rely on, whichever provider takes the money: one contract, tried on each."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from gshop_studio.domain.money import Money
from gshop_studio.server.payments.ports import (
    BadNotice,
    DeclineReason,
    Outcome,
    PaymentStatus,
    RawNotice,
    RefundRequest,
)
from tests.gshop_studio.server.payments.bench import Bench, charge_of


async def test_an_approved_charge_is_a_payment_that_is_found_again(bench: Bench) -> None:
    request = charge_of(bench.token("approved"))
    answer = await bench.provider.charge(request)
    assert answer.outcome is Outcome.APPROVED and answer.reason is None
    payment = answer.payment
    assert payment is not None
    assert (payment.status, payment.amount) == (PaymentStatus.APPROVED, Money(1490, "BRL"))
    assert (payment.reference, payment.refunded_minor) == (request.reference, 0)
    assert await bench.provider.find(payment.id) == payment
    assert await bench.provider.find_by_reference(request.reference) == (payment,)


async def test_a_declined_charge_says_why_and_moves_nothing(bench: Bench) -> None:
    request = charge_of(bench.token("declined"))
    answer = await bench.provider.charge(request)
    assert (answer.outcome, answer.reason) == (Outcome.DECLINED, DeclineReason.FUNDS)
    [payment] = await bench.provider.find_by_reference(request.reference)
    assert (payment.status, payment.reason) == (PaymentStatus.DECLINED, DeclineReason.FUNDS)


async def test_a_pending_one_is_decided_later(bench: Bench) -> None:
    answer = await bench.provider.charge(charge_of(bench.token("pending")))
    assert answer.outcome is Outcome.PENDING and answer.payment is not None
    assert answer.payment.status is PaymentStatus.PENDING
    bench.decide(answer.payment.id)
    found = await bench.provider.find(answer.payment.id)
    assert found is not None and found.status is PaymentStatus.APPROVED


async def test_a_pending_one_that_is_cancelled_is_declined(bench: Bench) -> None:
    request = charge_of(bench.token("pending"))
    charged = (await bench.provider.charge(request)).payment
    assert charged is not None
    for _ in range(2):
        cancelled = await bench.provider.cancel(charged.id)
        assert cancelled is not None
        assert (cancelled.status, cancelled.reason) == (PaymentStatus.DECLINED, DeclineReason.CANCELLED)
        assert (cancelled.id, cancelled.reference) == (charged.id, request.reference)
    assert await bench.provider.find_by_reference(request.reference) == (cancelled,)


async def test_what_is_decided_is_not_cancelled(bench: Bench) -> None:
    for kind in ("approved", "declined", "pending"):
        charged = (await bench.provider.charge(charge_of(bench.token(kind)))).payment
        assert charged is not None
        if kind == "pending":
            bench.decide(charged.id)
        before = await bench.provider.find(charged.id)
        assert await bench.provider.cancel(charged.id) == before == await bench.provider.find(charged.id), kind
    for payment_id in ("999999999", "../1", ""):
        assert await bench.provider.cancel(payment_id) is None


async def test_a_token_nobody_knows_is_declined_before_there_is_a_payment(bench: Bench) -> None:
    request = charge_of("nonsense-token")
    answer = await bench.provider.charge(request)
    assert (answer.outcome, answer.payment, answer.reason) == (Outcome.DECLINED, None, DeclineReason.TOKEN)
    assert await bench.provider.find_by_reference(request.reference) == ()


async def test_a_repeated_charge_takes_the_money_once(bench: Bench) -> None:
    request = charge_of(bench.token("approved"))
    answers = await asyncio.gather(*(bench.provider.charge(request) for _ in range(5)))
    answers.append(await bench.provider.charge(request))
    assert len({answer.payment.id for answer in answers if answer.payment is not None}) == 1
    assert len(await bench.provider.find_by_reference(request.reference)) == 1


async def test_a_key_of_another_charge_takes_nothing(bench: Bench) -> None:
    request = charge_of(bench.token("approved"))
    await bench.provider.charge(request)
    other = dataclasses.replace(request, amount=Money(9900, "BRL"))
    assert (await bench.provider.charge(other)).outcome is Outcome.UNKNOWN
    [payment] = await bench.provider.find_by_reference(request.reference)
    assert payment.amount == request.amount


async def test_a_charge_whose_answer_is_lost_is_found_by_its_reference(bench: Bench) -> None:
    """case 29: the money moved, and nobody was told."""
    bench.lose_answers()
    request = charge_of(bench.token("approved"))
    answer = await bench.provider.charge(request)
    assert (answer.outcome, answer.payment) == (Outcome.UNKNOWN, None)
    bench.hear_again()
    [payment] = await bench.provider.find_by_reference(request.reference)
    assert payment.status is PaymentStatus.APPROVED


async def test_what_is_not_there_is_not_found(bench: Bench) -> None:
    for payment_id in ("999999999", "../../v1/payments", "1/refunds", "1?x=1", "", "１２３"):
        assert await bench.provider.find(payment_id) is None
    assert await bench.provider.find_by_reference("order-of-nobody") == ()


async def test_money_goes_back_in_parts_once_each_and_never_more_than_came(bench: Bench) -> None:
    charged = (await bench.provider.charge(charge_of(bench.token("approved")))).payment
    assert charged is not None
    part = RefundRequest(charged.id, Money(490, "BRL"), "refund-1")
    answers = [await bench.provider.refund(part) for _ in range(3)]
    assert {answer.outcome for answer in answers} == {Outcome.APPROVED}
    assert len({answer.refund_id for answer in answers}) == 1
    found = await bench.provider.find(charged.id)
    assert found is not None and (found.status, found.refunded_minor) == (PaymentStatus.APPROVED, 490)
    too_much = RefundRequest(charged.id, Money(1001, "BRL"), "refund-2")
    assert (await bench.provider.refund(too_much)).outcome is Outcome.DECLINED
    rest = RefundRequest(charged.id, Money(1000, "BRL"), "refund-3")
    assert (await bench.provider.refund(rest)).outcome is Outcome.APPROVED
    found = await bench.provider.find(charged.id)
    assert found is not None and (found.status, found.refunded_minor) == (PaymentStatus.REFUNDED, 1490)


async def test_what_was_not_paid_is_not_given_back(bench: Bench) -> None:
    declined = (await bench.provider.charge(charge_of(bench.token("declined")))).payment
    assert declined is not None
    for payment_id in (declined.id, "999999999"):
        refund = RefundRequest(payment_id, Money(1490, "BRL"), f"refund-{payment_id}")
        assert (await bench.provider.refund(refund)).outcome is Outcome.DECLINED


async def test_a_signed_notice_says_which_payment_to_look_at(bench: Bench) -> None:
    payment = (await bench.provider.charge(charge_of(bench.token("approved")))).payment
    assert payment is not None
    raw = bench.notice(payment.id)
    notice = bench.provider.verify(raw, bench.clock())
    assert notice.payment_id == payment.id
    assert bench.provider.verify(raw, bench.clock()) == notice, "the same notice has the same key"
    bench.clock.turn(1)
    assert bench.provider.verify(bench.notice(payment.id), bench.clock()).key != notice.key


async def test_a_notice_of_another_payment_or_time_is_not_believed(bench: Bench) -> None:
    """cases 22 and 23."""
    raw = bench.notice("1234")
    for query in ({"data.id": "1235", "type": "payment"}, {"type": "payment"}, {}):
        with pytest.raises(BadNotice):
            bench.provider.verify(RawNotice(raw.headers, query), bench.clock())
    for headers in ({}, {**raw.headers, "x-request-id": "another"}, {"x-signature": raw.headers["x-signature"]}):
        with pytest.raises(BadNotice):
            bench.provider.verify(RawNotice(headers, raw.query), bench.clock())
    bench.clock.turn(301)
    with pytest.raises(BadNotice):
        bench.provider.verify(raw, bench.clock())
    bench.clock.turn(-602)
    with pytest.raises(BadNotice):
        bench.provider.verify(raw, bench.clock())


async def test_secrets_are_not_in_what_is_printed(bench: Bench) -> None:
    """case 44."""
    request = charge_of("canary-token")
    assert "canary" not in repr(request) and "ann@" not in repr(request)
