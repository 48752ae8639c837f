"""Money in minor units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.money import Money


@given(st.integers(0, 10**12), st.sampled_from(["USD", "JPY", "KWD"]))
def test_the_wire_and_back_keeps_every_cent(minor: int, currency: str) -> None:
    assert Money.from_wire(Money(minor, currency).to_wire(), currency).minor == minor


@pytest.mark.parametrize(
    ("minor", "percent", "discounted"),
    [(1299, "8", 1195), (1000, "0", 1000), (999, "50", 500), (5, "10", 5), (100, "100", 0)],
)
def test_a_discount_rounds_half_up(minor: int, percent: str, discounted: int) -> None:
    assert Money(minor, "USD").discounted(Decimal(percent)).minor == discounted


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.005", "USD"), ("0.5", "JPY"), ("NaN", "USD"), ("Infinity", "USD")]
)
def test_what_is_no_amount_is_refused(amount: str, currency: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        Money.from_wire(amount, currency)
