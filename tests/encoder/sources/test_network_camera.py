"""Phone and network cameras, by real connections to servers on this machine."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from encoder.clock import MonotonicClock
from encoder.errors import SourceError
from encoder.picture import FrameShape, Picture, PictureSize, planes_of
from encoder.sources.network_camera import NetworkCamera
from encoder.sources.rebinding import RebindingVideo
from tests.encoder.sources.network_servers import MjpegCamera, RtspCamera, TcpServer, listen_for_ever
from tests.support.processes import wait_until

SHAPE = FrameShape(PictureSize(320, 180))
CANARY = "CaNaRy"


@contextmanager
def connected(address: str, clock: MonotonicClock) -> Iterator[NetworkCamera]:
    camera = NetworkCamera(address, clock, SHAPE, "camera")
    try:
        yield camera
    finally:
        camera.close()


def next_picture(camera: NetworkCamera | RebindingVideo, clock: MonotonicClock) -> Picture:
    picture = wait_until(lambda: camera.picture_at(clock.now_us()), timeout_s=20, every_s=0.005)
    assert picture is not None
    return picture


def luma(picture: Picture) -> float:
    return float(planes_of(picture.frame)[0].mean())


def refused(address: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        NetworkCamera(address, MonotonicClock(), SHAPE, "camera")
    assert CANARY not in str(caught.value.fault)
    return caught.value


def test_a_phones_pictures_come_in_the_wanted_shape_and_at_once() -> None:
    clock, phone = MonotonicClock(), MjpegCamera(level=60)
    with phone.serving() as server, connected(f"http://127.0.0.1:{server.port}/video", clock) as camera:
        picture = next_picture(camera, clock)
        assert (picture.frame.width, picture.frame.height, picture.frame.format.name) == (320, 180, "yuv420p")
        assert luma(picture) == pytest.approx(16 + 60 * 219 / 255, abs=2)
        phone.level, changed_us = 200, clock.now_us()
        wait_until(lambda: luma(next_picture(camera, clock)) > 150, timeout_s=10, every_s=0.005)
        assert clock.now_us() - changed_us < 2_000_000, "nothing piles up on the way"
        wait_until(lambda: server.open_connections == 1)
    assert not camera._thread.is_alive()


def test_the_password_is_used_and_never_told(caplog: pytest.LogCaptureFixture) -> None:
    """Case 44."""
    caplog.set_level(logging.DEBUG)
    clock = MonotonicClock()
    phone = MjpegCamera(credentials=base64.b64encode(f"user:{CANARY}".encode()).decode())
    with phone.serving() as server:
        place = f"127.0.0.1:{server.port}/video"
        with connected(f"http://user:{CANARY}@{place}?token={CANARY}", clock) as camera:
            next_picture(camera, clock)
            assert camera.name == f"camera:http://{place}"
            phone.is_frozen = True
            wait_until(lambda: camera.picture_at(clock.now_us()) is None and camera.fault, timeout_s=20)
            assert camera.fault is not None and CANARY not in str(camera.fault)
        phone.is_frozen = False
        error = refused(f"http://user:wrong-{CANARY}@{place}")
        assert "401" in error.fault.params["reason"]
    assert CANARY not in caplog.text
    assert error.__cause__ is None, "libav's own error quotes the address"


def test_what_is_not_there_or_no_camera_says_why() -> None:
    with MjpegCamera().serving() as server:
        error = refused(f"http://user:{CANARY}@127.0.0.1:{server.port}/nothing")
        assert error.fault.code == "source.unreadable" and "404" in error.fault.params["reason"]
        port = server.port
    assert "refused" in refused(f"http://user:{CANARY}@127.0.0.1:{port}/video").fault.params["reason"]
    assert refused(f"rtsp://user:{CANARY}@127.0.0.1:{port}/video").fault.code == "source.unreadable"
    assert refused(f"ftp://user:{CANARY}@127.0.0.1:{port}/video").fault.code == "source.bad_name"
    assert "not known" in refused(f"rtsp://user:{CANARY}@no.such.host.invalid/").fault.params["reason"]


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_a_server_that_never_answers_holds_up_nobody(scheme: str) -> None:
    """The other threads of the process go on meanwhile: libav waits without Python's lock."""
    server = TcpServer(listen_for_ever)
    longest_s, is_over = 0.0, threading.Event()

    def tick() -> None:
        nonlocal longest_s
        before = time.monotonic()
        while not is_over.wait(0.01):
            longest_s, before = max(longest_s, time.monotonic() - before), time.monotonic()

    ticker = threading.Thread(target=tick)
    ticker.start()
    try:
        began = time.monotonic()
        error = refused(f"{scheme}://user:{CANARY}@127.0.0.1:{server.port}/video")
        assert error.fault.code == "source.unreadable"
        assert time.monotonic() - began < 15
    finally:
        is_over.set()
        ticker.join()
        server.close()
    assert longest_s < 2


def test_a_camera_that_falls_silent_is_lost() -> None:
    clock, phone = MonotonicClock(), MjpegCamera()
    with phone.serving() as server, connected(f"http://127.0.0.1:{server.port}/video", clock) as camera:
        next_picture(camera, clock)
        phone.is_frozen = True
        wait_until(lambda: camera.picture_at(clock.now_us()) is None and camera.fault, timeout_s=20)
        assert camera.fault is not None and camera.fault.code == "source.lost"


def test_a_phone_that_goes_and_comes_back_is_bound_again() -> None:
    """Case 66: the server ends, with its connection, and begins anew at the same address."""
    clock, phone = MonotonicClock(), MjpegCamera(level=60)
    heard: list[str] = []
    with phone.serving() as server:
        address = f"http://user:{CANARY}@127.0.0.1:{server.port}/video"
        camera = RebindingVideo(
            "camera:phone",
            lambda shape: NetworkCamera(address, clock, shape),
            SHAPE,
            period_s=0.1,
            on_back=lambda fault: heard.append(fault.code),
        )
        assert luma(next_picture(camera, clock)) < 100
    try:
        wait_until(lambda: camera.picture_at(clock.now_us()) is None and camera.fault, timeout_s=20)
        phone.level = 200
        with phone.serving(server.port):
            wait_until(lambda: camera.fault is None, timeout_s=20)
            assert luma(next_picture(camera, clock)) > 150
            wait_until(lambda: len(heard) == 1)
    finally:
        camera.close()
    assert heard == ["source.back"]


def test_an_rtsp_camera_is_shown() -> None:
    clock, far = MonotonicClock(), RtspCamera(level=180)
    with far.serving() as server, connected(f"rtsp://user:{CANARY}@127.0.0.1:{server.port}/live", clock) as camera:
        pictures = [next_picture(camera, clock) for _ in range(5)]
        assert all(luma(picture) == pytest.approx(16 + 180 * 219 / 255, abs=4) for picture in pictures)
        assert far.methods == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]
    assert not camera._thread.is_alive()
