"""Whether a publisher's media comes faster than time passes. Pure: times are given."""

from __future__ import annotations


class Pace:
    """A bucket that media fills and time empties. It never goes below empty: a publisher that lagged may catch up."""

    def __init__(self, allowance_s: float) -> None:
        """`allowance_s`: how much media may be ahead of time at once."""
        self._allowance_s = allowance_s
        self._ahead_s = 0.0
        self._received_s = 0.0
        self._now_s: float | None = None

    def wait_s(self, received_s: float, now_s: float) -> float:
        """How long to wait before more is read.

        Args:
            received_s: how much media came in all.
            now_s: by a monotonic clock.
        """
        passed_s = 0.0 if self._now_s is None else now_s - self._now_s
        self._ahead_s = max(0.0, self._ahead_s + (received_s - self._received_s) - passed_s)
        self._received_s, self._now_s = received_s, now_s
        return max(0.0, self._ahead_s - self._allowance_s)
