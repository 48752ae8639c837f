"""What is seen: layers, scenes and transitions as plain values. No pixels here; the engine's compositor draws them.

Places are shares of the canvas, so that one scene serves every quality. On the wire each value is an object with the
field names below; `encoder.compositor.scene_wire` reads and checks them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAX_LAYERS = 16
MAX_TEXT_LENGTH = 500
MAX_PATH_LENGTH = 4096
MAX_NAME_LENGTH = 64
SHORTEST_FADE_MS = 100
LONGEST_FADE_MS = 2000


class Fit(StrEnum):
    """What to do with a picture whose aspect is not its place's."""

    CONTAIN = "contain"
    """All of it, between black bars."""
    COVER = "cover"
    """No bars: what sticks out on two sides is cut off evenly."""


@dataclass(frozen=True, slots=True)
class Crop:
    """The share of the width or height (0 to 1) that is cut off at each side."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


NO_CROP = Crop()


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A place on the canvas, in shares of its width and height. What lies outside the canvas is not seen."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0


class LayerKind(StrEnum):
    """What a layer draws, and which of its texts it reads."""

    SOURCE = "source"
    """The pictures of the input named `input`."""
    IMAGE = "image"
    """The picture file at `path`, by `fit`, `crop` and `is_mirrored`."""
    LOGO = "logo"
    """The picture file at `path`, whole, without bars, aligned in its place."""
    TEXT = "text"
    """`text`, as large as `text_height` says."""
    CARD = "card"
    """A product: `path` (its picture), `text` (its title), `price`, `old_price`, `detail` (the call to action)."""
    PRICE_TAG = "price_tag"
    """`price`, `old_price`, and `text` above them."""
    LOWER_THIRD = "lower_third"
    """`text` (a name) over `detail`."""
    COUNTDOWN = "countdown"
    """The time until `ends_at_ms`, under `text`."""
    GROUND = "ground"
    """A calm dark ground, or one plain `colour`."""


class Align(StrEnum):
    """Where a text or logo stands in its place."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Layer:
    """One thing on the canvas. Fields that its kind does not read are ignored."""

    kind: LayerKind
    rectangle: Rectangle = Rectangle()
    opacity: float = 1.0
    """0 (not seen) to 1."""
    fit: Fit = Fit.CONTAIN
    crop: Crop = NO_CROP
    is_mirrored: bool = False
    input: str = ""
    path: str = ""
    text: str = ""
    detail: str = ""
    price: str = ""
    """As it is to be read, currency and all."""
    old_price: str = ""
    colour: str = ""
    """`#RRGGBB` of the ground or the text; the look's own where empty."""
    align: Align = Align.LEFT
    text_height: float = 0.06
    """The type's size as a share of the canvas's shorter side; smaller where the text would not fit."""
    is_round_cornered: bool = False
    """A source or image with rounded corners, such as a picture in the picture."""
    ends_at_ms: int = 0
    """UTC, milliseconds."""
    chroma_key: str = ""
    """The colour `#RRGGBB` of a source or image to see through: a strong one, for a grey takes all greys along. Bars of
    `Fit.CONTAIN` are part of a source's picture and stay."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A name and layers, the lowest first."""

    name: str
    layers: tuple[Layer, ...] = ()


class TransitionKind(StrEnum):
    CUT = "cut"
    FADE = "fade"


@dataclass(frozen=True, slots=True)
class Transition:
    """How one scene follows another."""

    kind: TransitionKind = TransitionKind.CUT
    duration_ms: int = 300
    """Of a fade: `SHORTEST_FADE_MS` to `LONGEST_FADE_MS`."""


def layer_to_wire(layer: Layer) -> dict[str, Any]:
    """As JSON's types, without the fields that are as they are by default."""
    wire: dict[str, Any] = {}
    for field in dataclasses.fields(layer):
        value = getattr(layer, field.name)
        if field.name != "kind" and value == field.default:
            continue
        wire[field.name] = dataclasses.asdict(value) if isinstance(value, Rectangle | Crop) else value
    wire["kind"] = layer.kind.value
    return wire


def scene_to_wire(scene: Scene) -> dict[str, Any]:
    """As JSON's types."""
    return {"name": scene.name, "layers": [layer_to_wire(layer) for layer in scene.layers]}


def transition_to_wire(transition: Transition) -> dict[str, Any]:
    """As JSON's types."""
    return {"kind": transition.kind.value, "duration_ms": transition.duration_ms}
