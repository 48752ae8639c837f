"""How fast one socket may send events. Pure: time is handed in."""

from __future__ import annotations

import math
from enum import Enum, auto

FLOOD_FACTOR = 4
"""Who goes on until so many times the allowance was refused is a flood, and disconnected."""


class Pace(Enum):
    FINE = auto()
    TOO_FAST = auto()
    """Refuse this event."""
    FLOOD = auto()
    """Refuse it and disconnect."""


class EventPace:
    """A bucket of `allowance` events that fills up again evenly within `per_s` seconds."""

    __slots__ = ("_allowance", "_left", "_per_s", "_refused", "_then_s")

    def __init__(self, allowance: int, per_s: float) -> None:
        self._allowance = allowance
        self._per_s = per_s
        self._left = float(allowance)
        self._then_s: float | None = None
        self._refused = 0

    def take(self, now_s: float) -> Pace:
        """An event comes."""
        if self._then_s is not None:
            gained = max(0.0, now_s - self._then_s) * self._allowance / self._per_s
            self._left = min(float(self._allowance), self._left + gained)
        self._then_s = now_s
        if self._left >= self._allowance - 1:
            self._refused = 0
        if self._left >= 1:
            self._left -= 1
            return Pace.FINE
        self._refused += 1
        return Pace.FLOOD if self._refused > FLOOD_FACTOR * self._allowance else Pace.TOO_FAST

    @property
    def wait_s(self) -> int:
        """How long until the next event would be taken, in whole seconds."""
        return max(1, math.ceil((1 - self._left) * self._per_s / self._allowance))
