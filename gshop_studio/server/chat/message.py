"""A chat message between the table and the wire."""

from __future__ import annotations

from typing import Any

from gshop_studio.contract.rest import ChatMessage, MessageMetadata
from gshop_studio.server.tables import LiveStreamMessageRow

TEXT_SEQS = "textSeqs"
"""In a row's details: the places of the logged events that hold the text, besides the message's own."""
BLANKED_TEXTS = "blankedTexts"
"""In a deleted message's details: what the logged events said, by their places, written as texts."""
PINNED_SEQ = "pinnedSeq"
"""In a row's details: the place of the event that pinned it."""
FIRST_TEXT = "firstText"
"""In a row's details: what an edited message said at first."""


def chat_message(row: LiveStreamMessageRow, username: str, avatar_url: str | None) -> ChatMessage:
    """What everybody is told: of a deleted message, no text."""
    return ChatMessage(
        id=row.id,
        stream_id=row.stream_id,
        user_id=row.user_id,
        username=username,
        user_avatar=avatar_url,
        message="" if row.is_deleted else row.message,
        type=row.type,
        created_at=row.created_at,
        metadata=MessageMetadata.model_validate(row.details),
        seq=row.seq,
        client_message_id=row.client_message_id,
        is_pinned=row.is_pinned,
        is_deleted=row.is_deleted,
        edited_at=row.edited_at,
    )


def message_values(message: ChatMessage) -> dict[str, Any]:
    """A new message as the table's columns."""
    return {
        "id": message.id,
        "stream_id": message.stream_id,
        "user_id": message.user_id,
        "seq": message.seq,
        "type": message.type,
        "message": message.message,
        "reaction_type": None,
        "metadata": message.metadata.model_dump(mode="json", by_alias=True, exclude_none=True),
        "client_message_id": message.client_message_id,
        "is_deleted": False,
        "deleted_by": None,
        "deleted_at": None,
        "is_pinned": False,
        "edited_at": None,
        "created_at": message.created_at,
    }
