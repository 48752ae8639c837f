"""The GraphQL schema. What is refused carries the same codes as everywhere, in `extensions.code`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import MaskErrors, MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from gshop_studio.contract.wire import to_wire_time
from gshop_studio.domain.money import on_wire
from gshop_studio.server.analytics.metrics.feed import MetricFeed, ShowPoint
from gshop_studio.server.refusals import Refused
from gshop_studio.server.words import detail_of

log = logging.getLogger(__name__)
MAX_DEPTH = 4
MAX_TOKENS = 1000
MAX_ALIASES = 10

Moment = strawberry.scalar(
    name="DateTime", description="ISO 8601, UTC, milliseconds, Z", serialize=to_wire_time, parse_value=str
)


@dataclass(slots=True)
class Context:
    """Of one request, or of one connection."""

    feed: MetricFeed
    language: str
    token: str | None = None
    """From the Authorization header of a request, or `{token}` of a connection's `connection_init`."""
    connection_params: dict[str, Any] | None = None


Info = strawberry.Info[Context, None]


@strawberry.type(description="What a show was like at one moment, measured every 30 s.")
class StreamMetric:
    stream_id: strawberry.ID
    timestamp: datetime
    viewer_count: int
    messages_per_minute: float
    reactions_per_minute: float
    products_highlighted: int
    purchases_count: int
    revenue: float
    currency: str | None
    average_watch_time: float = strawberry.field(description="Seconds.")
    bounce_rate: float
    engagement_score: float = strawberry.field(description="0 to 100.")


async def _last_point(info: Info, stream_id: strawberry.ID) -> StreamMetric | None:
    context = info.context
    with _told(context.language):
        point = await context.feed.latest(context.token, stream_id)
    return _metric(point) if point is not None else None


async def _points(info: Info, stream_id: strawberry.ID) -> AsyncIterator[StreamMetric]:
    context = info.context
    with _told(context.language):
        async with aclosing(context.feed.follow(context.token, stream_id)) as points:
            async for point in points:
                yield _metric(point)


@strawberry.type
class Query:
    stream_metrics: StreamMetric | None = strawberry.field(
        resolver=_last_point, description="A show's last point, for its host and moderators; null before the first."
    )


@strawberry.type
class Subscription:
    stream_metrics: AsyncIterator[StreamMetric] = strawberry.subscription(
        resolver=_points, description="A show's last point and those that follow, until it is over."
    )


class MetricsSchema(strawberry.Schema):
    """Logs faults of ours alone, never what a client asked."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        for error in errors:
            if _is_fault(error):
                log.error("a query failed", exc_info=error.original_error)


def create_schema() -> MetricsSchema:
    return MetricsSchema(
        query=Query,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map={datetime: Moment}),
        extensions=[
            lambda: QueryDepthLimiter(max_depth=MAX_DEPTH),
            lambda: MaxTokensLimiter(max_token_count=MAX_TOKENS),
            lambda: MaxAliasesLimiter(max_alias_count=MAX_ALIASES),
            lambda: MaskErrors(_is_fault),
        ],
    )


@contextmanager
def _told(language: str) -> Iterator[None]:
    """A refusal becomes what the client is told."""
    try:
        yield
    except Refused as refusal:
        raise GraphQLError(detail_of(refusal, language), extensions={"code": refusal.code}) from refusal


def _is_fault(error: GraphQLError) -> bool:
    return error.original_error is not None and not isinstance(error.original_error, GraphQLError)


def _metric(point: ShowPoint) -> StreamMetric:
    row = point.row
    return StreamMetric(
        stream_id=strawberry.ID(row.stream_id),
        timestamp=row.timestamp,
        viewer_count=row.viewer_count,
        messages_per_minute=row.messages_per_minute,
        reactions_per_minute=row.reactions_per_minute,
        products_highlighted=row.products_highlighted,
        purchases_count=row.purchases_count,
        revenue=on_wire(row.revenue_minor, point.currency),
        currency=point.currency,
        average_watch_time=row.average_watch_time_s,
        bounce_rate=row.bounce_rate,
        engagement_score=row.engagement_score,
    )
