"""Every control of the engine's socket while a broadcast is on: the real process, a real ingest, what a viewer gets.

One engine is on air for all of these; whatever a test does to it, no picture and no sound is missing afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from encoder.picture import PictureSize
from tests.encoder.broadcast_media import (
    assert_whole_sound,
    brightness,
    missing_ticks,
    newest_picture,
    stamps_ms,
    time_codes_ms,
)
from tests.encoder.ingest import STREAM_KEY, Ingest, Publication, running_ingest
from tests.encoder.media import decoded_pictures, decoded_sound, offsets_ms, time_code_of, write_flash_and_beep
from tests.encoder.outputs.recorded import is_ordinary, play
from tests.support.engine_process import running_engine
from tests.support.engine_watch import EngineWatch
from tests.support.processes import wait_until

PRICE = "R$ 49,90"
WHITE = {"name": "white", "layers": [{"kind": "ground", "colour": "#FFFFFF"}]}
BLACK = {"name": "black", "layers": [{"kind": "ground", "colour": "#000000"}]}
CUT, FADE = {"kind": "cut"}, {"kind": "fade", "duration_ms": 700}


@dataclass
class Air:
    """An engine that is on air, who steers it, and who receives it."""

    engine: EngineWatch
    ingest: Ingest
    folder: Path

    @property
    def publication(self) -> Publication:
        return self.ingest.publications[-1]

    def pictures(self, count: int) -> Publication:
        """What is published from now on, from a keyframe, until there are so many pictures and the sound to them."""
        start_ms = self.publication.order_ms[-1]
        part = Publication(avc_configs=self.publication.avc_configs, audio_configs=self.publication.audio_configs)

        def has_come() -> bool:
            keys = [one.timestamp_ms for one in list(self.publication.pictures) if one.is_keyframe]
            first_ms = next((key for key in keys if key > start_ms), None)
            if first_ms is None:
                return False
            part.pictures = [one for one in list(self.publication.pictures) if one.timestamp_ms >= first_ms]
            part.sounds = [one for one in list(self.publication.sounds) if one.timestamp_ms >= first_ms]
            return len(part.pictures) >= count

        wait_until(has_come, what="pictures")
        return part

    def until_seen(self, what: str, condition: Any) -> av.VideoFrame:
        """The first newest picture that fulfils the condition."""
        seen: list[av.VideoFrame] = []

        def look() -> bool:
            seen[:] = [newest_picture(self.ingest)]
            return bool(condition(seen[0]))

        wait_until(look, what=what, every_s=0.1)
        return seen[0]

    def until_peak(self, low: float, high: float) -> float:
        """The first peak between these: a change on air takes a moment to arrive, a busy machine's a longer one."""
        peaks: list[float] = []

        def is_heard() -> bool:
            peaks.append(self.peak())
            return low <= peaks[-1] < high

        wait_until(is_heard, what=f"a peak of {low} to {high}, not {peaks}")
        return peaks[-1]

    def peak(self) -> float:
        """Of a second of sound that begins now, as a viewer hears it: there is a beep in it."""
        begin = len(self.publication.sounds)
        wait_until(lambda: len(self.publication.sounds) - begin > 52, what="sound")
        part = Publication(audio_configs=self.publication.audio_configs, sounds=self.publication.sounds[begin:])
        frames = decoded_sound(part)[3:]  # the decoder's first frames are not whole
        return max(float(np.abs(frame.to_ndarray()).max()) for frame in frames)


def has_code(frame: av.VideoFrame) -> bool:
    """Whether the test card's code can be read: the whole of it is seen."""
    return time_code_of(frame) is not None


@pytest.fixture(scope="module")
def on_air(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Air]:
    folder = tmp_path_factory.mktemp("air")
    with running_ingest() as ingest, running_engine(folder), EngineWatch(folder) as engine:
        engine.ask("set_quality", quality="360p")
        engine.ask("set_sources", video="test", audio="tone")
        engine.ask("go_live", url=ingest.url, key=STREAM_KEY)
        engine.until_state("live")
        yield Air(engine, ingest, folder)
        assert STREAM_KEY not in (folder / "engine.log").read_text()


@pytest.fixture
def air(on_air: Air) -> Iterator[Air]:
    """The engine as it was left; afterwards nothing is missing, and it is as it was."""
    on_air.engine.ask("set_scene", scene="camera")
    yield on_air
    status = on_air.engine.status()
    assert len(on_air.ingest.publications) == 1 and status["state"] == "live" and status["reconnects"] == 0
    assert status["dropped_frames"] == 0
    assert missing_ticks(stamps_ms(on_air.ingest.publications)) <= on_air.engine.status()["late_frames"]
    assert_whole_sound([sample.timestamp_ms for sample in list(on_air.publication.sounds)])
    assert not [one for one in on_air.engine.notices if one["code"] == "engine.broken"]


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_flash_and_beep(tmp_path_factory.mktemp("media") / "card.mp4", 4, PictureSize(320, 180))


# --- picture ---


@pytest.mark.parametrize("transition", [CUT, FADE], ids=["cut", "fade"])
def test_each_ready_made_scene_goes_on_the_air(air: Air, transition: dict[str, Any]) -> None:
    scenes = air.engine.ask("list_scenes")["scenes"]
    assert set(scenes) >= {"camera", "camera_card", "picture_in_picture", "close_up", "starting_soon", "be_right_back"}
    for scene in scenes:
        parameters = {"title": "Linen shirt", "price": PRICE, "ends_at_ms": 4_000_000_000_000}
        air.engine.ask("set_scene", scene=scene, parameters=parameters, transition=transition)
        assert air.engine.status()["scene"] == scene
        if scene in ("camera", "camera_card"):  # the whole camera, and its code is at the top
            air.until_seen(scene, has_code)
        else:
            air.until_seen(scene, lambda frame: not has_code(frame))


def test_a_fade_is_one_even_change_and_a_cut_is_at_once(air: Air) -> None:
    air.engine.ask("set_scene", scene=BLACK)
    air.until_seen("black", lambda frame: brightness(frame) < 20)
    air.engine.ask("set_scene", scene=WHITE, transition=FADE)
    air.until_seen("white", lambda frame: brightness(frame) > 230)
    air.engine.ask("set_scene", scene=BLACK, transition=CUT)
    air.until_seen("black", lambda frame: brightness(frame) < 20)
    levels = [brightness(frame) for frame in decoded_pictures(air.publication)]
    last_black = max(index for index, level in enumerate(levels[:-1]) if level < 20 and levels[index + 1] > 20)
    shown = levels[last_black:]
    rising = shown[: shown.index(max(shown)) + 1]
    assert len(rising) >= 12, "21 ticks, less those that a busy machine was late for"
    assert all(-2 < later - earlier < 40 for earlier, later in pairwise(rising)), rising
    falling = [level for level in shown[len(rising) :] if 25 < level < 225]
    assert not falling, falling


def test_scenes_asked_for_at_once_come_on_in_the_order_asked(air: Air, tmp_path: Path) -> None:
    """A scene whose picture takes long to read must not come on after the one that was asked for later."""
    large = tmp_path / "large.png"
    noise = np.random.default_rng(1).integers(0, 255, (2400, 3200, 3), np.uint8)
    Image.fromarray(noise).save(large, compress_level=1)
    slow = {"name": "slow", "layers": [{"kind": "image", "path": str(large)}]}
    waiting = [air.engine.send("set_scene", {"scene": slow}), air.engine.send("set_scene", {"scene": WHITE})]
    overlay = {"kind": "image", "path": str(large), "rectangle": {"width": 0.5, "height": 0.5}}
    waiting += [
        air.engine.send("set_overlay", {"name": "card", "layer": overlay}),
        air.engine.send("set_overlay", {"name": "card", "layer": None}),
    ]
    for wait in waiting:
        wait()
    status = air.engine.status()
    assert status["scene"] == "white" and status["overlays"] == []


def test_an_overlay_is_burned_in_over_every_scene_until_it_is_taken_away(air: Air) -> None:
    box = (0.55, 0.75, 0.95, 0.95)
    layer = {"kind": "ground", "colour": "#FFFFFF", "rectangle": {"left": 0.5, "top": 0.7, "width": 0.5, "height": 0.3}}
    air.engine.ask("set_scene", scene=BLACK)
    air.engine.ask("set_overlay", name="card", layer=layer)
    air.engine.ask("set_overlay", name="tag", layer={"kind": "price_tag", "price": PRICE})
    assert air.engine.status()["overlays"] == ["card", "tag"]
    air.until_seen("the overlay", lambda frame: brightness(frame, *box) > 220)
    air.engine.ask("set_scene", scene="be_right_back")
    air.until_seen("the overlay, still", lambda frame: brightness(frame, *box) > 220)
    air.engine.ask("set_overlay", name="card", layer=None)
    air.until_seen("it gone", lambda frame: brightness(frame, *box) < 100)
    air.engine.ask("set_overlay", name="tag", layer=None)
    assert air.engine.status()["overlays"] == []
    assert (
        air.engine.refusal("set_overlay", name="x", layer={"kind": "image", "path": "/no/such"}) == "source.unreadable"
    )


def test_a_picture_in_a_picture_shows_both_inputs(air: Air, tmp_path: Path) -> None:
    white = tmp_path / "white.png"
    Image.new("RGB", (320, 180), "white").save(white)
    air.engine.ask("set_input", input="screen", source=f"image:{white}")
    air.engine.ask("set_scene", scene="picture_in_picture")
    assert air.engine.status()["inputs"] == {"screen": f"image:{white}"}
    frame = air.until_seen("both", lambda frame: brightness(frame, 0.1, 0.1, 0.6, 0.6) > 220)
    corner = brightness(frame, 0.75, 0.72, 0.95, 0.92)
    assert corner < 200, "the camera in its corner"
    air.engine.ask("set_input", input="screen", source=None)
    assert air.engine.status()["inputs"] == {}
    air.until_seen("a slate", lambda frame: brightness(frame, 0.1, 0.1, 0.6, 0.6) < 200)


# --- sound ---


def test_a_media_file_brings_its_sound_along_and_takes_it_away(air: Air, card: Path) -> None:
    engine = air.engine
    engine.ask("set_channel", channel="microphone", is_muted=True)
    air.until_peak(0.0, 0.02)
    engine.ask("set_input", input="media", source=f"file:{card}", with_sound=True)
    scene = {"name": "clip", "layers": [{"kind": "source", "input": "media"}]}
    engine.ask("set_scene", scene=scene)
    assert engine.status()["channels"]["media"]["source"] == f"file:{card}"
    air.until_peak(0.2, 1.1)
    engine.ask("set_channel", channel="media", gain_db=-20.0)
    air.until_peak(0.0, 0.05)
    engine.ask("set_channel", channel="media", gain_db=0.0)
    engine.ask("set_input", input="media", source="test")
    assert engine.status()["channels"]["media"]["source"] == "", "another picture: the file's sound went with it"
    air.until_peak(0.0, 0.02)
    engine.ask("set_input", input="media", source=f"file:{card}", with_sound=True)
    engine.ask("set_input", input="media", source=None)
    assert engine.status()["channels"]["media"]["source"] == ""
    air.until_peak(0.0, 0.02)
    engine.ask("set_channel", channel="microphone", is_muted=False)
    air.until_peak(0.2, 1.1)


def test_a_media_file_is_paused_sought_looped_and_played(air: Air, card: Path) -> None:
    engine = air.engine
    engine.ask("set_input", input="media", source=f"file:{card}", with_sound=True)
    engine.ask("set_scene", scene={"name": "clip", "layers": [{"kind": "source", "input": "media"}]})
    state = engine.ask("media_control", source="media")
    assert state["is_playing"] and state["is_looping"] and 3.9 < state["duration_s"] < 4.2
    engine.ask("media_control", source="media", action="pause")
    engine.ask("media_control", source="media", action="seek", position_s=2.0)
    settled = lambda: 1.9 < engine.ask("media_control", source="media")["position_s"] < 2.2  # noqa: E731
    wait_until(settled, what="the place sought")
    air.until_peak(0.2, 1.1)
    stood = engine.ask("media_control", source="media")
    assert not stood["is_playing"] and 1.9 < stood["position_s"] < 2.2
    engine.ask("media_control", source="media", action="once")
    engine.ask("media_control", source="media", action="play")
    ended = lambda: engine.ask("media_control", source="media")["has_ended"]  # noqa: E731
    wait_until(ended, what="its end")
    engine.ask("media_control", source="media", action="loop")
    engine.ask("media_control", source="media", action="play")
    wait_until(lambda: engine.ask("media_control", source="media")["is_playing"], what="it again")
    engine.ask("set_input", input="media", source=None)
    for source, params in (("media", {}), ("main", {}), ("media", {"action": "explode"})):
        assert engine.refusal("media_control", source=source, **params) == "engine.bad_request"


def test_gain_delay_and_each_effect_are_set_on_air(air: Air) -> None:
    engine = air.engine
    air.until_peak(0.2, 0.3)
    engine.ask("set_channel", channel="microphone", gain_db=-12.0, delay_ms=200.0)
    wait_until(lambda: air.peak() < 0.08, what="the gain")
    part = air.pictures(70)
    offsets = offsets_ms(decoded_pictures(part), decoded_sound(part))
    assert offsets and all(170 < offset < 230 for offset in offsets), offsets
    engine.ask("set_audio", gain_db=0.0)
    engine.ask("set_channel", channel="microphone", delay_ms=0.0)
    for effect in ("noise_suppression", "gate", "compressor"):
        engine.ask("set_channel", channel="microphone", effects={effect: True})
        assert engine.status()["channels"]["microphone"]["effects"][effect] is True
        engine.ask("set_channel", channel="microphone", effects={effect: False})
    engine.ask("set_channel", channel="microphone", effects={"limiter": True}, limiter_ceiling_db=-20.0)
    wait_until(lambda: air.peak() < 0.13, what="the limiter")
    engine.ask("set_channel", channel="microphone", effects={"limiter": False})
    wait_until(lambda: air.peak() > 0.2, what="all of it again")
    assert not any(engine.status()["channels"]["microphone"]["effects"].values())
    part = air.pictures(70)
    offsets = offsets_ms(decoded_pictures(part), decoded_sound(part))
    assert offsets and max(map(abs, offsets)) < 40, "no effect left a delay behind"


# --- outputs ---


def test_a_second_destination_gets_the_same_and_its_loss_is_its_own(air: Air) -> None:
    with running_ingest() as other:
        air.engine.ask("go_live", url=other.url, key=STREAM_KEY, destination="friends")
        air.engine.until(
            lambda status: status["destinations"].get("friends", {}).get("state") == "live", what="the second"
        )
        wait_until(lambda: len(other.pictures) > 40, what="its pictures")
        known = {sample.payload for sample in list(air.publication.pictures)}
        assert all(sample.payload in known for sample in other.pictures[:40]), "encoded once"
        assert other.publications[0].pictures[0].is_keyframe
        other.hang_up()
        air.engine.until(lambda status: status["destinations"]["friends"]["reconnects"] == 1, what="it again")
        assert air.engine.status()["destinations"]["main"]["state"] == "live"
        wait_until(
            lambda: len(other.publications) == 2 and len(other.publications[1].pictures) > 5, what="its pictures"
        )
        assert other.publications[1].pictures[0].is_keyframe
        assert air.engine.refusal("go_live", url=other.url, key=STREAM_KEY, destination="friends") == "engine.busy"
        air.engine.ask("stop", destination="friends")
        wait_until(lambda: other.publications[1].is_finished, what="the goodbye")
    assert list(air.engine.status()["destinations"]) == ["main"]


def test_a_recording_and_a_replay_are_made_while_live(air: Air) -> None:
    engine, folder = air.engine, air.folder / "recordings"
    assert engine.refusal("save_replay", folder=str(folder), name="clip") == "replay.empty"
    engine.ask("set_replay", seconds=5)
    path = Path(engine.ask("record_start", folder=str(folder), name="Autumn: 50%?\n" + "x" * 200)["path"])
    assert engine.refusal("record_start", folder=str(folder), name="other") == "engine.busy"
    for command, params in (("set_quality", {"quality": "480p"}), ("set_encoder", {"encoder": "libx264"})):
        assert engine.refusal(command, **params) == "engine.busy"
    assert engine.refusal("go_live", url=air.ingest.url, key=STREAM_KEY) == "engine.busy"
    engine.until(lambda status: status["recording"]["duration_s"] > 3.0, what="three seconds")
    clip = Path(engine.ask("save_replay", folder=str(folder), name="clip", seconds=5)["path"])
    engine.ask("set_replay", seconds=0)
    assert engine.ask("record_stop")["paths"] == [str(path)]
    status = engine.status()
    assert status["recording"]["is_running"] is False and status["recording"]["fault"] is None
    for made in (path, clip):
        assert is_ordinary(made)
        codes = time_codes_ms(play(made).pictures)
        assert len(codes) > 50
        assert missing_ticks(codes) <= status["late_frames"]
    assert engine.ask("record_stop")["paths"] == [str(path)], "asked twice, told twice"


def test_what_there_is_can_be_listed(air: Air) -> None:
    assert {"id": "libx264", "label": "x264", "is_hardware": False} in air.engine.ask("list_encoders")["encoders"]
    devices = air.engine.ask("list_devices")
    assert {"cameras", "microphones", "screens"} <= devices.keys()
    assert air.engine.refusal("set_encoder", encoder="no_such") == "encoder.not_available"


def test_the_pre_flight_check_leaves_the_show_alone(air: Air) -> None:
    report = air.engine.ask("preflight")
    assert report["results"]


def test_sources_are_switched_on_air_and_one_that_cannot_be_opened_changes_nothing(air: Air, card: Path) -> None:
    engine = air.engine
    engine.ask("set_sources", video=f"file:{card}", audio=f"file:{card}")
    part = air.pictures(60)
    assert engine.status()["video_source"] == f"file:{card}"
    offsets = offsets_ms(decoded_pictures(part), decoded_sound(part))
    assert offsets and max(map(abs, offsets)) < 40
    assert engine.refusal("set_sources", video="file:/no/such") in ("source.not_found", "source.unreadable")
    assert engine.refusal("set_sources", video="image:/no/such", audio="tone") in (
        "source.not_found",
        "source.unreadable",
    )
    assert engine.status()["video_source"] == engine.status()["audio_source"] == f"file:{card}"
    engine.ask("set_sources", video="test", audio="tone")


# --- without a stream ---


def test_upright_and_recording_without_a_stream(tmp_path: Path) -> None:
    with running_engine(tmp_path), EngineWatch(tmp_path) as engine:
        engine.ask("set_quality", quality="360p", orientation="portrait")
        engine.ask("set_sources", video="test", audio="tone")
        path = Path(engine.ask("record_start", folder=str(tmp_path / "made"), name="upright")["path"])
        assert engine.refusal("set_quality", quality="360p", orientation="landscape") == "engine.busy"
        engine.until(lambda status: status["recording"]["duration_s"] > 2.0, what="two seconds")
        with running_ingest() as ingest:
            engine.ask("go_live", url=ingest.url, key=STREAM_KEY)
            wait_until(lambda: len(ingest.pictures) > 30, what="pictures")
            metadata = ingest.publications[0].metadata
            assert (metadata["width"], metadata["height"]) == (360.0, 640.0)
            engine.ask("stop")
            status = engine.status()
            assert status["state"] == "idle" and status["recording"]["is_running"], "the recording goes on"
        engine.until(lambda status: status["recording"]["duration_s"] > 4.0, what="what follows")
        late = engine.status()["late_frames"]
        engine.ask("record_stop")
        played = play(path)
        assert (played.pictures[0].width, played.pictures[0].height) == (360, 640)
        assert missing_ticks(played.picture_times_ms) <= late
        engine.ask("set_quality", quality="360p", orientation="landscape")
        status = engine.status()
        assert (status["width"], status["height"], status["orientation"]) == (640, 360, "landscape")
