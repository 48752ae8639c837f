"""Tells when sound clips and when a microphone is silent. Pure: time is counted in samples.

A warning begins once and ends once. Whoever shows it needs no memory of its own.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ
from gshop_studio.engine_protocol import Fault

FULL_SCALE = 0.999
"""A converter at its end gives this or 1; the master's sum counts from above 1 on, where the limiter must help."""
_CLIPPED_SAMPLES = 3
"""So many within a second are heard."""
_CLIPPING_WINDOW_SAMPLES = AUDIO_SAMPLE_RATE_HZ
_CLIPPING_ENDS_SAMPLES = 2 * AUDIO_SAMPLE_RATE_HZ
_SILENT_SQUARE = 1e-6
"""The mean square at -60 dBFS."""
_SILENT_SAMPLES = 10 * AUDIO_SAMPLE_RATE_HZ


class SoundWarningCode(StrEnum):
    CLIPPING = "audio.clipping"
    SILENT = "audio.silent"


@dataclass(frozen=True, slots=True)
class SoundWarning:
    """A state that began or ended."""

    code: SoundWarningCode
    channel: str
    """A channel's name, or `master`."""
    is_active: bool

    @property
    def fault(self) -> Fault:
        """What to tell a person while it lasts."""
        return Fault(self.code.value, {"channel": self.channel})

    def to_wire(self) -> dict[str, Any]:
        """As JSON's types."""
        return {"code": self.code.value, "channel": self.channel, "is_active": self.is_active}


class ClippingWatch:
    """Several full-scale samples within a second begin it, two seconds without one end it."""

    def __init__(self) -> None:
        self.is_active = False
        self._marks: deque[tuple[int, int]] = deque()
        """The blocks of the last second with full-scale samples: position and number of them."""
        self._last = 0

    def add(self, position: int, clipped: int) -> bool:
        """Take a block's number of full-scale samples. Returns whether `is_active` changed."""
        before = self.is_active
        if clipped:
            self._last = position
            self._marks.append((position, clipped))
        elif not self._marks and not before:
            return False
        while self._marks and position - self._marks[0][0] >= _CLIPPING_WINDOW_SAMPLES:
            self._marks.popleft()
        if before:
            self.is_active = position - self._last < _CLIPPING_ENDS_SAMPLES
        else:
            self.is_active = sum(count for _, count in self._marks) >= _CLIPPED_SAMPLES
        return self.is_active != before


class SilenceWatch:
    """Ten seconds below -60 dBFS begin it, the first louder block ends it."""

    def __init__(self) -> None:
        self.is_active = False
        self._quiet_samples = 0

    def add(self, count: int, mean_square: float, *, is_watched: bool = True) -> bool:
        """Take a block's level. Returns whether `is_active` changed.

        Args:
            is_watched: False for what may be silent: a muted channel, or one without a live source.
        """
        before = self.is_active
        is_quiet = is_watched and mean_square < _SILENT_SQUARE
        self._quiet_samples = self._quiet_samples + count if is_quiet else 0
        self.is_active = self._quiet_samples >= _SILENT_SAMPLES
        return self.is_active != before
