"""Numbers, money and durations as a person reads them, by the present locale."""

from __future__ import annotations

from PySide6.QtCore import QLocale

from gshop_studio.domain.money import minor_digits

_SYMBOLS = {
    "USD": "$", "EUR": "€", "GBP": "£", "BRL": "R$", "MXN": "$", "ARS": "$", "CLP": "$", "COP": "$", "PEN": "S/",
    "JPY": "¥",
}  # fmt: skip


def count(value: int) -> str:
    """A whole number with the locale's grouping."""
    return QLocale().toString(value)


def decimal(value: float, digits: int) -> str:
    """A number with so many decimals."""
    return QLocale().toString(float(value), "f", digits)


def money(amount: float, currency: str) -> str:
    """An amount in the currency's units; decimals are left out where there are none to tell."""
    digits = 0 if float(amount).is_integer() else minor_digits(currency)
    return QLocale().toCurrencyString(float(amount), _SYMBOLS.get(currency, f"{currency} "), digits)


def duration(seconds: float) -> str:
    """Hours, minutes, seconds: 00:12:33."""
    whole = max(0, int(seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
