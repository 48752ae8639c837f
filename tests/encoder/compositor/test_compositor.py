"""Scenes: what is on top is seen, nothing is drawn twice, switching never glitches, a lost source shows the slate."""

from __future__ import annotations

import dataclasses
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from encoder.compositor.compositor import MAX_INPUTS, MAX_OVERLAYS
from encoder.compositor.ready_made import ReadyMade, SceneParameters, ready_made
from encoder.errors import EngineError, SourceError
from encoder.picture import Crop, Fit, FrameShape, PictureSize, planes_of
from encoder.sources.source import ColourMatrix
from encoder.sources.test_card import TestCard
from gshop_studio.domain.quality import Orientation
from gshop_studio.domain.scene import Layer, LayerKind, Rectangle, Scene, Transition, TransitionKind
from gshop_studio.engine_protocol import Fault
from tests.encoder.compositor.pictures import CORNER, SIZE, START_US, TICK_US, WHOLE, Grey, Show, whole

FADE = Transition(TransitionKind.FADE, 500)
BANNER = Layer(LayerKind.GROUND, Rectangle(0, 0, 0.5, 0.5), colour="#FFFFFF")
LOST = Fault("source.lost", {"source": "x"})


def test_a_single_source_is_handed_through_untouched() -> None:
    show, main = Show(), Grey()
    show.compositor.use_input("main", main)
    picture = show.tick(main)
    assert picture is not None and main.last is not None
    assert picture.frame is main.last.frame
    assert picture.captured_us == START_US - 1000


def test_nothing_is_given_where_nothing_changed() -> None:
    show, main = Show(), Grey()
    show.compositor.use_input("main", main)
    show.compositor.set_overlay("banner", BANNER)
    assert show.tick(main) is not None
    assert show.tick() is None
    assert show.tick(main) is not None


def test_an_overlay_is_drawn_over_every_scene_and_taken_away_again_without_a_new_picture() -> None:
    show, main = Show(), Grey(60)
    show.compositor.use_input("main", main)
    show.tick(main)
    show.compositor.set_overlay("banner", BANNER)
    show.tick()
    assert (show.level(0.25, 0.25), show.level(0.75, 0.75)) == (235, 60)
    show.compositor.show(Scene("other", (WHOLE,)))
    show.tick(main)
    assert show.level(0.25, 0.25) == 235 and show.compositor.overlays == ("banner",)
    show.compositor.set_overlay("banner", None)
    assert show.tick() is not None, "the source stands still, the picture changes all the same"
    assert show.level(0.25, 0.25) == 60


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_sources_picture_is_never_drawn_on(is_shared: bool) -> None:
    show, main = Show(), Grey(60)
    show.compositor.use_input("main", main)
    show.compositor.set_overlay("banner", BANNER)
    main.give(is_shared=is_shared)
    show.tick()
    assert show.level() == 235
    assert main.last is not None and (planes_of(main.last.frame)[0] == 60).all()


def test_layers_lie_over_one_another_and_each_source_is_asked_for_its_place() -> None:
    show, main, screen = Show(), Grey(60), Grey(180)
    show.compositor.use_input("main", main)
    show.compositor.use_input("screen", screen)
    show.compositor.show(Scene("pip", (WHOLE, dataclasses.replace(CORNER, fit=Fit.COVER))))
    assert main.asked[-1] == FrameShape(SIZE)
    assert screen.asked[-1] == FrameShape(PictureSize(80, 46), Fit.COVER)
    picture = show.tick(main, screen)
    assert picture is not None and picture.captured_us == START_US - 1000
    assert (show.level(0.25, 0.25), show.level(0.75, 0.75)) == (60, 180)


@pytest.mark.parametrize(("opacity", "level"), [(0.0, 60), (0.5, 120), (1.0, 180)])
def test_opacity_mixes(opacity: float, level: int) -> None:
    show, main, screen = Show(), Grey(60), Grey(180)
    show.compositor.use_input("main", main)
    show.compositor.use_input("screen", screen)
    over = Layer(LayerKind.SOURCE, input="screen", opacity=opacity)
    show.compositor.show(Scene("mixed", (WHOLE, over)))
    show.tick(main, screen)
    assert abs(show.level() - level) <= 1


def test_round_corners_let_what_lies_under_them_through() -> None:
    size = PictureSize(640, 360)
    show, main, screen = Show(size), Grey(60, size), Grey(180, size)
    show.compositor.use_input("main", main)
    show.compositor.use_input("screen", screen)
    show.compositor.show(Scene("pip", (WHOLE, dataclasses.replace(CORNER, is_round_cornered=True))))
    show.tick(main, screen)
    assert (show.level(0.5, 0.5), show.level(0.75, 0.75)) == (60, 180)


def test_a_layer_may_reach_over_the_edge_or_lie_outside() -> None:
    show, screen = Show(), Grey(180)
    show.compositor.use_input("screen", screen)
    over_edge = Layer(LayerKind.SOURCE, Rectangle(-0.5, 0.0, 1.0, 1.0), input="screen")
    outside = Layer(LayerKind.GROUND, Rectangle(1.5, 0, 0.2, 1), colour="#FFFFFF")
    outside_source = Layer(LayerKind.SOURCE, Rectangle(1.2, 0, 0.2, 1), input="screen")
    show.compositor.show(Scene("edges", (over_edge, outside, outside_source)))
    show.tick(screen)
    assert screen.asked[-1].size == SIZE
    assert (show.level(0.25, 0.25), show.level(0.75, 0.75)) == (180, 16)


# --- sources that are not there ---


def test_a_lost_source_shows_the_slate_is_told_once_and_comes_back() -> None:
    """Case 66. The camera is unplugged while live: a slate takes its place, and gives it back."""
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    show.tick(main)
    main.fault = LOST
    show.tick()
    show.tick()
    assert show.lost == [("main", "source.lost")] and list(show.compositor.lost) == ["main"]
    assert show.level(0.1, 0.1) < 60
    main.fault = None
    show.tick(main)
    assert show.level() == 200 and not show.compositor.lost
    main.fault = LOST
    show.tick()
    assert len(show.lost) == 2, "a second loss is told as well"


def test_an_input_without_a_source_shows_the_slate_in_its_place_only() -> None:
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    show.compositor.show(Scene("pip", (WHOLE, CORNER)))
    show.tick(main)
    assert show.level(0.25, 0.25) == 200 and show.level(0.55, 0.55) < 60


def test_nothing_is_shown_before_the_first_picture_unless_it_takes_long() -> None:
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    assert show.tick() is None
    for _ in range(31):
        show.tick()
    assert show.last is not None and show.level(0.1, 0.1) < 60


def test_a_new_source_takes_over_with_its_first_picture_and_no_slate_between() -> None:
    show, old, new = Show(), Grey(60), Grey(200)
    show.compositor.use_input("main", old)
    show.tick(old)
    assert show.compositor.use_input("main", new) is old
    show.tick()
    assert show.level() == 60
    show.tick(new)
    assert show.level() == 200


def test_an_input_is_taken_away() -> None:
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    show.tick(main)
    assert show.compositor.use_input("main", None) is main
    show.tick()
    assert show.level(0.1, 0.1) < 60 and show.compositor.inputs == {}


def test_inputs_and_overlays_are_limited() -> None:
    show = Show()
    for number in range(MAX_INPUTS):
        show.compositor.use_input(str(number), Grey())
    with pytest.raises(EngineError):
        show.compositor.use_input("one more", Grey())
    for number in range(MAX_OVERLAYS):
        show.compositor.set_overlay(str(number), BANNER)
    with pytest.raises(EngineError):
        show.compositor.set_overlay("one more", BANNER)
    show.compositor.set_overlay("0", BANNER)


def test_a_picture_file_that_cannot_be_read_leaves_what_is_on(tmp_path: Path) -> None:
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    show.compositor.show(whole())
    image = Layer(LayerKind.IMAGE, path=str(tmp_path / "none.png"))
    with pytest.raises(SourceError) as raised:
        show.compositor.show(Scene("image", (image,)))
    assert raised.value.fault.code == "source.unreadable"
    with pytest.raises(SourceError):
        show.compositor.set_overlay("image", image)
    assert show.compositor.scene.name == "whole" and show.compositor.overlays == ()


def test_hidden_sources_are_kept_going() -> None:
    show, hidden = Show(), Grey(180)
    show.compositor.use_input("screen", hidden)
    hidden.give()
    show.tick()
    show.compositor.show(Scene("screen", (Layer(LayerKind.SOURCE, input="screen"),)))
    show.tick()
    assert show.level() == 180, "its newest picture is there at once"


# --- switching ---


def test_pictures_still_in_the_old_shape_are_refitted_when_scenes_are_cut() -> None:
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    show.tick(main)
    corner = dataclasses.replace(CORNER, input="main", fit=Fit.COVER)
    show.compositor.show(Scene("small", (corner,)))
    main.give(size=SIZE)  # made before the source heard of it
    picture = show.tick()
    assert picture is not None and (picture.frame.width, picture.frame.height) == (160, 90)
    assert (show.level(0.25, 0.25), show.level(0.75, 0.75)) == (16, 200)
    show.compositor.show(whole())
    main.give(size=PictureSize(80, 46))
    show.tick()
    assert show.level(0.5, 0.5) == 200


def test_a_source_that_tells_its_pictures_shape_is_never_cropped_twice() -> None:
    size = PictureSize(640, 360)
    show, card = Show(size), TestCard(size)
    show.compositor.use_input("main", card)
    show.compositor.show(Scene("close", (dataclasses.replace(WHOLE, fit=Fit.COVER, crop=Crop(0.25, 0, 0.25, 0.5)),)))
    first = show.tick()
    assert first is not None
    expected = TestCard(size)
    expected.reshape(FrameShape(size, Fit.COVER, Crop(0.25, 0, 0.25, 0.5)))
    wanted = expected.picture_at(START_US)
    assert wanted is not None
    assert (planes_of(first.frame)[0] == planes_of(wanted.frame)[0]).all()


def test_one_input_in_two_shapes_is_asked_for_the_larger_one() -> None:
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    corner = Layer(LayerKind.SOURCE, Rectangle(0.75, 0.75, 0.25, 0.25), input="main", fit=Fit.COVER)
    ground = Layer(LayerKind.SOURCE, input="main", opacity=0.5)
    show.compositor.show(Scene("twice", (ground, corner)))
    assert main.asked[-1].size == SIZE
    show.tick(main)
    assert abs(show.level(0.25, 0.25) - 108) <= 1 and show.level(0.9, 0.9) == 200


def levels_of_a_fade(show: Show, *sources: Grey, ticks: int = 20) -> list[int]:
    levels = []
    for _ in range(ticks):
        show.tick(*sources)
        levels.append(show.level(0.25, 0.25))
    return levels


def test_a_fade_goes_from_one_to_the_other_step_by_step() -> None:
    show, main, screen = Show(), Grey(40), Grey(200)
    show.compositor.use_input("main", main)
    show.compositor.use_input("screen", screen)
    show.tick(main, screen)
    show.compositor.show(Scene("screen", (Layer(LayerKind.SOURCE, input="screen"),)), FADE)
    levels = levels_of_a_fade(show, main, screen)
    assert levels == sorted(levels) and 40 < levels[0] < 70
    assert levels[15] == 200 and levels[13] < 200, "half a second is fifteen ticks"
    assert max(b - a for a, b in pairwise(levels)) < 20


def test_what_two_scenes_share_stands_still_in_their_fade() -> None:
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    show.tick(main)
    show.compositor.show(Scene("with", (WHOLE, BANNER)), FADE)
    for _ in range(10):
        show.tick(main)
        assert show.level(0.75, 0.75) == 200
    assert 200 < show.level(0.25, 0.25) < 235
    assert main.asked == [FrameShape(SIZE)], "there is no reason to ask again"


def test_a_source_shown_smaller_after_a_fade_keeps_its_old_picture_while_it_fades_out() -> None:
    show, main, screen = Show(), Grey(200), Grey(40)
    show.compositor.use_input("main", main)
    show.compositor.use_input("screen", screen)
    show.tick(main, screen)
    small = Layer(LayerKind.SOURCE, Rectangle(0.8, 0.8, 0.2, 0.2), input="main", fit=Fit.COVER)
    show.compositor.show(Scene("pip", (Layer(LayerKind.SOURCE, input="screen"), small)), FADE)
    assert main.asked[-1].size == small_size(small)
    levels = levels_of_a_fade(show, main, screen, ticks=16)
    assert levels == sorted(levels, reverse=True) and levels[-1] == 40
    assert show.level(0.9, 0.9) == 200


def small_size(layer: Layer) -> PictureSize:
    return PictureSize(round(layer.rectangle.width * 80) * 2, round(layer.rectangle.height * 45) * 2)


def test_switching_in_mid_fade_goes_on_from_the_picture_that_is_on() -> None:
    show, main, screen = Show(), Grey(40), Grey(200)
    show.compositor.use_input("main", main)
    show.compositor.use_input("screen", screen)
    show.tick(main, screen)
    show.compositor.show(Scene("screen", (Layer(LayerKind.SOURCE, input="screen"),)), FADE)
    before = levels_of_a_fade(show, main, screen, ticks=8)[-1]
    show.compositor.show(whole(), FADE)
    levels = levels_of_a_fade(show, main, screen, ticks=17)
    assert abs(levels[0] - before) < 20 and levels == sorted(levels, reverse=True) and levels[-1] == 40
    show.compositor.show(Scene("screen", (Layer(LayerKind.SOURCE, input="screen"),)), FADE)
    levels_of_a_fade(show, main, screen, ticks=4)
    show.compositor.show(whole())
    show.tick(main, screen)
    assert show.level() == 40, "a cut is a cut"


def test_overlays_stay_as_they_are_in_a_fade() -> None:
    show, main, screen = Show(), Grey(40), Grey(200)
    show.compositor.use_input("main", main)
    show.compositor.use_input("screen", screen)
    show.compositor.set_overlay("banner", BANNER)
    show.tick(main, screen)
    for name in ("screen", "main", "screen"):
        show.compositor.show(Scene(name, (Layer(LayerKind.SOURCE, input=name),)), FADE)
        for _ in range(7):
            show.tick(main, screen)
            assert show.level(0.25, 0.25) == 235
            assert 40 < show.level(0.75, 0.75) < 200


def test_an_overlay_set_in_mid_fade_leaves_the_slates_of_the_scene_that_goes() -> None:
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    show.compositor.show(Scene("slate", (WHOLE, CORNER)))
    show.tick(main)
    show.compositor.show(whole(), FADE)
    show.tick(main)
    show.compositor.set_overlay("banner", BANNER)
    show.tick(main)
    assert show.level(0.25, 0.25) == 235 and show.level(0.55, 0.55) < 200


def test_another_size_is_shown_at_once() -> None:
    show, main = Show(), Grey(200)
    show.compositor.use_input("main", main)
    show.compositor.set_overlay("banner", BANNER)
    show.tick(main)
    show.compositor.resize(PictureSize(90, 160))
    picture = show.tick()
    assert picture is not None and (picture.frame.width, picture.frame.height) == (90, 160)
    assert show.level(0.25, 0.25) == 235
    assert main.asked[-1] == FrameShape(PictureSize(90, 160), Fit.COVER), "the camera's scene upright"


def test_another_matrix_changes_what_is_drawn() -> None:
    show = Show()
    show.compositor.show(Scene("red", (Layer(LayerKind.GROUND, colour="#FF0000"),)))
    show.tick()
    assert show.level() == 81
    show.compositor.use_matrix(ColourMatrix.BT709)
    show.tick()
    assert show.level() == 63 and show.compositor.colour_matrix is ColourMatrix.BT709


def test_a_countdown_changes_once_a_second_and_stays_at_nought() -> None:
    show = Show(PictureSize(320, 180))
    ends_at_ms = START_US // 1000 + 3_000
    scene = ready_made(ReadyMade.STARTING_SOON, Orientation.LANDSCAPE, SceneParameters(ends_at_ms=ends_at_ms))
    show.compositor.show(scene)
    drawn = [tick for tick in range(150) if show.tick() is not None]
    assert drawn == [0, 31, 61, 91]
    changed = np.ptp(planes_of(show.last.frame)[0]) if show.last else 0
    assert changed > 150


def test_every_ready_made_scene_is_drawn_lying_and_upright(tmp_path: Path) -> None:
    path = tmp_path / "product.png"
    Image.new("RGB", (50, 60), "#3366CC").save(path)
    parameters = SceneParameters(
        title="A bottle", price="$ 10", old_price="$ 12", picture_path=str(path), ends_at_ms=START_US // 1000 + 60_000
    )
    for orientation, size in {
        Orientation.LANDSCAPE: PictureSize(320, 180),
        Orientation.PORTRAIT: PictureSize(180, 320),
    }.items():
        show, main, screen = Show(size), TestCard(size), TestCard(size)
        show.compositor.use_input("main", main)
        show.compositor.use_input("screen", screen)
        pictures = []
        for name in ReadyMade:
            show.compositor.show(ready_made(name, orientation, parameters))
            picture = show.tick()
            assert picture is not None and (picture.frame.width, picture.frame.height) == (size.width, size.height)
            pictures.append(planes_of(picture.frame)[0].copy())
        for index, picture_one in enumerate(pictures):
            assert all((picture_one != other).any() for other in pictures[index + 1 :])


def test_steering_from_another_thread_never_breaks_the_loop() -> None:
    show = Show()
    sources = [Grey(level) for level in (40, 90, 140, 190)]
    show.compositor.use_input("main", sources[0])
    show.compositor.use_input("screen", sources[1])
    stop = threading.Event()
    broken: list[BaseException] = []

    def loop() -> None:
        due_us = START_US
        try:
            while not stop.is_set():
                for source in sources:
                    source.give(due_us)
                picture = show.compositor.picture_at(due_us)
                if picture is not None:
                    assert (picture.frame.width, picture.frame.height) in {(160, 90), (90, 160)}
                due_us += TICK_US
        except BaseException as error:
            broken.append(error)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        for number in range(120):
            show.compositor.show(
                Scene("pip", (WHOLE, CORNER, BANNER)[: number % 3 + 1]), FADE if number % 2 else Transition()
            )
            show.compositor.set_overlay("a", BANNER if number % 3 else None)
            show.compositor.use_input("main", sources[number % 4])
            show.compositor.use_input("screen", sources[(number + 1) % 4] if number % 5 else None)
            if number % 10 == 0:
                show.compositor.resize(PictureSize(90, 160) if number % 20 else SIZE)
    finally:
        stop.set()
        thread.join()
    assert broken == []


def test_the_sources_are_closed_with_it() -> None:
    show, main = Show(), Grey()
    show.compositor.use_input("main", main)
    show.compositor.close()
    assert main.is_closed
