"""Delivery: brings events to the clients connected here, in the order of the log, wherever they were made.

Events of this server come from the gateway, those of others over the bus. For each show that somebody is in here it is
known which event was the last given on. What comes early waits; what does not come is read from the log: after a
moment, when the bus is back, and, while it is broken, every second.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection

from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.domain.event_order import EventOrder
from gshop_studio.server.database import Database
from gshop_studio.server.realtime.broadcast import Broadcast
from gshop_studio.server.realtime.bus import Bus
from gshop_studio.server.realtime.outgoing import NO_SHOW, Outgoing
from gshop_studio.server.realtime.repository import EventLogRepository, last_seqs, live_among
from gshop_studio.server.realtime.rooms import Rooms
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)

GAP_WAIT_S = 0.1
"""How long an event that is missing may take to come by itself."""
LOOK_EVERY_S = 1.0
"""How often the log is asked for news, while the bus is broken."""
LOOK_ANYWAY_S = 5.0
"""And while it works: one that was lost on the way is missed only when the next comes."""
_READ = 500

Listener = Callable[[Outgoing], None]
Ended = Callable[[str], Awaitable[None]]
OpenStreams = Callable[[], Collection[str]]


class _Show:
    """What was given on of one show."""

    def __init__(self) -> None:
        self.orders: dict[Room, EventOrder[Outgoing]] = {room: EventOrder() for room in Room}
        self.is_known: asyncio.Future[None] | None = None
        self.mending: asyncio.Task[None] | None = None


class Delivery:
    def __init__(self, database: Database, rooms: Rooms, bus: Bus, shut_out: Callable[[str, str], None]) -> None:
        """`shut_out(stream_id, user_id)` takes a person's clients out of a show and closes them."""
        self._database = database
        self._rooms = rooms
        self.bus = bus
        self._shut_out = shut_out
        self.delivered_count = 0
        """Events times the clients they were given to."""
        self._shows: dict[str, _Show] = {}
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._ended: list[tuple[Ended, OpenStreams]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._look_now = asyncio.Event()

    def subscribe(self, event: ServerEvent, listener: Listener) -> None:
        """Be told after `event` was given on to a show's clients here."""
        self._listeners[event.value].append(listener)

    def subscribe_ended_elsewhere(self, ended: Ended, open_ids: OpenStreams) -> None:
        """Be told of shows that another server has ended; the log is asked for those of `open_ids()`."""
        self._ended.append((ended, open_ids))

    async def start(self) -> None:
        """Listen to the other servers."""
        await self.bus.start(self._hear, self._look_now.set)
        if self.bus.is_shared:
            self._looking = asyncio.create_task(self._look(), name="delivery")

    async def close(self) -> None:
        await self.bus.close()
        tasks = [*self._tasks, *(show.mending for show in self._shows.values() if show.mending)]
        tasks += [self._looking] if self._looking else []
        await stop(*tasks)

    async def send(self, outgoing: Outgoing) -> None:
        """Bring one of our own events to everybody it is for."""
        if not outgoing.is_for_here:
            self.bus.publish(outgoing)
        self._take(outgoing)

    async def follow(self, stream_id: str) -> None:
        """Somebody has come into the show's room. A snapshot read after this misses nothing that is not given on.

        Raises:
            Refused: `storage.*`.
        """
        show = self._shows.setdefault(stream_id, _Show())
        if show.is_known is None or (show.is_known.done() and show.is_known.exception() is not None):
            show.is_known = asyncio.ensure_future(self._find_out(stream_id, show))
        await asyncio.shield(show.is_known)

    def forget_empty(self, stream_id: str) -> None:
        """Somebody has left; a show nobody is in is followed no more."""
        if stream_id not in self._rooms.stream_ids and (show := self._shows.pop(stream_id, None)) is not None:
            for task in (show.mending, show.is_known):
                if task is not None and not task.done():
                    task.cancel()

    # --- in order -----------------------------------------------------------------------------------------------

    async def _find_out(self, stream_id: str, show: _Show) -> None:
        async with self._database.read() as transaction:
            found = (await last_seqs(transaction, [stream_id])).get(stream_id, {})
        for room, order in show.orders.items():
            for outgoing in order.start_at(found.get(room, 0)):
                self._write(outgoing)
        self._mend_soon(stream_id, show, GAP_WAIT_S)

    def _hear(self, outgoing: Outgoing) -> None:
        """From another server."""
        if outgoing.event == ServerEvent.STREAM_ENDED.value:
            self._tell_ended(outgoing.stream_id)
        self._take(outgoing)

    def _take(self, outgoing: Outgoing) -> None:
        if outgoing.stream_id == NO_SHOW:
            self._write_to_person(outgoing)
            return
        show = self._shows.get(outgoing.stream_id)
        if show is None:
            return  # nobody is in it here
        seq = outgoing.seq
        if seq is None:
            self._write(outgoing)
            return
        for ready in show.orders[outgoing.room].take(seq, outgoing):
            self._write(ready)
        self._mend_soon(outgoing.stream_id, show, GAP_WAIT_S)

    def _mend_soon(self, stream_id: str, show: _Show, wait_s: float) -> None:
        has_gap = any(order.has_gap for order in show.orders.values())
        if has_gap and (show.mending is None or show.mending.done()):
            show.mending = asyncio.create_task(self._mend(stream_id, show, wait_s), name="delivery gap")

    async def _mend(self, stream_id: str, show: _Show, wait_s: float) -> None:
        """Give on what is missing, as the log has it; until nothing is."""
        while True:
            await asyncio.sleep(wait_s)
            wait_s = LOOK_EVERY_S
            try:
                for room, order in show.orders.items():
                    if order.has_gap:
                        await self._read_log(stream_id, room, order)
            except Refused as refusal:
                log.warning("missing events not read: %s", refusal.code)
            if not any(order.has_gap for order in show.orders.values()):
                return

    async def _read_log(self, stream_id: str, room: Room, order: EventOrder[Outgoing]) -> None:
        known = order.newest  # committed, so the log has everything up to it that it ever will
        while order.has_gap and order.last_seq is not None:
            async with self._database.read() as transaction:
                rows = await EventLogRepository(transaction, room).after(stream_id, order.last_seq, _READ)
            for row in rows:
                missed = Outgoing(stream_id, row.event, row.data, room)
                for outgoing in order.take(row.seq, missed) or order.skip_to(row.seq - 1):
                    if outgoing is missed and row.event == ServerEvent.STREAM_ENDED.value:
                        self._tell_ended(stream_id)
                    self._write(outgoing)
            if len(rows) < _READ:
                for outgoing in order.skip_to(known):
                    self._write(outgoing)
                return

    async def _look(self) -> None:
        """Ask the log whether something is new that nobody told us."""
        while True:
            wait_s = LOOK_ANYWAY_S if self.bus.is_whole else LOOK_EVERY_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._look_now.wait()
            except TimeoutError:
                pass
            self._look_now.clear()
            open_ids = {stream_id for _, open_ids in self._ended for stream_id in open_ids()}
            try:
                async with self._database.read() as transaction:
                    found = await last_seqs(transaction, list(self._shows))
                    over = open_ids - await live_among(transaction, open_ids)
            except Refused as refusal:
                log.warning("the log was not asked for news: %s", refusal.code)
                continue
            except Exception:  # the outermost frame of the looking: the next look may do
                log.exception("the log was not asked for news")
                continue
            for stream_id, seqs in found.items():
                if (show := self._shows.get(stream_id)) is not None:
                    for room, seq in seqs.items():
                        show.orders[room].hear_of(seq)
                    self._mend_soon(stream_id, show, GAP_WAIT_S if self.bus.is_whole else 0.0)
            for stream_id in over:
                self._tell_ended(stream_id)

    # --- to the clients -----------------------------------------------------------------------------------------

    def _write(self, outgoing: Outgoing) -> None:
        """To everybody it is for, without a pause, so that nothing comes between."""
        if outgoing.person is not None:
            sockets = tuple(self._rooms.of_person(outgoing.stream_id, outgoing.person))
        else:
            sockets = self._rooms.members(outgoing.stream_id, outgoing.room)
        if outgoing.event and sockets:
            broadcast = Broadcast(outgoing.event, outgoing.data)
            for socket in sockets:
                socket.outbox.broadcast(broadcast)
            self.delivered_count += len(sockets)
        if outgoing.person is not None and outgoing.is_last:
            self._shut_out(outgoing.stream_id, outgoing.person)
        for listener in self._listeners.get(outgoing.event, ()):
            listener(outgoing)

    def _write_to_person(self, outgoing: Outgoing) -> None:
        """To all of one person's clients here."""
        sockets = self._rooms.everywhere(outgoing.person) if outgoing.person is not None else ()
        if sockets:
            broadcast = Broadcast(outgoing.event, outgoing.data)
            for socket in sockets:
                socket.outbox.broadcast(broadcast)
            self.delivered_count += len(sockets)

    def _tell_ended(self, stream_id: str) -> None:
        for ended, _ in self._ended:
            self._spawn(ended(stream_id))

    def _spawn(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run(), name="delivery")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
