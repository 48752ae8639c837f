"""One broadcast: its encoders, its output, and the reconnecting. Lives on the event loop's thread.

The encoders run from its beginning to its end, whatever the network does; packets find an open queue or are dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from random import random

import av

from encoder.audio_encoder import AudioEncoder
from encoder.audio_loop import AudioLoop
from encoder.clock import Clock
from encoder.errors import OutputError
from encoder.interleaver import Interleaver
from encoder.outputs.packet_queue import PacketQueue
from encoder.outputs.rtmp import RtmpOutput, RtmpTimings
from encoder.outputs.target import RtmpTarget
from encoder.packets import MediaPacket, StreamFormat
from encoder.reconnect import backoff_delay_s
from encoder.sources.source import ColourMatrix, Samples
from encoder.states import Trigger
from encoder.video_encoder import VideoEncoder
from encoder.video_loop import VideoLoop
from gshop_studio.domain.quality import QualitySettings
from gshop_studio.engine_protocol import Fault

_log = logging.getLogger(__name__)

_STOP_S = 0.6
_STEADY_S = 10.0
"""A connection that held for so long starts the back-off anew."""


class Broadcast:
    """From "go live" until it is over."""

    def __init__(
        self,
        target: RtmpTarget,
        key: str,
        settings: QualitySettings,
        matrix: ColourMatrix,
        clock: Clock,
        *,
        on_trigger: Callable[[Trigger, Fault | None], None],
        gives_up_before_live: bool,
        timings: RtmpTimings,
    ) -> None:
        """Open the encoders.

        Raises:
            EncoderError: `encoder.failed`.
        """
        self._target = target
        self._clock = clock
        self._on_trigger = on_trigger
        self._gives_up_before_live = gives_up_before_live
        self._loop = asyncio.get_running_loop()
        self._video_encoder = VideoEncoder(settings, matrix)
        self._audio_encoder = AudioEncoder(settings.audio_kbps)
        stream = StreamFormat(
            settings.width,
            settings.height,
            settings.video_kbps,
            settings.audio_kbps,
            self._video_encoder.config,
            self._audio_encoder.config,
        )
        self._interleaver = Interleaver()
        self.queue = PacketQueue()
        self.output = RtmpOutput(target, key, stream, self.queue, base_us=clock.now_us(), timings=timings)
        self._retry_now = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.encoded_frames = 0
        self.reconnects = 0
        self.live_since_us: int | None = None
        self._accepted_at_us: int | None = None
        """When this connection's publish was accepted."""
        self.retry_at_us: int | None = None

    @property
    def dropped_frames(self) -> int:
        """Encoded pictures that were not sent since the broadcast was first on air."""
        return self.queue.dropped_pictures

    def start(self, video: VideoLoop, audio: AudioLoop) -> None:
        """Encode and publish from now on."""
        video.use_sink(self)
        audio.use_sink(self)
        self._task = asyncio.create_task(self._run(), name="broadcast")
        self._task.add_done_callback(self._on_done)

    def retry_now(self) -> None:
        """Skip the wait before the next attempt."""
        self._retry_now.set()

    async def stop(self) -> None:
        """Unpublish and end, within a second, from any state."""
        task = self._task
        if task is None:
            return
        self.output.finish()
        if self.live_since_us is not None and self.retry_at_us is None:
            await asyncio.wait([task], timeout=_STOP_S)
        task.cancel()
        await asyncio.wait([task])

    # --- the encoders' side: called on the loops' threads ---

    def take_picture(self, frame: av.VideoFrame, tick: int, captured_us: int) -> None:
        self._hand_over(self._video_encoder.encode(frame, tick))
        self.encoded_frames += 1

    def take_sound(self, samples: Samples, position: int) -> None:
        self._hand_over(self._audio_encoder.encode(samples, position))

    def fail(self, fault: Fault) -> None:
        self._call(self._fail, fault)

    def _hand_over(self, packets: list[MediaPacket]) -> None:
        for packet in packets:
            self._call(self._offer, packet)

    def _call(self, function: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            pass  # the event loop is closed: the process is ending

    # --- the output's side: on the event loop ---

    def _offer(self, packet: MediaPacket) -> None:
        for released in self._interleaver.put(packet):
            self.queue.offer(released)

    def _fail(self, fault: Fault) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            self._on_trigger(Trigger.GAVE_UP, fault)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        """A bug must not leave the broadcast looking alive."""
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the broadcast broke", exc_info=error)
            self._on_trigger(Trigger.GAVE_UP, Fault("encoder.failed", {"reason": type(error).__name__}))

    def _on_accepted(self) -> None:
        self._video_encoder.request_keyframe()
        if self.live_since_us is None:
            self.live_since_us = self._clock.now_us()
        else:
            self.reconnects += 1
        self._accepted_at_us = self._clock.now_us()
        _log.info("on air at %s:%s", self._target.host, self._target.port)
        self._on_trigger(Trigger.ACCEPTED, None)

    async def _run(self) -> None:
        attempt = 0
        while True:
            self._accepted_at_us = None
            self.retry_at_us = None
            try:
                await self.output.publish(self._on_accepted)
                return
            except OutputError as error:
                if not self._is_worth_another_try(error):
                    _log.warning("gave up: %s", error.fault.code)
                    self._on_trigger(Trigger.GAVE_UP, error.fault)
                    return
                fault = error.fault
            held_us = self._clock.now_us() - self._accepted_at_us if self._accepted_at_us is not None else 0
            attempt = 0 if held_us > _STEADY_S * 1e6 else attempt
            delay_s = backoff_delay_s(attempt, random)
            attempt += 1
            self.retry_at_us = self._clock.now_us() + round(delay_s * 1e6)
            _log.warning("%s; next attempt in %.1f s", fault.code, delay_s)
            self._on_trigger(Trigger.INTERRUPTED, fault)
            self._retry_now.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._retry_now.wait()

    def _is_worth_another_try(self, error: OutputError) -> bool:
        if self.live_since_us is None:
            return not (error.is_final or self._gives_up_before_live)
        # A certificate that was good before is somebody in between, for now.
        return not error.is_final or error.fault.code == "ingest.certificate"
