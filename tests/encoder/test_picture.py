"""Pictures of any size and format become I420 of one size."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from encoder.picture import FrameShape, PictureFitter, PictureSize, black_frame, copied_frame, planes_of

SIZE = PictureSize(1280, 720)
SHAPE = FrameShape(SIZE)


def grey(width: int, height: int, level: int = 200) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height, width, 3), level, np.uint8), format="rgb24")


@pytest.mark.parametrize(
    ("width", "height", "bars"),
    [(1280, 720, "none"), (640, 480, "sides"), (480, 640, "sides"), (1000, 300, "above"), (3, 5, "sides")],
)
def test_the_aspect_is_kept_between_black_bars(width: int, height: int, bars: str) -> None:
    frame = PictureFitter().fit(grey(width, height), SHAPE)
    luma = planes_of(frame)[0]
    assert (frame.width, frame.height, frame.format.name) == (1280, 720, "yuv420p")
    assert luma[360, 640] > 150
    assert (luma[360, 0] < 20) == (bars == "sides")
    assert (luma[0, 640] < 20) == (bars == "above")


def test_a_picture_that_fits_is_not_copied() -> None:
    frame = black_frame(SIZE)
    assert PictureFitter().fit(frame, SHAPE) is frame


def test_full_range_becomes_limited_range() -> None:
    frame = black_frame(SIZE)
    planes_of(frame)[0][:] = 255
    full = frame.reformat(format="yuvj420p", src_color_range="JPEG", dst_color_range="JPEG")
    assert planes_of(PictureFitter().fit(full, SHAPE))[0].max() <= 236


def test_wide_pixels_are_shown_wide() -> None:
    frame = PictureFitter().fit(grey(720, 576), SHAPE, Fraction(64, 45))
    assert planes_of(frame)[0][360, 4] > 150, "a 16:9 picture stored narrow fills the width"


def test_a_copy_is_its_own() -> None:
    frame = black_frame(PictureSize(64, 36))
    copy = copied_frame(frame)
    planes_of(copy)[0][:] = 200
    assert planes_of(frame)[0].max() == 16
