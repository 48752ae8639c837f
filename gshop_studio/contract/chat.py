"""How a show's chat is kept, what is changed in it, and reactions, over REST and on the socket."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints

from gshop_studio.contract.message_text import MessageText
from gshop_studio.contract.rest import ChatMessage
from gshop_studio.contract.wire import Answer, Moment, Request

MAX_PINNED_MESSAGES = 3
"""Pin another and the one pinned longest is unpinned."""
EDIT_WITHIN_S = 60
"""How long an author may edit a message."""

LinksPolicy = Literal["allow", "hold", "block"]
Reason = Annotated[str, StringConstraints(max_length=300)]
_Emoji = Literal["❤️", "🔥", "😍", "👍", "💰"]
REACTIONS: tuple[str, ...] = get_args(_Emoji)
HEART = "❤️"
"""The reaction that a show's `totalLikes` counts."""


def as_emoji(text: Any) -> Any:
    """Some keyboards send the heart without the selector that makes it an emoji."""
    return HEART if text == "\u2764" else text


Reaction = Annotated[_Emoji, BeforeValidator(as_emoji)]


# --- settings -------------------------------------------------------------------------------------------------


class ChatSettings(Answer):
    """How a show's chat is kept. `blocked_words` are shown to the host and the moderators alone."""

    slow_mode_s: int = 0
    """How long a viewer waits between two messages; 0 is off."""
    followers_only: bool = False
    links: LinksPolicy = "allow"
    """What becomes of a viewer's message with a link."""
    blocked_words: list[str] | None = None


class ChatSettingsPut(Request):
    """What is left out stays as it is. `blocked_words` are the host's for all shows in this one's language."""

    slow_mode_s: Annotated[int, Field(ge=0, le=3600)] | None = None
    followers_only: bool | None = None
    links: LinksPolicy | None = None
    blocked_words: (
        Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=60)]], Field(max_length=500)] | None
    ) = None


class ChatSettingsEvent(Answer):
    """`live:chat:settings`; without the blocked words."""

    stream_id: str
    slow_mode_s: int
    followers_only: bool
    links: LinksPolicy


# --- messages -------------------------------------------------------------------------------------------------


class MessagePatch(Request):
    message: MessageText


class MessageDelete(Request):
    """Optional body of a deletion."""

    reason: Reason | None = None


class MessageEditedEvent(Answer):
    stream_id: str
    message_id: str
    message: str
    edited_at: Moment


class MessageDeletedEvent(Answer):
    stream_id: str
    message_id: str
    user_id: str
    """Whose it was."""
    reason: str | None = None


class MessagePinnedEvent(Answer):
    stream_id: str
    message_id: str
    message: ChatMessage


class MessageUnpinnedEvent(Answer):
    stream_id: str
    message_id: str


# --- reactions ------------------------------------------------------------------------------------------------


class ReactionEvent(Request):
    """`live:reaction` of a client."""

    stream_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    reaction: Reaction


class ReactionAnswer(Answer):
    """A reaction was counted; everybody hears of it with the next `live:reactions`."""

    stream_id: str
    type: Literal["reaction"] = "reaction"
    reaction: str


class RecentReaction(Answer):
    user_id: str
    reaction: str
    timestamp: Moment


class ReactionsEvent(Answer):
    """`live:reactions`: how often each came since the last one, and the latest."""

    stream_id: str
    reactions: dict[str, int]
    recent_reactions: list[RecentReaction]
