"""Which moment of the medium belongs to a tick of the clock, over any number of pauses and seeks. Pure.

The medium's time is counted in ticks of its own and never falls: a loop or a seek goes on counting. So a change is a
span: from a tick of the clock on, the medium runs, or stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from encoder.clock import tick_to_sample, tick_to_us
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ, FRAMES_PER_SECOND

_KEPT_TICKS = 10 * FRAMES_PER_SECOND
"""Nobody asks for what is longer ago."""
_SAMPLES_PER_TICK = AUDIO_SAMPLE_RATE_HZ // FRAMES_PER_SECOND


@dataclass(frozen=True, slots=True)
class _Span:
    tick: int
    media_tick: int
    is_running: bool

    def media_tick_at(self, tick: int) -> int:
        return self.media_tick + (tick - self.tick) if self.is_running else self.media_tick


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a stretch of sound: where it lies in the medium, or that the medium stands."""

    offset: int
    """From the beginning of the whole, in samples."""
    count: int
    media_position: int | None
    """In samples; None while the medium stands."""


class MediaTimeline:
    """Stands at the beginning until it is told to run. Guarded by whoever owns it."""

    def __init__(self) -> None:
        self._spans = [_Span(0, 0, is_running=False)]

    @property
    def is_running(self) -> bool:
        """Whether it runs after the last change."""
        return self._spans[-1].is_running

    @property
    def changed_tick(self) -> int:
        """The tick of the last change."""
        return self._spans[-1].tick

    def set_running(self, tick: int, is_running: bool) -> int:
        """Run or stand from that tick on, or from the last change where that lies later. Returns the medium's tick."""
        last = self._spans[-1]
        tick = max(tick, last.tick)
        media_tick = last.media_tick_at(tick)
        if tick == last.tick:
            self._spans.pop()
        self._spans.append(_Span(tick, media_tick, is_running))
        while len(self._spans) > 1 and self._spans[1].tick < tick - _KEPT_TICKS:
            self._spans.pop(0)
        return media_tick

    def media_tick_at(self, tick: int) -> int:
        """The medium's tick at a tick of the clock."""
        return self._span_at(tick).media_tick_at(tick)

    def media_us_at(self, due_us: int) -> int:
        """The medium's moment; negative before the beginning never comes."""
        span = next((span for span in reversed(self._spans) if tick_to_us(span.tick) <= due_us), self._spans[0])
        media_us = tick_to_us(span.media_tick)
        return media_us + due_us - tick_to_us(span.tick) if span.is_running else media_us

    def stretches(self, position: int, count: int) -> Iterator[Stretch]:
        """The parts of that stretch of sound, counted from the epoch, in order."""
        offset = 0
        while offset < count:
            at = position + offset
            index = self._index_at(at // _SAMPLES_PER_TICK)
            span = self._spans[index]
            end = tick_to_sample(self._spans[index + 1].tick) if index + 1 < len(self._spans) else position + count
            part = min(count - offset, max(1, end - at))
            media = tick_to_sample(span.media_tick) + at - tick_to_sample(span.tick) if span.is_running else None
            yield Stretch(offset, part, media)
            offset += part

    def _span_at(self, tick: int) -> _Span:
        return self._spans[self._index_at(tick)]

    def _index_at(self, tick: int) -> int:
        for index in range(len(self._spans) - 1, 0, -1):
            if self._spans[index].tick <= tick:
                return index
        return 0
