"""The seam between checkout and whoever takes the money.

How to live with a provider that may answer late, twice or not at all:

- Hold no lock and no transaction while one of these methods runs.
- Give each try to charge a `reference` of its own, write it down before asking, and never use it for another amount.
- `UNKNOWN` is no "no": the money may have moved. Ask by `find_by_reference`. An empty answer is final only some minutes
  after the asking; `charge` may be repeated meanwhile with the very same request (same key, same answer), not hours
  later, when the key may be forgotten. And a payment may turn up by a notice at any time: what nobody waits for any
  more is refunded.
- Before an order is paid, compare the payment's `amount` and `reference` with the order's: a notice proves neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gshop_studio.domain.money import Money


class Outcome(StrEnum):
    """What became of being asked to move money."""

    APPROVED = "approved"
    DECLINED = "declined"
    """Certainly nothing has moved, and with the same request nothing will."""
    PENDING = "pending"
    """The provider has it and decides later; a notice will come."""
    UNKNOWN = "unknown"
    """No answer: whether anything has moved is to be found out."""


class PaymentStatus(StrEnum):
    """Where a payment stands at the provider's."""

    PENDING = "pending"
    APPROVED = "approved"
    """Paid, perhaps given back in part: see `Payment.refunded_minor`."""
    DECLINED = "declined"
    """Rejected, cancelled or run out; final."""
    REFUNDED = "refunded"
    """Paid and given back whole."""
    CHARGED_BACK = "charged_back"
    """Paid and taken back by the buyer's bank."""


class DeclineReason(StrEnum):
    """Why not, as far as the buyer may be told."""

    FUNDS = "funds"
    DETAILS = "details"
    """A number, date, code or name that does not fit."""
    EXPIRED = "expired"
    CALL_BANK = "call_bank"
    LIMIT = "limit"
    RISK = "risk"
    DUPLICATE = "duplicate"
    TOKEN = "token"  # noqa: S105 - the reason, not a token
    """The token is unknown, used up or too old: pay with another."""
    CANCELLED = "cancelled"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    reference: str
    """Ours, unique to this try: finds the payment again."""
    idempotency_key: str
    """The same for every repetition of this request; may be the reference."""
    amount: Money
    token: str = field(repr=False)
    """Of the saved payment method."""
    method: str
    """The provider's name of the kind of method: visa, master, pix."""
    payer_email: str = field(repr=False)
    description: str
    """What the buyer's statement may say."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the provider knows it now."""

    id: str
    """The provider's."""
    reference: str | None
    """Ours; None for a payment that did not begin here."""
    status: PaymentStatus
    amount: Money
    refunded_minor: int = 0
    """How much of it went back already."""
    reason: DeclineReason | None = None
    """Of a declined one."""


@dataclass(frozen=True, slots=True)
class ChargeAnswer:
    outcome: Outcome
    payment: Payment | None = None
    """None when unknown, or when it was declined before a payment came to be."""
    reason: DeclineReason | None = None
    """When declined."""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    payment_id: str
    amount: Money
    """All of the payment or a part."""
    idempotency_key: str
    """The same for every repetition: the money goes back once."""


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    outcome: Outcome
    """Declined: nothing moved by this try, nor by repeating it; `Payment.refunded_minor` says what went back before."""
    refund_id: str | None = None


@dataclass(frozen=True, slots=True)
class RawNotice:
    """A notice as it came, before anything of it is believed. Its body is not signed, and so is not here."""

    headers: Mapping[str, str]
    """Names in lower case."""
    query: Mapping[str, str]
    """Names that came twice are left out."""


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A notice whose signature is right and fresh. It says where to look, nothing else of it is believed."""

    key: str
    """The same for the same notice: known ones are not looked at again."""
    payment_id: str | None
    """Look it up with `find`; None where it is about something else, which is taken and forgotten."""


class ProviderUnavailable(Exception):
    """The provider does not answer a question now. Ask again later."""


class BadNotice(Exception):
    """A notice that is not to be believed: its signature is missing, wrong or too old, or it names nothing."""

    def __init__(self, why: str) -> None:
        """`why` is for the log and holds nothing of the notice."""
        super().__init__(why)
        self.why = why


class PaymentProvider(Protocol):
    """Takes money and gives it back. All of it works as well when done twice."""

    @property
    def name(self) -> str:
        """Kept with what is paid and with saved methods: sandbox, mercadopago."""
        ...

    @property
    def are_tokens_used_up(self) -> bool:
        """Whether a token pays once only, so that a saved method is gone with its use."""
        ...

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        """Ask for the money. Raises nothing of its own: no answer is `UNKNOWN`. Ends within 15 s."""
        ...

    async def find(self, payment_id: str) -> Payment | None:
        """The payment as it stands now, None where there is none.

        Raises:
            ProviderUnavailable: no answer.
        """
        ...

    async def find_by_reference(self, reference: str) -> tuple[Payment, ...]:
        """All payments that bear this reference, oldest first: more than one means that somebody paid twice.

        Raises:
            ProviderUnavailable: no answer.
        """
        ...

    async def cancel(self, payment_id: str) -> Payment | None:
        """Have a pending payment not come about any more. Answers the payment as it stands then, whether that was still
        possible or not: declined where it was, approved where the buyer was faster, pending where the provider does not
        do it; None where there is none.

        Raises:
            ProviderUnavailable: no answer; ask again.
        """
        ...

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        """Give money back. Raises nothing of its own: no answer is `UNKNOWN`, and is to be repeated."""
        ...

    def verify(self, notice: RawNotice, now: datetime) -> PaymentNotice:
        """Read a notice that came by the webhook.

        Raises:
            BadNotice: it is not to be believed.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class PaymentNotices(Protocol):
    """Whom a believed notice is for: checkout."""

    async def payment_changed(self, payment_id: str) -> None:
        """Look the payment up at the provider and settle what it is of, once however often this is called, and at two
        servers at once. A payment of nobody's is left alone. Returns when it is settled and committed; whatever it
        raises makes the notice be tried again later, with back-off, also after a restart.

        Raises:
            ProviderUnavailable, Refused: not now.
        """
        ...
