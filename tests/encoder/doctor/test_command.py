"""`gshop-studio doctor`: the real process, before a real ingest."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from encoder.clock import MonotonicClock
from encoder.doctor.table import table
from encoder.doctor.upload import check_upload
from encoder.stream_key import KEY_VARIABLE
from gshop_studio.domain.doctor_report import Check, CheckResult, DoctorReport, Verdict
from gshop_studio.domain.quality import Quality
from tests.encoder.ingest import STREAM_KEY, running_ingest
from tests.support.server import running_server
from tests.support.show import Rest

DOCTOR = [sys.executable, "-m", "gshop_studio", "doctor"]
_LIMIT_S = 30.0
"""20 s of looking, and a busy host that starts the process."""


def doctor(
    home: Path, *arguments: str, key: str | None = None, language: str = "en"
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
    environment |= {"GSHOP_HOME": str(home), "GSHOP_LANGUAGE": language, "COLUMNS": "110", "PULSE_SERVER": "unix:/none"}
    environment |= {KEY_VARIABLE: key} if key else {}
    began_s = time.monotonic()
    done = subprocess.run(
        [*DOCTOR, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert time.monotonic() - began_s < _LIMIT_S
    assert "Traceback" not in done.stderr
    assert STREAM_KEY not in done.stdout + done.stderr
    return done


def report_of(done: subprocess.CompletedProcess[str]) -> DoctorReport:
    data: dict[str, Any] = json.loads(done.stdout)
    return DoctorReport.from_wire(data)


def test_before_a_good_ingest_a_quality_is_recommended(tmp_path: Path) -> None:
    with running_ingest() as ingest:
        done = doctor(tmp_path, "--to", ingest.url, "--json", "--record-folder", str(tmp_path), key=STREAM_KEY)
        assert ingest.publications[0].metadata["encoder"].startswith("gshop-studio/")
        assert len(ingest.pictures) > 60
    report = report_of(done)
    assert [one.check for one in report.results] == list(Check)
    upload = report.result(Check.UPLOAD)
    assert upload is not None and upload.verdict is not Verdict.NOT_CHECKED
    assert upload.facts["host"] == "127.0.0.1" and (upload.number("upload_kbps") or 0) > 1000
    speed = report.result(Check.SPEED)
    assert speed is not None and (speed.number("speed_360p") or 0) > 0
    assert done.returncode == (1 if report.has_bad else 0)


def test_before_our_own_server_the_embedded_ingest_is_tried(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        seller = Rest(server, "seller")
        show = seller.call("POST", "/live/streams", {"title": "Connection test", "isPrivate": True})
        started = seller.call("POST", f"/live/streams/{show['id']}/start")
        done = doctor(tmp_path, "--to", started["rtmpIngestUrl"], "--json", key=started["streamKey"])
        refused = asyncio.run(check_upload(started["rtmpIngestUrl"], "no-such-key", MonotonicClock()))
    upload = report_of(done).result(Check.UPLOAD)
    assert upload is not None and (upload.number("upload_kbps") or 0) > 1000, upload
    assert upload.number("round_trip_ms") is not None
    assert refused.finding == "ingest.refused_key"


def test_without_an_address_it_says_how_to_try_the_upload(tmp_path: Path) -> None:
    done = doctor(tmp_path)
    lines = done.stdout.splitlines()
    [upload] = [line for line in lines if line.startswith("not checked  Upload")]
    assert "--to rtmp://host/app" in " ".join(lines[lines.index(upload) :])
    assert any(line.startswith("good") and "Disk" in line for line in lines)
    assert done.returncode == (1 if any(line.startswith("bad") for line in lines) else 0)


def test_what_is_bad_is_told_with_what_to_do_in_the_persons_language_and_ends_with_1(tmp_path: Path) -> None:
    arguments = ("--to", "rtmp://127.0.0.1:1/live", "--camera", "No Such Camera", "--microphone", "No Such Microphone",
                 "--record-folder", "/proc/nowhere")  # fmt: skip
    done = doctor(tmp_path, *arguments, key=STREAM_KEY, language="es")
    told = " ".join(done.stdout.split())
    for words in (
        "No se puede llegar a 127.0.0.1:1",
        "No se encuentra la fuente «camera No Such Camera».",
        "«microphone No Such Microphone»",
        "No se puede escribir en /proc/nowhere",
        "Graba en otra carpeta.",
        "No se puede recomendar ninguna calidad hasta que esto se arregle.",
    ):
        assert words in told
    assert sum(line.startswith("mal ") for line in done.stdout.splitlines()) >= 4
    assert done.returncode == 1


def test_without_a_key_nothing_is_tried(tmp_path: Path) -> None:
    done = doctor(tmp_path, "--to", "rtmp://127.0.0.1:1/live")
    assert done.returncode == 2 and "No stream key" in done.stderr and done.stdout == ""


def test_the_table_is_wrapped_under_its_own_column() -> None:
    report = DoctorReport(
        (
            CheckResult(Check.DISK, Verdict.WARN, "doctor.disk.hangs", {"path": "/a"}, "doctor.disk.other_folder"),
            CheckResult(Check.MACHINE, Verdict.GOOD, "doctor.machine.good"),
        ),
        Quality.P720,
    )
    lines = table(report, "en", 60)
    assert lines == [
        "attention    Disk            /a does not answer. Record to",
        "                             another folder.",
        "good         Computer        Power, heat and other programs",
        "                             are fine.",
        "",
        "Recommended quality: 720p.",
    ]
