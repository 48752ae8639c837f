"""Clicks on products: once a person a product a minute, gathered in memory and written together each second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter

from gshop_studio.contract.rest import ClickAnswer
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require
from gshop_studio.server.database import Database
from gshop_studio.server.on_air.repository import ShelfRepository
from gshop_studio.server.on_air.shelf import Shelf
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.realtime.viewer import person_key
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

log = logging.getLogger(__name__)
_WRITE_S = 1.0
WAITING_LIMIT = 10_000
"""Products and people whose clicks wait to be written, while the disk is full: newer ones are dropped and logged."""


class Clicks:
    """Counts clicks. `start` before the first, `close` writes the last."""

    def __init__(self, database: Database, lookup: StreamLookup, shelf: Shelf, limit: RateLimit) -> None:
        """`limit` is of one person and product."""
        self._database = database
        self._lookup = lookup
        self._shelf = shelf
        self._limit = limit
        self._waiting: Counter[tuple[str, str, str]] = Counter()
        """By show, product and viewer."""
        self._task: asyncio.Task[None] | None = None
        self._is_closing = asyncio.Event()
        self.dropped_count = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="clicks")

    async def close(self) -> None:
        self._is_closing.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def click(
        self, caller: Caller | None, viewer_key: str | None, address: str, stream_id: str, product_id: str
    ) -> ClickAnswer:
        """Somebody who may watch clicked on a product. `viewer_key`: by whom presence counts them, if it does.

        Raises:
            Refused: `stream.not_found`, `stream.product_not_found`, and what rights say.
        """
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            await self._shelf.require(transaction, stream_id, product_id)
        if caller is not None and caller.user_id == stream.host_id:
            return ClickAnswer(is_counted=False)
        person = person_key(caller.user_id) if caller else viewer_key or f"address:{address}"
        try:
            await self._limit.hit(stream_id, product_id, person)
        except Refused:
            return ClickAnswer(is_counted=False)
        key = (stream_id, product_id, person)
        if key not in self._waiting and len(self._waiting) >= WAITING_LIMIT:
            self.dropped_count += 1
            log.warning("clicks cannot be written: %d dropped so far", self.dropped_count)
            return ClickAnswer(is_counted=False)
        self._waiting[key] += 1
        return ClickAnswer(is_counted=True)

    async def write(self) -> None:
        """Write what waits, a show in one transaction; what the storage refuses waits on."""
        waiting, self._waiting = self._waiting, Counter()
        for stream_id in sorted({stream_id for stream_id, _, _ in waiting}):
            clicks = {key[1:]: number for key, number in waiting.items() if key[0] == stream_id}
            try:
                await self._write(stream_id, clicks)
            except Refused as refusal:
                if refusal.code == "stream.not_found":  # it was removed meanwhile
                    continue
                log.warning("clicks of stream %s not written: %s", stream_id, refusal.code)
                self._waiting.update({(stream_id, *key): number for key, number in clicks.items()})
            except Exception:  # the outermost frame: one show's failure leaves the others their clicks
                log.exception("clicks of stream %s", stream_id)

    async def _write(self, stream_id: str, clicks: dict[tuple[str, str], int]) -> None:
        products: Counter[str] = Counter()
        people: Counter[str] = Counter()
        for (product_id, person), number in clicks.items():
            products[product_id] += number
            people[person] += number
        async with self._database.write() as transaction:
            await self._lookup.require(transaction, stream_id)
            repository = ShelfRepository(transaction)
            await repository.count_clicks(stream_id, products)
            await repository.count_products_viewed(stream_id, people)

    async def _run(self) -> None:
        while not self._is_closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_closing.wait(), _WRITE_S)
            await self.write()
