"""Which mode of a camera is taken for which size."""

from __future__ import annotations

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.errors import SourceError
from encoder.picture import PictureSize
from encoder.sources.camera_devices import CameraAddress, CameraDevices
from encoder.sources.camera_modes import CameraMode, camera_modes, choose_mode, fourcc_name, modes_by_trying
from tests.encoder.sources.camera_fakes import V4l2Capture

USB_2 = [
    CameraMode(640, 480, 30, "YUYV"),
    CameraMode(640, 360, 30, "YUYV"),
    CameraMode(1280, 720, 10, "YUYV"),
    CameraMode(1920, 1080, 5, "YUYV"),
    CameraMode(640, 480, 30, "MJPG"),
    CameraMode(1280, 720, 30, "MJPG"),
    CameraMode(1280, 720, 60, "MJPG"),
    CameraMode(1920, 1080, 30, "MJPG"),
    CameraMode(1920, 1080, 30, "H264"),
]
USB_3 = [
    CameraMode(width, height, 30, pixel_format)
    for width, height in ((1280, 720), (1920, 1080))
    for pixel_format in ("MJPG", "NV12", "YUYV")
]


@pytest.mark.parametrize(
    ("modes", "wanted", "chosen"),
    [
        (USB_2, PictureSize(640, 360), CameraMode(640, 360, 30, "YUYV")),
        (USB_2, PictureSize(854, 480), CameraMode(1280, 720, 30, "MJPG")),
        (USB_2, PictureSize(1280, 720), CameraMode(1280, 720, 30, "MJPG")),
        (USB_2, PictureSize(1920, 1080), CameraMode(1920, 1080, 30, "MJPG")),
        (USB_2, PictureSize(720, 1280), CameraMode(1280, 720, 30, "MJPG")),
        (USB_2[:3], PictureSize(1920, 1080), CameraMode(640, 360, 30, "YUYV")),
        (USB_3, PictureSize(1920, 1080), CameraMode(1920, 1080, 30, "MJPG")),
        ([CameraMode(640, 480, 15, "YUYV"), CameraMode(640, 480, 20, "YUYV")], PictureSize(640, 360), None),
        ([CameraMode(1920, 1080, 30, "H264")], PictureSize(1920, 1080), None),
        ([], PictureSize(1280, 720), None),
    ],
)
def test_the_mode_that_suits(modes: list[CameraMode], wanted: PictureSize, chosen: CameraMode | None) -> None:
    if chosen is None and modes and modes[0].pixel_format != "H264":
        chosen = CameraMode(640, 480, 20, "YUYV")  # slow cameras run as fast as they can
    assert choose_mode(modes, wanted) == chosen


def test_up_to_720p_nothing_is_decoded_that_need_not_be() -> None:
    chosen = choose_mode(USB_3, PictureSize(1280, 720))
    assert chosen is not None and chosen.pixel_format in ("YUYV", "NV12")


MODES = st.builds(
    CameraMode,
    st.integers(1, 4000),
    st.integers(1, 4000),
    st.floats(1, 120),
    st.sampled_from(["YUYV", "MJPG", "NV12", "H264", "GREY", "????"]),
)


@given(st.lists(MODES, max_size=20), st.sampled_from([PictureSize(640, 360), PictureSize(1920, 1080)]))
def test_a_large_and_fast_mode_is_never_passed_over(modes: list[CameraMode], wanted: PictureSize) -> None:
    def suits(mode: CameraMode) -> bool:
        is_readable = mode.pixel_format in ("YUYV", "MJPG", "NV12", "GREY")
        return is_readable and mode.fps >= 29 and mode.width >= wanted.width and mode.height >= wanted.height

    chosen = choose_mode(modes, wanted)
    assert chosen is None or chosen in modes
    if any(suits(mode) for mode in modes):
        assert chosen is not None and suits(chosen)


def test_without_the_kernels_word_sizes_are_tried() -> None:
    """Elsewhere than on Linux OpenCV only says what it got."""
    capture = V4l2Capture([CameraMode(640, 480, 30, "YUYV"), CameraMode(1280, 720, 30, "YUYV")])
    modes = modes_by_trying(CameraAddress(0), lambda address: capture)
    assert [(mode.width, mode.height) for mode in modes] == [(1280, 720), (640, 480)]
    assert capture.is_released
    capture.is_gone.set()
    assert modes_by_trying(CameraAddress(0), lambda address: capture) == []


def test_an_absent_camera_has_no_modes() -> None:
    with pytest.raises(SourceError) as caught:
        camera_modes("No Such Camera", CameraDevices(list))
    assert caught.value.fault.code == "source.not_found"


def test_a_fourcc_is_read_as_four_characters() -> None:
    assert fourcc_name(cv2.VideoWriter.fourcc(*"MJPG")) == "MJPG"
    assert fourcc_name(-1) == fourcc_name(0) == ""
