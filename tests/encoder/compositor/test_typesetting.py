"""Text fits its place whatever it is, and prices are never cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encoder.compositor.image_files import ImageFiles
from encoder.compositor.look import Typeface, Weight
from encoder.compositor.prepared import Preparer
from encoder.compositor.typesetting import set_text, set_whole
from encoder.picture import PictureSize
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.scene import Layer, LayerKind, Rectangle

FACE = Typeface()
LONG = "Supercalifragilisticexpialidocious" * 3


def test_words_wrap() -> None:
    block = set_text(FACE, "one two three four five six", Weight.REGULAR, 20, 100, 9)
    assert len(block.lines) > 1 and " ".join(block.lines) == "one two three four five six"


def test_lines_of_their_own_stay() -> None:
    assert set_text(FACE, "one\ntwo", Weight.REGULAR, 20, 900, 9).lines == ("one", "two")


@given(st.text(max_size=200), st.floats(30, 400), st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_no_text_is_wider_or_longer_than_its_place(text: str, width: float, lines: int) -> None:
    block = set_text(FACE, text, Weight.SEMI_BOLD, 24, width, lines)
    assert len(block.lines) <= lines
    assert all(block.font.getlength(line) <= width or len(line) <= 2 for line in block.lines)


def test_a_long_word_is_broken_and_what_does_not_fit_is_marked() -> None:
    block = set_text(FACE, LONG, Weight.REGULAR, 20, 120, 2)
    assert len(block.lines) == 2 and block.lines[1].endswith("…")


@pytest.mark.parametrize("price", ["$ 9", "US$ 1,234,567.00", "COP 1.234.567.890.123,00"])
def test_a_price_is_never_cut(price: str) -> None:
    block = set_whole(FACE, price, Weight.BOLD, 40, 150)
    assert block.lines == (price,) and block.width_px <= 150


def test_what_has_no_glyph_is_left_out() -> None:
    assert FACE.drawable("Oferta ñ ã € – 100 %") == "Oferta ñ ã € – 100 %"
    assert FACE.drawable("Sale \U0010fffd") == "Sale"


KINDS = [LayerKind.CARD, LayerKind.PRICE_TAG, LayerKind.LOWER_THIRD, LayerKind.TEXT, LayerKind.COUNTDOWN]


@pytest.mark.parametrize("kind", KINDS)
@given(st.floats(0.01, 1), st.floats(0.01, 1), st.text(max_size=60), st.floats(0.01, 1))
@settings(deadline=None, max_examples=15)
def test_any_words_are_drawn_in_any_place(
    kind: LayerKind, width: float, height: float, text: str, text_height: float
) -> None:
    layer = Layer(
        kind,
        Rectangle(0, 0, width, height),
        text=text,
        detail=text,
        price=text,
        old_price=text,
        text_height=text_height,
        ends_at_ms=1,
    )
    Preparer(ImageFiles()).layer(layer, PictureSize(320, 180), ColourMatrix.BT601, {})


def test_a_card_without_anything_is_still_a_card() -> None:
    sprite = Preparer(ImageFiles()).layer(Layer(LayerKind.CARD), PictureSize(320, 180), ColourMatrix.BT601, {})
    assert sprite is not None and not isinstance(sprite, np.ndarray)
