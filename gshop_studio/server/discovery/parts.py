"""Composition of finding shows."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from gshop_studio.server.accounts.profiles import ProfileService
from gshop_studio.server.cached_answers import CachedAnswers
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.discovery.index import SearchIndex
from gshop_studio.server.discovery.service import DiscoveryService
from gshop_studio.server.discovery.trending import REFRESH_EVERY_S, Trending
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.answers import StreamAnswers
from gshop_studio.server.streams.service import StreamService

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DiscoveryParts:
    discovery: DiscoveryService
    index: SearchIndex
    trending: Trending

    async def start(self) -> None:
        """Know what is trending from the start; it bears being unknown for a while."""
        try:
            await self.trending.refresh()
        except Refused as refusal:
            log.warning("what is trending could not be measured: %s", refusal.code)

    def register(self, jobs: Jobs) -> None:
        """What one instance does from time to time."""
        jobs.every(REFRESH_EVERY_S, "trending", self.trending.refresh)


def discovery_parts(
    database: Database,
    answers: StreamAnswers,
    streams: StreamService,
    on_air: OnAirService,
    catalog: CatalogService,
    profiles: ProfileService,
    cached: CachedAnswers,
    clock: Clock,
) -> DiscoveryParts:
    """Joined to all that changes what is said of a show."""
    index, trending = SearchIndex(), Trending(database, clock)
    streams.subscribe_written(index.show_written)
    on_air.subscribe_shelf_changed(index.show_written)
    catalog.subscribe_changed(index.product_changed)
    profiles.subscribe_changed(index.person_changed)
    index.subscribe(cached.show_changed)
    trending.subscribe(cached.shows_changed)
    return DiscoveryParts(DiscoveryService(database, answers, clock), index, trending)
