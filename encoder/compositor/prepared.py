"""Prepares layers for a canvas: everything that is slow (reading files, drawing) is done here, none of it a frame.

Not on the video loop's thread, and away from the event loop where files are read. One caller at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageChops, ImageOps

from encoder.compositor.captions import draw_ground, draw_lower_third, draw_text
from encoder.compositor.chroma_key import ChromaKey
from encoder.compositor.countdown import Countdown, draw_countdown
from encoder.compositor.drawing import blank, rounded_mask
from encoder.compositor.image_files import ImageFiles, contained, covering, cropped
from encoder.compositor.look import Typeface, unit_px
from encoder.compositor.product import draw_card, draw_price_tag
from encoder.compositor.sprite import ONE, Sprite, WordPlanes, premultiplied, sprite_from
from encoder.picture import Box, FrameShape, PictureSize
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.scene import Align, Fit, Layer, LayerKind, Scene

_CORNER_UNITS = 16


@dataclass(frozen=True, slots=True)
class Mask:
    """How much of a source's picture is seen, for each pixel."""

    taken: WordPlanes
    kept: WordPlanes


@dataclass(frozen=True, slots=True)
class PlacedSource:
    """An input's pictures at a place."""

    input: str
    shape: FrameShape
    seen: Box
    """What of its rectangle lies on the canvas."""
    cut: Box
    """The same in the picture's own pixels."""
    weight: int
    """Opacity, to `ONE`."""
    mask: Mask | None
    key: ChromaKey | None
    """What of it is seen through, opacity included."""
    fills_canvas: bool
    """Nothing under it can be seen."""


Drawable: TypeAlias = PlacedSource | Sprite | Countdown


@dataclass(frozen=True, slots=True)
class PreparedScene:
    """A scene for one canvas, the lowest layer first. What nobody can see is left out."""

    scene: Scene
    drawables: tuple[Drawable, ...]

    @property
    def sources(self) -> Iterator[PlacedSource]:
        return (drawable for drawable in self.drawables if isinstance(drawable, PlacedSource))


class Preparer:
    """Draws layers. Reads their files beforehand, so that a slow disk holds up nobody else."""

    def __init__(self, files: ImageFiles) -> None:
        self._files = files
        self._face = Typeface()

    def read_files(self, layers: Iterable[Layer]) -> dict[str, Image.Image]:
        """The picture files that layers name, by path. From any thread.

        Raises:
            SourceError: `source.unreadable`.
        """
        with_files = {LayerKind.IMAGE, LayerKind.LOGO, LayerKind.CARD}
        return {layer.path: self._files.read(layer.path) for layer in layers if layer.kind in with_files and layer.path}

    def scene(
        self, scene: Scene, canvas: PictureSize, matrix: ColourMatrix, images: dict[str, Image.Image]
    ) -> PreparedScene:
        """A scene for that canvas; `images` are those of `read_files`."""
        drawables = (self.layer(layer, canvas, matrix, images) for layer in scene.layers)
        return PreparedScene(scene, tuple(drawable for drawable in drawables if drawable is not None))

    def layer(
        self, layer: Layer, canvas: PictureSize, matrix: ColourMatrix, images: dict[str, Image.Image]
    ) -> Drawable | None:
        """A layer for that canvas; None when nothing of it can be seen."""
        box = box_on(canvas, layer)
        if round(layer.opacity * ONE) <= 0:
            return None
        if layer.kind is LayerKind.SOURCE:
            return placed_source(layer, box, canvas, matrix)
        if layer.kind is LayerKind.COUNTDOWN:
            inside = _moved_inside(box, canvas)
            return draw_countdown(self._face, layer, inside, unit_px(canvas), matrix)
        image = self._draw(layer, box, canvas, matrix, images.get(layer.path))
        return sprite_from(image, box.left, box.top, canvas, matrix, layer.opacity)

    def _draw(
        self, layer: Layer, box: Box, canvas: PictureSize, matrix: ColourMatrix, picture: Image.Image | None
    ) -> Image.Image:
        width, height, unit = box.width, box.height, unit_px(canvas)
        if layer.kind is LayerKind.CARD:
            return draw_card(self._face, layer, picture, width, height, unit)
        if layer.kind is LayerKind.PRICE_TAG:
            return draw_price_tag(self._face, layer, width, height, unit)
        if layer.kind is LayerKind.LOWER_THIRD:
            return draw_lower_third(self._face, layer, width, height, unit)
        if layer.kind is LayerKind.GROUND:
            return draw_ground(layer.colour, width, height)
        if layer.kind is LayerKind.TEXT:
            return draw_text(self._face, layer, width, height, min(canvas.width, canvas.height), unit)
        return _draw_image(layer, picture, width, height, unit, matrix) if picture else blank(width, height)


def box_on(canvas: PictureSize, layer: Layer) -> Box:
    """A layer's rectangle in the canvas's pixels, at least 2 by 2; it may reach over the canvas's edges."""
    place = layer.rectangle
    left, top = round(place.left * canvas.width / 2) * 2, round(place.top * canvas.height / 2) * 2
    right = round((place.left + place.width) * canvas.width / 2) * 2
    bottom = round((place.top + place.height) * canvas.height / 2) * 2
    return Box(left, top, max(2, right - left), max(2, bottom - top))


def placed_source(layer: Layer, box: Box, canvas: PictureSize, matrix: ColourMatrix) -> PlacedSource | None:
    """An input at its place; None when it lies outside the canvas."""
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = min(canvas.width, box.left + box.width), min(canvas.height, box.top + box.height)
    if right <= left or bottom <= top:
        return None
    seen = Box(left, top, right - left, bottom - top)
    weight = round(layer.opacity * ONE)
    cut = Box(left - box.left, top - box.top, seen.width, seen.height)
    mask = _round_mask(box, cut, unit_px(canvas), layer.opacity) if layer.is_round_cornered else None
    key = ChromaKey.of(layer.chroma_key, matrix, layer.opacity) if layer.chroma_key else None
    fills_canvas = seen == Box.whole(canvas) and weight == ONE and mask is None and key is None
    shape = FrameShape(box.size, layer.fit, layer.crop, layer.is_mirrored)
    return PlacedSource(layer.input, shape, seen, cut, weight, mask, key, fills_canvas)


def _round_mask(box: Box, cut: Box, unit: float, opacity: float) -> Mask:
    shape = np.zeros((box.height, box.width, 4), np.uint8)
    shape[:, :, 3] = np.asarray(rounded_mask(box.width, box.height, _CORNER_UNITS * unit), np.uint8)
    _, (y, u, v) = premultiplied(shape, ColourMatrix.BT601, opacity)
    one = np.uint16(ONE)
    kept = cut.parts((y, u, v))
    return Mask(cut.parts((one - y, one - u, one - v)), kept)


def _moved_inside(box: Box, canvas: PictureSize) -> Box:
    width, height = min(box.width, canvas.width), min(box.height, canvas.height)
    left, top = min(max(0, box.left), canvas.width - width), min(max(0, box.top), canvas.height - height)
    return Box(left, top, width, height)


def _draw_image(
    layer: Layer, picture: Image.Image, width: int, height: int, unit: float, matrix: ColourMatrix
) -> Image.Image:
    crop = layer.crop
    picture = cropped(picture, crop.left, crop.top, crop.right, crop.bottom)
    if layer.is_mirrored:
        picture = ImageOps.mirror(picture)
    if layer.kind is LayerKind.IMAGE and layer.fit is Fit.COVER:
        scaled = covering(picture, width, height)
    else:
        scaled = contained(picture, width, height)
    if layer.chroma_key and layer.kind is LayerKind.IMAGE:
        scaled = ChromaKey.of(layer.chroma_key, matrix).keyed(scaled)
    if layer.is_round_cornered:
        scaled = scaled.copy()
        mask = rounded_mask(scaled.width, scaled.height, _CORNER_UNITS * unit)
        scaled.putalpha(ImageChops.multiply(scaled.getchannel("A"), mask))
    image = blank(width, height)
    spare = width - scaled.width
    is_image = layer.kind is LayerKind.IMAGE
    x = spare // 2 if is_image else {Align.LEFT: 0, Align.CENTER: spare // 2, Align.RIGHT: spare}[layer.align]
    image.paste(scaled, (x, (height - scaled.height) // 2))
    return image


def wanted_shapes(drawables: tuple[Drawable, ...]) -> dict[str, FrameShape]:
    """One shape an input: that of the largest place it is seen in; its other places are made from that."""
    wanted: dict[str, FrameShape] = {}
    for drawable in drawables:
        if not isinstance(drawable, PlacedSource):
            continue
        known = wanted.get(drawable.input)
        if known is None or _area(known) < _area(drawable.shape):
            wanted[drawable.input] = drawable.shape
    return wanted


def _area(shape: FrameShape) -> int:
    return shape.size.width * shape.size.height
