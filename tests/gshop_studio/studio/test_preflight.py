"""The check before the show: part by part, with a private show for the test publish, and given up at any time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.client.errors import ClientError, ServerUnreachable
from gshop_studio.contract.rest import EndAnswer, StartAnswer, Stream, StreamCreate
from gshop_studio.domain.doctor_report import Check, CheckResult, DoctorReport, Verdict
from gshop_studio.domain.quality import Quality
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.engine_protocol import Command, EngineState
from gshop_studio.settings import SettingsFile
from gshop_studio.studio.engine_room import EngineRoom
from gshop_studio.studio.preflight import Preflight, PreflightSnapshot
from tests.gshop_studio.studio.examples import stream
from tests.gshop_studio.studio.fake_engine import FakeEngine
from tests.gshop_studio.studio.test_engine_room import until

KEY = "canary-key"


class Shop:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refusal: ClientError | None = None
        self.created: StreamCreate | None = None

    async def create_stream(self, body: StreamCreate) -> Stream:
        if self.refusal:
            raise self.refusal
        self.asked.append("create")
        self.created = body
        return stream(StreamStatus.SCHEDULED)

    async def start_stream(self, stream_id: str) -> StartAnswer:
        self.asked.append("start")
        return StartAnswer(
            stream_id=stream_id, rtmp_ingest_url="rtmp://shop/live", stream_key=KEY, hls_playback_url="http://shop/x"
        )

    async def end_stream(self, stream_id: str) -> EndAnswer:
        self.asked.append("end")
        return EndAnswer()


class Doctor(FakeEngine):
    """Answers for the checks it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.upload_may_end = asyncio.Event()
        self.upload_may_end.set()
        self.findings: dict[Check, CheckResult] = {
            Check.SPEED: CheckResult(Check.SPEED, Verdict.GOOD, "doctor.speed.good",
                                     {"speed_360p": 9.0, "speed_480p": 5.0, "speed_720p": 3.0, "speed_1080p": 1.2}),
            Check.UPLOAD: CheckResult(Check.UPLOAD, Verdict.GOOD, "doctor.upload.good", {"upload_kbps": 3000.0}),
        }  # fmt: skip

    async def request(self, command: Command, **params: Any) -> dict[str, Any]:
        if command is Command.PREFLIGHT and "checks" in params:
            checks = [Check(name) for name in params["checks"]]
            missing = CheckResult(Check.UPLOAD, Verdict.NOT_CHECKED, "doctor.upload.no_address", {},
                                  "doctor.upload.give_one")  # fmt: skip
            found = [self.findings.get(one, CheckResult(one, Verdict.GOOD, "doctor.machine.good")) for one in checks]
            if checks == [Check.UPLOAD] and "url" not in params:
                found = [missing]
            self.report_of_preflight = DoctorReport(tuple(found)).to_wire()
        answer = await super().request(command, **params)
        if params.get("checks") == [Check.UPLOAD.value]:
            await self.upload_may_end.wait()
        return answer


class Stage:
    def __init__(self, tmp_path: Path) -> None:
        self.engine = Doctor()
        self.room = EngineRoom(self.engine, SettingsFile(tmp_path / "settings.json"))
        self.shop: Shop | None = Shop()
        self.preflight = Preflight(self.room, lambda: self.shop)
        self.seen: list[PreflightSnapshot] = []
        self.preflight.snapshot.listen(self.seen.append)

    @property
    def now(self) -> PreflightSnapshot:
        return self.preflight.snapshot.value


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    made.room.open()
    await made.room.settled()
    yield made
    await made.preflight.cancel()
    await made.room.close(leave_running=True)


async def test_results_come_part_by_part_and_end_in_advice(stage: Stage) -> None:
    await stage.preflight.run("Connection test")
    counts = [len(snapshot.results) for snapshot in stage.seen]
    assert sorted(set(counts)) == [0, 5, 6, 7] and counts == sorted(counts)
    assert stage.seen[0].is_running and not stage.now.is_running
    assert [one.check for one in stage.now.results] == list(Check)
    assert stage.now.recommended_quality is Quality.P480, "the upload has room for no more"
    assert stage.now.trouble is None


async def test_the_test_publish_goes_to_a_private_show_that_is_ended(stage: Stage) -> None:
    await stage.preflight.run("Prueba de conexión")
    assert stage.shop is not None and stage.shop.created is not None
    assert stage.shop.created.is_private and stage.shop.created.title == "Prueba de conexión"
    assert stage.shop.asked == ["create", "start", "end"]
    assert {"checks": ["upload"], "url": "rtmp://shop/live", "key": KEY} in stage.engine.wishes(Command.PREFLIGHT)
    assert KEY not in repr(stage.seen)


async def test_without_a_shop_the_upload_is_not_tried_and_it_says_why(stage: Stage) -> None:
    stage.shop = None
    await stage.preflight.run("test")
    upload = stage.now.report.result(Check.UPLOAD)
    assert upload is not None and upload.verdict is Verdict.NOT_CHECKED and upload.advice == "doctor.upload.sign_in"
    assert stage.now.recommended_quality is Quality.P720, "by the machine alone"


async def test_on_air_no_second_show_is_made(stage: Stage) -> None:
    stage.engine.report(EngineState.LIVE)
    await stage.preflight.run("test")
    assert stage.shop is not None and stage.shop.asked == []


async def test_a_shop_that_cannot_be_reached_is_told_and_the_rest_is_looked_at(stage: Stage) -> None:
    assert stage.shop is not None
    stage.shop.refusal = ServerUnreachable("http://shop")
    await stage.preflight.run("test")
    assert stage.now.trouble is not None and stage.now.trouble.code == "server.unreachable"
    assert len(stage.now.results) == len(Check)


async def test_given_up_it_ends_the_private_show_and_tells_the_engine(stage: Stage) -> None:
    stage.engine.upload_may_end.clear()
    running = asyncio.create_task(stage.preflight.run("test"))
    await until(lambda: len(stage.engine.wishes(Command.PREFLIGHT)) == 2)
    await stage.preflight.cancel()
    await running
    assert {"cancel": True} in stage.engine.wishes(Command.PREFLIGHT)
    assert stage.shop is not None and stage.shop.asked == ["create", "start", "end"]
    assert not stage.now.is_running and len(stage.now.results) == 5 and stage.now.trouble is None


async def test_two_clicks_look_once(stage: Stage) -> None:
    await asyncio.gather(stage.preflight.run("test"), stage.preflight.run("test"))
    assert len(stage.engine.wishes(Command.PREFLIGHT)) == 3


async def test_an_engine_that_knows_no_preflight_is_told(stage: Stage) -> None:
    stage.engine.refused = {"preflight": "engine.bad_request"}
    await stage.preflight.run("test")
    assert stage.now.trouble is not None and stage.now.trouble.code == "engine.bad_request"
    assert not stage.now.is_running


@pytest.mark.parametrize("nonsense", [{}, {"results": 1}, {"results": [{"check": "x"}]}, {"results": [5]}])
async def test_nonsense_for_a_report_is_told(stage: Stage, nonsense: dict[str, Any]) -> None:
    async def answer(command: Command, **params: Any) -> dict[str, Any]:
        return nonsense

    stage.engine.request = answer  # type: ignore[method-assign]
    await stage.preflight.run("test")
    assert stage.now.trouble is not None and not stage.now.is_running
