"""A camera gives a picture and a microphone sound, or the person is told what is wrong with it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from encoder.doctor import devices as module
from encoder.doctor.devices import check_camera, check_microphone
from encoder.doctor.in_use import InUse
from encoder.sources.tone import Tone
from gshop_studio.domain.doctor_report import CheckResult, Verdict
from gshop_studio.engine_protocol import Device, Fault
from tests.encoder.doctor.devices import Devices
from tests.encoder.sound.pulse import PulseAudio

WEBCAM = [Device("Webcam", "Webcam"), Device("Phone", "Phone")]
DESK = [Device("Desk", "Desk")]
NOTHING = InUse()


@pytest.fixture
def sound_server(tmp_path: Path) -> Iterator[PulseAudio]:
    """Its microphone hears the test tone: a beep each second."""
    server = PulseAudio(tmp_path, Tone())
    server.start()
    yield server
    server.kill()


async def camera(devices: Devices, wanted: str | None = None, in_use: InUse = NOTHING) -> CheckResult:
    return await check_camera(devices.opener, devices.clock, WEBCAM, wanted, in_use)


async def microphone(devices: Devices, wanted: str | None = None, in_use: InUse = NOTHING) -> CheckResult:
    return await check_microphone(devices.opener, devices.clock, DESK, wanted, in_use)


async def test_the_first_camera_is_opened_looked_at_and_let_go() -> None:
    devices = Devices()
    result = await camera(devices)
    assert (result.verdict, result.finding) == (Verdict.GOOD, "doctor.camera.good")
    assert result.facts == {"count": 2.0, "source": "Webcam"}
    assert devices.names == ["Webcam"] and devices.opened[0].is_closed
    assert (await camera(devices, wanted="Phone")).facts["source"] == "Phone"


@pytest.mark.parametrize(
    ("picture", "verdict", "finding", "advice"),
    [
        ("flat", Verdict.WARN, "doctor.camera.flat", "doctor.camera.uncover"),
        ("none", Verdict.BAD, "doctor.camera.no_picture", "doctor.device.unplug"),
        ("lost", Verdict.BAD, "source.lost", ""),
    ],
)
async def test_a_camera_without_a_picture_is_told(
    picture: str, verdict: Verdict, finding: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PICTURE_S", 0.2)
    devices = Devices(picture)
    result = await camera(devices)
    assert (result.verdict, result.finding, result.advice) == (verdict, finding, advice)
    assert devices.opened[0].is_closed


async def test_a_busy_device_is_told_as_a_broadcast_tells_it() -> None:
    devices = Devices()
    devices.refusal = Fault("source.busy", {"source": "camera Webcam"})
    result = await camera(devices)
    assert (result.verdict, result.finding, result.facts["source"]) == (Verdict.BAD, "source.busy", "camera Webcam")
    assert (await microphone(devices)).finding == "source.busy"


async def test_a_driver_that_hangs_is_left_behind_and_its_device_let_go_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CAMERA_S", 0.1)
    devices = Devices()
    devices.may_open.clear()
    result = await camera(devices)
    assert (result.verdict, result.finding) == (Verdict.BAD, "doctor.camera.hangs")
    devices.may_open.set()


async def test_no_device_is_a_warning_unless_one_was_asked_for() -> None:
    devices = Devices()
    for check, kind in ((check_camera, "camera"), (check_microphone, "microphone")):
        none = await check(devices.opener, devices.clock, [], None, NOTHING)
        assert (none.verdict, none.finding) == (Verdict.WARN, f"doctor.{kind}.none")
    assert devices.names == []
    devices.refusal = Fault("source.not_found", {"source": "camera Gone"})
    assert (await check_camera(devices.opener, devices.clock, [], "Gone", NOTHING)).verdict is Verdict.BAD


@pytest.mark.parametrize("name", ["camera:Webcam", "camera"])
async def test_what_the_engine_holds_open_is_not_opened_twice(name: str) -> None:
    devices = Devices()
    working = InUse(frozenset({name, "microphone:Desk", "file:/x"}))
    assert (await camera(devices, in_use=working)).finding == "doctor.camera.in_use"
    assert (await microphone(devices, in_use=working)).finding == "doctor.microphone.in_use"
    lost = InUse(lost=frozenset({name, "microphone:Desk"}))
    assert (await camera(devices, in_use=lost)).finding == "source.lost"
    assert (await microphone(devices, in_use=lost)).verdict is Verdict.BAD
    assert devices.names == []
    await camera(devices, wanted="Phone", in_use=working)
    assert devices.names == ["Phone"]


@pytest.mark.parametrize(
    ("level", "share", "verdict", "finding"),
    [
        (0.25, 1.0, Verdict.GOOD, "doctor.microphone.good"),
        (0.0, 1.0, Verdict.WARN, "doctor.microphone.silent"),
        (0.25, 0.3, Verdict.BAD, "doctor.microphone.gaps"),
        (0.25, 0.0, Verdict.BAD, "doctor.microphone.no_sound"),
    ],
)
async def test_a_microphone_is_listened_to(
    level: float, share: float, verdict: Verdict, finding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SETTLE_S", 0.05)
    monkeypatch.setattr(module, "_FIRST_SOUND_S", 0.2)
    devices = Devices(level=level, given_share=share)
    result = await microphone(devices)
    assert (result.verdict, result.finding) == (verdict, finding)
    assert devices.opened[0].is_closed
    if share == 1.0:
        assert result.facts["peak_dbfs"] == (-12.0 if level else -120.0)
        assert result.facts["given_percent"] == 100.0


def test_a_real_microphone_is_heard(sound_server: PulseAudio) -> None:
    """The real PortAudio path, on a PulseAudio source that plays a tone."""
    done = subprocess.run(
        [sys.executable, "-c", _LISTEN], env=sound_server.environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["finding"] != "doctor.microphone.no_sound", report
    assert report["facts"]["given_percent"] > 50


_LISTEN = """
import asyncio, json
from encoder.clock import MonotonicClock
from encoder.doctor.devices import check_microphone
from encoder.doctor.in_use import InUse
from encoder.sources.opener import SourceOpener
clock = MonotonicClock()
result = asyncio.run(check_microphone(SourceOpener(clock), clock, None, None, InUse()))
print(json.dumps(result.to_wire()))
"""
