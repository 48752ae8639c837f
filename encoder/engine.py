"""The engine: sources, the two loops, and at most one broadcast. Lives on the event loop's thread of its process."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable
from dataclasses import dataclass

from encoder.audio_loop import AudioLoop
from encoder.broadcast import Broadcast
from encoder.clock import Clock
from encoder.daemon_call import call_in_daemon_thread
from encoder.errors import EngineError, SourceError
from encoder.outputs.rtmp import RtmpTimings
from encoder.outputs.target import RtmpTarget
from encoder.picture import Picture, PictureSize
from encoder.sources.opener import SourceName, SourceOpener
from encoder.sources.silence import Silence
from encoder.sources.source import AudioSource, ColourMatrix, VideoSource
from encoder.states import ON_AIR_STATES, Trigger, next_state
from encoder.statistics import RateMeter, Rates
from encoder.video_loop import VideoLoop
from gshop_studio.domain.quality import DEFAULT_QUALITY, QUALITY_TABLE, Quality
from gshop_studio.engine_protocol import EngineState, EngineStatus, Fault, Meters

_log = logging.getLogger(__name__)

_STATUS_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class EngineHooks:
    """Who hears what happens. Called on the event loop's thread."""

    on_status: Callable[[EngineStatus], None]
    on_notice: Callable[[Fault], None]


class Engine:
    """What the command line and the control socket steer."""

    def __init__(
        self,
        clock: Clock,
        opener: SourceOpener,
        hooks: EngineHooks,
        *,
        burns_time_code: bool = False,
        gives_up_before_live: bool = False,
        timings: RtmpTimings | None = None,
    ) -> None:
        self._clock = clock
        self._opener = opener
        self._hooks = hooks
        self._gives_up_before_live = gives_up_before_live
        self._timings = timings or RtmpTimings()
        self._loop = asyncio.get_running_loop()
        self._quality = DEFAULT_QUALITY
        self._names: tuple[SourceName | None, SourceName | None] = (None, None)
        self._video_source: VideoSource | None = None
        self._audio_source: AudioSource = Silence()
        self._video_loop = VideoLoop(clock, self._size, self._lost_on_thread, burns_time_code=burns_time_code)
        self._audio_loop = AudioLoop(clock, self._lost_on_thread)
        self._is_running = False
        self._switching = asyncio.Lock()
        self._broadcast: Broadcast | None = None
        self._state = EngineState.IDLE
        self._fault: Fault | None = None
        self._rate_meter = RateMeter()
        self._rates = Rates()
        self._counts_before = (0, 0)
        self._ticker = asyncio.create_task(self._tick(), name="status")

    @property
    def state(self) -> EngineState:
        return self._state

    @property
    def is_on_air(self) -> bool:
        return self._state in ON_AIR_STATES

    @property
    def _size(self) -> PictureSize:
        settings = QUALITY_TABLE[self._quality]
        return PictureSize(settings.width, settings.height)

    async def set_sources(self, video: SourceName | None = None, audio: SourceName | None = None) -> None:
        """Switch to what is named; None leaves that one as it is. When it fails, what was on stays on.

        Raises:
            SourceError: any `source.*` fault.
        """
        async with self._switching:
            wanted = (video or self._names[0], audio or self._names[1])
            is_whole_file = wanted[0] == wanted[1] and wanted[0] is not None and wanted[0].kind == "file"
            opens_video, opens_audio = self._is_stale(0, wanted[0]), self._is_stale(1, wanted[1])
            if is_whole_file and (opens_video or opens_audio):
                opens_video = opens_audio = True  # one open file gives both
            new_video, new_audio = await call_in_daemon_thread(
                self._opener.open, wanted[0] if opens_video else None, wanted[1] if opens_audio else None, self._size
            )
            self._names = wanted
            self._start_loops()
            replaced: list[VideoSource | AudioSource] = []
            if new_video is not None:
                replaced += [source for source in (self._video_loop.use_source(new_video),) if source]
                self._video_source = new_video
            if new_audio is not None:
                replaced.append(self._audio_loop.use_source(new_audio))
                self._audio_source = new_audio
        for source in replaced:
            await call_in_daemon_thread(source.close)
        self._report()

    def _is_stale(self, index: int, wanted: SourceName | None) -> bool:
        """Whether a source must be opened: another name, or the one that is on is gone."""
        source = (self._video_source, self._audio_source)[index]
        return wanted is not None and (wanted != self._names[index] or source is None or source.fault is not None)

    def set_quality(self, quality: Quality) -> None:
        """Another picture size and bit rate.

        Raises:
            EngineError: `engine.busy` on air.
        """
        if self.is_on_air:
            raise EngineError(Fault("engine.busy"))
        self._quality = quality
        self._video_loop.resize(self._size)
        self._report()

    def set_audio(self, *, gain_db: float | None = None, is_muted: bool | None = None) -> None:
        """Gain and mute, on air too."""
        if gain_db is not None:
            self._audio_loop.gain_db = gain_db
        if is_muted is not None:
            self._audio_loop.is_muted = is_muted
        self._report()

    async def go_live(self, url: str, key: str) -> None:
        """Begin a broadcast. How it fares is told by the status.

        Raises:
            EngineError: `engine.busy`, `ingest.bad_url`, `source.not_found` (none chosen), `encoder.failed`.
        """
        target = RtmpTarget.parse(url)
        if self.is_on_air:
            raise EngineError(Fault("engine.busy"))
        if self._video_source is None:
            raise SourceError(Fault("source.not_found", {"source": "picture"}))
        matrix = self._video_source.colour_matrix if self._video_source else ColourMatrix.BT601
        self._broadcast = Broadcast(
            target,
            key,
            QUALITY_TABLE[self._quality],
            matrix,
            self._clock,
            on_trigger=self._on_trigger,
            gives_up_before_live=self._gives_up_before_live,
            timings=self._timings,
        )
        self._counts_before = (self._video_loop.late_ticks, self._audio_loop.silent_samples)
        self._fault = None
        self._on_trigger(Trigger.GO_LIVE, None)
        self._broadcast.start(self._video_loop, self._audio_loop)

    async def stop(self) -> None:
        """End the broadcast, if there is one. Idle afterwards."""
        broadcast = self._broadcast
        if broadcast is None:
            return
        self._on_trigger(Trigger.STOP, None)
        await broadcast.stop()
        self._release_loops()
        self._broadcast = None
        self._fault = None
        self._on_trigger(Trigger.STOPPED, None)

    def retry_now(self) -> None:
        """Skip the wait before the next attempt."""
        if self._broadcast:
            self._broadcast.retry_now()

    def watch_pictures(self, watch: Callable[[Picture], None] | None) -> None:
        """Who sees each picture besides the encoder."""
        self._video_loop.use_watch(watch)

    def watch_meters(self, is_wanted: bool) -> None:
        """Measure the sound's level only while somebody reads it."""
        self._audio_loop.wants_meters = is_wanted

    def take_meters(self) -> Meters:
        return self._audio_loop.take_meters()

    async def close(self) -> None:
        """End everything."""
        self._ticker.cancel()
        await self.stop()
        if self._is_running:
            await call_in_daemon_thread(self._video_loop.stop)
            await call_in_daemon_thread(self._audio_loop.stop)
        if self._video_source:
            await call_in_daemon_thread(self._video_source.close)
        await call_in_daemon_thread(self._audio_source.close)

    def status(self) -> EngineStatus:
        """How things stand."""
        now_us = self._clock.now_us()
        size, broadcast = self._size, self._broadcast
        status = EngineStatus(
            state=self._state,
            at_ms=now_us // 1000,
            fault=self._fault,
            video_source=str(self._names[0] or ""),
            audio_source=str(self._names[1] or ""),
            quality=self._quality.value,
            width=size.width,
            height=size.height,
            cpu_percent=self._rates.cpu_percent,
            is_muted=self._audio_loop.is_muted,
            gain_db=self._audio_loop.gain_db,
        )
        return self._with_broadcast(status, broadcast, now_us) if broadcast else status

    def _with_broadcast(self, status: EngineStatus, broadcast: Broadcast, now_us: int) -> EngineStatus:
        late_before, silent_before = self._counts_before
        live_since_us, retry_at_us = broadcast.live_since_us, broadcast.retry_at_us
        return dataclasses.replace(
            status,
            live_s=round((now_us - live_since_us) / 1e6, 3) if live_since_us is not None else 0.0,
            sent_kbps=self._rates.sent_kbps,
            encoded_fps=self._rates.encoded_fps,
            encoded_frames=broadcast.encoded_frames,
            late_frames=self._video_loop.late_ticks - late_before,
            dropped_frames=broadcast.dropped_frames,
            silent_samples=self._audio_loop.silent_samples - silent_before,
            queued_ms=broadcast.queue.queued_ms,
            congestion=round(broadcast.queue.congestion, 3),
            round_trip_ms=broadcast.output.round_trip_ms,
            reconnects=broadcast.reconnects,
            retry_in_s=round(max(0.0, (retry_at_us - now_us) / 1e6), 1) if retry_at_us is not None else None,
        )

    def _on_trigger(self, trigger: Trigger, fault: Fault | None) -> None:
        following = next_state(self._state, trigger)
        if following is None:
            return
        self._state = following
        if trigger in (Trigger.INTERRUPTED, Trigger.GAVE_UP):
            self._fault = fault
        elif trigger is Trigger.ACCEPTED:
            self._fault = None
        if following is EngineState.FAILED:
            self._release_loops()
        self._report()

    def _release_loops(self) -> None:
        self._video_loop.use_sink(None)
        self._audio_loop.use_sink(None)

    def _start_loops(self) -> None:
        if not self._is_running:
            self._is_running = True
            self._video_loop.start()
            self._audio_loop.start()

    def _lost_on_thread(self, fault: Fault) -> None:
        try:
            self._loop.call_soon_threadsafe(self._lost, fault)
        except RuntimeError:
            pass  # the event loop is closed: the process is ending

    def _lost(self, fault: Fault) -> None:
        _log.warning("a source is gone: %s", fault.code)
        self._hooks.on_notice(fault)

    async def _tick(self) -> None:
        due_s = self._loop.time()
        while True:
            due_s = max(due_s + _STATUS_INTERVAL_S, self._loop.time())
            await asyncio.sleep(due_s - self._loop.time())
            broadcast = self._broadcast
            sent, encoded = (broadcast.output.sent_bytes, broadcast.encoded_frames) if broadcast else (0, 0)
            self._rates = self._rate_meter.measure(self._clock.now_us(), sent, encoded)
            self._report()

    def _report(self) -> None:
        self._hooks.on_status(self.status())
