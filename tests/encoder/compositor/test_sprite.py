"""Sprites: the right colours, blended in integers, on their rectangle only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from encoder.compositor.blender import Blender
from encoder.compositor.sprite import sprite_from
from encoder.picture import Box, PictureSize, black_frame, planes_of
from encoder.sources.source import ColourMatrix
from tests.encoder.compositor.pictures import grey_frame

CANVAS = PictureSize(64, 36)


def drawn(image: Image.Image, left: int = 0, top: int = 0, opacity: float = 1.0, ground: int = 100) -> np.ndarray:
    sprite = sprite_from(image, left, top, CANVAS, ColourMatrix.BT601, opacity)
    frame = grey_frame(CANVAS, ground)
    if sprite:
        Blender().draw(sprite, planes_of(frame))
    return planes_of(frame)[0]


@pytest.mark.parametrize(
    ("colour", "matrix", "yuv"),
    [
        ("#FFFFFF", ColourMatrix.BT601, (235, 128, 128)),
        ("#000000", ColourMatrix.BT601, (16, 128, 128)),
        ("#FF0000", ColourMatrix.BT601, (81, 90, 240)),
        ("#00FF00", ColourMatrix.BT601, (145, 54, 34)),
        ("#0000FF", ColourMatrix.BT709, (32, 240, 118)),
        ("#FF0000", ColourMatrix.BT709, (63, 102, 240)),
    ],
)
def test_colours_are_those_of_the_standard(colour: str, matrix: ColourMatrix, yuv: tuple[int, int, int]) -> None:
    sprite = sprite_from(Image.new("RGBA", (64, 36), colour), 0, 0, CANVAS, matrix)
    assert sprite is not None and sprite.solid is not None
    frame = black_frame(CANVAS)
    Blender().draw(sprite, planes_of(frame))
    for plane, value in zip(planes_of(frame), yuv, strict=True):
        assert abs(int(plane[5, 5]) - value) <= 1 and plane.min() == plane.max()


def test_transparent_borders_are_cut_off() -> None:
    image = Image.new("RGBA", (60, 30))
    image.paste((255, 255, 255, 255), (21, 11, 31, 17))
    sprite = sprite_from(image, 2, 2, CANVAS, ColourMatrix.BT601)
    assert sprite is not None and sprite.box == Box(22, 12, 12, 8)
    luma = drawn(image, 2, 2)
    assert (luma[13:19, 23:33] == 235).all() and (luma == 100).sum() == 64 * 36 - 60


@pytest.mark.parametrize("opacity", [0.0, 0.25, 0.5, 1.0])
def test_opacity_is_folded_in(opacity: float) -> None:
    luma = drawn(Image.new("RGBA", (10, 10), "#FFFFFF"), opacity=opacity)
    assert abs(float(luma[4, 4]) - (100 + 135 * opacity)) <= 1


def test_nothing_visible_is_no_sprite() -> None:
    for image, left in ((Image.new("RGBA", (8, 8)), 0), (Image.new("RGBA", (8, 8), "#FFFFFF"), 64)):
        assert sprite_from(image, left, 0, CANVAS, ColourMatrix.BT601) is None


@given(st.integers(-40, 80), st.integers(-40, 50), st.integers(1, 50), st.integers(1, 50), st.integers(0, 255))
@settings(deadline=None)
def test_blending_is_exact_to_one_step_anywhere(left: int, top: int, width: int, height: int, alpha: int) -> None:
    luma = drawn(Image.new("RGBA", (width, height), (255, 255, 255, alpha)), left, top)
    expected = np.full((36, 64), 100.0)
    y, x = slice(max(0, top), max(0, top + height)), slice(max(0, left), max(0, left + width))
    expected[y, x] += (235 - 100) * alpha / 255
    assert np.abs(luma - expected).max() <= 1


@pytest.mark.parametrize("weight", [0, 1, 64, 128, 255, 256])
def test_a_fade_is_exact_at_its_ends_and_even_between(weight: int) -> None:
    size = PictureSize(640, 360)
    faded = Blender().faded(grey_frame(size, 16), grey_frame(size, 235), weight)
    luma, u, _ = planes_of(faded)
    assert luma.min() == luma.max() and abs(int(luma[0, 0]) - (16 + 219 * weight / 256)) <= 1
    assert (u == 128).all()
    assert weight not in (0, 256) or luma[0, 0] in (16, 235)
