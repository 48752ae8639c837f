"""Scenes over the wire: what is written is read again, and nothing that comes in breaks more than its own request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.compositor.ready_made import ReadyMade, SceneParameters, ready_made
from encoder.compositor.scene_wire import (
    chosen_scene,
    layer_from_wire,
    parameters_from_wire,
    scene_from_wire,
    transition_from_wire,
)
from encoder.errors import EngineError
from gshop_studio.domain.quality import Orientation
from gshop_studio.domain.scene import (
    Align,
    Crop,
    Fit,
    Layer,
    LayerKind,
    Rectangle,
    Scene,
    Transition,
    TransitionKind,
    layer_to_wire,
    scene_to_wire,
    transition_to_wire,
)

shares = st.floats(0, 1)
colours = st.sampled_from(["", "#12aBff"])
texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=60)
layers = st.builds(
    Layer,
    kind=st.sampled_from(LayerKind),
    rectangle=st.builds(Rectangle, st.floats(-2, 2), st.floats(-2, 2), st.floats(0.001, 2), st.floats(0.001, 2)),
    opacity=shares,
    fit=st.sampled_from(Fit),
    crop=st.builds(Crop, *[st.floats(0, 0.48)] * 4),
    is_mirrored=st.booleans(),
    input=st.just("main"),
    path=st.just("/a/b.png"),
    text=texts,
    detail=texts,
    price=texts,
    old_price=texts,
    colour=colours,
    align=st.sampled_from(Align),
    text_height=st.floats(0.01, 1),
    is_round_cornered=st.booleans(),
    ends_at_ms=st.integers(0, 10**13),
    chroma_key=colours,
)
scenes = st.builds(Scene, texts, st.lists(layers, max_size=16).map(tuple))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=6),
    max_leaves=12,
)
FIELDS = list(Layer.__dataclass_fields__)


@given(scenes)
def test_a_scene_is_read_as_it_was_written(scene: Scene) -> None:
    assert scene_from_wire(json.loads(json.dumps(scene_to_wire(scene)))) == scene


@given(st.sampled_from(TransitionKind), st.integers(100, 2000))
def test_a_transition_is_read_as_it_was_written(kind: TransitionKind, duration_ms: int) -> None:
    transition = Transition(kind, duration_ms)
    assert transition_from_wire(json.loads(json.dumps(transition_to_wire(transition)))) == transition


@given(json_values)
def test_any_json_is_a_scene_or_a_fault(data: Any) -> None:
    for read in (
        scene_from_wire,
        layer_from_wire,
        transition_from_wire,
        parameters_from_wire,
        lambda value: chosen_scene(value, value, Orientation.PORTRAIT),
    ):
        try:
            read(data)
        except EngineError as error:
            fault = error.fault
        else:
            continue
        assert fault.code == "engine.bad_request" and fault.params["reason"]


@given(st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8), st.sampled_from(LayerKind))
def test_any_fields_are_a_layer_or_a_fault(fields: dict[str, Any], kind: LayerKind) -> None:
    try:
        scene = scene_from_wire({"name": "x", "layers": [{"kind": kind.value, "input": "a", "path": "b"} | fields]})
    except EngineError:
        return
    assert scene_from_wire(scene_to_wire(scene)) == scene


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "nothing"}, "kind"),
        ({"kind": "source"}, "input"),
        ({"kind": "image"}, "path"),
        ({"text": "x" * 501}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"path": "a\0b"}, "path"),
        ({"colour": "red"}, "colour"),
        ({"colour": "#12345"}, "colour"),
        ({"opacity": 1.1}, "opacity"),
        ({"opacity": True}, "opacity"),
        ({"rectangle": {"width": 0}}, "width"),
        ({"rectangle": {"left": float("nan")}}, "left"),
        ({"rectangle": {"top": float("inf")}}, "top"),
        ({"rectangle": {"width": 1e9}}, "width"),
        ({"rectangle": [0, 0, 1, 1]}, "rectangle"),
        ({"crop": {"left": 0.5, "right": 0.5}}, "crop"),
        ({"ends_at_ms": 10**300}, "ends_at_ms"),
        ({"ends_at_ms": 1.5}, "ends_at_ms"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(EngineError) as raised:
        layer_from_wire({"kind": "text"} | fields)
    assert raised.value.fault.params == {"reason": reason}


def test_there_are_limits_to_a_scene() -> None:
    layer = {"kind": "text", "text": "x"}
    scene_from_wire({"name": "full", "layers": [layer] * 16})
    too_many, too_long, no_list = {"layers": [layer] * 17}, {"name": "x" * 65}, {"name": "x", "layers": {}}
    wrong_ones: list[object] = [too_many, too_long, no_list, [], None]
    for wrong in wrong_ones:
        with pytest.raises(EngineError):
            scene_from_wire(wrong)


@pytest.mark.parametrize("orientation", list(Orientation))
@pytest.mark.parametrize("name", list(ReadyMade))
def test_a_ready_made_scene_is_chosen_by_its_name(name: ReadyMade, orientation: Orientation) -> None:
    parameters = {"title": "T", "price": "$ 1", "ends_at_ms": 5, "language": "pt-BR", "picture_path": "/p.png"}
    scene = chosen_scene(name.value, parameters, orientation)
    wanted = SceneParameters(title="T", price="$ 1", ends_at_ms=5, language="pt", picture_path="/p.png")
    assert scene == ready_made(name, orientation, wanted)
    assert scene_from_wire(scene_to_wire(scene)) == scene
    chosen_scene(name.value, None, orientation)


@pytest.mark.parametrize(("language", "words"), [("en", "Starting soon"), ("es", "Empezamos pronto"), ("pt", "Começa")])
def test_ready_made_words_are_in_the_persons_language(language: str, words: str) -> None:
    scene = chosen_scene("starting_soon", {"language": language}, Orientation.LANDSCAPE)
    assert any(layer.text.startswith(words) for layer in scene.layers)


def test_defaults_are_not_written() -> None:
    assert layer_to_wire(Layer(LayerKind.GROUND)) == {"kind": "ground"}
