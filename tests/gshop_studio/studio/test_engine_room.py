"""The engine is brought up with what was chosen, and again when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import Command, EngineState
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


async def test_closing_shuts_the_engine_down_unless_it_is_to_go_on(engine: FakeEngine, settings: SettingsFile) -> None:
    for leave_running in (True, False):
        room = EngineRoom(engine, settings)
        room.open()
        await room.settled()
        await room.close(leave_running=leave_running)
        assert engine.is_shut_down is not leave_running
