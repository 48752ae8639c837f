"""What follows a show that is over: its schedule is completed, and one that comes again each week gets its next pair of
show and schedule, once. At once after the end, and by a job of the leader for what a break left undone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from gshop_studio.contract.rest import Role, StreamCreate
from gshop_studio.contract.schedules import ScheduleStatus
from gshop_studio.domain.repeats import moment_of, next_week
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller, as_language
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.refusals import Refused
from gshop_studio.server.schedules.agenda import wished_clock
from gshop_studio.server.schedules.repository import ScheduleRepository
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.service import StreamService
from gshop_studio.server.tables import LiveStreamRow, LiveStreamScheduleRow

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
MISSED_AFTER = timedelta(hours=24)
"""A weekly show that nobody has put on air by then makes room for the next one."""


@dataclass(slots=True)
class _Picture:
    """A copy of a show's picture for the one a week later."""

    of: str
    name: str
    is_used: bool = False


class Series:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        streams: StreamService,
        accounts: AccountService,
        images: ImageStore,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._streams = streams
        self._accounts = accounts
        self._images = images
        self._clock = clock

    async def ended(self, stream_id: str) -> None:
        """A show is over. What fails here is done by the job."""
        picture = None
        try:
            picture = await self._picture(stream_id)
            await self._close(stream_id, picture)
        except BaseException as error:
            if picture is not None:
                picture.is_used = False  # what was written with it is not
            if not isinstance(error, Refused):
                raise
            log.warning("the schedule of stream %s: %s", stream_id, error.code)
        finally:
            if picture is not None and not picture.is_used:
                await self._images.remove(picture.name)

    async def look(self) -> None:
        """Close the schedules of all shows that are over."""
        async with self._database.read() as transaction:
            over = await ScheduleRepository(transaction).over(self._clock() - MISSED_AFTER)
        for stream_id in over:
            await self.ended(stream_id)

    async def _picture(self, stream_id: str) -> _Picture | None:
        """The uploaded picture of a show that comes again, kept a second time: outside of the transaction, for which
        others wait. Where it cannot be, the next show has none."""
        async with self._database.read() as transaction:
            row = await ScheduleRepository(transaction).of_stream(stream_id)
            if row is None or row.repeats == "none" or row.status != ScheduleStatus.SCHEDULED.value:
                return None
            name = (await self._lookup.require(transaction, stream_id)).thumbnail_name
        if name is None:
            return None
        try:
            return _Picture(name, await self._images.copy(name))
        except Refused as refusal:
            log.warning("the picture of stream %s is not the next one's: %s", stream_id, refusal.code)
            return None

    async def _close(self, stream_id: str, picture: _Picture | None) -> None:
        async with self._database.write() as transaction:
            show = await self._lookup.require(transaction, stream_id)
            repository = ScheduleRepository(transaction)
            row = await repository.of_stream(stream_id)
            if row is None or row.status != ScheduleStatus.SCHEDULED.value:
                return
            is_missed = show.status == StreamStatus.SCHEDULED.value
            if is_missed and row.scheduled_date >= self._clock() - MISSED_AFTER:
                return
            if not is_missed and show.status != StreamStatus.ENDED.value:
                return
            row.status, row.updated_at = ScheduleStatus.COMPLETED.value, self._clock()
            await repository.flush()
            if is_missed:
                await self._streams.cancel(transaction, show)
            if row.repeats == "weekly" and not await repository.has_next(row.id):
                await self._repeat(transaction, show, row, picture)

    async def _repeat(
        self, transaction: Transaction, show: LiveStreamRow, row: LiveStreamScheduleRow, picture: _Picture | None
    ) -> None:
        """The same a week later, or the first week that is to come: with its picture, and with the products there still
        are, at their catalogue prices. Prices of one evening are that evening's."""
        now = self._clock()
        wished = next_week(wished_clock(row), row.time_zone, now)
        repository = ScheduleRepository(transaction)
        products = (await repository.products([show.id])).get(show.id, [])
        guests = await self._accounts.hosts(transaction, show.allowed_viewers) if show.allowed_viewers else {}
        host = Caller(
            user_id=show.host_id,
            role=Role.SELLER if show.host_type == "seller" else Role.AFFILIATE,
            display_name="",
            language=as_language(show.language),
            avatar_url=None,
            expires_at=now,
        )
        made = await self._streams.add(
            transaction,
            host,
            StreamCreate.model_validate(
                {
                    "title": show.title,
                    "description": show.description,
                    "scheduled_at": moment_of(wished, row.time_zone),
                    "category": show.category,
                    "tags": show.tags,
                    "product_ids": products[:200],
                    "thumbnail_url": show.thumbnail_url,
                    "is_private": show.is_private,
                    "allowed_viewers": [user_id for user_id in show.allowed_viewers if user_id in guests],
                    "language": show.language,
                    "stream_quality": show.stream_quality,
                    "orientation": show.orientation,
                    "latency_mode": show.latency_mode,
                    "is_recorded": show.is_recorded,
                }
            ),
        )
        if picture is not None and picture.of == show.thumbnail_name:
            (await self._lookup.require(transaction, made.id)).thumbnail_name = picture.name
            picture.is_used = True
        following = await repository.of_stream(made.id)
        assert following is not None  # the agenda's: a show with a date has one
        following.previous_id = row.id
        following.time_zone, following.wall_clock = row.time_zone, wished.isoformat()
        following.repeats = row.repeats
        following.estimated_duration_s = row.estimated_duration_s
        following.notify_followers = row.notify_followers
        await repository.flush()
