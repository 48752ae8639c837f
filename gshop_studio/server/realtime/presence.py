"""Presence: the audiences of all shows, kept in memory, told to their rooms and written to the database.

Several servers share, in Redis, a set of each show's viewers: each holds its own in it, and counts those of others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from gshop_studio.contract.events import ServerEvent, ViewersUpdateEvent
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.realtime.audience import Audience
from gshop_studio.server.realtime.client_socket import ClientSocket
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.realtime.repository import Entered, ViewerRepository
from gshop_studio.server.realtime.rooms import Rooms
from gshop_studio.server.realtime.shared_audience import SharedAudience, set_of
from gshop_studio.server.realtime.shared_sets import RENEW_S, SharedSets
from gshop_studio.server.realtime.viewer import person_key
from gshop_studio.server.realtime.viewer_log import ViewerLog
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop
from gshop_studio.server.streams.lookup import StreamLookup

log = logging.getLogger(__name__)
RECONCILE_EVERY_S = 20.0
"""How often those whom no server holds any more are written off."""
_SWEEP_S = 1.0
_SETTLED_RENEWALS = 2

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
        self._log = ViewerLog(database, lookup, clock, self.count, self._hold, monotonic_s)
        self._listeners: list[CountListener] = []
        self._shared_audiences: dict[str, SharedAudience] = {}
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
        await stop(self._task)
        self._task = None
        for stream_id, audience in self._audiences.items():
            if (shared := self._shared_audiences.get(stream_id)) is not None:
                await shared.let_go()
            self._log.left(stream_id, [audience.take(key).key for key in audience.keys])
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
            self._tell(stream.id, audience)
            user_id = caller.user_id if caller else None
            traits = socket.traits
            entered = Entered(
                self._clock(), key, user_id, session_id, traits.device.value, traits.country, referral_source
            )
            await self._log.entered(stream.id, entered)
        return key

    def ping(self, stream_id: str, key: str) -> None:
        if (audience := self._audiences.get(stream_id)) is not None:
            audience.ping(key, self._monotonic_s())

    async def leave(self, stream_id: str, key: str, sid: str) -> None:
        """A socket says goodbye; with its last one the person is gone."""
        audience = self._audiences.get(stream_id)
        if audience is not None and (viewer := audience.say_goodbye(key, sid)) is not None:
            self._log.left(stream_id, [viewer.key])
            await self._log.written(stream_id)
            self._tell(stream_id, audience)  # by now it is known whether they watch at another server

    def lose(self, stream_id: str, key: str, sid: str) -> None:
        """A socket is gone without a goodbye: its person counts a little longer."""
        if (audience := self._audiences.get(stream_id)) is not None:
            audience.lose(key, sid, self._monotonic_s())

    async def sweep(self) -> None:
        """Let go of who is gone, write how long the others have watched, learn what other servers count, and tell the
        counts that are due."""
        now_s = self._monotonic_s()
        is_renewal = now_s - self._renewed_s >= RENEW_S
        is_reachable = self._shared is None or await self._shared.held_for_s() is not None
        for stream_id, audience in list(self._audiences.items()):
            gone = audience.expire(now_s)
            if gone:
                self._log.left(stream_id, [viewer.key for viewer in gone])
            self._log.stay(stream_id, audience.keys)
            if is_reachable:
                is_reachable = await self._count_others(stream_id, is_renewal=is_renewal)
            self._tell(stream_id, audience)
            if not audience.keys and not gone and stream_id not in self._rooms.stream_ids:
                del self._audiences[stream_id]
                self._shared_audiences.pop(stream_id, None)
                self._log.forget(stream_id)
        if is_renewal and is_reachable:
            self._renewed_s = now_s

    async def reconcile(self) -> None:
        """Write off, in all shows, whom no server holds any more: their server was killed. Not before all servers
        have had time to hold theirs again, where Redis was away or lost what it had."""
        if self._shared is None or (await self._shared.held_for_s() or 0.0) < _SETTLED_RENEWALS * RENEW_S:
            return
        async with self._database.read() as transaction:
            active = await ViewerRepository(transaction).active()
        for stream_id, keys in active.items():
            present = await self._shared.members(set_of(stream_id))  # read after who is active: they were held before
            if present is None:
                return  # Redis does not answer: nobody is written off
            present.update(self._audiences[stream_id].keys if stream_id in self._audiences else ())
            async with self._database.write() as transaction:
                await ViewerRepository(transaction).write_off(stream_id, keys - present, len(present))

    async def _forget_all(self) -> None:
        async with self._database.write() as transaction:
            await ViewerRepository(transaction).forget_active()

    async def _audience(self, stream_id: str) -> Audience:
        audience = self._audiences.get(stream_id)
        if audience is None:
            audience = self._audiences[stream_id] = Audience(self._presence_s)
            if self._shared is not None:
                self._shared_audiences[stream_id] = SharedAudience(self._shared, stream_id, lambda: audience.keys)
                await self._count_others(stream_id)
        return audience

    async def _hold(self, stream_id: str) -> None:
        """Agree with other servers on who watches, before the database says so."""
        await self._count_others(stream_id)

    async def _count_others(self, stream_id: str, *, is_renewal: bool = False) -> bool:
        """Agree with other servers on who watches; whether it could be done."""
        audience, shared = self._audiences.get(stream_id), self._shared_audiences.get(stream_id)
        if audience is None or shared is None:
            return True
        others = await shared.agree(is_renewal=is_renewal)
        if others is not None and others != audience.others:
            audience.others = others
            self._log.recount(stream_id)
        return others is not None

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
            except Exception:  # the outermost frame of the sweeping: the next one may do
                log.exception("audiences not swept")


def viewer_key(caller: Caller | None, session_id: str) -> str:
    """How presence names somebody in all shows."""
    return person_key(caller.user_id) if caller else f"session:{session_id}"
