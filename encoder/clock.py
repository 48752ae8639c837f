"""The engine's one clock: microseconds that only rise, anchored to UTC once, at the start.

A moment on this clock reads as microseconds since the UNIX epoch. A later step of the machine's wall clock does not
move it, so time stamps made from it stay monotonic. The grids of pictures and samples count from the epoch: each whole
second of UTC starts with a tick and with a sample, which keeps the test card's flashes and the tone's beeps in step
without either knowing of the other.
"""

from __future__ import annotations

import time
from typing import Protocol

from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ, FRAMES_PER_SECOND

US_PER_S = 1_000_000


class Clock(Protocol):
    """What tells the time to everything in the engine."""

    def now_us(self) -> int:
        """Now."""
        ...

    def sleep_until(self, at_us: int) -> None:
        """Block this thread until that moment; at once if it is past."""
        ...


class MonotonicClock:
    """The real clock."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_us(self) -> int:
        return (time.monotonic_ns() + self._offset_ns) // 1000

    def sleep_until(self, at_us: int) -> None:
        remaining_us = at_us - self.now_us()
        if remaining_us > 0:
            time.sleep(remaining_us / US_PER_S)


def tick_to_us(tick: int) -> int:
    """The moment of a picture's tick, counted from the epoch."""
    return tick * US_PER_S // FRAMES_PER_SECOND


def first_tick_from(at_us: int) -> int:
    """The first tick at that moment or after it."""
    return -(-at_us * FRAMES_PER_SECOND // US_PER_S)


def sample_to_us(position: int) -> int:
    """The moment of a sample, counted from the epoch."""
    return position * US_PER_S // AUDIO_SAMPLE_RATE_HZ


def us_to_sample(at_us: int) -> int:
    """The sample at that moment, rounded down."""
    return at_us * AUDIO_SAMPLE_RATE_HZ // US_PER_S


def tick_to_sample(tick: int) -> int:
    """The sample at a tick: exact, since the sample rate is a multiple of the frame rate."""
    return tick * (AUDIO_SAMPLE_RATE_HZ // FRAMES_PER_SECOND)
