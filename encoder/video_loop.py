"""The picture's heartbeat: a thread that wakes at each tick, takes the source's newest picture and hands it on.

Ticks are absolute, so that lateness never adds up: a tick that is past is counted and skipped, never caught up on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import av

from encoder.clock import Clock, first_tick_from, tick_to_us
from encoder.errors import EncoderError
from encoder.picture import FrameShape, Picture, PictureFitter, PictureSize, copied_frame
from encoder.sources.slate import Slate
from encoder.sources.source import VideoSource
from encoder.time_code_burner import TimeCodeBurner
from gshop_studio.engine_protocol import Fault


class PictureSink(Protocol):
    """What encodes the pictures of ticks."""

    def take_picture(self, frame: av.VideoFrame, tick: int) -> None:
        """
        Raises:
            EncoderError: it cannot go on.
        """
        ...

    def fail(self, fault: Fault) -> None:
        """The sink raised and is not called again."""
        ...


class VideoLoop:
    """Owns the source that is on and the thread."""

    def __init__(
        self, clock: Clock, size: PictureSize, on_source_lost: Callable[[Fault], None], *, burns_time_code: bool = False
    ) -> None:
        self._clock = clock
        self._size = size
        self._on_source_lost = on_source_lost
        self._burner = TimeCodeBurner(size) if burns_time_code else None
        self._fitter = PictureFitter()
        self._lock = threading.Lock()
        self._source: VideoSource | None = None
        self._stand_in: Slate | None = None
        self._sink: PictureSink | None = None
        self._watch: Callable[[Picture], None] | None = None
        self._last: Picture | None = None
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="video-loop", daemon=True)
        self.late_ticks = 0
        """Ticks skipped while a sink was there."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping = True
        if self._thread.is_alive():
            self._thread.join()

    def use_source(self, source: VideoSource | None) -> VideoSource | None:
        """Switch. Returns the source that was on; the caller closes it."""
        with self._lock:
            before, self._source = self._source, source
            self._stand_in = None
            return before

    def resize(self, size: PictureSize) -> None:
        """From the next tick on, pictures of this size. Not while a sink is there."""
        with self._lock:
            self._size = size
            self._last = None
            if self._burner:
                self._burner = TimeCodeBurner(size)
            for source in (self._source, self._stand_in):
                if source:
                    source.reshape(FrameShape(size))

    def use_sink(self, sink: PictureSink | None) -> None:
        """Who encodes from the next tick on. Returns only when the one before is no longer being called."""
        with self._lock:
            self._sink = sink

    def use_watch(self, watch: Callable[[Picture], None] | None) -> None:
        """Who else sees each picture: the preview. It must not block."""
        self._watch = watch

    def _run(self) -> None:
        tick = first_tick_from(self._clock.now_us())
        while not self._is_stopping:
            self._clock.sleep_until(tick_to_us(tick))
            now_tick = first_tick_from(self._clock.now_us()) - 1
            with self._lock:
                if now_tick > tick:
                    self.late_ticks += (now_tick - tick) if self._sink else 0
                    tick = now_tick
                picture = self._picture(tick)
                if picture is not None:
                    self._feed(picture, tick)
            if picture is not None and (watch := self._watch):
                watch(picture)
            tick += 1

    def _feed(self, picture: Picture, tick: int) -> None:
        sink = self._sink
        if sink is None:
            return
        try:
            sink.take_picture(picture.frame, tick)
        except EncoderError as error:
            self._sink = None
            sink.fail(error.fault)

    def _picture(self, tick: int) -> Picture | None:
        """The newest picture, or the last one again; None before the very first."""
        due_us = tick_to_us(tick)
        source = self._source
        if source and source.fault and self._stand_in is None:
            self._stand_in = Slate(self._size)
            self._on_source_lost(source.fault)
        picture = (self._stand_in or source).picture_at(due_us) if source else None
        if picture is None:
            return self._last
        picture = self._own(picture)
        self._last = picture
        return picture

    def _own(self, picture: Picture) -> Picture:
        """The picture in the right size, with its time code."""
        frame, is_shared = picture.frame, picture.is_shared
        if (frame.width, frame.height) != (self._size.width, self._size.height):
            frame, is_shared = self._fitter.fit(frame, FrameShape(self._size)), False
        if self._burner:
            if is_shared:
                frame, is_shared = copied_frame(frame), False
            self._burner.burn(frame, picture.captured_us)
        return Picture(frame, picture.captured_us, is_shared)
