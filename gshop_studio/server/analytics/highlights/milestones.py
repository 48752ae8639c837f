"""Viewer milestones: told to the whole room, each once a show, whichever instance sees it first; kept as highlights.

Presence says how many watch. A count that reaches a milestone is looked at in a transaction that locks the show: what
is written there decides, not what an instance remembers.
"""

from __future__ import annotations

import asyncio
import logging

from gshop_studio.contract.analytics import ViewersMilestoneEvent
from gshop_studio.contract.events import ServerEvent
from gshop_studio.domain.milestones import newly_reached
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.analytics.highlights.found import viewers_milestone, write
from gshop_studio.server.analytics.highlights.repository import HighlightRepository, RulesRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamRow
from gshop_studio.server.words import format_number, say

log = logging.getLogger(__name__)
SHOWS_REMEMBERED = 10_000


class ViewerMilestones:
    def __init__(self, database: Database, lookup: StreamLookup, gateway: Gateway, clock: Clock) -> None:
        self._database = database
        self._lookup = lookup
        self._gateway = gateway
        self._clock = clock
        self._told: dict[str, int] = {}
        """By show, the highest milestone known to be told of: saves a look at the database."""
        self._waiting: dict[str, int] = {}
        """By show, the highest count not looked at yet."""
        self._has_work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="milestones")

    async def close(self) -> None:
        """Stop. A milestone not told of is found by `look` when a server is there again."""
        await stop(self._task)
        self._task = None

    def on_count(self, stream_id: str, count: int) -> None:
        """So many watch this show now. Neither blocks nor raises."""
        if newly_reached(count, self._told.get(stream_id, 0)):
            self._waiting[stream_id] = max(count, self._waiting.get(stream_id, 0))
            self._has_work.set()

    async def look(self) -> None:
        """Look at the peaks of all live shows, for what was missed: periodic work of one instance."""
        async with self._database.read() as transaction:
            shows = await RulesRepository(transaction).live_shows()
        for show in shows:
            self.on_count(show.id, show.peak_viewer_count)

    async def _run(self) -> None:
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            waiting, self._waiting = self._waiting, {}
            for stream_id, count in waiting.items():
                try:
                    await self._tell(stream_id, count)
                except Refused as refusal:
                    log.warning("milestone of stream %s: %s", stream_id, refusal.code)
                except Exception:  # the outermost frame: one show's failure leaves the others their milestones
                    log.exception("milestone of stream %s", stream_id)

    async def _tell(self, stream_id: str, count: int) -> None:
        async with self._database.read() as transaction:
            row = await self._lookup.require(transaction, stream_id)
        if row.status != StreamStatus.LIVE.value:  # who waits for a show to start locks nothing
            return
        async with self._database.write() as transaction:
            row = await self._lookup.require(transaction, stream_id)
            if row.status != StreamStatus.LIVE.value:
                return
            for milestone in newly_reached(count, self._told.get(stream_id, 0)):
                await self._record(transaction, row, milestone, count)
        highest = newly_reached(count, 0)[-1]
        self._told.pop(stream_id, None)
        self._told[stream_id] = highest
        if len(self._told) > SHOWS_REMEMBERED:
            del self._told[next(iter(self._told))]

    async def _record(self, transaction: Transaction, row: LiveStreamRow, milestone: int, count: int) -> None:
        now = self._clock()
        at_s = (now - row.started_at).total_seconds() if row.started_at is not None else 0.0
        found = viewers_milestone(milestone, at_s, row.language)
        if not await write(HighlightRepository(transaction), row.id, found, now):
            return
        number = format_number(milestone, row.language)
        event = ViewersMilestoneEvent(
            stream_id=row.id,
            milestone=milestone,
            message=say("{count} people are watching now!", row.language, count=number),
            peak_viewers=max(row.peak_viewer_count, count),
        )
        await self._gateway.record(transaction, row.id, ServerEvent.MILESTONE_VIEWERS, event)
