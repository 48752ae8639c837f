"""Sharing a show: the address to pass on, and how often it was passed on."""

from __future__ import annotations

from gshop_studio.contract.shows import ShareAnswer, ShareRequest
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require
from gshop_studio.server.database import Database
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.repository import ShareRepository
from gshop_studio.server.urls import PublicUrls


class ShareService:
    def __init__(self, database: Database, lookup: StreamLookup, urls: PublicUrls, limit: RateLimit) -> None:
        """`limit` counts the shares of one person of one show."""
        self._database = database
        self._lookup = lookup
        self._urls = urls
        self._limit = limit

    async def share(self, caller: Caller | None, address: str, stream_id: str, wish: ShareRequest) -> ShareAnswer:
        """Count a share, of anybody who may watch.

        Raises:
            Refused: `stream.not_found`, `stream.private`, `stream.banned`, `event.rate_limited`.
        """
        async with self._database.read() as transaction:
            require(caller, StreamRight.WATCH, await self._lookup.facts(transaction, stream_id, caller))
        await self._limit.hit(stream_id, caller.user_id if caller else address)
        async with self._database.write() as transaction:
            row = await self._lookup.require(transaction, stream_id)
            row.total_shares += 1
            await ShareRepository(transaction).count(stream_id, wish.channel)
            return ShareAnswer(url=self._urls.watch_page(stream_id), shares_count=row.total_shares)
