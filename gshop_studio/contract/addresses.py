"""Where a person has things sent."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from gshop_studio.contract.wire import Answer, Moment, Request

_Line = Annotated[str, StringConstraints(min_length=1, max_length=120)]
_Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
_PostalCode = Annotated[str, StringConstraints(min_length=1, max_length=16)]
_Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()./-]{3,28}$")]


class AddressCreate(Request):
    recipient: _Line
    line1: _Line
    line2: _Line | None = None
    city: _Line
    region: _Line | None = None
    """State, province or department."""
    postal_code: _PostalCode | None = None
    country: _Country
    """ISO 3166, two letters."""
    phone: _Phone | None = None
    is_default: bool = False
    """The first one is, in any case."""


class AddressPatch(Request):
    """Only what is given changes. The default is changed by making another one it."""

    recipient: _Line | None = None
    line1: _Line | None = None
    line2: _Line | None = None
    city: _Line | None = None
    region: _Line | None = None
    postal_code: _PostalCode | None = None
    country: _Country | None = None
    phone: _Phone | None = None
    is_default: bool | None = None


class Address(Answer):
    id: str
    recipient: str
    line1: str
    line2: str | None = None
    city: str
    region: str | None = None
    postal_code: str | None = None
    country: str
    phone: str | None = None
    is_default: bool
    created_at: Moment


class AddressList(Answer):
    """The default first, then the newest."""

    addresses: list[Address]
    total: int
