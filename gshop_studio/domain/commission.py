"""An affiliate's commission (the contract's "Formulas"): a percentage of the amount paid, rounded half up to minor
units. Hosts who share a show share the commission of its orders."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from gshop_studio.domain.money import Money

DEFAULT_PERCENT = Decimal(10)


def commission(paid: Money, percent: Decimal) -> Money:
    """What is due for an order of so much."""
    due = Decimal(paid.minor) * percent / 100
    return Money(int(due.quantize(Decimal(1), ROUND_HALF_UP)), paid.currency)


def split(amount: Money, host_id: str, shares_percent: Mapping[str, Decimal]) -> dict[str, Money]:
    """What each host gets of a commission. `shares_percent` of the co-hosts, together at most 100; each share is
    rounded down to minor units, and what is left is the host's, so that nothing is lost and nothing made."""
    parts = {
        user_id: Money(int(Decimal(amount.minor) * percent / 100), amount.currency)
        for user_id, percent in sorted(shares_percent.items())
        if user_id != host_id
    }
    given = sum(part.minor for part in parts.values())
    return {host_id: Money(amount.minor - given, amount.currency), **parts}
