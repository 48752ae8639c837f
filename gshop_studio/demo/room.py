"""A person of the demo in the show's room: signed in, joined, and able to wait for what must arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from gshop_studio.client.api import Api
from gshop_studio.client.live import LiveConnection
from gshop_studio.contract.events import ServerEvent, Snapshot
from gshop_studio.demo.processes import DemoFailed

ARRIVAL_TIMEOUT_S = 10.0


class Person:
    """Signs in by REST, joins by socket, keeps every event that arrives."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.api = Api(url, "en")
        self._events: list[tuple[ServerEvent, dict[str, Any]]] = []
        self._arrived = asyncio.Event()
        self._live: LiveConnection | None = None

    async def join(self, stream_id: str) -> LiveConnection:
        """Enter the show's room."""
        self._live = LiveConnection(self.api.url, stream_id, self.api.access_token, self)
        await self._live.open()
        return self._live

    async def leave(self) -> None:
        """Leave the room and close the connections."""
        if self._live is not None:
            await self._live.close()
        await self.api.close()

    async def wait_for(self, event: ServerEvent, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event of that name that fits, whether it came already or comes now.

        Raises:
            DemoFailed: it did not come in time.
        """
        try:
            async with asyncio.timeout(ARRIVAL_TIMEOUT_S):
                while True:
                    self._arrived.clear()
                    for name, data in self._events:
                        if name is event and is_it(data):
                            return data
                    await self._arrived.wait()
        except TimeoutError as error:
            raise DemoFailed(f"{self.name} waited {ARRIVAL_TIMEOUT_S:.0f} s in vain for {event.value}") from error

    # --- LiveListener -------------------------------------------------------------------------------------------

    def joined(self, snapshot: Snapshot) -> None:
        """Nothing to do: the demo joins before anything happens."""

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        """Keep the event."""
        self._events.append((event, data))
        self._arrived.set()

    def connection_changed(self, is_connected: bool) -> None:
        """Nothing to do: an event that does not come is noticed by who waits for it."""
