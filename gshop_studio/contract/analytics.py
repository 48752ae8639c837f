"""A show's numbers: metrics, the analytics of the host, highlights, the report after the show.

Rates are fractions 0 to 1; durations are in seconds; money is a number with the currency's decimals.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from gshop_studio.contract.rest import Language
from gshop_studio.contract.wire import Answer, Moment, Request
from gshop_studio.domain.show_highlights import HighlightType


class MetricPoint(Answer):
    at: Moment
    value: float


class ProductRevenue(MetricPoint):
    """What a product has brought in, at the moment the numbers are of."""

    product_id: str
    name: str


class TopProduct(Answer):
    id: str
    name: str
    image_url: str | None = None
    price: float
    """Of the catalogue."""
    sold_count: int
    click_count: int
    revenue: float
    conversion_rate: float
    """Purchases a click."""


class TopFan(Answer):
    user_id: str
    display_name: str
    avatar_url: str | None = None
    score: float
    watch_time: float
    """Seconds."""
    messages_count: int
    reactions_count: int
    purchases: int


class Analytics(Answer):
    """The plan's analytics of a show, and what stands beside them."""

    stream_id: str
    at: Moment
    """What moment these numbers are of: now, or the show's end."""
    viewer_count: int
    peak_viewers: int
    total_views: int
    avg_watch_time: float
    messages_count: int
    reactions_count: int
    products_shown: int
    purchases: int
    revenue: float
    currency: str | None = None
    """Absent while the show has no products."""
    shares_count: int
    bounce_rate: float
    conversion_rate: float
    """Buyers a view."""
    reaction_rate: float
    """The share of viewers who reacted."""
    click_to_purchase: float | None = None
    """Seconds from the click that put the first of it into the cart until it was paid: the median of the show's orders;
    absent before the first."""
    engagement_score: float
    top_products: list[TopProduct]
    viewers_by_hour: list[MetricPoint]
    viewers_by_minute: list[MetricPoint]
    messages_by_minute: list[MetricPoint]
    reactions_by_minute: list[MetricPoint]
    revenue_by_product: list[ProductRevenue]
    top_fans: list[TopFan]
    devices: dict[str, int]
    """Views by device: mobile, tablet, web; unknown for the rest."""
    countries: dict[str, int] | None = None
    """Views by country, two letters; absent where countries are not configured."""


class TopProductOfUpdate(Answer):
    id: str
    name: str
    sold_count: int
    revenue: float


class AnalyticsUpdateEvent(Answer):
    """`live:analytics:update`, to the host and the moderators: every 30 s, and at once on a sale."""

    stream_id: str
    timestamp: Moment
    viewer_count: int
    messages_per_minute: float
    reactions_per_minute: float
    purchases_count: int
    revenue: float
    currency: str | None = None
    engagement_score: float
    top_product: TopProductOfUpdate | None = None
    """What has brought in the most; absent before the first sale."""


class ViewersMilestoneEvent(Answer):
    """`live:milestone:viewers`. `message` is in the stream's language; clients make their own from `code`."""

    stream_id: str
    milestone: int
    message: str
    code: str = "milestone.viewers"
    peak_viewers: int


# --- highlights -------------------------------------------------------------------------------------------------


class Highlight(Answer):
    """A moment of a show worth coming back to."""

    id: str
    stream_id: str
    timestamp: float
    """Seconds from the stream's start."""
    type: HighlightType
    title: str
    """In the stream's language, or as the host wrote it."""
    description: str | None = None
    thumbnail_url: str | None = None
    video_clip_url: str | None = None
    metadata: dict[str, Any] = {}
    is_public: bool
    created_at: Moment


class HighlightList(Answer):
    highlights: list[Highlight]
    """In the order of the show."""
    total: int


class HighlightPatch(Request):
    """Only what is given changes."""

    is_public: bool | None = None
    title: Annotated[str, StringConstraints(min_length=1, max_length=120)] | None = None


# --- the report -------------------------------------------------------------------------------------------------


class KpiCode(StrEnum):
    CONCURRENT_VIEWERS = "concurrent_viewers"
    AVERAGE_WATCH_TIME = "average_watch_time"
    CHAT_ACTIVITY = "chat_activity"
    REACTION_RATE = "reaction_rate"
    CONVERSION_RATE = "conversion_rate"
    AVERAGE_ORDER_VALUE = "average_order_value"
    GMV = "gmv"
    CLICK_TO_PURCHASE = "click_to_purchase"
    LATENCY = "latency"
    UPTIME = "uptime"
    START_TIME = "start_time"
    BUFFERING = "buffering"


class KpiUnit(StrEnum):
    VIEWERS = "viewers"
    SECONDS = "seconds"
    MESSAGES_PER_MINUTE = "messages_per_minute"
    FRACTION = "fraction"
    MONEY = "money"


class KpiResult(StrEnum):
    BELOW = "below"
    REACHED = "reached"
    EXCEEDED = "exceeded"
    UNKNOWN = "unknown"
    """Not measured, or the goal is in another currency."""


class Kpi(Answer):
    """One of the plan's measures of success, beside its goal."""

    code: KpiCode
    label: str
    """In the caller's language."""
    unit: KpiUnit
    value: float | None = None
    """Absent where it was not measured."""
    goal_from: float | None = None
    goal_to: float | None = None
    goal_currency: str | None = None
    result: KpiResult


class Report(Answer):
    """A show that is over, in numbers."""

    stream_id: str
    title: str
    host_name: str
    language: Language
    """Of the labels in it: the caller's."""
    started_at: Moment | None = None
    ended_at: Moment | None = None
    duration: float
    analytics: Analytics
    kpis: list[Kpi]
    highlights: Annotated[list[Highlight], Field(max_length=200)]
    made_at: Moment
