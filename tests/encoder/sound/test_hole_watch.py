"""Samples that a sound server loses before they come to us: found and made up for, and nothing else taken for them.

A device on synthetic clocks, heard through the capture clock and the drift corrector as a microphone is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from encoder.sound.capture_clock import CaptureClock
from encoder.sound.drift import DriftCorrector
from encoder.sound.resampler import Resampler
from encoder.sources.source import Samples

_BLOCK = 960
_BEGIN = 48000 * 1_700_000_000
_MS = 48
_SILENCE = np.zeros((2, 2048), np.float32)


class _Counting(Resampler):
    """Makes silence of the right length."""

    def _stretch(self, count: int, step: float) -> Samples:
        return _SILENCE[:, :count]


@dataclass
class Device:
    """Off by `ppm`; its callbacks come up to `jitter_ms` late, and say an age that wanders by `wander_ms`."""

    ppm: float = 0.0
    jitter_ms: float = 10.0
    wander_ms: float = 20.0
    seed: int = 1
    tells_age: bool = True
    latency: float = 30.0 * _MS
    """From a sample's capture to a callback that is not late."""
    lost: int = 0
    """Samples that never come."""
    filled: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.clock, self.corrector = CaptureClock(), DriftCorrector(_Counting())
        self.index = 0
        self.arrival = float(_BEGIN)
        self.stuck_until = 0.0
        self.untrue_age = 0.0
        self.errors_ms: list[float] = []
        """How much later than it was captured each block is laid."""

    @property
    def captured(self) -> float:
        """Of the next block's first sample."""
        return _BEGIN + (self.index * _BLOCK + self.lost) / (1 + self.ppm * 1e-6)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 48000 / _BLOCK)):
            self._block()

    def lose(self, ms: float, *, untrue_age: bool = False) -> None:
        """`untrue_age`: as PulseAudio does, the driver takes what is missing for waiting, less so for five seconds."""
        self.lost += round(ms * _MS)
        self.untrue_age = ms * _MS if untrue_age else 0.0

    def stick(self, ms: float) -> None:
        """Callbacks are not called for so long; then all that piled up come at once."""
        self.stuck_until = self.captured + ms * _MS

    def _block(self) -> None:
        captured = self.captured
        due = captured + _BLOCK + self.latency + self.random.uniform(0, self.jitter_ms) * _MS
        self.arrival = max(self.arrival + 1, due, self.stuck_until)
        wander = self.wander_ms * _MS * np.sin(self.index / 70)
        age = self.arrival - captured + wander + self.untrue_age if self.tells_age else None
        self.untrue_age = max(0.0, self.untrue_age - _BLOCK / 50)
        self.index += 1
        measured = self.clock.measure(self.arrival, age, _BLOCK)
        if missing := self.clock.missing_samples:
            self.filled.append(missing)
            self.corrector.leave_out(missing)
        pending = self.corrector.pending_samples
        placed = self.corrector.add(measured, np.zeros((2, _BLOCK), np.float32))
        self.errors_ms.append((placed.position + pending - captured) / _MS)

    def error_ms(self) -> float:
        """On average over the last second."""
        return float(np.mean(self.errors_ms[-50:]))


@pytest.mark.parametrize("tells_age", [True, False])
@pytest.mark.parametrize("lost_ms", [30, 80, 150])
def test_what_a_sound_server_lost_is_made_up_for_within_two_seconds(lost_ms: int, tells_age: bool) -> None:
    """The sound came earlier than the picture by as much, for minutes."""
    device, whole = Device(tells_age=tells_age), Device(tells_age=tells_age)
    device.run(30)
    skipped, placings = device.corrector.skipped_samples, device.corrector.placings
    device.lose(lost_ms)
    device.run(1)
    whole.run(31)
    assert device.errors_ms[-1] - whole.errors_ms[-1] < -lost_ms / 2, "not yet: it may still come"
    for seconds in (2, 60):
        device.run(seconds)
        whole.run(seconds)
        assert device.error_ms() == pytest.approx(whole.error_ms(), abs=5), "as if nothing had been lost"
    assert len(device.filled) == 1 and device.filled[0] == pytest.approx(lost_ms * _MS, abs=2 * _MS)
    assert device.corrector.skipped_samples - skipped == device.filled[0], "whoever reads them counts silence"
    assert device.corrector.placings == placings and whole.filled == []


@pytest.mark.parametrize("lost_ms", [30, 90, 150])
def test_a_driver_that_explains_the_loss_away_at_first_is_waited_for(lost_ms: int) -> None:
    """PulseAudio, as measured: 90 ms were missing, and for seconds it said that they waited in its buffer."""
    device, whole = Device(wander_ms=5), Device(wander_ms=5)
    device.run(30)
    device.lose(lost_ms, untrue_age=True)
    device.run(10)
    whole.run(40)
    assert device.filled == [pytest.approx(lost_ms * _MS, abs=2 * _MS)]
    assert device.error_ms() == pytest.approx(whole.error_ms(), abs=12)


def test_losses_that_follow_each_other_are_all_made_up_for() -> None:
    device = Device()
    device.run(30)
    before_ms = device.error_ms()
    for _ in range(5):
        device.lose(40)
        device.run(4)
    assert sum(device.filled) == pytest.approx(200 * _MS, abs=10 * _MS)
    assert device.error_ms() == pytest.approx(before_ms, abs=8)


@settings(max_examples=12, deadline=None)
@example(ppm=150.0, jitter_ms=10.0, wander_ms=40.0, seed=1, tells_age=False)
@example(ppm=-150.0, jitter_ms=10.0, wander_ms=40.0, seed=2, tells_age=True)
@given(st.floats(-150, 150), st.floats(0, 10), st.floats(0, 40), st.integers(0, 2**31), st.booleans())
def test_jitter_drift_and_hiccups_are_no_holes(
    ppm: float, jitter_ms: float, wander_ms: float, seed: int, tells_age: bool
) -> None:
    """The samples are late, but all there."""
    device = Device(ppm, jitter_ms, wander_ms, seed, tells_age)
    pauses = np.random.default_rng(seed)
    device.run(10)
    skipped = device.corrector.skipped_samples  # what the first block's jitter did is set right once
    for _ in range(30):
        device.stick(pauses.uniform(20, 200))
        device.run(pauses.uniform(0.3, 4))
    assert device.filled == [] and device.corrector.skipped_samples == skipped


def test_a_pile_that_is_worked_off_slowly_is_no_hole() -> None:
    """A busy machine calls back a little faster than the device gives: late for some seconds, less each time."""
    device = Device(tells_age=False)
    device.run(20)
    for waiting_ms in np.linspace(180, 0, 200):  # four seconds
        device.stick(50 + waiting_ms)
        device.run(0.02)
    device.run(20)
    assert device.filled == []


def test_a_way_that_becomes_longer_is_no_hole_where_the_driver_says_so() -> None:
    """A sound server that keeps more in its buffer from now on: all of it comes, later."""
    device = Device()
    device.run(30)
    device.latency += 100 * _MS
    device.run(30)
    assert device.filled == []


def test_what_comes_after_all_is_taken_back() -> None:
    """A driver that says nothing, and a second and a half in which every callback was late."""
    device = Device(tells_age=False)
    device.run(30)
    before_ms = device.error_ms()
    device.latency += 100 * _MS
    device.run(1.5)
    assert sum(device.filled) == pytest.approx(100 * _MS, abs=3 * _MS)
    device.latency -= 100 * _MS
    device.run(2)
    assert sum(device.filled) == 0 and len(device.filled) == 2
    assert device.error_ms() == pytest.approx(before_ms, abs=6)
    device.run(30)
    assert sum(device.filled) == 0
