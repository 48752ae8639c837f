"""Shows: creating, editing, listing, reading and removing them. Their life (start, end, media) is in `life`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gshop_studio.contract.events import ServerEvent, StreamCancelledEvent, StreamUpdatedEvent
from gshop_studio.contract.rest import Role, Stream, StreamCreate, StreamList, StreamPatch
from gshop_studio.domain.stream_life import StreamAction, StreamStatus, next_status
from gshop_studio.domain.tags import normalised_tags
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require, require_host
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.answers import StreamAnswers
from gshop_studio.server.streams.changes import ChangeListener, ShowChanges, ShowListener
from gshop_studio.server.streams.lookup import StreamLookup, facts_of
from gshop_studio.server.streams.repository import StreamRepository
from gshop_studio.server.tables import LiveStreamRow

THUMBNAIL_PX = {"landscape": (1280, 720), "portrait": (720, 1280)}
_CLEARED_BY_NULL = frozenset({"category", "scheduled_at", "thumbnail_url"})
_LIVE_SHOWN = 10


@dataclass(frozen=True, slots=True)
class PublicShows:
    """A host's shows that are for everybody."""

    live_count: int
    upcoming_count: int
    past_count: int
    live: list[Stream]


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit made of a show."""

    answer: Stream
    thumbnail: str | None
    """The picture it does not have any more."""


class StreamService:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        accounts: AccountService,
        on_air: OnAirService,
        answers: StreamAnswers,
        gateway: Gateway,
        images: ImageStore,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._on_air = on_air
        self._answers = answers
        self._gateway = gateway
        self._images = images
        self._clock = clock
        self._changes = ShowChanges()
        self._written: list[ShowListener] = []

    def subscribe_changed(self, listener: ChangeListener) -> None:
        """Have `listener` told of each show that is created, edited or removed: its viewers may be others."""
        self._changes.subscribe(listener)

    def subscribe_written(self, listener: ShowListener) -> None:
        """Have `listener` told, within the transaction, of each show that is created, edited or cancelled."""
        self._written.append(listener)

    def tell_changed(self, transaction: Transaction, stream_id: str) -> None:
        """What lists say beside a show is another, as its schedule's repeats."""
        self._changes.tell(transaction, stream_id)

    # --- the host's ---------------------------------------------------------------------------------------------

    async def create(self, caller: Caller | None, wish: StreamCreate) -> Stream:
        """A show of the caller's, with its first products.

        Raises:
            Refused: what rights say; `user.not_found`: somebody among the allowed viewers; of the products what
                `put_on_shelf` refuses.
        """
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
            tags=normalised_tags(wish.tags),
            language=wish.language or host.language,
            currency=None,
            stream_quality=wish.stream_quality,
            orientation=wish.orientation,
            latency_mode=wish.latency_mode,
            is_recorded=wish.is_recorded,
            recording_url=None,
            is_private=wish.is_private,
            allowed_viewers=await self._people(transaction, wish.allowed_viewers),
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
        await self._tell_written(transaction, row.id)
        self._changes.tell(transaction, row.id)
        return await self._answers.whole(transaction, host, row)

    async def change(self, caller: Caller | None, stream_id: str, wish: StreamPatch) -> Stream:
        """Edit a show; only what is given changes. Who may watch changes at once.

        Raises:
            Refused: what rights say; `user.not_found`; another date for a show that is live or over is `stream.is_live`
                or `stream.over`.
        """
        async with self._database.write() as transaction:
            edit = await self.edit(transaction, caller, stream_id, wish)
        await self.forget_picture(edit)
        return edit.answer

    async def edit(self, transaction: Transaction, caller: Caller | None, stream_id: str, wish: StreamPatch) -> Edit:
        """As `change`, within a transaction. `forget_picture` is to follow it."""
        thumbnail = None
        row = await self._lookup.of_host(transaction, caller, stream_id)
        if "scheduled_at" in wish.model_fields_set:
            _refuse_new_date(StreamStatus(row.status))
        for name in sorted(wish.model_fields_set):
            value = getattr(wish, name)
            if value is None and name not in _CLEARED_BY_NULL:
                continue
            match name:
                case "tags":
                    value = normalised_tags(value)
                case "allowed_viewers":
                    value = await self._people(transaction, value)
                case "thumbnail_url":
                    thumbnail, row.thumbnail_name = row.thumbnail_name, None
            setattr(row, name, value)
        return Edit(await self._keep(transaction, caller, row), thumbnail)

    async def forget_picture(self, edit: Edit) -> None:
        """The show has no use for it any more."""
        if edit.thumbnail is not None:
            await self._images.remove(edit.thumbnail)

    async def set_thumbnail(self, caller: Caller | None, stream_id: str, upload: bytes) -> Stream:
        """Give a show its picture, cut to its orientation; the one before is forgotten.

        Raises:
            Refused: `image.*`, `storage.*`, and what rights say.
        """
        async with self._database.read() as transaction:
            row = await self._lookup.of_host(transaction, caller, stream_id)
        name = await self._images.add(upload, THUMBNAIL_PX[row.orientation])
        try:
            async with self._database.write() as transaction:
                row = await self._lookup.of_host(transaction, caller, stream_id)
                before, row.thumbnail_name = row.thumbnail_name, name
                answer = await self._keep(transaction, caller, row)
        except BaseException:
            await self._images.remove(name)
            raise
        if before is not None:
            await self._images.remove(before)
        return answer

    async def remove(self, caller: Caller | None, stream_id: str) -> None:
        """Cancel a show to come; remove one that is over or cancelled, with all that belongs to it, for good.

        Raises:
            Refused: `stream.is_live`, or what rights say.
        """
        thumbnail = None
        async with self._database.write() as transaction:
            row = await self._lookup.of_host(transaction, caller, stream_id)
            if row.status == StreamStatus.LIVE.value:
                raise Refused("stream.is_live")
            if not await self.cancel(transaction, row):
                thumbnail = row.thumbnail_name
                await StreamRepository(transaction).remove(row)
                self._changes.tell(transaction, stream_id)
        if thumbnail is not None:
            await self._images.remove(thumbnail)

    async def cancel(self, transaction: Transaction, row: LiveStreamRow) -> bool:
        """Cancel a show to come, within a transaction; False where it is none."""
        cancelled = next_status(StreamStatus(row.status), StreamAction.CANCEL)
        if cancelled is None:
            return False
        row.status, row.updated_at = cancelled.value, self._clock()
        await StreamRepository(transaction).flush()
        event = StreamCancelledEvent(stream_id=row.id)
        await self._gateway.record(transaction, row.id, ServerEvent.STREAM_CANCELLED, event)
        await self._tell_written(transaction, row.id)
        self._changes.tell(transaction, row.id)
        return True

    # --- for everybody ------------------------------------------------------------------------------------------

    async def get(self, caller: Caller | None, stream_id: str) -> Stream:
        """One show with its products."""
        async with self._database.read() as transaction:
            return await self.read(transaction, caller, stream_id)

    async def read(self, transaction: Transaction, caller: Caller | None, stream_id: str) -> Stream:
        """As `get`, within a transaction.

        Raises:
            Refused: `stream.not_found`, `stream.private`, `stream.banned`.
        """
        row = await self._lookup.require(transaction, stream_id)
        require(caller, StreamRight.WATCH, await self._lookup.facts_of(transaction, row, caller))
        return await self._answers.whole(transaction, caller, row)

    async def is_private(self, stream_id: str) -> bool | None:
        """None where there is no such show."""
        async with self._database.read() as transaction:
            row = await StreamRepository(transaction).stream(stream_id)
        return row.is_private if row is not None else None

    async def require_watching(self, caller: Caller | None, stream_id: str) -> None:
        """Let pass who may watch.

        Raises:
            Refused: `stream.not_found`, `stream.private`, `stream.banned`.
        """
        async with self._database.read() as transaction:
            require(caller, StreamRight.WATCH, await self._lookup.facts(transaction, stream_id, caller))

    async def page(
        self, caller: Caller | None, *, is_mine: bool, status: StreamStatus | None, limit: int, offset: int
    ) -> StreamList:
        """The caller's own shows, or everybody's public ones; newest first."""
        host_id = require_host(caller).user_id if is_mine else None
        async with self._database.read() as transaction:
            rows, total = await StreamRepository(transaction).page(
                host_id=host_id, status=status, limit=limit, offset=offset
            )
            return StreamList(streams=await self._answers.many(transaction, caller, rows), total=total)

    async def active(
        self,
        *,
        category: str | None,
        tags: Sequence[str],
        sort: Literal["viewers", "newest", "trending"],
        limit: int,
        offset: int,
    ) -> StreamList:
        """What is on air for everybody."""
        async with self._database.read() as transaction:
            rows, total = await StreamRepository(transaction).active(
                category=category,
                tags=normalised_tags(tags),
                sort=sort,
                limit=limit,
                offset=offset,
            )
            return StreamList(streams=await self._answers.many(transaction, None, rows), total=total)

    async def public_shows(self, transaction: Transaction, host_id: str) -> PublicShows:
        """A host's shows that are for everybody; live are those whose media has come."""
        repository = StreamRepository(transaction)
        counts = await repository.public_counts(host_id)
        live = await repository.public_live([host_id], _LIVE_SHOWN)
        return PublicShows(
            live_count=counts.get(StreamStatus.LIVE, 0),
            upcoming_count=counts.get(StreamStatus.SCHEDULED, 0),
            past_count=counts.get(StreamStatus.ENDED, 0),
            live=await self._answers.many(transaction, None, live),
        )

    async def hosts_on_air(self, transaction: Transaction, host_ids: Iterable[str]) -> set[str]:
        """Those of these hosts who have a public show on air now."""
        return {row.host_id for row in await StreamRepository(transaction).public_live(host_ids)}

    # ------------------------------------------------------------------------------------------------------------

    async def _keep(self, transaction: Transaction, caller: Caller | None, row: LiveStreamRow) -> Stream:
        row.updated_at = self._clock()
        await StreamRepository(transaction).flush()
        [public] = await self._answers.many(transaction, None, [row])
        updated = StreamUpdatedEvent(stream_id=row.id, stream=public)
        await self._gateway.record(transaction, row.id, ServerEvent.STREAM_UPDATED, updated)
        await self._tell_written(transaction, row.id)
        self._changes.tell(transaction, row.id)
        return await self._answers.whole(transaction, caller, row)

    async def _tell_written(self, transaction: Transaction, stream_id: str) -> None:
        for listener in self._written:
            await listener(transaction, stream_id)

    async def _people(self, transaction: Transaction, user_ids: Sequence[str]) -> list[str]:
        """Each person once; they exist."""
        unique = list(dict.fromkeys(user_ids))
        if unique and len(await self._accounts.hosts(transaction, unique)) < len(unique):
            raise Refused("user.not_found")
        return unique


def _refuse_new_date(status: StreamStatus) -> None:
    if status is StreamStatus.LIVE:
        raise Refused("stream.is_live")
    if status is not StreamStatus.SCHEDULED:
        raise Refused("stream.over")
