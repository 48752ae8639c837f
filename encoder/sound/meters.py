"""The sound's level in dBFS: pure arithmetic over blocks of samples."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from encoder.sources.source import Samples
from gshop_studio.engine_protocol import Meters

SILENCE_DBFS = -120.0


def dbfs(level: float) -> float:
    """A linear level (1 is full scale) in decibels."""
    return max(SILENCE_DBFS, 20 * math.log10(level)) if level > 0 else SILENCE_DBFS


@dataclass(frozen=True, slots=True)
class MixerLevels:
    """The levels since they were last taken."""

    master: Meters
    """After the limiter: what is encoded."""
    channels: Mapping[str, Meters]
    """After gain and mute."""

    def to_wire(self) -> dict[str, Any]:
        """As JSON's types."""
        channels = {name: dataclasses.asdict(meters) for name, meters in self.channels.items()}
        return {**dataclasses.asdict(self.master), "channels": channels}


class LevelMeter:
    """Collects peak and mean square until they are read."""

    def __init__(self) -> None:
        self._reset()

    def add(self, samples: Samples) -> None:
        """Measure two rows of samples."""
        for channel in (0, 1):
            row = samples[channel]
            self._peak[channel] = max(self._peak[channel], float(row.max()), -float(row.min()))
            self._squares[channel] += float(np.dot(row, row))
        self._count += samples.shape[1]

    def take(self) -> Meters:
        """The level since the last call."""
        count = max(1, self._count)
        peak = (dbfs(self._peak[0]), dbfs(self._peak[1]))
        rms = (dbfs(math.sqrt(self._squares[0] / count)), dbfs(math.sqrt(self._squares[1] / count)))
        self._reset()
        return Meters(peak, rms)

    def _reset(self) -> None:
        self._peak = [0.0, 0.0]
        self._squares = [0.0, 0.0]
        self._count = 0
