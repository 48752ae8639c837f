"""A show's past, written straight into the database: what people did, without the people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, insert, update

from gshop_studio.server.clock import new_id
from gshop_studio.server.database import Database
from gshop_studio.server.tables import (
    LiveStreamHighlightRow,
    LiveStreamMessageRow,
    LiveStreamMetricRow,
    LiveStreamProductRow,
    LiveStreamReactionRow,
    LiveStreamRow,
    LiveStreamViewerRow,
)


class Past:
    """Of one show; `start` is when it began."""

    def __init__(self, database: Database, stream_id: str, start: datetime) -> None:
        self._database = database
        self._stream_id = stream_id
        self.start = start

    def at(self, seconds: float) -> datetime:
        return self.start + timedelta(seconds=seconds)

    async def show(self, **fields: Any) -> None:
        async with self._database.write() as transaction:
            await transaction.session.execute(
                update(LiveStreamRow).where(LiveStreamRow.id == self._stream_id).values(**fields)
            )

    async def product(self, product_id: str, **fields: Any) -> None:
        async with self._database.write() as transaction:
            await transaction.session.execute(
                update(LiveStreamProductRow)
                .where(LiveStreamProductRow.stream_id == self._stream_id, LiveStreamProductRow.product_id == product_id)
                .values(**fields)
            )

    async def viewers(self, *viewers: dict[str, Any]) -> None:
        """Each with what differs from somebody anonymous who came at the start and left at once."""
        await self._insert(
            LiveStreamViewerRow,
            [
                {
                    "viewer_key": f"user:{viewer['user_id']}" if "user_id" in viewer else f"session:{new_id()}",
                    "user_id": None,
                    "session_id": new_id(),
                    "joined_at": self.start,
                    "left_at": None if viewer.get("is_active") else self.start,
                    "last_ping_at": viewer.get("joined_at", self.start),
                    "watch_duration_s": 0.0,
                    "is_active": False,
                    "messages_count": 0,
                    "reactions_count": 0,
                    "products_viewed": 0,
                    "purchases_made": 0,
                    "total_spent_minor": 0,
                    "referral_source": None,
                    "device": "web",
                    "country": None,
                    **viewer,
                }
                for viewer in viewers
            ],
        )

    async def messages(self, user_id: str, moments: list[datetime], first_seq: int = 10_000) -> None:
        rows: list[dict[str, Any]] = [
            {
                "user_id": user_id,
                "seq": first_seq + index,
                "type": "message",
                "message": "hello",
                "reaction_type": None,
                "metadata": {},
                "client_message_id": None,
                "is_deleted": False,
                "is_pinned": False,
                "created_at": moment,
            }
            for index, moment in enumerate(moments)
        ]
        await self._insert(LiveStreamMessageRow, rows)

    async def reactions(self, counts: dict[datetime, int], reaction: str = "❤️") -> None:
        rows = [
            {"minute": minute.replace(second=0, microsecond=0), "reaction_type": reaction, "count": count}
            for minute, count in counts.items()
        ]
        await self._insert(LiveStreamReactionRow, rows, has_id=False)

    async def metrics(self, points: list[tuple[datetime, int, float]]) -> None:
        """(moment, viewers, messages a minute)."""
        rows = [
            {
                "timestamp": at,
                "viewer_count": viewers,
                "messages_per_minute": messages,
                "reactions_per_minute": 0.0,
                "products_highlighted": 0,
                "purchases_count": 0,
                "revenue_minor": 0,
                "average_watch_time_s": 0.0,
                "bounce_rate": 0.0,
                "engagement_score": 0.0,
                "created_at": at,
            }
            for at, viewers, messages in points
        ]
        await self._insert(LiveStreamMetricRow, rows)

    async def highlights(self, moments: list[tuple[str, float, dict[str, Any]]]) -> None:
        """(type, seconds from the start, details)."""
        rows = [
            {
                "timestamp_s": at_s,
                "type": kind,
                "title": kind,
                "description": None,
                "thumbnail_url": None,
                "video_clip_url": None,
                "metadata": details,
                "is_public": True,
                "created_at": self.at(at_s),
            }
            for kind, at_s, details in moments
        ]
        await self._insert(LiveStreamHighlightRow, rows)

    async def _insert(self, row: type[Any], rows: list[dict[str, Any]], *, has_id: bool = True) -> None:
        whole = [{**({"id": new_id()} if has_id else {}), "stream_id": self._stream_id, **each} for each in rows]
        async with self._database.write() as transaction:
            await transaction.session.execute(insert(cast(Table, row.__table__)), whole)
