"""The analytics of one show, for its host and moderators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gshop_studio.contract.analytics import Analytics, ProductRevenue, TopFan, TopProduct
from gshop_studio.domain.metrics import Activity, engagement_score, median_s, share
from gshop_studio.domain.money import on_wire
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.analytics.audience.repository import AudienceRepository
from gshop_studio.server.analytics.audience.watched import Fan, Watched
from gshop_studio.server.analytics.curves import HOUR_S, MINUTE_S, each_minute, gathered, mean
from gshop_studio.server.analytics.repository import Point, ShelfNumbers, ShowNumbersRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamRow
from gshop_studio.server.urls import PublicUrls

TOP_PRODUCTS = 5
TOP_FANS = 10


class AnalyticsService:
    def __init__(
        self, database: Database, lookup: StreamLookup, accounts: AccountService, urls: PublicUrls, clock: Clock
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._urls = urls
        self._clock = clock

    async def get(self, caller: Caller | None, stream_id: str) -> Analytics:
        """A show's numbers: of now while it is live, of its end when it is over.

        Raises:
            Refused: `stream.not_found`, or what rights say.
        """
        async with self._database.read() as transaction:
            row = await self._lookup.require(transaction, stream_id)
            require(caller, StreamRight.SEE_NUMBERS, await self._lookup.facts_of(transaction, row, caller))
            return await self.read(transaction, row)

    async def read(
        self, transaction: Transaction, row: LiveStreamRow, *, top_products: int = TOP_PRODUCTS
    ) -> Analytics:
        """As `get`, within a transaction; rights are the caller's to check. `top_products`: how many at most."""
        now = row.ended_at or self._clock()
        audiences, numbers = AudienceRepository(transaction), ShowNumbersRepository(transaction)
        audience = await audiences.audience(row.id, (row.started_at, now))
        fans = await audiences.fans(row.id, (row.started_at, now), TOP_FANS)
        points = await numbers.points(row.id)
        reactions = await numbers.reactions_by_minute(row.id)
        shelf = await numbers.shelf(row.id)
        watched, viewers = audience.watched, [(point.at, float(point.viewer_count)) for point in points]
        return Analytics(
            stream_id=row.id,
            at=now,
            viewer_count=row.viewer_count,
            peak_viewers=row.peak_viewer_count,
            total_views=row.total_views,
            avg_watch_time=round(watched.average_s, 1),
            messages_count=row.total_messages,
            reactions_count=sum(count for _, count in reactions),
            products_shown=sum(product.was_shown for product in shelf),
            purchases=row.total_purchases,
            revenue=on_wire(row.gmv_minor, row.currency),
            currency=row.currency,
            shares_count=row.total_shares,
            bounce_rate=round(watched.bounce_rate, 4),
            conversion_rate=round(share(watched.buyers, row.total_views), 4),
            reaction_rate=round(share(watched.reacted, watched.views), 4),
            click_to_purchase=median_s(await numbers.seconds_to_purchase(row.id)),
            engagement_score=round(_engagement(points, reactions, watched), 1),
            top_products=[self._product(product, row.currency) for product in shelf[:top_products]],
            viewers_by_hour=gathered(viewers, HOUR_S, max),
            viewers_by_minute=gathered(viewers, MINUTE_S, max),
            messages_by_minute=gathered(((each.at, each.messages_per_minute) for each in points), MINUTE_S, mean),
            reactions_by_minute=each_minute(reactions, row.started_at, now),
            revenue_by_product=_revenue(shelf, row.currency, now),
            top_fans=await self._fans(transaction, fans),
            devices=audience.devices,
            countries=audience.countries if set(audience.countries) - {"unknown"} else None,
        )

    def _product(self, product: ShelfNumbers, currency: str | None) -> TopProduct:
        return TopProduct(
            id=product.product_id,
            name=product.name,
            image_url=self._urls.image(product.image_name) if product.image_name else None,
            price=on_wire(product.price_minor, currency),
            sold_count=product.sold_count,
            click_count=product.click_count,
            revenue=on_wire(product.revenue_minor, currency),
            conversion_rate=round(share(product.purchase_count, product.click_count), 4),
        )

    async def _fans(self, transaction: Transaction, fans: Sequence[Fan]) -> list[TopFan]:
        people = await self._accounts.hosts(transaction, [fan.user_id for fan in fans])
        return [
            TopFan(
                user_id=fan.user_id,
                display_name=people[fan.user_id].display_name,
                avatar_url=people[fan.user_id].avatar_url,
                score=round(fan.score, 1),
                watch_time=round(fan.watched_s, 1),
                messages_count=fan.messages,
                reactions_count=fan.reactions,
                purchases=fan.purchases,
            )
            for fan in fans
            if fan.user_id in people
        ]


def _engagement(points: Sequence[Point], reactions: Sequence[tuple[datetime, int]], watched: Watched) -> float:
    """Of the whole show: the score of its average moment."""
    if not points:
        return 0.0
    minutes = max((points[-1].at - points[0].at).total_seconds() / 60.0, 1.0)
    return engagement_score(
        Activity(
            viewer_count=round(mean([float(point.viewer_count) for point in points])),
            messages_per_minute=mean([point.messages_per_minute for point in points]),
            reactions_per_minute=sum(count for _, count in reactions) / minutes,
            average_watch_s=watched.average_s,
            bounce_rate=watched.bounce_rate,
            conversion_rate=share(watched.buyers, watched.views),
        )
    )


def _revenue(shelf: Sequence[ShelfNumbers], currency: str | None, now: datetime) -> list[ProductRevenue]:
    """Of the products that sold, most first."""
    return [
        ProductRevenue(
            at=now,
            value=on_wire(product.revenue_minor, currency),
            product_id=product.product_id,
            name=product.name,
        )
        for product in shelf
        if product.sold_count > 0
    ]
