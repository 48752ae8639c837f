"""Snapshots and replays: what somebody who joins, or comes back, needs to be up to date."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.contract.events import LoggedEvent, Room, ServerEvent, Snapshot
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, may, require
from gshop_studio.server.chat.service import ChatService
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.realtime.presence import Presence
from gshop_studio.server.realtime.repository import EventLogRepository, last_seqs
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.service import StreamService

REPLAY_LIMIT = 1000
"""Who has missed more events starts again from a snapshot."""


@dataclass(frozen=True, slots=True)
class Replay:
    """All events after a place in the sequence, up to `seq`; those of the staff's room for who belongs there."""

    events: list[LoggedEvent]
    seq: int
    staff_events: list[LoggedEvent] | None = None
    staff_seq: int | None = None


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
            facts = await self._lookup.facts(transaction, stream_id, caller)
            seqs = (await last_seqs(transaction, [stream_id]))[stream_id]
            messages = await self._chat.recent(transaction, stream_id)
            pinned = await self._chat.pinned(transaction, stream_id)
            settings = await self._chat.settings(transaction, stream_id)
        return Snapshot(
            stream_id=stream_id,
            seq=seqs[Room.EVERYBODY],
            staff_seq=seqs[Room.STAFF] if is_staff(caller, facts) else None,
            at=to_ms(self._clock()),
            session_id=session_id,
            stream=stream,
            viewer_count=self._presence.count(stream_id),
            current_products=stream.products or [],
            recent_messages=messages,
            pinned_messages=pinned,
            chat_settings=settings,
        )

    async def replay(
        self, caller: Caller | None, stream_id: str, after_seq: int, after_staff_seq: int | None = None
    ) -> Replay | None:
        """What followed `after_seq`, and `after_staff_seq` in the staff's room; None where a snapshot must do: too
        much, or a sequence that is not ours. Be in the room before: who is shut out from then on is shut out of it.

        Raises:
            Refused: as `admit`.
        """
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            if not is_staff(caller, stream):
                after_staff_seq = None
            seqs = (await last_seqs(transaction, [stream_id])).get(stream_id, dict.fromkeys(Room, 0))
            events = await _missed(transaction, stream_id, Room.EVERYBODY, after_seq, seqs)
            staff_events = None
            if after_staff_seq is not None:
                staff_events = await _missed(transaction, stream_id, Room.STAFF, after_staff_seq, seqs)
        if events is None or (after_staff_seq is not None and staff_events is None):
            return None
        staff_seq = seqs[Room.STAFF] if staff_events is not None else None
        return Replay(events, seqs[Room.EVERYBODY], staff_events, staff_seq)


def is_staff(caller: Caller | None, stream: StreamFacts) -> bool:
    """Whether the caller belongs into the room of the host and the moderators."""
    return may(caller, StreamRight.SEE_NUMBERS, stream)


async def _missed(
    transaction: Transaction, stream_id: str, room: Room, after_seq: int, seqs: dict[Room, int]
) -> list[LoggedEvent] | None:
    """All events of a room after a place in its sequence."""
    seq = seqs[room]
    if not 0 <= seq - after_seq <= REPLAY_LIMIT:
        return None
    rows = await EventLogRepository(transaction, room).after(stream_id, after_seq, REPLAY_LIMIT)
    if [row.seq for row in rows] != list(range(after_seq + 1, seq + 1)):
        return None
    return [LoggedEvent(event=ServerEvent(row.event), data=row.data) for row in rows]
