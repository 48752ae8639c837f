"""How far pictures lie behind their ticks, smoothed: time stamps follow capture and still keep an even pace. Pure.

A camera's picture is encoded some milliseconds after it was taken. A stamp of the moment of encoding would put it that
much behind its sound; the capture times themselves jitter. So the stamp is the tick less a lag that moves slowly.
"""

from __future__ import annotations

LARGEST_LAG_US = 200_000
"""What is older than this is no longer "just captured": a source that stands still, or a bad clock."""
SLEW_US_PER_S = 1000
_SETTLING_US = 1_000_000
_SETTLING_WEIGHT = 0.2
_STEADY_WEIGHT = 0.02


class CaptureLag:
    """Follows one run of pictures. Nothing is known before the first one; in the first second it settles freely."""

    def __init__(self) -> None:
        self._mean_us: float | None = None
        self._lag_us = 0.0
        self._began_us = 0
        self._before_us = 0
        self._captured_us: int | None = None

    def at(self, tick_us: int, captured_us: int) -> int:
        """The lag to take off this tick, 0 to `LARGEST_LAG_US`.

        Args:
            tick_us: The picture's tick; it rises from call to call.
            captured_us: When the picture was captured. The same moment again is the same picture again: it tells
                nothing of the lag.
        """
        is_fresh = captured_us != self._captured_us
        self._captured_us = captured_us
        seen_us = min(max(tick_us - captured_us, 0), LARGEST_LAG_US)
        if self._mean_us is None:
            self._mean_us = self._lag_us = float(seen_us)
            self._began_us = tick_us
        elif is_fresh:
            weight = _SETTLING_WEIGHT if self._is_settling(tick_us) else _STEADY_WEIGHT
            self._mean_us += weight * (seen_us - self._mean_us)
        if self._is_settling(tick_us):
            self._lag_us = self._mean_us
        else:
            most_us = (tick_us - self._before_us) * SLEW_US_PER_S / 1e6
            self._lag_us += min(max(self._mean_us - self._lag_us, -most_us), most_us)
        self._before_us = tick_us
        return round(self._lag_us)

    def _is_settling(self, tick_us: int) -> bool:
        return tick_us - self._began_us < _SETTLING_US
