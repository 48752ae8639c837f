"""Schedules: planning shows, changing and cancelling what is planned, and who wants to be reminded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gshop_studio.contract.notifications import NotificationKind
from gshop_studio.contract.rest import StreamCreate, StreamPatch
from gshop_studio.contract.schedules import (
    Schedule,
    ScheduleCreate,
    ScheduleList,
    SchedulePatch,
    ScheduleStatus,
    SubscriptionAnswer,
)
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.domain.repeats import moment_of
from gshop_studio.domain.stream_life import LATE_S, StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require, require_account, require_host
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.notifications.notices import Notices
from gshop_studio.server.refusals import FieldRefusal, Refused
from gshop_studio.server.schedules.agenda import set_clock
from gshop_studio.server.schedules.answers import ScheduleAnswers
from gshop_studio.server.schedules.reminders import Reminders
from gshop_studio.server.schedules.repository import ScheduleRepository, Wanted
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.service import StreamService
from gshop_studio.server.tables import LiveStreamRow, LiveStreamScheduleRow

FARTHEST = timedelta(days=731)
_OF_SHOW = ("title", "description", "category", "tags", "thumbnail_url")
_OVER = frozenset({StreamStatus.ENDED, StreamStatus.CANCELLED})


class ScheduleService:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        streams: StreamService,
        notices: Notices,
        reminders: Reminders,
        answers: ScheduleAnswers,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._streams = streams
        self._notices = notices
        self._reminders = reminders
        self._answers = answers
        self._clock = clock

    # --- the host's ---------------------------------------------------------------------------------------------

    async def create(self, caller: Caller | None, wish: ScheduleCreate) -> Schedule:
        """Plan a show: it is made at once, with its shelf.

        Raises:
            Refused: what rights and the show say; `request.invalid`: the date has passed, or is too far away.
        """
        host = require_host(caller)
        wished, date = _read(wish.scheduled_date, wish.time_zone)
        self._check(date)
        show = StreamCreate(
            title=wish.title,
            description=wish.description,
            scheduled_at=date,
            category=wish.category,
            tags=wish.tags,
            product_ids=wish.products,
            thumbnail_url=wish.thumbnail_url,
            is_private=wish.is_private,
            allowed_viewers=wish.allowed_viewers,
            language=wish.language,
        )
        async with self._database.write() as transaction:
            stream = await self._streams.add(transaction, host, show)
            row = await self._row(transaction, stream.id)
            set_clock(row, wish.time_zone, wished)
            row.repeats = wish.repeats
            row.estimated_duration_s = wish.estimated_duration
            row.notify_followers = wish.notify_followers
            return await self._answer(transaction, caller, row)

    async def change(self, caller: Caller | None, schedule_id: str, wish: SchedulePatch) -> Schedule:
        """Only what is given changes. Who wanted to be reminded hears of another date.

        Raises:
            Refused: `schedule.not_found`, `schedule.over`, `stream.is_live` (another date), `request.invalid` as for
                `create`, and what rights say.
        """
        async with self._database.write() as transaction:
            show, row = await self._of_host(transaction, caller, schedule_id)
            if row.status != ScheduleStatus.SCHEDULED.value or StreamStatus(show.status) in _OVER:
                raise Refused("schedule.over")
            zone = wish.time_zone or row.time_zone
            wished, date = _read(wish.scheduled_date, zone) if wish.scheduled_date is not None else (None, None)
            fields = {name: getattr(wish, name) for name in _OF_SHOW if name in wish.model_fields_set}
            if date is not None:
                self._check(date)
                fields["scheduled_at"] = date
            edit = None
            if fields:
                edit = await self._streams.edit(transaction, caller, show.id, StreamPatch.model_validate(fields))
            if date is not None or wish.time_zone is not None:
                self._check(row.scheduled_date, may_be_past=True)
                set_clock(row, zone, wished)
            row.repeats = wish.repeats or row.repeats
            row.estimated_duration_s = wish.estimated_duration or row.estimated_duration_s
            if wish.notify_followers is not None:
                row.notify_followers = wish.notify_followers
            row.updated_at = self._clock()
            self._streams.tell_changed(transaction, show.id)
            answer = await self._answer(transaction, caller, row)
        if edit is not None:
            await self._streams.forget_picture(edit)
        return answer

    async def cancel(self, caller: Caller | None, schedule_id: str) -> None:
        """The show will not be, nor come again. Who wanted to be reminded is told.

        Raises:
            Refused: `schedule.not_found`, `schedule.over`, `stream.is_live`, and what rights say.
        """
        async with self._database.write() as transaction:
            show, _ = await self._of_host(transaction, caller, schedule_id)
            if show.status == StreamStatus.LIVE.value:
                raise Refused("stream.is_live")
            if not await self._streams.cancel(transaction, show):
                raise Refused("schedule.over")

    async def own(
        self, caller: Caller | None, *, status: ScheduleStatus | None, limit: int, offset: int
    ) -> ScheduleList:
        """The caller's own, whatever became of them; the earliest first."""
        host = require_host(caller)
        return await self._page(caller, Wanted(host_id=host.user_id, status=status), limit, offset)

    # --- for everybody ------------------------------------------------------------------------------------------

    async def get(self, caller: Caller | None, schedule_id: str) -> Schedule:
        """One of them.

        Raises:
            Refused: `schedule.not_found`, `stream.private`, `stream.banned`.
        """
        async with self._database.read() as transaction:
            stream_id = await self._stream_id(transaction, schedule_id)
            require(caller, StreamRight.WATCH, await self._lookup.facts(transaction, stream_id, caller))
            return await self._answer(transaction, caller, await self._row(transaction, stream_id))

    async def upcoming(
        self,
        caller: Caller | None,
        *,
        category: str | None,
        begin: datetime | None,
        end: datetime | None,
        limit: int,
        offset: int,
    ) -> ScheduleList:
        """The public shows to come, the next one first; a late one for a while yet."""
        not_before = self._clock() - timedelta(seconds=LATE_S)
        begin = max(begin, not_before) if begin is not None else not_before
        return await self._page(caller, Wanted(category=category, begin=begin, end=end), limit, offset)

    async def subscribe(self, caller: Caller | None, stream_id: str) -> SubscriptionAnswer:
        """Be reminded of a show; again is the same.

        Raises:
            Refused: `auth.account_needed`, `stream.over`, and what `get` says.
        """
        caller = require_account(caller)
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            if stream.status in _OVER:
                raise Refused("stream.over")
            await ScheduleRepository(transaction).subscribe(stream_id, caller.user_id, self._clock())
            await self._reminders.catch_up(transaction, stream_id, caller.user_id)
            will_notify = caller.user_id != stream.host_id and await self._notices.reaches(
                transaction, caller.user_id, NotificationKind.REMINDER
            )
        return SubscriptionAnswer(subscribed=True, will_notify=will_notify)

    async def unsubscribe(self, caller: Caller | None, stream_id: str) -> SubscriptionAnswer:
        """Be reminded no longer; also of a show one may not watch any more.

        Raises:
            Refused: `auth.account_needed`, `stream.not_found`.
        """
        caller = require_account(caller)
        async with self._database.write() as transaction:
            await self._lookup.require(transaction, stream_id)
            await ScheduleRepository(transaction).unsubscribe(stream_id, caller.user_id)
        return SubscriptionAnswer(subscribed=False, will_notify=False)

    # ------------------------------------------------------------------------------------------------------------

    async def _page(self, caller: Caller | None, wanted: Wanted, limit: int, offset: int) -> ScheduleList:
        async with self._database.read() as transaction:
            rows, total = await ScheduleRepository(transaction).page(wanted, limit, offset)
            return ScheduleList(schedules=await self._answers.many(transaction, caller, rows), total=total)

    async def _answer(self, transaction: Transaction, caller: Caller | None, row: LiveStreamScheduleRow) -> Schedule:
        if transaction.is_writing:
            await ScheduleRepository(transaction).flush()
        show = await self._lookup.require(transaction, row.stream_id)
        [answer] = await self._answers.many(transaction, caller, [(row, show)])
        return answer

    async def _of_host(
        self, transaction: Transaction, caller: Caller | None, schedule_id: str
    ) -> tuple[LiveStreamRow, LiveStreamScheduleRow]:
        """The show, locked, and then its schedule."""
        stream_id = await self._stream_id(transaction, schedule_id)
        show = await self._lookup.of_host(transaction, caller, stream_id)
        return show, await self._row(transaction, stream_id)

    async def _stream_id(self, transaction: Transaction, schedule_id: str) -> str:
        stream_id = await ScheduleRepository(transaction).stream_id(schedule_id)
        if stream_id is None:
            raise Refused("schedule.not_found")
        return stream_id

    async def _row(self, transaction: Transaction, stream_id: str) -> LiveStreamScheduleRow:
        row = await ScheduleRepository(transaction).of_stream(stream_id)
        if row is None:
            raise Refused("schedule.not_found")
        return row

    def _check(self, date: datetime, *, may_be_past: bool = False) -> None:
        now = self._clock()
        if date <= now and not may_be_past:
            raise _unfit("field.too_small", now)
        if not now - FARTHEST < date < now + FARTHEST:
            raise _unfit("field.too_large", now + FARTHEST)


def _read(date: datetime, zone: str) -> tuple[datetime | None, datetime]:
    """What the clock of `zone` is to show, where that was said, and the moment (UTC)."""
    try:
        if date.tzinfo is None:
            return date, moment_of(date, zone)
        return None, date.astimezone(UTC)
    except OverflowError as error:  # where the calendar ends
        raise Refused("request.invalid", errors=(FieldRefusal("scheduledDate", "field.invalid"),)) from error


def _unfit(code: str, limit: datetime) -> Refused:
    return Refused("request.invalid", errors=(FieldRefusal("scheduledDate", code, (("limit", to_wire_time(limit)),)),))
