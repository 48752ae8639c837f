"""A group of messages written in one transaction: each is judged by itself, in the order they came."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gshop_studio.contract.events import ServerEvent
from gshop_studio.contract.moderation import HeldMessage
from gshop_studio.contract.rest import ChatMessage, MessageMetadata
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, may, require
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.chat.badges import VipBadges
from gshop_studio.server.chat.message import FIRST_TEXT, chat_message, message_values
from gshop_studio.server.chat.repository import MessageKey, MessageRepository
from gshop_studio.server.chat.screening import Screened
from gshop_studio.server.chat.settings.repository import ChatSettingsRepository
from gshop_studio.server.chat.slow_mode import SlowMode
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.moderation.held import HeldMessages, held_message
from gshop_studio.server.realtime.gateway import Gateway, Placed
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

CLOCKS_APART = timedelta(seconds=5)
"""How far servers' clocks may be apart. What was said later than that was said before a clock was set back."""
Result = ChatMessage | HeldMessage | Refused
"""What became of a message: written, kept back, or not taken."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that waits to be written."""

    author: Caller
    stream_id: str
    text: str
    client_message_id: str | None
    screened: Screened = field(default_factory=Screened)

    @property
    def key(self) -> MessageKey | None:
        if self.client_message_id is None:
            return None
        return (self.author.user_id, self.client_message_id)


@dataclass(slots=True, eq=False)
class _Pending:
    """A draft that was taken, or stands for one taken before."""

    draft: Draft
    stream: StreamFacts | None = None
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said under a key, where, and what it became."""

    stream_id: str
    text: str
    result: ChatMessage | HeldMessage | _Pending


@dataclass(slots=True)
class _Known:
    """What was read for a group. `said` grows while it is judged."""

    streams: dict[tuple[str, str], StreamFacts]
    said: dict[MessageKey, _Said]
    """Under each key used before."""
    followers_only: set[str]
    slow_modes: dict[str, SlowMode]
    now: datetime
    pending: list[_Pending] = field(default_factory=list)


class GroupWriter:
    def __init__(
        self,
        lookup: StreamLookup,
        accounts: AccountService,
        gateway: Gateway,
        held: HeldMessages,
        badges: VipBadges,
        clock: Clock,
    ) -> None:
        self._lookup = lookup
        self._accounts = accounts
        self._gateway = gateway
        self._held = held
        self._badges = badges
        self._clock = clock

    async def write(self, transaction: Transaction, drafts: Sequence[Draft]) -> list[Result]:
        """Write what may be written; for each draft, in order, what became of it. True once `transaction` is
        committed.

        Raises:
            Clash: another transaction wrote one of them meanwhile, or an author's account is gone.
        """
        drafts = await self._as_named_now(transaction, drafts)
        known = await self._read(transaction, drafts)
        answers = [self._judge(draft, known) for draft in drafts]
        written = [pending for pending in known.pending if not pending.draft.screened.hold_reasons]
        if written:
            await self._write(transaction, written, known.now)
        if held := [pending for pending in known.pending if pending.draft.screened.hold_reasons]:
            await self._hold(transaction, held, known.now)
        return [_result(answer) for answer in answers]

    async def add(self, transaction: Transaction, stream_id: str, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
        """Write these at the next places of the show's sequence and tell everybody. The caller holds the show's
        row."""
        repository = MessageRepository(transaction)
        first = await self._gateway.take_seqs(transaction, stream_id, len(messages))
        placed = [message.model_copy(update={"seq": first + i}) for i, message in enumerate(messages)]
        await repository.add_all([message_values(message) for message in placed])
        await self._gateway.record_all(
            transaction, [Placed(stream_id, message.seq, ServerEvent.MESSAGE, message) for message in placed]
        )
        await self._lookup.count_messages(transaction, stream_id, len(placed))
        await repository.count_for_viewers(Counter((stream_id, message.user_id) for message in placed))
        return placed

    # --- what is known ------------------------------------------------------------------------------------------

    async def _as_named_now(self, transaction: Transaction, drafts: Sequence[Draft]) -> list[Draft]:
        """With the authors' present names and pictures: a socket knows those of when it connected."""
        people = await self._accounts.hosts(transaction, {draft.author.user_id for draft in drafts})
        return [
            replace(draft, author=replace(draft.author, display_name=person.display_name, avatar_url=person.avatar_url))
            if (person := people.get(draft.author.user_id)) is not None
            else draft
            for draft in drafts
        ]

    async def _read(self, transaction: Transaction, drafts: Sequence[Draft]) -> _Known:
        callers: dict[str, dict[str, Caller]] = defaultdict(dict)
        for draft in drafts:
            callers[draft.stream_id][draft.author.user_id] = draft.author
        streams = await self._lookup.facts_of_many(
            transaction, {stream_id: list(people.values()) for stream_id, people in callers.items()}
        )
        settings = await ChatSettingsRepository(transaction).settings(callers)
        now, slow_modes = self._clock(), {}
        for stream_id, row in settings.items():
            if row.slow_mode_s:
                last = await MessageRepository(transaction).last_said(stream_id, callers[stream_id], now + CLOCKS_APART)
                slow_modes[stream_id] = SlowMode(row.slow_mode_s, last)
        return _Known(
            streams=streams,
            said=await self._said(transaction, drafts),
            followers_only={stream_id for stream_id, row in settings.items() if row.followers_only},
            slow_modes=slow_modes,
            now=now,
        )

    async def _said(self, transaction: Transaction, drafts: Sequence[Draft]) -> dict[MessageKey, _Said]:
        authors = {draft.key: draft.author for draft in drafts if draft.key is not None}
        said: dict[MessageKey, _Said] = {}
        if not authors:
            return said
        for key, held in (await self._held.said(transaction, authors)).items():
            message = held_message(held, authors[key].display_name, authors[key].avatar_url)
            said[key] = _Said(held.stream_id, held.message, message)
        for key, row in (await MessageRepository(transaction).said(authors)).items():
            text = str(row.details.get(FIRST_TEXT, row.message))
            written = chat_message(row, authors[key].display_name, authors[key].avatar_url)
            said[key] = _Said(row.stream_id, text, written)
        return said

    # --- judging ------------------------------------------------------------------------------------------------

    def _judge(self, draft: Draft, known: _Known) -> Result | _Pending:
        try:
            return self._take(draft, known)
        except Refused as refusal:
            return refusal

    def _take(self, draft: Draft, known: _Known) -> ChatMessage | HeldMessage | _Pending:
        """What the draft repeats, or that it is taken.

        Raises:
            Refused: why not.
        """
        author = draft.author
        stream = known.streams.get((draft.stream_id, author.user_id))
        if stream is None:
            raise Refused("stream.not_found")
        require(author, StreamRight.CHAT, stream)
        if draft.key is not None and (before := known.said.get(draft.key)) is not None:
            if (before.stream_id, before.text) != (draft.stream_id, draft.text):
                raise Refused("idempotency.key_reused")
            return before.result
        if stream.status in (StreamStatus.ENDED, StreamStatus.CANCELLED):
            raise Refused("stream.over")
        if draft.screened.refusal is not None:
            raise draft.screened.refusal
        is_lax = may(author, StreamRight.MODERATE, stream)
        if stream.id in known.followers_only and not (is_lax or stream.standing.follows):
            raise Refused("chat.followers_only")
        if not is_lax and (slow_mode := known.slow_modes.get(stream.id)) is not None:
            slow_mode.pass_by(author.user_id, known.now)
        pending = _Pending(draft, stream)
        known.pending.append(pending)
        if draft.key is not None:
            known.said[draft.key] = _Said(draft.stream_id, draft.text, pending)
        return pending

    # --- writing ------------------------------------------------------------------------------------------------

    async def _write(self, transaction: Transaction, written: Sequence[_Pending], now: datetime) -> None:
        by_stream: dict[str, list[_Pending]] = defaultdict(list)
        for pending in written:
            by_stream[pending.draft.stream_id].append(pending)
        for stream_id in sorted(by_stream):
            of_stream = by_stream[stream_id]
            host_id = of_stream[0].stream.host_id if of_stream[0].stream else ""
            people = {pending.draft.author.user_id for pending in of_stream} - {host_id}
            vips = await self._badges.among(transaction, host_id, people) if people else set()
            messages = [_message(pending, vips, now) for pending in of_stream]
            for pending, message in zip(of_stream, await self.add(transaction, stream_id, messages), strict=True):
                pending.result = message

    async def _hold(self, transaction: Transaction, held: Sequence[_Pending], now: datetime) -> None:
        messages = []
        for pending in held:
            draft = pending.draft
            message = HeldMessage(
                id=new_id(),
                stream_id=draft.stream_id,
                user_id=draft.author.user_id,
                username=draft.author.display_name,
                user_avatar=draft.author.avatar_url,
                message=draft.text,
                reasons=list(draft.screened.hold_reasons),
                client_message_id=draft.client_message_id,
                created_at=now,
            )
            messages.append(message)
            pending.result = message
        await self._held.hold(transaction, messages)


def _message(pending: _Pending, vips: set[str], now: datetime) -> ChatMessage:
    draft, stream = pending.draft, pending.stream
    assert stream is not None, "it was taken"
    author = draft.author
    return ChatMessage(
        id=new_id(),
        stream_id=stream.id,
        user_id=author.user_id,
        username=author.display_name,
        user_avatar=author.avatar_url,
        message=draft.text,
        created_at=now,
        metadata=MessageMetadata(
            is_seller=author.user_id == stream.host_id,
            is_moderator=stream.standing.is_moderator,
            is_vip=author.user_id in vips,
        ),
        seq=0,
        client_message_id=draft.client_message_id,
    )


def _result(answer: Result | _Pending) -> Result:
    if not isinstance(answer, _Pending):
        return answer
    assert answer.result is not None, "what was taken was written or held"
    return answer.result
