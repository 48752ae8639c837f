"""What every live picture source shares: a thread of its own that opens and reads, the newest picture, and its loss.

A driver or a network may hang in any call, so that everything of theirs is called on that thread, also the opening and
the letting go. Whoever waits for it does so for a limited time, and leaves the thread behind otherwise: it ends with
the call it hangs in.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from typing import Protocol

import av

from encoder.clock import US_PER_S, Clock
from encoder.errors import SourceError
from encoder.picture import FrameShape, Picture, PictureFitter
from encoder.sources.source import ColourMatrix
from gshop_studio.engine_protocol import Fault

_log = logging.getLogger(__name__)
_CLOSE_TIMEOUT_S = 1.0


class Feed(Protocol):
    """The device, as its thread sees it."""

    def frames(self, is_closed: threading.Event) -> Generator[tuple[av.VideoFrame, int] | None]:
        """Open it and give its pictures with the moment that each was read at, in microseconds by the engine's clock.
        None is a moment without one. Ends when the device is gone.

        Raises:
            SourceError: it cannot be opened.
        """
        ...

    def why_silent(self) -> Fault:
        """What to say when it gave nothing at all in time."""
        ...


class LivePictures:
    """An open live source. The newest picture wins: it is kept until it is asked for, or replaced."""

    colour_matrix = ColourMatrix.BT601

    def __init__(
        self,
        name: str,
        label: str,
        feed: Feed,
        clock: Clock,
        shape: FrameShape,
        *,
        first_picture_s: float,
        patience_s: float,
    ) -> None:
        """Start, and wait for the first picture.

        Args:
            name: As on the command line, without secrets.
            label: For faults, likewise.
            feed: The device.
            clock: The engine's.
            shape: Of the pictures, at first.
            first_picture_s: How long to wait for the first picture, the opening included.
            patience_s: A source that gave pictures and gives none for so long is gone.

        Raises:
            SourceError: what is wrong.
        """
        self.name = name
        self.fault: Fault | None = None
        self._label = label
        self._feed = feed
        self._clock = clock
        self._shape = shape
        self._patience_us = round(patience_s * US_PER_S)
        self._fitter = PictureFitter()
        self._is_settled = threading.Event()
        self._is_closed = threading.Event()
        self._newest: Picture | None = None
        self._last_us = clock.now_us()
        self._has_begun = False
        self._thread = threading.Thread(target=self._run, name=f"read-{name.partition(':')[0]}", daemon=True)
        self._thread.start()
        did_settle = self._is_settled.wait(first_picture_s)
        if not did_settle or self.fault is not None:
            fault = self.fault or feed.why_silent()
            self.close()
            raise SourceError(fault)

    def reshape(self, shape: FrameShape) -> None:
        self._shape = shape

    def picture_at(self, due_us: int) -> Picture | None:
        if due_us - self._last_us > self._patience_us:
            self._lose()
        picture, self._newest = self._newest, None
        return picture

    def close(self) -> None:
        """Let the device go. Blocks for a second at the most."""
        self._is_closed.set()
        self._thread.join(timeout=_CLOSE_TIMEOUT_S)

    # --- the source's thread ---

    def _run(self) -> None:
        frames = self._feed.frames(self._is_closed)
        try:
            for each in frames:
                if self._is_closed.is_set():
                    return
                if each is not None:
                    self._take(*each)
                elif self._has_begun and self._clock.now_us() - self._last_us > self._patience_us:
                    break
            if not self._has_begun:
                self._fail(self._feed.why_silent())
            else:
                self._lose()
        except SourceError as error:
            if self._has_begun:
                self._lose()
            else:
                self._fail(error.fault)
        finally:
            frames.close()

    def _take(self, frame: av.VideoFrame, captured_us: int) -> None:
        shape = self._shape
        fitted = self._fitter.fit(frame, shape)
        self._newest = Picture(fitted, captured_us, is_shared=fitted is frame, shape=shape)
        self._last_us = self._clock.now_us()
        self._has_begun = True
        self._is_settled.set()

    def _lose(self) -> None:
        if self.fault is None:
            self._fail(Fault("source.lost", {"source": self._label}))

    def _fail(self, fault: Fault) -> None:
        self.fault = fault
        if not self._is_closed.is_set():
            _log.warning("%s: %s", self._label, fault.code)
        self._is_settled.set()
