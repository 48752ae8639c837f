"""The test card: bars, a sweep, a bouncing block, a clock, the time code, and a flash at each whole second.

Drawn on I420 planes: the still part once a size, the moving parts a frame. Everything moves by the clock alone, so the
flash starts with the same sample as the beep of `tone`.
"""

from __future__ import annotations

from datetime import UTC, datetime

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from encoder.clock import US_PER_S
from encoder.picture import (
    CHROMA_NEUTRAL,
    LUMA_BLACK,
    LUMA_WHITE,
    Box,
    Fit,
    FrameShape,
    Picture,
    PictureFitter,
    PictureSize,
    Plane,
    new_frame,
    planes_of,
)
from encoder.sources.source import ColourMatrix
from encoder.time_code_burner import TimeCodeBurner
from gshop_studio.engine_protocol import Fault

FLASH_US = 100_000
_LABEL = "GSHOP Studio"
_CLOCK_GLYPHS = "0123456789:"
_SWEEP_US = 4 * US_PER_S
_BOUNCE_US = (3 * US_PER_S, 5 * US_PER_S)
_BARS = ((180, 128, 128), (168, 44, 136), (145, 147, 44), (133, 63, 52), (63, 193, 204), (51, 109, 212), (28, 212, 120))
"""White, yellow, cyan, green, magenta, red and blue at 75 %: Y, U, V of BT.601."""
_DARK = (40, 132, 124)


def _even(value: float) -> int:
    return int(value) // 2 * 2


def flash_box(size: PictureSize) -> Box:
    """Where the flash is: black, and white for 100 ms from each whole second on."""
    side = _even(min(size.width, size.height) * 0.2)
    return Box(_even(size.width * 0.06), _even(size.height * 0.7), side, side)


class TestCard:
    """The card as a source. Its pictures are made when they are asked for: there is no thread."""

    __test__ = False  # not a test of pytest's
    name = "test"
    fault: Fault | None = None
    colour_matrix = ColourMatrix.BT601

    def __init__(self, size: PictureSize) -> None:
        self._drawn: tuple[_Card, FrameShape] = (_Card(size), FrameShape(size))
        self._fitter = PictureFitter()

    def reshape(self, shape: FrameShape) -> None:
        card, _ = self._drawn
        self._drawn = (card if card.size == shape.size else _Card(shape.size), shape)

    def picture_at(self, due_us: int) -> Picture | None:
        card, shape = self._drawn
        frame = self._fitter.fit(card.draw(due_us), FrameShape(shape.size, Fit.COVER, shape.crop, shape.is_mirrored))
        return Picture(frame, due_us, shape=shape)

    def close(self) -> None:
        """Nothing to let go."""


class _Card:
    """The card in one size."""

    def __init__(self, size: PictureSize) -> None:
        self.size = size
        self._background = _background(size)
        self._glyphs = _glyphs(_text_size(size))
        self._burner = TimeCodeBurner(size)

    def draw(self, due_us: int) -> av.VideoFrame:
        size = self.size
        width, height = size.width, size.height
        frame = new_frame(size)
        planes = planes_of(frame)
        for plane, background in zip(planes, self._background, strict=True):
            plane[:] = background
        sweep_width = _even(size.width / 40) or 2
        left = _even((size.width - sweep_width) * (due_us % _SWEEP_US) / _SWEEP_US)
        Box(left, _even(size.height * 0.56), sweep_width, _even(size.height * 0.08)).fill(planes, (200, 90, 200))
        side = _even(min(width, height) / 9)
        x, y = (_triangle(due_us, period) for period in _BOUNCE_US)
        area = Box(*(_even(part) for part in (width * 0.7, height * 0.67, width * 0.28, height * 0.3)))
        block = Box(area.left + _even((area.width - side) * x), area.top + _even((area.height - side) * y), side, side)
        block.fill(planes, (210, 60, 150))
        is_flashing = due_us % US_PER_S < FLASH_US
        luma = LUMA_WHITE if is_flashing else LUMA_BLACK
        flash_box(size).fill(planes, (luma, CHROMA_NEUTRAL, CHROMA_NEUTRAL))
        self._draw_clock(planes[0], due_us)
        self._burner.burn(frame, due_us)
        return frame

    def _draw_clock(self, luma: Plane, due_us: int) -> None:
        text = datetime.fromtimestamp(due_us // US_PER_S, UTC).strftime("%H:%M:%S")
        left, top = _text_left(self.size), _even(self.size.height * 0.83)
        for character in text:
            glyph = self._glyphs[character]
            _paste(luma, glyph, left, top)
            left += glyph.shape[1]


def _triangle(at_us: int, period_us: int) -> float:
    """0 to 1 and back, once a period."""
    return abs(2 * (at_us % period_us) / period_us - 1)


def _background(size: PictureSize) -> tuple[Plane, Plane, Plane]:
    planes = (
        np.full((size.height, size.width), _DARK[0], np.uint8),
        np.full((size.height // 2, size.width // 2), _DARK[1], np.uint8),
        np.full((size.height // 2, size.width // 2), _DARK[2], np.uint8),
    )
    edges = [_even(size.width * index / len(_BARS)) for index in range(len(_BARS) + 1)]
    for left, right, colour in zip(edges, edges[1:], _BARS, strict=False):
        Box(left, 0, right - left, _even(size.height * 0.54)).fill(planes, colour)
    ramp = np.linspace(LUMA_BLACK, LUMA_WHITE, size.width).astype(np.uint8)
    planes[0][_even(size.height * 0.54) : _even(size.height * 0.56)] = ramp
    label = _text(_LABEL, _text_size(size))
    _paste(planes[0], label, _text_left(size), _even(size.height * 0.69))
    return planes


def _paste(plane: Plane, part: Plane, left: int, top: int) -> None:
    """Copy as much of `part` as lies inside."""
    target = plane[top : top + part.shape[0], left : left + part.shape[1]]
    target[:] = part[: target.shape[0], : target.shape[1]]


def _text_left(size: PictureSize) -> int:
    """Beside the flash, upright too."""
    box = flash_box(size)
    return max(_even(size.width * 0.26), box.left + box.width + _even(size.width * 0.03))


def _text_size(size: PictureSize) -> int:
    return max(10, min(size.height, size.width) // 12)


def _text(text: str, size_px: int) -> Plane:
    """White text on the card's dark ground, as luma."""
    font = ImageFont.load_default(size_px)
    left, _, right, _ = font.getbbox(text)
    image = Image.new("L", (int(right - left) + size_px // 4, size_px * 5 // 4), _DARK[0])
    ImageDraw.Draw(image).text((size_px // 8 - left, 0), text, LUMA_WHITE, font)
    return np.asarray(image, np.uint8)


def _glyphs(size_px: int) -> dict[str, Plane]:
    """The clock's characters, all equally wide, so that each covers the last one's."""
    glyphs = {character: _text(character, size_px) for character in _CLOCK_GLYPHS}
    width = max(glyph.shape[1] for glyph in glyphs.values())
    return {
        character: np.pad(glyph, ((0, 0), (0, width - glyph.shape[1])), constant_values=_DARK[0])
        for character, glyph in glyphs.items()
    }
