"""The gateway: writes each lasting event of a show once to the log and fans it out to the show's room.

An event takes its place in the sequence within the transaction of the change it tells of. It goes out after the
commit, through one outgoing queue that is filled in the order of the commits: within a show, the order of `seq`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.contract.wire import Answer
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Transaction
from gshop_studio.server.realtime.repository import EventLogRepository

log = logging.getLogger(__name__)

OUTGOING_LIMIT = 10_000
"""Events waiting to go out. When full the newest is dropped and counted: clients see the gap in `seq` and resume."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way to a show's room, or, with `person`, to the sockets of one person in it."""

    stream_id: str
    event: str
    data: dict[str, Any]
    room: Room = Room.EVERYBODY
    person: str | None = None
    is_last: bool = False
    """The person's sockets leave the room after it: they were banned."""


FanOut = Callable[[Outgoing], Awaitable[None]]
"""Hands one event to everybody it is for. Must not wait for readers."""


class Gateway:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: asyncio.Queue[Outgoing] = asyncio.Queue(OUTGOING_LIMIT)
        self._task: asyncio.Task[None] | None = None
        self.dropped_count = 0

    def start(self, fan_out: FanOut) -> None:
        self._task = asyncio.create_task(self._run(fan_out), name="gateway")

    async def close(self) -> None:
        """Stop sending; what is still queued is in the log."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
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

    def send_passing(self, stream_id: str, event: ServerEvent, payload: Answer, *, room: Room = Room.EVERYBODY) -> None:
        """Send an aggregate: no `seq`, not kept, not replayed."""
        self._send(Outgoing(stream_id, event.value, {**to_wire(payload), "at": to_ms(self._clock())}, room))

    def send_to_person(
        self, transaction: Transaction, stream_id: str, user_id: str, event: ServerEvent, payload: Answer
    ) -> None:
        """Tell one person, on all their sockets in the show's room, after the commit. Not kept."""
        data = {**to_wire(payload), "at": to_ms(self._clock())}
        transaction.after_commit(partial(self._send, Outgoing(stream_id, event.value, data, person=user_id)))

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
