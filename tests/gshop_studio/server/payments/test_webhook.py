"""The webhook over HTTP: what is signed is taken, whatever else is refused, and its body does not matter."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gshop_studio.server.payments.mercado_pago_stub import (
    ACCESS_TOKEN,
    WEBHOOK_SECRET,
    MercadoPagoStub,
    running,
    signed,
)
from tests.gshop_studio.server.shop import Shop, eventually

PATH = "webhooks/mercadopago"


@pytest.fixture
async def stub() -> AsyncIterator[MercadoPagoStub]:
    async with running(MercadoPagoStub()) as stub:
        yield stub


@pytest.fixture
async def paying_shop(tmp_path: Path, storage: dict[str, object], stub: MercadoPagoStub) -> AsyncIterator[Shop]:
    """A shop whose money Mercado Pago takes."""
    settings = {
        "payments": "mercadopago",
        "mercadopago_access_token": ACCESS_TOKEN,
        "mercadopago_webhook_secret": WEBHOOK_SECRET,
        "mercadopago_currency": "BRL",
        "mercadopago_url": stub.url,
    }
    async with Shop(tmp_path / "data", **{**storage, **settings}) as shop:
        yield shop


def query(payment_id: str = "1320000001") -> dict[str, str]:
    return {"data.id": payment_id, "type": "payment"}


async def test_a_signed_notice_makes_the_payment_be_fetched_anew(paying_shop: Shop, stub: MercadoPagoStub) -> None:
    headers = signed("1320000001", "r-1", int(time.time() * 1000))
    for body in ({"action": "payment.updated", "data": {"id": "1320000001"}}, {"data": {"id": "666"}}):
        answer = await paying_shop.ask("POST", PATH, params=query(), headers=headers, json=body)
        assert answer == {"received": True}
    await eventually(lambda: stub.asked)
    assert [asked.target for asked in stub.asked] == ["/v1/payments/1320000001"], "the body is not signed"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff" * 1000, b"[" * 10_000])
async def test_whatever_the_body_is_a_signed_notice_is_taken(paying_shop: Shop, body: bytes) -> None:
    headers = signed("1320000001", "r-1", int(time.time()))
    response = await paying_shop.send("POST", PATH, params=query(), headers=headers, content=body)
    assert response.status_code == 200


async def test_one_that_is_not_signed_right_has_no_effect(paying_shop: Shop, stub: MercadoPagoStub) -> None:
    """cases 22 and 23."""
    now_s = int(time.time())
    right = signed("1320000001", "r-1", now_s)
    for headers, of in (
        ({}, query()),
        (right, query("1320000002")),
        (right, {}),
        ({"x-signature": right["x-signature"]}, query()),
        ({**right, "x-signature": right["x-signature"].replace("v1=", "v2=")}, query()),
        (signed("1320000001", "r-1", now_s, secret="another-secret"), query()),
        (signed("1320000001", "r-1", now_s - 400), query()),
        (signed("1320000001", "r-1", (now_s + 400) * 1000), query()),
    ):
        response = await paying_shop.send("POST", PATH, params=of, headers=headers, json={})
        assert response.status_code == 401 and response.json()["code"] == "payment.bad_notice"
    doubled = [*query().items(), ("data.id", "1320000002")]
    assert (await paying_shop.send("POST", PATH, params=doubled, headers=right)).status_code == 401
    assert (await paying_shop.send("GET", PATH, params=query(), headers=right)).status_code == 405
    assert stub.asked == []


async def test_notices_are_not_counted_as_requests(tmp_path: Path) -> None:
    """The provider sends all of a busy evening's from one address."""
    async with Shop(tmp_path / "data", rate_limit="2/minute") as shop:
        statuses = {(await shop.send("POST", PATH, json={})).status_code for _ in range(10)}
        assert statuses == {401}


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(paying_shop: Shop) -> None:
    """case 40."""
    response = await paying_shop.send("POST", PATH, content=b"x" * (1024 * 1024 + 1))
    assert response.status_code == 413


async def test_whatever_is_sent_is_an_answer_and_never_an_effect(paying_shop: Shop, stub: MercadoPagoStub) -> None:
    """case 22: 300 made-up notices, many of them nearly right."""
    made_up = random.Random(20_310_401)
    right = signed("1320000001", "r-1", int(time.time()))
    strange = ["", "ts=1,v1=", "\u00ff\u00fe", "a" * 5000, "1;ts:1", "%00", "[]"]
    texts = [*right.values(), "1320000001", "payment", *strange]
    for _ in range(300):
        headers = {
            name: (made_up.choice(texts) + made_up.choice(["", "", ",", ";"])).encode("latin-1")
            for name in ("x-signature", "x-request-id", "content-type", "transfer-encoding-x")
            if made_up.random() < 0.8
        }
        pairs = [
            (made_up.choice(["data.id", "data.id", "id", "type"]), made_up.choice(texts))
            for _ in range(made_up.randrange(4))
        ]
        if headers.get("x-signature", b"").strip(b",; ") == right["x-signature"].encode():
            pairs = [(name, value) for name, value in pairs if value != "1320000001"]
        body = made_up.choice([b"", b"{}", b"\xff\x00", b"x" * 2000])
        response = await paying_shop.send("POST", PATH, params=pairs, headers=headers, content=body)
        assert response.status_code == 401, (headers, pairs, response.text)
    assert stub.asked == []
