"""A show's chat: a message is durable, and has its place in the sequence, before its author is told so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gshop_studio.contract.events import ServerEvent
from gshop_studio.contract.rest import ChatMessage, MessageList, MessageMetadata
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, require, require_signed_in
from gshop_studio.server.chat.repository import MessageRepository
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import FieldRefusal, Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamMessageRow

RECENT_MESSAGES = 50
"""How many a snapshot brings."""


class ChatService:
    def __init__(
        self, database: Database, lookup: StreamLookup, gateway: Gateway, limit: RateLimit, clock: Clock
    ) -> None:
        """`limit` counts the messages of a person in a show."""
        self._database = database
        self._lookup = lookup
        self._gateway = gateway
        self._limit = limit
        self._clock = clock

    async def post(
        self, caller: Caller | None, stream_id: str, text: str, client_message_id: str | None
    ) -> ChatMessage:
        """Say something in a show. The same `client_message_id` with the same text is the same message.

        Raises:
            Refused: `stream.*`, `auth.*`, `chat.rate_limited`, `idempotency.key_reused`.
        """
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.CHAT, stream)
            author = require_signed_in(caller)
            repository = MessageRepository(transaction)
            if client_message_id is not None:
                said = await repository.by_client_id(stream_id, author.user_id, client_message_id)
                if said is not None:
                    if said.message != text:
                        raise Refused("idempotency.key_reused")
                    return _answer(said, author.display_name, author.avatar_url)
            if stream.status in (StreamStatus.ENDED, StreamStatus.CANCELLED):
                raise Refused("stream.over")
            await self._limit.hit(author.user_id, stream_id)
            return await self._write(transaction, stream, author, text, client_message_id)

    async def history(self, caller: Caller | None, stream_id: str, *, before: str | None, limit: int) -> MessageList:
        """The messages before a moment (ISO 8601) or before a message (its id), oldest first."""
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            moment, seq = await self._place(transaction, stream_id, before)
            return MessageList(messages=await self._messages(transaction, stream_id, moment, seq, limit))

    async def recent(self, transaction: Transaction, stream_id: str) -> list[ChatMessage]:
        """What a snapshot brings. The caller has checked the right to watch."""
        return await self._messages(transaction, stream_id, None, None, RECENT_MESSAGES)

    async def _write(
        self, transaction: Transaction, stream: StreamFacts, author: Caller, text: str, client_message_id: str | None
    ) -> ChatMessage:
        metadata = MessageMetadata(is_seller=author.user_id == stream.host_id)
        seq = await self._gateway.take_seqs(transaction, stream.id)
        row = LiveStreamMessageRow(
            id=new_id(),
            stream_id=stream.id,
            user_id=author.user_id,
            seq=seq,
            type="message",
            message=text,
            reaction_type=None,
            details=metadata.model_dump(mode="json", by_alias=True, exclude_none=True),
            client_message_id=client_message_id,
            is_deleted=False,
            deleted_by=None,
            deleted_at=None,
            is_pinned=False,
            edited_at=None,
            created_at=self._clock(),
        )
        await MessageRepository(transaction).add(row)
        await self._lookup.count_messages(transaction, stream.id)
        answer = _answer(row, author.display_name, author.avatar_url)
        await self._gateway.record_at(transaction, stream.id, seq, ServerEvent.MESSAGE, answer)
        return answer

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
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise Refused("request.invalid", errors=(FieldRefusal("before", "field.invalid"),))
        return moment, None

    async def _messages(
        self, transaction: Transaction, stream_id: str, before: datetime | None, before_seq: int | None, limit: int
    ) -> list[ChatMessage]:
        found = await MessageRepository(transaction).history(
            stream_id, before=before, before_seq=before_seq, limit=limit
        )
        return [_answer(row, user.display_name, user.avatar_url) for row, user in found]


def _answer(row: LiveStreamMessageRow, username: str, avatar_url: str | None) -> ChatMessage:
    fields: dict[str, Any] = {
        "id": row.id,
        "stream_id": row.stream_id,
        "user_id": row.user_id,
        "username": username,
        "user_avatar": avatar_url,
        "message": row.message,
        "type": row.type,
        "created_at": row.created_at,
        "metadata": row.details,
        "seq": row.seq,
        "client_message_id": row.client_message_id,
        "is_pinned": row.is_pinned,
        "is_deleted": row.is_deleted,
    }
    return ChatMessage.model_validate(fields)
