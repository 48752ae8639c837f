"""The sandbox provider: lives in the server's process, keeps books of its own in the database, and moves no money.

Like a real one it remembers what it was asked when the server is killed, decides some payments later, loses answers,
and sends signed notices: each twice at once, and once more later, signed anew. Its transactions are its own: whoever
asks it holds none.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gshop_studio.domain.money import Money
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Clash, Database
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
from gshop_studio.server.payments.sandbox.repository import SandboxRepository
from gshop_studio.server.payments.sandbox.scripts import SCRIPTS, Script, Wait
from gshop_studio.server.payments.signatures import NoticeSignatures
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import SandboxNoticeRow, SandboxPaymentRow, SandboxRefundRow

log = logging.getLogger(__name__)

SEND_EVERY_S = 1.0
FORGET_EVERY_S = 3600.0
KEPT = timedelta(days=180)
"""So long a payment can be asked for and given back; real providers give none back later either."""
Deliver = Callable[[RawNotice], Awaitable[None]]
"""Takes a notice as the webhook does. Raises `Refused` where it is to be sent again."""
_AT_ONCE = 20
_LEASE = timedelta(seconds=30)
_MOST_ATTEMPTS = 8
_FORGOTTEN_AT_ONCE = 1000
_OUTCOMES = {
    PaymentStatus.APPROVED: Outcome.APPROVED,
    PaymentStatus.REFUNDED: Outcome.APPROVED,
    PaymentStatus.PENDING: Outcome.PENDING,
    PaymentStatus.DECLINED: Outcome.DECLINED,
}


@dataclass(frozen=True, slots=True)
class SandboxDelays:
    """How long things take, in seconds."""

    slow_s: float = 2.0
    """Until a slow answer."""
    timeout_s: float = 5.0
    """Until who hears nothing gives up."""
    decides_s: float = 3.0
    late_s: float = 30 * 60.0
    notice_s: float = 0.5
    """From a change to its notice."""
    again_s: float = 20.0
    """From a change to its notice signed anew."""


class SandboxProvider:
    name = "sandbox"
    are_tokens_used_up = False

    def __init__(
        self,
        database: Database,
        signatures: NoticeSignatures,
        clock: Clock,
        delays: SandboxDelays = SandboxDelays(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._signatures = signatures
        self._clock = clock
        self._delays = delays
        self._sleep = sleep
        self._deliver: Deliver | None = None

    def deliver_to(self, deliver: Deliver) -> None:
        """Where notices go. Before `send_due`."""
        self._deliver = deliver

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        script = SCRIPTS.get(request.token)
        if script is None:
            return ChargeAnswer(Outcome.DECLINED, reason=DeclineReason.TOKEN)
        try:
            payment = await self._charge(request, script) if script.status is not None else None
        except Refused:  # our own disk or database: the provider does not answer
            return ChargeAnswer(Outcome.UNKNOWN)
        if script.is_slow:
            await self._sleep(self._delays.slow_s)
        if not script.is_answered:
            await self._sleep(self._delays.timeout_s)
            return ChargeAnswer(Outcome.UNKNOWN)
        if payment is None:
            log.error("the sandbox was asked for another payment with a key that was used")
            return ChargeAnswer(Outcome.UNKNOWN)
        return ChargeAnswer(_OUTCOMES[payment.status], payment, payment.reason)

    async def find(self, payment_id: str) -> Payment | None:
        try:
            async with self._database.read() as transaction:
                row = await SandboxRepository(transaction).payment(payment_id)
        except Refused as refusal:
            raise ProviderUnavailable(refusal.code) from refusal
        return self._payment(row) if row is not None else None

    async def find_by_reference(self, reference: str) -> tuple[Payment, ...]:
        try:
            async with self._database.read() as transaction:
                rows = await SandboxRepository(transaction).payments_of(reference)
        except Refused as refusal:
            raise ProviderUnavailable(refusal.code) from refusal
        return tuple(self._payment(row) for row in rows)

    async def cancel(self, payment_id: str) -> Payment | None:
        try:
            async with self._database.write() as transaction:
                repository = SandboxRepository(transaction)
                row = await repository.payment(payment_id)
                if row is not None and self._payment(row).status is PaymentStatus.PENDING:
                    row.status, row.reason = PaymentStatus.DECLINED.value, DeclineReason.CANCELLED.value
                    row.decides_at = row.decides_to = None
                    await repository.add(*self._notices(row.id, self._clock()))
                return self._payment(row) if row is not None else None
        except Refused as refusal:
            raise ProviderUnavailable(refusal.code) from refusal

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        try:
            async with self._database.write() as transaction:
                return await self._refund(SandboxRepository(transaction), request)
        except (Refused, Clash):
            return RefundAnswer(Outcome.UNKNOWN)

    def verify(self, notice: RawNotice, now: datetime) -> PaymentNotice:
        return self._signatures.verify(notice, now)

    async def send_due(self) -> None:
        """Send what is due: a job."""
        now = self._clock()
        async with self._database.read() as transaction:
            if not await SandboxRepository(transaction).is_notice_due(now):
                return
        async with self._database.write() as transaction:
            claimed = await SandboxRepository(transaction).claim_notices(now, now + _LEASE, _AT_ONCE)
        for row in claimed:
            await self._send(row)

    async def forget_old(self) -> None:
        """Close the books on what is long over: a job."""
        before = self._clock() - KEPT
        forgotten = _FORGOTTEN_AT_ONCE
        while forgotten == _FORGOTTEN_AT_ONCE:
            async with self._database.write() as transaction:
                forgotten = await SandboxRepository(transaction).forget(before, _FORGOTTEN_AT_ONCE)

    async def close(self) -> None: ...

    async def _charge(self, request: ChargeRequest, script: Script) -> Payment | None:
        """The payment of this request's key, made if it is new; None where the key was another request's."""
        assert script.status is not None
        request_hash = _hash_of(request)
        now = self._clock()
        is_late = script.wait is Wait.LATE
        decides_at = now + timedelta(seconds=self._delays.late_s if is_late else self._delays.decides_s)
        row = SandboxPaymentRow(
            id=new_id(),
            idempotency_key=request.idempotency_key,
            request_hash=request_hash,
            reference=request.reference,
            status=script.status.value,
            decides_at=decides_at if script.decides_to is not None else None,
            decides_to=script.decides_to.value if script.decides_to is not None else None,
            amount_minor=request.amount.minor - script.off_by_minor,
            currency=request.amount.currency,
            refunded_minor=0,
            reason=script.reason.value if script.reason is not None else None,
            takes_no_refund=script.takes_no_refund,
            created_at=now,
        )
        changes = [now, decides_at] if script.decides_to is not None else [now]
        try:
            async with self._database.write() as transaction:
                repository = SandboxRepository(transaction)
                before = await repository.payment_of_key(request.idempotency_key)
                if before is None:
                    await repository.add(row, *self._notices(row.id, *changes))
        except Clash:
            async with self._database.read() as transaction:
                before = await SandboxRepository(transaction).payment_of_key(request.idempotency_key)
        if before is not None and before.request_hash != request_hash:
            return None
        return self._payment(before or row)

    async def _refund(self, repository: SandboxRepository, request: RefundRequest) -> RefundAnswer:
        row = await repository.payment(request.payment_id)
        done = await repository.refund_of_key(request.idempotency_key)
        if done is not None:
            is_same = (done.payment_id, done.amount_minor) == (request.payment_id, request.amount.minor)
            return RefundAnswer(Outcome.APPROVED, done.id) if is_same else RefundAnswer(Outcome.DECLINED)
        if row is None or row.takes_no_refund or self._payment(row).status is not PaymentStatus.APPROVED:
            return RefundAnswer(Outcome.DECLINED)
        left = row.amount_minor - row.refunded_minor
        if row.currency != request.amount.currency or not 0 < request.amount.minor <= left:
            return RefundAnswer(Outcome.DECLINED)
        row.refunded_minor += request.amount.minor
        now = self._clock()
        refund = SandboxRefundRow(
            idempotency_key=request.idempotency_key,
            id=new_id(),
            payment_id=row.id,
            amount_minor=request.amount.minor,
            created_at=now,
        )
        await repository.add(refund, *self._notices(row.id, now))
        return RefundAnswer(Outcome.APPROVED, refund.id)

    def _notices(self, payment_id: str, *changes: datetime) -> list[SandboxNoticeRow]:
        return [
            SandboxNoticeRow(id=new_id(), payment_id=payment_id, due_at=at + timedelta(seconds=delay_s), attempts=0)
            for at in changes
            for delay_s in (self._delays.notice_s, self._delays.again_s)
        ]

    def _payment(self, row: SandboxPaymentRow) -> Payment:
        """As it stands now: what was pending is decided when its time has come."""
        status = PaymentStatus(row.status)
        if row.decides_at is not None and row.decides_to is not None and row.decides_at <= self._clock():
            status = PaymentStatus(row.decides_to)
        if status is PaymentStatus.APPROVED and row.refunded_minor == row.amount_minor:
            status = PaymentStatus.REFUNDED
        return Payment(
            id=row.id,
            reference=row.reference,
            status=status,
            amount=Money(row.amount_minor, row.currency),
            refunded_minor=row.refunded_minor,
            reason=DeclineReason(row.reason) if row.reason and status is PaymentStatus.DECLINED else None,
        )

    async def _send(self, row: SandboxNoticeRow) -> None:
        assert self._deliver is not None
        notice = self._signatures.sign(row.payment_id, new_id(), self._clock())
        try:
            await self._deliver(notice)
            await self._deliver(notice)
        except Refused as refusal:
            log.warning("a notice of the sandbox was not taken: %s", refusal.code)
            if row.attempts < _MOST_ATTEMPTS:
                async with self._database.write() as transaction:
                    due_at = self._clock() + timedelta(seconds=2.0**row.attempts)
                    await SandboxRepository(transaction).put_off(row.id, due_at)
                return
        async with self._database.write() as transaction:
            await SandboxRepository(transaction).remove_notice(row.id)


def _hash_of(request: ChargeRequest) -> str:
    """What one key is asked with, always the same."""
    parts = [request.reference, request.amount.minor, request.amount.currency, request.token, request.method]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
