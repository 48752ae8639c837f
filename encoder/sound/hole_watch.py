"""Notices that a device lost samples on their way to us, without a word from its driver. Pure.

What is lost never comes, so from then on every callback is later than its samples count, by as much. What is only late
comes in the end: the callbacks catch up, and while they do not, the driver says that more waits in its buffer. So a
hole is a lateness that stepped up, stays for a second, does not fall meanwhile, and that the driver does not explain.
PulseAudio does explain it at first, and takes its word back within some five seconds (measured); so it is waited for.
Should the samples come after all, the hole is taken back: no sample can come before it was captured.
"""

from __future__ import annotations

import math
from collections import deque

from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ

LEAST_HOLE_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 50
"""Smaller ones are left to the drift corrector."""
LASTS_SAMPLES = AUDIO_SAMPLE_RATE_HZ
_PART_SAMPLES = AUDIO_SAMPLE_RATE_HZ
_KNOWN_PARTS = 5
_NEEDED_PARTS = 3
_CATCHING_UP_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 200
"""Falling by more than this within the second is no hole, or not yet."""
_AGE_SMOOTHING_SAMPLES = 5 * AUDIO_SAMPLE_RATE_HZ
_EXPLAINED_SHARE = 0.5
"""Of the step, that the driver's word of what waits in its buffer must have risen by."""
_LONGEST_DOUBT_SAMPLES = 10 * AUDIO_SAMPLE_RATE_HZ
"""What the driver explains for so long is so."""


class _Level:
    """What callbacks showed while they seemed late."""

    def __init__(self, arrival: float) -> None:
        self.since = arrival
        self.samples = 0
        self.least = [math.inf, math.inf]
        """The lateness in the first half and in the second."""
        self.ages: list[float] = []

    def add(self, lateness: float, age: float | None, count: int) -> None:
        half = 0 if self.samples < LASTS_SAMPLES // 2 else 1
        self.least[half] = min(self.least[half], lateness)
        self.samples += count
        if age is not None:
            self.ages.append(age)

    def has_lasted(self, arrival: float) -> bool:
        """By its samples and by the clock: those that pile up behind a late one come all at once."""
        return self.samples >= LASTS_SAMPLES and arrival - self.since >= LASTS_SAMPLES


class HoleWatch:
    """Told of each callback; tells how many samples are missing before it."""

    def __init__(self) -> None:
        self._parts: deque[float] = deque(maxlen=_KNOWN_PARTS)
        """The least lateness in each of the last seconds."""
        self._part, self._part_samples = math.inf, 0
        self._age: float | None = None
        self._level: _Level | None = None
        self._late_since = 0.0
        self._last_hole = 0

    @property
    def is_calm(self) -> bool:
        """Whether the last callback was no later than usual."""
        return self._level is None

    def add(self, arrival: float, lateness: float, age: float | None, count: int) -> int:
        """Take a callback.

        Args:
            arrival: When it came, in samples of the engine's clock.
            lateness: How much later that is than all samples given so far count, those found missing included.
            age: What the driver says of the age of its first sample, in samples; None where it says nothing.
            count: Its samples.

        Returns:
            The samples found missing before it; negative: they came after all. 0 nearly always.
        """
        if len(self._parts) < _NEEDED_PARTS:
            self._learn(lateness, age, count)
            return 0
        step = lateness - min(self._parts)
        if step <= LEAST_HOLE_SAMPLES:
            self._level = None
            self._learn(lateness, age, count)
            return self._taken_back(step)
        if self._level is None:
            self._level, self._late_since = _Level(arrival), arrival
        self._level.add(lateness, age, count)
        return self._judge(self._level, arrival)

    def _learn(self, lateness: float, age: float | None, count: int) -> None:
        self._part = min(self._part, lateness)
        self._part_samples += count
        if self._part_samples >= _PART_SAMPLES:
            self._parts.append(self._part)
            self._part, self._part_samples = math.inf, 0
        if age is not None:
            before = age if self._age is None else self._age
            self._age = before + (1 - math.exp(-count / _AGE_SMOOTHING_SAMPLES)) * (age - before)

    def _judge(self, level: _Level, arrival: float) -> int:
        if not level.has_lasted(arrival):
            return 0
        first, second = level.least
        hole = round(min(first, second) - min(self._parts))
        is_explained = self._is_explained(level, hole)
        if is_explained and arrival - self._late_since >= _LONGEST_DOUBT_SAMPLES:
            self._forget()  # nothing is missing: the way to us has become longer
        elif is_explained or first - second > _CATCHING_UP_SAMPLES:
            self._level = _Level(arrival)
        else:
            self._level, self._last_hole = None, hole
            return hole
        return 0

    def _is_explained(self, level: _Level, hole: int) -> bool:
        if self._age is None or not level.ages:
            return False
        return sum(level.ages) / len(level.ages) - self._age > _EXPLAINED_SHARE * hole

    def _taken_back(self, step: float) -> int:
        if not self._last_hole or -step <= self._last_hole / 2:
            return 0
        hole, self._last_hole = self._last_hole, 0
        self._forget()
        return -hole

    def _forget(self) -> None:
        """What is usual is learnt anew."""
        self._parts.clear()
        self._part, self._part_samples = math.inf, 0
        self._age = self._level = None
