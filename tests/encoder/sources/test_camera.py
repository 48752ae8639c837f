"""A camera through OpenCV: files through the real `VideoCapture`, devices through one that behaves as V4L2's does."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from encoder.clock import MonotonicClock
from encoder.errors import SourceError
from encoder.picture import Crop, Fit, FrameShape, Picture, PictureSize, planes_of
from encoder.sources.camera import Camera
from encoder.sources.camera_devices import CameraAddress, CameraDevices, find_camera
from encoder.sources.camera_modes import CameraMode
from encoder.sources.rebinding import RebindingVideo
from tests.encoder.media import write_silent_film
from tests.encoder.sources.camera_fakes import CameraDriver, Info, V4l2Capture
from tests.support.processes import wait_until

SIZE = PictureSize(640, 360)
DEVICE = CameraAddress(0, cv2.CAP_V4L2, "/dev/video0")


def next_picture(camera: Camera | RebindingVideo, clock: MonotonicClock) -> Picture:
    picture = wait_until(lambda: camera.picture_at(clock.now_us()), timeout_s=10, every_s=0.005)
    assert picture is not None
    return picture


def device_camera(
    capture: V4l2Capture, clock: MonotonicClock, shape: FrameShape | PictureSize = SIZE, address: CameraAddress = DEVICE
) -> Camera:
    return Camera("Cam", clock, shape, lambda _: capture, lambda _: address, lambda _: capture.modes)


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


@pytest.mark.parametrize(
    ("pixel_format", "luma"),
    [
        ("YUYV", 100.0),  # the camera's own numbers
        ("NV12", 100.0),
        ("YU12", 100.0),
        ("MJPG", 16 + 100 * 219 / 255),  # JPEG's full range becomes the encoder's
    ],
)
def test_the_cameras_own_bytes_are_taken_without_bgr(pixel_format: str, luma: float) -> None:
    clock = MonotonicClock()
    capture = V4l2Capture([CameraMode(640, 360, 30, "H264"), CameraMode(640, 360, 30, pixel_format)])
    camera = device_camera(capture, clock)
    try:
        picture = next_picture(camera, clock)
        assert not capture.converts and capture.format == pixel_format
        assert (picture.frame.width, picture.frame.height, picture.frame.format.name) == (640, 360, "yuv420p")
        y, u, v = planes_of(picture.frame)
        assert y.mean() == pytest.approx(luma, abs=1.5)
        assert u.mean() == pytest.approx(128, abs=1.5) and v.mean() == pytest.approx(128, abs=1.5)
    finally:
        camera.close()
    assert capture.is_released


def test_a_driver_that_will_not_give_its_bytes_is_asked_for_bgr() -> None:
    clock = MonotonicClock()
    capture = V4l2Capture([CameraMode(640, 360, 30, "YUYV")], can_give_raw=False)
    camera = device_camera(capture, clock)
    try:
        assert planes_of(next_picture(camera, clock).frame)[0].mean() == pytest.approx(16 + 100 * 219 / 255, abs=1.5)
    finally:
        camera.close()


@pytest.mark.parametrize("pixel_format", ["MJPG", "YUYV"])
def test_bytes_that_stay_unreadable_are_left_to_opencv(pixel_format: str) -> None:
    clock = MonotonicClock()
    capture = V4l2Capture([CameraMode(640, 360, 30, pixel_format)])
    capture.is_damaged = True
    camera = device_camera(capture, clock)
    try:
        assert next_picture(camera, clock).frame.width == 640
        assert capture.converts
    finally:
        camera.close()


def test_a_damaged_picture_now_and_then_is_passed_over() -> None:
    clock = MonotonicClock()
    capture = V4l2Capture([CameraMode(640, 360, 30, "MJPG")])
    camera = device_camera(capture, clock)
    try:
        next_picture(camera, clock)
        capture.is_damaged = True
        reads = capture.reads
        wait_until(lambda: capture.reads > reads + 2, timeout_s=10)
        capture.is_damaged = False
        next_picture(camera, clock)
        assert not capture.converts and camera.fault is None
    finally:
        camera.close()


def test_other_back_ends_are_left_to_convert() -> None:
    """What their buffers hold unconverted is not told, so that it could be taken for something else."""
    clock = MonotonicClock()
    capture = V4l2Capture([CameraMode(640, 360, 30, "YUYV")])
    camera = device_camera(capture, clock, address=CameraAddress(0, cv2.CAP_DSHOW, "path"))
    try:
        next_picture(camera, clock)
        assert capture.converts
    finally:
        camera.close()


def test_crop_mirror_and_cover_are_done_from_the_cameras_bytes() -> None:
    clock = MonotonicClock()
    capture = V4l2Capture([CameraMode(640, 480, 30, "YUYV")])
    shape = FrameShape(PictureSize(360, 640), Fit.COVER, Crop(left=0.1), is_mirrored=True)
    camera = device_camera(capture, clock, shape)
    try:
        picture = next_picture(camera, clock)
        assert (picture.frame.width, picture.frame.height) == (360, 640)
        assert planes_of(picture.frame)[0].min() > 90, "no bars"
        assert picture.shape == shape
    finally:
        camera.close()


def test_a_larger_picture_is_worth_another_mode() -> None:
    clock = MonotonicClock()
    capture = V4l2Capture([CameraMode(640, 360, 30, "YUYV"), CameraMode(1280, 720, 30, "MJPG")])
    camera = device_camera(capture, clock)
    try:
        next_picture(camera, clock)
        assert capture.size == (640, 360)
        camera.reshape(FrameShape(PictureSize(1280, 720)))
        wait_until(lambda: next_picture(camera, clock).frame.width == 1280, timeout_s=10)
        wait_until(lambda: (next_picture(camera, clock), capture.size)[1] == (1280, 720), timeout_s=10)
        settings = len(capture.settings)
        camera.reshape(FrameShape(SIZE))
        wait_until(lambda: next_picture(camera, clock).frame.width == 640, timeout_s=10)
        assert capture.size == (1280, 720) and len(capture.settings) == settings, "smaller ones are scaled"
    finally:
        camera.close()


def test_a_picture_counts_as_captured_when_it_was_read() -> None:
    clock = MonotonicClock()
    camera = device_camera(V4l2Capture([CameraMode(640, 360, 30, "YUYV")]), clock)
    try:
        for _ in range(5):
            picture = next_picture(camera, clock)
            assert 0 <= clock.now_us() - picture.captured_us < 1_000_000
    finally:
        camera.close()


def test_closing_does_not_wait_for_a_driver_that_hangs() -> None:
    clock = MonotonicClock()
    capture = V4l2Capture([CameraMode(640, 360, 30, "YUYV")])
    hangs, is_hanging, may_go_on = threading.Event(), threading.Event(), threading.Event()
    read = capture.read

    def read_or_hang() -> tuple[bool, Any]:
        if hangs.is_set():
            is_hanging.set()
            may_go_on.wait(30)
        return read()

    capture.read = read_or_hang  # type: ignore[method-assign]
    camera = device_camera(capture, clock)
    hangs.set()
    assert is_hanging.wait(10)
    began = time.monotonic()
    camera.close()
    assert time.monotonic() - began < 5
    assert not capture.is_released
    may_go_on.set()
    wait_until(lambda: capture.is_released, timeout_s=10, what="the capture to be let go")


def test_a_camera_that_cannot_be_opened_is_not_there(tmp_path: Path) -> None:
    capture = V4l2Capture([CameraMode(640, 360, 30, "YUYV")])
    capture.is_gone.set()
    address = CameraAddress(7, cv2.CAP_V4L2, str(tmp_path / "video7"))
    with pytest.raises(SourceError) as caught:
        device_camera(capture, MonotonicClock(), address=address)
    assert caught.value.fault.code == "source.not_found"


def test_a_camera_that_vanishes_is_bound_again_under_another_index(tmp_path: Path) -> None:
    """Case 66: by its id, which stays the same."""
    clock = MonotonicClock()
    driver = CameraDriver([CameraMode(640, 360, 30, "YUYV")])
    devices = CameraDevices(lambda: driver.infos, tmp_path, "linux")
    driver.plug(Info(0, "Cam", str(tmp_path / "video0"), 1, 2))
    (plugged,) = devices.list()

    def open_camera(shape: FrameShape) -> Camera:
        return Camera(plugged.device.id, clock, shape, driver.open, devices.find, lambda _: driver.modes)

    camera = RebindingVideo("camera:x", open_camera, FrameShape(SIZE), period_s=0.1)
    try:
        next_picture(camera, clock)
        driver.unplug()
        wait_until(lambda: camera.picture_at(clock.now_us()) is None and camera.is_lost, timeout_s=15)
        assert camera.fault is not None and camera.fault.code == "source.lost"
        wait_until(lambda: driver.captures[0].is_released, timeout_s=10)
        driver.plug(Info(1, "Another", str(tmp_path / "video1"), 3, 4))
        driver.plug(Info(5, "Cam", str(tmp_path / "video5"), 1, 2))
        wait_until(lambda: not camera.is_lost, timeout_s=15)
        next_picture(camera, clock)
        assert driver.opened == [0, 5]
    finally:
        camera.close()
    assert all(capture.is_released for capture in driver.captures)


def test_a_file_is_no_device(tmp_path: Path) -> None:
    assert not find_camera(str(write_silent_film(tmp_path / "film.mkv", frames=5))).is_device
    assert CameraAddress(99, cv2.CAP_ANY).is_device
