"""Notices that the processor cannot keep up and lightens the engine's work before pictures are lost. Pure.

Fed once a second with how hard the video loop works. It steps down soon and up with care; each step up that turned out
to be too much makes it wait longer before the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Protocol

OVERLOAD_CPU = "overload.cpu"
FULL_PREVIEW_FPS, LOW_PREVIEW_FPS = 30, 10

STRAINED_SHARE = 0.8
CALM_SHARE = 0.45
"""At 720p x264 needs 1.9 times as long at full effort as at the cheaper one: more than this would be strained again."""
_DESPERATE_SHARE = 0.95
_STRAINED_LATENESS_US = 50_000
_CALM_LATENESS_US = 40_000
_DESPERATE_LATE_TICKS = 3
_STRAINED_LOOKS = 2
_SETTLING_LOOKS = 3
"""A change of encoder takes a second, and what was late before it still counts in the next look."""
CALM_LOOKS = 30
_MOST_CALM_LOOKS = 480
_RELAPSE_LOOKS = 60
_FORGIVING_LOOKS = 600


class Load(Protocol):
    """What is read of a video loop's load."""

    @property
    def busy_share(self) -> float: ...
    @property
    def lateness_p99_us(self) -> int: ...
    @property
    def late_ticks(self) -> int: ...


class Relief(IntEnum):
    """How far the work is lightened."""

    NONE = 0
    CHEAPER_ENCODER = 1
    LOW_PREVIEW = 2
    CHEAPEST_ENCODER = 3


class Pressure(Enum):
    STRAINED = auto()
    CALM = auto()


TRANSITIONS: dict[tuple[Relief, Pressure], Relief] = {
    (Relief.NONE, Pressure.STRAINED): Relief.CHEAPER_ENCODER,
    (Relief.CHEAPER_ENCODER, Pressure.STRAINED): Relief.LOW_PREVIEW,
    (Relief.LOW_PREVIEW, Pressure.STRAINED): Relief.CHEAPEST_ENCODER,
    (Relief.CHEAPEST_ENCODER, Pressure.CALM): Relief.LOW_PREVIEW,
    (Relief.LOW_PREVIEW, Pressure.CALM): Relief.CHEAPER_ENCODER,
    (Relief.CHEAPER_ENCODER, Pressure.CALM): Relief.NONE,
}
"""One step at a time; at either end there is none left."""

_EFFORTS = {
    Relief.NONE: (0, FULL_PREVIEW_FPS),
    Relief.CHEAPER_ENCODER: (1, FULL_PREVIEW_FPS),
    Relief.LOW_PREVIEW: (1, LOW_PREVIEW_FPS),
    Relief.CHEAPEST_ENCODER: (2, LOW_PREVIEW_FPS),
}


@dataclass(frozen=True, slots=True)
class OverloadDecision:
    """What to do from now on.

    Attributes:
        overload: `overload.cpu` while the work is lightened or ought to be, else nothing.
        effort: For the video encoder: 0 is all of it, 2 the least.
        preview_fps: At most so many previews a second.
    """

    relief: Relief = Relief.NONE
    overload: str = ""

    @property
    def effort(self) -> int:
        return _EFFORTS[self.relief][0]

    @property
    def preview_fps(self) -> int:
        return _EFFORTS[self.relief][1]


class OverloadMonitor:
    """Remembers the last looks of one run."""

    def __init__(self) -> None:
        self._relief = Relief.NONE
        self._strained = 0
        self._calm = 0
        self._since_step = _SETTLING_LOOKS
        self._since_easing = _RELAPSE_LOOKS
        self._needed_calm = CALM_LOOKS

    def look(self, load: Load) -> OverloadDecision:
        """A second has passed under this load."""
        self._since_step += 1
        self._since_easing += 1
        is_strained, is_calm = _is_strained(load), _is_calm(load)
        self._strained = self._strained + 1 if is_strained else 0
        self._calm = self._calm + 1 if is_calm else 0
        if self._since_step > _SETTLING_LOOKS:
            if self._strained >= _STRAINED_LOOKS or _is_desperate(load):
                self._step(Pressure.STRAINED)
            elif self._calm >= self._needed_calm:
                self._step(Pressure.CALM)
        if self._since_easing >= _FORGIVING_LOOKS and self._since_step >= _FORGIVING_LOOKS:
            self._needed_calm = CALM_LOOKS
        is_overloaded = self._relief is not Relief.NONE or self._strained >= _STRAINED_LOOKS
        return OverloadDecision(self._relief, OVERLOAD_CPU if is_overloaded else "")

    def _step(self, pressure: Pressure) -> None:
        after = TRANSITIONS.get((self._relief, pressure))
        if after is None:
            return
        if pressure is Pressure.CALM:
            self._since_easing = 0
        elif self._since_easing < _RELAPSE_LOOKS:
            self._needed_calm = min(2 * self._needed_calm, _MOST_CALM_LOOKS)
        self._relief = after
        self._strained = self._calm = self._since_step = 0


def _is_strained(load: Load) -> bool:
    return load.busy_share >= STRAINED_SHARE or load.late_ticks > 0 or load.lateness_p99_us >= _STRAINED_LATENESS_US


def _is_desperate(load: Load) -> bool:
    return load.busy_share >= _DESPERATE_SHARE or load.late_ticks >= _DESPERATE_LATE_TICKS


def _is_calm(load: Load) -> bool:
    return load.busy_share <= CALM_SHARE and not load.late_ticks and load.lateness_p99_us < _CALM_LATENESS_US
