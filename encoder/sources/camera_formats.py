"""From what OpenCV's `read` gives to a frame of libav's, without a detour over BGR where the camera's own bytes come.

With CAP_PROP_CONVERT_RGB at 0 OpenCV's V4L2 back end (`modules/videoio/src/cap_v4l.cpp`) gives the driver's buffer as
8 bit numbers: YUYV and UYVY as (height, width, 2), NV12 and its like as (height * 3 / 2, width), MJPEG as (1, bytes).
"""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np

from encoder.picture import PIXEL_FORMAT, PictureSize, plane_rows

PACKED = {"YUYV": "yuyv422", "UYVY": "uyvy422"}
PLANAR = {"NV12": "nv12", "NV21": "nv21", "YU12": "yuv420p"}
COMPRESSED = ("MJPG", "JPEG")
RAW_FORMATS = (*PACKED, *PLANAR, *COMPRESSED)


class UnusablePictureError(Exception):
    """This buffer is not what the format promises."""


class PictureReader:
    """Reads one camera's pictures. Used by its thread alone."""

    def __init__(self, pixel_format: str, size: PictureSize) -> None:
        """`pixel_format` is a FOURCC of `RAW_FORMATS`, or empty where OpenCV converts to BGR."""
        self._format = pixel_format
        self._size = size
        self._decoder: av.VideoCodecContext | None = None
        if pixel_format in COMPRESSED:
            self._decoder = av.VideoCodecContext.create("mjpeg", "r")
            self._decoder.thread_count = 1

    @property
    def is_raw(self) -> bool:
        return bool(self._format)

    def frame(self, image: Any) -> av.VideoFrame:
        """The picture as a frame, in the camera's own size.

        Raises:
            UnusablePictureError: it is damaged, or not in the format.
        """
        if image is None or image.dtype != np.uint8 or not image.size:
            raise UnusablePictureError
        if image.ndim == 3 and image.shape[2] == 3:  # the back end converts, whatever it was told
            return frame_of_bgr(image)
        if self._decoder is not None:
            return self._decoded(self._decoder, image)
        width, height = self._size.width, self._size.height
        if self._format in PACKED and image.shape == (height, width, 2):
            return av.VideoFrame.from_ndarray(image, format=PACKED[self._format])
        if self._format in PLANAR and image.shape == (height * 3 // 2, width):
            return av.VideoFrame.from_numpy_buffer(image, format=PLANAR[self._format])
        if not self._format and image.ndim == 2:
            return frame_of_bgr(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
        raise UnusablePictureError

    def _decoded(self, decoder: av.VideoCodecContext, image: Any) -> av.VideoFrame:
        try:
            frames = decoder.decode(av.Packet(image.tobytes()))
        except av.error.FFmpegError as error:
            raise UnusablePictureError from error
        if not frames:
            raise UnusablePictureError
        return frames[-1]


def frame_of_bgr(image: Any) -> av.VideoFrame:
    """BGR, or BGR with a fourth byte, as I420, limited range, BT.601. OpenCV does this in a fourth of libav's time."""
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    if (height, width) != image.shape[:2]:
        image = image[:height, :width]
    code = cv2.COLOR_BGR2YUV_I420 if image.shape[2] == 3 else cv2.COLOR_BGRA2YUV_I420
    return av.VideoFrame.from_numpy_buffer(cv2.cvtColor(image, code), format=PIXEL_FORMAT)


def pixels_of(frame: av.VideoFrame) -> Any:
    """A packed frame of four bytes a pixel as an array (height, width, 4), without a copy."""
    rows = plane_rows(frame.planes[0])[:, : frame.width * 4]
    return (
        rows.reshape(frame.height, frame.width, 4)
        if rows.flags.c_contiguous
        else np.stack([rows[:, channel::4] for channel in range(4)], axis=2)
    )
