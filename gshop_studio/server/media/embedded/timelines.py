"""From RTMP's milliseconds to the exact time lines of the tracks. Pure.

RTMP rounds each time stamp to a millisecond; players like durations that are all alike. Pictures keep to the announced
frame rate while it agrees with the publisher's stamps, sound counts its samples, and both follow the stamps when not.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gshop_studio.server.media.embedded.tracks import AAC_FRAME_SAMPLES, VIDEO_TIMESCALE

_TICKS_PER_MS = VIDEO_TIMESCALE // 1000
_VIDEO_TOLERANCE_TICKS = 3 * _TICKS_PER_MS // 2
_AUDIO_TOLERANCE_S = Fraction(45, 1000)
_NTSC = Fraction(1000, 1001)


def frame_ticks_of(announced_fps: Any) -> Fraction | None:
    """The length of a frame by onMetaData's `framerate`; None when that is not a usable number."""
    if not isinstance(announced_fps, int | float):
        return None
    if not 1 <= announced_fps <= 240:  # and not NaN
        return None
    for base in (24, 30, 48, 60, 120):
        if abs(announced_fps - float(base * _NTSC)) < 0.005:  # 29.97 means 30000/1001
            return Fraction(VIDEO_TIMESCALE) / (base * _NTSC)
    return Fraction(VIDEO_TIMESCALE) / Fraction(announced_fps).limit_denominator(1001)


class VideoTimeline:
    """Places pictures: `anchor_ms` of the publisher lies at `anchor_ticks` of the track."""

    def __init__(self, anchor_ms: int, anchor_ticks: int, frame_ticks: Fraction | None) -> None:
        self._anchor_ms = anchor_ms
        self._anchor_ticks = anchor_ticks
        self._frame_ticks = frame_ticks
        self._expected: Fraction | None = None
        self._last = anchor_ticks - 1

    def ticks_of(self, timestamp_ms: int) -> int:
        """Where the publisher's stamp lies, as it is."""
        return self._anchor_ticks + (timestamp_ms - self._anchor_ms) * _TICKS_PER_MS

    def place(self, timestamp_ms: int) -> int:
        """The decoding time of the next picture; always later than the last one's."""
        exact = Fraction(self.ticks_of(timestamp_ms))
        if self._expected is not None and abs(exact - self._expected) <= _VIDEO_TOLERANCE_TICKS:
            exact = self._expected
        self._last = max(self._last + 1, round(exact))
        self._expected = max(exact, Fraction(self._last)) + self._frame_ticks if self._frame_ticks else None
        return self._last

    def composition(self, composition_ms: int) -> int:
        """A composition offset: whole frames, where the rate is known and agrees."""
        raw = composition_ms * _TICKS_PER_MS
        if self._frame_ticks:
            snapped = round(round(raw / self._frame_ticks) * self._frame_ticks)
            if abs(snapped - raw) <= _VIDEO_TOLERANCE_TICKS:
                return snapped
        return raw


class AudioTimeline:
    """Places frames of sound; `anchor_ms` of the publisher lies at `anchor_samples` of the track."""

    def __init__(self, anchor_ms: int, anchor_samples: int, sample_rate_hz: int) -> None:
        self._anchor_ms = anchor_ms
        self._anchor_samples = anchor_samples
        self._sample_rate_hz = sample_rate_hz
        self._tolerance = round(_AUDIO_TOLERANCE_S * sample_rate_hz)
        self._expected: int | None = None

    def place(self, timestamp_ms: int) -> int | None:
        """The time of the next frame, in samples; None for one that lies over sound that was placed already."""
        exact = self._anchor_samples + (timestamp_ms - self._anchor_ms) * self._sample_rate_hz // 1000
        if self._expected is None or exact > self._expected + self._tolerance:
            place = exact
        elif exact < self._expected - self._tolerance:
            return None
        else:
            place = self._expected
        if place < 0:
            return None
        self._expected = place + AAC_FRAME_SAMPLES
        return place
