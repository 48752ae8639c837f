"""The picture's heartbeat: each tick one picture, the moment of its capture, and how late and how busy it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import av
import pytest

from encoder.clock import MonotonicClock, tick_to_us
from encoder.errors import EncoderError
from encoder.picture import Picture, PictureSize
from encoder.sources.test_card import TestCard
from encoder.video_loop import VideoLoop
from gshop_studio.domain.scene import Layer, LayerKind, Scene
from gshop_studio.engine_protocol import Fault
from tests.encoder.compositor.pictures import Grey
from tests.encoder.media import time_code_of
from tests.support.processes import wait_until

SIZE = PictureSize(320, 180)


class Sink:
    """Keeps what it is given."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.taken: list[tuple[int, int]] = []
        self.frames: list[av.VideoFrame] = []
        self.faults: list[Fault] = []
        self.fails_with: Fault | None = None
        self._takes_s = takes_s
        self._pause = threading.Event()

    def take_picture(self, frame: av.VideoFrame, tick: int, captured_us: int) -> None:
        if self.fails_with:
            raise EncoderError(self.fails_with)
        self._pause.wait(self._takes_s)
        self.taken.append((tick, captured_us))
        self.frames.append(frame)

    def fail(self, fault: Fault) -> None:
        self.faults.append(fault)


def a_loop(clock: MonotonicClock | None = None, *, burns_time_code: bool = False) -> VideoLoop:
    """One whose sources are not lost."""
    return VideoLoop(clock or MonotonicClock(), SIZE, lambda fault: None, burns_time_code=burns_time_code)


@contextmanager
def running(loop: VideoLoop) -> Iterator[VideoLoop]:
    loop.start()
    try:
        yield loop
    finally:
        loop.stop()


def test_each_tick_has_one_picture_and_its_capture() -> None:
    loop, sink = a_loop(), Sink()
    loop.compositor.use_input("main", TestCard(SIZE))
    with running(loop):
        loop.use_sink(sink)
        wait_until(lambda: len(sink.taken) >= 30, what="a second of pictures")
        loop.use_sink(None)
    ticks = [tick for tick, _ in sink.taken]
    assert ticks == sorted(set(ticks))
    assert ticks[-1] - ticks[0] + 1 - len(ticks) <= loop.late_ticks
    assert [captured_us for _, captured_us in sink.taken] == [tick_to_us(tick) for tick in ticks]


def test_a_picture_shown_again_counts_as_captured_later() -> None:
    clock = MonotonicClock()
    loop, sink, still = a_loop(clock), Sink(), Grey(100, SIZE)
    still.give(clock.now_us() - 40_000)
    loop.compositor.use_input("main", still)
    with running(loop):
        loop.use_sink(sink)
        wait_until(lambda: len(sink.taken) >= 10, what="ten pictures")
        loop.use_sink(None)
    delays_us = [tick_to_us(tick) - captured_us for tick, captured_us in sink.taken]
    assert max(delays_us) - min(delays_us) <= 2, "as long after its capture as the first time"
    assert all(frame is sink.frames[0] for frame in sink.frames)


def test_captures_only_rise_when_sources_are_switched() -> None:
    clock = MonotonicClock()
    loop, sink, old = a_loop(clock), Sink(), Grey(100, SIZE)
    loop.compositor.use_input("main", TestCard(SIZE))
    with running(loop):
        loop.use_sink(sink)
        wait_until(lambda: len(sink.taken) >= 5, what="pictures")
        loop.compositor.use_input("main", old)
        for _ in range(5):
            count = len(sink.taken)
            old.give(clock.now_us() - 300_000)  # a camera that is slower than the one before
            wait_until(lambda count=count: len(sink.taken) > count, what="another picture")  # type: ignore[misc]
        loop.use_sink(None)
    captures_us = [captured_us for _, captured_us in sink.taken]
    assert captures_us == sorted(set(captures_us))


def test_the_load_tells_lateness_and_business_since_it_was_asked() -> None:
    loop, slow = a_loop(), Sink(takes_s=0.012)
    loop.compositor.use_input("main", TestCard(SIZE))
    with running(loop):
        loop.use_sink(slow)
        wait_until(lambda: len(slow.taken) >= 15, what="pictures")
        load = loop.take_load()
        assert 12_000 <= load.lateness_p50_us <= load.lateness_p99_us
        assert load.busy_share > 0.2
        loop.use_sink(None)
        loop.take_load()
        seen: list[Picture] = []
        loop.use_watch(seen.append)
        wait_until(lambda: len(seen) >= 5, what="pictures without a sink")
        idle = loop.take_load()
    assert idle.lateness_p99_us == 0 and idle.busy_share < load.busy_share


def test_a_sink_that_is_too_slow_costs_ticks_that_are_counted() -> None:
    loop, slow = a_loop(), Sink(takes_s=0.08)
    loop.compositor.use_input("main", TestCard(SIZE))
    with running(loop):
        loop.use_sink(slow)
        wait_until(lambda: len(slow.taken) >= 5, what="pictures")
        loop.use_sink(None)
        load = loop.take_load()
    assert load.late_ticks == loop.late_ticks >= 4
    assert load.lateness_p50_us >= 80_000
    assert loop.take_load().late_ticks == 0


def test_a_sink_that_fails_is_told_once_and_left_alone() -> None:
    loop, sink = a_loop(), Sink()
    sink.fails_with = Fault("encoder.failed", {"reason": "x"})
    loop.compositor.use_input("main", TestCard(SIZE))
    with running(loop):
        loop.use_sink(sink)
        wait_until(lambda: bool(sink.faults), what="the fault")
        sink.fails_with = None
        seen: list[Picture] = []
        loop.use_watch(seen.append)
        wait_until(lambda: len(seen) >= 3, what="pictures all the same")
    assert sink.taken == [] and len(sink.faults) == 1


def test_a_lost_source_is_told_once() -> None:
    faults: list[Fault] = []
    loop = VideoLoop(MonotonicClock(), SIZE, faults.append)
    source, seen = Grey(100, SIZE), list[Picture]()
    source.fault = Fault("source.lost", {"source": "x"})
    loop.compositor.use_input("main", source)
    loop.use_watch(seen.append)
    with running(loop):
        wait_until(lambda: bool(faults) and len(seen) >= 5, what="the loss, and pictures all the same")
    assert faults == [source.fault]


@pytest.mark.parametrize("size", [SIZE, PictureSize(360, 640)])
def test_the_time_code_tells_the_capture_on_a_shared_picture_too(size: PictureSize) -> None:
    clock = MonotonicClock()
    loop, sink, still = a_loop(clock, burns_time_code=True), Sink(), Grey(100, size)
    captured_us = clock.now_us() - 40_000
    still.give(captured_us, size, is_shared=True)
    loop.compositor.use_input("main", still)
    loop.resize(size)
    with running(loop):
        loop.use_sink(sink)
        wait_until(lambda: bool(sink.frames), what="a picture")
        loop.use_sink(None)
    assert time_code_of(sink.frames[0]) == captured_us // 1000
    assert still.last is not None and time_code_of(still.last.frame) is None


def test_scenes_are_switched_while_it_runs() -> None:
    loop, sink = a_loop(), Sink()
    loop.compositor.use_input("main", TestCard(SIZE))
    with running(loop):
        loop.use_sink(sink)
        wait_until(lambda: len(sink.taken) >= 3, what="pictures")
        loop.compositor.show(Scene("white", (Layer(LayerKind.GROUND, colour="#FFFFFF"),)))
        count = len(sink.taken) + 3
        wait_until(lambda: len(sink.taken) >= count, what="more pictures")
        loop.use_sink(None)
    assert bytes(sink.frames[-1].planes[0])[1000] == 235
    assert all((frame.width, frame.height) == (320, 180) for frame in sink.frames)
