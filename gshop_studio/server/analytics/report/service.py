"""The report of a show that is over, for its host and moderators."""

from __future__ import annotations

from datetime import datetime

from gshop_studio.contract.analytics import Report
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller, as_language
from gshop_studio.server.accounts.rights import StreamRight, require
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.analytics.highlights.service import HighlightService
from gshop_studio.server.analytics.report.kpis import kpis_of
from gshop_studio.server.analytics.report.sections import PRODUCTS
from gshop_studio.server.analytics.service import AnalyticsService
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

HIGHLIGHTS = 200


class ReportService:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        accounts: AccountService,
        analytics: AnalyticsService,
        highlights: HighlightService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._analytics = analytics
        self._highlights = highlights
        self._clock = clock

    async def get(self, caller: Caller | None, stream_id: str, language: str) -> Report:
        """The show in numbers, its labels in `language`.

        Raises:
            Refused: `stream.not_found`, `stream.not_over`, or what rights say.
        """
        async with self._database.read() as transaction:
            row = await self._lookup.require(transaction, stream_id)
            require(caller, StreamRight.SEE_NUMBERS, await self._lookup.facts_of(transaction, row, caller))
            if row.status != StreamStatus.ENDED.value:
                raise Refused("stream.not_over")
            analytics = await self._analytics.read(transaction, row, top_products=PRODUCTS)
            hosts = await self._accounts.hosts(transaction, [row.host_id])
            return Report(
                stream_id=row.id,
                title=row.title,
                host_name=hosts[row.host_id].display_name if row.host_id in hosts else "",
                language=as_language(language),
                started_at=row.started_at,
                ended_at=row.ended_at,
                duration=_seconds(row.started_at, row.ended_at),
                analytics=analytics,
                kpis=kpis_of(analytics, language),
                highlights=await self._highlights.best(transaction, row.id, HIGHLIGHTS),
                made_at=self._clock(),
            )


def _seconds(start: datetime | None, end: datetime | None) -> float:
    return max((end - start).total_seconds(), 0.0) if start is not None and end is not None else 0.0
