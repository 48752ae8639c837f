"""The ready-made scenes, for selling, lying and upright. Pure: no pixels here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from encoder.picture import PictureSize
from gshop_studio.domain.quality import Orientation
from gshop_studio.domain.scene import Align, Crop, Fit, Layer, LayerKind, Rectangle, Scene
from gshop_studio.texts import DEFAULT_LANGUAGE, catalogue

MAIN, SCREEN, MEDIA = "main", "screen", "media"
"""The inputs: the camera (or the file or test card in its place), the screen, and a clip."""


class ReadyMade(StrEnum):
    """The scenes by name."""

    CAMERA = "camera"
    CAMERA_CARD = "camera_card"
    PICTURE_IN_PICTURE = "picture_in_picture"
    CLOSE_UP = "close_up"
    STARTING_SOON = "starting_soon"
    BE_RIGHT_BACK = "be_right_back"


@dataclass(frozen=True, slots=True)
class SceneParameters:
    """What fills a ready-made scene. Empty texts are the language's own, or left out."""

    title: str = ""
    """Of the product, or the large words of "starting soon" and "be right back"."""
    detail: str = ""
    """The small words under those, such as the show's name."""
    price: str = ""
    old_price: str = ""
    picture_path: str = ""
    call_to_action: str = ""
    ends_at_ms: int = 0
    """When the show starts, UTC in milliseconds; without it there is no countdown."""
    is_mirrored: bool = False
    """The camera as in a mirror."""
    language: str = DEFAULT_LANGUAGE


def orientation_of(size: PictureSize) -> Orientation:
    """Which way a canvas stands."""
    return Orientation.PORTRAIT if size.height > size.width else Orientation.LANDSCAPE


def default_scene(size: PictureSize) -> Scene:
    """What is on until a scene is chosen."""
    return ready_made(ReadyMade.CAMERA, orientation_of(size), SceneParameters())


def ready_made(name: ReadyMade, orientation: Orientation, parameters: SceneParameters) -> Scene:
    """A ready-made scene."""
    layers = _MAKERS[name](orientation is Orientation.PORTRAIT, parameters)
    return Scene(name.value, tuple(layers))


def _camera(is_portrait: bool, parameters: SceneParameters) -> list[Layer]:
    # Upright, the middle of a lying camera's picture fills the canvas; lying, nothing of it is cut off.
    fit = Fit.COVER if is_portrait else Fit.CONTAIN
    return [Layer(LayerKind.SOURCE, input=MAIN, fit=fit, is_mirrored=parameters.is_mirrored)]


def _camera_card(is_portrait: bool, parameters: SceneParameters) -> list[Layer]:
    return [*_camera(is_portrait, parameters), product_card(is_portrait, parameters)]


def product_card(is_portrait: bool, parameters: SceneParameters) -> Layer:
    """The product card at its place: also good as an overlay."""
    place = Rectangle(0.04, 0.6, 0.92, 0.145) if is_portrait else Rectangle(0.03, 0.7, 0.42, 0.25)
    words = catalogue("shared", parameters.language)
    return Layer(
        LayerKind.CARD,
        place,
        path=parameters.picture_path,
        text=parameters.title,
        price=parameters.price,
        old_price=parameters.old_price,
        detail=parameters.call_to_action or words.gettext("Buy now"),
    )


def _picture_in_picture(is_portrait: bool, parameters: SceneParameters) -> list[Layer]:
    # Upright a screen is as wide as the canvas, and what it leaves free shows the camera large.
    screen = Rectangle(0.0, 0.115, 1.0, 0.3165) if is_portrait else Rectangle()
    corner = Rectangle(0.04, 0.455, 0.92, 0.4) if is_portrait else Rectangle(0.72, 0.69, 0.25, 0.26)
    camera = Layer(
        LayerKind.SOURCE,
        corner,
        input=MAIN,
        fit=Fit.COVER,
        is_mirrored=parameters.is_mirrored,
        is_round_cornered=True,
    )
    layers = [Layer(LayerKind.SOURCE, screen, input=SCREEN), camera]
    return [Layer(LayerKind.GROUND), *layers] if is_portrait else layers


def _close_up(is_portrait: bool, parameters: SceneParameters) -> list[Layer]:
    # A little above the middle, where faces and hands are.
    crop = Crop(0.19, 0.12, 0.19, 0.26)
    camera = _camera(is_portrait, parameters)[0]
    return [dataclasses.replace(camera, fit=Fit.COVER, crop=crop)]


def _starting_soon(is_portrait: bool, parameters: SceneParameters) -> list[Layer]:
    title = parameters.title or catalogue("shared", parameters.language).gettext("Starting soon")
    layers = _words(is_portrait, title, parameters.detail, is_high=bool(parameters.ends_at_ms))
    if parameters.ends_at_ms:
        place = Rectangle(0.06, 0.47, 0.88, 0.16) if is_portrait else Rectangle(0.15, 0.47, 0.7, 0.3)
        layers.append(Layer(LayerKind.COUNTDOWN, place, align=Align.CENTER, ends_at_ms=parameters.ends_at_ms))
    return layers


def _be_right_back(is_portrait: bool, parameters: SceneParameters) -> list[Layer]:
    title = parameters.title or catalogue("shared", parameters.language).gettext("Be right back")
    return _words(is_portrait, title, parameters.detail, is_high=False)


def _words(is_portrait: bool, title: str, detail: str, *, is_high: bool) -> list[Layer]:
    margin, width = (0.06, 0.88) if is_portrait else (0.1, 0.8)
    title_height, detail_height = (0.14, 0.08) if is_portrait else (0.2, 0.14)
    middle = (0.37 if is_portrait else 0.33) if is_high else 0.47
    layers = [
        Layer(LayerKind.GROUND),
        Layer(
            LayerKind.TEXT,
            Rectangle(margin, middle - title_height / 2, width, title_height),
            text=title,
            align=Align.CENTER,
            text_height=0.105,
        ),
    ]
    if detail:
        top = 0.63 if is_portrait and is_high else 0.78 if is_high else middle + title_height / 2
        place = Rectangle(margin, top, width, detail_height)
        layers.append(
            Layer(LayerKind.TEXT, place, text=detail, align=Align.CENTER, text_height=0.045, colour="#A9B2BF")
        )
    return layers


_MAKERS: dict[ReadyMade, Callable[[bool, SceneParameters], list[Layer]]] = {
    ReadyMade.CAMERA: _camera,
    ReadyMade.CAMERA_CARD: _camera_card,
    ReadyMade.PICTURE_IN_PICTURE: _picture_in_picture,
    ReadyMade.CLOSE_UP: _close_up,
    ReadyMade.STARTING_SOON: _starting_soon,
    ReadyMade.BE_RIGHT_BACK: _be_right_back,
}
