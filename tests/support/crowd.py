"""A crowd that buys: people with addresses, payment methods and carts, written into a database before a server starts,
and their purchases, all at one moment, each over the connection over which its cart was looked at."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import insert

from gshop_studio.contract.rest import Role
from gshop_studio.server.accounts.tokens import AccessTokens
from gshop_studio.server.clock import new_id, utc_now
from gshop_studio.server.database import Database
from gshop_studio.server.secret_key import SecretKey, keyed_hash
from gshop_studio.server.tables import (
    CartItemRow,
    CartRow,
    LiveStreamProductRow,
    LiveStreamRow,
    PaymentMethodRow,
    ProductRow,
    ShippingAddressRow,
    UserRow,
)

_TOKEN = "tok_approved"
_TOKEN_LIFE_S = 3600.0


@dataclass(frozen=True)
class Purchase:
    """What one of the crowd sends."""

    token: str
    wish: dict[str, str]


@dataclass(frozen=True)
class Crowd:
    product_id: str
    stream_id: str
    purchases: Sequence[Purchase]


@dataclass(frozen=True)
class Answered:
    status: int
    code: str
    seconds: float


async def gather(database: Database, secret: SecretKey, number: int, stock: int, pay_by: str = _TOKEN) -> Crowd:
    """Write a live show with one product, and `number` people who have one of it in their carts, and pay by this
    token of the provider's."""
    now, seller, product_id, stream_id = utc_now(), new_id(), new_id(), new_id()
    tokens = AccessTokens(secret.derive("access token"), _TOKEN_LIFE_S, utc_now)
    sealed = secret.fernet("payment token").encrypt(pay_by.encode()).decode()
    token_hash = keyed_hash(secret.derive("payment token hash"), pay_by)
    people = [new_id() for _ in range(number)]
    carts, methods, addresses = ({person: new_id() for person in people} for _ in range(3))
    times = {"created_at": now, "updated_at": now}
    async with database.write() as transaction:

        async def write(table: type, rows: list[dict[str, object]]) -> None:
            await transaction.session.execute(insert(table), rows)

        everybody = [(seller, Role.SELLER), *((person, Role.BUYER) for person in people)]
        await write(UserRow, [
            {"id": user_id, "email": f"{user_id}@example.com", "display_name": f"Person {place}", "role": role.value,
             "language": "en", **times}
            for place, (user_id, role) in enumerate(everybody)
        ])  # fmt: skip
        product = {"name": "Mug", "description": "", "price_minor": 1850, "currency": "USD", "stock": stock}
        await write(ProductRow, [{"id": product_id, "seller_id": seller, **product, **times}])
        counts = dict.fromkeys(
            ("viewer_count", "peak_viewer_count", "total_views", "total_likes", "total_messages", "total_purchases",
             "total_shares", "gmv_minor", "last_seq", "last_staff_seq"), 0,
        )  # fmt: skip
        await write(LiveStreamRow, [
            {"id": stream_id, "title": "Rush", "description": "", "status": "live", "host_type": "seller",
             "host_id": seller, "seller_id": seller, "is_receiving": False, "tags": [], "language": "en",
             "currency": "USD", "stream_quality": "720p", "orientation": "landscape", "latency_mode": "low",
             "is_recorded": False, "is_private": False, "allowed_viewers": [], "started_at": now, **counts, **times}
        ])  # fmt: skip
        await write(LiveStreamProductRow, [
            {"id": new_id(), "stream_id": stream_id, "product_id": product_id, "position": 1, "is_visible": False,
             "is_pinned": False, "sold_count": 0, "click_count": 0, "add_to_cart_count": number, "purchase_count": 0,
             "revenue_minor": 0, "alert_memory": {}, "created_at": now}
        ])  # fmt: skip
        await write(ShippingAddressRow, [
            {"id": addresses[person], "user_id": person, "recipient": "Ana", "line1": "Av. Arequipa 1", "city": "Lima",
             "country": "PE", "is_default": True, **times}
            for person in people
        ])  # fmt: skip
        await write(PaymentMethodRow, [
            {"id": methods[person], "user_id": person, "provider": "sandbox", "token_sealed": sealed,
             "token_hash": token_hash, "method": "visa", "is_default": True, "created_at": now}
            for person in people
        ])  # fmt: skip
        await write(CartRow, [{"id": carts[person], "user_id": person, "stream_id": stream_id, "is_open": True, **times}
                        for person in people])  # fmt: skip
        await write(CartItemRow, [
            {"id": new_id(), "cart_id": carts[person], "product_id": product_id, "quantity": 1, "told_minor": 1850,
             "created_at": now}
            for person in people
        ])  # fmt: skip
    purchases = [
        Purchase(
            tokens.issue(person, Role.BUYER),
            {
                "streamId": stream_id,
                "cartId": carts[person],
                "paymentMethodId": methods[person],
                "shippingAddressId": addresses[person],
            },
        )
        for person in people
    ]
    return Crowd(product_id, stream_id, purchases)


async def rush(
    url: str, crowd: Crowd, on_your_marks: Callable[[], None] = lambda: None
) -> list[Answered | BaseException]:
    """All buy at once; what became of each, where the server lived to say so. `on_your_marks` comes before."""
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None
    host = f"{parts.hostname}:{parts.port}"
    connections = [await asyncio.open_connection(parts.hostname, parts.port) for _ in crowd.purchases]
    try:
        for (reader, writer), purchase in zip(connections, crowd.purchases, strict=True):
            await _look_at_cart(reader, writer, host, purchase)
        on_your_marks()
        return list(
            await asyncio.gather(
                *(
                    _buy(reader, writer, host, purchase)
                    for (reader, writer), purchase in zip(connections, crowd.purchases, strict=True)
                ),
                return_exceptions=True,
            )
        )
    finally:
        for _, writer in connections:
            writer.close()


async def _buy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, purchase: Purchase) -> Answered:
    """By plain HTTP/1.1: a client library would take more time than the server does."""
    body = json.dumps(purchase.wish).encode()
    head = (
        "POST /api/v1/orders/live-checkout/purchase HTTP/1.1\r\n"
        f"Host: {host}\r\nAuthorization: Bearer {purchase.token}\r\nIdempotency-Key: {new_id()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    start = time.perf_counter()
    writer.write(head.encode() + body)
    status, answer = await _answer(reader)
    return Answered(status, answer.get("code", ""), time.perf_counter() - start)


async def _look_at_cart(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, purchase: Purchase
) -> None:
    path = f"/api/v1/orders/live-checkout/cart?streamId={purchase.wish['streamId']}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {purchase.token}\r\n\r\n".encode())
    status, cart = await _answer(reader)
    assert status == 200 and cart["cartId"] == purchase.wish["cartId"]


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    status = int((await reader.readline()).split()[1])
    length = 0
    while (line := await reader.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, json.loads(await reader.readexactly(length))
