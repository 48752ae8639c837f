"""The finder: every 10 s it looks at what live shows have brought, by the rules of `domain.show_highlights`.

It reads what all instances wrote, and what it remembers of a show it can make anew from that: whichever instance's
turn it is goes on where another stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gshop_studio.domain.show_highlights import BURST_WINDOW_S, HighlightType, ProductShows, ReactionBursts, Shown
from gshop_studio.server.analytics.highlights.found import Found, product_shown, reaction_burst, write
from gshop_studio.server.analytics.highlights.repository import (
    HighlightRepository,
    RulesRepository,
    ScreenEvent,
    WatchedShow,
)
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

LOOK_EVERY_S = BURST_WINDOW_S
_MEDIAN_OF_LAST = timedelta(hours=2)
"""How far back the median is made anew after a change of instance."""


@dataclass(slots=True)
class _Followed:
    """What is remembered of one show."""

    started_at: datetime
    seq: int = 0
    names: dict[str, str] = field(default_factory=dict)
    products: ProductShows = field(default_factory=ProductShows)
    bursts: ReactionBursts = field(default_factory=ReactionBursts)
    reactions: int | None = None
    """In all, at the last look."""
    looked_at: datetime | None = None


class HighlightFinder:
    def __init__(self, database: Database, lookup: StreamLookup, clock: Clock) -> None:
        self._database = database
        self._lookup = lookup
        self._clock = clock
        self._followed: dict[str, _Followed] = {}
        self._turn = asyncio.Lock()

    async def look(self) -> None:
        """Look at all live shows: periodic work of one instance."""
        async with self._turn:
            try:
                async with self._database.read() as transaction:
                    shows = await RulesRepository(transaction).live_shows()
                    found = await self._find(transaction, shows, self._clock())
                self._followed = {show.id: self._followed[show.id] for show in shows}
                await self._write(found)
            except BaseException:
                self._followed.clear()  # made anew from what is written, so that what was found is found again
                raise

    async def ended(self, stream_id: str) -> None:
        """A show is over: what was on the screen until then counts. What the storage refuses is left out."""
        with suppress(Refused):
            async with self._turn:
                try:
                    async with self._database.read() as transaction:
                        show = await RulesRepository(transaction).show(stream_id)
                        shows = [show] if show is not None else []
                        found = await self._find(transaction, shows, self._clock())
                finally:
                    self._followed.pop(stream_id, None)
                await self._write(found)

    async def _find(
        self, transaction: Transaction, shows: Iterable[WatchedShow], now: datetime
    ) -> list[tuple[str, list[Found]]]:
        shows = list(shows)
        reactions = await RulesRepository(transaction).reactions([show.id for show in shows]) if shows else {}
        found = []
        for show in shows:
            followed = self._followed.get(show.id)
            if followed is None or followed.started_at != show.started_at:
                followed = self._followed[show.id] = await _taken_up(transaction, show, now)
            until = show.ended_at or now
            moments = await self._products(transaction, show, followed, until)
            moments += _bursts(show, followed, reactions.get(show.id, 0), until)
            if moments:
                found.append((show.id, moments))
        return found

    async def _products(
        self, transaction: Transaction, show: WatchedShow, followed: _Followed, until: datetime
    ) -> list[Found]:
        events = await RulesRepository(transaction).screen_events(show.id, followed.seq, show.last_seq)
        followed.seq = show.last_seq
        start_s = show.started_at.timestamp()
        moments = [_apply(followed, event, start_s) for event in events]
        moments.append(followed.products.due(until.timestamp()))
        return [
            product_shown(shown.product_id, followed.names[shown.product_id], shown.from_s - start_s, show.language)
            for shown in moments
            if shown is not None
        ]

    async def _write(self, found: Iterable[tuple[str, list[Found]]]) -> None:
        for stream_id, moments in found:
            async with self._database.write() as transaction:
                await self._lookup.require(transaction, stream_id)  # locked: what is there already is there
                repository = HighlightRepository(transaction)
                for moment in moments:
                    await write(repository, stream_id, moment, self._clock())


async def _taken_up(transaction: Transaction, show: WatchedShow, now: datetime) -> _Followed:
    """What would be remembered of a show, had it been followed from its start."""
    followed = _Followed(show.started_at)
    start_s = show.started_at.timestamp()
    repository = HighlightRepository(transaction)
    for row in await repository.of_type(show.id, HighlightType.PRODUCT_SHOW):
        followed.products.last_told_s[row.details["productId"]] = start_s + row.timestamp_s
    for row in await repository.of_type(show.id, HighlightType.REACTION_BURST):
        followed.bursts.last_burst_s = start_s + row.timestamp_s
    since = max(show.started_at, now - _MEDIAN_OF_LAST).replace(second=0, microsecond=0)
    by_minute = await RulesRepository(transaction).reactions_by_minute(show.id, since)
    windows_a_minute = round(60.0 / BURST_WINDOW_S)
    minute = since
    while minute + timedelta(minutes=1) <= now:
        in_a_window = by_minute.get(minute, 0) // windows_a_minute
        followed.bursts.sorted_windows += [in_a_window] * windows_a_minute
        minute += timedelta(minutes=1)
    followed.bursts.sorted_windows.sort()
    return followed


def _apply(followed: _Followed, event: ScreenEvent, start_s: float) -> Shown | None:
    """What is on the screen before the show starts is there from its start on."""
    at_s = max(event.media_at_ms / 1000, start_s)
    if not event.is_shown:
        return followed.products.hide(at_s, event.product_id)
    followed.names[event.product_id] = event.name
    return followed.products.show(event.product_id, at_s)


def _bursts(show: WatchedShow, followed: _Followed, reactions: int, until: datetime) -> list[Found]:
    """The window since the last look. One that is much longer, after a pause of ours, says nothing of 10 s."""
    before, looked_at = followed.reactions, followed.looked_at
    followed.reactions, followed.looked_at = reactions, until
    if before is None or looked_at is None:
        return []
    length_s = (until - looked_at).total_seconds()
    if not 0 < length_s <= 1.5 * BURST_WINDOW_S:
        return []
    if not followed.bursts.window(reactions - before, looked_at.timestamp()):
        return []
    at_s = (looked_at - show.started_at).total_seconds()
    return [reaction_burst(reactions - before, at_s, show.language)]
