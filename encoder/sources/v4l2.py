"""What a Video4Linux device can do, asked of the kernel.

The structures and numbers are those of `linux/videodev2.h`, documented under "ioctl VIDIOC_ENUM_FMT",
"VIDIOC_ENUM_FRAMESIZES" and "VIDIOC_ENUM_FRAMEINTERVALS". Asking does not disturb whoever has the device open.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

Ioctl = Callable[[int, int, bytearray], object]
"""As `fcntl.ioctl`: changes the buffer, raises OSError."""

_CAPTURE = 1
_DISCRETE, _CONTINUOUS, _STEPWISE = 1, 2, 3
_FORMAT = struct.Struct("=III32sII3I")
_SIZE = struct.Struct("=III6I2I")
_INTERVAL = struct.Struct("=IIIII6I2I")
_MAX_ANSWERS = 512
"""A driver that never says "no more" is broken."""
_USUAL_SIZES = ((640, 360), (640, 480), (854, 480), (960, 540), (1280, 720), (1600, 900), (1920, 1080))
_USUAL_RATES = (15, 30, 60)


def _read_write(number: int, structure: struct.Struct) -> int:
    """`_IOWR('V', number, structure)` of `asm-generic/ioctl.h`."""
    return 3 << 30 | structure.size << 16 | ord("V") << 8 | number


ENUM_FORMATS = _read_write(2, _FORMAT)
ENUM_SIZES = _read_write(74, _SIZE)
ENUM_INTERVALS = _read_write(75, _INTERVAL)


@dataclass(frozen=True, slots=True)
class V4l2Mode:
    """One way to run the device."""

    width: int
    height: int
    fps: float
    pixel_format: str
    """Four characters, as `YUYV`."""


def read_modes(path: str, ioctl: Ioctl | None = None) -> list[V4l2Mode]:
    """Every mode of a device; of ranges, the usual sizes and rates within them.

    Args:
        path: As `/dev/video0`.
        ioctl: The kernel's, unless told otherwise.

    Raises:
        OSError: it cannot be opened.
    """
    if ioctl is None:
        import fcntl

        ioctl = fcntl.ioctl
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        return list(dict.fromkeys(_modes(handle, ioctl)))
    finally:
        os.close(handle)


def _modes(handle: int, ioctl: Ioctl) -> Iterator[V4l2Mode]:
    for code in _formats(handle, ioctl):
        name = code.to_bytes(4, "little").decode("ascii", "replace")
        for width, height in _sizes(handle, ioctl, code):
            for fps in _rates(handle, ioctl, code, width, height):
                yield V4l2Mode(width, height, fps, name)


def _formats(handle: int, ioctl: Ioctl) -> Iterator[int]:
    for index in range(_MAX_ANSWERS):
        answer = _ask(handle, ioctl, ENUM_FORMATS, _FORMAT.pack(index, _CAPTURE, 0, b"", 0, 0, 0, 0, 0))
        if answer is None:
            return
        yield _FORMAT.unpack(answer)[4]


def _sizes(handle: int, ioctl: Ioctl, code: int) -> Iterator[tuple[int, int]]:
    for index in range(_MAX_ANSWERS):
        answer = _ask(handle, ioctl, ENUM_SIZES, _SIZE.pack(index, code, *[0] * 9))
        if answer is None:
            return
        _, _, kind, *numbers = _SIZE.unpack(answer)
        if kind == _DISCRETE:
            yield numbers[0], numbers[1]
            continue
        least_width, most_width, step_width, least_height, most_height, step_height = numbers[:6]
        for width, height in _USUAL_SIZES:
            if _lies_in(width, least_width, most_width, step_width, kind) and _lies_in(
                height, least_height, most_height, step_height, kind
            ):
                yield width, height
        return  # a range is the only answer


def _rates(handle: int, ioctl: Ioctl, code: int, width: int, height: int) -> Iterator[float]:
    for index in range(_MAX_ANSWERS):
        answer = _ask(handle, ioctl, ENUM_INTERVALS, _INTERVAL.pack(index, code, width, height, *[0] * 9))
        if answer is None:
            return
        kind, *numbers = _INTERVAL.unpack(answer)[4:]
        if kind == _DISCRETE:
            if numbers[0] and numbers[1]:
                yield _fps(numbers[0], numbers[1])
            continue
        if all(numbers[:4]):
            # The shortest interval comes first: it is the highest rate.
            highest, lowest = Fraction(numbers[1], numbers[0]), Fraction(numbers[3], numbers[2])
            usual = [float(rate) for rate in _USUAL_RATES if lowest <= rate <= highest]
            yield from usual or [_fps(numbers[0], numbers[1])]
        return


def _ask(handle: int, ioctl: Ioctl, request: int, question: bytes) -> bytes | None:
    """The answer, or None where there is no more of it."""
    buffer = bytearray(question)
    try:
        ioctl(handle, request, buffer)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTTY, errno.ENODATA, errno.ENODEV, errno.EIO):
            return None
        raise
    return bytes(buffer)


def _lies_in(value: int, least: int, most: int, step: int, kind: int) -> bool:
    return least <= value <= most and (kind == _CONTINUOUS or (value - least) % max(step, 1) == 0)


def _fps(numerator: int, denominator: int) -> float:
    """An interval is seconds a picture."""
    return round(denominator / numerator, 3)
