"""Prices on air: whole minor units, never above the catalogue's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.money import Money
from gshop_studio.domain.pricing import price_on_air

amounts = st.integers(0, 10**10)
percents = st.decimals(0, 100, places=2)


@pytest.mark.parametrize(
    ("live", "discount", "charged"),
    [
        (None, None, 1050),
        (900, None, 900),
        (900, Decimal(50), 900),
        (None, Decimal(10), 945),
        (None, Decimal("33.33"), 700),
        (1200, None, 1050),
        (None, Decimal(100), 0),
    ],
)
def test_which_price_counts(live: int | None, discount: Decimal | None, charged: int) -> None:
    assert price_on_air(Money(1050, "USD"), live, discount).charged == Money(charged, "USD")


@given(amounts, st.none() | amounts, st.none() | percents)
def test_nobody_pays_more_than_the_catalogue_says(price: int, live: int | None, discount: Decimal | None) -> None:
    assert 0 <= price_on_air(Money(price, "USD"), live, discount).charged.minor <= price
