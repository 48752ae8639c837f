"""Disk and network fail under the whole engine while it is live and records: each output for itself."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.encoder.broadcast_media import assert_whole_sound, missing_ticks, stamps_ms, time_codes_ms
from tests.encoder.ingest import STREAM_KEY, Ingest, running_ingest
from tests.encoder.media import decoded_pictures
from tests.encoder.outputs.recorded import is_ordinary, play
from tests.faults.noise import noise
from tests.faults.small_disk import fill, small_disk
from tests.support.engine_process import running_engine
from tests.support.engine_watch import EngineWatch, Status
from tests.support.processes import wait_until
from tests.support.tcp_proxy import TcpProxy, running_tcp_proxy

_MIB = 1024 * 1024
_RESERVE_BYTES = 64 * _MIB
"""What a recording leaves free at least."""
_FEW = 30
"""Ticks that a busy machine may be late for in half a minute; an engine that pauses loses as many each second."""


@dataclass
class Show:
    """An engine that is live through a proxy."""

    engine: EngineWatch
    ingest: Ingest
    proxy: TcpProxy

    def record(self, folder: Path, name: str = "show") -> Path:
        return Path(self.engine.ask("record_start", folder=str(folder), name=name)["path"])

    def until_recorded(self, seconds: float) -> Status:
        return self.engine.until(
            lambda status: status["recording"]["duration_s"] > seconds, what=f"{seconds} s recorded", timeout_s=60
        )

    def assert_one_broadcast_without_a_gap(self) -> None:
        status = self.engine.status()
        assert status["state"] == "live" and status["reconnects"] == status["dropped_frames"] == 0
        assert len(self.ingest.publications) == 1
        publication = self.ingest.publications[0]
        assert missing_ticks(stamps_ms([publication])) <= self.engine.status()["late_frames"] <= _FEW
        assert_whole_sound([sample.timestamp_ms for sample in list(publication.sounds)])


@contextmanager
def on_air(folder: Path, video: str = "test") -> Iterator[Show]:
    with (
        running_ingest() as ingest,
        running_tcp_proxy(ingest.port) as proxy,
        running_engine(folder) as process,
        EngineWatch(folder) as engine,
    ):
        engine.ask("set_quality", quality="360p")
        engine.ask("set_sources", video=video, audio="tone")
        engine.ask("go_live", url=f"rtmp://127.0.0.1:{proxy.port}/live", key=STREAM_KEY)
        engine.until_state("live")
        yield Show(engine, ingest, proxy)
        assert process.poll() is None


def assert_whole_recording(path: Path, late_frames: int) -> None:
    """Every tick is there, in order, with its time code; and every block of sound."""
    played = play(path)
    codes = time_codes_ms(played.pictures)
    assert missing_ticks(codes) == missing_ticks(played.picture_times_ms) <= late_frames <= _FEW
    assert len(codes) == round((codes[-1] - codes[0]) * 30 / 1000) + 1 - missing_ticks(codes)
    assert_whole_sound(played.sound_times_ms)


# --- the disk ---


def test_a_full_disk_ends_the_recording_and_not_the_show(tmp_path: Path) -> None:
    """Case 59: it ends before the disk is full, and says so; filled up by somebody else, it ends as well as it can."""
    with small_disk(tmp_path / "disk", 80) as disk, on_air(tmp_path) as show:
        engine = show.engine
        fill(disk / "filler", leave_bytes=_RESERVE_BYTES + 64 * 1024)
        path = show.record(disk / "made")
        told = engine.until_notice("recording.disk_full")
        status = engine.status()["recording"]
        assert status["is_running"] is False
        assert status["fault"] == told == {"code": "recording.disk_full", "params": {"path": str(disk / "made")}}
        assert shutil.disk_usage(disk).free > _RESERVE_BYTES - _MIB
        assert is_ordinary(path) and len(play(path).pictures) > 30
        assert engine.refusal("record_start", folder=str(disk / "made"), name="again") == "recording.disk_full"

        (disk / "filler").unlink()
        engine.notices.clear()
        path = show.record(disk / "made", "second")
        show.until_recorded(2.0)
        fill(disk / "filler")
        engine.until_notice("recording.disk_full")
        assert engine.status()["recording"]["is_running"] is False
        assert len(play(path).pictures) > 30
        (disk / "filler").unlink()

        path = show.record(disk / "made", "third")
        show.until_recorded(1.0)
        assert engine.ask("record_stop")["paths"] == [str(path)], "with room again, all is as before"
        assert is_ordinary(path)
        assert [one["code"] for one in engine.notices] == ["recording.disk_full"], "told once"
        show.assert_one_broadcast_without_a_gap()


# --- the network ---


def test_a_network_gone_for_a_while_leaves_no_hole_in_the_recording(tmp_path: Path) -> None:
    """Case 61: frozen for one second and for ten, while live and recording."""
    with on_air(tmp_path) as show:
        engine, ingest, proxy = show.engine, show.ingest, show.proxy
        path = show.record(tmp_path / "made")
        wait_until(lambda: len(ingest.pictures) > 45, what="pictures")
        proxy.freeze()
        time.sleep(1.0)
        proxy.thaw()
        show.until_recorded(4.0)
        wait_until(lambda: engine.status()["queued_ms"] < 100, what="the queue to empty")
        show.assert_one_broadcast_without_a_gap()

        proxy.freeze()
        frozen_s = time.monotonic()
        status = engine.until_state("reconnecting")
        assert time.monotonic() - frozen_s < 7.0, "noticed within 5 s, on a quiet machine"
        assert status["fault"]["code"] == "ingest.lost"
        time.sleep(max(0.0, frozen_s + 10.0 - time.monotonic()))
        proxy.thaw()
        engine.until(lambda status: status["state"] == "live" and status["reconnects"] == 1, what="live by itself")
        wait_until(lambda: len(ingest.publications[-1].pictures) > 30, what="pictures again")
        assert engine.ask("record_stop")["paths"] == [str(path)]
        status = engine.status()
        assert status["recording"]["dropped_pictures"] == 0
        assert_whole_recording(path, status["late_frames"])
        engine.ask("stop")
        published = [one for one in ingest.publications if one.pictures]
        assert len(published) == 2
        assert all(one.pictures[0].is_keyframe for one in published)
        order = [stamp for one in published for stamp in one.order_ms]
        assert order == sorted(order)
        assert len(decoded_pictures(published[1])) == len(published[1].pictures)


def test_half_an_uplink_lowers_the_rate_and_costs_no_sound(tmp_path: Path) -> None:
    """Case 62: the rate falls and says why; when the uplink is wide again, it rises."""
    film = noise(tmp_path / "noise.mkv")
    with on_air(tmp_path, f"file:{film}") as show:
        engine, ingest, proxy = show.engine, show.ingest, show.proxy
        path = show.record(tmp_path / "made")
        status = engine.until(lambda status: status["sent_kbps"] > 500, what="its whole rate")
        assert (status["video_kbps"], status["bitrate_state"]) == (600, "steady")
        proxy.up_bytes_per_s = 332 * 1000 / 8
        slowed_s = time.monotonic()
        status = engine.until(lambda status: status["bitrate_state"] != "steady", what="a lower rate")
        assert time.monotonic() - slowed_s < 5.0
        assert status["bitrate_reason"] == "uplink.slow" and status["video_kbps"] < 500
        longest_ms = 0.0
        while time.monotonic() - slowed_s < 10.0:
            status = engine.status()
            longest_ms = max(longest_ms, status["queued_ms"])
            time.sleep(0.1)
        assert longest_ms < 3500, "bounded"
        assert status["queued_ms"] < 1000 and 180 <= status["video_kbps"] < 400
        lowest = min(each["video_kbps"] for each in engine.statuses if each["bitrate_state"] != "steady")
        proxy.up_bytes_per_s = None
        engine.until(
            lambda status: status["video_kbps"] > lowest and status["bitrate_state"] in ("recovering", "steady"),
            what="a higher rate again",
            timeout_s=45,
        )
        status = engine.status()
        assert status["state"] == "live" and status["reconnects"] == 0
        late = status["late_frames"]
        engine.ask("record_stop")
        engine.ask("stop")
        assert len(ingest.publications) == 1
        assert_whole_sound([sample.timestamp_ms for sample in ingest.sounds])
        pictures = ingest.publications[0].pictures
        gaps = [
            after for before, after in itertools.pairwise(pictures) if after.timestamp_ms - before.timestamp_ms > 40
        ]
        assert len([one for one in gaps if not one.is_keyframe]) <= late, "after a drop it goes on at a keyframe"
        played = play(path)
        assert missing_ticks(played.picture_times_ms) <= late <= _FEW, "the recording is untouched"
        assert_whole_sound(played.sound_times_ms)
