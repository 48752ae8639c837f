"""Snapshots and replays: what somebody who joins, or comes back, needs to be up to date."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.contract.events import LoggedEvent, ServerEvent, Snapshot
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, require
from gshop_studio.server.chat.service import ChatService
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Database
from gshop_studio.server.realtime.presence import Presence
from gshop_studio.server.realtime.repository import EventLogRepository
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.service import StreamService

REPLAY_LIMIT = 1000
"""Who has missed more events starts again from a snapshot."""


@dataclass(frozen=True, slots=True)
class Replay:
    """All events after a place in the sequence, up to `seq`."""

    events: list[LoggedEvent]
    seq: int


class Snapshots:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        streams: StreamService,
        chat: ChatService,
        presence: Presence,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._streams = streams
        self._chat = chat
        self._presence = presence
        self._clock = clock

    async def admit(self, caller: Caller | None, stream_id: str) -> StreamFacts:
        """The show, to who may be in its room.

        Raises:
            Refused: `stream.not_found`, `stream.private`.
        """
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
        require(caller, StreamRight.WATCH, stream)
        return stream

    async def snapshot(self, caller: Caller | None, stream_id: str, session_id: str) -> Snapshot:
        """The show as it is at one place of its sequence. Be in the room before: then nothing is missed after it."""
        async with self._database.read() as transaction:
            stream = await self._streams.read(transaction, caller, stream_id)
            seq = await EventLogRepository(transaction).last_seq(stream_id)
            messages = await self._chat.recent(transaction, stream_id)
        return Snapshot(
            stream_id=stream_id,
            seq=seq,
            at=to_ms(self._clock()),
            session_id=session_id,
            stream=stream,
            viewer_count=self._presence.count(stream_id),
            current_products=stream.products or [],
            recent_messages=messages,
        )

    async def replay(self, stream_id: str, after_seq: int) -> Replay | None:
        """What followed `after_seq`, or None where a snapshot must do: too much, or a sequence that is not ours."""
        async with self._database.read() as transaction:
            log = EventLogRepository(transaction)
            seq = await log.last_seq(stream_id)
            if not 0 <= seq - after_seq <= REPLAY_LIMIT:
                return None
            rows = await log.after(stream_id, after_seq, REPLAY_LIMIT)
        if [row.seq for row in rows] != list(range(after_seq + 1, seq + 1)):
            return None
        return Replay([LoggedEvent(event=ServerEvent(row.event), data=row.data) for row in rows], seq)
