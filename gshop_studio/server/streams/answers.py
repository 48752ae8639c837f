"""Shows as the wire has them: to each caller what they may see."""

from __future__ import annotations

from collections.abc import Sequence

from gshop_studio.contract.rest import Host, Stream, StreamMetric
from gshop_studio.domain.money import on_wire
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, may
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.database import Transaction
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.repository import StreamRepository
from gshop_studio.server.tables import LiveStreamMetricRow, LiveStreamRow
from gshop_studio.server.urls import PublicUrls


class StreamAnswers:
    def __init__(self, lookup: StreamLookup, accounts: AccountService, on_air: OnAirService, urls: PublicUrls) -> None:
        self._lookup = lookup
        self._accounts = accounts
        self._on_air = on_air
        self._urls = urls

    async def whole(self, transaction: Transaction, caller: Caller | None, row: LiveStreamRow) -> Stream:
        """One show, with its products."""
        facts = await self._lookup.facts_of(transaction, row, caller)
        is_staff = may(caller, StreamRight.SEE_NUMBERS, facts)
        [answer] = await self._answers(transaction, [row], {row.id} if is_staff else set())
        whole: dict[str, object] = {"products": await self._on_air.shelf(transaction, caller, facts)}
        if is_staff:
            last = await StreamRepository(transaction).last_metric(row.id)
            whole["metrics"] = [_metric(last, row.currency)] if last is not None else []
        return answer.model_copy(update=whole)

    async def many(
        self, transaction: Transaction, caller: Caller | None, rows: Sequence[LiveStreamRow]
    ) -> list[Stream]:
        """Shows of a list, without their products. What only staff may see is there for the host."""
        own = {row.id for row in rows if caller is not None and row.host_id == caller.user_id}
        return await self._answers(transaction, rows, own)

    async def _answers(
        self, transaction: Transaction, rows: Sequence[LiveStreamRow], staff_of: set[str]
    ) -> list[Stream]:
        hosts = await self._accounts.hosts(transaction, (row.host_id for row in rows))
        moderators = await StreamRepository(transaction).moderators(staff_of) if staff_of else {}
        answers = []
        for row in rows:
            answer = self._answer(row, hosts[row.host_id])
            if row.id in staff_of:
                answer = answer.model_copy(update=_for_staff(row, moderators.get(row.id, [])))
            answers.append(answer)
        return answers

    def _answer(self, row: LiveStreamRow, host: Host) -> Stream:
        return Stream.model_validate(
            {
                "id": row.id,
                "title": row.title,
                "description": row.description,
                "status": row.status,
                "is_receiving": row.is_receiving,
                "host_type": row.host_type,
                "seller_id": row.seller_id,
                "affiliate_id": row.affiliate_id,
                "host": host,
                "hls_url": self._urls.playlist(row.id),
                "thumbnail_url": thumbnail_of(row, self._urls),
                "category": row.category,
                "tags": row.tags,
                "language": row.language,
                "stream_quality": row.stream_quality,
                "orientation": row.orientation,
                "latency_mode": row.latency_mode,
                "is_recorded": row.is_recorded,
                "recording_url": row.recording_url,
                "is_private": row.is_private,
                "scheduled_at": row.scheduled_at,
                "started_at": row.started_at,
                "ended_at": row.ended_at,
                "viewer_count": row.viewer_count,
                "peak_viewer_count": row.peak_viewer_count,
                "total_views": row.total_views,
                "total_likes": row.total_likes,
                "likes_count": row.total_likes,
                "shares_count": row.total_shares,
                "total_messages": row.total_messages,
                "total_purchases": row.total_purchases,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
            }
        )


def thumbnail_of(row: LiveStreamRow, urls: PublicUrls) -> str | None:
    """The picture uploaded, else the link given."""
    return urls.image(row.thumbnail_name) if row.thumbnail_name else row.thumbnail_url


def _metric(row: LiveStreamMetricRow, currency: str | None) -> StreamMetric:
    return StreamMetric(
        timestamp=row.timestamp,
        viewer_count=row.viewer_count,
        messages_per_minute=round(row.messages_per_minute, 1),
        reactions_per_minute=round(row.reactions_per_minute, 1),
        products_highlighted=row.products_highlighted,
        purchases_count=row.purchases_count,
        revenue=on_wire(row.revenue_minor, currency),
        average_watch_time=round(row.average_watch_time_s, 1),
        bounce_rate=round(row.bounce_rate, 4),
        engagement_score=round(row.engagement_score, 1),
    )


def _for_staff(row: LiveStreamRow, moderators: list[str]) -> dict[str, object]:
    gmv = on_wire(row.gmv_minor, row.currency)
    return {
        "gmv": gmv,
        "revenue": gmv,
        "total_revenue": gmv,
        "currency": row.currency,
        "allowed_viewers": list(row.allowed_viewers),
        "moderators": moderators,
    }
