"""Money: integer minor units inside, a number with the currency's decimals on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_MINOR_DIGITS = {"CLP": 0, "JPY": 0, "KRW": 0, "PYG": 0, "VND": 0, "BHD": 3, "KWD": 3, "TND": 3}
"""ISO 4217 currencies whose minor unit is not a hundredth."""
MINOR_UNITS_OF_ONE = {currency: 10**digits for currency, digits in _MINOR_DIGITS.items()}
"""How many minor units one of these currencies is; of any other 100."""


def minor_digits(currency: str) -> int:
    """How many decimals a currency has."""
    return _MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of an ISO 4217 currency."""

    minor: int
    currency: str

    @classmethod
    def from_wire(cls, amount: Decimal | float | int | str, currency: str) -> Money:
        """From the wire's number.

        Raises:
            ValueError: not a finite number, or more decimals than the currency has.
        """
        scaled = Decimal(str(amount)).scaleb(minor_digits(currency))
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise ValueError(f"{amount} is not an amount of {currency}")
        return cls(int(scaled), currency)

    def to_wire(self) -> float:
        """The number for the wire: 119999 minor units of USD are 1199.99."""
        return float(Decimal(self.minor).scaleb(-minor_digits(self.currency)))

    def discounted(self, percent: Decimal) -> Money:
        """This price less a percentage (0 to 100), rounded half up to minor units."""
        kept = Decimal(self.minor) * (100 - percent) / 100
        return Money(int(kept.quantize(Decimal(1), ROUND_HALF_UP)), self.currency)


def on_wire(minor: int, currency: str | None) -> float:
    """An amount as the wire's number; a show without products has no currency and has sold nothing."""
    return Money(minor, currency).to_wire() if currency is not None else 0.0
