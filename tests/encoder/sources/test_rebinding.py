"""Case 66, by sources that fail on command: lost, told once, opened again, put back, closed at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import av
import numpy as np
import pytest

from encoder.compositor.compositor import Compositor
from encoder.errors import SourceError
from encoder.picture import FrameShape, Picture, PictureSize, black_frame, planes_of
from encoder.sound.mixer import Mixer
from encoder.sources.rebinding import RebindingAudio, RebindingVideo
from encoder.sources.source import ColourMatrix, SoundBlock
from gshop_studio.engine_protocol import Fault
from tests.support.processes import wait_until

SHAPE, LARGER = FrameShape(PictureSize(64, 36)), FrameShape(PictureSize(128, 72))
LOST = Fault("source.lost", {"source": "camera"})


class Pictures:
    """A camera that gives pictures until it is lost."""

    name = "camera"
    colour_matrix = ColourMatrix.BT709

    def __init__(self, shape: FrameShape) -> None:
        self.shape = shape
        self.fault: Fault | None = None
        self.is_closed = False

    def reshape(self, shape: FrameShape) -> None:
        self.shape = shape

    def picture_at(self, due_us: int) -> Picture | None:
        return None if self.fault else Picture(black_frame(self.shape.size), due_us)

    def close(self) -> None:
        self.is_closed = True


class Sound:
    """A microphone that hums until it is lost."""

    name = "microphone"

    def __init__(self, delay_samples: int) -> None:
        self.delay_samples = delay_samples
        self.fault: Fault | None = None
        self.is_closed = False

    def read(self, position: int, count: int) -> SoundBlock:
        if self.fault:
            return SoundBlock(np.zeros((2, count), np.float32), count)
        return SoundBlock(np.ones((2, count), np.float32))

    def close(self) -> None:
        self.is_closed = True


_Source = TypeVar("_Source", Pictures, Sound)


class Bench:
    """Opens sources, counts them, and refuses or hangs when told to."""

    def __init__(self) -> None:
        self.opened: list[Pictures | Sound] = []
        self.attempts = 0
        self.is_plugged = True
        self.fails_with: Exception | None = None
        self.may_open = threading.Event()
        self.may_open.set()
        self.heard: list[str] = []

    def pictures(self, shape: FrameShape) -> Pictures:
        return self._opened(Pictures(shape))

    def sound(self) -> Sound:
        return self._opened(Sound(100 * (len(self.opened) + 1)))

    def _opened(self, source: _Source) -> _Source:
        self.attempts += 1
        assert self.may_open.wait(30)
        if self.fails_with:
            raise self.fails_with
        if not self.is_plugged:
            raise SourceError(Fault("source.not_found", {"source": "camera"}))
        self.opened.append(source)
        return source

    def video(self, period_s: float = 0.02) -> RebindingVideo:
        return RebindingVideo(
            "camera:x",
            self.pictures,
            SHAPE,
            period_s=period_s,
            on_back=lambda fault: self.heard.append(fault.code),
        )

    def audio(self) -> RebindingAudio:
        return RebindingAudio(
            "microphone:x",
            self.sound,
            period_s=0.02,
            on_back=lambda fault: self.heard.append(fault.code),
        )


@pytest.fixture
def bench() -> Bench:
    return Bench()


def rebinding_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rebind-source"]


def test_the_first_opening_fails_loudly(bench: Bench) -> None:
    bench.is_plugged = False
    for opening in (bench.video, bench.audio):
        with pytest.raises(SourceError) as caught:
            opening()
        assert caught.value.fault.code == "source.not_found"
    assert rebinding_threads() == []


def test_a_lost_camera_has_a_fault_and_no_picture_until_it_is_back(bench: Bench) -> None:
    camera = bench.video()
    assert camera.picture_at(1) is not None and camera.fault is None
    assert camera.colour_matrix is ColourMatrix.BT709
    bench.is_plugged = False
    bench.opened[0].fault = LOST
    for _ in range(5):
        assert camera.picture_at(2) is None
        assert camera.is_lost and camera.fault == LOST
    assert camera.colour_matrix is ColourMatrix.BT709, "as it was"
    wait_until(lambda: bench.attempts > 3)
    assert bench.opened[0].is_closed
    bench.is_plugged = True
    wait_until(lambda: not camera.is_lost)
    assert camera.fault is None and camera.picture_at(3) is not None
    wait_until(lambda: len(bench.heard) == 1)
    assert bench.heard == ["source.back"]
    camera.close()
    assert len(bench.opened) == 2 and bench.opened[1].is_closed


def test_a_lost_microphone_is_counted_silence_until_it_is_back(bench: Bench) -> None:
    microphone = bench.audio()
    assert microphone.read(0, 480).silent_samples == 0 and microphone.delay_samples == 100
    bench.is_plugged = False
    bench.opened[0].fault = LOST
    for position in (480, 960):
        block = microphone.read(position, 480)
        assert block.silent_samples == 480 and not block.samples.any() and block.samples.shape == (2, 480)
        assert microphone.is_lost and microphone.fault == LOST
    assert microphone.delay_samples == 100, "as it was"
    bench.is_plugged = True
    wait_until(lambda: not microphone.is_lost)
    assert microphone.read(1440, 480).samples.all()
    assert microphone.delay_samples == 200
    wait_until(lambda: bench.heard == ["source.back"])
    microphone.close()
    assert all(source.is_closed for source in bench.opened)


def test_it_comes_back_any_number_of_times(bench: Bench) -> None:
    camera = bench.video()
    for round_number in range(1, 6):
        bench.opened[-1].fault = LOST
        assert camera.picture_at(1) is None
        wait_until(lambda: not camera.is_lost)
        wanted = round_number
        wait_until(lambda: len(bench.heard) == wanted)  # noqa: B023 - called within the loop
    camera.close()
    assert bench.heard == ["source.back"] * 5
    assert all(source.is_closed for source in bench.opened)
    wait_until(lambda: not rebinding_threads())


@pytest.mark.parametrize("bug", [ValueError("a driver's nonsense"), av.error.FFmpegError(1, "libav's")])
def test_an_attempt_that_fails_in_its_own_way_is_not_the_last(
    bench: Bench, bug: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The search ended with it, for good: the camera was plugged in again and nothing happened."""
    camera = bench.video()
    bench.fails_with = bug
    bench.opened[0].fault = LOST
    assert camera.picture_at(1) is None
    wait_until(lambda: bench.attempts > 3)
    assert "could not be brought back" in caplog.text
    bench.fails_with = None
    wait_until(lambda: not camera.is_lost)
    camera.close()


def test_a_lost_device_that_cannot_even_be_closed_is_looked_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    camera, first = bench.video(), bench.opened[0]

    def broken() -> None:
        raise RuntimeError("the device has gone")

    monkeypatch.setattr(first, "close", broken)
    first.fault = LOST
    assert camera.picture_at(1) is None
    wait_until(lambda: not camera.is_lost)
    camera.close()


def test_a_shape_asked_for_while_it_is_away_is_the_one_it_comes_back_in(bench: Bench) -> None:
    camera = bench.video()
    bench.opened[0].fault = LOST
    bench.may_open.clear()
    assert camera.picture_at(1) is None
    wait_until(lambda: bench.attempts == 2)  # it is being opened in the old shape
    camera.reshape(LARGER)
    bench.may_open.set()
    wait_until(lambda: not camera.is_lost)
    picture = camera.picture_at(2)
    assert picture is not None and picture.frame.width == 128
    camera.close()


@pytest.mark.parametrize("make", [Bench.video, Bench.audio])
def test_closing_never_waits_for_an_attempt_that_hangs(
    bench: Bench, make: Callable[[Bench], RebindingVideo | RebindingAudio]
) -> None:
    source = make(bench)
    bench.opened[0].fault = LOST
    bench.may_open.clear()
    if isinstance(source, RebindingVideo):
        source.picture_at(1)
    else:
        source.read(0, 480)
    wait_until(lambda: bench.attempts == 2)
    began = time.monotonic()
    source.close()
    assert time.monotonic() - began < 1
    bench.may_open.set()
    wait_until(lambda: len(bench.opened) == 2 and bench.opened[1].is_closed, what="what came too late to be closed")
    wait_until(lambda: not rebinding_threads())
    assert bench.heard == [], "nobody hears that it is back"


def test_closing_while_it_is_waited_for_ends_the_search(bench: Bench) -> None:
    camera = bench.video(period_s=60)
    bench.opened[0].fault = LOST
    assert camera.picture_at(1) is None
    wait_until(lambda: len(rebinding_threads()) == 1)
    camera.close()
    wait_until(lambda: not rebinding_threads(), timeout_s=10)
    assert camera.picture_at(2) is None
    camera.close()


def test_it_may_be_closed_and_lost_at_the_same_time(bench: Bench) -> None:
    for _ in range(50):
        camera = bench.video(period_s=0)
        bench.opened[-1].fault = LOST
        reader = threading.Thread(target=lambda camera=camera: [camera.picture_at(at) for at in range(20)])
        reader.start()
        camera.close()
        reader.join()
    wait_until(lambda: not rebinding_threads())
    assert all(source.is_closed for source in bench.opened)


def test_the_mixer_hears_a_microphone_again_that_is_back(bench: Bench) -> None:
    """The channel tells that it is lost each time, and mixes it again each time."""
    lost: list[tuple[str, Fault]] = []
    mixer = Mixer(on_channel_lost=lambda channel, fault: lost.append((channel, fault)))
    microphone = bench.audio()
    mixer.use("microphone", microphone)
    position = 48_000 * 1_000_000

    def hears() -> bool:
        nonlocal position
        position += 1024
        return bool(mixer.read(position, 1024).samples.any())

    for round_number in (1, 2):
        wait_until(hears, timeout_s=10, every_s=0.001)
        bench.is_plugged = False
        bench.opened[-1].fault = LOST
        wait_until(lambda: not hears(), timeout_s=10, every_s=0.001)
        wanted = [("microphone", LOST)] * round_number
        wait_until(lambda: hears() or lost == wanted, timeout_s=10)  # noqa: B023 - called within the loop
        bench.is_plugged = True
        wait_until(lambda: not microphone.is_lost)
    wait_until(hears, timeout_s=10, every_s=0.001)
    microphone.close()


def test_the_compositor_shows_a_camera_again_that_is_back(bench: Bench) -> None:
    """The slate stands in for it meanwhile."""
    lost: list[str] = []
    compositor = Compositor(PictureSize(64, 36), lambda name, fault: lost.append(name))
    camera = bench.video()
    compositor.use_input("main", camera)
    due_us = 1_700_000_000_000_000

    def luma() -> float | None:
        nonlocal due_us
        due_us += 33_333
        picture = compositor.picture_at(due_us)
        return None if picture is None else float(planes_of(picture.frame)[0].mean())

    assert luma() == pytest.approx(16, abs=1), "the camera is black"
    bench.is_plugged = False
    bench.opened[0].fault = LOST
    slate = wait_until(luma, timeout_s=10, every_s=0.001)
    assert slate is not None and slate > 20 and lost == ["main"] and compositor.lost == ("main",)
    bench.is_plugged = True
    wait_until(lambda: not camera.is_lost)
    wait_until(lambda: (found := luma()) is not None and found < 18, timeout_s=10, every_s=0.001)
    assert not compositor.lost and lost == ["main"]
    camera.close()
