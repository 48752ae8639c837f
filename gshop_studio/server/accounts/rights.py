"""Who may do what: the one place that decides, for REST and for sockets alike. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gshop_studio.contract.rest import Role
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.refusals import Refused

_STAFF = frozenset({Role.SUPPORT, Role.ADMIN})


class StreamRight(StrEnum):
    WATCH = "watch"
    """See it, its products and its chat; be in its room."""
    CHAT = "chat"
    HOST = "host"
    """Edit, start and end it; see and rotate its key."""
    SHOW_PRODUCTS = "show_products"
    """Add, remove, highlight, hide and pin products."""
    SEE_REVENUE = "see_revenue"


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What rights, and other domains, need to know of a show."""

    id: str
    host_id: str
    status: StreamStatus
    is_private: bool
    allowed_viewers: tuple[str, ...]
    currency: str | None
    language: str
    started_at_ms: int | None


def may(caller: Caller | None, right: StreamRight, stream: StreamFacts) -> bool:
    """Whether the caller has this right on this show."""
    is_host = caller is not None and caller.user_id == stream.host_id
    match right:
        case StreamRight.WATCH:
            return not stream.is_private or is_host or _is_let_in(caller, stream)
        case StreamRight.CHAT:
            return caller is not None and may(caller, StreamRight.WATCH, stream)
        case StreamRight.HOST | StreamRight.SHOW_PRODUCTS | StreamRight.SEE_REVENUE:
            return is_host


def require(caller: Caller | None, right: StreamRight, stream: StreamFacts) -> None:
    """Let pass who may.

    Raises:
        Refused: `auth.required` for the anonymous, `stream.private` or `auth.forbidden` for the others.
    """
    if may(caller, right, stream):
        return
    if caller is None and (right is not StreamRight.WATCH):
        raise Refused("auth.required")
    if not may(caller, StreamRight.WATCH, stream):
        raise Refused("stream.private")
    raise Refused("auth.forbidden")


def require_signed_in(caller: Caller | None) -> Caller:
    """The caller, who is somebody.

    Raises:
        Refused: `auth.required`.
    """
    if caller is None:
        raise Refused("auth.required")
    return caller


def require_seller(caller: Caller | None) -> Caller:
    """Who may keep a catalogue.

    Raises:
        Refused: `auth.required` or `auth.forbidden`.
    """
    return _require_role(caller, Role.SELLER)


def require_host(caller: Caller | None) -> Caller:
    """Who may create shows: sellers and affiliates.

    Raises:
        Refused: `auth.required` or `auth.forbidden`.
    """
    return _require_role(caller, Role.SELLER, Role.AFFILIATE)


def require_owner(caller: Caller | None, owner_id: str) -> Caller:
    """Who owns this.

    Raises:
        Refused: `auth.required` or `auth.forbidden`.
    """
    caller = require_signed_in(caller)
    if caller.user_id != owner_id:
        raise Refused("auth.forbidden")
    return caller


def _require_role(caller: Caller | None, *roles: Role) -> Caller:
    caller = require_signed_in(caller)
    if caller.role not in roles:
        raise Refused("auth.forbidden")
    return caller


def _is_let_in(caller: Caller | None, stream: StreamFacts) -> bool:
    """A private show's guests: those allowed by name (followers, where nobody is named, come with following)."""
    return caller is not None and (caller.role in _STAFF or caller.user_id in stream.allowed_viewers)
