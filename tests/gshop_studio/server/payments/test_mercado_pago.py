"""The adapter for Mercado Pago against a real HTTP server that follows its pages, and against one that does not."""

from __future__ import annotations

import asyncio
import json
import logging
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gshop_studio.domain.money import Money
from gshop_studio.server.payments.mercado_pago import MercadoPagoProvider
from gshop_studio.server.payments.mercado_pago_answers import Unreadable, payment_of, reason_of_refusal, refund_of
from gshop_studio.server.payments.ports import (
    DeclineReason,
    Outcome,
    PaymentStatus,
    ProviderUnavailable,
    RawNotice,
    RefundRequest,
)
from gshop_studio.server.payments.signatures import NoticeSignatures
from tests.gshop_studio.server.payments.bench import MercadoPagoBench, charge_of, mercado_pago_bench
from tests.gshop_studio.server.payments.mercado_pago_stub import (
    ACCESS_TOKEN,
    WEBHOOK_SECRET,
    Answer,
    Asked,
    MercadoPagoStub,
    running,
    signed,
)

PAID: dict[str, Any] = {
    "id": 1320000001,
    "status": "approved",
    "status_detail": "accredited",
    "transaction_amount": 14.9,
    "transaction_amount_refunded": 0,
    "currency_id": "BRL",
    "external_reference": "order-1",
}

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def always(answer: Answer | None) -> Any:
    return lambda asked: answer


async def test_it_asks_as_documented(mercado_pago: MercadoPagoBench) -> None:
    provider, stub = mercado_pago.provider, mercado_pago.stub
    payment = (await provider.charge(charge_of("approved_1", reference="order-1"))).payment
    assert payment is not None
    await provider.find(payment.id)
    await provider.find_by_reference("order 1&x")
    await provider.refund(RefundRequest(payment.id, Money(490, "BRL"), "refund-1"))
    charge, find, search, refund = stub.asked
    assert (charge.method, charge.target) == ("POST", "/v1/payments")
    assert charge.headers["authorization"] == f"Bearer {ACCESS_TOKEN}"
    assert charge.headers["content-type"] == "application/json"
    assert charge.headers["x-idempotency-key"] == "order-1"
    assert charge.body == {
        "transaction_amount": 14.9,
        "token": "approved_1",
        "description": "GSHOP Live",
        "installments": 1,
        "payment_method_id": "visa",
        "payer": {"email": "ann@example.com"},
        "external_reference": "order-1",
    }
    assert (find.method, find.target) == ("GET", f"/v1/payments/{payment.id}")
    assert search.method == "GET" and urlsplit(search.target).path == "/v1/payments/search"
    assert parse_qs(urlsplit(search.target).query)["external_reference"] == ["order 1&x"]
    assert (refund.method, refund.target) == ("POST", f"/v1/payments/{payment.id}/refunds")
    assert refund.body == {"amount": 4.9} and refund.headers["x-idempotency-key"] == "refund-1"
    assert ACCESS_TOKEN not in "".join(asked.target for asked in stub.asked), "a token in a URL ends up in logs"


async def test_a_whole_amount_is_a_whole_number() -> None:
    """Of pesos without cents it takes no others."""
    async with running(MercadoPagoStub()) as stub:
        provider = MercadoPagoProvider(stub.url, ACCESS_TOKEN, "CLP", NoticeSignatures(b"s", 300))
        await provider.charge(charge_of("approved_1", 19990, currency="CLP"))
        await provider.close()
        assert json.dumps(stub.asked[0].body["transaction_amount"]) == "19990"


async def test_another_currency_than_the_accounts_is_never_asked_for(mercado_pago: MercadoPagoBench) -> None:
    """case 26: a bare number would be understood as the account's currency."""
    answer = await mercado_pago.provider.charge(charge_of("approved_1", currency="USD"))
    assert (answer.outcome, answer.payment) == (Outcome.DECLINED, None)
    refund = await mercado_pago.provider.refund(RefundRequest("1", Money(1, "USD"), "k"))
    assert refund.outcome is Outcome.DECLINED
    assert mercado_pago.stub.asked == []


async def test_it_cancels_as_documented(mercado_pago: MercadoPagoBench) -> None:
    payment = (await mercado_pago.provider.charge(charge_of("pending_1"))).payment
    assert payment is not None
    cancelled = await mercado_pago.provider.cancel(payment.id)
    assert cancelled is not None and cancelled.reason is DeclineReason.CANCELLED
    asked = mercado_pago.stub.asked[-1]
    assert (asked.method, asked.target, asked.body) == ("PUT", f"/v1/payments/{payment.id}", {"status": "cancelled"})
    assert asked.headers["x-idempotency-key"] == f"cancel-{payment.id}"


NO_ANSWERS: list[Answer] = [
    (500, "", b""),
    (503, "retry-after: 5\r\n", b"{}"),
    (429, "", b"{}"),
    (401, "", b"{}"),
    (403, "", b"{}"),
    (409, "", b"{}"),
    (200, "", b"not json"),
    (200, "", b"[]"),
    (201, "", b"{}"),
    (201, "", b"[" * 60_000),
    (201, "", b" " * 2_000_000),
    (201, "", b'{"a": 1e99999999999999999999}'),
    (201, "content-encoding: gzip\r\n", b"no gzip"),
    (204, "", b""),
    (302, "location: /v1/payments\r\n", b""),
    (201, "", json.dumps({**PAID, "transaction_amount": "14.9"}).encode()),
    (201, "", json.dumps({**PAID, "currency_id": None}).encode()),
    (201, "", json.dumps({**PAID, "status": "new_status"}).encode()),
]


@pytest.mark.parametrize("answer", NO_ANSWERS, ids=range(len(NO_ANSWERS)))
async def test_whatever_is_no_clear_answer_is_none(mercado_pago: MercadoPagoBench, answer: Answer) -> None:
    """Nobody is told "declined" while their money may have moved."""
    mercado_pago.stub.instead = always(answer)
    provider = mercado_pago.provider
    assert (await provider.charge(charge_of("approved_1"))).outcome is Outcome.UNKNOWN
    with pytest.raises(ProviderUnavailable):
        await provider.find("1320000001")
    with pytest.raises(ProviderUnavailable):
        await provider.find_by_reference("order-1")
    with pytest.raises(ProviderUnavailable):
        await provider.cancel("1320000001")
    if answer[2][:1] != b"{" or b"status" not in answer[2]:
        refund = await provider.refund(RefundRequest("1320000001", Money(1, "BRL"), "k"))
        assert refund.outcome is Outcome.UNKNOWN


async def test_a_redirect_is_not_followed(mercado_pago: MercadoPagoBench) -> None:
    """case 36: another host would be handed the access token."""
    async with running(MercadoPagoStub()) as other:
        for status in (301, 302, 303, 307, 308):
            mercado_pago.stub.instead = partial(_redirected, status, other.url)
            assert (await mercado_pago.provider.charge(charge_of("approved_1"))).outcome is Outcome.UNKNOWN
        assert other.asked == []


def _redirected(status: int, url: str, _: Asked) -> Answer:
    return status, f"location: {url}/v1/payments\r\n", b""


async def test_one_that_is_slow_is_not_waited_for() -> None:
    async with mercado_pago_bench(timeout_s=0.2) as bench:
        bench.stub.delay_s = 30.0
        async with asyncio.timeout(10):
            request = charge_of("approved_1")
            assert (await bench.provider.charge(request)).outcome is Outcome.UNKNOWN
            with pytest.raises(ProviderUnavailable):
                await bench.provider.find("1")
        bench.stub.delay_s = 0.0
        assert len(await bench.provider.find_by_reference(request.reference)) == 1, "the money had moved"


async def test_one_that_is_not_there_gives_no_answer() -> None:
    async with running(MercadoPagoStub()) as gone:
        url = gone.url
    provider = MercadoPagoProvider(url, ACCESS_TOKEN, "BRL", NoticeSignatures(b"s", 300))
    assert (await provider.charge(charge_of("approved_1"))).outcome is Outcome.UNKNOWN
    await provider.close()


async def test_a_payment_that_is_another_one_is_not_taken_for_it(mercado_pago: MercadoPagoBench) -> None:
    mercado_pago.stub.instead = always((200, "", json.dumps(PAID).encode()))
    with pytest.raises(ProviderUnavailable):
        await mercado_pago.provider.find("1320000002")
    found = {"results": [PAID, {**PAID, "id": 2, "external_reference": "order-11"}]}
    mercado_pago.stub.instead = always((200, "", json.dumps(found).encode()))
    assert [payment.id for payment in await mercado_pago.provider.find_by_reference("order-1")] == ["1320000001"]


async def test_a_notice_of_something_else_than_a_payment_names_none(mercado_pago: MercadoPagoBench) -> None:
    now_s = mercado_pago.clock.seconds
    raw = RawNotice(signed("ord01jq4s", "r-1", now_s), {"data.id": "ORD01JQ4S", "type": "order"})
    assert mercado_pago.provider.verify(raw, mercado_pago.clock()).payment_id is None
    raw = RawNotice(signed("abc", "r-1", now_s), {"data.id": "abc", "type": "payment"})
    assert mercado_pago.provider.verify(raw, mercado_pago.clock()).payment_id is None


async def test_no_secret_is_logged(mercado_pago: MercadoPagoBench, caplog: pytest.LogCaptureFixture) -> None:
    """case 44."""
    caplog.set_level(logging.DEBUG)
    provider = mercado_pago.provider
    for answer in (None, *NO_ANSWERS[:5], (400, "", b'{"message": "canary-message"}')):
        mercado_pago.stub.instead = always(answer)
        await provider.charge(charge_of("approved_canary-card-token"))
        await provider.refund(RefundRequest("1320000001", Money(1, "BRL"), "k"))
    assert "without an answer" in caplog.text and "access token" in caplog.text
    assert "canary" not in caplog.text and "ann@example.com" not in caplog.text
    assert "canary" not in repr(provider) and WEBHOOK_SECRET not in repr(provider)


async def test_the_environments_proxies_are_not_used(
    mercado_pago: MercadoPagoBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await mercado_pago.provider.charge(charge_of("approved_1"))).outcome is Outcome.APPROVED


@pytest.mark.parametrize(
    ("status", "detail", "is_now"),
    [
        ("pending", "pending_waiting_transfer", PaymentStatus.PENDING),
        ("in_process", "pending_review_manual", PaymentStatus.PENDING),
        ("authorized", "pending_capture", PaymentStatus.PENDING),
        ("approved", "accredited", PaymentStatus.APPROVED),
        ("in_mediation", "pending", PaymentStatus.APPROVED),
        ("rejected", "cc_rejected_other_reason", PaymentStatus.DECLINED),
        ("cancelled", "expired", PaymentStatus.DECLINED),
        ("refunded", "refunded", PaymentStatus.REFUNDED),
        ("charged_back", "settled", PaymentStatus.CHARGED_BACK),
    ],
)
def test_each_documented_status_is_understood(status: str, detail: str, is_now: PaymentStatus) -> None:
    body = {**PAID, "transaction_amount": 15, "status": status, "status_detail": detail}
    payment = payment_of(body)
    assert payment.status is is_now
    assert (payment.reason is None) is (is_now is not PaymentStatus.DECLINED)
    assert payment.refunded_minor == (1500 if is_now is PaymentStatus.REFUNDED else 0)


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ("cc_rejected_insufficient_amount", DeclineReason.FUNDS),
        ("cc_rejected_bad_filled_security_code", DeclineReason.DETAILS),
        ("cc_rejected_call_for_authorize", DeclineReason.CALL_BANK),
        ("cc_rejected_high_risk", DeclineReason.RISK),
        ("cc_rejected_max_attempts", DeclineReason.LIMIT),
        ("cc_rejected_duplicated_payment", DeclineReason.DUPLICATE),
        ("something_new", DeclineReason.OTHER),
    ],
)
def test_a_decline_has_a_reason(detail: str, reason: DeclineReason) -> None:
    body = {**PAID, "transaction_amount": 15, "status": "rejected", "status_detail": detail}
    assert payment_of(body).reason is reason


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*PAID, "cause", "code"]), inner),
    max_leaves=10,
)


@calmly
@given(_json, st.sampled_from([*PAID, ""]))
def test_whatever_is_answered_is_read_or_refused(value: Any, name: str) -> None:
    body = {**PAID, "transaction_amount": 15, name: value} if name else value
    for read in (payment_of, refund_of):
        try:
            read(body if isinstance(body, dict) else {"status": body})
        except Unreadable:
            pass
    assert isinstance(reason_of_refusal({"cause": value}), DeclineReason)
