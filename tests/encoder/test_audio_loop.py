"""The audio loop: one block after the other, each in its time, through changes of sources and pauses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from encoder.audio_encoder import BLOCK_SAMPLES
from encoder.audio_loop import AudioLoop
from encoder.clock import MonotonicClock, sample_to_us, us_to_sample
from encoder.errors import EncoderError
from encoder.sound.mixer import MEDIA, MICROPHONE
from encoder.sound.settings import ChannelSettings
from encoder.sources.source import Samples
from gshop_studio.engine_protocol import Fault
from tests.encoder.sound.sources import ConstantSource, NumberedSource, numbered
from tests.support.processes import wait_until

_LATE = 6240


class _SteppedClock:
    """Stands still while sleepers wait, until it is moved on."""

    def __init__(self) -> None:
        self._us = 1_700_000_000_000_000
        self._changed = threading.Condition()
        self.is_over = False

    def now_us(self) -> int:
        return self._us

    def sleep_until(self, at_us: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._us >= at_us or self.is_over)

    def advance(self, us: int) -> None:
        with self._changed:
            self._us += us
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self.is_over = True
            self._us += 1_000_000
            self._changed.notify_all()


class _Sink:
    """Takes what is to be encoded."""

    def __init__(self, fails_after: int | None = None) -> None:
        self.blocks: list[tuple[int, Samples]] = []
        self.faults: list[Fault] = []
        self._fails_after = fails_after

    def take_sound(self, samples: Samples, position: int) -> None:
        if self._fails_after is not None and len(self.blocks) >= self._fails_after:
            raise EncoderError(Fault("encoder.failed", {"reason": "test"}))
        self.blocks.append((position, np.array(samples)))

    def fail(self, fault: Fault) -> None:
        self.faults.append(fault)

    @property
    def positions(self) -> list[int]:
        return [position for position, _ in self.blocks]


class _Running:
    """A loop with a sink on a clock that the test moves."""

    def __init__(self, sink: _Sink) -> None:
        self.clock = _SteppedClock()
        self.lost: list[Fault] = []
        self.loop = AudioLoop(self.clock, self.lost.append)
        self.sink = sink
        self.loop.use_sink(sink)

    def run_until(self, blocks: int) -> None:
        """Move the clock on until the sink has so many blocks."""

        def is_there() -> bool:
            if len(self.sink.blocks) < blocks:
                self.clock.advance(5_000)
            return len(self.sink.blocks) >= blocks

        wait_until(is_there, what=f"{blocks} blocks", every_s=0.0005)


@contextmanager
def _running(sink: _Sink | None = None) -> Iterator[_Running]:
    running = _Running(sink or _Sink())
    try:
        yield running
    finally:
        stopper = threading.Thread(target=running.loop.stop)
        stopper.start()
        running.clock.end()
        stopper.join(10)
        assert not stopper.is_alive()


def _assert_without_a_gap(positions: list[int]) -> None:
    assert positions == list(range(positions[0], positions[0] + len(positions) * BLOCK_SAMPLES, BLOCK_SAMPLES))


def test_blocks_follow_one_another_through_any_change_of_sources() -> None:
    with _running() as running:
        mixer = running.loop.mixer
        mixer.use(MEDIA, NumberedSource())
        running.loop.start()
        running.run_until(20)
        mixer.use(MICROPHONE, ConstantSource(0.0, _LATE))
        mixer.configure(MICROPHONE, ChannelSettings(limiter=True))
        running.run_until(60)
        mixer.use(MICROPHONE, None)
        running.run_until(140)
        _assert_without_a_gap(running.sink.positions)
        for position, samples in running.sink.blocks:
            np.testing.assert_allclose(samples, numbered(position, BLOCK_SAMPLES), atol=1e-6)
        assert running.loop.silent_samples == 0


def test_a_pause_of_the_machine_is_skipped_and_counted() -> None:
    with _running() as running:
        running.loop.mixer.use(MEDIA, NumberedSource())
        running.loop.start()
        running.run_until(10)
        running.clock.advance(5_000_000)
        running.run_until(20)
        positions = running.sink.positions
        skipped = positions[-1] - positions[0] - (len(positions) - 1) * BLOCK_SAMPLES
        assert 3.9 * 48000 < skipped < 5.1 * 48000
        assert skipped % BLOCK_SAMPLES == 0
        assert running.loop.silent_samples == skipped


def test_a_source_that_goes_is_told_and_its_silence_counted() -> None:
    with _running() as running:
        source = NumberedSource(_LATE)
        assert running.loop.mixer.use(MICROPHONE, source) is None
        running.loop.start()
        running.run_until(5)
        source.fault = Fault("source.lost", {"source": "x"})
        running.run_until(10)
        assert running.lost == [source.fault]
        assert running.loop.silent_samples >= 4 * BLOCK_SAMPLES
        _assert_without_a_gap(running.sink.positions)


def test_a_sink_that_fails_is_told_and_not_called_again() -> None:
    sink = _Sink(fails_after=3)
    with _running(sink) as running:
        running.loop.start()
        running.run_until(3)

        def did_fail() -> bool:
            running.clock.advance(5_000)
            return bool(sink.faults)

        wait_until(did_fail, what="the failure", every_s=0.0005)
        assert [fault.code for fault in sink.faults] == ["encoder.failed"]
        following = running.sink = _Sink()
        running.loop.use_sink(following)
        running.run_until(3)
        assert len(sink.faults) == 1


def test_it_keeps_the_time_of_the_real_clock() -> None:
    clock, sink = MonotonicClock(), _Sink()
    loop = AudioLoop(clock, lambda fault: None)
    loop.mixer.use(MICROPHONE, ConstantSource(0.1, _LATE))
    loop.use_sink(sink)
    begin = us_to_sample(clock.now_us())
    loop.start()
    try:
        wait_until(lambda: len(sink.blocks) >= 50, what="a second of sound")
        now = us_to_sample(clock.now_us())
    finally:
        loop.stop()
    _assert_without_a_gap(sink.positions)
    assert abs(sink.positions[0] - begin) < _LATE + 4800
    assert now - sink.positions[49] >= _LATE + BLOCK_SAMPLES, "never before its sound was there"
    assert sample_to_us(sink.positions[49] - sink.positions[0]) == 49 * BLOCK_SAMPLES * 1_000_000 // 48000
