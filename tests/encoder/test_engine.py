"""The engine against real ingests: on air, interrupted, refused, frozen, stopped. In this process, on real sockets."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from encoder import on_air
from encoder.clock import MonotonicClock
from encoder.encoding import Encoding
from encoder.engine import Engine, EngineHooks
from encoder.engine_report import EngineReport
from encoder.errors import EngineError
from encoder.outputs.rtmp import RtmpTimings
from encoder.sources.opener import SourceName, SourceOpener, parse_audio, parse_video
from encoder.stage import MICROPHONE
from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import EngineState, EngineStatus, Fault
from gshop_studio.fault_texts import tell
from gshop_studio.rtmp.aac import AacConfig
from gshop_studio.rtmp.avc import AvcConfig
from tests.encoder.ingest import STREAM_KEY, black_hole, running_ingest
from tests.encoder.media import (
    decoded_pictures,
    decoded_sound,
    offsets_ms,
    time_code_of,
    write_flash_and_beep,
    write_silent_film,
)
from tests.support.nginx_rtmp import free_port, running_nginx_rtmp

QUICK = RtmpTimings(connect_s=2.0, publish_s=2.0, silence_s=1.5, ping_s=0.3)


class Watched:
    """An engine and all it reported."""

    def __init__(self, engine: Engine, statuses: list[EngineStatus], notices: list[Fault]) -> None:
        self.engine = engine
        self.statuses = statuses
        self.notices = notices

    @property
    def states(self) -> list[EngineState]:
        """The states passed through, each once."""
        states = [status.state for status in self.statuses]
        return [state for index, state in enumerate(states) if index == 0 or states[index - 1] is not state]

    async def until(self, condition: Callable[[], Any], timeout_s: float = 20.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.02)

    async def until_state(self, state: EngineState, timeout_s: float = 20.0) -> None:
        await self.until(lambda: self.engine.state is state, timeout_s)


@asynccontextmanager
async def watched_engine(
    video: str = "test", audio: str = "tone", quality: Quality = Quality.P360, **options: Any
) -> AsyncIterator[Watched]:
    clock = MonotonicClock()
    statuses: list[EngineStatus] = []
    notices: list[Fault] = []
    hooks = EngineHooks(on_status=statuses.append, on_notice=notices.append)
    engine = Engine(clock, SourceOpener(clock), hooks, timings=QUICK, **options)
    try:
        await engine.set_quality(quality)
        await engine.set_sources(parse_video(video), parse_audio(audio))
        yield Watched(engine, statuses, notices)
    finally:
        await engine.close()


async def test_what_is_sent_can_be_decoded_and_sound_keeps_to_the_picture() -> None:
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until(lambda: len(ingest.pictures) > 100)
            await watched.engine.stop()
            assert watched.states == [
                EngineState.IDLE, EngineState.CONNECTING, EngineState.LIVE, EngineState.STOPPING, EngineState.IDLE,
            ]  # fmt: skip
        publication = ingest.publications[0]
    assert publication.is_finished
    assert publication.pictures[0].is_keyframe
    config = AvcConfig.parse(publication.avc_configs[0])
    assert (config.width, config.height) == (640, 360)
    audio = AacConfig.parse(publication.audio_configs[0])
    assert (audio.sample_rate_hz, audio.channels) == (48000, 2)
    assert publication.metadata["width"] == 640.0 and publication.metadata["framerate"] == 30.0
    assert publication.order_ms == sorted(publication.order_ms), "picture and sound leave in one order"
    pictures = decoded_pictures(publication)
    codes = [code for code in map(time_code_of, pictures) if code is not None]
    assert len(codes) == len(pictures) == len(publication.pictures)
    steps = {later - earlier for earlier, later in pairwise(codes)}
    assert min(steps) >= 33, "time only advances"
    stamps = [frame.pts for frame in pictures if frame.pts is not None]
    capture_span, stamp_span = codes[-1] - codes[0], stamps[-1] - stamps[0]
    assert abs(capture_span - stamp_span) <= 2, "time stamps follow capture"
    offsets = offsets_ms(pictures, decoded_sound(publication))
    assert len(offsets) >= 2 and max(map(abs, offsets)) < 40, offsets


async def test_a_keyframe_comes_each_second() -> None:
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until(lambda: len(ingest.pictures) > 100)
        keys = [sample.timestamp_ms for sample in ingest.pictures if sample.is_keyframe]
    assert len(keys) >= 3
    assert all(later - earlier <= 1001 for earlier, later in pairwise(keys))


async def test_a_file_keeps_its_sound_with_its_picture_on_air(tmp_path: Path) -> None:
    path = write_flash_and_beep(tmp_path / "card.mp4", 2)
    with running_ingest() as ingest:
        async with watched_engine(f"file:{path}", f"file:{path}") as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until(lambda: len(ingest.pictures) > 150)
            assert watched.engine.status().silent_samples == 0
        offsets = offsets_ms(decoded_pictures(ingest.publications[0]), decoded_sound(ingest.publications[0]))
    assert len(offsets) >= 3 and max(map(abs, offsets)) < 40, offsets


async def test_a_server_that_hangs_up_is_come_back_to_on_a_keyframe() -> None:
    """Case 61."""
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until(lambda: len(ingest.pictures) > 30)
            before = watched.engine.status().encoded_frames
            ingest.hang_up()
            await watched.until_state(EngineState.RECONNECTING)
            status = watched.engine.status()
            assert status.fault is not None and status.fault.code == "ingest.lost"
            assert status.retry_in_s is not None
            await watched.until_state(EngineState.LIVE)
            await watched.until(lambda: len(ingest.publications) == 2 and len(ingest.publications[1].pictures) > 20)
            status = watched.engine.status()
            assert status.reconnects == 1 and status.dropped_frames > 0 and status.fault is None
            assert status.encoded_frames > before + 30, "the encoders ran on"
        first, second = ingest.publications
    assert second.avc_configs == first.avc_configs and second.audio_configs == first.audio_configs
    assert second.pictures[0].is_keyframe
    assert second.order_ms[0] > first.order_ms[-1]
    lost_s = (second.order_ms[0] - first.order_ms[-1]) / 1000
    assert 1.0 < lost_s < 6.0, "the stamps say how long it was away"
    assert decoded_pictures(second)


async def test_a_server_that_comes_back_on_its_port_is_found_again() -> None:
    port = free_port()
    with running_ingest(port) as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until(lambda: len(ingest.pictures) > 10)
            ingest.close()
            await watched.until_state(EngineState.RECONNECTING)
            with running_ingest(port) as again:
                watched.engine.retry_now()
                await watched.until_state(EngineState.LIVE)
                await watched.until(lambda: len(again.pictures) > 10)


async def test_a_frozen_server_is_noticed_within_five_seconds(tmp_path: Path) -> None:
    with running_nginx_rtmp(tmp_path) as nginx:
        async with watched_engine() as watched:
            await watched.engine.go_live(nginx.url, STREAM_KEY)
            await watched.until_state(EngineState.LIVE)
            await watched.until(lambda: watched.engine.status().round_trip_ms is not None)
            nginx.freeze()
            frozen_s = time.monotonic()
            await watched.until_state(EngineState.RECONNECTING)
            assert time.monotonic() - frozen_s < 5
            nginx.thaw()
            watched.engine.retry_now()
            await watched.until_state(EngineState.LIVE)


async def test_a_refused_key_stops_at_once_and_says_so() -> None:
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, "wrong")
            await watched.until_state(EngineState.FAILED)
            status = watched.engine.status()
            assert status.fault is not None and status.fault.code == "ingest.refused_key"
            assert "wrong" not in str(status)
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until_state(EngineState.LIVE)
            ingest.refusal = ("NetStream.Publish.BadName", "no")
            ingest.hang_up()
            await watched.until_state(EngineState.FAILED)


@pytest.mark.parametrize("words", ["Already publishing", "Somebody else is publishing with this stream key."])
async def test_already_publishing_is_waited_for(words: str) -> None:
    """Our own last connection may not have been noticed to be dead yet."""
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until_state(EngineState.LIVE)
            ingest.refusal = ("NetStream.Publish.BadName", words)
            ingest.hang_up()
            await watched.until_state(EngineState.RECONNECTING)
            watched.engine.retry_now()
            await watched.until(lambda: (f := watched.engine.status().fault) is not None and f.code == "ingest.refused")
            ingest.refusal = None
            watched.engine.retry_now()
            await watched.until_state(EngineState.LIVE)


@pytest.mark.parametrize("scheme", ["rtmp", "rtmps"])
async def test_a_black_hole_can_be_left_within_a_second(scheme: str) -> None:
    with black_hole() as hole:
        async with watched_engine() as watched:
            await watched.engine.go_live(f"{scheme}://127.0.0.1:{hole.port}/live", STREAM_KEY)
            await watched.until(hole.was_called)
            assert watched.statuses[-1].state is EngineState.CONNECTING
            began_s = time.monotonic()
            await watched.engine.stop()
            assert time.monotonic() - began_s < 1.0
            assert watched.engine.state is EngineState.IDLE


@pytest.mark.parametrize("scheme", ["rtmp", "rtmps"])
async def test_a_black_hole_is_given_up_on_in_time(scheme: str) -> None:
    with black_hole() as hole:
        async with watched_engine(gives_up_before_live=True) as watched:
            await watched.engine.go_live(f"{scheme}://127.0.0.1:{hole.port}/live", STREAM_KEY)
            await watched.until_state(EngineState.FAILED, timeout_s=8)
            fault = watched.engine.status().fault
            assert fault is not None and fault.code == "ingest.timeout"


async def test_a_stop_works_while_the_server_takes_nothing_and_while_waiting() -> None:
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until_state(EngineState.LIVE)
            ingest.is_deaf = True
            encoded = watched.engine.status().encoded_frames
            await watched.until(lambda: watched.engine.status().encoded_frames > encoded + 15)
            began_s = time.monotonic()
            await watched.engine.stop()
            assert time.monotonic() - began_s < 1.0
            await watched.engine.go_live(f"rtmp://127.0.0.1:{free_port()}/live", STREAM_KEY)
            await watched.until_state(EngineState.RECONNECTING)
            began_s = time.monotonic()
            await watched.engine.stop()
            assert time.monotonic() - began_s < 1.0


@pytest.mark.parametrize(
    ("host", "code"), [("127.0.0.1:{port}", "ingest.unreachable"), ("no-such-host.invalid", "ingest.unreachable")]
)
async def test_where_nobody_is_the_fault_says_so(host: str, code: str) -> None:
    async with watched_engine(gives_up_before_live=True) as watched:
        await watched.engine.go_live(f"rtmp://{host.format(port=free_port())}/live", STREAM_KEY)
        await watched.until_state(EngineState.FAILED)
        fault = watched.engine.status().fault
        assert fault is not None and fault.code in (code, "ingest.timeout")


def certificate(folder: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, in one file."""
    path = folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return path


async def test_a_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    with running_ingest(tls=context) as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until_state(EngineState.FAILED)
            fault = watched.engine.status().fault
            assert fault is not None and fault.code == "ingest.certificate"
            assert not ingest.publications
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until_state(EngineState.LIVE)
            await watched.until(lambda: len(ingest.pictures) > 5)


async def test_rtmps_to_a_plain_port_is_told(tmp_path: Path) -> None:
    with running_ingest() as ingest:
        async with watched_engine(gives_up_before_live=True) as watched:
            await watched.engine.go_live(ingest.url.replace("rtmp:", "rtmps:"), STREAM_KEY)
            await watched.until_state(EngineState.FAILED)
            fault = watched.engine.status().fault
            assert fault is not None and fault.code == "ingest.protocol"


async def test_sources_are_switched_on_air_without_a_gap(tmp_path: Path) -> None:
    path = write_silent_film(tmp_path / "film.mkv")
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until(lambda: len(ingest.pictures) > 20)
            await watched.engine.set_sources(parse_video(f"file:{path}"), parse_audio("silence"))
            with pytest.raises(EngineError) as caught:
                await watched.engine.set_sources(SourceName("file", str(tmp_path / "none")))
            assert caught.value.fault.code == "source.unreadable"
            await watched.until(lambda: len(ingest.pictures) > 60)
            assert watched.engine.status().video_source == f"file:{path}"
            assert watched.engine.state is EngineState.LIVE
        sounds = [sample.timestamp_ms for sample in ingest.sounds]
    assert all(20 <= later - earlier <= 23 for earlier, later in pairwise(sounds))


async def test_a_camera_lost_on_air_gives_way_to_a_slate(tmp_path: Path) -> None:
    """Case 66: the stream goes on, and the loss is told."""
    path = write_silent_film(tmp_path / "film.mkv", frames=20)
    with running_ingest() as ingest:
        async with watched_engine(f"camera:{path}") as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            await watched.until(lambda: watched.notices)
            assert watched.notices[0].code == "source.lost"
            count = len(ingest.pictures)
            await watched.until(lambda: len(ingest.pictures) > count + 30)
            assert watched.engine.state is EngineState.LIVE


async def test_any_number_of_clips_come_and_go_in_one_show(tmp_path: Path) -> None:
    """A strip stayed for each one that had ever been on, and the seventh was refused."""
    film, song = write_silent_film(tmp_path / "film.mkv"), write_flash_and_beep(tmp_path / "card.mp4", 1)
    async with watched_engine() as watched:
        engine = watched.engine
        for number in range(10):
            name = f"clip {number}"
            with pytest.raises(EngineError, match=r"source\."):
                await engine.set_channel_source(name, parse_audio(f"file:{film}"))
            assert set(engine.status().channels) == {"microphone", "media"}, "refused, and no strip is left"
            await engine.set_input(name, parse_video(f"file:{song}"), with_sound=True)
            engine.configure_channel(name, {"gain_db": -6.0})
            assert set(engine.status().channels) == {"microphone", "media", name}
            await engine.set_input(name, None)
            assert set(engine.status().channels) == {"microphone", "media"}
        for number in range(6):
            await engine.set_channel_source(f"song {number}", parse_audio("tone"))
        with pytest.raises(EngineError, match=r"engine\.bad_request"):
            await engine.set_channel_source("one too many", parse_audio("tone"))
        await engine.set_channel_source("song 3", None)
        await engine.set_channel_source("another", parse_audio("tone"))


async def test_a_silent_film_is_shown_though_its_sound_is_asked_for(tmp_path: Path) -> None:
    """It was refused: who sells does not know which of their clips has sound."""
    film, card = write_silent_film(tmp_path / "film.mkv"), write_flash_and_beep(tmp_path / "card.mp4", 1)
    async with watched_engine() as watched:
        engine = watched.engine
        await engine.set_input("media", parse_video(f"file:{card}"), with_sound=True)
        assert engine.status().channels["media"].source == f"file:{card}"
        for source in (f"file:{film}", "test"):
            await engine.set_input("media", parse_video(source), with_sound=True)
            status = engine.status()
            assert status.inputs == {"media": source} and status.channels["media"].source == ""
            assert not status.lost
        await engine.set_input("clip", parse_video(f"file:{film}"), with_sound=True)
        assert set(engine.status().channels) == {"microphone", "media"}
        with pytest.raises(EngineError, match=r"source\.no_audio"):  # there the sound is what is asked for
            await engine.set_sources(audio=parse_audio(f"file:{film}"))


async def test_a_camera_that_comes_back_is_told_of_and_no_longer_listed_as_lost(tmp_path: Path) -> None:
    """Case 66: it came back in silence."""
    path = write_silent_film(tmp_path / "film.mkv", frames=20)
    async with watched_engine(f"camera:{path}") as watched:  # which ends, and is there anew when it is opened again
        await watched.until(lambda: len(watched.notices) >= 2)
        lost, back = watched.notices[:2]
        assert (lost.code, back.code) == ("source.lost", "source.back")
        assert back.params["source"] == lost.params["source"]
        was_lost = [bool(status.lost) for status in watched.statuses]
        assert was_lost[0] is False and True in was_lost and False in was_lost[was_lost.index(True) :]
    words = [tell(back, language) for language in ("en", "es", "pt")]
    assert len(set(words)) == 3 and all(path.name in each for each in words), words


async def test_a_report_that_fails_is_not_the_last(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The studio saw no status any more while the show went on."""
    measure, failures = EngineReport.measure, iter(range(2))

    def broken_at_first(report: EngineReport) -> None:
        if next(failures, None) is not None:
            raise ZeroDivisionError
        measure(report)

    monkeypatch.setattr(EngineReport, "measure", broken_at_first)
    async with watched_engine() as watched:
        await watched.until(lambda: "a report failed" in caplog.text)
        count = len(watched.statuses)
        await watched.until(lambda: len(watched.statuses) >= count + 2)


async def test_what_is_refused_on_air(tmp_path: Path) -> None:
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            await watched.engine.go_live(ingest.url, STREAM_KEY)
            with pytest.raises(EngineError, match=r"engine\.busy"):
                await watched.engine.set_quality(Quality.P720)
            with pytest.raises(EngineError, match=r"engine\.busy"):
                await watched.engine.go_live(ingest.url, STREAM_KEY)


async def test_muted_is_silent_and_gain_is_louder() -> None:
    async with watched_engine() as watched:
        engine = watched.engine
        engine.watch_meters(True)

        async def peak() -> float:
            await asyncio.sleep(0.2)  # a change of level is a fade of 10 ms, some blocks ahead
            engine.stage.mixer.take_meters()
            await asyncio.sleep(1.2)
            return engine.stage.mixer.take_meters().master.peak_dbfs[0]

        assert -13 < await peak() < -11
        engine.configure_channel(MICROPHONE, {"gain_db": 6.0})
        assert -7 < await peak() < -5
        engine.configure_channel(MICROPHONE, {"is_muted": True})
        assert await peak() == -120.0


async def test_a_stop_while_the_encoder_is_being_opened_is_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*arguments: Any) -> Encoding:
        time.sleep(0.5)  # a hardware encoder's driver
        return Encoding(*arguments)

    monkeypatch.setattr(on_air, "Encoding", slowly)
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            beginning = asyncio.ensure_future(watched.engine.go_live(ingest.url, STREAM_KEY))
            await asyncio.sleep(0.1)
            began_s = time.monotonic()
            await watched.engine.stop()
            assert time.monotonic() - began_s < 1.0
            await beginning
            assert watched.engine.state is EngineState.IDLE
            assert not watched.engine.on_air.is_encoding
        assert not ingest.publications


async def test_a_recording_that_begins_is_ended_by_a_stop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def slowly(*arguments: Any) -> Encoding:
        time.sleep(0.3)
        return Encoding(*arguments)

    monkeypatch.setattr(on_air, "Encoding", slowly)
    async with watched_engine() as watched:
        beginning = asyncio.ensure_future(watched.engine.record(tmp_path, "show"))
        await asyncio.sleep(0.1)
        await watched.engine.stop_recording()
        await beginning
        assert not watched.engine.is_busy


async def test_encoders_are_let_go_with_the_last_output(tmp_path: Path) -> None:
    async with watched_engine() as watched:

        async def record() -> None:
            await watched.engine.record(tmp_path, "show")
            await asyncio.sleep(0.1)
            await watched.engine.stop_recording()

        await record()
        threads = psutil.Process().num_threads()
        for _ in range(4):
            await record()
        await watched.until(lambda: psutil.Process().num_threads() <= threads, 5.0)
