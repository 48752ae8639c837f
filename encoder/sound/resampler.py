"""A resampler for ratios within a thousandth of one. Pure.

Each output sample is a windowed-sinc interpolation of 16 input samples. Up to 16 kHz amplitude and images are wrong by
less than -60 dB. Within one stretch the fractional place moves so little that the filter of each output sample is the
parabola through the filters at the stretch's beginning, middle and end: three convolutions in one matrix product.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from encoder.sources.source import Samples

TAPS = 16
LATENCY_SAMPLES = TAPS // 2
"""An output sample needs so many input samples from its place on."""
_PHASES = 512
_KAISER_BETA = 7.5
_LONGEST_STRETCH = 1536
_SHORTEST_STRETCH = 16
"""Fewer output samples than this wait for the next input: a stretch costs much the same whatever its length."""
_LARGEST_MOVE = 0.2
"""How far the fractional place may move within a stretch, in samples."""


class Resampler:
    """Holds what the filter still needs, and the place of the next output sample among the input samples."""

    def __init__(self) -> None:
        self._table = _filter_table()
        # The first output sample lies on the first input sample; before it there was silence.
        self._waiting = np.zeros((2, LATENCY_SAMPLES - 1), np.float32)
        self._weights = np.zeros((3, 0), np.float32)
        self._place = float(LATENCY_SAMPLES - 1)
        """Where the next output sample lies in `_waiting`."""

    @property
    def pending_samples(self) -> float:
        """From the next output sample to the end of what was put in; may be a fraction, or a little below zero."""
        return self._waiting.shape[1] - self._place

    def process(self, samples: Samples, step: float) -> Samples:
        """Take two rows of input; give the output samples that can be made, `step` input samples apart."""
        self._waiting = np.concatenate((self._waiting, samples), axis=1)
        longest = min(_LONGEST_STRETCH, int(_LARGEST_MOVE / max(1e-9, abs(step - 1.0))))
        made: list[Samples] = []
        while True:
            available = self._waiting.shape[1] - LATENCY_SAMPLES - self._place
            count = min(longest, math.ceil(available / max(1.0, step)))
            if count < _SHORTEST_STRETCH:
                break
            made.append(self._stretch(count, step))
            self._place += count * step
        used = int(self._place) - (LATENCY_SAMPLES - 1)
        self._waiting = self._waiting[:, used:]
        self._place -= used
        return made[0] if len(made) == 1 else np.concatenate([np.zeros((2, 0), np.float32), *made], axis=1)

    def _stretch(self, count: int, step: float) -> Samples:
        whole = int(self._place)
        first = self._place - whole
        move = (step - 1.0) * count
        filters = self._filters(np.array((first, first + move / 2, first + move)))
        # A view in which the row of each tap begins one sample later than the one before.
        row, column = self._waiting.strides
        windows = np.ndarray(
            (2, TAPS, count),
            np.float32,
            self._waiting.data,
            (whole - LATENCY_SAMPLES + 1) * column,
            (row, column, column),
        )
        filtered = filters @ np.ascontiguousarray(windows)
        filtered *= self._weights_of(count)
        resampled: Samples = filtered.sum(axis=1)
        return resampled

    def _weights_of(self, count: int) -> Samples:
        """Lagrange's weights of each output sample for the places 0, 1/2 and 1 of the stretch."""
        if self._weights.shape[1] != count:
            t = np.arange(count) / count
            rows = ((2 * t - 1) * (t - 1), 4 * t * (1 - t), t * (2 * t - 1))
            self._weights = np.stack(rows).astype(np.float32)
        return self._weights

    def _filters(self, places: NDArray[np.float64]) -> Samples:
        """The filter at each fractional place; those a little outside of 0 to 1 are in the table too."""
        at = (places + 1.0) * _PHASES
        index = at.astype(np.intp)
        part = (at - index).astype(np.float32)[:, np.newaxis]
        filters: Samples = self._table[index] * (1 - part) + self._table[index + 1] * part
        return filters


def _filter_table() -> Samples:
    """A Kaiser-windowed sinc for each place from -1 to 2, `_PHASES` a sample; the sum of each is 1."""
    places = np.arange(3 * _PHASES + 2) / _PHASES - 1.0
    distances = np.arange(TAPS) - (LATENCY_SAMPLES - 1) - places[:, np.newaxis]
    inside = np.maximum(0.0, 1 - (distances / (TAPS / 2)) ** 2)
    table = np.sinc(distances) * np.i0(_KAISER_BETA * np.sqrt(inside)) / np.i0(_KAISER_BETA)
    filters: Samples = (table / table.sum(axis=1, keepdims=True)).astype(np.float32)
    return filters
