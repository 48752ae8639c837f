"""The engine is brought up with what was chosen, and again when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gshop_studio.client.engine_client import Devices
from gshop_studio.client.errors import ClientError
from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import (
    ChannelStatus,
    Command,
    DestinationStatus,
    Device,
    EngineState,
    Fault,
    RecordingStatus,
)
from gshop_studio.settings import SettingsFile
from gshop_studio.studio.engine_room import EngineRoom
from tests.gshop_studio.studio.fake_engine import FakeEngine


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "settings.json")


@pytest.fixture
async def room(engine: FakeEngine, settings: SettingsFile) -> AsyncIterator[EngineRoom]:
    made = EngineRoom(engine, settings)
    yield made
    await made.close(leave_running=True)


async def test_without_devices_the_test_card_and_tone_are_there(room: EngineRoom, engine: FakeEngine) -> None:
    room.open()
    await room.settled()
    assert engine.wishes(Command.SET_SOURCES) == [{"video": "test"}, {"audio": "tone"}]
    assert engine.wishes(Command.PREVIEW_START)


async def test_the_first_camera_is_taken_unless_another_was_chosen(
    room: EngineRoom, engine: FakeEngine, settings: SettingsFile
) -> None:
    engine.cameras = [{"id": "Webcam", "name": "Webcam"}]
    room.open()
    await room.settled()
    assert {"video": "camera:Webcam"} in engine.wishes(Command.SET_SOURCES)


async def test_a_chosen_camera_that_is_gone_gives_way_and_is_told(
    room: EngineRoom, engine: FakeEngine, settings: SettingsFile
) -> None:
    settings.change(video_source="camera:Gone")
    engine.refused = {"camera:Gone": "source.not_found"}
    room.open()
    await room.settled()
    now = room.snapshot.value
    assert now.is_up and now.video_source == "test"
    assert now.trouble is not None and now.trouble.code == "source.not_found"
    assert settings.value.video_source == "camera:Gone"


async def test_a_source_that_cannot_be_opened_leaves_the_present_one(room: EngineRoom, engine: FakeEngine) -> None:
    room.open()
    await room.settled()
    engine.refused = {"file:/broken.mp4": "source.unreadable"}
    await room.choose_video("file:/broken.mp4")
    assert room.snapshot.value.video_source == "test"
    assert room.snapshot.value.trouble is not None


async def test_an_address_that_may_hold_a_password_is_not_written_down(
    room: EngineRoom, engine: FakeEngine, settings: SettingsFile
) -> None:
    """Case 44."""
    room.open()
    await room.settled()
    await room.choose_video("camera:rtsp://me:canary@phone/1")
    assert engine.wishes(Command.SET_SOURCES)[-1] == {"video": "camera:rtsp://me:canary@phone/1"}
    assert "canary" not in settings.value.model_dump_json()


async def test_a_dead_engine_is_replaced_with_the_same_choices(room: EngineRoom, engine: FakeEngine) -> None:
    """Case 64: here the restart; the show's part is told to whoever put it on air."""
    restarted = asyncio.Event()

    async def note() -> None:
        restarted.set()

    room.on_restarted = note
    room.open()
    await room.settled()
    await room.choose_video("file:/clip.mp4")
    await room.choose_quality(Quality.P360)
    await room.set_muted(True)
    engine.asked.clear()
    engine.die()
    assert not room.snapshot.value.is_up
    async with asyncio.timeout(2):
        await restarted.wait()
    assert {"video": "file:/clip.mp4"} in engine.wishes(Command.SET_SOURCES)
    assert engine.wishes(Command.SET_QUALITY) == [{"quality": "360p"}]
    assert engine.wishes(Command.SET_AUDIO)[0]["is_muted"] is True


async def test_an_engine_that_does_not_start_is_told_and_tried_again(room: EngineRoom, engine: FakeEngine) -> None:
    engine.fails_to_open = 2
    room.open()
    await room.settled()
    trouble = room.snapshot.value.trouble
    assert trouble is not None and trouble.code == "engine.start_failed"
    await until(lambda: room.snapshot.value.is_up)
    assert room.snapshot.value.trouble is None


async def test_an_engine_on_air_is_taken_over_as_it_is(room: EngineRoom, engine: FakeEngine) -> None:
    """Case 63: the studio died, the engine did not."""
    engine.was_running, engine.state = True, EngineState.LIVE
    room.open()
    await room.settled()
    assert engine.wishes(Command.SET_SOURCES) == []
    assert room.snapshot.value.is_on_air
    assert room.snapshot.value.video_source == "test"
    assert room.snapshot.value.quality == "720p"


async def test_the_whole_show_is_given_to_a_new_engine_in_the_order_it_needs(
    room: EngineRoom, engine: FakeEngine
) -> None:
    """Case 64: sources and channels before the scene that shows them, the scene before it is on air."""
    room.open()
    await room.settled()
    layer = {"kind": "text", "text": "-20 %"}
    await room.choose_quality(Quality.P480)
    await room.choose_orientation("portrait")
    await room.choose_encoder("h264_nvenc")
    await room.set_input("screen", "screen")
    await room.set_input("gone", "file:/gone.mp4")
    await room.set_input("gone", None)
    await room.set_input("clip", "file:/clip.mp4", with_sound=True)
    await room.set_replay(60)
    await room.set_channel("music", source="file:/music.mp3", gain_db=-12.0)
    await room.set_channel("music", effects={"gate": True})
    await room.set_channel("music", effects={"limiter": True})
    await room.set_channel("microphone", delay_ms=80, gain_db=3.0)
    await room.set_scene("picture in picture", {"title": "Autumn"}, {"kind": "fade", "duration_ms": 300})
    await room.set_overlay("price", layer)
    await room.set_overlay("logo", layer)
    await room.set_overlay("logo", None)
    await room.start_recording(Path("/videos"), "autumn")
    await room.go_live("rtmp://shop/live", "key-1")
    await room.go_live("rtmp://other/live", "key-2", "other")
    await room.go_live("rtmp://third/live", "key-3", "third")
    await room.stop("third")
    engine.asked.clear()
    engine.die()
    await until(lambda: bool(engine.wishes(Command.LIST_DEVICES)))
    assert [one for one in engine.asked if one[0] is not Command.STATUS] == [
        (Command.SET_QUALITY, {"quality": "480p", "orientation": "portrait"}),
        (Command.SET_ENCODER, {"encoder": "h264_nvenc"}),
        (Command.SET_AUDIO, {"gain_db": 3.0, "is_muted": False}),
        (Command.SET_SOURCES, {"video": "test"}),
        (Command.SET_SOURCES, {"audio": "tone"}),
        (Command.SET_INPUT, {"input": "screen", "source": "screen"}),
        (Command.SET_INPUT, {"input": "clip", "source": "file:/clip.mp4", "with_sound": True}),
        (Command.SET_CHANNEL, {"channel": "music", "source": "file:/music.mp3", "gain_db": -12.0,
                               "effects": {"gate": True, "limiter": True}}),
        (Command.SET_CHANNEL, {"channel": "microphone", "delay_ms": 80}),
        (Command.SET_SCENE, {"scene": "picture in picture", "parameters": {"title": "Autumn"}}),
        (Command.SET_OVERLAY, {"name": "price", "layer": layer}),
        (Command.SET_REPLAY, {"seconds": 60}),
        (Command.GO_LIVE, {"url": "rtmp://shop/live", "key": "key-1"}),
        (Command.GO_LIVE, {"url": "rtmp://other/live", "key": "key-2", "destination": "other"}),
        (Command.RECORD_START, {"folder": "/videos", "name": "autumn"}),
        (Command.PREVIEW_START, {"width": 854, "height": 480}),
        (Command.LIST_DEVICES, {}),
    ]  # fmt: skip


async def test_what_has_ended_is_not_begun_again(room: EngineRoom, engine: FakeEngine) -> None:
    """A refused destination, a recording that a full disk ended, a show that was stopped."""
    room.open()
    await room.settled()
    await room.go_live("rtmp://shop/live", "key-1")
    await room.go_live("rtmp://other/live", "key-2", "other")
    await room.start_recording(Path("/videos"), "autumn")
    engine.tell(
        destinations={"other": DestinationStatus(EngineState.FAILED, fault=Fault("ingest.refused_key"))},
        recording=RecordingStatus(False, "/videos/autumn.mp4", fault=Fault("recording.disk_full")),
    )
    await room.stop()
    engine.asked.clear()
    engine.die()
    await until(lambda: bool(engine.wishes(Command.LIST_DEVICES)))
    assert engine.wishes(Command.GO_LIVE) == [] and engine.wishes(Command.RECORD_START) == []


async def test_stopping_while_the_engine_is_dead_keeps_the_next_one_silent(
    room: EngineRoom, engine: FakeEngine
) -> None:
    room.open()
    await room.settled()
    await room.go_live("rtmp://shop/live", "key-1")
    engine.asked.clear()
    engine.die()
    await room.stop()
    await until(lambda: bool(engine.wishes(Command.LIST_DEVICES)))
    assert engine.wishes(Command.GO_LIVE) == [] and engine.wishes(Command.STOP) == []


async def test_what_an_older_engine_refuses_does_not_keep_it_down(room: EngineRoom, engine: FakeEngine) -> None:
    room.open()
    await room.settled()
    await room.set_scene("close-up")
    await room.set_overlay("price", {"kind": "text"})
    await room.go_live("rtmp://shop/live", "key-1")
    engine.refused = {"set_scene": "engine.bad_request", "set_overlay": "engine.bad_request"}
    engine.asked.clear()
    engine.die()
    await until(lambda: bool(engine.wishes(Command.GO_LIVE)))
    await until(lambda: room.snapshot.value.is_on_air)
    trouble = room.snapshot.value.trouble
    assert trouble is not None and trouble.code == "engine.bad_request"


async def test_a_busy_engine_is_taken_over_with_everything_it_tells(room: EngineRoom, engine: FakeEngine) -> None:
    """Case 63: its state and its controls; and were it to die, the same again."""
    engine.was_running, engine.state = True, EngineState.LIVE
    music = ChannelStatus("file:/music.mp3", -12.0, True, 20.0, {"gate": True})
    recording = RecordingStatus(True, "/videos/autumn-part2.mp4", ("/videos/autumn.mp4", "/videos/autumn-part2.mp4"))
    engine.told = replace(
        engine.told,
        scene="close-up",
        inputs={"main": "test", "screen": "screen", "clip": "file:/clip.mp4"},
        channels={
            "microphone": ChannelStatus("tone", 2.0, delay_ms=40.0),
            "music": music,
            "clip": ChannelStatus("file:/clip.mp4", -3.0),
        },
        overlays=("price",),
        gain_db=2.0,
        orientation="portrait",
        recording=recording,
    )
    asked_who_knows_the_key = asyncio.Event()

    async def note() -> None:
        asked_who_knows_the_key.set()

    room.on_restarted = note
    room.open()
    await room.settled()
    now = room.snapshot.value
    assert (now.scene, now.overlays, now.orientation, now.gain_db) == ("close-up", ("price",), "portrait", 2.0)
    assert now.channels["music"] == music and now.inputs["screen"] == "screen" and now.recording == recording
    engine.asked.clear()
    engine.was_running = False
    engine.die()
    await until(asked_who_knows_the_key.is_set)
    assert engine.wishes(Command.RECORD_START) == [{"folder": "/videos", "name": "autumn"}]
    assert engine.wishes(Command.SET_SCENE) == [{"scene": "close-up"}]
    assert engine.wishes(Command.SET_INPUT) == [
        {"input": "screen", "source": "screen"},
        {"input": "clip", "source": "file:/clip.mp4", "with_sound": True},
    ]
    assert {"channel": "clip", "delay_ms": 0.0, "effects": {}, "gain_db": -3.0, "is_muted": False} in engine.wishes(
        Command.SET_CHANNEL
    )
    assert {"channel": "microphone", "delay_ms": 40.0, "effects": {}} in engine.wishes(Command.SET_CHANNEL)
    assert engine.wishes(Command.SET_QUALITY) == [{"quality": "720p", "orientation": "portrait"}]


async def test_an_engine_that_records_without_a_broadcast_is_taken_over_too(
    room: EngineRoom, engine: FakeEngine
) -> None:
    engine.was_running = True
    engine.told = replace(engine.told, recording=RecordingStatus(True, "/videos/autumn.mp4"))
    room.open()
    await room.settled()
    assert engine.wishes(Command.SET_SOURCES) == [] and not room.snapshot.value.is_on_air
    assert await room.stop_recording() == (Path("/videos/autumn.mp4"),)


async def test_every_wish_is_one_request_and_a_refusal_is_told(room: EngineRoom, engine: FakeEngine) -> None:
    room.open()
    await room.settled()
    engine.asked.clear()
    state = await room.media_control("screen", "pause")
    assert state is not None and not state.is_playing and state.position_s == 1.5
    assert await room.save_replay(Path("/videos"), "clip", 30) == Path("/videos/clip.mp4")
    await room.retry_now("other")
    assert engine.asked == [
        (Command.MEDIA_CONTROL, {"source": "screen", "action": "pause"}),
        (Command.SAVE_REPLAY, {"folder": "/videos", "name": "clip", "seconds": 30}),
        (Command.RETRY_NOW, {"destination": "other"}),
    ]
    engine.refused = {command.value: "engine.busy" for command in Command}
    for refused in (
        room.choose_encoder("x"), room.choose_orientation("portrait"), room.set_input("a", "test"),
        room.set_scene("x"), room.set_overlay("x", None), room.set_channel("x", gain_db=1.0),
        room.media_control("a"), room.start_recording(Path("/v"), "n"), room.save_replay(Path("/v"), "n"),
    ):  # fmt: skip
        room.snapshot.set(replace(room.snapshot.value, trouble=None))
        await refused
        trouble = room.snapshot.value.trouble
        assert trouble is not None and trouble.code == "engine.busy"
    with pytest.raises(ClientError):
        await room.go_live("rtmp://shop/live", "key")


async def test_a_notice_is_told_until_it_is_over(room: EngineRoom, engine: FakeEngine) -> None:
    """Case 66, the studio's side."""
    room.open()
    await room.settled()
    room.notice_came(Fault("source.lost", {"source": "camera Webcam"}))
    engine.tell(lost=("main",))
    trouble = room.snapshot.value.trouble
    assert trouble is not None and (trouble.code, trouble.params) == ("source.lost", {"source": "camera Webcam"})
    engine.tell(lost=())
    assert room.snapshot.value.trouble is None
    room.notice_came(Fault("source.back", {"source": "camera Webcam"}))
    assert room.snapshot.value.trouble is None


async def test_a_camera_that_comes_back_takes_its_place_again(
    room: EngineRoom, engine: FakeEngine, settings: SettingsFile
) -> None:
    """Case 66: it was not there when the engine came up."""
    settings.change(video_source="camera:Webcam")
    engine.refused = {"camera:Webcam": "source.not_found"}
    room.open()
    await room.settled()
    assert room.snapshot.value.video_source == "test"
    engine.refused = {}
    room.devices_came(Devices(cameras=(Device("Webcam", "Webcam"),), screens=(Device("0", "Screen"),)))
    await until(lambda: room.snapshot.value.video_source == "camera:Webcam")
    assert room.snapshot.value.cameras == (Device("Webcam", "Webcam"),)
    assert room.snapshot.value.screens == (Device("0", "Screen"),)
    assert room.snapshot.value.trouble is None


async def test_closing_shuts_the_engine_down_unless_it_is_to_go_on(engine: FakeEngine, settings: SettingsFile) -> None:
    for leave_running in (True, False):
        room = EngineRoom(engine, settings)
        room.open()
        await room.settled()
        await room.close(leave_running=leave_running)
        assert engine.is_shut_down is not leave_running
