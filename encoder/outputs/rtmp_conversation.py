"""What is said over one open RTMP connection: media, pings, acknowledgements, the goodbye. On the event loop's thread.

`run` blocks while the connection lasts and raises when it ends against our will.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from encoder.outputs.liveness import Liveness, LivenessTimings, LiveState
from encoder.outputs.media_stamps import MediaStamps
from encoder.outputs.packet_queue import PacketQueue
from encoder.outputs.refusal import refusal_of
from encoder.outputs.rtmp_timings import RtmpTimings
from encoder.outputs.target import RtmpTarget
from encoder.outputs.tcp_info import TcpProgress, read_tcp_progress
from encoder.packets import MediaPacket, PacketKind, StreamFormat
from gshop_studio import __version__
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ, FRAMES_PER_SECOND
from gshop_studio.rtmp import (
    BytesAcknowledged,
    PingAnswered,
    PublisherConnection,
    PublisherEvent,
    PublishRefused,
    PublishStarted,
    flv,
)

_READ_BYTES = 64 * 1024
_WINDOW_ACK_SHARE_S = 0.5
_FINISH_S = 0.4
_WRITE_AT_ONCE_BYTES = 8 * 1024
_DELIVERY_POLL_S = 0.01
_WATCH_S = 0.25
_AVC_ID, _AAC_ID = 7.0, 10.0


@dataclass(frozen=True, slots=True)
class ConversationHooks:
    """Who hears how it goes. Called on the event loop's thread."""

    on_accepted: Callable[[], None]
    """The publish was accepted: a keyframe is wanted now."""
    on_live: Callable[[bool], None]
    """The peer has taken media; whether it says so itself. Told again when it confirms later."""


class RtmpConversation:
    """Over one connection. What is public of it is for `RtmpOutput`."""

    def __init__(
        self,
        target: RtmpTarget,
        key: str,
        stream: Callable[[], StreamFormat],
        queue: PacketQueue,
        stamps: MediaStamps,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        timings: RtmpTimings,
        hooks: ConversationHooks,
    ) -> None:
        self._target = target
        self._stream = stream
        self._queue = queue
        self._stamps = stamps
        self._reader = reader
        self._writer = writer
        self._timings = timings
        self._hooks = hooks
        self._window_bytes = _window_ack_bytes(stream())
        self._connection = PublisherConnection(target.app, target.tc_url, key, window_ack_size=self._window_bytes)
        self._accepted = asyncio.Event()
        self._started_s = time.monotonic()
        self._liveness: Liveness | None = None
        self._announced_avc = b""
        self.written_bytes = 0
        self.round_trip_ms: float | None = None

    @property
    def was_accepted(self) -> bool:
        return self._accepted.is_set()

    @property
    def live_state(self) -> LiveState:
        return self._liveness.state if self._liveness else LiveState.NOT_YET

    @property
    def delivered_bytes(self) -> int:
        """Bytes that the peer's TCP has acknowledged by now (where that is unknown: that our kernel took)."""
        if self._liveness is None:
            return 0
        with self._telling(self._liveness):  # whoever asks may be the first to see that media has arrived
            self._observe(self._liveness)
        return self._liveness.delivered_bytes

    async def run(self, finishing: asyncio.Event) -> None:
        """Publish until `finishing` is set.

        Raises:
            OutputError: any `ingest.*` fault.
            RtmpError: the server broke the protocol.
            OSError, EOFError: the connection is lost.
        """
        self._connection.start()
        self._flush()
        parts: list[Coroutine[Any, Any, None]] = [
            self._receive(), self._send(), self._watch(), self._await_overrun(), self._await_finish(finishing),
        ]  # fmt: skip
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        failures = [result for task, result in zip(tasks, results, strict=True) if task in done and result is not None]
        if failures and not finishing.is_set():
            assert isinstance(failures[0], BaseException)
            raise failures[0]

    async def _receive(self) -> None:
        while data := await self._reader.read(_READ_BYTES):
            for event in self._connection.receive_data(data):
                self._handle(event)
            self._flush()
        for event in self._connection.receive_eof():
            self._handle(event)
        raise EOFError("the server closed the connection")

    def _handle(self, event: PublisherEvent) -> None:
        match event:
            case PublishStarted():
                self._begin()
            case PublishRefused(code, description):
                raise refusal_of(self._target, code, description, was_accepted=self._accepted.is_set())
            case BytesAcknowledged(total) if self._liveness:
                with self._telling(self._liveness):
                    self._observe(self._liveness)
                    self._liveness.bytes_acknowledged(time.monotonic(), total)
            case PingAnswered(timestamp_ms) if self._liveness:
                with self._telling(self._liveness):
                    round_trip_ms = self._liveness.ping_answered(time.monotonic(), timestamp_ms)
                    if round_trip_ms is not None:
                        self.round_trip_ms = round_trip_ms

    def _begin(self) -> None:
        """The server takes our media from now on."""
        self._liveness = Liveness(
            LivenessTimings(self._timings.silence_s, self._timings.ping_s),
            self._window_bytes,
            time.monotonic(),
            self._connection.bytes_queued_total,
        )
        self._announce(self._stream())
        self._accepted.set()
        self._hooks.on_accepted()

    def _announce(self, stream: StreamFormat) -> None:
        """What a player must know first; sent anew on each connection."""
        connection = self._connection
        connection.send_metadata(
            {
                "width": float(stream.width),
                "height": float(stream.height),
                "framerate": float(FRAMES_PER_SECOND),
                "videocodecid": _AVC_ID,
                "videodatarate": float(stream.video_kbps),
                "audiocodecid": _AAC_ID,
                "audiodatarate": float(stream.audio_kbps),
                "audiosamplerate": float(AUDIO_SAMPLE_RATE_HZ),
                "audiosamplesize": 16.0,
                "stereo": True,
                "encoder": f"gshop-studio/{__version__}",
            }
        )
        connection.send_video(self._stamps.last_ms, flv.build_avc_config(stream.avc_config))
        connection.send_audio(self._stamps.last_ms, flv.build_aac_config(stream.audio_config))
        self._announced_avc = stream.avc_config
        self._queue.open()

    async def _send(self) -> None:
        await self._accepted.wait()
        while True:
            packet: MediaPacket | None = await self._queue.take()
            size = 0
            while packet is not None:
                self._send_packet(packet)
                size += len(packet.payload)
                # Each write costs the kernel as much as the packet's making: sound goes with its picture.
                packet = self._queue.take_nowait() if size < _WRITE_AT_ONCE_BYTES else None
            self._flush()
            await self._writer.drain()

    def _send_packet(self, packet: MediaPacket) -> None:
        timestamp_ms = self._stamps.stamp_ms(packet)
        if packet.kind is PacketKind.AUDIO:
            self._connection.send_audio(timestamp_ms, flv.build_aac_frame(packet.payload))
            return
        if packet.config and packet.config != self._announced_avc:
            # Another encoder took over.
            self._announced_avc = packet.config
            self._connection.send_video(timestamp_ms, flv.build_avc_config(packet.config))
        body = flv.build_avc_frame(packet.payload, is_keyframe=packet.is_keyframe, composition_ms=0)
        self._connection.send_video(timestamp_ms, body)
        if packet.is_keyframe and self._liveness and self._liveness.state is LiveState.NOT_YET:
            self._flush()
            self._liveness.media_sent(time.monotonic(), self.written_bytes)
            self._ping(self._liveness)

    def _ping(self, liveness: Liveness) -> None:
        stamp_ms = int((time.monotonic() - self._started_s) * 1000)
        self._connection.send_ping(stamp_ms)
        self._flush()
        liveness.ping_sent(time.monotonic(), stamp_ms, self.written_bytes)

    async def _watch(self) -> None:
        """Pings, and notices a server that is dead or frozen."""
        async with self._deadline():
            await self._accepted.wait()
        liveness, timings = self._liveness, self._timings
        assert liveness is not None, "accepted"
        ping_due_s = 0.0
        while True:
            now_s = time.monotonic()
            if now_s >= ping_due_s:
                self._ping(liveness)
                ping_due_s = now_s + timings.ping_s
            await asyncio.sleep(min(_WATCH_S, timings.ping_s / 2))
            with self._telling(liveness):
                self._observe(liveness)
            if liveness.is_dead(time.monotonic()):
                raise self._target.fault("ingest.lost")

    @contextlib.contextmanager
    def _telling(self, liveness: Liveness) -> Iterator[None]:
        """Tells of a change of the live state made within."""
        before = liveness.state
        yield
        if liveness.state is not before:
            self._hooks.on_live(liveness.state is LiveState.CONFIRMED)

    def _observe(self, liveness: Liveness) -> None:
        buffered = self._writer.transport.get_write_buffer_size()
        liveness.observe(time.monotonic(), self.written_bytes, buffered, self._tcp_progress())

    def _tcp_progress(self) -> TcpProgress | None:
        connection = self._writer.get_extra_info("socket")
        return read_tcp_progress(connection) if connection is not None else None

    @contextlib.asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timings.publish_s):
                yield
        except TimeoutError as error:
            raise self._target.fault("ingest.timeout") from error

    async def _await_overrun(self) -> None:
        await self._queue.overrun()
        raise self._target.fault("ingest.too_slow")

    async def _await_finish(self, finishing: asyncio.Event) -> None:
        await finishing.wait()
        self._connection.finish()
        self._flush()
        self._writer.transport.set_write_buffer_limits(high=0)
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(_FINISH_S):
                await self._writer.drain()
                # Closing with something unread resets the connection, and what waits in the kernel would be lost.
                while (tcp := self._tcp_progress()) and tcp.waiting_bytes:  # noqa: ASYNC110 - there is no event
                    await asyncio.sleep(_DELIVERY_POLL_S)

    def _flush(self) -> None:
        data = self._connection.data_to_send()
        if data:
            self._writer.write(data)
            self.written_bytes += len(data)


def _window_ack_bytes(stream: StreamFormat) -> int:
    kbps = stream.video_kbps + stream.audio_kbps
    return int(kbps * 1000 / 8 * _WINDOW_ACK_SHARE_S)
