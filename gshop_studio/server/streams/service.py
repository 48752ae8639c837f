"""Shows: creating, editing, listing and reading them. Their life (start, end, media) is in `life`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gshop_studio.contract.rest import Host, Role, Stream, StreamCreate, StreamList, StreamPatch
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require, require_host
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.streams.lookup import StreamLookup, facts_of
from gshop_studio.server.streams.repository import StreamRepository
from gshop_studio.server.tables import LiveStreamRow
from gshop_studio.server.urls import PublicUrls


class StreamService:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        accounts: AccountService,
        on_air: OnAirService,
        urls: PublicUrls,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._on_air = on_air
        self._urls = urls
        self._clock = clock

    async def create(self, caller: Caller | None, wish: StreamCreate) -> Stream:
        """A show of the caller's, with its first products."""
        host = require_host(caller)
        async with self._database.write() as transaction:
            return await self.add(transaction, host, wish)

    async def add(self, transaction: Transaction, host: Caller, wish: StreamCreate) -> Stream:
        """Write a new show of `host`, within a transaction."""
        now = self._clock()
        is_seller = host.role is Role.SELLER
        row = LiveStreamRow(
            id=new_id(),
            title=wish.title,
            description=wish.description,
            status=StreamStatus.SCHEDULED.value,
            host_type="seller" if is_seller else "affiliate",
            host_id=host.user_id,
            seller_id=host.user_id if is_seller else None,
            affiliate_id=None if is_seller else host.user_id,
            stream_key_sealed=None,
            stream_key_hash=None,
            is_receiving=False,
            first_media_at=None,
            media_lost_at=None,
            thumbnail_url=wish.thumbnail_url,
            thumbnail_name=None,
            category=wish.category,
            tags=list(wish.tags),
            language=wish.language or host.language,
            currency=None,
            stream_quality="720p",
            orientation="landscape",
            latency_mode="low",
            is_recorded=False,
            recording_url=None,
            is_private=wish.is_private,
            allowed_viewers=[],
            viewer_count=0,
            peak_viewer_count=0,
            total_views=0,
            total_likes=0,
            total_messages=0,
            total_purchases=0,
            total_shares=0,
            gmv_minor=0,
            last_seq=0,
            last_staff_seq=0,
            scheduled_at=wish.scheduled_at,
            started_at=None,
            ended_at=None,
            created_at=now,
            updated_at=now,
        )
        await StreamRepository(transaction).add(row)
        for product_id in dict.fromkeys(wish.product_ids):
            await self._on_air.put_on_shelf(transaction, facts_of(row), product_id)
        return await self._whole(transaction, host, row)

    async def change(self, caller: Caller | None, stream_id: str, wish: StreamPatch) -> Stream:
        """Edit the basics; only what is given changes."""
        async with self._database.write() as transaction:
            row = await self._lookup.require(transaction, stream_id)
            require(caller, StreamRight.HOST, facts_of(row))
            for name in wish.model_fields_set:
                value = getattr(wish, name)
                if value is not None or name == "category":
                    setattr(row, name, value)
            row.updated_at = self._clock()
            await StreamRepository(transaction).flush()
            return await self._whole(transaction, caller, row)

    async def get(self, caller: Caller | None, stream_id: str) -> Stream:
        """One show with its products."""
        async with self._database.read() as transaction:
            return await self.read(transaction, caller, stream_id)

    async def read(self, transaction: Transaction, caller: Caller | None, stream_id: str) -> Stream:
        """As `get`, within a transaction.

        Raises:
            Refused: `stream.not_found`, `stream.private`.
        """
        row = await self._lookup.require(transaction, stream_id)
        require(caller, StreamRight.WATCH, await self._lookup.facts_of(transaction, row, caller))
        return await self._whole(transaction, caller, row)

    async def is_private(self, stream_id: str) -> bool | None:
        """None where there is no such show."""
        async with self._database.read() as transaction:
            row = await StreamRepository(transaction).stream(stream_id)
        return row.is_private if row is not None else None

    async def page(
        self, caller: Caller | None, *, is_mine: bool, status: StreamStatus | None, limit: int, offset: int
    ) -> StreamList:
        """The caller's own shows, or everybody's public ones; newest first."""
        host_id = require_host(caller).user_id if is_mine else None
        async with self._database.read() as transaction:
            rows, total = await StreamRepository(transaction).page(
                host_id=host_id, status=status, limit=limit, offset=offset
            )
            return StreamList(streams=await self._answers(transaction, rows), total=total)

    async def active(
        self,
        *,
        category: str | None,
        tags: Sequence[str],
        sort: Literal["viewers", "newest"],
        limit: int,
        offset: int,
    ) -> StreamList:
        """What is on air for everybody."""
        async with self._database.read() as transaction:
            rows, total = await StreamRepository(transaction).active(
                category=category, tags=tags, is_newest_first=sort == "newest", limit=limit, offset=offset
            )
            return StreamList(streams=await self._answers(transaction, rows), total=total)

    async def _whole(self, transaction: Transaction, caller: Caller | None, row: LiveStreamRow) -> Stream:
        [answer] = await self._answers(transaction, [row])
        facts = await self._lookup.facts_of(transaction, row, caller)
        products = await self._on_air.shelf(transaction, caller, facts)
        return answer.model_copy(update={"products": products})

    async def _answers(self, transaction: Transaction, rows: Sequence[LiveStreamRow]) -> list[Stream]:
        hosts = await self._accounts.hosts(transaction, (row.host_id for row in rows))
        return [self._answer(row, hosts[row.host_id]) for row in rows]

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
                "thumbnail_url": row.thumbnail_url,
                "category": row.category,
                "tags": row.tags,
                "language": row.language,
                "is_private": row.is_private,
                "scheduled_at": row.scheduled_at,
                "started_at": row.started_at,
                "ended_at": row.ended_at,
                "viewer_count": row.viewer_count,
                "peak_viewer_count": row.peak_viewer_count,
                "total_views": row.total_views,
                "total_likes": row.total_likes,
                "total_messages": row.total_messages,
                "total_purchases": row.total_purchases,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
            }
        )
