"""Pictures as the encoder takes them: I420, limited range, one size, other aspects between black bars."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias, TypeVar, cast

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from gshop_studio.domain.scene import NO_CROP
from gshop_studio.domain.scene import Crop as Crop
from gshop_studio.domain.scene import Fit as Fit

Plane: TypeAlias = NDArray[np.uint8]
_Array = TypeVar("_Array", bound=NDArray[Any])

LUMA_BLACK = 16
LUMA_WHITE = 235
CHROMA_NEUTRAL = 128
PIXEL_FORMAT = "yuv420p"
_BLACK = (LUMA_BLACK, CHROMA_NEUTRAL, CHROMA_NEUTRAL)


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


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the chroma grid: all even."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def whole(cls, size: PictureSize) -> Box:
        return cls(0, 0, size.width, size.height)

    @property
    def size(self) -> PictureSize:
        return PictureSize(self.width, self.height)

    def parts(self, planes: tuple[_Array, _Array, _Array]) -> tuple[_Array, _Array, _Array]:
        """Views of what lies in it, of an I420 picture's planes."""
        rows = slice(self.top, self.top + self.height)
        columns = slice(self.left, self.left + self.width)
        small_rows = slice(self.top // 2, (self.top + self.height) // 2)
        small_columns = slice(self.left // 2, (self.left + self.width) // 2)
        y, u, v = planes
        found = y[rows, columns], u[small_rows, small_columns], v[small_rows, small_columns]
        return cast(tuple[_Array, _Array, _Array], found)

    def fill(self, planes: tuple[Plane, Plane, Plane], colour: tuple[int, int, int]) -> None:
        """Paint it."""
        for part, value in zip(self.parts(planes), colour, strict=True):
            part[:] = value


@dataclass(frozen=True, slots=True)
class FrameShape:
    """What a source's pictures are to become: cropped first, then mirrored, then fitted into `size`."""

    size: PictureSize
    fit: Fit = Fit.CONTAIN
    crop: Crop = NO_CROP
    is_mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame of the wanted size and when it was captured, on the engine's clock."""

    frame: av.VideoFrame
    captured_us: int
    is_shared: bool = False
    """A decoder still refers to it: it must not be drawn on."""
    shape: FrameShape | None = None
    """The shape it was made in, where the source tells: so a picture that was under way when the shape changed, and has
    the right size by chance, is known for what it is."""


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
    """Turns frames of any size and format into I420 of one shape. Used by one thread at a time."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._whole_reformatter = VideoReformatter()

    def fit(self, frame: av.VideoFrame, shape: FrameShape, pixel_aspect: Fraction = Fraction(1)) -> av.VideoFrame:
        """The frame in that shape, I420, limited range. The same object comes back when nothing needs doing.

        What is cropped off, or sticks out of a shape that is covered, is cut off before anything is scaled.
        """
        size = shape.size
        region = _region(frame, shape, pixel_aspect)
        is_whole = (region.width, region.height) == (frame.width, frame.height)
        inner = size if shape.fit is Fit.COVER else _inner(region, size, pixel_aspect)
        is_ready = frame.format.name == PIXEL_FORMAT and frame.color_range in _LIMITED
        if is_whole and is_ready and not shape.is_mirrored and (frame.width, frame.height) == (size.width, size.height):
            return frame
        fitted = frame
        if not is_whole:
            if frame.format.name not in _LAYOUTS:
                fitted = self._whole_reformatter.reformat(
                    frame, format=PIXEL_FORMAT, dst_color_range=ColorRange.MPEG, threads=1
                )
            fitted = _cropped(fitted, region)
        if not is_ready or (fitted.width, fitted.height) != (inner.width, inner.height):
            fitted = self._reformatter.reformat(
                fitted,
                inner.width,
                inner.height,
                format=PIXEL_FORMAT,
                interpolation=Interpolation.BICUBIC,
                dst_color_range=ColorRange.MPEG,
                threads=1,
            )
        if inner != size or shape.is_mirrored:
            return _placed(fitted, inner, size, is_mirrored=shape.is_mirrored)
        return fitted


_LIMITED = (ColorRange.UNSPECIFIED, ColorRange.MPEG)
_PLANAR_420, _PLANAR_422, _PLANAR_444 = ((1, 1, 1), (2, 2, 1)), ((1, 1, 1), (2, 1, 1)), ((1, 1, 1), (1, 1, 1))
_LAYOUTS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "yuv420p": (*_PLANAR_420, (2, 2, 1)),
    "yuvj420p": (*_PLANAR_420, (2, 2, 1)),
    "yuv422p": (*_PLANAR_422, (2, 1, 1)),
    "yuvj422p": (*_PLANAR_422, (2, 1, 1)),
    "yuv444p": (*_PLANAR_444, (1, 1, 1)),
    "yuvj444p": (*_PLANAR_444, (1, 1, 1)),
    "nv12": ((1, 1, 1), (2, 2, 2)),
    "nv21": ((1, 1, 1), (2, 2, 2)),
    "yuyv422": ((2, 1, 4),),
    "uyvy422": ((2, 1, 4),),
    **dict.fromkeys(("bgr24", "rgb24"), ((1, 1, 3),)),
    **dict.fromkeys(("bgra", "rgba", "bgr0", "rgb0", "argb", "abgr", "0rgb", "0bgr"), ((1, 1, 4),)),
}
"""Of formats that are cropped as they are, each plane: pixels across and down to one unit, bytes to one unit."""


def _region(frame: av.VideoFrame, shape: FrameShape, pixel_aspect: Fraction) -> Box:
    """What of the frame is shown, in its own pixels."""
    width, height, crop = frame.width, frame.height, shape.crop
    left, right = _edges(width, crop.left, crop.right)
    top, bottom = _edges(height, crop.top, crop.bottom)
    if shape.fit is Fit.COVER:
        wanted = Fraction(shape.size.width, shape.size.height) / pixel_aspect
        across, down = right - left, bottom - top
        if Fraction(across, down) > wanted:
            kept = _even_at_least_2(down * wanted, across)
            left += (across - kept) // 4 * 2
            right = left + kept
        else:
            kept = _even_at_least_2(across / wanted, down)
            top += (down - kept) // 4 * 2
            bottom = top + kept
    return Box(left, top, right - left, bottom - top)


def _edges(length: int, before: float, after: float) -> tuple[int, int]:
    """Where the kept part begins and ends: even, within the length, never nothing."""
    if before <= 0 and after <= 0:
        return 0, length
    start = min(round(length * before / 2) * 2, (length - 1) // 2 * 2)
    end = length if after <= 0 else round(length * (1 - after) / 2) * 2
    return start, min(length, max(end, start + 2))


def _even_at_least_2(value: Fraction, limit: int) -> int:
    """Near lengths are taken whole: a pixel's difference is not worth a copy."""
    if limit - value <= 2:
        return limit
    return min(limit, max(2, round(value / 2) * 2))


def _inner(region: Box, size: PictureSize, pixel_aspect: Fraction) -> PictureSize:
    inner = size.fitted(Fraction(region.width, region.height) * pixel_aspect)
    is_near = abs(inner.width - size.width) <= 2 and abs(inner.height - size.height) <= 2
    return size if is_near else inner  # a pixel's difference is not worth bars


def _cropped(frame: av.VideoFrame, region: Box) -> av.VideoFrame:
    """A copy of the region. The copy is cheap beside what scaling all of it would cost."""
    cropped = av.VideoFrame(region.width, region.height, frame.format.name)
    cropped.color_range, cropped.colorspace = frame.color_range, frame.colorspace
    for target, source, (across, down, unit) in zip(
        cropped.planes, frame.planes, _LAYOUTS[frame.format.name], strict=True
    ):
        rows, row_bytes = -(-region.height // down), -(-region.width // across) * unit
        top, left = region.top // down, region.left // across * unit
        plane_rows(target)[:rows, :row_bytes] = plane_rows(source)[top : top + rows, left : left + row_bytes]
    return cropped


def _placed(fitted: av.VideoFrame, inner: PictureSize, size: PictureSize, *, is_mirrored: bool) -> av.VideoFrame:
    """The picture in the middle of a frame of that size, black around it."""
    frame = new_frame(size)
    frame.color_range, frame.colorspace = fitted.color_range, fitted.colorspace
    box = Box((size.width - inner.width) // 4 * 2, (size.height - inner.height) // 4 * 2, inner.width, inner.height)
    for target, source, fill, scale in zip(planes_of(frame), planes_of(fitted), _BLACK, (1, 2, 2), strict=True):
        x, y = box.left // scale, box.top // scale
        height, width = source.shape
        target[:y], target[y + height :] = fill, fill
        target[y : y + height, :x], target[y : y + height, x + width :] = fill, fill
        (_copy_mirrored if is_mirrored else np.copyto)(target[y : y + height, x : x + width], source)
    return frame


def _copy_mirrored(target: Plane, source: Plane) -> None:
    if source.shape[1] % 8:
        target[:] = source[:, ::-1]
        return
    # Eight pixels at a time: the words in reverse, and the bytes in each word.
    words = target.view(np.uint64)
    words[:] = source.view(np.uint64)[:, ::-1]
    words.byteswap(inplace=True)
