"""Events of the chat."""

from __future__ import annotations

from typing import Any

from gshop_studio.contract.events import ClientEvent, MessageEvent
from gshop_studio.server.chat.service import ChatService
from gshop_studio.server.realtime.gateway import to_wire
from gshop_studio.server.realtime.handlers import EventHandlers, Handles, Sender


def handlers(chat: ChatService) -> EventHandlers:
    async def post(sender: Sender, wish: MessageEvent) -> dict[str, Any]:
        message = await chat.post(sender.caller, wish.stream_id, wish.message, wish.client_message_id)
        return {"message": to_wire(message)}

    return {ClientEvent.MESSAGE: Handles(MessageEvent, post)}
