"""A camera's bytes become the encoder's picture: the same colours by every way."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from encoder.picture import FrameShape, PictureFitter, PictureSize, planes_of
from encoder.sources.camera_formats import PictureReader, UnusablePictureError, frame_of_bgr, limited_range

SIZE = PictureSize(64, 36)
SHAPE = FrameShape(SIZE)


def scene() -> NDArray[np.uint8]:
    """Four colours, in BGR."""
    image = np.zeros((36, 64, 3), np.uint8)
    image[:18, :32], image[:18, 32:] = (255, 255, 255), (0, 0, 200)
    image[18:, :32], image[18:, 32:] = (0, 180, 0), (150, 30, 30)
    return image


def as_jpeg(image: NDArray[np.uint8], subsampling: int) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image[:, :, ::-1])).save(buffer, "JPEG", quality=98, subsampling=subsampling)
    return np.frombuffer(buffer.getvalue(), np.uint8).reshape(1, -1)


def spots(reader: PictureReader, image: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """Y, U and V in the middle of each colour."""
    planes = planes_of(PictureFitter().fit(reader.frame(image), SHAPE))
    places = [(8, 16), (8, 48), (26, 16), (26, 48)]
    return [tuple(int(plane[y // s, x // s]) for plane, s in zip(planes, (1, 2, 2), strict=True)) for y, x in places]


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_every_format_shows_the_same_colours(subsampling: int) -> None:
    image = scene()
    wanted = np.array(spots(PictureReader("", SIZE), image))
    i420 = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
    nv12 = i420.copy()
    nv12[36:] = i420[36:].reshape(2, -1).T.reshape(18, 64)
    yuyv = np.empty((36, 64, 2), np.uint8)
    yuyv[:, :, 0] = i420[:36]
    yuyv[:, 0::2, 1], yuyv[:, 1::2, 1] = (np.repeat(plane, 2, 0) for plane in i420[36:].reshape(2, 18, 32))
    nv21 = nv12.copy()
    nv21[36:, 0::2], nv21[36:, 1::2] = nv12[36:, 1::2], nv12[36:, 0::2]
    formats: dict[str, Any] = {
        "YU12": i420,
        "NV12": nv12,
        "NV21": nv21,
        "YUYV": yuyv,
        "UYVY": np.ascontiguousarray(yuyv[:, :, ::-1]),
        "MJPG": as_jpeg(image, subsampling),
    }
    for name, data in formats.items():
        found = np.array(spots(PictureReader(name, SIZE), data))
        assert np.abs(found - wanted).max() <= 4, name


@pytest.mark.parametrize(
    ("pixel_format", "data"),
    [
        ("YUYV", np.zeros((18, 64, 2), np.uint8)),
        ("YUYV", np.zeros((36, 64), np.uint8)),
        ("YUYV", np.zeros((36, 64, 2), np.uint16)),
        ("NV12", np.zeros((36, 64), np.uint8)),
        ("MJPG", np.zeros((1, 500), np.uint8)),
        ("MJPG", np.zeros((1, 0), np.uint8)),
        ("MJPG", as_jpeg(scene(), 1)[:, :40]),
        ("", np.zeros((36, 64, 2), np.uint8)),
        ("", None),
    ],
)
def test_what_the_format_does_not_promise_is_refused(pixel_format: str, data: NDArray[np.uint8] | None) -> None:
    with pytest.raises(UnusablePictureError):
        PictureReader(pixel_format, SIZE).frame(data)


def test_odd_sizes_are_made_even() -> None:
    frame = frame_of_bgr(np.full((37, 65, 3), 255, np.uint8))
    assert (frame.width, frame.height) == (64, 36)
    odd = PictureReader("MJPG", PictureSize(65, 37)).frame(as_jpeg(np.full((37, 65, 3), 255, np.uint8), 1))
    assert planes_of(PictureFitter().fit(odd, SHAPE))[0].mean() == pytest.approx(235, abs=2)


def test_full_range_becomes_the_encoders() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16).repeat(4, 0).repeat(4, 1)
    reader = PictureReader("MJPG", PictureSize(64, 64))
    luma = planes_of(reader.frame(as_jpeg(np.repeat(grey[:, :, None], 3, 2), 2)))[0]
    assert luma.min() >= 16 and luma.max() <= 236
    frame = frame_of_bgr(scene())
    assert limited_range(frame) is frame
