"""Outputs that begin while others end, or while the encoders fail: in this process, with real encoders and files."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from encoder.encoders.video_encoder import VideoEncoder
from encoder.errors import EncoderError, EngineError
from encoder.outputs.disk_guard import DiskGuard
from encoder.picture import PictureSize
from gshop_studio.domain.quality import Orientation, Quality
from gshop_studio.engine_protocol import EngineState, Fault
from tests.encoder.ingest import STREAM_KEY, running_ingest
from tests.encoder.outputs.recorded import is_ordinary, play
from tests.encoder.test_engine import watched_engine


class SlowDisk:
    """It says whether there is room only when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_asked, self.answers = threading.Event(), threading.Event()
        has_room = DiskGuard.has_room

        def slow(guard: DiskGuard) -> bool:
            self.is_asked.set()
            self.answers.wait(10)
            return has_room(guard)

        monkeypatch.setattr(DiskGuard, "has_room", slow)


async def test_a_broadcast_that_ends_while_a_recording_begins_leaves_it_its_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            engine = watched.engine
            await engine.go_live(ingest.url, STREAM_KEY)
            await watched.until_state(EngineState.LIVE)
            beginning = asyncio.create_task(engine.record(tmp_path / "made", "show"))
            await watched.until(disk.is_asked.is_set)
            await engine.stop()
            disk.answers.set()
            path = await beginning
            await watched.until(lambda: (r := engine.status().recording) is not None and r.duration_s > 1.0)
            assert await engine.stop_recording() == [path]
    assert is_ordinary(path) and len(play(path).pictures) > 20


async def test_encoders_that_fail_end_every_output_and_what_begins_next_gets_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)

    def fail(self: VideoEncoder, *_arguments: object) -> None:
        raise EncoderError(Fault("encoder.failed", {"reason": "broken"}))

    with running_ingest() as ingest:
        async with watched_engine() as watched:
            engine = watched.engine
            await engine.go_live(ingest.url, STREAM_KEY)
            await watched.until_state(EngineState.LIVE)
            beginning = asyncio.create_task(engine.record(tmp_path / "made", "show"))
            await watched.until(disk.is_asked.is_set)
            with monkeypatch.context() as broken:
                broken.setattr(VideoEncoder, "encode", fail)
                await watched.until_state(EngineState.FAILED)
            disk.answers.set()
            with pytest.raises(EngineError) as caught:
                await beginning
            assert caught.value.fault == engine.status().fault == Fault("encoder.failed", {"reason": "broken"})
            assert not engine.is_busy and list((tmp_path / "made").iterdir()) == []
            await engine.go_live(ingest.url, STREAM_KEY)
            await watched.until_state(EngineState.LIVE)
            count = len(ingest.pictures)
            await watched.until(lambda: len(ingest.pictures) > count + 10)


async def test_a_quality_chosen_at_the_last_moment_is_the_one_that_goes_out_or_is_refused(tmp_path: Path) -> None:
    """The encoder is never given pictures of another size than it was opened for."""
    with running_ingest() as ingest:
        async with watched_engine() as watched:
            engine = watched.engine
            results = await asyncio.gather(
                engine.set_quality(Quality.P480),
                engine.go_live(ingest.url, STREAM_KEY),
                engine.set_quality(Quality.P360, Orientation.PORTRAIT),
                return_exceptions=True,
            )
            assert [type(result) for result in results] == [type(None), type(None), EngineError]
            await watched.until(lambda: len(ingest.pictures) > 10)
            assert engine.state is EngineState.LIVE
            size = PictureSize(
                int(ingest.publications[0].metadata["width"]), int(ingest.publications[0].metadata["height"])
            )
            assert size == PictureSize(854, 480)
            assert not [one for one in watched.notices if one.code.startswith("encoder")]
