"""Moderation of a show's chat: who moderates, what was done, and what waits for a decision."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gshop_studio.contract.chat import Reason
from gshop_studio.contract.rest import ChatMessage, ModeratorRight
from gshop_studio.contract.wire import Answer, Moment, Request

PersonId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
ModerationAction = Literal[
    "timeout", "ban", "delete_message", "warning", "untimeout", "unban", "approve", "reject",
    "name_moderator", "remove_moderator", "chat_settings",
]  # fmt: skip
Decision = Literal["approve", "reject"]
USUAL_RIGHTS = (ModeratorRight.DELETE, ModeratorRight.TIMEOUT, ModeratorRight.BAN, ModeratorRight.PIN)
"""What a moderator may do unless the host says otherwise."""


# --- people ---------------------------------------------------------------------------------------------------


class TimeoutRequest(Request):
    user_id: PersonId
    duration: Annotated[int, Field(ge=1, le=86_400)]
    """Seconds."""
    reason: Reason | None = None


class BanRequest(Request):
    user_id: PersonId
    reason: Reason | None = None


class WarnRequest(Request):
    user_id: PersonId
    reason: Annotated[str, StringConstraints(min_length=1, max_length=300)]


class UserTimeoutEvent(Answer):
    stream_id: str
    user_id: str
    duration: int
    """Seconds."""
    reason: str | None = None


class UserBannedEvent(Answer):
    stream_id: str
    user_id: str
    reason: str | None = None


class UserRestoredEvent(Answer):
    """A time-out or a ban was taken back."""

    stream_id: str
    user_id: str


class UserWarnedEvent(Answer):
    """To the warned person alone."""

    stream_id: str
    user_id: str
    reason: str


# --- what was done --------------------------------------------------------------------------------------------


class ModerationEntry(Answer):
    """One line of the moderation log; also `live:moderation:logged`."""

    id: str
    stream_id: str
    user_id: str
    """Who was moderated, or made a moderator; of `chat_settings`, who changed them."""
    username: str | None = None
    """Absent once the account is erased, as `moderator_name` is."""
    moderator_id: str
    moderator_name: str | None = None
    action: ModerationAction
    reason: str | None = None
    """Of `name_moderator` the rights, of `chat_settings` what was changed: `slowModeS: 30, blockedWords`."""
    duration: int | None = None
    """Seconds."""
    message_id: str | None = None
    created_at: Moment
    expires_at: Moment | None = None


class ModerationLog(Answer):
    """Newest first."""

    entries: list[ModerationEntry]
    total: int


# --- what waits -----------------------------------------------------------------------------------------------


class HeldMessage(Answer):
    """A message that waits for a moderator; also `live:message:held`."""

    id: str
    stream_id: str
    user_id: str
    username: str
    user_avatar: str | None = None
    message: str
    reasons: list[str] = []
    """Why: `links`, `toxicity`, ... For the host and the moderators alone."""
    client_message_id: str | None = None
    created_at: Moment


class HeldAnswer(Answer):
    """To the author: kept until a moderator decides."""

    held: Literal[True] = True
    message: HeldMessage
    detail: str
    """So, in the author's language; not why."""


class HeldMessageList(Answer):
    """Those not decided yet, oldest first."""

    messages: list[HeldMessage]
    total: int


class DecisionRequest(Request):
    decision: Decision


class DecisionAnswer(Answer):
    message_id: str
    decision: Decision
    message: ChatMessage | None = None
    """What everybody reads now, where it was approved."""


class MessageDecidedEvent(Answer):
    """To the host and the moderators."""

    stream_id: str
    message_id: str
    decision: Decision
    moderator_id: str


# --- who moderates --------------------------------------------------------------------------------------------


class ModeratorCreate(Request):
    """Naming a moderator again replaces the rights."""

    user_id: PersonId
    rights: Annotated[list[ModeratorRight], Field(max_length=len(ModeratorRight))] = list(USUAL_RIGHTS)


class Moderator(Answer):
    user_id: str
    display_name: str
    rights: list[ModeratorRight]


class ModeratorList(Answer):
    moderators: list[Moderator]
    total: int


class NamedModerator(Answer):
    user_id: str
    display_name: str


class ModeratorsUpdatedEvent(Answer):
    """`live:moderators:updated`, to everybody: who moderates now, not what they may do."""

    stream_id: str
    moderators: list[NamedModerator]


class ModeratorsRightsEvent(Answer):
    """`live:moderators:rights`, to the host and the moderators, after each `live:moderators:updated`."""

    stream_id: str
    moderators: list[Moderator]
