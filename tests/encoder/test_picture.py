"""Pictures of any size and format become I420 of one size."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encoder.picture import Crop, Fit, FrameShape, PictureFitter, PictureSize, black_frame, copied_frame, planes_of

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


FORMATS = ["yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "nv12", "yuyv422", "uyvy422", "bgr24", "bgra"]


def quarters(width: int, height: int, format_name: str = "yuv420p") -> av.VideoFrame:
    """Grey levels: 50 top left, 100 top right, 150 bottom left, 200 bottom right."""
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2, : width // 2], image[: height // 2, width // 2 :] = 50, 100
    image[height // 2 :, : width // 2], image[height // 2 :, width // 2 :] = 150, 200
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=format_name)


def limited(level: int) -> float:
    return 16 + level * 219 / 255


@pytest.mark.parametrize("format_name", [*FORMATS, "gray", "yuv410p"])
@pytest.mark.parametrize("target", [PictureSize(640, 480), PictureSize(320, 240)])
def test_a_crop_is_cut_off_before_scaling_in_any_format(format_name: str, target: PictureSize) -> None:
    frame = quarters(1280, 960, format_name)
    shape = FrameShape(target, Fit.COVER, Crop(left=0.5, top=0.5))
    fitted = PictureFitter().fit(frame, shape)
    luma, u, v = planes_of(fitted)
    assert (fitted.width, fitted.height, fitted.format.name) == (target.width, target.height, "yuv420p")
    assert abs(float(luma.mean()) - limited(200)) < 4
    assert luma.max() - luma.min() < 12, "only the last quarter is left"
    assert abs(int(u.mean()) - 128) <= 2 and abs(int(v.mean()) - 128) <= 2


@pytest.mark.parametrize("format_name", FORMATS)
def test_covering_leaves_no_bars_and_cuts_evenly(format_name: str) -> None:
    fitted = PictureFitter().fit(quarters(1280, 720, format_name), FrameShape(PictureSize(720, 1280), Fit.COVER))
    luma = planes_of(fitted)[0]
    assert luma.shape == (1280, 720)
    for (row, column), level in {(8, 8): 50, (8, 711): 100, (1271, 8): 150, (1271, 711): 200}.items():
        assert abs(float(luma[row, column]) - limited(level)) < 5


@pytest.mark.parametrize("width", [640, 636, 622])
def test_a_mirror_swaps_left_and_right(width: int) -> None:
    frame = quarters(width, 480)
    before = [plane.copy() for plane in planes_of(frame)]
    fitted = PictureFitter().fit(frame, FrameShape(PictureSize(width, 480), is_mirrored=True))
    for mirrored, plane in zip(planes_of(fitted), before, strict=True):
        assert (mirrored == plane[:, ::-1]).all()
    assert (planes_of(frame)[0] == before[0]).all(), "the source's picture is as it was"


def test_a_mirrored_picture_of_another_aspect_has_its_bars() -> None:
    fitted = PictureFitter().fit(quarters(640, 480), FrameShape(SIZE, is_mirrored=True))
    luma = planes_of(fitted)[0]
    assert luma[100, 10] == 16 and luma[100, 1270] == 16
    assert luma[100, 400] > luma[100, 900], "the darker half is on the right now"


def test_a_cropped_wide_pixel_picture_covers() -> None:
    frame = quarters(720, 576)
    shape = FrameShape(PictureSize(360, 640), Fit.COVER, Crop(0.1, 0.1, 0.1, 0.1))
    assert planes_of(PictureFitter().fit(frame, shape, Fraction(64, 45)))[0].shape == (640, 360)


@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.lists(st.floats(0, 0.49), min_size=4, max_size=4),
    st.sampled_from([Fit.COVER, Fit.CONTAIN]),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_any_picture_comes_out_in_the_shape(
    given_size: tuple[int, int], half: tuple[int, int], crop: list[float], fit: Fit, is_mirrored: bool
) -> None:
    size = PictureSize(half[0] * 2, half[1] * 2)
    frame = PictureFitter().fit(grey(*given_size), FrameShape(size, fit, Crop(*crop), is_mirrored))
    assert (frame.width, frame.height, frame.format.name) == (size.width, size.height, "yuv420p")
