"""Live sources that come back: the device behind one is opened again, by the same id, after it was lost.

Read by the loops' threads. A lost device is closed and opened again in a daemon thread, since both may hang; closing
never waits for it: what it opens too late it closes itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import av
import numpy as np

from encoder.errors import BUGS, SourceError
from encoder.picture import FrameShape, Picture
from encoder.sources.source import AudioSource, ColourMatrix, SoundBlock, VideoSource
from gshop_studio.engine_protocol import Fault

_log = logging.getLogger(__name__)
PERIOD_S = 2.0
_FAILURES = (*BUGS, AssertionError, MemoryError, av.error.FFmpegError)
"""What an attempt may end with besides a `SourceError`: a bug of ours or of a driver's binding."""

_Source = TypeVar("_Source", VideoSource, AudioSource)
_T = TypeVar("_T")


class _Rebinding(Generic[_Source]):
    """Holds the open source, or looks for it. What the two kinds have in common."""

    def __init__(
        self,
        name: str,
        open_source: Callable[[], _Source],
        period_s: float,
        on_back: Callable[[Fault], None] | None,
    ) -> None:
        self.name = name
        """As on the command line, without secrets."""
        self._fault: Fault | None = None
        self._source: _Source | None = open_source()
        self._open_source: Callable[[], _Source] = open_source
        self._period_s = period_s
        self._on_back = on_back
        self._lock = threading.Lock()
        self._is_closed = threading.Event()

    @property
    def fault(self) -> Fault | None:
        """While it is lost."""
        return self._fault

    @property
    def is_lost(self) -> bool:
        return self._fault is not None

    def close(self) -> None:
        """Never waits for an attempt that hangs."""
        with self._lock:
            self._is_closed.set()
            source, self._source = self._source, None
        if source is not None:
            source.close()

    def _check(self, source: _Source) -> None:
        """Called when the source gave nothing: begin to look for it when it is gone."""
        fault = source.fault
        if fault is None:
            return
        with self._lock:
            if self._source is not source or self._is_closed.is_set():
                return
            self._source, self._fault = None, fault
        threading.Thread(target=self._bring_back, args=(source, fault), name="rebind-source", daemon=True).start()

    # --- the thread that looks for it ---

    def _bring_back(self, lost: _Source, fault: Fault) -> None:
        self._try(lost.close)
        while not self._is_closed.wait(self._period_s):
            found = self._try(self._open_source)
            if found is not None:
                self._put_back(found, fault)
                return

    def _try(self, attempt: Callable[[], _T]) -> _T | None:
        """What it gives; None where it fails, whatever with: the search must not end by one bad attempt."""
        try:
            return attempt()
        except (SourceError, OSError):
            return None  # not there yet
        except _FAILURES:
            _log.exception("%s could not be brought back", self.name)
            return None

    def _put_back(self, found: _Source, fault: Fault) -> None:
        with self._lock:
            is_wanted = not self._is_closed.is_set()
            if is_wanted:
                self._source, self._fault = found, None
        if not is_wanted:
            found.close()
            return
        _log.info("%s is back", self.name)
        if self._on_back:
            self._on_back(Fault("source.back", {"source": fault.params.get("source", self.name)}))


class RebindingVideo(_Rebinding[VideoSource]):
    """A picture source that is opened again when it is lost. While it is lost it has a fault, and no pictures."""

    def __init__(
        self,
        name: str,
        open_source: Callable[[FrameShape], VideoSource],
        shape: FrameShape,
        *,
        period_s: float = PERIOD_S,
        on_back: Callable[[Fault], None] | None = None,
    ) -> None:
        """Open it for the first time.

        Args:
            name: As on the command line, without secrets.
            open_source: Opens it by its id, wherever it is now. Blocks, also for long.
            shape: Of the pictures, at first.
            period_s: Between the attempts.
            on_back: Hears `source.back` each time it is back, on a thread of ours.

        Raises:
            SourceError: why it cannot be opened now.
        """
        self._shape = shape
        self._open_in_shape = open_source
        self._matrix = ColourMatrix.BT601
        super().__init__(name, self._open, period_s, on_back)

    @property
    def colour_matrix(self) -> ColourMatrix:
        source = self._source
        if source is not None:
            self._matrix = source.colour_matrix
        return self._matrix

    def reshape(self, shape: FrameShape) -> None:
        self._shape = shape
        source = self._source
        if source is not None:
            source.reshape(shape)

    def picture_at(self, due_us: int) -> Picture | None:
        source = self._source
        if source is None:
            return None
        picture = source.picture_at(due_us)
        if picture is None:
            self._check(source)
        return picture

    def _open(self) -> VideoSource:
        shape = self._shape
        source = self._open_in_shape(shape)
        if self._shape != shape:  # asked for while it was being opened
            source.reshape(self._shape)
        return source


class RebindingAudio(_Rebinding[AudioSource]):
    """A sound source that is opened again when it is lost. While it is lost it has a fault, and counted silence."""

    def __init__(
        self,
        name: str,
        open_source: Callable[[], AudioSource],
        *,
        period_s: float = PERIOD_S,
        on_back: Callable[[Fault], None] | None = None,
    ) -> None:
        """Open it for the first time. The arguments are those of `RebindingVideo`.

        Raises:
            SourceError: why it cannot be opened now.
        """
        super().__init__(name, open_source, period_s, on_back)
        source = self._source
        self._delay_samples = source.delay_samples if source is not None else 0

    @property
    def delay_samples(self) -> int:
        source = self._source
        if source is not None:
            self._delay_samples = source.delay_samples
        return self._delay_samples

    def read(self, position: int, count: int) -> SoundBlock:
        source = self._source
        if source is None:
            return SoundBlock(np.zeros((2, count), np.float32), count)
        block = source.read(position, count)
        if block.silent_samples:
            self._check(source)
        return block
