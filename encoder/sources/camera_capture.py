"""The seam to OpenCV's `VideoCapture`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import cv2

from encoder.sources.camera_devices import CameraAddress


class Capture(Protocol):
    """What we use of `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...
    def read(self) -> tuple[bool, Any]: ...
    def get(self, property_id: int, /) -> float: ...
    def set(self, property_id: int, value: float, /) -> bool: ...
    def release(self) -> None: ...


OpenCapture = Callable[[CameraAddress], Capture]


def open_with_cv2(address: CameraAddress) -> Capture:
    """The real opener."""
    return cv2.VideoCapture(address.target, address.backend)
