"""Reads and writes of shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import FollowRow, LiveStreamModeratorRow, LiveStreamRestrictionRow, LiveStreamRow


class StreamRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._is_writing = transaction.is_writing

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

    async def stream_by_key_hash(self, key_hash: str) -> LiveStreamRow | None:
        return await self._session.scalar(select(LiveStreamRow).where(LiveStreamRow.stream_key_hash == key_hash))

    async def live_streams(self) -> list[LiveStreamRow]:
        return list(
            await self._session.scalars(select(LiveStreamRow).where(LiveStreamRow.status == StreamStatus.LIVE.value))
        )

    async def page(
        self, *, host_id: str | None, status: StreamStatus | None, limit: int, offset: int
    ) -> tuple[list[LiveStreamRow], int]:
        """One page, newest first: a host's own, or everybody's that are not private."""
        where: list[ColumnElement[bool]] = []
        where.append(LiveStreamRow.host_id == host_id if host_id is not None else LiveStreamRow.is_private.is_(False))
        if status is not None:
            where.append(LiveStreamRow.status == status.value)
        order: list[ColumnElement[Any]] = [LiveStreamRow.created_at.desc(), LiveStreamRow.id.desc()]
        return await self._page(where, order, limit, offset)

    async def active(
        self, *, category: str | None, tags: Sequence[str], is_newest_first: bool, limit: int, offset: int
    ) -> tuple[list[LiveStreamRow], int]:
        """One page of what is on air for everybody: live, and media has come."""
        where: list[ColumnElement[bool]] = [
            LiveStreamRow.status == StreamStatus.LIVE.value,
            LiveStreamRow.first_media_at.is_not(None),
            LiveStreamRow.is_private.is_(False),
        ]
        if category:
            where.append(LiveStreamRow.category == category)
        for tag in tags:
            each = func.json_each(LiveStreamRow.tags).table_valued("value")
            where.append(select(each.c.value).where(func.lower(each.c.value) == tag.lower()).exists())
        newest = LiveStreamRow.started_at.desc()
        order: list[ColumnElement[Any]] = [newest] if is_newest_first else [LiveStreamRow.viewer_count.desc(), newest]
        return await self._page(where, order, limit, offset)

    async def _page(
        self, where: list[ColumnElement[bool]], order: Sequence[ColumnElement[Any]], limit: int, offset: int
    ) -> tuple[list[LiveStreamRow], int]:
        total = await self._session.scalar(select(func.count()).select_from(LiveStreamRow).where(*where))
        rows = await self._session.scalars(
            select(LiveStreamRow).where(*where).order_by(*order).limit(limit).offset(offset)
        )
        return list(rows), total or 0


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
