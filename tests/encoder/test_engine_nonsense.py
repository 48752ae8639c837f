"""Nonsense on the engine's socket: each request is answered, soon, and the process lives."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gshop_studio.engine_protocol import Command, EngineState
from gshop_studio.fault_texts import FAULT_TEXTS
from tests.support.engine_process import Studio, running_engine
from tests.support.engine_watch import EngineRefusal, EngineWatch

_HUGE = 10**400
"""A whole number that no float holds."""
FIELDS = (
    "video", "audio", "input", "source", "with_sound", "scene", "parameters", "transition", "name", "layer", "action",
    "position_s", "quality", "orientation", "gain_db", "is_muted", "channel", "delay_ms", "effects", "encoder", "url",
    "key", "destination", "folder", "seconds", "record_folder", "checks", "width", "height", "slot", "camera", "cancel",
    "kind", "rectangle", "opacity", "crop", "text", "price", "path", "ends_at_ms", "chroma_key", "layers", "title",
)  # fmt: skip
WORDS = (
    "test", "tone", "silence", "main", "microphone", "media", "master", "camera", "camera_card", "picture_in_picture",
    "360p", "720p", "portrait", "play", "seek", "fade", "cut", "text", "card", "countdown", "ground", "libx264",
    "file:/dev/null", "image:/dev/zero", "file:.", "camera:99", "screen:x", "network:http://127.0.0.1:1/", "#FFFFFF",
    "rtmp://127.0.0.1:1/live", "rtmp://[", "rtmps://x:99999/live", "/proc/nowhere", "disk", "",
)  # fmt: skip
numbers = st.sampled_from([0, 1, -1, 5, 30.0, 1e308, -1e308, float("nan"), float("inf"), _HUGE, -_HUGE, 2**63])
plain = st.one_of(st.none(), st.booleans(), numbers, st.sampled_from(WORDS), st.text(max_size=80))
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=8)), inner)
    ),
    max_leaves=12,
)
params = st.one_of(st.dictionaries(st.sampled_from(FIELDS), values, max_size=8), values)
SLOW = frozenset({Command.PREFLIGHT, Command.LIST_ENCODERS, Command.LIST_DEVICES})
"""They look at the machine, whatever their parameters are."""
QUICK = [command for command in Command if command not in SLOW and command is not Command.SHUTDOWN]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineWatch]:
    """In a folder of its own: a relative path of a recording leads there."""
    folder = tmp_path_factory.mktemp("nonsense")
    with running_engine(folder, cwd=folder), EngineWatch(folder) as watch:
        watch.ask("set_sources", video="test", audio="tone")
        yield watch
        log = (folder / "engine.log").read_text()
        assert "Traceback" not in log, log[-4000:]


def assert_refused_or_done(engine: EngineWatch, command: str, values: Any) -> None:
    code = ""
    try:
        engine.request(command, values)
    except EngineRefusal as refusal:
        code = refusal.code
    assert not code or (code in FAULT_TEXTS and code != "engine.broken"), (command, values, code)
    assert engine.status()["state"] in set(EngineState)


@pytest.mark.parametrize("command", QUICK)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=params)
def test_random_parameters_are_answered(engine: EngineWatch, command: Command, values: Any) -> None:
    assert_refused_or_done(engine, command, values)


@pytest.mark.parametrize("command", sorted(SLOW))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=params)
def test_random_parameters_are_answered_in_their_time(engine: EngineWatch, command: Command, values: Any) -> None:
    assert_refused_or_done(engine, command, values)


@pytest.mark.parametrize(
    ("command", "values"),
    [
        ("set_channel", {"channel": "microphone", "gain_db": _HUGE}),
        ("set_channel", {"channel": "microphone", "delay_ms": float("nan")}),
        ("set_channel", {"channel": "x" * 60, "source": "tone"}),
        ("set_channel", {"channel": "master", "source": "tone"}),
        ("set_input", {"input": "x" * 60, "source": "test", "with_sound": True}),
        ("set_replay", {"seconds": _HUGE}),
        ("media_control", {"source": "main", "action": "seek", "position_s": _HUGE}),
        ("set_overlay", {"name": "a", "layer": {"kind": "text", "text_height": _HUGE}}),
        ("set_scene", {"scene": ["camera"]}),
        ("set_scene", {"scene": {"name": "x", "layers": [{"kind": "countdown", "ends_at_ms": -1}]}}),
        ("preview_start", {"width": _HUGE, "height": 2}),
        ("record_start", {"folder": 5, "name": "x"}),
        ("record_start", {"folder": "made", "name": "x"}),
        ("record_start", {"folder": "made", "name": ""}),
        ("stop", {"destination": ["main"]}),
    ],
)
def test_what_does_not_fit_is_a_bad_request(engine: EngineWatch, command: str, values: dict[str, Any]) -> None:
    assert engine.refusal(command, **values) == "engine.bad_request"


def test_a_refused_channel_leaves_nothing_open(engine: EngineWatch) -> None:
    before = engine.status()
    assert engine.refusal("set_input", input="master", source="test", with_sound=True) != "engine.broken"
    after = engine.status()
    assert (after["inputs"], set(after["channels"])) == (before["inputs"], set(before["channels"]))


def test_half_a_character_ends_the_connection_of_whoever_sends_it(tmp_path: Path) -> None:
    """It is no text: it could be neither a file's name nor answered."""
    with running_engine(tmp_path):
        for message in (
            {"id": 1, "command": "set_sources", "params": {"video": "file:/\ud800"}},
            {"id": "\udfff", "command": "status"},
            {"id": 1, "command": "set_channel", "params": {"channel": "microphone", "\ud800": 1}},
        ):
            with Studio(tmp_path) as studio:
                studio.socket.sendall(json.dumps(message).encode() + b"\n")
                with contextlib.suppress(ConnectionError):
                    while studio.receive() is not None:
                        pass
        with Studio(tmp_path) as studio:
            assert studio.ask("set_overlay", name="hat", layer={"kind": "text", "text": "\U0001f3a9 olé"})["ok"]
            assert studio.ask("status")["result"]["overlays"] == ["hat"]
