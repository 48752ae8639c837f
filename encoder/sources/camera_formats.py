"""From what OpenCV's `read` gives to a frame of libav's, without a detour over BGR where the camera's own bytes come.

With CAP_PROP_CONVERT_RGB at 0 OpenCV's V4L2 back end (`modules/videoio/src/cap_v4l.cpp`) gives the driver's buffer as
8 bit numbers: YUYV and UYVY as (height, width, 2), NV12 and its like as (height * 3 / 2, width), MJPEG as (1, bytes).
"""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np

from encoder.picture import PIXEL_FORMAT, PictureSize, new_frame, plane_rows, planes_of

PACKED = {"YUYV": "yuyv422", "UYVY": "uyvy422"}
PLANAR = {"NV12": "nv12", "YU12": "yuv420p"}
COMPRESSED = ("MJPG", "JPEG")
_FULL_TO_LIMITED_LUMA = (219 / 255, 16.0)
_FULL_TO_LIMITED_CHROMA = (224 / 255, 128 - 128 * 224 / 255)
"""Scale and offset, of ITU-R BT.601 against JFIF."""
RAW_FORMATS = (*PACKED, *PLANAR, "NV21", *COMPRESSED)


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
            frame = av.VideoFrame(width, height, PACKED[self._format])
            plane_rows(frame.planes[0])[:height, : width * 2] = image.reshape(height, width * 2)
            return frame
        if self._format in PLANAR and image.shape == (height * 3 // 2, width):
            return av.VideoFrame.from_numpy_buffer(image, format=PLANAR[self._format])
        if self._format == "NV21" and image.shape == (height * 3 // 2, width):
            frame = av.VideoFrame(width, height, "nv21")
            for plane, rows in zip(frame.planes, (image[:height], image[height:]), strict=True):
                plane_rows(plane)[: len(rows), :width] = rows
            return frame
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
        return limited_range(frames[-1])


def frame_of_bgr(image: Any) -> av.VideoFrame:
    """BGR, or BGR with a fourth byte, as I420, limited range, BT.601. OpenCV does this in a fourth of libav's time."""
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    if (height, width) != image.shape[:2]:
        image = image[:height, :width]
    code = cv2.COLOR_BGR2YUV_I420 if image.shape[2] == 3 else cv2.COLOR_BGRA2YUV_I420
    return av.VideoFrame.from_numpy_buffer(cv2.cvtColor(image, code), format=PIXEL_FORMAT)


def limited_range(frame: av.VideoFrame) -> av.VideoFrame:
    """A decoded JPEG as I420, limited range; others as they are. It takes a third of libav's time."""
    name, width, height = frame.format.name, frame.width, frame.height
    if name not in ("yuvj420p", "yuvj422p") or width % 2 or height % 2:
        return frame
    limited = new_frame(PictureSize(width, height))
    for target, plane, (scale, offset) in zip(
        planes_of(limited), frame.planes, (_FULL_TO_LIMITED_LUMA, *[_FULL_TO_LIMITED_CHROMA] * 2), strict=True
    ):
        source = plane_rows(plane)[:, : plane.width]
        if source.shape[0] == target.shape[0]:
            cv2.convertScaleAbs(source, dst=target, alpha=scale, beta=offset)
        else:  # of two rows of colour one is made
            cv2.addWeighted(source[0::2], scale / 2, source[1::2], scale / 2, offset, dst=target)
    return limited


def pixels_of(frame: av.VideoFrame) -> Any:
    """A packed frame of four bytes a pixel as an array (height, width, 4), without a copy."""
    rows = plane_rows(frame.planes[0])[:, : frame.width * 4]
    return (
        rows.reshape(frame.height, frame.width, 4)
        if rows.flags.c_contiguous
        else np.stack([rows[:, channel::4] for channel in range(4)], axis=2)
    )
