"""The countdown: its words and every digit at every place are drawn once; each second only digits are pasted.

Drawn wherever layers are prepared, shown by the video loop's thread alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from encoder.clock import US_PER_S
from encoder.compositor.drawing import blank, shadowed, write
from encoder.compositor.look import Typeface, Weight
from encoder.compositor.sprite import Sprite, WordPlanes, premultiplied
from encoder.compositor.typesetting import LINE_HEIGHT, TextBlock, set_text
from encoder.picture import Box
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.scene import Align, Layer

_LONGEST_S = 99 * 3600 + 59 * 60 + 59
_DIGITS = "0123456789"
_TITLE_SHARE = 0.3
"""Of the height, where there is a title over the digits."""


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
    colour = layer.colour or "#FFFFFF"
    margin = 6 * unit
    width = box.width - 2 * margin
    title_height = box.height * _TITLE_SHARE if layer.text else 0.0
    title_px = min(30 * unit, title_height / LINE_HEIGHT)
    title = set_text(face, layer.text, Weight.SEMI_BOLD, title_px, width, 1) if layer.text else None
    px = _digit_px(face, template, width, box.height - title_height - margin)
    font = face.font(Weight.BOLD, px)
    cell_width = round(max(font.getlength(digit) for digit in _DIGITS) / 2 + 0.5) * 2
    colon_width = round(font.getlength(":") * 1.3 / 2 + 0.5) * 2
    advances = [colon_width if character == ":" else cell_width for character in template]
    free = box.width - sum(advances)
    start = int({Align.LEFT: margin, Align.CENTER: free / 2, Align.RIGHT: free - margin}[layer.align]) // 2 * 2
    top = title_height + (box.height - title_height - px * LINE_HEIGHT) / 2
    places = [max(0, start + sum(advances[:index])) for index in range(len(template))]

    def drawn(digit: str) -> np.ndarray:
        image = blank(box.width, box.height)
        if title is not None:
            write(image, title, margin, (title_height - title.height_px) / 2 + margin, width, colour, layer.align)
        for place, advance, character in zip(places, advances, template, strict=True):
            block = TextBlock((":" if character == ":" else digit,), font, px)
            lift = px * 0.04 if character == ":" else 0.0
            write(image, block, place, top - lift, advance, colour, Align.CENTER)
        return np.array(shadowed(image, 5 * unit), np.uint8)

    pictures = [drawn(digit) for digit in _DIGITS]
    seen = Image.fromarray(np.maximum.reduce([picture[:, :, 3] for picture in pictures])).getbbox()
    left, upper, right, lower = seen or (0, 0, 2, 2)
    trimmed = Box(
        left // 2 * 2, upper // 2 * 2, (right + 1) // 2 * 2 - left // 2 * 2, (lower + 1) // 2 * 2 - upper // 2 * 2
    )
    planes = [
        premultiplied(
            picture[trimmed.top : trimmed.top + trimmed.height, trimmed.left : trimmed.left + trimmed.width],
            matrix,
            layer.opacity,
        )
        for picture in pictures
    ]
    cells: list[_Cell] = []
    for place, advance, character in zip(places, advances, template, strict=True):
        if character == ":":
            continue
        cell_left = min(max(0, place - trimmed.left), trimmed.width - 2)
        cell = Box(cell_left, 0, min(advance, trimmed.width - cell_left), trimmed.height)
        digits = tuple((_copied(cell.parts(weighted)), _copied(cell.parts(kept))) for weighted, kept in planes)
        cells.append(_Cell(cell, digits))
    weighted, kept = planes[0]
    at = Box(box.left + trimmed.left, box.top + trimmed.top, trimmed.width, trimmed.height)
    return _Dial(Sprite(at, weighted, kept), tuple(cells))


def _digit_px(face: Typeface, template: str, width: float, height: float) -> float:
    """The largest type in which the digits fit."""
    px = height / LINE_HEIGHT
    widest = sum(face.font(Weight.BOLD, 100).getlength("0" if c != ":" else ":") for c in template) * 1.1 / 100
    return max(8.0, min(px, width / widest))


def _copied(planes: WordPlanes) -> WordPlanes:
    y, u, v = (plane.copy() for plane in planes)
    return y, u, v
