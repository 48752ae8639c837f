"""A camera through OpenCV: here OpenCV reads files through the same `VideoCapture` as it would a device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from encoder.clock import MonotonicClock
from encoder.errors import SourceError
from encoder.picture import FrameShape, Picture, PictureSize, planes_of
from encoder.sources.camera import Camera, CameraAddress, find_camera
from tests.encoder.media import write_silent_film
from tests.support.processes import wait_until

SIZE = PictureSize(640, 360)


def next_picture(camera: Camera, clock: MonotonicClock) -> Picture:
    picture = wait_until(lambda: camera.picture_at(clock.now_us()), timeout_s=10, every_s=0.005)
    assert picture is not None
    return picture


def test_pictures_come_at_their_own_pace_in_the_wanted_size(tmp_path: Path) -> None:
    clock = MonotonicClock()
    camera = Camera(str(write_silent_film(tmp_path / "film.mkv", frames=60)), clock, SIZE)
    try:
        first, second = next_picture(camera, clock), next_picture(camera, clock)
        assert (first.frame.width, first.frame.height, first.frame.format.name) == (640, 360, "yuv420p")
        luma = planes_of(first.frame)[0]
        assert luma[180, 0] < 20 and luma[180, 320] > 40, "4:3 stands between black bars"
        assert second.captured_us - first.captured_us >= 15_000
        camera.reshape(FrameShape(PictureSize(1280, 720)))
        wait_until(lambda: next_picture(camera, clock).frame.width == 1280, timeout_s=10)
    finally:
        camera.close()
    assert not camera._thread.is_alive()


def test_a_camera_that_gives_no_more_is_lost(tmp_path: Path) -> None:
    """Case 66: told, so that the slate takes its place."""
    clock = MonotonicClock()
    camera = Camera(str(write_silent_film(tmp_path / "film.mkv", frames=5)), clock, SIZE)
    try:
        wait_until(lambda: camera.picture_at(clock.now_us()) is None and camera.fault, timeout_s=15)
        assert camera.fault is not None and camera.fault.code == "source.lost"
    finally:
        camera.close()


@pytest.mark.parametrize("name", ["", "No Such Camera"])
def test_an_absent_camera_is_not_found(name: str) -> None:
    with pytest.raises(SourceError) as caught:
        find_camera(name)
    assert caught.value.fault.code == "source.not_found"


class DeadCapture:
    """Opens, and gives nothing: what a camera does that another program holds."""

    def isOpened(self) -> bool:
        return True

    def read(self) -> tuple[bool, Any]:
        return False, None

    def get(self, property_id: int, /) -> float:
        return 30.0

    def set(self, property_id: int, value: float, /) -> bool:
        return True

    def release(self) -> None:
        pass


def test_a_camera_that_gives_nothing_from_the_start_is_busy(tmp_path: Path) -> None:
    path = write_silent_film(tmp_path / "film.mkv", frames=5)
    with pytest.raises(SourceError) as caught:
        Camera(str(path), MonotonicClock(), SIZE, lambda address: DeadCapture())
    assert caught.value.fault.code == "source.busy"


def test_grey_pictures_are_taken_too(tmp_path: Path) -> None:
    class GreyCapture(DeadCapture):
        def read(self) -> tuple[bool, Any]:
            return True, np.full((360, 640), 128, np.uint8)

    clock = MonotonicClock()
    path = write_silent_film(tmp_path / "film.mkv", frames=5)
    camera = Camera(str(path), clock, SIZE, lambda address: GreyCapture())
    try:
        assert 110 < planes_of(next_picture(camera, clock).frame)[0].mean() < 140
    finally:
        camera.close()


def test_the_real_opener_says_when_a_device_is_not_there() -> None:
    address = CameraAddress(99, cv2.CAP_ANY)
    assert address.is_device
