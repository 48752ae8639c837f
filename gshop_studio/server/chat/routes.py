"""REST of the chat: `/live/streams/{stream_id}/messages`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, status

from gshop_studio.contract.rest import ChatMessage, MessageCreate, MessageList
from gshop_studio.server.dependencies import Has, MaybeCaller
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/live/streams/{stream_id}/messages", tags=["chat"], route_class=LeanRoute)


@router.post("", status_code=status.HTTP_201_CREATED, summary="Say something in a show")
async def post_message(
    stream_id: str,
    wish: MessageCreate,
    services: Has,
    caller: MaybeCaller,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=64)] = None,
) -> ChatMessage:
    return await services.chat.post(caller, stream_id, wish.message, wish.client_message_id or idempotency_key)


@router.get("", summary="The last messages before a moment or a message, oldest first")
async def list_messages(
    stream_id: str,
    services: Has,
    caller: MaybeCaller,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    before: Annotated[str | None, Query(max_length=64, description="A moment (ISO 8601) or a message's id")] = None,
) -> MessageList:
    return await services.chat.history(caller, stream_id, before=before, limit=limit)
