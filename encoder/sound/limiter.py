"""The master's limiter: the sum of the channels never passes full scale. Pure; lives on the audio loop's thread.

It looks `LOOK_AHEAD_SAMPLES` ahead: the gain at a sample is the mean, over the stretch before it, of the lowest gain
that any sample within the look-ahead asks for. So it is already down when the peak comes, and never jumps. As long as
nothing passes full scale, sound runs through untouched and only its peak is looked at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from encoder.sources.source import Samples

LOOK_AHEAD_SAMPLES = 240
_RELEASE_PER_SAMPLE = 1.0 / 9600
"""From a half back to whole in 0.1 s."""


class Limiter:
    """Two rows of samples in, as many out, later by the look-ahead; the first call gives as many fewer."""

    def __init__(self) -> None:
        self._tail = np.zeros((2, 0), np.float32)
        self._is_idle = True
        self._gains = np.ones(LOOK_AHEAD_SAMPLES - 1)
        """What the last samples asked for, held and released, which the mean still needs."""

    def process(self, samples: Samples, peak: float) -> Samples:
        """Limit.

        Args:
            samples: What follows the samples of the last call.
            peak: Their highest absolute value.
        """
        joined = np.concatenate((self._tail, samples), axis=1)
        count = joined.shape[1] - LOOK_AHEAD_SAMPLES
        self._tail = joined[:, count:]
        if self._is_idle and peak <= 1.0:
            return joined[:, :count]
        return self._limited(joined, count)

    def _limited(self, joined: Samples, count: int) -> Samples:
        asked = 1.0 / np.maximum(1.0, np.abs(joined).max(axis=0).astype(np.float64))
        gains = np.minimum.accumulate(
            np.concatenate((self._gains[-1:], _lowest_ahead(asked)[:count]))
            - _RELEASE_PER_SAMPLE * np.arange(count + 1)
        )
        gains = np.minimum(1.0, gains + _RELEASE_PER_SAMPLE * np.arange(count + 1))[1:]
        held = np.concatenate((self._gains, gains))
        sums = np.cumsum(np.concatenate(([0.0], held)))
        means = (sums[LOOK_AHEAD_SAMPLES:] - sums[:-LOOK_AHEAD_SAMPLES]) / LOOK_AHEAD_SAMPLES
        self._gains = held[count:]
        self._is_idle = bool(self._gains.min() >= 1.0 and asked[count:].min() >= 1.0)
        limited: Samples = (joined[:, :count] * means).astype(np.float32)
        return np.clip(limited, -1.0, 1.0, out=limited)  # what rounding leaves


def _lowest_ahead(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """At each place the lowest of that and the following values, `LOOK_AHEAD_SAMPLES` in all, by doubling."""
    lowest, width = values.copy(), 1
    while width < LOOK_AHEAD_SAMPLES:
        step = min(width, LOOK_AHEAD_SAMPLES - width)
        lowest[:-step] = np.minimum(lowest[:-step], lowest[step:])
        width += step
    return lowest
