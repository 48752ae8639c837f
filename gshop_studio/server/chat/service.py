"""A show's chat: a message is durable, and has its place in the sequence, before its author is told so."""

from __future__ import annotations

from datetime import UTC, datetime

from gshop_studio.contract.chat import MAX_PINNED_MESSAGES, ChatSettings
from gshop_studio.contract.moderation import HeldAnswer, HeldMessage
from gshop_studio.contract.rest import ChatMessage, MessageList
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require, require_signed_in
from gshop_studio.server.chat.group import Draft
from gshop_studio.server.chat.message import PINNED_SEQ, chat_message
from gshop_studio.server.chat.repository import MessageRepository
from gshop_studio.server.chat.settings.service import ChatSettingsService
from gshop_studio.server.chat.writer import ChatWriter
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.refusals import FieldRefusal, Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.words import say
from gshop_studio.texts import DEFAULT_LANGUAGE

RECENT_MESSAGES = 50
"""How many a snapshot brings."""


class ChatService:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        writer: ChatWriter,
        settings: ChatSettingsService,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._writer = writer
        self._settings = settings

    async def post(
        self,
        caller: Caller | None,
        stream_id: str,
        text: str,
        client_message_id: str | None,
        language: str = DEFAULT_LANGUAGE,
    ) -> ChatMessage | HeldAnswer:
        """Say something in a show; or have it kept back for a moderator. The same `client_message_id` with the same
        text is the same message. `language` is the author's.

        Raises:
            Refused: `stream.*`, `auth.*`, `chat.*`, `idempotency.key_reused`, `storage.*`.
        """
        author = require_signed_in(caller)
        result = await self._writer.submit(Draft(author, stream_id, text, client_message_id))
        if isinstance(result, Refused):
            raise result
        if not isinstance(result, HeldMessage):
            return result
        detail = say("Your message appears once a moderator has approved it.", language)
        return HeldAnswer(message=_to_author(result), detail=detail)

    @property
    def refused_count(self) -> int:
        """Messages turned away because too many waited."""
        return self._writer.refused_count

    async def close(self) -> None:
        """Write what waits."""
        await self._writer.close()

    async def history(self, caller: Caller | None, stream_id: str, *, before: str | None, limit: int) -> MessageList:
        """The messages before a moment (ISO 8601) or before a message (its id), oldest first."""
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            moment, seq = await self._place(transaction, stream_id, before)
            return MessageList(messages=await self._messages(transaction, stream_id, moment, seq, limit))

    # --- what a snapshot brings; the caller has checked the right to watch ----------------------------------------

    async def recent(self, transaction: Transaction, stream_id: str) -> list[ChatMessage]:
        """The last messages, oldest first."""
        return await self._messages(transaction, stream_id, None, None, RECENT_MESSAGES)

    async def pinned(self, transaction: Transaction, stream_id: str) -> list[ChatMessage]:
        """The pinned messages; the one pinned last comes first."""
        found = await MessageRepository(transaction).pinned(stream_id)
        found.sort(key=lambda pair: int(pair[0].details.get(PINNED_SEQ, 0)), reverse=True)
        return [chat_message(row, user.display_name, user.avatar_url) for row, user in found[:MAX_PINNED_MESSAGES]]

    async def settings(self, transaction: Transaction, stream_id: str) -> ChatSettings:
        """How the chat is kept, as far as everybody may know."""
        return await self._settings.read(transaction, stream_id)

    # ------------------------------------------------------------------------------------------------------------

    async def _place(
        self, transaction: Transaction, stream_id: str, before: str | None
    ) -> tuple[datetime | None, int | None]:
        if before is None:
            return None, None
        message = await MessageRepository(transaction).message(stream_id, before)
        if message is not None:
            return None, message.seq
        try:
            moment = datetime.fromisoformat(before)
            if moment.tzinfo is None:
                raise ValueError("no zone")
            return moment.astimezone(UTC), None
        except (ValueError, OverflowError) as error:
            raise Refused("request.invalid", errors=(FieldRefusal("before", "field.invalid"),)) from error

    async def _messages(
        self, transaction: Transaction, stream_id: str, before: datetime | None, before_seq: int | None, limit: int
    ) -> list[ChatMessage]:
        found = await MessageRepository(transaction).history(
            stream_id, before=before, before_seq=before_seq, limit=limit
        )
        return [chat_message(row, user.display_name, user.avatar_url) for row, user in found]


def _to_author(message: HeldMessage) -> HeldMessage:
    """Why it is held is for the moderators."""
    return message.model_copy(update={"reasons": []})
