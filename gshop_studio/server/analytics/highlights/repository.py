"""Reads and writes of highlights, and reads of what their rules look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from gshop_studio.contract.events import ServerEvent
from gshop_studio.domain.show_highlights import HighlightType
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import (
    LiveStreamEventRow,
    LiveStreamHighlightRow,
    LiveStreamReactionRow,
    LiveStreamRow,
)

_EVENTS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class WatchedShow:
    """What the rules need to know of a show."""

    id: str
    language: str
    started_at: datetime
    ended_at: datetime | None
    last_seq: int
    peak_viewer_count: int


@dataclass(frozen=True, slots=True)
class ScreenEvent:
    """A product came onto the screen, or went."""

    seq: int
    is_shown: bool
    product_id: str
    name: str
    """Empty for one that goes."""
    media_at_ms: int


class HighlightRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add(self, row: LiveStreamHighlightRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def highlight(self, stream_id: str, highlight_id: str) -> LiveStreamHighlightRow | None:
        return await self._session.scalar(
            select(LiveStreamHighlightRow).where(
                LiveStreamHighlightRow.id == highlight_id, LiveStreamHighlightRow.stream_id == stream_id
            )
        )

    async def of_type(self, stream_id: str, kind: HighlightType) -> list[LiveStreamHighlightRow]:
        """In the order of the show."""
        found = await self._session.scalars(
            select(LiveStreamHighlightRow)
            .where(LiveStreamHighlightRow.stream_id == stream_id, LiveStreamHighlightRow.type == kind.value)
            .order_by(LiveStreamHighlightRow.timestamp_s)
        )
        return list(found)

    async def of_show(self, stream_id: str) -> list[LiveStreamHighlightRow]:
        """All, in the order of the show."""
        found = await self._session.scalars(
            select(LiveStreamHighlightRow)
            .where(LiveStreamHighlightRow.stream_id == stream_id)
            .order_by(LiveStreamHighlightRow.timestamp_s, LiveStreamHighlightRow.id)
        )
        return list(found)

    async def page(
        self, stream_id: str, *, is_public_only: bool, limit: int, offset: int
    ) -> tuple[list[LiveStreamHighlightRow], int]:
        """In the order of the show."""
        where = [LiveStreamHighlightRow.stream_id == stream_id]
        if is_public_only:
            where.append(LiveStreamHighlightRow.is_public.is_(True))
        rows = await self._session.scalars(
            select(LiveStreamHighlightRow)
            .where(*where)
            .order_by(LiveStreamHighlightRow.timestamp_s, LiveStreamHighlightRow.id)
            .limit(limit)
            .offset(offset)
        )
        total = await self._session.scalar(select(func.count()).select_from(LiveStreamHighlightRow).where(*where))
        return list(rows), total or 0


class RulesRepository:
    """What the rules look at."""

    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def live_shows(self) -> list[WatchedShow]:
        return await self._shows(LiveStreamRow.status == StreamStatus.LIVE.value)

    async def show(self, stream_id: str) -> WatchedShow | None:
        """One that has started, live or over."""
        found = await self._shows(LiveStreamRow.id == stream_id)
        return found[0] if found else None

    async def screen_events(self, stream_id: str, after_seq: int, up_to_seq: int) -> list[ScreenEvent]:
        """What came onto the screen and went, in the order of `seq`."""
        events: list[ScreenEvent] = []
        while after_seq < up_to_seq:
            until = min(after_seq + _EVENTS_AT_ONCE, up_to_seq)
            found = await self._session.execute(
                select(LiveStreamEventRow.seq, LiveStreamEventRow.event, LiveStreamEventRow.data)
                .where(
                    LiveStreamEventRow.stream_id == stream_id,
                    LiveStreamEventRow.seq > after_seq,
                    LiveStreamEventRow.seq <= until,
                    LiveStreamEventRow.event.in_(
                        [ServerEvent.PRODUCT_HIGHLIGHTED.value, ServerEvent.PRODUCT_HIDDEN.value]
                    ),
                )
                .order_by(LiveStreamEventRow.seq)
            )
            events += [_screen_event(seq, event, data) for seq, event, data in found]
            after_seq = until
        return events

    async def reactions(self, stream_ids: Sequence[str]) -> dict[str, int]:
        """How many reactions these shows have had in all."""
        found = await self._session.execute(
            select(LiveStreamReactionRow.stream_id, func.sum(LiveStreamReactionRow.count))
            .where(LiveStreamReactionRow.stream_id.in_(stream_ids))
            .group_by(LiveStreamReactionRow.stream_id)
        )
        return {stream_id: int(count) for stream_id, count in found}

    async def reactions_by_minute(self, stream_id: str, since: datetime) -> dict[datetime, int]:
        found = await self._session.execute(
            select(LiveStreamReactionRow.minute, func.sum(LiveStreamReactionRow.count))
            .where(LiveStreamReactionRow.stream_id == stream_id, LiveStreamReactionRow.minute >= since)
            .group_by(LiveStreamReactionRow.minute)
        )
        return {minute: int(count) for minute, count in found}

    async def _shows(self, where: Any) -> list[WatchedShow]:
        row = LiveStreamRow
        found = await self._session.execute(
            select(row.id, row.language, row.started_at, row.ended_at, row.last_seq, row.peak_viewer_count).where(
                where, row.started_at.is_not(None)
            )
        )
        return [
            WatchedShow(stream_id, language, started_at, ended_at, last_seq, peak)
            for stream_id, language, started_at, ended_at, last_seq, peak in found
            if started_at is not None
        ]


def _screen_event(seq: int, event: str, data: dict[str, Any]) -> ScreenEvent:
    is_shown = event == ServerEvent.PRODUCT_HIGHLIGHTED.value
    product = data["product"] if is_shown else {"id": data["productId"], "name": ""}
    return ScreenEvent(seq, is_shown, product["id"], product["name"], data["mediaAt"])
