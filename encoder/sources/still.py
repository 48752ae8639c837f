"""A still picture as a source: a file read once, fitted anew only when another shape is wanted."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageOps

from encoder.clock import US_PER_S
from encoder.errors import SourceError, reason_of
from encoder.picture import FrameShape, Picture, PictureFitter
from encoder.sources.camera_formats import frame_of_bgr
from encoder.sources.source import ColourMatrix
from gshop_studio.engine_protocol import Fault

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 50_000_000
"""A picture of more is a mistake or an attack: a small file can ask for all memory."""
LARGEST_SIDE_PX = 3840
"""Larger pictures are made smaller when they are read."""
_FORMATS = ("PNG", "JPEG", "WEBP")
_AGAIN_US = US_PER_S
"""The picture is given again so often, for whoever has not seen it yet."""


class Still:
    """A picture that stands."""

    fault: Fault | None = None
    colour_matrix = ColourMatrix.BT601

    def __init__(self, path: Path, shape: FrameShape) -> None:
        """Read it. Blocks.

        Raises:
            SourceError: `source.unreadable`.
        """
        self.name = f"image:{path}"
        self._whole = _read(path)
        self._lock = threading.Lock()
        self._fitter = PictureFitter()
        self._shape = shape
        self._fitted = self._fitter.fit(self._whole, shape)
        self._next_us: int | None = None

    def reshape(self, shape: FrameShape) -> None:
        with self._lock:
            if shape == self._shape:
                return
            self._fitted, self._shape = self._fitter.fit(self._whole, shape), shape
            self._next_us = None

    def picture_at(self, due_us: int) -> Picture | None:
        if self._next_us is not None and due_us < self._next_us:
            return None
        if self._lock.acquire(blocking=False):
            try:
                self._next_us = due_us + _AGAIN_US
                return Picture(self._fitted, due_us, is_shared=True, shape=self._shape)
            finally:
                self._lock.release()
        return None  # it is being fitted anew

    def close(self) -> None:
        """Nothing to let go."""


def _read(path: Path) -> av.VideoFrame:
    try:
        if not path.is_file():
            raise FileNotFoundError(2, "no such file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"larger than {MAX_FILE_BYTES // 1024 // 1024} MB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is our own
            image = Image.open(path, formats=_FORMATS)
        with image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are too many")
            image.draft("RGB", (LARGEST_SIDE_PX, LARGEST_SIDE_PX))
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise SourceError(Fault("source.unreadable", {"source": str(path), "reason": reason_of(error)})) from error
    upright.thumbnail((LARGEST_SIDE_PX, LARGEST_SIDE_PX), Image.Resampling.LANCZOS)
    over_black = Image.new("RGB", upright.size)
    over_black.paste(upright, mask=upright)
    pixels = np.asarray(over_black, np.uint8)
    # Two pixels are the least that has a colour.
    pixels = np.pad(pixels, [(0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)], mode="edge")
    return frame_of_bgr(np.ascontiguousarray(pixels[:, :, ::-1]))
