"""Reads of viewers' rows: how long they watched, what they did, who took part most.

How long somebody has watched is what was written up to `last_ping_at`, and the time since, of those who are here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Float, Integer, Select, bindparam, case, cast, func, literal, select

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
from gshop_studio.server.seconds_between import seconds_between
from gshop_studio.server.tables import LiveStreamRow, LiveStreamViewerRow, UtcMoment

During = tuple[datetime | None, datetime]
"""When a show began, if it has, and the moment its numbers are of: its end, or now."""
_VIEWER = LiveStreamViewerRow
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of a show that has not started: all who wait for it count from when they came."""
_UNKNOWN = "unknown"


class AudienceRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._is_postgres = transaction.is_postgres
        self._session = transaction.session

    async def audience(self, stream_id: str, during: During) -> Audience:
        found = await self._session.execute(_audience(self._is_postgres), _of(stream_id, during))
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

    async def fans(self, stream_id: str, during: During, limit: int) -> list[Fan]:
        """Who took part most in this show, best first."""
        found = await self._session.execute(_fans(self._is_postgres), {**_of(stream_id, during), "number": limit})
        fans = [Fan(user_id or "", float(score), float(seen_s), *rest) for user_id, score, seen_s, *rest in found]
        return [fan for fan in fans if fan.score > 0]

    async def top_fans_of_host(self, host_id: str, since: datetime, now: datetime, limit: int) -> list[str]:
        """Who took part most in all of a host's shows joined since; those with fewer points than a top fan are none."""
        viewer = LiveStreamViewerRow
        watched = watched_of_row(self._is_postgres, now)
        points = func.sum(fan_points(self._is_postgres, watched))
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


def _of(stream_id: str, during: During) -> dict[str, Any]:
    started_at, until = during
    return {"stream_id": stream_id, "started_at": started_at or _NEVER, "until": until}


@cache
def _audience(is_postgres: bool) -> Select[*tuple[Any, ...]]:
    """Built once: putting it together takes longer than the database does."""
    return (
        select(_VIEWER.device, _VIEWER.country, *watched_sums(_watched_in_show(is_postgres)))
        .where(_VIEWER.stream_id == bindparam("stream_id"))
        .group_by(_VIEWER.device, _VIEWER.country)
    )


@cache
def _fans(is_postgres: bool) -> Select[*tuple[Any, ...]]:
    watched = _watched_in_show(is_postgres)
    points = fan_points(is_postgres, watched).label("points")
    counts = (_VIEWER.messages_count, _VIEWER.reactions_count, _VIEWER.purchases_made)
    return (
        select(_VIEWER.user_id, points, watched, *counts)
        .where(_VIEWER.stream_id == bindparam("stream_id"), _VIEWER.user_id.is_not(None))
        .order_by(points.desc(), _VIEWER.user_id)
        .limit(bindparam("number", type_=Integer))
    )


def _watched_in_show(is_postgres: bool) -> ColumnElement[float]:
    """`watched_s` of one show, whose start and end are given with the statement."""
    return watched_s(is_postgres, bindparam("started_at", type_=UtcMoment()), bindparam("until", type_=UtcMoment()))


def watched_s(is_postgres: bool, started_at: Any, until: Any) -> ColumnElement[float]:
    """Of a viewer's row: seconds watched between a show's start, if it has started, and `until`."""
    staying_s = case((_VIEWER.is_active, seconds_between(is_postgres, _VIEWER.last_ping_at, until)), else_=0.0)
    came = case((_VIEWER.joined_at < started_at, started_at), else_=_VIEWER.joined_at)
    most_s = seconds_between(is_postgres, came, until)
    return _greatest(is_postgres, 0.0, _least(is_postgres, _VIEWER.watch_duration_s + staying_s, most_s))


def watched_of_row(is_postgres: bool, now: datetime) -> ColumnElement[float]:
    """As `watched_s`, of a viewer's row joined with its show's: until the show's end, or now."""
    until = func.coalesce(LiveStreamRow.ended_at, literal(now, UtcMoment()))
    return watched_s(is_postgres, LiveStreamRow.started_at, until)


def fan_points(is_postgres: bool, watched: ColumnElement[float]) -> ColumnElement[float]:
    """`domain.metrics.fan_score` of a viewer's row."""
    minutes = watched / 60.0
    messages = _least(is_postgres, _VIEWER.messages_count, MESSAGES_A_MINUTE_COUNTED * minutes)
    reactions = _least(is_postgres, _VIEWER.reactions_count, REACTIONS_A_MINUTE_COUNTED * minutes)
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


def _least(is_postgres: bool, *values: Any) -> ColumnElement[float]:
    """The smaller of two: SQLite calls it min, as the aggregate."""
    return func.least(*values, type_=Float) if is_postgres else func.min(*values, type_=Float)


def _greatest(is_postgres: bool, *values: Any) -> ColumnElement[float]:
    return func.greatest(*values, type_=Float) if is_postgres else func.max(*values, type_=Float)
