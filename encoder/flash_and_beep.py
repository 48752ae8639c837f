"""Finds the test card's flashes and the tone's beeps in decoded media: how far sound and picture are apart."""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np

from encoder.picture import PictureSize, plane_rows
from encoder.sources.test_card import flash_box

_WHITE, _BLACK = 180.0, 60.0
_WINDOW_S = 0.002
_LOUD, _QUIET = 0.05, 0.02
_QUIET_BEFORE_S = 0.3
_FARTHEST_S = 0.45


class FlashDetector:
    """Tells when the flash begins: the box's picture goes from black to white."""

    def __init__(self) -> None:
        self._was_black = False

    def add(self, frame: av.VideoFrame, at_s: float) -> list[float]:
        """The moment of the flash that begins with this frame, if one does."""
        box = flash_box(PictureSize(frame.width, frame.height))
        luma = plane_rows(frame.planes[0])
        mean = float(luma[box.top + 4 : box.top + box.height - 4, box.left + 4 : box.left + box.width - 4].mean())
        begins = self._was_black and mean > _WHITE
        if mean < _BLACK:
            self._was_black = True
        elif mean > _WHITE:
            self._was_black = False
        return [at_s] if begins else []


class BeepDetector:
    """Tells when a beep begins: loud after a stretch of quiet.

    A window may hold no more than a beep's first wave, which is not loud yet: the next one tells.
    """

    def __init__(self) -> None:
        self._sounded_until_s: float | None = None
        self._begun_s: float | None = None
        """When a sound began that was not loud yet."""

    def add(self, frame: av.AudioFrame, at_s: float) -> list[float]:
        """The moments of beeps that begin in this frame of float samples, or at the end of the one before."""
        samples = np.abs(frame.to_ndarray())[0]
        if samples.dtype != np.float32:
            return []
        window = max(1, round(frame.sample_rate * _WINDOW_S))
        beeps: list[float] = []
        if self._sounded_until_s is None:
            self._sounded_until_s = at_s  # what sounds at the very beginning began before it
        for start in range(0, samples.size, window):
            part = samples[start : start + window]
            moment_s = at_s + start / frame.sample_rate
            begun_s, self._begun_s = self._begun_s, None
            peak = float(part.max())
            if peak <= _QUIET:
                continue
            if moment_s - self._sounded_until_s > _QUIET_BEFORE_S:
                begun_s = moment_s + int(np.argmax(part > _QUIET)) / frame.sample_rate
            if begun_s is not None and peak > _LOUD:
                beeps.append(begun_s)
            elif begun_s is not None and begun_s >= moment_s:
                self._begun_s = begun_s
            self._sounded_until_s = moment_s + part.size / frame.sample_rate
        return beeps


def pair_offsets_ms(flashes_s: Sequence[float], beeps_s: Sequence[float]) -> list[float]:
    """For each flash that has a beep near: how much later the sound is, in milliseconds (negative: earlier)."""
    offsets: list[float] = []
    for flash_s in flashes_s:
        nearest = min(beeps_s, key=lambda beep_s: abs(beep_s - flash_s), default=None)
        if nearest is not None and abs(nearest - flash_s) < _FARTHEST_S:
            offsets.append((nearest - flash_s) * 1000)
    return offsets
