"""Draws what sells: the product card and the price tag. Sizes are in the look's units, scaled to the canvas."""

from __future__ import annotations

from PIL import Image

from encoder.compositor.drawing import blank, panel, pasted_round, struck_through, write
from encoder.compositor.image_files import covering
from encoder.compositor.look import (
    ACCENT,
    ACCENT_UNDER_TEXT,
    LINE,
    SURFACE_1,
    TEXT_1,
    TEXT_2,
    Typeface,
    Weight,
)
from encoder.compositor.typesetting import TextBlock, set_text, set_whole
from gshop_studio.domain.scene import Align, Layer

_PANEL_OPACITY = 0.96
_GAP = 12
_PAD = 16
_RADIUS = 16
_WIDE = 1.5
"""From this aspect on a card's picture stands beside its words, not above them."""


def draw_card(
    face: Typeface, layer: Layer, picture: Image.Image | None, width: int, height: int, unit: float
) -> Image.Image:
    """The product card: picture, title, price, old price, call to action."""
    image = panel(width, height, _RADIUS * unit, SURFACE_1, _PANEL_OPACITY, LINE)
    # A small card keeps its proportions: nothing in it is larger than its size bears.
    unit = min(unit, height / 168 if width >= _WIDE * height else width / 280)
    pad, gap = _PAD * unit, _GAP * unit
    left, top, right, bottom = pad, pad, width - pad, height - pad
    if picture is not None:
        if width >= _WIDE * height:
            side = round(bottom - top)
            pasted_round(image, covering(picture, side, side), left, top, 10 * unit)
            left += side + pad
        else:
            picture_height = round((bottom - top) * 0.54)
            pasted_round(image, covering(picture, round(right - left), picture_height), left, top, 10 * unit)
            top += picture_height + gap
    _draw_words(face, image, layer, (left, top, right, bottom), unit)
    return image


def _draw_words(
    face: Typeface, image: Image.Image, layer: Layer, space: tuple[float, float, float, float], unit: float
) -> None:
    left, top, right, bottom = space
    width = right - left
    action = set_whole(face, layer.detail, Weight.SEMI_BOLD, 20 * unit, width - 36 * unit)
    action_width = action.width_px + 36 * unit if action.lines else 0.0
    action_height = 44 * unit if action.lines else 0.0
    price = set_whole(face, layer.price, Weight.BOLD, 38 * unit, width)
    old_price = set_whole(face, layer.old_price, Weight.REGULAR, 20 * unit, width)
    prices_width = max(price.width_px, old_price.width_px)
    is_one_row = not action.lines or prices_width + action_width + _GAP * unit <= width
    if action.lines:
        pill_top, pill_left = bottom - action_height, right - action_width if is_one_row else left
        pill_width = action_width if is_one_row else width
        pill = panel(pill_width, action_height, action_height / 2, ACCENT_UNDER_TEXT, 1.0)
        image.alpha_composite(pill, (round(pill_left), round(pill_top)))
        middle = pill_top + (action_height - action.line_px) / 2
        write(image, action, pill_left, middle, pill_width, "#FFFFFF", Align.CENTER)
        if not is_one_row:
            bottom = pill_top - _GAP * unit
    price_top = bottom - price.px * 1.1
    write(image, price, left, price_top - (price.line_px - price.px * 1.1) / 2, width, TEXT_1)
    if old_price.lines:
        if is_one_row or price.width_px + old_price.width_px + _GAP * unit > width:
            price_top -= old_price.line_px
            struck_through(image, old_price, left, price_top, TEXT_2)
        else:
            struck_through(image, old_price, left + price.width_px + _GAP * unit, bottom - old_price.line_px, TEXT_2)
    room = price_top - top - 4 * unit
    title = _title(face, layer.text, width, room, unit)
    write(image, title, left, top - 2 * unit, width, TEXT_1)


def _title(face: Typeface, text: str, width: float, room: float, unit: float) -> TextBlock:
    size = 26 * unit
    lines = max(1, min(3, int((room + 6 * unit) / (size * 1.25))))
    return set_text(face, text, Weight.SEMI_BOLD, size, width, lines, smallest=0.8)


def draw_price_tag(face: Typeface, layer: Layer, width: int, height: int, unit: float) -> Image.Image:
    """The price tag: as wide as its price needs, at its place's left, right or middle."""
    unit = min(unit, height / 92)
    pad = _PAD * unit
    bar = 6 * unit
    room = width - 2.5 * pad - bar
    price = set_whole(face, layer.price, Weight.BOLD, 46 * unit, room)
    old_price = set_whole(face, layer.old_price, Weight.REGULAR, 22 * unit, room)
    caption = set_text(face, layer.text, Weight.SEMI_BOLD, 20 * unit, room, 1)
    is_beside = price.width_px + old_price.width_px + _GAP * unit <= room
    first_row = price.width_px + (old_price.width_px + _GAP * unit if old_price.lines and is_beside else 0)
    inner = max(first_row, caption.width_px, 0 if is_beside else old_price.width_px)
    rows = [caption.height_px, price.height_px * 0.95, 0 if is_beside else old_price.height_px]
    tag_width, tag_height = min(width, inner + 2.5 * pad + bar), min(height, sum(rows) + 1.5 * pad)
    tag = panel(tag_width, tag_height, 12 * unit, SURFACE_1, _PANEL_OPACITY, LINE)
    tag.alpha_composite(
        panel(bar, tag_height - 1.5 * pad, bar / 2, ACCENT, 1.0), (round(pad * 0.75), round(pad * 0.75))
    )
    left, top = pad * 1.25 + bar, (tag_height - sum(rows)) / 2
    write(tag, caption, left, top, inner, TEXT_2)
    top += rows[0]
    write(tag, price, left, top - price.height_px * 0.025, inner, TEXT_1)
    if old_price.lines and is_beside:
        baseline = top + rows[1] / 2 + price.px * 0.36 - old_price.px * 0.36
        struck_through(tag, old_price, left + price.width_px + _GAP * unit, baseline - old_price.line_px / 2, TEXT_2)
    elif old_price.lines:
        struck_through(tag, old_price, left, top + rows[1], TEXT_2)
    image = blank(width, height)
    spare = width - tag.width
    x = {Align.LEFT: 0, Align.CENTER: spare // 2, Align.RIGHT: spare}[layer.align]
    image.alpha_composite(tag, (x, (height - tag.height) // 2))
    return image
