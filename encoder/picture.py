"""Pictures as the encoder takes them: I420, limited range, one size, other aspects between black bars."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.uint8]

LUMA_BLACK = 16
LUMA_WHITE = 235
CHROMA_NEUTRAL = 128
PIXEL_FORMAT = "yuv420p"


@dataclass(frozen=True, slots=True)
class PictureSize:
    """Width and height in pixels, both even."""

    width: int
    height: int

    def fitted(self, aspect: Fraction) -> PictureSize:
        """The largest even size of that aspect inside this one."""
        if aspect >= Fraction(self.width, self.height):
            return PictureSize(self.width, max(2, round(self.width / aspect / 2) * 2))
        return PictureSize(max(2, round(self.height * aspect / 2) * 2), self.height)


class Fit(StrEnum):
    """What to do with a picture whose aspect is not its place's."""

    CONTAIN = "contain"
    """All of it, between black bars."""
    COVER = "cover"
    """No bars: what sticks out on two sides is cut off evenly."""


@dataclass(frozen=True, slots=True)
class Crop:
    """The share of the width or height (0 to 1) that is cut off at each side."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


@dataclass(frozen=True, slots=True)
class FrameShape:
    """What a source's pictures are to become: cropped first, then mirrored, then fitted into `size`."""

    size: PictureSize
    fit: Fit = Fit.CONTAIN
    crop: Crop = Crop()
    is_mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame of the wanted size and when it was captured, on the engine's clock."""

    frame: av.VideoFrame
    captured_us: int
    is_shared: bool = False
    """A decoder still refers to it: it must not be drawn on."""


def plane_rows(plane: VideoPlane) -> Plane:
    """A view of one 8 bit plane, rows by columns, padding included. Writable where the frame is."""
    view: Plane = np.frombuffer(memoryview(plane), np.uint8)
    return view.reshape(-1, plane.line_size)


def planes_of(frame: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    """Writable views of an I420 frame's Y, U and V, padding cut off."""
    y, u, v = (plane_rows(plane)[:, : plane.width] for plane in frame.planes)
    return y, u, v


def new_frame(size: PictureSize) -> av.VideoFrame:
    """A frame whose pixels are not yet set."""
    return av.VideoFrame(size.width, size.height, PIXEL_FORMAT)


def black_frame(size: PictureSize) -> av.VideoFrame:
    """A black frame."""
    frame = new_frame(size)
    y, u, v = planes_of(frame)
    y[:], u[:], v[:] = LUMA_BLACK, CHROMA_NEUTRAL, CHROMA_NEUTRAL
    return frame


def copied_frame(frame: av.VideoFrame) -> av.VideoFrame:
    """A frame of its own with the same pixels."""
    copy = new_frame(PictureSize(frame.width, frame.height))
    for target, source in zip(planes_of(copy), planes_of(frame), strict=True):
        target[:] = source
    return copy


class PictureFitter:
    """Turns frames of any size and format into I420 of one size. Used by one thread at a time."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def fit(self, frame: av.VideoFrame, shape: FrameShape, pixel_aspect: Fraction = Fraction(1)) -> av.VideoFrame:
        """The frame in that shape, I420, limited range. The same object comes back when nothing needs doing."""
        size = shape.size
        aspect = Fraction(frame.width, frame.height) * pixel_aspect
        inner = size.fitted(aspect)
        if abs(inner.width - size.width) <= 2 and abs(inner.height - size.height) <= 2:
            inner = size  # a pixel's difference is not worth bars
        is_limited = frame.color_range in (ColorRange.UNSPECIFIED, ColorRange.MPEG)
        if (frame.width, frame.height, frame.format.name) == (size.width, size.height, PIXEL_FORMAT) and is_limited:
            return frame
        scaled = self._reformatter.reformat(
            frame,
            inner.width,
            inner.height,
            format=PIXEL_FORMAT,
            interpolation=Interpolation.BICUBIC,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        return scaled if inner == size else _with_bars(scaled, inner, size)


def _with_bars(scaled: av.VideoFrame, inner: PictureSize, size: PictureSize) -> av.VideoFrame:
    frame = new_frame(size)
    left, top = (size.width - inner.width) // 4 * 2, (size.height - inner.height) // 4 * 2
    fills = (LUMA_BLACK, CHROMA_NEUTRAL, CHROMA_NEUTRAL)
    for index, (target, source, fill) in enumerate(zip(planes_of(frame), planes_of(scaled), fills, strict=True)):
        x, y = (left, top) if index == 0 else (left // 2, top // 2)
        height, width = source.shape
        target[:y], target[y + height :] = fill, fill
        target[y : y + height, :x], target[y : y + height, x + width :] = fill, fill
        target[y : y + height, x : x + width] = source
    return frame
