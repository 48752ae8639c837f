"""A purchase is read past the framework where it is as it should be: what it answers is the same either way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.checkout.buying import CHECKOUT, buyer_of
from tests.gshop_studio.server.shop import Shop


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/problem+json"])
async def test_json_by_every_name_buys(shop: Shop, kind: str) -> None:
    seller = await shop.person(Role.SELLER)
    product_id = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[product_id])
    buyer = await buyer_of(shop)
    await buyer.add(stream_id, product_id)
    body = json.dumps(await buyer.wish(stream_id)).encode()
    headers = {**buyer.person.headers, "Content-Type": kind}
    answer = await shop.http.post(f"/api/v1/{CHECKOUT}/purchase", content=body, headers=headers)
    assert answer.status_code == 201 and answer.headers["content-type"] == "application/json"
    assert answer.json() == await buyer.order(answer.json()["id"])
    assert None not in answer.json().values()


@pytest.mark.parametrize(
    ("body", "kind", "key", "status", "field"),
    [
        (b"{", "application/json", "k", 422, None),
        (b"[]", "application/json", "k", 422, None),
        (b'{"streamId": 5}', "application/json", "k", 422, "streamId"),
        (b"{}", "text/plain", "k", 422, None),
        (b"", "application/json", "k", 422, None),
        (b"\xff\xfe", "application/json", "k", 422, None),
        (None, "application/json", "k" * 65, 422, "idempotency-key"),
        (None, "application/json", "", 422, "idempotency-key"),
    ],
)
async def test_what_is_wrong_with_it_is_told(
    shop: Shop, body: bytes | None, kind: str, key: str, status: int, field: str | None
) -> None:
    whole = dict.fromkeys(("streamId", "cartId", "paymentMethodId", "shippingAddressId"), "x")
    content = json.dumps(whole).encode() if body is None else body
    headers = {**(await shop.person()).headers, "Content-Type": kind, "Idempotency-Key": key}
    answer = await shop.http.post(f"/api/v1/{CHECKOUT}/purchase", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    if field is not None:
        assert field in [error["field"] for error in answer.json()["errors"]]


async def test_purchases_are_counted_by_the_limit(tmp_path: Path) -> None:
    """Once each, whether they are read here or by the framework."""
    wish = dict.fromkeys(("streamId", "cartId", "paymentMethodId", "shippingAddressId"), "x")
    async with Shop(tmp_path / "data", rate_limit="6/minute") as shop:
        headers = {**(await shop.person()).headers, "Content-Type": "application/json"}
        bodies = [json.dumps(wish), "{}"] * 4
        answers = [
            await shop.http.post(f"/api/v1/{CHECKOUT}/purchase", content=body, headers=headers) for body in bodies
        ]
    assert [answer.status_code for answer in answers] == [404, 422, 404, 422, 404, 422, 429, 429]
