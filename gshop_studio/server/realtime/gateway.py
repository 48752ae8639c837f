"""The gateway: writes each lasting event of a show once to the log and fans it out to the show's room.

An event takes its place in the sequence within the transaction of the change it tells of. It goes out after the
commit, through one outgoing queue that is filled in the order of the commits: within a show, the order of `seq`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.contract.wire import Answer
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Transaction
from gshop_studio.server.realtime.outgoing import NO_SHOW, Outgoing
from gshop_studio.server.realtime.repository import EventLogRepository
from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)

OUTGOING_LIMIT = 10_000
"""Events waiting to go out. When full the newest is dropped and counted; lasting ones are read from the log then."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A lasting event of the whole room, at a place taken before."""

    stream_id: str
    seq: int
    event: ServerEvent
    payload: Answer


FanOut = Callable[[Outgoing], Awaitable[None]]
"""Hands one event to everybody it is for. Must not wait for readers."""


class Gateway:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: asyncio.Queue[Outgoing] = asyncio.Queue(OUTGOING_LIMIT)
        self._task: asyncio.Task[None] | None = None
        self.dropped_count = 0

    @property
    def waiting_count(self) -> int:
        """How many events wait to go out."""
        return self._queue.qsize()

    def start(self, fan_out: FanOut) -> None:
        self._task = asyncio.create_task(self._run(fan_out), name="gateway")

    async def close(self) -> None:
        """Stop sending; what is still queued is in the log."""
        await stop(self._task)
        self._task = None

    async def take_seqs(
        self, transaction: Transaction, stream_id: str, number: int = 1, room: Room = Room.EVERYBODY
    ) -> int:
        """The place of the first of the next `number` events, for a change that keeps it itself. `record_at` must
        follow for each."""
        last = await EventLogRepository(transaction, room).take_seqs(stream_id, number)
        return last - number + 1

    async def record(
        self,
        transaction: Transaction,
        stream_id: str,
        event: ServerEvent,
        payload: Answer,
        *,
        room: Room = Room.EVERYBODY,
    ) -> int:
        """Log a lasting event within `transaction` and send it to its room after the commit; its `seq`."""
        seq = await self.take_seqs(transaction, stream_id, room=room)
        await self.record_at(transaction, stream_id, seq, event, payload, room=room)
        return seq

    async def record_at(
        self,
        transaction: Transaction,
        stream_id: str,
        seq: int,
        event: ServerEvent,
        payload: Answer,
        *,
        room: Room = Room.EVERYBODY,
    ) -> None:
        """As `record`, at a place taken before."""
        now = self._clock()
        data = {**to_wire(payload), "seq": seq, "at": to_ms(now)}
        if room is not Room.EVERYBODY:
            data["room"] = room.value
        await EventLogRepository(transaction, room).append(stream_id, seq, event.value, data, now)
        transaction.after_commit(partial(self._send, Outgoing(stream_id, event.value, data, room)))

    async def record_all(self, transaction: Transaction, events: Sequence[Placed]) -> None:
        """As `record_at`, many at once, in their order."""
        now = self._clock()
        at_ms = to_ms(now)
        outgoing = [
            Outgoing(placed.stream_id, placed.event.value, {**to_wire(placed.payload), "seq": placed.seq, "at": at_ms})
            for placed in events
        ]
        rows = [(out.stream_id, out.data["seq"], out.event, out.data) for out in outgoing]
        await EventLogRepository(transaction).append_all(rows, now)
        for out in outgoing:
            transaction.after_commit(partial(self._send, out))

    async def blank(
        self, transaction: Transaction, stream_id: str, seqs: Sequence[int], blank: Callable[[dict[str, Any]], None]
    ) -> None:
        """Change logged events, so that what was said there is not said again to who resumes."""
        await EventLogRepository(transaction).change(stream_id, seqs, blank)

    def send_passing(
        self,
        stream_id: str,
        event: ServerEvent,
        payload: Answer,
        *,
        room: Room = Room.EVERYBODY,
        is_for_here: bool = False,
    ) -> None:
        """Send an aggregate: no `seq`, not kept, not replayed. `is_for_here`: other servers tell theirs themselves."""
        data = {**to_wire(payload), "at": to_ms(self._clock())}
        self._send(Outgoing(stream_id, event.value, data, room, is_for_here=is_for_here))

    def send_to_person(
        self, transaction: Transaction, stream_id: str, user_id: str, event: ServerEvent, payload: Answer
    ) -> None:
        """Tell one person, on all their sockets in the show's room, after the commit. Not kept."""
        data = {**to_wire(payload), "at": to_ms(self._clock())}
        transaction.after_commit(partial(self._send, Outgoing(stream_id, event.value, data, person=user_id)))

    def send_to_sockets_of(self, transaction: Transaction, user_id: str, event: ServerEvent, payload: Answer) -> None:
        """Tell one person, on all their sockets, whatever shows they are in, after the commit. Not kept."""
        data = {**to_wire(payload), "at": to_ms(self._clock())}
        transaction.after_commit(partial(self._send, Outgoing(NO_SHOW, event.value, data, person=user_id)))

    def shut_out(self, transaction: Transaction, stream_id: str, user_id: str) -> None:
        """Take this person's sockets out of the show's rooms and close them, after the commit and after what was sent
        before: they were banned. Who comes back is authorised anew."""
        transaction.after_commit(partial(self._send, Outgoing(stream_id, "", {}, person=user_id, is_last=True)))

    def _send(self, outgoing: Outgoing) -> None:
        try:
            self._queue.put_nowait(outgoing)
        except asyncio.QueueFull:
            self.dropped_count += 1
            log.warning("outgoing queue full: %d events dropped so far", self.dropped_count)

    async def _run(self, fan_out: FanOut) -> None:
        while True:
            await fan_out(await self._queue.get())


def to_wire(payload: Answer) -> dict[str, Any]:
    """As JSON's types; what is None is left out."""
    return payload.model_dump(mode="json", by_alias=True, exclude_none=True)
