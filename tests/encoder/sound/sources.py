"""Sources of sound for tests: each sample tells its position, and reading too early is found out."""

from __future__ import annotations

import numpy as np

from encoder.sound.channel import FADE_SAMPLES
from encoder.sources.source import READ_AHEAD_SAMPLES, Samples, SoundBlock
from gshop_studio.engine_protocol import Fault

PERIOD_SAMPLES = 4800
AHEAD = -READ_AHEAD_SAMPLES


def numbered(position: int, count: int, scale: float = 0.1) -> Samples:
    """What a `NumberedSource` says: a triangle, left and right opposed, so that a wrong place is a wrong value."""
    phase = (np.arange(position, position + count) % PERIOD_SAMPLES) / PERIOD_SAMPLES
    triangle = scale * (1 - 4 * np.abs(phase - 0.5))
    return np.stack((triangle, -triangle)).astype(np.float32)


class NumberedSource:
    """Knows `now` if it is told, and remembers whether it was asked for what it cannot have yet."""

    name = "numbered"

    def __init__(self, delay_samples: int = AHEAD, scale: float = 0.1) -> None:
        self.delay_samples = delay_samples
        self.fault: Fault | None = None
        self.scale = scale
        self.now: int | None = None
        self.asked_early = 0
        self.missing_samples = 0
        self.reads: list[tuple[int, int]] = []
        self.is_closed = False

    def read(self, position: int, count: int) -> SoundBlock:
        assert not self.is_closed
        self.reads.append((position, count))
        is_fade = count == FADE_SAMPLES  # the last ones may be asked for before they are due
        if self.now is not None and not is_fade and position + count + self.delay_samples > self.now:
            self.asked_early += 1
        samples = numbered(position, count, self.scale)
        missing = min(self.missing_samples, count)
        self.missing_samples -= missing
        samples[:, :missing] = 0
        return SoundBlock(samples, missing)

    def close(self) -> None:
        self.is_closed = True


class ConstantSource:
    """The same value for ever."""

    name = "constant"
    fault: Fault | None = None

    def __init__(self, value: float, delay_samples: int = AHEAD) -> None:
        self.value = value
        self.delay_samples = delay_samples

    def read(self, position: int, count: int) -> SoundBlock:
        return SoundBlock(np.full((2, count), self.value, np.float32))

    def close(self) -> None:
        """Nothing to let go."""


class NoiseSource(ConstantSource):
    """White noise, the same at the same position."""

    def __init__(self, scale: float = 0.1, delay_samples: int = AHEAD, seed: int = 1) -> None:
        super().__init__(scale, delay_samples)
        self.noise = (np.random.default_rng(seed).standard_normal((2, 48000)) * scale).astype(np.float32)

    def read(self, position: int, count: int) -> SoundBlock:
        places = np.arange(position, position + count) % 48000
        return SoundBlock(self.noise[:, places])
