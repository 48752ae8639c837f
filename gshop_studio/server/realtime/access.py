"""Who may stay in a room: asked again when a show is edited (it may be private now), when moderators change, and when
somebody is banned or let in again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from gshop_studio.contract.events import ServerEvent
from gshop_studio.server.accounts.rights import StreamRight, may
from gshop_studio.server.database import Database
from gshop_studio.server.realtime.client_socket import ClientSocket
from gshop_studio.server.realtime.outgoing import Outgoing
from gshop_studio.server.realtime.rooms import Rooms
from gshop_studio.server.realtime.snapshots import is_staff
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop
from gshop_studio.server.streams.lookup import StreamLookup, facts_of
from gshop_studio.server.streams.repository import StreamRepository

log = logging.getLogger(__name__)

CHANGING_EVENTS = (
    ServerEvent.MODERATORS_UPDATED,
    ServerEvent.USER_BANNED,
    ServerEvent.USER_RESTORED,
    ServerEvent.STREAM_UPDATED,
)
_RETRY_S = 1.0


class Access:
    """Each show is asked for once, however many reasons there are meanwhile. What cannot be asked is asked again."""

    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        rooms: Rooms,
        shut_out: Callable[[str, Iterable[ClientSocket]], None],
    ) -> None:
        """`shut_out(stream_id, sockets)` takes sockets out of a show and closes them."""
        self._database = database
        self._lookup = lookup
        self._rooms = rooms
        self._shut_out = shut_out
        self._due: dict[str, None] = {}
        self._retries: dict[str, asyncio.TimerHandle] = {}
        self._is_due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="access")

    async def close(self) -> None:
        await stop(self._task)
        self._task = None
        for retry in self._retries.values():
            retry.cancel()
        self._retries.clear()

    def changed(self, outgoing: Outgoing) -> None:
        """One of `CHANGING_EVENTS` was given on."""
        self._ask_soon(outgoing.stream_id)

    def _ask_soon(self, stream_id: str) -> None:
        if (retry := self._retries.pop(stream_id, None)) is not None:
            retry.cancel()
        self._due[stream_id] = None
        self._is_due.set()

    async def _run(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            while self._due:
                stream_id = next(iter(self._due))
                del self._due[stream_id]
                try:
                    await self._ask_anew(stream_id)
                except Refused as refusal:
                    log.warning("who may stay in show %s was not asked: %s", stream_id, refusal.code)
                    self._ask_later(stream_id)
                except Exception:  # the outermost frame of the asking: the next show may be asked for
                    log.exception("who may stay in show %s was not asked", stream_id)
                    self._ask_later(stream_id)

    def _ask_later(self, stream_id: str) -> None:
        later = asyncio.get_running_loop().call_later(_RETRY_S, self._ask_soon, stream_id)
        self._retries[stream_id] = later

    async def _ask_anew(self, stream_id: str) -> None:
        sockets = self._rooms.members(stream_id)
        callers = {socket.caller.user_id: socket.caller for socket in sockets if socket.caller is not None}
        if not sockets:
            return
        async with self._database.read() as transaction:
            facts = await self._lookup.facts_of_many(transaction, {stream_id: callers.values()})
            row = await StreamRepository(transaction).stream(stream_id)
            of_anonymous = facts_of(row) if row is not None else None
        unwelcome = []
        for socket in sockets:
            stream = facts.get((stream_id, socket.user_id)) if socket.user_id is not None else of_anonymous
            if stream is None or not may(socket.caller, StreamRight.WATCH, stream):
                unwelcome.append(socket)
            elif self._rooms.has(stream_id, socket):  # it may have left meanwhile
                self._rooms.enter(stream_id, socket, is_staff=is_staff(socket.caller, stream))
        self._shut_out(stream_id, unwelcome)
