"""The slate: a dark picture that says there is no signal. It takes the place of a picture source that is gone."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from encoder.picture import FrameShape, Picture, PictureSize, black_frame, planes_of
from encoder.sources.source import ColourMatrix
from gshop_studio.engine_protocol import Fault

_TEXT = "···"
_TEXT_LUMA = 160
_GROUND_LUMA = 32


class Slate:
    """A still picture, without words, since viewers speak several languages."""

    name = "slate"
    fault: Fault | None = None
    colour_matrix = ColourMatrix.BT601

    def __init__(self, size: PictureSize) -> None:
        self.reshape(FrameShape(size))

    def reshape(self, shape: FrameShape) -> None:
        size = shape.size
        self._frame = black_frame(size)
        image = Image.new("L", (size.width, size.height), _GROUND_LUMA)
        font = ImageFont.load_default(size.height // 5)
        ImageDraw.Draw(image).text((size.width / 2, size.height / 2), _TEXT, _TEXT_LUMA, font, anchor="mm")
        planes_of(self._frame)[0][:] = np.asarray(image, np.uint8)

    def picture_at(self, due_us: int) -> Picture | None:
        return Picture(self._frame, due_us, is_shared=True)

    def close(self) -> None:
        """Nothing to let go."""
