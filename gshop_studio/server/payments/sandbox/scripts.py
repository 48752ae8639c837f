"""What the sandbox does with a charge, by the token it is asked with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gshop_studio.server.payments.ports import DeclineReason, PaymentStatus


class Wait(StrEnum):
    SOON = "soon"
    """A few seconds."""
    LATE = "late"
    """Longer than anybody keeps goods back for."""


@dataclass(frozen=True, slots=True)
class Script:
    status: PaymentStatus | None
    """What the payment is at first; None where the request is lost on its way, and nothing comes to be."""
    reason: DeclineReason | None = None
    decides_to: PaymentStatus | None = None
    """What a pending payment becomes, after `wait`."""
    wait: Wait = Wait.SOON
    is_answered: bool = True
    """Whether who asked hears of it."""
    is_slow: bool = False
    off_by_minor: int = 0
    """How much less is paid than was asked for."""
    takes_no_refund: bool = False


_APPROVED, _DECLINED, _PENDING = PaymentStatus.APPROVED, PaymentStatus.DECLINED, PaymentStatus.PENDING

SCRIPTS: Mapping[str, Script] = {
    "tok_approved": Script(_APPROVED),
    "tok_slow": Script(_APPROVED, is_slow=True),
    "tok_declined": Script(_DECLINED, DeclineReason.OTHER),
    "tok_declined_funds": Script(_DECLINED, DeclineReason.FUNDS),
    "tok_declined_details": Script(_DECLINED, DeclineReason.DETAILS),
    "tok_declined_expired": Script(_DECLINED, DeclineReason.EXPIRED),
    "tok_declined_call_bank": Script(_DECLINED, DeclineReason.CALL_BANK),
    "tok_declined_limit": Script(_DECLINED, DeclineReason.LIMIT),
    "tok_declined_risk": Script(_DECLINED, DeclineReason.RISK),
    "tok_declined_duplicate": Script(_DECLINED, DeclineReason.DUPLICATE),
    "tok_pending_approved": Script(_PENDING, decides_to=_APPROVED),
    "tok_pending_declined": Script(_PENDING, DeclineReason.OTHER, _DECLINED),
    "tok_late_approved": Script(_PENDING, decides_to=_APPROVED, wait=Wait.LATE),
    "tok_timeout_charged": Script(_APPROVED, is_answered=False),
    "tok_timeout_declined": Script(_DECLINED, DeclineReason.FUNDS, is_answered=False),
    "tok_timeout_lost": Script(None, is_answered=False),
    "tok_wrong_amount": Script(_APPROVED, off_by_minor=1),
    "tok_no_refund": Script(_APPROVED, takes_no_refund=True),
}
"""Any other token is one nobody knows, and is declined."""
