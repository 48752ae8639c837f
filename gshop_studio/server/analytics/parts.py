"""The numbers of shows, put together: a branch of the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.analytics.highlights.finder import LOOK_EVERY_S, HighlightFinder
from gshop_studio.server.analytics.highlights.milestones import ViewerMilestones
from gshop_studio.server.analytics.highlights.service import HighlightService
from gshop_studio.server.analytics.metrics.feed import MetricFeed
from gshop_studio.server.analytics.metrics.meter import MEASURE_EVERY_S, Meter
from gshop_studio.server.analytics.metrics.partitions import CHECK_EVERY_S, MetricPartitions
from gshop_studio.server.analytics.report.service import ReportService
from gshop_studio.server.analytics.service import AnalyticsService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.urls import PublicUrls


@dataclass(frozen=True, slots=True)
class AnalyticsParts:
    analytics: AnalyticsService
    highlights: HighlightService
    report: ReportService
    meter: Meter
    finder: HighlightFinder
    milestones: ViewerMilestones
    partitions: MetricPartitions
    feed: MetricFeed

    async def start(self) -> None:
        """Begin to follow shows.

        Raises:
            Refused: `storage.*`.
        """
        await self.partitions.ensure()
        self.milestones.start()

    async def close(self) -> None:
        await self.feed.close()
        await self.milestones.close()

    async def ended(self, stream_id: str) -> None:
        """A show is over."""
        await self.meter.ended(stream_id)
        await self.finder.ended(stream_id)

    def register(self, jobs: Jobs) -> None:
        """What one instance does from time to time."""
        jobs.every(MEASURE_EVERY_S, "metrics", self.meter.measure_all)
        jobs.every(LOOK_EVERY_S, "highlights", self.finder.look)
        jobs.every(MEASURE_EVERY_S, "milestones", self.milestones.look)
        jobs.every(CHECK_EVERY_S, "partitions", self.partitions.ensure)


def analytics_parts(
    database: Database,
    lookup: StreamLookup,
    accounts: AccountService,
    gateway: Gateway,
    urls: PublicUrls,
    clock: Clock,
) -> AnalyticsParts:
    analytics = AnalyticsService(database, lookup, accounts, urls, clock)
    highlights = HighlightService(database, lookup)
    return AnalyticsParts(
        analytics=analytics,
        highlights=highlights,
        report=ReportService(database, lookup, accounts, analytics, highlights, clock),
        meter=Meter(database, gateway, clock),
        finder=HighlightFinder(database, lookup, clock),
        milestones=ViewerMilestones(database, lookup, gateway, clock),
        partitions=MetricPartitions(database, clock),
        feed=MetricFeed(database, lookup, accounts, clock),
    )
