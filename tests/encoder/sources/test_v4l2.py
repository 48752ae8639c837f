"""What a Video4Linux device can do, asked of a kernel that answers as `linux/videodev2.h` documents."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path
from typing import TypeVar

import pytest

from encoder.sources.v4l2 import ENUM_FORMATS, ENUM_INTERVALS, ENUM_SIZES, V4l2Mode, read_modes

_T = TypeVar("_T")
YUYV, MJPG = (int.from_bytes(name, "little") for name in (b"YUYV", b"MJPG"))


class Kernel:
    """A device with discrete modes, or with ranges."""

    def __init__(self, sizes: dict[int, dict[tuple[int, int], list[tuple[int, int]]]]) -> None:
        self.sizes = sizes

    def __call__(self, handle: int, request: int, buffer: bytearray) -> int:
        os.fstat(handle)  # it is open
        if request == ENUM_FORMATS:
            assert len(buffer) == 64
            index, kind = struct.unpack_from("=II", buffer)
            assert kind == 1
            struct.pack_into("=I", buffer, 44, _at(list(self.sizes), index))
        elif request == ENUM_SIZES:
            assert len(buffer) == 44
            index, code = struct.unpack_from("=II", buffer)
            struct.pack_into("=III", buffer, 8, 1, *_at(list(self.sizes[code]), index))
        elif request == ENUM_INTERVALS:
            assert len(buffer) == 52
            index, code, width, height = struct.unpack_from("=IIII", buffer)
            struct.pack_into("=III", buffer, 16, 1, *_at(self.sizes[code][width, height], index))
        else:
            raise OSError(errno.ENOTTY, "inappropriate")
        return 0


def _at(items: list[_T], index: int) -> _T:
    if index >= len(items):
        raise OSError(errno.EINVAL, "no more")
    return items[index]


def test_the_requests_are_the_kernels() -> None:
    """The numbers that `linux/videodev2.h` comes to on every common machine."""
    assert (ENUM_FORMATS, ENUM_SIZES, ENUM_INTERVALS) == (0xC0405602, 0xC02C564A, 0xC034564B)


def test_every_size_and_rate_of_every_format_is_told(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    kernel = Kernel(
        {
            YUYV: {(640, 480): [(1, 30), (1, 15)], (1280, 720): [(1, 10)]},
            MJPG: {(1280, 720): [(1001, 30000)]},
        }
    )
    assert read_modes(str(device), kernel) == [
        V4l2Mode(640, 480, 30.0, "YUYV"),
        V4l2Mode(640, 480, 15.0, "YUYV"),
        V4l2Mode(1280, 720, 10.0, "YUYV"),
        V4l2Mode(1280, 720, 29.97, "MJPG"),
    ]


@pytest.mark.parametrize("kind", [2, 3])
def test_of_ranges_the_usual_sizes_and_rates_are_told(tmp_path: Path, kind: int) -> None:
    device = tmp_path / "video0"
    device.touch()

    def kernel(handle: int, request: int, buffer: bytearray) -> int:
        if struct.unpack_from("=I", buffer)[0]:
            raise OSError(errno.EINVAL, "no more")
        if request == ENUM_FORMATS:
            struct.pack_into("=I", buffer, 44, YUYV)
        elif request == ENUM_SIZES:
            struct.pack_into("=7I", buffer, 8, kind, 320, 1280, 16, 240, 720, 8)
        else:
            # From 1/60 s to 1/10 s.
            struct.pack_into("=7I", buffer, 16, kind, 1, 60, 1, 10, 1, 60)
        return 0

    modes = read_modes(str(device), kernel)
    assert {(mode.width, mode.height) for mode in modes} >= {(640, 360), (640, 480), (1280, 720)}
    assert all(mode.width <= 1280 and mode.height <= 720 for mode in modes)
    assert {mode.fps for mode in modes} == {15.0, 30.0, 60.0}


def test_a_device_that_lists_nothing_has_no_modes(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    assert read_modes(str(device), Kernel({})) == []
    assert read_modes(str(device)) == [], "an ordinary file knows none of the requests"


def test_a_device_that_is_gone_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_modes(str(tmp_path / "video9"))


def test_a_driver_that_never_ends_is_cut_off(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()

    def kernel(handle: int, request: int, buffer: bytearray) -> int:
        if request == ENUM_FORMATS and struct.unpack_from("=I", buffer)[0]:
            raise OSError(errno.EINVAL, "no more")
        if request == ENUM_FORMATS:
            struct.pack_into("=I", buffer, 44, YUYV)
        elif request == ENUM_SIZES:
            if struct.unpack_from("=I", buffer)[0] > 2:
                raise OSError(errno.EINVAL, "no more")
            struct.pack_into("=III", buffer, 8, 1, 640, 480)
        else:
            struct.pack_into("=III", buffer, 16, 1, 1, 30)
        return 0

    assert read_modes(str(device), kernel) == [V4l2Mode(640, 480, 30.0, "YUYV")]
