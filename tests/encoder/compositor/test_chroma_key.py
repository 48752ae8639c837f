"""Chroma key: the cloth is seen through, the figure stays, its edges are soft, and without a key nothing changes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from encoder.compositor.blender import Blender
from encoder.compositor.chroma_key import ChromaKey, Keyer
from encoder.compositor.scene_wire import scene_from_wire
from encoder.compositor.sprite import ONE, Planes, luma_and_chroma
from encoder.picture import Crop, Fit, Picture, PictureFitter, PictureSize, new_frame, planes_of
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.scene import (
    Layer,
    LayerKind,
    Rectangle,
    Scene,
    Transition,
    TransitionKind,
    scene_to_wire,
)
from gshop_studio.engine_protocol import Fault
from tests.encoder.compositor.pictures import SIZE, START_US, WHOLE, Grey, Show

GREEN, FIGURE = (60, 170, 75), (205, 150, 120)
CLOTH = "#3CAA4B"
UPRIGHT = PictureSize(90, 160)
GROUND = Layer(LayerKind.GROUND, colour="#FFFFFF")
KEYED = dataclasses.replace(WHOLE, fit=Fit.COVER, chroma_key=CLOTH)


def yuv(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    luma, u, v = luma_and_chroma(np.array(colour, np.float32) / 255, ColourMatrix.BT601)
    return round(16 + 219 * float(luma)), round(float(u)), round(float(v))


class Cloth(Grey):
    """A figure, the left half of the picture below its upper quarter, before a green cloth.

    It is fitted as a real source's pictures are: crops, mirrors and scales are the fitter's.
    """

    def give(
        self, captured_us: int = START_US - 1000, size: PictureSize | None = None, *, is_shared: bool = False
    ) -> None:
        size = self._size
        frame = new_frame(size)
        for plane, cloth, figure, scale in zip(planes_of(frame), yuv(GREEN), yuv(FIGURE), (1, 2, 2), strict=True):
            plane[:] = cloth
            plane[size.height // 4 // scale :, : size.width // 2 // scale] = figure
        shape = self.asked[-1] if self.asked else None
        fitted = PictureFitter().fit(frame, shape) if shape else frame
        self._next = Picture(fitted, captured_us, is_shared, shape)


def shown(show: Show) -> Planes:
    assert show.last is not None
    return planes_of(show.last.frame)


def keyed_show(
    *layers: Layer, size: PictureSize = SIZE, cloth: Grey | None = None, under: Grey | None = None
) -> tuple[Show, Grey]:
    show, main = Show(size), cloth or Cloth(size=size)
    show.compositor.use_input("main", main)
    if under is not None:
        show.compositor.use_input("screen", under)
    show.compositor.show(Scene("keyed", layers))
    show.tick(main, *([under] if under else []))
    return show, main


@pytest.mark.parametrize("size", [SIZE, UPRIGHT])
def test_the_ground_is_seen_through_the_cloth_and_not_through_the_figure(size: PictureSize) -> None:
    show, _ = keyed_show(GROUND, KEYED, size=size)
    assert (show.level(0.75, 0.75), show.level(0.25, 0.1)) == (235, 235)
    assert abs(show.level(0.25, 0.75) - yuv(FIGURE)[0]) <= 1
    _, u, v = shown(show)
    assert (u[:, -2:] == 128).all() and (v[:, -2:] == 128).all(), "nothing green is left of the cloth"


@pytest.mark.parametrize("size", [SIZE, UPRIGHT])
def test_another_source_is_seen_through_the_cloth(size: PictureSize) -> None:
    screen = Layer(LayerKind.SOURCE, input="screen")
    show, _ = keyed_show(screen, KEYED, size=size, under=Grey(90, size))
    assert show.level(0.75, 0.75) == 90
    assert abs(show.level(0.25, 0.75) - yuv(FIGURE)[0]) <= 1


def test_a_keyed_source_alone_stands_before_black() -> None:
    show, _ = keyed_show(KEYED)
    assert show.level(0.75, 0.75) == 16


def test_edges_are_soft_and_carry_no_green() -> None:
    show, _ = keyed_show(GROUND, KEYED)
    y, u, v = shown(show)
    row = y[70].astype(int)
    between = (row > yuv(FIGURE)[0] + 3) & (row < 232)
    assert 2 <= between.sum() <= 8
    assert (np.diff(row) >= 0).all(), "no bright or dark rim"
    _, cloth_u, cloth_v = yuv(GREEN)
    towards = (u.astype(int) - 128) * (cloth_u - 128) + (v.astype(int) - 128) * (cloth_v - 128)
    assert towards.max() <= 0, "no tint of the cloth"


@pytest.mark.parametrize("key", ["#0000FF", "#FF00FF"])
@pytest.mark.parametrize("size", [SIZE, UPRIGHT])
def test_a_key_that_matches_nothing_leaves_the_picture_as_it_is(key: str, size: PictureSize) -> None:
    show, _ = keyed_show(GROUND, dataclasses.replace(KEYED, chroma_key=key), size=size)
    plain, _ = keyed_show(GROUND, dataclasses.replace(KEYED, chroma_key=""), size=size)
    for keyed, expected in zip(shown(show), shown(plain), strict=True):
        assert np.array_equal(keyed, expected)


def test_greys_stay_whatever_the_key() -> None:
    grey = Grey(180)
    for key in ("#00FF00", "#0000FF", CLOTH):
        show, _ = keyed_show(GROUND, dataclasses.replace(KEYED, chroma_key=key), cloth=grey)
        assert (shown(show)[0] == 180).all()


def test_the_strong_green_of_the_palette_hides_a_real_cloth_too() -> None:
    show, _ = keyed_show(GROUND, dataclasses.replace(KEYED, chroma_key="#00FF00"))
    assert show.level(0.75, 0.75) == 235
    assert abs(show.level(0.25, 0.75) - yuv(FIGURE)[0]) <= 1


def test_opacity_counts_for_what_stays_only() -> None:
    show, _ = keyed_show(GROUND, dataclasses.replace(KEYED, opacity=0.5))
    assert show.level(0.75, 0.75) == 235
    assert abs(show.level(0.25, 0.75) - (235 + yuv(FIGURE)[0]) / 2) <= 1


def test_round_corners_and_opacity_are_kept() -> None:
    size = PictureSize(640, 360)
    place = Rectangle(0.5, 0.5, 0.5, 0.5)
    layer = dataclasses.replace(KEYED, rectangle=place, is_round_cornered=True, opacity=0.5, chroma_key="#0000FF")
    show, _ = keyed_show(GROUND, layer, size=size)
    plain, _ = keyed_show(GROUND, dataclasses.replace(layer, chroma_key=""), size=size)
    for keyed, expected in zip(shown(show), shown(plain), strict=True):
        assert np.abs(keyed.astype(int) - expected).max() <= 1
    assert show.level(0.5, 0.5) == 235, "the corner"


def test_only_the_layers_rectangle_is_touched_and_it_may_reach_over_the_edge() -> None:
    place = Rectangle(0.5, 0.25, 1.0, 1.0)
    show, _ = keyed_show(GROUND, dataclasses.replace(KEYED, rectangle=place))
    y = shown(show)[0]
    assert (y[:, :80] == 235).all() and (y[:22] == 235).all()
    assert abs(int(y[80, 120]) - yuv(FIGURE)[0]) <= 1


def test_mirrored_and_cropped_pictures_are_keyed_as_they_are_seen() -> None:
    show, _ = keyed_show(GROUND, dataclasses.replace(KEYED, is_mirrored=True))
    assert show.level(0.25, 0.75) == 235 and abs(show.level(0.75, 0.75) - yuv(FIGURE)[0]) <= 1
    show, _ = keyed_show(GROUND, dataclasses.replace(KEYED, crop=Crop(left=0.5)))
    assert (shown(show)[0] == 235).all(), "only cloth is left"


def test_nothing_is_composed_while_nothing_changes() -> None:
    screen = Layer(LayerKind.SOURCE, input="screen")
    under = Grey(90)
    show, main = keyed_show(screen, KEYED, under=under)
    assert show.tick() is None
    assert show.tick(under) is not None, "what lies below has changed"
    assert show.tick() is None
    assert show.tick(main) is not None


def test_the_sources_picture_is_never_drawn_on() -> None:
    _, main = keyed_show(GROUND, KEYED)
    assert main.last is not None
    assert int(planes_of(main.last.frame)[1][-1, -1]) == yuv(GREEN)[1]


def test_a_keyed_source_that_is_gone_shows_its_slate_whole() -> None:
    show, main = keyed_show(GROUND, dataclasses.replace(KEYED, chroma_key="#000080"))
    main.fault = Fault("source.lost", {"source": "x"})
    show.tick()
    assert show.level(0.05, 0.05) < 60


@pytest.mark.parametrize("size", [SIZE, UPRIGHT])
def test_a_fade_to_a_keyed_layer_goes_step_by_step(size: PictureSize) -> None:
    show, main = keyed_show(GROUND, size=size)
    fade = Transition(TransitionKind.FADE, 500)
    show.compositor.show(Scene("keyed", (GROUND, KEYED)), fade)
    levels = []
    for _ in range(16):
        show.tick(main)
        levels.append(show.level(0.25, 0.75))
        assert show.level(0.75, 0.75) == 235, "the ground under the cloth stands still"
    assert levels == sorted(levels, reverse=True) and abs(levels[-1] - yuv(FIGURE)[0]) <= 1
    corner = dataclasses.replace(KEYED, rectangle=Rectangle(0.5, 0.5, 0.5, 0.5))
    show.compositor.show(Scene("corner", (GROUND, corner)), fade)
    for _ in range(16):
        show.tick(main)
        assert show.level(0.9, 0.3) == 235
    assert show.level(0.25, 0.75) == 235 and abs(show.level(0.6, 0.9) - yuv(FIGURE)[0]) <= 1


def test_a_keyed_layer_can_be_an_overlay_and_follows_the_matrix() -> None:
    show, main = keyed_show(GROUND)
    show.compositor.set_overlay("presenter", KEYED)
    for matrix in (ColourMatrix.BT601, ColourMatrix.BT709):
        show.compositor.use_matrix(matrix)
        show.tick(main)
        assert show.level(0.75, 0.75) == 235
        assert abs(show.level(0.25, 0.75) - yuv(FIGURE)[0]) <= 1


def test_a_keyed_image_lets_the_ground_through(tmp_path: Path) -> None:
    image = Image.new("RGB", (160, 90), GREEN)
    image.paste(FIGURE, (0, 22, 80, 90))
    image.save(tmp_path / "figure.png")
    layer = Layer(LayerKind.IMAGE, path=str(tmp_path / "figure.png"), chroma_key=CLOTH)
    show = Show()
    show.compositor.show(Scene("image", (GROUND, layer)))
    show.tick()
    assert show.level(0.75, 0.75) == 235 and abs(show.level(0.25, 0.75) - yuv(FIGURE)[0]) <= 1


def test_a_keyed_image_without_the_key_keeps_each_colour_and_its_transparency() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (8, 8, 4), np.uint8)
    pixels[:, :, 1] = 0  # nothing greenish
    image = Image.fromarray(pixels)
    assert np.array_equal(np.asarray(ChromaKey.of("#00FF00", ColourMatrix.BT601).keyed(image)), pixels)


def test_a_scene_with_a_key_is_read_as_it_was_written() -> None:
    scene = Scene("keyed", (GROUND, KEYED))
    assert scene_from_wire(scene_to_wire(scene)) == scene


@given(
    st.integers(0, 0xFFFFFF),
    st.sampled_from(ColourMatrix),
    st.floats(0, 1),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(0, 2**32 - 1),
)
def test_any_key_gives_something_between_the_two_pictures(
    colour: int, matrix: ColourMatrix, opacity: float, small: tuple[int, int], seed: int
) -> None:
    size = PictureSize(small[0] * 2, small[1] * 2)
    random = np.random.default_rng(seed)
    under, over = planes_of(new_frame(size)), planes_of(new_frame(size))
    for plane in (*under, *over):
        plane[:] = random.integers(0, 256, plane.shape)
    before: list[NDArray[np.uint8]] = [plane.copy() for plane in (*under, *over)]
    Keyer(Blender()).draw(under, over, ChromaKey.of(f"#{colour:06X}", matrix, opacity), None)
    low, high = np.minimum(before[0], before[3]), np.maximum(before[0], before[3])
    assert (under[0] >= low).all() and (under[0] <= high).all()
    for plane, expected in zip(over, before[3:], strict=True):
        assert np.array_equal(plane, expected)


@given(st.integers(0, 0xFFFFFF), st.sampled_from(ColourMatrix))
def test_the_key_itself_is_never_seen(colour: int, matrix: ColourMatrix) -> None:
    key = f"#{colour:06X}"
    image = Image.new("RGB", (1, 1), key).convert("RGBA")
    keyed = np.asarray(ChromaKey.of(key, matrix).keyed(image))
    assert keyed[0, 0, 3] == 0
    assert 0 <= int(ChromaKey.of(key, matrix).table.view(np.uint16)[::2].max()) <= ONE
