"""Finding shows: what is trending, and what is looked for. Only what is for everybody is found."""

from __future__ import annotations

from gshop_studio.contract.rest import StreamList
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.discovery.repository import DiscoveryRepository
from gshop_studio.server.discovery.wanted import Wanted
from gshop_studio.server.streams.answers import StreamAnswers


class DiscoveryService:
    def __init__(self, database: Database, answers: StreamAnswers, clock: Clock) -> None:
        self._database = database
        self._answers = answers
        self._clock = clock

    async def trending(self, *, category: str | None, limit: int, offset: int) -> StreamList:
        """What draws people now, most first, as of the last refresh."""
        async with self._database.read() as transaction:
            rows, total = await DiscoveryRepository(transaction).trending(category=category, limit=limit, offset=offset)
            return StreamList(streams=await self._answers.many(transaction, None, rows), total=total)

    async def search(self, wanted: Wanted, *, limit: int, offset: int) -> StreamList:
        """Shows that have all the words looked for, or words that begin so, and pass the filters."""
        if wanted.is_hopeless:
            return StreamList(streams=[], total=0)
        async with self._database.read() as transaction:
            rows, total = await DiscoveryRepository(transaction).search(
                wanted, self._clock(), limit=limit, offset=offset
            )
            return StreamList(streams=await self._answers.many(transaction, None, rows), total=total)
