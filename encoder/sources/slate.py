"""The slate: a dark picture that says there is no signal. It takes the place of a picture source that is gone."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from encoder.picture import Box, FrameShape, Picture, PictureSize, new_frame, planes_of
from encoder.sources.source import ColourMatrix
from gshop_studio.engine_protocol import Fault

_GROUND = (30, 130, 126)
_MARK = (122, 130, 126)
_OVERSAMPLING = 4


class Slate:
    """A still picture, without words, since viewers speak several languages: a camera, struck through."""

    name = "slate"
    fault: Fault | None = None
    colour_matrix = ColourMatrix.BT601

    def __init__(self, size: PictureSize) -> None:
        self.reshape(FrameShape(size))

    def reshape(self, shape: FrameShape) -> None:
        size = shape.size
        self.frame = new_frame(size)
        planes = planes_of(self.frame)
        Box.whole(size).fill(planes, _GROUND)
        side = max(2, min(size.width, size.height) // 5 // 2 * 2)
        mark = _mark(side)
        left, top = (size.width - side) // 4 * 2, (size.height - side) // 4 * 2
        ground, ink = (Image.new("L", mark.size, colours[0]) for colours in (_GROUND, _MARK))
        ground.paste(ink, mask=mark)
        part = Box(left, top, side, side).parts(planes)[0]
        part[:] = np.asarray(ground, np.uint8)

    def picture_at(self, due_us: int) -> Picture | None:
        return Picture(self.frame, due_us, is_shared=True)

    def close(self) -> None:
        """Nothing to let go."""


def _mark(side: int) -> Image.Image:
    """The camera as a mask, drawn large and scaled down for smooth edges."""
    unit = side * _OVERSAMPLING / 100
    image = Image.new("L", (side * _OVERSAMPLING,) * 2)
    draw = ImageDraw.Draw(image)

    def place(*shares: float) -> list[float]:
        return [share * unit for share in shares]

    draw.rounded_rectangle(place(8, 28, 66, 72), 9 * unit, 255)
    draw.polygon(place(71, 46, 92, 33, 92, 67, 71, 54), 255)
    draw.line(place(16, 6, 84, 94), 0, round(15 * unit))
    draw.line(place(16, 6, 84, 94), 255, round(6 * unit))
    return image.resize((side, side), Image.Resampling.BOX)
