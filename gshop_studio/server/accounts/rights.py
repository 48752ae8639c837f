"""Who may do what: the one place that decides, for REST and for sockets alike. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gshop_studio.contract.rest import ModeratorRight, Role
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.refusals import Refused

_STAFF = frozenset({Role.SUPPORT, Role.ADMIN})


class StreamRight(StrEnum):
    WATCH = "watch"
    """See it, its products and its chat; be in its room."""
    CHAT = "chat"
    """Write and react."""
    HOST = "host"
    """Edit, start and end it; see and rotate its key; name moderators."""
    SHOW_PRODUCTS = "show_products"
    """Add, remove, highlight, hide, pin, reorder and price products."""
    SEE_NUMBERS = "see_numbers"
    """Revenue, metrics, allowed viewers, and the room of the host and the moderators."""
    DELETE_MESSAGES = "delete_messages"
    """Delete messages of others; decide over held ones."""
    TIME_OUT = "time_out"
    """Time out, warn, and take it back."""
    BAN = "ban"
    PIN_MESSAGES = "pin_messages"
    CHAT_SETTINGS = "chat_settings"
    MODERATE = "moderate"
    """Any of a moderator's: read the moderation log and the queue."""
    READ_CHAT_LOG = "read_chat_log"
    """The whole show's chat with its moderation."""


_GIVEN_BY: dict[StreamRight, ModeratorRight] = {
    StreamRight.SHOW_PRODUCTS: ModeratorRight.PRODUCTS,
    StreamRight.DELETE_MESSAGES: ModeratorRight.DELETE,
    StreamRight.TIME_OUT: ModeratorRight.TIMEOUT,
    StreamRight.BAN: ModeratorRight.BAN,
    StreamRight.PIN_MESSAGES: ModeratorRight.PIN,
    StreamRight.CHAT_SETTINGS: ModeratorRight.SETTINGS,
}
"""Which of a moderator's capabilities gives which right."""
_OF_ADMINS = frozenset(
    {
        StreamRight.DELETE_MESSAGES,
        StreamRight.TIME_OUT,
        StreamRight.BAN,
        StreamRight.PIN_MESSAGES,
        StreamRight.CHAT_SETTINGS,
        StreamRight.MODERATE,
        StreamRight.READ_CHAT_LOG,
        StreamRight.SEE_NUMBERS,
    }
)
_OF_SUPPORT = frozenset({StreamRight.READ_CHAT_LOG, StreamRight.MODERATE})


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person is to one show, besides their role."""

    follows: bool = False
    moderator_rights: frozenset[ModeratorRight] = frozenset()
    """Empty for who is no moderator."""
    is_moderator: bool = False
    is_banned: bool = False
    timed_out_s: int = 0
    """How long they may not write yet."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What rights, and other domains, need to know of a show, and of the caller's standing in it."""

    id: str
    host_id: str
    status: StreamStatus
    is_private: bool
    allowed_viewers: tuple[str, ...]
    currency: str | None
    language: str
    started_at_ms: int | None
    standing: Standing = field(default_factory=Standing)
    """Of the caller the facts were read for."""
    is_affiliates: bool = False
    """Its host is an affiliate, who shows the products of sellers."""

    @property
    def is_live(self) -> bool:
        return self.status is StreamStatus.LIVE


def may(caller: Caller | None, right: StreamRight, stream: StreamFacts) -> bool:
    """Whether the caller has this right on this show. `stream` was read for this caller."""
    standing = stream.standing
    if caller is None:
        return right is StreamRight.WATCH and not stream.is_private
    if caller.user_id == stream.host_id:
        return True
    if standing.is_banned and caller.role not in _STAFF:
        return False
    match right:
        case StreamRight.WATCH:
            return not stream.is_private or _is_let_in(caller, stream)
        case StreamRight.CHAT:
            return may(caller, StreamRight.WATCH, stream) and not standing.timed_out_s
        case StreamRight.HOST:
            return False
    if caller.role is Role.ADMIN and right in _OF_ADMINS:
        return True
    if caller.role is Role.SUPPORT and right in _OF_SUPPORT:
        return True
    if right in _GIVEN_BY:
        return _GIVEN_BY[right] in standing.moderator_rights
    return standing.is_moderator  # MODERATE, READ_CHAT_LOG, SEE_NUMBERS


def require(caller: Caller | None, right: StreamRight, stream: StreamFacts) -> None:
    """Let pass who may.

    Raises:
        Refused: `auth.required` for the anonymous; `stream.banned`, `stream.private`, `chat.timed_out` or
            `auth.forbidden` for the others.
    """
    if may(caller, right, stream):
        return
    if caller is None and (right is not StreamRight.WATCH):
        raise Refused("auth.required")
    if stream.standing.is_banned:
        raise Refused("stream.banned")
    if not may(caller, StreamRight.WATCH, stream):
        raise Refused("stream.private")
    if right is StreamRight.CHAT and stream.standing.timed_out_s:
        seconds = stream.standing.timed_out_s
        raise Refused("chat.timed_out", params={"seconds": str(seconds)}, retry_after_s=seconds)
    raise Refused("auth.forbidden")


def require_signed_in(caller: Caller | None) -> Caller:
    """The caller, who is somebody.

    Raises:
        Refused: `auth.required`.
    """
    if caller is None:
        raise Refused("auth.required")
    return caller


def require_account(caller: Caller | None) -> Caller:
    """The caller, who has an account: no guest.

    Raises:
        Refused: `auth.required` or `auth.forbidden`.
    """
    caller = require_signed_in(caller)
    if caller.role is Role.GUEST:
        raise Refused("auth.account_needed")
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


def _is_let_in(caller: Caller, stream: StreamFacts) -> bool:
    """A private show's guests: staff, its moderators, and those allowed by name; followers where nobody is named."""
    if caller.role in _STAFF or stream.standing.is_moderator:
        return True
    if stream.allowed_viewers:
        return caller.user_id in stream.allowed_viewers
    return stream.standing.follows
