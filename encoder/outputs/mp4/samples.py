"""The samples of a track: those of one fragment, and the compact index of all (8 bytes each: 2 MB an hour)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise


@dataclass(frozen=True, slots=True)
class Sample:
    """One access unit, decoded and shown at `at` (in the track's time scale from the file's beginning)."""

    at: int
    size: int
    is_sync: bool


class SampleTable:
    """Index of a track, fragment by fragment."""

    def __init__(self, nominal_duration: int) -> None:
        self._nominal_duration = nominal_duration
        self.first_at = 0
        self._last_at = 0
        self._durations = array("I")
        """Of all samples but the last."""
        self.sizes = array("I")
        self.sync_numbers = array("I")
        """Numbers (from 1) of the samples at which decoding can begin."""
        self.chunk_offsets = array("Q")
        self._chunk_samples = array("I")

    def add(self, samples: Sequence[Sample], offset: int) -> None:
        """A fragment's samples, which lie one after the other at `offset` in the file."""
        if not samples:
            return
        if not self.sizes:
            self.first_at = samples[0].at
        else:
            self._durations.append(max(0, samples[0].at - self._last_at))
        self._durations.extend(max(0, later.at - sample.at) for sample, later in pairwise(samples))
        self._last_at = samples[-1].at
        for sample in samples:
            self.sizes.append(sample.size)
            if sample.is_sync:
                self.sync_numbers.append(len(self.sizes))
        self.chunk_offsets.append(offset)
        self._chunk_samples.append(len(samples))

    @property
    def duration(self) -> int:
        """From the first sample's beginning to the last one's end."""
        return self._last_at - self.first_at + self._nominal_duration if self.sizes else 0

    def duration_runs(self) -> list[tuple[int, int]]:
        """How many samples in a row last how long."""
        every = [*self._durations, self._nominal_duration] if self.sizes else []
        return [(len(list(group)), duration) for duration, group in groupby(every)]

    def chunk_runs(self) -> list[tuple[int, int]]:
        """From which chunk (from 1) on there are how many samples a chunk."""
        runs: list[tuple[int, int]] = []
        for number, count in enumerate(self._chunk_samples, 1):
            if not runs or runs[-1][1] != count:
                runs.append((number, count))
        return runs
