"""How many shows are on air, asked every few seconds: metrics are read without waiting for the database."""

from __future__ import annotations

import asyncio

from gshop_studio.server.database import Database
from gshop_studio.server.operation.repository import ShowCountRepository
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop

_EVERY_S = 10.0


class LiveShows:
    """What could not be asked stays what it was; that the database fails is told by readiness and refusals."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._task: asyncio.Task[None] | None = None
        self.live_count = 0
        self.receiving_count = 0
        self.waiting_count = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="live shows")

    async def close(self) -> None:
        await stop(self._task)
        self._task = None

    async def count(self) -> None:
        """Ask now."""
        try:
            async with self._database.read() as transaction:
                counts = await ShowCountRepository(transaction).live()
            self.live_count, self.receiving_count, self.waiting_count = counts
        except Refused:
            return

    async def _run(self) -> None:
        while True:
            await self.count()
            await asyncio.sleep(_EVERY_S)
