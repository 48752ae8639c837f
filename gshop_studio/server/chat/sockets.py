"""Events of the chat."""

from __future__ import annotations

from typing import Any

from gshop_studio.contract.chat import ReactionAnswer, ReactionEvent
from gshop_studio.contract.events import ClientEvent, MessageEvent
from gshop_studio.contract.moderation import HeldAnswer
from gshop_studio.server.chat.reactions.service import ReactionService
from gshop_studio.server.chat.service import ChatService
from gshop_studio.server.realtime.gateway import to_wire
from gshop_studio.server.realtime.handlers import EventHandlers, Handles, Sender


def handlers(chat: ChatService, reactions: ReactionService) -> EventHandlers:
    async def post(sender: Sender, wish: MessageEvent) -> dict[str, Any]:
        if wish.type == "reaction":
            return to_wire(await reactions.react(sender.caller, wish.stream_id, wish.message))
        said = await chat.post(sender.caller, wish.stream_id, wish.message, wish.client_message_id, sender.language)
        return to_wire(said) if isinstance(said, HeldAnswer) else {"message": to_wire(said)}

    async def react(sender: Sender, wish: ReactionEvent) -> ReactionAnswer:
        return await reactions.react(sender.caller, wish.stream_id, wish.reaction)

    return {ClientEvent.MESSAGE: Handles(MessageEvent, post), ClientEvent.REACTION: Handles(ReactionEvent, react)}
