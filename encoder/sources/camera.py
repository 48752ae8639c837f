"""A camera through OpenCV."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Generator, Iterable

import av
import cv2

from encoder.clock import US_PER_S, Clock
from encoder.errors import SourceError, reason_of
from encoder.picture import FrameShape, PictureSize
from encoder.sources.camera_capture import Capture, OpenCapture, open_with_cv2
from encoder.sources.camera_devices import CameraAddress, find_camera
from encoder.sources.camera_formats import RAW_FORMATS, PictureReader, UnusablePictureError
from encoder.sources.camera_modes import CameraMode, choose_mode, fourcc_name, modes_at
from encoder.sources.live_pictures import LivePictures
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Fault

_SILENT_CAMERA_S = 2.5
"""A camera that gives nothing for so long is gone."""
_FIRST_PICTURE_TIMEOUT_S = 6.0
_PAUSE_AFTER_FAILURE_S = 0.05
_MAX_UNUSABLE_IN_A_ROW = 10
"""Cameras begin with a damaged picture or two. After so many OpenCV is asked to convert."""

FindCamera = Callable[[str], CameraAddress]
FindModes = Callable[[CameraAddress], Iterable[CameraMode]]


class Camera(LivePictures):
    """An open camera. When it has a fault, close it and make another one: that looks for the device anew, by its id."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        shape: FrameShape | PictureSize,
        open_capture: OpenCapture = open_with_cv2,
        find: FindCamera = find_camera,
        find_modes: FindModes = modes_at,
    ) -> None:
        """Open, and wait for the first picture.

        Args:
            name: An id or a name as `list_cameras` tells it, or a file's path; empty for the first camera.
            clock: The engine's.
            shape: Of the pictures, at first.
            open_capture: OpenCV's.
            find: Where a camera is now.
            find_modes: What it can do.

        Raises:
            SourceError: `source.not_found`, `source.busy`, `source.unreadable`.
        """
        shape = shape if isinstance(shape, FrameShape) else FrameShape(shape)
        label = f"camera {name}".strip()
        feed = self._camera = _CameraFeed(label, find(name), clock, shape.size, open_capture, find_modes)
        super().__init__(
            f"camera:{name}" if name else "camera",
            label,
            feed,
            clock,
            shape,
            first_picture_s=_FIRST_PICTURE_TIMEOUT_S,
            patience_s=_SILENT_CAMERA_S,
        )

    def reshape(self, shape: FrameShape) -> None:
        super().reshape(shape)
        self._camera.want(shape.size)


class _CameraFeed:
    """The camera as its thread sees it."""

    def __init__(
        self,
        label: str,
        address: CameraAddress,
        clock: Clock,
        size: PictureSize,
        open_capture: OpenCapture,
        find_modes: FindModes,
    ) -> None:
        self._label = label
        self._address = address
        self._clock = clock
        self._size = size
        """The largest that was wanted."""
        self._open_capture = open_capture
        self._find_modes = find_modes

    def want(self, size: PictureSize) -> None:
        """Larger pictures are worth another mode, which takes a moment; smaller ones are scaled."""
        if size.width * size.height > self._size.width * self._size.height:
            self._size = size

    def why_silent(self) -> Fault:
        return Fault("source.busy", {"source": self._label})

    def frames(self, is_closed: threading.Event) -> Generator[tuple[av.VideoFrame, int] | None]:
        cv2.setNumThreads(1)
        capture = self._open_capture(self._address)
        try:
            if not capture.isOpened():
                raise SourceError(self._why_not())
            if self._address.is_device:
                while not is_closed.is_set():
                    size = self._size
                    yield from self._read(capture, self._set_up(capture), is_closed, size)
            else:
                yield from self._file_frames(capture, is_closed)
        except cv2.error:
            return
        finally:
            capture.release()

    def _read(
        self, capture: Capture, reader: PictureReader, is_closed: threading.Event, size: PictureSize | None = None
    ) -> Generator[tuple[av.VideoFrame, int] | None]:
        """Pictures, until another size than that is wanted."""
        unusable = 0
        while not is_closed.is_set() and (size is None or size == self._size):
            did_read, image = capture.read()
            captured_us = self._clock.now_us()
            if not did_read:
                is_closed.wait(_PAUSE_AFTER_FAILURE_S)
                yield None
                continue
            try:
                yield reader.frame(image), captured_us
                unusable = 0
            except UnusablePictureError:
                unusable += 1
                if unusable >= _MAX_UNUSABLE_IN_A_ROW and reader.is_raw:
                    reader, unusable = self._converted(capture), 0
                yield None

    def _file_frames(self, capture: Capture, is_closed: threading.Event) -> Generator[tuple[av.VideoFrame, int] | None]:
        """Files come as fast as they are read, so they are held back."""
        period_us = round(US_PER_S / (capture.get(cv2.CAP_PROP_FPS) or FRAMES_PER_SECOND))
        due_us = self._clock.now_us()
        for each in self._read(capture, PictureReader("", self._size), is_closed):
            yield each
            if each is not None:
                due_us = max(due_us + period_us, each[1] - period_us)
                self._clock.sleep_until(due_us)

    def _set_up(self, capture: Capture) -> PictureReader:
        mode = self._mode()
        size = PictureSize(mode.width, mode.height) if mode else self._size
        if mode:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*mode.pixel_format.ljust(4)))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size.height)
        capture.set(cv2.CAP_PROP_FPS, FRAMES_PER_SECOND)
        got = fourcc_name(capture.get(cv2.CAP_PROP_FOURCC))
        # Other back ends than V4L2 take the wish, but what their buffers then hold is not told.
        is_raw = self._address.backend == cv2.CAP_V4L2 and got in RAW_FORMATS
        if not is_raw or not capture.set(cv2.CAP_PROP_CONVERT_RGB, 0):
            return self._converted(capture)
        width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        return PictureReader(got, PictureSize(round(width), round(height)))

    def _converted(self, capture: Capture) -> PictureReader:
        capture.set(cv2.CAP_PROP_CONVERT_RGB, 1)
        return PictureReader("", self._size)

    def _mode(self) -> CameraMode | None:
        if self._address.backend != cv2.CAP_V4L2:
            return None  # modes are found out by opening the camera, which it is already
        try:
            return choose_mode(self._find_modes(self._address), self._size)
        except OSError:
            return None

    def _why_not(self) -> Fault:
        params = {"source": self._label}
        if sys.platform == "linux" and self._address.path:
            try:
                os.close(os.open(self._address.path, os.O_RDWR | os.O_NONBLOCK))
            except FileNotFoundError:
                return Fault("source.not_found", params)
            except PermissionError as error:
                return Fault("source.unreadable", params | {"reason": reason_of(error)})
            except OSError:
                return Fault("source.busy", params)
        return Fault("source.busy" if self._address.is_device else "source.not_found", params)
