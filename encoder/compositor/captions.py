"""Draws words: free text, the lower third, and the calm ground that words of their own stand on."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageColor

from encoder.compositor.drawing import blank, panel, shadowed, write
from encoder.compositor.look import ACCENT, LINE, SURFACE_0, SURFACE_1, SURFACE_2, TEXT_1, TEXT_2, Typeface, Weight
from encoder.compositor.typesetting import LINE_HEIGHT, set_text
from gshop_studio.domain.scene import Align, Layer

_PANEL_OPACITY = 0.92


def draw_text(face: Typeface, layer: Layer, width: int, height: int, shorter_side: int, unit: float) -> Image.Image:
    """Free text with a soft shadow, in the middle of its place's height."""
    image = blank(width, height)
    margin = 6 * unit
    size = min(layer.text_height * shorter_side, (height - 2 * margin) / LINE_HEIGHT)
    lines = max(1, int((height - margin) / (size * LINE_HEIGHT * 0.7)))
    block = set_text(face, layer.text, Weight.SEMI_BOLD, size, width - 2 * margin, lines, smallest=0.6)
    while block.height_px > height - margin and size > 8:
        size *= 0.9
        lines = max(1, int((height - margin) / (size * LINE_HEIGHT)))
        block = set_text(face, layer.text, Weight.SEMI_BOLD, size, width - 2 * margin, lines, smallest=0.8)
    top = (height - block.height_px) / 2
    write(image, block, margin, top, width - 2 * margin, layer.colour or "#FFFFFF", layer.align)
    return shadowed(image, 5 * unit)


def draw_lower_third(face: Typeface, layer: Layer, width: int, height: int, unit: float) -> Image.Image:
    """A name over what it stands for: as wide as the words, at the bottom of its place."""
    unit = min(unit, height / 96)
    pad, bar = 16 * unit, 6 * unit
    room = width - 2.5 * pad - bar
    name = set_text(face, layer.text, Weight.SEMI_BOLD, 34 * unit, room, 1)
    detail = set_text(face, layer.detail, Weight.REGULAR, 22 * unit, room, 1)
    inner, words = max(name.width_px, detail.width_px), name.height_px + detail.height_px
    band_width, band_height = min(width, inner + 2.5 * pad + bar), min(height, words + 1.25 * pad)
    band = panel(band_width, band_height, 12 * unit, SURFACE_1, _PANEL_OPACITY, LINE)
    band.alpha_composite(panel(bar, band_height - 1.5 * pad, bar / 2, ACCENT, 1.0), (round(pad), round(pad * 0.75)))
    left, top = pad * 1.5 + bar, (band_height - words) / 2
    write(band, name, left, top, inner, TEXT_1)
    write(band, detail, left, top + name.height_px, inner, TEXT_2)
    image = blank(width, height)
    spare = width - band.width
    x = {Align.LEFT: 0, Align.CENTER: spare // 2, Align.RIGHT: spare}[layer.align]
    image.alpha_composite(band, (x, height - band.height))
    return image


def draw_ground(colour: str, width: int, height: int) -> Image.Image:
    """One plain colour, or a calm dark ground: darker to its edges, with a breath of the accent."""
    if colour:
        return Image.new("RGBA", (width, height), ImageColor.getrgb(colour))
    y, x = np.ogrid[0:height, 0:width]
    dark, light, accent = (np.array(ImageColor.getrgb(name), np.float32) for name in (SURFACE_0, SURFACE_2, ACCENT))
    # Distances in shares of the longer side, so that the glow is round on any canvas.
    longer = max(width, height)
    glow = np.exp(-(((x - width * 0.5) / longer) ** 2 + ((y - height * 0.42) / longer) ** 2) / 0.09)[..., None]
    warm = np.exp(-(((x - width * 0.84) / longer) ** 2 + ((y - height * 0.96) / longer) ** 2) / 0.05)[..., None]
    colours = dark + (light - dark) * glow * 0.9 + (accent - dark) * warm * 0.11
    # Noise of half a step keeps the gradient from showing as bands.
    noise = np.random.default_rng(1).uniform(-0.7, 0.7, (height, width, 1))
    return Image.fromarray(np.clip(np.rint(colours + noise), 0, 255).astype(np.uint8), "RGB").convert("RGBA")
