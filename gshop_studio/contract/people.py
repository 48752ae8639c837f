"""Bodies about people: their profile, whom they follow, what they wish for, and the public page of a host."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from gshop_studio.contract.rest import DisplayName, Language, Location, Role, Stream
from gshop_studio.contract.wire import Answer, Moment, Request

Password = Annotated[str, StringConstraints(min_length=8, max_length=200, strip_whitespace=False)]


class ProfilePatch(Request):
    """Only what is given changes; null takes the location away."""

    display_name: DisplayName | None = None
    language: Language | None = None
    location: Location | None = None


class PasswordChange(Request):
    current_password: Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]
    new_password: Password


class FollowAnswer(Answer):
    seller_id: str
    is_following: bool
    follower_count: int


class WishlistAnswer(Answer):
    product_id: str
    is_wished: bool


class FollowedSeller(Answer):
    id: str
    display_name: str
    avatar_url: str | None = None
    host_type: Literal[Role.SELLER, Role.AFFILIATE]
    is_live: bool
    """Has a public show on air now."""
    followed_at: Moment


class FollowedSellerList(Answer):
    """The last one followed first."""

    sellers: list[FollowedSeller]
    total: int


class SellerPage(Answer):
    """What everybody may know of a host. Private shows are neither counted nor listed."""

    id: str
    display_name: str
    avatar_url: str | None = None
    host_type: Literal[Role.SELLER, Role.AFFILIATE]
    follower_count: int
    is_following: bool | None = None
    """Of the caller; left out for who is not signed in."""
    location: Location | None = None
    live_count: int
    upcoming_count: int
    past_count: int
    live_streams: list[Stream]
    """What is on air now."""
