"""RTMP's 32-bit milliseconds as one 64-bit count that outlives a wrap (after 49.7 days, or when a peer likes)."""

from __future__ import annotations

_MODULUS = 1 << 32
_HALF = 1 << 31
_MOST_NEGATIVE_MS = -60_000
"""A decoding time may begin a little below zero; further below, it is rather a large number."""


class TimestampUnwrapper:
    """One for audio and video together, so that both stay in the same era."""

    def __init__(self) -> None:
        self._last: int | None = None

    def unwrap(self, timestamp: int) -> int:
        """The count nearest to the last one. It may go backwards, but never below 0."""
        self._last = self._nearest(timestamp)
        return max(0, self._last)

    def peek(self, timestamp: int) -> int:
        """The same for something whose time may be anything (a decoder's configuration); nothing follows from it."""
        return max(0, self._nearest(timestamp))

    def _nearest(self, timestamp: int) -> int:
        if self._last is None:
            return timestamp % _MODULUS
        step = (timestamp - self._last + _HALF) % _MODULUS - _HALF
        unwrapped = self._last + step
        return unwrapped if unwrapped >= _MOST_NEGATIVE_MS else unwrapped + _MODULUS
