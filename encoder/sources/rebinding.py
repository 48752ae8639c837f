"""Live sources that come back: the device behind one is opened again, by the same id, after it was lost.

Read by the loops' threads. A lost device is closed and opened again in a daemon thread, since both may hang; closing
never waits for it: what it opens too late it closes itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from encoder.errors import SourceError
from encoder.picture import FrameShape, Picture
from encoder.sources.source import AudioSource, ColourMatrix, SoundBlock, VideoSource
from gshop_studio.engine_protocol import Fault

_log = logging.getLogger(__name__)
PERIOD_S = 2.0

_Source = TypeVar("_Source", VideoSource, AudioSource)


class _Rebinder(Generic[_Source]):
    """Holds the open source, or looks for it."""

    def __init__(
        self,
        name: str,
        open_source: Callable[[], _Source],
        period_s: float,
        on_lost: Callable[[Fault], None] | None,
        on_back: Callable[[], None] | None,
    ) -> None:
        self.name = name
        self.fault: Fault | None = None
        """While it is lost."""
        self.source: _Source | None = open_source()
        self._open_source: Callable[[], _Source] = open_source
        self._period_s = period_s
        self._on_lost = on_lost
        self._on_back = on_back
        self._lock = threading.Lock()
        self._is_closed = threading.Event()

    def check(self, source: _Source) -> None:
        """Called when the source gave nothing: begin to look for it when it is gone."""
        fault = source.fault
        if fault is None:
            return
        with self._lock:
            if self.source is not source or self._is_closed.is_set():
                return
            self.source, self.fault = None, fault
        if self._on_lost:
            self._on_lost(fault)
        threading.Thread(target=self._bring_back, args=(source,), name="rebind-source", daemon=True).start()

    def close(self) -> None:
        with self._lock:
            self._is_closed.set()
            source, self.source = self.source, None
        if source is not None:
            source.close()

    def _bring_back(self, lost: _Source) -> None:
        lost.close()
        while not self._is_closed.wait(self._period_s):
            try:
                found = self._open_source()
            except (SourceError, OSError):
                continue
            with self._lock:
                is_wanted = not self._is_closed.is_set()
                if is_wanted:
                    self.source, self.fault = found, None
            if not is_wanted:
                found.close()
                return
            _log.info("%s is back", self.name)
            if self._on_back:
                self._on_back()
            return


class RebindingVideo:
    """A picture source that is opened again when it is lost. While it is lost it has a fault, and no pictures."""

    def __init__(
        self,
        name: str,
        open_source: Callable[[FrameShape], VideoSource],
        shape: FrameShape,
        *,
        period_s: float = PERIOD_S,
        on_lost: Callable[[Fault], None] | None = None,
        on_back: Callable[[], None] | None = None,
    ) -> None:
        """Open it for the first time.

        Args:
            name: As on the command line, without secrets.
            open_source: Opens it by its id, wherever it is now. Blocks, also for long.
            shape: Of the pictures, at first.
            period_s: Between the attempts.
            on_lost: Hears once that it is lost, on the thread that reads.
            on_back: Hears once that it is back, on a thread of ours.

        Raises:
            SourceError: why it cannot be opened now.
        """
        self._shape = shape
        self._open_source = open_source
        self._rebinder: _Rebinder[VideoSource] = _Rebinder(name, self._open, period_s, on_lost, on_back)
        self._matrix = ColourMatrix.BT601

    @property
    def name(self) -> str:
        return self._rebinder.name

    @property
    def fault(self) -> Fault | None:
        return self._rebinder.fault

    @property
    def is_lost(self) -> bool:
        return self._rebinder.fault is not None

    @property
    def colour_matrix(self) -> ColourMatrix:
        source = self._rebinder.source
        if source is not None:
            self._matrix = source.colour_matrix
        return self._matrix

    def reshape(self, shape: FrameShape) -> None:
        self._shape = shape
        source = self._rebinder.source
        if source is not None:
            source.reshape(shape)

    def picture_at(self, due_us: int) -> Picture | None:
        source = self._rebinder.source
        if source is None:
            return None
        picture = source.picture_at(due_us)
        if picture is None:
            self._rebinder.check(source)
        return picture

    def close(self) -> None:
        """Never waits for an attempt that hangs."""
        self._rebinder.close()

    def _open(self) -> VideoSource:
        shape = self._shape
        source = self._open_source(shape)
        if self._shape != shape:  # asked for while it was being opened
            source.reshape(self._shape)
        return source


class RebindingAudio:
    """A sound source that is opened again when it is lost. While it is lost it has a fault, and counted silence."""

    def __init__(
        self,
        name: str,
        open_source: Callable[[], AudioSource],
        *,
        period_s: float = PERIOD_S,
        on_lost: Callable[[Fault], None] | None = None,
        on_back: Callable[[], None] | None = None,
    ) -> None:
        """Open it for the first time. The arguments are those of `RebindingVideo`.

        Raises:
            SourceError: why it cannot be opened now.
        """
        self._rebinder: _Rebinder[AudioSource] = _Rebinder(name, open_source, period_s, on_lost, on_back)
        source = self._rebinder.source
        self._delay_samples = source.delay_samples if source is not None else 0

    @property
    def name(self) -> str:
        return self._rebinder.name

    @property
    def fault(self) -> Fault | None:
        return self._rebinder.fault

    @property
    def is_lost(self) -> bool:
        return self._rebinder.fault is not None

    @property
    def delay_samples(self) -> int:
        source = self._rebinder.source
        if source is not None:
            self._delay_samples = source.delay_samples
        return self._delay_samples

    def read(self, position: int, count: int) -> SoundBlock:
        source = self._rebinder.source
        if source is None:
            return SoundBlock(np.zeros((2, count), np.float32), count)
        block = source.read(position, count)
        if block.silent_samples:
            self._rebinder.check(source)
        return block

    def close(self) -> None:
        """Never waits for an attempt that hangs."""
        self._rebinder.close()
