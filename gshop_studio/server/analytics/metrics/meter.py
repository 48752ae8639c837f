"""The meter: every 30 s it writes down what each live show is like, and tells its host and moderators."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from gshop_studio.contract.analytics import AnalyticsUpdateEvent, TopProductOfUpdate
from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.domain.money import on_wire
from gshop_studio.server.analytics.metrics.measured import Measured
from gshop_studio.server.analytics.metrics.repository import MetricsRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused

MEASURE_EVERY_S = 30.0


class Meter:
    def __init__(self, database: Database, gateway: Gateway, clock: Clock) -> None:
        self._database = database
        self._gateway = gateway
        self._clock = clock

    async def measure_all(self) -> None:
        """Measure, keep and tell all live shows: periodic work of one instance."""
        now = self._clock()
        async with self._database.read() as transaction:
            repository = MetricsRepository(transaction)
            shows = await repository.live_shows()
            measured = await repository.measure(shows, now) if shows else []
        await self._keep(measured)
        for each in measured:
            self._tell(each)

    async def sold(self, stream_id: str) -> None:
        """Something was sold in this show: its host and moderators hear of the new numbers at once. Nothing is kept."""
        for measured in await self._measured(stream_id):
            self._tell(measured)

    async def ended(self, stream_id: str) -> None:
        """A show is over: its last point, which a short show has alone. What the storage refuses is left out."""
        with suppress(Refused):
            await self._keep(await self._measured(stream_id))

    async def _measured(self, stream_id: str) -> list[Measured]:
        async with self._database.read() as transaction:
            repository = MetricsRepository(transaction)
            show = await repository.show(stream_id)
            return await repository.measure([show], self._clock()) if show is not None else []

    async def _keep(self, measured: Iterable[Measured]) -> None:
        async with self._database.write() as transaction:
            await MetricsRepository(transaction).add(measured, self._clock())

    def _tell(self, measured: Measured) -> None:
        update = update_of(measured)
        self._gateway.send_passing(update.stream_id, ServerEvent.ANALYTICS_UPDATE, update, room=Room.STAFF)


def update_of(measured: Measured) -> AnalyticsUpdateEvent:
    show, best = measured.show, measured.best_seller
    return AnalyticsUpdateEvent(
        stream_id=show.id,
        timestamp=measured.at,
        viewer_count=show.viewer_count,
        messages_per_minute=round(measured.messages_per_minute, 1),
        reactions_per_minute=round(measured.reactions_per_minute, 1),
        purchases_count=show.total_purchases,
        revenue=on_wire(show.revenue_minor, show.currency),
        currency=show.currency,
        engagement_score=round(measured.engagement_score, 1),
        top_product=TopProductOfUpdate(
            id=best.product_id,
            name=best.name,
            sold_count=best.sold_count,
            revenue=on_wire(best.revenue_minor, show.currency),
        )
        if best is not None
        else None,
    )
