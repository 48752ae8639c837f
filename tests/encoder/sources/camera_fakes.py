"""Cameras for tests: what cv2-enumerate-cameras tells, and a `VideoCapture` with the manners of OpenCV's on V4L2.

As read in OpenCV's `modules/videoio/src/cap_v4l.cpp`: setting FOURCC or both sides of the size starts the device anew;
a FOURCC that the device lacks is refused and the old one stays; a size that it lacks becomes the nearest; and without
CONVERT_RGB the driver's bytes come in the shapes that are built here.
"""

from __future__ import annotations

import io
import threading
import time
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image

from encoder.sources.camera_devices import CameraAddress
from encoder.sources.camera_modes import CameraMode, fourcc_name


@dataclass(frozen=True, slots=True)
class Info:
    """As the library's `CameraInfo`."""

    index: int
    name: str
    path: str | None = None
    vid: int | None = None
    pid: int | None = None
    backend: int = cv2.CAP_V4L2


class V4l2Capture:
    """One open camera that shows one colour."""

    def __init__(self, modes: list[CameraMode], level: int = 100, *, can_give_raw: bool = True) -> None:
        self.modes = modes
        self.level = level
        self.format = modes[0].pixel_format
        self.size = (modes[0].width, modes[0].height)
        self.converts = True
        self.can_give_raw = can_give_raw
        self.is_damaged = False
        self.is_gone = threading.Event()
        self.is_released = False
        self.reads = 0
        self.settings: list[tuple[int, float]] = []
        self._wanted: dict[int, int] = {}

    def isOpened(self) -> bool:
        return not self.is_gone.is_set()

    def get(self, property_id: int, /) -> float:
        return {
            cv2.CAP_PROP_FRAME_WIDTH: float(self.size[0]),
            cv2.CAP_PROP_FRAME_HEIGHT: float(self.size[1]),
            cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*self.format)),
            cv2.CAP_PROP_FPS: 30.0,
            cv2.CAP_PROP_CONVERT_RGB: float(self.converts),
        }[property_id]

    def set(self, property_id: int, value: float, /) -> bool:
        self.settings.append((property_id, value))
        if property_id == cv2.CAP_PROP_FOURCC:
            wanted = fourcc_name(value)
            if wanted not in {mode.pixel_format for mode in self.modes}:
                return False
            self.format = wanted
        elif property_id in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT):
            self._wanted[property_id] = round(value)
            if len(self._wanted) == 2:
                width, height = self._wanted[cv2.CAP_PROP_FRAME_WIDTH], self._wanted[cv2.CAP_PROP_FRAME_HEIGHT]
                self._wanted.clear()
                sizes = {(mode.width, mode.height) for mode in self.modes if mode.pixel_format == self.format}
                self.size = min(sizes, key=lambda size: abs(size[0] - width) + abs(size[1] - height))
        elif property_id == cv2.CAP_PROP_CONVERT_RGB:
            if not value and not self.can_give_raw:
                return False
            self.converts = bool(value)
        return True

    def read(self) -> tuple[bool, Any]:
        time.sleep(1 / 60)
        self.reads += 1
        if self.is_gone.is_set():
            return False, None
        return True, self._image()

    def release(self) -> None:
        self.is_released = True

    def _image(self) -> Any:
        width, height = self.size
        if self.converts:
            return np.full((height, width, 3), self.level, np.uint8)
        if self.format == "YUYV":
            image = np.full((height, width, 2), 128, np.uint8)
            image[:, :, 0] = self.level
            return image[: height // 2] if self.is_damaged else image
        if self.format in ("NV12", "YU12"):
            image = np.full((height * 3 // 2, width), 128, np.uint8)
            image[:height] = self.level
            return image
        if self.format == "MJPG":
            buffer = io.BytesIO()
            grey = (self.level,) * 3
            Image.new("RGB", (width, height), grey).save(buffer, "JPEG", quality=95, subsampling=1)
            data = bytes(64) if self.is_damaged else buffer.getvalue()
            return np.frombuffer(data, np.uint8).reshape(1, -1)
        raise AssertionError(self.format)


class CameraDriver:
    """The system's cameras: what is plugged in where. Opens captures, and takes them away."""

    def __init__(self, modes: list[CameraMode]) -> None:
        self.modes = modes
        self.infos: list[Info] = []
        self.captures: list[V4l2Capture] = []
        self.opened: list[int] = []

    def plug(self, info: Info) -> None:
        self.infos.append(info)

    def unplug(self) -> None:
        """Every camera at once."""
        self.infos.clear()
        for capture in self.captures:
            capture.is_gone.set()

    def open(self, address: CameraAddress) -> V4l2Capture:
        assert isinstance(address.target, int)
        self.opened.append(address.target)
        capture = V4l2Capture(self.modes)
        if not any(info.index == address.target for info in self.infos):
            capture.is_gone.set()
        self.captures.append(capture)
        return capture
