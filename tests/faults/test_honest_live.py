"""What the whole engine says of a peer that takes nothing, or says nothing; and of a processor that cannot keep up."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.encoder.ingest import STREAM_KEY, running_ingest
from tests.faults.noise import noise
from tests.support.engine_process import running_engine
from tests.support.engine_watch import EngineWatch
from tests.support.processes import wait_until


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return noise(tmp_path / "noise.mkv")


def test_who_accepts_and_reads_no_further_is_never_live(tmp_path: Path, film: Path) -> None:
    with (
        running_ingest(receive_buffer_bytes=4096) as ingest,
        running_engine(tmp_path) as process,
        EngineWatch(tmp_path) as engine,
    ):
        ingest.goes_deaf_when_published = True
        engine.ask("set_sources", video=f"file:{film}", audio="tone")
        engine.ask("go_live", url=ingest.url, key=STREAM_KEY)
        wait_until(lambda: ingest.is_deaf, what="the publish to be accepted")
        status = engine.until_state("reconnecting")
        assert status["fault"]["code"] == "ingest.lost" and status["live_s"] == 0
        states = [each["state"] for each in engine.statuses]
        assert "live" not in states, states
        ingest.goes_deaf_when_published = ingest.is_deaf = False
        engine.ask("retry_now")
        status = engine.until_state("live")
        assert not status["is_unconfirmed"]
        began_s = time.monotonic()
        ingest.is_deaf = True
        engine.ask("stop")
        assert time.monotonic() - began_s < 2.0, "a stop works while nobody reads"
        assert engine.status()["state"] == "idle"
        assert process.poll() is None


def test_who_reads_and_says_nothing_is_live_by_tcps_word_only(tmp_path: Path) -> None:
    with running_ingest() as ingest, running_engine(tmp_path), EngineWatch(tmp_path) as engine:
        ingest.is_mute = True
        engine.ask("set_quality", quality="360p")
        engine.ask("set_sources", video="test", audio="tone")
        engine.ask("go_live", url=ingest.url, key=STREAM_KEY)
        status = engine.until_state("live")
        assert status["is_unconfirmed"] and status["destinations"]["main"]["is_unconfirmed"]
        ingest.is_mute = False
        engine.until(lambda status: not status["is_unconfirmed"], what="the confirmation")
        status = engine.status()
        assert status["state"] == "live" and status["reconnects"] == 0


@contextlib.contextmanager
def on_one_processor() -> Iterator[None]:
    """What is started within shares one processor."""
    if sys.platform != "linux":
        pytest.skip("processes are bound to a processor on Linux only")
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[None]:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_a_processor_that_cannot_keep_up_is_named_and_the_work_made_less(tmp_path: Path, film: Path) -> None:
    with running_ingest() as ingest, contextlib.ExitStack() as stack:
        with on_one_processor():
            stack.enter_context(running_engine(tmp_path))
            engine = stack.enter_context(EngineWatch(tmp_path))
            engine.ask("set_sources", video=f"file:{film}", audio="tone")
            engine.ask("go_live", url=ingest.url, key=STREAM_KEY)
            engine.until_state("live")
            with busy_processes(4):
                status = engine.until(lambda status: status["effort"] > 0, what="less work")
                assert status["overload"] == "overload.cpu"
        engine.until_notice("overload.cpu")
        engine.until(lambda status: status["encoded_fps"] > 28, what="its whole rate again")
        status = engine.status()
        assert status["state"] == "live" and status["reconnects"] == 0
        assert status["effort"] > 0 and status["overload"] == "overload.cpu", "it goes up again with care"
        assert [one["code"] for one in engine.notices].count("overload.cpu") == 1
