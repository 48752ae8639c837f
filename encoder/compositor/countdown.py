"""The countdown: its words and every digit at every place are drawn once; each second only digits are pasted.

Drawn wherever layers are prepared, shown by the video loop's thread alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from encoder.clock import US_PER_S
from encoder.compositor.drawing import blank, shadowed, write
from encoder.compositor.look import Font, Typeface, Weight
from encoder.compositor.sprite import Sprite, WordPlanes, premultiplied
from encoder.compositor.typesetting import LINE_HEIGHT, set_text
from encoder.picture import Box
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.scene import Align, Layer

_LONGEST_S = 99 * 3600 + 59 * 60 + 59
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class _Cell:
    """A place for a digit, and each digit drawn for it: weighted colours and what they keep."""

    box: Box
    digits: tuple[tuple[WordPlanes, WordPlanes], ...]


class _Dial:
    """The countdown with or without hours."""

    def __init__(self, sprite: Sprite, cells: tuple[_Cell, ...]) -> None:
        self.sprite = sprite
        self._cells = cells
        self._shown = "?" * len(cells)

    def set(self, digits: str) -> Sprite:
        for index, cell in enumerate(self._cells):
            if digits[index] == self._shown[index]:
                continue
            for planes, drawn in zip(
                (self.sprite.weighted, self.sprite.kept), cell.digits[int(digits[index])], strict=True
            ):
                for target, source in zip(cell.box.parts(planes), drawn, strict=True):
                    target[:] = source
        self._shown = digits
        return self.sprite


class Countdown:
    """Counts down to a moment and stays at nought."""

    def __init__(self, ends_at_ms: int, minutes: _Dial, hours: _Dial) -> None:
        self._ends_at_us = ends_at_ms * 1000
        self._minutes, self._hours = minutes, hours

    def seconds_left(self, at_us: int) -> int:
        """Whole seconds, begun ones included: what changes when the sprite does."""
        return min(_LONGEST_S, max(0, -((at_us - self._ends_at_us) // US_PER_S)))

    def sprite_at(self, at_us: int) -> Sprite:
        """The countdown as it stands then. The same arrays each time: to be drawn at once."""
        left_s = self.seconds_left(at_us)
        minutes, seconds = divmod(left_s, 60)
        if minutes < 60:
            return self._minutes.set(f"{minutes:02}{seconds:02}")
        return self._hours.set(f"{minutes // 60:02}{minutes % 60:02}{seconds:02}")


def draw_countdown(face: Typeface, layer: Layer, box: Box, unit: float, matrix: ColourMatrix) -> Countdown:
    """Draw all of it. The box lies within the canvas."""
    dials = [_draw_dial(face, layer, box, unit, matrix, template) for template in ("00:00", "00:00:00")]
    return Countdown(layer.ends_at_ms, *dials)


def _draw_dial(face: Typeface, layer: Layer, box: Box, unit: float, matrix: ColourMatrix, template: str) -> _Dial:
    margin = round(6 * unit / 2 + 0.5) * 2
    width = box.width - 2 * margin
    title = set_text(face, layer.text, Weight.SEMI_BOLD, min(30 * unit, box.height * 0.24), width, 1)
    title_height = round(title.height_px * 1.15 / 2) * 2
    px = _digit_px(face, template, width, box.height - title_height - margin)
    row_height = min(box.height - title_height, round(px * LINE_HEIGHT / 2 + 0.5) * 2 + margin) // 2 * 2
    top = (box.height - title_height - row_height) // 4 * 2
    row = _Row(face.font(Weight.BOLD, px), template, box.width, row_height, margin, layer)
    image = blank(box.width, box.height)
    write(image, title, margin, top, width, row.colour, layer.align)
    image = shadowed(image, 5 * unit)
    pictures = [row.draw(digit, unit) for digit in _DIGITS]
    image.alpha_composite(pictures[0], (0, top + title_height))
    weighted, kept = premultiplied(np.asarray(image, np.uint8), matrix, layer.opacity)
    cells = tuple(
        _Cell(
            Box(place.left, top + title_height, place.width, place.height),
            tuple(_drawn(picture, place, matrix, layer.opacity) for picture in pictures),
        )
        for place in row.places
    )
    return _Dial(Sprite(box, weighted, kept), cells)


class _Row:
    """The digits' row: where each one stands, all equally wide."""

    def __init__(self, font: Font, template: str, width: int, height: int, margin: int, layer: Layer) -> None:
        self.colour = layer.colour or "#FFFFFF"
        self._font, self._template, self._size = font, template, (width, height)
        digit_width = round(max(font.getlength(digit) for digit in _DIGITS) / 2) * 2
        colon_width = round(font.getlength(":") * 1.2 / 2) * 2
        self._advances = [colon_width if character == ":" else digit_width for character in template]
        free = width - sum(self._advances)
        start = int({Align.LEFT: margin, Align.CENTER: free / 2, Align.RIGHT: free - margin}[layer.align])
        start = max(0, start // 2 * 2)
        self._lefts = [start + sum(self._advances[:index]) for index in range(len(template))]

    @property
    def places(self) -> list[Box]:
        """The digits' places in the row."""
        return [
            Box(left, 0, max(2, min(advance, self._size[0] - left)), self._size[1])
            for left, advance, character in zip(self._lefts, self._advances, self._template, strict=True)
            if character != ":" and left < self._size[0]
        ]

    def draw(self, digit: str, unit: float) -> Image.Image:
        """The row with that digit at each place."""
        mask = Image.new("L", self._size)
        draw = ImageDraw.Draw(mask)
        _, top, _, bottom = self._font.getbbox("0")
        middle = (self._size[1] - (top + bottom)) / 2
        lift = (bottom - top) * 0.06
        for left, advance, character in zip(self._lefts, self._advances, self._template, strict=True):
            glyph = ":" if character == ":" else digit
            x = left + (advance - self._font.getlength(glyph)) / 2
            draw.text((x, middle - lift if glyph == ":" else middle), glyph, 255, self._font)
        image = Image.new("RGBA", self._size, (*ImageColor.getrgb(self.colour), 0))
        image.putalpha(mask)
        return shadowed(image, 5 * unit)


def _drawn(picture: Image.Image, place: Box, matrix: ColourMatrix, opacity: float) -> tuple[WordPlanes, WordPlanes]:
    part = picture.crop((place.left, place.top, place.left + place.width, place.top + place.height))
    return premultiplied(np.asarray(part, np.uint8), matrix, opacity)


def _digit_px(face: Typeface, template: str, width: float, height: float) -> float:
    """The largest type in which the digits fit."""
    widest = sum(face.font(Weight.BOLD, 100).getlength("0" if c != ":" else ":") for c in template) * 1.1 / 100
    return max(8.0, min(height / LINE_HEIGHT, width / widest))
