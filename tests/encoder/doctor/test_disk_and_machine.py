"""Room for a recording, and a machine that is fit."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from encoder.doctor.disk import check_disk
from encoder.doctor.encoders import check_encoders
from encoder.doctor.machine import judge_machine
from encoder.machine_health import MachineHealth
from gshop_studio.domain.doctor_report import Verdict
from gshop_studio.domain.quality import Quality

_Usage = namedtuple("_Usage", "total used free")
Encoder = namedtuple("Encoder", "id label is_hardware")
X264, NVENC = Encoder("libx264", "x264", False), Encoder("h264_nvenc", "NVIDIA NVENC", True)


@pytest.mark.parametrize(
    ("free_bytes", "verdict", "finding"),
    [
        (100 * 10**9, Verdict.GOOD, "doctor.disk.good"),
        (10**9, Verdict.WARN, "doctor.disk.short"),
        (10**8, Verdict.BAD, "doctor.disk.full"),
    ],
)
def test_free_space_is_told_as_time(
    free_bytes: int, verdict: Verdict, finding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: _Usage(0, 0, free_bytes))
    result = check_disk(tmp_path / "not" / "yet" / "there", Quality.P720)
    assert (result.verdict, result.finding) == (verdict, finding)
    minutes = result.number("minutes")
    assert minutes == pytest.approx(free_bytes * 8 / 2_628_000 / 60, abs=1)
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Case 59: here a file where a folder should be; `/proc` takes no file at all."""
    result = check_disk(Path("/proc/no-such-folder"))
    assert (result.verdict, result.finding) == (Verdict.BAD, "doctor.disk.unwritable")
    assert result.facts["reason"] and result.advice == "doctor.disk.other_folder"


@pytest.mark.parametrize(
    ("health", "verdict", "finding"),
    [
        (MachineHealth(), Verdict.NOT_CHECKED, "doctor.machine.unknown"),
        (MachineHealth(80, True, 50, None, 10), Verdict.GOOD, "doctor.machine.good"),
        (MachineHealth(machine_cpu_percent=20), Verdict.GOOD, "doctor.machine.good"),
        (MachineHealth(10, True, 50, None, 10), Verdict.GOOD, "doctor.machine.good"),
        (MachineHealth(10, False, 95, None, 90), Verdict.BAD, "doctor.machine.battery_low"),
        (MachineHealth(80, False, 95, None, 90), Verdict.WARN, "doctor.machine.hot"),
        (MachineHealth(80, True, 84, 1, 10), Verdict.WARN, "doctor.machine.hot"),
        (MachineHealth(40, False, 50, None, 90), Verdict.WARN, "doctor.machine.busy"),
        (MachineHealth(40, False, 50, None, 10), Verdict.WARN, "doctor.machine.on_battery"),
        (MachineHealth(90, False, 50, None, 10), Verdict.GOOD, "doctor.machine.good"),
    ],
)
def test_the_worst_of_the_machine_is_told(health: MachineHealth, verdict: Verdict, finding: str) -> None:
    result = judge_machine(health)
    assert (result.verdict, result.finding) == (verdict, finding)
    assert (verdict in (Verdict.BAD, Verdict.WARN)) == bool(result.advice)


def test_encoders_are_told_by_name_and_by_the_id_that_broadcast_takes() -> None:
    assert check_encoders(lambda: [X264]).finding == "doctor.encoders.software"
    both = check_encoders(lambda: [X264, NVENC])
    assert (both.finding, both.facts["hardware"]) == ("doctor.encoders.hardware", "NVIDIA NVENC (h264_nvenc)")
    assert both.facts["encoders"] == "x264 (libx264), NVIDIA NVENC (h264_nvenc)"
    none = check_encoders(lambda: [NVENC])
    assert (none.verdict, none.advice) == (Verdict.BAD, "doctor.encoders.reinstall")
