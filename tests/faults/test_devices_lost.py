"""Camera and microphone vanish and come back while the engine is live: a real network camera, a real PulseAudio."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from encoder.sources.tone import Tone
from tests.encoder.broadcast_media import assert_whole_sound, brightness, missing_ticks, newest_picture, stamps_ms
from tests.encoder.ingest import STREAM_KEY, Ingest, Publication, running_ingest
from tests.encoder.media import decoded_sound
from tests.encoder.sound.pulse import PulseAudio
from tests.encoder.sources.network_servers import MjpegCamera
from tests.support.engine_process import running_engine
from tests.support.engine_watch import EngineWatch
from tests.support.processes import wait_until

_MOST_LATE = 45


def until_bright(ingest: Ingest, level: int) -> None:
    wait_until(lambda: abs(brightness(newest_picture(ingest)) - level) < 12, what=f"a picture of {level}", every_s=0.2)


def peak(ingest: Ingest) -> float:
    """Of the newest second of sound."""
    publication = ingest.publications[-1]
    part = Publication(audio_configs=publication.audio_configs, sounds=list(publication.sounds)[-52:])
    return max((float(np.abs(frame.to_ndarray()).max()) for frame in decoded_sound(part)[3:]), default=0.0)


def test_devices_that_vanish_give_way_and_are_taken_again(tmp_path: Path) -> None:
    """Case 66: a slate and silence in their place, said by notice and status; re-bound by id; the stream goes on."""
    pulse = PulseAudio(tmp_path, Tone())
    pulse.start()
    camera = MjpegCamera(level=160)
    try:
        with (
            running_ingest() as ingest,
            running_engine(tmp_path, extra_env=pulse.environment | {"GSHOP_HOME": str(tmp_path)}) as process,
            EngineWatch(tmp_path) as engine,
        ):
            engine.ask("set_quality", quality="360p")
            with camera.serving() as server:
                port = server.port
                name = f"camera:http://127.0.0.1:{port}/video"
                engine.ask("set_sources", video=name, audio="microphone")
                assert engine.status()["video_source"] == name
                engine.ask("go_live", url=ingest.url, key=STREAM_KEY)
                engine.until_state("live")
                until_bright(ingest, 160)
                wait_until(lambda: peak(ingest) > 0.15, what="the microphone", every_s=0.2)
                shown = brightness(newest_picture(ingest))
            told = engine.until_notice("source.lost")
            assert "127.0.0.1" in told["params"]["source"]
            engine.until(lambda status: status["lost"] == ["main"], what="the camera to be lost")
            wait_until(lambda: abs(brightness(newest_picture(ingest)) - shown) > 20, what="the slate", every_s=0.2)
            pulse.kill()
            engine.until(lambda status: set(status["lost"]) == {"main", "microphone"}, what="the microphone to be lost")
            wait_until(lambda: peak(ingest) < 0.01, what="silence", every_s=0.2)
            assert [one["code"] for one in engine.notices].count("source.lost") == 2
            assert engine.status()["silent_samples"] > 0

            camera.level = 60
            with camera.serving(port):
                engine.until(lambda status: status["lost"] == ["microphone"], what="the camera again")
                until_bright(ingest, 65)
                pulse.start()
                engine.until(lambda status: status["lost"] == [], what="the microphone again", timeout_s=60)
                wait_until(lambda: peak(ingest) > 0.15, what="its sound", every_s=0.2, timeout_s=60)
                status = engine.status()
                assert (status["video_source"], status["audio_source"]) == (name, "microphone")
                assert [one["code"] for one in engine.notices].count("source.lost") == 2
                assert status["state"] == "live" and status["reconnects"] == 0
            engine.ask("stop")
            assert process.poll() is None
            assert len(ingest.publications) == 1
            assert missing_ticks(stamps_ms(ingest.publications)) <= _MOST_LATE
            assert_whole_sound([sample.timestamp_ms for sample in ingest.sounds])
    finally:
        pulse.kill()
