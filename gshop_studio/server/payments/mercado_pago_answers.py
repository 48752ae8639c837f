"""Mercado Pago's answers, read: payments, refunds and refusals. Pure; numbers come as `Decimal`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gshop_studio.domain.money import Money
from gshop_studio.server.payments.ports import DeclineReason, Outcome, Payment, PaymentStatus, RefundAnswer

_STATUSES = {
    "pending": PaymentStatus.PENDING,
    "in_process": PaymentStatus.PENDING,
    "authorized": PaymentStatus.PENDING,  # held, not taken yet
    "approved": PaymentStatus.APPROVED,
    "in_mediation": PaymentStatus.APPROVED,  # taken, and disputed
    "rejected": PaymentStatus.DECLINED,
    "cancelled": PaymentStatus.DECLINED,
    "refunded": PaymentStatus.REFUNDED,
    "charged_back": PaymentStatus.CHARGED_BACK,
}
_REASONS = {
    "cc_rejected_insufficient_amount": DeclineReason.FUNDS,
    "insufficient_amount": DeclineReason.FUNDS,
    "cc_rejected_bad_filled_card_number": DeclineReason.DETAILS,
    "cc_rejected_bad_filled_date": DeclineReason.DETAILS,
    "cc_rejected_bad_filled_other": DeclineReason.DETAILS,
    "cc_rejected_bad_filled_security_code": DeclineReason.DETAILS,
    "cc_rejected_call_for_authorize": DeclineReason.CALL_BANK,
    "cc_rejected_card_disabled": DeclineReason.CALL_BANK,
    "cc_rejected_card_expired": DeclineReason.EXPIRED,
    "cc_rejected_max_attempts": DeclineReason.LIMIT,
    "cc_amount_rate_limit_exceeded": DeclineReason.LIMIT,
    "cc_rejected_high_risk": DeclineReason.RISK,
    "rejected_high_risk": DeclineReason.RISK,
    "cc_rejected_blacklist": DeclineReason.RISK,
    "cc_rejected_duplicated_payment": DeclineReason.DUPLICATE,
    "by_payer": DeclineReason.CANCELLED,
    "by_collector": DeclineReason.CANCELLED,
    "expired": DeclineReason.CANCELLED,
}
"""By `status_detail`."""
_TOKEN_CODES = frozenset({"2006", "2062", "3000", "3003", "4033"})
"""Causes of a refusal that say the token is unknown, used up or of no use."""
_MOST = 10**12
"""Beyond it a number is nonsense, and may be too long to be counted with."""


class Unreadable(Exception):
    """Not an answer of the form that is documented; says what is wrong with it."""


def payment_of(body: Any) -> Payment:
    """A payment.

    Raises:
        Unreadable: not one we can understand whole.
    """
    if not isinstance(body, Mapping):
        raise Unreadable("no payment")
    status = _STATUSES.get(_text(body, "status"))
    if status is None:
        raise Unreadable("status")
    currency = _text(body, "currency_id")
    if len(currency) != 3:
        raise Unreadable("currency_id")
    reference = body.get("external_reference")
    is_declined = status is PaymentStatus.DECLINED
    amount = _money(body.get("transaction_amount"), currency)
    refunded = _money(body.get("transaction_amount_refunded") or 0, currency)
    return Payment(
        id=_id(body.get("id")),
        reference=reference if isinstance(reference, str) and reference else None,
        status=status,
        amount=amount,
        refunded_minor=amount.minor if status is PaymentStatus.REFUNDED else refunded.minor,
        reason=_REASONS.get(str(body.get("status_detail")), DeclineReason.OTHER) if is_declined else None,
    )


def refund_of(body: Mapping[str, Any]) -> RefundAnswer:
    """What became of a refund.

    Raises:
        Unreadable: it does not say.
    """
    match body.get("status", "approved"):
        case "approved":
            return RefundAnswer(Outcome.APPROVED, _id(body.get("id")))
        case "in_process" | "authorized" | "pending":
            return RefundAnswer(Outcome.PENDING, _id(body.get("id")))
        case "rejected" | "cancelled":
            return RefundAnswer(Outcome.DECLINED)
        case _:
            raise Unreadable("status of a refund")


def reason_of_refusal(body: Mapping[str, Any]) -> DeclineReason:
    """Why a request was not taken at all."""
    causes = body.get("cause")
    causes = causes if isinstance(causes, list) else [causes]
    codes = {str(cause.get("code")) for cause in causes if isinstance(cause, Mapping)}
    return DeclineReason.TOKEN if codes & _TOKEN_CODES else DeclineReason.OTHER


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Unreadable(name)
    return value


def _id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdigit():
        raise Unreadable("id")
    return str(value)


def _money(value: Any, currency: str) -> Money:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= _MOST:
        raise Unreadable("amount")
    try:
        return Money.from_wire(value, currency)
    except (ValueError, ArithmeticError) as error:
        raise Unreadable("amount") from error
