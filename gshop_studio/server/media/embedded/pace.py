"""Whether a publisher's media comes faster than time passes. Pure: times are given."""

from __future__ import annotations


class Pace:
    """A bucket that media fills and time empties. It never goes below empty: a publisher that lagged may catch up.

    Only differences count, so that neither jumps of time stamps nor of the wall clock look like a flood for long.
    """

    def __init__(self, allowance_s: float, max_step_s: float) -> None:
        """`allowance_s` may be ahead at once; a step of the media beyond `max_step_s` counts as that."""
        self._allowance_s = allowance_s
        self._max_step_s = max_step_s
        self._ahead_s = 0.0
        self._media_s: float | None = None
        self._now_s = 0.0

    def wait_s(self, media_s: float, now_s: float) -> float:
        """How long to wait before more is read; `media_s` is how far the media reaches, `now_s` a monotonic clock."""
        if self._media_s is not None:
            step_s = min(max(media_s - self._media_s, 0.0), self._max_step_s)
            self._ahead_s = max(0.0, self._ahead_s + step_s - (now_s - self._now_s))
        self._media_s, self._now_s = media_s, now_s
        return max(0.0, self._ahead_s - self._allowance_s)
