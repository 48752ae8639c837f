"""Which moment of the server's clock a moment of the media belongs to (EXT-X-PROGRAM-DATE-TIME)."""

from __future__ import annotations

from typing import Protocol

_BUCKET_MS = 20_000.0


class MediaClock(Protocol):
    """Learns from each picture, answers for any moment. The engine's capture clock is to become another one."""

    def observe(self, media_ms: float, arrived_at_ms: float) -> None:
        """A picture of media time `media_ms` arrived at `arrived_at_ms` (UTC)."""
        ...

    def utc_ms(self, media_ms: float) -> float:
        """The moment, UTC in milliseconds, at which media time `media_ms` was sent."""
        ...


class ArrivalClock:
    """By arrival: the quickest picture of the last 20 to 40 s tells, so that jitter of the uplink does not.

    A running minimum over everything would not follow the drift of a publisher's clock.
    """

    def __init__(self) -> None:
        self._bucket_began_ms = 0.0
        self._minimum: float | None = None
        self._minimum_before: float | None = None

    def observe(self, media_ms: float, arrived_at_ms: float) -> None:
        """Take one picture's delay into account."""
        offset = arrived_at_ms - media_ms
        is_in_bucket = 0 <= arrived_at_ms - self._bucket_began_ms <= _BUCKET_MS  # the wall clock may be set back
        if self._minimum is None or not is_in_bucket:
            self._minimum_before = self._minimum
            self._minimum = offset
            self._bucket_began_ms = arrived_at_ms
        else:
            self._minimum = min(self._minimum, offset)

    def utc_ms(self, media_ms: float) -> float:
        """By the smallest delay seen lately; the media time itself before any was."""
        offsets = [offset for offset in (self._minimum, self._minimum_before) if offset is not None]
        return media_ms + min(offsets, default=0.0)
