"""A camera through OpenCV. A thread of its own takes its pictures; the newest one wins."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # what is wrong is told by our own faults

import av
import cv2
from cv2_enumerate_cameras import enumerate_cameras

from encoder.clock import US_PER_S, Clock
from encoder.errors import SourceError, reason_of
from encoder.picture import FrameShape, Picture, PictureSize, black_frame, planes_of
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Device, Fault

_SILENT_CAMERA_S = 2.5
"""A camera that gives nothing for so long is gone."""
_FIRST_PICTURE_TIMEOUT_S = 6.0
_PAUSE_AFTER_FAILURE_S = 0.05


class Capture(Protocol):
    """What we use of `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...
    def read(self) -> tuple[bool, Any]: ...
    def get(self, property_id: int, /) -> float: ...
    def set(self, property_id: int, value: float, /) -> bool: ...
    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """What OpenCV opens: an index and a back end, or a file's path or a stream's address."""

    target: int | str
    backend: int = cv2.CAP_ANY

    @property
    def is_device(self) -> bool:
        return isinstance(self.target, int)


OpenCapture = Callable[[CameraAddress], Capture]


def open_with_cv2(address: CameraAddress) -> Capture:
    """The real opener."""
    return cv2.VideoCapture(address.target, address.backend)


def list_cameras() -> list[Device]:
    """Every camera of this machine. Equal names are told apart by a number."""
    return [device for device, _ in _cameras()]


def find_camera(name: str) -> CameraAddress:
    """The camera of that name; the first one for an empty name.

    Raises:
        SourceError: `source.not_found`.
    """
    if "://" in name or (name and Path(name).is_file()):
        return CameraAddress(name)
    cameras = _cameras()
    wanted = name.casefold()
    for device, address in cameras:
        if not name or device.id.casefold() == wanted or str(address.target) == name:
            return address
    raise SourceError(Fault("source.not_found", {"source": f"camera {name}".strip()}))


def _cameras() -> list[tuple[Device, CameraAddress]]:
    found: list[tuple[Device, CameraAddress]] = []
    names: dict[str, int] = {}
    for info in enumerate_cameras():
        count = names[info.name] = names.get(info.name, 0) + 1
        name = info.name if count == 1 else f"{info.name} ({count})"
        # Linux lists each camera once; elsewhere the back end's own index comes with it.
        found.append((Device(name, name), CameraAddress(info.index, info.backend)))
    return found


class Camera:
    """An open camera."""

    colour_matrix = ColourMatrix.BT601

    def __init__(self, name: str, clock: Clock, size: PictureSize, open_capture: OpenCapture = open_with_cv2) -> None:
        """Open, and wait for the first picture.

        Raises:
            SourceError: `source.not_found`, `source.busy`, `source.unreadable`.
        """
        self.name = f"camera:{name}" if name else "camera"
        self.fault: Fault | None = None
        self._label = f"camera {name}".strip()
        self._clock = clock
        self._size = size
        self._has_picture = threading.Event()
        self._is_closed = threading.Event()
        self._newest: Picture | None = None
        self._last_us = clock.now_us()
        address = find_camera(name)
        cv2.setNumThreads(1)
        self._capture = open_capture(address)
        self._period_us = 0
        if not self._capture.isOpened():
            self._capture.release()
            raise SourceError(self._why_not(address))
        if address.is_device:
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size.width)
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size.height)
            self._capture.set(cv2.CAP_PROP_FPS, FRAMES_PER_SECOND)
        else:  # files come as fast as they are read
            self._period_us = round(US_PER_S / (self._capture.get(cv2.CAP_PROP_FPS) or FRAMES_PER_SECOND))
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()
        if not self._has_picture.wait(_FIRST_PICTURE_TIMEOUT_S) or self.fault:
            self.close()
            raise SourceError(Fault("source.busy", {"source": self._label}))

    def reshape(self, shape: FrameShape) -> None:
        self._size = shape.size

    def picture_at(self, due_us: int) -> Picture | None:
        if due_us - self._last_us > _SILENT_CAMERA_S * US_PER_S:
            self._lose()
        picture, self._newest = self._newest, None
        return picture

    def close(self) -> None:
        self._is_closed.set()
        self._thread.join(timeout=1.0)  # a driver may block; the thread ends with its call

    def _run(self) -> None:
        due_us = self._clock.now_us()
        try:
            while not self._is_closed.is_set():
                did_read, image = self._capture.read()
                if not did_read:
                    if self._clock.now_us() - self._last_us > _SILENT_CAMERA_S * US_PER_S:
                        self._lose()
                        return
                    self._is_closed.wait(_PAUSE_AFTER_FAILURE_S)
                    continue
                now_us = self._clock.now_us()
                self._newest = Picture(_to_frame(image, self._size), now_us)
                self._last_us = now_us
                self._has_picture.set()
                if self._period_us:
                    due_us = max(due_us + self._period_us, now_us - self._period_us)
                    self._clock.sleep_until(due_us)
        except cv2.error:
            self._lose()
        finally:
            self._capture.release()

    def _lose(self) -> None:
        self.fault = Fault("source.lost", {"source": self._label})
        self._has_picture.set()

    def _why_not(self, address: CameraAddress) -> Fault:
        params = {"source": self._label}
        if sys.platform == "linux" and isinstance(address.target, int):
            device = f"/dev/video{address.target % 100}"
            try:
                os.close(os.open(device, os.O_RDWR | os.O_NONBLOCK))
            except FileNotFoundError:
                return Fault("source.not_found", params)
            except PermissionError as error:
                return Fault("source.unreadable", params | {"reason": reason_of(error)})
            except OSError:
                return Fault("source.busy", params)
        return Fault("source.busy" if address.is_device else "source.not_found", params)


def _to_frame(image: Any, size: PictureSize) -> av.VideoFrame:
    """OpenCV's BGR (or grey) picture as I420 of that size, aspect kept."""
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    height, width = image.shape[:2]
    inner = size.fitted(Fraction(width, height))
    if (inner.width, inner.height) != (width, height):
        how = cv2.INTER_AREA if inner.width < width else cv2.INTER_LINEAR
        image = cv2.resize(image, (inner.width, inner.height), interpolation=how)
    i420 = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
    if inner == size:
        return av.VideoFrame.from_numpy_buffer(i420, format="yuv420p")
    frame = black_frame(size)
    left, top = (size.width - inner.width) // 4 * 2, (size.height - inner.height) // 4 * 2
    flat, start = i420.reshape(-1), 0
    for plane, scale in zip(planes_of(frame), (1, 2, 2), strict=True):
        rows, columns = inner.height // scale, inner.width // scale
        part = flat[start : start + rows * columns].reshape(rows, columns)
        plane[top // scale : top // scale + rows, left // scale : left // scale + columns] = part
        start += rows * columns
    return frame
