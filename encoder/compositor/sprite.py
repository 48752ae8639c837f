"""Sprites: drawn things (text, cards, images) as premultiplied I420 with alpha, made once and blended each frame.

Made wherever things are drawn, blended on the video loop's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from encoder.picture import Box, PictureSize, Plane
from encoder.sources.source import ColourMatrix

Words: TypeAlias = NDArray[np.uint16]
Planes: TypeAlias = tuple[Plane, Plane, Plane]
WordPlanes: TypeAlias = tuple[Words, Words, Words]

ONE = 256
"""Alpha counts from 0 to this, so that a shift divides by it."""
_ROUNDING = ONE // 2
RED_AND_BLUE_WEIGHTS = {ColourMatrix.BT601: (0.299, 0.114), ColourMatrix.BT709: (0.2126, 0.0722)}


@dataclass(frozen=True, slots=True)
class Sprite:
    """One drawn thing at its place on the canvas."""

    box: Box
    weighted: WordPlanes
    """Colour times alpha, the rounding of the division included."""
    kept: WordPlanes
    """How much of what lies under it stays: `ONE` less alpha."""
    solid: Planes | None = None
    """The colours, where nothing shines through anywhere."""


def sprite_from(
    image: Image.Image, left: int, top: int, canvas: PictureSize, matrix: ColourMatrix, opacity: float = 1.0
) -> Sprite | None:
    """An RGBA image at that place as a sprite; None when nothing of it is seen.

    Transparent borders and what lies outside the canvas are cut off.
    """
    seen = image.getchannel("A").getbbox()
    if seen is None or opacity <= 0:
        return None
    start_x, end_x = max(0, left + seen[0]), min(canvas.width, left + seen[2])
    start_y, end_y = max(0, top + seen[1]), min(canvas.height, top + seen[3])
    if end_x <= start_x or end_y <= start_y:
        return None
    start_x, start_y = start_x // 2 * 2, start_y // 2 * 2
    box = Box(start_x, start_y, (end_x - start_x + 1) // 2 * 2, (end_y - start_y + 1) // 2 * 2)
    # What lies outside the image comes out transparent.
    even = image.crop((box.left - left, box.top - top, box.left - left + box.width, box.top - top + box.height))
    weighted, kept = premultiplied(np.asarray(even, np.uint8), matrix, opacity)
    solid = None
    if not kept[0].any():
        y, u, v = ((plane >> 8).astype(np.uint8) for plane in weighted)
        solid = (y, u, v)
    return Sprite(box, weighted, kept, solid)


def premultiplied(rgba: Plane, matrix: ColourMatrix, opacity: float = 1.0) -> tuple[WordPlanes, WordPlanes]:
    """RGBA (rows by columns by four, both even) as I420, limited range: colour times alpha, and what alpha leaves.

    The formulas are those of BT.601 and BT.709; the chroma of four pixels is their mean, weighted by their alpha.
    """
    alpha = np.rint(rgba[:, :, 3].astype(np.float32) * (opacity * ONE / 255))
    luma, u, v = luma_and_chroma(rgba[:, :, :3].astype(np.float32) / 255, matrix)
    chroma_alpha = np.rint(_mean_of_four(alpha))
    scale = chroma_alpha / np.maximum(_mean_of_four(alpha), 1e-6)
    weighted = (
        _words((16 + 219 * luma) * alpha + _ROUNDING),
        _words(_mean_of_four(u * alpha) * scale + _ROUNDING),
        _words(_mean_of_four(v * alpha) * scale + _ROUNDING),
    )
    chroma_kept = _words(ONE - chroma_alpha)
    return weighted, (_words(ONE - alpha), chroma_kept, chroma_kept)


def luma_and_chroma(
    colour: NDArray[np.floating], matrix: ColourMatrix
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
    """RGB (the last axis; 0 to 1) as luma (0 to 1), U and V (16 to 240)."""
    red_weight, blue_weight = RED_AND_BLUE_WEIGHTS[matrix]
    red, green, blue = colour[..., 0], colour[..., 1], colour[..., 2]
    luma = red * red_weight + green * (1 - red_weight - blue_weight) + blue * blue_weight
    u = 128 + 112 * (blue - luma) / (1 - blue_weight)
    v = 128 + 112 * (red - luma) / (1 - red_weight)
    return luma, u, v


def _mean_of_four(plane: NDArray[np.floating]) -> NDArray[np.floating]:
    mean: NDArray[np.floating] = (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4
    return mean


def _words(plane: NDArray[np.floating]) -> Words:
    words: Words = np.rint(plane).astype(np.uint16)
    return words


def rgb_of(colour: str) -> tuple[int, int, int]:
    """`#RRGGBB` as numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
