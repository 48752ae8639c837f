"""Layers, scenes and transitions from JSON's types, checked: in comes anything, out a value or `EngineError`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from encoder.compositor.ready_made import ReadyMade, SceneParameters, ready_made
from encoder.errors import EngineError
from gshop_studio.domain.quality import Orientation
from gshop_studio.domain.scene import (
    LONGEST_FADE_MS,
    MAX_LAYERS,
    MAX_NAME_LENGTH,
    MAX_PATH_LENGTH,
    MAX_TEXT_LENGTH,
    SHORTEST_FADE_MS,
    Align,
    Crop,
    Fit,
    Layer,
    LayerKind,
    Rectangle,
    Scene,
    Transition,
    TransitionKind,
)
from gshop_studio.engine_protocol import Fault
from gshop_studio.texts import best_language

_Choice = TypeVar("_Choice", bound=StrEnum)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FARTHEST = 2.0
"""How far from the canvas's corner a layer may begin, in canvases."""
_LARGEST = 2.0
"""How large a layer may be, in canvases."""
_SMALLEST = 0.001
_LEAST_KEPT = 0.02
"""The share of a picture's width and height that a crop must leave."""
_LAST_MOMENT_MS = 253_402_300_799_000
"""The end of the year 9999."""


def scene_from_wire(data: object) -> Scene:
    """A scene.

    Raises:
        EngineError: `engine.bad_request`, with the field that is wrong.
    """
    fields = _Fields(data, "scene")
    layers = fields.raw("layers", [])
    if not isinstance(layers, list) or len(layers) > MAX_LAYERS:
        raise _wrong("layers")
    name = fields.text("name", MAX_NAME_LENGTH)
    return Scene(name, tuple(layer_from_wire(layer) for layer in layers))


def chosen_scene(scene: object, parameters: object, orientation: Orientation) -> Scene:
    """The scene that `set_scene` means: a ready-made one by its name, or one of the studio's own.

    Raises:
        EngineError: `engine.bad_request`, with the field that is wrong.
    """
    if not isinstance(scene, str):
        return scene_from_wire(scene)
    if scene not in set(ReadyMade):
        raise _wrong("scene")
    return ready_made(ReadyMade(scene), orientation, parameters_from_wire(parameters))


def layer_from_wire(data: object) -> Layer:
    """A layer.

    Raises:
        EngineError: `engine.bad_request`, with the field that is wrong.
    """
    fields = _Fields(data, "layer")
    layer = Layer(
        kind=fields.choice("kind", LayerKind),
        rectangle=_rectangle(fields.raw("rectangle", {})),
        opacity=fields.number("opacity", 0.0, 1.0, 1.0),
        fit=fields.choice("fit", Fit, Fit.CONTAIN),
        crop=_crop(fields.raw("crop", {})),
        is_mirrored=fields.flag("is_mirrored"),
        input=fields.text("input", MAX_NAME_LENGTH),
        path=fields.text("path", MAX_PATH_LENGTH),
        text=fields.text("text", MAX_TEXT_LENGTH),
        detail=fields.text("detail", MAX_TEXT_LENGTH),
        price=fields.text("price", MAX_NAME_LENGTH),
        old_price=fields.text("old_price", MAX_NAME_LENGTH),
        colour=fields.colour("colour"),
        align=fields.choice("align", Align, Align.LEFT),
        text_height=fields.number("text_height", 0.01, 1.0, Layer(LayerKind.TEXT).text_height),
        is_round_cornered=fields.flag("is_round_cornered"),
        ends_at_ms=fields.whole("ends_at_ms", 0, _LAST_MOMENT_MS, 0),
        chroma_key=fields.colour("chroma_key"),
    )
    if layer.kind is LayerKind.SOURCE and not layer.input:
        raise _wrong("input")
    if layer.kind in {LayerKind.IMAGE, LayerKind.LOGO} and not layer.path:
        raise _wrong("path")
    return layer


def transition_from_wire(data: object) -> Transition:
    """A transition; a cut where there is none.

    Raises:
        EngineError: `engine.bad_request`, with the field that is wrong.
    """
    if data is None:
        return Transition()
    fields = _Fields(data, "transition")
    default_ms = Transition().duration_ms
    return Transition(
        fields.choice("kind", TransitionKind),
        fields.whole("duration_ms", SHORTEST_FADE_MS, LONGEST_FADE_MS, default_ms),
    )


def parameters_from_wire(data: object) -> SceneParameters:
    """What fills a ready-made scene; nothing where there is none.

    Raises:
        EngineError: `engine.bad_request`, with the field that is wrong.
    """
    fields = _Fields({} if data is None else data, "parameters")
    return SceneParameters(
        title=fields.text("title", MAX_TEXT_LENGTH),
        detail=fields.text("detail", MAX_TEXT_LENGTH),
        price=fields.text("price", MAX_NAME_LENGTH),
        old_price=fields.text("old_price", MAX_NAME_LENGTH),
        picture_path=fields.text("picture_path", MAX_PATH_LENGTH),
        call_to_action=fields.text("call_to_action", MAX_NAME_LENGTH),
        ends_at_ms=fields.whole("ends_at_ms", 0, _LAST_MOMENT_MS, 0),
        is_mirrored=fields.flag("is_mirrored"),
        language=best_language(fields.text("language", MAX_NAME_LENGTH)),
    )


def _rectangle(data: object) -> Rectangle:
    fields = _Fields(data, "rectangle")
    return Rectangle(
        fields.number("left", -_FARTHEST, _FARTHEST, 0.0),
        fields.number("top", -_FARTHEST, _FARTHEST, 0.0),
        fields.number("width", _SMALLEST, _LARGEST, 1.0),
        fields.number("height", _SMALLEST, _LARGEST, 1.0),
    )


def _crop(data: object) -> Crop:
    fields = _Fields(data, "crop")
    left, top, right, bottom = (fields.number(name, 0.0, 1.0, 0.0) for name in ("left", "top", "right", "bottom"))
    if left + right > 1 - _LEAST_KEPT or top + bottom > 1 - _LEAST_KEPT:
        raise _wrong("crop")
    return Crop(left, top, right, bottom)


class _Fields:
    """The fields of one object. What is unknown is passed over, as a newer studio may send more."""

    def __init__(self, data: object, name: str) -> None:
        if not isinstance(data, Mapping):
            raise _wrong(name)
        self._data: Mapping[str, Any] = data

    def raw(self, name: str, default: object) -> object:
        return self._data.get(name, default)

    def number(self, name: str, least: float, most: float, default: float) -> float:
        value = self._data.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong(name)
        if not least <= value <= most or not math.isfinite(value):
            raise _wrong(name)
        return float(value)

    def whole(self, name: str, least: int, most: int, default: int) -> int:
        value = self._data.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _wrong(name)
        return value

    def text(self, name: str, longest: int) -> str:
        value = self._data.get(name, "")
        if not isinstance(value, str) or len(value) > longest or "\0" in value:
            raise _wrong(name)
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise _wrong(name)  # half a character: no text, and no file's name
        return value

    def colour(self, name: str) -> str:
        value = self.text(name, 7)
        if value and not _COLOUR.fullmatch(value):
            raise _wrong(name)
        return value

    def flag(self, name: str) -> bool:
        value = self._data.get(name, False)
        if not isinstance(value, bool):
            raise _wrong(name)
        return value

    def choice(self, name: str, choices: type[_Choice], default: _Choice | None = None) -> _Choice:
        value = self._data.get(name, default)
        try:
            return choices(value)
        except (ValueError, TypeError):
            raise _wrong(name) from None


def _wrong(field: str) -> EngineError:
    return EngineError(Fault("engine.bad_request", {"reason": field}))
