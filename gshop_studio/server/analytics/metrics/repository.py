"""Reads of what all live shows are like now, each a query over all of them; writes and reads of their metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, text

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.analytics.audience.repository import watched_of, watched_of_row, watched_sums
from gshop_studio.server.analytics.audience.watched import Watched
from gshop_studio.server.analytics.metrics.measured import (
    BestSeller,
    Measured,
    Show,
    minute_of,
    reactions_of_last_minute,
)
from gshop_studio.server.clock import new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import (
    LiveStreamMessageRow,
    LiveStreamMetricRow,
    LiveStreamProductRow,
    LiveStreamReactionRow,
    LiveStreamRow,
    LiveStreamViewerRow,
    ProductRow,
)

_SHOW = (
    LiveStreamRow.id,
    LiveStreamRow.currency,
    LiveStreamRow.viewer_count,
    LiveStreamRow.total_purchases,
    LiveStreamRow.gmv_minor,
)


class MetricsRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._session = transaction.session

    async def live_shows(self) -> list[Show]:
        found = await self._session.execute(select(*_SHOW).where(LiveStreamRow.status == StreamStatus.LIVE.value))
        return [Show(*row) for row in found]

    async def show(self, stream_id: str) -> Show | None:
        """One show, whatever its state."""
        row = (await self._session.execute(select(*_SHOW).where(LiveStreamRow.id == stream_id))).first()
        return Show(*row) if row is not None else None

    async def statuses(self, stream_ids: Iterable[str]) -> dict[str, StreamStatus]:
        """Of those that exist."""
        found = await self._session.execute(
            select(LiveStreamRow.id, LiveStreamRow.status).where(LiveStreamRow.id.in_(list(stream_ids)))
        )
        return {stream_id: StreamStatus(status) for stream_id, status in found}

    async def measure(self, shows: Sequence[Show], now: datetime) -> list[Measured]:
        """These shows at this moment: five queries, however many they are."""
        ids = [show.id for show in shows]
        messages = await self._messages_since(ids, now - timedelta(minutes=1))
        reactions = await self._reactions_since(ids, minute_of(now) - timedelta(minutes=1))
        highlighted = await self._highlighted(ids)
        watched = await self._watched(ids, now)
        best = await self._best_sellers(ids)
        return [
            Measured(
                show=show,
                at=now,
                messages_per_minute=float(messages.get(show.id, 0)),
                reactions_per_minute=reactions_of_last_minute(reactions[show.id], now),
                products_highlighted=highlighted.get(show.id, 0),
                watched=watched.get(show.id, Watched()),
                best_seller=best.get(show.id),
            )
            for show in shows
        ]

    async def add(self, measured: Iterable[Measured], now: datetime) -> None:
        rows = [
            {
                "id": new_id(),
                "timestamp": each.at,
                "stream_id": each.show.id,
                "viewer_count": each.show.viewer_count,
                "messages_per_minute": each.messages_per_minute,
                "reactions_per_minute": each.reactions_per_minute,
                "products_highlighted": each.products_highlighted,
                "purchases_count": each.show.total_purchases,
                "revenue_minor": each.show.revenue_minor,
                "average_watch_time_s": each.watched.average_s,
                "bounce_rate": each.watched.bounce_rate,
                "engagement_score": each.engagement_score,
                "created_at": now,
            }
            for each in measured
        ]
        if rows:
            await self._session.execute(insert(LiveStreamMetricRow), rows)

    async def points_after(self, since: dict[str, datetime | None]) -> list[LiveStreamMetricRow]:
        """Of these shows, the points later than the moment given with each; the last one alone where none is given."""
        found: list[LiveStreamMetricRow] = []
        for stream_id, moment in since.items():
            query = select(LiveStreamMetricRow).where(LiveStreamMetricRow.stream_id == stream_id)
            if moment is None:
                query = query.order_by(LiveStreamMetricRow.timestamp.desc()).limit(1)
            else:
                query = query.where(LiveStreamMetricRow.timestamp > moment).order_by(LiveStreamMetricRow.timestamp)
            found += await self._session.scalars(query)
        return found

    async def _messages_since(self, ids: Sequence[str], since: datetime) -> dict[str, int]:
        found = await self._session.execute(
            select(LiveStreamMessageRow.stream_id, func.count())
            .where(
                LiveStreamMessageRow.stream_id.in_(ids),
                LiveStreamMessageRow.created_at > since,
                LiveStreamMessageRow.type == "message",
            )
            .group_by(LiveStreamMessageRow.stream_id)
        )
        return {row[0]: row[1] for row in found}

    async def _reactions_since(self, ids: Sequence[str], minute: datetime) -> dict[str, dict[datetime, int]]:
        found = await self._session.execute(
            select(LiveStreamReactionRow.stream_id, LiveStreamReactionRow.minute, func.sum(LiveStreamReactionRow.count))
            .where(LiveStreamReactionRow.stream_id.in_(ids), LiveStreamReactionRow.minute >= minute)
            .group_by(LiveStreamReactionRow.stream_id, LiveStreamReactionRow.minute)
        )
        counts: dict[str, dict[datetime, int]] = defaultdict(dict)
        for stream_id, counted_minute, count in found:
            counts[stream_id][counted_minute] = int(count)
        return counts

    async def _highlighted(self, ids: Sequence[str]) -> dict[str, int]:
        found = await self._session.execute(
            select(LiveStreamProductRow.stream_id, func.count())
            .where(LiveStreamProductRow.stream_id.in_(ids), LiveStreamProductRow.highlighted_at.is_not(None))
            .group_by(LiveStreamProductRow.stream_id)
        )
        return {row[0]: row[1] for row in found}

    async def _watched(self, ids: Sequence[str], now: datetime) -> dict[str, Watched]:
        found = await self._session.execute(
            select(LiveStreamViewerRow.stream_id, *watched_sums(watched_of_row(self._transaction.is_postgres, now)))
            .join(LiveStreamRow, LiveStreamRow.id == LiveStreamViewerRow.stream_id)
            .where(LiveStreamViewerRow.stream_id.in_(ids))
            .group_by(LiveStreamViewerRow.stream_id)
        )
        return {row[0]: watched_of(row[1:]) for row in found}

    async def _best_sellers(self, ids: Sequence[str]) -> dict[str, BestSeller]:
        shelf = LiveStreamProductRow
        found = await self._session.execute(
            select(shelf.stream_id, shelf.product_id, ProductRow.name, shelf.sold_count, shelf.revenue_minor)
            .join(ProductRow, ProductRow.id == shelf.product_id)
            .where(shelf.stream_id.in_(ids), shelf.sold_count > 0)
            .order_by(shelf.revenue_minor, shelf.sold_count, shelf.position.desc())
        )
        return {row[0]: BestSeller(row[1], row[2], row[3], row[4]) for row in found}  # the last one stays


class PartitionRepository:
    """The months `live_stream_metrics` is cut into on PostgreSQL."""

    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def lock(self) -> None:
        """Nobody else reads or writes metrics until the end of the transaction."""
        await self._session.execute(text("LOCK TABLE live_stream_metrics IN ACCESS EXCLUSIVE MODE"))

    async def has(self, name: str) -> bool:
        return await self._session.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is not None

    async def add(self, name: str, first: datetime, after: datetime) -> None:
        """A partition of [first, after). Rows that came before it, into the default partition, move into it: while
        they are there PostgreSQL refuses it."""
        await self._session.execute(text(f"CREATE TABLE {name} (LIKE live_stream_metrics INCLUDING ALL)"))
        taken = "DELETE FROM live_stream_metrics_default WHERE timestamp >= :first AND timestamp < :after RETURNING *"
        moved = f"WITH taken AS ({taken}) INSERT INTO {name} SELECT * FROM taken"  # noqa: S608 - a name of ours
        await self._session.execute(text(moved), {"first": first, "after": after})
        await self._session.execute(
            text(
                f"ALTER TABLE live_stream_metrics ATTACH PARTITION {name}"
                f" FOR VALUES FROM ('{first.isoformat()}') TO ('{after.isoformat()}')"
            )
        )
