"""All checks as one report: in order, told as they come, bounded in time whatever hangs."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from encoder.doctor import doctor as module
from encoder.doctor.doctor import Instruments, run_doctor
from encoder.doctor.in_use import InUse
from encoder.doctor.preflight import Preflight
from encoder.errors import EngineError
from encoder.machine_health import MachineHealth
from gshop_studio.domain.doctor_report import Check, CheckResult, DoctorReport, Verdict
from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import Device
from tests.encoder.doctor.devices import Devices
from tests.encoder.ingest import STREAM_KEY, Ingest, running_ingest


@dataclass(frozen=True)
class Encoder:
    id: str = "libx264"
    label: str = "x264"
    is_hardware: bool = False


def list_devices() -> tuple[Sequence[Device], Sequence[Device]]:
    return [Device("Webcam", "Webcam")], [Device("Desk", "Desk")]


def instruments(**changes: Any) -> Instruments:
    fields: dict[str, Any] = {
        "list_devices": list_devices,
        "find_encoders": lambda: [Encoder()],
        "read_health": lambda: MachineHealth(machine_cpu_percent=5.0),
        "measure_speed": lambda _quality: 4.0,
    }
    return Instruments(**(fields | changes))


@pytest.fixture(autouse=True)
def settles_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encoder.doctor.devices._SETTLE_S", 0.05)


async def look(folder: Path, tools: Instruments | None = None, **changes: Any) -> DoctorReport:
    devices = Devices()
    return await run_doctor(
        clock=devices.clock, opener=devices.opener, instruments=tools or instruments(), record_folder=folder, **changes
    )


async def test_everything_is_looked_at_and_told_as_it_comes(tmp_path: Path) -> None:
    told: list[CheckResult] = []
    report = await look(tmp_path, on_progress=told.append)
    assert [one.check for one in report.results] == list(Check)
    assert {one.check for one in told} == set(Check) and told[-1].check is Check.SPEED
    assert {one.verdict for one in report.results} <= {Verdict.GOOD, Verdict.NOT_CHECKED, Verdict.WARN}
    assert report.recommended_quality is Quality.P1080 and not report.has_bad
    assert DoctorReport.from_wire(report.to_wire()) == report


async def test_only_what_was_asked_for_is_looked_at(tmp_path: Path) -> None:
    report = await look(tmp_path, only={Check.DISK, Check.CAMERA})
    assert [one.check for one in report.results] == [Check.CAMERA, Check.DISK]
    assert report.recommended_quality is None, "neither speed nor upload is known"


async def test_on_air_the_show_keeps_processor_and_uplink(tmp_path: Path) -> None:
    measured: list[Quality] = []
    tools = instruments(measure_speed=measured.append)
    report = await look(tmp_path, tools, url="rtmp://127.0.0.1:1/live", key="x", in_use=InUse(is_on_air=True))
    for check in (Check.UPLOAD, Check.SPEED):
        result = report.result(check)
        assert result is not None and result.finding == "doctor.on_air" and result.verdict is Verdict.NOT_CHECKED
    assert measured == []


async def test_what_hangs_is_told_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drivers, disks and sensors that never answer: the report comes all the same."""
    may_end = threading.Event()

    def hang(*_args: Any) -> Any:
        may_end.wait(30)
        raise OSError("late")

    for name in ("_LIST_S", "_DISK_S", "_MACHINE_S", "_ENCODERS_S", "_SPEED_S"):
        monkeypatch.setattr(module, name, 0.2)
    monkeypatch.setattr(module, "check_disk", hang)
    tools = Instruments(list_devices=hang, find_encoders=hang, read_health=hang, measure_speed=hang)
    began_s = time.monotonic()
    report = await look(tmp_path, tools, only=set(Check) - {Check.CAMERA, Check.MICROPHONE})
    devices = await look(tmp_path, tools, only={Check.CAMERA})
    may_end.set()
    assert time.monotonic() - began_s < 10
    findings = {one.check: one.finding for one in report.results}
    assert findings == {
        Check.ENCODERS: "doctor.encoders.hang",
        Check.SPEED: "doctor.speed.too_slow",
        Check.UPLOAD: "doctor.upload.no_address",
        Check.DISK: "doctor.disk.hangs",
        Check.MACHINE: "doctor.machine.unknown",
    }
    camera = devices.result(Check.CAMERA)
    assert camera is not None and camera.verdict is Verdict.GOOD, "a list that hangs is not needed to open the first"


def test_the_longest_visit_ends_within_20_s() -> None:
    """By the limits themselves: what runs side by side, and the speed after it."""
    from encoder.doctor import devices, upload

    side_by_side = max(
        module._LIST_S + max(devices._CAMERA_S, devices._MICROPHONE_S),
        upload._WHOLE_S,
        module._DISK_S,
        module._MACHINE_S,
        module._ENCODERS_S,
    )
    assert side_by_side + module._SPEED_S <= 20


async def first_picture(ingest: Ingest) -> None:
    async with asyncio.timeout(15):
        while not ingest.pictures:
            await asyncio.sleep(0.01)


def preflight(folder: Path) -> Preflight:
    devices = Devices()
    return Preflight(devices.clock, devices.opener, instruments(), folder)


async def test_the_engines_command_gives_the_same_report(tmp_path: Path) -> None:
    answer = await preflight(tmp_path).run({"checks": ["disk", "speed"]}, InUse())
    report = DoctorReport.from_wire(answer)
    assert [one.check for one in report.results] == [Check.SPEED, Check.DISK]
    assert report.recommended_quality is Quality.P1080


async def test_one_at_a_time_and_given_up_when_asked_to(tmp_path: Path) -> None:
    command = preflight(tmp_path)
    assert await command.run({"cancel": True}, InUse()) == {}
    with running_ingest() as ingest:
        params = {"url": ingest.url, "key": STREAM_KEY, "checks": ["upload"]}
        running = asyncio.create_task(command.run(params, InUse()))
        await first_picture(ingest)
        with pytest.raises(EngineError) as caught:
            await command.run({}, InUse())
        assert caught.value.fault.code == "engine.busy"
        began_s = time.monotonic()
        await command.run({"cancel": True}, InUse())
        with pytest.raises(EngineError) as caught:
            await running
        assert caught.value.fault.code == "doctor.cancelled"
        assert time.monotonic() - began_s < 3
    report = DoctorReport.from_wire(await command.run({"checks": ["disk"]}, InUse()))
    assert report.result(Check.DISK) is not None, "and the next one may look"


@pytest.mark.parametrize(
    "params", [{"checks": "disk"}, {"checks": ["everything"]}, {"url": 5}, {"key": ["k"]}, {"record_folder": "a\0b"},
               {"url": "x" * 5000}]
)  # fmt: skip
async def test_nonsense_is_a_bad_request(params: dict[str, Any], tmp_path: Path) -> None:
    command = preflight(tmp_path)
    with pytest.raises(EngineError) as caught:
        await command.run(params, InUse())
    assert caught.value.fault.code == "engine.bad_request"
    assert STREAM_KEY not in repr(caught.value.fault)
