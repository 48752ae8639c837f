"""What a person pays with: a provider's token for a card, never the card itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gshop_studio.contract.wire import Answer, Moment, Request

_Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{6,200}$")]
_Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
_LastFour = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]


class PaymentMethodCreate(Request):
    """The page gets the token from the provider; card numbers never come here."""

    token: _Token
    method: _Kind
    """The provider's name of the kind: visa, master, amex."""
    last_four: _LastFour | None = None
    expiry_month: Annotated[int, Field(ge=1, le=12, strict=True)] | None = None
    expiry_year: Annotated[int, Field(ge=2000, le=2100, strict=True)] | None = None
    is_default: bool = False
    """The first one is, in any case."""


class PaymentMethodPatch(Request):
    is_default: Annotated[bool, Field(strict=True)]
    """True makes it the default; it ceases to be one when another becomes it."""


class PaymentMethod(Answer):
    id: str
    provider: str
    method: str
    last_four: str | None = None
    expiry_month: int | None = None
    expiry_year: int | None = None
    is_default: bool
    created_at: Moment


class PaymentMethodList(Answer):
    """The default first, then the newest. What was used up is not in it."""

    payment_methods: list[PaymentMethod]
    total: int
