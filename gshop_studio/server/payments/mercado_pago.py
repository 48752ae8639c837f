"""Mercado Pago as the provider: its payments API over HTTPS, and its notices.

POST `/v1/payments` and `/v1/payments/{id}/refunds`, and PUT `/v1/payments/{id}` to cancel, with `X-Idempotency-Key`;
GET `/v1/payments/{id}` and `/v1/payments/search?external_reference=`. Requests go straight to the transport: the client
above it would follow redirects, take proxies from the environment and log addresses. Nothing here logs a token, an
address or an answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx

from gshop_studio.domain.money import Money
from gshop_studio.server.payments.mercado_pago_answers import (
    Unreadable,
    payment_of,
    reason_of_refusal,
    refund_of,
)
from gshop_studio.server.payments.ports import (
    ChargeAnswer,
    ChargeRequest,
    DeclineReason,
    Outcome,
    Payment,
    PaymentNotice,
    PaymentStatus,
    ProviderUnavailable,
    RawNotice,
    RefundAnswer,
    RefundRequest,
)
from gshop_studio.server.payments.signatures import NoticeSignatures

log = logging.getLogger(__name__)

ANSWER_TIMEOUT_S = 12.0
_MAX_ANSWER_BYTES = 1024 * 1024
_CONNECTIONS = 50
_LONGEST_ID = 32
_MOST_FOUND = 50
_NOT_NOW = frozenset({401, 403, 408, 409, 423, 425, 429})
"""Answers below 500 that say nothing of the payment: our own sign-in, a clash with ourselves, too much at once."""
_OUTCOMES = {PaymentStatus.PENDING: Outcome.PENDING, PaymentStatus.DECLINED: Outcome.DECLINED}


class MercadoPagoProvider:
    name = "mercadopago"
    are_tokens_used_up = True

    def __init__(
        self,
        url: str,
        access_token: str,
        currency: str,
        signatures: NoticeSignatures,
        *,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        """`currency` is the account's: the provider takes a bare number and understands it so."""
        self._url = url.rstrip("/")
        self._authorization = f"Bearer {access_token}"
        self._currency = currency
        self._signatures = signatures
        self._timeout_s = timeout_s
        self._transport = httpx.AsyncHTTPTransport(
            trust_env=False, limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        )

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        if request.amount.currency != self._currency:
            log.error("Mercado Pago is not asked for %s: its account has %s", request.amount.currency, self._currency)
            return ChargeAnswer(Outcome.DECLINED, reason=DeclineReason.OTHER)
        wish = {
            "transaction_amount": _number(request.amount),
            "token": request.token,
            "description": request.description,
            "installments": 1,
            "payment_method_id": request.method,
            "payer": {"email": request.payer_email},
            "external_reference": request.reference,
        }
        try:
            status, body = await self._ask("POST", "/v1/payments", wish, key=request.idempotency_key)
            if _is_refusal(status):
                return ChargeAnswer(Outcome.DECLINED, reason=reason_of_refusal(body))
            _require(status)
            payment = payment_of(body)
        except (ProviderUnavailable, Unreadable) as error:
            log.warning("a charge is without an answer: %s", error)
            return ChargeAnswer(Outcome.UNKNOWN)
        return ChargeAnswer(_OUTCOMES.get(payment.status, Outcome.APPROVED), payment, payment.reason)

    async def find(self, payment_id: str) -> Payment | None:
        if not _is_id(payment_id):
            return None
        status, body = await self._ask("GET", f"/v1/payments/{payment_id}")
        if status == httpx.codes.NOT_FOUND:
            return None
        return _payment(status, body, payment_id)

    async def find_by_reference(self, reference: str) -> tuple[Payment, ...]:
        query = {"external_reference": reference, "sort": "date_created", "criteria": "asc", "limit": str(_MOST_FOUND)}
        status, body = await self._ask("GET", "/v1/payments/search", query=query)
        try:
            _require(status)
            results = body.get("results")
            if not isinstance(results, list):
                raise Unreadable("no results")
            payments = [payment_of(result) for result in results]
        except Unreadable as error:
            raise ProviderUnavailable(str(error)) from error
        return tuple(payment for payment in payments if payment.reference == reference)

    async def cancel(self, payment_id: str) -> Payment | None:
        if not _is_id(payment_id):
            return None
        key = f"cancel-{payment_id}"
        status, body = await self._ask("PUT", f"/v1/payments/{payment_id}", {"status": "cancelled"}, key=key)
        if _is_refusal(status):  # decided already, of a kind that is not cancelled, or not there
            return await self.find(payment_id)
        return _payment(status, body, payment_id)

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        if not _is_id(request.payment_id) or request.amount.currency != self._currency:
            return RefundAnswer(Outcome.DECLINED)
        path = f"/v1/payments/{request.payment_id}/refunds"
        try:
            wish = {"amount": _number(request.amount)}
            status, body = await self._ask("POST", path, wish, key=request.idempotency_key)
            if _is_refusal(status):
                log.warning("a refund was refused: status %s", status)
                return RefundAnswer(Outcome.DECLINED)
            _require(status)
            return refund_of(body)
        except (ProviderUnavailable, Unreadable) as error:
            log.warning("a refund is without an answer: %s", error)
            return RefundAnswer(Outcome.UNKNOWN)

    def verify(self, notice: RawNotice, now: datetime) -> PaymentNotice:
        believed = self._signatures.verify(notice, now)
        if believed.payment_id is not None and not _is_id(believed.payment_id):  # of an order, a plan, ...
            return PaymentNotice(believed.key, None)
        return believed

    async def close(self) -> None:
        await self._transport.aclose()

    async def _ask(
        self,
        method: str,
        path: str,
        wish: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """The status and the object that was answered; an empty one where it is none.

        Raises:
            ProviderUnavailable: no answer, or none for now. Says why in words of ours.
        """
        headers = {"Authorization": self._authorization, "Accept": "application/json"}
        if key is not None:
            headers["X-Idempotency-Key"] = key
        request = httpx.Request(method, httpx.URL(self._url + path, params=query or {}), headers=headers, json=wish)
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._transport.handle_async_request(request)
                try:
                    body = await _read(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            raise ProviderUnavailable(type(error).__name__) from error
        status = response.status_code
        if status in (401, 403):
            log.error("Mercado Pago does not take our access token (status %s)", status)
        if status in _NOT_NOW or status >= 500 or status < 200 or 300 <= status < 400:
            raise ProviderUnavailable(f"status {status}")
        return status, _object(body)


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _MAX_ANSWER_BYTES:
            raise ProviderUnavailable("the answer is too long")
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_refusal(status: int) -> bool:
    return 400 <= status < 500


def _require(status: int) -> None:
    if not 200 <= status < 300:
        raise ProviderUnavailable(f"status {status}")


def _payment(status: int, body: Mapping[str, Any], payment_id: str) -> Payment:
    """The payment that was asked for."""
    try:
        _require(status)
        payment = payment_of(body)
    except Unreadable as error:
        raise ProviderUnavailable(str(error)) from error
    if payment.id != payment_id:
        raise ProviderUnavailable("another payment was answered")
    return payment


def _is_id(payment_id: str) -> bool:
    return payment_id.isascii() and payment_id.isdigit() and len(payment_id) <= _LONGEST_ID


def _number(amount: Money) -> int | float:
    """A whole amount without decimals: some currencies take no others."""
    number = amount.to_wire()
    return int(number) if number.is_integer() else number
