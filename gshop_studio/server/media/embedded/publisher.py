"""One publisher's connection, from the handshake to its last picture. A task of the server's event loop a connection.

It reads only as fast as it packages (back-pressure), keeps deadlines, and asks the authority who may publish.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from gshop_studio.rtmp import (
    AudioReceived,
    ConnectRequested,
    IngestConnection,
    IngestEvent,
    MetadataReceived,
    PublishFinished,
    PublishRequested,
    RtmpError,
    RtmpErrorCode,
    VideoReceived,
)
from gshop_studio.server.media.embedded.guess_throttle import GuessThrottle
from gshop_studio.server.media.embedded.limits import MediaLimits
from gshop_studio.server.media.embedded.live_stream import LiveStream
from gshop_studio.server.media.embedded.live_streams import LiveStreams
from gshop_studio.server.media.embedded.media_clock import CaptureClock
from gshop_studio.server.media.embedded.pace import Pace
from gshop_studio.server.media.embedded.packager import Packager
from gshop_studio.server.media.embedded.segment import Segment
from gshop_studio.server.media.ports import RTMP_APP, PublishAuthority, PublishRefusal, RefusalReason

_log = logging.getLogger(__name__)
_READ_BYTES = 64 * 1024
_BAD_NAME = "NetStream.Publish.BadName"
"""The one refusal of a publisher that OBS and ffmpeg both show."""
_FAILED = "NetStream.Publish.Failed"
_REFUSALS = {
    RefusalReason.WRONG_APP: "There is no such application here.",
    RefusalReason.WRONG_KEY: "The stream key is not valid.",
    RefusalReason.NOT_LIVE: "The show of this stream key is not on air.",
    RefusalReason.ALREADY_PUBLISHING: "Somebody else is publishing with this stream key.",
}
_TOO_MANY_GUESSES = "Too many wrong stream keys. Wait a minute and try again."


@dataclass(frozen=True, slots=True)
class IngestContext:
    """What all publishers share."""

    authority: PublishAuthority
    streams: LiveStreams
    throttle: GuessThrottle
    limits: MediaLimits
    utc_ms: Callable[[], float]


class Publisher:
    """Runs one connection to its end; never raises for what a peer does."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, context: IngestContext
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._address = address
        self._context = context
        self._rtmp = IngestConnection()
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + context.limits.times.handshake_s
        self._patience: asyncio.Timeout | None = None
        self._packager: Packager | None = None
        self._stream: LiveStream | None = None
        self._clock = CaptureClock()
        self._pace = Pace(context.limits.max_ahead_s)
        self._is_over = False
        self._did_tell_start = False
        self._is_waiting_for_clock = False
        self._dismissal: tuple[str, str] | None = None
        self._dismissed = asyncio.Event()
        self._life = asyncio.Event()
        self._gone = asyncio.Event()

    async def run(self) -> None:
        """Serve the publisher until it, or we, have enough."""
        try:
            await self._serve()
        except RtmpError as error:
            self._log(f"broke the rules: {error}")
            self._send_status(_FAILED, error.detail or str(error.code))
        except TimeoutError:
            if self._dismissal:
                self._send_status(*self._dismissal)
            else:
                self._log("was silent for too long")
        except OSError:
            self._log("lost its connection")
        finally:
            try:
                await self._leave()
            finally:
                self._gone.set()
                await self._hang_up()

    @property
    def clock_offset_ms(self) -> float | None:
        """What to add to a moment of its capture clock to have it in ours; None while that is unknown."""
        return self._clock.offset_ms

    async def shows_life(self) -> bool:
        """Whether bytes still come, once those that were under way are read."""
        if self._is_waiting_for_clock:
            return True
        times = self._context.limits.times
        await asyncio.sleep(times.settle_s)
        self._life.clear()
        try:
            await asyncio.wait_for(self._life.wait(), times.takeover_s)
        except TimeoutError:
            return False
        return True

    def flush(self) -> None:
        """List what was begun, though it is short. Told to nobody: this comes before the end."""
        if self._stream is not None and self._packager is not None:
            self._append(self._packager.finish())

    def dismiss(self, code: str, description: str) -> None:
        """Send the publisher away at once."""
        self._dismissal = (code, description)
        self._dismissed.set()
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(self._loop.time())

    async def gone(self) -> None:
        """Returns once the stream is free again."""
        await self._gone.wait()

    async def _serve(self) -> None:
        while data := await self._read():
            self._life.set()
            for event in self._rtmp.receive_data(data):
                await self._receive(event)
                if self._is_over:
                    return
            await self._send()
            await self._keep_pace()

    async def _read(self) -> bytes:
        async with self._patiently():
            return await self._reader.read(_READ_BYTES)

    async def _send(self) -> None:
        """A peer that does not read its answers is not read either."""
        if data := self._rtmp.data_to_send():
            self._write(data)
            async with self._patiently():
                await self._writer.drain()

    @contextlib.asynccontextmanager
    async def _patiently(self) -> AsyncIterator[None]:
        """Until the deadline, or until dismissed; raises TimeoutError at either."""
        if self._dismissal or self._loop.time() >= self._deadline:
            raise TimeoutError
        try:
            async with asyncio.timeout_at(self._deadline) as self._patience:
                yield
        finally:
            self._patience = None

    async def _receive(self, event: IngestEvent) -> None:
        match event:
            case VideoReceived() | AudioReceived():
                await self._receive_media(event)
            case MetadataReceived(values) if self._packager:
                self._packager.receive_metadata(values)
            case ConnectRequested(app):
                self._receive_connect(app)
            case PublishRequested(stream_key):
                await self._receive_publish(stream_key)
            case PublishFinished():
                self._is_over = True

    def _receive_connect(self, app: str) -> None:
        if app == RTMP_APP:
            self._rtmp.accept_connect()
            self._deadline = self._loop.time() + self._context.limits.times.publish_s
        else:
            self._log("asked for an application that is not here")
            self._rtmp.reject_connect(_REFUSALS[RefusalReason.WRONG_APP])
            self._is_over = True

    async def _receive_publish(self, stream_key: str) -> None:
        if self._stream is not None:
            raise RtmpError(RtmpErrorCode.UNEXPECTED_COMMAND, "a second publish")
        refusal = await self._admit(stream_key.partition("?")[0])
        if refusal is not None:
            self._log(f"was refused: {refusal}")
            self._send_status(_BAD_NAME, refusal)
            self._is_over = True
            return
        assert self._stream is not None, "admitted"
        self._log("publishes")
        self._rtmp.accept_publish()
        self._deadline = self._loop.time() + self._context.limits.times.idle_s

    async def _admit(self, stream_key: str) -> str | None:
        """Take the stream of this key; or tell why not."""
        context = self._context
        while True:
            if context.throttle.is_limited(self._address):
                return _TOO_MANY_GUESSES
            verdict = await context.authority.authorise_publish(stream_key, self._address)
            if isinstance(verdict, PublishRefusal):
                if verdict.reason is RefusalReason.WRONG_KEY:
                    context.throttle.note_wrong(self._address)
                    await asyncio.sleep(context.limits.guesses.delay_s)
                return _REFUSALS[verdict.reason]
            stream = context.streams.open(verdict.stream_id)
            if (other := stream.publisher) is None:
                break
            # After a loss of the network the old connection may look alive for minutes: it has to prove it.
            if await other.shows_life():
                return _REFUSALS[RefusalReason.ALREADY_PUBLISHING]
            other.dismiss(_BAD_NAME, "Another connection took over.")
            await other.gone()  # and ask again: the show may have ended meanwhile
        stream.publisher = self
        self._stream = stream
        self._packager = Packager(self._clock, context.limits.segments, starts_after_ticks=stream.end_ticks)
        return None

    async def _receive_media(self, event: VideoReceived | AudioReceived) -> None:
        if self._packager is None:
            raise RtmpError(RtmpErrorCode.UNEXPECTED_MEDIA, "media before publish")
        if isinstance(event, VideoReceived):
            segments = self._packager.receive_video(event.timestamp_ms, event.tag, self._context.utc_ms())
        else:
            segments = self._packager.receive_audio(event.timestamp_ms, event.tag)
        self._deadline = self._loop.time() + self._context.limits.times.idle_s
        await self._list(segments)

    async def _list(self, segments: list[Segment]) -> None:
        assert self._stream is not None, "only media that was admitted is packaged"
        self._append(segments)
        if segments and not self._did_tell_start:
            self._did_tell_start = True
            await self._context.authority.media_started(self._stream.stream_id)

    def _append(self, segments: list[Segment]) -> None:
        assert self._stream is not None, "only media that was admitted is packaged"
        for segment in segments:
            self._stream.append(segment)

    async def _keep_pace(self) -> None:
        if self._packager is None:
            return
        wait_s = self._pace.wait_s(self._packager.received_s, self._loop.time())
        if wait_s > 0:
            self._is_waiting_for_clock = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._dismissed.wait(), min(wait_s, self._context.limits.times.idle_s / 2))
            self._is_waiting_for_clock = False

    async def _leave(self) -> None:
        """Give the stream back."""
        stream = self._stream
        if stream is None or self._packager is None:
            return
        self.flush()
        stream.end_ticks = self._packager.end_ticks
        stream.publisher = None
        self._context.streams.rest(stream)
        self._log("is gone")
        if self._did_tell_start and not stream.window.is_ended:
            await self._context.authority.media_stopped(stream.stream_id)

    async def _hang_up(self) -> None:
        """Close so that the last status arrives: unread bytes would reset the connection and swallow it."""
        with contextlib.suppress(OSError):
            async with asyncio.timeout(self._context.limits.times.linger_s):
                self._write(self._rtmp.data_to_send())
                await self._writer.drain()
                if not self._writer.transport.is_closing() and self._writer.can_write_eof():
                    self._writer.write_eof()
                while await self._reader.read(_READ_BYTES):
                    pass
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _write(self, data: bytes) -> None:
        if not self._writer.transport.is_closing():  # uvloop raises what asyncio only logs
            self._writer.write(data)

    def _send_status(self, code: str, description: str) -> None:
        with contextlib.suppress(RtmpError):  # before a publish was asked for there is nothing to refuse
            self._rtmp.reject_publish(code, description)

    def _log(self, what: str) -> None:
        stream = f" of stream {self._stream.stream_id}" if self._stream else ""
        _log.info("Publisher%s at %s %s", stream, self._address, what)
