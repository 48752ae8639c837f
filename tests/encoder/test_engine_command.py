"""The engine's process and its socket: who is let in, what nonsense does, when it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gshop_studio.engine_protocol import ADDRESS_FILE, MAX_LINE_BYTES, PREVIEW_SLOT_COUNT
from tests.encoder.ingest import STREAM_KEY, running_ingest
from tests.support.engine_process import Studio, address, running_engine
from tests.support.processes import wait_until


def test_who_knows_the_token_is_welcome_and_nobody_else(tmp_path: Path) -> None:
    with running_engine(tmp_path) as process:
        file = tmp_path / "control" / ADDRESS_FILE
        assert file.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "control").stat().st_mode & 0o777 == 0o700
        assert address(tmp_path)["pid"] == process.pid
        with Studio(tmp_path) as studio:
            welcome = studio.receive()
            assert welcome is not None and welcome["welcome"]["pid"] == process.pid
            assert studio.event("status")["state"] == "idle"
        for token in ("wrong", "", "é" * 20):
            with Studio(tmp_path, token=token or "x") as intruder:
                assert intruder.receive() is None
        token = address(tmp_path)["token"]
        for line in (
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\n",
            b"[]\n",
            b'{"hello": 5}\n',
            b'{"hello": null, "protocol": 1}\n',
            json.dumps({"hello": token, "protocol": 99}).encode() + b"\n",
            b"x" * (MAX_LINE_BYTES + 10),
            b"[" * 60000 + b"\n",
            b"\xff\xfe\n",
        ):
            with socket.create_connection(("127.0.0.1", address(tmp_path)["port"]), timeout=10) as raw:
                raw.sendall(line)
                with contextlib.suppress(ConnectionError):
                    assert raw.recv(1000) == b""
        with Studio(tmp_path) as studio:
            assert studio.ask("status")["ok"], "nobody else was hurt"


def test_nonsense_from_a_studio_is_answered_or_ends_its_connection(tmp_path: Path) -> None:
    with running_engine(tmp_path):
        with Studio(tmp_path) as studio:
            refused: list[tuple[str, dict[str, Any]]] = [
                ("no_such", {}),
                ("set_quality", {"quality": "8k"}),
                ("set_quality", {"quality": ["720p"]}),
                ("set_audio", {"gain_db": "loud"}),
                ("set_audio", {"gain_db": 1e9}),
                ("set_audio", {"is_muted": 1}),
                ("set_sources", {"video": 5}),
                ("set_sources", {"video": "file:a\0b"}),
                ("go_live", {"url": 1, "key": "k"}),
                ("preview_start", {"width": 10**9, "height": 1}),
                ("preview_start", {"width": True, "height": 100}),
                ("preview_release", {"slot": -1}),
                ("preview_release", {}),
            ]
            for command, params in refused:
                answer = studio.ask(command, **params)
                assert not answer["ok"] and answer["error"]["code"] == "engine.bad_request", (command, answer)
            assert studio.ask("go_live", url="rtmp://127.0.0.1/live")["error"]["code"] == "key.missing"
            assert studio.ask("set_sources", video="webcam")["error"]["code"] == "source.bad_name"
            studio.send({"id": 77, "command": "status", "params": [1]})
            assert not studio.reply(77)["ok"]
            studio.socket.sendall(b"this is not JSON\n")
            while studio.receive() is not None:
                pass
        with Studio(tmp_path) as studio:
            studio.socket.sendall(b"x" * (MAX_LINE_BYTES * 2))
            while studio.receive() is not None:
                pass
        with Studio(tmp_path) as studio:
            assert studio.ask("status")["ok"]


def test_a_second_engine_for_the_directory_is_refused(tmp_path: Path) -> None:
    with running_engine(tmp_path):
        before = address(tmp_path)
        second = subprocess.run(
            [sys.executable, "-m", "gshop_studio", "engine", "--control-dir", str(tmp_path / "control")],
            capture_output=True,
            timeout=30,
        )
        assert second.returncode == 3 and b"Traceback" not in second.stderr
        assert address(tmp_path) == before


def test_a_killed_engine_leaves_nothing_that_stops_the_next(tmp_path: Path) -> None:
    """Case 64."""
    with running_engine(tmp_path) as process, Studio(tmp_path) as studio:
        studio.ask("set_sources", video="test")
        memory = Path(studio.ask("preview_start", width=320, height=180)["result"]["path"])
        assert memory.exists() and memory.stat().st_mode & 0o777 == 0o600
        process.kill()
        process.wait()
    stale = address(tmp_path)["token"]
    with running_engine(tmp_path):
        wait_until(lambda: address(tmp_path)["token"] != stale, what="a fresh address")
        assert not memory.exists()
        with Studio(tmp_path) as studio:
            assert studio.ask("status")["ok"]


def test_it_ends_by_itself_when_idle_and_alone(tmp_path: Path) -> None:
    with running_engine(tmp_path, "--idle-exit-s", "0.3") as process:
        assert process.wait(15) == 0
    assert not (tmp_path / "control" / ADDRESS_FILE).exists()


def test_on_air_it_outlives_its_studio_for_a_while(tmp_path: Path) -> None:
    """Case 63."""
    with (
        running_ingest() as ingest,
        running_engine(tmp_path, "--idle-exit-s", "1", "--abandoned-stop-s", "3") as process,
    ):
        with Studio(tmp_path) as studio:
            studio.ask("set_quality", quality="360p")
            studio.ask("set_sources", video="test", audio="tone")
            studio.ask("go_live", url=ingest.url, key=STREAM_KEY)
            wait_until(lambda: len(ingest.pictures) > 20, what="pictures")
        count = len(ingest.pictures)
        wait_until(lambda: len(ingest.pictures) > count + 30, what="pictures without a studio")
        with Studio(tmp_path) as again:
            assert again.ask("status")["result"]["state"] == "live"
        assert process.wait(30) == 0
        assert ingest.publications[0].is_finished
    assert STREAM_KEY not in (tmp_path / "engine.log").read_text()


def test_a_termination_ends_the_broadcast_and_the_process(tmp_path: Path) -> None:
    with running_ingest() as ingest, running_engine(tmp_path) as process, Studio(tmp_path) as studio:
        studio.ask("set_quality", quality="360p")
        studio.ask("set_sources", video="test", audio="tone")
        studio.ask("go_live", url=ingest.url, key=STREAM_KEY)
        wait_until(lambda: len(ingest.pictures) > 5, what="pictures")
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began_s < 2.5
        wait_until(lambda: ingest.publications[0].is_finished, what="the goodbye")
        assert STREAM_KEY not in Path(f"/proc/{os.getpid()}/cmdline").read_text()


def test_statuses_come_each_second_and_meters_often(tmp_path: Path) -> None:
    with running_engine(tmp_path), Studio(tmp_path) as studio:
        studio.ask("set_sources", video="test", audio="tone")
        first, second, third = (studio.event("status") for _ in range(3))
        assert first["video_source"] == "test" and first["audio_source"] == "tone"
        assert 800 <= third["at_ms"] - second["at_ms"] <= 1500
        levels = [studio.event("meters")["peak_dbfs"][0] for _ in range(30)]
        assert max(levels) > -14 and min(levels) == -120.0


def test_every_preview_slot_is_lent_and_none_twice(tmp_path: Path) -> None:
    with running_engine(tmp_path), Studio(tmp_path) as studio:
        studio.ask("set_sources", video="test")
        memory = studio.ask("preview_start", width=640, height=640)["result"]
        assert memory["slot_count"] == PREVIEW_SLOT_COUNT
        frames = [studio.event("preview") for _ in range(PREVIEW_SLOT_COUNT)]
        assert sorted(frame["slot"] for frame in frames) == list(range(PREVIEW_SLOT_COUNT))
        assert (frames[0]["width"], frames[0]["height"]) == (640, 360)
        studio.event("status")
        kinds: list[Any] = []
        while kinds.count("status") < 1:
            message = studio.receive()
            assert message is not None
            kinds.append(message.get("event"))
        assert "preview" not in kinds, "all are lent"
        assert studio.ask("preview_release", slot=frames[0]["slot"])["ok"]
        assert studio.event("preview")["slot"] == frames[0]["slot"]


def test_a_preview_ends_with_its_connection(tmp_path: Path) -> None:
    with running_engine(tmp_path):
        with Studio(tmp_path) as studio:
            studio.ask("set_sources", video="test")
            memory = Path(studio.ask("preview_start", width=320, height=180)["result"]["path"])
            studio.event("preview")
        wait_until(lambda: not memory.exists(), what="the memory to be taken away")
        with Studio(tmp_path) as studio:
            again = studio.ask("preview_start", width=320, height=180)["result"]
            assert studio.event("preview")["slot"] < again["slot_count"]
            studio.ask("preview_stop")
            assert not Path(again["path"]).exists()


def test_a_studio_that_reads_nothing_costs_the_others_nothing(tmp_path: Path) -> None:
    with running_engine(tmp_path), Studio(tmp_path) as lazy, Studio(tmp_path) as studio:
        lazy.send({"id": 1, "command": "set_sources", "params": {"video": "test", "audio": "tone"}})
        for number in range(2000):
            lazy.send({"id": number, "command": "status"})
        assert studio.ask("status")["ok"]
