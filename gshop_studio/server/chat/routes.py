"""REST of the chat: `/live/streams/{stream_id}/messages...` and `.../chat-settings`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response, status

from gshop_studio.contract.chat import (
    EDIT_WITHIN_S,
    ChatSettings,
    ChatSettingsPut,
    MessageDelete,
    MessagePatch,
    ReactionAnswer,
)
from gshop_studio.contract.moderation import HeldAnswer
from gshop_studio.contract.rest import ChatMessage, MessageCreate, MessageList
from gshop_studio.server.dependencies import Has, Language, MaybeCaller
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/live/streams/{stream_id}", tags=["chat"], route_class=LeanRoute)


@router.post(
    "/messages",
    status_code=status.HTTP_201_CREATED,
    responses={202: {"model": HeldAnswer | ReactionAnswer, "description": "Held for a moderator; or a reaction"}},
    summary="Say something in a show, or react",
)
async def post_message(
    stream_id: str,
    wish: MessageCreate,
    services: Has,
    caller: MaybeCaller,
    response: Response,
    language: Language,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=64)] = None,
) -> ChatMessage | HeldAnswer | ReactionAnswer:
    said: ChatMessage | HeldAnswer | ReactionAnswer
    if wish.type == "reaction":
        said = await services.reactions.react(caller, stream_id, wish.message)
    else:
        key = wish.client_message_id or idempotency_key
        said = await services.chat.post(caller, stream_id, wish.message, key, language)
    if not isinstance(said, ChatMessage):
        response.status_code = status.HTTP_202_ACCEPTED
    return said


@router.get("/messages", summary="The last messages before a moment or a message, oldest first")
async def list_messages(
    stream_id: str,
    services: Has,
    caller: MaybeCaller,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    before: Annotated[str | None, Query(max_length=64, description="A moment (ISO 8601) or a message's id")] = None,
) -> MessageList:
    return await services.chat.history(caller, stream_id, before=before, limit=limit)


@router.patch("/messages/{message_id}", summary=f"Edit what one said in the last {EDIT_WITHIN_S} s")
async def edit_message(
    stream_id: str, message_id: str, wish: MessagePatch, services: Has, caller: MaybeCaller
) -> ChatMessage:
    return await services.message_changes.edit(caller, stream_id, message_id, wish.message)


@router.delete(
    "/messages/{message_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Take a message out of the chat: one's own, or, for a moderator, anybody's",
)
async def delete_message(
    stream_id: str, message_id: str, services: Has, caller: MaybeCaller, wish: MessageDelete | None = None
) -> None:
    await services.message_changes.delete(caller, stream_id, message_id, wish.reason if wish else None)


@router.put("/messages/{message_id}/pin", summary="Keep a message in sight")
async def pin_message(stream_id: str, message_id: str, services: Has, caller: MaybeCaller) -> ChatMessage:
    return await services.message_changes.set_pinned(caller, stream_id, message_id, is_pinned=True)


@router.delete("/messages/{message_id}/pin", summary="No longer keep a message in sight")
async def unpin_message(stream_id: str, message_id: str, services: Has, caller: MaybeCaller) -> ChatMessage:
    return await services.message_changes.set_pinned(caller, stream_id, message_id, is_pinned=False)


@router.get("/chat-settings", summary="How a show's chat is kept; with the blocked words for its moderators")
async def get_chat_settings(stream_id: str, services: Has, caller: MaybeCaller) -> ChatSettings:
    return await services.chat_settings.settings(caller, stream_id)


@router.put("/chat-settings", summary="Change how a show's chat is kept; what is left out stays as it is")
async def put_chat_settings(stream_id: str, wish: ChatSettingsPut, services: Has, caller: MaybeCaller) -> ChatSettings:
    return await services.chat_settings.change(caller, stream_id, wish)
