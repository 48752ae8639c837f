"""Presence: the audiences of all shows, kept in memory, told to their rooms and written to the database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from gshop_studio.contract.events import ServerEvent, ViewersUpdateEvent
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.realtime.audience import Audience, Viewer
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.realtime.repository import ViewerRepository
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

log = logging.getLogger(__name__)
_SWEEP_S = 1.0


class Presence:
    """What fails to be written (a full disk) is logged: a viewer is let in all the same."""

    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        gateway: Gateway,
        presence_s: float,
        clock: Clock,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._gateway = gateway
        self._presence_s = presence_s
        self._clock = clock
        self._monotonic_s = monotonic_s
        self._audiences: dict[str, Audience] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Forget who watched when the server last stopped, and begin to watch for who goes."""
        async with self._database.write() as transaction:
            await ViewerRepository(transaction).forget_active(self._clock())
        self._task = asyncio.create_task(self._run(), name="presence")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def count(self, stream_id: str) -> int:
        audience = self._audiences.get(stream_id)
        return audience.count if audience else 0

    async def enter(self, stream: StreamFacts, caller: Caller | None, session_id: str, socket: str) -> str | None:
        """Somebody joins; the key to name them by, or None for the host, who is no viewer."""
        if caller is not None and caller.user_id == stream.host_id:
            return None
        key = f"user:{caller.user_id}" if caller else f"session:{session_id}"
        audience = self._audiences.setdefault(stream.id, Audience(self._presence_s))
        if audience.enter(key, socket, self._monotonic_s()):
            await self._keep(stream.id, entered=(key, caller.user_id if caller else None, session_id))
        self._tell(stream.id, audience)
        return key

    def ping(self, stream_id: str, key: str) -> None:
        if (audience := self._audiences.get(stream_id)) is not None:
            audience.ping(key, self._monotonic_s())

    async def leave(self, stream_id: str, key: str, socket: str) -> None:
        audience = self._audiences.get(stream_id)
        if audience is not None and (viewer := audience.say_goodbye(key, socket)) is not None:
            await self._keep(stream_id, left=[viewer])
            self._tell(stream_id, audience)

    def lose(self, stream_id: str, key: str, socket: str) -> None:
        """A socket is gone without a goodbye: its person counts a little longer."""
        if (audience := self._audiences.get(stream_id)) is not None:
            audience.lose(key, socket, self._monotonic_s())

    async def sweep(self) -> None:
        """Let go of who is gone and tell the counts that are due."""
        for stream_id, audience in list(self._audiences.items()):
            gone = audience.expire(self._monotonic_s())
            if gone:
                await self._keep(stream_id, left=gone)
            self._tell(stream_id, audience)
            if audience.count == 0 and not gone:
                del self._audiences[stream_id]

    def _tell(self, stream_id: str, audience: Audience) -> None:
        change = audience.due_change(self._monotonic_s())
        if change is not None:
            update = ViewersUpdateEvent(stream_id=stream_id, viewer_count=audience.count, change=change)
            self._gateway.send_passing(stream_id, ServerEvent.VIEWERS_UPDATE, update)

    async def _keep(
        self,
        stream_id: str,
        *,
        entered: tuple[str, str | None, str] | None = None,
        left: list[Viewer] | None = None,
    ) -> None:
        try:
            async with self._database.write() as transaction:
                new_people = await self._write(transaction, stream_id, entered, left or [])
                await self._lookup.count_viewers(transaction, stream_id, self.count(stream_id), new_people)
        except Refused as refusal:
            log.warning("viewers of stream %s not written: %s", stream_id, refusal.code)

    async def _write(
        self, transaction: Transaction, stream_id: str, entered: tuple[str, str | None, str] | None, left: list[Viewer]
    ) -> int:
        repository, now = ViewerRepository(transaction), self._clock()
        for viewer in left:
            watched_s = self._monotonic_s() - viewer.joined_s
            await repository.leave(stream_id, viewer.key, watched_s, now)
        if entered is None:
            return 0
        key, user_id, session_id = entered
        return int(await repository.enter(stream_id, key, user_id, session_id, now))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            await self.sweep()
