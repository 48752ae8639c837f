"""The review queue: held messages, and what moderators decide over them."""

from __future__ import annotations

from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.contract.moderation import Decision, DecisionAnswer, HeldMessageList, MessageDecidedEvent
from gshop_studio.contract.rest import ChatMessage, MessageMetadata
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, require, require_signed_in
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.chat.badges import VipBadges
from gshop_studio.server.chat.group import GroupWriter
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.moderation.held import held_message
from gshop_studio.server.moderation.log import Action, ModerationLog
from gshop_studio.server.moderation.repository import HeldMessageRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamHeldMessageRow


class ReviewQueue:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        accounts: AccountService,
        gateway: Gateway,
        messages: GroupWriter,
        badges: VipBadges,
        log: ModerationLog,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._gateway = gateway
        self._messages = messages
        self._badges = badges
        self._log = log
        self._clock = clock

    async def waiting(self, caller: Caller | None, stream_id: str, *, limit: int, offset: int) -> HeldMessageList:
        """What waits for a decision, oldest first."""
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.MODERATE, stream)
            found, total = await HeldMessageRepository(transaction).waiting(stream_id, limit=limit, offset=offset)
        messages = [held_message(row, user.display_name, user.avatar_url) for row, user in found]
        return HeldMessageList(messages=messages, total=total)

    async def decide(
        self, caller: Caller | None, stream_id: str, message_id: str, decision: Decision
    ) -> DecisionAnswer:
        """Let a held message into the chat, as if said now, or keep it out for good.

        Raises:
            Refused: `message.not_found`, `message.already_decided`, `stream.over`, or what rights say.
        """
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.DELETE_MESSAGES, stream)
            moderator = require_signed_in(caller)
            row = await HeldMessageRepository(transaction).held(stream_id, message_id)
            if row is None:
                raise Refused("message.not_found")
            if row.decision is not None:
                raise Refused("message.already_decided")
            message = await self._approve(transaction, stream, row) if decision == "approve" else None
            row.decision, row.decided_by, row.decided_at = decision, moderator.user_id, self._clock()
            decided = MessageDecidedEvent(
                stream_id=stream_id, message_id=row.id, decision=decision, moderator_id=moderator.user_id
            )
            await self._gateway.record(transaction, stream_id, ServerEvent.MESSAGE_DECIDED, decided, room=Room.STAFF)
            action = Action(decision, row.user_id, message_id=row.id)
            await self._log.record(transaction, stream_id, moderator, action)
        return DecisionAnswer(message_id=message_id, decision=decision, message=message)

    async def _approve(
        self, transaction: Transaction, stream: StreamFacts, row: LiveStreamHeldMessageRow
    ) -> ChatMessage:
        if stream.status in (StreamStatus.ENDED, StreamStatus.CANCELLED):
            raise Refused("stream.over")
        author = await self._accounts.person(transaction, row.user_id)
        vips = await self._badges.among(transaction, stream.host_id, [author.id])
        message = ChatMessage(
            id=row.id,
            stream_id=stream.id,
            user_id=author.id,
            username=author.display_name,
            user_avatar=author.avatar_url,
            message=row.message,
            created_at=self._clock(),
            metadata=MessageMetadata(is_vip=author.id in vips),
            seq=0,
            client_message_id=row.client_message_id,
        )
        [placed] = await self._messages.add(transaction, stream.id, [message])
        return placed
