"""Which moment of the server's clock a moment of the media belongs to (EXT-X-PROGRAM-DATE-TIME)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

_BUCKET_MS = 20_000.0
_MOST_APART_MS = 24 * 3_600_000.0
_MOST_AHEAD_MS = 1_000.0
_MOST_BEHIND_MS = 30_000.0
_LONGEST_WITHOUT_MS = 10_000.0
_KEPT_ANCHORS = 16


class MediaClock(Protocol):
    """Learns from each picture, answers for any moment."""

    def observe(self, media_ms: float, arrived_at_ms: float, captured_at_ms: float | None = None) -> None:
        """A picture of media time `media_ms` arrived at `arrived_at_ms` (UTC), and says when it was captured (UTC by
        the publisher's clock) if it does."""
        ...

    def utc_ms(self, media_ms: float) -> float:
        """The moment, UTC in milliseconds, of media time `media_ms`."""
        ...


class RunningMinimum:
    """The smallest value of the last 20 to 40 s. One over everything would not follow the drift of a clock."""

    def __init__(self) -> None:
        self._bucket_began_ms = 0.0
        self._minimum: float | None = None
        self._minimum_before: float | None = None

    @property
    def value(self) -> float | None:
        """None before any was added."""
        values = [value for value in (self._minimum, self._minimum_before) if value is not None]
        return min(values, default=None)

    def add(self, value: float, at_ms: float) -> None:
        """A value of that moment."""
        is_in_bucket = 0 <= at_ms - self._bucket_began_ms <= _BUCKET_MS  # the wall clock may be set back
        if self._minimum is None or not is_in_bucket:
            self._minimum_before = self._minimum
            self._minimum = value
            self._bucket_began_ms = at_ms
        else:
            self._minimum = min(self._minimum, value)


class ArrivalClock:
    """By arrival: the quickest picture of late tells, so that jitter of the uplink does not."""

    def __init__(self) -> None:
        self._offset = RunningMinimum()

    def observe(self, media_ms: float, arrived_at_ms: float, captured_at_ms: float | None = None) -> None:
        """Take one picture's delay into account; when it was captured is passed over."""
        self._offset.add(arrived_at_ms - media_ms, arrived_at_ms)

    def utc_ms(self, media_ms: float) -> float:
        """By the smallest delay seen lately; the media time itself before any was."""
        return media_ms + (self._offset.value or 0.0)


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A keyframe that said when it was captured."""

    media_ms: float
    captured_at_ms: float


class CaptureClock:
    """By the publisher's capture clock where it travels with the stream, else by arrival.

    Two things are learnt: from the last keyframes which capture time a media time has; and from all pictures how much
    the publisher's clock is behind ours, the smallest of arrival minus capture (the quickest way there included, which
    nothing can tell apart). Pictures that arrive late and in bursts move neither.

    What a publisher says is believed within reason: more than a day away from arrival it is passed over. Where a
    capture time lies 1 s beyond what the offset learnt allows, or 30 s short of it, that clock was set anew, and the
    offset is learnt afresh. So the time told is never later than arrival, nor more than 30 s earlier than the quickest
    way would have it. After 10 s of media without a capture time, arrival tells.
    """

    def __init__(self) -> None:
        self._arrival = ArrivalClock()
        self._anchors: deque[_Anchor] = deque(maxlen=_KEPT_ANCHORS)
        self._offset = RunningMinimum()

    @property
    def offset_ms(self) -> float | None:
        """What to add to a moment of the publisher's clock; None while it is unknown."""
        return self._offset.value if self._anchors else None

    def observe(self, media_ms: float, arrived_at_ms: float, captured_at_ms: float | None = None) -> None:
        """Take one picture into account."""
        self._arrival.observe(media_ms, arrived_at_ms)
        if captured_at_ms is not None and abs(arrived_at_ms - captured_at_ms) <= _MOST_APART_MS:
            self._learn(media_ms, arrived_at_ms, captured_at_ms)
        captured_ms = self._captured_ms(media_ms)
        if captured_ms is not None:
            self._offset.add(arrived_at_ms - captured_ms, arrived_at_ms)

    def utc_ms(self, media_ms: float) -> float:
        """When that moment of the media was captured, in our time; when it was sent, where that is not known."""
        captured_ms, offset = self._captured_ms(media_ms), self._offset.value
        if captured_ms is None or offset is None:
            return self._arrival.utc_ms(media_ms)
        return captured_ms + offset

    def _learn(self, media_ms: float, arrived_at_ms: float, captured_at_ms: float) -> None:
        offset = arrived_at_ms - captured_at_ms
        known = self._offset.value
        if known is not None and not -_MOST_AHEAD_MS <= offset - known <= _MOST_BEHIND_MS:
            self._offset = RunningMinimum()
            self._anchors.clear()
        self._anchors.append(_Anchor(media_ms, captured_at_ms))

    def _captured_ms(self, media_ms: float) -> float | None:
        """By the last keyframe at or before that moment, or by the first one there is."""
        before = [anchor for anchor in self._anchors if anchor.media_ms <= media_ms]
        anchor = before[-1] if before else next(iter(self._anchors), None)
        if anchor is None or abs(media_ms - anchor.media_ms) > _LONGEST_WITHOUT_MS:
            return None
        return anchor.captured_at_ms + media_ms - anchor.media_ms
