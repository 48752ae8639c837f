"""Follows a sound card's clock: lays its samples end to end on the engine's positions, without jumps. Pure.

The card counts 48,000 samples a second by a clock of its own. Each block comes with the position at which, by the
engine's clock, its first sample was captured: right on average, off by many milliseconds each time. The difference to
where the block would lie is smoothed, and a controller (proportional and integral) turns it into the ratio by which the
sound is resampled: at most `LARGEST_CORRECTION`, and so slowly that nobody hears it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from encoder.sound.resampler import Resampler
from encoder.sources.source import Samples
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ

LARGEST_CORRECTION = 500e-6
JUMP_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 5
"""So much at once is no drift: the device paused."""
_SETTLING_SAMPLES = 3 * AUDIO_SAMPLE_RATE_HZ
"""Devices stutter when they start: until then smaller differences place anew, too."""
_SETTLING_JUMP_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 50
_SETTLED_ERROR_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 200
"""What is left of the difference then is set right once, if it is more than this."""
_JUMP_LASTS_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 20
"""A late callback looks like a pause, until the ones that pile up behind it are handled."""
_SMOOTHING_S = 1.0
_SPEED = 0.05
"""The loop's natural frequency in radians a second, critically damped: 150 ppm cost 1 ms at the worst."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Sound in its place."""

    position: int
    samples: Samples


class DriftCorrector:
    """Blocks in, as the device gives them; placed blocks out, each beginning where the one before ended."""

    def __init__(self, resampler: Resampler | None = None) -> None:
        self._resampler = resampler or Resampler()
        self._next: int | None = None
        """The position of the next sample that is given out."""
        self._since_start = 0
        self._is_settled = False
        self._error = 0.0
        self._does_smooth = False
        self._integral = 0.0
        self._far_since: int | None = None
        """Where the device's own position was when it first seemed to have jumped."""
        self._to_drop = 0
        self.correction = 0.0
        """The output has so much more samples than the input: 1e-6 is one in a million."""
        self.placings = 0
        """How often sound was placed anew."""
        self.samples_in = 0
        self.samples_out = 0
        self.skipped_samples = 0
        """Positions left out when a device paused or lost samples: whoever reads them gets silence, and counts it."""
        self.dropped_samples = 0
        """Input thrown away when a device gave more than time had passed."""

    @property
    def error_samples(self) -> float:
        """How much later than where it is laid the sound is captured, smoothed."""
        return self._error

    @property
    def pending_samples(self) -> float:
        """Input that is not given out yet."""
        return self._resampler.pending_samples

    def add(self, measured: float, samples: Samples) -> Placed:
        """Take the next block.

        Args:
            measured: The position at which its first sample was captured, by the engine's clock.
            samples: Two rows.
        """
        count = samples.shape[1]
        self.samples_in += count
        if self._next is None:
            self._next = round(measured)
        self._judge(measured, self._next + self._resampler.pending_samples * (1 + self.correction), count)
        if self._to_drop:
            dropped = min(self._to_drop, count)
            samples, self._to_drop = samples[:, dropped:], self._to_drop - dropped
            self.dropped_samples += dropped
        made = self._resampler.process(samples, 1 / (1 + self.correction))
        position = self._next
        self._next += made.shape[1]
        self.samples_out += made.shape[1]
        return Placed(position, made)

    def leave_out(self, missing: int) -> None:
        """Samples were lost before the next block: their place stays empty. Negative: they come after all, and are
        dropped, for their place is past."""
        self._move(missing)

    def _judge(self, measured: float, expected: float, count: int) -> None:
        """Look at where a block should lie and where it would; correct the ratio, or place anew."""
        error = measured + self._to_drop - expected
        self._since_start += count
        if abs(error) > JUMP_SAMPLES:
            if self._far_since is None:
                self._far_since = round(measured)
            elif measured - self._far_since >= _JUMP_LASTS_SAMPLES:
                self._place_anew(error)
            return
        self._far_since = None
        elapsed_s = count / AUDIO_SAMPLE_RATE_HZ
        weight = 1 - math.exp(-elapsed_s / _SMOOTHING_S) if self._does_smooth else 1.0
        self._does_smooth = True
        self._error += weight * (error - self._error)
        if not self._is_settled:
            self._is_settled = self._since_start >= _SETTLING_SAMPLES
            if abs(self._error) > (_SETTLED_ERROR_SAMPLES if self._is_settled else _SETTLING_JUMP_SAMPLES):
                self._place_anew(self._error)
            return
        self._steer(elapsed_s)

    def _steer(self, elapsed_s: float) -> None:
        error_s = self._error / AUDIO_SAMPLE_RATE_HZ
        wanted = 2 * _SPEED * error_s + self._integral
        self.correction = min(LARGEST_CORRECTION, max(-LARGEST_CORRECTION, wanted))
        if wanted == self.correction or (wanted > 0) != (error_s > 0):  # at its limit the integral must not wind up
            self._integral += _SPEED**2 * error_s * elapsed_s

    def _place_anew(self, error: float) -> None:
        self.placings += 1
        self._move(round(error))

    def _move(self, moved: int) -> None:
        assert self._next is not None
        if moved >= 0:
            self._next += moved
            self.skipped_samples += moved
        else:
            self._to_drop -= moved
        self._error, self._does_smooth, self._far_since = 0.0, False, None
