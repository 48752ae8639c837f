"""The studio as a whole: its use cases, wired to one another. Made by the composition root, steered by the window."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from gshop_studio.client.api import Api
from gshop_studio.client.errors import ClientError
from gshop_studio.client.local_server import LocalServer
from gshop_studio.contract.events import ServerEvent, Snapshot
from gshop_studio.contract.rest import Stream
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.settings import SettingsFile
from gshop_studio.studio.chat import Chat
from gshop_studio.studio.engine_room import EngineRoom
from gshop_studio.studio.going_live import GoingLive, ShowPhase, ShowRoom
from gshop_studio.studio.numbers import HISTORY_STEP_S, Numbers
from gshop_studio.studio.pictures import Pictures
from gshop_studio.studio.preflight import Preflight
from gshop_studio.studio.running_show import RunningShowFile
from gshop_studio.studio.session import Session, SessionState
from gshop_studio.studio.shelf import Shelf

MakeRoom = Callable[[Api, str, GoingLive], ShowRoom]
_log = logging.getLogger(__name__)


def utc_ms() -> int:
    """Milliseconds of UTC."""
    return time.time_ns() // 1_000_000


class Studio:
    """Everything a seller does.

    Args:
        make_room: the room of a stream, given the shop's API and who is told of its events.
    """

    def __init__(
        self,
        settings: SettingsFile,
        session: Session,
        engine: EngineRoom,
        local_server: LocalServer,
        memory: RunningShowFile,
        make_room: MakeRoom,
        now_ms: Callable[[], int] = utc_ms,
    ) -> None:
        self.settings = settings
        self.session = session
        self.engine = engine
        self.shelf = Shelf()
        self.chat = Chat(now_ms)
        self.numbers = Numbers(now_ms)
        self.show = GoingLive(
            engine, memory, lambda: session.api, lambda stream, live: make_room(session.api, stream, live), self, now_ms
        )
        self.preflight = Preflight(
            engine, lambda: session.api if session.snapshot.value.state is SessionState.SIGNED_IN else None
        )
        self.pictures = Pictures(self._fetch_picture)
        self._local_server = local_server
        self._ticking: asyncio.Task[None] | None = None

    # --- life -----------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Start the engine and go where the last run was."""
        self.engine.open()
        self._ticking = asyncio.create_task(self._tick(), name="numbers-tick")
        await self.session.restore()
        await self._after_sign_in()

    async def close(self) -> None:
        """Leave nothing behind, except what is on air: that goes on, engine, server and all."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        await self.preflight.cancel()
        is_on_air = self.show.snapshot.value.phase is ShowPhase.ON_AIR or self.engine.snapshot.value.is_on_air
        await self.show.close()
        await self.engine.close(leave_running=is_on_air)
        await self.session.close()
        if is_on_air:
            await self._local_server.leave_running()
        else:
            await self._local_server.stop()

    # --- people ---------------------------------------------------------------------------------------------------

    async def try_here(self) -> None:
        """Use the shop on this computer."""
        await self.session.try_here()
        await self._after_sign_in()

    async def sign_in(self, address: str, email: str, password: str) -> None:
        """Use another shop."""
        await self.session.sign_in(address, email, password)
        await self._after_sign_in()

    async def sign_out(self) -> None:
        """Leave the shop; only when nothing is on air."""
        if self.show.snapshot.value.phase in (ShowPhase.STARTING, ShowPhase.ON_AIR, ShowPhase.ENDING):
            return
        self.show.dismiss()
        await self.session.sign_out()
        self.shelf.clear()
        self.chat.clear()
        self.numbers.clear()
        await self._local_server.stop()

    async def my_shows(self) -> list[Stream]:
        """The seller's shows that can go on air: scheduled, or started and not ended.

        Raises:
            ClientError: they could not be read.
        """
        scheduled = await self.session.api.my_streams(StreamStatus.SCHEDULED)
        return [*await self.session.api.my_streams(StreamStatus.LIVE), *scheduled]

    async def load_products(self) -> None:
        """Read the catalogue (again)."""
        try:
            await self.shelf.load_catalogue(self.session.api)
        except ClientError:
            self.shelf.clear()

    # --- while a show is on: the crew's side ----------------------------------------------------------------------

    def show_began(self, stream_id: str, room: ShowRoom) -> None:
        person = self.session.snapshot.value
        self.numbers.clear()
        self.shelf.begin_show(stream_id, self.session.api)
        self.chat.begin_show(room, person.person_id, person.person_name)

    def show_ended(self) -> None:
        self.shelf.end_show()
        self.chat.end_show()

    def joined(self, snapshot: Snapshot) -> None:
        for part in (self.shelf, self.chat, self.numbers):
            part.joined(snapshot)

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        for part in (self.shelf, self.chat, self.numbers):
            part.happened(event, data)

    def connection_changed(self, is_connected: bool) -> None:
        self.chat.set_connected(is_connected)

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _fetch_picture(self, url: str) -> bytes:
        return await self.session.api.picture(url)

    async def _after_sign_in(self) -> None:
        if self.session.snapshot.value.state is SessionState.SIGNED_IN:
            await self.load_products()
            await self.engine.settled()
            await self.show.restore()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(HISTORY_STEP_S)
            if self.show.snapshot.value.phase is ShowPhase.ON_AIR:
                self.numbers.tick()
