"""What the tests of payments share: a clock to turn, and each provider with what it takes to try it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from gshop_studio.domain.money import Money
from gshop_studio.server.database import Database
from gshop_studio.server.payments.mercado_pago import MercadoPagoProvider
from gshop_studio.server.payments.ports import ChargeRequest, PaymentProvider, RawNotice
from gshop_studio.server.payments.sandbox.provider import SandboxDelays, SandboxProvider
from gshop_studio.server.payments.signatures import NoticeSignatures
from tests.gshop_studio.server.payments.mercado_pago_stub import (
    ACCESS_TOKEN,
    WEBHOOK_SECRET,
    MercadoPagoStub,
    running,
    signed,
)

_numbers = itertools.count(1)


class TurnedClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def seconds(self) -> int:
        return int(self.now.timestamp())


class Bench(Protocol):
    @property
    def provider(self) -> PaymentProvider: ...

    @property
    def clock(self) -> TurnedClock: ...

    def token(self, kind: str) -> str:
        """A fresh token that is approved, declined or pending."""
        ...

    def decide(self, payment_id: str) -> None:
        """A pending payment is approved now."""
        ...

    def lose_answers(self) -> None:
        """From now on charges are done, and nobody hears of it."""
        ...

    def hear_again(self) -> None: ...

    def notice(self, payment_id: str) -> RawNotice:
        """A notice of this payment, signed now, not by our code."""
        ...


def charge_of(token: str, minor: int = 1490, reference: str | None = None, currency: str = "BRL") -> ChargeRequest:
    reference = reference or f"order-{next(_numbers)}"
    return ChargeRequest(
        reference=reference,
        idempotency_key=reference,
        amount=Money(minor, currency),
        token=token,
        method="visa",
        payer_email="ann@example.com",
        description="GSHOP Live",
    )


async def no_wait(_seconds: float) -> None:
    """Time that passes at once."""


@dataclass
class SandboxBench:
    provider: SandboxProvider
    clock: TurnedClock
    is_mute: bool = False

    def token(self, kind: str) -> str:
        if self.is_mute:
            return {"approved": "tok_timeout_charged", "declined": "tok_timeout_declined"}[kind]
        return {"approved": "tok_approved", "declined": "tok_declined_funds", "pending": "tok_pending_approved"}[kind]

    def decide(self, payment_id: str) -> None:
        self.clock.turn(SandboxDelays().decides_s)

    def lose_answers(self) -> None:
        self.is_mute = True

    def hear_again(self) -> None:
        self.is_mute = False

    def notice(self, payment_id: str) -> RawNotice:
        headers = signed(payment_id, "request-1", self.clock.seconds)
        return RawNotice(headers, {"data.id": payment_id, "type": "payment"})


@dataclass
class MercadoPagoBench:
    provider: MercadoPagoProvider
    clock: TurnedClock
    stub: MercadoPagoStub

    def token(self, kind: str) -> str:
        return f"{kind}_{next(_numbers)}"

    def decide(self, payment_id: str) -> None:
        self.stub.payments[payment_id].update(status="approved", status_detail="accredited")

    def lose_answers(self) -> None:
        self.stub.loses_answers = True

    def hear_again(self) -> None:
        self.stub.loses_answers = False

    def notice(self, payment_id: str) -> RawNotice:
        headers = signed(payment_id, "request-1", self.clock.seconds * 1000)
        return RawNotice(headers, {"data.id": payment_id, "type": "payment"})


@asynccontextmanager
async def sandbox_bench(url: str) -> AsyncIterator[SandboxBench]:
    database, clock = Database(url), TurnedClock()
    signatures = NoticeSignatures(WEBHOOK_SECRET.encode(), 300)
    try:
        yield SandboxBench(SandboxProvider(database, signatures, clock, sleep=no_wait), clock)
    finally:
        await database.close()


@asynccontextmanager
async def mercado_pago_bench(timeout_s: float = 10.0) -> AsyncIterator[MercadoPagoBench]:
    async with running(MercadoPagoStub()) as stub:
        signatures = NoticeSignatures(WEBHOOK_SECRET.encode(), 300)
        provider = MercadoPagoProvider(stub.url, ACCESS_TOKEN, "BRL", signatures, timeout_s=timeout_s)
        try:
            yield MercadoPagoBench(provider, TurnedClock(), stub)
        finally:
            await provider.close()
