"""A show's life: started by its host, fed by a publisher, held when media is lost, ended by whoever comes first.

Implements the media back end's `PublishAuthority`. Every change of state is one write transaction that also takes the
event's place in the show's sequence; the rules are `domain.stream_life`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from gshop_studio.contract.events import (
    Room,
    ServerEvent,
    StreamEndedEvent,
    StreamInterruptedEvent,
    StreamReceivingEvent,
    StreamResultEvent,
    StreamStartedEvent,
)
from gshop_studio.contract.rest import EndAnswer, IngestAnswer, StartAnswer
from gshop_studio.domain.money import on_wire
from gshop_studio.domain.stream_life import StreamAction, StreamStatus, next_status
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.media.ports import PublishGrant, PublishRefusal, RefusalReason
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.answers import thumbnail_of
from gshop_studio.server.streams.changes import ChangeListener, ShowChanges
from gshop_studio.server.streams.keys import StreamKeys
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.repository import StreamRepository
from gshop_studio.server.streams.timers import StreamTimers
from gshop_studio.server.tables import LiveStreamRow
from gshop_studio.server.urls import PublicUrls

log = logging.getLogger(__name__)
ADOPT_TIMERS_EVERY_S = 5.0
_RETRY_S = 5.0
EndListener = Callable[[str], Awaitable[None]]
"""Told the id of a show that is over, after it is."""


class StreamLife:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        keys: StreamKeys,
        gateway: Gateway,
        urls: PublicUrls,
        *,
        media_lost_hold_s: float,
        no_media_after_start_s: float,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._keys = keys
        self._gateway = gateway
        self._urls = urls
        self._media_lost_hold_s = media_lost_hold_s
        self._no_media_after_start_s = no_media_after_start_s
        self._clock = clock
        self._timers = StreamTimers()
        self._media_retries = StreamTimers()
        self._unwritten_media: dict[str, bool] = {}
        """By show: whether media comes, where that is not written yet."""
        self.interruption_count = 0
        """Times that a show lost its media, and was held."""
        self._ended: list[EndListener] = []
        self._changes = ShowChanges()

    def subscribe_ended(self, listener: EndListener) -> None:
        self._ended.append(listener)

    def subscribe_changed(self, listener: ChangeListener) -> None:
        """Have `listener` told of each show that starts, ends, or whose media comes or goes."""
        self._changes.subscribe(listener)

    # --- what the host does -------------------------------------------------------------------------------------

    async def start(self, caller: Caller | None, stream_id: str) -> StartAnswer:
        """Go on air. On a live show: the same answer with the same key.

        Raises:
            Refused: `stream.over`, or what rights say.
        """
        async with self._database.write() as transaction:
            row = await self._lookup.of_host(transaction, caller, stream_id)
            before = StreamStatus(row.status)
            after = next_status(before, StreamAction.START)
            if after is None:
                raise Refused("stream.over")
            key = self._open_key(row) if before is StreamStatus.LIVE else None
            if key is None:
                key = self._new_key(row)
            if before is not StreamStatus.LIVE:
                now = self._clock()
                row.status, row.started_at, row.updated_at = after.value, now, now
                row.is_receiving, row.first_media_at, row.media_lost_at = False, None, None
                started = StreamStartedEvent(
                    stream_id=row.id,
                    title=row.title,
                    hls_url=self._urls.playlist(row.id),
                    thumbnail_url=thumbnail_of(row, self._urls),
                )
                await self._gateway.record(transaction, row.id, ServerEvent.STREAM_STARTED, started)
                self._changes.tell(transaction, row.id)
                transaction.after_commit(partial(self._wait_for_first_media, row.id, self._no_media_after_start_s))
        return StartAnswer(
            stream_id=stream_id,
            rtmp_ingest_url=self._urls.rtmp,
            stream_key=key,
            hls_playback_url=self._urls.playlist(stream_id),
        )

    async def end(self, caller: Caller | None, stream_id: str) -> EndAnswer:
        """End the show; an ended one stays so.

        Raises:
            Refused: `stream.not_live`, or what rights say.
        """
        async with self._database.write() as transaction:
            row = await self._lookup.of_host(transaction, caller, stream_id)
            if next_status(StreamStatus(row.status), StreamAction.END) is None:
                raise Refused("stream.not_live")
            did_end = row.status == StreamStatus.LIVE.value
            if did_end:
                await self._end(transaction, row)
            answer = EndAnswer(recording_url=row.recording_url)
        if did_end:
            await self._tell_ended(stream_id)
        return answer

    async def ingest(self, caller: Caller | None, stream_id: str) -> IngestAnswer:
        """Where to publish, and the key, to the host alone; a show that is not live has none."""
        async with self._database.read() as transaction:
            row = await self._lookup.of_host(transaction, caller, stream_id)
            key = self._open_key(row) if row.status == StreamStatus.LIVE.value else None
        return IngestAnswer(rtmp_ingest_url=self._urls.rtmp, stream_key=key)

    async def rotate(self, caller: Caller | None, stream_id: str) -> IngestAnswer:
        """A new key for a live show; the old one no longer opens a connection.

        Raises:
            Refused: `stream.not_live`, or what rights say.
        """
        async with self._database.write() as transaction:
            row = await self._lookup.of_host(transaction, caller, stream_id)
            if row.status != StreamStatus.LIVE.value:
                raise Refused("stream.not_live")
            key = self._new_key(row)
        return IngestAnswer(rtmp_ingest_url=self._urls.rtmp, stream_key=key)

    # --- what the media back end asks and tells (PublishAuthority) ----------------------------------------------

    async def authorise_publish(self, key: str, address: str) -> PublishGrant | PublishRefusal:
        """Whether the holder of this key may publish now. Slowing down who guesses is the media back end's."""
        async with self._database.read() as transaction:
            row = await StreamRepository(transaction).stream_by_key_hash(self._keys.hash(key))
        if row is None:
            return PublishRefusal(RefusalReason.WRONG_KEY)
        if row.status != StreamStatus.LIVE.value:
            return PublishRefusal(RefusalReason.NOT_LIVE)
        return PublishGrant(row.id)

    async def media_started(self, stream_id: str) -> None:
        await self._media_is(stream_id, has_media=True)

    async def media_stopped(self, stream_id: str) -> None:
        await self._media_is(stream_id, has_media=False)

    async def _media_is(self, stream_id: str, *, has_media: bool) -> None:
        """The media back end is told nothing of a full disk: what could not be written is written when it can be."""
        self._unwritten_media[stream_id] = has_media
        try:
            await self._write_media(stream_id)
        except Refused as refusal:
            log.warning("media of stream %s: %s", stream_id, refusal.code)
            if not self._media_retries.is_set(stream_id):
                self._media_retries.set(stream_id, _RETRY_S, partial(self._write_media, stream_id))

    async def _write_media(self, stream_id: str) -> None:
        """Write whether media comes: what was told last, also where that was told while this wrote."""
        while stream_id in self._unwritten_media:
            async with self._database.write() as transaction:
                row = await StreamRepository(transaction).stream(stream_id)
                has_media = self._unwritten_media.get(stream_id)  # read while the show is locked
                is_live = row is not None and row.status == StreamStatus.LIVE.value
                if row is not None and is_live and has_media is not None and row.is_receiving is not has_media:
                    await (self._receive if has_media else self._hold)(transaction, row)
            if self._unwritten_media.get(stream_id) is has_media:
                self._unwritten_media.pop(stream_id, None)

    async def _receive(self, transaction: Transaction, row: LiveStreamRow) -> None:
        row.is_receiving, row.media_lost_at = True, None
        row.first_media_at = row.first_media_at or self._clock()
        receiving = StreamReceivingEvent(stream_id=row.id)
        await self._gateway.record(transaction, row.id, ServerEvent.STREAM_RECEIVING, receiving)
        self._changes.tell(transaction, row.id)
        transaction.after_commit(partial(self._timers.cancel, row.id))

    # --- over time ----------------------------------------------------------------------------------------------

    async def resume_after_restart(self) -> None:
        """The media back end has just started, with no publisher: shows that had media get the whole hold again."""
        async with self._database.read() as transaction:
            live = [row.id for row in await StreamRepository(transaction).live_streams()]
        for stream_id in live:
            async with self._database.write() as transaction:
                row = await StreamRepository(transaction).stream(stream_id)
                if row is None or row.status != StreamStatus.LIVE.value:
                    continue
                if row.is_receiving:
                    await self._hold(transaction, row)
                elif row.first_media_at is not None:
                    row.media_lost_at = self._clock()
                    transaction.after_commit(partial(self._wait_for_media_again, row.id, self._media_lost_hold_s))
                else:
                    transaction.after_commit(partial(self._wait_for_first_media, row.id, self._left_s(row)))

    async def adopt_timers(self) -> None:
        """Set the timers that nobody here holds: a job, so that a show's end does not die with the instance that was
        to bring it. Where another instance holds one too, the first to act is the one that counts."""
        async with self._database.read() as transaction:
            live = await StreamRepository(transaction).live_streams()
        for row in live:
            if row.is_receiving or self._timers.is_set(row.id):
                continue
            action = self._give_up if row.first_media_at is None else self._end_held
            self._timers.set(row.id, self._left_s(row), partial(action, row.id))

    async def close(self) -> None:
        """End the timers. The shows stay as they are, for the next start."""
        await self._timers.close()
        await self._media_retries.close()

    def _wait_for_first_media(self, stream_id: str, delay_s: float) -> None:
        self._timers.set(stream_id, delay_s, partial(self._give_up, stream_id))

    def _wait_for_media_again(self, stream_id: str, delay_s: float) -> None:
        self._timers.set(stream_id, delay_s, partial(self._end_held, stream_id))

    def _left_s(self, row: LiveStreamRow) -> float:
        """How long a live show without media may go on waiting."""
        if row.first_media_at is None:
            since, most_s = row.started_at, self._no_media_after_start_s
        else:
            since, most_s = row.media_lost_at, self._media_lost_hold_s
        waited_s = (self._clock() - since).total_seconds() if since is not None else 0.0
        return min(most_s, max(0.0, most_s - waited_s))  # the clock may have been set back

    def _mend_moments(self, row: LiveStreamRow) -> None:
        """What lies ahead, for the clock was set back, is now: a show waits once more, not until the clock is there."""
        now = self._clock()
        if row.started_at is not None and row.first_media_at is None:
            row.started_at = min(row.started_at, now)
        if row.media_lost_at is not None:
            row.media_lost_at = min(row.media_lost_at, now)

    async def _hold(self, transaction: Transaction, row: LiveStreamRow) -> None:
        now = self._clock()
        row.is_receiving, row.media_lost_at = False, now
        held_until = now + timedelta(seconds=self._media_lost_hold_s)
        interrupted = StreamInterruptedEvent(stream_id=row.id, held_until=to_ms(held_until))
        await self._gateway.record(transaction, row.id, ServerEvent.STREAM_INTERRUPTED, interrupted)
        self._changes.tell(transaction, row.id)
        transaction.after_commit(partial(self._wait_for_media_again, row.id, self._media_lost_hold_s))
        transaction.after_commit(self._count_interruption)

    def _count_interruption(self) -> None:
        self.interruption_count += 1

    async def _end_held(self, stream_id: str) -> None:
        async with self._database.write() as transaction:
            row = await StreamRepository(transaction).stream(stream_id)
            if row is None or row.status != StreamStatus.LIVE.value or row.is_receiving:
                return
            self._mend_moments(row)
            if (left_s := self._left_s(row)) > 0:  # media came and went again, at another instance
                transaction.after_commit(partial(self._wait_for_media_again, stream_id, left_s))
                return
            await self._end(transaction, row)
        await self._tell_ended(stream_id)

    async def _give_up(self, stream_id: str) -> None:
        """No media came: back to its date, or over."""
        async with self._database.write() as transaction:
            row = await StreamRepository(transaction).stream(stream_id)
            if row is None or row.status != StreamStatus.LIVE.value or row.first_media_at is not None:
                return
            self._mend_moments(row)
            if (left_s := self._left_s(row)) > 0:  # given up and started anew, at another instance
                transaction.after_commit(partial(self._wait_for_first_media, stream_id, left_s))
                return
            has_date = row.scheduled_at is not None
            after = next_status(StreamStatus.LIVE, StreamAction.GIVE_UP_WAITING, has_date=has_date)
            is_over = after is not StreamStatus.SCHEDULED
            if is_over:
                await self._end(transaction, row)
            else:
                row.status, row.started_at, row.updated_at = StreamStatus.SCHEDULED.value, None, self._clock()
                interrupted = StreamInterruptedEvent(stream_id=row.id, status=StreamStatus.SCHEDULED)
                await self._gateway.record(transaction, row.id, ServerEvent.STREAM_INTERRUPTED, interrupted)
                self._changes.tell(transaction, row.id)
        if is_over:
            await self._tell_ended(stream_id)

    async def _end(self, transaction: Transaction, row: LiveStreamRow) -> None:
        now = self._clock()
        row.status, row.ended_at, row.updated_at = StreamStatus.ENDED.value, now, now
        row.is_receiving, row.media_lost_at = False, None
        ended = StreamEndedEvent(
            stream_id=row.id,
            duration=max(0.0, (now - row.started_at).total_seconds()) if row.started_at else 0.0,
            total_views=row.total_views,
            peak_viewers=row.peak_viewer_count,
            total_purchases=row.total_purchases,
            recording_url=row.recording_url,
        )
        result = StreamResultEvent(**dict(ended), revenue=on_wire(row.gmv_minor, row.currency), currency=row.currency)
        await self._gateway.record(transaction, row.id, ServerEvent.STREAM_RESULT, result, room=Room.STAFF)
        await self._gateway.record(transaction, row.id, ServerEvent.STREAM_ENDED, ended)
        self._changes.tell(transaction, row.id)
        transaction.after_commit(partial(self._timers.cancel, row.id))

    async def _tell_ended(self, stream_id: str) -> None:
        for listener in self._ended:
            await listener(stream_id)

    def _open_key(self, row: LiveStreamRow) -> str | None:
        return self._keys.open(row.stream_key_sealed) if row.stream_key_sealed else None

    def _new_key(self, row: LiveStreamRow) -> str:
        made = self._keys.make()
        row.stream_key_sealed, row.stream_key_hash = made.sealed, made.hash
        return made.key
