"""The modes of a camera, and which of them suits a picture size."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import cv2

from encoder.errors import SourceError, reason_of
from encoder.picture import PictureSize
from encoder.sources.camera_capture import Capture, OpenCapture, open_with_cv2
from encoder.sources.camera_devices import CameraAddress, CameraDevices
from encoder.sources.v4l2 import read_modes
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Fault

_RAW = ("YUYV", "NV12", "UYVY")
_COMPRESSED = ("MJPG", "JPEG")
_OTHERS = ("YU12", "YV12", "NV21", "BGR3", "RGB3", "GREY")
_LARGEST_RAW = 1280 * 720
"""Above it USB 2 has no room for 30 uncompressed pictures a second, and some drivers promise it nevertheless."""
_FULL_RATE = FRAMES_PER_SECOND - 1
"""29.97 is as good as 30."""
_TRIED_SIZES = ((1920, 1080), (1280, 720), (640, 480))


@dataclass(frozen=True, slots=True)
class CameraMode:
    """One way to run a camera."""

    width: int
    height: int
    fps: float
    """Pictures a second."""
    pixel_format: str
    """The FOURCC of what the camera sends: `YUYV`, `MJPG`, `NV12` ...; empty where it is not told."""


def camera_modes(name: str, devices: CameraDevices | None = None) -> list[CameraMode]:
    """The modes of the camera of that id or name. Slow: away from the event loop.

    Raises:
        SourceError: `source.not_found`, `source.unreadable`.
    """
    address = (devices or CameraDevices()).find(name)
    if not address.is_device:
        return []
    try:
        return modes_at(address)
    except OSError as error:
        params = {"source": f"camera {name}".strip(), "reason": reason_of(error)}
        raise SourceError(Fault("source.unreadable", params)) from error


def modes_at(address: CameraAddress) -> list[CameraMode]:
    """The modes of the camera there.

    Raises:
        OSError: Linux does not let us ask.
    """
    if sys.platform == "linux" and address.path:
        return [CameraMode(mode.width, mode.height, mode.fps, mode.pixel_format) for mode in read_modes(address.path)]
    return modes_by_trying(address)


def modes_by_trying(address: CameraAddress, open_capture: OpenCapture = open_with_cv2) -> list[CameraMode]:
    """What OpenCV says it got, of the usual sizes: elsewhere than on Linux it cannot list modes. Opens the camera;
    nothing is told of one that is in use."""
    capture = open_capture(address)
    try:
        if not capture.isOpened():
            return []
        return list(dict.fromkeys(_tried(capture, width, height) for width, height in _TRIED_SIZES))
    finally:
        capture.release()


def _tried(capture: Capture, width: int, height: int) -> CameraMode:
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    return CameraMode(
        round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
        round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        round(capture.get(cv2.CAP_PROP_FPS), 3),
        fourcc_name(capture.get(cv2.CAP_PROP_FOURCC)),
    )


def choose_mode(modes: Iterable[CameraMode], wanted: PictureSize) -> CameraMode | None:
    """The mode that shows `wanted` best at the least work; None where none can be read.

    In this order: 30 pictures a second; at least as large; of that aspect; no larger than needed; uncompressed up to
    720p and MJPEG above. Cameras give lying pictures: for an upright one the lying size counts.
    """
    usable = [mode for mode in modes if mode.pixel_format in (*_RAW, *_COMPRESSED, *_OTHERS)]
    return min(usable, key=_cost(wanted), default=None)


def _cost(wanted: PictureSize) -> Callable[[CameraMode], tuple[float, ...]]:
    width, height = max(wanted.width, wanted.height), min(wanted.width, wanted.height)

    def cost(mode: CameraMode) -> tuple[float, ...]:
        area = mode.width * mode.height
        is_slow = mode.fps < _FULL_RATE
        is_small = mode.width < width or mode.height < height
        is_other_aspect = abs(Fraction(mode.width, mode.height) / Fraction(width, height) - 1) > Fraction(1, 50)
        return (
            is_slow,
            -mode.fps if is_slow else 0.0,
            is_small,
            is_other_aspect,
            -area if is_small else area,
            _format_rank(mode.pixel_format, area),
            abs(mode.fps - FRAMES_PER_SECOND),
        )

    return cost


def _format_rank(pixel_format: str, area: int) -> int:
    order = (_RAW, _COMPRESSED, _OTHERS) if area <= _LARGEST_RAW else (_COMPRESSED, _RAW, _OTHERS)
    return next(rank for rank, group in enumerate(order) if pixel_format in group)


def fourcc_name(value: float) -> str:
    """OpenCV's number as four characters; empty for none."""
    number = int(value)
    if number <= 0 or number >= 1 << 32:
        return ""
    return number.to_bytes(4, "little").decode("ascii", "replace").strip("\0 ")
