"""The sample shop's product pictures: drawn here, from gradients and simple shapes."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

_SIDE_PX = 800
_SCALE = 2
"""Drawn larger and scaled down, for smooth edges."""
_BIG = _SIDE_PX * _SCALE

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]


class _Canvas:
    """Shapes in a unit square, with soft shadows on a gradient ground."""

    def __init__(self, top: Colour, bottom: Colour) -> None:
        shade = Image.linear_gradient("L").resize((_BIG, _BIG))
        self.image = Image.composite(Image.new("RGB", (_BIG, _BIG), bottom), Image.new("RGB", (_BIG, _BIG), top), shade)
        self.glow((0.15, 0.05, 0.85, 0.75), (255, 255, 255), 70)

    def glow(self, box: Box, colour: Colour, strength: int) -> None:
        mask = Image.new("L", (_BIG // 8, _BIG // 8), 0)
        ImageDraw.Draw(mask).ellipse([value * _BIG / 8 for value in box], fill=strength)
        mask = mask.filter(ImageFilter.GaussianBlur(_BIG / 100)).resize((_BIG, _BIG), Image.Resampling.BICUBIC)
        self.image.paste(Image.new("RGB", (_BIG, _BIG), colour), mask=mask)

    def shadow(self, box: Box) -> None:
        mask = Image.new("L", (_BIG // 4, _BIG // 4), 0)
        ImageDraw.Draw(mask).ellipse([value * _BIG / 4 for value in box], fill=110)
        mask = mask.filter(ImageFilter.GaussianBlur(_BIG / 130)).resize((_BIG, _BIG), Image.Resampling.BICUBIC)
        self.image.paste(Image.new("RGB", (_BIG, _BIG), (30, 20, 30)), mask=mask)

    def ellipse(self, box: Box, fill: Colour | None, outline: Colour | None = None, width: float = 0) -> None:
        ImageDraw.Draw(self.image).ellipse(_px(box), fill=fill, outline=outline, width=int(width * _BIG))

    def rounded(self, box: Box, radius: float, fill: Colour) -> None:
        ImageDraw.Draw(self.image).rounded_rectangle(_px(box), radius=radius * _BIG, fill=fill)

    def polygon(self, points: list[tuple[float, float]], fill: Colour) -> None:
        ImageDraw.Draw(self.image).polygon([(x * _BIG, y * _BIG) for x, y in points], fill=fill)

    def line(self, points: list[tuple[float, float]], fill: Colour, width: float) -> None:
        scaled = [(x * _BIG, y * _BIG) for x, y in points]
        ImageDraw.Draw(self.image).line(scaled, fill=fill, width=int(width * _BIG), joint="curve")

    def arc(self, box: Box, start: float, end: float, fill: Colour, width: float) -> None:
        ImageDraw.Draw(self.image).arc(_px(box), start, end, fill=fill, width=int(width * _BIG))


def _px(box: Box) -> list[float]:
    return [value * _BIG for value in box]


def _mug() -> _Canvas:
    canvas = _Canvas((214, 232, 234), (120, 166, 176))
    canvas.shadow((0.22, 0.76, 0.82, 0.88))
    canvas.arc((0.58, 0.40, 0.82, 0.70), -100, 110, (34, 96, 108), 0.045)
    canvas.rounded((0.26, 0.32, 0.66, 0.82), 0.07, (44, 122, 136))
    canvas.rounded((0.26, 0.60, 0.66, 0.82), 0.07, (222, 208, 186))
    canvas.ellipse((0.26, 0.54, 0.66, 0.66), (44, 122, 136))
    canvas.ellipse((0.26, 0.27, 0.66, 0.38), (64, 146, 160))
    canvas.ellipse((0.29, 0.29, 0.63, 0.365), (62, 38, 26))
    return canvas


def _lamp() -> _Canvas:
    canvas = _Canvas((64, 52, 92), (28, 24, 48))
    canvas.glow((0.08, 0.0, 0.92, 0.86), (255, 196, 110), 150)
    canvas.shadow((0.30, 0.83, 0.70, 0.90))
    canvas.rounded((0.475, 0.60, 0.525, 0.84), 0.01, (92, 62, 40))
    canvas.rounded((0.34, 0.82, 0.66, 0.87), 0.025, (110, 76, 50))
    canvas.ellipse((0.26, 0.16, 0.74, 0.64), (255, 232, 184))
    for step in range(1, 6):
        inset = 0.48 * step / 12
        canvas.ellipse((0.26 + inset, 0.16, 0.74 - inset, 0.64), None, (244, 204, 142), 0.004)
    return canvas


def _scarf() -> _Canvas:
    canvas = _Canvas((250, 236, 214), (226, 190, 150))
    canvas.shadow((0.20, 0.80, 0.80, 0.90))
    canvas.polygon([(0.52, 0.36), (0.72, 0.40), (0.66, 0.86), (0.46, 0.84)], (206, 130, 22))
    canvas.polygon([(0.30, 0.38), (0.50, 0.36), (0.56, 0.84), (0.34, 0.86)], (232, 158, 36))
    canvas.ellipse((0.24, 0.16, 0.76, 0.50), (240, 172, 54))
    canvas.ellipse((0.35, 0.21, 0.65, 0.38), (198, 120, 18))
    for step in range(8):
        x = 0.355 + step * 0.027
        canvas.line([(x, 0.85), (x - 0.004, 0.91)], (222, 148, 30), 0.007)
    for step in range(3):
        y = 0.66 + step * 0.05
        canvas.line([(0.332 + step * 0.002, y), (0.535 + step * 0.006, y - 0.008)], (252, 220, 150), 0.012)
    return canvas


def _bag() -> _Canvas:
    canvas = _Canvas((222, 226, 214), (150, 162, 140))
    canvas.shadow((0.12, 0.78, 0.88, 0.89))
    canvas.arc((0.34, 0.16, 0.66, 0.62), 180, 360, (110, 66, 36), 0.026)
    canvas.rounded((0.14, 0.38, 0.86, 0.84), 0.09, (86, 98, 74))
    canvas.rounded((0.14, 0.68, 0.86, 0.84), 0.07, (120, 74, 42))
    for x in (0.31, 0.64):
        canvas.rounded((x, 0.38, x + 0.05, 0.84), 0.008, (138, 86, 50))
        canvas.ellipse((x + 0.008, 0.44, x + 0.042, 0.474), (214, 180, 96))
    canvas.line([(0.20, 0.405), (0.80, 0.405)], (60, 70, 52), 0.010)
    return canvas


def _headphones() -> _Canvas:
    canvas = _Canvas((236, 226, 218), (196, 168, 152))
    canvas.shadow((0.18, 0.80, 0.82, 0.89))
    canvas.arc((0.20, 0.14, 0.80, 0.90), 180, 360, (40, 40, 46), 0.045)
    for x, inner in ((0.15, 0.27), (0.67, 0.63)):
        canvas.rounded((x, 0.46, x + 0.18, 0.80), 0.085, (158, 92, 52))
        canvas.rounded((inner, 0.48, inner + 0.10, 0.78), 0.045, (46, 44, 50))
    for step in range(4):
        canvas.arc((0.165 + step * 0.02, 0.50, 0.29, 0.76), 120, 240, (190, 124, 80), 0.005)
        canvas.arc((0.71, 0.50, 0.835 - step * 0.02, 0.76), -60, 60, (190, 124, 80), 0.005)
    return canvas


def _plant() -> _Canvas:
    canvas = _Canvas((232, 240, 220), (170, 196, 156))
    canvas.shadow((0.28, 0.82, 0.74, 0.91))
    canvas.line([(0.5, 0.66), (0.49, 0.46), (0.52, 0.30)], (104, 82, 58), 0.024)
    leaves = [
        (0.34, 0.20),
        (0.44, 0.12),
        (0.56, 0.14),
        (0.65, 0.24),
        (0.36, 0.32),
        (0.50, 0.26),
        (0.62, 0.36),
        (0.42, 0.42),
    ]
    for index, (x, y) in enumerate(leaves):
        green = (96 + index % 3 * 22, 128 + index % 4 * 12, 84 + index % 2 * 20)
        canvas.ellipse((x - 0.10, y - 0.075, x + 0.10, y + 0.075), green)
    for x, y in ((0.40, 0.27), (0.58, 0.22), (0.52, 0.38), (0.63, 0.31)):
        canvas.ellipse((x, y, x + 0.026, y + 0.034), (62, 52, 70))
    canvas.polygon([(0.34, 0.66), (0.66, 0.66), (0.61, 0.87), (0.39, 0.87)], (196, 104, 66))
    canvas.rounded((0.32, 0.61, 0.68, 0.69), 0.012, (214, 122, 80))
    return canvas


def _candle() -> _Canvas:
    canvas = _Canvas((92, 58, 66), (44, 26, 36))
    canvas.glow((0.22, 0.02, 0.78, 0.62), (255, 186, 104), 170)
    canvas.shadow((0.24, 0.80, 0.76, 0.90))
    canvas.rounded((0.30, 0.44, 0.70, 0.85), 0.035, (176, 112, 62))
    canvas.rounded((0.30, 0.52, 0.70, 0.85), 0.035, (206, 142, 84))
    canvas.ellipse((0.30, 0.40, 0.70, 0.50), (246, 222, 186))
    canvas.rounded((0.36, 0.60, 0.64, 0.76), 0.012, (250, 240, 224))
    canvas.line([(0.42, 0.66), (0.58, 0.66)], (92, 58, 66), 0.008)
    canvas.line([(0.45, 0.70), (0.55, 0.70)], (92, 58, 66), 0.005)
    canvas.line([(0.5, 0.45), (0.5, 0.39)], (50, 36, 30), 0.009)
    canvas.polygon([(0.5, 0.24), (0.54, 0.34), (0.5, 0.41), (0.46, 0.34)], (255, 176, 60))
    canvas.ellipse((0.48, 0.32, 0.52, 0.40), (255, 242, 196))
    return canvas


def _watch() -> _Canvas:
    canvas = _Canvas((216, 222, 232), (134, 148, 170))
    canvas.shadow((0.26, 0.86, 0.74, 0.94))
    canvas.rounded((0.40, 0.04, 0.60, 0.96), 0.02, (96, 64, 44))
    canvas.rounded((0.415, 0.04, 0.585, 0.96), 0.015, (118, 80, 54))
    canvas.rounded((0.72, 0.47, 0.78, 0.53), 0.010, (176, 182, 192))
    canvas.ellipse((0.24, 0.24, 0.76, 0.76), (196, 202, 212))
    canvas.ellipse((0.28, 0.28, 0.72, 0.72), (28, 34, 44))
    for x, y in ((0.5, 0.32), (0.5, 0.68), (0.32, 0.5), (0.68, 0.5)):
        canvas.ellipse((x - 0.014, y - 0.014, x + 0.014, y + 0.014), (228, 236, 206))
    canvas.line([(0.5, 0.5), (0.42, 0.42)], (228, 236, 206), 0.018)
    canvas.line([(0.5, 0.5), (0.61, 0.40)], (228, 236, 206), 0.012)
    canvas.line([(0.5, 0.54), (0.5, 0.35)], (232, 108, 62), 0.005)
    canvas.ellipse((0.485, 0.485, 0.515, 0.515), (232, 108, 62))
    return canvas


PICTURES: dict[str, Callable[[], _Canvas]] = {
    "mug": _mug,
    "lamp": _lamp,
    "scarf": _scarf,
    "bag": _bag,
    "headphones": _headphones,
    "plant": _plant,
    "candle": _candle,
    "watch": _watch,
}


def draw(name: str) -> bytes:
    """The picture of this name, as PNG."""
    image = PICTURES[name]().image.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()
