"""Presence: the audiences of all shows, kept in memory, told to their rooms and written to the database.

Several servers share, in Redis, a set of each show's viewers: each holds its own in it, and counts those of others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from gshop_studio.contract.events import ServerEvent, ViewersUpdateEvent
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.realtime.audience import Audience, Viewer
from gshop_studio.server.realtime.client_socket import ClientSocket
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.realtime.repository import Entered, ViewerRepository
from gshop_studio.server.realtime.rooms import Rooms
from gshop_studio.server.realtime.shared_sets import RENEW_S, SharedSets
from gshop_studio.server.realtime.viewer_log import Left, ViewerLog
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

log = logging.getLogger(__name__)
RECONCILE_EVERY_S = 20.0
"""How often those whom no server holds any more are written off."""
_SWEEP_S = 1.0

CountListener = Callable[[str, int], None]


class Presence:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        gateway: Gateway,
        rooms: Rooms,
        presence_s: float,
        clock: Clock,
        shared: SharedSets | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._rooms = rooms
        self._presence_s = presence_s
        self._clock = clock
        self._shared = shared
        self._monotonic_s = monotonic_s
        self._audiences: dict[str, Audience] = {}
        self._log = ViewerLog(database, lookup, clock, self.count, self._hold)
        self._listeners: list[CountListener] = []
        self._new_keys: defaultdict[str, set[str]] = defaultdict(set)
        self._renewed_s = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def subscribe_count(self, listener: CountListener) -> None:
        """Be told `(stream_id, count)` when it has changed. Each server tells it."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Forget who watched when the server last stopped, and begin to watch for who goes.

        Raises:
            Refused: `storage.*`.
        """
        await self.reconcile() if self._shared else await self._forget_all()
        self._log.start()
        self._task = asyncio.create_task(self._run(), name="presence")

    async def close(self) -> None:
        """Let go of who watched here; what they watched so far is written."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for stream_id, audience in self._audiences.items():
            if self._shared is not None and await self._shared.hold(_set_of(stream_id)) is not None:
                await self._shared.let_go(_set_of(stream_id), audience.keys)
            self._left(stream_id, [audience.take(key) for key in audience.keys])
        await self._log.close()

    @property
    def counts(self) -> dict[str, int]:
        """The viewers of each show somebody here watches, by its id."""
        return {stream_id: audience.count for stream_id, audience in self._audiences.items()}

    def count(self, stream_id: str) -> int:
        """How many watch a show, as far as is known here."""
        audience = self._audiences.get(stream_id)
        return audience.count if audience else 0

    async def enter(
        self, stream: StreamFacts, socket: ClientSocket, session_id: str, referral_source: str | None = None
    ) -> str | None:
        """Somebody joins; the key to name them by, or None for the host, who is no viewer."""
        audience = await self._audience(stream.id)
        caller = socket.caller
        if caller is not None and caller.user_id == stream.host_id:
            return None
        key = viewer_key(caller, session_id)
        if audience.enter(key, socket.sid, self._monotonic_s()):
            self._new_keys[stream.id].add(key)
            self._tell(stream.id, audience)
            user_id = caller.user_id if caller else None
            traits = socket.traits
            entered = Entered(key, user_id, session_id, traits.device.value, traits.country, referral_source)
            await self._log.entered(stream.id, entered)
        return key

    def ping(self, stream_id: str, key: str) -> None:
        if (audience := self._audiences.get(stream_id)) is not None:
            audience.ping(key, self._monotonic_s())

    async def leave(self, stream_id: str, key: str, sid: str) -> None:
        """A socket says goodbye; with its last one the person is gone."""
        audience = self._audiences.get(stream_id)
        if audience is not None and (viewer := audience.say_goodbye(key, sid)) is not None:
            self._left(stream_id, [viewer])
            self._tell(stream_id, audience)
            if self._shared is not None:
                await self._shared.let_go(_set_of(stream_id), [key])

    def lose(self, stream_id: str, key: str, sid: str) -> None:
        """A socket is gone without a goodbye: its person counts a little longer."""
        if (audience := self._audiences.get(stream_id)) is not None:
            audience.lose(key, sid, self._monotonic_s())

    async def sweep(self) -> None:
        """Let go of who is gone, learn what others count, and tell the counts that are due."""
        now_s = self._monotonic_s()
        is_renewal = now_s - self._renewed_s >= RENEW_S
        is_reachable = True
        for stream_id, audience in list(self._audiences.items()):
            gone = audience.expire(now_s)
            if gone:
                self._left(stream_id, gone)
            if self._shared is not None and is_reachable:
                if gone:
                    await self._shared.let_go(_set_of(stream_id), [viewer.key for viewer in gone])
                is_reachable = await self._count_others(stream_id, audience, is_renewal=is_renewal)
            self._tell(stream_id, audience)
            if not audience.keys and not gone and stream_id not in self._rooms.stream_ids:
                del self._audiences[stream_id]
        if is_renewal and is_reachable:
            self._renewed_s = now_s

    async def reconcile(self) -> None:
        """Write off, in all shows, whom no server holds any more: their server was killed."""
        if self._shared is None:
            return
        async with self._database.read() as transaction:
            active = await ViewerRepository(transaction).active()
        for stream_id, keys in active.items():
            present = await self._shared.members(_set_of(stream_id))  # read after who is active: they were held before
            if present is None:
                return  # Redis does not answer: nobody is written off
            present.update(self._audiences[stream_id].keys if stream_id in self._audiences else ())
            async with self._database.write() as transaction:
                await ViewerRepository(transaction).write_off(stream_id, keys - present, len(present), self._clock())

    async def _forget_all(self) -> None:
        async with self._database.write() as transaction:
            await ViewerRepository(transaction).forget_active(self._clock())

    async def _audience(self, stream_id: str) -> Audience:
        audience = self._audiences.get(stream_id)
        if audience is None:
            audience = self._audiences[stream_id] = Audience(self._presence_s)
            if self._shared is not None:
                await self._count_others(stream_id, audience, is_renewal=False)
        return audience

    async def _hold(self, stream_id: str, keys: Sequence[str]) -> None:
        """Hold viewers in the shared set, before the database says that they watch."""
        if self._shared is not None:
            await self._shared.hold(_set_of(stream_id), keys)

    async def _count_others(self, stream_id: str, audience: Audience, *, is_renewal: bool) -> bool:
        """Hold our viewers in the shared set; whether it could be done."""
        assert self._shared is not None
        new = self._new_keys.pop(stream_id, set())
        mine = audience.keys
        count = await self._shared.hold(_set_of(stream_id), mine if is_renewal else new)
        if count is None:
            self._new_keys[stream_id] |= new
            return False
        not_held = len(self._new_keys.get(stream_id, ()))
        others = max(0, count - (len(audience.keys) - not_held))
        if others != audience.others:
            audience.others = others
            self._log.recount(stream_id)
        return True

    def _left(self, stream_id: str, gone: list[Viewer]) -> None:
        now_s = self._monotonic_s()
        for viewer in gone:
            self._new_keys[stream_id].discard(viewer.key)
        self._log.left(stream_id, [Left(viewer.key, now_s - viewer.joined_s) for viewer in gone])

    def _tell(self, stream_id: str, audience: Audience) -> None:
        if audience.has_changed():
            for listener in self._listeners:
                listener(stream_id, audience.count)
        change = audience.due_change(self._monotonic_s())
        if change is not None:
            update = ViewersUpdateEvent(stream_id=stream_id, viewer_count=audience.count, change=change)
            self._gateway.send_passing(stream_id, ServerEvent.VIEWERS_UPDATE, update, is_for_here=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            try:
                await self.sweep()
            except Refused as refusal:
                log.warning("audiences not swept: %s", refusal.code)


def viewer_key(caller: Caller | None, session_id: str) -> str:
    """How presence names somebody in all shows."""
    return f"user:{caller.user_id}" if caller else f"session:{session_id}"


def _set_of(stream_id: str) -> str:
    return f"viewers:{stream_id}"
