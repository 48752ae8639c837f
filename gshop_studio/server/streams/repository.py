"""Reads and writes of shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select, update

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import (
    FollowRow,
    LiveStreamMetricRow,
    LiveStreamModeratorRow,
    LiveStreamRestrictionRow,
    LiveStreamRow,
    LiveStreamShareRow,
    live_trending,
)

PUBLIC: tuple[ColumnElement[bool], ...] = (
    LiveStreamRow.is_private.is_(False),
    (LiveStreamRow.status != StreamStatus.LIVE.value) | LiveStreamRow.first_media_at.is_not(None),
)
"""Shows anybody may find: a live one once media has come."""


def is_in_category(category: str) -> ColumnElement[bool]:
    """However it is written. Both sides by the database: SQLite's `lower` knows only ASCII."""
    return func.lower(LiveStreamRow.category) == func.lower(category)


class StreamRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._is_writing = transaction.is_writing
        self._each = func.json_array_elements_text if transaction.is_postgres else func.json_each

    async def add(self, stream: LiveStreamRow) -> None:
        self._session.add(stream)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def stream(self, stream_id: str) -> LiveStreamRow | None:
        """Locked until the end of the transaction, where it writes: its changes are one after the other."""
        known = self._session.identity_map.get(self._session.identity_key(LiveStreamRow, stream_id))
        if known is not None or not self._is_writing:
            return await self._session.get(LiveStreamRow, stream_id)
        return await self._session.get(LiveStreamRow, stream_id, with_for_update=True)

    async def streams(self, stream_ids: Iterable[str]) -> list[LiveStreamRow]:
        """In the order of their ids; locked, where the transaction writes."""
        wish = select(LiveStreamRow).where(LiveStreamRow.id.in_(set(stream_ids))).order_by(LiveStreamRow.id)
        return list(await self._session.scalars(wish.with_for_update() if self._is_writing else wish))

    async def count_messages(self, stream_id: str, number: int) -> None:
        """Add to a show's messages, past the object mapper: this comes with every message."""
        await self._session.execute(
            update(LiveStreamRow)
            .where(LiveStreamRow.id == stream_id)
            .values(total_messages=LiveStreamRow.total_messages + number),
            execution_options={"synchronize_session": False},
        )

    async def stream_by_key_hash(self, key_hash: str) -> LiveStreamRow | None:
        return await self._session.scalar(select(LiveStreamRow).where(LiveStreamRow.stream_key_hash == key_hash))

    async def live_streams(self) -> list[LiveStreamRow]:
        return list(
            await self._session.scalars(select(LiveStreamRow).where(LiveStreamRow.status == StreamStatus.LIVE.value))
        )

    async def moderators(self, stream_ids: Iterable[str]) -> dict[str, list[str]]:
        """The ids of each show's moderators."""
        found = await self._session.execute(
            select(LiveStreamModeratorRow.stream_id, LiveStreamModeratorRow.user_id)
            .where(LiveStreamModeratorRow.stream_id.in_(set(stream_ids)))
            .order_by(LiveStreamModeratorRow.created_at, LiveStreamModeratorRow.user_id)
        )
        moderators: dict[str, list[str]] = {}
        for stream_id, user_id in found:
            moderators.setdefault(stream_id, []).append(user_id)
        return moderators

    async def last_metric(self, stream_id: str) -> LiveStreamMetricRow | None:
        """What the show was like when it was measured last."""
        return await self._session.scalar(
            select(LiveStreamMetricRow)
            .where(LiveStreamMetricRow.stream_id == stream_id)
            .order_by(LiveStreamMetricRow.timestamp.desc())
            .limit(1)
        )

    async def remove(self, stream: LiveStreamRow) -> None:
        """With all that belongs to it."""
        await self._session.delete(stream)
        await self._session.flush()

    async def public_counts(self, host_id: str) -> dict[StreamStatus, int]:
        """How many shows of a host are for everybody, by state; live ones count once media has come."""
        found = await self._session.execute(
            select(LiveStreamRow.status, func.count())
            .where(LiveStreamRow.host_id == host_id, *PUBLIC)
            .group_by(LiveStreamRow.status)
        )
        return {StreamStatus(status): number for status, number in found}

    async def public_live(self, host_ids: Iterable[str], limit: int | None = None) -> list[LiveStreamRow]:
        """What these hosts have on air for everybody, the newest first."""
        found = await self._session.scalars(
            select(LiveStreamRow)
            .where(
                LiveStreamRow.host_id.in_(set(host_ids)),
                LiveStreamRow.status == StreamStatus.LIVE.value,
                LiveStreamRow.first_media_at.is_not(None),
                LiveStreamRow.is_private.is_(False),
            )
            .order_by(LiveStreamRow.started_at.desc())
            .limit(limit)
        )
        return list(found)

    async def page(
        self, *, host_id: str | None, status: StreamStatus | None, limit: int, offset: int
    ) -> tuple[list[LiveStreamRow], int]:
        """One page, newest first: a host's own, or everybody's that are not private, live ones once media has come."""
        where: list[ColumnElement[bool]] = []
        if host_id is not None:
            where.append(LiveStreamRow.host_id == host_id)
        else:
            where += PUBLIC
        if status is not None:
            where.append(LiveStreamRow.status == status.value)
        order: list[ColumnElement[Any]] = [LiveStreamRow.created_at.desc(), LiveStreamRow.id.desc()]
        return await self._page(where, order, limit, offset)

    async def active(
        self,
        *,
        category: str | None,
        tags: Sequence[str],
        sort: Literal["viewers", "newest", "trending"],
        limit: int,
        offset: int,
    ) -> tuple[list[LiveStreamRow], int]:
        """One page of what is on air for everybody: live, and media has come. `tags` are normalised, as those kept."""
        where: list[ColumnElement[bool]] = [
            LiveStreamRow.status == StreamStatus.LIVE.value,
            LiveStreamRow.first_media_at.is_not(None),
            LiveStreamRow.is_private.is_(False),
        ]
        if category:
            where.append(is_in_category(category))
        for tag in tags:
            each = self._each(LiveStreamRow.tags).table_valued("value")
            where.append(select(each.c.value).where(func.lower(each.c.value) == tag).exists())
        order: list[ColumnElement[Any]] = [LiveStreamRow.started_at.desc()]
        if sort != "newest":
            order.insert(0, LiveStreamRow.viewer_count.desc())
        if sort == "trending":
            score = select(live_trending.c.score).where(live_trending.c.stream_id == LiveStreamRow.id)
            order.insert(0, func.coalesce(score.scalar_subquery(), -1.0).desc())
        return await self._page(where, order, limit, offset)

    async def _page(
        self, where: list[ColumnElement[bool]], order: Sequence[ColumnElement[Any]], limit: int, offset: int
    ) -> tuple[list[LiveStreamRow], int]:
        total = await self._session.scalar(select(func.count()).select_from(LiveStreamRow).where(*where))
        rows = await self._session.scalars(
            select(LiveStreamRow).where(*where).order_by(*order).limit(limit).offset(offset)
        )
        return list(rows), total or 0


class ShareRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def count(self, stream_id: str, channel: str) -> None:
        """One more. The show's row is locked, so nobody else counts meanwhile."""
        row = await self._session.get(LiveStreamShareRow, (stream_id, channel))
        if row is None:
            self._session.add(LiveStreamShareRow(stream_id=stream_id, channel=channel, count=1))
        else:
            row.count += 1


@dataclass(frozen=True, slots=True)
class FoundStanding:
    """What the tables say of one person in one show. `moderator_rights` is None for who is no moderator."""

    follows: bool
    moderator_rights: list[str] | None
    is_banned: bool
    timeout_until: datetime | None


class StandingRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def standing(self, stream_id: str, host_id: str, *, user_id: str, opaque_id: str) -> FoundStanding:
        follow = select(FollowRow.user_id).where(FollowRow.user_id == user_id, FollowRow.seller_id == host_id).exists()
        found = (
            await self._session.execute(
                select(
                    select(follow).scalar_subquery(),
                    LiveStreamModeratorRow.rights,
                    LiveStreamRestrictionRow.is_banned,
                    LiveStreamRestrictionRow.timeout_until,
                )
                .select_from(LiveStreamRow)
                .outerjoin(
                    LiveStreamModeratorRow,
                    (LiveStreamModeratorRow.stream_id == LiveStreamRow.id)
                    & (LiveStreamModeratorRow.user_id == user_id),
                )
                .outerjoin(
                    LiveStreamRestrictionRow,
                    (LiveStreamRestrictionRow.stream_id == LiveStreamRow.id)
                    & (LiveStreamRestrictionRow.opaque_id == opaque_id),
                )
                .where(LiveStreamRow.id == stream_id)
            )
        ).one()
        follows, rights, is_banned, timeout_until = found
        return FoundStanding(bool(follows), rights, bool(is_banned), timeout_until)

    async def standings(
        self, host_ids: Mapping[str, str], people: Sequence[tuple[str, str, str]]
    ) -> dict[tuple[str, str], FoundStanding]:
        """Of many at once, by show and person. `host_ids` by show; `people` are (show, user id, opaque id)."""
        if not people:
            return {}
        user_ids = {user_id for _, user_id, _ in people}
        follows = await self._session.execute(
            select(FollowRow.user_id, FollowRow.seller_id).where(
                FollowRow.user_id.in_(user_ids), FollowRow.seller_id.in_(set(host_ids.values()))
            )
        )
        following = {(user_id, host_id) for user_id, host_id in follows}
        moderators = await self._session.execute(
            select(
                LiveStreamModeratorRow.stream_id, LiveStreamModeratorRow.user_id, LiveStreamModeratorRow.rights
            ).where(LiveStreamModeratorRow.stream_id.in_(host_ids), LiveStreamModeratorRow.user_id.in_(user_ids))
        )
        rights = {(stream_id, user_id): given for stream_id, user_id, given in moderators}
        restrictions = await self._session.execute(
            select(
                LiveStreamRestrictionRow.stream_id,
                LiveStreamRestrictionRow.opaque_id,
                LiveStreamRestrictionRow.is_banned,
                LiveStreamRestrictionRow.timeout_until,
            ).where(
                LiveStreamRestrictionRow.stream_id.in_(host_ids),
                LiveStreamRestrictionRow.opaque_id.in_({opaque_id for _, _, opaque_id in people}),
            )
        )
        restricted = {(stream_id, opaque_id): (banned, until) for stream_id, opaque_id, banned, until in restrictions}
        found = {}
        for stream_id, user_id, opaque_id in people:
            is_banned, timeout_until = restricted.get((stream_id, opaque_id), (False, None))
            found[stream_id, user_id] = FoundStanding(
                follows=(user_id, host_ids[stream_id]) in following,
                moderator_rights=rights.get((stream_id, user_id)),
                is_banned=is_banned,
                timeout_until=timeout_until,
            )
        return found
