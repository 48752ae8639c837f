"""What a measuring finds: one show at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gshop_studio.domain.metrics import Activity, engagement_score, last_minute, share
from gshop_studio.server.analytics.audience.watched import Watched


@dataclass(frozen=True, slots=True)
class Show:
    """What a live show's row says."""

    id: str
    currency: str | None
    viewer_count: int
    total_purchases: int
    revenue_minor: int


@dataclass(frozen=True, slots=True)
class BestSeller:
    product_id: str
    name: str
    sold_count: int
    revenue_minor: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A row of `live_stream_metrics` before it is one, and what goes with it to the host."""

    show: Show
    at: datetime
    messages_per_minute: float
    reactions_per_minute: float
    products_highlighted: int
    watched: Watched
    best_seller: BestSeller | None

    @property
    def engagement_score(self) -> float:
        return engagement_score(
            Activity(
                viewer_count=self.show.viewer_count,
                messages_per_minute=self.messages_per_minute,
                reactions_per_minute=self.reactions_per_minute,
                average_watch_s=self.watched.average_s,
                bounce_rate=self.watched.bounce_rate,
                conversion_rate=share(self.watched.buyers, self.watched.views),
            )
        )


def minute_of(moment: datetime) -> datetime:
    """The minute of the clock a moment lies in, as reactions are counted by."""
    return moment.replace(second=0, microsecond=0)


def reactions_of_last_minute(by_minute: dict[datetime, int], now: datetime) -> float:
    """Reactions within the last 60 s, of counts by the clock's minutes."""
    this_minute = minute_of(now)
    before = by_minute.get(this_minute - timedelta(minutes=1), 0)
    return last_minute(before, by_minute.get(this_minute, 0), (now - this_minute).total_seconds())
