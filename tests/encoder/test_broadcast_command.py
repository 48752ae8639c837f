"""`gshop-studio broadcast`: the real process, on air and in front of everything that can be wrong."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from encoder.encoders.catalogue import candidates
from encoder.stream_key import KEY_VARIABLE
from tests.encoder.ingest import STREAM_KEY, black_hole, running_ingest
from tests.encoder.media import decoded_pictures, time_code_of, write_flash_and_beep, write_silent_film
from tests.support.nginx_rtmp import free_port, running_nginx_rtmp
from tests.support.processes import wait_until

BROADCAST = [sys.executable, "-m", "gshop_studio", "broadcast"]
TEST_CARD = ["--video", "test", "--audio", "tone", "--quality", "360p"]


def environment(key: str | None = STREAM_KEY, **extra: str) -> dict[str, str]:
    values = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
    return {**values, "GSHOP_LANGUAGE": "en", **({KEY_VARIABLE: key} if key else {}), **extra}


def broadcast(*arguments: str, key: str | None = STREAM_KEY, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BROADCAST, *arguments],
        env=environment(key, **extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextmanager
def broadcasting(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*BROADCAST, *arguments], env=environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def assert_told(done: subprocess.CompletedProcess[str], status: int, words: str) -> None:
    """One clear sentence on stderr, nothing on stdout, no traceback, no key."""
    assert done.returncode == status, done.stderr
    assert re.search(words, done.stderr), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stdout == "" and "Traceback" not in done.stderr and STREAM_KEY not in done.stderr


def test_a_show_of_two_seconds_with_its_statistics(tmp_path: Path) -> None:
    stats = tmp_path / "stats.jsonl"
    with running_ingest() as ingest:
        done = broadcast(*TEST_CARD, "--to", ingest.url, "--duration", "2", "--stats", str(stats))
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert 55 <= len(ingest.pictures) <= 66
        assert ingest.publications[0].is_finished
    lines = [json.loads(line) for line in stats.read_text().splitlines()]
    assert [line["state"] for line in lines][-1] == "idle"
    live = [line for line in lines if line["state"] == "live"]
    assert live[-1]["encoded_fps"] == pytest.approx(30, abs=3)
    assert live[-1]["sent_kbps"] > 50 and live[-1]["round_trip_ms"] is not None
    assert STREAM_KEY not in stats.read_text()


def test_footage_loops_with_a_time_code_burned_in(tmp_path: Path) -> None:
    path = write_silent_film(tmp_path / "film.mkv", frames=30)
    with running_ingest() as ingest:
        video = ["--video", f"file:{path}", "--audio", "silence", "--quality", "360p", "--burn-time-code"]
        before_ms = time.time() * 1000
        assert broadcast(*video, "--to", ingest.url, "--duration", "2").returncode == 0
        after_ms = time.time() * 1000
        codes = [time_code_of(frame) for frame in decoded_pictures(ingest.publications[0])]
    read = [code for code in codes if code is not None]
    assert len(read) == len(codes) > 50
    assert read == sorted(read)
    moving = read[read.count(read[0]) - 1 :]  # the first picture stands until the sound, read ahead, is there
    assert len(read) - len(moving) <= 4 and len(set(moving)) == len(moving)
    assert before_ms < read[0] < read[-1] < after_ms


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_show_cleanly(number: signal.Signals) -> None:
    with running_ingest() as ingest, broadcasting(*TEST_CARD, "--to", ingest.url) as process:
        wait_until(lambda: len(ingest.pictures) > 10, what="pictures")
        assert STREAM_KEY not in Path(f"/proc/{process.pid}/cmdline").read_text(), "case 44"
        began_s = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert time.monotonic() - began_s < 2
        wait_until(lambda: ingest.publications[0].is_finished, what="the goodbye")


def test_a_signal_before_it_is_live_ends_it_at_once() -> None:
    with black_hole() as hole, broadcasting(*TEST_CARD, "--to", f"rtmp://127.0.0.1:{hole.port}/live") as process:
        wait_until(hole.was_called, what="the broadcast to connect")
        began_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 1
        assert time.monotonic() - began_s < 2


def test_it_comes_back_after_an_outage_and_still_ends_well() -> None:
    with running_ingest() as ingest, broadcasting(*TEST_CARD, "--to", ingest.url) as process:
        wait_until(lambda: len(ingest.pictures) > 10, what="pictures")
        ingest.hang_up()
        wait_until(lambda: len(ingest.publications) == 2, what="the second connection")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_the_wrong_key_is_told() -> None:
    """Case 57: as the publisher's user sees it."""
    with running_ingest() as ingest:
        done = broadcast(*TEST_CARD, "--to", ingest.url, key="wrong-key-canary")
    assert_told(done, 1, "refused the stream key")
    assert "wrong-key-canary" not in done.stderr


def test_a_server_that_hangs_up_instead_of_answering_is_told() -> None:
    """Case 57: nginx-rtmp refuses a key so."""
    with running_ingest() as ingest:
        ingest.hangs_up_on_publish = True
        done = broadcast(*TEST_CARD, "--to", ingest.url)
    assert_told(done, 1, "hung up without a reason. The stream key")


def test_it_speaks_the_persons_language() -> None:
    done = broadcast(*TEST_CARD, "--to", "http://x/y", GSHOP_LANGUAGE="en")
    assert_told(done, 2, "not an ingest address")


def test_without_a_key_it_says_where_one_goes() -> None:
    assert_told(broadcast(*TEST_CARD, "--to", "rtmp://127.0.0.1/live", key=None), 2, "No stream key")


def test_the_key_is_asked_for_at_a_terminal_and_not_shown() -> None:
    with running_ingest() as ingest:
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [*BROADCAST, *TEST_CARD, "--to", ingest.url, "--duration", "0.5"],
            env=environment(None), stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        try:
            shown = b""
            while b"Stream key: " not in shown:
                shown += os.read(master, 1000)
            os.write(master, STREAM_KEY.encode() + b"\n")
            assert process.wait(30) == 0
            shown += os.read(master, 10000)
            assert STREAM_KEY.encode() not in shown
        finally:
            process.kill()
            process.wait()
            os.close(master)


def test_a_server_that_is_not_there_is_told_and_nothing_hangs() -> None:
    port = free_port()
    assert_told(
        broadcast(*TEST_CARD, "--to", f"rtmp://127.0.0.1:{port}/live"), 1, f"127.0.0.1:{port} cannot be reached"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--video", "camera", "--audio", "silence"], 1, "There is no source “camera”"),
        (["--video", "camera:No Such", "--audio", "silence"], 1, "There is no source “camera No Such”"),
        (["--video", "test", "--audio", "microphone:No Such"], 1, "There is no source “microphone No Such”"),
        (["--video", "webcam", "--audio", "silence"], 2, "'webcam' is not a source"),
        (["--video", "file:", "--audio", "silence"], 2, "is not a source"),
        (["--video", "test", "--audio", "test"], 2, "is not a source"),
        (["--video", "file:/none/film.mkv", "--audio", "silence"], 1, "/none/film.mkv cannot be read: No such file"),
        (["--video", "test", "--audio", "silence", "--stats", "/none/stats"], 1, "cannot be written to /none/stats"),
    ],
)
def test_what_is_not_there_is_told(arguments: list[str], status: int, words: str) -> None:
    assert_told(broadcast(*arguments, "--to", f"rtmp://127.0.0.1:{free_port()}/live"), status, words)


def test_files_that_will_not_do_are_told(tmp_path: Path) -> None:
    film, broken = write_silent_film(tmp_path / "film.mkv"), tmp_path / "broken.mp4"
    broken.write_bytes(b"not a film" * 100)
    to = ["--to", f"rtmp://127.0.0.1:{free_port()}/live"]
    assert_told(broadcast("--video", "test", "--audio", f"file:{film}", *to), 1, "has no sound")
    assert_told(broadcast("--video", f"file:{film}", "--audio", f"file:{film}", *to), 1, "has no sound")
    assert_told(broadcast("--video", f"file:{broken}", "--audio", "silence", *to), 1, "cannot be read")


def test_an_encoder_that_there_is_not_is_refused_and_those_that_there_are_named() -> None:
    """It was taken, and x264 worked in its place without a word."""
    done = broadcast("--encoder", "nonsense", "--to", "rtmp://127.0.0.1/live")
    assert done.returncode == 2 and "nonsense" in done.stderr and "Traceback" not in done.stderr
    assert all(one in done.stderr.splitlines()[-1] for one in ("libx264", *candidates())), done.stderr


@pytest.mark.parametrize(
    "arguments", [["--quality", "8k"], ["--duration", "0"], ["--duration", "nan"], ["--key", "k"], []]
)
def test_wrong_usage_is_refused_by_the_command_line(arguments: list[str]) -> None:
    to = ["--to", "rtmp://127.0.0.1/live"] if arguments else []
    done = broadcast(*arguments, *to)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_a_full_disk_costs_statistics_not_the_show() -> None:
    """Case 59."""
    with running_ingest() as ingest:
        done = broadcast(*TEST_CARD, "--to", ingest.url, "--duration", "2", "--stats", "/dev/full")
        assert done.returncode == 0, done.stderr
        assert len(ingest.pictures) >= 55
    assert done.stderr.count("cannot be written to /dev/full") == 1 and "Traceback" not in done.stderr


def test_nginx_rtmp_takes_it_and_ffprobe_reads_it(tmp_path: Path) -> None:
    path = write_flash_and_beep(tmp_path / "card.mp4", 2)
    source = ["--video", f"file:{path}", "--audio", f"file:{path}", "--quality", "480p"]
    with running_nginx_rtmp(tmp_path, record=True) as nginx:
        done = broadcast(*source, "--to", nginx.url, "--duration", "3", key="show")
        assert done.returncode == 0, done.stderr
        recording = nginx.folder / "show.flv"
        wait_until(lambda: recording.exists() and recording.stat().st_size > 50_000, what="the recording")
        probed = subprocess.run(
            ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(recording)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert probed.stderr == ""
    video, audio = sorted(json.loads(probed.stdout)["streams"], key=lambda one: one["codec_type"], reverse=True)
    assert (video["codec_name"], video["width"], video["height"], video["pix_fmt"]) == ("h264", 854, 480, "yuv420p")
    assert (audio["codec_name"], audio["sample_rate"], audio["channels"]) == ("aac", "48000", 2)
    assert int(video["nb_read_frames"]) > 80


def test_the_viewer_plays_measures_and_reports(tmp_path: Path) -> None:
    report_path = tmp_path / "report.json"
    with running_nginx_rtmp(tmp_path, hls=True) as nginx, broadcasting(*TEST_CARD, "--to", nginx.url):
        playlist = nginx.folder / f"{STREAM_KEY}.m3u8"
        wait_until(lambda: playlist.exists() and playlist.read_text().count("EXTINF") >= 2, what="two segments")
        arguments = ["play", str(playlist), "--seconds", "4", "--report", str(report_path)]
        played = subprocess.run(
            [sys.executable, "-m", "gshop_studio", *arguments], capture_output=True, text=True, timeout=60
        )
    assert played.returncode == 0, played.stderr
    report = json.loads(report_path.read_text())
    assert report["frames_decoded"] > 80
    assert report["time_codes_read"] >= report["frames_decoded"] - 5
    assert report["last_time_code_ms"] - report["first_time_code_ms"] > 2500
    assert 100 < report["latency_ms_median"] < 15000
    assert report["flashes_paired"] >= 2 and abs(report["av_offset_ms_median"]) < 40
    assert report["audio_samples"] > 48000


def test_the_viewer_gives_up_on_what_is_not_there(tmp_path: Path) -> None:
    arguments = ["play", str(tmp_path / "none.m3u8"), "--seconds", "1", "--report", str(tmp_path / "report.json")]
    played = subprocess.run([sys.executable, "-m", "gshop_studio", *arguments], capture_output=True, timeout=60)
    assert played.returncode == 1
    assert json.loads((tmp_path / "report.json").read_text())["frames_decoded"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_recording_that_ends_by_itself_ends_the_command(tmp_path: Path) -> None:
    """Case 59: a file that may not grow stands for a full disk."""
    # The file of a coverage measurement may not grow either, so this process is not measured.
    unmeasured = {name: value for name, value in environment().items() if not name.startswith("COVERAGE_")}
    arguments = ["--video", "test", "--audio", "tone", "--quality", "360p", "--record", str(tmp_path / "films")]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 60; exec "$@"', "bash", *BROADCAST, *arguments],
        env=unmeasured,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert len(told) == 2, told
    assert "recording" in told[0] and str(tmp_path / "films") in told[1]


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--quality", "999p", "360p"),
        ("--orientation", "up", "portrait"),
        ("--scene", "camera_card", "close_up"),
        ("--duration", "-1", "seconds above 0"),
    ],
)
def test_a_wrong_choice_is_told_with_those_there_are(option: str, value: str, told: str) -> None:
    done = broadcast(*TEST_CARD, option, value)
    assert done.returncode == 2
    assert value in done.stderr and told in done.stderr and "invalid Quality" not in done.stderr


def test_a_recording_makes_its_folder_and_speaks_the_persons_language(tmp_path: Path) -> None:
    folder = tmp_path / "shows"
    done = broadcast(*TEST_CARD, "--record", str(folder), "--duration", "1", GSHOP_LANGUAGE="es")
    assert done.returncode == 0, done.stderr
    assert f"grabando {folder}" in done.stderr
    assert len(list(folder.glob("*.mp4"))) == 1


def test_an_early_ctrl_c_ends_without_a_traceback() -> None:
    process = subprocess.Popen(
        ["bash", "-c", 'trap - INT; exec "$@"', "bash", *BROADCAST, "--to", "rtmp://127.0.0.1:1/live"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert "Traceback" not in process.communicate(timeout=30)[1]
