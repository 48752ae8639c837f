"""The uplink halves at once under the whole engine: the encoder is asked for less in time, and pictures are kept.

Measured on a quiet machine: lowered after 1.5 s, no picture dropped. With an encoder that saves up a whole second of
its rate it was up to 90.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.encoder.broadcast_media import assert_whole_sound
from tests.encoder.ingest import STREAM_KEY, running_ingest
from tests.encoder.media import decoded_pictures
from tests.faults.noise import noise
from tests.support.engine_process import running_engine
from tests.support.engine_watch import EngineWatch
from tests.support.tcp_proxy import running_tcp_proxy

_WHOLE_KBPS = 600 + 64
"""360p, with its sound."""
_LOWERED_WITHIN_S = 4.0
"""2 s on a quiet machine."""
_FEW = 60
"""What the queue's policy drops at once: a busy machine may come to it, but to no second time."""


@pytest.mark.timeout(120)
def test_an_uplink_that_halves_at_once_hardly_costs_a_picture(tmp_path: Path) -> None:
    """Case 62: congestion lowers the rate within 2 s, never below 30 %; dropping is the last resort."""
    film = noise(tmp_path / "noise.mkv")
    with (
        running_ingest() as ingest,
        running_tcp_proxy(ingest.port) as proxy,
        running_engine(tmp_path),
        EngineWatch(tmp_path) as engine,
    ):
        engine.ask("set_quality", quality="360p")
        engine.ask("set_sources", video=f"file:{film}", audio="tone")
        engine.ask("go_live", url=f"rtmp://127.0.0.1:{proxy.port}/live", key=STREAM_KEY)
        engine.until_state("live")
        engine.until(lambda status: status["sent_kbps"] > 500 and status["queued_ms"] < 100, what="its whole rate")
        proxy.up_bytes_per_s = _WHOLE_KBPS * 1000 / 8 / 2
        halved_s = time.monotonic()
        status = engine.until(lambda status: status["bitrate_state"] != "steady", what="a lower rate")
        assert time.monotonic() - halved_s < _LOWERED_WITHIN_S
        assert status["bitrate_reason"] == "uplink.slow"
        engine.until(
            lambda status: status["queued_ms"] < 300 and time.monotonic() - halved_s > 6.0,
            what="a queue that empties, for good",
        )
        status = engine.status()
        assert status["dropped_frames"] <= _FEW
        assert 0.3 * 600 <= status["video_kbps"] < 0.55 * 600
        assert status["state"] == "live" and status["reconnects"] == 0
        engine.ask("stop")
    assert_whole_sound([sample.timestamp_ms for sample in ingest.sounds])
    publication = ingest.publications[0]
    assert len(decoded_pictures(publication)) == len(publication.pictures)
