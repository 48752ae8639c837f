"""Burns `domain.time_code` into pictures, in place, on the I420 planes."""

from __future__ import annotations

import av
import numpy as np

from encoder.picture import CHROMA_NEUTRAL, LUMA_BLACK, LUMA_WHITE, PictureSize, planes_of
from gshop_studio.domain import time_code


class TimeCodeBurner:
    """Draws the moment of capture into the top left corner of pictures of one size."""

    def __init__(self, size: PictureSize) -> None:
        self.size = size
        self._layout = time_code.layout_for(size.width, size.height)

    def burn(self, frame: av.VideoFrame, captured_us: int) -> None:
        """Draw. The frame must be ours to write to."""
        layout = self._layout
        bits = np.array(time_code.encode(captured_us // 1000), np.uint8)
        row = np.repeat(bits * np.uint8(LUMA_WHITE - LUMA_BLACK) + np.uint8(LUMA_BLACK), layout.block)
        y, u, v = planes_of(frame)
        y[: layout.strip_height, : layout.strip_width] = LUMA_BLACK
        blocks = y[layout.top : layout.top + layout.block, layout.left : layout.left + row.size]
        blocks[:] = row[: blocks.shape[1]]  # a tiny picture holds no whole time code
        u[: layout.strip_height // 2, : layout.strip_width // 2] = CHROMA_NEUTRAL
        v[: layout.strip_height // 2, : layout.strip_width // 2] = CHROMA_NEUTRAL


def read_time_code(luma: np.ndarray, width: int, height: int) -> int | None:
    """The time code in a picture's luma plane (rows by columns), or None."""
    return time_code.read(lambda x, y: int(luma[y, x]), width, height)
