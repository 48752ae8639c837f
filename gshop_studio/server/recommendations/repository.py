"""Reads of what recommendations are made from; reads and writes of the recommendations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, and_, delete, func, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from gshop_studio.contract.rest import Role
from gshop_studio.domain.order_life import OrderStatus
from gshop_studio.domain.recommendation import Candidate, Person, Recommendation, Watch
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.domain.trending import LONGEST_AGE_H, trending_score
from gshop_studio.server.clock import new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.streams.repository import PUBLIC
from gshop_studio.server.tables import (
    FollowRow,
    LiveStreamProductRow,
    LiveStreamRecommendationRow,
    LiveStreamRestrictionRow,
    LiveStreamRow,
    LiveStreamViewerRow,
    OrderRow,
    UserRow,
    WishlistRow,
)

MOST_CANDIDATES = 200
"""Shows on air among which is chosen; of more, those with most viewers."""
MOST_WATCHES = 200_000
"""What a history is made of; of more, the latest."""
WATCHED_S = 10.0
"""Who left sooner has not watched (`domain.metrics.BOUNCE_S`)."""

_table = cast(Table, LiveStreamRecommendationRow.__table__)
_ON_AIR = (*PUBLIC, LiveStreamRow.status == StreamStatus.LIVE.value)


@dataclass(frozen=True, slots=True)
class Recommended:
    """A recommendation as it is kept, and given."""

    stream_id: str
    score: float
    reasons: tuple[str, ...]
    position: int
    """From 1."""


class RecommendationSources:
    """What is known of shows and people."""

    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def candidates(self, now: datetime) -> list[Candidate]:
        """What is on air for everybody."""
        show = LiveStreamRow
        found = await self._session.execute(
            select(
                show.id, show.host_id, show.category, show.language, show.started_at,
                show.viewer_count, show.total_likes, show.total_purchases,
            )
            .where(*_ON_AIR)
            .order_by(show.viewer_count.desc(), show.started_at.desc(), show.id)
            .limit(MOST_CANDIDATES)
        )  # fmt: skip
        rows = found.all()
        products: dict[str, set[str]] = defaultdict(set)
        shelf = LiveStreamProductRow
        on_shelf = await self._session.execute(
            select(shelf.stream_id, shelf.product_id).where(shelf.stream_id.in_([row.id for row in rows]))
        )
        for stream_id, product_id in on_shelf:
            products[stream_id].add(product_id)
        return [
            Candidate(
                stream_id=row.id,
                host_id=row.host_id,
                category=row.category.lower() if row.category else None,
                language=row.language,
                popularity=_popularity(row, now),
                product_ids=frozenset(products[row.id]),
            )
            for row in rows
        ]

    async def watches(self, since: datetime, now: datetime) -> list[Watch]:
        """Who watched what, the latest first; accounts alone."""
        viewer, show = LiveStreamViewerRow, LiveStreamRow
        found = await self._session.execute(
            select(
                viewer.user_id, viewer.stream_id, show.host_id, show.category, viewer.watch_duration_s,
                viewer.purchases_made, viewer.joined_at,
            )
            .join(show, show.id == viewer.stream_id)
            .join(UserRow, UserRow.id == viewer.user_id)
            .where(
                viewer.joined_at >= since,
                or_(viewer.watch_duration_s >= WATCHED_S, viewer.purchases_made > 0),
                UserRow.role != Role.GUEST.value,
                viewer.user_id != show.host_id,
            )
            .order_by(viewer.joined_at.desc())
            .limit(MOST_WATCHES)
        )  # fmt: skip
        return [
            Watch(
                user_id=row.user_id or "",
                stream_id=row.stream_id,
                host_id=row.host_id,
                category=row.category.lower() if row.category else None,
                watched_s=row.watch_duration_s,
                purchases=row.purchases_made,
                days_ago=(now - row.joined_at).total_seconds() / 86_400.0,
            )
            for row in found
        ]

    async def people(self, user_ids: Collection[str]) -> list[Person]:
        """What else is known of these."""
        follows: dict[str, set[str]] = defaultdict(set)
        wishes: dict[str, set[str]] = defaultdict(set)
        for user_id, seller_id in await self._session.execute(
            select(FollowRow.user_id, FollowRow.seller_id).where(FollowRow.user_id.in_(user_ids))
        ):
            follows[user_id].add(seller_id)
        for user_id, product_id in await self._session.execute(
            select(WishlistRow.user_id, WishlistRow.product_id).where(WishlistRow.user_id.in_(user_ids))
        ):
            wishes[user_id].add(product_id)
        found = await self._session.execute(select(UserRow.id, UserRow.language).where(UserRow.id.in_(user_ids)))
        return [
            Person(user_id, language, frozenset(follows[user_id]), frozenset(wishes[user_id]))
            for user_id, language in found
        ]

    async def people_with_signs(self) -> set[str]:
        """Who follows somebody or wishes for something."""
        follows = await self._session.scalars(select(FollowRow.user_id).distinct())
        wishes = await self._session.scalars(select(WishlistRow.user_id).distinct())
        return {*follows, *wishes}

    async def shows_that_banned(self, user_id: str) -> set[str]:
        restriction = LiveStreamRestrictionRow
        found = await self._session.scalars(
            select(restriction.stream_id).where(restriction.user_id == user_id, restriction.is_banned.is_(True))
        )
        return set(found)

    async def shows(self, stream_ids: Sequence[str]) -> list[LiveStreamRow]:
        """In this order."""
        found = await self._session.scalars(select(LiveStreamRow).where(LiveStreamRow.id.in_(stream_ids)))
        rows = {row.id: row for row in found}
        return [rows[stream_id] for stream_id in stream_ids if stream_id in rows]

    async def watched_s(self, user_id: str, stream_id: str) -> float:
        """How long somebody has watched a show."""
        viewer = LiveStreamViewerRow
        found = await self._session.scalar(
            select(func.sum(viewer.watch_duration_s)).where(viewer.stream_id == stream_id, viewer.user_id == user_id)
        )
        return float(found or 0.0)

    async def has_bought(self, user_id: str, stream_id: str) -> bool:
        """Whether somebody has bought in a show, and the money was not given back. The orders say so, not the room:
        one can buy without having joined it."""
        wish = select(OrderRow.id).where(
            OrderRow.user_id == user_id, OrderRow.stream_id == stream_id, OrderRow.status == OrderStatus.PAID.value
        )
        return await self._session.scalar(wish.limit(1)) is not None


class RecommendationRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._is_postgres = transaction.is_postgres
        self._session = transaction.session

    async def of_person(self, user_id: str, now: datetime) -> dict[str, Recommended]:
        """What is recommended to somebody now, by show."""
        row = LiveStreamRecommendationRow
        found = await self._session.execute(
            select(row.stream_id, row.score, row.reasons, row.position).where(
                row.user_id == user_id, row.expires_at > now
            )
        )
        return {
            each.stream_id: Recommended(each.stream_id, each.score, tuple(each.reasons), each.position)
            for each in found
        }

    async def replace(
        self, chosen: Mapping[str, Sequence[Recommendation]], now: datetime, expires_at: datetime
    ) -> None:
        """What is recommended to these people, by person: this, and nothing else any more. What they made of it
        stays."""
        await self._session.execute(  # in one order, whoever else is at it
            select(_table.c.id).where(_table.c.user_id.in_(chosen)).order_by(_table.c.id).with_for_update()
        )
        await self._session.execute(
            update(_table).where(_table.c.user_id.in_(chosen), _table.c.expires_at > now).values(expires_at=now)
        )
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "user_id": user_id,
                "stream_id": each.stream_id,
                "score": each.score,
                "reasons": [reason.value for reason in each.reasons],
                "position": position,
                **_UNTOUCHED,
                "created_at": now,
                "expires_at": expires_at,
            }
            for user_id, recommendations in chosen.items()
            for position, each in enumerate(recommendations, 1)
        ]
        rows.sort(key=lambda each: (each["user_id"], each["stream_id"]))
        if rows:
            dialect_insert = postgresql.insert if self._is_postgres else sqlite.insert
            wish: Any = dialect_insert(_table)
            again = {name: wish.excluded[name] for name in ("score", "reasons", "position", "expires_at")}
            wish = wish.on_conflict_do_update(index_elements=["user_id", "stream_id"], set_=again)
            await self._session.execute(wish, rows)

    async def to_track(self, user_id: str, stream_id: str) -> LiveStreamRecommendationRow | None:
        """What was recommended to somebody, locked."""
        row = LiveStreamRecommendationRow
        return await self._session.scalar(
            select(row).where(row.user_id == user_id, row.stream_id == stream_id).with_for_update()
        )

    async def add(self, user_id: str, recommended: Recommended, now: datetime, values: Mapping[str, Any]) -> None:
        """One that was given to a newcomer, with what they made of it; whoever is quicker adds it."""
        dialect_insert = postgresql.insert if self._is_postgres else sqlite.insert
        row = {
            "id": new_id(),
            "user_id": user_id,
            "stream_id": recommended.stream_id,
            "score": recommended.score,
            "reasons": list(recommended.reasons),
            "position": recommended.position,
            **_UNTOUCHED,
            "created_at": now,
            "expires_at": now,
            **values,
        }
        wish: Any = dialect_insert(_table).values(row)
        await self._session.execute(
            wish.on_conflict_do_update(index_elements=["user_id", "stream_id"], set_=dict(values))
        )

    async def expire(self, stream_id: str, now: datetime) -> None:
        """A show is over."""
        await self._session.execute(
            update(_table).where(_table.c.stream_id == stream_id, _table.c.expires_at > now).values(expires_at=now)
        )

    async def expire_over(self, now: datetime) -> None:
        """So is what nobody told of: a server may have died."""
        on_air = select(LiveStreamRow.id).where(*_ON_AIR)
        await self._session.execute(
            update(_table).where(_table.c.expires_at > now, _table.c.stream_id.not_in(on_air)).values(expires_at=now)
        )

    async def settle(self, since: datetime) -> None:
        """Note what the server itself knows: who came to watch after it was recommended, how long, and who bought."""
        viewer, row = LiveStreamViewerRow, LiveStreamRecommendationRow
        await self._session.execute(
            update(row)
            .where(
                row.expires_at > since,
                viewer.stream_id == row.stream_id,
                viewer.user_id == row.user_id,
                viewer.last_ping_at > row.created_at,
                viewer.watch_duration_s >= WATCHED_S,
            )
            .values(watched=true(), watch_duration_s=viewer.watch_duration_s),
            execution_options={"synchronize_session": False},
        )
        await self._session.execute(
            update(row)
            .where(
                row.expires_at > since,
                row.purchased.is_(False),
                OrderRow.user_id == row.user_id,
                OrderRow.stream_id == row.stream_id,
                OrderRow.status == OrderStatus.PAID.value,
                OrderRow.paid_at > row.created_at,
            )
            .values(purchased=true()),
            execution_options={"synchronize_session": False},
        )

    async def forget(self, untouched_before: datetime, before: datetime) -> None:
        """Delete those that expired long ago; sooner, where nobody has seen them."""
        row = LiveStreamRecommendationRow
        is_untouched = and_(row.viewed.is_(False), row.clicked.is_(False), row.watched.is_(False))
        await self._session.execute(
            delete(row).where(or_(row.expires_at < before, and_(row.expires_at < untouched_before, is_untouched))),
            execution_options={"synchronize_session": False},
        )


_UNTOUCHED = {"viewed": False, "clicked": False, "watched": False, "watch_duration_s": None, "purchased": False}


def _popularity(row: Any, now: datetime) -> float:
    """Its trending score; what has been on air for longer than a day draws as little as it would by then."""
    age_h = (now - row.started_at).total_seconds() / 3600.0 if row.started_at is not None else 0.0
    return trending_score(row.viewer_count, row.total_likes, row.total_purchases, min(age_h, LONGEST_AGE_H))
