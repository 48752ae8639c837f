"""What becomes of messages after they were written: edited, deleted, pinned, unpinned."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from gshop_studio.contract.chat import (
    EDIT_WITHIN_S,
    MAX_PINNED_MESSAGES,
    MessageDeletedEvent,
    MessageEditedEvent,
    MessagePinnedEvent,
    MessageUnpinnedEvent,
)
from gshop_studio.contract.events import ServerEvent
from gshop_studio.contract.rest import ChatMessage, Role
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, require, require_signed_in
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.chat.message import BLANKED_TEXTS, FIRST_TEXT, PINNED_SEQ, TEXT_SEQS, chat_message
from gshop_studio.server.chat.repository import MessageRepository
from gshop_studio.server.chat.screening import Screening
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.moderation.log import Action, ModerationLog
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamMessageRow

_OVER = frozenset({StreamStatus.ENDED, StreamStatus.CANCELLED})


class MessageChanges:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        accounts: AccountService,
        gateway: Gateway,
        screening: Screening,
        log: ModerationLog,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._gateway = gateway
        self._screening = screening
        self._log = log
        self._clock = clock

    async def edit(self, caller: Caller | None, stream_id: str, message_id: str, text: str) -> ChatMessage:
        """Let an author change what they said a moment ago. The new text passes what a new message passes; one that
        would wait for a moderator is refused.

        Raises:
            Refused: `message.not_found`, `message.edit_too_late`, and what posting is refused with.
        """
        author = require_signed_in(caller)
        await self._require_own(author, stream_id, message_id)
        screened = await self._screening.screen_edit(author, stream_id, text)
        async with self._database.write() as transaction:
            stream, row = await self._row(transaction, author, stream_id, message_id, StreamRight.CHAT)
            self._refuse_edit(stream, row, author)
            if screened.refusal is not None:
                raise screened.refusal
            if screened.hold_reasons:
                raise Refused("chat.links" if "links" in screened.hold_reasons else "chat.toxic")
            if text != row.message:
                now = self._clock()
                row.details = {FIRST_TEXT: row.message, **row.details}
                row.message, row.edited_at = text, now
                edited = MessageEditedEvent(stream_id=stream_id, message_id=row.id, message=text, edited_at=now)
                seq = await self._gateway.record(transaction, stream_id, ServerEvent.MESSAGE_EDITED, edited)
                _add_text_seq(row, seq)
                await MessageRepository(transaction).flush()
            return chat_message(row, author.display_name, author.avatar_url)

    async def delete(self, caller: Caller | None, stream_id: str, message_id: str, reason: str | None) -> None:
        """Take a message out of the chat: one's own, or, for a moderator, anybody's but the host's. Its text stays in
        the table alone, and is not said again to who resumes. A deleted message stays deleted.

        Raises:
            Refused: `message.not_found`, `moderation.not_allowed_on`, or what rights say.
        """
        actor = require_signed_in(caller)
        async with self._database.write() as transaction:
            stream, row = await self._row(transaction, actor, stream_id, message_id, StreamRight.WATCH)
            is_own = row.user_id == actor.user_id
            if not is_own:
                require(actor, StreamRight.DELETE_MESSAGES, stream)
                if row.user_id == stream.host_id and actor.role is not Role.ADMIN:
                    raise Refused("moderation.not_allowed_on")
            if row.is_deleted:
                return
            now = self._clock()
            if row.is_pinned:
                await self._unpin(transaction, row)
            row.is_deleted, row.deleted_by, row.deleted_at = True, actor.user_id, now
            await MessageRepository(transaction).flush()
            seqs, texts = [row.seq, *row.details.get(TEXT_SEQS, [])], dict[str, str]()
            await self._gateway.blank(transaction, stream_id, seqs, partial(_blank, texts))
            row.details = {**row.details, BLANKED_TEXTS: texts}
            deleted = MessageDeletedEvent(
                stream_id=stream_id, message_id=row.id, user_id=row.user_id, reason=None if is_own else reason
            )
            await self._gateway.record(transaction, stream_id, ServerEvent.MESSAGE_DELETED, deleted)
            if not is_own:
                action = Action("delete_message", row.user_id, reason=reason, message_id=row.id)
                await self._log.record(transaction, stream_id, actor, action)

    async def set_pinned(
        self, caller: Caller | None, stream_id: str, message_id: str, *, is_pinned: bool
    ) -> ChatMessage:
        """Pin a message, or unpin it. Pinning one too many unpins the one pinned longest.

        Raises:
            Refused: `message.not_found`, `stream.over`, or what rights say.
        """
        async with self._database.write() as transaction:
            stream, row = await self._row(transaction, caller, stream_id, message_id, StreamRight.PIN_MESSAGES)
            if stream.status in _OVER:
                raise Refused("stream.over")
            if row.is_deleted:
                raise Refused("message.not_found")
            if is_pinned and not row.is_pinned:
                await self._pin(transaction, row)
            elif not is_pinned and row.is_pinned:
                await self._unpin(transaction, row)
            return await self._answer(transaction, row)

    # ------------------------------------------------------------------------------------------------------------

    async def _require_own(self, author: Caller, stream_id: str, message_id: str) -> None:
        """Before the words are judged, which may take a while: whether there is anything to edit."""
        async with self._database.read() as transaction:
            stream, row = await self._row(transaction, author, stream_id, message_id, StreamRight.CHAT)
            self._refuse_edit(stream, row, author)

    def _refuse_edit(self, stream: StreamFacts, row: LiveStreamMessageRow, author: Caller) -> None:
        if row.user_id != author.user_id or row.type != "message":
            raise Refused("auth.forbidden")
        if row.is_deleted:
            raise Refused("message.not_found")
        if stream.status in _OVER:
            raise Refused("stream.over")
        if _age_s(row, self._clock()) > EDIT_WITHIN_S:
            raise Refused("message.edit_too_late", params={"seconds": str(EDIT_WITHIN_S)})

    async def _row(
        self, transaction: Transaction, caller: Caller | None, stream_id: str, message_id: str, right: StreamRight
    ) -> tuple[StreamFacts, LiveStreamMessageRow]:
        stream = await self._lookup.facts(transaction, stream_id, caller)
        require(caller, right, stream)
        row = await MessageRepository(transaction).message(stream_id, message_id)
        if row is None:
            raise Refused("message.not_found")
        return stream, row

    async def _pin(self, transaction: Transaction, row: LiveStreamMessageRow) -> None:
        pinned = [other for other, _ in await MessageRepository(transaction).pinned(row.stream_id)]
        pinned.sort(key=lambda other: int(other.details.get(PINNED_SEQ, 0)))
        for other in pinned[: max(0, len(pinned) - MAX_PINNED_MESSAGES + 1)]:
            await self._unpin(transaction, other)
        row.is_pinned = True
        event = MessagePinnedEvent(
            stream_id=row.stream_id, message_id=row.id, message=await self._answer(transaction, row)
        )
        seq = await self._gateway.record(transaction, row.stream_id, ServerEvent.MESSAGE_PINNED, event)
        row.details = {**row.details, PINNED_SEQ: seq}
        _add_text_seq(row, seq)
        await MessageRepository(transaction).flush()

    async def _unpin(self, transaction: Transaction, row: LiveStreamMessageRow) -> None:
        row.is_pinned = False
        await MessageRepository(transaction).flush()
        event = MessageUnpinnedEvent(stream_id=row.stream_id, message_id=row.id)
        await self._gateway.record(transaction, row.stream_id, ServerEvent.MESSAGE_UNPINNED, event)

    async def _answer(self, transaction: Transaction, row: LiveStreamMessageRow) -> ChatMessage:
        author = (await self._accounts.hosts(transaction, [row.user_id]))[row.user_id]
        return chat_message(row, author.display_name, author.avatar_url)


def _age_s(row: LiveStreamMessageRow, now: datetime) -> float:
    return (now - row.created_at).total_seconds()


def _add_text_seq(row: LiveStreamMessageRow, seq: int) -> None:
    row.details = {**row.details, TEXT_SEQS: [*row.details.get(TEXT_SEQS, []), seq]}


def _blank(texts: dict[str, str], data: dict[str, Any]) -> None:
    """Move the text out of a logged event (a message, an edit, or a pinned message) into `texts`, by its place."""
    holder = data["message"] if isinstance(data["message"], dict) else data
    texts[str(data["seq"])] = holder["message"]
    holder["message"], holder["isDeleted"] = "", True
