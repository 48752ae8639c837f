"""A real test publish: what an uplink takes is measured, what is wrong is told as a broadcast tells it."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from encoder.clock import MonotonicClock
from encoder.doctor.test_signal import TEST_VIDEO_KBPS, make_test_signal
from encoder.doctor.upload import Upload, check_upload, judge_upload
from encoder.packets import PacketKind
from gshop_studio.domain.doctor_report import CheckResult, Verdict
from tests.encoder.ingest import STREAM_KEY, black_hole, running_ingest
from tests.encoder.media import decoded_pictures, decoded_sound
from tests.support.processes import wait_until
from tests.support.tcp_proxy import running_tcp_proxy


async def check(url: str | None, key: str = STREAM_KEY, publish_s: float = 2.0, whole_s: float = 13.0) -> CheckResult:
    return await check_upload(url, key, MonotonicClock(), publish_s=publish_s, whole_s=whole_s)


def test_the_test_signal_is_a_second_of_more_than_1080p_needs() -> None:
    signal = make_test_signal()
    assert signal.kbps == pytest.approx(TEST_VIDEO_KBPS, rel=0.05)
    times = [packet.at_us for packet in signal.packets]
    assert times == sorted(times) and times[0] >= 0 and times[-1] < 1_000_000
    assert sum(packet.kind is PacketKind.VIDEO for packet in signal.packets) == 30


async def test_an_uplink_that_takes_everything_is_plenty() -> None:
    with running_ingest() as ingest:
        result = await check(ingest.url)
        assert result.verdict is Verdict.GOOD and result.finding.startswith("doctor.upload."), result
        upload_kbps = result.number("upload_kbps")
        assert upload_kbps is not None and upload_kbps == pytest.approx(TEST_VIDEO_KBPS, rel=0.15)
        assert result.number("round_trip_ms") is not None
        [publication] = ingest.publications
        wait_until(lambda: publication.is_finished, what="the goodbye")
        stamps = [sample.timestamp_ms for sample in publication.pictures]
        assert stamps == sorted(stamps) and len(stamps) > 40
        assert len(decoded_pictures(publication)) == len(stamps), "the far end sees valid H.264"
        assert len(decoded_sound(publication)) > 50, "and valid sound"


async def test_a_slow_uplink_is_measured_as_what_it_is() -> None:
    """Shaped to 3.2 Mb/s: 720p does not fit, 480p does."""
    with running_ingest() as ingest, running_tcp_proxy(ingest.port) as proxy:
        proxy.up_bytes_per_s = 400_000
        result = await check(f"rtmp://127.0.0.1:{proxy.port}/live", publish_s=4.0)
    upload_kbps = result.number("upload_kbps")
    assert upload_kbps is not None and 1800 < upload_kbps < 3700, result
    assert (result.verdict, result.facts["quality"]) == (Verdict.WARN, "480p")
    assert result.advice == "doctor.upload.use_cable"


async def test_a_wrong_key_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with running_ingest() as ingest:
        result = await check(ingest.url, key="canary-wrong-key")
    assert (result.verdict, result.finding) == (Verdict.BAD, "ingest.refused_key")
    assert "canary" not in repr(result) + caplog.text


async def test_a_host_that_cannot_be_reached_and_one_that_never_answers_are_told() -> None:
    refused = await check("rtmp://127.0.0.1:1/live")
    assert (refused.verdict, refused.finding) == (Verdict.BAD, "ingest.unreachable")
    assert refused.facts["host"] == "127.0.0.1"
    with black_hole() as hole:
        silent = await check(f"rtmp://127.0.0.1:{hole.port}/live", whole_s=0.7)
    assert (silent.verdict, silent.finding) == (Verdict.BAD, "ingest.timeout")


async def test_a_bad_certificate_is_told_and_the_key_stays_here(tmp_path: Path) -> None:
    path = tmp_path / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    path.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "cert.pem").read_text())
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(path)
    with running_ingest(tls=server) as ingest:
        result = await check(ingest.url)
        assert (result.verdict, result.finding) == (Verdict.BAD, "ingest.certificate")
        assert ingest.publications == []


@pytest.mark.parametrize("url", ["http://shop/live", "rtmp://", "shop"])
async def test_what_is_no_address_is_told(url: str) -> None:
    assert (await check(url)).finding == "ingest.bad_url"


async def test_without_an_address_nothing_is_sent() -> None:
    result = await check(None)
    assert (result.verdict, result.advice) == (Verdict.NOT_CHECKED, "doctor.upload.give_one")


async def test_cancelled_it_is_off_the_ingest_at_once() -> None:
    with running_ingest() as ingest:
        running = asyncio.create_task(check(ingest.url, publish_s=20.0))
        async with asyncio.timeout(10):
            while not ingest.pictures:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running], timeout=2)
        assert running.cancelled()
        count = len(ingest.pictures)
        await asyncio.sleep(0.3)  # time in which pictures would come
        assert len(ingest.pictures) <= count + 5
    assert not any(thread.name.startswith("call-make_test") for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("upload", "verdict", "finding"),
    [
        (Upload(7900, False, 20, False), Verdict.GOOD, "doctor.upload.plenty"),
        (Upload(5000, True, 20, False), Verdict.GOOD, "doctor.upload.good"),
        (Upload(2500, True, 20, False), Verdict.WARN, "doctor.upload.slow"),
        (Upload(700, True, None, True), Verdict.BAD, "doctor.upload.too_slow"),
        (Upload(7900, False, 400, False), Verdict.WARN, "doctor.upload.far"),
    ],
)
def test_the_numbers_are_judged(upload: Upload, verdict: Verdict, finding: str) -> None:
    result = judge_upload(upload, {"host": "shop"})
    assert (result.verdict, result.finding) == (verdict, finding)
    assert bool(result.advice) == (verdict is not Verdict.GOOD)
    assert ("round_trip_ms" in result.facts) == (upload.round_trip_ms is not None)
    assert result.facts.get("confirmed_by") == ("tcp" if upload.is_unconfirmed else None)
