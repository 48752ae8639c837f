"""An HTTP server that does what Mercado Pago documents of its payments API, by a token's name, and keeps books."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCESS_TOKEN = "APP_USR-canary-access-token"
WEBHOOK_SECRET = "canary-webhook-secret-7f3a"
STATUSES = {
    "approved": ("approved", "accredited"),
    "declined": ("rejected", "cc_rejected_insufficient_amount"),
    "pending": ("in_process", "pending_review_manual"),
}
"""By the first word of a token."""
Answer = tuple[int, str, bytes]


@dataclass
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: Any


class MercadoPagoStub:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.payments: dict[str, dict[str, Any]] = {}
        self.instead: Callable[[Asked], Answer | None] = lambda asked: None
        """What is answered instead of what is documented; nothing is done then."""
        self.delay_s = 0.0
        self.loses_answers = False
        """Does what it is asked, and closes the connection instead of saying so."""
        self.url = ""
        self._by_key: dict[str, tuple[str, Answer]] = {}
        self._used: set[str] = set()
        self._ids = itertools.count(1_320_000_001)

    # --- the API --------------------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer:
        if (given := self.instead(asked)) is not None:
            return given
        if asked.headers.get("authorization") != f"Bearer {ACCESS_TOKEN}":
            return _json(401, {"message": "invalid access token", "error": "unauthorized", "status": 401})
        parts = urlsplit(asked.target)
        if asked.method == "GET":
            return self._read(parts.path, parse_qs(parts.query))
        key = asked.headers.get("x-idempotency-key")
        if not key:
            return _json(400, {"message": "Header X-Idempotency-Key can't be null", "status": 400, "cause": []})
        said = json.dumps([parts.path, asked.body], sort_keys=True)
        if key in self._by_key:
            before, answer = self._by_key[key]
            return answer if before == said else _json(409, {"message": "idempotency key reused", "status": 409})
        answer = self._change(parts.path, asked.body) if asked.method == "PUT" else self._do(parts.path, asked.body)
        if answer[0] < 500:
            self._by_key[key] = (said, answer)
        return answer

    def _do(self, path: str, body: dict[str, Any]) -> Answer:
        if path == "/v1/payments":
            return self._pay(body)
        payment = self.payments.get(path.split("/")[3])
        if payment is None:
            return _json(404, {"message": "Payment not found", "error": "not_found", "status": 404})
        return self._refund(payment, body)

    def _change(self, path: str, body: dict[str, Any]) -> Answer:
        payment = self.payments.get(path.removeprefix("/v1/payments/"))
        if payment is None:
            return _json(404, {"message": "Payment not found", "error": "not_found", "status": 404})
        if body != {"status": "cancelled"} or payment["status"] not in ("pending", "in_process", "authorized"):
            message = "The requested action is not valid for the current payment state"
            return _json(400, {"message": message, "status": 400, "cause": [{"code": 2063, "description": message}]})
        payment["status"], payment["status_detail"] = "cancelled", "by_collector"
        return _json(200, payment)

    def _pay(self, body: dict[str, Any]) -> Answer:
        kind = str(body.get("token")).partition("_")[0]
        if kind not in STATUSES or body["token"] in self._used:
            cause = [{"code": 2062, "description": "Invalid card token"}]
            return _json(400, {"message": "Invalid card token", "error": "bad_request", "status": 400, "cause": cause})
        self._used.add(body["token"])
        status, detail = STATUSES[kind]
        number = next(self._ids)
        payment = {
            "id": number,
            "status": status,
            "status_detail": detail,
            "transaction_amount": body["transaction_amount"],
            "transaction_amount_refunded": 0,
            "currency_id": "BRL",
            "external_reference": body["external_reference"],
            "payment_method_id": body["payment_method_id"],
            "payer": body["payer"],
            "live_mode": False,
        }
        self.payments[str(number)] = payment
        return _json(201, payment)

    def _refund(self, payment: dict[str, Any], body: dict[str, Any]) -> Answer:
        amount = Decimal(str(body["amount"]))
        refunded = Decimal(str(payment["transaction_amount_refunded"])) + amount
        whole = Decimal(str(payment["transaction_amount"]))
        if payment["status"] != "approved" or refunded > whole or amount <= 0:
            return _json(400, {"message": "Amount to refund is invalid", "error": "bad_request", "status": 400})
        payment["transaction_amount_refunded"] = float(refunded)
        if refunded == whole:
            payment["status"], payment["status_detail"] = "refunded", "refunded"
        else:
            payment["status_detail"] = "partially_refunded"
        refund = {"id": next(self._ids), "payment_id": payment["id"], "amount": float(amount), "status": "approved"}
        return _json(201, refund)

    def _read(self, path: str, query: dict[str, list[str]]) -> Answer:
        if path == "/v1/payments/search":
            [reference] = query["external_reference"]
            found = [payment for payment in self.payments.values() if payment["external_reference"] == reference]
            paging = {"total": len(found), "limit": int(query["limit"][0]), "offset": 0}
            return _json(200, {"paging": paging, "results": found})
        payment = self.payments.get(path.removeprefix("/v1/payments/"))
        return _json(200, payment) if payment else _json(404, {"message": "Payment not found", "status": 404})

    # --- HTTP -----------------------------------------------------------------------------------------------------

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                pairs = (line.split(": ", 1) for line in lines[1:] if line)
                headers = {name.lower(): value for name, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, target, _ = lines[0].split(" ")
                asked = Asked(method, target, headers, json.loads(body) if body else None)
                self.asked.append(asked)
                status, more, content = self.answer(asked)
                await asyncio.sleep(self.delay_s)
                if self.loses_answers:
                    return
                writer.write(f"HTTP/1.1 {status} X\r\n{more}content-length: {len(content)}\r\n\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def signed(
    data_id: str | None, request_id: str | None, ts: int | str, secret: str | bytes = WEBHOOK_SECRET
) -> dict[str, str]:
    """The headers of a notice, as Mercado Pago's pages say it makes them: written anew here, not with our code."""
    text = ""
    if data_id is not None:
        text += "id:" + data_id.lower() + ";"
    if request_id is not None:
        text += "request-id:" + request_id + ";"
    text += "ts:" + str(ts) + ";"
    key = secret.encode("utf-8") if isinstance(secret, str) else secret
    v1 = hmac.new(key, msg=text.encode("utf-8"), digestmod=hashlib.sha256).hexdigest()
    headers = {"x-signature": f"ts={ts},v1={v1}"}
    return headers if request_id is None else {**headers, "x-request-id": request_id}


def _json(status: int, body: Any) -> Answer:
    return status, "content-type: application/json\r\n", json.dumps(body).encode()


@asynccontextmanager
async def running(stub: MercadoPagoStub) -> AsyncIterator[MercadoPagoStub]:
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    stub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stub
    finally:
        server.close()
        await server.wait_closed()
