"""A show goes on air and ends as one: shop, engine and room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.client.errors import ApiError, ClientError, ServerUnreachable
from gshop_studio.contract.events import ServerEvent, Snapshot
from gshop_studio.contract.rest import EndAnswer, StartAnswer, Stream, StreamCreate
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.engine_protocol import Command, EngineState, Fault
from gshop_studio.settings import SettingsFile
from gshop_studio.studio.air_state import AirState, air_state, air_trouble
from gshop_studio.studio.engine_room import EngineRoom
from gshop_studio.studio.going_live import GoingLive, ShowPhase, ShowRoom
from gshop_studio.studio.running_show import RunningShow, RunningShowFile
from tests.gshop_studio.studio.examples import SHOW, stream
from tests.gshop_studio.studio.fake_engine import FakeEngine
from tests.gshop_studio.studio.test_engine_room import until

KEY = "canary-key"


class Shop:
    url = "http://shop"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refusals: dict[str, ClientError] = {}
        self.status = StreamStatus.LIVE

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if what in self.refusals:
            raise self.refusals[what]

    async def create_stream(self, body: StreamCreate) -> Stream:
        self._note("create")
        return stream(StreamStatus.SCHEDULED)

    async def stream(self, stream_id: str) -> Stream:
        self._note("read")
        return stream(self.status, stream_id)

    async def start_stream(self, stream_id: str) -> StartAnswer:
        self._note("start")
        return StartAnswer(
            stream_id=stream_id, rtmp_ingest_url="rtmp://shop/live", stream_key=KEY, hls_playback_url="http://shop/x"
        )

    async def end_stream(self, stream_id: str) -> EndAnswer:
        self._note("end")
        return EndAnswer()


class Room:
    def __init__(self) -> None:
        self.is_open = False
        self.refusal: ClientError | None = None

    async def open(self) -> None:
        if self.refusal:
            raise self.refusal
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def send_message(self, text: str, client_message_id: str) -> None:
        """Nothing to do."""


class Crew:
    def __init__(self) -> None:
        self.told: list[str] = []

    def show_began(self, stream_id: str, room: ShowRoom) -> None:
        self.told.append("began")

    def show_ended(self) -> None:
        self.told.append("ended")

    def joined(self, snapshot: Snapshot) -> None: ...
    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None: ...
    def connection_changed(self, is_connected: bool) -> None: ...


class Stage:
    def __init__(self, folder: Path) -> None:
        self.shop, self.room, self.crew, self.engine = Shop(), Room(), Crew(), FakeEngine()
        self.engine_room = EngineRoom(self.engine, SettingsFile(folder / "settings.json"))
        self.memory = RunningShowFile(folder / "running-show.json")
        self.live = GoingLive(
            self.engine_room, self.memory, lambda: self.shop, lambda _id, _live: self.room, self.crew, lambda: 1000
        )

    @property
    def phase(self) -> ShowPhase:
        return self.live.snapshot.value.phase

    @property
    def trouble(self) -> str:
        trouble = self.live.snapshot.value.trouble
        return trouble.code if trouble else ""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    made.engine_room.open()
    await made.engine_room.settled()
    yield made
    await made.live.close()
    await made.engine_room.close(leave_running=False)


async def test_a_new_show_goes_on_air(stage: Stage) -> None:
    await stage.live.go_live_new("Autumn sale", ["a"])
    now = stage.live.snapshot.value
    assert (now.phase, now.stream_id, now.started_at_ms) == (ShowPhase.ON_AIR, SHOW, 1000)
    assert now.watch_url == f"http://shop/watch/{SHOW}"
    assert stage.engine.wishes(Command.GO_LIVE) == [{"url": "rtmp://shop/live", "key": KEY}]
    assert stage.room.is_open and stage.crew.told == ["began"]


async def test_the_show_is_remembered_without_its_key(stage: Stage, tmp_path: Path) -> None:
    """Case 44."""
    await stage.live.go_live_new("Autumn sale", [])
    assert stage.memory.load() == RunningShow("http://shop", SHOW, "Autumn sale", 1000)
    assert KEY not in (tmp_path / "running-show.json").read_text()
    assert KEY not in repr(stage.live.snapshot.value)


@pytest.mark.parametrize("step", ["create", "start"])
async def test_a_shop_that_says_no_is_told_and_nothing_is_sent(stage: Stage, step: str) -> None:
    stage.shop.refusals[step] = ApiError("stream.refused", "No.", 409)
    await stage.live.go_live_new("Autumn sale", [])
    assert stage.phase is (ShowPhase.NONE if step == "create" else ShowPhase.READY)
    assert stage.trouble == "stream.refused"
    assert stage.engine.wishes(Command.GO_LIVE) == []


async def test_an_engine_that_refuses_closes_the_room_and_the_show_can_be_tried_again(stage: Stage) -> None:
    stage.engine.refused = {"rtmp://shop/live": "ingest.bad_url"}
    await stage.live.go_live_new("Autumn sale", [])
    assert (stage.phase, stage.trouble, stage.room.is_open) == (ShowPhase.READY, "ingest.bad_url", False)
    stage.engine.refused = {}
    await stage.live.go_live(SHOW, "Autumn sale")
    assert (stage.phase, stage.trouble) == (ShowPhase.ON_AIR, "")


async def test_ending_stops_the_picture_first_and_forgets_the_show(stage: Stage) -> None:
    await stage.live.go_live_new("Autumn sale", [])
    await stage.live.end()
    assert stage.phase is ShowPhase.ENDED
    assert stage.engine.state is EngineState.IDLE
    assert stage.shop.asked[-1] == "end"
    assert stage.memory.load() is None
    assert stage.crew.told == ["began", "ended"]


async def test_ending_works_without_the_shop_and_says_so(stage: Stage) -> None:
    await stage.live.go_live_new("Autumn sale", [])
    stage.shop.refusals["end"] = ServerUnreachable("http://shop")
    await stage.live.end()
    assert (stage.phase, stage.trouble) == (ShowPhase.ENDED, "show.end_not_told")
    assert stage.engine.state is EngineState.IDLE


async def test_a_show_that_the_shop_ends_is_over_here_too(stage: Stage) -> None:
    await stage.live.go_live_new("Autumn sale", [])
    stage.live.happened(ServerEvent.STREAM_ENDED, {})
    await until(lambda: stage.phase is ShowPhase.ENDED)
    assert stage.trouble == "show.ended_by_shop"
    assert stage.engine.state is EngineState.IDLE


async def test_a_new_engine_takes_the_same_show_on(stage: Stage) -> None:
    """Case 64."""
    await stage.live.go_live_new("Autumn sale", [])
    stage.engine.die()
    await until(lambda: len(stage.engine.wishes(Command.GO_LIVE)) == 2)
    assert stage.phase is ShowPhase.ON_AIR
    assert stage.shop.asked.count("create") == 1


async def test_a_restarted_studio_finds_its_show(stage: Stage) -> None:
    """Case 63."""
    stage.memory.save(RunningShow("http://shop", SHOW, "Autumn sale", 500))
    stage.engine.report(EngineState.LIVE)
    await stage.live.restore()
    now = stage.live.snapshot.value
    assert (now.phase, now.started_at_ms) == (ShowPhase.ON_AIR, 500)
    assert stage.room.is_open
    assert stage.engine.wishes(Command.GO_LIVE) == []


async def test_a_show_whose_engine_died_too_is_offered_again(stage: Stage) -> None:
    stage.memory.save(RunningShow("http://shop", SHOW, "Autumn sale", 500))
    await stage.live.restore()
    assert (stage.phase, stage.trouble) == (ShowPhase.READY, "show.interrupted")


async def test_a_show_that_ended_meanwhile_is_forgotten_and_its_engine_stopped(stage: Stage) -> None:
    stage.memory.save(RunningShow("http://shop", SHOW, "Autumn sale", 500))
    stage.engine.report(EngineState.LIVE)
    stage.shop.status = StreamStatus.ENDED
    await stage.live.restore()
    assert stage.phase is ShowPhase.NONE
    assert stage.engine.state is EngineState.IDLE
    assert stage.memory.load() is None


async def test_two_clicks_make_one_show(stage: Stage) -> None:
    await asyncio.gather(stage.live.go_live_new("one", []), stage.live.go_live_new("two", []))
    assert stage.shop.asked.count("create") == 1


async def test_the_state_at_a_glance_follows_show_and_engine(stage: Stage) -> None:
    def glance() -> AirState:
        return air_state(stage.live.snapshot.value, stage.engine_room.snapshot.value)

    assert glance() is AirState.OFF
    await stage.live.go_live_new("Autumn sale", [])
    assert glance() is AirState.ON_AIR
    stage.engine.report(EngineState.RECONNECTING)
    assert glance() is AirState.RECONNECTING
    stage.engine.report(EngineState.FAILED)
    assert glance() is AirState.FAILED
    await stage.live.retry_now()
    assert glance() is AirState.ON_AIR
    await stage.live.end()
    assert glance() is AirState.OFF


async def test_the_engines_reason_is_told(stage: Stage) -> None:
    await stage.live.go_live_new("Autumn sale", [])
    assert stage.engine.listener is not None
    fault = Fault("ingest.lost", {"host": "shop", "port": "1935"})
    status = stage.engine.status()
    stage.engine.listener.status_came(replace(status, state=EngineState.RECONNECTING, fault=fault))
    trouble = air_trouble(stage.live.snapshot.value, stage.engine_room.snapshot.value)
    assert trouble is not None and (trouble.code, trouble.params["host"]) == ("ingest.lost", "shop")
