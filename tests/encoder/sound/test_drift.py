"""A sound card's clock is followed without a jump, on synthetic clocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from encoder.sound.capture_clock import CaptureClock
from encoder.sound.drift import LARGEST_CORRECTION, DriftCorrector
from encoder.sound.resampler import Resampler
from encoder.sources.source import Samples

_BLOCK = 480
_BEGIN = 48000 * 1_700_000_000
_SETTLED_SAMPLES = 4 * 48000
_SILENCE = np.zeros((2, 2048), np.float32)


class _Counting(Resampler):
    """Makes silence of the right length, so that an hour takes seconds."""

    def _stretch(self, count: int, step: float) -> Samples:
        return _SILENCE[:, :count]


@dataclass
class _Card:
    """Off by `ppm`, with callbacks late or early by `jitter_ms`; checks what the corrector gives at each block."""

    ppm: float
    jitter_ms: float
    seed: int = 1
    block: int = _BLOCK
    resampler: Resampler | None = None

    def __post_init__(self) -> None:
        self.corrector = DriftCorrector(self.resampler)
        self.random = np.random.default_rng(self.seed)
        self.blocks = 0
        self.pause_samples = 0.0
        self.worst_ms = 0.0
        self.next_position: int | None = None
        self.gaps = 0

    def run(self, seconds: float) -> None:
        silence = np.zeros((2, self.block), np.float32)
        for _ in range(round(seconds * 48000 / self.block)):
            captured = _BEGIN + self.blocks * self.block / (1 + self.ppm * 1e-6) + self.pause_samples
            self.blocks += 1
            jitter = self.random.uniform(-1, 1) * self.jitter_ms * 48
            pending, before = self.corrector.pending_samples, self.corrector.placings
            placed = self.corrector.add(captured + jitter, silence)
            if self.next_position is not None and placed.position != self.next_position:
                assert placed.position > self.next_position, "positions never go back"
                assert self.corrector.placings > before
                self.gaps += 1
            self.next_position = placed.position + placed.samples.shape[1]
            laid = placed.position + pending * (1 + self.corrector.correction)
            if self.blocks * self.block > _SETTLED_SAMPLES:
                self.worst_ms = max(self.worst_ms, abs(laid - captured) / 48)

    def assert_accounted(self) -> None:
        """What went in came out by the ratio, or is known to have been dropped."""
        corrector = self.corrector
        assert self.next_position is not None
        first = self.next_position - corrector.samples_out - corrector.skipped_samples
        assert abs(first - _BEGIN) <= self.jitter_ms * 48 + 1
        walked = corrector.samples_in - corrector.dropped_samples - corrector.pending_samples
        assert abs(corrector.samples_out / walked - 1) <= LARGEST_CORRECTION * 1.01


@pytest.mark.parametrize("ppm", [-150, 150])
def test_a_card_that_is_off_stays_within_5_ms_for_an_hour(ppm: float) -> None:
    card = _Card(ppm, jitter_ms=10, block=960, resampler=_Counting())
    card.run(3600)
    assert card.worst_ms < 5
    assert card.gaps == 0
    assert card.corrector.skipped_samples == card.corrector.dropped_samples == 0
    card.assert_accounted()


def test_the_ratio_is_found() -> None:
    card = _Card(120, jitter_ms=0)
    card.run(300)
    assert card.corrector.correction == pytest.approx(-120e-6, abs=3e-6)
    assert card.worst_ms < 2
    # Exact: over all of it, input is output by the ratio.
    corrector = card.corrector
    assert corrector.samples_in == 300 * 48000
    expected = corrector.samples_in / (1 + 120e-6)
    assert corrector.samples_out + corrector.pending_samples == pytest.approx(expected, abs=2 * 48)


@settings(max_examples=10, deadline=None)
@example(ppm=0.0, jitter_ms=7.0, seed=311, pause_s=1.0, did_pause=False)
@given(st.floats(-300, 300), st.floats(0, 10), st.integers(0, 2**31), st.floats(0.25, 3.0), st.booleans())
def test_only_a_real_pause_places_anew(
    ppm: float, jitter_ms: float, seed: int, pause_s: float, did_pause: bool
) -> None:
    card = _Card(ppm, jitter_ms, seed, block=960, resampler=_Counting())
    card.run(4)
    assert card.gaps <= 1, "what the first block's jitter did is set right once"
    settled = card.gaps
    card.run(40)
    assert card.gaps == settled
    if did_pause:
        card.pause_samples = pause_s * 48000
        skipped = card.corrector.skipped_samples
        card.run(1)
        assert card.gaps == settled + 1
        assert card.corrector.skipped_samples - skipped == pytest.approx(pause_s * 48000, abs=(jitter_ms + 6) * 2 * 48)
        card.worst_ms = 0.0
    card.run(40)
    assert card.gaps == settled + int(did_pause)
    assert card.worst_ms < 20
    card.assert_accounted()


def test_a_device_that_gives_more_than_time_has_passed_is_cut() -> None:
    card = _Card(0, jitter_ms=1)
    card.run(10)
    card.pause_samples = -24000.0
    card.run(2)
    assert card.corrector.dropped_samples == pytest.approx(24000, abs=200)
    assert card.gaps == 0
    card.worst_ms = 0.0
    card.run(10)
    assert card.worst_ms < 5
    card.assert_accounted()


def test_one_late_callback_is_no_pause() -> None:
    corrector, silence = DriftCorrector(), np.zeros((2, _BLOCK), np.float32)
    arrivals = [float(_BEGIN + index * _BLOCK) for index in range(2000)]
    for index in range(1000, 1040):  # the thread did not run for 0.4 s; then all 40 callbacks come at once
        arrivals[index] = arrivals[1040] + index - 1000
    for arrival in arrivals:
        corrector.add(arrival, silence)
    assert corrector.placings == 0
    assert corrector.skipped_samples == corrector.dropped_samples == 0


def test_a_stutter_at_the_start_is_set_right_at_once() -> None:
    corrector, silence = DriftCorrector(), np.zeros((2, _BLOCK), np.float32)
    for index in range(1000):
        stutter = 3000 if index >= 50 else 0
        placed = corrector.add(float(_BEGIN + index * _BLOCK + stutter), silence)
    assert corrector.skipped_samples == pytest.approx(3000, abs=480)
    assert abs(placed.position - (_BEGIN + 999 * _BLOCK + 3000)) < 300


class _Server:
    """A sound server: callbacks in bunches of three each 30 ms, an age that wanders and is nonsense at first."""

    def __init__(self, age_offset: float, hidden: float = 0.0) -> None:
        self.clock = CaptureClock()
        self.random = np.random.default_rng(2)
        self.age_offset = age_offset
        self.hidden = hidden
        self.index = 0

    def errors(self, seconds: float, wander: float) -> list[float]:
        """How much later than the truth each block is measured, in samples."""
        found: list[float] = []
        for _ in range(round(seconds * 48000 / _BLOCK)):
            captured = self.index * _BLOCK
            arrival = (self.index // 3 + 1) * 3 * _BLOCK + self.hidden + self.random.uniform(0, 48)
            age = arrival - captured + self.age_offset + wander * np.sin(self.index / 400)
            if self.index < 90:
                age += 20000
            self.index += 1
            found.append(self.clock.measure(arrival, age, _BLOCK) - captured)
        return found


def test_capture_is_measured_on_average_though_the_driver_wanders() -> None:
    server = _Server(age_offset=0)
    server.errors(10, wander=1000)
    assert abs(float(np.mean(server.errors(30, wander=1000)))) < 480


def test_a_driver_that_names_a_latency_is_believed() -> None:
    server = _Server(age_offset=0, hidden=2400)
    server.errors(10, wander=0)
    assert abs(float(np.mean(server.errors(10, wander=0)))) < 100


def test_a_driver_that_says_less_than_can_be_is_not_believed() -> None:
    server = _Server(age_offset=-2000)
    server.errors(10, wander=0)
    assert abs(float(np.mean(server.errors(10, wander=0)))) < 100


def test_a_driver_that_says_nothing_does_no_harm() -> None:
    clock = CaptureClock()
    for index in range(1000):
        measured = clock.measure((index + 1) * _BLOCK, None, _BLOCK)
    assert measured == pytest.approx(999 * _BLOCK, abs=50)
