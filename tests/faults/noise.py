"""Footage that no encoder can make small: it takes all of the bit rate that there is, and all of the work."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def noise(path: Path) -> Path:
    """Three seconds that no encoder can make small."""
    random = np.random.default_rng(7)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30, options={"qscale": "8"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for index in range(90):
            coarse = random.integers(0, 255, (45, 80), np.uint8)
            image = np.repeat(np.repeat(coarse, 4, axis=0), 4, axis=1)
            frame = av.VideoFrame.from_ndarray(image, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
