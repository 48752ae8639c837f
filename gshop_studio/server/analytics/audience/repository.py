"""Reads of viewers' rows: how long they watched, what they did, who took part most.

How long somebody has watched is what was written when they left, and the time since, of those who are here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, Integer, case, cast, extract, func, literal, select

from gshop_studio.domain.metrics import (
    BOUNCE_S,
    FEWEST_POINTS_OF_A_TOP_FAN,
    MESSAGES_A_MINUTE_COUNTED,
    POINTS_A_MESSAGE,
    POINTS_A_PURCHASE,
    POINTS_A_REACTION,
    REACTIONS_A_MINUTE_COUNTED,
)
from gshop_studio.server.analytics.audience.watched import Audience, Fan, Watched
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import LiveStreamRow, LiveStreamViewerRow, UtcMoment

_VIEWER = LiveStreamViewerRow
_UNKNOWN = "unknown"


class AudienceRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._session = transaction.session

    async def audience(self, stream_id: str, now: datetime) -> Audience:
        viewer = LiveStreamViewerRow
        found = await self._session.execute(
            select(viewer.device, viewer.country, *watched_sums(watched_s(self._transaction, now)))
            .join(LiveStreamRow, LiveStreamRow.id == viewer.stream_id)
            .where(viewer.stream_id == stream_id)
            .group_by(viewer.device, viewer.country)
        )
        devices: Counter[str] = Counter()
        countries: Counter[str] = Counter()
        groups: list[Watched] = []
        for device, country, *sums in found:
            group = watched_of(sums)
            groups.append(group)
            devices[device or _UNKNOWN] += group.views
            countries[country or _UNKNOWN] += group.views
        return Audience(
            watched=Watched(
                views=sum(group.views for group in groups),
                watched_s=sum(group.watched_s for group in groups),
                bounced=sum(group.bounced for group in groups),
                buyers=sum(group.buyers for group in groups),
                reacted=sum(group.reacted for group in groups),
            ),
            devices=dict(devices.most_common()),
            countries=dict(countries.most_common()),
        )

    async def fans(self, stream_id: str, now: datetime, limit: int) -> list[Fan]:
        """Who took part most in this show, best first."""
        viewer = LiveStreamViewerRow
        watched = watched_s(self._transaction, now)
        points = fan_points(watched)
        found = await self._session.execute(
            select(
                viewer.user_id,
                points.label("points"),
                watched,
                viewer.messages_count,
                viewer.reactions_count,
                viewer.purchases_made,
            )
            .join(LiveStreamRow, LiveStreamRow.id == viewer.stream_id)
            .where(viewer.stream_id == stream_id, viewer.user_id.is_not(None), points > 0)
            .order_by(points.desc(), viewer.user_id)
            .limit(limit)
        )
        return [Fan(user_id or "", float(score), float(seen_s), *rest) for user_id, score, seen_s, *rest in found]

    async def top_fans_of_host(self, host_id: str, since: datetime, now: datetime, limit: int) -> list[str]:
        """Who took part most in all of a host's shows joined since; those with fewer points than a top fan are none."""
        viewer = LiveStreamViewerRow
        points = func.sum(fan_points(watched_s(self._transaction, now)))
        found = await self._session.scalars(
            select(viewer.user_id)
            .join(LiveStreamRow, LiveStreamRow.id == viewer.stream_id)
            .where(LiveStreamRow.host_id == host_id, viewer.joined_at >= since, viewer.user_id.is_not(None))
            .group_by(viewer.user_id)
            .having(points >= FEWEST_POINTS_OF_A_TOP_FAN)
            .order_by(points.desc(), viewer.user_id)
            .limit(limit)
        )
        return [user_id for user_id in found if user_id is not None]


def seconds_between(transaction: Transaction, earlier: Any, later: Any) -> ColumnElement[float]:
    """From one moment to another, in seconds."""
    if transaction.is_postgres:
        return cast(extract("epoch", later - earlier), Float)
    return (func.julianday(later) - func.julianday(earlier)) * 86400.0


def watched_s(transaction: Transaction, now: datetime) -> ColumnElement[float]:
    """Of a viewer's row joined with its show's: seconds watched between the show's start and its end, or now."""
    until = func.coalesce(LiveStreamRow.ended_at, literal(now, UtcMoment()))
    stayed_since = case((_VIEWER.watch_duration_s == 0, _VIEWER.joined_at), else_=_VIEWER.last_ping_at)
    staying_s = case((_VIEWER.is_active, seconds_between(transaction, stayed_since, until)), else_=0.0)
    came = case((_VIEWER.joined_at < LiveStreamRow.started_at, LiveStreamRow.started_at), else_=_VIEWER.joined_at)
    most_s = seconds_between(transaction, came, until)
    seen_s = _VIEWER.watch_duration_s + staying_s
    at_most_s = case((seen_s > most_s, most_s), else_=seen_s)
    return case((at_most_s < 0, 0.0), else_=at_most_s)


def fan_points(watched: ColumnElement[float]) -> ColumnElement[float]:
    """`domain.metrics.fan_score` of a viewer's row."""
    minutes = watched / 60.0
    most_messages, most_reactions = MESSAGES_A_MINUTE_COUNTED * minutes, REACTIONS_A_MINUTE_COUNTED * minutes
    messages = case((_VIEWER.messages_count > most_messages, most_messages), else_=_VIEWER.messages_count)
    reactions = case((_VIEWER.reactions_count > most_reactions, most_reactions), else_=_VIEWER.reactions_count)
    return (
        minutes
        + POINTS_A_MESSAGE * messages
        + POINTS_A_REACTION * reactions
        + POINTS_A_PURCHASE * _VIEWER.purchases_made
    )


def watched_sums(watched: ColumnElement[float]) -> tuple[ColumnElement[Any], ...]:
    """The columns a `Watched` is made of, over viewers' rows."""
    viewer = LiveStreamViewerRow

    def count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(cast(case((condition, 1), else_=0), Integer)), 0)

    return (
        func.count(),
        func.coalesce(func.sum(watched), 0.0),
        count_where(viewer.is_active.is_(False) & (watched < BOUNCE_S)),
        count_where(viewer.purchases_made > 0),
        count_where(viewer.reactions_count > 0),
    )


def watched_of(sums: Sequence[Any]) -> Watched:
    views, watched, bounced, buyers, reacted = sums
    return Watched(views, float(watched), bounced, buyers, reacted)
