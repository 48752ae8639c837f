"""Commissions: rounded half up, and shared without a loss."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.commission import commission, split
from gshop_studio.domain.money import Money

amounts = st.integers(0, 10**10)


@pytest.mark.parametrize(
    ("paid", "percent", "due"), [(1005, "10", 101), (1004, "10", 100), (1, "50", 1), (0, "10", 0), (999, "12.5", 125)]
)
def test_a_commission_is_rounded_half_up(paid: int, percent: str, due: int) -> None:
    assert commission(Money(paid, "PEN"), Decimal(percent)) == Money(due, "PEN")


@given(amounts, st.dictionaries(st.sampled_from("abcde"), st.decimals(0, 20, places=2)))
def test_shares_are_the_whole(amount: int, shares: dict[str, Decimal]) -> None:
    parts = split(Money(amount, "USD"), "host", shares)
    assert sum(part.minor for part in parts.values()) == amount
    assert all(part.minor >= 0 for part in parts.values())
    assert parts.keys() == {"host", *shares}
