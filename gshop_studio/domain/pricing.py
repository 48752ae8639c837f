"""What a product costs on air (the contract's "On air"): the live price wins, else the price less the discount."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from gshop_studio.domain.money import Money


@dataclass(frozen=True, slots=True)
class PriceOnAir:
    """`charged` is what a buyer pays for one; `price` is the catalogue's."""

    price: Money
    charged: Money
    discount_percent: Decimal | None
    """Of the discount, where it is what counts."""

    @property
    def is_lower(self) -> bool:
        return self.charged.minor < self.price.minor


def price_on_air(price: Money, live_price_minor: int | None, discount_percent: Decimal | None) -> PriceOnAir:
    """Never more than the catalogue's price: where that has fallen below the live one, it is what counts."""
    if live_price_minor is not None:
        return PriceOnAir(price, Money(min(live_price_minor, price.minor), price.currency), None)
    if discount_percent is not None:
        return PriceOnAir(price, price.discounted(discount_percent), discount_percent)
    return PriceOnAir(price, price, None)


def line_total(charged: Money, quantity: int) -> Money:
    return Money(charged.minor * quantity, charged.currency)
