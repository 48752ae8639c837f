"""When a device's samples were captured, from when its callbacks came and from what its driver says. Pure.

Neither is right alone. Callbacks come late by ten milliseconds and more, but keep the pace of the device. The driver's
own word of a block's age takes that lateness out, but behind a sound server it wanders by 40 ms within seconds, and is
at times below zero. So the pace is taken from the callbacks, and from the driver only the mean age, over a minute. It
is never believed to be less than what the callbacks show: no sample is captured after the earliest callback gave it.
"""

from __future__ import annotations

import math

from encoder.sound.hole_watch import HoleWatch
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ

_SETTLING_SAMPLES = 2 * AUDIO_SAMPLE_RATE_HZ
"""At its start a sound server's word is off by half a second."""
_LATENESS_SMOOTHING_S = 5.0
_AGE_SMOOTHING_S = 60.0
_FLOOR_WINDOW_SAMPLES = 5 * AUDIO_SAMPLE_RATE_HZ
_LONGEST_AGE_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 5


class CaptureClock:
    """Told of each callback; tells the capture position of the callback's first sample."""

    def __init__(self) -> None:
        self._given = 0
        """Samples so far, those found missing included."""
        self.missing_samples = 0
        """What the last `measure` found missing before its block: lost on the way, so its place stays empty. Negative:
        it came after all."""
        self._age: float | None = None
        self._settled_ages: list[float] = []
        self.restart()

    def restart(self) -> None:
        """The device paused: what its callbacks showed before holds no more."""
        self._lateness: float | None = None
        self._calm_lateness: float | None = None
        """As it was before something seemed to be missing."""
        self._watch = HoleWatch()
        self._floors = (math.inf, math.inf)
        self._window_end = self._given + _FLOOR_WINDOW_SAMPLES

    def measure(self, arrival: float, age: float | None, count: int) -> float:
        """The position, by the engine's clock, at which the block's first sample was captured.

        Args:
            arrival: When the callback came, as a position of the engine's clock.
            age: How long before that its first sample was captured, in samples, as the driver says; None where it
                says nothing.
            count: The block's samples.
        """
        self._given += count
        lateness = arrival - self._given
        self.missing_samples = self._watch.add(arrival, lateness, age, count)
        if self.missing_samples:
            self._given += self.missing_samples
            lateness -= self.missing_samples
            self._lateness = self._calm_lateness
        elapsed_s = count / AUDIO_SAMPLE_RATE_HZ
        if self._lateness is None:
            self._lateness = lateness
        self._lateness += _weight(elapsed_s, _LATENESS_SMOOTHING_S) * (lateness - self._lateness)
        if self._watch.is_calm:
            self._calm_lateness = self._lateness
        before, current = self._floors
        if self._given >= self._window_end:
            self._window_end = self._given + _FLOOR_WINDOW_SAMPLES
            before, current = current, math.inf
        self._floors = (before, min(current, lateness))
        self._hear_driver(age, elapsed_s)
        shown = count + self._lateness - min(self._floors)
        return arrival - min(max(shown, self._age or 0.0), _LONGEST_AGE_SAMPLES)

    def _hear_driver(self, age: float | None, elapsed_s: float) -> None:
        if age is None or self._given < _SETTLING_SAMPLES // 2:
            return
        if self._given < _SETTLING_SAMPLES:
            self._settled_ages.append(age)
        elif self._age is None:
            heard = [*self._settled_ages, age]
            self._age = sum(heard) / len(heard)
            self._settled_ages = []
        else:
            self._age += _weight(elapsed_s, _AGE_SMOOTHING_S) * (age - self._age)


def _weight(elapsed_s: float, smoothing_s: float) -> float:
    return 1 - math.exp(-elapsed_s / smoothing_s)
