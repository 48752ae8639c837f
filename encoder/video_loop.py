"""The picture's heartbeat: a thread that wakes at each tick, takes the compositor's picture and hands it on.

Ticks are absolute, so that lateness never adds up: a tick that is past is counted and skipped, never caught up on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import av

from encoder.clock import US_PER_S, Clock, first_tick_from, tick_to_us
from encoder.compositor.compositor import Compositor
from encoder.errors import EncoderError
from encoder.picture import Picture, PictureSize, copied_frame
from encoder.time_code_burner import TimeCodeBurner
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Fault

_TICK_US = US_PER_S / FRAMES_PER_SECOND
_MEASURED_TICKS = 60 * FRAMES_PER_SECOND
"""The longest stretch that `take_load` tells of."""


class PictureSink(Protocol):
    """What encodes the pictures of ticks."""

    def take_picture(self, frame: av.VideoFrame, tick: int, captured_us: int) -> None:
        """A picture for a tick. `captured_us` rises from one to the next, on the engine's clock; a picture that is
        shown again counts as captured as much later as its tick is.

        Raises:
            EncoderError: it cannot go on.
        """
        ...

    def fail(self, fault: Fault) -> None:
        """The sink raised and is not called again."""
        ...


@dataclass(frozen=True, slots=True)
class LoopLoad:
    """How hard the loop worked since it was last asked."""

    busy_share: float
    """The share of the ticks' time that composing and encoding took: 1 is all of it."""
    lateness_p50_us: int
    """From a tick being due until its packet had left the sink."""
    lateness_p99_us: int
    late_ticks: int
    """Ticks skipped."""


class VideoLoop:
    """Owns the compositor and the thread."""

    def __init__(
        self,
        clock: Clock,
        size: PictureSize,
        on_source_lost: Callable[[Fault], None],
        *,
        burns_time_code: bool = False,
    ) -> None:
        """`on_source_lost` is told on the loop's thread, once each time a source is gone."""
        self._clock = clock
        self.compositor = Compositor(size, lambda name, fault: on_source_lost(fault))
        self._burner = TimeCodeBurner(size) if burns_time_code else None
        self._lock = threading.Lock()
        self._sink: PictureSink | None = None
        self._watch: Callable[[Picture], None] | None = None
        self._last: Picture | None = None
        self._last_tick = 0
        self._captured_us = 0
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="video-loop", daemon=True)
        self.late_ticks = 0
        """Ticks skipped while a sink was there."""
        self._late_ticks_told = 0
        self._lateness_us: deque[int] = deque(maxlen=_MEASURED_TICKS)
        self._busy_us: deque[int] = deque(maxlen=_MEASURED_TICKS)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping = True
        if self._thread.is_alive():
            self._thread.join()

    def resize(self, size: PictureSize) -> None:
        """From the next tick on, pictures of this size. Not while a sink is there. Draws: away from the event loop."""
        self.compositor.resize(size)

    def use_sink(self, sink: PictureSink | None) -> None:
        """Who encodes from the next tick on. Returns only when the one before is no longer being called."""
        with self._lock:
            self._sink = sink
            self._captured_us = 0

    def use_watch(self, watch: Callable[[Picture], None] | None) -> None:
        """Who else sees each picture: the preview. It must not block."""
        self._watch = watch

    def take_load(self) -> LoopLoad:
        """How hard the loop worked since the last call. From any thread, for one reader."""
        lateness, self._lateness_us = self._lateness_us, deque(maxlen=_MEASURED_TICKS)
        busy, self._busy_us = self._busy_us, deque(maxlen=_MEASURED_TICKS)
        late, self._late_ticks_told = self.late_ticks - self._late_ticks_told, self.late_ticks
        ordered = sorted(lateness)
        p50, p99 = (ordered[int((len(ordered) - 1) * share)] if ordered else 0 for share in (0.5, 0.99))
        ticks = len(busy) + late
        return LoopLoad(sum(busy) / (ticks * _TICK_US) if ticks else 0.0, p50, p99, late)

    def _run(self) -> None:
        tick = first_tick_from(self._clock.now_us())
        while not self._is_stopping:
            self._clock.sleep_until(tick_to_us(tick))
            woken_us = self._clock.now_us()
            now_tick = first_tick_from(woken_us) - 1
            with self._lock:
                if now_tick > tick:
                    self.late_ticks += (now_tick - tick) if self._sink else 0
                    tick = now_tick
                picture = self._picture(tick)
                if picture is not None and self._sink is not None:
                    self._feed(self._sink, picture, tick)
                    self._lateness_us.append(self._clock.now_us() - tick_to_us(tick))
            if picture is not None and (watch := self._watch):
                watch(picture)
            self._busy_us.append(self._clock.now_us() - woken_us)
            tick += 1

    def _feed(self, sink: PictureSink, picture: Picture, tick: int) -> None:
        captured_us = picture.captured_us + tick_to_us(tick) - tick_to_us(self._last_tick)
        self._captured_us = max(captured_us, self._captured_us + 1)
        try:
            sink.take_picture(picture.frame, tick, self._captured_us)
        except EncoderError as error:
            self._sink = None
            sink.fail(error.fault)

    def _picture(self, tick: int) -> Picture | None:
        """The newest picture, or the last one again; None before the very first."""
        picture = self.compositor.picture_at(tick_to_us(tick))
        if picture is not None:
            self._last, self._last_tick = self._with_time_code(picture), tick
        return self._last

    def _with_time_code(self, picture: Picture) -> Picture:
        frame, burner = picture.frame, self._burner
        if burner is None:
            return picture
        if burner.size != PictureSize(frame.width, frame.height):
            burner = self._burner = TimeCodeBurner(PictureSize(frame.width, frame.height))
        if picture.is_shared:
            frame = copied_frame(frame)
        burner.burn(frame, picture.captured_us)
        return Picture(frame, picture.captured_us)
